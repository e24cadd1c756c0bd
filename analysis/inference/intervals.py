"""Confidence intervals for a proportion or a mean, from its estimate, standard error and degrees of freedom.

All functions take arrays of one shape and give (lower, upper); NaN where no interval exists. df ≤ 0 never gives one.
At 0 % and 100 % only `korn_graubard` does. Sources: R `survey` svyciprop for `logit`, `arcsine`, `beta`, `wald`
(`likelihood` is in `profile`); Dean and Pagano (2015) for `wilson`; Parker et al., NCHS Vital Health Stat 2(175),
2017, appendix, after Korn and Graubard (1998) for `korn_graubard`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from analysis.arrays import Floats, Ints

__all__ = ["Interval", "arcsine", "beta", "effective_n", "korn_graubard", "logit", "wald", "wilson"]

NAMES = ("logit", "beta", "kg", "wilson", "likelihood", "mean", "asin")


@dataclass(frozen=True, slots=True)
class Interval:
    """Lower and upper limits, as arrays of one shape."""

    lower: Floats
    upper: Floats

    def limits(self, place: int) -> tuple[float, float]:
        """Lower and upper limit of the interval at one place."""
        return float(self.lower[place]), float(self.upper[place])


def student_quantile(probability: float, df: Any) -> Floats:
    """The quantile of Student's t for many degrees of freedom (m,), each distinct one computed once; NaN for df ≤ 0."""
    values = np.asarray(df, np.float64)
    distinct, place = np.unique(values.ravel(), return_inverse=True)
    with np.errstate(invalid="ignore"):
        quantiles = np.where(distinct > 0, special.stdtrit(np.maximum(distinct, 1e-300), probability), np.nan)
    return np.asarray(quantiles[place].reshape(values.shape), np.float64)


def wald(estimate: Floats, se: Floats, df: Ints, *, level: float = 0.95) -> Interval:
    """estimate ± t(df) · se, all (m,) and in the unit of the estimate; NaN where df ≤ 0."""
    half = student_quantile((1 + level) / 2, df) * se
    return Interval(estimate - half, estimate + half)


def logit(estimate: Floats, se: Floats, df: Ints, *, level: float = 0.95) -> Interval:
    """The Wald interval of log(p/(1−p)) with the delta method, transformed back (R: svyciprop, xlogit).

    All arrays are (m,), rates 0..1. NaN at 0 %, at 100 % and where df ≤ 0.

    >>> found = logit(np.array([0.9]), np.array([0.02]), np.array([30]))
    >>> found.lower.round(4).tolist(), found.upper.round(4).tolist()
    ([0.8511], [0.9341])
    """
    p = _inner(estimate)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = student_quantile((1 + level) / 2, df) * se / (p * (1 - p))
    centre = special.logit(p)
    return Interval(special.expit(centre - half), special.expit(centre + half))


def arcsine(estimate: Floats, se: Floats, df: Ints, *, level: float = 0.95) -> Interval:
    """The Wald interval of asin √p with the delta method, transformed back; all (m,), rates 0..1 (R: asin)."""
    p = _inner(estimate)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = student_quantile((1 + level) / 2, df) * se / (2 * np.sqrt(p * (1 - p)))
    centre = np.arcsin(np.sqrt(p))
    return Interval(np.sin(centre - half) ** 2, np.sin(centre + half) ** 2)


