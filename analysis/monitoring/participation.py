"""Issued, returned and valid forms: the rate of participation, and whether it differs between classes.

For drawn and census channels alone: among those who chose themselves nobody knows how many were asked, so there is
neither a response rate nor a participation rate (AAPOR, section on nonprobability samples).
Sources: AAPOR Standard Definitions (10th edition, 2023), response rates 1 and 2, every form issued taken as eligible;
R `chisq.test(correct = FALSE)` for the classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.arrays import Bools, Floats
from analysis.errors import AnalysisError

LEAST_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class ClassDifference:
    """Whether participation differs between classes, and by how much.

    `lowest` and `highest` are places of classes, `rates` (k,) their rates, NaN where a class was left out: without an
    issued form, or with more valid forms than issued. `p_value` is None where fewer than two classes are left or one
    would be expected to have under 5 forms on either side.
    """

    rates: Floats
    used: Bools
    lowest: int | None
    highest: int | None
    statistic: float | None
    df: int
    p_value: float | None


def participation_rate(valid: Floats, issued: Floats) -> Floats:
    """Valid forms over forms issued, (k,) of (k,): AAPOR response rate 2, rate 1 where `valid` are the complete ones.

    NaN where no form was issued or more came back than were issued: then one of the two numbers is wrong. Raises
    AnalysisError for numbers below 0.

    >>> participation_rate(np.array([60.0, 5.0]), np.array([80.0, 0.0])).tolist()
    [0.75, nan]
    """
    v, m = np.asarray(valid, np.float64), np.asarray(issued, np.float64)
    if (v < 0).any() or (m < 0).any():
        raise AnalysisError("Numbers of forms cannot be below 0.")
    return np.asarray(np.divide(v, m, out=np.full(len(v), np.nan), where=(m > 0) & (v <= m)))


def class_difference(valid: Floats, issued: Floats) -> ClassDifference:
    """Pearson's χ² of valid and missing forms between classes (k,), each form counted as one person of its own.

    Raises AnalysisError for numbers below 0. Source: R `chisq.test`.
    """
    v, m = np.asarray(valid, np.float64), np.asarray(issued, np.float64)
    rates = participation_rate(v, m)
    used = np.isfinite(rates)
    places = np.flatnonzero(used)
    if len(places) < 2:
        return ClassDifference(rates, used, None, None, None, 0, None)
    low, high = int(places[np.argmin(rates[used])]), int(places[np.argmax(rates[used])])
    table = np.vstack([v[used], m[used] - v[used]])
    df = len(places) - 1
    if (table.sum(axis=1) == 0).any():
        return ClassDifference(rates, used, low, high, None, df, None)
    found = stats.chi2_contingency(table, correction=False)
    enough = bool((found.expected_freq >= LEAST_EXPECTED).all())
    p_value = float(found.pvalue) if enough else None
    return ClassDifference(rates, used, low, high, float(found.statistic) if enough else None, df, p_value)
