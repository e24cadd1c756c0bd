"""Regression for designed samples: linear, logistic, and proportional odds, with design-based errors.

Coefficients solve the weighted score equations; their covariance is that of the sums of A⁻¹ · score per row, A the
weighted information (a sandwich with the design's covariance inside). Rows with a missing value or weight zero are
outside the domain; the design keeps their places. df: the design's of the domain, minus the number of coefficients,
plus one where an intercept is among them (as R has it).
Sources: Binder (1983); McCullagh (1980) for proportional odds, P(Y ≤ k) = logistic(ζ_k − x'β);
R `survey` svyglm, svyolr, regTermTest(method = "Wald").
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.arrays import AnyArray, Floats
from analysis.design.sample_design import SampleDesign
from analysis.design.variance import taylor_covariance
from analysis.errors import AnalysisError
from analysis.models.ordinal import Ordinal

_STEPS = 60
_GLM_EPSILON = 1e-8
_FAR = 30.0


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients in the order of `terms`, their covariance, and how many rows they are from.

    `deviance` is −2 log-likelihood with weights scaled to mean 1 (the residual sum of squares for a linear fit).
    """

    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    n: int
    df: int
    deviance: float

    @property
    def se(self) -> Floats:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    @property
    def t(self) -> Floats:
        se = self.se
        return np.asarray(np.divide(self.coefficients, se, out=np.full(len(se), np.nan), where=se > 0))

    @property
    def p_value(self) -> Floats:
        """Two-sided, Student's t with `df`; NaN without df."""
        if self.df <= 0:
            return np.full(len(self.terms), np.nan)
        return np.asarray(2 * special.stdtr(self.df, -np.abs(self.t)))

    def wald(self, terms: Sequence[str]) -> tuple[float, int, int, float]:
        """Whether some coefficients are all 0: F, its two degrees of freedom, p."""
        place = [self.terms.index(term) for term in terms]
        own, spread = self.coefficients[place], self.covariance[np.ix_(place, place)]
        value = float(own @ np.linalg.solve(spread, own)) / len(place)
        tail = float(special.fdtrc(len(place), self.df, value)) if self.df > 0 else np.nan
        return value, len(place), self.df, tail


def linear(design: SampleDesign, values: Floats, predictors: Floats, terms: Sequence[str]) -> Fit:
    """Weighted least squares of `values` (n,) on an intercept and `predictors` (n × k); NaN = missing.

    Raises AnalysisError for another number of terms and for fewer complete rows than coefficients. Source: R svyglm.
    """
    keep, w, x, names = _inside(design, values, predictors, terms)
    y = values[keep]
    information = x.T @ (x * w[:, None])
    beta = np.asarray(np.linalg.solve(information, x.T @ (w * y)), np.float64)
    residual = y - x @ beta
    spread = _sandwich(design, keep, x * (w * residual)[:, None], information)
    return Fit(names, beta, spread, len(y), _df(design, keep, len(beta)), float(w @ residual**2 / w.mean()))


def logistic(design: SampleDesign, satisfied: Floats, predictors: Floats, terms: Sequence[str]) -> Fit:
    """Logistic regression of a 0/1 column (n,) on an intercept and `predictors` (n × k), by reweighted least squares.

    Steps begin and end as R's glm does, whose information is that of the step before the last: its errors are matched
    in the sixth digit, not only the fifth. Raises AnalysisError where all answers are the same, where a predictor
    separates them, and for too few complete rows. Source: R `survey` svyglm.
    """
    keep, w, x, names = _inside(design, satisfied, predictors, terms)
    y = satisfied[keep]
    if not 0 < w @ y < w.sum():
        raise AnalysisError("A logistic regression needs both answers; all answers are the same.")
    w = w / w.mean()
    eta = special.logit((w * y + 0.5) / (w + 1))
    before = _binomial_deviance(w, y, eta)
    for _ in range(_STEPS):
        spread_of = special.expit(eta) * special.expit(-eta)
        working = eta + (y - special.expit(eta)) / spread_of
        information = x.T @ (x * (w * spread_of)[:, None])
        beta = np.linalg.lstsq(information, x.T @ (w * spread_of * working))[0]
        eta = np.clip(x @ beta, -_FAR, _FAR)
        deviance = _binomial_deviance(w, y, eta)
        if abs(before - deviance) / (abs(deviance) + 0.1) < _GLM_EPSILON:
            break
        before = deviance
    else:
        raise AnalysisError("The logistic regression does not settle: some predictor separates the answers.")
    if deviance < 1e-6 * len(y):
        raise AnalysisError("The logistic regression has no answer: some predictor separates the answers.")
    p = special.expit(eta)
    score = x * (w * spread_of * (y - p) / (p * (1 - p)))[:, None]
    spread = _sandwich(design, keep, score, information)
    return Fit(names, beta, spread, len(y), _df(design, keep, len(beta)), deviance)


