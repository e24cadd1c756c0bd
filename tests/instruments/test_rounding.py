"""Rounding for display, against the published traps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.rounding import Mode, against, exact, plain, rounded


@pytest.mark.parametrize(
    ("value", "places", "mode", "expected"),
    [
        (96.485, 2, "half_up", "96.49"),  # round() in binary gives 96.48
        ("80.075", 2, "half_up", "80.08"),  # SIPAS 2022: the mean of 79.72 and 80.43
        (3.988, 2, "half_up", "3.99"),  # PSI 2018
        ("97.156666667", 2, "half_up", "97.16"),
        (96.485, 2, "truncate", "96.48"),
        (2.675, 1, "half_up", "2.7"),
        (0.1 + 0.2, 4, "half_up", "0.3000"),
        (1.005, 2, "half_up", "1.01"),
        (-0.005, 2, "half_up", "-0.01"),
        (-0.004, 2, "half_up", "0.00"),  # never a negative zero
    ],
)
def test_half_goes_up_in_decimal_arithmetic(value: float | str, places: int, mode: Mode, expected: str):
    assert str(rounded(value, places, mode)) == expected


def test_noise_of_binary_sums_does_not_decide():
    rate = sum([0.1] * 8) + 0.0005 - 0.0005 + 0.05245  # 0.85245 with noise behind it
    assert str(rounded(exact(rate) * 100, 2)) == "85.25"
    assert str(rounded(exact(0.96485) * 100, 2)) == "96.49"


@pytest.mark.parametrize(
    ("rate", "target", "expected"),
    [
        (0.84996, 0.85, "84.996"),
        (0.8499996, 0.85, "84.99996"),
        (0.84999999996, 0.85, "84.999999"),
        (0.85, 0.85, "85.00"),
        (0.85004, 0.85, "85.00"),
        (0.90, 0.85, "90.00"),
    ],
)
def test_rounding_never_carries_a_figure_over_its_target(rate: float, target: float, expected: str):
    assert str(against(rate, target, 2)) == expected


def test_a_cut_figure_that_reaches_its_target_is_not_cut_below_it():
    assert str(against(0.8756, 0.8755, 1, "truncate")) == "87.56"


@given(st.floats(0, 1), st.sampled_from([0.8, 0.85, 0.9]))
def test_shown_figure_and_figure_lie_on_the_same_side_of_the_target(rate: float, target: float):
    value, goal = Decimal(repr(rate)), Decimal(repr(target))
    if abs(value - goal) > Decimal("1e-9"):
        assert (against(rate, target, 2) >= goal * 100) == (value >= goal)


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [("87.50", "87,5", "87.5"), ("1E+3", "1000", "1000"), ("1234.5", "1234,5", "1234.5"), ("0", "0", "0")],
)
def test_every_digit_is_written_and_no_more(value: str, vietnamese: str, english: str):
    assert plain(Decimal(value), "vi") == vietnamese
    assert plain(Decimal(value), "en") == english
