"""Loadings and factor correlations closest to a correlation matrix, when each item measures one factor.

Σ = Λ Φ Λ' + Θ with one loading in each row of Λ, factors of variance 1 that may all correlate (Φ) and unique variances
Θ that do not. `maximum_likelihood` is for correlations of the answers as numbers, `least_squares` (diagonally weighted)
for those of the variables behind ordered answers, whose unique variances are what the loadings leave of 1. Both say
what they find, also where a unique variance is negative or two factors correlate beyond 1, as lavaan does with a
warning: whether such a solution may be shown is for the caller. Tests of fit are in `confirmatory`.
Sources: Jöreskog (1969) for maximum likelihood, here by Newton's and Fisher's steps; Muthén, du Toit and Spisic (1997)
for least squares; R `lavaan` cfa(std.lv = TRUE) (Rosseel 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from analysis.arrays import Floats, Ints
from analysis.errors import AnalysisError

_STEPS = 60
_HALVINGS = 20
_SETTLED = 1e-9
_FLAT = 1e-4
_LEAST_UNIQUE = 0.05


@dataclass(frozen=True, slots=True)
class Structure:
    """One loading and one unique variance per item; `between` has the correlations of factors, 1 on its diagonal.

    `membership` is the number of each item's factor, from 0. `slopes` has the derivatives of the common part by each
    loading, then each pair of factors in the order of np.triu_indices: parameters × items × items.
    """

    membership: Ints
    loadings: Floats
    between: Floats
    unique: Floats

    @property
    def pattern(self) -> Floats:
        """Loadings (items × factors), 0 where an item does not measure a factor."""
        return _spread(self.membership, self.loadings)

    @property
    def implied(self) -> Floats:
        """The correlations (items × items) that the structure makes."""
        pattern = self.pattern
        return np.asarray(pattern @ self.between @ pattern.T + np.diag(self.unique))

    @property
    def slopes(self) -> Floats:
        pattern, size = self.pattern, len(self.loadings)
        pull = (pattern @ self.between)[:, self.membership].T  # of each item's factor on every item
        by_loading = np.zeros((size, size, size))
        items = np.arange(size)
        by_loading[items, items, :] += pull
        by_loading[items, :, items] += pull
        first, second = np.triu_indices(len(self.between), 1)
        one_way = pattern.T[first, :, None] * pattern.T[second, None, :]
        return np.concatenate([by_loading, one_way + one_way.transpose(0, 2, 1)])


def maximum_likelihood(correlation: Floats, membership: Ints) -> Structure:
    """The structure under which normal answers with this correlation matrix (items × items) are likeliest.

    `membership` (items,) numbers each item's factor from 0. Newton's steps where the likelihood is curved as at a
    maximum, Fisher's where it is not yet. Raises AnalysisError for a matrix that is not of full rank and where the
    steps do not settle. A factor of fewer than two items, or of fewer than three on its own, is not identified: refuse
    it before. Source: Jöreskog (1969).
    """
    if not np.linalg.eigvalsh(correlation)[0] > 1e-10:
        raise AnalysisError("The correlations are not of full rank: an item is the sum of others, or rows are too few.")
    structure = _start(correlation, membership)
    lack = discrepancy(correlation, structure)
    for _ in range(_STEPS):
        slopes = _all_slopes(structure)
        inverse = np.linalg.inv(structure.implied)
        turned = (inverse @ slopes).reshape(len(slopes), -1)
        gradient = turned @ (np.eye(len(inverse)) - inverse @ correlation).T.ravel() / 2
        curvature = information(correlation, structure)
        least = np.linalg.eigvalsh(curvature)[0]
        if np.abs(gradient).max() < _SETTLED and least > 0:
            return _turned(structure)
        if not least > _FLAT:
            curvature = (slopes @ inverse).reshape(len(slopes), -1) @ turned.T / 2
        step = np.linalg.lstsq(curvature, -gradient)[0]
        for halved in range(_HALVINGS):
            trial = _moved(structure, step / 2**halved)
            found = discrepancy(correlation, trial)
            if found <= lack + 1e-14:
                break
        else:
            break
        structure, lack = trial, found
    raise AnalysisError(
        "The factors could not be fitted: the steps do not settle. Items of a factor may not correlate."
    )


def least_squares(correlation: Floats, variance: Floats, membership: Ints) -> Structure:
    """The structure with the smallest sum of squared misfits, each over the sampling variance of its correlation.

    Correlations and variances are (items × items); only what stands above the diagonal is used. Raises AnalysisError
    where the steps do not settle.
    """
    size = len(correlation)
    upper = np.triu_indices(size, 1)
    wanted, scale = correlation[upper], 1 / np.sqrt(variance[upper])
    start = _start(correlation, membership)
    pairs = np.triu_indices(len(start.between), 1)

    def of(free: Floats) -> Structure:
        between = np.eye(len(start.between))
        between[pairs] = between.T[pairs] = free[size:]
        return Structure(membership, free[:size], between, 1 - free[:size] ** 2)

    made = optimize.least_squares(
        lambda free: (of(free).implied[upper] - wanted) * scale,
        np.concatenate([start.loadings, start.between[pairs]]),
        jac=lambda free: (of(free).slopes[:, *upper] * scale).T,
        x_scale="jac",
        xtol=1e-14,
        ftol=1e-14,
        gtol=1e-14,
        max_nfev=4 * _STEPS,
    )
    if not made.success:
        raise AnalysisError(
            "The factors could not be fitted: the steps do not settle. Items of a factor may not correlate."
        )
    return _turned(of(made.x))


def discrepancy(correlation: Floats, structure: Structure) -> float:
    """log|Σ| + tr(SΣ⁻¹) − log|S| − items for correlations S (items × items), 0 for a perfect fit.

    Infinite where Σ is not positive definite.
    """
    implied = structure.implied
    if not np.linalg.eigvalsh(implied)[0] > 0:
        return np.inf
    ratio = np.linalg.solve(implied, correlation)
    return float(np.trace(ratio) - np.linalg.slogdet(ratio)[1] - len(ratio))


def information(correlation: Floats, structure: Structure) -> Floats:
    """The observed information (p × p) of one person, from correlations (items × items).

    It is about loadings, pairs of factors and unique variances, in this order.
    """
    slopes, inverse = _all_slopes(structure), np.linalg.inv(structure.implied)
    turned = inverse @ slopes
    twice = 2 * inverse @ correlation - np.eye(len(inverse))
    result = np.einsum("aij,bji->ab", turned, turned @ twice, optimize=True) / 2
    size, pattern = len(inverse), structure.pattern
    misfit = inverse - inverse @ correlation @ inverse
    own = structure.membership
    result[:size, :size] += misfit * structure.between[np.ix_(own, own)]
    pulled = misfit @ pattern
    for k, (f, g) in enumerate(zip(*np.triu_indices(len(structure.between), 1), strict=True)):
        bend = np.where(own == f, pulled[:, g], 0.0) + np.where(own == g, pulled[:, f], 0.0)
        result[:size, size + k] += bend
        result[size + k, :size] += bend
    return np.asarray((result + result.T) / 2)


def _all_slopes(structure: Structure) -> Floats:
    """Derivatives of the implied correlations by every parameter, unique variances last."""
    items = np.arange(len(structure.loadings))
    unique = np.zeros((len(items),) * 3)
    unique[items, items, items] = 1.0
    return np.concatenate([structure.slopes, unique])


def _spread(membership: Ints, values: Floats) -> Floats:
    pattern = np.zeros((len(membership), int(membership.max()) + 1))
    pattern[np.arange(len(membership)), membership] = values
    return pattern


def _start(correlation: Floats, membership: Ints) -> Structure:
    """Loadings from the first component of each factor's items, shrunk; factors correlate as their sums do."""
    loadings = np.zeros(len(membership))
    for factor in np.unique(membership):
        own = np.flatnonzero(membership == factor)
        roots, vectors = np.linalg.eigh(correlation[np.ix_(own, own)])
        loadings[own] = vectors[:, -1] * np.sqrt(roots[-1]) * (np.sign(vectors[:, -1].sum()) or 1.0) * 0.9
    sums = _spread(membership, np.sign(loadings))
    together = sums.T @ correlation @ sums
    between = np.clip(together / np.sqrt(np.outer(np.diag(together), np.diag(together))), -0.9, 0.9)
    np.fill_diagonal(between, 1.0)
    return Structure(membership, loadings, between, np.maximum(1 - loadings**2, _LEAST_UNIQUE))


def _moved(structure: Structure, step: Floats) -> Structure:
    size, between = len(structure.loadings), structure.between.copy()
    pairs = np.triu_indices(len(between), 1)
    between[pairs] += step[size:-size]
    between.T[pairs] = between[pairs]
    return Structure(structure.membership, structure.loadings + step[:size], between, structure.unique + step[-size:])


def _turned(structure: Structure) -> Structure:
    """The same structure with factors pointing where most of their loadings do."""
    sums = _spread(structure.membership, structure.loadings).sum(axis=0)
    sign = np.where(sums < 0, -1.0, 1.0)
    loadings = structure.loadings * sign[structure.membership]
    return Structure(structure.membership, loadings, structure.between * np.outer(sign, sign), structure.unique)
