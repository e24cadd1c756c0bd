"""Evidence for verdicts in very many domains at once, from totals by cluster, without a second pass over the rows.

Shares and linearised values of primary units are in the totals. What needs single respondents is found from sums over
each cluster: its people are taken to have the same mean square of weights whether or not they answered, and in a
pooled figure as many answers each as the mean of the domain. Both are exact where weights do not vary in a cluster and
everybody answered. Only for sampled clusters and measures that are one ratio; others need `evidence_of_rows`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.estimation.domain_estimates import DomainEstimates, partition_of
from analysis.estimation.domains import Partition, gathered, quadratic, ratios_of
from analysis.estimation.evidence import Evidence
from analysis.totals.layout import BaseRatio
from analysis.totals.measure_plan import Measure
from analysis.totals.streaming import Totals

__all__ = ["evidence_of_totals"]


def evidence_of_totals(
    totals: Totals, found: DomainEstimates, measures: Sequence[Measure], *, lonely: str = "adjust"
) -> Evidence:
    """The evidence on some measures of an estimate, as (domains × measures).

    `found` are estimates of the same totals, whose crossing and standard errors are taken. Raises AnalysisError for
    people drawn one by one and for measures that are no single ratio.
    """
    if not totals.shape.clustered:
        raise AnalysisError("Evidence from totals needs sampled clusters; people drawn one by one need their rows.")
    for measure in measures:
        if measure not in totals.layout.ratios:
            raise AnalysisError(f"Evidence from totals needs a single ratio; {measure.name} is made of several.")
    partition = partition_of(totals, found.by, lonely=lonely)
    bases = [totals.layout.ratios[measure] for measure in measures]
    places = [found.place(measure) for measure in measures]
    return _Found(totals, partition, bases).evidence(found.se[:, places] ** 2)


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
        self.share = gathered(lines.sums, [base.denominator for base in bases]) * self.inverse[partition.domain]
        weight = lines.sums[:, :1]
        self.typical = np.divide(lines.weight_squares, weight, out=np.zeros(weight.shape), where=weight > 0)

    def evidence(self, variance: Floats) -> Evidence:
        """Everything as (domains × measures); `variance` is that of the design."""
        partition, lines, share = self.partition, self.partition.lines, self.share
        there = self.ratios.denominator > 0
        second, fourth = partition.total(share**2), partition.total(share**4)
        score = gathered(lines.sums, [base.numerator for base in self.bases]) * self.inverse[partition.domain]
        score -= self.rate[partition.domain] * share
        squares, cubes = partition.total(score**2), partition.total(score**3)
        units = partition.total((share > 0).astype(np.int64))
        strata = partition.strata.total((partition.segments.total(share) > 0).astype(np.int64))
        rest = 1 - share
        own = np.divide(score**2, rest, out=np.full(share.shape, np.inf), where=rest > 1e-12)
        leverage = partition.total(np.where(share > 0, own, 0.0))
        one_stratum = (strata == 1) & np.isfinite(leverage) & np.isinf(partition.frame.population).all()
        base = gathered(lines.sums, [one.base for one in self.bases]) * self.typical
        people = partition.total(base) * self.inverse**2
        pooled = np.array([not one.indicator for one in self.bases], np.bool_)
        with np.errstate(divide="ignore", invalid="ignore"):
            df = second**2 / fourth * (1 - strata / units)
            skewness = np.where(squares > 0, cubes / squares**1.5, 0.0)

        def known(values: Floats) -> Floats:
            return np.where(there, values, np.nan)

        return Evidence(
            variance=known(np.where(one_stratum, leverage, variance)),
            spread=known(self._spread()),
            people=known(people),
            clusters=known(second),
            df=known(df),
            skewness=skewness,
            answers=self._answers(),
            pooled=np.broadcast_to(pooled, there.shape),
            clustered=np.ones(there.shape, np.bool_),
        )

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
