"""One pattern for all that is published of a wave."""

from __future__ import annotations

import numpy as np

from analysis.disclosure.audit import protect
from analysis.disclosure.counts import AnswerCounts, Cell
from analysis.disclosure.rules import DisclosureRule

RULE = DisclosureRule(10, public=False)
EVERY = ("a", "b", "c", "F")


def counts(answered: list[list[list[int]]]) -> AnswerCounts:
    """Three questions under one factor: answers by unit, field and question; nine of ten are satisfied."""
    table = np.array(answered)
    units, fields, columns = table.shape
    flat = table.reshape(-1, columns)
    unit, field = (x.ravel() for x in np.indices((units, fields)))
    return AnswerCounts(
        unit, field, field // 2, flat.max(axis=1) + 1, ("a", "b", "c"), flat, flat * 9 // 10, {"F": ("a", "b", "c")}
    )


def test_factor_minus_its_shown_items_gives_no_small_item() -> None:
    """In the first unit few answered b: another item is hidden beside it, and another unit's b."""
    wave = counts([[[30, 4, 20]], [[40, 30, 40]], [[50, 60, 60]]])
    pattern = protect(wave, {"": EVERY, "unit": EVERY}, RULE).pattern
    assert pattern["unit", (0,), "b"] == "small"
    assert pattern["unit", (0,), "c"] == "complement"
    assert {("unit", (1,), "b"), ("unit", (1,), "c")} <= set(pattern)
    assert ("", (), "b") not in pattern


def test_a_small_domain_is_hidden_whole_with_another() -> None:
    wave = counts([[[5, 5, 5]], [[40, 30, 40]], [[50, 60, 60]]])
    pattern = protect(wave, {"": EVERY, "unit": EVERY}, RULE).pattern
    assert pattern == {("unit", (0,), ""): "small", ("unit", (1,), ""): "complement"}


def test_a_cell_that_moved_by_few_since_the_last_publication_is_hidden() -> None:
    wave = counts([[[40, 40, 40]], [[40, 40, 40]], [[60, 60, 60]]])
    since: dict[Cell, int] = {("unit", (0,), ""): 38, ("unit", (1,), ""): 21, ("unit", (2,), ""): 61}
    pattern = protect(wave, {"": EVERY, "unit": EVERY}, RULE, since=since).pattern
    assert pattern == {("unit", (0,), ""): "small", ("unit", (1,), ""): "complement"}


def test_nothing_small_hides_nothing() -> None:
    wave = counts([[[40, 40, 40], [40, 40, 40]], [[40, 40, 40], [60, 60, 60]]])
    published = dict.fromkeys(("", "unit", "field", "unit,field", "unit,group", "group"), EVERY)
    assert dict(protect(wave, published, RULE).pattern) == {}
