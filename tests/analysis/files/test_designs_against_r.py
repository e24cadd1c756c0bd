"""One awkward survey under six designs, four lonely rules and seven calibrations: the command line and R side by side.

PSU codes restart in each stratum; there are strata with one PSU, certainty strata, PSUs of weight zero or with one
respondent, extreme weights, cells where nobody is satisfied or nobody answered, codes 0, 97, 98, 99 and blanks.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.arrays import Floats
from analysis.files import answering
from analysis.files.data_file import DataFile, read_data
from analysis.files.prepared import SHARES_OF_PEOPLE, Prepared
from analysis.files.request import read_request
from analysis.inference import comparison, quantiles, significance
from analysis.models import regression
from analysis.models.association import association
from analysis.models.drivers import own_means
from analysis.scales import polychoric, reliability
from analysis.totals.measure_plan import Measure
from tests.analysis import reference
from tests.analysis.files.test_command_line import run
from tests.analysis.reference import Agreement

FOLDER = reference.ORACLE / "designs"
ITEMS = [f"q{k:02d}" for k in range(1, 9)]
STRATIFIED = {"strata": "district", "psu": "psu", "weight": "weight"}
FINITE = {**STRATIFIED, "population_psus": "N_h", "variance": "finite_population"}
DESIGNS: dict[str, dict[str, str]] = {
    "wr": STRATIFIED,
    "fpc1": FINITE,
    "fpc2": {**FINITE, "population_units": "M_hi"},
    "nostrata": {"psu": "own_psu", "weight": "weight"},
    "srs": {"weight": "weight"},
    "element": {
        "strata": "district",
        "weight": "weight",
        "population_psus": "own_people",
        "variance": "finite_population",
    },
}
CROSSINGS: list[list[str]] = [[], ["service"], ["district"], ["service", "district"]]
INTERVALS = ["logit", "beta", "kg", "wilson", "likelihood", "mean"]


@cache
def expected() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The survey, with PSU codes that do not restart, and people per district for a draw of people."""
    with (FOLDER / "inputs.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    people = Counter(row["district"] for row in rows)
    file = tmp_path_factory.mktemp("designs") / "data.csv"
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, [*rows[0], "own_psu", "own_people"])
        writer.writeheader()
        for row in rows:
            own = {"own_psu": f"{row['district']} {row['psu']}", "own_people": str(7 * people[row["district"]])}
            writer.writerow({**row, **own})
    return str(file)


def asked(design: str, lonely: str = "adjust", **changes: Any) -> dict[str, Any]:
    return {
        "design": {**DESIGNS[design], "lonely_psu": lonely},
        "items": ITEMS,
        "overall": "overall",
        "factors": {"F1": ITEMS[:4], "F2": ITEMS[4:]},
        "intervals": INTERVALS,
        **changes,
    }


def number(value: Any) -> float | None:
    """A figure of R's in JSON: nothing where it has none."""
    return None if value is None or isinstance(value, str | list) else float(value)


def compare(
    agreement: Agreement, found: dict[str, Any], rows: list[dict[str, Any]], loose: float | None = None
) -> None:
    """`loose`: the tolerance of standard errors of calibrated weights, whose intervals R was not asked for."""
    entries = {(e["measure"], e["variable"], tuple(e["domain"].values())): e for e in found["estimates"]}
    for row in rows:
        key = (row["measure"], row["variable"], tuple(row["level"].split(":")) if row["by"] else ())
        if key not in entries:
            assert not row["n"], key
            continue
        entry, where = entries[key], str(key)
        assert entry["n"] == row["n"], where
        if not row["n"] or row["sum_w"] <= 0:
            assert entry["estimate"] is None, where
            continue
        if row["n"] == 1 and row["measure"] in SHARES_OF_PEOPLE:
            assert entry["estimate"] is None, f"{where}: one answer is not a rate"
            continue
        assert entry["df"] == row["df"], where
        agreement.add("estimate", entry["estimate"], number(row["estimate"]), where, tolerance=1e-6 if loose else 1e-8)
        agreement.add("se", entry["se"], number(row["se"]), where, tolerance=loose or 1e-8)
        for name in ("deff_wor", "deff_wr"):
            if name in row and number(row[name]) is not None:
                agreement.add(name, entry[name], row[name], where, tolerance=1e-7)
        for name in () if loose else INTERVALS:
            limits = row.get(name)
            if not isinstance(limits, list) or (row["se"] == 0 and name in ("logit", "wilson", "mean")):
                continue  # without an error an interval has no width; R was not asked
            for place, wanted in enumerate(limits):
                pair = entry["interval"][name]
                if name != "likelihood" or (pair and number(wanted) is not None):
                    tolerance = 1e-6 if name == "likelihood" else 1e-7
                    value = pair[place] if pair else None
                    agreement.add(name, value, number(wanted), f"{where} {name}", tolerance=tolerance)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_measure_in_every_domain_under_every_lonely_rule_equals_r(tmp_path: Path, data: str, design: str) -> None:
    agreement = Agreement()
    for rule, rows in expected()["designs"][design].items():
        request = asked(design, rule, domains=CROSSINGS)
        compare(agreement, run(tmp_path, request, data), rows)
    assert agreement.compared > 800
    print(design, agreement.compared, {kind: f"{worst:.0e}" for kind, (worst, _) in agreement.worst.items()})


CALIBRATIONS: dict[str, dict[str, Any]] = {
    "rake": {"method": "rake"},
    "trimmed": {"method": "rake"},
    "linear": {"method": "linear"},
    "bounded": {"method": "linear", "bounds": [0.4, 2.6]},
    "raking": {"method": "raking"},
    "logit": {"method": "logit", "bounds": [0.4, 2.6]},
    "poststratify": {"method": "poststratify", "variables": ["service", "gender"]},
}