def wilson(estimate: Floats, se: Floats, df: Ints, *, level: float = 0.95) -> Interval:
    """Wilson's score interval with n replaced by p(1−p)/se² and z by t(df) (R: svyciprop, wilson).

    All arrays are (m,), rates 0..1. NaN where df ≤ 0 or the standard error is 0.

    >>> found = wilson(np.array([0.9]), np.array([0.02]), np.array([30]))
    >>> found.lower.round(4).tolist(), found.upper.round(4).tolist()
    ([0.8516], [0.9338])
    """
    p = _inner(estimate)
    t = student_quantile((1 + level) / 2, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        n = p * (1 - p) / se**2
        centre = (p + t**2 / (2 * n)) / (1 + t**2 / n)
        half = t / (2 * n) * np.sqrt(4 * n * p * (1 - p) + t**2) / (1 + t**2 / n)
    return Interval(centre - half, centre + half)


def beta(estimate: Floats, se: Floats, df: Ints, rows: Ints, *, level: float = 0.95) -> Interval:
    """Korn and Graubard's interval as R has it: effective n not capped, the t ratio with all rows − 1.

    All arrays are (m,), rates 0..1; `rows` counts rows of weight 0 too. Source: R `survey` svyciprop(method = "beta").
    """
    p = _inner(estimate)
    with np.errstate(divide="ignore", invalid="ignore"):
        n = p * (1 - p) / se**2 * _t_ratio(rows, df, level)
    tail = (1 - level) / 2
    return Interval(_beta_quantile(tail, n * p, n * (1 - p) + 1), _beta_quantile(1 - tail, n * p + 1, n * (1 - p)))


def korn_graubard(estimate: Floats, se: Floats, df: Ints, n: Ints, *, level: float = 0.95) -> Interval:
    """Korn and Graubard's interval as NCHS publishes by: effective n at most n, exact at 0 % and 100 %.

    All arrays are (m,), rates 0..1, `n` people with an answer; NaN where df ≤ 0. Source: Parker et al. (2017).

    >>> one_unit_satisfied_all = (np.array([1.0]), np.array([0.0]), np.array([39]), np.array([40]))
    >>> korn_graubard(*one_unit_satisfied_all).lower.round(4).tolist()
    [0.9119]
    """
    size = effective_n(estimate, se, df, n, level=level)
    p = np.asarray(estimate, np.float64)
    none, everybody = at_zero(p), at_one(p)
    k = size * p
    tail = (1 - level) / 2
    lower = np.where(none, 0.0, _beta_quantile(tail, np.where(none, np.nan, k), size - k + 1))
    upper = np.where(everybody, 1.0, _beta_quantile(1 - tail, k + 1, np.where(everybody, np.nan, size - k)))
    known = ~np.isnan(size)
    return Interval(np.where(known, lower, np.nan), np.where(known, upper, np.nan))


def effective_n(estimate: Floats, se: Floats, df: Ints, n: Ints, *, level: float = 0.90) -> Floats:
    """n for a simple random sample of the same uncertainty: p(1−p)/se² · (t(n−1)/t(df))², at most n; all (m,).

    n itself at 0 % and 100 %; NaN where df ≤ 0, or the standard error is 0 in between.

    >>> effective_n(np.array([0.9]), np.array([0.02]), np.array([30]), np.array([400])).round(1).tolist()
    [212.3]
    """
    p, error = np.asarray(estimate, np.float64), np.asarray(se, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.minimum(n, p * (1 - p) / error**2 * _t_ratio(n, df, level))
    size = np.where(error > 0, size, np.nan)
    size = np.where(at_zero(p) | at_one(p), n, size)
    return np.asarray(np.where((np.asarray(df) > 0) & (np.asarray(n) >= 1) & ~np.isnan(p), size, np.nan), np.float64)


def at_zero(estimate: Any) -> Any:
    """Whether a rate is 0 but for floating noise: nobody is satisfied."""
    return np.asarray(estimate) <= 1e-12


def at_one(estimate: Any) -> Any:
    """Whether a rate is 1 but for floating noise: everybody is satisfied."""
    return np.asarray(estimate) >= 1 - 1e-12


def _inner(estimate: Floats) -> Floats:
    p = np.asarray(estimate, np.float64)
    return np.where(at_zero(p) | at_one(p), np.nan, p)


def _t_ratio(n: Any, df: Any, level: float) -> Floats:
    """(t(n−1)/t(df))²; 1 where n is 1, so that a single answer has an interval when df allows one."""
    sample = np.asarray(n, np.float64)
    with np.errstate(invalid="ignore"):
        ratio = (student_quantile((1 + level) / 2, sample - 1) / student_quantile((1 + level) / 2, df)) ** 2
    return np.where(sample > 1, ratio, np.where(np.asarray(df) > 0, 1.0, np.nan))


def _beta_quantile(probability: float, a: Any, b: Any) -> Floats:
    with np.errstate(invalid="ignore"):
        good = (np.asarray(a) > 0) & (np.asarray(b) > 0)
        first, second = np.where(good, a, 1.0), np.where(good, b, 1.0)
        return np.where(good, special.betaincinv(first, second, probability), np.nan)
