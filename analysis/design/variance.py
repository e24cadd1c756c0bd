"""Taylor linearisation over rows: covariances of sums of linearised values under a sample design.

The reference route of the package. `totals` reaches the same numbers from sums by cell; a test makes the two agree.
The formula is that of `domains`: between primary units within strata, plus, where a second stage is declared,
between units within primary units. Weights that were calibrated act through `SampleDesign.projections`.
Source: Cochran (1977), sections 5A.7 and 11.8; Binder (1983); R `survey` svyrecvar.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.cells import Groups
from analysis.design.sample_design import SampleDesign


def taylor_covariance(design: SampleDesign, scores: Floats, keep: Bools | None = None) -> Floats:
    """The covariance matrix (k × k) of the column sums of `scores` (n × k), weighted linearised values.

    Rows outside a domain must be 0 in `scores`. `keep` (n,) marks the rows of the domain whatever their weight; it
    decides which strata count under the lonely rules `adjust` (for sums that are not 0) and `average`. Without it, all
    do. Source: R `survey` svyrecvar.
    """
    return Clusters(design).covariance(scores, keep)


def taylor_variance(design: SampleDesign, scores: Floats, keep: Bools | None = None) -> Floats:
    """The diagonal (k,) of `taylor_covariance`, for many columns of `scores` (n × k)."""
    return Clusters(design).variance(scores, keep)


class Clusters:
    """The primary and second-stage units of a design, grouped once for all the sums that are asked of them."""

    def __init__(self, design: SampleDesign) -> None:
        self.design = design
        self.strata = Groups(design.psu_stratum, design.strata)
        if design.unit is None:
            self.units, self.psus = None, Groups(design.psu, design.psus)
        else:
            assert design.unit_psu is not None
            self.units = Groups(design.unit, len(design.unit_psu))
            self.psus = Groups(design.unit_psu, design.psus)

    def covariance(self, scores: Floats, keep: Bools | None = None) -> Floats:
        """The covariance matrix (k × k) of the column sums of `scores` (n × k); see `taylor_covariance`."""
        between, weight, inside, inside_weight = self._centred(scores, keep)
        result = (between * weight[:, None]).T @ between
        if inside is not None and inside_weight is not None:
            result = result + (inside * inside_weight[:, None]).T @ inside
        return np.asarray(result)

    def variance(self, scores: Floats, keep: Bools | None = None) -> Floats:
        """The variances (k,) of the column sums of `scores` (n × k); see `taylor_variance`."""
        between, weight, inside, inside_weight = self._centred(scores, keep)
        result = weight @ between**2
        if inside is not None and inside_weight is not None:
            result = result + inside_weight @ inside**2
        return np.asarray(result)

    def between(self, totals: Floats, present: Bools | None = None) -> tuple[Floats, Floats]:
        """Sums per primary unit (psus × k) around the means of their strata, and the factor of each unit.

        `present` marks the strata with a row in the domain, where the lonely rule asks for them.
        """
        design = self.design
        stratum, sampled = design.psu_stratum, design.sampled_psus
        there = np.ones(design.strata, np.bool_) if present is None else present
        mean = self.strata.total(totals) / sampled[:, None]
        alone = (sampled < 2) & (design.population_psus > 1)
        if design.lonely == "adjust" and alone.any():
            psus = sampled[there].sum()
            mean[alone] = totals.sum(axis=0) / psus if psus else 0.0
        fraction = np.where(np.isfinite(design.population_psus), sampled / design.population_psus, 0.0)
        scale = (1 - fraction) * np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 1.0)
        scale = np.where(there, scale, 0.0)
        if design.lonely == "average":
            good = int((there & ~alone).sum())
            scale = scale * (there.sum() / good if good else np.nan)
        return totals - mean[stratum], scale[stratum]

    def _centred(self, scores: Floats, keep: Bools | None) -> tuple[Floats, Floats, Floats | None, Floats | None]:
        """Centred sums per primary unit with their factors, and the same per second-stage unit."""
        design = self.design
        z = np.asarray(scores, np.float64)
        z = z[:, None] if z.ndim == 1 else z
        for projection in design.projections:
            z = projection.residual(z)
        present = None
        if keep is not None and not design.projections:
            present = np.bincount(design.stratum[keep], minlength=design.strata) > 0
        units = None if self.units is None else self.units.total(z)
        totals = self.psus.total(z if units is None else units)
        between, weight = self.between(totals, present)
        if units is None:
            return between, weight, None, None
        inside, inside_weight = _secondary(design, units, totals, keep)
        return between, weight, inside, inside_weight


def _secondary(design: SampleDesign, units: Floats, totals: Floats, keep: Bools | None) -> tuple[Floats, Floats]:
    assert design.unit_psu is not None
    assert design.sampled_units is not None
    assert design.population_units is not None
    sampled, population = design.sampled_units, design.population_units
    first = np.where(np.isfinite(design.population_psus), design.sampled_psus / design.population_psus, 0.0)[
        design.psu_stratum
    ]
    second = 1 - np.where(np.isfinite(population), sampled / population, 0.0)
    weight = first * second * np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 0.0)
    if design.lonely == "average":
        weight = np.where((sampled < 2) & (population > 1) & _touched(design, keep), np.nan, weight)
    return units - (totals / sampled[:, None])[design.unit_psu], weight[design.unit_psu]


def _touched(design: SampleDesign, keep: Bools | None) -> Bools:
    rows: Ints = design.psu if keep is None else design.psu[keep]
    return np.bincount(rows, minlength=design.psus) > 0
