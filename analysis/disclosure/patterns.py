"""The relation rule: small cells, and further ones so that no small one follows from totals and their parts.

Tables are linear: a total is the sum of its parts. A set of hidden cells is safe when no hidden count is determined
by the shown ones, which is a question of rank, not of looks. Cells are chosen greedily by size (the smallest that
protects), which hides little more than the optimum of Fischetti and Salazar (2001) and always ends. What an attacker
learns about a cell that is not determined is the matter of `audit`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import qr
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from analysis.arrays import AnyArray, Bools, Ints
from analysis.disclosure.rules import DisclosureRule

__all__ = ["Pattern", "Place", "Relation", "Relations", "determined", "suppress"]

Place = Hashable


@dataclass(frozen=True, slots=True)
class Relation:
    """A total that is published beside its parts: its count is the sum of theirs."""

    total: Place
    parts: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which cells are hidden: for their own size, and to protect others."""

    small: frozenset[Place]
    complementary: frozenset[Place]

    @property
    def hidden(self) -> frozenset[Place]:
        return self.small | self.complementary


def suppress(counts: Mapping[Place, int], relations: Sequence[Relation], rule: DisclosureRule | None = None) -> Pattern:
    """The cells to hide so that no small cell can be read or worked out.

    `counts` are respondents per cell, totals included; `relations` say which cells add up to which, over all tables
    and hierarchies published together. A total that is itself small is hidden too. Near the optimum of Fischetti and
    Salazar (2001).

    >>> found = suppress({"all": 60, "a": 4, "b": 20, "c": 36}, [Relation("all", ("a", "b", "c"))])
    >>> sorted(found.small), sorted(found.complementary)
    (['a'], ['b'])
    """
    minimum = (rule or DisclosureRule()).minimum
    cells = sorted(counts, key=repr)
    n = np.array([counts[cell] for cell in cells], np.int64)
    small = (n > 0) & (n < minimum)
    hidden = _between(cells, relations).protected(n, small, minimum)
    return Pattern(
        frozenset(cells[k] for k in np.flatnonzero(small)), frozenset(cells[k] for k in np.flatnonzero(hidden & ~small))
    )


def determined(hidden: set[Place], relations: Sequence[Relation]) -> list[Place]:
    """The hidden cells whose counts follow from the shown ones: their unit vector lies in the row space."""
    cells = sorted({cell for one in relations for cell in (one.total, *one.parts)} | hidden, key=repr)
    found = _between(cells, relations).determined(np.array([cell in hidden for cell in cells], bool))
    return [cells[k] for k in np.flatnonzero(found)]


def _between(cells: Sequence[Place], relations: Sequence[Relation]) -> Relations:
    places = {cell: k for k, cell in enumerate(cells)}
    return Relations(
        len(cells), [(places[one.total], np.array([places[cell] for cell in one.parts], int)) for one in relations]
    )


