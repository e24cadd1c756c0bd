"""Tests that know the design: a mean against a value, differences between domains, associations in tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.arrays import Bools, Floats
from analysis.design.sample_design import SampleDesign
from analysis.estimation import estimators
from analysis.estimation.estimators import JointEstimate


@dataclass(frozen=True, slots=True)
class TTest:
    """A t test: the estimate it is about, its statistic, degrees of freedom and two-sided p-value."""

    estimate: float
    se: float
    statistic: float
    df: int
    p_value: float


def t_test(estimate: float, se: float, df: int) -> TTest:
    """estimate / se against Student's t, two-sided; NaN where there are no degrees of freedom or the se is 0."""
    if not (se > 0 and df > 0):
        return TTest(estimate, se, np.nan, df, np.nan)
    t = estimate / se
    return TTest(estimate, se, t, df, float(2 * special.stdtr(df, -abs(t))))


def mean_against(design: SampleDesign, values: Floats, target: float, domain: Bools | None = None) -> TTest:
    """Whether the mean of `values` (n,) differs from `target`, in the same unit; `domain` (n,).

    df is the design's minus 1, as R's svyttest has it.
    """
    found = estimators.mean(design, values - target, domain)
    return t_test(found.estimate, found.se, found.df - 1)


def groups_differ(design: SampleDesign, values: Floats, group: Bools, domain: Bools | None = None) -> TTest:
    """The difference of the mean of `values` (n,) between the rows in `group` (n,) and the others.

    df is the domain's minus 1. The same as the slope of a regression on the group; R: svyttest(y ~ g).
    """
    inside = ~np.isnan(values) if domain is None else ~np.isnan(values) & domain
    joint = estimators.domain_means(design, values, [group & inside, ~group & inside])
    found = contrast(joint, np.array([1.0, -1.0]))
    return t_test(found.estimate, found.se, design.degrees_of_freedom(inside) - 1)


def contrast(joint: JointEstimate, coefficients: Floats) -> TTest:
    """A linear combination, coefficients (k,), of k estimates with their covariance, against 0 with the joint df.

    Source: R `survey` svycontrast.
    """
    value = float(coefficients @ joint.estimate)
    spread = float(coefficients @ joint.covariance @ coefficients)
    return t_test(value, float(np.sqrt(max(spread, 0.0))), joint.df)


def ranks_differ(design: SampleDesign, values: Floats, group: Bools, domain: Bools | None = None) -> TTest:
    """The design-based Wilcoxon test: whether ranks in the estimated population differ between two groups.

    `values`, `group` and `domain` are (n,). Mid-ranks over N, regressed on the group; df is the domain's minus 1
    (Lumley and Scott 2013; R: svyranktest(test = "wilcoxon")).
    """
    keep = ~np.isnan(values) if domain is None else ~np.isnan(values) & domain
    w = np.where(keep, design.weights, 0.0)
    inside = np.flatnonzero(keep)
    distinct, place = np.unique(values[inside], return_inverse=True)
    place = place.reshape(-1)
    order = np.argsort(place, kind="stable")
    middle = np.empty(len(inside))
    middle[order] = np.cumsum(w[inside][order]) - w[inside][order] / 2
    count = np.bincount(place, minlength=len(distinct))
    score = np.zeros(design.rows)
    score[inside] = (np.bincount(place, middle, len(distinct)) / count)[place] / w.sum()
    found = contrast(estimators.domain_means(design, score, [group & keep, ~group & keep]), np.array([1.0, -1.0]))
    return t_test(found.estimate, found.se, design.degrees_of_freedom(keep) - 1)
