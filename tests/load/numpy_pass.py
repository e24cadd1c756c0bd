"""The bare NumPy pass that the engine's speed is measured against: satisfied rate and its linearised standard error.

22 items in 3,321 domains (communes are strata, PSUs inside them) of 1,000,000 respondents: written by hand for exactly
this question, with nothing checked, named or kept.
"""

from __future__ import annotations

import numpy as np


def one_pass(
    codes: np.ndarray, psu: np.ndarray, stratum: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rates and standard errors (items × strata); `codes` uint8 (n × items) with 0 for no answer."""
    present = np.unique(psu)
    of_psu = np.zeros(psu.max() + 1, np.int64)
    of_psu[psu] = stratum
    s = of_psu[present]
    strata, size = stratum.max() + 1, psu.max() + 1
    n = np.bincount(s, minlength=strata)
    rates, errors = [], []
    for j in range(codes.shape[1]):
        q = codes[:, j]
        y = np.bincount(psu, np.where(q >= 4, weight, 0.0), size)[present]
        x = np.bincount(psu, np.where(q > 0, weight, 0.0), size)[present]
        total = np.bincount(s, x, strata)
        p = np.bincount(s, y, strata) / total
        z = y - p[s] * x
        v = (np.bincount(s, z * z, strata) - np.bincount(s, z, strata) ** 2 / n) * n / (n - 1)
        rates.append(p)
        errors.append(np.sqrt(np.maximum(v, 0.0)) / total)
    return np.array(rates), np.array(errors)
