"""Changes while a wave runs: p-chart, EWMA and CUSUM of one unit's periods; break points looking back.

All charts read z = (p − p₀) / √(p₀ (1 − p₀) deff / n) against a frozen baseline p₀, the pooled rate of the first
periods. An alarm says look, never a verdict. Average run lengths to a false alarm at normal z and a known baseline:
p-chart at 3 σ about 370 periods, EWMA (λ 0.2, 3 σ) about 560, two-sided CUSUM (k 0.5, h 5) about 465. A baseline of few
periods is not known, so `unchanged` draws series in which nothing changes through the same charts: how often one of
the three signals by chance, and how strong a signal must be to be more than that.
Sources: Montgomery (2013), chapters 7 and 9; R `qcc`; Bai and Perron (2003), R `strucchange` breakpoints; Laney (2002);
Jones (2002) on charts whose baseline is estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.errors import AnalysisError

__all__ = ["Charts", "break_points", "charts", "strength", "unchanged", "unrest"]

SIGMAS = 3.0
WEIGHT = 0.2
SLACK = 0.5
DECISION = 5.0
MOVING_RANGE = 1.128  # mean range of two normal values
DRAWS = 20_000
SEED = 20261121


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
    weight: float = WEIGHT,
    sigmas: float = SIGMAS,
    slack: float = SLACK,
    decision: float = DECISION,
) -> Charts:
    """The three charts of `satisfied` answers out of `n`, both (periods,); the first `baseline` periods fix the centre.

    Rates and limits are 0..1. Raises AnalysisError for a baseline that does not fit and for a period without answers.
    Source: Montgomery (2013), chapters 7 and 9.

    >>> good = [45, 44, 46, 45, 45, 44, 46, 45, 36, 35]
    >>> found = charts(good, [50] * 10, baseline=8)
    >>> found.center, found.p_chart_out
    (0.9, (9, 10))
    """
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


def unrest(z: Floats) -> float:
    """How much more periods vary from one to the next than z (periods,) lets expect, as a ratio of variances.

    From the mean moving range of z over 1.128 (Laney 2002), which a slow drift or one jump hardly raises.
    """
    return float((np.abs(np.diff(z)).mean() / MOVING_RANGE) ** 2)


def strength(found: Charts, baseline: int) -> float:
    """The strongest signal after the baseline, at the default settings: above 1 one of the charts alarms."""
    watched = slice(baseline, None)
    return max(
        float(np.max(values[watched], initial=0.0))
        for values in (
            np.abs(found.z) / SIGMAS,
            np.abs(found.ewma) / found.ewma_limit,
            np.maximum(found.cusum_high, -found.cusum_low) / DECISION,
        )
    )


def unchanged(
    baseline: int, watched: Sequence[int], *, skewness: float = 0.0, draws: int = DRAWS
) -> tuple[Floats, ...]:
    """The strengths of series in which nothing changes, ascending: for each number of periods watched, (draws,).

    Each series is drawn with a seed of its own kind, centred on its own baseline and, where that varies more than z
    lets expect, widened by `unrest`. Periods are alike in size. `skewness` is that of one period's z, for rates near
    0 or 1: (1 − 2p) √(deff / (n p (1 − p))); they are then gamma, else normal.
    """
    wanted = sorted(set(watched))
    if baseline < 2 or not wanted or wanted[0] < 1:
        raise AnalysisError(f"Nothing can be watched: {baseline} baseline periods, then {wanted}.")
    made = _unchanged(baseline, tuple(wanted), round(float(np.clip(skewness, -1.5, 1.5)), 1), draws)
    return tuple(made[count] for count in watched)


@lru_cache(maxsize=64)
def _unchanged(baseline: int, watched: tuple[int, ...], skewness: float, draws: int) -> dict[int, Floats]:
    rng = np.random.default_rng([SEED, baseline])
    first = _noise(rng, (baseline, draws), skewness)
    center = first.mean(axis=0)
    first -= center
    ratio = (np.abs(np.diff(first, axis=0)).mean(axis=0) / MOVING_RANGE) ** 2
    wide = np.sqrt(np.maximum(ratio, 1.0))
    last, up, down, most = (np.zeros(draws) for _ in range(4))
    kept: dict[int, Floats] = {}
    for k in range(baseline + watched[-1]):
        z = (first[k] if k < baseline else _noise(rng, (draws,), skewness) - center) / wide
        last = WEIGHT * z + (1 - WEIGHT) * last
        up, down = np.maximum(0.0, up + z - SLACK), np.minimum(0.0, down + z + SLACK)
        if k < baseline:
            continue
        limit = SIGMAS * np.sqrt(WEIGHT / (2 - WEIGHT) * (1 - (1 - WEIGHT) ** (2 * (k + 1))))
        for signal in (np.abs(z) / SIGMAS, np.abs(last) / limit, up / DECISION, -down / DECISION):
            np.maximum(most, signal, out=most)
        if k + 1 - baseline in watched:
            kept[k + 1 - baseline] = np.sort(most)
    return kept


def _noise(rng: np.random.Generator, shape: tuple[int, ...], skewness: float) -> Floats:
    """Values of mean 0 and variance 1."""
    if not skewness:
        return rng.standard_normal(shape)
    size = 4 / skewness**2
    return np.asarray(np.sign(skewness) * (rng.standard_gamma(size, shape) - size) / np.sqrt(size))


def break_points(values: Floats, *, least_share: float = 0.15) -> tuple[int, ...]:
    """The last periods before shifts of the mean of `values` (periods,), their number by BIC; for a finished series.

    `least_share` is the shortest stretch, as a share of the periods. Source: Bai and Perron (2003); R `strucchange`.
    """
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
