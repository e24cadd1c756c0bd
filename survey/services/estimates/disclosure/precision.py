"""How exactly a figure below the whole of a wave is given.

With weights that are transactions over answers, a rate of sixteen digits is a knapsack with one whole-number solution:
it tells the answers of every cell behind it. So a figure of a unit, a field or any smaller part has 0.1 point, and no
sum of weights stands beside it. The whole keeps every digit.

The figures of a running wave are coarser still: the step that follows adds a few people to most cells, and the
difference of two exact figures would be theirs. A rate of n people moves by so much at least that three persons lie
within one step; the final results have their tenth of a point.
"""

from __future__ import annotations

import math
from dataclasses import replace

from analysis.inference.estimate_tables import is_rate
from instruments.model.index_rules import Rounding
from instruments.rounding import exact, rounded
from survey.services.estimates.channel_verdicts import Verdict

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)  # of rates of a running wave
PERSONS = 3  # that one step hides
RATE_DIGITS = 3  # of a rate 0..1: a tenth of a point
DIGITS = 3  # of anything else that is no rate: so many significant ones
P_DIGITS = 3


def digits_of(measure: str, value: float) -> int:
    """How many decimals a figure of this measure has below the whole."""
    if is_rate(measure) or abs(value) <= 1:
        return RATE_DIGITS
    return max(DIGITS - 1 - math.floor(math.log10(abs(value))), 0)


def coarse(value: float | None, digits: int, *, target: float | None = None) -> float | None:
    """A value to so many decimals, on the same side of its target: 0.8996 against 0.9 is 0.899.

    >>> coarse(0.84449, 3), coarse(0.8996, 3, target=0.9), coarse(0.9, 3, target=0.9)
    (0.844, 0.899, 0.9)
    """
    if value is None:
        return None
    found = float(rounded(value, digits))
    step = 10.0**-digits
    if target is not None and found >= target > value:
        found = float(rounded(found - step, digits))
    if target is not None and found < target <= value:
        found = float(rounded(found + step, digits))
    return found


def declared(rounding: Rounding | None) -> Rounding | None:
    """How a questionnaire publishes a rate, with no more decimals than a rate below the whole has."""
    if rounding is None or rounding.places <= RATE_DIGITS - 2:
        return rounding
    return rounding.model_copy(update={"places": RATE_DIGITS - 2})


def running_step(n: int, digits: int = RATE_DIGITS) -> float:
    """The step in which a figure of n people is given while a wave runs; `digits` are its decimals once it is closed.

    Of a rate or a score a step is three people, or three points of the scale, over n; of larger numbers as many times
    more.

    >>> running_step(5_600), running_step(400), running_step(40), running_step(10), running_step(400, 1)
    (0.001, 0.01, 0.1, 0.1, 1.0)
    """
    larger = 1 if digits >= DIGITS - 1 else 10 ** (RATE_DIGITS - digits)
    return next((step for step in STEPS if step * n >= PERSONS), STEPS[-1]) * larger


def in_steps(value: float | None, step: float, *, towards: float | None = None) -> float | None:
    """The nearest multiple of a step; with `towards`, the next one on that side of the value.

    >>> in_steps(0.8449, 0.02), in_steps(0.8449, 0.02, towards=1.0), in_steps(0.8449, 0.1, towards=0.0)
    (0.84, 0.86, 0.8)
    """
    if value is None:
        return None
    size = exact(step)
    found = float(rounded(exact(value) / size, 0) * size)
    if towards is None or found == value or (found > value) is (towards > value):
        return found
    return float(exact(found) + (size if towards > value else -size))


def beside(value: float | None, mark: float, digits: int) -> float | None:
    """A value to so many decimals that stays above, at or below a mark as it was.

    >>> beside(0.90004, 0.9, 3), beside(0.0502, 0.05, 3), beside(0.0498, 0.05, 3), beside(0.9, 0.9, 3)
    (0.901, 0.051, 0.049, 0.9)
    """
    if value is None:
        return None
    found = float(rounded(value, digits))
    if (found > mark) is (value > mark) and (found < mark) is (value < mark):
        return found
    return float(rounded(mark + (10.0**-digits if value > mark else -(10.0**-digits) if value < mark else 0.0), digits))


def coarse_verdict(verdict: Verdict) -> Verdict:
    """A verdict with what it stands on to the digits of its rate. What it says was judged before any rounding."""

    def bound(value: float | None) -> float | None:
        return beside(value, verdict.target, RATE_DIGITS)

    return replace(
        verdict,
        lower=bound(verdict.lower),
        upper=bound(verdict.upper),
        own_lower=bound(verdict.own_lower),
        own_upper=bound(verdict.own_upper),
        p_reached=beside(verdict.p_reached, verdict.level, P_DIGITS),
        p_missed=beside(verdict.p_missed, verdict.level, P_DIGITS),
        needed=None if verdict.needed is None else at_most_two_digits(verdict.needed),
    )


def at_most_two_digits(number: int) -> int:
    """A whole number rounded up to two significant digits: enough to plan by.

    >>> at_most_two_digits(1_234), at_most_two_digits(87)
    (1300, 87)
    """
    step: int = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // step) * step
