"""Weights that reproduce known totals, and what that does to variances.

Post-stratification, raking by proportional fitting, and calibration by distance (linear, raking, logit with bounds):
each finds weights near the base weights whose totals of the calibration variables are the known ones. The variance
of calibrated estimates is that of residuals: with e = z/w the linearised value per unit of weight, what counts is
e − x'B, B the regression of e on the calibration variables x with base weights (`rake`: without weights, as R has it).
Sources: Deville and Särndal (1992), sections 1-3; Deville, Särndal and Sautory (1993) for raking; Särndal, Swensson
and Wretman (1992), section 6.6; R `survey` calibrate, rake, postStratify.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse

from analysis.arrays import AnyArray, Floats, Ints
from analysis.cells import add_by, sum_by
from analysis.design.sample_design import Carrier, SampleDesign
from analysis.design.weights import WeightStage, stage_of
from analysis.errors import WeightingError

__all__ = ["Calibrated", "Margin", "Report", "calibrate", "margin", "misfit", "post_stratify", "rake"]

TOLERANCE = 1e-10
_ROUNDS = 5000
_STEPS = 200
_SWEEPS = 10
Distance = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class Margin:
    """Known counts of the levels of one variable (or crossing): `codes` per row, `totals` and `labels` per level."""

    name: str
    codes: Ints
    totals: Floats
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """How the calibration went: `max_relative_error` of any control, over all controls.

    Where weights were trimmed afterwards: how many, and how far that took a control from its count.
    """

    converged: bool
    iterations: int
    max_relative_error: float
    trimmed: int | None = None
    error_after_trim: float | None = None


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A design with its calibrated weights, how they were found, and the record of the stages."""

    design: SampleDesign
    report: Report
    stages: tuple[WeightStage, ...]

    @property
    def weights(self) -> Floats:
        return self.design.weights


@dataclass(frozen=True, slots=True)
class Residuals:
    """Projection of linearised values on calibration variables, for `SampleDesign.projections`.

    `matrix` is sparse (rows × variables), `inverse` that of X'DX with the base weights D.
    """

    base: Floats
    calibrated: Floats
    matrix: Any
    inverse: Floats

    def residual(self, scores: Floats) -> Floats:
        return _left(self.carrier(), scores)

    def carrier(self) -> Carrier:
        per_weight = _quotient(self.base, self.calibrated)
        return Carrier(self.matrix, per_weight, self.calibrated, lambda sums: self.inverse @ sums)


@dataclass(frozen=True, slots=True)
class ClassResiduals:
    """Projection of linearised values on post-strata: what is left is the distance from the weighted class mean."""

    calibrated: Floats
    codes: Ints
    sums: Floats

    def residual(self, scores: Floats) -> Floats:
        totals = add_by(self.codes, len(self.sums), scores)
        mean = np.divide(totals, self.sums[:, None], out=np.zeros_like(totals), where=self.sums[:, None] > 0)
        return np.asarray(scores - self.calibrated[:, None] * mean[self.codes])

    def carrier(self) -> Carrier:
        rows = np.arange(len(self.codes))
        levels = sparse.csr_array((np.ones(len(rows)), (rows, self.codes)), shape=(len(rows), len(self.sums)))
        share = _quotient(np.ones(len(self.sums)), self.sums)[:, None]
        return Carrier(levels, np.ones(len(rows)), self.calibrated, lambda sums: np.asarray(sums * share))


@dataclass(frozen=True, slots=True)
class SweepResiduals:
    """The projection of R's rake(): ten sweeps that take each margin's plain mean out of z/w, weights left aside.

    `levels` (rows × levels of all margins) are 0/1, 0 for rows of weight 0; `together` counts rows by two levels, for
    the levels of one margin after another; with these the sweeps need the rows only once.
    """

    calibrated: Floats
    starts: Ints
    levels: Any
    together: tuple[Any, ...]
    size: Floats

    def residual(self, scores: Floats) -> Floats:
        return np.asarray(np.where(self.calibrated[:, None] > 0, _left(self.carrier(), scores), 0.0))

    def carrier(self) -> Carrier:
        per_weight = _quotient(np.ones(len(self.calibrated)), self.calibrated)
        return Carrier(self.levels, per_weight, self.calibrated, self._swept)

    def _swept(self, sums: Floats) -> Floats:
        """What the sweeps take away at each level, from the sums of z/w there."""
        taken = np.zeros_like(sums)
        for _ in range(_SWEEPS):
            for (a, b), together in zip(itertools.pairwise(self.starts), self.together, strict=True):
                taken[a:b] += (sums[a:b] - together @ taken) / self.size[a:b, None]
        return taken


