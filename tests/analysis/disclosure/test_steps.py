"""Steps in which a running survey moves: of whole days, and of nobody or enough in every domain that is published."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.arrays import Ints
from analysis.disclosure.audit import protect
from analysis.disclosure.counts import AnswerCounts, Cell
from analysis.disclosure.rules import DisclosureRule
from analysis.disclosure.steps import WAITING, counted_on, last_shown, released

DAYS = 12
answers = st.builds(
    lambda seed, n, units, fields: np.random.default_rng(seed).integers(0, (units, fields, DAYS), (n, 3)),
    st.integers(0, 10**6), st.integers(0, 400), st.integers(1, 6), st.integers(1, 5),
)  # fmt: skip
minima = st.integers(1, 40)


def domains(rows: Ints) -> dict[str, Ints]:
    """The domain of each answer (n,), by what it is called."""
    unit, field, _ = rows.T
    return {"whole": np.zeros(len(rows), np.int64), "unit": unit, "field": field, "group": field // 2}


@given(answers, minima)
def test_every_domain_gains_nobody_or_enough_between_any_two_days(rows: Ints, minimum: int) -> None:
    shown = [released(*rows.T, minimum=minimum, before=day) for day in range(DAYS + 2)]
    for domain in domains(rows).values():
        n = np.array([np.bincount(domain[chosen], minlength=10) for chosen in shown])
        gained = n[:, None] - n[None, :]
        assert not ((gained > 0) & (gained < minimum)).any()


@given(answers, minima)
def test_nothing_of_today_counts_and_what_counted_once_goes_on_counting(rows: Ints, minimum: int) -> None:
    before = np.zeros(len(rows), bool)
    for day in range(DAYS + 2):
        now = released(*rows.T, minimum=minimum, before=day)
        assert not now[rows[:, 2] >= day].any()
        assert (now | ~before).all()
        before = now


@given(answers, minima)
def test_no_more_waits_than_a_few_for_each_unit_and_field(rows: Ints, minimum: int) -> None:
    waiting = ~released(*rows.T, minimum=minimum, before=DAYS)
    unit, field, _ = rows.T
    assert waiting.sum() <= (minimum - 1) * (len(np.unique(unit)) + len(np.unique(field)))


@given(st.integers(0, 10**6), st.integers(2, 12))
def test_no_choice_of_cells_that_wait_could_have_been_counted(seed: int, minimum: int) -> None:
    rows = np.random.default_rng(seed).integers(0, (3, 2, DAYS), (minimum * 4, 3))
    waiting = rows[~released(*rows.T, minimum=minimum, before=DAYS), :2]
    cells, n = np.unique(waiting, axis=0, return_counts=True)
    for chosen in itertools.product((False, True), repeat=len(cells)):
        own = np.array(chosen, bool)
        sizes = [np.bincount(cells[own, side], n[own]) for side in (0, 1)]
        assert not own.any() or any(((size > 0) & (size < minimum)).any() for size in sizes)


@given(answers, minima, st.integers(0, 10**6))
def test_steps_are_the_same_in_any_order_of_the_answers_and_on_any_later_day(
    rows: Ints, minimum: int, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(rows))
    found = counted_on(*rows.T, minimum=minimum, before=DAYS)
    assert (counted_on(*rows[order].T, minimum=minimum, before=DAYS) == found[order]).all()
    early = counted_on(*rows.T, minimum=minimum, before=5)
    assert (early == np.where(found < 5, found, WAITING)).all()


def test_unit_with_too_few_new_answers_waits_and_takes_its_field_with_it() -> None:
    unit = np.repeat([1, 2], [12, 9])
    field = np.repeat([7, 8, 8], [9, 3, 9])
    day = np.zeros(21, int)
    # Unit 2 has 9, so field 8 is left with 3; without them unit 1 has 9, and everybody waits.
    assert not released(unit, field, day, minimum=10, before=1).any()
    unit, field, day = np.append(unit, 2), np.append(field, 8), np.append(day, 1)
    assert released(unit, field, day, minimum=10, before=2).sum() == 10
    assert released(unit, field, day, minimum=9, before=1)[:-1].all()


def test_without_an_answer_nothing_is_counted() -> None:
    none = np.empty(0, int)
    assert counted_on(none, none, none, minimum=10, before=5).tolist() == []


def test_minimum_below_one_person_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 person"):
        released(np.ones(1, int), np.ones(1, int), np.ones(1, int), minimum=0, before=5)


# --- what was last shown ----------------------------------------------------------------------------------------------

PUBLISHED = {"": ("q",), "unit": ("q",)}
RULE = DisclosureRule(10, public=False)


def counts(**persons: int) -> AnswerCounts:
    """People of units u1, u2, …, one field; two of each unit left q blank."""
    n = np.array(list(persons.values()))
    unit = np.array([int(name[1:]) for name in persons])
    one = np.ones(len(n), int)
    return AnswerCounts(unit, one, one, n, ("q",), (n - 2)[:, None], (n - 5)[:, None])


def shown(found: AnswerCounts, since: dict[Cell, int] | None = None) -> dict[Cell, int]:
    return last_shown(found, PUBLISHED, protect(found, PUBLISHED, RULE, since=since).pattern, since)


def test_people_of_shown_cells_are_remembered_and_of_hidden_ones_those_shown_before() -> None:
    first = shown(counts(u1=40, u2=50))
    assert first["", (), ""] == 90
    assert first["unit", (1,), "q"] == 38
    after = counts(u1=39, u2=70)
    hidden = protect(after, PUBLISHED, RULE, since=first).pattern
    assert hidden["unit", (1,), ""] == "small"
    second = shown(after, first)
    assert second["unit", (1,), ""] == 40
    assert second["unit", (1,), "q"] == 38
    third = shown(counts(u1=52, u2=90), second)
    assert third["unit", (1,), ""] == 52


def test_domain_that_was_never_shown_has_no_number_and_one_that_emptied_has_none_left() -> None:
    found = shown(counts(u1=8, u2=50, u3=60))
    assert ("unit", (1,), "") not in found
    assert shown(counts(u3=60), shown(counts(u2=50, u3=60)))["unit", (2,), ""] == 0
