"""Tests that know the design: a mean against a value, differences between domains, associations in tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis import estimators
from analysis.arrays import Bools, Floats
from analysis.design import SampleDesign


@dataclass(frozen=True, slots=True)
class TTest:
    """A t test: the estimate it is about, its statistic, degrees of freedom and two-sided p-value."""

    estimate: float
    se: float
    statistic: float
    df: int
    p_value: float


def t_test(estimate: float, se: float, df: int) -> TTest:
    """estimate / se against Student's t; NaN where there are no degrees of freedom or the standard error is 0."""
    if not (se > 0 and df > 0):
        return TTest(estimate, se, np.nan, df, np.nan)
    t = estimate / se
    return TTest(estimate, se, t, df, float(2 * special.stdtr(df, -abs(t))))


def mean_against(design: SampleDesign, values: Floats, target: float, domain: Bools | None = None) -> TTest:
    """Whether a mean differs from a value. df is the design's minus 1, as R's svyttest has it."""
    found = estimators.mean(design, values - target, domain)
    return t_test(found.estimate, found.se, found.df - 1)
