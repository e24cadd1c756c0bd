"""Replicate weights that came with a file: what they are, how their deviations are scaled, their degrees of freedom.

Who publishes a file without its strata and clusters gives instead, for each row, a weight under each of R repetitions
of the sample. A figure is made R times; its variance is scale · Σ rscale_r (θ_r − centre)², around the mean of the
replicates or, with `mse`, around the estimate. Constants and degrees of freedom are those of R `survey` svrepdesign.
Sources: Wolter (2007), chapters 3 and 4; Fay and Train (1995) for successive differences; R `survey` svrepdesign,
svrVar and degf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.arrays import Floats
from analysis.errors import DesignError

__all__ = ["replicate_weights"]

KINDS = ("BRR", "Fay", "JK1", "JKn", "bootstrap", "ACS", "successive-difference", "other")
FIXED = ("BRR", "Fay", "ACS", "successive-difference")  # types whose scale follows from the number of replicates
FEWEST = 2
_TOLERANCE = 1e-5  # of R's degf
_FAR = 5.0  # of R's warning that weights do not look combined


@dataclass(frozen=True, slots=True)
class ReplicateWeights:
    """Weights (n × 1 + R) of one sample, the sampling weight first; `scales` (R,) of the squared deviations.

    `scale`, `rscales` and `rho` are kept as they were used, for who reads the result.
    """

    kind: str
    every: Floats
    scale: float
    rscales: tuple[float, ...] | None
    rho: float | None
    mse: bool
    combined: bool

    @property
    def size(self) -> int:
        return int(self.every.shape[1]) - 1

    @property
    def weights(self) -> Floats:
        """The sampling weights (n,)."""
        return np.ascontiguousarray(self.every[:, 0])

    @property
    def scales(self) -> Floats:
        """What the squared deviation of each replicate is multiplied by (R,)."""
        return self.scale * (np.ones(self.size) if self.rscales is None else np.array(self.rscales))

    def gaps(self, found: Floats) -> Floats:
        """Deviations (m × R) of a figure from its centre, each times √scale: their products sum to a covariance.

        `found` (m × 1 + R) are the estimates and what the replicates make of them. A replicate in which the figure is
        NaN is left out, as in R; where all are, the deviations are NaN.
        """
        scales = self.scales
        theta = found[:, 1:]
        there = np.isfinite(theta) & (scales > 0)
        used = there.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(there, theta, 0.0).sum(axis=1) / used
        centre = found[:, 0] if self.mse else mean
        gap = np.where(there, theta - centre[:, None], 0.0) * np.sqrt(scales)
        gap[used == 0] = np.nan
        return np.asarray(gap)

    def degrees_of_freedom(self, rows: Floats | slice = slice(None)) -> int:
        """The rank of the replicate weights of some rows (all, a mask or numbers), less 1, and not below 0."""
        return max(0, rank(self.every[rows, 1:]) - 1)


def replicate_weights(
    kind: str,
    weights: Floats,
    replicates: Floats,
    *,
    scale: float | None = None,
    rscales: Sequence[float] | None = None,
    rho: float | None = None,
    mse: bool = False,
    combined: bool = True,
) -> ReplicateWeights:
    """Replicate weights (n × R) beside sampling weights (n,), with the constants that R gives their type.

    BRR 1/R; Fay 1/(R (1 − rho)²); JK1 (R − 1)/R unless `scale` is given; JKn 1, with `rscales`; bootstrap 1/(R − 1);
    ACS and successive-difference 4/R; other as given, what is left out being 1. Not `combined`: the replicates are
    factors on the sampling weights. Raises DesignError for rows that differ, fewer than two replicates, one whose
    weights are all 0, a constant that is missing or of no use, and weights that do not look (not) combined.
    Source: R `survey` svrepdesign.
    """
    every = np.empty((len(weights), replicates.shape[1] + 1))
    if len(replicates) != len(weights):
        raise DesignError(f"There are {len(weights)} weights and {len(replicates)} rows of replicate weights.")
    size = replicates.shape[1]
    if size < FEWEST:
        raise DesignError(f"Replicate weights need at least {FEWEST} replicates; there is {size}.")
    _check_constants(kind, size, scale, rscales, rho)
    every[:, 0] = weights
    every[:, 1:] = replicates
    if not weights.any():
        raise DesignError("The sampling weights are all 0, so that there is nothing to replicate.")
    _check_combined(float(weights.mean()), float(every[:, 1:].mean()), combined=combined)
    if not combined:
        every[:, 1:] *= every[:, :1]
    empty = np.flatnonzero(~(every[:, 1:].sum(axis=0) > 0))
    if len(empty):
        raise DesignError(f"The weights of replicate {empty[0] + 1} are all 0; it says nothing of the sample.")
    usual = {
        "BRR": 1 / size,
        "Fay": 1 / (size * (1 - (rho or 0.0)) ** 2),
        "JK1": (size - 1) / size,
        "bootstrap": 1 / (size - 1),
        "ACS": 4 / size,
        "successive-difference": 4 / size,
    }
    used = usual.get(kind, 1.0) if scale is None else scale
    return ReplicateWeights(kind, every, used, None if rscales is None else tuple(rscales), rho, mse, combined)


def _check_constants(
    kind: str, size: int, scale: float | None, rscales: Sequence[float] | None, rho: float | None
) -> None:
    if kind not in KINDS:
        raise DesignError(f"Replicate weights of type '{kind}' are unknown; choose {', '.join(KINDS)}.")
    if (kind == "Fay") != (rho is not None) or (rho is not None and not 0 <= rho < 1):
        raise DesignError(f"'rho' is a number from 0 to below 1 for Fay, and for no other type; {kind} has {rho}.")
    if kind in FIXED and (scale is not None or rscales is not None):
        raise DesignError(f"Replicate weights of type {kind} have a fixed scale; give other constants with 'other'.")
    if kind == "JKn" and rscales is None:
        raise DesignError("Replicate weights of type JKn need 'rscales', (n − 1)/n of the stratum of each replicate.")
    if kind == "other" and scale is None and rscales is None:
        raise DesignError("Replicate weights of type other need 'scale', 'rscales' or both.")
    if rscales is not None and len(rscales) != size:
        raise DesignError(f"'rscales' has {len(rscales)} numbers, and there are {size} replicates; each needs one.")


def _check_combined(weight: float, replicate: float, *, combined: bool) -> None:
    """Refuse weights five times off what they are said to be: all replicates are of the whole sample, or near 1."""
    share = replicate / weight if combined else replicate
    if 1 / _FAR <= share <= _FAR:
        return
    said = "hold the sampling weight (combined)" if combined else "are factors on the sampling weight (not combined)"
    raise DesignError(
        f"The replicate weights are said to {said}, but are {replicate:g} on average where the sampling weight is "
        f"{weight:g}; say 'combined': {'false' if combined else 'true'} if that is what they are."
    )


def rank(matrix: Floats) -> int:
    """The rank of weights (n × R): columns further than 1e-5 of their length from the others before them.

    Source: R `survey` degf, qr(weights, tol = 1e-5).
    """
    length = np.sqrt((matrix * matrix).sum(axis=0))
    columns = matrix[:, length > 0] / length[length > 0]
    if not columns.size:
        return 0
    if len(columns) > 2 * columns.shape[1]:
        columns = np.linalg.qr(columns, mode="r")
    (triangle, _) = linalg.qr(columns, mode="r", pivoting=True, check_finite=False)
    return int((np.abs(np.diag(triangle)) > _TOLERANCE).sum())
