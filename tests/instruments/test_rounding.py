"""Rounding for display, against the published traps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.model.index_rules import Rounding
from instruments.rounding import against, in_percent, rounded, shown, written

HALF_UP, CUT = Rounding(), Rounding(mode="truncate")


@pytest.mark.parametrize(
    ("value", "rounding", "expected"),
    [
        (96.485, HALF_UP, "96.49"),  # round() in binary gives 96.48
        ("80.075", HALF_UP, "80.08"),  # SIPAS 2022: the mean of 79.72 and 80.43
        (3.988, HALF_UP, "3.99"),  # PSI 2018
        ("97.156666667", HALF_UP, "97.16"),
        (96.485, CUT, "96.48"),
        (2.675, Rounding(places=1), "2.7"),
        (0.1 + 0.2, Rounding(places=4), "0.3000"),
        (1.005, HALF_UP, "1.01"),
        (-0.005, HALF_UP, "-0.01"),
    ],
)
def test_half_goes_up_in_decimal_arithmetic(value: float | str, rounding: Rounding, expected: str):
    assert str(rounded(value, rounding)) == expected


def test_noise_of_binary_sums_does_not_decide():
    rate = sum([0.1] * 8) + 0.0005 - 0.0005 + 0.05245  # 0.85245 with noise behind it
    assert str(in_percent(rate, Rounding(places=2))) == "85.25"
    assert str(in_percent(0.96485, HALF_UP)) == "96.49"


@pytest.mark.parametrize(
    ("rate", "target", "expected"),
    [
        (0.84996, 0.85, "84.996"),
        (0.8499996, 0.85, "84.99996"),
        (0.85, 0.85, "85.00"),
        (0.85004, 0.85, "85.00"),
        (0.90, 0.85, "90.00"),
    ],
)
def test_rounding_never_carries_a_figure_over_its_target(rate: float, target: float, expected: str):
    assert str(against(rate, target, HALF_UP)) == expected


@given(st.floats(0, 1), st.sampled_from([0.8, 0.85, 0.9]))
def test_shown_figure_and_figure_lie_on_the_same_side_of_the_target(rate: float, target: float):
    value, goal = Decimal(repr(rate)), Decimal(repr(target))
    if abs(value - goal) > Decimal("1e-9"):
        assert (against(rate, target, HALF_UP) >= goal * 100) == (value >= goal)


def test_figures_are_written_as_the_language_writes_them():
    assert shown(0.97156666, "rate", HALF_UP, "vi") == "97,16 %"
    assert shown(0.97156666, "rate", HALF_UP, "en") == "97.16%"
    assert shown(97.5, "percent", HALF_UP, "vi") == "97,50 %"
    assert shown(4.025, "score", HALF_UP, "vi") == "4,03"
    assert written(Decimal("1234.5"), "vi") == "1234,5"  # no grouping
