"""Rows that single nobody out, none left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.services.files.rows.recoding import (
    BLANK,
    HIDDEN,
    Fact,
    HiddenDomains,
    Recoded,
    bands,
    group_sizes,
    recode,
)

Table = tuple[list[np.ndarray], int, HiddenDomains]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    minimum = draw(st.integers(2, 10))
    rows = draw(st.integers(minimum, 250))
    spreads = (draw(st.integers(1, 12)), 3, draw(st.integers(1, 6)), 2, 4, 5)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    columns = [np.minimum(random.geometric(1.5 / (spread + 0.5), rows) - 1, spread - 1) for spread in spreads]
    hidden = HiddenDomains(
        frozenset(draw(st.sets(st.integers(0, 11), max_size=2))),
        frozenset(draw(st.sets(st.integers(0, 5), max_size=1))),
        frozenset(draw(st.sets(st.tuples(st.integers(0, 11), st.integers(0, 5)), max_size=4))),
    )
    return columns, minimum, hidden


def recoded(case: Table) -> tuple[Recoded, list[np.ndarray], list[np.ndarray]]:
    """The result, and the columns before and after."""
    columns, minimum, hidden = case
    facts = [Fact(values, np.zeros(len(values), bool)) for values in columns[3:]]
    done = recode(*columns[:3], facts, minimum=minimum, hidden=hidden)
    return done, columns, [done.unit, done.month, done.field, *done.facts]


@given(tables())
def test_every_combination_has_the_minimum_of_rows_and_none_is_left_out(case: Table) -> None:
    _, before, after = recoded(case)
    assert {len(column) for column in after} == {len(before[0])}
    assert (group_sizes(after) >= case[1]).all()


@given(tables())
def test_a_value_is_either_the_true_one_or_hidden(case: Table) -> None:
    _, before, after = recoded(case)
    for true, shown in zip(before, after, strict=True):
        assert ((shown == true) | (shown == HIDDEN)).all()


@given(tables())
def test_what_the_tables_hide_is_hidden(case: Table) -> None:
    done, (unit, _, field, *_), _ = recoded(case)
    hidden = case[2]
    assert (done.unit[np.isin(unit, list(hidden.units))] == HIDDEN).all()
    assert (done.field[np.isin(field, list(hidden.fields))] == HIDDEN).all()
    apart = np.array([(int(u), int(f)) in hidden.cells for u, f in zip(unit, field, strict=True)])
    assert (done.field[apart] == HIDDEN).all()


@given(tables())
def test_published_figures_minus_the_rows_are_those_of_nobody_or_enough(case: Table) -> None:
    """Of each published unit, field, unit × field and fact, the rows that do not show it."""
    done, (unit, _, field, *facts), _ = recoded(case)
    _, minimum, hidden = case
    for column, shown, apart in ((unit, done.unit, hidden.units), (field, done.field, hidden.fields)):
        for code in set(column.tolist()) - apart:
            few = int(((column == code) & (shown == HIDDEN)).sum())
            assert few == 0 or few >= minimum or (column == code).sum() < minimum
    for u, f in set(zip(unit.tolist(), field.tolist(), strict=True)):
        own = (unit == u) & (field == f)
        few = int((own & ((done.unit == HIDDEN) | (done.field == HIDDEN))).sum())
        assert few in (0, own.sum())
    for column, shown in zip(facts, done.facts, strict=True):
        for code in set(column.tolist()):
            few = int(((column == code) & (shown == HIDDEN)).sum())
            assert few == 0 or few >= minimum or (column == code).sum() < minimum


@given(tables())
def test_rows_minus_published_units_and_fields_are_those_of_nobody_or_enough(case: Table) -> None:
    """A combination of the file may hold cells with figures of their own; what is left without them is enough."""
    done, (unit, _, field, *_), _ = recoded(case)
    _, minimum, hidden = case
    cells = group_sizes([unit, field])
    listed = (cells >= minimum) & ~np.isin(unit, list(hidden.units)) & ~np.isin(field, list(hidden.fields))
    listed &= np.array([(int(u), int(f)) not in hidden.cells for u, f in zip(unit, field, strict=True)])
    if 0 < (~listed).sum() < minimum:
        return  # the tables themselves leave so few
    for group in set(done.group.tolist()):
        few = int(((done.group == group) & ~listed).sum())
        assert few == 0 or few >= minimum


def test_facts_go_first_then_the_month_and_the_field() -> None:
    unit = np.array([1] * 12 + [2] * 12)
    field = np.array([0] * 12 + [0] * 6 + [1] * 6)
    month = np.array([0] * 8 + [1] * 4 + [0] * 12)
    done = recode(unit, month, field, [Fact(np.arange(24), np.zeros(24, bool))], minimum=5)
    assert done.unit.tolist() == unit.tolist()
    assert done.field.tolist() == field.tolist()
    assert done.month.tolist() == [HIDDEN] * 12 + [0] * 12, "four of a month take the other eight with them"
    assert (done.facts[0] == HIDDEN).all()


def small_field() -> tuple[np.ndarray, np.ndarray]:
    """Unit 1 has 3, 12 and 25 rows in its fields, unit 2 twenty in each."""
    return np.repeat([1, 2], [40, 60]), np.repeat([0, 1, 2, 0, 1, 2], [3, 12, 25, 20, 20, 20])


def test_a_small_field_of_a_unit_is_hidden_with_what_the_tables_hide_beside_it() -> None:
    unit, field = small_field()
    hidden = HiddenDomains(cells=frozenset({(1, 0), (1, 1), (2, 0), (2, 1)}))
    done = recode(unit, np.zeros(100, int), field, [], minimum=10, hidden=hidden)
    assert done.field.tolist() == [HIDDEN] * 15 + [2] * 25 + [HIDDEN] * 40 + [2] * 20
    assert (done.unit == unit).all()


def test_a_small_field_beside_published_ones_is_hidden_with_its_unit() -> None:
    unit, field = small_field()
    done = recode(unit, np.zeros(100, int), field, [], minimum=10)
    few = (unit == 1) & (field == 0)
    assert (done.unit[few] == HIDDEN).all()
    assert (done.field[few] == HIDDEN).all()
    assert (done.unit[unit == 1] == HIDDEN).sum() >= 10
    assert (done.field[field == 0] == HIDDEN).sum() >= 10


def test_too_few_rows_for_any_file_are_refused() -> None:
    with pytest.raises(ValueError, match="from 5 on; there are 2"):
        recode(np.array([1, 2]), np.array([1, 1]), np.array([0, 0]), [], minimum=5)


def test_numbers_become_bands_of_about_equal_size() -> None:
    band, limits = bands(np.array([18.0, 25, 31, 44, 52, 60, 71, 80, 33, np.nan]))
    assert band[-1] == BLANK
    assert len(limits) == 5
    assert limits[0][0] == 18
    assert limits[-1][1] == 80
    assert np.bincount(band[:-1]).max() <= 3
