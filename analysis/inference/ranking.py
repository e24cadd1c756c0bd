"""Ranks of units with their uncertainty: rank confidence sets, groups that cannot be told apart, funnels.

A rank set is turned out of lower limits for all differences, each way: unit j is surely behind k where the limit of
θ_k − θ_j lies above 0. The critical value is a quantile of the largest studentised difference of simulated normal
estimates with the estimates' covariance. It is stepped down: "k is above j" leaves the maximum once it is proven, its
reverse stays, for nothing was proven about a k that is below. (Dropping both would make the sets too narrow.)
`marginal` sets hold for one unit looked up alone, `simultaneous` sets for the whole table at once. Rank 1 is the
highest value.
Sources: Mogstad, Romano, Shaikh and Wilhelm (2024), sections 3 and 4, R `csranks`; Spiegelhalter (2005) for funnels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.errors import AnalysisError

NOISE_SHARE = 0.10
_BLOCK = 1 << 23


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ranks with confidence sets, one line per unit; rank 0 and bounds 0 where a unit could not be ranked.

    `group` numbers runs of units that cannot be told apart from the first of their run. `told_apart` is the share of
    pairs whose order is proven; `is_noise` is True where that is under one in ten: such an order says nothing.
    """

    rank: Ints
    simultaneous: Ints
    marginal: Ints
    group: Ints
    told_apart: float

    @property
    def is_noise(self) -> bool:
        return not self.told_apart >= NOISE_SHARE


def rank_units(
    estimate: Floats, covariance: Floats, *, coverage: float = 0.95, draws: int = 20_000, seed: int = 7
) -> Ranking:
    """Ranks (units,) with marginal and simultaneous sets (units × 2), the highest estimate first.

    `estimate` is (units,), `covariance` (units × units), or its diagonal (units,) for units that share nobody. A unit
    without an estimate, or with variance 0 (everybody, nobody, or one cluster), is set aside: rank 0. One seed, one
    result. Raises AnalysisError for a coverage outside 0..1. Source: Mogstad et al. (2024), R `csranks`.

    >>> order = rank_units(np.array([0.95, 0.80, 0.81]), np.diag([0.01, 0.01, 0.01]) ** 2, draws=2000)
    >>> order.rank.tolist(), order.simultaneous.tolist()
    ([1, 3, 2], [[1, 1], [2, 3], [2, 3]])
    """
    if not 0 < coverage < 1:
        raise AnalysisError(f"Coverage must lie between 0 and 1; it is {coverage}.")
    value, spread = np.asarray(estimate, np.float64), np.asarray(covariance, np.float64)
    if spread.ndim == 1:
        spread = np.diag(spread)
    inside = np.flatnonzero(~np.isnan(value) & (np.diag(spread) > 0))
    size = len(inside)
    rank, group = np.zeros(len(value), np.int64), np.zeros(len(value), np.int64)
    simultaneous, marginal = np.zeros((len(value), 2), np.int64), np.zeros((len(value), 2), np.int64)
    if not size:
        return Ranking(rank, simultaneous, marginal, group, np.nan)
    own, cover = value[inside], spread[np.ix_(inside, inside)]
    error = np.sqrt(np.maximum(np.add.outer(np.diag(cover), np.diag(cover)) - 2 * cover, 0.0))
    np.fill_diagonal(error, 1.0)
    error = np.maximum(error, 1e-300)
    gap = np.subtract.outer(own, own)
    draw = _normal_draws(cover, draws, seed)
    every = ~np.eye(size, dtype=np.bool_)
    together = _proven(gap, error, draw, coverage, every)
    rank[inside] = 1 + (gap < 0).sum(axis=1)
    simultaneous[inside] = np.column_stack([1 + together.sum(axis=0), size - together.sum(axis=1)])
    for place, unit in enumerate(inside):
        own_pairs = np.zeros_like(every)
        own_pairs[place], own_pairs[:, place] = every[place], every[:, place]
        above = _proven(gap, error, draw, coverage, own_pairs)
        marginal[unit] = 1 + above[:, place].sum(), size - above[place].sum()
    group[inside] = _groups(own, together)
    pairs = size * (size - 1) // 2
    return Ranking(rank, simultaneous, marginal, group, float(together.sum() / pairs) if pairs else np.nan)