def _left(carrier: Carrier, scores: Floats) -> Floats:
    """What a projection leaves of values per row."""
    fitted = carrier.fitted(carrier.levels.T @ (scores * carrier.into[:, None]))
    return np.asarray(scores - carrier.out[:, None] * (carrier.levels @ fitted))


def _quotient(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.zeros(len(below)), where=below > 0))


def _sweep_residuals(calibrated: Floats, margins: Sequence[Margin]) -> SweepResiduals:
    """The projection for weights that were raked."""
    inside = np.flatnonzero(calibrated > 0)
    starts = np.cumsum([0, *(len(one.totals) for one in margins)])
    columns = np.concatenate([one.codes[inside] + a for one, a in zip(margins, starts[:-1], strict=True)])
    rows = np.tile(inside, len(margins))
    levels = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(calibrated), int(starts[-1])))
    together = sparse.csr_array(levels.T @ levels)
    own = tuple(together[a:b] for a, b in itertools.pairwise(starts))
    return SweepResiduals(calibrated, starts, levels, own, np.maximum(together.diagonal(), 1.0))


def margin(name: str, values: AnyArray, counts: dict[str, float], weights: Floats | None = None) -> Margin:
    """A margin from a column of the sample and the known count of each level.

    `values` (n,) are labels of any kind, `counts` people per label; `weights` (n,) tell which rows count (all without).
    Raises WeightingError for a level with a count but nobody in it, for people of positive weight without a count or
    with a count of 0 (their weights would become 0), and for a count below 0: each is named.
    """
    texts = np.asarray(values).astype(str)
    labels = tuple(counts)
    place = {label: k for k, label in enumerate(labels)}
    found, inverse = np.unique(texts, return_inverse=True)
    there = np.ones(len(texts), np.bool_) if weights is None else weights > 0
    codes = np.array([place.get(str(label), -1) for label in found], np.int64)[inverse.reshape(-1)]
    unknown = np.flatnonzero((codes < 0) & there)
    if len(unknown):
        row = int(unknown[0])
        raise WeightingError(f"Row {row + 1} has {name} '{texts[row]}', for which the margins give no count.")
    totals = np.array([*counts.values()], np.float64)
    people = np.bincount(codes[there], minlength=len(labels))
    empty = np.flatnonzero((people == 0) & (totals > 0))
    if len(empty):
        raise WeightingError(
            f"Margin {name} has a count for level '{labels[empty[0]]}', but no respondent there; merge it with another."
        )
    none = np.flatnonzero((people > 0) & (totals == 0))
    if len(none):
        raise WeightingError(
            f"Margin {name} has count 0 for level '{labels[none[0]]}', but {people[none[0]]} respondents there; "
            f"a count above 0 is expected, or no respondents."
        )
    bad = np.flatnonzero(~(np.isfinite(totals) & (totals >= 0)))
    if len(bad):
        raise WeightingError(f"Margin {name}, level '{labels[bad[0]]}' has count {totals[bad[0]]}; expected 0 or more.")
    return Margin(name, np.maximum(codes, 0), totals, labels)


def post_stratify(design: SampleDesign, cells: Margin) -> Calibrated:
    """Weights (n,) that reproduce the counts of one margin: w · N_c / Σ w in each of its classes.

    The variance is that of residuals around the weighted mean of each class. Source: R `survey` postStratify.

    >>> from analysis.design.sample_design import sample_design
    >>> sample = sample_design([10.0, 10.0, 10.0, 10.0])
    >>> ages = margin("age", np.array(["young", "young", "young", "old"]), {"young": 24, "old": 16})
    >>> post_stratify(sample, ages).weights.tolist()
    [8.0, 8.0, 8.0, 16.0]
    """
    sums = sum_by(cells.codes, design.weights, len(cells.totals))
    factor = np.divide(cells.totals, sums, out=np.zeros(len(sums)), where=sums > 0)
    weights = design.weights * factor[cells.codes]
    after = sum_by(cells.codes, weights, len(cells.totals))
    made = design.reweighted(weights, ClassResiduals(weights, cells.codes, after))
    return Calibrated(
        made, Report(True, 1, _worst(after, cells.totals)), _stages(design, weights, "post-stratification")
    )


