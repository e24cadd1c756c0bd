"""Variances of sums in many domains at once, when every row belongs to one domain and weights were calibrated.

A calibrated weight lends every row outside a domain a share in its residual, so that a row has a value for each domain:
rows × domains numbers. None of them is made. What a projection leaves of z is z − out · (L fitted(L'(into · z))) with
few columns in L (`Carrier`); its sums by cluster need only z by (cluster, domain), z by (level, domain), and L by
cluster, which is the same for every measure. Where respondents are a stage of their own the rows are needed, and made
for a block of domains at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from analysis.arrays import Floats, Ints
from analysis.cells import sum_by
from analysis.design.sample_design import Carrier, SampleDesign
from analysis.design.variance import Clusters

_BLOCK_BYTES = 1 << 26
_DENSE = 1 << 22


@dataclass(frozen=True, slots=True)
class _Block:
    """Some domains: their rows, the place of each among (cluster, domain), and its levels among (level, domain)."""

    start: int
    stop: int
    rows: Ints
    place: Ints
    levels: tuple[Any, ...]


class DomainVariances:
    """Variances and covariances of sums over domains, for one measure after another.

    `domain` is the domain of each row, `size` where it is in none. The numbers are those of `taylor_covariance` over a
    matrix with a column for each domain.
    """

    def __init__(self, design: SampleDesign, domain: Ints, size: int) -> None:
        self.design, self.domain, self.size = design, domain, size
        self.clusters = Clusters(design)
        self.carriers: list[Carrier] = []
        if design.unit is None:
            self.carriers = [projection.carrier() for projection in design.projections]
        self.by_cluster = [_dense_if_small(self.clusters.psus.gathered(_scaled(one, one.out))) for one in self.carriers]
        self.between_levels = [
            [one.levels.T @ _scaled(other, one.into * other.out) for other in self.carriers[:place]]
            for place, one in enumerate(self.carriers)
        ]
        self.blocks = self._blocks()

    def variance(self, score: Floats) -> Floats:
        """The variance of each domain's sum of linearised values, `score` having every row's for its own domain."""
        result = np.empty(self.size)
        for block in self.blocks:
            if self.design.unit is None:
                between, weight = self.clusters.between(self._totals(block, score))
                between *= between
                result[block.start : block.stop] = weight @ between
            else:
                result[block.start : block.stop] = self.clusters.variance(self._wide(block, score))
        return np.maximum(result, 0.0)

    def covariance(self, score: Floats) -> Floats:
        """The covariance matrix of the sums (domains × domains)."""
        if self.design.unit is not None:
            whole = _Block(0, self.size, np.flatnonzero(self.domain < self.size), np.zeros(0, np.int64), ())
            return self.clusters.covariance(self._wide(whole, score))
        if not self.blocks:
            return np.zeros((self.size, self.size))
        between, weight = self.clusters.between(np.hstack([self._totals(block, score) for block in self.blocks]))
        return np.asarray((between * weight[:, None]).T @ between)

    def _blocks(self) -> list[_Block]:
        rows = np.argsort(self.domain, kind="stable")
        ends = np.cumsum(np.bincount(self.domain, minlength=self.size + 1))
        high = self.design.rows if self.design.unit is not None else self.design.psus
        high = max(high, *(one.levels.shape[1] for one in self.carriers), 1)
        most = max(1, _BLOCK_BYTES // (8 * high))
        made = []
        for start in range(0, self.size, most):
            stop = min(start + most, self.size)
            own = rows[0 if start == 0 else ends[start - 1] : ends[stop - 1]]
            column, width = self.domain[own] - start, stop - start
            levels = tuple(_levels_of(one, own, column, width) for one in self.carriers)
            made.append(_Block(start, stop, own, self.design.psu[own] * width + column, levels))
        return made

    def _totals(self, block: _Block, score: Floats) -> Floats:
        """Sums by cluster (psus × domains of the block) of what the projections leave."""
        width, psus = block.stop - block.start, self.design.psus
        z = score[block.rows]
        totals = sum_by(block.place, z, psus * width).reshape(psus, width)
        fitted: list[Floats] = []
        for k, one in enumerate(self.carriers):
            sums = (block.levels[k] @ z).reshape(-1, width)
            for crossing, before in zip(self.between_levels[k], fitted, strict=True):
                sums -= crossing @ before
            fitted.append(one.fitted(sums))
            totals -= self.by_cluster[k] @ fitted[-1]
        return totals

    def _wide(self, block: _Block, score: Floats) -> Floats:
        columns = np.zeros((self.design.rows, block.stop - block.start))
        columns[block.rows, self.domain[block.rows] - block.start] = score[block.rows]
        return columns


def _scaled(carrier: Carrier, factor: Floats) -> Any:
    return sparse.diags_array(factor) @ carrier.levels


def _dense_if_small(matrix: Any) -> Any:
    return matrix.toarray() if matrix.shape[0] * matrix.shape[1] <= _DENSE else matrix


def _levels_of(carrier: Carrier, rows: Ints, column: Ints, width: int) -> Any:
    """The matrix that sums values of some rows, times `into`, by (level, domain)."""
    own = (sparse.diags_array(carrier.into[rows]) @ carrier.levels[rows]).tocoo()
    levels, place = own.coords[1].astype(np.int64), own.coords[0]
    shape = (carrier.levels.shape[1] * width, len(rows))
    return sparse.csr_array((own.data, (levels * width + column[place], place)), shape=shape)
