"""Estimates as plain data: one `Estimate`, an `EstimateTable` of many, and their versioned JSON form.

A table is columnar: arrays of one length, a row per domain and measure. It keeps full double precision; NaN is `null`
in JSON, and `flags` say why. Nothing is rounded here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from analysis.arrays import AnyArray, Bools, Floats, Ints
from analysis.errors import AnalysisError
from analysis.estimation.domain_estimates import DomainEstimates
from analysis.inference import intervals, profile
from analysis.inference.intervals import Interval
from analysis.totals.measure_plan import Measure

__all__ = ["Estimate", "EstimateTable", "is_rate", "plain", "table_of"]

FORMAT = 1
RATES = frozenset(
    {
        "item_rate",
        "overall_rate",
        "share",
        "return_definite",
        "return_broad",
        "cost_share",
        "all_answers_satisfied",
        "share_mean_ge_4",
    }
)
_RATE_ENDINGS = ("_pooled_rate", "_mean_of_item_rates", "_mean_of_factors", "_mean_of_halves", "_item_weighted")


def is_rate(name: str) -> bool:
    """Whether a measure lies between 0 and 1, so that intervals for proportions and verdicts apply."""
    return name in RATES or name.endswith(_RATE_ENDINGS)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number with what must stand beside it. None = cannot be had; `flags` say why."""

    measure: str
    variable: str
    option: int | None
    domain: Mapping[str, str | int]
    n: int
    rows: int
    sum_w: float
    estimate: float | None
    se: float | None
    df: int | None
    deff_wor: float | None
    deff_wr: float | None
    effective_n: float | None
    interval: Mapping[str, tuple[float, float] | None]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EstimateTable:
    """Many estimates of one crossing as columns. `domain[v]` is the code of variable v in each row."""

    by: tuple[str, ...]
    measure: AnyArray
    variable: AnyArray
    option: AnyArray
    domain: Mapping[str, Ints]
    n: Ints
    rows: Ints
    sum_w: Floats
    estimate: Floats
    se: Floats
    df: Ints
    deff_wor: Floats
    deff_wr: Floats
    effective_n: Floats
    interval: Mapping[str, Interval]
    flags: AnyArray
    level: float = 0.95
    labels: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.n)

    def __iter__(self) -> Iterator[Estimate]:
        return (self.row(place) for place in range(len(self)))

    def row(self, place: int) -> Estimate:
        """One row as an `Estimate`, domain codes replaced by their labels where there are some."""
        domain = {
            name: self.labels.get(name, {}).get(int(codes[place]), int(codes[place]))
            for name, codes in self.domain.items()
        }
        option = self.option[place]
        pairs: dict[str, tuple[float, float] | None] = {}
        for name, interval in self.interval.items():
            low, high = plain(interval.lower[place]), plain(interval.upper[place])
            pairs[name] = None if low is None or high is None else (low, high)
        return Estimate(
            str(self.measure[place]),
            str(self.variable[place]),
            None if option is None else int(option),
            domain,
            int(self.n[place]),
            int(self.rows[place]),
            float(self.sum_w[place]),
            plain(self.estimate[place]),
            plain(self.se[place]),
            None if math.isnan(self.estimate[place]) else int(self.df[place]),
            plain(self.deff_wor[place]),
            plain(self.deff_wr[place]),
            plain(self.effective_n[place]),
            pairs,
            tuple(self.flags[place]),
        )

    def domain_keys(self) -> list[tuple[int, ...]]:
        """The domain of each row: its codes in the order of `by`."""
        if not self.by:
            return [()] * len(self)
        return list(zip(*(self.domain[name].tolist() for name in self.by), strict=True))

    def where(self, chosen: Bools | Ints) -> EstimateTable:
        """The table of some rows: a mask (rows,) or their numbers."""
        changes: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                value = value[chosen]
            elif item.name == "domain":
                value = {name: codes[chosen] for name, codes in value.items()}
            elif item.name == "interval":
                value = {name: Interval(pair.lower[chosen], pair.upper[chosen]) for name, pair in value.items()}
            changes[item.name] = value
        return EstimateTable(**changes)

    def followed_by(self, other: EstimateTable) -> EstimateTable:
        """The rows of both, one after the other. `other` has the same crossing, intervals and level.

        ValueError where it has not.
        """
        for name in ("by", "level"):
            if getattr(self, name) != getattr(other, name):
                raise ValueError(f"Tables with {name} {getattr(self, name)} and {getattr(other, name)} are not joined.")
        if set(self.interval) != set(other.interval):
            raise ValueError(f"Tables with intervals {[*self.interval]} and {[*other.interval]} are not joined.")
        changes: dict[str, Any] = {
            item.name: np.concatenate([getattr(self, item.name), getattr(other, item.name)])
            for item in fields(self)
            if isinstance(getattr(self, item.name), np.ndarray)
        }
        domain = {name: np.concatenate([codes, other.domain[name]]) for name, codes in self.domain.items()}
        interval = {
            name: Interval(
                np.concatenate([pair.lower, other.interval[name].lower]),
                np.concatenate([pair.upper, other.interval[name].upper]),
            )
            for name, pair in self.interval.items()
        }
        return replace(self, domain=domain, interval=interval, **changes)

    def of(self, measure: Measure) -> EstimateTable:
        """The rows of one measure."""
        same = (self.measure == measure.name) & (self.variable == measure.variable)
        return self.where(same & np.array([option == measure.option for option in self.option], np.bool_))

    def to_json(self) -> str:
        """Versioned plain data: columns, full precision, null for what is not known."""
        data: dict[str, Any] = {"format": FORMAT, "by": list(self.by), "level": self.level}
        data["labels"] = {
            name: {str(code): text for code, text in texts.items()} for name, texts in self.labels.items()
        }
        data["domain"] = {name: codes.tolist() for name, codes in self.domain.items()}
        data["interval"] = {name: [listed(pair.lower), listed(pair.upper)] for name, pair in self.interval.items()}
        data["columns"] = {
            item.name: listed(getattr(self, item.name))
            for item in fields(self)
            if isinstance(getattr(self, item.name), np.ndarray)
        }
        return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> EstimateTable:
        """The table that `to_json` wrote; AnalysisError for another format."""
        data = json.loads(text)
        if data.get("format") != FORMAT:
            raise AnalysisError(f"The estimates have format {data.get('format')}; this program reads format {FORMAT}.")
        columns = data["columns"]
        made: dict[str, Any] = {}
        for name, values in columns.items():
            if name in ("measure", "variable", "option"):
                made[name] = _objects(values)
            elif name == "flags":
                made[name] = _objects([tuple(flags) for flags in values])
            elif name in ("n", "rows", "df"):
                made[name] = np.array(values, np.int64)
            else:
                made[name] = np.array(values, np.float64)
        return cls(
            by=tuple(data["by"]),
            level=data["level"],
            labels={name: {int(code): t for code, t in texts.items()} for name, texts in data["labels"].items()},
            domain={name: np.array(codes, np.int64) for name, codes in data["domain"].items()},
            interval={
                name: Interval(np.array(low, np.float64), np.array(high, np.float64))
                for name, (low, high) in data["interval"].items()
            },
            **made,
        )


