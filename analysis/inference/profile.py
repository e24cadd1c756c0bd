"""The likelihood interval of a proportion, as R's svyciprop(method = "likelihood") has it.

The binomial log-likelihood of logit p, scaled to the information of the design, falls by t(df)²/2 at the limits (Rao
and Scott 1984). R does not solve for them: it evaluates the signed root of the deviance at up to nine steps each way,
lays a cubic spline through these (Forsythe, Malcolm and Moler's end conditions), and interpolates linearly between
three points per step. The information it scales by is that of its last but one iteration. The limits differ from the
exact ones in the sixth digit; equality with R is what is wanted.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis.arrays import Floats, Ints
from analysis.cells import sum_by
from analysis.inference.intervals import Interval, at_one, at_zero, student_quantile

_STEPS = 9
_FAR = 30.0
_BLOCK = 2048
_LEAST = float(np.finfo(np.float64).eps)


def likelihood(
    estimate: Floats,
    se: Floats,
    df: Ints,
    n: Ints,
    rows: Ints | None = None,
    *,
    start: Floats | None = None,
    level: float = 0.95,
) -> Interval:
    """Limits for each proportion (m,); NaN at 0 %, at 100 %, without df, or where the steps end too soon.

    All arrays are (m,), rates 0..1. `rows` counts rows of weight zero too (R's deviance runs over them); it defaults to
    `n`. `start` is `first_step` of the rows behind each proportion; without it equal weights are assumed (up to 2e-6
    apart). Source: R `survey` svyciprop(method = "likelihood").
    """
    p = np.asarray(estimate, np.float64)
    t = student_quantile((1 + level) / 2, df)
    lower, upper = np.full(p.shape, np.nan), np.full(p.shape, np.nan)
    begun = (np.log(3) + 4 / 3) * (2 * p - 1) if start is None else start
    with np.errstate(invalid="ignore"):
        good = (se > 0) & (t > 0) & ~at_zero(p) & ~at_one(p) & (np.asarray(n) > 1)
    places = np.flatnonzero(good)
    figures = [
        np.asarray(values, np.float64).reshape(-1) for values in (p, se, t, n, n if rows is None else rows, begun)
    ]
    for first in range(0, len(places), _BLOCK):
        own = places[first : first + _BLOCK]
        low, high = _limits(*(values[own] for values in figures))
        lower.reshape(-1)[own], upper.reshape(-1)[own] = low, high
    return Interval(lower, upper)


def first_step(weights: Floats, satisfied: Floats) -> float:
    """The logit after R's first iteration over rows (n,): glm starts each at (w y + 1/2) / (w + 1)."""
    return float(first_steps(weights, satisfied, np.zeros(len(weights), np.int64), 1)[0])


def first_steps(weights: Floats, satisfied: Floats, domain: Ints, size: int) -> Floats:
    """The same in every domain: `weights`, `satisfied` (0/1) and `domain` (codes from 0) are (n,), the result (size,).

    NaN where there is no row of positive weight.
    """
    people, total = np.bincount(domain, minlength=size), sum_by(domain, weights, size)
    mean = np.divide(total, people, out=np.ones(size), where=total > 0)
    w = weights / mean[domain]
    spread = w * (w + 0.5) / (w + 1) ** 2
    working = spread * (np.log(2 * w + 1) + (w + 1) / (w + 0.5)) * (2 * satisfied - 1)
    above, below = sum_by(domain, working, size), sum_by(domain, spread, size)
    return np.asarray(np.divide(above, below, out=np.full(size, np.nan), where=below > 0))


def _last_but_one(p: Floats, start: Floats) -> Floats:
    """p (1 − p) at the last but one of R's Newton steps, which stop when the deviance changes by less than 1e-8."""

    def deviance(share: Floats, beta: Floats) -> Floats:
        return np.asarray(-2 * (share * special.log_expit(beta) + (1 - share) * special.log_expit(-beta)))

    result = p * (1 - p)
    beta, going = start.copy(), np.arange(len(p))
    for _ in range(25):
        own, share = beta[going], p[going]
        q = special.expit(own)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            following = own + (share - q) / (q * (1 - q))
            after = deviance(share, following)
            settled = np.abs(after - deviance(share, own)) / (np.abs(after) + 1e-12) < 1e-8
        result[going[settled]] = (q * (1 - q))[settled]
        beta[going] = following
        going = going[~settled]
    return np.asarray(result)


def _limits(p: Floats, se: Floats, t: Floats, n: Floats, rows: Floats, begun: Floats) -> tuple[Floats, Floats]:
    """Lower and upper limits of some proportions; those that took as many steps each way go together."""
    error = se / (p * (1 - p))
    cutoff = t * np.sqrt(rows * _last_but_one(p, begun) * error**2)
    tail = special.ndtr(-cutoff) / 2
    widest = np.where(tail > 0, -special.stdtrit(rows - 1, tail / 2), np.inf)
    step = np.arange(1, _STEPS + 1)
    lower, upper = np.full(p.shape, np.nan), np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(widest))
    reach, count = [], []
    for sign in (-1, 1):
        beta = special.logit(p[known])[:, None] + sign * step * (widest / 5)[known, None] * error[known, None]
        q, share = _mean(beta), p[known, None]
        fall = special.kl_div(share, q) + special.kl_div(1 - share, 1 - q)
        root = np.sqrt(np.maximum(2 * rows[known, None] * fall / (n / (n - 1))[known, None], 0.0))
        far = root >= widest[known, None]
        count.append(np.where(far.any(axis=1), far.argmax(axis=1) + 1, _STEPS))
        reach.append((beta, sign * root))
    for left, right in np.unique(np.column_stack(count), axis=0).tolist():
        own = np.flatnonzero((count[0] == left) & (count[1] == right))
        centre = special.logit(p[known[own]])[:, None]
        x, y = (
            np.hstack([below[own, :left][:, ::-1], middle, above[own, :right]])
            for below, middle, above in zip(reach[0], (centre, np.zeros_like(centre)), reach[1], strict=True)
        )
        lower[known[own]], upper[known[own]] = _crossings(x, y, cutoff[known[own]])
    return lower, upper


