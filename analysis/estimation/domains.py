"""Estimates and linearised variances of every ratio in every domain, from totals by cell.

A domain is estimated by giving the rows outside it weight zero: the stratum's clusters without a row in the domain
count as zeros, and the number of clusters stays that of the whole sample (Särndal, Swensson and Wretman 1992,
section 10.3; R `survey`: design[domain, ]).

For a ratio r = Y/X the linearised value of a row is z = w (y − r x) / X. The variance of r is, over strata h with n
sampled of N clusters, Σ (1 − n/N) · n/(n−1) · Σ (z_i − z̄)² with z_i the sum of z over cluster i; where respondents
are a second stage, m of M in cluster i, plus Σ n/N · (1 − m/M) · m/(m−1) · Σ (z_k − z̄_i)² (Cochran 1977, section
11.8 in its linearised form). Degrees of freedom: clusters with an answer of positive weight in the domain, minus
strata with one. A stratum with a single sampled cluster that is not its whole population follows the lonely rule of
the design.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import AnyArray, Bools, Floats, Ints
from analysis.cells import Groups, regroup
from analysis.design.sample_design import LONELY_RULES
from analysis.errors import DesignError
from analysis.totals.cell_tables import CellTable, positions
from analysis.totals.floating_noise import without_noise
from analysis.totals.layout import BaseRatio, Columns
from analysis.totals.streaming import Shape

__all__ = ["simple_variance"]

LINES = 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """The sampled clusters of the whole sample: one line per (stratum, cluster), and their strata."""

    clusters: CellTable
    stratum: Ints
    strata: Ints
    sampled: Floats
    population: Floats
    lonely: Bools
    scale: Floats

    @classmethod
    def of(cls, table: CellTable, shape: Shape, lonely: str) -> Frame:
        """Count the clusters of each stratum (or, without clusters, its rows) and check them against populations."""
        if lonely not in LONELY_RULES:
            raise DesignError(f"Rule '{lonely}' for strata with one PSU is unknown; choose {', '.join(LONELY_RULES)}.")
        clusters = table.bare().coarsened(("stratum", "psu") if shape.clustered else ("stratum",))
        groups = regroup(clusters.keys[:, :1])
        if shape.clustered:
            sampled = np.bincount(groups.codes, minlength=groups.size).astype(np.float64)
        else:
            sampled = clusters.all_rows()[:, 0].astype(np.float64)
        population = np.full(groups.size, np.inf)
        if clusters.population is not None:
            population[groups.codes] = clusters.population[:, 0]
            if not np.array_equal(population[groups.codes], clusters.population[:, 0]):
                place = int(np.flatnonzero(population[groups.codes] != clusters.population[:, 0])[0])
                raise DesignError(f"Stratum {clusters.keys[place, 0]} has different population sizes in its PSUs.")
        if (population < sampled).any():
            place = int(np.flatnonzero(population < sampled)[0])
            raise DesignError(
                f"Stratum {groups.keys[place, 0]} has a population of {population[place]:g} PSUs, but "
                f"{sampled[place]:g} were sampled; a population cannot be smaller than its sample."
            )
        fraction = np.where(np.isfinite(population), sampled / population, 0.0)
        alone = (sampled < 2) & (population > 1)
        if lonely == "fail" and alone.any():
            place = int(np.flatnonzero(alone)[0])
            raise DesignError(
                f"Stratum {groups.keys[place, 0]} has only one PSU; merge it with a similar stratum, or choose another "
                f"rule for strata with one PSU than 'fail'."
            )
        scale = (1 - fraction) * np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 1.0)
        return cls(clusters, groups.codes, groups.keys[:, 0], sampled, population, alone, scale)

    def within_factor(self) -> Floats:
        """For each cluster n/N · (1 − m/M) · m/(m−1): what its respondents' own spread is multiplied by."""
        assert self.clusters.population is not None
        taken = self.clusters.all_rows()[:, 0].astype(np.float64)
        units = self.clusters.population[:, 1]
        if (units < taken).any():
            place = int(np.flatnonzero(units < taken)[0])
            raise DesignError(
                f"PSU {self.clusters.keys[place].tolist()} has a population of {units[place]:g} units, but "
                f"{taken[place]:g} were sampled; a population cannot be smaller than its sample."
            )
        first = np.where(np.isfinite(self.population), self.sampled / self.population, 0.0)[self.stratum]
        second = 1 - np.where(np.isfinite(units), taken / units, 0.0)
        return np.asarray(first * second * np.where(taken > 1, taken / np.maximum(taken - 1, 1), 0.0))


