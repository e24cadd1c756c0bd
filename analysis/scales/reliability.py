"""Reliability of a scale: alpha, item-rest correlations, Guttman's lambda 6 and omega of one factor.

All of them describe people who answered every item of the scale (n says how many): with items that do not apply, five
factors on their own keep far more people than 22 items at once. Without weights unless said; alpha is also given with
weights. Omega is that of a one-factor model fitted by maximum likelihood to the covariance matrix.
Not defined (NaN): scales of fewer than 2 items (omega: 3), items without variance, fewer than 3 people.
Sources: Cronbach (1951); Guttman (1945) for lambda 6; Jöreskog (1967) for the fit; McDonald (1999) for omega;
R `psych` alpha, `survey` svycralpha, `lavaan` cfa(estimator = "ML").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import AnyArray, Floats
from analysis.errors import AnalysisError
from analysis.scales import simple_structure

_SMALLEST = 0.005


@dataclass(frozen=True, slots=True)
class ItemRest:
    """One item in its scale: its correlation with the sum of the others, and alpha without it."""

    item: str
    r_drop: float
    alpha_if_dropped: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """The figures of one scale. `n` people answered all items, `n_weighted` of them with positive weight."""

    scale: str
    items: int
    n: int
    n_weighted: int
    alpha: float
    alpha_standardised: float
    mean_correlation: float
    lambda6: float
    alpha_weighted: float
    omega: float
    loadings: tuple[float, ...]
    item_rest: tuple[ItemRest, ...]


def reliability(scale: str, items: Sequence[str], answers: Floats, weights: Floats | None = None) -> Reliability:
    """The figures of one scale from answers (n × items, NaN = no substantive answer) and weights (n,).

    Over complete rows; weights are used by the weighted alpha alone. Source: R `psych` alpha, `survey` svycralpha.

    >>> answers = np.array([[5, 4, 5], [4, 4, 4], [2, 3, 2], [3, 3, 4], [1, 2, 1]], float)
    >>> round(reliability("staff", ["q1", "q2", "q3"], answers).alpha, 3)
    0.94
    """
    complete = ~np.isnan(answers).any(axis=1)
    own = answers[complete]
    n, size = own.shape
    weight = np.ones(n) if weights is None else weights[complete]
    count = int((weight > 0).sum())
    nothing = tuple(ItemRest(item, np.nan, np.nan) for item in items)
    if n < 3 or size < 2 or not (own.std(axis=0) > 0).all():
        void = (np.nan,) * 6
        return Reliability(scale, size, n, count, *void, (np.nan,) * size, nothing)
    covariance = np.cov(own, rowvar=False)
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    omega, loadings = one_factor(covariance)
    rest = tuple(_item_rest(item, k, covariance) for k, item in enumerate(items))
    return Reliability(
        scale,
        size,
        n,
        count,
        alpha(covariance),
        alpha(correlation),
        float((correlation.sum() - size) / (size * (size - 1))),
        _lambda6(correlation),
        alpha(_weighted_covariance(own, weight)) if count > 1 else np.nan,
        omega,
        loadings,
        rest,
    )


def alpha(covariance: Floats) -> float:
    """K/(K−1) · (1 − Σ variances / variance of the sum), from a covariance matrix (items × items) (Cronbach 1951)."""
    size = len(covariance)
    whole = float(covariance.sum())
    return float(size / (size - 1) * (1 - np.trace(covariance) / whole)) if whole > 0 else np.nan


def one_factor(covariance: Floats) -> tuple[float, tuple[float, ...]]:
    """Omega (Σλ)² / ((Σλ)² + Σθ) and the standardised loadings of a one-factor model, by maximum likelihood.

    From a covariance matrix (items × items). NaN with fewer than three items, where the model is not identified, and
    where a unique variance falls to 0.
    """
    size = len(covariance)
    nothing = np.nan, (np.nan,) * size
    if size < 3:
        return nothing
    spread = np.sqrt(np.diag(covariance))
    try:
        found = simple_structure.maximum_likelihood(covariance / np.outer(spread, spread), np.zeros(size, np.int64))
    except AnalysisError:
        return nothing
    if (found.unique <= _SMALLEST).any():
        return nothing
    common = float(found.loadings @ spread) ** 2
    omega = common / (common + float(found.unique @ spread**2))
    return omega, tuple(float(one) for one in found.loadings)


def _item_rest(item: str, place: int, covariance: Floats) -> ItemRest:
    others = np.delete(np.arange(len(covariance)), place)
    inner = covariance[np.ix_(others, others)]
    together = float(covariance[place, others].sum())
    r = together / np.sqrt(float(covariance[place, place]) * float(inner.sum()))
    return ItemRest(item, float(r), alpha(inner) if len(others) > 1 else np.nan)


def _lambda6(correlation: Floats) -> float:
    """1 − Σ (1 − squared multiple correlation) / Σ r."""
    unique = 1 / np.diag(np.linalg.pinv(correlation))
    return float(1 - unique.sum() / correlation.sum())


def _weighted_covariance(values: AnyArray, weight: Floats) -> Floats:
    centred = values - weight @ values / weight.sum()
    return np.asarray((centred * weight[:, None]).T @ centred / weight.sum())
