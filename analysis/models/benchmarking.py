"""Small-area figures moved so that their weighted mean is the direct figure of the whole.

Model-based figures of areas do not add up to the figure of the province, which is reliable and published: a model that
leans too far to one side shows there. Benchmarking moves them all by one amount (`difference`, the default) or one
factor (`ratio`). The difference is the default because it is the constrained Bayes estimate under loss weights equal
to the shares (Datta et al. 2011), because the errors it adds are known (Steorts and Ghosh 2013), and because it treats
the rates of satisfied and of dissatisfied people alike, which a ratio does not.

The mean squared error grows by that of the common move: the move is Σ w_j B_j (y_j − x_j'β), a contrast of residuals
and so uncorrelated with the errors of the predictions; its variance is g4 = b'Vb − b'X(X'V⁻¹X)⁻¹X'b, b_j = w_j B_j,
V_j = A + D_j, B_j = D_j/V_j. Where the figure of the whole is not the weighted mean of the direct ones (it was asked
in another way), the square of what is between them is added: which of the two is right cannot be told.
Sources: Pfeffermann (2013); You, Rao and Hidiroglou (2013); Datta, Ghosh, Steorts and Maples (2011); Steorts and Ghosh
(2013) for g4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.models.small_areas import BetaBinomial, FayHerriot

__all__ = ["Benchmarked", "benchmarked", "benchmarked_beta_binomial", "benchmarked_fay_herriot"]

ADJUSTMENTS = ("difference", "ratio")


@dataclass(frozen=True, slots=True)
class Benchmarked:
    """Figures of areas after the move, their mean squared errors, and what was moved.

    `before` is the weighted mean of the model-based figures, `total` the figure of the whole that they now have,
    `added` the mean squared error of a move by one amount. `lower` and `upper` are the 95 % interval of rates from
    the beta distribution of this mean and variance; NaN where there is none (not a rate, or outside 0..1).
    """

    estimate: Floats
    mse: Floats
    lower: Floats
    upper: Floats
    before: float
    total: float
    added: float
    adjustment: str


def benchmarked(estimate: Floats, weights: Floats, total: float, *, adjustment: str = "difference") -> Floats:
    """Figures (areas,) moved so that their mean by `weights` (areas,) is `total`: by one amount or by one factor.

    Weights are shares of the population or counts; those of 0 are moved with the rest. Raises AnalysisError for an
    unknown adjustment, weights that are negative or all 0, and a ratio where the mean is 0.

    >>> benchmarked(np.array([0.80, 0.90]), np.array([1.0, 3.0]), 0.90).round(4).tolist()
    [0.825, 0.925]
    >>> benchmarked(np.array([0.80, 0.90]), np.array([1.0, 3.0]), 0.90, adjustment="ratio").round(4).tolist()
    [0.8229, 0.9257]
    """
    share, values = _shares(weights), np.asarray(estimate, np.float64)
    mean = float(share @ values)
    if adjustment == "difference":
        return np.asarray(values + (total - mean))
    if adjustment != "ratio":
        raise AnalysisError(f"Adjustment '{adjustment}' is unknown; choose {', '.join(ADJUSTMENTS)}.")
    if mean == 0:
        raise AnalysisError("The weighted mean of the areas is 0, so no factor takes it to the figure of the whole.")
    return np.asarray(values * (total / mean))


def benchmarked_fay_herriot(
    made: FayHerriot,
    direct: Floats,
    variance: Floats,
    covariates: Floats,
    weights: Floats,
    *,
    total: float | None = None,
    adjustment: str = "difference",
) -> Benchmarked:
    """Predictions of `small_areas.fay_herriot` moved to `total` (by default the weighted mean of `direct`).

    `direct`, `variance` (areas,) and `covariates` (areas × k) are what the model was fitted to, `weights` is (areas,).
    The mean squared error is that of the model plus g4 (of a ratio times the square of the area's figure over the mean,
    to first order). Raises AnalysisError as `benchmarked` does. Source: Steorts and Ghosh (2013).
    """
    y, d = np.asarray(direct, np.float64), np.asarray(variance, np.float64)
    x = np.column_stack([np.ones(len(y)), np.asarray(covariates, np.float64).reshape(len(y), -1)])
    return _moved(made.estimate, made.mse, y, d / (made.between + d), made.between + d, x, weights, total, adjustment)


def benchmarked_beta_binomial(
    made: BetaBinomial,
    satisfied: Floats,
    n: Floats,
    weights: Floats,
    *,
    total: float | None = None,
    adjustment: str = "difference",
) -> Benchmarked:
    """Rates of `small_areas.beta_binomial` moved to `total` (by default the weighted mean of satisfied/n).

    `satisfied`, `n` and `weights` are (areas,).
    The posterior means are linear in the direct rates, with B = prior/(prior + n), so g4 is that of a model with the
    mean alone: V = μ(1 − μ)(ρ + (1 − ρ)/n). An area without an answer has B = 1 and no residual of its own. Raises
    AnalysisError as `benchmarked` does.
    """
    k, size = np.asarray(satisfied, np.float64), np.asarray(n, np.float64)
    there = size > 0
    y = np.divide(k, size, out=np.full(len(k), made.mean), where=there)
    prior = 1 / made.correlation - 1
    spread = made.mean * (1 - made.mean)
    v = spread * (made.correlation + np.divide(1 - made.correlation, size, out=np.full(len(k), 1e300), where=there))
    pull = np.where(there, prior / (prior + size), 0.0)
    return _moved(made.estimate, made.mse, y, pull, v, np.ones((len(k), 1)), weights, total, adjustment)


def _moved(
    estimate: Floats,
    mse: Floats,
    direct: Floats,
    pull: Floats,
    variance: Floats,
    x: Floats,
    weights: Floats,
    total: float | None,
    adjustment: str,
) -> Benchmarked:
    share = _shares(weights)
    own = float(share @ direct)
    wanted = own if total is None else total
    values = benchmarked(estimate, weights, wanted, adjustment=adjustment)
    before = float(share @ estimate)
    b = share * pull
    cross = np.linalg.inv(x.T @ (x / variance[:, None]))
    added = max(float(b**2 @ variance - (b @ x) @ cross @ (x.T @ b)), 0.0) + (wanted - own) ** 2
    factor = np.ones(len(share)) if adjustment == "difference" else (estimate / before) ** 2
    spread = np.asarray(mse + factor * added)
    lower, upper = _beta_interval(values, spread)
    return Benchmarked(values, spread, lower, upper, before, wanted, added, adjustment)


def _beta_interval(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """The 2.5 and 97.5 % points of beta distributions of these means and variances; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = mean * (1 - mean) / variance - 1
    good = (mean > 0) & (mean < 1) & (size > 0) & np.isfinite(size)
    a, b = np.where(good, mean * size, 1.0), np.where(good, (1 - mean) * size, 1.0)
    ends = (np.where(good, special.betaincinv(a, b, tail), np.nan) for tail in (0.025, 0.975))
    lower, upper = ends
    return np.asarray(lower), np.asarray(upper)


def _shares(weights: Floats) -> Floats:
    w = np.asarray(weights, np.float64)
    if not (np.isfinite(w) & (w >= 0)).all() or not w.sum() > 0:
        raise AnalysisError("Weights of areas must be 0 or more and not all 0.")
    return np.asarray(w / w.sum())
