"""Charts the course of a wave: satisfied answers by day on a p-chart, with EWMA and CUSUM alarms for a change.

An answer stands at the day at the end of which it was first counted (`analysis.disclosure.steps`), and days are joined
until each period has enough answers: a share by day is a table of differences, and none may be of few people. The
centre is the pooled share of the first periods, frozen; limits allow for the design effect of the headline figure, and
for more where the periods of the baseline differ more than that from one to the next (Laney's p′-chart): days of the
week and of other units are no change. An alarm says look, never a verdict. The shares are unweighted: they follow the
stream of answers as it came, and do not estimate the rate. Every course says how often chance alone would raise an
alarm in one like it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.disclosure import steps
from analysis.inference.estimate_tables import Estimate
from analysis.monitoring import control_charts
from survey.services.estimates.analyses.rows import WeighedRows
from survey.services.estimates.measure_plans import Figure

LEAST_ANSWERS = 30  # persons a period
FULL_BASELINE = 20
SHORT_BASELINE = 10
LEAST_AFTER = 5  # periods to watch after the baseline


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
    chance: float | None = None  # how often a course like it signals although nothing changes
    p_value: float | None = None  # how often, by chance, as strongly as this one

    def tells_no_few(self, minimum: int) -> bool:
        """Whether each period has at least so many people."""
        return all(period.persons >= minimum for period in self.periods)

    @property
    def signals(self) -> tuple[Period, ...]:
        return tuple(period for period in self.periods if period.alarms)


@dataclass(frozen=True)
class DaySums:
    """Answers to the headline's questions, one row per unit and day, by unit and then day."""

    unit: Ints
    day: Ints
    answers: Floats
    satisfied: Floats
    persons: Floats

    def of(self, unit: int) -> DaySums:
        return self._where(self.unit == unit)

    def together(self) -> DaySums:
        """The sums of all units together, one row per day."""
        day, place = np.unique(self.day, return_inverse=True)
        sums = [
            np.bincount(place, values).astype(np.float64) for values in (self.answers, self.satisfied, self.persons)
        ]
        return DaySums(np.zeros(len(day), np.int64), day, *sums)

    def _where(self, chosen: Bools) -> DaySums:
        return DaySums(
            self.unit[chosen], self.day[chosen], self.answers[chosen], self.satisfied[chosen], self.persons[chosen]
        )


def day_sums(rows: WeighedRows, head: Figure, *, minimum: int) -> DaySums | None:
    """What courses are drawn from; None where the headline figure counts no satisfied answers.

    The days are those of the steps of at least `minimum` people in which the answers were counted while the wave ran.
    What had not been counted by its last day is counted then.
    """
    version = rows.version
    below = (version.item(head.target),) if head.level == "item" else version.items_below(head.target)
    items = [item for item in below or version.rated_items if version.measures_satisfaction(item)]
    if not items or not len(rows):
        return None
    answers, satisfied = np.zeros(len(rows), np.int16), np.zeros(len(rows), np.int16)
    for item in items:
        given = ~np.isnan(rows.codes(item))
        answers += given
        satisfied += rows.satisfied(item) & given
    day = rows.answers.fact("_day").astype(np.int64)
    unit, last = rows.answers.unit, int(day.max())
    counted = steps.counted_on(unit, rows.answers.field, day, minimum=minimum, before=last + 1)
    day = np.where(counted == steps.WAITING, last, counted)
    start, wide = int(day.min()), int(day.max() - day.min()) + 1
    cells, place = np.unique(unit * wide + day - start, return_inverse=True)
    sums = [np.bincount(place, values).astype(np.float64) for values in (answers, satisfied, answers > 0)]
    units, since = np.divmod(cells, wide)
    return DaySums(units, since + start, *sums)._where(sums[2] > 0)


def course(sums: DaySums, whole: Estimate | None, *, minimum: int) -> Course | None:
    """The course of these answers in periods of at least `minimum` people, and of enough to draw.

    None where even all answers are too few for one period.
    """
    least = max(minimum, LEAST_ANSWERS)
    if sums.persons.sum() < least:
        return None
    number = _joined(sums.persons, least)
    answers, satisfied, persons = (
        np.bincount(number, values) for values in (sums.answers, sums.satisfied, sums.persons)
    )
    first = sums.day[np.searchsorted(number, np.arange(len(answers)))]
    last = sums.day[np.searchsorted(number, np.arange(len(answers)), side="right") - 1]
    plain = [
        Period(int(a), int(b), int(n), float(s / k))
        for a, b, n, s, k in zip(first, last, persons, satisfied, answers, strict=True)
    ]
    baseline = next((b for b in (FULL_BASELINE, SHORT_BASELINE) if len(plain) >= b + LEAST_AFTER), 0)
    if not baseline or satisfied[:baseline].sum() in (0, answers[:baseline].sum()):
        return Course(tuple(plain))
    effective = whole.effective_n if whole is not None and whole.effective_n else persons.sum()
    alike = max(1.0, float(answers.sum() / effective))  # without a known error: as if each person gave one answer
    own = control_charts.charts(satisfied[:baseline], answers[:baseline], baseline=baseline, design_effect=alike)
    alike *= max(1.0, control_charts.unrest(own.z))
    found = control_charts.charts(satisfied, answers, baseline=baseline, design_effect=alike)
    alarms = {
        "p": found.p_chart_out, "ewma": found.ewma_out, "cusum": (*found.cusum_out_high, *found.cusum_out_low),
    }  # fmt: skip
    periods = tuple(
        replace(
            one, low=float(found.lower[k]), high=float(found.upper[k]),
            alarms=tuple(name for name, out in alarms.items() if k + 1 in out and k >= baseline),
        )
        for k, one in enumerate(plain)
    )  # fmt: skip
    made = Course(periods, found.center, baseline, baseline < FULL_BASELINE)
    breaks = control_charts.break_points(np.array([one.share for one in plain])) if made.signals else ()
    share = found.center
    skewness = (1 - 2 * share) / float(np.sqrt(share * (1 - share) * np.median(answers) / alike))
    (by_chance,) = control_charts.unchanged(baseline, [len(plain) - baseline], skewness=skewness)
    own_strength = control_charts.strength(found, baseline)
    return replace(
        made,
        breaks=breaks,
        chance=float((by_chance > 1).mean()),
        p_value=float((1 + (by_chance >= own_strength).sum()) / (1 + len(by_chance))),
    )


def _joined(persons: Floats | Ints, least: int) -> Ints:
    """The period of each day: a new one begins when the last has enough; what is left over joins the last."""
    number, period, held = np.zeros(len(persons), np.int64), 0, 0.0
    for k, count in enumerate(persons):
        if held >= least:
            period, held = period + 1, 0.0
        number[k], held = period, held + count
    if held < least and period:
        number[number == period] = period - 1
    return number
