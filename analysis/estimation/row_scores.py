"""Linearised values per row of every measure of a plan, for designs whose weights were calibrated.

Totals by cell cannot carry a general calibration: its residuals need the rows. Estimates still come from totals; here
only their standard errors are found again, from rows, through the projections of the design (`domain_variance`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import AnyArray, Codes, Floats, Ints
from analysis.cells import regroup, sum_by
from analysis.design.sample_design import SampleDesign
from analysis.errors import PlanError
from analysis.estimation.composites import COMPOSITE_RULES, composite, rate_of
from analysis.estimation.domain_estimates import NOISE, DomainEstimates
from analysis.estimation.domain_variance import DomainVariances
from analysis.estimation.domains import RatioScores
from analysis.totals.chunk_sums import within
from analysis.totals.layout import Layout
from analysis.totals.measure_plan import Measure, MeasurePlan, Node

__all__ = ["RowMeasures", "figure_rows"]


class RowMeasures:
    """Numerator and denominator per row of the base ratios of a plan (no answer: both 0)."""

    def __init__(self, plan: MeasurePlan, codes: Codes) -> None:
        self.plan, self.codes = plan, codes
        self._place = {code: k for k, code in enumerate(plan.columns)}
        self._items = {item.code: item for item in plan.items}

    def ratio(self, measure: Measure) -> tuple[Floats, Floats]:
        """Numerator and denominator (n,) of a base ratio, both 0 for a row without an answer."""
        if measure.variable in self._items:
            return self._item(measure)
        items = self.plan.items_of(measure.variable)
        pairs = [self._answers(item) for item in items]
        answered = _counted([given for _, given in pairs])
        satisfied = _counted([good for good, _ in pairs])
        there = (answered > 0).astype(np.float64)
        if measure.name.endswith("_pooled_rate"):
            return satisfied, answered
        if measure.name == "all_answers_satisfied":
            return there * (satisfied == answered), there
        points = _counted([self._points(item) for item in items])
        if measure.name.endswith("_mean_pooled"):
            return points, answered
        own = np.divide(points, answered, out=np.zeros(len(points)), where=answered > 0)
        if measure.name.endswith("_mean_score"):
            return own, there
        return there * (points >= 4 * answered), there

    def _item(self, measure: Measure) -> tuple[Floats, Floats]:
        good, given = self._answers(measure.variable)
        if measure.name in ("item_mean", "overall_mean"):
            return self._points(measure.variable).astype(np.float64), given.astype(np.float64)
        return good.astype(np.float64), given.astype(np.float64)

    def _answers(self, code: str) -> tuple[AnyArray, AnyArray]:
        column, item = self.codes[:, self._place[code]], self._items[code]
        return within(column, item.satisfied), within(column, item.substantive)

    def _points(self, code: str) -> Codes:
        column, item = self.codes[:, self._place[code]], self._items[code]
        return np.asarray(column * within(column, item.substantive))


def _counted(columns: Sequence[AnyArray]) -> Floats:
    """Sums over a few columns of small numbers, row by row."""
    result = np.zeros(len(columns[0]), np.uint32)
    for column in columns:
        result += column
    return result.astype(np.float64)


def with_row_variances(
    estimates: DomainEstimates, design: SampleDesign, measures: RowMeasures, columns: Sequence[Ints]
) -> DomainEstimates:
    """The estimates with standard errors through the projections of the design, and design effects of these.

    `columns` (n,) are the codes per row of the variables of the crossing, in the order that `estimates` has.
    """
    domain = domain_of_rows(estimates.keys, columns, design.rows)
    se, spread = np.full_like(estimates.se, np.nan), np.full_like(estimates.se, np.nan)
    inverse = np.divide(1.0, design.weights, out=np.zeros(design.rows), where=design.weights > 0)
    composites = composites_of(measures.plan)
    variances = DomainVariances(design, domain, estimates.size)
    for k, score in enumerate(_scores(estimates, design, measures, domain)):
        se[:, k] = np.sqrt(variances.variance(score))
        if estimates.measures[k] not in composites:
            spread[:, k] = sum_by(domain, score**2 * inverse, estimates.size + 1)[: estimates.size]
    se = np.where(np.isnan(estimates.estimate), np.nan, np.where(se < NOISE, 0.0, se))
    deff_wor, deff_wr = design_effects(estimates, se, spread)
    rows = np.full_like(estimates.rows, int((design.weights > 0).sum()))
    return replace(estimates, se=se, rows=rows, deff_wor=deff_wor, deff_wr=deff_wr)


def design_effects(estimates: DomainEstimates, se: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Design effects without and with replacement of standard errors; `spread` is Σ (linearised value)² / w.

    All are (domains × measures), NaN where an error or a spread is 0 or there is none.
    """
    n, people = estimates.n, estimates.sum_w
    with np.errstate(divide="ignore", invalid="ignore"):
        replaced = np.where((n > 1) & (se > 0) & (spread > 0), spread * people / (n - 1), np.nan)
        without = np.where(people >= n, replaced * (1 - n / people), np.nan)
        return np.where(without > 0, se**2 / without, np.nan), se**2 / replaced


