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
from scipy.linalg import solve_banded

from analysis.arrays import Floats, Ints
from analysis.intervals import Interval, at_one, at_zero, student_quantile

_STEPS = 9
_FAR = 30.0
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
    """Limits for each proportion; NaN at 0 % and 100 %, without degrees of freedom, or where the steps end too soon.

    `rows` counts rows of weight zero too (R's deviance runs over them); it defaults to `n`. `start` is
    `first_step` of the rows behind each proportion; without it equal weights are assumed (up to 2e-6 apart).
    """
    p = np.asarray(estimate, np.float64)
    t = student_quantile((1 + level) / 2, df)
    lower, upper = np.full(p.shape, np.nan), np.full(p.shape, np.nan)
    begun = (np.log(3) + 4 / 3) * (2 * p - 1) if start is None else start
    with np.errstate(invalid="ignore"):
        good = (se > 0) & (t > 0) & ~at_zero(p) & ~at_one(p) & (np.asarray(n) > 1)
    for place in zip(*np.nonzero(good), strict=True):
        people = int(np.asarray(n)[place])
        size = people if rows is None else int(np.asarray(rows)[place])
        information = _last_but_one(float(p[place]), float(begun[place]))
        low, high = _limits(float(p[place]), float(se[place]), float(t[place]), people, size, information)
        lower[place], upper[place] = low, high
    return Interval(lower, upper)


def first_step(weights: Floats, satisfied: Floats) -> float:
    """The logit after R's first iteration over some rows: glm starts each row at (w y + 1/2) / (w + 1)."""
    w = weights / weights.mean()
    w, y = w[w > 0], satisfied[w > 0]
    spread = w * (w + 0.5) / (w + 1) ** 2
    working = np.log(2 * w + 1) + (w + 1) / (w + 0.5)
    return float(np.sum(spread * working * (2 * y - 1)) / spread.sum())


def _last_but_one(p: float, start: float) -> float:
    """p (1 − p) at the last but one of R's Newton steps, which stop when the deviance changes by less than 1e-8."""

    def deviance(beta: float) -> float:
        return float(-2 * (p * special.log_expit(beta) + (1 - p) * special.log_expit(-beta)))

    beta = start
    for _ in range(25):
        q = float(special.expit(beta))
        following = beta + (p - q) / (q * (1 - q))
        if abs(deviance(following) - deviance(beta)) / (abs(deviance(following)) + 1e-12) < 1e-8:
            return q * (1 - q)
        beta = following
    return p * (1 - p)


def _limits(p: float, se: float, t: float, n: int, rows: int, information: float) -> tuple[float, float]:
    centre = float(special.logit(p))
    error = se / (p * (1 - p))
    inflation = rows * information * (se / (p * (1 - p))) ** 2
    dispersion = n / (n - 1)
    cutoff = t * np.sqrt(inflation)
    tail = special.ndtr(-cutoff) / 2
    widest = float(-special.stdtrit(rows - 1, tail / 2)) if tail > 0 else np.inf
    if not np.isfinite(widest):
        return np.nan, np.nan
    places, roots = [centre], [0.0]
    for sign in (-1.0, 1.0):
        for step in range(1, _STEPS + 1):
            beta = centre + sign * step * widest / 5 * error
            q = _mean(beta)
            fall = 2 * rows * float(special.kl_div(p, q) + special.kl_div(1 - p, 1 - q)) / dispersion
            places.append(beta)
            roots.append(sign * np.sqrt(max(fall, 0.0)))
            if abs(roots[-1]) >= widest:
                break
    order = np.argsort(places)
    x, y = np.array(places)[order], np.array(roots)[order]
    fine = np.linspace(x[0], x[-1], 3 * len(x))
    curve = _spline(x, y, fine)
    heights, place, times = np.unique(curve, return_inverse=True, return_counts=True)
    if heights[0] > -cutoff or heights[-1] < cutoff:
        return np.nan, np.nan
    limits = special.expit(np.interp([-cutoff, cutoff], heights, np.bincount(place, fine) / times))
    return float(limits[0]), float(limits[1])


def _mean(beta: float) -> float:
    """The share at a logit; beyond ±30 it stays as far from 0 and 1 as R keeps it, so that deviances are finite."""
    odds = _LEAST if beta < -_FAR else 1 / _LEAST if beta > _FAR else float(np.exp(beta))
    return odds / (1 + odds)


def _spline(x: Floats, y: Floats, at: Floats) -> Floats:
    """A cubic spline whose third derivatives at the ends are those of the cubics through the last four points."""
    n = len(x)
    step, slope = np.diff(x), np.diff(y) / np.diff(x)
    diagonal, right = np.empty(n), np.zeros(n)
    diagonal[1:-1] = 2 * (step[:-1] + step[1:])
    right[1:-1] = np.diff(slope)
    diagonal[0], diagonal[-1] = -step[0], -step[-1]
    if n > 3:
        first = right[2] / (x[3] - x[1]) - right[1] / (x[2] - x[0])
        last = right[-2] / (x[-1] - x[-3]) - right[-3] / (x[-2] - x[-4])
        right[0] = first * step[0] ** 2 / (x[3] - x[0])
        right[-1] = -last * step[-1] ** 2 / (x[-1] - x[-4])
    bands = np.zeros((3, n))
    bands[0, 1:], bands[1], bands[2, :-1] = step, diagonal, step
    c = solve_banded((1, 1), bands, right)
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, n - 2)
    h = at - x[k]
    linear = slope - step * (c[1:] + 2 * c[:-1])
    cubic = np.diff(c) / step
    return np.asarray(y[k] + h * (linear[k] + h * (3 * c[k] + h * cubic[k])))
