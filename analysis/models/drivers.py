"""Drivers of overall satisfaction: shares of explained variance, ordinal regression, importance beside performance.

Outcome: the overall question; predictors: people's own means of each factor. `lmg` splits R² of the weighted linear
regression over the factors by averaging their gain over all orders (Shapley); `shapley` does the same to McFadden's
1 − deviance / deviance₀ of the weighted ordinal regression. Errors of the ordinal coefficients are design-based.
Associations, not causes. Rows: positive weight, an overall answer and a mean of every factor used; a factor that under
half of those with an overall answer can be asked about is left out and named, because complete rows would then be
its users only.
Sources: Lindeman, Merenda and Gold (1980); Grömping (2006), R `relaimpo`; McFadden (1974); Martilla and James (1977).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.arrays import AnyArray, Bools, Floats
from analysis.design.sample_design import SampleDesign
from analysis.errors import AnalysisError
from analysis.estimation import estimators
from analysis.models import regression
from analysis.models.ordinal import OrdinalSubsets

MOST_FACTORS = 12
MOST_ORDINAL = 7
MOST_ANSWERS = 20
LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Driver:
    """One factor: its shares of what explains the outcome, its ordinal coefficient, its performance.

    `first` is R² alone, `last` the gain when added to all others, `pratt` β·r, `weighted_r` the correlation with the
    outcome. `performance` is the mean of people's own means. `quadrant` compares importance (lmg) and performance with
    their averages: keep_up, improve, possible_overkill, low_priority.
    """

    driver: str
    lmg: float
    first: float
    last: float
    pratt: float
    weighted_r: float
    shapley: float
    coefficient: float
    se: float
    p_value: float
    performance: float
    quadrant: str


@dataclass(frozen=True, slots=True)
class Drivers:
    """All factors of one outcome, what they explain together, and which were left out for want of users."""

    n: int
    r_squared: float
    mcfadden: float
    df: int
    drivers: tuple[Driver, ...]
    left_out: tuple[str, ...]


def drivers(
    design: SampleDesign,
    outcome: Floats,
    factors: Mapping[str, Floats],
    *,
    least_share: float = LEAST_SHARE,
    split_ordinal: bool = True,
) -> Drivers:
    """Importance of each factor's own mean (n,) (NaN = not answered) for an ordered outcome (n,) (NaN = not answered).

    Without `split_ordinal` the ordinal regression is fitted once and its Shapley values are NaN: 2^factors fits less.
    Raises AnalysisError where no or too many factors are answered by `least_share` of the people, for fewer complete
    rows than factors, and for answers that do not differ. Source: Lindeman et al. (1980); R `relaimpo`.
    """
    asked = ~np.isnan(outcome) & (design.weights > 0)
    used: list[str] = []
    left_out: list[str] = []
    for name, values in factors.items():
        share = float((~np.isnan(values[asked])).mean()) if asked.any() else 0.0
        (used if share >= least_share else left_out).append(name)
    if not used or len(used) > MOST_FACTORS:
        raise AnalysisError(
            f"Drivers need 1 to {MOST_FACTORS} factors that at least half of the respondents answered; "
            f"there are {len(used)}."
        )
    x = np.column_stack([factors[name] for name in used])
    keep = asked & ~np.isnan(x).any(axis=1)
    if keep.sum() <= len(used) + 1:
        raise AnalysisError(f"Drivers need more complete rows than factors; there are {int(keep.sum())}.")
    correlation = _correlation(np.column_stack([outcome, x])[keep], design.weights[keep])
    size = len(used)
    lmg = shapley_values(size, lambda some: _r_squared(correlation, some))
    whole = tuple(range(size))
    r_squared = _r_squared(correlation, whole)
    beta = np.linalg.lstsq(correlation[1:, 1:], correlation[1:, 0])[0]
    ordinal = _ordinal(design, np.where(keep, outcome, np.nan), x, used, MOST_ORDINAL if split_ordinal else 0)
    performance = [estimators.mean(design, factors[name]).estimate for name in used]
    made = []
    for k, name in enumerate(used):
        others = tuple(one for one in whole if one != k)
        made.append(
            Driver(
                name,
                float(lmg[k]),
                float(correlation[0, k + 1] ** 2),
                r_squared - _r_squared(correlation, others),
                float(beta[k] * correlation[0, k + 1]),
                float(correlation[0, k + 1]),
                float(ordinal.shapley[k]),
                float(ordinal.coefficient[k]),
                float(ordinal.se[k]),
                float(ordinal.p_value[k]),
                performance[k],
                _quadrant(lmg[k], float(lmg.mean()), performance[k], float(np.mean(performance))),
            )
        )
    return Drivers(int(keep.sum()), r_squared, ordinal.mcfadden, ordinal.df, tuple(made), tuple(left_out))


def shapley_values(size: int, worth: Callable[[tuple[int, ...]], float]) -> Floats:
    """What each of `size` players adds to the worth of a set, on average over all orders of joining: (size,).

    Source: Shapley (1953).

    >>> shapley_values(2, lambda members: {(): 0.0, (0,): 0.3, (1,): 0.1, (0, 1): 0.5}[members]).round(3).tolist()
    [0.35, 0.15]
    """
    value = {some: worth(some) for k in range(size + 1) for some in itertools.combinations(range(size), k)}
    result = np.zeros(size)
    for some, own in value.items():
        weight = math.factorial(len(some)) * math.factorial(size - 1 - len(some)) if len(some) < size else 0
        for player in range(size):
            if player not in some:
                gain = value[tuple(sorted((*some, player)))] - own
                result[player] += weight / math.factorial(size) * gain
    return result


@dataclass(frozen=True, slots=True)
class _OrdinalPart:
    coefficient: Floats
    se: Floats
    p_value: Floats
    shapley: Floats
    mcfadden: float
    df: int


def _ordinal(design: SampleDesign, outcome: Floats, x: Floats, names: list[str], most: int) -> _OrdinalPart:
    """The ordinal regression on all factors and the split of McFadden's R²; NaN unless 3 to 20 answers differ."""
    size = len(names)
    keep = ~np.isnan(outcome)
    void = np.full(size, np.nan)
    if not 3 <= len(np.unique(outcome[keep])) <= MOST_ANSWERS:
        return _OrdinalPart(void, void, void, void, np.nan, 0)
    fit = regression.proportional_odds(design, outcome, x, names)
    w = design.weights[keep]
    levels, y = np.unique(outcome[keep], return_inverse=True)
    share = np.bincount(y.reshape(-1), w) / w.sum()
    null = float(-2 * w.sum() * (share @ np.log(share)) / w.mean())
    mcfadden = 1 - fit.deviance / null
    p = fit.p_value[:size]
    if size > most:
        return _OrdinalPart(fit.coefficients[:size], fit.se[:size], p, void, mcfadden, fit.df)

    subsets = OrdinalSubsets(x[keep], y.reshape(-1), w, len(levels))

    def worth(some: tuple[int, ...]) -> float:
        if not some:
            return 0.0
        if len(some) == size:
            return mcfadden
        return 1 + 2 * subsets.likelihood(some) / float(w.mean()) / null

    return _OrdinalPart(fit.coefficients[:size], fit.se[:size], p, shapley_values(size, worth), mcfadden, fit.df)