def row_covariance(
    estimates: DomainEstimates, design: SampleDesign, measures: RowMeasures, columns: Sequence[Ints]
) -> Floats:
    """The covariance (domains × domains) of the first measure, through the projections of the design.

    `columns` (n,) are the codes per row of the variables of the crossing.
    """
    domain = domain_of_rows(estimates.keys, columns, design.rows)
    score = next(_scores(estimates, design, measures, domain))
    return DomainVariances(design, domain, estimates.size).covariance(score)


@dataclass(frozen=True, slots=True)
class FigureRows:
    """Of every respondent (n,) the linearised value of one measure, the share of its denominator, and how many answers
    enter; all 0 without an answer. `pooled` says whether several answers of a person may enter."""

    score: Floats
    share: Floats
    answers: Floats
    pooled: bool


def figure_rows(measures: RowMeasures, measure: Measure, weights: Floats, domain: Ints, size: int) -> FigureRows:
    """What every respondent adds to one rate in his or her own domain of `size`; `domain` (n,), `size` = in none.

    Of a mean of rates the share is the mean of the shares, under the same weights. PlanError for a measure that the
    plan does not have.
    """
    layout = Layout(measures.plan)
    if measure not in (nodes := composites_of(measures.plan)):
        if measure not in layout.ratios:
            raise PlanError(f"The plan has no measure {measure.name} of '{measure.variable}'.")
        y, x = measures.ratio(measure)
        score, ratio = _ratio((y, x), weights, domain, size)
        share = _share(x, weights, domain, ratio)
        return FigureRows(score, share, np.asarray(x, np.float64), pooled=not layout.ratios[measure].indicator)
    node, rule = nodes[measure]
    known: dict[Measure, tuple[Floats, RatioScores, Floats]] = {}

    def base(one: Measure) -> RatioScores:
        if one not in known:
            y, x = measures.ratio(one)
            score, ratio = _ratio((y, x), weights, domain, size)
            known[one] = (score, ratio, x)
        return known[one][1]

    made = composite(layout, node, rule, base)
    score, share, answers = (np.zeros(len(weights)) for _ in range(3))
    for one, coefficient in made.coefficients.items():
        own, ratio, x = known[one]
        factor = np.r_[coefficient, 0.0][domain]
        score += factor * own
        share += factor * _share(x, weights, domain, ratio)
        answers += x
    return FigureRows(score, share, answers, pooled=True)


def _share(x: Floats, weights: Floats, domain: Ints, ratio: RatioScores) -> Floats:
    """Of every respondent (n,) the share of his or her domain's denominator."""
    below = np.r_[ratio.denominator, 0.0][domain]
    return np.asarray(np.divide(weights * x, below, out=np.zeros(len(weights)), where=below > 0))


def _scores(estimates: DomainEstimates, design: SampleDesign, measures: RowMeasures, domain: Ints) -> Iterator[Floats]:
    """For each measure its linearised values, every row for its own domain."""
    layout = Layout(measures.plan)
    nodes = composites_of(measures.plan)
    known: dict[Measure, tuple[Floats, RatioScores]] = {}

    def row_score(measure: Measure) -> tuple[Floats, RatioScores]:
        if measure not in known:
            known[measure] = _ratio(measures.ratio(measure), design.weights, domain, estimates.size)
        return known[measure]

    rates = {rate_of(layout, item.code) for item in layout.plan.items}
    for measure in estimates.measures:
        if measure in nodes:
            node, rule = nodes[measure]
            made = composite(layout, node, rule, lambda one: row_score(one)[1])
            score = np.zeros(design.rows)
            for base, coefficient in made.coefficients.items():
                score += np.r_[coefficient, 0.0][domain] * row_score(base)[0]
        else:
            score = row_score(measure)[0]
        yield score
        if measure not in rates:
            known.pop(measure, None)


def composites_of(plan: MeasurePlan) -> dict[Measure, tuple[Node, str]]:
    """The measures that are functions of several ratios, with their nodes and rules."""
    return {
        plan.measure_of(node, rule): (node, rule)
        for node in plan.nodes
        for rule in plan.rules_of(node)
        if rule in COMPOSITE_RULES
    }


def _ratio(pair: tuple[Floats, Floats], weights: Floats, domain: Ints, size: int) -> tuple[Floats, RatioScores]:
    """Linearised values per row, each row for its own domain, and the ratio in every domain."""
    y, x = pair
    top = sum_by(domain, weights * y, size + 1)[:size]
    bottom = sum_by(domain, weights * x, size + 1)[:size]
    there = bottom > 0
    value = np.divide(top, bottom, out=np.full(size, np.nan), where=there)
    r = np.r_[np.where(there, value, 0.0), 0.0][domain]
    inverse = np.r_[np.divide(1.0, bottom, out=np.zeros(size), where=there), 0.0][domain]
    score = weights * (y - r * x) * inverse
    return score, RatioScores(value, bottom, score, None)


def domain_of_rows(keys: Ints, columns: Sequence[Ints], rows: int) -> Ints:
    """For each row the line of its domain in `keys` (domains × k): (n,), the number of domains where it is in none."""
    if not columns:
        return np.zeros(rows, np.int64)
    place = {tuple(key): k for k, key in enumerate(keys.tolist())}
    distinct = regroup(np.column_stack(columns).astype(np.int64))
    lines = np.array([place.get(tuple(key), len(keys)) for key in distinct.keys.tolist()], np.int64)
    return lines[distinct.codes]
