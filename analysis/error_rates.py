"""How often a decision is wrong: p-values of a family adjusted together, and the sample that gives a test its power.

The module that calls statsmodels for tests (`series` does for lines and seasons) and guards its traps. What
statsmodels 0.15 does when it is run:

* `multipletests` counts a NaN as a member of the family. Holm's other p-values become too large; Benjamini and
  Hochberg's all become NaN, and the first is still reported as rejected. Here a NaN is outside the family.
* Its default method is Holm-Šidák, not Holm, whose error is bounded whatever the dependence.
* Holm takes a matrix for a family and mixes its columns; p-values outside 0..1 pass. Here both are refused.
* Holm runs a full garbage collection in every call, 0.2 s in a process of 300 MB; a channel of 100 units has hundreds
  of families. Here Holm is the formula of the paper, and a test holds it against `multipletests`.
* Its sample size for one side is infinite for a difference of 0, and 0 where the power asked for is no more than
  alpha. Here both are refused.

Sources: Holm (1979); Benjamini and Hochberg (1995); statsmodels `multipletests`, `normal_sample_size_one_tail`.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Floats
from analysis.errors import AnalysisError

__all__: list[str] = []  # `verdicts` and `sampling` offer these under their own names

_ROUNDING = 1e-9  # of tails that are 0 or 1


def adjusted_together(p: Floats, method: str) -> Floats:
    """P-values (n,) after Holm (`holm`) or Benjamini and Hochberg (`bh`); NaN is outside the family and stays NaN."""
    values = np.asarray(p, np.float64)
    there = ~np.isnan(values)
    if values.ndim != 1 or (np.abs(values[there] - 0.5) > 0.5 + _ROUNDING).any():
        raise AnalysisError(f"A family is one row of p-values between 0 and 1; it is {values.shape}: {values}.")
    if there.sum() < 2:
        return values.copy()
    result = np.full(values.shape, np.nan)
    if method == "holm":
        result[there] = _holm(values[there])
        return result
    # Imported here: it brings pandas, 0.7 s and 60 MB that a process without such a family need not spend.
    from statsmodels.stats.multitest import multipletests

    result[there] = multipletests(values[there], method="fdr_bh")[1]
    return result


def _holm(p: Floats) -> Floats:
    """The largest of (m − i + 1) p(i) up to each place, at most 1, in the order given."""
    order = np.argsort(p, kind="stable")
    steps = np.arange(len(p), 0, -1) * p[order]
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def one_sided_size(difference: float, *, alpha: float, power: float, spread_null: float, spread_true: float) -> float:
    """The n, unrounded, with which a one-sided normal test finds a difference with a power above alpha.

    The spreads are standard deviations of one answer under the null hypothesis and in truth.
    """
    if difference == 0 or not 0 < alpha < power < 1:
        raise AnalysisError(
            f"A size needs a difference other than 0 and 0 < alpha < power < 1; it has {difference}, {alpha}, {power}."
        )
    # Imported here for the same reason.
    from statsmodels.stats.power import normal_sample_size_one_tail

    size = normal_sample_size_one_tail(difference, power, alpha, std_null=spread_null, std_alternative=spread_true)
    return float(size)
