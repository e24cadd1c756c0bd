"""Not worse than before, and equivalent to before, by a margin that was set before the data were seen.

That a difference is not significant proves nothing: a small sample finds no difference either. What a wave can prove is
that its figure is *not worse* than the last by more than a margin m (non-inferiority), or that both are *equivalent*,
differing by less than m either way (two one-sided tests, TOST). With d the first minus the second estimate, se its
standard error with all that the two share, and df its degrees of freedom:

    p_not_worse   = P(t_df ≥ (d + m)/se)                              H0: the true difference is −m or less
    p_equivalent  = the larger of p_not_worse and P(t_df ≤ (d − m)/se)   H0: it is −m or less, or m or more
    p_worse       = P(t_df ≤ (d + m)/se)                              H0: it is −m or more

The interval d ± t_df,1−α·se of level 1 − 2α reads the same: its lower end above −m is not worse, its upper end below −m
is worse, both ends within ±m is equivalence. In a family after Holm each figure has the one-sided bound that agrees
with its word (Strassburger and Bretz 2008; Guilbaud 2008). Self-selected answers never prove anything: nobody knows how
they came, so no error rate holds. Their differences have an interval, no p-values and the reason `opt_in`.
Sources: Schuirmann (1987); Wellek (2010), chapters 1 and 3; statsmodels ttost_ind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.arrays import Bools, Floats
from analysis.errors import AnalysisError
from analysis.inference import verdicts
from analysis.inference.comparison import Difference
from analysis.inference.intervals import student_quantile

NOT_WORSE, NOT_PROVEN, WORSE = "not_worse", "not_proven", "worse"
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class MarginTest:
    """One difference against a margin; p-values are after Holm, and NaN where there is no error or no df.

    `reading` is `not_worse`, `not_proven` or `worse` (by more than the margin). `lower` and `upper` are the interval of
    level 1 − 2α of this difference alone; `bound` is the lower bound that agrees with the reading in its family.
    `reason` is `opt_in` where nothing can be proven because people chose themselves to answer, else empty.
    """

    difference: Difference
    margin: float
    lower: float
    upper: float
    p_not_worse: float
    p_equivalent: float
    p_worse: float
    reading: str
    equivalent: bool
    bound: float
    reason: str = ""


def against_margin(
    differences: Sequence[Difference], margin: float, *, alpha: float = ALPHA, opt_in: bool = False
) -> tuple[MarginTest, ...]:
    """Each difference against one margin, in the unit of the differences, as one family after Holm.

    "Not worse", "equivalent" and "worse" are families of their own, each with error α; a difference without a known
    error is outside. With `opt_in` nothing is proven. Raises AnalysisError for a margin that is not positive, finite.

    >>> from analysis.inference.comparison import independent
    >>> one = against_margin([independent(0.875, 0.008, 400, 0.880, 0.008, 380)], 0.03)[0]
    >>> one.reading, one.equivalent, round(one.p_not_worse, 4)
    ('not_worse', True, 0.0137)
    """
    if not (np.isfinite(margin) and margin > 0):
        raise AnalysisError(f"A margin is a positive number in the unit of the figures; it is {margin}.")
    value = np.array([one.estimate for one in differences], np.float64)
    se = np.array([one.se for one in differences], np.float64)
    df = np.array([one.df for one in differences], np.float64)
    known = (se > 0) & (df > 0) & ~np.isnan(value)
    se, df = np.where(known, se, np.nan), np.where(known, df, 1.0)
    above, below = (value + margin) / se, (value - margin) / se
    rises, falls = special.stdtr(df, -above), special.stdtr(df, below)
    not_worse = verdicts.holm(rises)
    equivalent = verdicts.holm(np.maximum(rises, falls))
    worse = verdicts.holm(special.stdtr(df, above))
    half = student_quantile(1 - alpha, df) * se
    if opt_in:
        unknown = float("nan")
        return tuple(
            MarginTest(one, margin, float(value[k] - half[k]), float(value[k] + half[k]), unknown, unknown, unknown,
                       NOT_PROVEN, False, unknown, "opt_in")
            for k, one in enumerate(differences)
        )  # fmt: skip
    bounds = _agreeing(value, se, df, not_worse <= alpha, known, -margin, alpha)
    return tuple(
        MarginTest(
            one, margin, float(value[k] - half[k]), float(value[k] + half[k]), float(not_worse[k]),
            float(equivalent[k]), float(worse[k]),
            NOT_WORSE if not_worse[k] <= alpha else WORSE if worse[k] <= alpha else NOT_PROVEN,
            bool(equivalent[k] <= alpha), float(bounds[k]),
        )
        for k, one in enumerate(differences)
    )  # fmt: skip


def _agreeing(value: Floats, se: Floats, df: Floats, proven: Bools, known: Bools, edge: float, alpha: float) -> Floats:
    """Lower bounds (m,) that hold together at 1 − α and agree with Holm: above `edge` exactly where it is proven.

    What is not proven is bounded at α over the number not proven; what is proven lies above the edge, by how much only
    where all are proven. Source: Strassburger and Bretz (2008), Guilbaud (2008).
    """
    family, left = int(known.sum()), int((known & ~proven).sum())
    if not family:
        return np.full(value.shape, np.nan)
    own = value - student_quantile(1 - alpha / (left or family), df) * se
    return np.where(known, np.where(proven, np.maximum(own, edge) if not left else edge, own), np.nan)
