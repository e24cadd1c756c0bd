"""Exploratory factor analysis: how many things items measure, and how much of their sum is one thing.

`adequacy` says whether the correlations can carry factors at all (Kaiser-Meyer-Olkin, Bartlett's test of sphericity,
eigenvalues); `minres` finds factors that leave the smallest squared residual correlations; `hierarchical_omega` turns
them obliquely, draws one general factor out of their correlations (Schmid and Leiman), and gives the share of the
variance of the sum that this one makes beside the share that all factors make. From a correlation matrix, unweighted.
Sources: Kaiser (1974); Bartlett (1951); Harman and Jones (1966); Jennrich (2002) for the rotation; Schmid and Leiman
(1957); Zinbarg, Revelle, Yovel and Li (2005); R `psych` KMO, cortest.bartlett, fa(fm = "minres"), omega.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from analysis.arrays import Floats
from analysis.errors import AnalysisError

_LEAST = 0.005
_TURNS = 5000


@dataclass(frozen=True, slots=True)
class Adequacy:
    """`kmo` over all items and for each; Bartlett's χ² with df and p-value; eigenvalues, largest first."""

    kmo: float
    kmo_items: Floats
    bartlett: float
    df: int
    p_value: float
    eigenvalues: Floats


@dataclass(frozen=True, slots=True)
class Minres:
    """Unrotated loadings (items × factors) and the communality of each item."""

    loadings: Floats
    communalities: Floats


@dataclass(frozen=True, slots=True)
class HierarchicalOmega:
    """Shares of the variance of the sum: of the general factor, of all factors; loadings on the general one."""

    hierarchical: float
    total: float
    general: Floats


def adequacy(correlation: Floats, n: int) -> Adequacy:
    """Whether a correlation matrix (items × items) of n people can carry factors.

    Raises AnalysisError for a matrix that is not of full rank. Source: Kaiser (1970), Bartlett (1951); R `psych` KMO.
    """
    r = np.asarray(correlation, np.float64)
    size = len(r)
    roots = np.asarray(np.linalg.eigvalsh(r)[::-1], np.float64)
    if not roots[-1] > 1e-10:
        raise AnalysisError("The correlations are not of full rank: some item is a sum of others; leave one out.")
    inverse = np.linalg.inv(r)
    spread = np.sqrt(np.diag(inverse))
    partial = (inverse / np.outer(spread, spread)) ** 2
    plain = r**2
    np.fill_diagonal(partial, 0.0)
    np.fill_diagonal(plain, 0.0)
    chi = -float(np.log(roots).sum()) * (n - 1 - (2 * size + 5) / 6)
    df = size * (size - 1) // 2
    own = plain.sum(axis=0) / (plain.sum(axis=0) + partial.sum(axis=0))
    kmo = float(plain.sum() / (plain.sum() + partial.sum()))
    return Adequacy(kmo, own, chi, df, float(special.chdtrc(df, chi)), roots)


def minres(correlation: Floats, factors: int) -> Minres:
    """Loadings (items × factors) that leave the smallest sum of squared residual correlations (items × items).

    Raises AnalysisError for a number of factors that the items cannot have. Source: Harman and Jones (1966).
    """
    r = np.asarray(correlation, np.float64)
    size = len(r)
    if not 0 < factors < size:
        raise AnalysisError(f"{factors} factors of {size} items cannot be found; give 1 to {size - 1}.")

    def left(unique: Floats) -> tuple[float, Floats]:
        roots, vectors = np.linalg.eigh(r - np.diag(unique))
        rest, sides = roots[:-factors], vectors[:, :-factors]
        return float((rest**2).sum()), -2 * (sides**2) @ rest

    start = np.clip(1 / np.diag(np.linalg.pinv(r)), _LEAST, 1.0)
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 5000}
    made = optimize.minimize(left, start, jac=True, method="L-BFGS-B", bounds=[(_LEAST, 1.0)] * size, options=options)
    roots, vectors = np.linalg.eigh(r - np.diag(made.x))
    loadings = vectors[:, -factors:][:, ::-1] * np.sqrt(np.maximum(roots[-factors:][::-1], 0.0))
    loadings = loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return Minres(loadings, (loadings**2).sum(axis=1))


def hierarchical_omega(correlation: Floats, factors: int) -> HierarchicalOmega:
    """Omega of a general factor above three or more oblique ones, from correlations (items × items).

    Raises AnalysisError for fewer than three factors. Source: Zinbarg et al. (2005); R `psych` omega.
    """
    if factors < 3:
        raise AnalysisError(f"A general factor needs three factors below it; there are {factors}.")
    r = np.asarray(correlation, np.float64)
    found = minres(r, factors)
    pattern, between = _quartimin(found.loadings)
    turn = np.where(pattern.sum(axis=0) < 0, -1.0, 1.0)
    pattern, between = pattern * turn, between * np.outer(turn, turn)
    above = minres(between, 1).loadings[:, 0]
    general = pattern @ above
    whole = float(r.sum())
    unique = float((1 - found.communalities).sum())
    return HierarchicalOmega(float(general.sum()) ** 2 / whole, 1 - unique / whole, general)


def _quartimin(loadings: Floats) -> tuple[Floats, Floats]:
    """Pattern and factor correlations where each item loads on few factors (gradient projection)."""
    size = loadings.shape[1]
    others = 1 - np.eye(size)

    def of(turn: Floats) -> tuple[float, Floats, Floats]:
        back = np.linalg.inv(turn)
        pattern = loadings @ back.T
        crossed = (pattern**2) @ others
        gradient = -(pattern.T @ (pattern * crossed) @ back).T
        return float((pattern**2 * crossed).sum() / 4), gradient, pattern

    turn, step = np.eye(size), 1.0
    value, gradient, pattern = of(turn)
    for _ in range(_TURNS):
        along = gradient - turn * (turn * gradient).sum(axis=0)
        length = float((along**2).sum())
        if length < 1e-14:
            break
        step *= 2
        for _ in range(40):
            trial = turn - step * along
            trial = trial / np.sqrt((trial**2).sum(axis=0))
            made = of(trial)
            if made[0] < value - length * step / 2:
                break
            step /= 2
        turn = trial
        value, gradient, pattern = made
    return pattern, turn.T @ turn
