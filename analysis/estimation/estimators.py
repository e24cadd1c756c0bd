"""Means, totals, ratios and proportions of a sample in memory, in the whole or in a domain.

Every estimator takes values per row with NaN for a missing answer; a missing answer is outside the domain. A domain
is a mask: rows outside it keep their place in the design with weight zero. Estimates carry n (rows of positive
weight), the sum of weights, standard error, degrees of freedom and both design effects.
Sources: Särndal, Swensson and Wretman (1992), sections 5.6, 5.8 and 10.3; R `survey` svymean, svytotal, svyratio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.design.sample_design import SampleDesign
from analysis.design.variance import taylor_covariance, taylor_variance

NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class RowEstimate:
    """One estimate from rows. NaN where it cannot be had; df may be 0 or less, and then there is no interval."""

    n: int
    rows: int
    sum_w: float
    estimate: float
    se: float
    df: int
    deff_wor: float
    deff_wr: float


@dataclass(frozen=True, slots=True)
class JointEstimate:
    """Several estimates with their covariance matrix."""

    estimate: Floats
    covariance: Floats
    df: int

    @property
    def se(self) -> Floats:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


def mean(design: SampleDesign, values: Floats, domain: Bools | None = None) -> RowEstimate:
    """The mean of `values` (n,) over people with a value (NaN = none): Σ w y / Σ w, in the unit of the values.

    A 0/1 column gives a proportion. `domain` (n,) chooses rows without removing the others from the design. Variance:
    linearised, z = w (y − ȳ) / Σ w. Empty domain: everything NaN, n = 0. Source: R `survey` svymean.

    >>> from analysis.design.sample_design import sample_design
    >>> sample = sample_design([3.0, 1.0, 1.0, 1.0])
    >>> found = mean(sample, np.array([1.0, 0.0, 1.0, np.nan]))
    >>> round(found.estimate, 4), round(found.se, 4), found.n, found.df
    (0.8, 0.2355, 3, 2)
    """
    ones = np.where(np.isnan(values), np.nan, 1.0)
    return ratio(design, values, ones, domain)


def ratio(design: SampleDesign, numerator: Floats, denominator: Floats, domain: Bools | None = None) -> RowEstimate:
    """Σ w y / Σ w x over rows with both; `numerator` and `denominator` are (n,), NaN = missing.

    Variance: z = w (y − r x) / Σ w x. Design effect: against a simple random sample of the same people, as R's
    svyratio(deff = TRUE). Source: Särndal et al. (1992), section 5.6.

    >>> from analysis.design.sample_design import sample_design
    >>> sample = sample_design([1.0, 1.0, 2.0])
    >>> found = ratio(sample, np.array([4.0, 2.0, 3.0]), np.array([5.0, 4.0, 3.0]))
    >>> round(found.estimate, 4), round(found.se, 4)
    (0.8, 0.1386)
    """
    keep = _keep(numerator, domain) & ~np.isnan(denominator)
    w = np.where(keep, design.weights, 0.0)
    y, x = np.where(keep, numerator, 0.0), np.where(keep, denominator, 0.0)
    bottom = float(w @ x)
    n, rows, people = int((w > 0).sum()), int(keep.sum()), float(w.sum())
    df = design.degrees_of_freedom(keep)
    if not bottom > 0:
        return RowEstimate(n, rows, people, np.nan, np.nan, df, np.nan, np.nan)
    r = float(w @ y) / bottom
    score = w * (y - r * x) / bottom
    se = _se(taylor_variance(design, score, keep)[0], relative_to=max(abs(r), 1.0))
    spread = float(w @ (y - r * x) ** 2) / bottom**2
    return RowEstimate(n, rows, people, r, se, df, *_design_effects(se, spread, people, n))


def total(design: SampleDesign, values: Floats, domain: Bools | None = None) -> RowEstimate:
    """Σ w y over rows with a value; `values` (n,), NaN = missing, the result in the unit of the values.

    Variance: z = w y. Design effects: as R's svytotal(deff = TRUE).

    >>> from analysis.design.sample_design import sample_design
    >>> found = total(sample_design([10.0, 10.0, 20.0]), np.array([1.0, 0.0, 1.0]))
    >>> found.estimate, round(found.se, 3)
    (30.0, 17.321)
    """
    keep = _keep(values, domain)
    w, y = np.where(keep, design.weights, 0.0), np.where(keep, values, 0.0)
    n, rows, people = int((w > 0).sum()), int(keep.sum()), float(w.sum())
    value = float(w @ y)
    se = _se(taylor_variance(design, w * y, keep)[0], relative_to=max(abs(value), 1.0))
    average = value / people if people else np.nan
    spread = float(w @ (y - average) ** 2)
    df = design.degrees_of_freedom(keep)
    return RowEstimate(n, rows, people, value, se, df, *_design_effects(se, spread, people, n))


def variance(design: SampleDesign, values: Floats, domain: Bools | None = None) -> RowEstimate:
    """The population variance of `values` (n,), Σ w (y − ȳ)² / Σ w · n/(n−1), with its standard error.

    Source: R `survey` svyvar; the standard error treats ȳ as known, which is exact to first order.
    """
    keep = _keep(values, domain)
    n = int((keep & (design.weights > 0)).sum())
    centre = mean(design, values, domain).estimate
    return mean(design, (values - centre) ** 2 * (n / (n - 1) if n > 1 else np.nan), domain)


def domain_means(design: SampleDesign, values: Floats, groups: list[Bools]) -> JointEstimate:
    """The means of `values` (n,) in several domains (k masks of shape (n,)) with their covariance (k × k).

    Domains share PSUs, so their means are not independent. Source: R `survey` svyby(covmat = TRUE).
    """
    estimates, scores = [], []
    union = np.zeros(design.rows, np.bool_)
    for group in groups:
        keep = _keep(values, group)
        union |= keep
        w = np.where(keep, design.weights, 0.0)
        bottom = w.sum()
        value = float(w @ np.where(keep, values, 0.0)) / bottom if bottom > 0 else np.nan
        estimates.append(value)
        scores.append(w * np.where(keep, values - value, 0.0) / bottom if bottom > 0 else np.zeros(design.rows))
    covariance = taylor_covariance(design, np.column_stack(scores), union)
    return JointEstimate(np.array(estimates), covariance, design.degrees_of_freedom(union))


def _keep(values: Floats, domain: Bools | None) -> Bools:
    there = ~np.isnan(np.asarray(values, np.float64))
    return there if domain is None else there & domain


def _se(variance_value: float, *, relative_to: float) -> float:
    """The standard error; what is only floating noise is 0."""
    error = float(np.sqrt(max(variance_value, 0.0))) if not np.isnan(variance_value) else np.nan
    return 0.0 if error < NOISE * relative_to else error


def _design_effects(se: float, spread: float, people: float, n: int) -> tuple[float, float]:
    """se² over the variance of a simple random sample without and with replacement (`spread` = Σ w e²)."""
    if n < 2 or not se > 0 or not spread > 0:
        return np.nan, np.nan
    replaced = spread * people / (n - 1)
    without = replaced * (1 - n / people) if people >= n else np.nan
    return se**2 / without if without > 0 else np.nan, se**2 / replaced
