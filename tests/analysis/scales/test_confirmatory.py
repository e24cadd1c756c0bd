"""Confirmatory factor analysis against lavaan, and what must hold for any answers."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.scales import confirmatory, polychoric, reliability, simple_structure
from analysis.scales.confirmatory import Confirmed
from analysis.scales.simple_structure import Structure
from tests.analysis import reference
from tests.analysis.reference import FACTORS, ITEMS, Agreement, numbers

EXPECTED = reference.expected()
FOLDER = reference.ORACLE / "confirmatory"
SMALL: list[dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))["rows"]
ESTIMATORS = {"MLR": confirmatory.mlr, "WLSMV": confirmatory.wlsmv}
TWO = {"A": ("a1", "a2", "a3"), "B": ("b1", "b2")}
both = pytest.mark.parametrize("estimator", ESTIMATORS)


@cache
def whole(estimator: str) -> Confirmed:
    answers = np.column_stack([reference.survey().answers(item) for item in ITEMS])
    return ESTIMATORS[estimator](FACTORS, answers)


def small(*items: str, rows: int | None = None) -> Floats:
    data = reference.read_csv(FOLDER / "inputs.csv")
    return np.column_stack([numbers(data[item]) for item in items])[:rows]


def factors_of(row: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    names = dict.fromkeys(one["factor"] for one in row["loadings"])
    return {name: tuple(one["item"] for one in row["loadings"] if one["factor"] == name) for name in names}


def answers_of(row: dict[str, Any]) -> Floats:
    return small(*(one["item"] for one in row["loadings"]), rows=row["rows"])


def two(estimator: str) -> Confirmed:
    return ESTIMATORS[estimator](TWO, small("a1", "a2", "a3", "b1", "b2"))


def test_fit_measures_of_five_factors_equal_lavaan() -> None:
    agreement = Agreement()
    for row in EXPECTED["cfa_fit"]["rows"]:
        found = whole(row["estimator"])
        for name, wanted in row.items():
            if name != "estimator":
                own = getattr(found.fit, name.replace(".", "_"))
                agreement.add(name, own, wanted, row["estimator"], tolerance=1e-3)
    assert agreement.compared == 20
    print(agreement.worst)


def test_loadings_of_five_factors_equal_lavaan() -> None:
    agreement = Agreement()
    for row in EXPECTED["cfa_loadings"]["rows"]:
        for estimator in ESTIMATORS:
            own = whole(estimator).loadings[row["item"]]
            agreement.add(estimator, own, row[estimator.lower()], row["item"], tolerance=1e-3)
    assert agreement.compared == 44
    print(agreement.worst)


def test_models_of_a_small_awkward_survey_equal_lavaan() -> None:
    agreement = Agreement()
    for row in SMALL:
        if not row["proper"]:
            continue
        where = f"{row['model']} {row['estimator']}"
        found = ESTIMATORS[row["estimator"]](factors_of(row), answers_of(row))
        assert (found.n, found.estimator) == (row["n"], row["estimator"])
        for name, wanted in row["fit"].items():
            own = getattr(found.fit, name.replace(".", "_"))
            if wanted is not None and abs(wanted) < 1e-5:  # a perfect fit, where lavaan stops short of 0
                assert own == pytest.approx(wanted, abs=1e-5), where
            else:
                agreement.add(name, own, wanted, where, tolerance=1e-5)
        for one in row["loadings"]:
            agreement.add("loading", found.loadings[one["item"]], one["est"], where, tolerance=1e-5)
        for one in row["between"]:
            own = found.between[found.factors.index(one["a"]), found.factors.index(one["b"])]
            agreement.add("between", float(own), one["r"], where, tolerance=1e-5)
    assert agreement.compared > 120
    print(agreement.worst)


@pytest.mark.parametrize("row", [row for row in SMALL if not row["proper"]], ids=lambda r: r["model"] + r["estimator"])
def test_solutions_that_lavaan_warns_of_are_found_and_refused(row: dict[str, Any]) -> None:
    factors, answers = factors_of(row), answers_of(row)
    own = answers[~np.isnan(answers).any(axis=1)]
    membership = np.repeat(np.arange(len(factors)), [len(items) for items in factors.values()])
    if row["estimator"] == "MLR":
        found = simple_structure.maximum_likelihood(np.corrcoef(own, rowvar=False), membership)
    else:
        ordered = polychoric.correlations(own)
        found = simple_structure.least_squares(ordered.correlation, ordered.variance, membership)
    np.testing.assert_allclose(found.loadings, [one["est"] for one in row["loadings"]], rtol=1e-4)
    np.testing.assert_allclose(found.unique, row["unique"], atol=1e-4)
    said = {
        "misfiled": "Factors A and B would correlate at 1.*do not tell them apart",
        "heywood": "Item c1 would have the unique variance -0.*does not describe",
    }
    with pytest.raises(AnalysisError, match=said[row["model"]]):
        ESTIMATORS[row["estimator"]](factors, answers)


@given(order=st.permutations(range(5)), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_the_order_of_items_and_people_changes_nothing(order: list[int], seed: int) -> None:
    filed = [("A", "a1"), ("A", "a2"), ("A", "a3"), ("B", "b1"), ("B", "b2")]
    moved = [filed[k] for k in order]
    factors = {name: [item for own, item in moved if own == name] for name in dict(moved)}
    answers = small(*(item for items in factors.values() for item in items))
    answers = np.random.default_rng(seed).permutation(answers)
    for estimator, fitted in ESTIMATORS.items():
        found, wanted = fitted(factors, answers), two(estimator)
        for item, loading in wanted.loadings.items():
            assert found.loadings[item] == pytest.approx(loading, abs=1e-6)
        assert found.between[0, 1] == pytest.approx(wanted.between[0, 1], abs=1e-6)
        assert found.fit.chisq_scaled == pytest.approx(wanted.fit.chisq_scaled, rel=1e-5)
        assert found.fit.srmr == pytest.approx(wanted.fit.srmr, rel=1e-5)


@both
def test_an_item_counted_the_other_way_round_only_turns_its_loading(estimator: str) -> None:
    answers = small("a1", "a2", "a3", "b1", "b2")
    answers[:, 1] = 6 - answers[:, 1]
    found, wanted = ESTIMATORS[estimator](TWO, answers), two(estimator)
    turned = {**wanted.loadings, "a2": -wanted.loadings["a2"]}
    assert found.loadings == pytest.approx(turned, abs=1e-6)
    assert found.fit.chisq_scaled == pytest.approx(wanted.fit.chisq_scaled, rel=1e-5)


def test_the_unit_of_an_item_changes_nothing_and_its_codes_only_what_takes_them_as_numbers() -> None:
    answers = small("a1", "a2", "a3", "b1", "b2")
    linear, bent = answers * [1.0, 10.0, 0.1, 3.0, 1.0] + 7, answers**2
    for estimator, fitted in ESTIMATORS.items():
        assert fitted(TWO, linear).loadings == pytest.approx(two(estimator).loadings, abs=1e-7)
    assert confirmatory.wlsmv(TWO, bent).fit == two("WLSMV").fit
    assert confirmatory.mlr(TWO, bent).fit.chisq != pytest.approx(two("MLR").fit.chisq, rel=1e-3)


def test_one_factor_has_the_loadings_behind_both_omegas() -> None:
    items = FACTORS["F2"]
    answers = np.column_stack([reference.survey().answers(item) for item in items])
    plain = reliability.reliability("F2", items, answers).loadings
    assert tuple(confirmatory.mlr({"F2": items}, answers).loadings.values()) == pytest.approx(plain, abs=1e-7)
    ordered = polychoric.omega(polychoric.correlations(answers)).loadings
    assert tuple(confirmatory.wlsmv({"F2": items}, answers).loadings.values()) == pytest.approx(ordered, abs=1e-7)


def known() -> Structure:
    loadings = np.array([0.8, 0.7, -0.4, 0.6, 0.9, 0.5, 0.75])
    between = np.array([[1, 0.5, -0.2], [0.5, 1, 0.3], [-0.2, 0.3, 1]])
    return Structure(np.array([0, 0, 0, 1, 1, 2, 2]), loadings, between, 1 - loadings**2)


def test_a_known_structure_is_found_again_from_the_correlations_it_makes() -> None:
    made = known()
    likeliest = simple_structure.maximum_likelihood(made.implied, made.membership)
    closest = simple_structure.least_squares(made.implied, np.ones((7, 7)), made.membership)
    for found in (likeliest, closest):
        np.testing.assert_allclose(found.loadings, made.loadings, atol=1e-6)
        np.testing.assert_allclose(found.between, made.between, atol=1e-6)
    assert simple_structure.discrepancy(made.implied, likeliest) == pytest.approx(0, abs=1e-10)


def test_the_information_is_the_curvature_of_the_discrepancy() -> None:
    made, pairs = known(), np.triu_indices(3, 1)
    correlation = np.corrcoef(np.random.default_rng(3).normal(size=(40, 7)) @ made.implied, rowvar=False)

    def lack(free: Floats) -> float:
        between = np.eye(3)
        between[pairs] = between.T[pairs] = free[7:10]
        return simple_structure.discrepancy(correlation, Structure(made.membership, free[:7], between, free[10:])) / 2

    at, moves = np.concatenate([made.loadings, made.between[pairs], made.unique]), np.eye(17) * 1e-4
    curved = [
        [(lack(at + a + b) - lack(at + a - b) - lack(at - a + b) + lack(at - a - b)) / 4e-8 for a in moves]
        for b in moves
    ]
    np.testing.assert_allclose(simple_structure.information(correlation, made), curved, rtol=1e-3, atol=2e-4)


def test_items_filed_under_the_wrong_factor_fit_worse() -> None:
    answers = np.column_stack([reference.survey().answers(item) for item in ITEMS[:9]])
    right = {"F1": ITEMS[:4], "F2": ITEMS[4:9]}
    wrong = {"F1": (*ITEMS[:2], *ITEMS[4:6]), "F2": (*ITEMS[2:4], *ITEMS[6:9])}
    moved = answers[:, [0, 1, 4, 5, 2, 3, 6, 7, 8]]
    assert confirmatory.mlr(right, answers).fit.cfi_scaled > 0.99
    with pytest.raises(AnalysisError, match="F1 and F2 would correlate"):
        confirmatory.mlr(wrong, moved)


@both
def test_what_carries_no_model_is_refused_in_one_sentence(estimator: str) -> None:
    fitted, answers = ESTIMATORS[estimator], small("a1", "a2", "a3", "b1", "b2")
    with pytest.raises(AnalysisError, match=r"Factor B needs 2 items or more.*it has 1"):
        fitted({"A": ("a1", "a2", "a3", "b1"), "B": ("b2",)}, answers)
    with pytest.raises(AnalysisError, match=r"Factor A needs 3 items or more.*it has 2"):
        fitted({"A": ("a1", "a2")}, answers[:, :2])
    with pytest.raises(AnalysisError, match="a1 is named twice"):
        fitted({"A": ("a1", "a2", "a3"), "B": ("b1", "a1")}, answers)
    with pytest.raises(AnalysisError, match="have 5 items, the answers 4 columns"):
        fitted(TWO, answers[:, :4])
    with pytest.raises(AnalysisError, match="No factor given"):
        fitted({}, answers[:, :0])
    with pytest.raises(AnalysisError, match="6 people answered all 5 items; a model needs 7"):
        fitted(TWO, np.arange(30.0).reshape(6, 5))
    constant = answers.copy()
    constant[:, 3] = 5.0
    with pytest.raises(AnalysisError, match="Item b1 has one answer only, 5"):
        fitted(TWO, constant)


def test_items_answered_alike_by_all_are_refused() -> None:
    answers = small("a1", "a2", "a3", "b1", "b2")
    answers[:, 4] = answers[:, 3]
    with pytest.raises(AnalysisError, match="not of full rank"):
        confirmatory.mlr(TWO, answers)
    with pytest.raises(AnalysisError, match="Items b1 and b2 are answered alike"):
        confirmatory.wlsmv(TWO, answers)


@both
def test_answers_by_chance_have_no_factors(estimator: str) -> None:
    noise = np.random.default_rng(0).integers(1, 6, (60, 6)).astype(float)
    with pytest.raises(AnalysisError, match="do not settle"):
        ESTIMATORS[estimator]({"A": ("a", "b", "c"), "B": ("d", "e", "f")}, noise)
