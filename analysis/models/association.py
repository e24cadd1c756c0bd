"""Association of two answers: Pearson's test for two-way tables of a designed sample.

The weighted table's X² has not a χ² distribution but that of Σ δ_i χ²₁, the δ (generalised design effects) being the
eigenvalues of the ratio of the design's covariance of the interaction to that of a simple random sample. `Chisq`
matches its mean, `F` its first two moments, `saddlepoint` approximates its tail; `Wald` and `adjWald` test the
same by a quadratic form.
Sources: Rao and Scott (1984); Thomas and Rao (1987) for the F form; Koch, Freeman and Freeman (1975) for Wald;
Kuonen (1999) for the saddlepoint; R `survey` svychisq, whose `lincom` is its saddlepoint where CompQuadForm is absent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, special

from analysis.arrays import AnyArray, Floats
from analysis.design.sample_design import SampleDesign
from analysis.design.variance import taylor_covariance
from analysis.errors import AnalysisError

STATISTICS = ("F", "Chisq", "Wald", "adjWald", "lincom", "saddlepoint")


@dataclass(frozen=True, slots=True)
class Association:
    """A test of no association. `ndf`, `ddf` are None where the reference distribution has none to state."""

    statistic: str
    value: float
    ndf: float | None
    ddf: float | None
    p_value: float


@dataclass(frozen=True, slots=True)
class _Table:
    """The weighted table as proportions (columns after columns), their scores, and the design's df."""

    shape: tuple[int, int]
    n: int
    share: Floats
    covariance: Floats
    total: Floats
    total_covariance: Floats
    df: int


def association(
    design: SampleDesign, rows: AnyArray, columns: AnyArray, statistic: str = "F", *, known: AnyArray | None = None
) -> Association:
    """Whether two categorical columns are associated; `rows`, `columns` and `known` are (n,).

    Rows of weight zero or outside `known` (missing answers) are outside the domain; the degrees of freedom are those of
    the domain. `Chisq` reports the unadjusted X² with the p-value of the first-order correction, as R does. Raises
    AnalysisError for an unknown statistic and for a table of fewer than two levels each way. Source: Rao and Scott
    (1984).
    """
    if statistic not in STATISTICS:
        raise AnalysisError(f"Statistic '{statistic}' is unknown; choose {', '.join(STATISTICS)}.")
    table = _table(design, rows, columns, known)
    r, c = table.shape
    if r < 2 or c < 2:
        raise AnalysisError(f"A test of association needs two levels each way; the table is {r} × {c}.")
    if statistic in ("Wald", "adjWald"):
        return _wald(table, statistic)
    pearson = _pearson(table)
    delta = _generalised_effects(table)
    ndf = float(delta.sum() ** 2 / (delta**2).sum())
    ddf = ndf * table.df
    if statistic == "F":
        value = pearson / float(delta.sum())
        return Association("F", value, ndf, ddf, _f_tail(value, ndf, ddf))
    if statistic == "Chisq":
        tail = float(special.chdtrc(len(delta), pearson / float(delta.mean())))
        return Association("Chisq", pearson, float(len(delta)), None, tail)
    return Association(statistic, pearson, None, None, mixture_tail(pearson, delta, ddf))


def mixture_tail(x: float, weights: Floats, ddf: float) -> float:
    """P(Σ δ χ²₁ > x · χ²_ddf / ddf) for weights δ (k,), by a saddlepoint (Kuonen 1999).

    Where that is not defined, by matching two moments.
    """
    mean = float(weights.mean())
    spread = float((weights**2).mean()) / mean**2
    ndf = len(weights) / spread
    fallback = _f_tail(x / ndf / (mean * spread), ndf, ddf)
    mixture = np.r_[weights, np.full(int(ddf), -x / ddf)]
    found = _saddlepoint(mixture)
    return fallback if found is None else found


def _f_tail(value: float, ndf: float, ddf: float) -> float:
    return float(special.betainc(ddf / 2, ndf / 2, ddf / (ddf + ndf * value)))


