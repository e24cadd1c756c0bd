"""Verdicts against a target: what the data prove, what they only suggest, and what they cannot say.

Two readings are kept apart. `proof` is the t test on the logit scale, for comparison with R. `judge` is the verdict
that a person reads, decided in this order:

1. `not_estimable` if df ≤ 0, or the standard error is 0 although the rate lies between 0 and 1;
2. `too_few`, with reasons, if a gate fails (n, effective n, df);
3. with effective n (capped at n, t with the domain's df, level 0.90 two-sided) and k = effective n · estimate:
   p_kg_reached = BetaCDF(T; k, n_eff − k + 1), p_kg_missed = 1 − BetaCDF(T; k + 1, n_eff − k); `reached` or `missed`
   if ≤ 0.05, after Holm within the family where that is asked; otherwise the side on which the estimate lies,
   `…_not_proven`. Self-selected answers never prove anything: the reason is `opt_in`.

The bound is the one-sided 95 % Korn-Graubard bound of NCHS (Parker et al. 2017). Families are fixed before the data:
kind of unit × period × target; the two directions are separate families. Everything works on unrounded values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special

from analysis import error_rates
from analysis.arrays import AnyArray, Bools, Floats, Ints
from analysis.errors import AnalysisError
from analysis.inference import beta_tails, intervals

__all__ = [
    "Figures",
    "Gates",
    "Judgement",
    "Needed",
    "Proof",
    "adjusted",
    "benjamini_hochberg",
    "holm",
    "judge",
    "korn_graubard_tails",
    "proof",
    "proof_labels",
    "responses_needed",
]

ALPHA = 0.05
_MOST_RESPONSES = 10_000_000
VERDICTS = ("reached", "reached_not_proven", "missed_not_proven", "missed", "too_few", "not_estimable")
PROOFS = ("reached", "not_reached", "insufficient", "not_estimable")


@dataclass(frozen=True, slots=True)
class Gates:
    """What a unit must have before it is judged; None switches a gate off."""

    n: float | None = 30
    effective_n: float | None = 30
    df: float | None = 8


@dataclass(frozen=True, slots=True)
class Figures:
    """The estimates that are judged, as arrays of one shape: rate, standard error, df and number of people."""

    estimate: Floats
    se: Floats
    df: Ints
    n: Ints
    rows: Ints | None = field(default=None)

    def at(self, places: Ints) -> Figures:
        """Some of them."""
        rows = self.rows[places] if self.rows is not None else None
        return Figures(self.estimate[places], self.se[places], self.df[places], self.n[places], rows)


@dataclass(frozen=True, slots=True)
class Proof:
    """The t test on the logit scale in both directions; NaN where it cannot be made."""

    t: Floats
    p_reached: Floats
    p_not_reached: Floats


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts of a family with what they stand on, as arrays of one shape (n,).

    `verdict` is None where there is no target. `reasons` hold, for each verdict, the gates that failed or `opt_in`.
    `p_reached`, `p_missed` are unadjusted; `p_*_adjusted` are after Holm or Benjamini-Hochberg.
    """

    verdict: AnyArray
    reasons: AnyArray
    effective_n: Floats
    p_reached: Floats
    p_missed: Floats
    p_reached_adjusted: Floats
    p_missed_adjusted: Floats
    figures: Figures
    threshold: Floats
    gates: Gates
    opt_in: bool = False
    alpha: float = ALPHA

    def bounds(self) -> intervals.Interval:
        """The one-sided 95 % Korn-Graubard bounds behind the verdicts; computed when asked for."""
        own = self.figures
        return intervals.korn_graubard(own.estimate, own.se, own.df, own.n, level=1 - 2 * self.alpha)

    def family(self, places: Ints, *, adjust: str) -> Judgement:
        """Some of these figures as a family of their own: the same evidence, adjusted anew."""
        return _decided(
            self.figures.at(places), self.threshold[places], self.effective_n[places], self.p_reached[places],
            self.p_missed[places], gates=self.gates, adjust=adjust, opt_in=self.opt_in, alpha=self.alpha,
        )  # fmt: skip


def _estimable(figures: Figures) -> Bools:
    """Whether the t test can be made: df and standard error positive, the rate neither 0 nor 1."""
    p = figures.estimate
    with np.errstate(invalid="ignore"):
        good = (figures.df > 0) & (figures.se > 0) & (p > 0) & (p < 1)
    return np.asarray(good & ~intervals.at_zero(p) & ~intervals.at_one(p))


