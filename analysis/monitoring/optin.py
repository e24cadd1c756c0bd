"""Self-selected answers beside drawn ones: gap, pseudo-weights and representativity; never pooled.

Weighting a QR channel to known volumes does not make it representative: what is reported is the channel on its own,
the drawn channel on its own, and their difference with an interval, conditional on what was adjusted for. The
participation propensity is a logistic regression on the opt-in rows stacked under the weighted reference; its odds
weight the reference's people by how likely they take part. R-indicator = 1 − 2 S(ρ); with rare participation it is
near 1 by construction, so the coefficient of variation S(ρ) / mean is what to read.
Sources: Elliott and Valliant (2017), section 3; Schouten, Cobben and Bethlehem (2009); R `survey` svyglm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.arrays import AnyArray, Floats
from analysis.design.sample_design import sample_design
from analysis.errors import AnalysisError
from analysis.inference.comparison import Difference, independent
from analysis.models import regression


@dataclass(frozen=True, slots=True)
class Representativity:
    """Who takes part: `cv` = S(ρ) / mean ρ bounds the bias per standard deviation of the answer."""

    r_indicator: float
    cv: float
    coefficients: Floats
    terms: tuple[str, ...]
    pseudo_weights: Floats


def representativity(
    opt_in: Sequence[AnyArray], reference: Sequence[AnyArray], reference_weights: Floats, names: Sequence[str]
) -> Representativity:
    """Propensity of taking part from categorical columns known in both samples, and weights (1 − p) / p for opt-in.

    `opt_in` are columns (n,), `reference` the same columns (m,) with weights (m,). Raises AnalysisError unless both
    have the variables in `names`. Source: Schouten et al. (2009).
    """
    if not len(opt_in) == len(reference) == len(names):
        raise AnalysisError("Opt-in sample, reference and names must have the same variables, in the same order.")
    columns, terms = [], []
    for own, other, name in zip(opt_in, reference, names, strict=True):
        both = np.concatenate([np.asarray(other), np.asarray(own)])
        for label in np.unique(both)[1:]:
            columns.append((both == label).astype(np.float64))
            terms.append(f"{name}{label}")
    known, size = len(reference_weights), len(opt_in[0])
    x = np.column_stack(columns)
    weights = np.concatenate([reference_weights, np.ones(size)])
    takes_part = np.concatenate([np.zeros(known), np.ones(size)])
    fit = regression.logistic(sample_design(weights), takes_part, x, terms)
    eta = fit.coefficients[0] + x @ fit.coefficients[1:]
    odds, w = np.exp(eta[:known]), reference_weights
    mean = float(w @ odds / w.sum())
    spread = float(np.sqrt(w @ (odds - mean) ** 2 / (w.sum() - 1)))
    p = special.expit(eta[known:])
    return Representativity(1 - 2 * spread, spread / mean, fit.coefficients, fit.terms, (1 - p) / p)


@dataclass(frozen=True, slots=True)
class Gap:
    """The self-selected estimate beside the drawn one, and their difference with its interval."""

    opt_in: float
    drawn: float
    difference: Difference

    @property
    def usable_together(self) -> bool:
        """False where the gap exceeds the drawn channel's uncertainty: then only the drawn one says something."""
        return not self.difference.p_value < 0.05


def gap(
    opt_in: float,
    opt_in_se: float,
    opt_in_df: float,
    drawn: float,
    drawn_se: float,
    drawn_df: float,
    level: float = 0.95,
) -> Gap:
    """Opt-in minus drawn; the two share no respondent, so their variances add. df after Satterthwaite."""
    return Gap(opt_in, drawn, independent(opt_in, opt_in_se, opt_in_df, drawn, drawn_se, drawn_df, level))
