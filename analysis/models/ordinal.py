"""The likelihood of proportional odds, P(Y ≤ k) = logistic(ζ_k − x'β): its slopes, its information, its highest point.

The machinery of `regression.proportional_odds` and of the many fits that split what factors explain. A row touches two
cut points only, so that everything is a sum by answer: nothing of the size rows × coefficients is made but the scores
that design-based errors ask for.
Source: McCullagh (1980), section 2; Newton steps with the observed information.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis.arrays import Floats, Ints
from analysis.cells import Groups, grouping, sum_by
from analysis.errors import AnalysisError

_STEPS = 60
_TOLERANCE = 1e-12


class Ordinal:
    """The weighted log-likelihood of answers `y` (0 … levels − 1) given `x`; θ is β, then ζ."""

    def __init__(self, x: Floats, y: Ints, w: Floats, levels: int) -> None:
        self.x, self.y, self.w, self.cuts = x, y, w, levels - 1
        self.answers = Groups(y, levels)

    def likelihood(self, theta: Floats) -> float:
        """The log-likelihood; −∞ where an answer has no chance."""
        p, _, _ = self._parts(theta)
        return float(self.w @ np.log(p)) if (p > 0).all() else -np.inf

    def scores(self, theta: Floats) -> Floats:
        """The derivatives of each row's log-likelihood (rows × coefficients)."""
        p, high, low = self._parts(theta)
        a, b = self.w * high * (1 - high) / p, self.w * low * (1 - low) / p
        slopes = self.x.shape[1]
        result = np.zeros((len(self.y), slopes + self.cuts))
        result[:, :slopes] = -self.x * (a - b)[:, None]
        upper, lower = np.flatnonzero(self.y < self.cuts), np.flatnonzero(self.y > 0)
        result[upper, slopes + self.y[upper]] = a[upper]
        result[lower, slopes + self.y[lower] - 1] -= b[lower]
        return result

    def slope(self, theta: Floats) -> Floats:
        """The derivatives of the log-likelihood (coefficients,): the sums of the scores."""
        p, high, low = self._parts(theta)
        a, b = self.w * high * (1 - high) / p, self.w * low * (1 - low) / p
        upper, lower = sum_by(self.y, a, self.cuts + 1), sum_by(self.y, b, self.cuts + 1)
        return np.asarray(np.r_[(b - a) @ self.x, upper[:-1] - lower[1:]])

    def information(self, theta: Floats) -> Floats:
        """The observed information (coefficients × coefficients)."""
        p, high, low = self._parts(theta)
        a, b = high * (1 - high) / p, low * (1 - low) / p
        upper, lower = self.w * (a * (1 - 2 * high) - a**2), self.w * (-b * (1 - 2 * low) - b**2)
        cross = self.w * a * b
        slopes, levels = self.x.shape[1], self.cuts + 1
        hessian = np.zeros((slopes + self.cuts, slopes + self.cuts))
        hessian[:slopes, :slopes] = self.x.T @ (self.x * (upper + lower + 2 * cross)[:, None])
        above = self.answers.total(self.x * (upper + cross)[:, None])
        below = self.answers.total(self.x * (lower + cross)[:, None])
        hessian[slopes:, :slopes] = -(above[:-1] + below[1:])
        hessian[:slopes, slopes:] = hessian[slopes:, :slopes].T
        cut = slopes + np.arange(self.cuts)
        hessian[cut, cut] = sum_by(self.y, upper, levels)[:-1] + sum_by(self.y, lower, levels)[1:]
        between = sum_by(self.y, cross, levels)[1:-1]
        hessian[cut[1:], cut[:-1]] = hessian[cut[:-1], cut[1:]] = between
        return -hessian

    def differenced_information(self, theta: Floats, step: float = 1e-3) -> Floats:
        """The information by central differences over (β, ζ₁, log of the steps between cut points), taken back to ζ."""
        slopes = len(theta) - self.cuts
        free = np.r_[theta[: slopes + 1], np.log(np.diff(theta[slopes:]))]

        def jacobian(at: Floats) -> Floats:
            result = np.eye(len(at))
            below = np.tril(np.ones((self.cuts, self.cuts)))
            below[:, 1:] *= np.exp(at[slopes + 1 :])
            result[slopes:, slopes:] = below
            return result

        def slope(at: Floats) -> Floats:
            own = np.r_[at[:slopes], np.cumsum(np.r_[at[slopes], np.exp(at[slopes + 1 :])])]
            return np.asarray(-self.slope(own) @ jacobian(at))

        moves = np.eye(len(free)) * step
        hessian = np.array([(slope(free + move) - slope(free - move)) / (2 * step) for move in moves])
        back = np.linalg.inv(jacobian(free))
        return np.asarray(back.T @ ((hessian + hessian.T) / 2) @ back)

    def solved(self) -> tuple[Floats, float]:
        """The coefficients (p,) of the highest log-likelihood, and that; AnalysisError where steps do not settle."""
        share = sum_by(self.y, self.w, self.cuts + 1) / self.w.sum()
        theta = np.r_[np.zeros(self.x.shape[1]), special.logit(np.cumsum(share)[:-1])]
        value = self.likelihood(theta)
        for _ in range(_STEPS):
            step = np.linalg.lstsq(self.information(theta), self.slope(theta))[0]
            for _ in range(30):
                trial = self.likelihood(theta + step)
                if trial >= value - 1e-9 * abs(value):
                    break
                step = step / 2
            gain = trial - value
            theta, value = theta + step, trial
            if abs(gain) <= _TOLERANCE * (abs(value) + 1):
                break
        else:
            raise AnalysisError("The ordinal regression does not settle: some predictor separates the answers.")
        return theta, value

    def _parts(self, theta: Floats) -> tuple[Floats, Floats, Floats]:
        """The probability of each answer and the logistic distribution at its two cut points."""
        slopes = self.x.shape[1]
        cuts = np.r_[-np.inf, theta[slopes:], np.inf]
        along = self.x @ theta[:slopes]
        high, low = special.expit(cuts[self.y + 1] - along), special.expit(cuts[self.y] - along)
        return high - low, high, low


class OrdinalSubsets:
    """The highest log-likelihood with some of the predictors, for one set of them after another.

    Rows with the same answer and the same predictors are one cell with their weights together, wherever that leaves
    half of the rows or fewer.
    """

    def __init__(self, x: Floats, y: Ints, w: Floats, levels: int) -> None:
        self.x, self.y, self.w, self.levels = x - w @ x / w.sum(), y, w, levels
        self.distinct = [np.unique(column, return_inverse=True) for column in self.x.T]

    def likelihood(self, some: tuple[int, ...]) -> float:
        chosen = [self.distinct[k] for k in some]
        cells = grouping([self.y, *(codes.reshape(-1) for _, codes in chosen)], len(self.y))
        if 2 * cells.size > len(self.y):
            return Ordinal(self.x[:, list(some)], self.y, self.w, self.levels).solved()[1]
        x = np.column_stack([values[cells.keys[:, k + 1]] for k, (values, _) in enumerate(chosen)])
        weight = sum_by(cells.codes, self.w, cells.size)
        return Ordinal(x, cells.keys[:, 0], weight, self.levels).solved()[1]