def proof(figures: Figures, threshold: Any) -> Proof:
    """t = (logit p − logit T) / (se / (p (1 − p))) with the domain's df, one-sided each way; all (m,).

    `threshold` is a rate of 0..1, one for all or (m,). NaN where df or se are not positive and at 0 % and 100 %.
    """
    good = _estimable(figures)
    p = np.where(good, figures.estimate, 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (special.logit(p) - special.logit(threshold)) / (figures.se / (p * (1 - p)))
    t = np.where(good, t, np.nan)
    df = np.where(good, figures.df, 1.0)
    p_not = np.where(good, special.stdtr(df, t), np.nan)
    return Proof(t, np.where(good, special.stdtr(df, -t), np.nan), p_not)


def proof_labels(p_reached: Floats, p_not_reached: Floats, *, alpha: float = ALPHA) -> AnyArray:
    """`reached`, `not_reached`, `insufficient` or `not_estimable` for each pair of p-values (m,) at a level."""
    with np.errstate(invalid="ignore"):
        labels = np.where(p_reached <= alpha, 0, np.where(p_not_reached <= alpha, 1, 2))
    return np.asarray(np.array(PROOFS, object)[np.where(np.isnan(p_reached), 3, labels)])


def holm(p: Floats) -> Floats:
    """P-values (m,) after Holm's step-down adjustment, over those that exist (Holm 1979); NaN stays NaN.

    Raises AnalysisError for values outside 0..1.

    >>> holm(np.array([0.01, np.nan, 0.04])).tolist()
    [0.02, nan, 0.04]
    """
    return error_rates.adjusted_together(p, "holm")


def benjamini_hochberg(p: Floats) -> Floats:
    """P-values (m,) after Benjamini and Hochberg (1995), over those that exist; NaN stays NaN.

    Raises AnalysisError for values outside 0..1.
    """
    return error_rates.adjusted_together(p, "bh")


def adjusted(p: Floats, method: str) -> Floats:
    """A family of p-values (m,) by name of the adjustment: `none`, `holm` or `bh`; AnalysisError for another."""
    if method == "holm":
        return holm(p)
    if method == "bh":
        return benjamini_hochberg(p)
    if method == "none":
        return p
    raise AnalysisError(f"Adjustment '{method}' is unknown; choose none, holm or bh.")


def judge(
    figures: Figures,
    threshold: Any,
    *,
    gates: Gates | None = None,
    adjust: str = "none",
    opt_in: bool = False,
    alpha: float = ALPHA,
) -> Judgement:
    """The verdict (m,) of each estimate against its threshold (one for all, or (m,); NaN = there is no target).

    Rates and thresholds are 0..1, unrounded. With `adjust` the family is all estimates given. Estimates that fail a
    gate stay in the family only if they can be estimated, so that removing small units afterwards cannot make others
    pass. Raises AnalysisError for an unknown adjustment. Source: Parker et al. (2017); the order of decisions above.

    >>> rates, errors = np.array([0.94, 0.91, 0.70]), np.array([0.01, 0.02, 0.05])
    >>> units = Figures(rates, errors, df=np.array([40, 40, 5]), n=np.array([500, 300, 60]))
    >>> judge(units, 0.90).verdict.tolist()
    ['reached', 'reached_not_proven', 'too_few']
    """
    p = np.asarray(figures.estimate, np.float64)
    target = np.broadcast_to(np.asarray(threshold, np.float64), p.shape)
    size = intervals.effective_n(p, figures.se, figures.df, figures.n, level=1 - 2 * alpha)
    p_reached, p_missed = korn_graubard_tails(p, size, target)
    return _decided(
        figures, target, size, p_reached, p_missed, gates=gates or Gates(), adjust=adjust, opt_in=opt_in, alpha=alpha
    )


def _decided(
    figures: Figures,
    target: Floats,
    size: Floats,
    p_reached: Floats,
    p_missed: Floats,
    *,
    gates: Gates,
    adjust: str,
    opt_in: bool,
    alpha: float,
) -> Judgement:
    """The verdicts that effective numbers and p-values come to in one family."""
    p, n = np.asarray(figures.estimate, np.float64), np.asarray(figures.n, np.float64)
    family = [adjusted(values, adjust) for values in (p_reached, p_missed)]
    verdict = np.where(p >= target, 1, 2)
    with np.errstate(invalid="ignore"):
        if not opt_in:
            verdict = np.where(family[0] <= alpha, 0, np.where(family[1] <= alpha, 3, verdict))
        failed = [
            ("n", np.zeros(p.shape, bool) if gates.n is None else ~(n >= gates.n)),
            ("effective_n", np.zeros(p.shape, bool) if gates.effective_n is None else ~(size >= gates.effective_n)),
            ("df", np.zeros(p.shape, bool) if gates.df is None else ~(np.asarray(figures.df) >= gates.df)),
        ]
    impossible = np.isnan(size)
    closed = np.logical_or.reduce([mask for _, mask in failed]) & ~impossible
    verdict = np.where(impossible, 5, np.where(closed, 4, verdict))
    labels = np.array(VERDICTS, object)[verdict]
    labels[np.isnan(target)] = None
    reasons = _reasons(failed, closed, (verdict <= 3) & opt_in)
    return Judgement(
        labels, reasons, size, p_reached, p_missed, family[0], family[1], figures, target, gates, opt_in, alpha
    )


def korn_graubard_tails(estimate: Floats, size: Floats, threshold: Floats) -> tuple[Floats, Floats]:
    """The Korn-Graubard bounds turned into p-values: p_kg_reached and p_kg_missed, both (m,).

    `estimate` and `threshold` are rates of 0..1, `size` the effective n, all (m,). NaN without a size or a threshold.
    """
    known = ~np.isnan(size) & ~np.isnan(threshold)
    n = np.where(known, size, 1.0)
    k = n * np.clip(np.where(known, estimate, 0.5), 0.0, 1.0)
    k = np.where(intervals.at_zero(k / n), 0.0, np.where(intervals.at_one(k / n), n, k))
    t = np.where(known, threshold, 0.5)
    reached, missed = beta_tails.tails(k, n, np.clip(t, 1e-12, 1 - 1e-12))
    return np.where(known, reached, np.nan), np.where(known, missed, np.nan)


def _reasons(failed: list[tuple[str, Bools]], closed: Bools, capped: Bools) -> AnyArray:
    """For each verdict a tuple of reasons, taken from a table of the few that occur."""
    table = np.empty((1 << len(failed)) + 1, object)
    for code in range(len(table) - 1):
        table[code] = tuple(name for bit, (name, _) in enumerate(failed) if code >> bit & 1)
    table[-1] = ("opt_in",)
    codes = np.zeros(closed.shape, np.int64)
    for bit, (_, mask) in enumerate(failed):
        codes += (mask & closed).astype(np.int64) << bit
    codes[capped] = len(table) - 1
    return np.asarray(table[codes])


@dataclass(frozen=True, slots=True)
class Needed:
    """The smallest number of answers that would prove the verdict at the same rate and design effect, or why none."""

    n: int | None
    reason: str | None


def responses_needed(
    estimate: Floats,
    effective_share: Floats,
    threshold: Floats,
    *,
    frame: Floats | None = None,
    alpha: float = ALPHA,
    margin: float = 0.005,
) -> tuple[Needed, ...]:
    """For planning the next wave: the smallest n with p ≤ alpha at the same estimate and n_eff / n, for each unit.

    `estimate`, `effective_share` (n_eff / n), `threshold` and `frame` (transactions, NaN: no frame) are (units,). None
    with a reason: `near_target` within half a point of it, `above_frame` if more than the frame holds,
    `too_few_clusters` where n_eff / n is unknown.
    """
    p, goal = np.asarray(estimate, np.float64), np.asarray(threshold, np.float64)
    share = np.asarray(effective_share, np.float64)
    most = np.full(p.shape, np.nan) if frame is None else np.asarray(frame, np.float64)
    unknown = ~(np.isfinite(share) & (share > 0)) | np.isnan(p)
    with np.errstate(invalid="ignore"):
        near = np.abs(p - goal) < margin
    rate, part = np.where(unknown, 0.5, p), np.where(unknown, 1.0, share)
    low, high = np.ones(p.shape, np.int64), np.full(p.shape, _MOST_RESPONSES, np.int64)
    while (low < high).any():
        middle = (low + high) // 2
        reached, missed = korn_graubard_tails(rate, np.asarray(middle * part, np.float64), goal)
        proves = np.where(rate >= goal, reached, missed) <= alpha
        high, low = np.where(proves, middle, high), np.where(proves, low, np.minimum(middle + 1, high))
    found = []
    for k in range(len(p)):
        if unknown[k]:
            found.append(Needed(None, "too_few_clusters"))
        elif near[k] or low[k] >= _MOST_RESPONSES:
            found.append(Needed(None, "near_target"))
        elif low[k] > most[k]:
            found.append(Needed(None, "above_frame"))
        else:
            found.append(Needed(int(low[k]), None))
    return tuple(found)
