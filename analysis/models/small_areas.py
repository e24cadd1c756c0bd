"""Estimates of units with few answers that borrow strength from others, with their mean squared errors.

Shown beside the direct estimate, never instead of it, and never under a verdict: they are model-based. Fay-Herriot
combines a direct estimate with a regression on register covariates, the smoothed sampling variances being taken as
known; without covariates, beta-binomial shrinkage pulls each rate to the mean of all.
Sources: Fay and Herriot (1979); Datta and Lahiri (2000) and Datta, Rao and Smith (2005) for the mean squared errors;
Rao and Molina (2015), section 6; R `sae` mseFH, `VGAM` betabinomial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from analysis.arrays import Floats
from analysis.errors import AnalysisError

METHODS = ("REML", "ML", "FH")
_STEPS = 500
_PRECISION = 1e-12


@dataclass(frozen=True, slots=True)
class FayHerriot:
    """A fitted area model: `between` is the variance between areas, `coefficients` those of an intercept and x."""

    between: float
    coefficients: Floats
    loglik: float
    estimate: Floats
    mse: Floats


def fay_herriot(direct: Floats, variance: Floats, covariates: Floats, *, method: str = "REML") -> FayHerriot:
    """Best linear unbiased predictions (areas,) from direct estimates with known sampling variances.

    `direct` and `variance` are (areas,), `covariates` (areas × k) without a constant. Raises AnalysisError for an
    unknown method and for variances that are not above 0: an area where everybody is satisfied needs a smoothed one
    first. Source: Fay and Herriot (1979); R `sae` mseFH.
    """
    if method not in METHODS:
        raise AnalysisError(f"Method '{method}' is unknown; choose {', '.join(METHODS)}.")
    y, d = np.asarray(direct, np.float64), np.asarray(variance, np.float64)
    bad = np.flatnonzero(~(d > 0) | np.isnan(y))
    if len(bad):
        raise AnalysisError(f"Area {bad[0] + 1} has no estimate with a variance above 0; smooth variances first.")
    x = np.column_stack([np.ones(len(y)), np.asarray(covariates, np.float64).reshape(len(y), -1)])
    between = float(np.median(d))
    for _ in range(_STEPS):
        change = _step(y, d, x, between, method)
        following = between + change
        done = abs(change) / max(abs(between), 1e-300) < _PRECISION or following <= 0
        between = max(following, 0.0)
        if done:
            break
    v = 1 / (between + d)
    cross = np.linalg.inv(x.T @ (x * v[:, None]))
    beta = cross @ (x.T @ (v * y))
    residual = y - x @ beta
    share = d * v
    leverage = np.einsum("ij,jk,ik->i", x, cross, x)
    first, second = between * share, share**2 * leverage
    square, total, areas = float((v**2).sum()), float(v.sum()), len(y)
    if method == "FH":
        third = share**2 * v * 2 * areas / total**2
        bias = 2 * (areas * square - total**2) / total**3
    else:
        third = share**2 * v * 2 / square
        bias = -float(np.trace(cross @ (x.T @ (x * (v**2)[:, None])))) / square if method == "ML" else 0.0
    mse = first + second + 2 * third - bias * share**2
    loglik = -0.5 * float(np.log(2 * np.pi / v).sum() + (residual**2 * v).sum())
    return FayHerriot(between, beta, loglik, y - share * residual, mse)


def _step(y: Floats, d: Floats, x: Floats, between: float, method: str) -> float:
    """One Fisher-scoring step of the variance between areas."""
    v = 1 / (between + d)
    cross = np.linalg.inv(x.T @ (x * v[:, None]))
    py = v * (y - x @ (cross @ (x.T @ (v * y))))
    if method == "FH":
        return float(((y * py).sum() - (len(y) - x.shape[1])) / v.sum())
    if method == "ML":
        return float((-v.sum() + (py**2).sum()) / (v**2).sum())
    inner = cross @ (x.T @ (x * (v**2)[:, None]))
    trace = v.sum() - np.trace(inner)
    cubes = cross @ (x.T @ (x * (v**3)[:, None]))
    trace_square = (v**2).sum() - 2 * np.trace(cubes) + np.trace(inner @ inner)
    return float((-trace + (py**2).sum()) / trace_square)


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """The common mean and intra-area correlation, and each area's posterior mean with its 95 % interval."""

    mean: float
    correlation: float
    estimate: Floats
    mse: Floats
    lower: Floats
    upper: Floats


def beta_binomial(satisfied: Floats, n: Floats, *, level: float = 0.95) -> BetaBinomial:
    """Empirical-Bayes rates (areas,) from `satisfied` of `n` (areas,): counts may be effective (n_eff · p, n_eff).

    `mse` is the posterior variance. The hyperparameters are maximum-likelihood estimates taken as known, so intervals
    are a little too short. Raises AnalysisError for fewer than three areas.
    """
    k, size = np.asarray(satisfied, np.float64), np.asarray(n, np.float64)
    if not ((k >= 0) & (k <= size)).all() or len(k) < 3:
        raise AnalysisError("Shrinkage needs three areas or more, each with satisfied answers between 0 and n.")

    def minus(theta: Floats) -> float:
        mu, prior = _prior(theta)
        a, b = prior * mu, prior * (1 - mu)
        return -float((special.betaln(k + a, size - k + b) - special.betaln(a, b)).sum())

    start = np.array([special.logit(np.clip(k.sum() / size.sum(), 0.01, 0.99)), special.logit(0.05)])
    made = optimize.minimize(
        minus, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000}
    )
    mu, prior = _prior(made.x)
    a, b = k + prior * mu, size - k + prior * (1 - mu)
    tail = (1 - level) / 2
    mean = a / (a + b)
    spread = mean * (1 - mean) / (a + b + 1)
    return BetaBinomial(
        mu,
        1 / (prior + 1),
        mean,
        spread,
        np.asarray(special.betaincinv(a, b, tail)),
        np.asarray(special.betaincinv(a, b, 1 - tail)),
    )


def _prior(theta: Floats) -> tuple[float, float]:
    """Mean and size of the prior from logits of mean and correlation."""
    rho = float(np.clip(special.expit(theta[1]), 1e-9, 1 - 1e-9))
    return float(special.expit(theta[0])), 1 / rho - 1
