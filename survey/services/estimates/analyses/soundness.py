"""Checks how far scales and answers can be trusted: reliability of each factor, careless or copied rows, busy days.

Nothing is deleted: the headline figure is given with and without the flagged rows. Only the pace of an answer in four
steps is kept, so "too fast" is under one second a question.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.errors import AnalysisError
from analysis.inference.estimate_tables import plain
from analysis.monitoring import quality
from analysis.scales import confirmatory, reliability
from survey.services.estimates.analyses.rows import WeighedRows
from survey.services.estimates.answer_columns import POINT

LEAST_COMPLETE = 50
LEAST_FOR_MODEL = 200
GOOD_CFI, GOOD_RMSEA = 0.95, 0.06  # Hu and Bentler (1999)
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
class Filing:
    """How well all factors together describe the answers of `n` people; None where no such factors can have made them.

    Robust CFI and RMSEA of a confirmatory factor analysis by maximum likelihood.
    """

    n: int
    cfi: float | None = None
    rmsea: float | None = None
    alike: tuple[str, ...] = ()  # two factors that the answers do not tell apart

    @property
    def fits(self) -> bool:
        return self.cfi is not None and self.rmsea is not None and self.cfi >= GOOD_CFI and self.rmsea <= GOOD_RMSEA


@dataclass(frozen=True)
class BusyDay:
    """A day on which a point has far more answers than on its usual day."""

    point: int
    day: int  # days since 1970-01-01
    n: int
    usual: float


@dataclass(frozen=True)
class UnitCount:
    """A unit with more answers than transactions."""

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


def filing(rows: WeighedRows) -> Filing | None:
    """Whether the questions measure the factors they are filed under; None without two factors or enough people.

    From those who answered every question of all factors of two questions or more; a question with one and the same
    answer by everybody tells nothing and is left out.
    """
    filed: dict[str, dict[str, Floats]] = {}
    for item in rows.version.rated_items:
        codes = rows.codes(item)
        if item.factor and len(np.unique(codes[~np.isnan(codes)])) > 1:
            filed.setdefault(item.factor, {})[item.code] = codes
    factors = {name: tuple(items) for name, items in filed.items() if len(items) > 1}
    if len(factors) < 2:
        return None
    answers = np.column_stack([filed[name][item] for name, items in factors.items() for item in items])
    complete = answers[~np.isnan(answers).any(axis=1)]
    if len(complete) < LEAST_FOR_MODEL:
        return None
    try:
        fit = confirmatory.mlr(factors, complete).fit
    except confirmatory.IndistinctFactors as error:
        return Filing(len(complete), alike=error.factors)
    except AnalysisError:
        return Filing(len(complete))
    return Filing(len(complete), plain(fit.cfi_scaled), plain(fit.rmsea_scaled))


def flags(rows: WeighedRows) -> tuple[AnswerQuality, Bools]:
    """How many rows look careless or copied, and which."""
    codes = rows.rated()
    nothing = np.zeros(len(rows), np.bool_)
    straight = quality.straight_lines(codes, least=STRAIGHT_FROM) if codes.shape[1] else nothing
    fast = rows.answers.fact("_pace") == FAST
    repeated = quality.repeated_vectors(codes, rows.cluster) >= REPEATED_FROM if codes.shape[1] else nothing
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
    """Days with far more answers at a point than its usual day has, the busiest first."""
    found: list[BusyDay] = []
    cluster, counts = np.unique(rows.cluster, return_counts=True)
    point, day = np.divmod(cluster, POINT)
    for one in np.unique(point):
        own, days = counts[point == one], day[point == one]
        usual = float(np.median(own))
        found += [BusyDay(int(one), int(days[k]), int(own[k]), usual) for k in np.flatnonzero(quality.bursts(own))]
    return tuple(sorted(found, key=lambda busy: busy.usual - busy.n)[:MOST_LISTED])