class Partition:
    """The domains of one crossing, and the variance of linearised values in each of them.

    Lines are cells of (domain, cluster), in the order of the table; segments are (domain, stratum).
    """

    def __init__(self, table: CellTable, by: Sequence[str], frame: Frame, shape: Shape, lonely: str) -> None:
        self.by, self.frame, self.shape, self.lonely = tuple(by), frame, shape, lonely
        design = ("stratum", "psu") if shape.clustered else ("stratum",)
        if by:
            columns = [table.names.index(name) for name in by]
            inside = (table.keys[:, columns] >= 0).all(axis=1)
            if not inside.all():
                table = table.restricted(np.flatnonzero(inside))
        self.lines = table if {*by, *design} == {*table.names} else table.coarsened((*by, *design))
        names = self.lines.names
        domains = regroup(self.lines.keys[:, [names.index(name) for name in by]])
        self.keys, self.domain, self.size = domains.keys, domains.codes, domains.size
        self.cluster = positions(frame.clusters, self.lines.keys[:, [names.index(name) for name in design]])
        stratum = frame.stratum[self.cluster]
        segments = regroup(np.column_stack([self.domain, stratum]))
        self.segment_domain, self.segment_stratum = segments.keys[:, 0], segments.keys[:, 1]
        self.domains, self.segments = Groups(self.domain, self.size), Groups(segments.codes, segments.size)
        self.strata = Groups(self.segment_domain, self.size)
        self.segment = segments.codes

    @property
    def blockwise(self) -> bool:
        """Whether variances can be had some lines at a time (`BlockVariance`)."""
        return self.shape.clustered and self.lonely != "average"

    def total(self, values: AnyArray) -> AnyArray:
        """Sums of values (lines × f) over the lines of each domain: (domains × f)."""
        return self.domains.total(values)

    def residual(self, scores: Floats, ratios: Sequence[BaseRatio], r: Floats, inverse: Floats) -> Floats:
        """The scores after the projection that calibrated weights call for; here there is none."""
        return scores

    def degrees_of_freedom(self, counts: Ints) -> Ints:
        """Clusters with an answer of positive weight, minus strata with one; `counts` is lines × measures."""
        units = self.total((counts > 0).astype(np.int64)) if self.shape.clustered else self.total(counts)
        strata = (self.segments.total(counts) > 0).astype(np.int64)
        return np.asarray(units - self.strata.total(strata), np.int64)

    def rests_on_lonely(self, counts: Ints) -> Bools:
        """Whether a domain has an answer of positive weight in a stratum with one sampled cluster of more."""
        found = np.zeros((self.size, counts.shape[1]), np.bool_)
        if self.frame.lonely.any():
            lines = np.flatnonzero(self.frame.lonely[self.segment_stratum[self.segment]])
            line, measure = np.nonzero(counts[lines] > 0)
            found[self.domain[lines[line]], measure] = True
        return found

    def variance(
        self,
        scores: Floats,
        rows: Ints,
        squares: Floats | None = None,
        centre: Floats | None = None,
    ) -> Floats:
        """Variances (domains × measures) of sums of linearised values.

        `scores` (lines × measures) are sums of z per line; `rows` the numbers of rows behind them; `squares` Σ z² of
        single respondents, where these are a stage; `centre` (domains × measures) where sums are not 0, as for totals.
        """
        if not len(scores):
            return np.zeros((0, scores.shape[1]))
        if self.shape.clustered:
            parts = self._between(scores, centre)
        else:
            assert squares is not None
            parts = self._among_rows(scores, squares, centre)
        result = self.strata.total(parts)
        if self.lonely == "average":
            result = result * self._average_factor(rows)
        if self.shape.clustered and self.shape.second_stage:
            assert squares is not None
            taken = self.frame.clusters.all_rows()[:, 0].astype(np.float64)[self.cluster][:, None]
            inside = scores**2
            inside /= taken
            inside = without_noise(np.subtract(squares, inside, out=inside), squares)
            inside *= self.frame.within_factor()[self.cluster][:, None]
            if self.lonely == "average":
                inside = np.where(self._single_respondent(rows), np.nan, inside)
            result = result + self.total(inside)
        return np.asarray(result)

    def _between(self, scores: Floats, centre: Floats | None) -> Floats:
        """Per (domain, stratum): the squares around the mean of its clusters, those without a row as zeros."""
        sampled = self.frame.sampled[self.segment_stratum][:, None]
        mean = self.segments.total(scores) / sampled
        lines = np.bincount(self.segment, minlength=len(mean))[:, None]
        apart = mean[self.segment]
        np.subtract(scores, apart, out=apart)
        apart *= apart
        parts = self.frame.scale[self.segment_stratum][:, None] * (
            self.segments.total(apart) + (sampled - lines) * mean**2
        )
        alone = self.frame.lonely[self.segment_stratum]
        if alone.any():
            if self.lonely == "adjust":
                single = mean[alone] - (0.0 if centre is None else centre[self.segment_domain[alone]])
                parts[alone] = self.frame.scale[self.segment_stratum[alone]][:, None] * single**2
            else:
                parts[alone] = 0.0
        return np.asarray(parts)

    def _among_rows(self, scores: Floats, squares: Floats, centre: Floats | None) -> Floats:
        """The same where every row is a cluster: a line is a (domain, stratum)."""
        line = self.segments.first()
        scores, squares = scores[line], squares[line]
        sampled = self.frame.sampled[self.segment_stratum][:, None]
        scale = self.frame.scale[self.segment_stratum][:, None]
        parts = scale * without_noise(squares - scores**2 / sampled, squares)
        alone = self.frame.lonely[self.segment_stratum]
        if alone.any():
            if self.lonely == "adjust":
                single = scores[alone] - (0.0 if centre is None else centre[self.segment_domain[alone]])
                parts[alone] = scale[alone] * single**2
            else:
                parts[alone] = 0.0
        return np.asarray(parts)

    def _average_factor(self, rows: Ints) -> Floats:
        """Strata over strata that are not lonely, among those with a row in the domain."""
        present = (self.segments.total(rows) > 0).astype(np.float64)
        alone = self.frame.lonely[self.segment_stratum][:, None]
        strata = self.strata.total(present)
        good = self.strata.total(np.where(alone, 0.0, present))
        return np.asarray(np.divide(strata, good, out=np.full(strata.shape, np.nan), where=good > 0))

    def _single_respondent(self, rows: Ints) -> Bools:
        clusters = self.frame.clusters
        assert clusters.population is not None
        single = (clusters.all_rows()[:, 0] < 2) & (clusters.population[:, 1] > 1)
        return np.asarray(single[self.cluster][:, None] & (rows > 0))


