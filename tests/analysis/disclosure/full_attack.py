"""An attack written a second time, from what is published: every hidden count of every question in one programme.

Nothing of the audit is used but the names of cells. Unknown are satisfied, others and persons of every unit × field;
known are the published cells that the pattern shows, and the file of rows, in which a unit or field that is hidden
has no name and an answer that is hidden is blank.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from analysis.disclosure.counts import AnswerCounts, Cell

Numbers = NDArray[Any]


class FullAttack:
    """The programme of one wave under a pattern of hidden cells."""

    def __init__(
        self, counts: AnswerCounts, published: Mapping[str, tuple[str, ...]], pattern: Mapping[Cell, str]
    ) -> None:
        self.counts, self.pattern = counts, pattern
        c, m = counts.answered.shape
        self.truth = np.concatenate(
            [counts.satisfied.ravel(), (counts.answered - counts.satisfied).ravel(), counts.persons]
        ).astype(float)
        self._size = c * m
        rows: list[Numbers] = []
        columns = {"": [], "unit": [counts.unit], "field": [counts.field], "group": [counts.group]}
        columns |= {"unit,field": [counts.unit, counts.field], "unit,group": [counts.unit, counts.group]}
        named = {"unit": np.ones(c, bool), "field": np.ones(c, bool)}
        blank = np.zeros((c, m), bool)
        self.inside: dict[tuple[str, tuple[int, ...]], Numbers] = {}
        for crossing, figures in published.items():
            keys = list(zip(*columns[crossing], strict=True)) or [()] * c
            for key in sorted(set(keys)):
                own = np.array([one == key for one in keys])
                name = tuple(int(x) for x in key)
                self.inside[crossing, name] = own
                if (crossing, name, "") in pattern:
                    named["unit" if crossing == "unit" else "field"][own] = False
                    continue
                rows.append(self._row(own, [], persons=True))
                for figure in figures:
                    below = self._below(figure)
                    if (crossing, name, figure) in pattern:
                        if figure in counts.names:
                            blank[own, below[0]] = True
                        continue
                    rows += [self._row(own, below, offset=k) for k in (0, 1)]
        labels = np.column_stack([np.where(named["unit"], counts.unit, -1), np.where(named["field"], counts.field, -1)])
        for label in np.unique(labels, axis=0):
            own = (labels == label).all(axis=1)
            rows.append(self._row(own, [], persons=True))
            for k in range(m):
                rows += [self._row(own & ~blank[:, k], [k], offset=part) for part in (0, 1)]
        self._equal = np.unique(np.array(rows), axis=0)
        self._less = np.zeros((self._size, len(self.truth)))
        for place in range(self._size):
            self._less[place, [place, self._size + place]] = 1
            self._less[place, 2 * self._size + place // m] = -1

    def range_of(self, crossing: str, key: tuple[int, ...], column: int) -> tuple[float, float]:
        """The least and the most that the satisfied count of a column may be in a domain."""
        cost = self._row(self.inside[crossing, key], [column])
        found = []
        for sign in (1, -1):
            made = linprog(
                sign * cost, A_eq=self._equal, b_eq=self._equal @ self.truth, A_ub=self._less,
                b_ub=np.zeros(self._size), method="highs",
            )  # fmt: skip
            assert made.status == 0, made.message
            found.append(sign * float(made.fun))
        return found[0], found[1]

    def _below(self, figure: str) -> list[int]:
        if figure in self.counts.composites:
            return sorted({k for name in self.counts.composites[figure] for k in self._below(name)})
        return [self.counts.names.index(figure)]

    def _row(self, own: Numbers, columns: list[int], *, offset: int = 0, persons: bool = False) -> Numbers:
        row = np.zeros(len(self.truth))
        m = len(self.counts.names)
        for cell in np.flatnonzero(own).tolist():
            for column in columns:
                row[offset * self._size + cell * m + column] = 1
            if persons:
                row[2 * self._size + cell] = 1
        return row