def rake(
    design: SampleDesign, margins: Sequence[Margin], *, tolerance: float = TOLERANCE, rounds: int = _ROUNDS
) -> Calibrated:
    """Proportional fitting: each margin in turn, until every control is met to `tolerance` (relative).

    Gives weights (n,) and whether they settled within `rounds`. Raises WeightingError for margins whose counts do not
    sum to the same total, as raking between them would never settle. The variance is that of R's rake();
    `calibrate(method="raking")` finds the same weights with the regression residual. Source: Deville et al. (1993).

    >>> from analysis.design.sample_design import sample_design
    >>> sample = sample_design([1.0, 1.0, 1.0, 1.0])
    >>> sex = margin("sex", np.array(["f", "f", "m", "m"]), {"f": 60, "m": 40})
    >>> age = margin("age", np.array(["young", "old", "young", "old"]), {"young": 30, "old": 70})
    >>> rake(sample, [sex, age]).weights.round(6).tolist()
    [18.0, 42.0, 12.0, 28.0]
    """
    _consistent(margins)
    w = design.weights.copy()
    error, iteration = np.inf, 0
    while error > tolerance and iteration < rounds:
        iteration += 1
        for one in margins:
            sums = sum_by(one.codes, w, len(one.totals))
            factor = np.divide(one.totals, sums, out=np.zeros(len(sums)), where=sums > 0)
            w *= factor[one.codes]
        error = misfit(w, margins)
    report = Report(error <= tolerance, iteration, error)
    made = design.reweighted(w, _sweep_residuals(w, margins))
    return Calibrated(made, report, _stages(design, w, "raking"))


def calibrate(
    design: SampleDesign,
    margins: Sequence[Margin],
    *,
    method: str = "linear",
    bounds: tuple[float, float] | None = None,
    numbers: Sequence[tuple[Floats, float]] = (),
    tolerance: float = TOLERANCE,
    steps: int = _STEPS,
) -> Calibrated:
    """Calibration by distance: `linear` (the regression estimator), `raking` (exponential), `logit` (bounded).

    `numbers` are further variables (n,), each with its known total. With `bounds` the factors g = w/d stay inside;
    linear and raking factors are cut there, as R's calibrate() has it. Raises WeightingError for an unknown method, for
    bounds that do not lie on both sides of 1, for margins with different totals, for controls that cannot be met,
    saying how near it came, and for weights that become negative. Source: Deville and Särndal (1992), sections 1-3.
    """
    _consistent(margins)
    matrix, totals = _calibration_matrix(design, margins, numbers)
    distance = _distance(method, bounds)
    d = design.weights
    solution = np.zeros(matrix.shape[1])
    g, slope = distance(np.zeros(len(d)))
    error, iteration = np.inf, 0
    for iteration in range(1, steps + 1):
        misfit = totals - matrix.T @ (d * g)
        error = float(np.max(np.abs(misfit) / (1 + np.abs(totals))))
        if error <= tolerance and iteration > 1:
            break
        step = linalg.lstsq(_products(matrix, d * slope), misfit, lapack_driver="gelsd")[0]
        solution, g, slope, error = _halved(matrix, d, totals, distance, solution, step, error)
        if not np.isfinite(error):
            break
    if not error <= max(tolerance, 1e-9):
        raise WeightingError(
            f"Calibration by {method} did not meet its controls: after {iteration} steps one is off by {error:.2%}. "
            f"Widen the bounds, merge levels, or leave out a margin."
        )
    w = d * g
    below = np.flatnonzero(w < 0)
    if len(below):
        raise WeightingError(
            f"Calibration by {method} makes {len(below)} weights negative, the first in row {below[0] + 1}; give "
            f"bounds, or choose raking or logit."
        )
    made = design.reweighted(w, _residuals(d, w, matrix))
    return Calibrated(made, Report(True, iteration, error), _stages(design, w, f"calibration ({method})"))


def _calibration_matrix(
    design: SampleDesign, margins: Sequence[Margin], numbers: Sequence[tuple[Floats, float]] = ()
) -> tuple[Any, Floats]:
    """Independent columns (one, levels but the first of each margin, numbers), sparse, and their known totals."""
    columns: list[Any] = []
    totals: list[Floats] = []
    rows = np.arange(design.rows)
    if margins:
        columns.append(sparse.csr_array(np.ones((design.rows, 1))))
        totals.append(margins[0].totals.sum(keepdims=True))
    for one in margins:
        levels = sparse.csr_array((np.ones(len(rows)), (rows, one.codes)), shape=(len(rows), len(one.totals)))
        columns.append(levels[:, 1:])
        totals.append(one.totals[1:])
    for values, total in numbers:
        columns.append(sparse.csr_array(np.asarray(values, np.float64)[:, None]))
        totals.append(np.array([total], np.float64))
    return sparse.csr_array(sparse.hstack(columns)), np.concatenate(totals)


