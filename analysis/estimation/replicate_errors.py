"""Standard errors, degrees of freedom and covariances of every measure from replicate weights.

Estimates come from totals. Here each measure is made again with every replicate: for a block of domains the sums of
numerators and denominators under all replicates are one product of a sparse matrix (domains × rows) with the weights
(rows × replicates), and composites are the same function of these as of the estimates. Nothing runs over rows or
replicates one by one, and memory is bounded by the block.
Sources: R `survey` svymean, svyratio and svyby of svyrep.design, svrVar, degf.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from analysis.arrays import Bools, Floats, Ints
from analysis.cells import sum_by
from analysis.design.replicate_weights import ReplicateWeights, rank
from analysis.estimation.composites import composite, rate_of
from analysis.estimation.domain_estimates import NOISE, DomainEstimates
from analysis.estimation.domains import RatioScores
from analysis.estimation.row_scores import RowMeasures, composites_of, design_effects, domain_of_rows
from analysis.totals.layout import Layout
from analysis.totals.measure_plan import Measure

__all__: list[str] = []  # serves other modules of the analysis only

_BLOCK_BYTES = 1 << 26
_NOTHING = np.zeros(0)


def with_replicate_errors(
    estimates: DomainEstimates, replicates: ReplicateWeights, measures: RowMeasures, columns: Sequence[Ints]
) -> DomainEstimates:
    """The estimates with standard errors, degrees of freedom and design effects of the replicates.

    `columns` (n,) are the codes per row of the variables of the crossing, in the order that `estimates` has. A
    replicate in which a domain has no answer is left out of its variance, as in R, and `left_out` says so.
    """
    made = _Replicated(estimates, replicates, measures, columns)
    variance = np.full(estimates.se.shape, np.nan)
    left_out = np.zeros(estimates.se.shape, np.bool_)
    for block in made.blocks:
        own = slice(block.start, block.stop)
        for k, found in enumerate(made.figures(block)):
            gap = replicates.gaps(found)
            variance[own, k] = (gap * gap).sum(axis=1)
            left_out[own, k] = np.isfinite(found[:, 0]) & ~np.isfinite(found[:, 1:]).all(axis=1)
    se = np.sqrt(variance)
    se = np.where(np.isnan(estimates.estimate), np.nan, np.where(se < NOISE, 0.0, se))
    deff_wor, deff_wr = design_effects(estimates, se, made.spread())
    return replace(
        estimates,
        se=se,
        df=made.degrees_of_freedom(),
        deff_wor=deff_wor,
        deff_wr=deff_wr,
        lonely=np.zeros_like(estimates.lonely),
        left_out=left_out,
    )


def replicate_covariance(
    estimates: DomainEstimates, replicates: ReplicateWeights, measures: RowMeasures, columns: Sequence[Ints]
) -> Floats:
    """The covariance (domains × domains) of the first measure under the replicates; rows as for the errors."""
    first = replace(estimates, measures=estimates.measures[:1])
    made = _Replicated(first, replicates, measures, columns)
    gap = np.zeros((estimates.size, replicates.size))
    for block in made.blocks:
        gap[block.start : block.stop] = replicates.gaps(next(made.figures(block)))
    return np.asarray(gap @ gap.T)


@dataclass(frozen=True, slots=True)
class _Block:
    """Some domains with their rows, domain after domain; `ends` is where the rows of each begin."""

    start: int
    stop: int
    rows: Ints
    ends: Ints

    def total(self, values: Floats, weights: Floats) -> Floats:
        """Sums of values (n,) under each of the weights (n × m) by domain: (domains × m)."""
        shape = (self.stop - self.start, len(weights))
        return np.asarray(sparse.csr_array((values[self.rows], self.rows, self.ends), shape=shape) @ weights)


class _Replicated:
    """The measures of some estimates under all weights."""

    def __init__(
        self, estimates: DomainEstimates, replicates: ReplicateWeights, measures: RowMeasures, columns: Sequence[Ints]
    ) -> None:
        self.estimates, self.replicates, self.measures = estimates, replicates, measures
        self.weights = replicates.every
        self.domain = domain_of_rows(estimates.keys, columns, len(self.weights))
        self.nodes = composites_of(measures.plan)
        self.layout = Layout(measures.plan)
        self.order = np.argsort(self.domain, kind="stable")
        counts = np.bincount(self.domain, minlength=estimates.size + 1)[: estimates.size]
        self.ends = np.r_[0, np.cumsum(counts)]
        kept = len(measures.plan.items) + 8
        most = max(1, _BLOCK_BYTES // (8 * self.weights.shape[1] * kept))
        self.blocks = [
            self._block(start, min(start + most, estimates.size)) for start in range(0, estimates.size, most)
        ]

    def _block(self, start: int, stop: int) -> _Block:
        ends = self.ends[start : stop + 1]
        return _Block(start, stop, self.order[ends[0] : ends[-1]], ends - ends[0])

    def figures(self, block: _Block) -> Iterator[Floats]:
        """Each measure (domains of the block × 1 + R), NaN where a weight leaves nobody who answered all it is of."""
        known: dict[Measure, RatioScores] = {}
        shape = (block.stop - block.start, self.weights.shape[1])

        def ratio(measure: Measure) -> RatioScores:
            if measure not in known:
                top, bottom = (block.total(values, self.weights) for values in self.measures.ratio(measure))
                value = np.divide(top, bottom, out=np.full(shape, np.nan), where=bottom > 0)
                known[measure] = RatioScores(value.reshape(-1), bottom.reshape(-1), _NOTHING, None)
            return known[measure]

        rates = {rate_of(self.layout, item.code) for item in self.layout.plan.items}
        for measure in self.estimates.measures:
            if measure in self.nodes:
                made = composite(self.layout, *self.nodes[measure], ratio)
                found = made.estimate.reshape(shape).copy()
                for base in made.coefficients:
                    there = ratio(base).denominator.reshape(shape) > 0
                    found[there[:, :1] & ~there] = np.nan
            else:
                found = ratio(measure).estimate.reshape(shape)
            yield found
            for one in known.keys() - rates:
                del known[one]

    def spread(self) -> Floats:
        """Σ w (y − r x)² / X² of every ratio by domain; NaN for functions of several ratios."""
        weights, size = self.replicates.weights, self.estimates.size
        result = np.full(self.estimates.se.shape, np.nan)
        for k, measure in enumerate(self.estimates.measures):
            if measure in self.nodes:
                continue
            y, x = self.measures.ratio(measure)
            whole = sum_by(self.domain, weights * x, size + 1)[:size]
            r = np.r_[np.nan_to_num(self.estimates.estimate[:, k]), 0.0][self.domain]
            square = sum_by(self.domain, weights * (y - r * x) ** 2, size + 1)[:size]
            result[:, k] = np.divide(square, whole**2, out=np.full(size, np.nan), where=whole > 0)
        return result

    def degrees_of_freedom(self) -> Ints:
        """The rank of the replicate weights of who answered, less 1 (domains × measures).

        What holds for all who answered any measure and for those who answered every one holds between.
        """
        masks = [self._answered(measure) for measure in self.estimates.measures]
        result = np.zeros(self.estimates.se.shape, np.int64)
        if not masks:
            return result
        distinct: dict[bytes, list[int]] = {}
        for k, mask in enumerate(masks):
            distinct.setdefault(mask.tobytes(), []).append(k)
        widest, narrowest = np.logical_or.reduce(masks), np.logical_and.reduce(masks)
        for place in range(self.estimates.size):
            rows = self.order[self.ends[place] : self.ends[place + 1]]
            known = {int(mask[rows].sum()): self._rank(rows[mask[rows]]) for mask in (narrowest, widest)}
            n = max(known)
            for members in distinct.values():
                inside = masks[members[0]][rows]
                own = int(inside.sum())
                if len(set(known.values())) == 1:
                    found = known[n]
                elif known[n] == n:  # all rows are independent, and so are some of them
                    found = own
                else:
                    found = known[own] if own in known else self._rank(rows[inside])
                result[place, members] = max(0, found - 1)
        return result

    def _rank(self, rows: Ints) -> int:
        return rank(self.weights[rows, 1:])

    def _answered(self, measure: Measure) -> Bools:
        base = Measure("any_pooled_rate", measure.variable) if measure in self.nodes else measure
        return np.asarray(self.measures.ratio(base)[1] > 0)
