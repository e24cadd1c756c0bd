"""Which rows belong together: compact group codes for any crossing of integer columns.

Everything linear in survey estimation is a sum over groups of rows: strata, clusters, domains and their crossings.
This module turns columns of identifiers into codes 0 … C-1, ordered as their identifiers are, without sorting the
rows when a table of the identifiers fits, and merges the groups of two chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from analysis.arrays import AnyArray, Floats, Ints

__all__: list[str] = []  # serves other modules of the analysis only

_TABLE_FLOOR = 1 << 16
_PACK_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class Grouping:
    """`codes` says for each row its group 0 … C-1; `keys` (C × k) says what identifies each group, in order."""

    codes: Ints
    keys: Ints

    @property
    def size(self) -> int:
        return len(self.keys)


def _compact(values: AnyArray) -> Grouping:
    """The groups of one integer column."""
    column = np.asarray(values)
    if not len(column):
        return Grouping(np.zeros(0, np.int64), np.zeros((0, 1), np.int64))
    low, high = int(column.min()), int(column.max())
    span = high - low + 1
    if span > max(_TABLE_FLOOR, 4 * len(column)):
        labels, codes = np.unique(column.astype(np.int64), return_inverse=True)
        return Grouping(codes.astype(np.int64), labels[:, None])
    offset = column.astype(np.int64)
    if low:
        offset -= low
    present = np.zeros(span, np.bool_)
    present[offset] = True
    labels = np.flatnonzero(present)
    if len(labels) == span:
        return Grouping(offset, labels[:, None] + low)
    remap = np.cumsum(present) - 1
    return Grouping(remap[offset], labels[:, None] + low)


def grouping(columns: Sequence[AnyArray], rows: int) -> Grouping:
    """The groups of a crossing of integer columns (n,), in lexicographic order; without columns, one group."""
    if not columns:
        return Grouping(np.zeros(rows, np.int64), np.zeros((1 if rows else 0, 0), np.int64))
    groups = _compact(columns[0])
    for column in columns[1:]:
        groups = _cross(groups, _compact(column))
    return groups


def _cross(first: Grouping, second: Grouping) -> Grouping:
    if not len(first.codes):
        return Grouping(first.codes, np.zeros((0, first.keys.shape[1] + second.keys.shape[1]), np.int64))
    if (inside := _representative(first, second)) is not None:
        return Grouping(first.codes, np.hstack([first.keys, second.keys[inside]]))
    if (outside := _representative(second, first)) is not None:
        order = np.argsort(outside, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return Grouping(place[second.codes], np.hstack([first.keys[outside[order]], second.keys[order]]))
    both = _compact(first.codes * second.size + second.codes)
    left, right = np.divmod(both.keys[:, 0], second.size)
    return Grouping(both.codes, np.hstack([first.keys[left], second.keys[right]]))


def _representative(fine: Grouping, coarse: Grouping) -> Ints | None:
    """The number of the coarse group of each fine group; None where a fine group lies in several coarse ones."""
    if fine.size < coarse.size:
        return None
    table = np.zeros(fine.size, np.int64)
    table[fine.codes] = coarse.codes
    return table if np.array_equal(table[fine.codes], coarse.codes) else None


def packed(keys: Ints) -> AnyArray:
    """One value (n,) for each row of keys (n × k), in the same order as the rows.

    The keys of a row become the digits of one whole number where that fits into 62 bits; otherwise the value is the
    place of the row among the distinct rows.
    """
    if keys.shape[1] == 1:
        return keys[:, 0]
    if not len(keys) or not keys.shape[1]:
        return np.zeros(len(keys), np.int64)
    low = keys.min(axis=0)
    spans = [int(span) for span in keys.max(axis=0) - low + 1]
    product = 1
    for span in spans:
        product *= span
    if product < _PACK_LIMIT:
        value = np.zeros(len(keys), np.int64)
        for column, span in enumerate(spans):
            value = value * span + (keys[:, column] - low[column])
        return value
    _, value = np.unique(keys, axis=0, return_inverse=True)
    return value.reshape(-1)


def regroup(keys: Ints) -> Grouping:
    """The distinct rows of a table of keys (n × k), in lexicographic order, and which one each row is."""
    if keys.shape[1] == 0:
        return Grouping(np.zeros(len(keys), np.int64), keys[:1])
    value = packed(keys)
    if len(value) and (value[1:] >= value[:-1]).all():
        new = np.r_[True, value[1:] > value[:-1]]
        return Grouping(np.cumsum(new) - 1, keys if new.all() else keys[new])
    _, first, codes = np.unique(value, return_index=True, return_inverse=True)
    return Grouping(codes.reshape(-1).astype(np.int64), keys[first])


class Groups:
    """Which lines belong to which group, for sums over the lines of each: a matrix of ones, many times as fast as
    sorting or adding line by line when many columns are summed at once."""

    def __init__(self, codes: Ints, size: int) -> None:
        self.codes, self.size = codes, size
        ends = np.cumsum(np.bincount(codes, minlength=size))
        order = np.argsort(codes, kind="stable") if (codes[1:] < codes[:-1]).any() else np.arange(len(codes))
        self._ones = sparse.csr_array((np.ones(len(codes)), order, np.r_[0, ends]), shape=(size, len(codes)))
        self._counts = self._ones.astype(np.int64)

    def total(self, values: AnyArray) -> AnyArray:
        """Sums of values (lines × f) over the lines of each group: (groups × f)."""
        ones = self._ones if values.dtype.kind == "f" else self._counts
        return np.asarray(ones @ values)

    def gathered(self, matrix: Any) -> Any:
        """Sums of a sparse matrix (lines × f) over the lines of each group, as a sparse matrix (groups × f)."""
        return self._ones @ matrix

    def first(self) -> Ints:
        """The index (g,) of the first line of each group; no group is empty."""
        return np.asarray(self._ones.indices[self._ones.indptr[:-1]], np.int64)


def add_by(codes: Ints, size: int, values: AnyArray) -> AnyArray:
    """Column sums by group: `codes` (n,) from 0, values (n × f) to (size × f), 0 for groups without rows."""
    return Groups(codes, size).total(values)


def sum_by(codes: Ints, values: Floats, size: int) -> Floats:
    """Sums of values (n,) by group: `codes` (n,) from 0, sums (size,), 0 for groups without rows."""
    return np.asarray(np.bincount(codes, values, size), np.float64)