def table_of(
    estimates: DomainEstimates,
    *,
    intervals_wanted: Sequence[str] = ("logit", "wilson"),
    level: float = 0.95,
    labels: Mapping[str, Mapping[int, str]] | None = None,
) -> EstimateTable:
    """Estimates with their intervals and flags, one row per domain and measure (measures of a domain together).

    Rates and limits are 0..1. Raises AnalysisError for an interval that has no such name.
    """
    count, width = estimates.size, len(estimates.measures)
    rate = np.array([is_rate(measure.name) for measure in estimates.measures], np.bool_)
    everywhere = np.broadcast_to(rate, (count, width))

    def flat(values: AnyArray) -> AnyArray:
        return np.ascontiguousarray(values).reshape(-1)

    figures = {name: flat(getattr(estimates, name)) for name in ("n", "rows", "sum_w", "estimate", "se", "df")}
    rates = flat(everywhere)
    made = {name: _interval_of(name, figures, rates, level=level) for name in intervals_wanted}
    size = intervals.effective_n(figures["estimate"], figures["se"], figures["df"], figures["n"], level=level)
    return EstimateTable(
        by=estimates.by,
        measure=_repeated([measure.name for measure in estimates.measures], count),
        variable=_repeated([measure.variable for measure in estimates.measures], count),
        option=_repeated([measure.option for measure in estimates.measures], count),
        domain={name: np.repeat(estimates.keys[:, k], width) for k, name in enumerate(estimates.by)},
        deff_wor=flat(estimates.deff_wor),
        deff_wr=flat(estimates.deff_wr),
        effective_n=np.where(rates, size, np.nan),
        interval=made,
        flags=_flags(figures, rates, {name: flat(mask) for name, mask in _remarks(estimates).items()}),
        level=level,
        labels=labels or {},
        **figures,
    )