def _saddlepoint(weights: Floats) -> float | None:
    """P(Σ λ χ²₁ > 0) for weights of both signs (Lugannani-Rice as Kuonen writes it)."""
    weights = weights / weights.max()
    low = float((1 / (2 * weights[weights < 0])).max()) * 0.99999
    high = float((1 / (2 * weights[weights > 0])).min()) * 0.99999

    def slope(z: float) -> float:
        return float(np.sum(weights / (1 - 2 * z * weights)))

    z = float(optimize.brentq(slope, low, high, xtol=1e-14))
    if abs(z) < 1e-4:
        return None
    w = float(np.sign(z) * np.sqrt(np.log1p(-2 * z * weights).sum()))
    v = float(z * np.sqrt(2 * np.sum(weights**2 / (1 - 2 * z * weights) ** 2)))
    return float(special.ndtr(-(w + np.log(v / w) / w)))


def _table(design: SampleDesign, rows: AnyArray, columns: AnyArray, known: AnyArray | None) -> _Table:
    keep = design.weights > 0
    if known is not None:
        keep = keep & known
    r_labels, r_codes = np.unique(np.asarray(rows)[keep], return_inverse=True)
    c_labels, c_codes = np.unique(np.asarray(columns)[keep], return_inverse=True)
    cells = len(r_labels) * len(c_labels)
    member = np.zeros((design.rows, cells))
    inside = np.flatnonzero(keep)
    member[inside, c_codes.reshape(-1) * len(r_labels) + r_codes.reshape(-1)] = 1.0
    w = np.where(keep, design.weights, 0.0)
    total = w.sum()
    share = w @ member / total
    scores = w[:, None] * (member - share) / total
    covariance = taylor_covariance(design, scores, keep)
    of_totals = taylor_covariance(design, w[:, None] * member, keep)
    shape, n, df = (len(r_labels), len(c_labels)), int(keep.sum()), design.degrees_of_freedom(keep)
    return _Table(shape, n, share, covariance, w @ member, of_totals, df)


def _pearson(table: _Table) -> float:
    p = table.share.reshape(table.shape, order="F")
    expected = np.outer(p.sum(axis=1), p.sum(axis=0))
    return float(table.n * ((p - expected) ** 2 / expected).sum())


def _interaction(shape: tuple[int, int]) -> Floats:
    """A basis of the interaction space, orthogonal to the main effects."""
    bases = [linalg.null_space(np.ones((1, size))) for size in shape]
    return np.kron(bases[1], bases[0])


def _generalised_effects(table: _Table) -> Floats:
    """The generalised design effects (k,): the eigenvalues of (C'D⁻¹C/n)⁻¹ (C'D⁻¹ V D⁻¹C).

    C is a basis of the interaction (cells × k), D the diagonal matrix of the cells' shares, V the design's covariance
    of these shares and n the number of rows.
    """
    contrast = _interaction(table.shape)
    inverse = np.divide(1.0, table.share, out=np.zeros(len(table.share)), where=table.share > 0)
    weighted = contrast * inverse[:, None]
    simple = contrast.T @ weighted / table.n
    actual = weighted.T @ table.covariance @ weighted
    return np.asarray(linalg.eigh(actual, simple, eigvals_only=True))


def _wald(table: _Table, statistic: str) -> Association:
    """The quadratic form of N_ij − N_i N_j / N over the cells but the first row and column, N being estimated too."""
    r, c = table.shape
    cells = table.total.reshape(table.shape, order="F")
    everybody = cells.sum()
    row_share, column_share = cells.sum(axis=1) / everybody, cells.sum(axis=0) / everybody
    gap = (cells - everybody * np.outer(row_share, column_share)).ravel(order="F")
    row_of, column_of = np.tile(np.arange(r), c), np.repeat(np.arange(c), r)
    gradient = (
        np.eye(r * c)
        - (row_of[:, None] == row_of) * column_share[column_of, None]
        - (column_of[:, None] == column_of) * row_share[row_of, None]
        + (row_share[row_of] * column_share[column_of])[:, None]
    )
    use = np.flatnonzero((row_of > 0) & (column_of > 0))
    covariance = (gradient @ table.total_covariance @ gradient.T)[np.ix_(use, use)]
    value = float(gap[use] @ np.linalg.lstsq(covariance, gap[use])[0])
    ndf = (r - 1) * (c - 1)
    if statistic == "Wald":
        return Association("Wald", value / ndf, ndf, table.df, _f_tail(value / ndf, ndf, table.df))
    ddf = table.df - ndf + 1
    value *= ddf / (ndf * table.df)
    return Association("adjWald", value, ndf, ddf, _f_tail(value, ndf, ddf) if ddf > 0 else np.nan)
