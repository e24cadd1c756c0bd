"""When an answer of a running survey may count: in steps of whole days and of at least the minimum cell.

Figures before and after one answer tell what it said. So the answers of a day are counted together, once the day is
over, and only where enough of them are new: by any step every published domain (each unit, each field, all together;
and with the fields any group of them) gains nobody or at least `minimum` people, the first step included. A running
survey is therefore not published by unit and field. Steps follow from the answers alone: who computes them again finds
the same. What leaves a survey is no step: `audit.protect` hides what changed by few people since it was `last_shown`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.arrays import AnyArray, Bools, Ints
from analysis.disclosure.counts import AnswerCounts, Cell
from analysis.disclosure.tables import Tables

__all__ = ["WAITING", "counted_on", "last_shown", "released"]

WAITING = -1


def counted_on(unit: AnyArray, field: AnyArray, day: AnyArray, *, minimum: int, before: int) -> Ints:
    """The day (n,) at the end of which each answer was first counted, `WAITING` where it is not counted yet.

    `unit`, `field` and `day` (n,) are whole numbers of each answer, days no smaller than 0; `before` is the day that is
    not over yet. At the end of each day the answers of a unit with fewer than `minimum` new ones wait, and those of a
    field, until none has too few: the most that can be counted by whole cells of unit × field. At most `minimum` - 1
    answers wait for each unit and each field. ValueError for a minimum under 1.

    >>> unit, field, day = np.array([1] * 6 + [2] * 4), np.ones(10, int), np.array([5, 5, 5, 6, 6, 6, 5, 5, 5, 7])
    >>> counted_on(unit, field, day, minimum=4, before=8).tolist()
    [6, 6, 6, 6, 6, 6, 7, 7, 7, 7]
    """
    if minimum < 1:
        raise ValueError(f"The minimum is {minimum}; at least 1 person was expected.")
    found = np.full(len(day), WAITING, np.int64)
    over = np.flatnonzero(np.asarray(day) < before)
    if not len(over):
        return found
    cells, place = np.unique(np.column_stack([unit, field])[over], axis=0, return_inverse=True)
    days, column = np.unique(np.asarray(day)[over], return_inverse=True)
    place = place.reshape(-1)
    arrived = np.bincount(place * len(days) + column, minlength=len(cells) * len(days)).reshape(len(cells), len(days))
    sides = [np.unique(cells[:, k], return_inverse=True)[1] for k in (0, 1)]
    counted = np.full(arrived.shape, WAITING, np.int64)
    pending = np.zeros(len(cells), np.int64)
    for number, today in enumerate(days.tolist()):
        pending += arrived[:, number]
        free = _enough(pending, sides, minimum)
        since = counted[:, : number + 1]
        since[free[:, None] & (since == WAITING)] = today
        pending[free] = 0
    found[over] = counted[place, column]
    return found


def released(unit: AnyArray, field: AnyArray, day: AnyArray, *, minimum: int, before: int) -> Bools:
    """Which answers (n,) are counted by the start of the day `before`, as `counted_on` has it.

    >>> released(np.ones(3, int), np.ones(3, int), np.array([5, 5, 6]), minimum=2, before=6).tolist()
    [True, True, False]
    """
    return np.asarray(counted_on(unit, field, day, minimum=minimum, before=before) != WAITING)


def last_shown(
    counts: AnswerCounts,
    published: Mapping[str, tuple[str, ...]],
    hidden: Mapping[Cell, str],
    since: Mapping[Cell, int] | None = None,
) -> dict[Cell, int]:
    """The people of each published cell when it was last shown: now, or where it is `hidden` now, as `since` says.

    The next step is protected against these (`audit.protect`, `since`). Cells that were never shown are not in it; one
    that has lost all its answers is shown as empty.
    """
    tables = Tables(counts, published)
    found = {cell: 0 for cell in since or {} if cell[:2] not in tables.places}
    for domain in np.flatnonzero(tables.listed).tolist():
        crossing, key, _ = own = tables.cell(domain)
        if own in hidden:
            continue
        found[own] = int(tables.persons[domain])
        for figure in np.flatnonzero(tables.published[:, domain]).tolist():
            cell = crossing, key, tables.figures[figure]
            if cell not in hidden:
                found[cell] = int(tables.people[figure, domain])
    return {**(since or {}), **found}


def _enough(pending: Ints, sides: list[Ints], minimum: int) -> Bools:
    """The cells (c,) whose waiting answers may be counted: units and fields of enough, `sides` (c,) each."""
    left = pending.copy()
    while True:
        few = np.zeros(len(left), bool)
        for side in sides:
            few |= np.bincount(side, left)[side] < minimum
        few &= left > 0
        if not few.any():
            return np.asarray(left > 0)
        left[few] = 0
