"""Participation rates and their differences, by hand and beside R's chisq.test."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.monitoring.participation import class_difference, participation_rate


def test_rate_is_valid_over_issued_and_nothing_where_a_number_is_wrong() -> None:
    rate = participation_rate(np.array([60.0, 5.0, 12.0, 0.0]), np.array([80.0, 0.0, 10.0, 40.0]))
    np.testing.assert_array_equal(rate, [0.75, np.nan, np.nan, 0.0])
    with pytest.raises(AnalysisError, match="below 0"):
        participation_rate(np.array([-1.0]), np.array([4.0]))


def test_difference_between_two_classes_by_hand() -> None:
    """X² = N(ad − bc)²/(r₁r₂c₁c₂) = 200·(60·60 − 40·40)²/(100·100·100·100) = 8."""
    found = class_difference(np.array([60.0, 40.0]), np.array([100.0, 100.0]))
    assert found.statistic == pytest.approx(8.0, rel=1e-12)
    assert (found.df, found.lowest, found.highest) == (1, 1, 0)
    assert found.p_value == pytest.approx(0.004677734981047266, rel=1e-10)  # 2(1 − Φ(√8))


def test_classes_of_three_and_one_that_cannot_be_right() -> None:
    """Expected 50 of each 100: X² = (100 + 0 + 100)/50 · 2 = 8 on 2 degrees of freedom, p = exp(−4)."""
    found = class_difference(np.array([40.0, 50.0, 60.0, 9.0]), np.array([100.0, 100.0, 100.0, 3.0]))
    assert found.used.tolist() == [True, True, True, False]
    assert found.statistic == pytest.approx(8.0, rel=1e-12)
    assert found.p_value == pytest.approx(np.exp(-4), rel=1e-10)


def test_few_forms_and_one_class_are_not_tested() -> None:
    assert class_difference(np.array([2.0, 3.0]), np.array([4.0, 8.0])).p_value is None
    assert class_difference(np.array([0.0, 0.0]), np.array([40.0, 80.0])).p_value is None
    alone = class_difference(np.array([20.0]), np.array([40.0]))
    assert (alone.lowest, alone.p_value) == (None, None)