class Relations:
    """Totals and parts among cells 0 … C-1, numbered so that of two equally large ones the first is hidden first."""

    def __init__(self, cells: int, relations: Sequence[tuple[int, Ints]]) -> None:
        self._cells = cells
        self._parts = [np.asarray(parts, np.int64) for _, parts in relations]
        self._totals = [total for total, _ in relations]
        self._seen: dict[bytes, Bools] = {}  # figures of one wave hide the same domains again and again

    @cached_property
    def _incidence(self) -> csr_array:
        """Relations × cells: 1 for a part, -1 for the total."""
        rows = np.repeat(np.arange(len(self._totals)), [len(parts) + 1 for parts in self._parts])
        columns = [np.append(parts, total) for parts, total in zip(self._parts, self._totals, strict=True)]
        values = [np.append(np.ones(len(parts)), -1.0) for parts in self._parts]
        return csr_array(
            (_joined(values, float), (rows, _joined(columns, int))), shape=(len(self._totals), self._cells)
        )

    @cached_property
    def _touching(self) -> list[Ints]:
        """The relations of each cell."""
        turned = abs(self._incidence).T.tocsr()
        return np.split(turned.indices, turned.indptr[1:-1])

    @cached_property
    def _is_part(self) -> Bools:
        """The cells (C,) that are parts of a total themselves."""
        found = np.zeros(self._cells, bool)
        found[_joined(self._parts, int)] = True
        return found

    def protected(self, n: Ints, primary: Bools, minimum: int) -> Bools:
        """The cells (C,) to hide so that none of the primary ones (C,) follows. `n` (C,) are people in each cell."""
        hidden = np.asarray(primary).copy()
        alone = self._alone(n)
        touched = set(np.flatnonzero(abs(self._incidence) @ hidden.astype(float)).tolist())
        while True:
            self._close(hidden, n, alone, minimum, touched)
            exposed = self.determined(hidden)
            if not exposed.any():
                return hidden
            nearest = self._nearest(exposed, hidden, n, alone)
            if nearest is None:
                return hidden
            hidden[nearest] = True
            touched = set(self._touching[nearest].tolist())

    def determined(self, hidden: Bools) -> Bools:
        """Which hidden cells (C,) follow from the shown ones. A part of the tables that hangs together goes alone."""
        seen = hidden.tobytes()
        if seen not in self._seen:
            self._seen[seen] = self._determined(hidden)
        return self._seen[seen]

    def _determined(self, hidden: Bools) -> Bools:
        found = np.zeros(self._cells, bool)
        places = np.flatnonzero(hidden)
        if not len(places) or not self._totals:
            return found
        rows = self._incidence[:, places]
        rows = rows[np.diff(rows.indptr) > 0]
        count, part = connected_components(abs(rows.T) @ abs(rows), directed=False)
        entries = rows.tocoo()
        order = np.argsort(part[entries.col], kind="stable")
        sizes = np.bincount(part[entries.col], minlength=count)
        for own in np.split(order, np.cumsum(sizes)[:-1]):
            if len(own):
                used, row = np.unique(entries.row[own], return_inverse=True)
                inside, column = np.unique(entries.col[own], return_inverse=True)
                block = np.zeros((len(used), len(inside)))
                block[row, column] = entries.data[own]
                found[places[inside]] = _in_row_space(block)
        return found

    def _alone(self, n: Ints) -> Bools:
        """The cells (C,) that are all of a total: with one of these the total would be hidden too, so it goes last."""
        parts = (self._incidence > 0).astype(float)
        lone = np.flatnonzero(parts @ (n > 0).astype(float) == 1)
        return np.asarray((parts[lone].T @ np.ones(len(lone)) > 0) & (n > 0))

    def _close(self, hidden: Bools, n: Ints, alone: Bools, minimum: int, touched: set[int]) -> None:
        """In each relation hide more while one cell alone is hidden, or the hidden parts together are few people."""
        while touched:
            place = min(touched)
            touched.discard(place)
            parts, total = self._parts[place], self._totals[place]
            inside = parts[hidden[parts]]
            count = len(inside) + hidden[total]
            if not count or (hidden[total] and count > 1):
                continue
            people = int(n[inside].sum()) + (int(n[total]) if hidden[total] else 0)
            if count >= 2 and people >= minimum:
                continue
            others = parts[~hidden[parts] & (n[parts] > 0)]
            others = others[np.lexsort((others, n[others], alone[others]))]
            instead = self._is_part[total] and not alone[total] and not hidden[total]
            last = not len(others) or (alone[others[0]] and instead)
            choice = total if last else int(others[0])
            if not hidden[choice]:
                hidden[choice] = True
                touched.update(self._touching[choice].tolist())

    def _nearest(self, exposed: Bools, hidden: Bools, n: Ints, alone: Bools) -> int | None:
        """The smallest shown cell that shares a relation with an exposed one, else the smallest there is."""
        rows = np.flatnonzero(abs(self._incidence) @ exposed.astype(float))
        near = np.unique(_joined([np.append(self._parts[k], self._totals[k]) for k in rows], int))
        for cells in (near, np.arange(self._cells)):
            open_ = cells[~hidden[cells] & (n[cells] > 0)]
            if len(open_):
                return int(open_[np.lexsort((open_, n[open_], alone[open_]))[0]])
        return None


def _in_row_space(rows: AnyArray) -> Bools:
    """Which unit vectors (c,) lie in the row space of a matrix (r, c), by a QR decomposition with pivoting."""
    basis, triangle, _ = qr(rows.T, mode="economic", pivoting=True)
    size = np.abs(np.diag(triangle))
    basis = basis[:, size > 1e-9 * size[0]]
    return np.asarray((basis**2).sum(axis=1) > 1 - 1e-9)


def _joined(parts: Sequence[AnyArray], kind: type) -> AnyArray:
    return np.concatenate(parts).astype(kind) if len(parts) else np.empty(0, kind)
