"""The streaming engine against R `survey`: every estimate, standard error, df, design effect and interval of set A."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.arrays import Floats
from analysis.inference import intervals, profile
from analysis.inference.intervals import Interval
from analysis.totals.measure_plan import Measure
from tests.analysis import reference
from tests.analysis.conftest import Streamed
from tests.analysis.reference import Agreement

EXPECTED = reference.expected()
SECTIONS = ["item_satisfied_rate", "overall_other_levels", "domain_overall_rate", "domain_item_rate_by_service"]


def one(values: Any) -> Floats:
    return np.array([values], np.float64)


def first_step(variable: str, by: tuple[str, ...], text: str) -> Floats:
    """Where R's iterations for the likelihood interval begin, from the rows of a domain."""
    data = reference.survey()
    values = data.satisfied(variable)
    keep = ~np.isnan(values)
    for name, part in zip(by, text.split(":") if by else [], strict=True):
        keep &= data[name] == part
    return one(profile.first_step(data.weight[keep], values[keep]))


def all_intervals(figures: dict[str, Any], level: float, start: Floats) -> dict[str, Interval]:
    p, se, df = one(figures["est"]), one(figures["se"]), np.array([figures["df"]])
    n, rows = np.array([figures["n"]]), np.array([figures["n_rows"]])
    return {
        "xlogit": intervals.logit(p, se, df, level=level),
        "logit": intervals.logit(p, se, df, level=level),
        "asin": intervals.arcsine(p, se, df, level=level),
        "mean": intervals.wald(p, se, df, level=level),
        "wilson": intervals.wilson(p, se, df, level=level),
        "beta": intervals.beta(p, se, df, rows, level=level),
        "kg": intervals.korn_graubard(p, se, df, n, level=level),
        "likelihood": profile.likelihood(p, se, df, n, rows, start=start, level=level),
    }


def figures_of(found: Any, place: int, measure: Measure) -> dict[str, Any]:
    column = found.place(measure)
    names = {"estimate": "est", "rows": "n_rows"}
    columns = ("n", "rows", "sum_w", "estimate", "se", "df", "deff_wor", "deff_wr")
    return {names.get(name, name): getattr(found, name)[place, column].item() for name in columns}


def methods_of(section: str, design: str) -> set[str]:
    """The intervals that R was asked for: those with a number in some row."""
    rows = [row for row in EXPECTED[section]["rows"] if row["design"] == design]
    return {name[:-3] for row in rows for name, value in row.items() if name.endswith("_lo") and value is not None}


def compare(
    agreement: Agreement,
    row: dict[str, Any],
    figures: dict[str, Any],
    where: str,
    methods: set[str],
    intervals_found: dict[str, Interval],
) -> None:
    if row["n"] < 2:
        assert figures["n"] == row["n"], where
        return
    for name in ("n", "n_rows", "df"):
        assert figures[name] == row[name], f"{name} at {where}: {figures[name]} instead of {row[name]}"
    for name in ("sum_w", "est", "se", "deff_wor", "deff_wr"):
        agreement.add(name, figures[name], row[name], where, tolerance=1e-7)
    for name in methods:
        loose = 1e-6 if name in ("logit", "likelihood") else 1e-7
        for limit, values in (("lo", intervals_found[name].lower), ("hi", intervals_found[name].upper)):
            wanted = row[f"{name}_{limit}"]
            if name == "logit" and wanted is None and row["df"] == 1:
                continue  # R overflows to (0, NaN) there; xlogit is the same interval, computed properly
            agreement.add(name, values[0].item(), wanted, where, tolerance=loose)


@pytest.mark.parametrize("section", SECTIONS)
def test_rates_in_every_domain_equal_svymean_and_svyciprop(streamed: Streamed, section: str) -> None:
    agreement = Agreement()
    asked = {design: methods_of(section, design) for design in ("wr", "fpc2", "sr")}
    for row in EXPECTED[section]["rows"]:
        design, variable = row["design"], row.get("variable", "overall")
        by = tuple(row["domain"].split(":")) if "domain" in row else ()
        place = streamed.level(design, by, row["level"]) if by else 0
        measure = Measure("overall_rate" if variable == "overall" else "item_rate", variable)
        figures = figures_of(streamed.estimates(design, by), place, measure)
        where = f"{design} {variable} {row.get('domain', '')} {row.get('level', '')}"
        level = row["level"] if section == "overall_other_levels" else 0.95
        found = all_intervals(figures, level, first_step(variable, by, str(row.get("level", ""))))
        compare(agreement, row, figures, where, asked[design], found)
    print(section, {name: f"{worst:.1e}" for name, (worst, _) in agreement.worst.items()})
