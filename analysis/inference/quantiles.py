"""Quantiles of a number, such as the seconds an interview took, in the whole or a domain.

Estimand: the value below which a share p of the estimated population lies. Three rules where no value sits exactly
there: `math` (the smallest value with cumulated weight at least p), `school` (the middle of two where p is hit
exactly), `hf7` (linear between values, R's default for unweighted data). Interval: Woodruff's: limits of the share of
people at or below the quantile (`mean`, `beta`, `xlogit`), read back as quantiles; the standard error is the interval's
length over 2 t(df). Missing values are outside the domain; df those of the domain.
Sources: Woodruff (1952); Hyndman and Fan (1996); R `survey` 4.1 and later svyquantile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.design.sample_design import SampleDesign
from analysis.errors import AnalysisError
from analysis.estimation import estimators
from analysis.inference import intervals

RULES = ("math", "school", "hf7")
INTERVALS = ("mean", "beta", "xlogit")


@dataclass(frozen=True, slots=True)
class Quantile:
    """One quantile with its Woodruff interval; NaN limits where the share's interval leaves 0..1."""

    share: float
    estimate: float
    se: float
    lower: float
    upper: float
    df: int


def quantile(
    design: SampleDesign,
    values: Floats,
    share: float,
    domain: Bools | None = None,
    *,
    rule: str = "math",
    interval: str = "mean",
    level: float = 0.95,
) -> Quantile:
    """The quantile of `values` (n,) (NaN = missing) at a share between 0 and 1, in the unit of the values.

    `rule` is how hits are read: `math` the smallest value with that weight below it, `school` the middle at exact hits,
    `hf7` linear. The interval is Woodruff's: that of the share below the quantile, read back. `domain` is (n,). Raises
    AnalysisError for an unknown rule or interval and a share outside 0..1. Source: R `survey` svyquantile.

    >>> from analysis.design.sample_design import sample_design
    >>> minutes = np.array([5.0, 8.0, 12.0, 20.0, 45.0])
    >>> quantile(sample_design([1.0, 1.0, 1.0, 1.0, 1.0]), minutes, 0.5).estimate
    12.0
    """
    if rule not in RULES or interval not in INTERVALS:
        raise AnalysisError(f"Rule '{rule}' or interval '{interval}' is unknown; {RULES} and {INTERVALS} are offered.")
    if not 0 < share < 1:
        raise AnalysisError(f"A quantile's share lies between 0 and 1; it is {share}.")
    keep = ~np.isnan(values) if domain is None else ~np.isnan(values) & domain
    inside = keep & (design.weights > 0)
    df = design.degrees_of_freedom(keep)
    if not inside.any():
        return Quantile(share, np.nan, np.nan, np.nan, np.nan, df)
    order = np.argsort(values[inside], kind="stable")
    x, w = values[inside][order], design.weights[inside][order]
    found = _read(x, w, share, rule)
    below = estimators.mean(design, np.where(np.isnan(values), np.nan, (values <= found).astype(float)), keep)
    p, se, freedom = np.array([below.estimate]), np.array([below.se]), np.array([df])
    made = {
        "mean": lambda: intervals.wald(p, se, freedom, level=level),
        "xlogit": lambda: intervals.logit(p, se, freedom, level=level),
        "beta": lambda: intervals.beta(p, se, freedom, np.array([below.rows]), level=level),
    }[interval]()
    low, high = made.limits(0)
    lower = _read(x, w, low, rule) if low >= 0 else np.nan
    upper = _read(x, w, high, rule) if high <= 1 else np.nan
    t = float(intervals.student_quantile((1 + level) / 2, freedom)[0])
    return Quantile(share, found, (upper - lower) / (2 * t), lower, upper, df)


def _read(x: Floats, w: Floats, share: float, rule: str) -> float:
    """The quantile of ordered values by a rule."""
    cumulated = np.cumsum(w, dtype=np.longdouble).astype(np.float64)  # as R sums, so that exact hits stay exact
    whole = float(w.sum(dtype=np.longdouble))
    if rule == "hf7":
        if len(x) < 2:
            return float(x[0])
        return float(np.interp(share, np.r_[0.0, cumulated[:-1]] / cumulated[-2], x))
    reached = np.flatnonzero(cumulated <= share * whole)
    place = int(reached[-1]) if len(reached) else -1
    above = float(x[min(place + 1, len(x) - 1)])
    if place >= 0 and share - cumulated[place] / whole == 0:
        return float(x[place]) if rule == "math" else (float(x[place]) + above) / 2
    return above