def _normal_draws(covariance: Floats, draws: int, seed: int) -> Floats:
    """Units × draws of a centred normal vector; the covariance may be singular."""
    roots, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(roots, 0.0))
    return np.asarray(root @ np.random.default_rng(seed).standard_normal((draws, len(covariance))).T)


def _proven(gap: Floats, error: Floats, draw: Floats, coverage: float, pairs: Bools) -> Bools:
    """For which of some ordered pairs the row is surely above the column, stepping down until no more are."""
    statistic = gap / error
    proven = np.zeros_like(pairs)
    left = pairs.copy()
    while left.any():
        critical = float(np.quantile(_largest(draw, error, left), coverage))
        new = left & (statistic > critical)
        if not new.any():
            break
        proven |= new
        left &= ~new
    return proven


def _largest(draw: Floats, error: Floats, pairs: Bools) -> Floats:
    """For each draw the largest studentised difference, row minus column, over some ordered pairs.

    A pair that stands both ways is worked out once.
    """
    both = pairs & pairs.T
    result = np.full(draw.shape[1], -np.inf)
    step = max(1, _BLOCK // max(len(result), 1))
    for two_sided, chosen in ((True, np.triu(both)), (False, pairs & ~both)):
        above, below = np.nonzero(chosen)
        for start in range(0, len(above), step):
            row, column = above[start : start + step], below[start : start + step]
            size = (draw[row] - draw[column]) / error[row, column][:, None]
            np.maximum(result, (np.abs(size) if two_sided else size).max(axis=0), out=result)
    return result


def _groups(value: Floats, above: Bools) -> Ints:
    """From the highest down: a new group begins with the first unit that the head of the last is surely above."""
    order = np.argsort(-value, kind="stable")
    group = np.zeros(len(value), np.int64)
    head, number = order[0], 1
    for unit in order:
        if above[head, unit]:
            head, number = unit, number + 1
        group[unit] = number
    return group


@dataclass(frozen=True, slots=True)
class Funnel:
    """Distances from a common target, plain and allowing for over-dispersion between units.

    `phi` is the winsorised mean square of z, `tau2` the variance between units; `limits` (units × 2) for one
    multiple of the standard error around the target.
    """

    target: float
    phi: float
    tau2: float
    variance: Floats
    z: Floats
    z_overdispersed: Floats

    def limits(self, multiple: float = 3.09, *, overdispersed: bool = True) -> Floats:
        """Lower and upper limit for each unit, cut to 0..1."""
        spread = np.sqrt(self.variance + (self.tau2 if overdispersed else 0.0))
        return np.clip(np.column_stack([self.target - multiple * spread, self.target + multiple * spread]), 0.0, 1.0)

    def outside(self, multiple: float = 3.09, *, overdispersed: bool = True) -> Bools:
        return np.asarray(np.abs(self.z_overdispersed if overdispersed else self.z) > multiple)


def funnel(rate: Floats, n: Floats, design_effect: Floats, target: float | None = None, trim: float = 0.1) -> Funnel:
    """Which units lie further from the target than chance and ordinary differences explain.

    z = (p − T) / √(T(1−T) deff / n); T defaults to the pooled rate Σ n p / Σ n. `rate` (0..1), `n` and `design_effect`
    are (units,); `trim` is the share winsorised at each end. Source: Spiegelhalter (2005).

    >>> found = funnel(np.array([0.9, 0.7, 0.91]), np.array([200.0, 150.0, 80.0]), np.ones(3), target=0.9)
    >>> found.outside(overdispersed=False).tolist()
    [False, True, False]
    """
    p, size = np.asarray(rate, np.float64), np.asarray(n, np.float64)
    goal = float((p * size).sum() / size.sum()) if target is None else target
    variance = goal * (1 - goal) * np.asarray(design_effect, np.float64) / size
    z = (p - goal) / np.sqrt(variance)
    low, high = np.quantile(z, [trim, 1 - trim])
    phi = float((np.clip(z, low, high) ** 2).mean())
    weight, units = 1 / variance, len(z)
    below = float(weight.sum() - (weight**2).sum() / weight.sum())
    tau2 = max(0.0, (units * phi - (units - 1)) / below) if below > 0 else 0.0
    return Funnel(goal, phi, tau2, variance, z, (p - goal) / np.sqrt(variance + tau2))