def _binomial_deviance(w: Floats, y: Floats, eta: Floats) -> float:
    return -2 * float(w @ np.where(y > 0, special.log_expit(eta), special.log_expit(-eta)))


def proportional_odds(design: SampleDesign, answers: Floats, predictors: Floats, terms: Sequence[str]) -> Fit:
    """Ordinal regression of answers (n,) on `predictors` (n × k); the cut points ζ follow the slopes, named `1|2`, ….

    Only codes that occur are levels. Newton steps with the observed information; the errors use the one that R's optim
    finds by differences of 0.001, which matters in the fourth digit where predictors are large. Raises AnalysisError
    for fewer than three different answers and where a predictor separates them. Source: R `survey` svyolr.
    """
    matrix = np.asarray(predictors, np.float64).reshape(design.rows, -1)
    keep = ~np.isnan(answers) & ~np.isnan(matrix).any(axis=1) & (design.weights > 0)
    levels, y = np.unique(answers[keep], return_inverse=True)
    if len(levels) < 3:
        raise AnalysisError(f"An ordinal regression needs three different answers or more; there are {len(levels)}.")
    x, w = matrix[keep], design.weights[keep]
    centre = w @ x / w.sum()
    theta, likelihood = Ordinal(x - centre, y.reshape(-1), w, len(levels)).solved()
    slopes = x.shape[1]
    theta[slopes:] += centre @ theta[:slopes]
    fit = Ordinal(x, y.reshape(-1), w, len(levels))
    spread = _sandwich(design, keep, fit.scores(theta), fit.differenced_information(theta))
    names = (*terms, *(f"{a:g}|{b:g}" for a, b in itertools.pairwise(levels)))
    df = design.degrees_of_freedom(keep) - slopes
    return Fit(names, theta, spread, len(y), df, -2 * likelihood / float(w.mean()))


def _inside(
    design: SampleDesign, values: Floats, predictors: Floats, terms: Sequence[str]
) -> tuple[AnyArray, Floats, Floats, tuple[str, ...]]:
    matrix = np.asarray(predictors, np.float64).reshape(design.rows, -1)
    if len(terms) != matrix.shape[1]:
        raise AnalysisError(f"There are {matrix.shape[1]} predictors and {len(terms)} names; one each is needed.")
    keep = ~np.isnan(values) & ~np.isnan(matrix).any(axis=1) & (design.weights > 0)
    x = np.column_stack([np.ones(int(keep.sum())), matrix[keep]])
    if len(x) < x.shape[1]:
        raise AnalysisError(f"{len(x)} complete rows cannot carry a regression with {x.shape[1]} coefficients.")
    return keep, design.weights[keep], x, ("(Intercept)", *terms)


def _sandwich(design: SampleDesign, keep: AnyArray, score: Floats, information: Floats) -> Floats:
    influence = np.zeros((design.rows, score.shape[1]))
    influence[keep] = np.linalg.lstsq(information, score.T)[0].T
    return taylor_covariance(design, influence, keep)


def _df(design: SampleDesign, keep: AnyArray, coefficients: int) -> int:
    return design.degrees_of_freedom(keep) + 1 - coefficients
