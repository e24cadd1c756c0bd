"""Intervals of importance shares, and how sure it is which factor comes first: Rao-Wu bootstrap over PSUs.

Estimand: each driver's share of R² (Lindeman, Merenda and Gold) and its performance, as in `drivers`. A replicate draws
n_h − 1 of the n_h PSUs of each stratum with replacement and weighs them n_h / (n_h − 1). Everything comes from sums of
cross products by PSU, so its cost does not grow with the respondents; where a stratum has more than so many PSUs they
are put together at random, as many in each (random groups): that costs degrees of freedom where there are plenty. A
stratum with one PSU contributes nothing. Nothing is said under 8 degrees of freedom or for more than 8 drivers.
Missing values: as in `drivers`, complete rows for shares, rows with the driver for its performance. Seeded.
Sources: Rao and Wu (1988); Wolter (2007), chapters 2 and 5; Grömping (2006) on bootstrapping LMG.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.design.sample_design import SampleDesign

REPLICATES = 500
MOST_PSUS = 20  # of a stratum; more are put together
MOST_DRIVERS = 8
LEAST_DF = 8
CERTAIN = 0.95
SEED = 20261121


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """The share of one driver among what all explain, its error and 95 % interval, and where it ranks (1 = most).

    `first_to_improve` is the proportion of replicates in which its share is at least the average one and its
    performance is below the mean of the others.
    """

    driver: str
    se: float
    lower: float
    upper: float
    rank_low: int
    rank_high: int
    first_to_improve: float

    @property
    def is_certain(self) -> bool:
        return self.first_to_improve >= CERTAIN


def share_intervals(
    design: SampleDesign,
    outcome: Floats,
    factors: Mapping[str, Floats],
    used: Sequence[str],
    *,
    replicates: int = REPLICATES,
) -> tuple[ShareInterval, ...]:
    """Intervals of the shares of the drivers `used`, in their order; empty where nothing can be said.

    `outcome` (n,) and each factor (n,) are people's own values, NaN = not answered. Source: Rao and Wu (1988).
    """
    size = len(used)
    weight = np.where(design.weights > 0, design.weights, 0.0)
    keep = (weight > 0) & ~np.isnan(outcome)
    for name in used:
        keep &= ~np.isnan(factors[name])
    if not 2 <= size <= MOST_DRIVERS or design.degrees_of_freedom(keep) < LEAST_DF:
        return ()
    rng = np.random.default_rng(SEED)
    group, stratum = _grouped(design, rng)
    sums = _sums(weight, keep, outcome, [factors[name] for name in used], group[design.psu], len(stratum))
    drawn = _drawn(sums, stratum, rng, replicates)
    share, performance = _shares(drawn, size), _performance(drawn, size)
    sound = np.isfinite(share).all(axis=1) & np.isfinite(performance).all(axis=1)
    if sound.mean() < CERTAIN:
        return ()
    share, performance = share[sound], performance[sound]
    rank = 1 + (share[:, None, :] > share[:, :, None]).sum(axis=2)
    others = (performance.sum(axis=1, keepdims=True) - performance) / (size - 1)
    improve = ((share >= 1 / size) & (performance < others)).mean(axis=0)
    low, high = np.quantile(share, [0.025, 0.975], axis=0)
    place = np.quantile(rank, [0.025, 0.975], axis=0, method="nearest")
    return tuple(
        ShareInterval(
            name, float(share[:, k].std(ddof=1)), float(low[k]), float(high[k]), int(place[0, k]), int(place[1, k]),
            float(improve[k]),
        )
        for k, name in enumerate(used)
    )  # fmt: skip


def _grouped(design: SampleDesign, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """The group of each PSU with a row of positive weight (others: 0), and the stratum of each group."""
    there = np.unique(design.psu[design.weights > 0])
    there = there[rng.permutation(len(there))]
    there = there[np.argsort(design.psu_stratum[there], kind="stable")]
    stratum = design.psu_stratum[there]
    known, first, count = np.unique(stratum, return_index=True, return_counts=True)
    within = np.arange(len(there)) - np.repeat(first, count)
    groups = np.minimum(count, MOST_PSUS)
    start = np.concatenate([[0], np.cumsum(groups)[:-1]])
    group = np.zeros(design.psus, np.int64)
    group[there] = np.repeat(start, count) + within % np.repeat(groups, count)
    return group, np.repeat(known, groups)


def _sums(weight: Floats, keep: Bools, outcome: Floats, factors: Sequence[Floats], group: Ints, groups: int) -> Floats:
    """Weighted sums by group (groups, products): the cross products of complete rows, then each driver's mean."""
    whole = np.where(keep, weight, 0.0)
    columns = [np.ones(len(weight)), *(np.where(keep, values, 0.0) for values in (outcome, *factors))]
    columns[1:] = [values - whole @ values / whole.sum() for values in columns[1:]]  # near 0, for the digits
    made = [np.bincount(group, whole * a * b, groups) for a, b in itertools.combinations_with_replacement(columns, 2)]
    for values in factors:
        given = (weight > 0) & ~np.isnan(values)
        made += [np.bincount(group, np.where(given, weight * values, 0.0), groups)]
        made += [np.bincount(group, np.where(given, weight, 0.0), groups)]
    return np.column_stack(made)