def _crossings(x: Floats, y: Floats, cutoff: Floats) -> tuple[Floats, Floats]:
    """Where the splines through the points of each line are at ∓ cutoff, as shares; NaN where they do not reach it."""
    fine = np.linspace(x[:, 0], x[:, -1], 3 * x.shape[1], axis=1)
    curve = _spline(x, y, fine)
    order = np.argsort(curve, axis=1, kind="stable")
    heights, places = np.take_along_axis(curve, order, axis=1), np.take_along_axis(fine, order, axis=1)
    for tied in np.flatnonzero((np.diff(heights, axis=1) == 0).any(axis=1)):
        _, group, times = np.unique(heights[tied], return_inverse=True, return_counts=True)
        places[tied] = (np.bincount(group, places[tied]) / times)[group]
    reached = (heights[:, 0] <= -cutoff) & (heights[:, -1] >= cutoff)
    limits = (np.where(reached, special.expit(_between(heights, places, at)), np.nan) for at in (-cutoff, cutoff))
    low, high = limits
    return low, high


def _between(heights: Floats, places: Floats, at: Floats) -> Floats:
    """Linear interpolation in each line of ascending heights."""
    k = np.clip((heights <= at[:, None]).sum(axis=1) - 1, 0, heights.shape[1] - 2)[:, None]
    (low, high), (left, right) = (
        (np.take_along_axis(values, k, axis=1)[:, 0], np.take_along_axis(values, k + 1, axis=1)[:, 0])
        for values in (heights, places)
    )
    slope = np.divide(right - left, high - low, out=np.zeros(len(at)), where=high > low)
    return np.asarray(slope * (at - low) + left)


def _mean(beta: Floats) -> Floats:
    """The share at a logit; beyond ±30 it stays as far from 0 and 1 as R keeps it, so that deviances are finite."""
    odds = np.exp(np.clip(beta, -_FAR, _FAR))
    odds = np.where(beta < -_FAR, _LEAST, np.where(beta > _FAR, 1 / _LEAST, odds))
    return np.asarray(odds / (1 + odds))


def _spline(x: Floats, y: Floats, at: Floats) -> Floats:
    """Cubic splines whose third derivatives at the ends are those of the cubics through the last four points.

    A line of `x` and `y` for each curve, and of `at` for where it is wanted.
    """
    n = x.shape[1]
    step, slope = np.diff(x), np.diff(y) / np.diff(x)
    inner, ends = np.arange(1, n - 1), np.arange(n - 1)
    bands, right = np.zeros((len(x), n, n)), np.zeros((len(x), n))
    bands[:, inner, inner] = 2 * (step[:, :-1] + step[:, 1:])
    right[:, 1:-1] = np.diff(slope)
    bands[:, 0, 0], bands[:, -1, -1] = -step[:, 0], -step[:, -1]
    bands[:, ends, ends + 1] = bands[:, ends + 1, ends] = step
    if n > 3:
        first = right[:, 2] / (x[:, 3] - x[:, 1]) - right[:, 1] / (x[:, 2] - x[:, 0])
        last = right[:, -2] / (x[:, -1] - x[:, -3]) - right[:, -3] / (x[:, -2] - x[:, -4])
        right[:, 0] = first * step[:, 0] ** 2 / (x[:, 3] - x[:, 0])
        right[:, -1] = -last * step[:, -1] ** 2 / (x[:, -1] - x[:, -4])
    c = np.linalg.solve(bands, right[:, :, None])[:, :, 0]
    k = np.clip((x[:, None, :] <= at[:, :, None]).sum(axis=2) - 1, 0, n - 2)
    linear, cubic = slope - step * (c[:, 1:] + 2 * c[:, :-1]), np.diff(c) / step
    base, start, second, first_order, third = (
        np.take_along_axis(values, k, axis=1) for values in (y, x, c, linear, cubic)
    )
    h = at - start
    return np.asarray(base + h * (first_order + h * (3 * second + h * third)))
