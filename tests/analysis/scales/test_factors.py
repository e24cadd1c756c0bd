"""Exploratory factors, hierarchical omega and the mixed logit of areas against psych and lme4."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.models import mixed_logit
from analysis.scales import factors, polychoric
from tests.analysis import reference
from tests.analysis.reference import ITEMS, Agreement, numbers

EXPECTED = reference.expected()


@cache
def complete() -> Floats:
    answers = np.column_stack([reference.survey().answers(item) for item in ITEMS])
    return np.asarray(answers[~np.isnan(answers).any(axis=1)])


def correlation() -> Floats:
    return np.asarray(np.corrcoef(complete(), rowvar=False))


def test_adequacy_eigenvalues_and_communalities_equal_psych() -> None:
    row, agreement = EXPECTED["efa"]["rows"], Agreement()
    found = factors.adequacy(correlation(), len(complete()))
    assert (len(complete()), found.df) == (row["n"], row["bartlett_df"])
    behind = np.linalg.eigvalsh(polychoric.correlations(complete()).correlation)[::-1]
    made = {
        "kmo_items": found.kmo_items,
        "eigen_pearson": found.eigenvalues,
        "eigen_polychoric": behind,
        "communalities": factors.minres(correlation(), 5).communalities,
    }
    agreement.add("kmo", found.kmo, row["kmo_overall"], tolerance=1e-4)
    agreement.add("bartlett", found.bartlett, row["bartlett_chisq"], tolerance=1e-4)
    for name, values in made.items():
        for value, wanted in zip(values, row[name], strict=True):
            agreement.add(name, float(value), wanted, tolerance=1e-4)
    print(agreement.worst)


def test_hierarchical_omega_equals_psych() -> None:
    (row,), agreement = EXPECTED["omega_hierarchical"]["rows"], Agreement()
    found = factors.hierarchical_omega(correlation(), 5)
    agreement.add("hierarchical", found.hierarchical, row["omega_h"], tolerance=1e-3)
    agreement.add("total", found.total, row["omega_total"], tolerance=1e-3)
    print(agreement.worst)


def test_known_factors_are_found_again() -> None:
    loadings = np.zeros((9, 3))
    for k in range(9):
        loadings[k, k // 3] = 0.5 + 0.04 * k
    between = np.full((3, 3), 0.36) + np.eye(3) * 0.64
    whole = loadings @ between @ loadings.T
    np.fill_diagonal(whole, 1.0)
    found = factors.hierarchical_omega(whole, 3)
    np.testing.assert_allclose(found.general, loadings.sum(axis=1) * 0.6, rtol=1e-4)
    assert found.hierarchical == pytest.approx((loadings.sum() * 0.6) ** 2 / whole.sum(), rel=1e-4)


def test_what_cannot_carry_factors_is_refused() -> None:
    with pytest.raises(AnalysisError, match="not of full rank"):
        factors.adequacy(np.ones((3, 3)), 50)
    with pytest.raises(AnalysisError, match="needs three factors"):
        factors.hierarchical_omega(np.eye(6), 2)
    with pytest.raises(AnalysisError, match="give 1 to 5"):
        factors.minres(np.eye(6), 6)


def test_the_mixed_logit_of_areas_equals_glmer() -> None:
    areas, row = reference.read_csv(reference.ORACLE / "areas.csv"), EXPECTED["glmm_binomial"]["rows"]
    x = np.column_stack([numbers(areas["x1"]), numbers(areas["x2"])])
    found, agreement = mixed_logit.mixed_logit(numbers(areas["satisfied"]), numbers(areas["n"]), x), Agreement()
    agreement.add("sigma", found.spread, row["sigma"], tolerance=1e-3)
    for name, values in (("fixed", found.coefficients), ("se", found.se), ("fitted", found.fitted)):
        for value, wanted in zip(values, row[name], strict=True):
            agreement.add(name, float(value), wanted, tolerance=1e-3)
    print(agreement.worst)


def test_areas_that_differ_only_by_chance_have_no_spread_and_impossible_counts_are_refused() -> None:
    n = np.full(40, 50.0)
    found = mixed_logit.mixed_logit(np.full(40, 40.0), n, np.tile([0.0, 1.0], 20))
    assert found.spread == 0
    np.testing.assert_allclose(found.fitted, 0.8, rtol=1e-6)
    with pytest.raises(AnalysisError, match="Area 2 has 51 satisfied of 50"):
        mixed_logit.mixed_logit(np.array([1.0, 51, 3, 4]), np.full(4, 50.0), np.arange(4.0))
