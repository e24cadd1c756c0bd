"""What a verdict on a rate stands on besides the rate: the spread of people's own rates, how shares cluster, skewness.

Of every respondent in a domain two numbers matter: the share ω of the figure's denominator that is his or hers, and
the linearised value z = ω (own rate − figure). From them, with Ω and Z their sums over a primary unit:

* the variance between primary units, Σ Z² / (1 − Ω) where the domain lies in one stratum sampled with replacement,
  else the linearised variance of the design;
* s² = Σ ω (own rate − figure)², the spread between people, and V(ρ) = s² [(1 − ρ) Σω² + ρ ΣΩ²], the variance if
  people of one primary unit were alike to the degree ρ;
* degrees of freedom after Satterthwaite, (ΣΩ²)² / ΣΩ⁴ · (1 − strata / primary units);
* the skewness λ = ΣZ³ / (ΣZ²)^1.5.

Kish's effective number of people is 1 / Σω² (Kish 1965, section 11.7).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.cells import regroup, sum_by

__all__ = ["Evidence", "evidence_of_rows"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What verdicts stand on, as arrays of one shape, one value for each figure; NaN where nobody answered.

    `variance` is that between primary units, `spread` is s², `people` Σω², `clusters` ΣΩ² (both 0..1), `df` not
    rounded, `skewness` λ, 0 for shares of people. `answers` is the most that an effective number may be: people for a
    share of people, their answers for a figure that pools several of each. `pooled` says which it is, `clustered`
    whether primary units hold several people.
    """

    variance: Floats
    spread: Floats
    people: Floats
    clusters: Floats
    df: Floats
    skewness: Floats
    answers: Floats
    pooled: Bools
    clustered: Bools

    @property
    def kish_n(self) -> Floats:
        """Kish's effective number of people, 1 / Σω²; 0 where nobody answered."""
        return np.asarray(np.divide(1.0, self.people, out=np.zeros(self.people.shape), where=self.people > 0))

    def at(self, places: Any) -> Evidence:
        """That of some figures: a mask or their numbers."""
        return Evidence(*(getattr(self, one.name)[places] for one in fields(self)))

    def raveled(self) -> Evidence:
        """The same as arrays of one dimension."""
        return Evidence(*(np.ascontiguousarray(getattr(self, one.name)).reshape(-1) for one in fields(self)))

    def with_df(self, df: Floats) -> Evidence:
        """The same with the degrees of freedom of a design that rows do not tell."""
        return replace(self, df=np.where(np.isnan(self.df), np.nan, df))


def evidence_of_rows(
    score: Floats,
    share: Floats,
    domain: Ints,
    size: int,
    *,
    stratum: Ints,
    psu: Ints | None,
    variance: Floats,
    answers: Floats,
    pooled: bool,
    with_replacement: bool = True,
) -> Evidence:
    """The evidence on one measure in `size` domains, from every respondent's linearised value and share.

    `score` and `share` are (n,), 0 without an answer; `domain` (n,) is the domain of each, `size` = in none; `stratum`
    and `psu` (n,) are codes, PSUs numbered over all strata, None where each respondent is one. `variance` (size,) is
    that of the design, `answers` (n,) how many answers of a respondent enter. With `with_replacement` False (finite
    populations, calibrated weights) the variance of the design is kept as it is.
    """
    inside = np.flatnonzero((share > 0) & (domain < size))
    z, omega, place, layer = score[inside], share[inside], domain[inside], stratum[inside]
    spread = sum_by(place, np.divide(z * z, omega), size)
    people = sum_by(place, omega * omega, size)
    units, owner, own_layer = np.arange(len(inside)), place, layer
    if psu is not None:
        units, owner, own_layer = _grouped(place, psu[inside], layer)
        z, omega = sum_by(units, z, len(owner)), sum_by(units, omega, len(owner))
    squares = sum_by(owner, z * z, size)
    second, fourth = sum_by(owner, omega**2, size), sum_by(owner, omega**4, size)
    number = sum_by(owner, np.ones(len(owner)), size)
    _, layered, _ = _grouped(owner, own_layer, own_layer)
    strata = sum_by(layered, np.ones(len(layered)), size)
    found = np.asarray(variance, np.float64)
    if with_replacement:
        rest = 1 - omega[: len(z)]
        own = sum_by(owner, np.divide(z * z, rest, out=np.full(len(z), np.inf), where=rest > 1e-12), size)
        found = np.where((strata == 1) & np.isfinite(own), own, found)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = second**2 / fourth * (1 - strata / number)
        skewness = sum_by(owner, z**3, size) / squares**1.5
    there = number > 0
    counted = sum_by(place, answers[inside], size) if pooled else sum_by(place, np.ones(len(place)), size)

    def known(values: Floats) -> Floats:
        return np.where(there, values, np.nan)

    return Evidence(
        variance=known(found),
        spread=known(spread),
        people=known(people),
        clusters=known(second),
        df=known(df),
        skewness=np.where(pooled & (squares > 0), skewness, 0.0),
        answers=counted,
        pooled=np.full(size, pooled),
        clustered=np.full(size, psu is not None),
    )


def _grouped(first: Ints, second: Ints, third: Ints) -> tuple[Ints, Ints, Ints]:
    """For pairs of codes (m,) the number of each pair, and for each distinct pair its first code and a third one."""
    pairs = regroup(np.column_stack([first, second]))
    another = np.zeros(pairs.size, np.int64)
    another[pairs.codes] = third
    return pairs.codes, pairs.keys[:, 0], another
