"""Can the scales and the answers be trusted? Reliability of each factor; rows that look careless or copied; busy days.

Nothing is deleted: the headline figure is given with and without the flagged rows. Only the pace of an answer in four
steps is kept, so "too fast" is under one second a question.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis import quality, reliability
from analysis.arrays import Bools
from analysis.results import plain
from survey.services.analyses.rows import WeighedRows

LEAST_COMPLETE = 50
STRAIGHT_FROM = 16  # answers; fewer are alike by chance
REPEATED_FROM = 3  # the same varied answers at one place on one day
FAST = 0  # the lowest step of the pace
MOST_LISTED = 10


@dataclass(frozen=True)
class Scale:
    """One factor as a scale, from those who answered all its items; figures are None where they cannot be had."""

    factor: str
    items: int
    n: int
    alpha: float | None = None
    omega: float | None = None
    mean_correlation: float | None = None
    weakest: str = ""  # the item with the lowest correlation with the rest
    weakest_correlation: float | None = None
    alpha_without: float | None = None


@dataclass(frozen=True)
class BusyDay:
    """More answers at one point on one day than its usual day lets expect."""

    point: int
    day: int  # days since 1970-01-01
    n: int
    usual: float


@dataclass(frozen=True)
class UnitCount:
    """More answers at a unit than it had transactions."""

    unit: int
    n: int
    transactions: int


@dataclass(frozen=True)
class AnswerQuality:
    n: int
    straight: int | None  # None: the form has too few questions to tell
    fast: int
    repeated: int
    flagged: int  # rows with any of these
    rate: float | None = None  # the headline figure with and without the flagged rows
    rate_without: float | None = None
    busy_days: tuple[BusyDay, ...] = ()
    above_frame: tuple[UnitCount, ...] = ()


def scales(rows: WeighedRows) -> tuple[Scale, ...]:
    """Alpha, omega and the weakest item of each factor that has two items or more."""
    found = []
    for factor in rows.version.factors:
        items = [item for item in rows.version.rated_items if item.factor == factor.code]
        if len(items) < 2:
            continue
        answers = np.column_stack([rows.codes(item) for item in items])
        made = reliability.reliability(factor.code, [item.code for item in items], answers, rows.weights)
        scale = Scale(factor.code, made.items, made.n)
        if made.n < LEAST_COMPLETE or not np.isfinite(made.alpha):
            found.append(scale)
            continue
        weakest = min(made.item_rest, key=lambda one: one.r_drop)
        found.append(
            replace(
                scale,
                alpha=made.alpha,
                omega=plain(made.omega),
                mean_correlation=plain(made.mean_correlation),
                weakest=weakest.item,
                weakest_correlation=plain(weakest.r_drop),
                alpha_without=plain(weakest.alpha_if_dropped),
            )
        )
    return tuple(found)


def flags(rows: WeighedRows) -> tuple[AnswerQuality, Bools]:
    """How many rows look careless or copied, and which."""
    codes = rows.rated()
    straight = quality.straight_lines(codes, least=STRAIGHT_FROM)
    fast = rows.answers.fact("_pace") == FAST
    repeated = quality.repeated_vectors(codes, rows.cluster) >= REPEATED_FROM
    flagged = straight | fast | repeated
    counts = AnswerQuality(
        len(rows), int(straight.sum()) if codes.shape[1] >= STRAIGHT_FROM else None, int(fast.sum()),
        int(repeated.sum()), int(flagged.sum()), busy_days=_busy_days(rows),
    )  # fmt: skip
    return counts, flagged


def above_frame(rows: WeighedRows, transactions: dict[int, int]) -> tuple[UnitCount, ...]:
    """Units with more answers than transactions: a wrong frame, or answers made up."""
    units, counts = np.unique(rows.answers.fact("_unit"), return_counts=True)
    known = np.array([transactions.get(int(unit), 0) for unit in units], np.float64)
    found = quality.against_transactions(counts, known)
    return tuple(
        UnitCount(int(unit), one.responses, int(one.transactions))
        for unit, one in zip(units, found, strict=True)
        if one.impossible and one.transactions > 0
    )


def _busy_days(rows: WeighedRows) -> tuple[BusyDay, ...]:
    """The busiest of the days that stand out at their point."""
    found: list[BusyDay] = []
    cluster, counts = np.unique(rows.cluster, return_counts=True)
    point, day = np.divmod(cluster, 100_000)
    for one in np.unique(point):
        own, days = counts[point == one], day[point == one]
        usual = float(np.median(own))
        found += [BusyDay(int(one), int(days[k]), int(own[k]), usual) for k in np.flatnonzero(quality.bursts(own))]
    return tuple(sorted(found, key=lambda busy: busy.usual - busy.n)[:MOST_LISTED])
