"""What rounding leaves where exact arithmetic has nothing.

Sums of squares are found as differences and scores as sums of terms that cancel. Kept as they come, people who all
agree would have a standard error of 1e-8, and a unit of them would be certified instead of being not estimable.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Floats

__all__: list[str] = []  # serves other modules of the analysis only

SHARE = 1e-13  # of the parts: far above what doubles lose in some hundred terms, far below any spread of answers
NO_ERROR = 1e-9  # a standard error of a rate below this is 0 but for the arithmetic


def without_noise(difference: Floats, parts: Floats) -> Floats:
    """A sum of squares found as a difference (m,): 0 where it is only what rounding left of its parts (m,)."""
    return np.where(difference > SHARE * parts, difference, 0.0)
