"""Finds where each unit stands and how sure that is: rank sets, groups, the funnel, and rates shrunken to the average.

Units with fewer answers, effective answers or degrees of freedom than a verdict needs, and units whose error cannot be
told (everybody, nobody, one place and day), are not ranked. Units are strata of their own in every selection, so their
estimates share no respondent. A thin cell that was weighted together with one of another unit ties the two a little;
that is left out, as such a cell has under five answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.inference import ranking
from analysis.inference.estimate_tables import Estimate, EstimateTable, is_rate, plain
from analysis.inference.verdicts import Gates
from analysis.models import small_areas
from analysis.models.benchmarking import Benchmarked, benchmarked_beta_binomial
from analysis.totals.floating_noise import NO_ERROR
from survey import vietnamese_order

FUNNEL_MULTIPLE = 3.09  # 99.8 % limits
LEAST_RANKED = 3
MOST_RANKED = 400  # the rank sets of more take minutes, and hold most of the table
DRAWS = 10_000


@dataclass(frozen=True)
class Standing:
    """One unit. Ranks count from the highest rate; rank 0 = not ranked."""

    unit: int
    n: int
    rate: float
    rank: int = 0
    low: int = 0  # 95 % set for this unit looked up alone
    high: int = 0
    low_together: int = 0  # 95 % set for all units at once
    high_together: int = 0
    group: int = 0  # units of one group cannot be told apart from its first
    limit_low: float | None = None  # of the funnel, ordinary differences between units allowed for
    limit_high: float | None = None
    beyond: str = ""  # above, below
    shrunken: float | None = None  # beta-binomial, with its 95 % interval
    shrunken_low: float | None = None
    shrunken_high: float | None = None
    benchmarked: float | None = None  # the same, moved so that all together have the figure of the whole
    benchmarked_low: float | None = None
    benchmarked_high: float | None = None


@dataclass(frozen=True)
class Standings:
    """All units of a channel that have answers, the highest first."""

    rows: tuple[Standing, ...]
    ranked: int
    told_apart: float | None  # share of pairs whose order is proven
    is_noise: bool  # under one pair in ten
    groups: int
    center: float | None  # of the funnel
    overdispersion: float | None
    usual: float | None  # mean to which rates are shrunken
    correlation: float | None  # of two answers of one unit
    model_mean: float | None = None  # weighted mean of the shrunken rates, before they were moved
    whole: float | None = None  # the direct figure of the whole, which they have after
    move_error: float | None = None  # standard error that the move adds to each


@dataclass(frozen=True)
class Band:
    """Units that are printed together; group 0 holds those that are not ranked."""

    group: int
    rows: tuple[Standing, ...]


def bands(found: Standings, names: Mapping[int, str]) -> tuple[Band, ...]:
    """How an order that is chance is printed: by group from the highest, those not ranked last, inside each by name."""
    groups = sorted({row.group for row in found.rows}, key=lambda group: (group == 0, group))
    by_name = sorted(found.rows, key=lambda row: vietnamese_order.key(names.get(row.unit, "?")))
    return tuple(Band(group, tuple(row for row in by_name if row.group == group)) for group in groups)


def standings(table: EstimateTable, *, gates: Gates, whole: Estimate | None = None) -> Standings | None:
    """From the headline figure by unit; None where it is no rate, or not 3 to 400 units can be ranked.

    The shrunken rates are moved to the figure of the `whole`, units counting by their weighted answers.
    """
    with_answers = table.where((table.n > 0) & np.isfinite(table.estimate))
    if not len(with_answers) or not is_rate(str(with_answers.measure[0])):
        return None
    rate, n = with_answers.estimate, with_answers.n.astype(np.float64)
    se = np.where(np.isfinite(with_answers.se), with_answers.se, 0.0)
    told = (se > NO_ERROR) & (with_answers.df > 0)
    effective = _effective(with_answers, told)
    known = (
        told & (n >= (gates.n or 0)) & (effective >= (gates.effective_n or 0)) & (with_answers.df >= (gates.df or 0))
    )
    if not LEAST_RANKED <= known.sum() <= MOST_RANKED:
        return None
    order = ranking.rank_units(np.where(known, rate, np.nan), np.where(known, se, 0.0) ** 2, draws=DRAWS)
    funnel = ranking.funnel(rate[known], n[known], n[known] / effective[known])
    limits, beyond = np.full((len(rate), 2), np.nan), np.zeros(len(rate), np.bool_)
    limits[known], beyond[known] = funnel.limits(FUNNEL_MULTIPLE), funnel.outside(FUNNEL_MULTIPLE)
    shrunken = _shrunken(rate, effective)
    moved = _moved(shrunken, rate, effective, with_answers.sum_w, whole)
    made = [
        Standing(
            unit=int(with_answers.domain["unit"][k]),
            n=int(n[k]),
            rate=float(rate[k]),
            rank=int(order.rank[k]),
            low=int(order.marginal[k, 0]),
            high=int(order.marginal[k, 1]),
            low_together=int(order.simultaneous[k, 0]),
            high_together=int(order.simultaneous[k, 1]),
            group=int(order.group[k]),
            limit_low=plain(limits[k, 0]),
            limit_high=plain(limits[k, 1]),
            beyond=("above" if rate[k] > funnel.target else "below") if beyond[k] else "",
            shrunken=plain(shrunken.estimate[k]),
            shrunken_low=plain(shrunken.lower[k]),
            shrunken_high=plain(shrunken.upper[k]),
            benchmarked=plain(moved.estimate[k]) if moved else None,
            benchmarked_low=plain(moved.lower[k]) if moved else None,
            benchmarked_high=plain(moved.upper[k]) if moved else None,
        )
        for k in np.argsort(-rate, kind="stable")
    ]
    return Standings(
        tuple(made), int(known.sum()), plain(order.told_apart), order.is_noise, int(order.group.max()), funnel.target,
        funnel.phi, shrunken.mean, shrunken.correlation, moved.before if moved else None,
        moved.total if moved else None, float(np.sqrt(moved.added)) if moved else None,
    )  # fmt: skip


def _effective(table: EstimateTable, told: Bools) -> Floats:
    """Effective number of answers of each unit, at most its number of people.

    A unit whose own error is not known gets the design effect of the usual unit. For a figure of several answers a
    person the bound is cautious: limits are wider and shrinkage is stronger than they need be.
    """
    share = np.divide(table.effective_n, table.n, out=np.full(len(table), np.nan), where=told)
    usual = float(np.nanmedian(share)) if np.isfinite(share).any() else 1.0
    return np.asarray(table.n * np.clip(np.where(np.isfinite(share), share, usual), 1e-6, 1.0), np.float64)


def _shrunken(rate: Floats, effective: Floats) -> small_areas.BetaBinomial:
    return small_areas.beta_binomial(rate * effective, effective)


def _moved(
    shrunken: small_areas.BetaBinomial, rate: Floats, effective: Floats, weights: Floats, whole: Estimate | None
) -> Benchmarked | None:
    """The shrunken rates moved by one amount to the figure of the whole; None where that is not known."""
    if whole is None or whole.estimate is None or not np.isfinite(weights).all() or not weights.sum() > 0:
        return None
    return benchmarked_beta_binomial(shrunken, rate * effective, effective, weights, total=whole.estimate)
