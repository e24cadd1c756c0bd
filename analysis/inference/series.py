"""Change over any number of waves: whether anything changed, since when, along which line, and what the season does.

The estimates y of k waves come with their covariance matrix V: clusters that are asked in several waves make the waves
dependent, and a change between them is then known better (or worse) than between samples drawn apart.

* `heterogeneity`: H0 all waves have one true value. Without shared clusters Welch's test (1951), whose F and second df
  allow for errors estimated from few clusters; with them the Wald test (Cy)'(CVC')⁻¹(Cy) of successive differences,
  F = (d − q + 1)/(d q)·W on q = k − 1 and d − q + 1 (Korn and Graubard 1990).
* `changes`: differences between waves, adjusted together by Holm, with intervals that agree (`comparison.together`).
* `trend`: y = a + b·time by generalised least squares with V known: b = c'y, var b = c'Vc. statsmodels' own standard
  errors rescale V by the residuals and are not used.
* `seasonal`: level, season and rest by LOESS (STL) of a regular series of two full cycles or more.

Degrees of freedom of c'y: those of all clusters where waves share some, else Satterthwaite (1946) over the waves.
Sources: Welch (1951); Korn and Graubard (1990); Cleveland et al. (1990); statsmodels GLS, STL; R svycontrast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.inference import comparison
from analysis.inference.comparison import Difference
from analysis.inference.intervals import student_quantile

LEAST_PERIODS = 8


@dataclass(frozen=True, slots=True)
class Waves:
    """Estimates of one figure in k waves, oldest first, with covariance (k, k) and the df of each.

    `shared_df` are the degrees of freedom of all clusters together, where waves share some.
    """

    estimate: Floats
    covariance: Floats
    df: Floats
    shared_df: float | None = None

    def __post_init__(self) -> None:
        k = len(self.estimate)
        if k < 2 or self.covariance.shape != (k, k) or len(self.df) != k:
            raise AnalysisError(f"A series needs two waves or more, each with a covariance and df; there are {k}.")
        if not (np.diag(self.covariance) > 0).all() or not (np.asarray(self.df) > 0).all():
            raise AnalysisError("Each wave of a series needs a positive variance and degrees of freedom.")
        if self.shared_df is None and np.abs(self.covariance - np.diag(np.diag(self.covariance))).max() > 0:
            raise AnalysisError("Waves that share clusters need the degrees of freedom of all clusters together.")


@dataclass(frozen=True, slots=True)
class FTest:
    """An F test; NaN where there are too few degrees of freedom."""

    statistic: float
    df: float
    residual_df: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Change:
    """The wave `later` minus the wave `earlier`, by place; p and interval adjusted over all changes asked for.

    `p_value` is NaN where people chose themselves to answer: nothing can be proven then.
    """

    earlier: int
    later: int
    difference: Difference
    p_value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The line through the waves: slope per unit of time, and whether the waves depart from it."""

    slope: Difference
    start: float
    departure: FTest | None


@dataclass(frozen=True, slots=True)
class Seasonal:
    """Level, season and rest (k,) of a series; `strength` 0..1 is how much of what is not level the season explains."""

    level: Floats
    season: Floats
    rest: Floats
    strength: float


def apart(estimates: Sequence[float], errors: Sequence[float], df: Sequence[float]) -> Waves:
    """Waves that share no cluster: estimates, standard errors and df, each (k,). Raises AnalysisError as `Waves`."""
    return Waves(np.array(estimates, float), np.diag(np.array(errors, float) ** 2), np.array(df, float))


def combination(waves: Waves, coefficients: Floats, *, level: float = 0.95) -> Difference:
    """c'y with its error, interval and two-sided t test; `coefficients` are (k,). Source: R svycontrast."""
    c = np.asarray(coefficients, np.float64)
    value, variance = float(c @ waves.estimate), float(c @ waves.covariance @ c)
    parts = c**2 * np.diag(waves.covariance)
    df = waves.shared_df if waves.shared_df is not None else variance**2 / float((parts**2 / waves.df).sum())
    if not (variance > 0 and df > 0):
        return Difference(value, np.nan, 0.0, np.nan, np.nan, np.nan)
    se = variance**0.5
    half = float(student_quantile((1 + level) / 2, np.array(df))) * se
    return Difference(value, se, df, value - half, value + half, float(2 * special.stdtr(df, -abs(value) / se)))


