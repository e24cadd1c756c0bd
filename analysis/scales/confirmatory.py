"""Confirmatory factor analysis with robust tests of fit: whether items measure the factors they are filed under.

Several factors that may correlate, each item on one of them, everybody who answered every item, without weights. `mlr`
takes answers as numbers: maximum likelihood, its χ² over the scale that non-normal answers give it. `wlsmv` takes them
as ordered: polychoric correlations, least squares weighted by their sampling variances, a χ² moved and scaled to the
mean and variance that it should have. CFI and TLI compare with items that have nothing in common; all figures exist
once from the plain χ² and once from the scaled one, which is the one to read.

Refused (AnalysisError): a factor of fewer than two items (three where it is alone), an item in two factors or of one
answer, fewer complete rows than items + 2, items answered alike by all, steps that do not settle, a unique variance
that is not positive (Heywood 1931) and factors that correlate at 1 or beyond. In the last two cases lavaan warns and
prints the figures; they describe no population, so here there are none.

Sources: Satorra and Bentler (1994); Yuan and Bentler (2000) for MLR, with the traces of Asparouhov and Muthén (2005)
as lavaan's test "yuan.bentler.mplus" has them, observed information; Muthén, du Toit and Spisic (1997) for DWLS;
Asparouhov and Muthén (2010) for "scaled.shifted"; Bentler (1990, 1995) for CFI and SRMR; Tucker and Lewis (1973);
Steiger (1990) for RMSEA; R `lavaan` 0.6-14 cfa(std.lv = TRUE, estimator = "MLR" | "WLSMV") (Rosseel 2012).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import Floats, Ints
from analysis.errors import AnalysisError
from analysis.scales import polychoric, simple_structure
from analysis.scales.polychoric import Polychoric
from analysis.scales.simple_structure import Structure

_ALIKE = 1e-8
_FARTHEST = 0.9995
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a model fits: χ² with its degrees of freedom and the indices from it, plain and scaled.

    With no degree of freedom a model fits anything: χ² 0, CFI and TLI 1, RMSEA 0 (NaN where lavaan has none).
    """

    chisq: float
    df: int
    cfi: float
    tli: float
    rmsea: float
    srmr: float
    chisq_scaled: float
    cfi_scaled: float
    tli_scaled: float
    rmsea_scaled: float


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A model that was fitted to `n` people: standardised loadings by item, correlations between factors, the fit."""

    estimator: str
    n: int
    factors: tuple[str, ...]
    loadings: dict[str, float]
    between: Floats
    fit: Fit


@dataclass(frozen=True, slots=True)
class _Tested:
    """χ² of a model, plain and scaled."""

    df: int
    plain: float
    scaled: float


def mlr(factors: Mapping[str, Sequence[str]], answers: Floats) -> Confirmed:
    """Maximum likelihood with the robust χ², the items of `factors` in their order being the columns of `answers`.

    `answers` are (n × items), NaN = no substantive answer; rows with one are left out. Raises AnalysisError for items
    named twice, too few people or items, and an improper solution; IndistinctFactors where two factors correlate at 1.
    Source: Satorra and Bentler (1994); lavaan cfa(estimator = "MLR").
    """
    membership, own = _prepared(factors, answers)
    n, size = own.shape
    correlation = np.asarray(np.corrcoef(own, rowvar=False))
    found = simple_structure.maximum_likelihood(correlation, membership)
    _refuse_improper(factors, found)
    trace, trace_baseline = _traces(found, correlation, own)
    nothing = size * (size - 1) // 2
    df = nothing - len(found.slopes)
    model = _scaled(n * simple_structure.discrepancy(correlation, found), df, trace)
    baseline = _scaled(-n * float(np.linalg.slogdet(correlation)[1]), nothing, trace_baseline)
    fit = _fit(model, baseline, float(n), _srmr(correlation - found.implied))
    if df == 0:  # lavaan has no scale here, and no RMSEA from it
        fit = replace(fit, rmsea_scaled=np.nan)
    return _confirmed("MLR", n, factors, found, fit)


def wlsmv(factors: Mapping[str, Sequence[str]], answers: Floats) -> Confirmed:
    """Diagonally weighted least squares on polychoric correlations, χ² with mean and variance adjusted.

    The items of `factors` in their order are the columns of `answers` (n × items), NaN = no substantive answer; rows
    with one are left out. Thresholds are those of the margins and have no part in the misfit. Raises as `mlr`, and for
    items that all answer alike. Source: Muthén et al. (1997); lavaan cfa(estimator = "WLSMV").
    """
    membership, own = _prepared(factors, answers)
    n, size = own.shape
    ordered = polychoric.correlations(own)
    _refuse_alike([item for filed in factors.values() for item in filed], ordered)
    found = simple_structure.least_squares(ordered.correlation, ordered.variance, membership)
    _refuse_improper(factors, found)
    upper = np.triu_indices(size, 1)
    spread = ordered.covariance * n
    scale = 1 / np.sqrt(np.diag(spread))
    spread = spread * np.outer(scale, scale)
    slopes = (found.slopes[:, *upper] * scale).T
    basis = np.linalg.qr(slopes)[0]
    left = spread - basis @ (basis.T @ spread)
    misfit = (ordered.correlation - found.implied)[upper]
    model = _shifted((n - 1) * float(((misfit * scale) ** 2).sum()), len(misfit) - slopes.shape[1], left)
    whole = (n - 1) * float(((ordered.correlation[upper] * scale) ** 2).sum())
    baseline = _shifted(whole, len(misfit), spread)
    fit = _fit(model, baseline, n - 1.0, _srmr(ordered.correlation - found.implied))
    return _confirmed("WLSMV", n, factors, found, fit)


class IndistinctFactors(AnalysisError):
    """Two factors whose answers move together: the model would have them correlate at 1 or more."""

    def __init__(self, one: str, other: str, correlation: float) -> None:
        super().__init__(
            f"Factors {one} and {other} would correlate at {correlation:.3f}: the answers do not tell them apart. "
            "Join them."
        )
        self.factors = (one, other)


def _prepared(factors: Mapping[str, Sequence[str]], answers: Floats) -> tuple[Ints, Floats]:
    """The factor of each item and the complete rows, or why they carry no model."""
    items = [item for own in factors.values() for item in own]
    if answers.ndim != 2 or answers.shape[1] != len(items):
        raise AnalysisError(
            f"The factors have {len(items)} items, the answers {answers.shape[-1]} columns; give one each."
        )
    least = 3 if len(factors) == 1 else 2
    for name, filed in factors.items():
        if len(filed) < least:
            raise AnalysisError(
                f"Factor {name} needs {least} items or more to be told from noise; it has {len(filed)}."
            )
    twice = [item for item, count in Counter(items).items() if count > 1]
    if twice or not items:
        raise AnalysisError(
            f"Each item measures one factor; {twice[0]} is named twice." if twice else "No factor given."
        )
    own = answers[~np.isnan(answers).any(axis=1)]
    if len(own) < len(items) + 2:
        raise AnalysisError(
            f"{len(own)} people answered all {len(items)} items; a model needs {len(items) + 2} or more."
        )
    for k, item in enumerate(items):
        if np.ptp(own[:, k]) == 0:
            raise AnalysisError(f"Item {item} has one answer only, {own[0, k]:g}; leave it out of the model.")
    sizes = [len(filed) for filed in factors.values()]
    return np.repeat(np.arange(len(sizes)), sizes), own


def _refuse_alike(items: Sequence[str], ordered: Polychoric) -> None:
    pairs = itertools.combinations(range(len(items)), 2)
    for (i, j), variance in zip(pairs, np.diag(ordered.covariance), strict=True):
        if not abs(ordered.correlation[i, j]) < _FARTHEST or not variance > 0:
            raise AnalysisError(f"Items {items[i]} and {items[j]} are answered alike by all; leave one of them out.")


def _refuse_improper(factors: Mapping[str, Sequence[str]], found: Structure) -> None:
    names, items = list(factors), [item for own in factors.values() for item in own]
    for item, unique, loading in zip(items, found.unique, found.loadings, strict=True):
        if not unique > 0:
            raise AnalysisError(
                f"Item {item} would have the unique variance {unique:.3f} and the loading {loading:.3f}: the model "
                "does not describe these answers. Leave the item out or file it elsewhere."
            )
    for f, g in zip(*np.triu_indices(len(names), 1), strict=True):
        if not abs(found.between[f, g]) < 1 - _ALIKE:
            raise IndistinctFactors(names[f], names[g], float(found.between[f, g]))


def _traces(found: Structure, correlation: Floats, own: Floats) -> tuple[float, float]:
    """tr(UΓ) of the model and of items that have nothing in common, from rows a part at a time."""
    n, size = own.shape
    centre, spread = own.mean(axis=0), own.std(axis=0)
    free = len(found.slopes) + size
    peaked, alone, total, crossed = 0.0, 0.0, np.zeros(free), np.zeros((free, free))
    for first in range(0, n, _AT_ONCE):
        values = (own[first : first + _AT_ONCE] - centre) / spread
        distances = (values * np.linalg.solve(correlation, values.T).T).sum(axis=1)
        peaked += float((distances**2).sum())
        alone += float((values**4).sum())
        scores = _scores(found, values)
        total += scores.sum(axis=0)
        crossed += scores.T @ scores
    spread_of_scores = crossed / n - np.outer(total, total) / n**2
    used = np.trace(np.linalg.solve(simple_structure.information(correlation, found), spread_of_scores))
    return (peaked / n - size) / 2 - float(used), (peaked - alone) / (2 * n)


def _scores(found: Structure, values: Floats) -> Floats:
    """How each person pulls at loadings, pairs of factors and unique variances: slopes of the likelihood, uncentred."""
    weighed = np.linalg.solve(found.implied, values.T).T
    factors = weighed @ found.pattern
    first, second = np.triu_indices(len(found.between), 1)
    pulled = (factors @ found.between)[:, found.membership]
    return np.concatenate([weighed * pulled, factors[:, first] * factors[:, second], weighed**2 / 2], axis=1)


def _scaled(chisq: float, df: int, trace: float) -> _Tested:
    """χ² over its scale trace/df; a negative scale, of tiny samples, gives none."""
    if df == 0:
        return _Tested(0, 0.0, 0.0)
    return _Tested(df, chisq, chisq * df / trace if trace > 0 else np.nan)


def _shifted(chisq: float, df: int, product: Floats) -> _Tested:
    """χ² moved and scaled so that mean and variance are those of df, from the traces of UΓ and its square."""
    if df == 0:
        return _Tested(0, 0.0, 0.0)
    scale = np.sqrt(df / float((product * product.T).sum()))
    return _Tested(df, chisq, float(scale * (chisq - np.trace(product)) + df))


def _fit(model: _Tested, baseline: _Tested, n: float, srmr: float) -> Fit:
    figures = []
    for own, worst in ((model.plain, baseline.plain), (model.scaled, baseline.scaled)):
        excess, of = own - model.df, worst - baseline.df
        largest = max(excess, of, 0.0)
        cfi = 1 - max(excess, 0.0) / largest if largest > 0 else 1.0
        tli = 1 - (excess * baseline.df) / (of * model.df) if model.df and of else 1.0
        rmsea = float(np.sqrt(max(excess, 0.0) / (model.df * n))) if model.df else 0.0
        figures.append((cfi, tli, rmsea) if np.isfinite(own + worst) else (np.nan,) * 3)
    (cfi, tli, rmsea), scaled = figures
    return Fit(model.plain, model.df, cfi, tli, rmsea, srmr, model.scaled, *scaled)


def _srmr(misfit: Floats) -> float:
    """The root mean square of misfits, the diagonal counting as part of the matrix."""
    size = len(misfit)
    return float(np.sqrt((misfit[np.tril_indices(size)] ** 2).sum() / (size * (size + 1) / 2)))


def _confirmed(estimator: str, n: int, factors: Mapping[str, Sequence[str]], found: Structure, fit: Fit) -> Confirmed:
    items = [item for own in factors.values() for item in own]
    loadings = {item: float(one) for item, one in zip(items, found.loadings, strict=True)}
    return Confirmed(estimator, n, tuple(factors), loadings, found.between, fit)