@pytest.mark.parametrize("design", ["wr", "fpc2"])
@pytest.mark.parametrize("name", CALIBRATIONS)
def test_calibrated_estimates_equal_r(tmp_path: Path, data: str, design: str, name: str) -> None:
    calibration = {"variables": ["service", "gender", "age"], **CALIBRATIONS[name]}
    names = ["service:gender"] if name == "poststratify" else calibration["variables"]
    calibration["margins"] = reference.margins_file(tmp_path, FOLDER / "margins.csv", names)
    if name == "trimmed":
        calibration["trim"] = expected()["trim"][design]
    request = asked(design, domains=CROSSINGS[:3], calibration=calibration)
    agreement = Agreement()
    loose = 3e-2 if name in ("rake", "trimmed") else 1e-3
    compare(agreement, run(tmp_path, request, data), expected()["weighted"][design][name], loose)
    assert agreement.compared > 100
    print(design, name, {kind: f"{worst:.0e}" for kind, (worst, _) in agreement.worst.items()})


@cache
def prepared(design: str, file: str) -> tuple[Prepared, DataFile]:
    request = read_request(json.dumps(asked(design, domains=[["quarter"], ["service"]])))
    columns = read_data(file, [*answering.wanted_columns(request), "duration_s", "gender", "age"])
    return answering.prepare(request, columns, lambda name: read_data(name, ())), columns


def satisfied(one: Prepared) -> Floats:
    own = one.answers("overall")
    return np.where(np.isnan(own), np.nan, (own >= 4).astype(float))


def test_tests_of_association_equal_svychisq(data: str) -> None:
    agreement = Agreement()
    for row in expected()["rao_scott"]:
        one, columns = prepared(row["design"], data)
        answers = satisfied(one) if row["row"] == "s_overall" else one.answers("overall")
        groups = columns.domain(row["col"])[0]
        found = association(one.design, answers, groups, row["statistic"], known=~np.isnan(answers))
        agreement.add(row["statistic"], found.value, row["value"], str(row), tolerance=1e-6)
        agreement.add(f"p {row['statistic']}", found.p_value, row["p"], str(row), tolerance=1e-6)
    assert agreement.compared == 2 * 2 * 2 * 4 * 6


def test_covariances_of_domains_equal_svyby(data: str) -> None:
    for row in expected()["joint"]:
        one, columns = prepared(row["design"], data)
        found = comparison.joint(one.totals, [row["by"]], Measure("overall_rate", "overall"))
        labels = columns.domain(row["by"])[1]
        assert [labels[key] for key in found.estimates.keys[:, 0]] == row["levels"]
        np.testing.assert_allclose(found.estimate, row["est"], rtol=1e-8)
        scale = np.abs(np.array(row["cov"])).max()
        np.testing.assert_allclose(found.covariance, row["cov"], rtol=1e-8, atol=1e-10 * scale)


def test_quantiles_and_t_tests_equal_r(data: str) -> None:
    agreement = Agreement()
    for row in expected()["quantiles"]:
        one, columns = prepared(row["design"], data)
        for place, share in enumerate((0.1, 0.5, 0.9)):
            seconds = columns.numbers("duration_s")
            found = quantiles.quantile(one.design, seconds, share, rule=row["rule"], interval=row["interval"])
            for own, wanted in (("estimate", "q"), ("lower", "lo"), ("upper", "hi"), ("se", "se")):
                agreement.add(own, getattr(found, own), number(row[wanted][place]), str(row), tolerance=1e-8)
    for design, row in expected()["ttests"].items():
        one, columns = prepared(design, data)
        men = columns.domain("gender")[0] == 1
        made = {
            "one": significance.mean_against(one.design, satisfied(one), 0.85),
            "two": significance.groups_differ(one.design, satisfied(one), men),
            "rank": significance.ranks_differ(one.design, one.answers("overall"), men, one.design.weights > 0),
        }
        for name, test in made.items():
            for value, wanted in zip((test.statistic, test.df, test.p_value), row[name], strict=True):
                agreement.add(name, value, wanted, f"{design} {name}", tolerance=1e-8)


def test_regressions_and_reliability_equal_r(data: str) -> None:
    (one, columns), agreement = prepared("wr", data), Agreement()
    means = [own_means(np.column_stack([one.answers(item) for item in part])) for part in (ITEMS[:4], ITEMS[4:])]
    ordinal = regression.proportional_odds(one.design, one.answers("overall"), np.column_stack(means), ["F1", "F2"])
    men = (columns.domain("gender")[0] == 1).astype(float)
    logistic = regression.logistic(one.design, satisfied(one), np.column_stack([*means, men]), ["F1", "F2", "M"])
    for fit, name, tolerance in ((ordinal, "olr", 1e-4), (logistic, "glm", 1e-6)):
        wanted = expected()[name]
        for own, key in ((fit.coefficients, "coef"), (fit.se, "se")):
            for place, value in enumerate(own):
                agreement.add(f"{name} {key}", float(value), wanted[key][place], name, tolerance=tolerance)
    answers = np.column_stack([one.answers(item) for item in ITEMS[:4]])
    found = reliability.reliability("F1", ITEMS[:4], answers, one.design.weights)
    for own, key, tolerance in (
        ("alpha", "alpha", 1e-6),
        ("alpha_weighted", "alpha_weighted", 1e-6),
        ("omega", "omega", 1e-4),
    ):
        agreement.add(own, getattr(found, own), expected()["alpha"][key], own, tolerance=tolerance)
    found_correlations = polychoric.correlations(answers).correlation
    np.testing.assert_allclose(found_correlations, expected()["poly"], rtol=1e-4)  # polycor stops at 1e-4
