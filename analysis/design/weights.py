"""Weights made in stages, each recorded: base, non-response, trimming; and what a set of weights costs.

A weight set is never overwritten: every stage says what went in and what came out. Calibration to known totals is in
`calibration`, frames of transaction counts in `frame_weights`.
Sources: Kish (1965, section 11.7; 1992) for the design effect of weights; Little and Vartivarian (2003) for classes;
R `survey` trimWeights for trimming.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.errors import WeightingError

_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class WeightStage:
    """What weights look like after one stage, over answers of positive weight.

    `cv` is the coefficient of variation, `kish` = 1 + cv² = n Σw² / (Σw)², what unequal weights alone cost.
    """

    name: str
    n: int
    total: float
    smallest: float
    median: float
    largest: float
    cv: float
    kish: float
    merged: int = 0
    flagged: int = 0
    trimmed: int = 0


def stage_of(
    name: str, weights: Floats, times: Floats | None = None, *, merged: int = 0, flagged: int = 0, trimmed: int = 0
) -> WeightStage:
    """The record of a stage of weights (k,). `times` (k,) is the number of answers with each; by default one answer.

    Raises WeightingError where no answer has a positive weight.
    """
    counts = np.ones(len(weights)) if times is None else np.asarray(times, np.float64)
    inside = (weights > 0) & (counts > 0)
    w, k = weights[inside], counts[inside]
    if not len(w):
        raise WeightingError(f"Stage '{name}' leaves no answer with a positive weight.")
    n, total = float(k.sum()), float(k @ w)
    kish = n * float(k @ w**2) / total**2
    order = np.argsort(w)
    middle = np.searchsorted(np.cumsum(k[order]), n / 2)
    return WeightStage(
        name,
        int(n),
        total,
        float(w.min()),
        float(w[order][middle]),
        float(w.max()),
        float(np.sqrt(max(kish - 1, 0.0))),
        kish,
        merged,
        flagged,
        trimmed,
    )


def kish_design_effect(weights: Floats) -> float:
    """n Σw² / (Σw)² over the positive ones of weights (n,): what unequal weights alone cost (Kish 1965).

    >>> kish_design_effect(np.array([1.0, 1.0, 2.0, 0.0]))
    1.125
    """
    w = weights[weights > 0]
    return float(len(w) * (w @ w) / w.sum() ** 2)


def base_weights(stratum: Ints, population: Floats) -> Floats:
    """N/n by stratum, for samples drawn with equal chances within strata.

    `stratum` (n,) are codes from 0, `population` (H,) is N of each. Gives weights (n,). Raises WeightingError for a
    stratum with more answers than people.

    >>> base_weights(np.array([0, 0, 1]), np.array([100.0, 30.0])).tolist()
    [50.0, 50.0, 30.0]
    """
    n = np.bincount(stratum, minlength=len(population)).astype(np.float64)
    if (n > population).any():
        place = int(np.flatnonzero(n > population)[0])
        raise WeightingError(
            f"Stratum {place} has {n[place]:g} answers and a population of {population[place]:g}; a sample cannot be "
            f"larger than what it was drawn from."
        )
    return np.asarray((population / np.maximum(n, 1))[stratum])


def nonresponse_weights(weights: Floats, cell: Ints, responded: Bools, *, most: float | None = None) -> Floats:
    """Weights of respondents after adjusting by classes: Σ w of all asked over Σ w of those who answered.

    `weights`, `cell` (codes from 0) and `responded` are (n,), the result too; who did not answer gets 0. Raises
    WeightingError for a class without a respondent, or with a factor above `most`, and names it: merge it.
    """
    asked = np.bincount(cell, weights)
    answered = np.bincount(cell, np.where(responded, weights, 0.0), len(asked))
    for place in np.flatnonzero(asked > 0):
        if answered[place] <= 0:
            raise WeightingError(f"Class {place} has nobody who answered; merge it with a similar class.")
        if most is not None and asked[place] / answered[place] > most:
            raise WeightingError(
                f"Class {place} would be multiplied by {asked[place] / answered[place]:.2f}, more than {most}; "
                f"merge it."
            )
    factor = np.divide(asked, answered, out=np.ones(len(asked)), where=answered > 0)
    return np.where(responded, weights * factor[cell], 0.0)


def trimmed(weights: Floats, *, upper: float = np.inf, lower: float = -np.inf, strict: bool = True) -> Floats:
    """Weights (n,) cut at the bounds, what was cut spread equally over those inside; repeated until none is outside.

    The sum stays. `strict` off: one round only, as the spreading may push others over the bound. Raises WeightingError
    where the bounds leave no weight inside. Source: R `survey` trimWeights.
    """
    w = np.asarray(weights, np.float64).copy()
    least, most = lower - abs(lower) * _NOISE, upper + abs(upper) * _NOISE  # else rounding goes round in circles
    for _ in range(1000):
        outside = (w < least) | (w > most)
        if not outside.any():
            return w
        if outside.all():
            raise WeightingError(f"All weights lie outside {lower:g} … {upper:g}; choose wider bounds.")
        cut = np.clip(w, lower, upper)
        excess = float((w - cut).sum())
        cut[~outside] += excess / int((~outside).sum())
        w = cut
        if not strict:
            return w
    raise WeightingError(f"Trimming to {lower:g} … {upper:g} does not settle; choose wider bounds.")


def upper_bound(weights: Floats, *, spread: float = 4.0) -> float:
    """The default bound for trimming weights (n,): median + 4 · interquartile range of the positive ones."""
    w = weights[weights > 0]
    quarter, half, three = np.quantile(w, [0.25, 0.5, 0.75])
    return float(half + spread * (three - quarter))