def heterogeneity(waves: Waves) -> FTest:
    """Whether anything changed over the waves at all, as one F test.

    >>> found = heterogeneity(apart([0.80, 0.82, 0.90], [0.02, 0.02, 0.02], [60, 60, 60]))
    >>> round(found.statistic, 2), round(found.p_value, 4)
    (6.96, 0.0014)
    """
    k = len(waves.estimate)
    if waves.shared_df is None:
        weights = 1 / np.diag(waves.covariance)
        share = weights / weights.sum()
        spread = float((weights * (waves.estimate - share @ waves.estimate) ** 2).sum())
        unknown = float(((1 - share) ** 2 / waves.df).sum())
        statistic = spread / (k - 1) / (1 + 2 * (k - 2) / (k**2 - 1) * unknown)
        return _tested(statistic, k - 1, (k**2 - 1) / (3 * unknown))
    successive = np.diff(np.eye(k), axis=0)
    return _wald(successive @ waves.estimate, successive @ waves.covariance @ successive.T, waves.shared_df)


def changes(
    waves: Waves, pairs: Sequence[tuple[int, int]], *, alpha: float = 0.05, opt_in: bool = False
) -> tuple[Change, ...]:
    """The changes between pairs (earlier, later) of waves, by place, as one family after Holm.

    With `opt_in` (people chose themselves to answer) none is proven: intervals at α/(all), no p-values.
    """
    tested = []
    for earlier, later in pairs:
        c = np.zeros(len(waves.estimate))
        c[later], c[earlier] = 1.0, -1.0
        tested.append(combination(waves, c))
    found = comparison.together(tested, alpha=alpha, opt_in=opt_in)
    return tuple(
        Change(earlier, later, one, float(found.p_value[k]), float(found.lower[k]), float(found.upper[k]))
        for k, ((earlier, later), one) in enumerate(zip(pairs, tested, strict=True))
    )


def trend(waves: Waves, time: Floats) -> Trend:
    """The line through the waves at `time` (k,), any unit, by generalised least squares with V known.

    `departure` tests whether they lie on a line, from three waves on. Raises AnalysisError where all have one time.

    >>> found = trend(apart([0.80, 0.83, 0.86], [0.01, 0.01, 0.01], [100, 100, 100]), np.array([0.0, 1.0, 2.0]))
    >>> round(found.slope.estimate, 4), round(found.slope.se, 5)
    (0.03, 0.00707)
    """
    t = np.asarray(time, np.float64)
    if len(t) != len(waves.estimate) or np.ptp(t) == 0:
        raise AnalysisError(f"A line needs a time for each of {len(waves.estimate)} waves, not all the same.")
    design = np.column_stack([np.ones(len(t)), t - t[0]])
    # Imported here: it brings pandas, 0.7 s and 60 MB that a process without a series need not spend.
    from statsmodels.regression.linear_model import GLS

    fitted = GLS(waves.estimate, design, sigma=waves.covariance).fit()
    weights = np.asarray(fitted.normalized_cov_params) @ design.T @ np.linalg.inv(waves.covariance)
    departure = None
    if len(t) > 2:
        rest = np.linalg.svd(design.T)[2][2:]  # contrasts that no line has
        d = waves.shared_df if waves.shared_df is not None else float(np.min(waves.df))
        departure = _wald(rest @ waves.estimate, rest @ waves.covariance @ rest.T, d)
    return Trend(combination(waves, weights[1]), float(fitted.params[0]), departure)


def seasonal(values: Floats, period: int) -> Seasonal:
    """Level, season and rest of `values` (k,), evenly spaced, `period` to a cycle (4 quarters, 12 months).

    Raises AnalysisError under eight values or two full cycles. Sources: Cleveland et al. (1990); strength as in Wang,
    Smith and Hyndman (2006); statsmodels STL.
    """
    y = np.asarray(values, np.float64)
    if period < 2 or len(y) < max(LEAST_PERIODS, 2 * period) or np.isnan(y).any():
        raise AnalysisError(f"A season of {period} needs {max(LEAST_PERIODS, 2 * period)} values; there are {len(y)}.")
    # Imported here for the same reason.
    from statsmodels.tsa.seasonal import STL

    found = STL(y, period=period).fit()
    season, rest = np.asarray(found.seasonal), np.asarray(found.resid)
    both = float(np.var(season + rest))
    strength = max(0.0, 1 - float(np.var(rest)) / both) if both > 0 else 0.0
    return Seasonal(np.asarray(found.trend), season, rest, strength)


def _wald(values: Floats, covariance: Floats, d: float) -> FTest:
    q = len(values)
    w = float(values @ np.linalg.solve(covariance, values))
    return _tested((d - q + 1) / (d * q) * w, q, d - q + 1)


def _tested(statistic: float, df: float, residual_df: float) -> FTest:
    if not residual_df > 0:
        return FTest(np.nan, df, residual_df, np.nan)
    return FTest(statistic, df, residual_df, float(special.fdtrc(df, residual_df, statistic)))
