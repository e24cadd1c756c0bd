"""Domains of a post-stratified sample: linearised values are residuals within post-strata.

When weights reproduce known counts N_c of classes c, only the spread around the class means is left uncertain. The
linearised value of a row becomes z − (mean of z in its class), in the domain and outside it, so that clusters without
a row in the domain count as soon as they share a class with it (Särndal, Swensson and Wretman 1992, section 7.6; R
`survey`: postStratify).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from analysis.arrays import AnyArray, Floats, Ints
from analysis.cells import Groups, add_by, regroup
from analysis.errors import DesignError
from analysis.estimation.domains import Frame, Partition, gathered
from analysis.totals.cell_tables import CellTable, positions
from analysis.totals.layout import BaseRatio
from analysis.totals.streaming import Shape


class PostStratified(Partition):
    """A partition whose scores are residuals within classes.

    `classes` gives each line of `table` its class, −1 = in no class (its scores stay as they are). `table` must be by
    design keys and by every variable that decides the class.
    """

    def __init__(
        self, table: CellTable, by: Sequence[str], frame: Frame, shape: Shape, lonely: str, classes: Ints
    ) -> None:
        if not shape.clustered or shape.second_stage:
            raise DesignError("Post-stratified totals need clusters and one stage; use rows for other designs.")
        columns = [table.names.index(name) for name in by]
        inside = (table.keys[:, columns] >= 0).all(axis=1) if by else np.ones(table.size, np.bool_)
        self.cells = table.restricted(np.flatnonzero(inside))
        self.cell_class = classes[inside]
        extra = self._missing_lines(table, by, classes)
        super().__init__(_with_lines(table, by, extra), by, frame, shape, lonely)
        self._plan_projection(table, classes, len(by))

    def _missing_lines(self, table: CellTable, by: Sequence[str], classes: Ints) -> Ints:
        """(domain, cluster) for every cluster that shares a class with the domain."""
        width = len(by)
        own = np.column_stack([self.cells.keys[:, self.cells.names.index(name)] for name in by]) if by else None
        entries = np.column_stack([self.cell_class] if own is None else [own, self.cell_class])
        entries = regroup(entries[self.cell_class >= 0]).keys
        clusters = regroup(np.column_stack([classes, table.key("stratum"), table.key("psu")])[classes >= 0]).keys
        left, right = _join(entries[:, width], clusters[:, 0])
        return regroup(np.hstack([entries[left, :width], clusters[right, 1:]])).keys

    def _plan_projection(self, table: CellTable, classes: Ints, width: int) -> None:
        """Which line gets which share of which (domain, class) sum."""
        by_names = [self.cells.names.index(name) for name in self.by]
        cell_domain = (
            positions(_keys_only(self.keys), self.cells.keys[:, by_names])
            if self.by
            else np.zeros(self.cells.size, np.int64)
        )
        entries = regroup(np.column_stack([cell_domain, self.cell_class]))
        self._cell_domain, self._entries = cell_domain, Groups(entries.codes, entries.size)
        groups = regroup(np.column_stack([classes, table.key("stratum"), table.key("psu")]))
        weight = add_by(groups.codes, groups.size, table.sums[:, :1])[:, 0]
        kept = groups.keys[:, 0] >= 0
        keys, weight = groups.keys[kept], weight[kept]
        class_codes = regroup(keys[:, :1])
        total = np.bincount(class_codes.codes, weight, class_codes.size)[class_codes.codes]
        share = np.divide(weight, total, out=np.zeros(len(weight)), where=total > 0)
        left, right = _join(entries.keys[:, 1], keys[:, 0])
        lines = np.hstack([self.keys[entries.keys[left, 0]], keys[right, 1:]]) if self.by else keys[right, 1:]
        self._projection = sparse.csr_array(
            (share[right], (positions(self.lines, lines), left)), shape=(self.lines.size, entries.size)
        )

    @property
    def blockwise(self) -> bool:
        return False

    def residual(self, scores: Floats, ratios: Sequence[BaseRatio], r: Floats, inverse: Floats) -> Floats:
        own = gathered(self.cells.sums, [ratio.numerator for ratio in ratios])
        own -= r[self._cell_domain] * gathered(self.cells.sums, [ratio.denominator for ratio in ratios])
        own *= inverse[self._cell_domain]
        return np.asarray(scores - self._projection @ self._entries.total(own))


def _keys_only(keys: Ints) -> CellTable:
    return CellTable(("key",), keys, np.zeros((len(keys), 0)), np.zeros((len(keys), 0), np.int64))


def _with_lines(table: CellTable, by: Sequence[str], lines: Ints) -> CellTable:
    """The table by (domain, cluster) with lines of zeros for the pairs that it lacks."""
    coarse = table.coarsened((*by, "stratum", "psu"))
    if by:
        inside = (coarse.keys[:, : len(by)] >= 0).all(axis=1)
        coarse = coarse.restricted(np.flatnonzero(inside))

    def empty(values: AnyArray | None) -> AnyArray | None:
        return None if values is None else np.zeros((len(lines), values.shape[1]), values.dtype)

    blank = replace(
        coarse,
        keys=lines,
        sums=np.zeros((len(lines), coarse.sums.shape[1])),
        counts=np.zeros((len(lines), coarse.counts.shape[1]), np.int64),
        rows=empty(coarse.rows),
        weight_squares=empty(coarse.weight_squares),
        population=None,
    )
    return replace(coarse, population=None).merged(blank)


def _join(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """All pairs of positions with equal values (`right` in any order)."""
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    low, high = np.searchsorted(ordered, left, "left"), np.searchsorted(ordered, left, "right")
    size = high - low
    source = np.repeat(np.arange(len(left)), size)
    offset = np.arange(len(source)) - np.repeat(np.cumsum(size) - size, size)
    return source, order[np.repeat(low, size) + offset]
