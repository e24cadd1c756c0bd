"""Replicate weights: an independent check on linearisation, and errors for figures without a formula.

Jackknife (JKn): each PSU in turn is dropped and the others of its stratum weigh n/(n−1); variance Σ (1−f)(n−1)/n
(θ_r − centre)². Bootstrap (Rao-Wu): n−1 PSUs drawn anew in each stratum, weights × n/(n−1) × times drawn. Balanced
repeated replication (BRR, Fay) for designs with two PSUs per stratum, by a Hadamard matrix. Only PSUs with a row of
positive weight count; a stratum with one such PSU contributes nothing and should be merged or left out first.
Sources: Wolter (2007), chapters 3 and 4; Rao and Wu (1988); R `survey` as.svrepdesign(type = "JKn", "Fay").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.arrays import Floats, Ints
from analysis.design.sample_design import SampleDesign
from analysis.errors import DesignError

Statistic = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Replicates:
    """Factors on PSUs (PSUs × replicates) and the scale of each replicate's squared deviation."""

    factors: Floats
    scales: Floats
    psu: Ints
    weights: Floats

    @property
    def size(self) -> int:
        return int(self.factors.shape[1])

    def covariance(self, statistic: Statistic, *, around_estimate: bool = False) -> Floats:
        """The covariance of `statistic(weights)`; around the mean of replicates, or around the estimate (mse)."""
        found = np.array([np.atleast_1d(statistic(self.weights * own[self.psu])) for own in self.factors.T])
        used = self.scales > 0
        centre = np.atleast_1d(statistic(self.weights)) if around_estimate else found[used].mean(axis=0)
        gap = found[used] - centre
        return np.asarray((gap * self.scales[used, None]).T @ gap)


def jackknife(design: SampleDesign) -> Replicates:
    """JKn replicates: each leaves out one PSU of its stratum; with one stratum they are JK1.

    Factors are (PSUs × replicates). Strata with one PSU contribute nothing. Source: Wolter (2007), chapter 4.
    """
    used, stratum, sampled = _psus(design)
    dropped = used[sampled[stratum[used]] > 1]
    factors = np.ones((design.psus, len(dropped)))
    scales = np.empty(len(dropped))
    for k, psu in enumerate(dropped):
        own = stratum[psu]
        n = sampled[own]
        factors[stratum == own, k] = n / (n - 1)
        factors[psu, k] = 0.0
        fraction = n / design.population_psus[own] if np.isfinite(design.population_psus[own]) else 0.0
        scales[k] = (1 - fraction) * (n - 1) / n
    return Replicates(factors, scales, design.psu, design.weights)


def bootstrap(design: SampleDesign, *, replicates: int = 500, seed: int) -> Replicates:
    """Rao-Wu bootstrap replicates, n − 1 PSUs of each stratum drawn with replacement; factors (PSUs × replicates).

    One seed, one set. Strata with one PSU contribute nothing. Source: Rao and Wu (1988).
    """
    used, stratum, sampled = _psus(design)
    random = np.random.default_rng(seed)
    factors = np.ones((design.psus, replicates))
    for own in np.unique(stratum[used]):
        members = used[stratum[used] == own]
        n = int(sampled[own])
        if n > 1:
            times = random.multinomial(n - 1, np.full(n, 1 / n), size=replicates)
            factors[members] = times.T * n / (n - 1)
    return Replicates(factors, np.full(replicates, 1 / (replicates - 1)), design.psu, design.weights)


def balanced(design: SampleDesign, *, rho: float = 0.0) -> Replicates:
    """BRR replicates (Fay's with 0 < rho < 1), each of one PSU from every stratum; factors (PSUs × replicates).

    Raises DesignError unless every stratum has exactly two PSUs. Source: Wolter (2007), chapter 3.
    """
    used, stratum, sampled = _psus(design)
    strata = np.unique(stratum[used])
    wrong = [own for own in strata if sampled[own] != 2]
    if wrong:
        raise DesignError(
            f"BRR needs two PSUs in each stratum; stratum number {wrong[0] + 1} has {sampled[wrong[0]]:g}."
        )
    size = 1 << int(np.ceil(np.log2(len(strata) + 1)))
    signs = linalg.hadamard(size)[:, 1 : len(strata) + 1]
    factors = np.ones((design.psus, size))
    for k, own in enumerate(strata):
        first, second = used[stratum[used] == own]
        factors[first] = 1 + (1 - rho) * signs[:, k]
        factors[second] = 1 - (1 - rho) * signs[:, k]
    return Replicates(factors, np.full(size, 1 / (size * (1 - rho) ** 2)), design.psu, design.weights)


def _psus(design: SampleDesign) -> tuple[Ints, Ints, Floats]:
    """PSUs with a row of positive weight, the stratum of every PSU, and how many such PSUs each stratum has."""
    used = np.unique(design.psu[design.weights > 0])
    sampled = np.bincount(design.psu_stratum[used], minlength=design.strata).astype(np.float64)
    return used, design.psu_stratum, sampled
