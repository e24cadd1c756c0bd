"""A survey with every quirk at once, through the command line, against R: nothing was fitted to it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.design.sample_design import SampleDesign, sample_design
from analysis.estimation import estimators
from analysis.files import command_line
from analysis.models import regression
from analysis.models.association import association
from analysis.models.drivers import own_means
from analysis.scales import reliability
from tests.analysis import reference
from tests.analysis.reference import Agreement, numbers

FOLDER = reference.ORACLE / "quirks"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
ITEMS = [f"q{k:02d}" for k in range(1, 7)]
DESIGN: dict[str, Any] = {"strata": "district", "psu": "psu", "weight": "weight", "nest_psu": True}
FINITE = {**DESIGN, "population_psus": "N_h", "population_units": "M_hi", "variance": "finite_population"}
CROSSINGS: list[list[str]] = [[], ["service"], ["district"], ["service", "district"], ["quarter"]]
NAMES = {
    "s_overall": ("overall_rate", "overall"),
    "s_q01": ("item_rate", "q01"),
    "s_q05": ("item_rate", "q05"),
    "all_sat": ("all_answers_satisfied", "ALL"),
}


def answer(folder: Path, **changes: Any) -> dict[str, Any]:
    asked = {"design": DESIGN, "items": ITEMS, "overall": "overall", **changes}
    (folder / "request.json").write_text(json.dumps(asked), encoding="utf-8")
    out = folder / "result.json"
    data, request = str(FOLDER / "inputs.csv"), str(folder / "request.json")
    assert command_line.main(["estimate", "--data", data, "--request", request, "--out", str(out)]) == 0
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


@cache
def columns() -> dict[str, np.ndarray]:
    return reference.read_csv(FOLDER / "inputs.csv")


def values(name: str) -> np.ndarray:
    return numbers(columns()[name])


def satisfied() -> np.ndarray:
    own = values("overall")
    return np.where(np.isnan(own), np.nan, (own >= 4).astype(float))


@cache
def design() -> SampleDesign:
    return sample_design(values("weight"), strata=columns()["district"], psu=columns()["psu"])


@pytest.mark.parametrize(("name", "asked"), [("wr", DESIGN), ("fpc2", FINITE)])
def test_rates_and_intervals_in_every_crossing_equal_r(tmp_path: Path, name: str, asked: dict[str, Any]) -> None:
    found = answer(tmp_path, design=asked, domains=CROSSINGS, intervals=["logit", "beta", "kg"])["estimates"]
    index = {(e["measure"], e["variable"], tuple(e["domain"].items())): e for e in found}
    agreement = Agreement()
    for row in EXPECTED["rates"]:
        if row["design"] != name:
            continue
        by = row["domain"].split(":") if row["domain"] else []
        key = tuple(zip(by, row["level"].split(":"), strict=True)) if by else ()
        entry = index[(*NAMES[row["variable"]], key)]
        where = f"{name} {row['variable']} {row['level']}"
        assert entry["n"] == row["n"], where
        if row["n"] < 2:
            assert entry["estimate"] is entry["se"] is entry["df"] is None, where
            continue
        assert entry["df"] == row["df"], where
        for own, wanted in (("estimate", "est"), ("se", "se"), ("deff_wor", "deff_wor"), ("deff_wr", "deff_wr")):
            agreement.add(own, entry[own], row[wanted], where, tolerance=1e-7)
        for own, wanted in (("logit", "xlogit"), ("beta", "beta"), ("kg", "kg")):
            for place, end in enumerate(("lo", "hi")):
                pair = entry["interval"][own]
                value = None if pair is None else pair[place]
                agreement.add(own, value, row[f"{wanted}_{end}"], where, tolerance=1e-7)
    assert agreement.compared > 1000
    print(name, {kind: f"{worst:.0e}" for kind, (worst, _) in agreement.worst.items()})


@pytest.mark.parametrize(("name", "asked"), [("wr", DESIGN), ("fpc2", FINITE)])
def test_the_pooled_index_equals_svyratio(tmp_path: Path, name: str, asked: dict[str, Any]) -> None:
    found = answer(tmp_path, design=asked, domains=CROSSINGS[:3], measures=["index_pooled_rate"])["estimates"]
    index = {tuple(e["domain"].items()): e for e in found}
    agreement = Agreement()
    for row in EXPECTED["ratios"]:
        if row["design"] == name:
            entry = index[((row["domain"], row["level"]),) if row["domain"] else ()]
            agreement.add("est", entry["estimate"], row["est"], row["level"], tolerance=1e-8)
            agreement.add("se", entry["se"], row["se"], row["level"], tolerance=1e-8)
            assert entry["df"] == row["df"]


@pytest.mark.parametrize(("method", "tolerance"), [("linear", 1e-6), ("rake", 3e-2)])
def test_calibrated_rates_equal_r(tmp_path: Path, method: str, tolerance: float) -> None:
    asked = {"method": method, "margins": str(FOLDER / "margins.csv"), "variables": ["service", "gender"]}
    found = answer(tmp_path, calibration=asked, measures=["overall_rate"])
    assert found["meta"]["calibration"]["max_relative_error"] < 1e-9
    row, agreement = EXPECTED["weighted"][method], Agreement()
    agreement.add("est", found["estimates"][0]["estimate"], row["est"], method, tolerance=1e-6)
    agreement.add("se", found["estimates"][0]["se"], row["se"], method, tolerance=tolerance)


def test_units_that_cannot_be_judged_are_not_certified(tmp_path: Path) -> None:
    """One commune, or all but one of weight zero: no verdict, however high the rate."""
    target = {"domain": ["district"], "threshold": 0.2, "measure": "overall_rate", "adjust": ["none", "holm", "bh"]}
    found = {e["domain"]["district"]: e for e in answer(tmp_path, targets=[target])["verdicts"]}
    for district in ("D3", "D9"):
        assert found[district]["verdict"] == "not_estimable"
        assert found[district]["test"] == "not_estimable"
    assert found["D8"]["p_kg_reached"] is not None, "everybody satisfied: n itself is the effective size"
    assert found["D8"]["test"] == "not_estimable", "R's t test has no number at 100 %"


def test_association_contrasts_and_reliability_equal_r() -> None:
    agreement, data = Agreement(), columns()
    for row in EXPECTED["rao_scott"]:
        found = association(design(), satisfied(), data["service"], row["statistic"], known=~np.isnan(satisfied()))
        agreement.add(row["statistic"], found.value, row["value"], tolerance=1e-6)
        agreement.add(row["statistic"], found.p_value, row["p"], tolerance=1e-6)
    answers = np.column_stack([values(item) for item in ITEMS[:3]])
    made = reliability.reliability("F1", ITEMS[:3], answers, design().weights)
    agreement.add("alpha", made.alpha_weighted, EXPECTED["alpha_weighted"], tolerance=1e-6)
    for row in EXPECTED["contrasts"]:
        groups = [data["quarter"] == row[name] for name in ("first", "second")]
        joint = estimators.domain_means(design(), satisfied(), groups)
        agreement.add("est", joint.estimate[0] - joint.estimate[1], row["est"], tolerance=1e-8)
        se = float(np.sqrt(np.array([1.0, -1.0]) @ joint.covariance @ np.array([1.0, -1.0])))
        agreement.add("se", se, row["se"], tolerance=1e-8)


def test_ordinal_regression_equals_svyolr() -> None:
    means = [own_means(np.column_stack([values(item) for item in part])) for part in (ITEMS[:3], ITEMS[3:])]
    fit = regression.proportional_odds(design(), values("overall"), np.column_stack(means), ["F1_mean", "F2_mean"])
    assert fit.n == EXPECTED["svyolr"]["n"]
    agreement = Agreement()
    for place, term in enumerate(fit.terms):
        agreement.add("coef", fit.coefficients[place], EXPECTED["svyolr"]["coef"][term], term, tolerance=1e-4)
        agreement.add("se", fit.se[place], EXPECTED["svyolr"]["se"][term], term, tolerance=1e-4)
