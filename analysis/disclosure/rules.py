"""What may be shown on its own account: minimum cells, rates of everybody or nobody, results that differ by a few.

Settings of the province: a cell of fewer than 10 respondents is hidden; in public a rate of 0 % or 100 % is hidden
under 30; two filters may not be shown together if they differ by fewer than 10 people. Which further cells are hidden
so that no hidden one can be worked out is the matter of `patterns` and `audit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.inference.intervals import at_one, at_zero


@dataclass(frozen=True, slots=True)
class DisclosureRule:
    """The thresholds: people in a cell, people under a rate of 0 or 100 % in public, people by which filters differ."""

    minimum: int = 10
    extreme_minimum: int = 30
    public: bool = True


def hidden_rates(n: Sequence[int] | Floats, estimate: Floats, rule: DisclosureRule | None = None) -> Bools:
    """Which estimates (m,) are hidden on their own account: too few people, or in public everybody or nobody of few.

    `n` (m,) are people, `estimate` (m,) rates of 0..1. A cell without anybody is not hidden: there is nobody to
    protect.

    >>> hidden_rates([4, 25, 25, 0], np.array([0.5, 1.0, 0.8, np.nan])).tolist()
    [True, True, False, False]
    """
    rule = rule or DisclosureRule()
    people = np.asarray(n, np.float64)
    small = (people > 0) & (people < rule.minimum)
    if not rule.public:
        return np.asarray(small)
    with np.errstate(invalid="ignore"):
        extreme = at_zero(estimate) | at_one(estimate)
    return np.asarray(small | ((people > 0) & (people < rule.extreme_minimum) & extreme))


def may_show_both(first: int, second: int, common: int, rule: DisclosureRule | None = None) -> bool:
    """Whether results of two filters may stand beside each other, without giving away those in one of them only.

    Those must be nobody or at least the minimum. `first`, `second` and `common` (in both) count respondents.

    >>> may_show_both(120, 90, 90), may_show_both(120, 90, 85)
    (True, False)
    """
    rule = rule or DisclosureRule()
    return all(only == 0 or only >= rule.minimum for only in (first - common, second - common))
