"""Rounds figures: once, at the end, in decimal arithmetic.

Binary floats round wrongly: 96.485 must be shown as 96.49, and `round(96.485, 2)` gives 96.48. So a value is
read as the shortest decimal that stands for it, relieved of the noise of its last binary digits (12
significant digits are kept), and rounded half up, or cut off where a report does so.

The rule stands here because a questionnaire declares how its figures are rounded; `survey.words.figures` builds on it
and adds how a language writes the digits. The report of `python -m analysis` takes its own from
`analysis.estimation.published_indices`: neither package may import the other.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Literal

Mode = Literal["half_up", "truncate"]

MOST_PLACES = 6
_SIGNIFICANT = Context(prec=12, rounding=ROUND_HALF_EVEN)
_DIRECTIONS = {"half_up": ROUND_HALF_UP, "truncate": ROUND_DOWN}


def exact(value: float | int | str | Decimal) -> Decimal:
    """The decimal a value stands for, without the noise of binary arithmetic."""
    if isinstance(value, (Decimal, int, str)):
        return Decimal(value)
    return _SIGNIFICANT.create_decimal(repr(float(value)))


def rounded(value: float | int | str | Decimal, places: int, mode: Mode = "half_up") -> Decimal:
    """The value to so many decimal places; never a negative zero."""
    return exact(value).quantize(Decimal(1).scaleb(-places), rounding=_DIRECTIONS[mode]) + 0


def plain(value: Decimal, language: str) -> str:
    """Every digit of a decimal and no more, as somebody would type it: no exponent, no grouping, no idle zeros.

    The decimal comma is everybody's but English's.
    """
    digits = f"{value:f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits if language == "en" else digits.replace(".", ",")


def against(
    rate: float | int | str | Decimal, target: float | int | str | Decimal, places: int, mode: Mode = "half_up"
) -> Decimal:
    """A rate in percent, with as many more digits as it takes not to cross or touch a target it has not met.

    84.996 % against 85 % must not be shown as 85.00 %.
    """
    value, goal = exact(rate) * 100, exact(target) * 100
    for digits in range(places, MOST_PLACES + 1):
        shown = rounded(value, digits, mode)
        if (shown >= goal) == (value >= goal):
            return shown
    return rounded(value, MOST_PLACES, "truncate")
