"""Verdicts against a target: what the data prove, what they only suggest, and what they cannot say.

Two readings are kept apart. `proof` is the t test on the logit scale and `korn_graubard_p` the bounds of NCHS, both
for comparison with R. `judge` is the verdict that a person reads, decided in this order:

1. `not_estimable` if df ≤ 0, or the standard error is 0 although the rate lies between 0 and 1;
2. `too_few`, with reasons, if a gate fails (people, Kish's effective number of people, effective n, df; for figures
   that pool several answers of a person also Kish's number times 1 − T);
3. `reached` or `missed` if the p-value of `target_rule` is ≤ 0.05, after Holm within the family where that is asked;
   otherwise the side on which the estimate lies, `…_not_proven`. Self-selected answers never prove anything: the
   reason is `opt_in`.

Families are fixed before the data: level of unit × target × channel × period; the two directions are separate families.
A unit that fails a gate, or has no answers, stays a member that is not proven. Everything works on unrounded values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special

from analysis import error_rates
from analysis.arrays import AnyArray, Bools, Floats, Ints
from analysis.errors import AnalysisError
from analysis.estimation.evidence import Evidence
from analysis.inference import beta_tails, intervals, target_rule

__all__ = [
    "Figures",
    "Gates",
    "Judgement",
    "Proof",
    "adjusted",
    "benjamini_hochberg",
    "gates_failed",
    "holm",
    "judge",
    "korn_graubard_p",
    "proof",
    "proof_labels",
]

ALPHA = 0.05
VERDICTS = ("reached", "reached_not_proven", "missed_not_proven", "missed", "too_few", "not_estimable")
_ROUNDING = 1e-9  # of gates that are met exactly
_NOISE = 1e-12  # of rates that meet their target exactly: 126 of 140 with weights are 0.8999999999999995
PROOFS = ("reached", "not_reached", "insufficient", "not_estimable")


@dataclass(frozen=True, slots=True)
class Gates:
    """What a unit must have before it is judged; None switches a gate off.

    `n` people with an answer, `kish_n` Kish's effective number of them, `effective_n` that of the rule, `df` its
    degrees of freedom, `pooled` Kish's number times 1 − T, for figures that pool several answers of a person.
    """

    n: float | None = 30
    kish_n: float | None = 30
    effective_n: float | None = 30
    df: float | None = 12
    pooled: float | None = 5


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
    `p_reached`, `p_missed` are those of the rule, unadjusted; `p_*_adjusted` are after the adjustment `adjust` over
    `members`, how many figures the family has; both are NaN where a gate closes.
    """

    verdict: AnyArray
    reasons: AnyArray
    effective_n: Floats
    p_reached: Floats
    p_missed: Floats
    p_reached_adjusted: Floats
    p_missed_adjusted: Floats
    figures: Figures
    evidence: Evidence
    threshold: Floats
    gates: Gates
    opt_in: bool = False
    alpha: float = ALPHA
    adjust: str = "none"
    members: int = 1
    rule: str = target_rule.RULE

    def bounds(self) -> intervals.Interval:
        """The one-sided 95 % bounds of the rule for each figure alone; computed when asked for."""
        return target_rule.bounds(self.figures.estimate, self.effective_n, self.evidence, self.alpha)

    def holm_bounds(self) -> intervals.Interval:
        """The one-sided bounds that hold for all members at once and agree with the verdicts; NaN where none can.

        Of m members of which r are proven: a proven one is bounded by its target exactly, the others by their own
        bounds at α / (m − r); where all are proven, by the target or their own bound at α / m, whichever says more.
        Below is the family of "reached", above that of "missed". Sources: Strassburger and Bretz (2008), Guilbaud
        (2008). A judgement without adjustment has each figure's own bounds, one after Benjamini and Hochberg none.
        """
        if self.adjust == "bh" or self.opt_in:
            nothing = np.full(self.threshold.shape, np.nan)
            return intervals.Interval(nothing, nothing.copy())
        judged = ~np.isnan(self.p_reached_adjusted)
        reached, missed = self.p_reached_adjusted <= self.alpha, self.p_missed_adjusted <= self.alpha
        lower, upper = self._compatible(reached), self._compatible(missed)
        low = np.where(reached, np.fmax(self.threshold, np.where(reached.sum() >= self.members, lower.lower, 0.0)),
                       lower.lower)  # fmt: skip
        high = np.where(missed, np.fmin(self.threshold, np.where(missed.sum() >= self.members, upper.upper, 1.0)),
                        upper.upper)  # fmt: skip
        if self.adjust == "none":
            own = self.bounds()
            low, high = own.lower, own.upper
        return intervals.Interval(np.where(judged, low, np.nan), np.where(judged, high, np.nan))

    def _compatible(self, proven: Bools) -> intervals.Interval:
        """Each figure's own bounds at the level that the members not proven share."""
        rest = self.members - int(proven.sum())
        level = self.alpha / (rest if rest > 0 else max(1, self.members))
        return target_rule.bounds(self.figures.estimate, self.effective_n, self.evidence, level)

    def family(self, places: Ints, *, adjust: str, members: int | None = None, alpha: float | None = None) -> Judgement:
        """Some of these figures as a family of their own: the same evidence, adjusted anew.

        `members` is the size of the family as it was fixed, at least as many as there are figures; `alpha` its error
        where looks before have spent a part of it.
        """
        return _decided(
            self.figures.at(places), self.evidence.at(places), self.threshold[places], self.effective_n[places],
            self.p_reached[places], self.p_missed[places], gates=self.gates, adjust=adjust, opt_in=self.opt_in,
            alpha=self.alpha if alpha is None else alpha, members=members,
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
    evidence: Evidence,
    threshold: Any,
    *,
    gates: Gates | None = None,
    adjust: str = "none",
    opt_in: bool = False,
    alpha: float = ALPHA,
    members: int | None = None,
) -> Judgement:
    """The verdict (m,) of each estimate against its threshold (one for all, or (m,); NaN = there is no target).

    Rates and thresholds are 0..1, unrounded. With `adjust` the family is all estimates given, `members` its size where
    that was fixed beforehand and is larger. Raises AnalysisError for an unknown adjustment and for fewer members than
    estimates. The rule is `target_rule`; the order of decisions is that above.

    >>> people = np.array([500.0, 300.0, 60.0])
    >>> rates, spread = np.array([0.94, 0.91, 0.70]), np.array([0.06, 0.08, 0.21])
    >>> units = Figures(rates, np.sqrt(spread / people), df=np.array([499, 299, 5]), n=people.astype(int))
    >>> shares = 1 / people
    >>> own = Evidence(spread / people, spread, shares, shares, units.df.astype(float), 0 * rates, people,
    ...                np.zeros(3, bool), np.zeros(3, bool))
    >>> judge(units, own, 0.90).verdict.tolist()
    ['reached', 'reached_not_proven', 'too_few']
    """
    p = np.asarray(figures.estimate, np.float64)
    target = np.broadcast_to(np.asarray(threshold, np.float64), p.shape)
    size = target_rule.effective_n(p, evidence)
    with np.errstate(invalid="ignore"):
        inner = ~intervals.at_zero(p) & ~intervals.at_one(p)
        possible = (np.asarray(figures.df) > 0) & (~inner | (np.asarray(figures.se) > 0)) & ~np.isnan(p)
    size = np.where(possible, size, np.nan)
    reached, missed = target_rule.p_values(p, size, evidence, target)
    return _decided(
        figures, evidence, target, size, reached, missed, gates=gates or Gates(), adjust=adjust, opt_in=opt_in,
        alpha=alpha, members=members,
    )  # fmt: skip


