"""The rule that tells whether a rate has reached its target: an exact binomial test referred to Student's t.

`floored-binomial-t`, in the words of METHODS.md ("Verdict"). For a figure p with the evidence of `estimation.evidence`:

1. the variance is floored, so that clusters that happen to agree do not count as certainty: V = max(variance, V(0),
   [8 V(0.1) + df · variance] / (8 + df)); without clusters only the first two;
2. effective n = p (1 − p) / V, at most the people of a share of people, the answers of a figure that pools several of
   each; at 0 % and 100 % it is 1 / (0.9 Σω² + 0.1 ΣΩ²);
3. with k = effective n · p the exact binomial tail P(at least k | T) as a normal deviate z;
4. of a pooled figure z is lessened by what its distribution is more skew to the left than a binomial:
   ex (z² − 1) / 3 for z > 1, ex = min(0, λ − (1 − 2p) / √(effective n · p (1 − p))), and never beyond its maximum;
5. p-value = P(t_df > z). "Missed" is the mirror image without step 4.

Found and proven by simulation (`make trials`); its table stands in METHODS.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from analysis.arrays import Floats
from analysis.estimation.evidence import Evidence
from analysis.inference import beta_tails, intervals

__all__ = ["RULE", "bounds", "effective_n", "p_values"]

RULE = "floored-binomial-t"
_ALIKE = 0.1  # the ICC of the floor, and of the effective number where all are satisfied
_PRIOR_DF = 8.0  # how many degrees of freedom the floor counts as
_SMALLEST = 1e-300


def effective_n(estimate: Floats, evidence: Evidence) -> Floats:
    """The effective number behind each rate (n,), step 1 and 2 of the rule; NaN where there is none.

    `estimate` (n,) are rates of 0..1.
    """
    p = np.asarray(estimate, np.float64)
    df, people, clusters = evidence.df, evidence.people, evidence.clusters
    least = evidence.spread * people
    alike = evidence.spread * ((1 - _ALIKE) * people + _ALIKE * clusters)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = (_PRIOR_DF * alike + df * evidence.variance) / (_PRIOR_DF + df)
        variance = np.fmax(evidence.variance, least)
        variance = np.where(evidence.clustered, np.fmax(variance, drawn), variance)
        size = np.minimum(p * (1 - p) / variance, evidence.answers)
        extreme = 1 / np.where(evidence.clustered, (1 - _ALIKE) * people + _ALIKE * clusters, people)
    size = np.where(intervals.at_zero(p) | intervals.at_one(p), extreme, size)
    return np.asarray(np.where((df > 0) & np.isfinite(size), size, np.nan))


def p_values(estimate: Floats, size: Floats, evidence: Evidence, threshold: Any) -> tuple[Floats, Floats]:
    """P-values (n,) of "reached" and "missed" for rates against thresholds of 0..1, one for all or (n,).

    `size` (n,) is the effective number. NaN without one or without a threshold.
    """
    p, target = np.broadcast_arrays(np.asarray(estimate, np.float64), np.asarray(threshold, np.float64))
    known = ~np.isnan(size) & ~np.isnan(target)
    n = np.where(known, size, 1.0)
    k = _satisfied(np.where(known, p, 0.5), n)
    t = np.clip(np.where(known, target, 0.5), 1e-12, 1 - 1e-12)
    least, most = beta_tails.tails(k, n, t)
    df = np.where(known, evidence.df, 1.0)
    z_reached, z_missed = _deviate(least), _deviate(most)
    z_reached = _lessened(z_reached, _excess(p, size, evidence))
    return (
        np.where(known, special.stdtr(df, -z_reached), np.nan),
        np.where(known, special.stdtr(df, -z_missed), np.nan),
    )


def bounds(estimate: Floats, size: Floats, evidence: Evidence, alpha: Any) -> intervals.Interval:
    """The one-sided bounds (n,) at level `alpha`, 0..1, one for all or (n,): the thresholds at which p equals alpha.

    The lower one is 0 where no threshold above it would be proven. NaN without an effective number.
    """
    p, level = np.broadcast_arrays(np.asarray(estimate, np.float64), np.asarray(alpha, np.float64))
    known = ~np.isnan(size) & (level > 0)
    n = np.where(known, size, 1.0)
    k = _satisfied(np.where(known, p, 0.5), n)
    df = np.where(known, evidence.df, 1.0)
    wanted = -special.stdtrit(df, np.where(known, level, 0.5))
    tail_low, tail_high = special.ndtr(-_restored(wanted, _excess(p, size, evidence))), special.ndtr(-wanted)
    none, everybody = k <= 0, k >= n
    low = special.betaincinv(np.where(none, 1.0, k), n - k + 1, tail_low)
    high = special.betaincinv(k + 1, np.where(everybody, 1.0, n - k), 1 - tail_high)
    low = np.where(none | np.isnan(low), 0.0, low)  # SciPy has no quantile of tails near the smallest double
    high = np.where(everybody, 1.0, high)
    return intervals.Interval(np.where(known, low, np.nan), np.where(known, high, np.nan))


def _satisfied(p: Floats, n: Floats) -> Floats:
    k = n * np.clip(p, 0.0, 1.0)
    return np.where(intervals.at_zero(p), 0.0, np.where(intervals.at_one(p), n, k))


def _deviate(tail: Floats) -> Floats:
    return np.asarray(-special.ndtri(np.clip(tail, _SMALLEST, 1.0)))


def _excess(p: Floats, size: Floats, evidence: Evidence) -> Floats:
    """How much more skew to the left a pooled figure is than a binomial; 0 for shares of people and at 100 %."""
    with np.errstate(divide="ignore", invalid="ignore"):
        binomial = (1 - 2 * p) / np.sqrt(size * p * (1 - p))
        found = np.minimum(0.0, evidence.skewness - binomial)
    inner = evidence.pooled & ~intervals.at_one(p) & ~intervals.at_zero(p) & np.isfinite(found)
    return np.where(inner, found, 0.0)


def _lessened(z: Floats, excess: Floats) -> Floats:
    """z + ex (z² − 1) / 3 above 1, held at its maximum, which lies at −1.5 / ex."""
    with np.errstate(divide="ignore"):
        top = np.where(excess < 0, np.maximum(1.0, -1.5 / np.where(excess < 0, excess, -1.0)), np.inf)
    held = np.where(excess < 0, np.minimum(z, top), 1.0)
    return np.where((excess < 0) & (z > 1), held + excess * (held * held - 1) / 3, z)


def _restored(lessened: Floats, excess: Floats) -> Floats:
    """The z that `_lessened` turns into the value given; infinite where none is large enough."""
    part = np.where(excess < 0, excess, -1.0) / 3
    inner = 1 + 4 * part * (part + lessened)
    with np.errstate(invalid="ignore"):
        root = np.where(inner >= 0, (-1 + np.sqrt(np.maximum(inner, 0.0))) / (2 * part), np.inf)
    return np.where((excess < 0) & (lessened > 1), root, lessened)