class BlockVariance:
    """The variances of `Partition.variance` for sampled clusters, from some lines at a time.

    `sums` (segments × measures) are the sums of linearised values over each segment. For every rule but `average`.
    """

    def __init__(self, partition: Partition, sums: Floats) -> None:
        frame, stratum = partition.frame, partition.segment_stratum
        sampled = frame.sampled[stratum][:, None]
        self.partition, self.mean = partition, sums / sampled
        alone = frame.lonely[stratum]
        scale = frame.scale[stratum]
        lines = np.bincount(partition.segment, minlength=len(sums))[:, None]
        parts = np.where(alone, 0.0, scale)[:, None] * (sampled - lines) * self.mean**2
        if partition.lonely == "adjust":
            parts[alone] = scale[alone][:, None] * self.mean[alone] ** 2
        self.result = partition.strata.total(parts)
        self.scale = np.where(alone, 0.0, scale)[partition.segment]
        self.taken = frame.clusters.all_rows()[:, 0].astype(np.float64)[partition.cluster]
        self.within = frame.within_factor()[partition.cluster] if partition.shape.second_stage else None

    def add(self, some: slice, scores: Floats, squares: Floats | None) -> None:
        """Take in some lines; the scores are used up."""
        apart = scores - self.mean[self.partition.segment[some]]
        apart *= apart
        apart *= self.scale[some, None]
        if self.within is not None and squares is not None:
            scores *= scores
            scores /= self.taken[some, None]
            np.subtract(squares, scores, out=scores)
            np.maximum(scores, 0.0, out=scores)
            scores *= self.within[some, None]
            apart += scores
        domains, place = np.unique(self.partition.domain[some], return_inverse=True)
        self.result[domains] += Groups(place, len(domains)).total(apart)


@dataclass(frozen=True, slots=True)
class RatioScores:
    """One ratio in every domain: estimate, denominators, and sums of linearised values per line."""

    estimate: Floats
    denominator: Floats
    scores: Floats
    squares: Floats | None


@dataclass(frozen=True, slots=True)
class Ratios:
    """Several ratios in every domain (domains × ratios); NaN where a domain has no answer."""

    of: tuple[BaseRatio, ...]
    estimate: Floats
    denominator: Floats

    def values(self) -> tuple[Floats, Floats]:
        """The ratios and one over their denominators, 0 where there is no answer."""
        known = self.denominator > 0
        inverse = np.divide(1.0, self.denominator, out=np.zeros(known.shape), where=known)
        return np.where(known, self.estimate, 0.0), inverse

    def some(self, places: Sequence[int]) -> Ratios:
        """The ratios at some places, in that order."""
        chosen = list(places)
        return Ratios(tuple(self.of[k] for k in chosen), self.estimate[:, chosen], self.denominator[:, chosen])


