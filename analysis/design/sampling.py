"""How many people to ask, and how to share them out over strata.

Sizes: Yamane's formula of the ministry's guidance (simple random, share near one half, one estimate for the whole),
Cochran's with design effect and response, and the size that lets a one-sided test certify a target. Allocations:
proportional, equal, Neyman, and power, each with a floor and never above the stratum.
Sources: guidance to Quyết định 1383/QĐ-BNV; Cochran (1977), sections 4.4-4.7 and 5.5-5.9; Bankier (1988).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis import error_rates
from analysis.arrays import Floats
from analysis.errors import AnalysisError


@dataclass(frozen=True, slots=True)
class CochranSize:
    """n0 for an infinite population, with the finite population correction, and to be asked given the response."""

    n0: float
    corrected: float
    asked: float


def yamane(population: float, margin: float) -> float:
    """N / (1 + N e²): the ministry's formula, unrounded. A simple random sample; per unit that is reported.

    `population` is people, `margin` a share of 0..1. Raises AnalysisError outside these.

    >>> round(yamane(12_000, 0.05), 1)
    387.1
    """
    _positive("population", population)
    _share("margin", margin)
    return population / (1 + population * margin**2)


def whole(size: float, population: float) -> int:
    """A size as people: rounded up (not for floating noise), never above the population.

    >>> whole(387.1, 12_000), whole(500.0, 320)
    (388, 320)
    """
    return int(min(math.ceil(round(size, 9)), population))


def cochran(
    rate: float,
    margin: float,
    population: float,
    *,
    design_effect: float = 1.0,
    response: float = 1.0,
    level: float = 0.95,
) -> CochranSize:
    """z² p (1 − p) / e² · deff, corrected for a finite population, divided by the response rate once.

    `rate`, `margin` and `response` are shares of 0..1, `population` people. Raises AnalysisError outside these.
    Source: Cochran (1977), sections 4.4-4.7.

    >>> size = cochran(0.9, 0.03, 1_000_000, design_effect=2.0, response=0.7)
    >>> round(size.n0, 1), round(size.asked, 1)
    (768.3, 1096.7)
    """
    _share("rate", rate)
    _share("margin", margin)
    _share("response", response)
    _positive("population", population)
    _positive("design effect", design_effect)
    z = special.ndtri((1 + level) / 2)
    n0 = z**2 * rate * (1 - rate) / margin**2 * design_effect
    corrected = n0 / (1 + (n0 - 1) / population)
    return CochranSize(float(n0), float(corrected), float(corrected / response))


def to_certify(truth: float, target: float, *, alpha: float = 0.05, power: float = 0.80) -> float:
    """Effective answers needed so that a one-sided test proves the side of the target on which the truth lies.

    ((z_α √(T(1−T)) + z_β √(p(1−p))) / (p − T))²; multiply by the design effect, divide by the response rate. Rates are
    0..1. Raises AnalysisError for a truth at the target and a power not above alpha.

    >>> round(to_certify(0.93, 0.90)), round(to_certify(0.88, 0.85))
    (557, 823)
    """
    _share("truth", truth)
    _share("target", target)
    if truth == target:
        raise AnalysisError("No sample proves a target that is exactly met; give a truth that differs from it.")
    null, true = math.sqrt(target * (1 - target)), math.sqrt(truth * (1 - truth))
    return error_rates.one_sided_size(truth - target, alpha=alpha, power=power, spread_null=null, spread_true=true)


def design_effect(cluster_size: float, intraclass_correlation: float) -> float:
    """1 + (m − 1) ρ for clusters of m answers and an intraclass correlation ρ (Kish 1965, section 5.4).

    >>> round(design_effect(20, 0.05), 2)
    1.95
    """
    return 1 + (cluster_size - 1) * intraclass_correlation


def allocate(
    size: float,
    population: Sequence[float] | Floats,
    *,
    rule: str = "power",
    spread: Sequence[float] | Floats | None = None,
    power: float = 0.5,
    floor: float = 0.0,
) -> Floats:
    """`size` shared over strata of `population` (H,), unrounded: people of each stratum (H,).

    proportional: ∝ N; equal; neyman: ∝ N·S with `spread` S = √(p(1−p)) (H,); power: ∝ N^power. No stratum gets less
    than `floor` or more than it has; what that frees or takes is shared among the others by the same rule. Raises
    AnalysisError for an unknown rule, a size above the population and floors above the size.

    >>> allocate(300, [900, 400, 100], floor=60).round(1).tolist()
    [144.0, 96.0, 60.0]
    """
    sizes = np.asarray(population, np.float64)
    if rule == "proportional":
        measure = sizes
    elif rule == "equal":
        measure = np.ones_like(sizes)
    elif rule == "neyman":
        if spread is None:
            raise AnalysisError("Neyman allocation needs the spread of each stratum.")
        measure = sizes * np.asarray(spread, np.float64)
    elif rule == "power":
        measure = sizes**power
    else:
        raise AnalysisError(f"Allocation '{rule}' is unknown; choose proportional, equal, neyman or power.")
    if size > sizes.sum():
        raise AnalysisError(f"{size:g} cannot be drawn from a population of {sizes.sum():g}.")
    low = np.minimum(floor, sizes)
    if low.sum() > size:
        raise AnalysisError(f"A floor of {floor:g} in {len(sizes)} strata needs {low.sum():g}, but there are {size:g}.")
    return _within(size, measure, low, sizes)


def _within(size: float, measure: Floats, low: Floats, high: Floats) -> Floats:
    """size shared in proportion to a measure, with bounds: λ·measure clipped, λ by bisection."""
    share = size * measure / measure.sum()
    if (share >= low).all() and (share <= high).all():
        return np.asarray(share)
    bottom, top = 0.0, float(np.max(high[measure > 0] / measure[measure > 0]))
    for _ in range(200):
        middle = (bottom + top) / 2
        if np.clip(middle * measure, low, high).sum() < size:
            bottom = middle
        else:
            top = middle
    return np.asarray(np.clip(top * measure, low, high))


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise AnalysisError(f"The {name} must be above 0; it is {value}.")


def _share(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise AnalysisError(f"The {name} must be above 0 and at most 1; it is {value}.")
