"""Several units seen together: put together from what is published of each, never estimated again.

Another estimate of a group of units would be one more equation for the cells that are hidden in the province's tables.
A weighted mean of published rates tells nothing more than they do. Units are strata of their own, so their errors are
independent; a unit counts by its transactions, without a frame by its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import Floats, Ints
from analysis.disclosure.counts import figure_of
from analysis.inference import intervals
from analysis.inference.estimate_tables import EstimateTable, is_rate
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.disclosure import precision
from survey.services.estimates.disclosure.patterns import HiddenCells, people_of
from survey.services.estimates.wave_facts import WaveFacts

Key = tuple[int, ...]
Weight = Callable[[str, Key, int], float]  # of a unit (in a field or group), from its key and its answers


def together(results: ChannelResults, wave: WaveFacts, units: frozenset[int]) -> ChannelResults:
    """The results of several units: each as it is published, and all of them as their weighted mean.

    Units and figures that are hidden are not in the mean. Together the units are no member of a family, so only each
    of them has a verdict.
    """
    if not results.tables:
        return replace(results, part=True)
    own = {name: _of(table, units) for name, table in results.tables.items() if table.by[:1] == ("unit",)}
    weight = _weights(wave)
    tables = {"": _joined(own["unit"], (), results.pattern, weight), "unit": own["unit"]}
    for by in ("field", "group"):
        tables[by] = (
            _joined(own[f"unit,{by}"], (by,), results.pattern, weight)
            if f"unit,{by}" in own
            else _none(own["unit"], by)
        )
    return replace(
        results,
        responses=sum(n for key, n in people_of(own["unit"]).items() if not results.pattern.hides("unit", key)),
        tables=tables,
        verdicts={"unit": {key: v for key, v in results.verdicts.get("unit", {}).items() if key[0] in units}},
        pattern=results.pattern.of_units(units),
        parts={},
        entered=(),
        part=True,
    )


def _of(table: EstimateTable, units: frozenset[int]) -> EstimateTable:
    return table.where(np.isin(table.domain["unit"], sorted(units)))


def _none(table: EstimateTable, by: str) -> EstimateTable:
    """A table of a crossing that is not published."""
    empty = table.where(np.zeros(len(table), np.bool_))
    return replace(empty, by=(by,), domain={by: np.empty(0, np.int64)})


def _weights(wave: WaveFacts) -> Weight:
    """A domain counts by its transactions; where the wave has none, by its answers."""
    frame: dict[tuple[str, Key], float] = {}
    for cell in wave.frame:
        keys = {"unit": (cell.unit,), "field": (cell.unit, cell.field)}
        keys["group"] = (cell.unit, wave.group_of_field(cell.field))
        for kind, key in keys.items():
            frame[kind, key] = frame.get((kind, key), 0.0) + cell.transactions

    def weight(by: str, key: Key, n: int) -> float:
        return frame.get((by, key), 0.0) if frame else float(n)

    return weight


@dataclass(frozen=True)
class _Part:
    """What is published of one figure in one unit (and field), and how much it counts."""

    weight: float
    value: float
    se: float
    df: int
    n: int


def _joined(table: EstimateTable, by: tuple[str, ...], pattern: HiddenCells, weight: Weight) -> EstimateTable:
    """The weighted means over units of every figure in every domain of `by`."""
    found: dict[tuple[Key, str, str, int | None], list[_Part]] = {}
    crossing = ",".join(table.by)
    for key, row in zip(table.domain_keys(), table, strict=True):
        place = found.setdefault((key[1:], row.measure, row.variable, row.option), [])
        if row.n < pattern.minimum or row.estimate is None or pattern.hides(crossing, key, figure_of(row.variable)):
            continue
        digits = precision.digits_of(row.measure, row.estimate)
        value, se = precision.coarse(row.estimate, digits), precision.coarse(row.se, digits)
        assert value is not None
        size = weight(by[0] if by else "unit", key, row.n)
        place.append(_Part(size, value, np.nan if se is None else se, row.df or 0, row.n))
    keys, means = list(found), [_mean(parts) for parts in found.values()]
    estimate, errors = np.array([m.value for m in means]), np.array([m.se for m in means])
    df, n = np.array([m.df for m in means], np.int64), np.array([m.n for m in means], np.int64)
    rates = np.array([is_rate(measure) for _, measure, _, _ in keys], np.bool_)
    return EstimateTable(
        by=by,
        measure=_objects([measure for _, measure, _, _ in keys]),
        variable=_objects([variable for _, _, variable, _ in keys]),
        option=_objects([option for _, _, _, option in keys]),
        domain={name: np.array([key[k] for key, *_ in keys], np.int64) for k, name in enumerate(by)},
        n=n,
        rows=n,
        sum_w=np.full(len(keys), np.nan),
        estimate=estimate,
        se=errors,
        df=df,
        deff_wor=np.full(len(keys), np.nan),
        deff_wr=np.full(len(keys), np.nan),
        effective_n=np.where(rates, intervals.effective_n(estimate, errors, df, n), np.nan),
        interval=_intervals(np.where(rates, estimate, np.nan), estimate, errors, df, n),
        flags=_objects([("composed",) if m.n else ("empty_domain",) for m in means]),
    )


def _mean(parts: Sequence[_Part]) -> _Part:
    """Σ w·value / Σ w, its standard error from those of the parts, degrees of freedom after Satterthwaite."""
    total = sum(part.weight for part in parts)
    if not total:
        return _Part(0.0, np.nan, np.nan, 0, 0)
    shares = [part.weight / total for part in parts]
    spread = [(share * part.se) ** 2 for share, part in zip(shares, parts, strict=True)]
    known = [(s, part.df) for s, part in zip(spread, parts, strict=True) if s > 0 and part.df > 0]
    whole = sum(s for s, _ in known)
    df = int(whole**2 / sum(s**2 / free for s, free in known)) if whole else min(part.df for part in parts)
    value = sum(share * part.value for share, part in zip(shares, parts, strict=True))
    return _Part(total, value, float(np.sqrt(sum(spread))), df, sum(part.n for part in parts))


def _intervals(rates: Floats, values: Floats, se: Floats, df: Ints, n: Ints) -> dict[str, intervals.Interval]:
    return {
        "logit": intervals.logit(rates, se, df),
        "wilson": intervals.wilson(rates, se, df),
        "kg": intervals.korn_graubard(rates, se, df, n),
        "mean": intervals.wald(values, se, df),
    }


def _objects(values: Sequence[object]) -> np.ndarray:
    found = np.empty(len(values), object)
    for place, value in enumerate(values):
        found[place] = value
    return found
