"""Is something changing while a wave runs? p-chart, EWMA and CUSUM of one unit's periods; break points looking back.

All charts read z = (p − p₀) / √(p₀ (1 − p₀) deff / n) against a frozen baseline p₀, the pooled rate of the first
periods. An alarm says look, never a verdict. Average run lengths to a false alarm at normal z: p-chart at 3 σ about
370 periods, EWMA (λ 0.2, 3 σ) about 560, two-sided CUSUM (k 0.5, h 5) about 465.
Sources: Montgomery (2013), chapters 7 and 9; R `qcc`; Bai and Perron (2003), R `strucchange` breakpoints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.errors import AnalysisError


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of one series; `*_out` are period numbers from 1."""

    center: float
    lower: Floats
    upper: Floats
    z: Floats
    p_chart_out: tuple[int, ...]
    ewma: Floats
    ewma_limit: Floats
    ewma_out: tuple[int, ...]
    cusum_high: Floats
    cusum_low: Floats
    cusum_out_high: tuple[int, ...]
    cusum_out_low: tuple[int, ...]


def charts(
    satisfied: Floats | Ints,
    n: Floats | Ints,
    *,
    baseline: int = 20,
    design_effect: float = 1.0,
    weight: float = 0.2,
    sigmas: float = 3.0,
    slack: float = 0.5,
    decision: float = 5.0,
) -> Charts:
    """The three charts of satisfied answers out of n by period; the first `baseline` periods fix the centre."""
    good, size = np.asarray(satisfied, np.float64), np.asarray(n, np.float64)
    if not 2 <= baseline <= len(good):
        raise AnalysisError(f"A baseline of {baseline} periods does not fit a series of {len(good)}.")
    if not (size > 0).all():
        raise AnalysisError(f"Period {int(np.argmin(size > 0)) + 1} has no answers; leave it out of the series.")
    center = float(good[:baseline].sum() / size[:baseline].sum())
    error = np.sqrt(center * (1 - center) * design_effect / size)
    z = np.divide(good / size - center, error, out=np.zeros(len(good)), where=error > 0)
    average, high, low = np.zeros(len(z)), np.zeros(len(z)), np.zeros(len(z))
    last = up = down = 0.0
    for k, value in enumerate(z):
        last = weight * value + (1 - weight) * last
        up, down = max(0.0, up + value - slack), min(0.0, down + value + slack)
        average[k], high[k], low[k] = last, up, down
    turns = np.arange(1, len(z) + 1)
    limit = sigmas * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * turns)))
    return Charts(
        center,
        np.maximum(center - sigmas * error, 0.0),
        np.minimum(center + sigmas * error, 1.0),
        z,
        _periods(np.abs(z) > sigmas),
        average,
        limit,
        _periods(np.abs(average) > limit),
        high,
        low,
        _periods(high > decision),
        _periods(low < -decision),
    )


def break_points(values: Floats, *, least_share: float = 0.15) -> tuple[int, ...]:
    """The last periods before shifts of the mean, their number by BIC; retrospective, for a finished series."""
    y = np.asarray(values, np.float64)
    n = len(y)
    shortest = max(2, int(np.floor(least_share * n)))
    if n < 2 * shortest:
        return ()
    sums, squares = np.r_[0.0, np.cumsum(y)], np.r_[0.0, np.cumsum(y**2)]

    def cost(start: int, stop: int) -> float:
        return float(squares[stop] - squares[start] - (sums[stop] - sums[start]) ** 2 / (stop - start))

    most = max(1, int(np.ceil(1 / least_share)) - 2)
    best: list[dict[int, tuple[float, tuple[int, ...]]]]
    best = [{stop: (cost(0, stop), ()) for stop in range(shortest, n + 1)}]
    for breaks in range(1, most + 1):
        level: dict[int, tuple[float, tuple[int, ...]]] = {}
        for stop in range((breaks + 1) * shortest, n + 1):
            options = [
                (best[-1][at][0] + cost(at, stop), (*best[-1][at][1], at))
                for at in range(breaks * shortest, stop - shortest + 1)
                if at in best[-1]
            ]
            if options:
                level[stop] = min(options)
        if n not in level:
            break
        best.append(level)
    scores = [
        n * (np.log(max(level[n][0], 1e-300) / n) + 1 + np.log(2 * np.pi)) + np.log(n) * 2 * (k + 1)
        for k, level in enumerate(best)
    ]
    return best[int(np.argmin(scores))][n][1]


def _periods(out: Bools) -> tuple[int, ...]:
    return tuple(int(k) + 1 for k in np.flatnonzero(out))
