"""Reliability of scales against psych, svycralpha and lavaan."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from analysis.scales import reliability
from analysis.scales.reliability import Reliability
from tests.analysis import reference
from tests.analysis.reference import FACTORS, ITEMS, Agreement

EXPECTED = reference.expected()


@cache
def scale(name: str) -> Reliability:
    data, items = reference.survey(), ITEMS if name == "ALL" else FACTORS[name]
    answers = np.column_stack([data.answers(item) for item in items])
    return reliability.reliability(name, items, answers, data.weight)


def test_alpha_lambda_and_omega_equal_psych_svycralpha_and_lavaan() -> None:
    agreement = Agreement()
    names = {"alpha": "alpha_raw", "alpha_standardised": "alpha_std", "mean_correlation": "mean_r"}
    names |= {"lambda6": "guttman6", "alpha_weighted": "alpha_weighted"}
    for row in EXPECTED["reliability"]["rows"]:
        found = scale(row["scale"])
        assert (found.items, found.n) == (row["items"], row["n"])
        for own, wanted in names.items():
            agreement.add(own, getattr(found, own), row[wanted], row["scale"], tolerance=1e-6)
        if row["omega_cfa_ml"] is not None:
            agreement.add("omega", found.omega, row["omega_cfa_ml"], row["scale"], tolerance=1e-4)
    print("reliability", agreement.worst)


def test_item_rest_correlations_equal_psych() -> None:
    agreement = Agreement()
    for row in EXPECTED["item_rest"]["rows"]:
        found = next(one for one in scale(row["scale"]).item_rest if one.item == row["item"])
        agreement.add("r_drop", found.r_drop, row["r_drop"], row["item"], tolerance=1e-8)
        agreement.add("alpha_if_dropped", found.alpha_if_dropped, row["alpha_if_dropped"], row["item"], tolerance=1e-8)
    assert agreement.compared == 88
    print("item_rest", agreement.worst)


def test_omega_of_a_known_one_factor_model_is_its_own() -> None:
    loading, unique = np.array([0.9, 0.7, 0.5, 0.6]), np.array([0.3, 0.5, 0.7, 0.4])
    omega, loadings = reliability.one_factor(np.outer(loading, loading) + np.diag(unique))
    assert omega == pytest.approx(2.7**2 / (2.7**2 + 1.9), rel=1e-6)
    np.testing.assert_allclose(loadings, loading / np.sqrt(loading**2 + unique), rtol=1e-5)


def test_scales_that_cannot_be_judged_have_no_number() -> None:
    constant = np.column_stack([np.full(9, 5.0), np.arange(9.0) % 5])
    found = reliability.reliability("F", ("a", "b"), constant)
    assert np.isnan(found.alpha)
    assert [one.item for one in found.item_rest] == ["a", "b"]
    nobody = reliability.reliability("F", ("a", "b"), np.full((5, 2), np.nan))
    assert (nobody.n, np.isnan(nobody.alpha)) == (0, True)
    two = reliability.reliability("F", ("a", "b"), np.random.default_rng(1).integers(1, 6, (40, 2)).astype(float))
    assert not np.isnan(two.alpha)
    assert np.isnan(two.omega)
