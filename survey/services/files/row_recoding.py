"""Rows of answers that single nobody out: unit, month and field only, facts recoded, no revealing weight.

Every combination of unit, month, field and respondent facts that is left has at least so many rows (a setting, 5).
Where a combination has fewer, its rows lose their facts one after the other, the least useful first, then the field,
the month, the unit; rows that are too few even then are left out and counted. All rows of a small combination lose a
fact together, so that no other combination becomes smaller by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

HIDDEN = -1  # recoded: the value is in the record and not in this file
BLANK = -2  # not answered
BANDS = 5

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recoded:
    """Columns (n,) after recoding, of the rows that are kept."""

    kept: npt.NDArray[np.bool_]  # of the original rows
    unit: Ints
    month: Ints
    field: Ints
    facts: tuple[Ints, ...]  # in the order given
    left_out: int


def recode(unit: Ints, month: Ints, field: Ints, facts: Sequence[Ints], *, minimum: int) -> Recoded:
    """Recode the rows, hiding no more than the rule of this module needs.

    `facts` come in the order of their use, the most useful first; a blank counts as a value.
    """
    columns = [np.array(c, np.int64) for c in (unit, month, field, *facts)]
    for position in [*range(len(columns) - 1, 2, -1), 2, 1, 0]:
        small = group_sizes(columns) < minimum
        columns[position][small] = HIDDEN
    kept = group_sizes(columns) >= minimum
    chosen = [c[kept] for c in columns]
    return Recoded(kept, chosen[0], chosen[1], chosen[2], tuple(chosen[3:]), int(np.count_nonzero(~kept)))


def group_sizes(columns: Sequence[Ints]) -> Ints:
    """For each row, how many rows share its combination of values."""
    if not len(columns[0]):
        return np.empty(0, np.int64)
    _, group = np.unique(columns[0], return_inverse=True)
    for column in columns[1:]:
        _, values = np.unique(column, return_inverse=True)
        _, group = np.unique(group.astype(np.int64) * (int(values.max()) + 1) + values, return_inverse=True)
    return np.bincount(group)[group].astype(np.int64)


def bands(values: npt.NDArray[np.float64]) -> tuple[Ints, tuple[tuple[float, float], ...]]:
    """Numbers as bands of about equal size, NaN as BLANK: (band of each row, limits of each band)."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.full(len(values), BLANK, np.int64), ()
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BANDS + 1), method="nearest"))
    if len(edges) == 1:
        edges = np.array([edges[0], edges[0]])
    found = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return np.where(np.isnan(values), BLANK, found).astype(np.int64), tuple(
        (float(a), float(b)) for a, b in pairwise(edges)
    )


def safe_weights(weights: npt.NDArray[np.float64], stratum: Ints, *, minimum: int) -> npt.NDArray[np.float64]:
    """The weights, NaN wherever a weight belongs to a stratum of fewer rows than the minimum."""
    return np.where(group_sizes([stratum]) >= minimum, weights, np.nan)
