"""Looks at a running survey that were fixed beforehand, with the error spent over them.

Who looks at a running survey every week and stops when a target seems reached is wrong far more often than 5 %. With
looks fixed before the first answer the error α is spent over them: α*(t) by the time of a look, t the share of the
information (of the planned answers) that is there.

* `obrien_fleming`: α*(t) = 2 − 2Φ(z_α/2/√t), hardly anything early, nearly all of α for the last look;
* `pocock`: α*(t) = α log(1 + (e − 1)t), about the same at every look.

The statistic at information I_k is normal with correlation √(I_j/I_k) between looks. The bound of a look is what is
crossed there, and at no look before, with the probability α*(t_k) − α*(t_k−1): by recursive integration over Gauss-
Legendre points. A look concludes where its one-sided p-value is at most its level, the tail beyond the bound.
Sources: Lan and DeMets (1983, 1989); Armitage, McPherson and Rowe (1969); Jennison and Turnbull (2000), chapters 7 and
19; R gsDesign, ldbounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from analysis.arrays import Floats
from analysis.errors import AnalysisError

KINDS = ("obrien_fleming", "pocock")
MOST_LOOKS = 20
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(400)
_FAR = 9.0  # standard errors below which the density of a path is nothing


@dataclass(frozen=True, slots=True)
class Looks:
    """Planned looks (k,): times 0..1, error spent by each, upper bound of the z statistic, one-sided level."""

    times: Floats
    spent: Floats
    bound: Floats
    level: Floats


def spent(times: Floats, alpha: float, kind: str) -> Floats:
    """The error spent by the `times` (k,) of 0..1 of a one-sided α. Raises AnalysisError for an unknown kind.

    >>> spent(np.array([0.5, 1.0]), 0.05, "pocock").round(4).tolist()
    [0.031, 0.05]
    """
    t = np.clip(np.asarray(times, np.float64), 0.0, 1.0)
    if kind == "pocock":
        return np.asarray(alpha * np.log1p((np.e - 1) * t))
    if kind == "obrien_fleming":
        with np.errstate(divide="ignore"):
            return np.asarray(2 * special.ndtr(special.ndtri(alpha / 2) / np.sqrt(t)))
    raise AnalysisError(f"Spending '{kind}' is unknown; choose {' or '.join(KINDS)}.")


def looks(times: Sequence[float], *, alpha: float, kind: str, information: Sequence[float] | None = None) -> Looks:
    """Bounds and levels of looks at `times` (k,), shares of the planned information, increasing to at most 1.

    `information` (k,), in any unit, is what was really there at each look, where that is known; it gives the
    correlations, `times` what may be spent. Raises AnalysisError for times that do not increase within 0..1, more than
    twenty looks, or an α outside 0..0.5.

    >>> looks([0.5, 1.0], alpha=0.025, kind="obrien_fleming").bound.round(3).tolist()
    [2.963, 1.969]
    """
    t = np.asarray(times, np.float64)
    there = t if information is None else np.asarray(information, np.float64)
    if not 0 < len(t) <= MOST_LOOKS or not 0 < alpha < 0.5:
        raise AnalysisError(f"Looks are 1 to {MOST_LOOKS} with an error between 0 and 0.5; not {len(t)} with {alpha}.")
    rising = all((np.diff(np.r_[0.0, one]) > 0).all() for one in (t, there))
    if len(there) != len(t) or not rising or t[-1] > 1:
        raise AnalysisError(f"Looks come one after the other, at increasing shares of 0 to 1; not at {t.tolist()}.")
    total = spent(t, alpha, kind)
    bounds = np.empty(len(t))
    points, mass = np.zeros(1), np.ones(1)  # of the score process √I·z among paths that have not crossed
    before = 0.0
    for k, (now, part) in enumerate(zip(there.tolist(), np.diff(np.r_[0.0, total]).tolist(), strict=True)):
        step = np.sqrt(now - before)
        bounds[k] = _bound(points, mass, np.sqrt(now), step, part)
        top = bounds[k] * np.sqrt(now) if np.isfinite(bounds[k]) else _FAR * np.sqrt(now)
        low = -_FAR * np.sqrt(now)
        fresh = low + (top - low) / 2 * (_POINTS + 1)
        density = np.exp(-(((fresh[:, None] - points) / step) ** 2) / 2) @ mass / (step * np.sqrt(2 * np.pi))
        points, mass, before = fresh, density * _WEIGHTS * (top - low) / 2, now
    return Looks(t, total, bounds, special.ndtr(-bounds))


def _bound(points: Floats, mass: Floats, root: float, step: float, part: float) -> float:
    """The z crossed with probability `part` by paths at `points` with `mass`; infinite where part is nothing."""

    def beyond(z: float) -> float:
        return float(special.ndtr((points - z * root) / step) @ mass) - part

    if part <= 0 or beyond(_FAR - 1) >= 0:
        return np.inf
    return float(optimize.brentq(beyond, -_FAR, _FAR - 1, xtol=1e-12))
