"""A unit's rate as its covariates and the other units predict it: a logit model with an effect for each area.

satisfied_i ~ Binomial(n_i, p_i), logit p_i = x_i'β + σ u_i, u_i standard normal. The integral over u_i is taken by
Laplace's method, as lme4 takes it; standard errors of β come from the curvature of that likelihood in β and σ together.
Model-based and shrunken: shown beside the direct estimate, never under a verdict. The answers of an area are taken as
independent, so counts should be effective ones (n and satisfied over the design effect) where they are clustered.
Source: Breslow and Clayton (1993); Bates, Mächler, Bolker and Walker (2015); R `lme4` glmer(nAGQ = 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from analysis.arrays import Floats
from analysis.errors import AnalysisError

_STEPS = 100


@dataclass(frozen=True, slots=True)
class MixedLogit:
    """Coefficients (intercept first) with errors, the standard deviation between areas, each area's fitted rate."""

    coefficients: Floats
    se: Floats
    spread: float
    fitted: Floats
    loglik: float


def mixed_logit(satisfied: Floats, n: Floats, covariates: Floats) -> MixedLogit:
    """The model of one count for each area: `satisfied` of `n` (areas,); `covariates` (areas × k), without a constant.

    Raises AnalysisError, naming the area, for counts that are not 0 to n of n above 0, and for too few areas.
    Source: Breslow and Clayton (1993); R `lme4` glmer.
    """
    good, people = np.asarray(satisfied, np.float64), np.asarray(n, np.float64)
    x = np.column_stack([np.ones(len(people)), np.asarray(covariates, np.float64).reshape(len(people), -1)])
    bad = np.flatnonzero(~((good >= 0) & (good <= people) & (people > 0)))
    if len(bad):
        raise AnalysisError(
            f"Area {bad[0] + 1} has {good[bad[0]]:g} satisfied of {people[bad[0]]:g}; expected 0 to n of n above 0."
        )
    if len(people) <= x.shape[1] + 1:
        raise AnalysisError(f"{len(people)} areas cannot carry {x.shape[1]} coefficients and a variance between areas.")

    def lack(theta: Floats) -> float:
        return -_loglik(theta, good, people, x)[0]

    start = np.r_[_started(good, people, x), 0.3]
    bounds = [(None, None)] * x.shape[1] + [(0.0, None)]
    made = optimize.minimize(lack, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-7})
    value, effect = _loglik(made.x, good, people, x)
    beta, sigma = made.x[:-1], float(made.x[-1])
    curvature = _curvature(lack, made.x)
    if sigma == 0:
        curvature = curvature[:-1, :-1]
    se = np.sqrt(np.diag(np.linalg.inv(curvature)))[: len(beta)]
    return MixedLogit(beta, se, sigma, np.asarray(special.expit(x @ beta + sigma * effect)), value)


def _started(good: Floats, people: Floats, x: Floats) -> Floats:
    share = special.logit((good + 0.5) / (people + 1))
    return np.asarray(np.linalg.lstsq(x * np.sqrt(people)[:, None], share * np.sqrt(people))[0])


def _loglik(theta: Floats, good: Floats, people: Floats, x: Floats) -> tuple[float, Floats]:
    """Laplace's log-likelihood and where each area's effect is likeliest."""
    linear, sigma = x @ theta[:-1], float(theta[-1])
    effect = np.zeros(len(people))
    for _ in range(_STEPS):
        p = special.expit(linear + sigma * effect)
        step = (sigma * (good - people * p) - effect) / (1 + sigma**2 * people * p * (1 - p))
        effect = effect + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-12:
            break
    eta = linear + sigma * effect
    p = special.expit(eta)
    choose = special.gammaln(people + 1) - special.gammaln(good + 1) - special.gammaln(people - good + 1)
    inner = good * eta + people * special.log_expit(-eta) + choose - effect**2 / 2
    return float((inner - np.log1p(sigma**2 * people * p * (1 - p)) / 2).sum()), effect


def _curvature(lack: Callable[[Floats], float], at: Floats, step: float = 1e-4) -> Floats:
    """Second derivatives by central differences."""
    size = len(at)
    result = np.empty((size, size))
    moves = np.eye(size) * step
    for i in range(size):
        for j in range(i + 1):
            both = (
                lack(at + moves[i] + moves[j])
                - lack(at + moves[i] - moves[j])
                - lack(at - moves[i] + moves[j])
                + lack(at - moves[i] - moves[j])
            )
            result[i, j] = result[j, i] = both / (4 * step**2)
    return result
