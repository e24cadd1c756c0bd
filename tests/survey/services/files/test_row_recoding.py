"""Rows that single nobody out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from survey.services.files.row_recoding import BLANK, HIDDEN, bands, group_sizes, recode, safe_weights


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[np.ndarray], int]:
    rows = draw(st.integers(0, 120))
    spreads = (draw(st.integers(1, 12)), 3, draw(st.integers(1, 6)), 2, 4, 5)
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    return [random.integers(0, spread, rows) for spread in spreads], draw(st.integers(2, 8))


@given(tables())
def test_every_combination_left_has_the_minimum_of_rows(case: tuple[list[np.ndarray], int]) -> None:
    (unit, month, field, *facts), minimum = case
    done = recode(unit, month, field, facts, minimum=minimum)
    sizes = group_sizes([done.unit, done.month, done.field, *done.facts])
    assert (sizes >= minimum).all()
    assert done.left_out + len(done.unit) == len(unit)


@given(tables())
def test_a_value_is_either_the_true_one_or_hidden(case: tuple[list[np.ndarray], int]) -> None:
    (unit, month, field, *facts), minimum = case
    done = recode(unit, month, field, facts, minimum=minimum)
    originals = (unit, month, field, *facts)
    for before, after in zip(originals, (done.unit, done.month, done.field, *done.facts), strict=True):
        assert ((after == before[done.kept]) | (after == HIDDEN)).all()


def test_the_unit_is_the_last_thing_to_be_hidden() -> None:
    unit = np.array([1] * 6 + [2] * 6)
    month, field = np.zeros(12, int), np.array([0] * 6 + [0, 0, 0, 1, 1, 1])
    done = recode(unit, month, field, [np.arange(12)], minimum=5)
    assert done.unit.tolist() == unit.tolist()
    assert done.field.tolist() == [0] * 6 + [HIDDEN] * 6
    assert (done.facts[0] == HIDDEN).all()
    assert done.left_out == 0


def test_too_few_rows_are_left_out_and_counted() -> None:
    done = recode(np.array([1, 2]), np.array([1, 1]), np.array([0, 0]), [], minimum=5)
    assert (done.left_out, len(done.unit)) == (2, 0)


def test_numbers_become_bands_of_about_equal_size() -> None:
    band, limits = bands(np.array([18.0, 25, 31, 44, 52, 60, 71, 80, 33, np.nan]))
    assert band[-1] == BLANK
    assert len(limits) == 5
    assert limits[0][0] == 18
    assert limits[-1][1] == 80
    assert np.bincount(band[:-1]).max() <= 3


def test_bands_of_one_value_and_of_none() -> None:
    assert bands(np.array([7.0, 7.0]))[0].tolist() == [0, 0]
    assert bands(np.array([np.nan]))[0].tolist() == [BLANK]


def test_a_weight_of_a_small_stratum_is_not_shown() -> None:
    shown = safe_weights(np.array([2.0] * 10 + [9.0]), np.array([1] * 10 + [2]), minimum=10)
    assert shown[:10].tolist() == [2.0] * 10
    assert np.isnan(shown[10])
