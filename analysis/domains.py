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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import AnyArray, Bools, Floats, Ints
from analysis.cells import regroup
from analysis.celltable import CellTable, positions
from analysis.design import LONELY_RULES
from analysis.errors import DesignError
from analysis.layout import BaseRatio, Columns
from analysis.totals import Shape

_ROUNDING = 1e-13


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
        clusters = table.coarsened(("stratum", "psu") if shape.clustered else ("stratum",))
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
    """The domains of one crossing, and the variance of linearised values in each of them."""

    def __init__(self, table: CellTable, by: Sequence[str], frame: Frame, shape: Shape, lonely: str) -> None:
        self.by, self.frame, self.shape, self.lonely = tuple(by), frame, shape, lonely
        design = ("stratum", "psu") if shape.clustered else ("stratum",)
        if by:
            columns = [table.names.index(name) for name in by]
            inside = (table.keys[:, columns] >= 0).all(axis=1)
            if not inside.all():
                table = table.restricted(np.flatnonzero(inside))
        self.lines = table.coarsened((*by, *design))
        domains = regroup(self.lines.keys[:, : len(self.by)])
        self.keys, self.domain = domains.keys, domains.codes
        self.size = domains.size
        self.cluster = positions(frame.clusters, self.lines.keys[:, len(self.by) :])
        self._segment()

    def _segment(self) -> None:
        """Lines are ordered by domain, then stratum: where each domain and each (domain, stratum) begins."""
        stratum = self.frame.stratum[self.cluster]
        change = np.r_[True, (self.domain[1:] != self.domain[:-1]) | (stratum[1:] != stratum[:-1])]
        self.starts = np.flatnonzero(change) if len(self.domain) else np.zeros(0, np.int64)
        self.segment = np.cumsum(change) - 1 if len(self.domain) else np.zeros(0, np.int64)
        self.segment_domain = self.domain[self.starts]
        self.segment_stratum = stratum[self.starts]
        first = np.r_[True, self.segment_domain[1:] != self.segment_domain[:-1]]
        self.domain_starts = np.flatnonzero(first) if len(self.starts) else np.zeros(0, np.int64)
        self.line_starts = self.starts[self.domain_starts] if len(self.starts) else np.zeros(0, np.int64)

    def total(self, values: AnyArray) -> AnyArray:
        """Sums over the lines of each domain."""
        return np.add.reduceat(values, self.line_starts, axis=0) if len(values) else values[:0]

    def residual(self, scores: Floats, ratio: BaseRatio, r: Floats, inverse: Floats) -> Floats:
        """The scores after the projection that calibrated weights call for; here there is none."""
        return scores

    def column(self, source: AnyArray, columns: Columns) -> AnyArray:
        """The sum of some columns of the lines."""
        if len(columns) == 1:
            return np.asarray(source[:, columns[0]])
        return np.asarray(source[:, list(columns)].sum(axis=1))

    def degrees_of_freedom(self, counts: Ints) -> Ints:
        """Clusters with an answer of positive weight, minus strata with one; `counts` is lines × measures."""
        if not len(counts):
            return counts[:0]
        if self.shape.clustered:
            units = self.total((counts > 0).astype(np.int64))
        else:
            units = self.total(counts)
        strata = (np.add.reduceat(counts, self.starts, axis=0) > 0).astype(np.int64)
        return np.asarray(units - np.add.reduceat(strata, self.domain_starts, axis=0), np.int64)

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
        result = np.add.reduceat(parts, self.domain_starts, axis=0)
        if self.lonely == "average":
            result = result * self._average_factor(rows)
        if self.shape.clustered and self.shape.second_stage:
            assert squares is not None
            taken = self.frame.clusters.all_rows()[:, 0].astype(np.float64)[self.cluster][:, None]
            factor = self.frame.within_factor()[self.cluster][:, None]
            inside = factor * without_noise(squares - scores**2 / taken, squares)
            if self.lonely == "average":
                inside = np.where(self._single_respondent(rows), np.nan, inside)
            result = result + self.total(inside)
        return np.asarray(result)

    def _between(self, scores: Floats, centre: Floats | None) -> Floats:
        """Per (domain, stratum): the squares around the mean of its clusters, those without a row as zeros."""
        sampled = self.frame.sampled[self.segment_stratum][:, None]
        mean = np.add.reduceat(scores, self.starts, axis=0) / sampled
        lines = np.diff(np.r_[self.starts, len(scores)])[:, None]
        squares = np.add.reduceat((scores - mean[self.segment]) ** 2, self.starts, axis=0)
        parts = self.frame.scale[self.segment_stratum][:, None] * (squares + (sampled - lines) * mean**2)
        alone = self.frame.lonely[self.segment_stratum]
        if alone.any():
            if self.lonely == "adjust":
                single = mean[alone] - (0.0 if centre is None else centre[self.segment_domain[alone]])
                parts[alone] = self.frame.scale[self.segment_stratum[alone]][:, None] * single**2
            else:
                parts[alone] = 0.0
        return np.asarray(parts)

    def _among_rows(self, scores: Floats, squares: Floats, centre: Floats | None) -> Floats:
        """The same where every row is a cluster: lines are (domain, stratum) already."""
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
        present = (np.add.reduceat(rows, self.starts, axis=0) > 0).astype(np.float64)
        alone = self.frame.lonely[self.segment_stratum][:, None]
        strata = np.add.reduceat(present, self.domain_starts, axis=0)
        good = np.add.reduceat(np.where(alone, 0.0, present), self.domain_starts, axis=0)
        return np.asarray(np.divide(strata, good, out=np.full(strata.shape, np.nan), where=good > 0))

    def _single_respondent(self, rows: Ints) -> Bools:
        clusters = self.frame.clusters
        assert clusters.population is not None
        single = (clusters.all_rows()[:, 0] < 2) & (clusters.population[:, 1] > 1)
        return np.asarray(single[self.cluster][:, None] & (rows > 0))

    def cluster_centre(self, scores: Floats, rows: Ints) -> Floats:
        """The mean of z over all clusters of the strata with a row in the domain: where `adjust` centres."""
        present = np.add.reduceat(rows, self.starts, axis=0) > 0
        sampled = np.where(present, self.frame.sampled[self.segment_stratum][:, None], 0.0)
        clusters = np.add.reduceat(sampled, self.domain_starts, axis=0)
        return np.asarray(np.divide(self.total(scores), clusters, out=np.zeros(clusters.shape), where=clusters > 0))