def gates_failed(
    gates: Gates, figures: Figures, evidence: Evidence, size: Floats, threshold: Any
) -> list[tuple[str, Bools]]:
    """For each gate its name and which figures (m,) fail it; `size` (m,) is the effective n of the rule."""
    kish = evidence.kish_n
    with np.errstate(invalid="ignore"):
        pooled = kish * (1 - np.asarray(threshold, np.float64))
    values: dict[str, tuple[float | None, Any]] = {
        "n": (gates.n, np.asarray(figures.n)),
        "kish_n": (gates.kish_n, kish),
        "effective_n": (gates.effective_n, size),
        "df": (gates.df, evidence.df),
        "pooled": (gates.pooled, np.where(evidence.pooled, pooled, np.inf)),
    }
    failed = []
    for name, (least, own) in values.items():
        with np.errstate(invalid="ignore"):
            enough = own >= least - _ROUNDING * abs(least) if least is not None else np.ones(kish.shape, np.bool_)
        failed.append((name, np.asarray(~enough & ~np.isnan(np.asarray(threshold)))))
    return failed


def _decided(
    figures: Figures,
    evidence: Evidence,
    target: Floats,
    size: Floats,
    p_reached: Floats,
    p_missed: Floats,
    *,
    gates: Gates,
    adjust: str,
    opt_in: bool,
    alpha: float,
    members: int | None,
) -> Judgement:
    """The verdicts that effective numbers and p-values come to in one family."""
    p = np.asarray(figures.estimate, np.float64)
    failed = gates_failed(gates, figures, evidence, size, target)
    impossible = np.isnan(size)
    closed = np.logical_or.reduce([mask for _, mask in failed]) & ~impossible
    asked = ~np.isnan(target)
    count = int(asked.sum()) if members is None else members
    if count < asked.sum():
        raise AnalysisError(f"A family of {count} cannot hold {int(asked.sum())} figures; expected at least as many.")
    open_ = ~closed & ~impossible & asked
    family = [
        _adjusted_among(np.where(open_, values, np.nan), adjust, count, asked) for values in (p_reached, p_missed)
    ]
    verdict = np.where(p >= target - _NOISE, 1, 2)
    with np.errstate(invalid="ignore"):
        if not opt_in:
            verdict = np.where(family[0] <= alpha, 0, np.where(family[1] <= alpha, 3, verdict))
    verdict = np.where(impossible, 5, np.where(closed, 4, verdict))
    labels = np.array(VERDICTS, object)[verdict]
    labels[~asked] = None
    reasons = _reasons(failed, closed, (verdict <= 3) & opt_in)
    return Judgement(
        labels, reasons, size, p_reached, p_missed, family[0], family[1], figures, evidence, target, gates, opt_in,
        alpha, adjust, count,
    )  # fmt: skip


