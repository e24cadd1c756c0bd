"""What may be shown: minimum cells, the cells that would give them away, rates of everybody or nobody, differences.

One rule everywhere (settings of the province): a cell of fewer than 10 respondents is hidden; so is every further
cell that is needed so that no hidden one follows from margins and nested tables; in public a rate of 0 % or 100 % is
hidden under 30; two filters may not be shown together if they differ by fewer than 10 people. One pattern per data
version, used by every page, file and download.

Tables are linear: a total is the sum of its parts. A set of hidden cells is safe when no hidden count is determined
by the shown ones, which is a question of rank, not of looks. Cells are chosen greedily by size (the smallest that
protects), which hides little more than the optimum of Fischetti and Salazar (2001) and always ends.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.inference.intervals import at_one, at_zero

Cell = Hashable


@dataclass(frozen=True, slots=True)
class DisclosureRule:
    """The thresholds: people in a cell, people under a rate of 0 or 100 % in public, people by which filters differ."""

    minimum: int = 10
    extreme_minimum: int = 30
    public: bool = True


@dataclass(frozen=True, slots=True)
class Relation:
    """A total that is published beside its parts: its count is the sum of theirs."""

    total: Cell
    parts: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which cells are hidden: for their own size, and to protect others."""

    small: frozenset[Cell]
    complementary: frozenset[Cell]

    @property
    def hidden(self) -> frozenset[Cell]:
        return self.small | self.complementary


def hidden_rates(n: Sequence[int] | Floats, estimate: Floats, rule: DisclosureRule | None = None) -> Bools:
    """Which estimates (m,) are hidden on their own account: too few people, or in public everybody or nobody of few.

    `n` (m,) are people, `estimate` (m,) rates of 0..1. A cell without anybody is not hidden: there is nobody to
    protect.

    >>> hidden_rates([4, 25, 25, 0], np.array([0.5, 1.0, 0.8, np.nan])).tolist()
    [True, True, False, False]
    """
    rule = rule or DisclosureRule()
    people = np.asarray(n, np.float64)
    small = (people > 0) & (people < rule.minimum)
    if not rule.public:
        return np.asarray(small)
    with np.errstate(invalid="ignore"):
        extreme = at_zero(estimate) | at_one(estimate)
    return np.asarray(small | ((people > 0) & (people < rule.extreme_minimum) & extreme))


def suppress(counts: Mapping[Cell, int], relations: Sequence[Relation], rule: DisclosureRule | None = None) -> Pattern:
    """The cells to hide so that no small cell can be read or worked out.

    `counts` are respondents per cell, totals included; `relations` say which cells add up to which, over all tables
    and hierarchies published together. A total that is itself small is hidden too. Near the optimum of Fischetti and
    Salazar (2001).

    >>> found = suppress({"all": 60, "a": 4, "b": 20, "c": 36}, [Relation("all", ("a", "b", "c"))])
    >>> sorted(found.small), sorted(found.complementary)
    (['a'], ['b'])
    """
    rule = rule or DisclosureRule()
    small = frozenset(cell for cell, n in counts.items() if 0 < n < rule.minimum)
    hidden = set(small)
    for _ in range(len(counts) + 1):
        _close(hidden, counts, relations, rule)
        exposed = determined(hidden, relations)
        if not exposed:
            break
        _protect(exposed, hidden, counts, relations)
    return Pattern(small, frozenset(hidden - small))


def determined(hidden: set[Cell], relations: Sequence[Relation]) -> list[Cell]:
    """The hidden cells whose counts follow from the shown ones: their unit vector lies in the row space."""
    places = {cell: k for k, cell in enumerate(sorted(hidden, key=repr))}
    rows = []
    for relation in relations:
        row = np.zeros(len(places))
        for cell in relation.parts:
            if cell in places:
                row[places[cell]] += 1
        if relation.total in places:
            row[places[relation.total]] -= 1
        if row.any():
            rows.append(row)
    if not rows:
        return []
    _, singular, basis = np.linalg.svd(np.array(rows), full_matrices=False)
    basis = basis[singular > 1e-9 * singular[0]]
    inside = (basis**2).sum(axis=0)
    return [cell for cell, k in places.items() if inside[k] > 1 - 1e-9]


def _close(hidden: set[Cell], counts: Mapping[Cell, int], relations: Sequence[Relation], rule: DisclosureRule) -> None:
    """In each relation hide more while one cell alone is hidden, or the hidden parts together are few people."""
    changed = True
    while changed:
        changed = False
        for relation in relations:
            inside = [cell for cell in (*relation.parts, relation.total) if cell in hidden]
            if not inside or (relation.total in hidden and len(inside) > 1):
                continue
            people = sum(counts[cell] for cell in inside)
            if len(inside) >= 2 and people >= rule.minimum:
                continue
            others = [cell for cell in relation.parts if cell not in hidden and counts[cell] > 0]
            choice = min(others, key=lambda cell: (counts[cell], repr(cell)), default=relation.total)
            if choice not in hidden:
                hidden.add(choice)
                changed = True


def _protect(
    exposed: Sequence[Cell], hidden: set[Cell], counts: Mapping[Cell, int], relations: Sequence[Relation]
) -> None:
    """Hide the smallest shown cell that shares a relation with an exposed one."""
    near = {
        cell
        for relation in relations
        for cell in (*relation.parts, relation.total)
        if cell not in hidden
        and counts[cell] > 0
        and any(other in exposed for other in (*relation.parts, relation.total))
    }
    if not near:
        near = {cell for cell, n in counts.items() if cell not in hidden and n > 0}
    if near:
        hidden.add(min(near, key=lambda cell: (counts[cell], repr(cell))))


def may_show_both(first: int, second: int, common: int, rule: DisclosureRule | None = None) -> bool:
    """Whether results of two filters may stand beside each other, without giving away those in one of them only.

    Those must be nobody or at least the minimum. `first`, `second` and `common` (in both) count respondents.

    >>> may_show_both(120, 90, 90), may_show_both(120, 90, 85)
    (True, False)
    """
    rule = rule or DisclosureRule()
    return all(only == 0 or only >= rule.minimum for only in (first - common, second - common))
