"""Regressions and drivers against svyglm, svyolr, regTermTest and relaimpo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.arrays import Floats
from analysis.design.sample_design import sample_design
from analysis.errors import AnalysisError
from analysis.models import drivers, regression
from analysis.models.ordinal import Ordinal, OrdinalSubsets
from analysis.models.regression import Fit
from tests.analysis import reference
from tests.analysis.reference import FACTORS, Agreement
from tests.analysis.test_api_against_r import column
from tests.analysis.test_api_against_r import design as api_design

EXPECTED, API = reference.expected(), reference.api_expected()
MEANS = tuple(f"F{k}_mean" for k in range(1, 5))


def factor_means() -> dict[str, Floats]:
    data = reference.survey()
    return {f"{name}_mean": data.factor_mean(items) for name, items in FACTORS.items() if name != "F5"}


def predictors() -> tuple[Floats, list[str]]:
    data = reference.survey()
    columns, names = list(factor_means().values()), list(MEANS)
    for name in ("gender", "age", "urban", "service"):
        for level in np.unique(data[name])[1:]:
            columns.append((data[name] == level).astype(float))
            names.append(f"{name}{level}")
    return np.column_stack(columns), names


def compare(fit: Fit, rows: list[dict[str, Any]], tolerance: float, agreement: Agreement) -> None:
    for row in rows:
        place = fit.terms.index(row["term"])
        agreement.add("est", fit.coefficients[place], row["est"], row["term"], tolerance=tolerance)
        agreement.add("se", fit.se[place], row["se"], row["term"], tolerance=tolerance)
        if "t" in row:
            agreement.add("t", fit.t[place], row["t"], row["term"], tolerance=tolerance)
        if row.get("p") is not None:
            agreement.add("p", fit.p_value[place], row["p"], row["term"], tolerance=10 * tolerance)


def test_proportional_odds_equal_svyolr() -> None:
    x, names = predictors()
    fit = regression.proportional_odds(reference.design("wr"), reference.survey().answers("overall"), x, names)
    agreement = Agreement()
    compare(fit, EXPECTED["svyolr"]["rows"], 1e-4, agreement)
    assert (fit.n, fit.df) == (11863, 31)
    assert fit.deviance == pytest.approx(16010.5356888, rel=1e-8)
    print("svyolr", agreement.worst)


def test_logistic_regression_equals_svyglm_and_regtermtest() -> None:
    x, names = predictors()
    fit = regression.logistic(reference.design("wr"), reference.survey().satisfied("overall"), x, names)
    agreement = Agreement()
    compare(fit, EXPECTED["svyglm_logit"]["rows"], 1e-6, agreement)
    row = EXPECTED["regTermTest_age"]["rows"][0]
    value, df, ddf, p = fit.wald([name for name in names if name.startswith("age")])
    assert (df, ddf) == (row["df"], row["ddf"])
    assert (value, p) == (pytest.approx(row["F"], rel=1e-6), pytest.approx(row["p"], rel=1e-6))
    print("svyglm", agreement.worst)


def test_regressions_on_the_public_data_equal_r() -> None:
    agreement = Agreement()
    models = {(row["design"], row["model"]) for row in API["models"]["rows"]}
    for name, model in sorted(models):
        rows = [row for row in API["models"]["rows"] if (row["design"], row["model"]) == (name, model)]
        terms = ["ell", "meals", "mobility"]
        x = np.column_stack([column(name, term) for term in terms])
        made = api_design(name)
        if model.startswith("gaussian"):
            compare(regression.linear(made, column(name, "api00"), x, terms), rows, 1e-5, agreement)
        elif model.startswith("logit"):
            yes = (reference.api_data(name)["sch.wide"] == "Yes").astype(float)
            compare(regression.logistic(made, yes, x, terms), rows, 1e-5, agreement)
        else:
            levels = 1.0 + np.searchsorted([550, 650, 750], column(name, "api00"))
            compare(regression.proportional_odds(made, levels, x, terms), rows, 1e-4, agreement)
    print("api models", agreement.worst)


def test_lmg_first_last_and_pratt_equal_relaimpo() -> None:
    found = drivers.drivers(reference.design("wr"), reference.survey().answers("overall"), factor_means())
    agreement = Agreement()
    for row in EXPECTED["drivers_lmg"]["rows"]:
        own = next(one for one in found.drivers if one.driver == row["driver"])
        for name in ("lmg", "last", "first", "pratt", "weighted_r"):
            agreement.add(name, getattr(own, name), row[name], row["driver"], tolerance=1e-6)
    for row in EXPECTED["drivers_shapley_ordinal"]["rows"]:
        own = next(one for one in found.drivers if one.driver == row["driver"])
        agreement.add("shapley", own.shapley, row["shapley"], row["driver"], tolerance=1e-4)
    assert sum(one.lmg for one in found.drivers) == pytest.approx(found.r_squared, rel=1e-12)
    assert sum(one.shapley for one in found.drivers) == pytest.approx(found.mcfadden, rel=1e-12)
    print("drivers", agreement.worst)


def test_a_factor_few_were_asked_about_is_left_out_and_named() -> None:
    data = reference.survey()
    every = factor_means() | {"F5_mean": data.factor_mean(FACTORS["F5"])}
    found = drivers.drivers(reference.design("wr"), data.answers("overall"), every)
    assert found.left_out == ("F5_mean",)
    assert found.n == 11863


def test_what_stands_in_the_corner_of_importance_and_poor_performance_is_to_be_improved() -> None:
    random = np.random.default_rng(5)
    weak, strong = random.integers(1, 4, 3000).astype(float), random.integers(3, 6, 3000).astype(float)
    outcome = np.clip(weak + random.integers(0, 2, 3000), 1, 5).astype(float)
    found = drivers.drivers(sample_design(np.ones(3000)), outcome, {"weak": weak, "strong": strong})
    assert [one.quadrant for one in found.drivers] == ["improve", "possible_overkill"]


def test_an_outcome_without_differences_is_refused() -> None:
    with pytest.raises(AnalysisError, match="same value in all rows"):
        drivers.drivers(sample_design(np.ones(9)), np.full(9, 5.0), {"F1": np.arange(9.0)})
    with pytest.raises(AnalysisError, match="separates the answers"):
        regression.logistic(sample_design(np.ones(40)), (np.arange(40) > 20).astype(float), np.arange(40.0), ["x"])


def test_ordinal_fit_alone_gives_the_same_coefficients() -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(1, 6, (200, 2)).astype(float)
    y = np.clip(np.round(x.mean(1) + rng.normal(0, 1, 200)), 1, 5)
    own = {"A": x[:, 0], "B": x[:, 1]}
    whole = drivers.drivers(sample_design(np.ones(200)), y, own)
    alone = drivers.drivers(sample_design(np.ones(200)), y, own, split_ordinal=False)
    for one, other in zip(whole.drivers, alone.drivers, strict=True):
        assert (one.coefficient, one.se, one.lmg) == (other.coefficient, other.se, other.lmg)
        assert np.isnan(other.shapley)


def ordinal_rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(11)
    x = random.integers(1, 6, (900, 3)).astype(float)
    y = np.clip(x[:, 0] + x[:, 1] + random.integers(-2, 3, 900), 2, 6).astype(np.int64) - 2
    return x, y, random.uniform(0.5, 4, 900)


def test_ordinal_fits_of_cells_are_those_of_their_rows() -> None:
    x, y, w = ordinal_rows()
    subsets = OrdinalSubsets(x, y, w, 5)
    for some in ((0,), (1, 2), (0, 1, 2)):
        alone = Ordinal(x[:, some] - x[:, some].mean(axis=0), y, w, 5).solved()[1]
        assert subsets.likelihood(some) == pytest.approx(alone, rel=1e-12)


def test_slopes_and_information_of_the_ordinal_likelihood_are_its_differences() -> None:
    x, y, w = ordinal_rows()
    fit = Ordinal(x, y, w, 5)
    theta, step = np.array([0.2, -0.1, 0.05, -1.0, 0.1, 0.6, 1.4]), 1e-5
    moves = np.eye(len(theta)) * step
    slope = [(fit.likelihood(theta + move) - fit.likelihood(theta - move)) / (2 * step) for move in moves]
    assert fit.slope(theta) == pytest.approx(slope, rel=1e-6, abs=1e-4)
    assert fit.scores(theta).sum(axis=0) == pytest.approx(fit.slope(theta), rel=1e-10)
    curve = [(fit.slope(theta - move) - fit.slope(theta + move)) / (2 * step) for move in moves]
    assert fit.information(theta) == pytest.approx(np.array(curve), rel=1e-6, abs=1e-4)
