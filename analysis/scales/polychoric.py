"""Polychoric correlations of ordered answers, and categorical omega.

Each answer is taken as a cut of a normal variable. `correlations` finds the thresholds from the margins and then the
correlation of each pair by maximum likelihood (two steps). `omega` fits one factor to them, every squared misfit over
the correlation's sampling variance (diagonally weighted least squares), and asks for the reliability of the sum of the
answers as they were given, not of the variables behind them.
People who answered every item, without weights; NaN for items of one answer, omega also under three items and where a
loading leaves −1..1. Sources: Olsson (1979) for the two steps; Muthén (1984) for the variances; Green and Yang (2009),
equation 21, for omega; R `lavaan` lavCor and cfa(ordered), `semTools` compRelSEM(ord.scale = TRUE).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, special

from analysis.arrays import Floats, Ints
from analysis.scales import simple_structure

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_FARTHEST = 0.9999
_INFINITY = 40.0
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Polychoric:
    """Correlations of `n` people with their sampling covariance and the thresholds of each item.

    `covariance` is pairs × pairs in the order of np.triu_indices; `variance` its diagonal as items × items.
    """

    n: int
    correlation: Floats
    covariance: Floats
    thresholds: tuple[Floats, ...]

    @property
    def variance(self) -> Floats:
        """The sampling variance of each correlation, 0 on the diagonal."""
        made = np.zeros_like(self.correlation)
        made[np.triu_indices(len(made), 1)] = np.diag(self.covariance)
        return np.asarray(made + made.T)


@dataclass(frozen=True, slots=True)
class CategoricalOmega:
    """Reliability of the sum of the answers under one factor, with the loadings behind it."""

    omega: float
    loadings: tuple[float, ...]


def correlations(answers: Floats) -> Polychoric:
    """Polychoric correlations (items × items) of answers (n × items, NaN = no substantive answer) over complete rows.

    NaN for an item of one answer. Source: Olsson (1979); lavaan lavCor.
    """
    own = answers[~np.isnan(answers).any(axis=1)]
    size = own.shape[1]
    codes = [np.unique(own[:, k], return_inverse=True)[1].reshape(-1) for k in range(size)]
    thresholds = tuple(_thresholds(one) for one in codes)
    correlation, influences = np.eye(size), []
    pairs = list(zip(*np.triu_indices(size, 1), strict=True))
    for i, j in pairs:
        r, influence = np.nan, np.full((len(thresholds[i]) + 1, len(thresholds[j]) + 1), np.nan)
        if len(thresholds[i]) and len(thresholds[j]):
            r, influence = _pair(_counts(codes[i], codes[j]), thresholds[i], thresholds[j])
        correlation[i, j] = correlation[j, i] = r
        influences.append(influence)
    covariance = np.zeros((len(pairs), len(pairs)))
    for first in range(0, len(own), _AT_ONCE) if pairs else ():  # one item has no pair
        part = [one[first : first + _AT_ONCE] for one in codes]
        moved = np.column_stack([one[part[i], part[j]] for one, (i, j) in zip(influences, pairs, strict=True)])
        covariance += moved.T @ moved
    return Polychoric(len(own), correlation, covariance / max(len(own), 1) ** 2, thresholds)


def omega(found: Polychoric) -> CategoricalOmega:
    """Green and Yang's omega of one factor: the share of the sum's variance that the factor makes, 0..1."""
    size = len(found.correlation)
    nothing = CategoricalOmega(np.nan, (np.nan,) * size)
    if size < 3 or np.isnan(found.correlation).any() or not (found.variance[np.triu_indices(size, 1)] > 0).all():
        return nothing
    loading = simple_structure.least_squares(found.correlation, found.variance, np.zeros(size, np.int64)).loadings
    if not (np.abs(loading) < 1).all():
        return nothing
    common, whole = 0.0, 0.0
    for i in range(size):
        for j in range(size):
            both = found.thresholds[i][:, None], found.thresholds[j][None, :]
            apart = special.ndtr(both[0]).sum() * special.ndtr(both[1]).sum()
            common += float(below(*both, float(loading[i] * loading[j])).sum() - apart)
            whole += float(below(*both, float(found.correlation[i, j])).sum() - apart)
    return CategoricalOmega(common / whole, tuple(float(one) for one in loading))


def below(first: Any, second: Any, correlation: float) -> Floats:
    """P(X ≤ first, Y ≤ second) of two standard normal variables, points (m,) (Drezner and Wesolowsky 1990)."""
    h, k = np.broadcast_arrays(np.asarray(first, np.float64), np.asarray(second, np.float64))
    if correlation >= 1:
        return np.asarray(special.ndtr(np.minimum(h, k)))
    half = np.arcsin(correlation) / 2
    angle = half * (_NODES + 1)
    exponent = h[..., None] ** 2 + k[..., None] ** 2 - 2 * h[..., None] * k[..., None] * np.sin(angle)
    integral = half * (np.exp(-exponent / (2 * np.cos(angle) ** 2)) @ _WEIGHTS)
    return np.asarray(special.ndtr(h) * special.ndtr(k) + integral / (2 * np.pi))


def _thresholds(codes: Ints) -> Floats:
    share = np.cumsum(np.bincount(codes))[:-1] / len(codes)
    return np.asarray(special.ndtri(share))


def _counts(first: Ints, second: Ints) -> Floats:
    table = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(table, (first, second), 1.0)
    return table


def _cells(at_corners: Floats) -> Floats:
    """Probabilities of cells from those below their corners."""
    return np.asarray(np.diff(np.diff(np.pad(at_corners, ((1, 0), (1, 0))), axis=0), axis=1))


def _pair(table: Floats, first: Floats, second: Floats) -> tuple[float, Floats]:
    """The correlation of one table and how a person in each cell moves it; thresholds count as estimated."""
    a, b = np.r_[first, _INFINITY][:, None], np.r_[second, _INFINITY][None, :]

    def lack(r: float) -> float:
        return float(-(table * np.log(np.maximum(_cells(below(a, b, r)), 1e-300))).sum())

    made = optimize.minimize_scalar(lack, bounds=(-_FARTHEST, _FARTHEST), method="bounded", options={"xatol": 1e-10})
    r = float(made.x)
    root = np.sqrt(1 - r**2)
    cells = np.maximum(_cells(below(a, b, r)), 1e-300)
    density = np.exp(-(a**2 - 2 * r * a * b + b**2) / (2 * root**2)) / (2 * np.pi * root)
    score = _cells(density) / cells
    share = table / table.sum()
    influence = score.copy()
    for axis, own, other in ((0, first, b), (1, second, a)):
        seen = share.sum(axis=1 - axis)
        for c, cut in enumerate(own):
            change = np.zeros((len(a), b.shape[1]))
            slope = special.ndtr((other.ravel() - r * cut) / root) * np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi)
            change[(c, slice(None)) if axis == 0 else (slice(None), c)] = slope
            together = float((share * score * _cells(change) / cells).sum())
            inside = (np.arange(len(seen)) <= c) - seen[: c + 1].sum()
            moved = inside / (np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi))
            influence -= together * (moved[:, None] if axis == 0 else moved[None, :])
    information = float((share * score**2).sum())
    return r, influence / information if information > 0 else np.full_like(influence, np.nan)
