"""How is a figure shown? Once, at the end, in decimal arithmetic.

Binary floats round wrongly: 96.485 must be shown as 96.49, and `round(96.485, 2)` gives 96.48. So a value is
read as the shortest decimal that stands for it, relieved of the noise of its last binary digits (12
significant digits are kept), and rounded half up, or cut off where a report does so.

`round_intermediate` is for reports that round their parts: whoever computes such a figure rounds every part
with `rounded` before going on; the figure itself is then rounded half up.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from instruments.model.index_rules import Measure, Rounding

MOST_PLACES = 6
_SIGNIFICANT = Context(prec=12, rounding=ROUND_HALF_EVEN)


def exact(value: float | int | str | Decimal) -> Decimal:
    """The decimal a value stands for, without the noise of binary arithmetic."""
    if isinstance(value, float):
        return _SIGNIFICANT.create_decimal(repr(value))
    return Decimal(value)


def rounded(value: float | int | str | Decimal, rounding: Rounding) -> Decimal:
    """The value to the places of the rule."""
    return _cut(exact(value), rounding.places, rounding)


def in_percent(rate: float | int | str | Decimal, rounding: Rounding) -> Decimal:
    """A rate 0..1 as a percentage to the places of the rule."""
    return _cut(exact(rate) * 100, rounding.places, rounding)


def against(rate: float | int | str | Decimal, target: float | int | str | Decimal, rounding: Rounding) -> Decimal:
    """A rate in percent, with as many more digits as it takes not to cross or touch a target it has not met.

    84.996 % against 85 % must not be shown as 85.00 %.
    """
    value, goal = exact(rate) * 100, exact(target) * 100
    for places in range(rounding.places, MOST_PLACES + 1):
        shown = _cut(value, places, rounding)
        if (shown >= goal) == (value >= goal):
            return shown
    return value


def written(value: Decimal, language: str) -> str:
    """The digits as the language writes them: a decimal comma in Vietnamese, no grouping."""
    digits = format(value, "f")
    return digits.replace(".", ",") if language == "vi" else digits


def shown(value: float | int | str | Decimal, measure: Measure, rounding: Rounding, language: str) -> str:
    """A figure as it stands in a table: `97,16 %` for rates and percentages, `4,03` for scores."""
    if measure == "score":
        return written(rounded(value, rounding), language)
    number = rounded(value, rounding) if measure == "percent" else in_percent(value, rounding)
    return written(number, language) + (" %" if language == "vi" else "%")


def _cut(value: Decimal, places: int, rounding: Rounding) -> Decimal:
    mode = ROUND_DOWN if rounding.mode == "truncate" else ROUND_HALF_UP
    return value.quantize(Decimal(1).scaleb(-places), rounding=mode)
