"""What an attacker works out: of patterns that hide too little, and nothing of those that were audited."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.disclosure.audit import audit, protect
from analysis.disclosure.counts import AnswerCounts, Cell, FactCounts
from analysis.disclosure.rules import DisclosureRule
from tests.analysis.disclosure.full_attack import FullAttack

RULE = DisclosureRule(10, public=False)
EVERY = ("a", "b", "c", "d", "F", "G", "index")
PUBLISHED = {
    "": EVERY, "unit": EVERY, "field": EVERY, "group": EVERY, "unit,field": ("index",), "unit,group": ("index",),
}  # fmt: skip
COMPOSITES = {"F": ("a", "b"), "G": ("c", "d"), "index": ("F", "G")}


def random_wave(seed: int) -> AnswerCounts:
    """Three to five units and three or four fields of very different size; few answer d."""
    random = np.random.default_rng(seed)
    units, fields = int(random.integers(3, 6)), int(random.integers(3, 5))
    size = np.outer(np.exp(random.normal(0, 0.9, units)), np.exp(random.normal(0, 0.7, fields)))
    people = random.poisson(size * 25 * units * fields / size.sum())
    people[random.random(people.shape) < 0.15] = 0
    unit, field = np.nonzero(people)
    persons = people[unit, field]
    answered = np.stack([random.binomial(persons, share) for share in (0.98, 0.97, 0.95, 0.35)], axis=1)
    satisfied = random.binomial(answered, 0.85)
    return AnswerCounts(unit, field, field // 2, persons, ("a", "b", "c", "d"), answered, satisfied, COMPOSITES)


def wave(answered: list[list[list[int]]], satisfied: list[list[list[int]]] | None = None) -> AnswerCounts:
    """Answers to a and b by unit, field and question, under one factor F."""
    flat = np.array(answered).reshape(-1, 2)
    good = np.array(satisfied).reshape(-1, 2) if satisfied else flat * 4 // 5
    unit, field = (x.ravel() for x in np.indices(np.array(answered).shape[:2]))
    some = flat.max(axis=1) > 0
    return AnswerCounts(
        unit[some], field[some], field[some], flat.max(axis=1)[some], ("a", "b"), flat[some], good[some],
        {"F": ("a", "b")},
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(50))
def test_no_primary_cell_of_a_random_wave_can_be_worked_out(seed: int) -> None:
    """Asked of a programme written apart, over all questions and persons at once.

    Where a crossing has a composite alone, it is enough that one of its questions moves: it moves the composite.
    """
    counts = random_wave(seed)
    pattern = protect(counts, PUBLISHED, RULE).pattern
    attack = FullAttack(counts, PUBLISHED, pattern)
    asked = 0
    for (crossing, key, figure), why in pattern.items():
        if why == "small":
            moves = []
            for column in range(4) if not figure else [k for k, name in enumerate(counts.names) if name == figure]:
                n = int(counts.answered[attack.inside[crossing, key], column].sum())
                low, high = attack.range_of(crossing, key, column)
                moves.append(high - low >= min(n, 3) - 1e-6)
                asked += 1
            apart = bool(figure) or set(counts.names) <= set(PUBLISHED[crossing])
            assert all(moves) if apart else any(moves), (crossing, key, figure)
    assert asked or not any(why == "small" for why in pattern.values())


def test_total_minus_the_other_units_gives_a_unit_hidden_alone() -> None:
    counts = wave([[[6, 6]], [[40, 40]], [[50, 50]]])
    published = {"": ("a", "b", "F"), "unit": ("a", "b", "F")}
    found = audit(counts, published, {("unit", (0,), ""): "small"}, RULE)
    assert not found.safe
    assert {(one.cell, one.low, one.high, one.n) for one in found.exposed} == {
        (("unit", (0,), "a"), 4.0, 4.0, 6),
        (("unit", (0,), "b"), 4.0, 4.0, 6),
    }
    assert protect(counts, published, RULE).report.safe


def test_factor_minus_its_shown_items_is_found() -> None:
    """Tables of questions are safe by themselves: b is hidden in two units. The factor gives both."""
    counts = wave([[[30, 4]], [[40, 20]], [[50, 60]]])
    published = {"": ("a", "b", "F"), "unit": ("a", "b", "F")}
    pattern: dict[Cell, str] = {("unit", (0,), "b"): "small", ("unit", (1,), "b"): "complement"}
    assert [(one.cell, one.low, one.high) for one in audit(counts, published, pattern, RULE).exposed] == [
        (("unit", (0,), "b"), 3.0, 3.0)
    ]
    without = dict.fromkeys(published, ("a", "b"))
    assert audit(counts, without, pattern, RULE).safe
    assert protect(counts, published, RULE).report.safe


def test_units_that_share_no_field_do_not_protect_each_other() -> None:
    """Two units beside the province tell nothing of either; their fields, and the rows of the third, do."""
    counts = wave([[[6, 6], [0, 0]], [[0, 0], [12, 12]], [[40, 40], [40, 40]]])
    published = {"": ("a",), "unit": ("a",), "field": ("a",)}
    pattern: dict[Cell, str] = {("unit", (0,), ""): "small", ("unit", (1,), ""): "complement"}
    exposed = audit(counts, published, pattern, RULE).exposed
    assert ("unit", (0,), "a") in {one.cell for one in exposed}
    made = protect(counts, published, RULE)
    assert made.report.safe
    assert made.report.audited > 0
    assert made.report.failures[0] > 0
    assert audit(counts, published, made.pattern, RULE).safe


def test_a_small_cell_that_is_shown_is_exposed_as_it_stands() -> None:
    found = audit(wave([[[6, 6]], [[40, 40]]]), {"": ("a",), "unit": ("a",)}, {}, RULE)
    assert ("unit", (0,), "a") in {one.cell for one in found.exposed}


def test_options_of_a_choice_are_protected_together() -> None:
    answered = np.array([[6, 6, 6], [40, 40, 40], [12, 12, 12]])
    chosen = np.array([[2, 1, 3], [20, 10, 10], [6, 3, 3]])
    counts = AnswerCounts(
        np.arange(3),
        np.zeros(3, int),
        np.zeros(3, int),
        np.array([30, 50, 40]),
        ("w=x", "w=y", "w=z"),
        answered,
        chosen,
    )
    made = protect(counts, {"": ("w",), "unit": ("w",)}, RULE)
    assert made.pattern == {("unit", (0,), "w"): "small", ("unit", (2,), "w"): "complement"}
    assert made.report.sensitive == 3
    assert made.report.safe


def test_a_hidden_mean_of_numbers_is_attacked_through_its_sum() -> None:
    counts = AnswerCounts(
        np.arange(3), np.zeros(3, int), np.zeros(3, int), np.array([30, 50, 40]), ("hours",),
        np.array([[6], [40], [12]]), np.zeros((3, 1), int), numbers=frozenset({"hours"}),
    )  # fmt: skip
    published = {"": ("hours",), "unit": ("hours",)}
    assert len(audit(counts, published, {("unit", (0,), "hours"): "small"}, RULE).exposed) == 1
    assert protect(counts, published, RULE).report.safe


def test_those_who_gave_no_code_of_a_fact_are_an_unpublished_part() -> None:
    """Six of the second code are safe beside thirty without a code, and not where those are known."""
    persons, answered = np.array([60, 6]), np.array([[60], [6]])
    facts = {"sex": FactCounts(np.array([1, 2]), persons, answered, np.array([[50], [4]]))}
    counts = AnswerCounts(
        np.zeros(1, int), np.zeros(1, int), np.zeros(1, int), np.array([96]), ("a",), np.array([[96]]),
        np.array([[80]]), facts=facts,
    )  # fmt: skip
    published = {"": ("a",), "fact:sex": ("a",)}
    made = protect(counts, published, RULE)
    assert made.pattern == {("fact:sex", (2,), ""): "small"}
    assert made.report.safe
    assert not audit(counts, published, made.pattern, RULE, hidden_blank=False).safe


def test_a_few_without_a_code_do_not_follow_from_the_whole() -> None:
    facts = {"sex": FactCounts(np.array([1, 2]), np.array([60, 31]), np.array([[60], [31]]), np.array([[50], [20]]))}
    counts = AnswerCounts(
        np.zeros(1, int), np.zeros(1, int), np.zeros(1, int), np.array([96]), ("a",), np.array([[96]]),
        np.array([[73]]), facts=facts,
    )  # fmt: skip
    made = protect(counts, {"": ("a",), "fact:sex": ("a",)}, RULE)
    assert made.pattern == {("fact:sex", (2,), ""): "complement"}


def test_the_same_wave_gives_the_same_pattern_and_report() -> None:
    first, second = (protect(random_wave(20), PUBLISHED, RULE) for _ in range(2))
    assert first.pattern == second.pattern
    assert first.report == second.report
    assert first.report.failures


def test_a_pattern_depends_on_what_people_answered_through_prices_alone() -> None:
    """Where the relation rule is enough, other answers of the same people hide the same cells."""
    counts = random_wave(0)
    turned = AnswerCounts(
        counts.unit, counts.field, counts.group, counts.persons, counts.names, counts.answered,
        np.random.default_rng(1).binomial(counts.answered, 0.6), COMPOSITES,
    )  # fmt: skip
    made, other = protect(counts, PUBLISHED, RULE), protect(turned, PUBLISHED, RULE)
    assert made.report.failures == other.report.failures == ()
    assert made.pattern == other.pattern


def test_without_small_cells_no_programme_is_made() -> None:
    counts = wave([[[40, 40], [40, 40]], [[40, 40], [40, 40]]])
    report = protect(counts, {"": ("a", "F"), "unit": ("a", "F"), "field": ("a",)}, RULE).report
    assert (report.solves, report.sensitive, report.narrowest) == (0, 0, None)


def test_progress_ends_with_every_sensitive_count() -> None:
    told: list[tuple[int, int]] = []
    report = protect(random_wave(4), PUBLISHED, RULE, progress=lambda done, total: told.append((done, total))).report
    assert told[-1][0] == told[-1][1] >= report.sensitive > 0
    assert told == sorted(told)


def test_a_pattern_of_other_counts_is_refused() -> None:
    with pytest.raises(ValueError, match="not published"):
        audit(random_wave(0), PUBLISHED, {("unit", (99,), ""): "small"}, RULE)
