"""Did something change while the wave ran? Satisfied answers by day on a p-chart, with EWMA and CUSUM alarms.

Days are joined until each period has enough answers. The centre is the pooled share of the first periods, frozen;
limits allow for the design effect of the headline figure, and for more where the periods of the baseline differ more
than that from one to the next (Laney's p′-chart): days of the week and of other units are no change. An alarm says
look, never a verdict. The shares are unweighted: they follow the stream of answers as it came, and do not estimate the
rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis import monitoring
from analysis.arrays import Floats, Ints
from analysis.results import Estimate
from survey.services.analyses.rows import WeighedRows
from survey.services.measure_plans import Figure

LEAST_ANSWERS = 30  # persons a period
FULL_BASELINE = 20
SHORT_BASELINE = 10
LEAST_AFTER = 5  # periods to watch after the baseline
MOVING_RANGE = 1.128  # mean range of two normal values


@dataclass(frozen=True)
class Period:
    """Some days in a row. `low` and `high` are the limits of the p-chart; alarms name the charts that signal."""

    first: int  # days since 1970-01-01
    last: int
    persons: int
    share: float
    low: float | None = None
    high: float | None = None
    alarms: tuple[str, ...] = ()  # p, ewma, cusum


@dataclass(frozen=True)
class Course:
    periods: tuple[Period, ...]
    center: float | None = None  # None: too few periods to draw limits
    baseline: int = 0
    short: bool = False  # a baseline under twenty periods: false alarms are more frequent
    breaks: tuple[int, ...] = ()  # numbers from 1 of the last periods before a shift; sought where a chart signals


def course(rows: WeighedRows, head: Figure, whole: Estimate | None) -> Course | None:
    """The course of the headline's answers; None where even all of them are too few for one period."""
    version = rows.version
    below = (version.item(head.target),) if head.level == "item" else version.items_below(head.target)
    items = [item for item in below or version.rated_items if version.measures_satisfaction(item)]
    if not items:
        return None
    given = np.column_stack([~np.isnan(rows.codes(item)) for item in items])
    good = np.column_stack([rows.satisfied(item) for item in items]) & given
    anyone = given.any(axis=1)
    if anyone.sum() < LEAST_ANSWERS:
        return None
    days, place = np.unique(rows.answers.fact("_day")[anyone], return_inverse=True)
    sums = [np.bincount(place, weights) for weights in (given[anyone].sum(1), good[anyone].sum(1), np.ones(len(place)))]
    number = _joined(sums[2])
    answers, satisfied, persons = (np.bincount(number, values) for values in sums)
    first = days[np.searchsorted(number, np.arange(len(answers)))]
    last = days[np.searchsorted(number, np.arange(len(answers)), side="right") - 1]
    plain = [
        Period(int(a), int(b), int(n), float(s / k))
        for a, b, n, s, k in zip(first, last, persons, satisfied, answers, strict=True)
    ]
    baseline = next((b for b in (FULL_BASELINE, SHORT_BASELINE) if len(plain) >= b + LEAST_AFTER), 0)
    if not baseline or satisfied[:baseline].sum() in (0, answers[:baseline].sum()):
        return Course(tuple(plain))
    effective = whole.effective_n if whole is not None and whole.effective_n else persons.sum()
    alike = max(1.0, float(answers.sum() / effective))  # without a known error: as if each person gave one answer
    alike *= max(1.0, _unrest(satisfied[:baseline], answers[:baseline], alike))
    found = monitoring.charts(satisfied, answers, baseline=baseline, design_effect=alike)
    alarms = {
        "p": found.p_chart_out, "ewma": found.ewma_out, "cusum": (*found.cusum_out_high, *found.cusum_out_low),
    }  # fmt: skip
    periods = tuple(
        Period(
            one.first, one.last, one.persons, one.share, float(found.lower[k]), float(found.upper[k]),
            tuple(name for name, out in alarms.items() if k + 1 in out and k >= baseline),
        )
        for k, one in enumerate(plain)
    )  # fmt: skip
    changed = any(one.alarms for one in periods)
    breaks = monitoring.break_points(np.array([one.share for one in plain])) if changed else ()
    return Course(periods, found.center, baseline, baseline < FULL_BASELINE, breaks)


def _unrest(satisfied: Floats | Ints, answers: Floats | Ints, design_effect: float) -> float:
    """How much more the periods vary from one to the next than the design effect lets expect, as a ratio of variances.

    From the mean moving range of z over 1.128 (Laney 2002), which a slow drift or one jump hardly raises.
    """
    z = monitoring.charts(satisfied, answers, baseline=len(answers), design_effect=design_effect).z
    return float((np.abs(np.diff(z)).mean() / MOVING_RANGE) ** 2)


def _joined(persons: Floats | Ints) -> Ints:
    """The period of each day: a new one begins when the last has enough; what is left over joins the last."""
    number, period, held = np.zeros(len(persons), np.int64), 0, 0.0
    for k, count in enumerate(persons):
        if held >= LEAST_ANSWERS:
            period, held = period + 1, 0.0
        number[k], held = period, held + count
    if held < LEAST_ANSWERS and period:
        number[number == period] = period - 1
    return number
