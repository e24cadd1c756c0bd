"""The same figures over all closed waves of a campaign: what changed since when, where wording broke the series.

Waves on the two sides of a change of wording are drawn beside each other and never joined: every test and every line
is about the waves since the last break. Nobody in a cluster of one wave (a person, or a point and day) is in another,
so the errors of waves are independent. A wave whose figure has no known error (everybody of one opinion) is shown and
not tested. Where people chose themselves to answer, changes are shown with their intervals and nothing is proven.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from analysis.inference import series
from analysis.inference.estimate_tables import Estimate, plain
from analysis.inference.verdicts import holm
from analysis.totals.floating_noise import NO_ERROR
from survey.services.estimates.analyses.contrasts import LEAST

LEAST_WAVES = 3
LEAST_FOR_SEASON = series.LEAST_PERIODS
MOST_WAVES = 40
DAYS_A_YEAR = 365.25
CYCLES = {1: 12, 3: 4}  # months between waves: waves in a year


@dataclass(frozen=True)
class WaveChange:
    """A change in rates 0..1; interval and p are adjusted over all changes shown of the figure."""

    difference: float
    low: float
    high: float
    p_value: float | None  # None where nothing can be proven
    certain: bool


@dataclass(frozen=True)
class WavePoint:
    """One figure in one wave. `broken`: its wording changed since the wave before, so nothing joins the two."""

    wave: str
    title: str
    opens_on: date
    closes_on: date
    n: int = 0
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    broken: bool = False
    since_before: WaveChange | None = None
    since_first: WaveChange | None = None
    level: float | None = None  # without the season
    season: float | None = None


@dataclass(frozen=True)
class FigureSeries:
    """One figure over the waves. What is tested is about the waves since the last break that have a known error."""

    level: str
    target: str
    points: tuple[WavePoint, ...]
    tested: int = 0  # waves
    changed_p: float | None = None  # whether anything changed; adjusted over the figures that are no headline
    slope: WaveChange | None = None  # a year
    departure_p: float | None = None  # whether the waves lie off a line
    season: str = ""  # why no seasonal part: few, irregular; "yes" where there is one
    strength: float | None = None  # of the season, 0..1
    reason: str = ""  # why nothing can be proven: opt_in

    @property
    def changed(self) -> bool:
        return self.changed_p is not None and self.changed_p < 0.05

    @property
    def last(self) -> WavePoint:
        return self.points[-1]


@dataclass(frozen=True)
class WaveOf:
    """A wave as it enters the series: its days, the estimates of the figures, and which go on from the wave before."""

    wave: str
    title: str
    opens_on: date
    closes_on: date
    figures: Mapping[tuple[str, str], Estimate]
    going_on: frozenset[tuple[str, str]]


def wave_series(waves: Sequence[WaveOf], *, opt_in: bool = False) -> tuple[FigureSeries, ...]:
    """Each figure of the last wave over the waves, oldest first; nothing under three waves with that figure.

    With `opt_in` (people chose themselves to answer) nothing is proven: no p-values, and no change is certain.
    """
    if len(waves) < LEAST_WAVES:
        return ()
    found = []
    for key in waves[-1].figures:
        points = [_point(wave, key, first=place == 0) for place, wave in enumerate(waves)]
        start = next(place for place, point in enumerate(points) if point.rate is not None)
        if len(points) - start >= LEAST_WAVES:
            found.append(_tested(key, points[start:], waves[start:], opt_in=opt_in))
    rest = [k for k, one in enumerate(found) if one.level != "overall"]
    raw = [found[k].changed_p for k in rest]
    for k, p in zip(rest, holm(np.array([np.nan if p is None else p for p in raw], np.float64)), strict=True):
        found[k] = replace(found[k], changed_p=plain(float(p)))
    return tuple(found)


def _point(wave: WaveOf, key: tuple[str, str], *, first: bool) -> WavePoint:
    plainly = WavePoint(wave.wave, wave.title, wave.opens_on, wave.closes_on)
    one = wave.figures.get(key)
    if one is None or one.estimate is None or one.n < LEAST:
        return replace(plainly, broken=not first and key not in wave.going_on)
    low, high = one.interval.get("logit") or (None, None)
    return replace(
        plainly, n=one.n, rate=one.estimate, low=low, high=high, broken=not first and key not in wave.going_on,
    )  # fmt: skip


def _tested(key: tuple[str, str], points: list[WavePoint], waves: Sequence[WaveOf], *, opt_in: bool) -> FigureSeries:
    """The figure with all that can be said of the waves since its last break."""
    since = max((place for place, point in enumerate(points) if point.broken), default=0)
    points[0] = replace(points[0], broken=False)
    estimates = [wave.figures.get(key) for wave in waves]
    known = [
        place
        for place in range(since, len(points))
        if points[place].rate is not None and (one := estimates[place]) and (one.se or 0.0) > NO_ERROR and one.df
    ]
    plainly = FigureSeries(*key, tuple(points), len(known), reason="opt_in" if opt_in else "")
    if len(known) < 2:
        return replace(plainly, season="few")
    held = [one for place in known if (one := estimates[place]) is not None]
    joined = series.apart([h.estimate or 0.0 for h in held], [h.se or 0.0 for h in held], [h.df or 0 for h in held])
    pairs = [(k - 1, k) for k in range(1, len(known))] + [(0, k) for k in range(2, len(known))]
    found = {(one.earlier, one.later): _change(one) for one in series.changes(joined, pairs, opt_in=opt_in)}
    for k in range(1, len(known)):
        points[known[k]] = replace(points[known[k]], since_before=found[k - 1, k], since_first=found[0, k])
    middle = [points[place].opens_on.toordinal() / 2 + points[place].closes_on.toordinal() / 2 for place in known]
    line = series.trend(joined, np.array(middle) / DAYS_A_YEAR) if np.ptp(middle) > 0 and len(known) > 2 else None
    season, strength = _season(points, known)
    plainly = replace(
        plainly, points=tuple(points), slope=_slope(line) if line is not None else None, season=season,
        strength=strength,
    )  # fmt: skip
    if opt_in:
        slope = plainly.slope
        return replace(plainly, slope=replace(slope, p_value=None, certain=False) if slope is not None else None)
    return replace(
        plainly, changed_p=plain(series.heterogeneity(joined).p_value),
        departure_p=plain(line.departure.p_value) if line is not None and line.departure is not None else None,
    )  # fmt: skip


def _season(points: list[WavePoint], known: Sequence[int]) -> tuple[str, float | None]:
    """Level and season of the waves tested, written into `points`; why there are none."""
    middles = [points[k].opens_on + (points[k].closes_on - points[k].opens_on) / 2 for k in known]
    months = np.diff([12 * day.year + day.month for day in middles])
    steps = set(months.tolist())
    cycle = CYCLES.get(steps.pop()) if len(steps) == 1 and len(known) == known[-1] - known[0] + 1 else None
    if len(known) < LEAST_FOR_SEASON:
        return "few", None
    if cycle is None:
        return "irregular", None
    if len(known) < 2 * cycle:
        return "few", None
    found = series.seasonal(np.array([points[k].rate for k in known], np.float64), cycle)
    for place, level, part in zip(known, found.level.tolist(), found.season.tolist(), strict=True):
        points[place] = replace(points[place], level=level, season=part)
    return "yes", found.strength


def _change(found: series.Change) -> WaveChange:
    p = found.p_value
    return WaveChange(found.difference.estimate, found.lower, found.upper, plain(p), bool(p <= 0.05))


def _slope(found: series.Trend) -> WaveChange:
    one = found.slope
    return WaveChange(one.estimate, one.lower, one.upper, one.p_value, bool(one.p_value <= 0.05))
