"""Evidence for figures that a test makes up: people of equal weights, in equal clusters where there are some."""

from __future__ import annotations

import numpy as np

from analysis.estimation.evidence import Evidence
from analysis.inference.verdicts import Figures


def evidence(of: Figures, *, pooled: bool = False, clustered: bool = False, spread: float | None = None) -> Evidence:
    """What figures would stand on if their people counted alike; `spread` between people, p (1 − p) where not given."""
    p, n, df = (np.asarray(values, np.float64) for values in (of.estimate, of.n, of.df))
    own = np.full(p.shape, spread) if spread is not None else p * (1 - p)
    people = np.divide(1.0, n, out=np.full(p.shape, np.nan), where=n > 0)
    clusters = 1 / (df + 1) if clustered else people
    return Evidence(
        variance=np.asarray(of.se, np.float64) ** 2,
        spread=own,
        people=people,
        clusters=clusters,
        df=df,
        skewness=np.zeros(p.shape),
        answers=n * 20 if pooled else n,
        pooled=np.full(p.shape, pooled),
        clustered=np.full(p.shape, clustered),
    )
