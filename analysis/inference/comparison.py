"""Differences and trends between units, waves or channels, with the covariance they share.

Domains that have clusters in common are not independent: a quarter and the next are measured in the same communes. The
covariance of two domain estimates is that of their linearised values: between clusters within strata, and, where
respondents are a second stage, minus what the two take from each other inside a cluster. Samples that share no
cluster (two waves drawn apart, a drawn and a self-selected channel) are compared by `independent`.
Sources: R `survey` svyby(covmat = TRUE) with svycontrast; Särndal, Swensson and Wretman (1992), section 5.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from analysis.arrays import Bools, Floats, Ints
from analysis.errors import AnalysisError
from analysis.estimation.composites import composite, composite_scores
from analysis.estimation.domain_estimates import DomainEstimates, estimate, partition_of
from analysis.estimation.domains import Partition, RatioScores, ratio_scores
from analysis.inference import verdicts
from analysis.inference.intervals import student_quantile
from analysis.totals.measure_plan import Measure
from analysis.totals.streaming import Totals


@dataclass(frozen=True, slots=True)
class Joint:
    """One measure in every domain of a crossing, with the covariance matrix of the estimates."""

    estimates: DomainEstimates
    covariance: Floats
    clusters: sparse.csr_array
    stratum: Ints
    clustered: bool

    @property
    def estimate(self) -> Floats:
        return np.asarray(self.estimates.estimate[:, 0])

    @property
    def se(self) -> Floats:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def joint_df(self, domains: Sequence[int]) -> int:
        """Clusters with an answer in any of the domains, minus strata with one."""
        there = np.asarray(self.clusters[:, list(domains)].sum(axis=1)).reshape(-1)
        used = np.flatnonzero(there)
        units = len(used) if self.clustered else int(there.sum())
        return units - len(np.unique(self.stratum[used]))


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference with its interval and t test; NaN where it cannot be had."""

    estimate: float
    se: float
    df: float
    lower: float
    upper: float
    p_value: float


def joint(totals: Totals, by: Sequence[str], measure: Measure, *, lonely: str = "adjust") -> Joint:
    """A measure in every domain of a crossing with covariances (domains × domains), from totals.

    Empty domains have NaN and covariance 0. On the diagonal stand the variances of `domain_estimates`; they count the
    spread of respondents in a second stage. Raises AnalysisError for a measure that the plan does not have.
    Source: R `survey` svyby(covmat = TRUE).
    """
    found = estimate(totals, by, measures=(measure,), lonely=lonely)
    partition = partition_of(totals, by, lonely=lonely)
    scores = _scores(totals, partition, measure)
    place = (partition.cluster, partition.domain)
    frame = partition.frame
    size = (len(frame.stratum), partition.size)
    z = sparse.csr_array((scores, place), shape=size)
    strata = sparse.csr_array(
        (np.ones(size[0]), (frame.stratum, np.arange(size[0]))), shape=(len(frame.sampled), size[0])
    )
    by_stratum = strata @ z
    scale = np.where(frame.lonely, 0.0, frame.scale)
    result = -_square(by_stratum, scale / frame.sampled)
    if partition.shape.clustered:
        result += _square(z, scale[frame.stratum])
        if lonely == "adjust":
            result += _square(by_stratum, np.where(frame.lonely, frame.scale, 0.0))
        if partition.shape.second_stage:
            taken = frame.clusters.all_rows()[:, 0].astype(np.float64)
            result -= _square(z, frame.within_factor() / taken)
    np.fill_diagonal(result, np.where(np.isnan(found.se[:, 0]), 0.0, found.se[:, 0] ** 2))
    ratio = totals.layout.ratios.get(measure)
    count = ratio.count if ratio is not None else totals.layout.counts[measure.variable]
    answered = partition.lines.counts[:, count]
    inside = sparse.csr_array(((answered > 0).astype(np.int64), place), shape=size)
    if not partition.shape.clustered:
        inside = sparse.csr_array((answered.astype(np.int64), place), shape=size)
    return Joint(found, result, inside, frame.stratum, partition.shape.clustered)


def contrast(found: Joint, coefficients: Floats, *, level: float = 0.95) -> Difference:
    """Σ c θ over the domains, coefficients (domains,), with covariance; two-sided p by Student's t.

    The df are those of the clusters of the domains that have a coefficient. Raises AnalysisError unless there is one
    coefficient for each domain. Source: R `survey` svycontrast.
    """
    c = np.asarray(coefficients, np.float64)
    if len(c) != len(found.estimate):
        raise AnalysisError(f"There are {len(found.estimate)} domains and {len(c)} coefficients; one each is needed.")
    used = np.flatnonzero(c)
    value = float(c[used] @ found.estimate[used])
    se = float(np.sqrt(max(float(c @ found.covariance @ c), 0.0)))
    return _tested(value, se, found.joint_df(used.tolist()), level)


def difference(found: Joint, first: int, second: int, *, level: float = 0.95) -> Difference:
    """The first domain minus the second, both by their place in the crossing; in the unit of the estimates."""
    c = np.zeros(len(found.estimate))
    c[first], c[second] = 1.0, -1.0
    return contrast(found, c, level=level)


