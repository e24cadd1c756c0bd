"""How the respondents were drawn: strata, clusters, weights, population sizes, and what to do with lonely clusters.

A `SampleDesign` is rows in memory, one respondent each. It is checked once, when it is made, and never changed: a
subpopulation is a mask given to an estimator, not fewer rows. For data that do not fit into memory the same design
is described to `totals` by columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from analysis.arrays import AnyArray, Bools, Floats, Ints
from analysis.errors import DesignError

LONELY_RULES = ("adjust", "average", "certainty", "remove", "fail")


@dataclass(frozen=True, slots=True)
class Carrier:
    """A projection taken apart, so that sums of residuals can be had without them.

    What it leaves of z is z − out · (levels @ fitted(levels' @ (into · z))): `levels` is sparse (rows × p), `into` and
    `out` are factors per row, `fitted` makes coefficients (p × k) of sums (p × k), which it may use up.
    """

    levels: Any
    into: Floats
    out: Floats
    fitted: Callable[[Floats], Floats]


class Projection(Protocol):
    """What calibration leaves of linearised values: their residuals on the calibration variables."""

    def residual(self, scores: Floats) -> Floats: ...

    def carrier(self) -> Carrier: ...


@dataclass(frozen=True, slots=True)
class SampleDesign:
    """Rows of a sample with everything that decides variances.

    `stratum` and `psu` are codes per row (PSUs numbered over all strata); `psu_stratum` the stratum of each PSU;
    `population_psus` per stratum, inf where sampling was with replacement or the claim is about the future;
    `unit` the second-stage unit per row with `unit_psu` and `population_units` per PSU, None for one stage.
    """

    weights: Floats
    stratum: Ints
    psu: Ints
    psu_stratum: Ints
    sampled_psus: Floats
    population_psus: Floats
    unit: Ints | None = None
    unit_psu: Ints | None = None
    sampled_units: Floats | None = None
    population_units: Floats | None = None
    lonely: str = "adjust"
    projections: tuple[Projection, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.weights)

    @property
    def strata(self) -> int:
        return len(self.sampled_psus)

    @property
    def psus(self) -> int:
        return len(self.psu_stratum)

    def reweighted(self, weights: Floats, projection: Projection | None = None) -> SampleDesign:
        """The same sample with other weights, and what these weights were calibrated to."""
        more = (*self.projections, projection) if projection is not None else self.projections
        return replace(self, weights=_checked_weights(weights, self.rows), projections=more)

    def degrees_of_freedom(self, keep: Bools | None = None) -> int:
        """PSUs with a row of positive weight (inside `keep`) minus strata with one."""
        inside = self.weights > 0 if keep is None else (self.weights > 0) & keep
        psus = np.unique(self.psu[inside])
        return len(psus) - len(np.unique(self.psu_stratum[psus]))


def sample_design(
    weights: Sequence[float] | Floats,
    *,
    strata: AnyArray | None = None,
    psu: AnyArray | None = None,
    population_psus: AnyArray | None = None,
    units: AnyArray | None = None,
    population_units: AnyArray | None = None,
    nest: bool = True,
    lonely: str = "adjust",
) -> SampleDesign:
    """A design from columns of the sample, all (n,), and weights (n,) in people per row.

    Without `strata` there is one stratum, without `psu` each row is a PSU. With `nest` PSU codes may restart in each
    stratum; without, a PSU in two strata is an error. `population_psus` and `population_units` give the finite
    population corrections of the two stages; `population_units` makes rows (or `units`) a second stage. Raises
    DesignError, naming the row, for weights that are no finite numbers ≥ 0, columns of another length, population
    sizes below the sample or not constant, and a lonely PSU under the rule `fail`.

    >>> made = sample_design([2.0, 2.0, 1.0, 1.0, 1.0], strata=np.array(["city", "city", "hills", "hills", "hills"]))
    >>> made.psus, made.strata, made.degrees_of_freedom()
    (5, 2, 3)
    """
    w = _checked_weights(np.asarray(weights, np.float64), len(weights))
    if lonely not in LONELY_RULES:
        raise DesignError(f"Rule '{lonely}' for strata with one PSU is unknown; choose {', '.join(LONELY_RULES)}.")
    stratum_labels, stratum = _codes(strata, len(w), "strata")
    if psu is None:
        psu_labels, codes = np.arange(len(w)), np.arange(len(w))
        psu_stratum = stratum.copy()
    else:
        labels, own = _codes(psu, len(w), "psu")
        pair = stratum * len(labels) + own
        distinct, codes = np.unique(pair, return_inverse=True)
        codes = codes.reshape(-1)
        psu_stratum, of_label = np.divmod(distinct, len(labels))
        psu_labels = labels[of_label]
        restart = len(np.unique(of_label)) < len(of_label)
        if not nest and restart:
            twice = labels[np.flatnonzero(np.bincount(of_label) > 1)[0]]
            where = stratum_labels[psu_stratum[psu_labels == twice]]
            raise DesignError(
                f"PSU {twice} is in strata {', '.join(map(str, where))}; a PSU belongs to one stratum. If codes "
                f"restart in each stratum, say so (nest, 'design.nest_psu')."
            )
        if restart:
            psu_labels = np.array(
                [f"{own} of stratum {stratum_labels[h]}" for own, h in zip(psu_labels, psu_stratum, strict=True)]
            )
    sampled = np.bincount(psu_stratum, minlength=len(stratum_labels)).astype(np.float64)
    population = _constant(population_psus, stratum, len(stratum_labels), stratum_labels, "population_psus", "stratum")
    short = np.flatnonzero(population < sampled)
    if len(short):
        raise DesignError(
            f"Stratum {stratum_labels[short[0]]} has a population of {population[short[0]]:g} PSUs, but "
            f"{sampled[short[0]]:g} were sampled; a population cannot be smaller than its sample."
        )
    alone = np.flatnonzero((sampled < 2) & (population > 1))
    if lonely == "fail" and len(alone):
        raise DesignError(
            f"Stratum {stratum_labels[alone[0]]} has only one PSU; merge it with a similar stratum, or choose another "
            f"rule for strata with one PSU than 'fail'."
        )
    design = SampleDesign(w, stratum, codes, psu_stratum, sampled, population, lonely=lonely)
    if population_units is None:
        return design
    return _second_stage(design, units, population_units, psu_labels)


def _second_stage(
    design: SampleDesign, units: AnyArray | None, population_units: AnyArray, psu_labels: AnyArray
) -> SampleDesign:
    if units is None:
        unit, unit_psu = np.arange(design.rows), design.psu.copy()
    else:
        labels, own = _codes(units, design.rows, "units")
        distinct, unit = np.unique(design.psu * len(labels) + own, return_inverse=True)
        unit, unit_psu = unit.reshape(-1), distinct // len(labels)
    sampled = np.bincount(unit_psu, minlength=design.psus).astype(np.float64)
    population = _constant(population_units, design.psu, design.psus, psu_labels, "population_units", "PSU")
    short = np.flatnonzero(population < sampled)
    if len(short):
        raise DesignError(
            f"PSU {psu_labels[short[0]]} has a population of {population[short[0]]:g} units, but {sampled[short[0]]:g} "
            f"were sampled; a population cannot be smaller than its sample."
        )
    return replace(design, unit=unit, unit_psu=unit_psu, sampled_units=sampled, population_units=population)


def _checked_weights(weights: Floats, rows: int) -> Floats:
    w = np.asarray(weights, np.float64)
    if len(w) != rows:
        raise DesignError(f"There are {rows} rows and {len(w)} weights; every row needs one.")
    bad = np.flatnonzero(~(np.isfinite(w) & (w >= 0)))
    if len(bad):
        raise DesignError(f"Row {bad[0] + 1} has weight {w[bad[0]]}; a weight is a finite number that is not negative.")
    return w


def _codes(column: AnyArray | None, rows: int, name: str) -> tuple[AnyArray, Ints]:
    if column is None:
        return np.zeros(1, np.int64), np.zeros(rows, np.int64)
    values = np.asarray(column)
    if len(values) != rows:
        raise DesignError(f"There are {rows} rows and {len(values)} values of {name}; every row needs one.")
    labels, codes = np.unique(values, return_inverse=True)
    return labels, codes.reshape(-1).astype(np.int64)


def _constant(values: AnyArray | None, codes: Ints, size: int, labels: AnyArray, name: str, group: str) -> Floats:
    """One value per group, the same in all its rows; inf where none is given."""
    result = np.full(size, np.inf)
    if values is None:
        return result
    sizes = np.asarray(values, np.float64)
    result[codes] = sizes
    bad = np.flatnonzero((result[codes] != sizes) | ~(sizes >= 1))
    if len(bad):
        row = bad[0]
        if not sizes[row] >= 1:
            raise DesignError(f"Row {row + 1} has {name} {sizes[row]:g}; expected a number of at least 1.")
        raise DesignError(
            f"Row {row + 1} has {name} {sizes[row]:g}, other rows of {group} {labels[codes[row]]} have "
            f"{result[codes[row]]:g}; it must be the same in the whole {group}."
        )
    return result