def _adjusted_among(p: Floats, adjust: str, members: int, asked: Bools) -> Floats:
    """P-values (m,) adjusted in a family of `members`: those `asked` (m,), of which a NaN is not proven (p = 1)."""
    if adjust == "none":
        return adjusted(p, adjust)
    own = np.where(np.isnan(p), 1.0, p)[asked]
    found = np.full(p.shape, np.nan)
    found[asked] = adjusted(np.r_[own, np.ones(members - len(own))], adjust)[: len(own)]
    return np.where(np.isnan(p), np.nan, found)


def korn_graubard_p(figures: Figures, threshold: Any, *, alpha: float = ALPHA) -> tuple[Floats, Floats]:
    """The bounds of NCHS turned into p-values of "reached" and "missed", both (m,), for comparison with R.

    With effective n (capped at n, t with the domain's df, level 1 − 2α two-sided) and k = effective n · estimate:
    BetaCDF(T; k, n_eff − k + 1) and 1 − BetaCDF(T; k + 1, n_eff − k). NaN without an effective n or a threshold.
    Source: Parker et al. (2017).
    """
    p = np.asarray(figures.estimate, np.float64)
    size = intervals.effective_n(p, figures.se, figures.df, figures.n, level=1 - 2 * alpha)
    target = np.broadcast_to(np.asarray(threshold, np.float64), p.shape)
    known = ~np.isnan(size) & ~np.isnan(target)
    n = np.where(known, size, 1.0)
    k = n * np.clip(np.where(known, p, 0.5), 0.0, 1.0)
    k = np.where(intervals.at_zero(k / n), 0.0, np.where(intervals.at_one(k / n), n, k))
    t = np.where(known, target, 0.5)
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