def _residuals(base: Floats, calibrated: Floats, matrix: Any) -> Residuals:
    """The projection for weights calibrated on a matrix: (X'DX)⁻¹ X'D with the base weights D."""
    products = _products(matrix, base)
    scale = np.sqrt(np.diag(products))
    scale[scale == 0] = 1.0
    inverse = linalg.pinvh(products / np.outer(scale, scale)) / np.outer(scale, scale)
    return Residuals(base, calibrated, matrix, inverse)


def _products(matrix: Any, weights: Floats) -> Floats:
    """The weighted products of the calibration variables, X'DX (p × p)."""
    return np.asarray((matrix.T @ (sparse.diags_array(weights) @ matrix)).toarray(), np.float64)


def _halved(
    matrix: Any,
    d: Floats,
    totals: Floats,
    distance: Distance,
    solution: Floats,
    step: Floats,
    before: float,
) -> tuple[Floats, Floats, Floats, float]:
    """A Newton step, shortened until it is finite and does not make matters much worse."""
    for _ in range(40):
        trial = solution + step
        with np.errstate(over="ignore", invalid="ignore"):
            g, slope = distance(matrix @ trial)
        if np.isfinite(g).all() and np.isfinite(slope).all():
            error = float(np.max(np.abs(totals - matrix.T @ (d * g)) / (1 + np.abs(totals))))
            if error < 2 * before or not np.isfinite(before):
                return trial, g, slope, error
        step = step / 2
    return solution, *distance(matrix @ solution), np.inf


def _distance(method: str, bounds: tuple[float, float] | None) -> Distance:
    """g(u) and its derivative."""
    if bounds is not None and not 0 <= bounds[0] < 1 < bounds[1]:
        raise WeightingError(f"Bounds {bounds} must lie on both sides of 1, the lower not below 0.")
    low, high = bounds or (-np.inf, np.inf)
    if method == "raking":
        return lambda u: _cut_raking(u, low, high)
    if method == "linear":
        return lambda u: (np.clip(1 + u, low, high), ((1 + u > low) & (1 + u < high)).astype(np.float64))
    if method == "logit" and bounds is not None:
        return _logit(*bounds)
    raise WeightingError(
        f"Calibration method '{method}' {'without' if bounds is None else 'with'} bounds is not offered; "
        f"choose linear or raking (with or without) or logit (with)."
    )


def _cut_raking(u: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """Exponential factors cut at the bounds; what is cut no longer moves."""
    g = np.exp(u)
    return np.clip(g, low, high), np.where((g > low) & (g < high), g, 0.0)


def _logit(low: float, high: float) -> Distance:
    a = (high - low) / ((1 - low) * (high - 1))

    def logit(u: Floats) -> tuple[Floats, Floats]:
        e = np.exp(np.clip(a * u, -500, 500))
        bottom = (high - 1) + (1 - low) * e
        g = (low * (high - 1) + high * (1 - low) * e) / bottom
        return g, a * e * (1 - low) * (high - 1) * (high - low) / bottom**2

    return logit


def _consistent(margins: Sequence[Margin]) -> None:
    for one in margins[1:]:
        first, other = margins[0].totals.sum(), one.totals.sum()
        if abs(first - other) > 1e-6 * max(first, 1.0):
            raise WeightingError(
                f"Margin {margins[0].name} sums to {first:g}, margin {one.name} to {other:g}; known counts of one "
                f"population have one total."
            )


def misfit(weights: Floats, margins: Sequence[Margin]) -> float:
    """How far, relatively, weights (n,) are from the known counts of the margins: the largest of all levels."""
    return max(_worst(sum_by(one.codes, weights, len(one.totals)), one.totals) for one in margins)


def _worst(found: Floats, wanted: Floats) -> float:
    return float(np.max(np.abs(found - wanted) / np.maximum(np.abs(wanted), 1e-300), initial=0.0, where=wanted > 0))


def _stages(design: SampleDesign, weights: Floats, name: str) -> tuple[WeightStage, ...]:
    return stage_of("base", design.weights), stage_of(name, weights)
