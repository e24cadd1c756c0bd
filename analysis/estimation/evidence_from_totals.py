"""Evidence for verdicts in very many domains at once, from totals by cluster, without a second pass over the rows.

Shares and linearised values of primary units are in the totals. What needs single respondents is found from sums over
each cluster: its people are taken to have the same mean square of weights whether or not they answered, and in a
pooled figure as many answers each as the mean of the domain. Both are exact where weights do not vary in a cluster and
everybody answered. Only for sampled clusters and measures that are one ratio; others need `evidence_of_rows`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.errors import AnalysisError
from analysis.estimation.domain_estimates import DomainEstimates, partition_of
from analysis.estimation.domains import LINES, Partition, gathered, quadratic, ratios_of
from analysis.estimation.evidence import Evidence
from analysis.totals.layout import BaseRatio
from analysis.totals.measure_plan import Measure
from analysis.totals.streaming import Totals

__all__ = ["evidence_of_totals"]


def evidence_of_totals(
    totals: Totals, found: DomainEstimates, measures: Sequence[Measure], *, partition: Partition | None = None
) -> Evidence:
    """The evidence on some measures of an estimate, as (domains × measures).

    `found` are estimates of the same totals, whose crossing, standard errors and df are taken, `partition` the one that
    they were made with, where it is there. Raises AnalysisError for
    people drawn one by one and for measures that are no single ratio.
    """
    if not totals.shape.clustered:
        raise AnalysisError("Evidence from totals needs sampled clusters; people drawn one by one need their rows.")
    for measure in measures:
        if measure not in totals.layout.ratios:
            raise AnalysisError(f"Evidence from totals needs a single ratio; {measure.name} is made of several.")
    partition = partition or partition_of(totals, found.by)
    bases = [totals.layout.ratios[measure] for measure in measures]
    places = [found.place(measure) for measure in measures]
    return _Found(totals, partition, bases).evidence(found.se[:, places] ** 2, found.df[:, places])


class _Found:
    """The sums behind the evidence of one crossing."""

    def __init__(self, totals: Totals, partition: Partition, bases: Sequence[BaseRatio]) -> None:
        self.totals, self.partition, self.bases = totals, partition, bases
        lines = partition.lines
        if lines.weight_squares is None:
            raise AnalysisError("These totals were kept without squared weights; sum the answers again.")
        self.sums = partition.total(lines.sums)
        self.ratios = ratios_of(self.sums, bases)
        self.rate, self.inverse = self.ratios.values()
        weight = lines.sums[:, :1]
        self.typical = np.divide(lines.weight_squares, weight, out=np.zeros(weight.shape), where=weight > 0)
        self.pooled = np.array([not base.indicator for base in bases], np.bool_)
        self.replaced = bool(np.isinf(partition.frame.population).all())  # sampled with replacement

    def evidence(self, variance: Floats, design_df: Ints) -> Evidence:
        """Everything as (domains × measures); `variance` and `design_df`, clusters less strata, are of the design."""
        there = self.ratios.denominator > 0
        second, fourth, squares, base, cubes, leverage = self._sums_of_lines()
        strata = self._strata(there)
        skewness = np.zeros(there.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            df = second**2 / fourth * (design_df / (design_df + strata))
            skewness[:, self.pooled] = np.where(squares > 0, cubes / squares**1.5, 0.0)[:, self.pooled]
        if leverage is not None:
            variance = np.where((strata == 1) & np.isfinite(leverage), leverage, variance)

        def known(values: Floats) -> Floats:
            return np.where(there, values, np.nan)

        return Evidence(
            variance=known(variance),
            spread=known(self._spread()),
            people=known(base * self.inverse**2),
            clusters=known(second),
            df=known(df),
            skewness=skewness,
            answers=self._answers(),
            pooled=np.broadcast_to(self.pooled, there.shape),
            clustered=np.ones(there.shape, np.bool_),
        )

    def _sums_of_lines(self) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats | None]:
        """Σ Ω², Σ Ω⁴, Σ Z², Σ w² x², Σ Z³ and, with replacement, Σ Z²/(1 − Ω), all (domains × measures).

        Some lines at a time, so that they stay near the processor. Σ Z³ is found of pooled figures only.
        """
        lines, domain, width = self.partition.lines, self.partition.domain, len(self.bases)
        tops = [one.numerator for one in self.bases]
        bottoms = [one.denominator for one in self.bases]
        pooled = np.flatnonzero(self.pooled)
        bases = [one.base for one in self.bases if not one.indicator]
        kinds = 5 if self.replaced else 4
        cubes = np.zeros((self.partition.size, width))
        result = np.zeros((self.partition.size, kinds * width))
        for start in range(0, len(domain), LINES):
            some = slice(start, start + LINES)
            own, over = domain[some], self.inverse[domain[some]]
            bottom = gathered(lines.sums[some], bottoms)
            share = bottom * over
            score = gathered(lines.sums[some], tops) * over
            score -= self.rate[own] * share
            part = np.empty((len(own), kinds, width))
            np.multiply(share, share, out=part[:, 0])
            np.multiply(part[:, 0], part[:, 0], out=part[:, 1])
            np.multiply(score, score, out=part[:, 2])
            bottom[:, pooled] = gathered(lines.sums[some], bases)  # of a share x is 0 or 1, so that x² is x
            np.multiply(bottom, self.typical[some], out=part[:, 3])
            if self.replaced:
                rest = 1 - share
                with np.errstate(divide="ignore", invalid="ignore"):
                    np.divide(part[:, 2], rest, out=part[:, 4])
                part[:, 4][rest <= 1e-12] = np.inf  # a cluster that is the whole domain
            first = np.flatnonzero(np.diff(own, prepend=-1))  # lines stand in the order of their domains
            result[own[first]] += np.add.reduceat(part.reshape(len(own), -1), first, axis=0)
            if len(pooled):
                cube = part[:, 2, pooled] * score[:, pooled]
                cubes[np.ix_(own[first], pooled)] += np.add.reduceat(cube, first, axis=0)
        second, fourth, squares, base, *leverage = (result[:, k * width : (k + 1) * width] for k in range(kinds))
        return second, fourth, squares, base, cubes, leverage[0] if leverage else None

    def _strata(self, there: Bools) -> Floats:
        """How many strata have an answer in each domain (domains × measures)."""
        partition = self.partition
        if partition.segments.size == partition.size:
            return there.astype(np.float64)
        answered = partition.segments.total(gathered(partition.lines.sums, [one.denominator for one in self.bases]))
        return np.asarray(partition.strata.total((answered > 0).astype(np.float64)))

    def _spread(self) -> Floats:
        """s²: p (1 − p) of a share of people; of a pooled figure Σ w (y − p x)² over the mean answers of a person."""
        result = self.rate * (1 - self.rate)
        pooled = [k for k, base in enumerate(self.bases) if not base.indicator]
        if pooled:
            bases = [self.bases[k] for k in pooled]
            squares = quadratic(self.sums, bases, self.rate[:, pooled])
            base = gathered(self.sums, [one.base for one in bases])
            below = self.ratios.denominator[:, pooled]
            mean = np.divide(base, below, out=np.ones(base.shape), where=below > 0)
            result[:, pooled] = squares * self.inverse[:, pooled] / mean
        return result

    def _answers(self) -> Floats:
        """People with an answer; of a pooled figure their answers."""
        counts, layout = self.partition.total(self.partition.lines.counts), self.totals.layout
        columns = []
        for base in self.bases:
            if base.indicator:
                columns.append(counts[:, base.count])
            else:
                items = self.totals.plan.items_of(base.measure.variable)
                columns.append(counts[:, [layout.counts[item] for item in items]].sum(axis=1))
        return np.column_stack(columns).astype(np.float64)
