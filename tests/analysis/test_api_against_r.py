"""The estimators over rows against R's own public data (California Academic Performance Index)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from analysis.design.sample_design import SampleDesign, sample_design
from analysis.estimation import estimators
from analysis.inference import intervals, profile
from tests.analysis import reference
from tests.analysis.reference import Agreement, numbers

EXPECTED = reference.api_expected()
NAMES = [row["design"] for row in EXPECTED["designs"]["rows"]]


@cache
def design(name: str) -> SampleDesign:
    data = reference.api_data(name.removesuffix("_wr"))
    if name == "apisrs":
        size = numbers(data["fpc"])
        return sample_design(size / len(size), population_psus=size)
    if name.startswith("apistrat"):
        size = None if name.endswith("_wr") else numbers(data["fpc"])
        return sample_design(numbers(data["pw"]), strata=data["stype"], population_psus=size)
    if name.startswith("apiclus1"):
        size = None if name.endswith("_wr") else numbers(data["fpc"])
        return sample_design(numbers(data["pw"]), psu=data["dnum"], population_psus=size)
    if name == "apiclus2_wr":
        return sample_design(numbers(data["pw"]), psu=data["dnum"])
    first, second = numbers(data["fpc1"]), numbers(data["fpc2"])
    stage = sample_design(np.ones(len(first)), psu=data["dnum"], population_psus=first, population_units=second)
    assert stage.sampled_units is not None
    weights = first / stage.psus * second / stage.sampled_units[stage.psu]
    return stage.reweighted(weights)


def column(name: str, variable: str) -> np.ndarray:
    return numbers(reference.api_data(name.removesuffix("_wr"))[variable])


def test_designs_are_as_r_describes_them() -> None:
    for row in EXPECTED["designs"]["rows"]:
        made = design(row["design"])
        assert made.rows == row["n"]
        assert made.weights.sum() == pytest.approx(row["sum_w"], rel=1e-10)
        assert made.degrees_of_freedom() == row["degf"], row["design"]


def test_means_totals_and_variances_equal_r() -> None:
    agreement = Agreement()
    for row in EXPECTED["mean_total"]["rows"]:
        made, values, where = design(row["design"]), column(row["design"], row["y"]), f"{row['design']} {row['y']}"
        mean, total = estimators.mean(made, values), estimators.total(made, values)
        df = made.degrees_of_freedom()
        low, high = intervals.wald(np.array([mean.estimate]), np.array([mean.se]), np.array([df])).limits(0)
        spread = estimators.variance(made, values)
        found = {
            "mean": mean.estimate,
            "mean_se": mean.se,
            "mean_lo": low,
            "mean_hi": high,
            "deff": mean.deff_wor,
            "deff_replace": mean.deff_wr,
            "total": total.estimate,
            "total_se": total.se,
            "total_deff": total.deff_wor,
            "var": spread.estimate,
            "var_se": spread.se,
        }
        for name, value in found.items():
            agreement.add(name, value, row[name], where, tolerance=1e-8)
    print("api mean_total", agreement.worst)


def test_ratios_equal_r() -> None:
    agreement = Agreement()
    for row in EXPECTED["ratio"]["rows"]:
        name = row["design"]
        found = estimators.ratio(design(name), column(name, row["num"]), column(name, row["den"]))
        agreement.add("ratio", found.estimate, row["ratio"], str(row), tolerance=1e-8)
        agreement.add("se", found.se, row["se"], str(row), tolerance=1e-8)
    print("api ratio", agreement.worst)


def test_domain_means_equal_svyby() -> None:
    agreement = Agreement()
    for row in EXPECTED["domain_mean"]["rows"]:
        name, data = row["design"], reference.api_data(row["design"].removesuffix("_wr"))
        if row["by"] == "stype.sch.wide":
            first, second = row["level"].split(".")
            domain = (data["stype"] == first) & (data["sch.wide"] == second)
        else:
            domain = data[row["by"]] == row["level"]
        found = estimators.mean(design(name), column(name, "api00"), domain)
        agreement.add("mean", found.estimate, row["mean"], str(row), tolerance=1e-8)
        agreement.add("se", found.se, row["se"], str(row), tolerance=1e-8)
        if row.get("deff") is not None:
            agreement.add("deff", found.deff_wor, row["deff"], str(row), tolerance=1e-8)
            assert found.df == row["df"]
    print("api domain_mean", agreement.worst)


METHODS: dict[str, Any] = {
    "logit": intervals.logit,
    "xlogit": intervals.logit,
    "asin": intervals.arcsine,
    "mean": intervals.wald,
    "wilson": intervals.wilson,
}


def test_intervals_of_proportions_equal_svyciprop() -> None:
    agreement = Agreement()
    for row in EXPECTED["proportion_ci"]["rows"]:
        made, values = design(row["design"]), column(row["design"], row["y"])
        found = estimators.mean(made, values)
        p, se = np.array([found.estimate]), np.array([found.se])
        df, n = np.array([made.degrees_of_freedom()]), np.array([found.rows])
        if row["method"] == "beta":
            interval = intervals.beta(p, se, df, n, level=row["level"])
        elif row["method"] == "likelihood":
            start = np.array([profile.first_step(made.weights, values)])
            interval = profile.likelihood(p, se, df, n, start=start, level=row["level"])
        else:
            interval = METHODS[row["method"]](p, se, df, level=row["level"])
        agreement.add("est", found.estimate, row["est"], str(row), tolerance=1e-8)
        agreement.add("se", found.se, row["se"], str(row), tolerance=1e-8)
        low, high = interval.limits(0)
        agreement.add(row["method"], low, row["lo"], str(row), tolerance=1e-6)
        agreement.add(row["method"], high, row["hi"], str(row), tolerance=1e-6)
    print("api proportion_ci", {name: f"{worst:.0e}" for name, (worst, _) in agreement.worst.items()})


def test_unweighted_binomial_limits_are_the_textbook_ones() -> None:
    for row in EXPECTED["binomial_reference"]["rows"]:
        n = row["n"]
        p = np.array([row["x"] / n])
        se = np.sqrt(p * (1 - p) / n)
        exact = intervals.korn_graubard(p, se, np.array([n - 1]), np.array([n]))
        assert exact.limits(0) == pytest.approx(_clopper_pearson(row), rel=1e-8)


def _clopper_pearson(row: dict[str, Any]) -> tuple[float, float]:
    """NCHS limits at 0 and 1 are the exact ones; in between they use the effective n, which is n here."""
    return row["cp_lo"], row["cp_hi"]
