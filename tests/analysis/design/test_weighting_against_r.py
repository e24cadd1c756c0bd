"""Calibrated weights and the standard errors they lead to, against R's rake, postStratify, calibrate, trimWeights."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from analysis.design import calibration, weights
from analysis.design.calibration import Margin
from analysis.design.sample_design import SampleDesign
from analysis.estimation import estimators
from analysis.inference import intervals
from tests.analysis import reference
from tests.analysis.reference import Agreement, numbers
from tests.analysis.test_api_against_r import column
from tests.analysis.test_api_against_r import design as api_design

EXPECTED, API = reference.expected(), reference.api_expected()
FIVE = ("service", "gender", "age", "ethnicity", "urban")


@cache
def counts() -> dict[str, dict[str, float]]:
    table = reference.read_csv(reference.ORACLE / "margins.csv")
    found: dict[str, dict[str, float]] = {}
    for name, level, count in zip(table["margin"], table["level"], table["count"], strict=True):
        found.setdefault(str(name), {})[str(level)] = float(count)
    return found


@cache
def margin(name: str) -> Margin:
    data = reference.survey()
    first, *rest = [data[part] for part in name.split(":")]
    for part in rest:
        first = np.char.add(np.char.add(first, ":"), part)
    return calibration.margin(name, first, counts()[name], data.weight)


@cache
def adjusted(design: str) -> dict[str, SampleDesign]:
    base = reference.design(design)
    five = [margin(name) for name in FIVE]
    made = {
        "rake5": calibration.rake(base, five),
        "rake6": calibration.rake(base, [*five, margin("district")]),
        "poststrat_service_district": calibration.post_stratify(base, margin("service:district")),
        "greg_linear5": calibration.calibrate(base, five, method="linear"),
        "cal_raking5": calibration.calibrate(base, five, method="raking"),
        "cal_logit5_bounds_0.5_2.5": calibration.calibrate(base, five, method="logit", bounds=(0.5, 2.5)),
    }
    assert all(one.report.converged for one in made.values())
    designs = {name: one.design for name, one in made.items()}
    raked = designs["rake5"]
    upper = weights.upper_bound(raked.weights)
    positive = raked.weights > 0
    cut = np.zeros(raked.rows)
    cut[positive] = weights.trimmed(raked.weights[positive], upper=upper)
    designs["rake5_trimmed"] = raked.reweighted(cut)
    return designs


def test_every_single_weight_equals_r() -> None:
    table = reference.read_csv(reference.ORACLE / "weights.csv")
    agreement = Agreement()
    for name, design in adjusted("wr").items():
        column_name = name if name in table else next(c for c in table if c.replace("_", ".") == name.replace("_", "."))
        for place in np.argsort(-np.abs(design.weights - numbers(table[column_name])))[:50]:
            wanted = float(table[column_name][place])
            agreement.add(name, float(design.weights[place]), wanted, str(place), tolerance=1e-6)
        np.testing.assert_allclose(design.weights, numbers(table[column_name]), rtol=1e-6, atol=1e-12)
    print("weights.csv", {name: f"{worst:.0e}" for name, (worst, _) in agreement.worst.items()})


def test_summaries_of_weights_equal_r() -> None:
    agreement = Agreement()
    for row in EXPECTED["weight_summary"]["rows"]:
        own = adjusted("wr")[row["adjustment"]].weights
        w = own[own > 0]
        assert len(w) == row["n"]
        quarter, half, three = np.quantile(w, [0.25, 0.5, 0.75])
        found = {"sum_w": w.sum(), "min": w.min(), "q25": quarter, "median": half, "q75": three, "max": w.max()}
        found["kish_deff"] = weights.kish_design_effect(own)
        if row["upper"] is not None:
            found["upper"] = weights.upper_bound(adjusted("wr")["rake5"].weights)
        for name, value in found.items():
            agreement.add(name, float(value), row[name], row["adjustment"], tolerance=1e-6)
        stage = weights.stage_of(row["adjustment"], own)
        assert stage.kish == pytest.approx(row["kish_deff"], rel=1e-6)
        assert stage.total == pytest.approx(row["sum_w"], rel=1e-6)
    print("weight_summary", agreement.worst)


@pytest.mark.parametrize("design", ["wr", "fpc2"])
def test_estimates_with_calibrated_weights_equal_r(design: str) -> None:
    data, agreement = reference.survey(), Agreement()
    satisfied = data.satisfied("overall")
    every = np.column_stack([data.answers(item) for item in reference.ITEMS])
    given, good = (~np.isnan(every)).sum(axis=1).astype(float), (every >= 4).sum(axis=1).astype(float)
    for row in EXPECTED["weighted_estimates"]["rows"]:
        if row["design"] != design:
            continue
        made = adjusted(design)[row["adjustment"]]
        domain = None if row["service"] == "ALL" else data["service"] == row["service"]
        where, loose = f"{design} {row['adjustment']} {row['service']}", 1e-6
        mean, total = estimators.mean(made, satisfied, domain), estimators.total(made, satisfied, domain)
        ratio = estimators.ratio(made, good, given, domain)
        for name, one in (("rate", mean), ("total", total), ("index", ratio)):
            agreement.add(name, one.estimate, row[name], where, tolerance=1e-6)
            agreement.add(f"{name}_se {row['adjustment']}", one.se, row[f"{name}_se"], where, tolerance=loose)
        assert mean.df == row["df"]
    print("weighted_estimates", {name: f"{worst:.0e}" for name, (worst, _) in agreement.worst.items()})


def test_domains_of_a_raked_design_equal_r() -> None:
    data, agreement = reference.survey(), Agreement()
    made = adjusted("wr")["rake5"]
    rows = int((made.weights > 0).sum())
    for row in EXPECTED["raked_domains"]["rows"]:
        found = estimators.mean(made, data.satisfied("overall"), data[row["domain"]] == row["level"])
        assert (found.n, found.df) == (row["n"], row["df"])
        assert row["n_rows"] == rows
        agreement.add("sum_w", found.sum_w, row["sum_w"], row["level"], tolerance=1e-6)
        agreement.add("est", found.estimate, row["est"], row["level"], tolerance=1e-6)
        agreement.add("se", found.se, row["se"], row["level"], tolerance=1e-6)
        p, se, df = np.array([found.estimate]), np.array([found.se]), np.array([found.df])
        made_intervals = {
            "xlogit": intervals.logit(p, se, df),
            "wilson": intervals.wilson(p, se, df),
            "kg": intervals.korn_graubard(p, se, df, np.array([found.n])),
            "beta": intervals.beta(p, se, df, np.array([rows])),
        }
        for name, interval in made_intervals.items():
            low, high = interval.limits(0)
            for value, key in ((low, f"{name}_lo"), (high, f"{name}_hi")):
                if row[key] is None:
                    assert np.isnan(value) or found.se < 1e-10, (row["level"], key)
                else:
                    assert abs(value - row[key]) <= 1e-6, (row["level"], key)
    print("raked_domains", agreement.worst)


def api_margin(design: SampleDesign, name: str, variable: str) -> Margin:
    return calibration.margin(
        variable, reference.api_data(name)[variable], API["margins"]["rows"][variable], design.weights
    )


@cache
def api_adjusted(name: str) -> dict[str, SampleDesign]:
    base = api_design(name)
    school = api_margin(base, name, "stype")
    others = [api_margin(base, name, variable) for variable in ("sch.wide", "awards")]
    total = [(column(name, "api99"), float(API["margins"]["rows"]["sum_api99"]))]
    made = {
        "postStratify_stype": calibration.post_stratify(base, school).design,
        "rake_stype_schwide_awards": calibration.rake(base, [school, *others]).design,
        "calibrate_linear_stype": calibration.calibrate(base, [school]).design,
        "calibrate_linear_stype_api99": calibration.calibrate(base, [school], numbers=total).design,
        "calibrate_raking_stype_api99": calibration.calibrate(base, [school], method="raking", numbers=total).design,
    }
    bounded: dict[str, Any] = {"bounds": (0.4, 2.6), "numbers": total}
    for label, method in (("calibrate_logit_bounds", "logit"), ("calibrate_linear_bounds", "linear")):
        made[label] = calibration.calibrate(base, [school], method=method, **bounded).design
    raked = made["rake_stype_schwide_awards"]
    upper = float(np.quantile(raked.weights, 0.95))
    made["trimmed"] = raked.reweighted(weights.trimmed(raked.weights, upper=upper))
    return made


def test_weights_of_the_public_data_equal_r() -> None:
    agreement = Agreement()
    for key, wanted in API["weights"]["rows"].items():
        name, adjustment = key.split("|")
        own = api_adjusted(name)[adjustment].weights
        for place, value in enumerate(wanted):
            agreement.add(adjustment, float(own[place]), value, f"{key} {place}", tolerance=1e-6)
    print("api weights", {name: f"{worst:.0e}" for name, (worst, _) in agreement.worst.items()})


def test_estimates_of_the_public_data_with_calibrated_weights_equal_r() -> None:
    agreement = Agreement()
    for row in API["weighting"]["rows"]:
        name, made = row["design"], api_adjusted(row["design"])[row["adjustment"]]
        where, loose = f"{name} {row['adjustment']}", 1e-6
        school = reference.api_data(name)["stype"]
        scores, enrolled = column(name, "api00"), column(name, "enroll")
        found = {
            "mean": estimators.mean(made, scores),
            "total_enroll": estimators.total(made, enrolled),
            "ratio": estimators.ratio(made, column(name, "api.stu"), enrolled),
            "mean_E": estimators.mean(made, scores, school == "E"),
            "mean_H": estimators.mean(made, scores, school == "H"),
        }
        for key, one in found.items():
            agreement.add("estimate", one.estimate, row[key], where, tolerance=1e-6)
            wanted = row[f"{key}_se"]
            agreement.add(f"se {row['adjustment']}", one.se, wanted, f"{where} {key}", tolerance=loose)
        agreement.add("w_ss", float(made.weights @ made.weights), row["w_ss"], where, tolerance=1e-6)
    print("api weighting", {name: f"{worst:.0e}" for name, (worst, _) in agreement.worst.items()})
