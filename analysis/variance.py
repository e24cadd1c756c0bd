"""Taylor linearisation over rows: covariances of sums of linearised values under a sample design.

The reference route of the package. `totals` reaches the same numbers from sums by cell; a test makes the two agree.
The formula is that of `domains`: between primary units within strata, plus, where a second stage is declared,
between units within primary units. Weights that were calibrated act through `SampleDesign.projections`.
Source: Cochran (1977), sections 5A.7 and 11.8; Binder (1983); R `survey` svyrecvar.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.cells import add_by
from analysis.design import SampleDesign


def taylor_covariance(design: SampleDesign, scores: Floats, keep: Bools | None = None) -> Floats:
    """The covariance matrix (k × k) of the column sums of `scores` (rows × k), weighted linearised values.

    Rows outside a domain must be 0 in `scores`. `keep` marks the rows of the domain whatever their weight; it decides
    which strata count under the lonely rules `adjust` (for sums that are not 0) and `average`. Without it, all do.
    """
    between, weight, inside, inside_weight = _centred(design, scores, keep)
    result = (between * weight[:, None]).T @ between
    if inside is not None and inside_weight is not None:
        result = result + (inside * inside_weight[:, None]).T @ inside
    return result


def taylor_variance(design: SampleDesign, scores: Floats, keep: Bools | None = None) -> Floats:
    """The diagonal of `taylor_covariance`, for many columns."""
    between, weight, inside, inside_weight = _centred(design, scores, keep)
    result = weight @ between**2
    if inside is not None and inside_weight is not None:
        result = result + inside_weight @ inside**2
    return np.asarray(result)


def _centred(
    design: SampleDesign, scores: Floats, keep: Bools | None
) -> tuple[Floats, Floats, Floats | None, Floats | None]:
    """Centred sums per primary unit with their factors, and the same per second-stage unit."""
    z = np.asarray(scores, np.float64)
    z = z[:, None] if z.ndim == 1 else z
    for projection in design.projections:
        z = projection.residual(z)
    present = np.ones(design.strata, np.bool_)
    if keep is not None and not design.projections:
        present = np.bincount(design.stratum[keep], minlength=design.strata) > 0
    if design.unit is None:
        units = None
        totals = add_by(design.psu, design.psus, z)
    else:
        assert design.unit_psu is not None
        units = add_by(design.unit, len(design.unit_psu), z)
        totals = add_by(design.unit_psu, design.psus, units)
    between, weight = _primary(design, totals, present)
    if units is None:
        return between, weight, None, None
    inside, inside_weight = _secondary(design, units, totals, keep)
    return between, weight, inside, inside_weight


def _primary(design: SampleDesign, totals: Floats, present: Bools) -> tuple[Floats, Floats]:
    stratum, sampled = design.psu_stratum, design.sampled_psus
    mean = add_by(stratum, design.strata, totals) / sampled[:, None]
    alone = (sampled < 2) & (design.population_psus > 1)
    if design.lonely == "adjust" and alone.any():
        psus = sampled[present].sum()
        mean[alone] = totals.sum(axis=0) / psus if psus else 0.0
    fraction = np.where(np.isfinite(design.population_psus), sampled / design.population_psus, 0.0)
    scale = (1 - fraction) * np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 1.0)
    scale = np.where(present, scale, 0.0)
    if design.lonely == "average":
        good = int((present & ~alone).sum())
        scale = scale * (present.sum() / good if good else np.nan)
    return totals - mean[stratum], scale[stratum]


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
