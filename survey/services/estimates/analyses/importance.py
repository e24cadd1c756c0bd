"""Estimates which factors go with overall satisfaction: a form's own overall question, or what it asks in its stead.

The outcome is the overall question; where a form has none, the share of expectation met. Factors are people's own
means over what they answered. These are associations among those who answered, not causes. "Begin here" is said only of
a factor that matters much and is rated below the others in nearly all samples like this one (bootstrap over clusters).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.inference.estimate_tables import plain
from analysis.models import drivers as method
from analysis.models.driver_intervals import ShareInterval, share_intervals
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from survey.services.estimates.analyses.rows import WeighedRows
from survey.services.estimates.measure_plans import SurveyPlan

LEAST = 100  # complete rows


@dataclass(frozen=True)
class FactorImportance:
    """One factor: its share of what is explained, its coefficient in the ordinal regression, how well it is rated."""

    factor: str
    share: float  # of R², the factors adding up to 1
    correlation: float
    odds_ratio: float | None  # per point of the scale, the other factors alike
    p_value: float | None
    performance: float  # mean of people's own means
    quadrant: str  # keep_up, improve, possible_overkill, low_priority
    low: float | None = None  # 95 % interval of the share; None: too few clusters
    high: float | None = None
    rank_low: int = 0  # its ranks by share that are not ruled out; 0: too few clusters
    rank_high: int = 0
    surely_first: bool = False  # at least the usual share and below the others' mean in 95 % of samples like this one

    @property
    def begin_here(self) -> bool:
        return self.quadrant == "improve" and self.surely_first

    def is_told_apart(self, factors: int) -> bool:
        """Whether its importance surely is more, or less, than the usual one among so many factors."""
        return self.low is not None and self.high is not None and not self.low <= 1 / factors <= self.high


@dataclass(frozen=True)
class Importance:
    """What a form's factors say about its outcome. `reason` says why there is nothing: no_outcome, few, alike."""

    outcome: str = ""
    n: int = 0
    explained: float = 0.0  # R²
    factors: tuple[FactorImportance, ...] = ()
    left_out: tuple[str, ...] = ()  # under half could be asked about it
    reason: str = ""

    def advice(self, one: FactorImportance) -> str:
        """The quadrant of a factor as far as the data bear it; else perhaps_first or not_told_apart."""
        if one.quadrant == "improve":
            return one.quadrant if one.begin_here else "perhaps_first"
        return one.quadrant if one.is_told_apart(len(self.factors)) else "not_told_apart"


def importance(rows: WeighedRows, plan: SurveyPlan) -> Importance:
    """The importance of each factor for the outcome, from weighted rows."""
    item = _outcome(rows.version, plan)
    if item is None:
        return Importance(reason="no_outcome")
    outcome = rows.answers.numbers(item.code) if item.kind == "number" else _upwards(rows, item)
    own = {
        factor.code: method.own_means(np.column_stack([_upwards(rows, i) for i in items]))
        for factor in rows.version.factors
        if (items := [i for i in rows.version.rated_items if i.factor == factor.code and i.code != item.code])
    }
    try:
        found = method.drivers(rows.design, outcome, own, split_ordinal=False)
    except AnalysisError:  # no factors, too few complete rows, or all answers the same
        return Importance(item.code, reason="alike" if len(rows) >= LEAST else "few")
    if found.n < LEAST:
        return Importance(item.code, found.n, reason="few")
    names = [one.driver for one in found.drivers]
    sure = {one.driver: one for one in share_intervals(rows.design, outcome, own, names)}
    whole = sum(one.lmg for one in found.drivers) or 1.0
    return Importance(
        item.code,
        found.n,
        found.r_squared,
        tuple(
            _with_interval(
                FactorImportance(
                    one.driver, one.lmg / whole, one.weighted_r, _odds(one.coefficient), plain(one.p_value),
                    one.performance, one.quadrant,
                ),
                sure.get(one.driver),
            )
            for one in sorted(found.drivers, key=lambda one: -one.lmg)
        ),
        found.left_out,
    )  # fmt: skip


def _with_interval(found: FactorImportance, sure: ShareInterval | None) -> FactorImportance:
    if sure is None:
        return found
    return replace(
        found, low=sure.lower, high=sure.upper, rank_low=sure.rank_low, rank_high=sure.rank_high,
        surely_first=sure.is_certain,
    )  # fmt: skip


def _outcome(version: InstrumentVersion, plan: SurveyPlan) -> Item | None:
    overall = plan.measures.overall
    if overall is not None:
        return version.item(overall)
    met = next((f.measure.variable for f in plan.figures if f.rule == "expectation_mean"), None)
    return version.item(met) if met is not None else None


def _upwards(rows: WeighedRows, item: Item) -> Floats:
    """Codes that rise with satisfaction: a scale printed the other way round is turned."""
    options = [option for option in rows.version.options(item) if option.substantive]
    good = [option.code for option in options if option.satisfied]
    other = [option.code for option in options if not option.satisfied]
    codes = rows.codes(item)
    if good and other and max(good) < min(other):
        return max(other) + min(good) - codes
    return codes


def _odds(coefficient: float) -> float | None:
    return float(np.exp(coefficient)) if np.isfinite(coefficient) else None