def gathered(source: AnyArray, groups: Sequence[Columns]) -> AnyArray:
    """For each group of columns of `source` (n × f) the sum of these columns: (n × groups)."""
    result = np.take(source, [columns[0] if columns else 0 for columns in groups], axis=1)
    for place, columns in enumerate(groups):
        if len(columns) > 1:
            result[:, place] = source[:, list(columns)].sum(axis=1)
        elif not columns:
            result[:, place] = 0
    return np.asarray(result)


def ratios_of(totals: Floats, ratios: Sequence[BaseRatio]) -> Ratios:
    """The ratios of the sums (domains × f) of every domain: (domains × ratios)."""
    top = gathered(totals, [ratio.numerator for ratio in ratios])
    bottom = gathered(totals, [ratio.denominator for ratio in ratios])
    estimate = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return Ratios(tuple(ratios), estimate, bottom)


def linearised(partition: Partition, ratios: Ratios) -> tuple[Floats, Floats | None]:
    """Sums of linearised values per line (lines × ratios), and of their squares where respondents are a stage."""
    scores = np.empty((len(partition.domain), len(ratios.of)))
    squares = np.empty_like(scores) if partition.shape.elements else None
    for some, own, own_squares in linearised_blocks(partition, ratios):
        scores[some] = own
        if squares is not None:
            squares[some] = own_squares
    return partition.residual(scores, ratios.of, *ratios.values()), squares


def linearised_blocks(partition: Partition, ratios: Ratios) -> Iterator[tuple[slice, Floats, Floats | None]]:
    """What `linearised` gives, as (lines × ratios) of some lines at a time and before any projection.

    The blocks are so small that what is computed stays in a processor's cache.
    """
    lines, domain = partition.lines, partition.domain
    r, inverse = ratios.values()
    tops, bottoms = [ratio.numerator for ratio in ratios.of], [ratio.denominator for ratio in ratios.of]
    for start in range(0, len(domain), LINES):
        some = slice(start, start + LINES)
        own, over = r[domain[some]], inverse[domain[some]]
        scores = gathered(lines.sums[some], bottoms)
        scores *= own
        np.subtract(gathered(lines.sums[some], tops), scores, out=scores)
        scores *= over
        squares = None
        if lines.squares is not None and partition.shape.elements:
            squares = quadratic(lines.squares[some], ratios.of, own)
            over *= over
            squares *= over
        yield some, scores, squares


def ratio_scores(partition: Partition, ratio: BaseRatio, totals: Floats | None = None) -> RatioScores:
    """The linearised values of a ratio as sums per line (lines,), with the estimate of each domain (domains,).

    Where a domain has no answer the estimate is NaN and the scores are 0.
    """
    one = ratios_of(partition.total(partition.lines.sums) if totals is None else totals, (ratio,))
    scores, squares = linearised(partition, one)
    return RatioScores(
        one.estimate[:, 0], one.denominator[:, 0], scores[:, 0], None if squares is None else squares[:, 0]
    )


def quadratic(source: Floats, ratios: Sequence[BaseRatio], r: Floats) -> Floats:
    """Σ (y − r x)² per line of the source, from the sums of products: (lines × ratios), as is r."""
    squares = gathered(source, [ratio.square for ratio in ratios])
    base = gathered(source, [ratio.base for ratio in ratios])
    shares = np.array([ratio.indicator for ratio in ratios], np.bool_)
    if shares.all():  # of a proportion Σ x y = Σ y²
        return np.asarray((1 - r) ** 2 * squares + r**2 * (base - squares))
    cross = gathered(source, [ratio.cross for ratio in ratios])
    about = r**2 * base
    general = without_noise(squares - 2 * r * cross + about, squares + about)
    if not shares.any():
        return np.asarray(general)
    return np.where(shares, (1 - r) ** 2 * squares + r**2 * (base - squares), general)


def simple_variance(totals: Floats, ratios: Ratios, n: Ints) -> tuple[Floats, Floats]:
    """The variances (domains × ratios) had the respondents been a simple random sample, with and without replacement.

    Σ w e² / X² · N/(n−1), times (1 − n/N) without replacement, N the sum of weights of the respondents (as R's
    svymean(deff = TRUE) and svyratio(deff = TRUE) have it). NaN where the sample is larger than N.
    """
    people = gathered(totals, [ratio.people for ratio in ratios.of])
    spread = quadratic(totals, ratios.of, ratios.values()[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        known = (n > 1) & (ratios.denominator > 0)
        replaced = np.where(known, spread / ratios.denominator**2 * people / (n - 1), np.nan)
        without = np.where(people >= n, replaced * (1 - n / people), np.nan)
    return replaced, without
