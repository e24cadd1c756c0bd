"""Differences of one table judged together: the interval beside a word never says something else than the word."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.inference import comparison
from analysis.inference.comparison import Difference, independent, together

NO_ERROR = independent(0.9, 0.0, 30, 0.8, 0.0, 30)


def families(number: int) -> Iterator[list[Difference]]:
    """Families of 0 to 20, near and far from proven, some without a known error."""
    draw = np.random.default_rng(5)
    for _ in range(number):
        spread = draw.uniform(0.001, 0.05)
        yield [
            NO_ERROR if draw.random() < 0.1 else
            independent(0.8 + draw.normal(0, 2.5) * spread, spread, draw.integers(1, 300), 0.8, spread, 200)
            for _ in range(draw.integers(0, 21))
        ]  # fmt: skip


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_zero_lies_inside_an_interval_exactly_where_nothing_is_proven(alpha: float) -> None:
    proven = cut = 0
    for family in families(25):
        found = together(family, alpha=alpha)
        known = [k for k, one in enumerate(family) if one is not NO_ERROR]
        if known:
            by_holm = multipletests([family[k].p_value for k in known], method="holm")[1]
            np.testing.assert_allclose(found.p_value[known], by_holm, rtol=1e-9, atol=1e-300)
        for k, one in enumerate(family):
            low, high = found.lower[k], found.upper[k]
            if one is NO_ERROR:
                assert np.isnan([found.p_value[k], low, high]).all()
                assert not found.proven[k]
                continue
            assert low <= one.estimate <= high
            assert found.proven[k] == (found.p_value[k] <= alpha)
            assert found.proven[k] == ((low >= 0 and one.estimate > 0) or (high <= 0 and one.estimate < 0))
            proven += int(found.proven[k])
            cut += 0 in (low, high)
    assert proven > cut > 0  # both kinds occur


def test_a_family_of_three_by_hand() -> None:
    """t = 5.05, 2.32 and 0.51: the second is proven by Holm's second step (p = .021, twice .042), not at α/3."""
    sides = [(0.90, 0.80), (0.846, 0.80), (0.80, 0.79)]
    family = [independent(a, 0.014, 200, b, 0.014, 200) for a, b in sides]
    found = together(family)
    half = stats.t.ppf(1 - 0.05 / 6, 400) * 0.014 * 2**0.5
    assert found.proven.tolist() == [True, True, False]
    assert found.lower.tolist() == [pytest.approx(0.1 - half), 0, pytest.approx(0.01 - half)]
    assert found.upper.tolist() == [pytest.approx(d + half) for d in (0.1, 0.046, 0.01)]


def test_self_selected_differences_have_intervals_and_prove_nothing() -> None:
    family = [independent(0.9, 0.01, 100, 0.6, 0.01, 100)] * 3
    found = together(family, opt_in=True)
    assert np.isnan(found.p_value).all()
    assert not found.proven.any()
    half = stats.t.ppf(1 - 0.05 / 6, 200) * 0.01 * 2**0.5
    np.testing.assert_allclose(found.lower, 0.3 - half)
    np.testing.assert_allclose(found.upper, 0.3 + half)


def test_the_intervals_of_a_family_hold_together_whatever_is_true() -> None:
    """4,000 families of six, from all true differences 0 to all far from it: inside all six in 95 % or more."""
    draw = np.random.default_rng(11)
    for moved in (0, 3, 6):
        truth = np.r_[np.full(moved, 0.03), np.zeros(6 - moved)]
        held = 0
        for estimates in draw.normal(truth, 0.01, (4000, 6)):
            raw = 2 * stats.norm.sf(np.abs(estimates) / 0.01)
            family = [Difference(e, 0.01, 1e6, np.nan, np.nan, p) for e, p in zip(estimates, raw, strict=True)]
            found = comparison.together(family)
            held += bool(((found.lower - 1e-9 <= truth) & (truth <= found.upper + 1e-9)).all())
        assert held / 4000 > 0.95 - 3 * (0.05 * 0.95 / 4000) ** 0.5