def _correlation(values: AnyArray, weight: Floats) -> Floats:
    centred = values - weight @ values / weight.sum()
    covariance = (centred * weight[:, None]).T @ centred
    spread = np.sqrt(np.diag(covariance))
    if not (spread > 0).all():
        raise AnalysisError("Drivers need answers that differ; the outcome or a factor has the same value in all rows.")
    return np.asarray(covariance / np.outer(spread, spread))


def _r_squared(correlation: Floats, some: tuple[int, ...]) -> float:
    if not some:
        return 0.0
    place = [k + 1 for k in some]
    with_outcome = correlation[place, 0]
    return float(with_outcome @ np.linalg.lstsq(correlation[np.ix_(place, place)], with_outcome)[0])


def _quadrant(importance: float, usual: float, performance: float, usual_performance: float) -> str:
    if importance >= usual:
        return "keep_up" if performance >= usual_performance else "improve"
    return "possible_overkill" if performance >= usual_performance else "low_priority"


def own_means(answers: Floats) -> Floats:
    """People's own means (n,) over the items they answered (n × items, NaN = none); NaN where they answered none.

    >>> own_means(np.array([[4.0, 5.0], [3.0, np.nan], [np.nan, np.nan]])).tolist()
    [4.5, 3.0, nan]
    """
    given: Bools = ~np.isnan(answers)
    count = given.sum(axis=1)
    total = np.where(given, answers, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(answers), np.nan), where=count > 0))
