"""How many answers would prove a verdict in the next wave, with a power that was asked for.

The number at which the estimate itself would just pass proves it only every second time: half of all surveys come out
below the truth. Here the rate is taken as the truth, and the number is the smallest at which the rule of `target_rule`
says so in 80 of 100 surveys, under the level that the size of the family leaves to one of its members (α / m).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from analysis import error_rates
from analysis.arrays import Floats
from analysis.estimation.evidence import Evidence
from analysis.inference.verdicts import ALPHA, Gates

__all__ = ["Needed", "responses_needed"]

POWER = 0.8
_STEPS = 2000
_POOLED = 1.1  # pooled figures need a tenth more: their variance is itself estimated, and skew
_FEWEST_DF = 4.0
_MOST = 5e6  # answers, more than any survey has


@dataclass(frozen=True, slots=True)
class Needed:
    """The smallest number of answers that would prove a verdict at the same rate and design effect, or why none.

    With a number the reason may be `fewer_than_now`: so many would mostly have been enough, and this wave was not one
    of those.
    """

    n: int | None
    reason: str | None


def responses_needed(
    estimate: Floats,
    effective_n: Floats,
    n: Any,
    evidence: Evidence,
    threshold: Floats,
    *,
    members: int = 1,
    gates: Gates | None = None,
    frame: Floats | None = None,
    alpha: float = ALPHA,
    margin: float = 0.005,
) -> tuple[Needed, ...]:
    """For planning the next wave: the smallest n that proves each verdict with 80 % power, for each unit.

    `estimate`, `effective_n`, `n` (people now), `threshold` and `frame` (transactions, NaN: no frame) are (units,).
    Never below what the gates ask. None with a reason: `near_target` within half a point of it, `above_frame` if more
    than the frame holds (or than there could be: at a target of 100 % the gate of pooled figures never opens),
    `too_few_clusters` where there is no effective number or clusters leave fewer than four degrees of freedom.

    >>> one = np.ones(1)
    >>> alone = Evidence(one * 0.0651 / 399, one * 0.0651, one / 400, one / 400, one * 399, one * 0, one * 400,
    ...                  np.zeros(1, bool), np.zeros(1, bool))
    >>> responses_needed(one * 0.93, one * 399, one * 400, alone, one * 0.9)[0].n is not None
    True
    """
    least = gates or Gates()
    p, goal = np.asarray(estimate, np.float64), np.asarray(threshold, np.float64)
    now, size = np.asarray(n, np.float64), np.asarray(effective_n, np.float64)
    most = np.full(p.shape, np.nan) if frame is None else np.asarray(frame, np.float64)
    found = []
    known: dict[tuple[float, float, float], int | None] = {}
    for k in range(len(p)):
        few = evidence.clustered[k] and not evidence.df[k] >= _FEWEST_DF
        if not size[k] > 0 or few or np.isnan(p[k]) or np.isnan(goal[k]):
            found.append(Needed(None, "too_few_clusters"))
            continue
        if abs(p[k] - goal[k]) < margin:
            found.append(Needed(None, "near_target"))
            continue
        df = float(evidence.df[k])
        share = float(size[k] / now[k]) * (df + 1) / df  # of a sample as large as the rule's n_eff would come from
        # "Missed" is the mirror image: as many are unsatisfied as would be satisfied.
        truth, aim = (p[k], goal[k]) if p[k] >= goal[k] else (1 - p[k], 1 - goal[k])
        ratio = df / (share * float(now[k]))
        key = (round(float(truth), 12), round(float(aim), 12), round(ratio, 6))
        if key not in known:
            known[key] = _effective(key[0], key[1], key[2], alpha / max(1, members))
        effective = known[key]
        if effective is None:
            found.append(Needed(None, "near_target"))
            continue
        people = effective / share * (_POOLED if evidence.pooled[k] else 1.0)
        asked = max(people, _by_gates(least, k, evidence, share, float(now[k]), float(goal[k])))
        number = int(np.ceil(asked - 1e-9)) if np.isfinite(asked) else None
        if number is None or number > most[k]:
            found.append(Needed(None, "above_frame"))
        else:
            found.append(Needed(number, "fewer_than_now" if number <= now[k] else None))
    return tuple(found)


def _by_gates(gates: Gates, k: int, evidence: Evidence, share: float, now: float, goal: float) -> float:
    """The number of people below which a gate would close."""
    kish = float(evidence.kish_n[k]) / now
    asked = [gates.n or 0.0, (gates.kish_n or 0.0) / kish, (gates.effective_n or 0.0) / share]
    asked.append((gates.df or 0.0) * now / float(evidence.df[k]))
    if evidence.pooled[k] and gates.pooled:
        asked.append(gates.pooled / (1 - goal) / kish if goal < 1 else np.inf)
    return max(asked)


def _effective(truth: float, target: float, df_share: float, alpha: float) -> int | None:
    """The smallest sample of independent people that proves a truth above its target in 80 of 100 surveys.

    `df_share` is df over that sample, which stays. None where that takes more than any survey has.
    """
    if alpha >= POWER:
        return None
    null, true = np.sqrt(target * (1 - target)), np.sqrt(max(truth * (1 - truth), 1e-6))
    guess = error_rates.one_sided_size(truth - target, alpha=alpha, power=POWER, spread_null=null, spread_true=true)
    if not guess < _MOST:
        return None
    low = max(2, int(0.5 * guess))
    high = max(1.6 * guess, low + 120)
    while True:  # few degrees of freedom for each answer take several times the normal guess
        sizes = np.unique(np.linspace(low, high, _STEPS).astype(np.int64))
        enough = _power(sizes, truth, target, df_share, alpha) >= POWER
        if enough.any():
            break
        low, high = int(high), 4 * high
        if high > _MOST:
            return None
    last = int(np.argmax(enough))
    between = np.arange(sizes[last - 1] + 1 if last else 2, sizes[last] + 1)
    exact = _power(between, truth, target, df_share, alpha) >= POWER
    return int(between[np.argmax(exact)])


def _power(sizes: Any, truth: float, target: float, df_share: float, alpha: float) -> Floats:
    """With what probability the rule proves it, for samples of so many (m,): an exact binomial sum.

    The rule's own effective number of a sample is a little smaller, by df / (df + 1), but where all are satisfied.
    """
    n = np.asarray(sizes, np.float64)
    df = np.maximum(n * df_share, 1.0)
    tail = special.ndtr(special.stdtrit(df, alpha))
    ratio = df / (df + 1)
    size = n * ratio
    # The fewest satisfied that prove it: P(at least k | target) ≤ tail.
    low, high = np.floor(n * target), n.copy()
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        k = np.maximum(middle * ratio, 1e-9)
        proves = special.betainc(k, size - k + 1, target) <= tail
        high, low = np.where(proves, middle, high), np.where(proves, low, middle)
    reachable = (high < n) | (target**n <= tail)
    return np.where(reachable, special.betainc(np.maximum(high, 1), n - high + 1, truth), 0.0)