@dataclass(frozen=True, slots=True)
class RatioScores:
    """One ratio in every domain: estimate, denominators, and sums of linearised values per line."""

    estimate: Floats
    denominator: Floats
    scores: Floats
    squares: Floats | None


def ratio_scores(partition: Partition, ratio: BaseRatio) -> RatioScores:
    """The linearised values of a ratio. Where a domain has no answer the estimate is NaN and the scores are 0."""
    lines = partition.lines
    y, x = partition.column(lines.sums, ratio.numerator), partition.column(lines.sums, ratio.denominator)
    total_y, total_x = partition.total(y), partition.total(x)
    known = total_x > 0
    estimate = np.divide(total_y, total_x, out=np.full(len(total_x), np.nan), where=known)
    r = np.where(known, estimate, 0.0)
    inverse = np.divide(1.0, total_x, out=np.zeros(len(total_x)), where=known)
    r_line, inverse_line = r[partition.domain], inverse[partition.domain]
    scores = partition.residual((y - r_line * x) * inverse_line, ratio, r, inverse)
    squares = None
    if partition.shape.elements:
        assert lines.squares is not None
        squares = quadratic(partition, lines.squares, ratio, r_line) * inverse_line**2
    return RatioScores(estimate, total_x, scores, squares)


def quadratic(partition: Partition, source: Floats, ratio: BaseRatio, r: Floats) -> Floats:
    """Σ (y − r x)² per line, from the sums of products."""
    yy, xx = partition.column(source, ratio.square), partition.column(source, ratio.base)
    if ratio.indicator:
        return np.asarray((1 - r) ** 2 * yy + r**2 * (xx - yy))
    return without_noise(yy - 2 * r * partition.column(source, ratio.cross) + r**2 * xx, yy + r**2 * xx)


def without_noise(difference: Floats, parts: Floats) -> Floats:
    """A sum of squares found as a difference: 0 where it is only what rounding left of its parts.

    Else people who all agree would have a standard error of 1e-8, and a unit of them would be certified.
    """
    return np.where(difference > _ROUNDING * parts, difference, 0.0)


def simple_variance(partition: Partition, ratio: BaseRatio, scores: RatioScores, n: Ints) -> tuple[Floats, Floats]:
    """The variance of the ratio had the respondents been a simple random sample, with and without replacement.

    Σ w e² / X² · N/(n−1), times (1 − n/N) without replacement, N the sum of weights of the respondents (as R's
    svymean(deff = TRUE) and svyratio(deff = TRUE) have it). NaN where the sample is larger than N.
    """
    known = scores.denominator > 0
    r = np.where(known, scores.estimate, 0.0)
    sums = partition.lines.sums
    people = partition.total(partition.column(sums, ratio.people))
    if ratio.indicator:
        y, x = partition.total(partition.column(sums, ratio.numerator)), scores.denominator
        spread = y * (1 - r) ** 2 + r**2 * (x - y)
    else:
        yy = partition.total(partition.column(sums, ratio.square))
        xy = partition.total(partition.column(sums, ratio.cross))
        xx = partition.total(partition.column(sums, ratio.base))
        spread = without_noise(yy - 2 * r * xy + r**2 * xx, yy + r**2 * xx)
    with np.errstate(divide="ignore", invalid="ignore"):
        replaced = np.where((n > 1) & known, spread / scores.denominator**2 * people / (n - 1), np.nan)
        without = np.where(people >= n, replaced * (1 - n / people), np.nan)
    return replaced, without
