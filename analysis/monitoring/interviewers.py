"""Effects of who asked: variance between interviewers beside that between places.

y = μ + Σ u_g + e with one independent normal effect for each grouping (commune, interviewer, …) and each person; the
variances by restricted maximum likelihood, μ and the residual variance profiled out. A share of the variance between
interviewers of some percent makes every rate of a unit with few interviewers uncertain; where each interviewer works
in one commune only, the two cannot be told apart and no number here can do it.
Rows with an answer, without weights; a grouping with one level, or as many as rows, has no variance of its own.
Source: Bates, Mächler, Bolker and Walker (2015), equations 40-42; R `lme4` lmer(y ~ 1 + (1 | a) + (1 | b)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, sparse

from analysis.arrays import AnyArray, Floats
from analysis.errors import AnalysisError

MOST_LEVELS = 4000


@dataclass(frozen=True, slots=True)
class Components:
    """Variances between the levels of each grouping and within; `share` of each in their sum (intraclass)."""

    n: int
    mean: float
    variance: Mapping[str, float]
    residual: float
    share: Mapping[str, float]


def components(values: Floats, groups: Mapping[str, AnyArray]) -> Components:
    """Variance components of answers (n,) (NaN = none) over one or more groupings (n,) of the rows.

    Raises AnalysisError for answers that are all the same, for a grouping of one level or of as many as rows, and for
    more levels than can be solved. Source: Bates et al. (2015); R `lme4` lmer (REML).
    """
    keep = ~np.isnan(np.asarray(values, np.float64))
    y = np.asarray(values, np.float64)[keep]
    codes = {name: np.unique(np.asarray(own)[keep], return_inverse=True)[1].reshape(-1) for name, own in groups.items()}
    levels = {name: int(own.max()) + 1 if len(own) else 0 for name, own in codes.items()}
    for name, count in levels.items():
        if not 1 < count < len(y):
            raise AnalysisError(
                f"'{name}' has {count} levels in {len(y)} rows; its variance needs two, and fewer than rows."
            )
    if sum(levels.values()) > MOST_LEVELS:
        raise AnalysisError(f"{sum(levels.values())} levels of all groupings are too many; at most {MOST_LEVELS}.")
    if not np.ptp(y) > 0:
        raise AnalysisError("All answers are the same; there is no variance to share out.")
    rows = np.arange(len(y))
    z = sparse.hstack([sparse.csr_array((np.ones(len(y)), (rows, own))) for own in codes.values()], format="csr")
    of = np.repeat(np.arange(len(groups)), [*levels.values()])
    fit = _Fit(
        (z.T @ z).toarray(), z.T @ np.ones(len(y)), z.T @ (y - y.mean()), of, len(y), float(((y - y.mean()) ** 2).sum())
    )
    made = optimize.minimize(
        lambda theta: fit.at(theta)[0],
        np.full(len(groups), 0.3),
        method="L-BFGS-B",
        bounds=[(0.0, None)] * len(groups),
        options={"ftol": 1e-14, "gtol": 1e-8},
    )
    _, residual, mean = fit.at(made.x)
    variance = {name: float(theta**2 * residual) for name, theta in zip(groups, made.x, strict=True)}
    whole = residual + sum(variance.values())
    share = {name: own / whole for name, own in variance.items()}
    return Components(len(y), mean + float(y.mean()), variance, residual, share)


@dataclass(frozen=True, slots=True)
class _Fit:
    """The sums that the restricted likelihood needs; `of` gives each column its grouping."""

    gram: Floats
    ones: Floats
    answers: Floats
    of: AnyArray
    n: int
    squares: float

    def at(self, theta: Floats) -> tuple[float, float, float]:
        """−2 log restricted likelihood, residual variance and μ at relative standard deviations of the effects."""
        scale = np.asarray(theta, np.float64)[self.of]
        lower = linalg.cholesky(self.gram * np.outer(scale, scale) + np.eye(len(scale)), lower=True)
        one = linalg.solve_triangular(lower, scale * self.ones, lower=True)
        own = linalg.solve_triangular(lower, scale * self.answers, lower=True)
        weight = self.n - float(one @ one)
        mean = -float(one @ own) / weight
        left = self.squares - float(own @ own) - mean**2 * weight
        freedom = self.n - 1
        lack = (
            2 * float(np.log(np.diag(lower)).sum())
            + np.log(weight)
            + freedom * (1 + np.log(2 * np.pi * left / freedom))
        )
        return lack, left / freedom, mean
