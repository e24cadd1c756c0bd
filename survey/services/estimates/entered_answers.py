"""What people entered that is no code: quantiles of numbers and dates, shares of dates by period, counts of comments.

The mean of a number stands in the tables of estimates (`number_mean`). Quantiles need the rows, so they are made here,
once for the whole of a channel or of the units that are looked at, and stored with its results. Nothing is hidden here:
how many answers lie on either side of a value is kept beside it, so that the view can hide by the province's minimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats
from analysis.estimation import estimators
from analysis.inference import intervals, quantiles
from analysis.inference.estimate_tables import plain
from survey.services.estimates.analyses.rows import WeighedRows

QUARTILES = (0.25, 0.5, 0.75)
OF_DATES = (0.05, 0.5, 0.95)  # the very first and last day would be somebody's own
MOST_MONTHS, MOST_YEARS = 24, 30


@dataclass(frozen=True)
class Between:
    """A value of the answers, and how many answers are not above it and not below it."""

    value: float
    not_above: int
    not_below: int

    def tells_no_few(self, minimum: int) -> bool:
        """Whether at least so many answers lie on either side, the value itself counted."""
        return min(self.not_above, self.not_below) >= minimum


@dataclass(frozen=True)
class QuantileOf:
    """A weighted quantile with the limits of its 95 % interval (Woodruff), None where the answers do not give them."""

    share: float
    found: Between
    low: Between | None
    high: Between | None


@dataclass(frozen=True)
class PeriodShare:
    """The weighted share of the dates in one month, year or ten years: "2026-05", "2026", "2020–2029"."""

    period: str
    n: int
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Entered:
    """The quantiles of one number (in its unit) or date (days since 1970-01-01); of a date the periods as well."""

    item: str
    n: int
    quantiles: tuple[QuantileOf, ...]
    periods: tuple[PeriodShare, ...] = ()

    @classmethod
    def of_plain(cls, found: Mapping[str, Any]) -> Entered:
        """What `asdict` made of it."""

        def between(value: Mapping[str, Any] | None) -> Between | None:
            return None if value is None else Between(**value)

        made = [
            QuantileOf(q["share"], Between(**q["found"]), between(q["low"]), between(q["high"]))
            for q in found["quantiles"]
        ]
        return cls(found["item"], found["n"], tuple(made), tuple(PeriodShare(**p) for p in found["periods"]))


def entered_answers(rows: WeighedRows, inside: Bools | None = None) -> tuple[Entered, ...]:
    """Every number and date that the questionnaire asks for, of all rows or of those `inside` (n,)."""
    found = []
    for item in rows.version.asked_items:
        if item.kind == "number":
            found.append(_entered(rows, item.code, rows.answers.numbers(item.code), QUARTILES, inside))
        elif item.kind == "date":
            days = days_of(rows.answers.numbers(item.code))
            one = _entered(rows, item.code, days, OF_DATES, inside)
            found.append(Entered(one.item, one.n, one.quantiles, _periods(rows, days, inside)))
    return tuple(found)


def days_of(codes: Floats) -> Floats:
    """Days since 1970-01-01 (n,) of dates that are coded as YYYYMMDD (n,), NaN where there is none."""
    known = ~np.isnan(codes)
    days = np.full(len(codes), np.nan)
    whole = codes[known].astype(np.int64)
    months = (whole // 10_000 - 1970) * 12 + whole // 100 % 100 - 1
    days[known] = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + whole % 100 - 1
    return days


def packed(entered: Sequence[Entered]) -> list[dict[str, Any]]:
    """As plain data, to be stored."""
    return [asdict(one) for one in entered]


def _entered(rows: WeighedRows, item: str, values: Floats, shares: Sequence[float], inside: Bools | None) -> Entered:
    known = _counted(rows, values, inside)
    ordered = np.sort(values[known])
    made = []
    for share in shares if len(ordered) else ():
        one = quantiles.quantile(rows.design, values, share, inside)
        limits = one.lower, one.upper
        low, high = (None if np.isnan(limit) else _between(ordered, limit) for limit in limits)
        made.append(QuantileOf(share, _between(ordered, one.estimate), low, high))
    return Entered(item, len(ordered), tuple(made))


def _counted(rows: WeighedRows, values: Floats, inside: Bools | None) -> Bools:
    known = ~np.isnan(values) & (rows.weights > 0)
    return known if inside is None else known & inside


def _between(ordered: Floats, value: float) -> Between:
    not_above = int(np.searchsorted(ordered, value, side="right"))
    return Between(value, not_above, len(ordered) - int(np.searchsorted(ordered, value, side="left")))


def _periods(rows: WeighedRows, days: Floats, inside: Bools | None) -> tuple[PeriodShare, ...]:
    """The share of each month; of each year where there are many months, of ten years where there are many years."""
    known = _counted(rows, days, inside)
    if not known.any():
        return ()
    names = _names(days[known].astype(np.int64).astype("datetime64[D]"))
    periods, place = np.unique(names, return_inverse=True)
    of_row = np.full(len(days), -1)
    of_row[known] = place
    made = []
    for k, period in enumerate(periods.tolist()):
        chosen = of_row == k
        one = estimators.mean(rows.design, np.where(known, chosen.astype(np.float64), np.nan), inside)
        pair = intervals.logit(np.array([one.estimate]), np.array([one.se]), np.array([one.df]))
        low, high = plain(pair.lower[0]), plain(pair.upper[0])
        made.append(PeriodShare(period, int(chosen.sum()), one.estimate, low, high))
    return tuple(made)


def _names(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.str_]:
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    if len(np.unique(months)) <= MOST_MONTHS:
        return np.datetime_as_string(months)
    if len(np.unique(years)) <= MOST_YEARS:
        return np.datetime_as_string(years)
    first = (years.astype(np.int64) + 1970) // 10 * 10
    return np.array([f"{year}–{year + 9}" for year in first.tolist()])
