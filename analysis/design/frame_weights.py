"""Weights from a frame of transaction counts: unit × field, for drawn samples and for self-selected answers.

A frame says how many transactions each unit had in each field. Answers of a cell weigh N/n: as base weights where
the cell is a stratum that was drawn from, as adjustment weights (post-stratification) where people chose themselves.
A cell with too few answers is merged before it is weighted: with cells of the same unit and target group, then of the
same unit, then of the same kind of unit; thin cells first with one another, and if that is not enough with the cell
of the largest population there, whose weight changes least. Answers without a frame cell take the mean weight of
their unit and a flag. Each step is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.cells import regroup
from analysis.design.weights import WeightStage, stage_of
from analysis.errors import WeightingError

THIN = 5
KEYS = ("unit", "field")


@dataclass(frozen=True, slots=True)
class FrameCells:
    """Transactions by unit and field, with the target group of the field and the kind of the unit of each cell."""

    unit: Ints
    field: Ints
    population: Floats
    group: Ints
    kind: Ints

    def __post_init__(self) -> None:
        sizes = {len(self.unit), len(self.field), len(self.population), len(self.group), len(self.kind)}
        if len(sizes) != 1:
            raise WeightingError(f"The columns of the frame have different lengths: {sorted(sizes)}.")
        pairs = np.column_stack([self.unit, self.field])
        if len(np.unique(pairs, axis=0)) < len(pairs):
            raise WeightingError("The frame has a unit and field twice; give each unit × field one count.")
        bad = np.flatnonzero(~(np.isfinite(self.population) & (self.population >= 0)))
        if len(bad):
            raise WeightingError(
                f"The frame has {self.population[bad[0]]} transactions for unit {self.unit[bad[0]]}, field "
                f"{self.field[bad[0]]}; expected a number that is not negative."
            )


@dataclass(frozen=True, slots=True)
class AnswerCells:
    """How many answers there are of each unit and field (−1: field not known)."""

    unit: Ints
    field: Ints
    n: Ints


@dataclass(frozen=True, slots=True)
class Merge:
    """Frame cells that share one weight, and at which level they were brought together."""

    level: str
    cells: tuple[tuple[int, int], ...]
    population: float
    n: int


@dataclass(frozen=True, slots=True)
class CellWeights:
    """The weight of an answer of each unit and field that has answers.

    `keys` (cells × 2) are unit and field, `code` the class whose population the weights reproduce (−1: the cell is
    not in the frame and weighs the mean of its unit, `flagged`). `uncovered` is the population of frame cells that no
    answer stands for.
    """

    keys: Ints
    weight: Floats
    code: Ints
    flagged: Bools
    merges: tuple[Merge, ...]
    stages: tuple[WeightStage, ...]
    uncovered: float

    def of_rows(self, unit: Ints, field: Ints) -> Floats:
        """The weight of every answer (rows,) by its unit and field, which must be among the cells."""
        place = {tuple(key): weight for key, weight in zip(self.keys.tolist(), self.weight.tolist(), strict=True)}
        cells = regroup(np.column_stack([unit, field]))
        try:
            found = np.array([place[tuple(cell)] for cell in cells.keys.tolist()], np.float64)
        except KeyError as missing:
            raise WeightingError(f"There is no weight for unit and field {missing}.") from None
        return found[cells.codes]


def frame_weights(
    frame: FrameCells, answers: AnswerCells, *, thin: int = THIN, merge: bool = True, levels: int | None = None
) -> CellWeights:
    """Weights N/n of unit × field from a frame of transaction counts; a weight counts transactions.

    Cells of fewer than `thin` answers are first joined within unit and target group, then within the unit, then
    within the kind of unit; with `merge` off only cells without answers go uncovered. `levels` stops after so many of
    these three. Raises WeightingError where there are no answers or no transactions.

    >>> codes = np.array([1, 2])
    >>> land = np.array([7, 7])
    >>> frame = FrameCells(unit=codes, field=land, population=np.array([600.0, 50.0]), group=land, kind=land)
    >>> answers = AnswerCells(unit=codes, field=land, n=np.array([30, 10]))
    >>> frame_weights(frame, answers).weight.tolist()
    [20.0, 5.0]
    """
    if not answers.n.sum():
        raise WeightingError("There are no answers to weight.")
    counts = {(int(u), int(f)): int(n) for u, f, n in zip(answers.unit, answers.field, answers.n, strict=True) if n}
    cells = [
        _Cell((int(u), int(f)), float(size), counts.get((int(u), int(f)), 0), int(group), int(kind))
        for u, f, size, group, kind in zip(
            frame.unit, frame.field, frame.population, frame.group, frame.kind, strict=True
        )
        if size > 0
    ]
    if not cells:
        raise WeightingError("The frame has no transactions; enter counts per unit and field first.")
    classes = [[cell] for cell in cells]
    merges: list[Merge] = []
    if merge:
        for level, key in _LEVELS[:levels]:
            classes = _merged(classes, key, level, thin, merges)
    weight_of: dict[tuple[int, int], tuple[float, int]] = {}
    uncovered = 0.0
    for code, members in enumerate(classes):
        population, n = sum(c.population for c in members), sum(c.n for c in members)
        if not n:
            uncovered += population
            continue
        for cell in members:
            weight_of[cell.key] = (population / n, code)
    return _cell_weights(counts, weight_of, merges, uncovered)


def _cell_weights(
    counts: dict[tuple[int, int], int],
    weight_of: dict[tuple[int, int], tuple[float, int]],
    merges: list[Merge],
    uncovered: float,
) -> CellWeights:
    keys = sorted(counts)
    known = [key in weight_of for key in keys]
    mean_of = _unit_means(counts, weight_of)
    overall = mean_of[None]
    weight = np.array([weight_of[key][0] if key in weight_of else mean_of.get(key[0], overall) for key in keys])
    n = np.array([counts[key] for key in keys], np.float64)
    stages = (
        stage_of("base", np.ones(len(keys)), n),
        stage_of("post-stratification", weight, n, merged=len(merges), flagged=int(n[~np.array(known)].sum())),
    )
    code = np.array([weight_of[key][1] if key in weight_of else -1 for key in keys], np.int64)
    return CellWeights(np.array(keys, np.int64), weight, code, ~np.array(known), tuple(merges), stages, uncovered)


def _unit_means(
    counts: dict[tuple[int, int], int], weight_of: dict[tuple[int, int], tuple[float, int]]
) -> dict[int | None, float]:
    """The mean weight of the answers of each unit that have a frame cell, and of all (None)."""
    top: dict[int | None, float] = {}
    bottom: dict[int | None, float] = {}
    for key, (weight, _) in weight_of.items():
        for owner in (key[0], None):
            n = counts.get(key, 0)
            top[owner] = top.get(owner, 0.0) + weight * n
            bottom[owner] = bottom.get(owner, 0.0) + n
    means = {owner: value / bottom[owner] for owner, value in top.items() if bottom[owner]}
    means.setdefault(None, 1.0)
    return means


@dataclass(frozen=True, slots=True)
class _Cell:
    key: tuple[int, int]
    population: float
    n: int
    group: int
    kind: int


_Key = Callable[[_Cell], object]
_LEVELS: tuple[tuple[str, _Key], ...] = (
    ("unit and target group", lambda cell: (cell.key[0], cell.group)),
    ("unit", lambda cell: cell.key[0]),
    ("kind of unit", lambda cell: cell.kind),
)
LEVELS = tuple(level for level, _ in _LEVELS)


def _merged(classes: list[list[_Cell]], key: _Key, level: str, thin: int, merges: list[Merge]) -> list[list[_Cell]]:
    """The classes after merging thin ones inside each family of a level."""
    families: dict[object, list[list[_Cell]]] = {}
    for members in classes:
        families.setdefault(key(members[0]), []).append(members)
    result: list[list[_Cell]] = []
    for family in families.values():
        thin_ones = [members for members in family if _n(members) < thin]
        if not thin_ones or len(family) == 1:
            result += family
            continue
        rest = [members for members in family if _n(members) >= thin]
        joined = thin_ones
        if _n(cell for members in joined for cell in members) < thin and rest:
            largest = max(rest, key=lambda members: (sum(c.population for c in members), members[0].key))
            rest.remove(largest)
            joined = [largest, *joined]
        pool = [cell for members in joined for cell in members]
        if len(joined) > 1:
            merges.append(Merge(level, tuple(sorted(c.key for c in pool)), sum(c.population for c in pool), _n(pool)))
        result += [*rest, pool]
    return result


def _n(members: Iterable[_Cell]) -> int:
    return sum(cell.n for cell in members)
