"""Every rate of the survey through the command line: three designs, every crossing, raked and trimmed weights."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.analysis import reference
from tests.analysis.files.test_command_line import DESIGN, FINITE, request, run
from tests.analysis.reference import ORACLE, Agreement

EXPECTED = reference.expected()
BY: list[list[str]] = [[], *([name] for name in reference.DOMAINS), ["service", "district"]]
FIVE = ["service", "gender", "age", "ethnicity", "urban"]
FACTORS = {code: list(items) for code, items in reference.FACTORS.items()}
REWRITTEN = {
    "strata": "own_stratum",
    "psu": "own_psu",
    "weight": "weight",
    "population_psus": "own_psus",
    "population_units": "own_units",
    "variance": "finite_population",
}
DESIGNS: dict[str, dict[str, Any]] = {"wr": DESIGN, "fpc2": FINITE, "sr": REWRITTEN}
BOUNDS = {"xlogit": "logit", "beta": "beta", "kg": "kg", "wilson": "wilson", "mean": "mean", "likelihood": "likelihood"}
Key = tuple[str, str, tuple[tuple[str, str], ...]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The survey with the columns of its `sr` design: respondents of certainty communes as PSUs."""
    survey, file = reference.survey(), tmp_path_factory.mktemp("rewritten") / "data.csv"
    strata, psu, first, second = reference.self_representing(survey)
    columns = {**survey.columns, "own_stratum": strata, "own_psu": psu, "own_psus": first, "own_units": second}
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return str(file)


def estimates(folder: Path, data: str, design: str, by: list[list[str]], **changes: Any) -> dict[Key, dict[str, Any]]:
    names = [*dict.fromkeys(BOUNDS.values())]
    asked = request(design=DESIGNS[design], factors=FACTORS, domains=by, intervals=names, **changes)
    found = run(folder, asked, data)["estimates"]
    return {(e["measure"], e["variable"], tuple(e["domain"].items())): e for e in found}


def key_of(row: dict[str, Any]) -> Key:
    variable = row.get("variable", "overall")
    domain = tuple(zip(row["domain"].split(":"), row["level"].split(":"), strict=True)) if "domain" in row else ()
    return "overall_rate" if variable == "overall" else "item_rate", variable, domain


def compare(agreement: Agreement, entry: dict[str, Any], row: dict[str, Any], *, tolerance: float = 1e-7) -> None:
    where = f"{row['design']} {key_of(row)}"
    assert entry["n"] == row["n"], where
    if row["n"] < 2:
        return
    assert entry["df"] == row["df"], where
    for name, wanted in (
        ("estimate", "est"),
        ("sum_w", "sum_w"),
        ("se", "se"),
        *((d, d) for d in ("deff_wor", "deff_wr")),
    ):
        agreement.add(name, entry[name], row[wanted], where, tolerance=tolerance)
    asked = {name[:-3] for name in row if name.endswith("_lo")} & set(BOUNDS)
    if row["design"] == "sr":
        asked -= {"xlogit", "mean", "likelihood"}  # R was not asked for these there
    for wanted in sorted(asked):
        pair = entry["interval"][BOUNDS[wanted]]
        for place, end in enumerate(("lo", "hi")):
            value = None if pair is None else pair[place]
            if wanted == "likelihood" and row[f"{wanted}_{end}"] is None:
                continue
            loose = 1e-6 if wanted == "likelihood" else tolerance
            agreement.add(wanted, value, row[f"{wanted}_{end}"], where, tolerance=loose)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_rate_in_every_crossing_equals_r(tmp_path: Path, data: str, design: str) -> None:
    found, agreement = estimates(tmp_path, data, design, BY), Agreement()
    for section in ("item_satisfied_rate", "domain_overall_rate", "domain_item_rate_by_service"):
        for row in EXPECTED[section]["rows"]:
            if row["design"] == design and (row["n"] or key_of(row) in found):
                compare(agreement, found[key_of(row)], row)
    assert agreement.compared > 1000
    print(design, {kind: f"{worst:.0e}" for kind, (worst, _) in agreement.worst.items()})


def test_domains_of_a_raked_survey_have_r_errors_and_design_effects(tmp_path: Path, data: str) -> None:
    margins = reference.margins_file(tmp_path, ORACLE / "margins.csv", FIVE)
    calibration = {"method": "rake", "margins": margins, "variables": FIVE}
    found = estimates(tmp_path, data, "wr", [["service"], ["district"]], calibration=calibration)
    agreement = Agreement()
    for row in EXPECTED["raked_domains"]["rows"]:
        compare(agreement, found[key_of(row)], row, tolerance=1e-6)
    assert found["overall_rate", "overall", (("district", "D06"),)]["deff_wr"] is not None, "one commune, raked"
    assert agreement.compared > 200


@pytest.mark.parametrize("design", ["wr", "fpc2"])
@pytest.mark.parametrize("name", ["rake5_trimmed", "rake6"])
def test_trimmed_weights_and_six_margins_equal_r(tmp_path: Path, data: str, design: str, name: str) -> None:
    upper = next(row["upper"] for row in EXPECTED["weight_summary"]["rows"] if row["adjustment"] == name)
    variables = FIVE if upper else [*FIVE, "district"]
    margins = reference.margins_file(tmp_path, ORACLE / "margins.csv", variables)
    calibration = {"method": "rake", "margins": margins, "variables": variables, "trim": upper}
    found = estimates(tmp_path, data, design, [[], ["service"]], calibration=calibration)
    agreement = Agreement()
    for row in EXPECTED["weighted_estimates"]["rows"]:
        if (row["design"], row["adjustment"]) == (design, name):
            domain = () if row["service"] == "ALL" else (("service", row["service"]),)
            rate, index = found["overall_rate", "overall", domain], found["index_pooled_rate", "ALL", domain]
            assert rate["df"] == row["df"]
            for kind, entry in (("rate", rate), ("index", index)):
                agreement.add(kind, entry["estimate"], row[kind], str(row), tolerance=1e-6)
                agreement.add(f"{kind} se", entry["se"], row[f"{kind}_se"], str(row), tolerance=1e-6)
    assert agreement.compared == 16
