"""What adjusting weights did: the range of their ratios, and what each margin costs in effective answers.

The effective number is Kish's (Σw)²/Σw²: what unequal weights alone leave of the answers, where they tell nothing of
what was said. A margin's cost is the effective number without it minus that with it, everything else as it was; it is
negative where a margin makes weights more equal. Costs of several margins do not add up. A cost is no reason to drop
a margin: what it takes away in bias is not in it.
Sources: Kish (1965, section 11.7; 1992); Deville and Särndal (1992) for ratios of final to base weights; Valliant,
Dever and Kreuter (2018, chapter 14) for costs of adjustments; R `quantile(type = 1)` for quantiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Floats
from analysis.cells import sum_by
from analysis.design.calibration import Margin, misfit
from analysis.design.frame_weights import LEVELS, AnswerCells, CellWeights, FrameCells, frame_weights
from analysis.errors import WeightingError

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class RatioRange:
    """Final over base weight: smallest, quantiles at 5, 25, 50, 75 and 95 %, largest, and the mean Σ final/Σ base."""

    smallest: float
    quantiles: tuple[float, ...]
    largest: float
    mean: float


@dataclass(frozen=True, slots=True)
class MarginCost:
    """One margin: the effective number without it (None: cannot be weighted without), its cost, and its misfit.

    `misfit` is the largest relative distance of a weighted count from the known one, after all adjustments.
    """

    name: str
    effective_without: float | None
    cost: float | None
    misfit: float


@dataclass(frozen=True, slots=True)
class MergeCost:
    """The weights after cells were joined up to one level: how many classes were made there, the effective number."""

    level: str
    merged: int
    effective: float


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """All of it: answers of positive weight, effective numbers before and after, ratios, margins, merging by level."""

    n: int
    effective_before: float
    effective_after: float
    ratios: RatioRange
    margins: tuple[MarginCost, ...]
    merging: tuple[MergeCost, ...] = ()


def effective_number(weights: Floats, times: Floats | None = None) -> float:
    """(Σw)²/Σw² of weights (k,), each counted `times` (k,); 0 where all are 0.

    >>> effective_number(np.array([1.0, 1.0, 2.0, 0.0]))
    2.6666666666666665
    """
    w = np.asarray(weights, np.float64)
    k = np.ones(len(w)) if times is None else np.asarray(times, np.float64)
    bottom = float(k @ w**2)
    return float(k @ w) ** 2 / bottom if bottom > 0 else 0.0


def ratio_range(base: Floats, final: Floats, times: Floats | None = None) -> RatioRange:
    """The range of final/base weights (k,), each counted `times` (k,), over those of positive base and final weight.

    Quantiles are the smallest ratio that at least this share of the answers does not exceed. Raises WeightingError
    where no answer has both weights above 0.
    """
    b, f = np.asarray(base, np.float64), np.asarray(final, np.float64)
    k = np.ones(len(b)) if times is None else np.asarray(times, np.float64)
    inside = (b > 0) & (f > 0) & (k > 0)
    if not inside.any():
        raise WeightingError("No answer has a base weight and a final weight above 0.")
    b, f, k = b[inside], f[inside], k[inside]
    ratio = f / b
    order = np.argsort(ratio, kind="stable")
    cumulated = np.cumsum(k[order])
    places = np.searchsorted(cumulated, np.array(QUANTILES) * cumulated[-1] * (1 - 1e-12))
    chosen = tuple(float(one) for one in ratio[order][places])
    return RatioRange(float(ratio.min()), chosen, float(ratio.max()), float((k @ f) / (k @ b)))


def calibration_diagnostics(
    base: Floats, final: Floats, margins: Sequence[Margin], refit: Callable[[Sequence[Margin]], Floats]
) -> Diagnostics:
    """What calibrating `base` (n,) to `margins` did, which gave `final` (n,), trimmed where it was.

    `refit` weights to the margins it is given as the final weights were made, trimming too; it is asked once for all
    margins but one each, never for none: without its only margin the base weights stand. A refit that raises
    WeightingError leaves the cost of that margin open.
    """
    after = effective_number(final)
    costs = []
    for place, one in enumerate(margins):
        rest = [*margins[:place], *margins[place + 1 :]]
        try:
            without: float | None = effective_number(refit(rest) if rest else base)
        except WeightingError:
            without = None
        cost = None if without is None else without - after
        costs.append(MarginCost(one.name, without, cost, misfit(final, [one])))
    n = int((final > 0).sum())
    return Diagnostics(n, effective_number(base), after, ratio_range(base, final), tuple(costs))


def frame_diagnostics(frame: FrameCells, answers: AnswerCells, *, thin: int = 5) -> Diagnostics:
    """What weighting answers to a frame of unit × field did; each answer weighs 1 before.

    Margins are `unit` and `field`: without one, answers are weighted to the totals of the other alone. Merging is
    given level by level, from the unmerged cells on. Raises WeightingError as `frame_weights` does.
    """
    made = frame_weights(frame, answers, thin=thin)
    counts = _counts(made, answers)
    after = effective_number(made.weight, counts)
    costs = []
    for name in ("unit", "field"):
        if len(np.unique(getattr(frame, name))) < 2:
            continue
        other = "field" if name == "unit" else "unit"
        costs.append(_frame_margin(name, other, frame, answers, made, counts, after, thin))
    merging = []
    for level in range(len(LEVELS) + 1):
        upto = made if level == len(LEVELS) else frame_weights(frame, answers, thin=thin, levels=level)
        label = LEVELS[level - 1] if level else ""
        merging.append(
            MergeCost(
                label,
                sum(1 for merge in upto.merges if merge.level == label),
                effective_number(upto.weight, _counts(upto, answers)),
            )
        )
    base = np.ones(len(counts))
    ratios = ratio_range(base, made.weight, counts)
    return Diagnostics(int(counts.sum()), float(counts.sum()), after, ratios, tuple(costs), tuple(merging))


def _frame_margin(
    name: str,
    other: str,
    frame: FrameCells,
    answers: AnswerCells,
    made: CellWeights,
    counts: Floats,
    after: float,
    thin: int,
) -> MarginCost:
    """One margin of a frame: weights to the totals of the other margin alone, and how far its own totals are off."""
    cells = getattr(frame, other)
    codes, place = np.unique(cells, return_inverse=True)
    sizes = sum_by(place, frame.population, len(codes))
    first = np.unique(place, return_index=True)[1]
    zeros, group = np.zeros(len(codes), np.int64), frame.group[first] if other == "field" else codes
    kind = frame.kind[first] if other == "unit" else np.zeros(len(codes), np.int64)
    own, number = np.unique(getattr(answers, other), return_inverse=True)
    people = sum_by(number, answers.n.astype(np.float64), len(own)).astype(np.int64)
    if other == "unit":
        alone = FrameCells(codes, zeros, sizes, zeros, kind)
        asked = AnswerCells(own, np.zeros(len(own), np.int64), people)
    else:
        alone = FrameCells(zeros, codes, sizes, np.asarray(group, np.int64), zeros)
        asked = AnswerCells(np.zeros(len(own), np.int64), own, people)
    try:
        without = frame_weights(alone, asked, thin=thin)
    except WeightingError:
        return MarginCost(name, None, None, _frame_misfit(name, frame, made, counts))
    effective = effective_number(without.weight, _counts(without, asked))
    return MarginCost(name, effective, effective - after, _frame_misfit(name, frame, made, counts))


def _frame_misfit(name: str, frame: FrameCells, made: CellWeights, counts: Floats) -> float:
    """How far weighted answers are from the frame's total of any unit or field that has answers, relatively."""
    column = 0 if name == "unit" else 1
    levels, place = np.unique(getattr(frame, name), return_inverse=True)
    wanted = sum_by(place, frame.population, len(levels))
    inside = np.isin(made.keys[:, column], levels) & ~made.flagged
    at = np.searchsorted(levels, made.keys[inside, column])
    found = sum_by(at, (made.weight * counts)[inside], len(levels))
    there = (found > 0) & (wanted > 0)
    return float(np.max(np.abs(found - wanted)[there] / wanted[there], initial=0.0))


def _counts(made: CellWeights, answers: AnswerCells) -> Floats:
    """How many answers each cell of the weights has (k,): both are of the cells with answers, in the order of keys."""
    inside = answers.n > 0
    order = np.lexsort((answers.field[inside], answers.unit[inside]))
    numbers = answers.n[inside][order].astype(np.float64)
    if len(numbers) != len(made.keys):
        raise WeightingError("The answers have a unit and field twice; give each unit × field one count.")
    return numbers