def _interval_of(name: str, figures: Mapping[str, AnyArray], rates: Bools, *, level: float) -> Interval:
    """An interval by name for every row; those for proportions are NaN for other measures.

    At 0 % and 100 % a rate has none but `kg`: an interval of no width would say that nothing is uncertain.
    """
    p, se, df = figures["estimate"], figures["se"], figures["df"]
    if name == "mean":
        extreme = rates & (intervals.at_zero(p) | intervals.at_one(p))
        return intervals.wald(np.where(extreme, np.nan, p), se, df, level=level)
    p = np.where(rates, p, np.nan)
    if name == "logit":
        return intervals.logit(p, se, df, level=level)
    if name == "wilson":
        return intervals.wilson(p, se, df, level=level)
    if name == "asin":
        return intervals.arcsine(p, se, df, level=level)
    if name == "beta":
        return intervals.beta(p, se, df, figures["rows"], level=level)
    if name == "kg":
        return intervals.korn_graubard(p, se, df, figures["n"], level=level)
    if name == "likelihood":
        return profile.likelihood(p, se, df, figures["n"], figures["rows"], level=level)
    raise AnalysisError(f"Interval '{name}' is unknown; choose from {', '.join(intervals.NAMES)}.")


def plain(value: Any) -> float | None:
    """A float for JSON: None for NaN and infinities."""
    number = float(value)
    return number if math.isfinite(number) else None


def _remarks(estimates: DomainEstimates) -> dict[str, Bools]:
    """What estimates say of themselves (domains × measures)."""
    none = np.zeros_like(estimates.lonely)
    left_out = none if estimates.left_out is None else estimates.left_out
    return {"complete": estimates.complete, "lonely": estimates.lonely, "left_out": left_out}


def _flags(figures: Mapping[str, AnyArray], rates: Bools, remarks: Mapping[str, Bools]) -> AnyArray:
    """Why figures are missing.

    An error of 0 alone is no lonely PSU: clusters may be alike, or all of them sampled. A rate between 0 and 1 then has
    no interval of effective answers either: `no_standard_error`.
    """
    p, se, df, n = figures["estimate"], figures["se"], figures["df"], figures["n"]
    with np.errstate(invalid="ignore"):
        inside = (p > 0) & (p < 1) & ~intervals.at_zero(p) & ~intervals.at_one(p)
        lonely = remarks["lonely"]
        masks = [
            ("empty_domain", n == 0),
            ("suppressed", (n > 0) & np.isnan(p)),
            ("no_degrees_of_freedom", (n > 0) & (df <= 0)),
            ("lonely_psu", lonely & (n > 0) & (se == 0) & np.where(rates, inside, True)),
            ("all_satisfied", rates & intervals.at_one(p)),
            ("none_satisfied", rates & intervals.at_zero(p)),
            ("items_left_out", ~remarks["complete"] & (n > 0)),
            ("no_standard_error", rates & inside & (df > 0) & (se == 0) & ~lonely),
            ("replicates_left_out", remarks["left_out"]),
        ]
    table = np.empty(1 << len(masks), object)
    for code in range(len(table)):
        table[code] = tuple(name for bit, (name, _) in enumerate(masks) if code >> bit & 1)
    codes = np.zeros(len(p), np.int64)
    for bit, (_, mask) in enumerate(masks):
        codes += np.asarray(mask, np.int64) << bit
    return np.asarray(table[codes])


def _repeated(values: list[Any], times: int) -> AnyArray:
    return np.tile(_objects(values), times)


def _objects(values: list[Any]) -> AnyArray:
    result = np.empty(len(values), object)
    for place, value in enumerate(values):
        result[place] = value
    return result


def listed(values: AnyArray) -> list[Any]:
    """A column (m,) for JSON: None for NaN and infinities."""
    if values.dtype.kind == "f":
        return [None if not math.isfinite(value) else value for value in values.tolist()]
    return [list(value) if isinstance(value, tuple) else value for value in values.tolist()]
