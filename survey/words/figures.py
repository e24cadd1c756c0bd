"""Writes figures for people: the one place that rounds and formats what screen, file and command show.

Rates come as 0..1 and are rounded half up in decimal arithmetic (`instruments.rounding`), never by binary formatting:
`f"{0.845:.0%}"` says 84 %, a reader with a pencil says 85. `language` is that of the page or file; Vietnamese writes
a comma before the decimals and a point between thousands, English the other way round. Dates are written as
Vietnamese documents write them in both languages (CLDR's short Vietnamese date is wrong in official documents).
What is missing is an en dash.

A figure whose questionnaire declares a `rounding` is written by that; the others are rounded half up, rates to one
decimal and scores to two, as the province prints them.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from instruments.model.index_rules import Rounding
from instruments.rounding import Mode, against, exact
from instruments.rounding import plain as plain
from instruments.rounding import rounded as rounded
from survey import clock

MISSING = "–"
SMALLEST_P = 0.001  # p-values below are only said to be below
_VIETNAMESE = str.maketrans(",.", ".,")

# --- numbers ---------------------------------------------------------------------------------------------------------


def number(value: float | Decimal | None, places: int, language: str) -> str:
    """A number or a score with its thousands grouped: "1.234,50"."""
    return MISSING if value is None else _written(rounded(value, places), language)


def grouped(value: float | None, language: str) -> str:
    """A count, or what stands for one, as a whole number with its thousands grouped: "12.345"."""
    return number(value, 0, language)


def whole(value: float) -> int:
    """The nearest whole number, the half going up, for cells that keep numbers."""
    return int(rounded(value, 0))


def short(value: float | Decimal, places: int, language: str) -> str:
    """A number with no more decimals than it needs: "7", "1,5"."""
    return plain(rounded(value, places), language)


def coordinate(value: float) -> str:
    """A place in a drawing: one decimal at most, with a point, for the browser and not for people."""
    return short(value, 1, "en")


def p_value(value: float | None, language: str, *, level: float = 0.05) -> str:
    """A p-value to three places, with more where rounding would put it on the other side of the level: "0,012"."""
    if value is None:
        return MISSING
    if value < SMALLEST_P:
        return f"< {number(SMALLEST_P, 3, language)}"
    return _written(printed_p(value, level=level), language)


def printed_p(value: float, *, level: float = 0.05) -> Decimal:
    """The digits of a p-value that is not below the smallest one printed."""
    shown = (rounded(value, places) for places in range(3, 12))
    return next((p for p in shown if (p <= Decimal(str(level))) == (value <= level)), exact(value))


# --- rates and scores as a questionnaire publishes them --------------------------------------------------------------


def percent(
    rate: float | None, language: str, *, target: float | None = None, places: int = 1, rounding: Rounding | None = None
) -> str:
    """A rate as "84,1 %". Where rounding would put it on the other side of the target, with more digits."""
    if rate is None:
        return MISSING
    return f"{in_percent(rate, language, target=target, places=places, rounding=rounding)} %"


def in_percent(
    rate: float | None, language: str, *, target: float | None = None, places: int = 1, rounding: Rounding | None = None
) -> str:
    """The digits of `percent` without its sign, for columns headed by the sign."""
    if rate is None:
        return MISSING
    if rounding is not None:
        return _written(printed_percent(rate, rounding, target=target), language)
    return _written(_percentage(rate, target, places, "half_up"), language)


def interval(low: float | None, high: float | None, language: str, *, rounding: Rounding | None = None) -> str:
    """An interval of rates without the sign, rounded as the rate itself so that it holds it: "82,0 – 86,1"."""
    if low is None:
        return MISSING
    return f"{in_percent(low, language, rounding=rounding)} – {in_percent(high, language, rounding=rounding)}"


def standard_error(error: float | None, language: str, *, rounding: Rounding | None = None) -> str:
    """The standard error of a rate in percentage points, with one decimal more than the rate: "1,05".

    One of 0 says that the answers do not differ, not that chance moved nothing: it could not be estimated.
    """
    if not error:
        return MISSING
    return in_percent(error, language, places=2 if rounding is None else rounding.places + 1)


def score(value: float | None, language: str, *, rounding: Rounding | None = None) -> str:
    """A mean on its scale: "4,03"."""
    if value is None:
        return MISSING
    return _written(rounded(value, 2) if rounding is None else printed_score(value, rounding), language)


def printed_percent(rate: float, rounding: Rounding, *, target: float | None = None) -> Decimal:
    """The percentage that is printed for a rate."""
    return _percentage(rate, target, rounding.places, rounding.mode)


def printed_score(value: float, rounding: Rounding) -> Decimal:
    """The score that is printed."""
    return rounded(value, rounding.places, rounding.mode)


def target_percent(rate: float | Decimal, language: str) -> str:
    """A target as people write it: "90 %", "87,5 %"."""
    return f"{plain(exact(rate) * 100, language)} %"


def tick(rate: float, language: str) -> str:
    """A rate on the axis of a drawing: "85", "87,5"."""
    return short(100 * exact(rate), 1, language)


def in_points(difference: float | None, language: str) -> str:
    """A difference of rates in percentage points with its sign: "+1,3", "−0,4"."""
    if difference is None:
        return MISSING
    shown = rounded(exact(difference) * 100, 1)
    sign = "−" if shown < 0 else "+" if shown > 0 else ""
    return sign + _written(abs(shown), language)


def margin(share: float, language: str) -> str:
    """A margin or another size in percentage points, without a sign: "2", "1,5"."""
    return short(100 * exact(share), 1, language)


# --- dates -----------------------------------------------------------------------------------------------------------


def day(value: date | datetime | None) -> str:
    """A day in Việt Nam: "20/11/2026"."""
    if value is None:
        return MISSING
    if isinstance(value, datetime):
        value = clock.local_day(value)
    return value.strftime("%d/%m/%Y")


def moment(value: datetime | None) -> str:
    """A moment in Việt Nam: "14:05 20/11/2026"."""
    return MISSING if value is None else clock.local(value).strftime("%H:%M %d/%m/%Y")


def _percentage(rate: float, target: float | None, places: int, mode: Mode) -> Decimal:
    if target is None:
        return rounded(exact(rate) * 100, places, mode)
    return against(rate, target, places, mode)


def _written(value: Decimal, language: str) -> str:
    digits = f"{value:,f}"
    return digits if language == "en" else digits.translate(_VIETNAMESE)
