"""Sums of products between items by cell: what the spread of single respondents needs of a mean of several rates.

A mean of item rates has, for a respondent, the linearised value z = w Σ v u with u what he or she answered (satisfied,
answered, points of each item) and v from the domain's rates, which are known only at the end. Σ z² = v' (Σ w² u u') v
therefore needs w² u u' by cell: 990 sums for 22 items. A cell of ten respondents is held far smaller by their coded
answers, and Σ z² is then summed over them directly. So a cell keeps the answers of its respondents until there are
some hundreds, and sums from then on: memory is bounded by the number of cells either way. What is written down
(`cell_tables.to_bytes`) holds sums only, never a respondent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import AnyArray, Bools, Codes, Floats, Ints
from analysis.totals.floating_noise import SHARE, without_noise

_ROWS = 1 << 17
_TABLE = 1 << 21
_LINES = 4096
_FOLDED = 1 << 14
_UNTHREADED = 1 << 18


@dataclass(frozen=True, slots=True)
class Products:
    """Σ w² u u' by cell, in two parts that add up.

    `basis` (kinds × items × classes) says what an answer of each class adds to u. Of respondents are kept the `cell`,
    the `classes` of their answers (rows × items) and the `weight`; of the cells `dense`, ascending, the upper triangles
    of their sums, in `sums` (dense cells × products).
    """

    basis: Floats
    cell: AnyArray  # int32
    classes: Codes
    weight: Floats
    dense: Ints
    sums: Floats

    @classmethod
    def of_rows(cls, basis: Floats, cell: Ints, codes: Sequence[Codes], weight: Floats | None) -> Products:
        """From some respondents: for each the cell, the weight, and by item the answer code."""
        classes = np.empty((len(cell), len(codes)), np.uint8, order="F")
        for place, column in enumerate(codes):
            np.minimum(column, basis.shape[2] - 1, out=classes[:, place])
        own = np.ones(len(cell)) if weight is None else np.asarray(weight, np.float64)
        return cls(basis, cell.astype(np.int32), classes, own, *_no_sums(basis))

    @classmethod
    def of_sums(cls, basis: Floats, sums: Floats) -> Products:
        """Products from the sums of every cell (cells × products)."""
        none = np.zeros(0, np.int32), np.zeros((0, basis.shape[1]), np.uint8), np.zeros(0)
        return cls(basis, *none, np.arange(len(sums)), sums)

    @classmethod
    def nothing(cls, basis: Floats) -> Products:
        """Products without any cell, to add others to."""
        return cls.of_sums(basis, _no_sums(basis)[1])

    def moved(self, place: Ints) -> Products:
        """The same with cells renumbered: `place` has the new number of each, several cells may become one."""
        return _summed(self, place[self.cell].astype(np.int32), place[self.dense])

    def restricted(self, cells: Ints, size: int) -> Products:
        """Of some of `size` cells, which get the numbers 0, 1, …"""
        place = np.full(size, -1)
        place[cells] = np.arange(len(cells))
        rows, dense = place[self.cell] >= 0, place[self.dense] >= 0
        own = replace(
            self,
            cell=self.cell[rows],
            classes=self.classes[rows],
            weight=self.weight[rows],
            dense=self.dense[dense],
            sums=self.sums[dense],
        )
        return own.moved(place)

    def merged(self, *others: Products) -> Products:
        """Several products as one; all must number their cells alike."""
        parts = (self, *others)
        both = Products(
            self.basis,
            np.concatenate([part.cell for part in parts]),
            _stacked([part.classes for part in parts]),
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.dense for part in parts]),
            np.vstack([part.sums for part in parts]),
        )
        both = _summed(both, both.cell, both.dense)
        held = np.bincount(both.cell)
        full = held > both.most()
        return both._folded(full[both.cell]) if full.any() else both

    def most(self) -> int:
        """How many respondents of a cell are kept: as many as take twice the room of its sums.

        Sums are the slower of the two to make (44 × 44 products a respondent for 22 items), answers to read.
        """
        return int(16 * self.sums.shape[1] // (self.classes.shape[1] + 12))

    def reweighted(self, factors: Floats) -> Products:
        """The same if the weights in each cell were multiplied by its factor."""
        return replace(
            self, weight=self.weight * factors[self.cell], sums=self.sums * (factors[self.dense] ** 2)[:, None]
        )

    def all_sums(self, size: int) -> Floats:
        """The sums of every one of `size` cells."""
        whole = self._folded(np.ones(len(self.cell), np.bool_))
        result = np.zeros((size, self.sums.shape[1]))
        result[whole.dense] = whole.sums
        return result

    def quadratic(self, forms: Sequence[Floats], domain: Ints) -> list[Floats]:
        """Σ w² (v · u)² by cell for each form v (domains × kinds·items); `domain` is that of each cell."""
        size = len(domain)
        found = [np.zeros(size) for _ in forms]
        used = [np.flatnonzero(form.any(axis=0)) % self.basis.shape[1] for form in forms]
        domains = len(forms[0]) if forms else 0
        step = max(1, _TABLE // max(1, self.basis[0].size))
        of_row = domain[self.cell]
        for first in range(0, domains if len(self.cell) else 0, step):
            tables = [_worth(self.basis, form[first : first + step]) for form in forms]
            noise = [SHARE * np.abs(form[first : first + step]).max(axis=1, initial=0.0) for form in forms]
            if domains > step:
                rows = np.flatnonzero((of_row >= first) & (of_row < first + step))
            else:
                rows = np.arange(len(self.cell))
            for start in range(0, len(rows), _ROWS):
                chosen = rows[start : start + _ROWS] if domains > step else slice(start, start + _ROWS)
                base = (of_row[chosen] - first) * self.basis.shape[2]
                scores = [np.zeros(len(base)) for _ in forms]
                for item in range(self.basis.shape[1]):
                    place = base + self.classes[chosen, item]
                    for score, table, items in zip(scores, tables, used, strict=True):
                        if item in items:
                            score += table[item][place]
                for total, score, limit in zip(found, scores, noise, strict=True):
                    score[np.abs(score) <= limit[of_row[chosen] - first]] = 0.0
                    score *= self.weight[chosen]
                    score *= score
                    total += np.bincount(self.cell[chosen], score, size)
        for total, form in zip(found, forms, strict=True):
            self._add_dense(total, form, domain)
        return found

    def _add_dense(self, total: Floats, form: Floats, domain: Ints) -> None:
        row, column = np.triu_indices(form.shape[1])
        twice, squares = np.where(row == column, 1.0, 2.0), np.flatnonzero(row == column)
        for start in range(0, len(self.dense), _LINES):
            cells = self.dense[start : start + _LINES]
            v = form[domain[cells]]
            v = v[:, row] * v[:, column]
            v *= twice
            v *= self.sums[start : start + _LINES]
            total[cells] += without_noise(v.sum(axis=1), v[:, squares].sum(axis=1))

    def _folded(self, chosen: Bools) -> Products:
        """The same with some respondents only in the sums of their cells."""
        places = np.flatnonzero(chosen)
        places = places[np.argsort(self.cell[places], kind="stable")]
        cells, starts = np.unique(self.cell[places], return_index=True)
        bounds = np.r_[starts, len(places)]
        sums = np.empty((len(cells), self.sums.shape[1]))
        upper = np.triu_indices(self.basis.shape[0] * self.basis.shape[1])
        last = 0
        while last < len(cells):  # some cells at a time: as many as have so many respondents, and at least one
            first, last = last, max(last + 1, int(np.searchsorted(bounds, bounds[last] + _FOLDED, "right")) - 1)
            u = self._answers(places[bounds[first] : bounds[last]])
            for k in range(first, last):
                sums[k] = _squared(u[bounds[k] - bounds[first] : bounds[k + 1] - bounds[first]])[upper]
        left = ~chosen
        both = Products(
            self.basis,
            self.cell[left],
            np.asfortranarray(self.classes[left]),
            self.weight[left],
            np.concatenate([self.dense, cells.astype(np.int64)]),
            np.vstack([self.sums, sums]),
        )
        return _summed(both, both.cell, both.dense)

    def _answers(self, rows: Ints) -> Floats:
        """w u of some respondents."""
        kinds, items, _ = self.basis.shape
        classes = self.classes[rows]
        u = np.empty((len(rows), kinds * items))
        for item in range(items):
            u[:, item::items] = self.basis[:, item, :].T[classes[:, item]]
        u *= self.weight[rows][:, None]
        return u


def _squared(u: Floats) -> Floats:
    """u' u, in pieces too small for the library to wake further threads."""
    width = u.shape[1]
    step = max(1, _UNTHREADED // width**2)
    total = np.zeros((width, width))
    for start in range(0, len(u), step):
        part = u[start : start + step]
        total += part.T @ part
    return total


def _summed(old: Products, cell: AnyArray, dense: Ints) -> Products:
    """With other cell numbers: sums that came into the same cell are added, in ascending order of cells."""
    if len(dense) > 1 and (np.diff(dense) <= 0).any():
        cells, place = np.unique(dense, return_inverse=True)
        sums = np.zeros((len(cells), old.sums.shape[1]))
        np.add.at(sums, place.reshape(-1), old.sums)
        return replace(old, cell=cell, dense=cells, sums=sums)
    return replace(old, cell=cell, dense=dense)


def _worth(basis: Floats, form: Floats) -> list[Floats]:
    """By item and domain and class: what an answer adds to v · u."""
    kinds, items, classes = basis.shape
    by_kind = form.reshape(len(form), kinds, items)
    return [
        np.ascontiguousarray(by_kind[:, :, item] @ basis[:, item, :]).reshape(len(form) * classes)
        for item in range(items)
    ]


def _stacked(parts: Sequence[Codes]) -> Codes:
    result = np.empty((sum(len(part) for part in parts), parts[0].shape[1]), np.uint8, order="F")
    end = 0
    for part in parts:
        result[end : end + len(part)] = part
        end += len(part)
    return result


def _no_sums(basis: Floats) -> tuple[Ints, Floats]:
    width = basis.shape[0] * basis.shape[1]
    return np.zeros(0, np.int64), np.zeros((0, width * (width + 1) // 2))