def _drawn(sums: Floats, stratum: Ints, rng: np.random.Generator, replicates: int) -> Floats:
    """The sums of each replicate (replicates, products)."""
    made = np.zeros((replicates, sums.shape[1]))
    edges = np.flatnonzero(np.diff(stratum)) + 1
    for own in np.split(sums, edges):
        n = len(own)
        if n == 1:
            made += own[0]
            continue
        chosen = rng.integers(0, n, (replicates, n - 1)) + n * np.arange(replicates)[:, None]
        times = np.bincount(chosen.reshape(-1), minlength=replicates * n).reshape(replicates, n)
        made += times @ own * (n / (n - 1))
    return made


def _shares(drawn: Floats, size: int) -> Floats:
    """Each replicate's shares of R² (replicates, drivers); NaN where a driver does not vary."""
    wide = size + 2
    cross = np.zeros((len(drawn), wide, wide))
    for place, (a, b) in enumerate(itertools.combinations_with_replacement(range(wide), 2)):
        cross[:, a, b] = cross[:, b, a] = drawn[:, place]
    means = cross[:, 0, 1:] / cross[:, :1, 0]
    spread = cross[:, 1:, 1:] / cross[:, :1, :1] - means[:, :, None] * means[:, None, :]
    variance = np.einsum("bii->bi", spread)
    whole = np.where((variance > 0).all(axis=1, keepdims=True), variance, np.nan)
    sound = ~np.isnan(whole).any(axis=1)
    correlation = np.full_like(spread, np.nan)
    root = np.sqrt(whole[sound])
    correlation[sound] = spread[sound] / (root[:, :, None] * root[:, None, :])
    lmg = np.full((len(drawn), size), np.nan)
    lmg[sound] = _lmg(correlation[sound], size)
    return np.asarray(lmg / lmg.sum(axis=1, keepdims=True))


def _lmg(correlation: Floats, size: int) -> Floats:
    """The gain of each driver over all orders, for many correlation matrices at once."""
    worth: dict[tuple[int, ...], Floats] = {(): np.zeros(len(correlation))}
    for count in range(1, size + 1):
        for some in itertools.combinations(range(size), count):
            place = np.array(some) + 1
            own = correlation[:, place, 0]
            inverse = np.linalg.pinv(correlation[:, place[:, None], place[None, :]], hermitian=True)
            worth[some] = np.einsum("bi,bij,bj->b", own, inverse, own)
    made = np.zeros((len(correlation), size))
    for some, value in worth.items():
        chance = math.factorial(len(some)) * math.factorial(size - 1 - len(some)) if len(some) < size else 0
        for k in set(range(size)) - set(some):
            made[:, k] += chance / math.factorial(size) * (worth[tuple(sorted((*some, k)))] - value)
    return made


def _performance(drawn: Floats, size: int) -> Floats:
    values = drawn[:, -2 * size :]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(values[:, 0::2] / values[:, 1::2])