def independent(
    first: float,
    first_se: float,
    first_df: float,
    second: float,
    second_se: float,
    second_df: float,
    level: float = 0.95,
) -> Difference:
    """The first minus the second estimate of two samples that share nothing; df after Satterthwaite (1946).

    >>> found = independent(0.88, 0.02, 30, 0.82, 0.02, 25)
    >>> round(found.estimate, 2), round(found.df, 1), round(found.p_value, 3)
    (0.06, 54.5, 0.038)
    """
    parts = np.array([first_se**2, second_se**2])
    own = np.array([first_df, second_df], np.float64)
    total = float(parts.sum())
    if not (total > 0 and (own > 0).all()):
        return _tested(first - second, float(np.sqrt(total)), 0.0, level)
    return _tested(first - second, float(np.sqrt(total)), total**2 / float((parts**2 / own).sum()), level)


@dataclass(frozen=True, slots=True)
class Together:
    """Differences (k,) judged as one family: p-values after Holm, which are proven, and intervals that say the same."""

    p_value: Floats
    proven: Bools
    lower: Floats
    upper: Floats


def together(differences: Sequence[Difference], *, alpha: float = 0.05, opt_in: bool = False) -> Together:
    """Differences as one family after Holm, with intervals in which 0 does not lie exactly where one is proven.

    Each interval has α over their number, so that all hold together; where Holm's later steps prove what such an
    interval would leave open, it ends at 0: which way is proven, not how far. NaN where there is no error or no df.
    With `opt_in` (people chose themselves to answer) none is proven, and there are no p-values.
    Source: Holm (1979); Bonferroni's intervals, that they hold together after the cut by simulation.

    >>> pair = [independent(0.88, 0.02, 30, 0.82, 0.02, 25), independent(0.90, 0.01, 90, 0.80, 0.02, 90)]
    >>> found = together(pair)
    >>> found.proven.tolist(), found.lower.round(3).tolist(), found.upper.round(3).tolist()
    ([True, True], [0.0, 0.049], [0.125, 0.151])
    """
    value = np.array([one.estimate for one in differences], np.float64)
    se = np.array([one.se for one in differences], np.float64)
    df = np.array([one.df for one in differences], np.float64)
    raw = np.array([one.p_value for one in differences], np.float64)
    known = ~np.isnan(raw)
    half = student_quantile(1 - alpha / (2 * max(int(known.sum()), 1)), np.where(known, df, 1.0))
    half = half * np.where(known, se, np.nan)
    lower, upper = value - half, value + half
    nothing = np.full(raw.shape, np.nan)
    if opt_in:
        return Together(nothing, np.zeros(raw.shape, np.bool_), lower, upper)
    p = verdicts.holm(raw) if len(raw) else nothing
    with np.errstate(invalid="ignore"):
        proven = np.asarray(p <= alpha)
    rise, fall = proven & (value > 0), proven & (value < 0)
    # What is not proven has 0 inside already; the other sides are for its last binary place.
    lower = np.where(rise, np.maximum(lower, 0.0), np.where(proven, lower, np.minimum(lower, 0.0)))
    upper = np.where(fall, np.minimum(upper, 0.0), np.where(proven, upper, np.maximum(upper, 0.0)))
    return Together(p, proven, lower, upper)


def adjusted(differences: Sequence[Difference], method: str) -> Floats:
    """The p-values (differences,) of a family after Holm (`holm`) or Benjamini-Hochberg (`bh`), in the same order."""
    return verdicts.adjusted(np.array([one.p_value for one in differences]), method)


def _tested(value: float, se: float, df: float, level: float) -> Difference:
    if not (se > 0 and df > 0) or np.isnan(value):
        return Difference(value, se, df, np.nan, np.nan, np.nan)
    half = float(student_quantile((1 + level) / 2, np.array(df))) * se
    return Difference(value, se, df, value - half, value + half, float(2 * special.stdtr(df, -abs(value) / se)))


def _square(z: sparse.csr_array, weight: Floats) -> Floats:
    """z' diag(weight) z, dense."""
    return np.asarray((z.T @ (z.multiply(weight[:, None]))).toarray(), np.float64)


def _scores(totals: Totals, partition: Partition, measure: Measure) -> Floats:
    """Sums of the measure's linearised values per line of the partition."""
    layout = totals.layout
    known: dict[Measure, RatioScores] = {}

    def scores_of(one: Measure) -> RatioScores:
        if one not in known:
            known[one] = ratio_scores(partition, layout.ratios[one])
        return known[one]

    if measure in layout.ratios:
        return scores_of(measure).scores
    for node in layout.plan.nodes:
        for rule in layout.plan.rules_of(node):
            if layout.plan.measure_of(node, rule) == measure:
                return composite_scores(composite(layout, node, rule, scores_of), partition, scores_of)
    raise AnalysisError(f"The plan has no measure {measure.name} of '{measure.variable}'.")
