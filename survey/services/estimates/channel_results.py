"""From the answers of a wave to weighted estimates and verdicts, channel by channel, never pooled.

A running wave's figures are provisional ('tạm thời') and may be computed as often as one likes (`results_cache`); a
closed one's are made once (`stored_results`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.arrays import Ints
from analysis.design.frame_weights import FrameCells
from analysis.inference.estimate_tables import EstimateTable, is_rate
from analysis.inference.verdicts import Figures, judge
from analysis.inference.waves import VerdictTable, WeighedWave, begin, wave_chunk, weigh
from analysis.totals.streaming import Totals
from instruments import codec
from survey import __version__
from survey.database import Database
from survey.models.estimates.results import ResultStatus
from survey.models.fieldwork.waves import Selection, WaveStatus
from survey.services.estimates import answer_columns
from survey.services.estimates.answer_columns import Columns
from survey.services.estimates.wave_facts import NO_FIELD, WaveFacts

ROWS_A_CHUNK = 200_000
SCOPE = "scope"
CROSSINGS: tuple[tuple[str, ...], ...] = ((), ("unit",), ("field",), ("group",))
WITHIN_UNITS: tuple[tuple[str, ...], ...] = (("unit", "field"), ("unit", "group"))
INTERVALS = ("logit", "wilson", "kg", "mean")  # the last for scores
Domain = tuple[str, int]  # a variable and its value: the part of the sample that is looked at as a whole


@dataclass(frozen=True)
class Verdicts:
    """Verdicts of the domains of one crossing, as columns of plain values."""

    by: tuple[str, ...]
    keys: tuple[tuple[int, ...], ...]
    threshold: tuple[float, ...]
    goal: tuple[str, ...]
    verdict: tuple[str, ...]
    reasons: tuple[tuple[str, ...], ...]
    lower: tuple[float | None, ...]  # one-sided 95 % bounds
    upper: tuple[float | None, ...]
    p_reached: tuple[float | None, ...]
    p_missed: tuple[float | None, ...]
    needed: tuple[int | None, ...]
    needed_why: tuple[str, ...]
    adjusted: str


@dataclass(frozen=True)
class ChannelResults:
    """Everything estimated for one channel of a wave."""

    channel: str
    selection: str
    responses: int
    status: str
    data_hash: str
    made_at: datetime
    software: str
    tables: dict[str, EstimateTable]  # by crossing: "", "unit", "field", "group"
    verdicts: dict[str, Verdicts]
    weight_stages: tuple[dict[str, Any], ...]
    merges: tuple[dict[str, Any], ...]
    flagged: int  # answers without a frame cell
    uncovered: float  # transactions of frame cells that no answer stands for
    clusters: int
    result_set_id: int | None = None
    deleted_since: int = 0
    parts: dict[int, dict[str, Verdicts]] = field(
        default_factory=dict
    )  # of frozen results: verdicts of each unit alone

    def table(self, *by: str) -> EstimateTable:
        return self.tables[",".join(by)]

    def verdict_table(self, *by: str) -> Verdicts | None:
        return self.verdicts.get(",".join(by))

    def provisional(self) -> ChannelResults:
        """The same without verdicts: these are made once, when the results are frozen."""
        return replace(self, status=ResultStatus.PROVISIONAL.value, verdicts={}, parts={})

    def of_unit(self, unit: int) -> ChannelResults:
        """The results of one unit, from those of all units: what was made once for all was made for each."""
        if not self.tables:
            return self
        own = inside(self.table("unit"), ("unit", unit))
        tables = {",".join(by): inside(self.table("unit", *by), ("unit", unit)) for by in (("field",), ("group",))}
        whole = replace(own, by=(), domain={})
        return replace(
            self,
            responses=int(own.n.max(initial=0)),
            tables={"": whole, "unit": replace(own, by=("unit",), domain={"unit": np.full(len(own), unit)}), **tables},
            verdicts=self.parts.get(unit, {}),
            parts={},
        )


def estimate_channel(
    database: Database,
    wave: WaveFacts,
    channel_code: str,
    *,
    now: datetime,
    snapshots: Path | None = None,
    scope: frozenset[int] | None = None,
    until: date | None = None,
) -> ChannelResults:
    """Estimates of one channel from its answers as they are now, and once the wave is closed its verdicts.

    With `scope` (ids of units) "the whole" is these units together: a domain of the same weighted sample, never a
    sample of its own. With `until` answers of that day and later do not count. Of a closed wave's whole, each unit is
    judged alone as well, for those who see only that one.
    """
    channel_id, _, _, selection = wave.channel(channel_code)
    answers = answer_columns.read(database, channel_id, codec.loads(wave.document), snapshots=snapshots)
    if until is not None:
        answers = answers.where(answers.fact("_day") < (until - date(1970, 1, 1)).days)
    if not len(answers):
        return _nothing(wave, channel_code, selection, answers, now)
    totals = totals_of(wave, selection, answers, scope=scope)
    weighed = weigh_totals(wave, selection, answers, totals, wave.channel_units[channel_id])
    return _results(wave, channel_code, selection, answers, weighed, now, whole=None if scope is None else (SCOPE, 1))


# --- from answers to totals and weights ------------------------------------------------------------------------


def totals_of(
    wave: WaveFacts, selection: Selection, answers: Columns, *, scope: frozenset[int] | None = None
) -> Totals:
    """One pass over the columns."""
    plan = wave.survey_plan
    totals = begin(plan.measures, selection.value, variables=("group",) if scope is None else ("group", SCOPE))
    inside = np.isin(answers.fact("_unit"), sorted(scope or ())).astype(np.int64)
    fields = np.where(answers.fact("_field") == 0, NO_FIELD, answers.fact("_field")).astype(np.int64)
    known, place = np.unique(fields, return_inverse=True)
    groups = np.array([wave.group_of_field(int(f)) for f in known], np.int64)[place]
    days = answers.fact("_day").astype(np.int64)
    days -= days.min()  # small numbers, which are grouped without sorting
    clusters = answers.fact("_point").astype(np.int64) * (days.max() + 1) + days
    for start in range(0, len(answers), ROWS_A_CHUNK):
        rows = slice(start, start + ROWS_A_CHUNK)
        coded = np.column_stack([answers.codes(name)[rows] for name in plan.coded])
        numbers = np.column_stack([answers.numbers(name)[rows] for name in plan.numbers]) if plan.numbers else None
        totals.add(
            wave_chunk(
                selection.value, coded, unit=answers.fact("_unit")[rows], field=fields[rows], group=groups[rows],
                cluster=clusters[rows], numbers=numbers, **({SCOPE: inside[rows]} if scope is not None else {}),
            )
        )  # fmt: skip
    return totals


def weigh_totals(
    wave: WaveFacts, selection: Selection, answers: Columns, totals: Totals, units: frozenset[int]
) -> WeighedWave:
    """The totals weighted to the frame of the units in which the channel asks.

    Without a frame every answer counts the same, and that is what the recorded stage then says.
    """
    frame = tuple(cell for cell in wave.frame if cell[0] in units)
    if any(cell[2] for cell in frame):
        return weigh(totals, selection.value, _frame_cells(wave, frame))
    fields = np.where(answers.fact("_field") == 0, NO_FIELD, answers.fact("_field"))
    pairs, counts = np.unique(np.column_stack([answers.fact("_unit"), fields]), axis=0, return_counts=True)
    own = tuple((int(u), int(f), int(n), 0) for (u, f), n in zip(pairs, counts, strict=True))
    return weigh(totals, selection.value, _frame_cells(wave, own))


def _frame_cells(wave: WaveFacts, cells: tuple[tuple[int, int, int, int], ...]) -> FrameCells:
    kinds = {kind: n for n, kind in enumerate(sorted(set(wave.unit_kinds.values())))}
    unit, field, population = (np.array([c[k] for c in cells], np.int64) for k in range(3))
    return FrameCells(
        unit,
        field,
        population.astype(np.float64),
        np.array([wave.group_of_field(c[1]) for c in cells], np.int64),
        np.array([kinds.get(wave.unit_kinds.get(c[0], ""), 0) for c in cells], np.int64),
    )


# --- tables and verdicts ---------------------------------------------------------------------------------------


def _results(
    wave: WaveFacts,
    channel: str,
    selection: Selection,
    answers: Columns,
    weighed: WeighedWave,
    now: datetime,
    *,
    whole: Domain | None,
) -> ChannelResults:
    head, plan_measures = wave.survey_plan.headline, wave.survey_plan.measures.measures
    tables = {",".join(by): _table(weighed, by, whole) for by in CROSSINGS}
    judged: dict[str, Verdicts] = {}
    parts: dict[int, dict[str, Verdicts]] = {}
    if wave.status is WaveStatus.CLOSED:
        judged = _verdicts(wave, weighed, tables, whole)
        if whole is None:
            first = head.measure if head is not None else plan_measures[0]
            tables |= {
                ",".join(by): weighed.estimates(by, measures=(first,), intervals=INTERVALS) for by in WITHIN_UNITS
            }
            parts = _parts(wave, weighed, tables)
    weights = weighed.weights
    return ChannelResults(
        channel=channel,
        selection=selection.value,
        responses=len(answers),
        status=(ResultStatus.FINAL if wave.status is WaveStatus.CLOSED else ResultStatus.PROVISIONAL).value,
        data_hash=answers.data_hash,
        made_at=now,
        software=f"hailong {__version__}",
        tables=tables,
        verdicts=judged,
        weight_stages=tuple(_plain_stage(stage) for stage in weights.stages),
        merges=tuple(
            {"level": m.level, "cells": [list(c) for c in m.cells], "population": m.population, "n": m.n}
            for m in weights.merges
        ),
        flagged=sum(stage.flagged for stage in weights.stages),
        uncovered=float(weights.uncovered),
        clusters=len(np.unique(answers.fact("_point").astype(np.int64) * 100_000 + answers.fact("_day"))),
        parts=parts,
    )  # fmt: skip


def _table(weighed: WeighedWave, by: tuple[str, ...], whole: Domain | None) -> EstimateTable:
    if whole is None:
        return weighed.estimates(by, intervals=INTERVALS)
    crossing = (whole[0], *(name for name in by if name != whole[0]))
    return inside(weighed.estimates(crossing, intervals=INTERVALS), whole)


def _parts(wave: WaveFacts, weighed: WeighedWave, tables: dict[str, EstimateTable]) -> dict[int, dict[str, Verdicts]]:
    """Each unit judged as if it were all there is."""
    if not _judged(wave):
        return {}
    crossings = {by: _compared(wave, weighed, tables[f"unit,{by}"], ("unit", by)) for by in ("field", "group")}
    units, opt_in = _compared(wave, weighed, tables["unit"], ("unit",)), weighed.selection == "opt_in"
    found: dict[int, dict[str, Verdicts]] = {}
    for unit in np.unique(tables["unit"].domain["unit"]).tolist():
        rows = np.flatnonzero(units.keys[:, 0] == unit)
        found[unit] = {",".join(by): _family(wave, units, by, rows, opt_in=opt_in) for by in ((), ("unit",))}
        for name, crossing in crossings.items():
            own = np.flatnonzero(crossing.keys[:, 0] == unit)
            found[unit][name] = _family(wave, crossing, (name,), own, opt_in=opt_in)
    return found


def inside(table: EstimateTable, whole: Domain) -> EstimateTable:
    """Of a crossing: the domains inside a part of the sample, as if that part were all there is."""
    name, value = whole
    found = table.where(table.domain[name] == value)
    return replace(
        found,
        by=tuple(n for n in found.by if n != name),
        domain={n: codes for n, codes in found.domain.items() if n != name},
    )


def _verdicts(
    wave: WaveFacts, weighed: WeighedWave, tables: dict[str, EstimateTable], whole: Domain | None
) -> dict[str, Verdicts]:
    """Verdicts by every crossing, of the whole or of a part of it."""
    if not _judged(wave):
        return {}
    found = {}
    for by in CROSSINGS:
        judged = _compared(wave, weighed, tables[",".join(by)], by, whole)
        found[",".join(by)] = _family(wave, judged, by, np.arange(len(judged)), opt_in=weighed.selection == "opt_in")
    return found


def _judged(wave: WaveFacts) -> bool:
    """Whether there is anything to judge: targets are shares, so a headline figure that is a score is not judged."""
    head = wave.survey_plan.headline
    return bool(wave.goals) and head is not None and is_rate(head.measure.name)


def _compared(
    wave: WaveFacts, weighed: WeighedWave, table: EstimateTable, by: tuple[str, ...], whole: Domain | None = None
) -> VerdictTable:
    """The headline figure of each domain that has a threshold."""
    head = wave.survey_plan.headline
    assert head is not None
    keys = {tuple(key) for key in zip(*(table.domain[name].tolist() for name in by), strict=True)} if by else {()}
    goals = {key: wave.goal_of(by[-1:], key[-1:]) for key in keys}
    first = () if whole is None else (whole[1],)
    return weighed.verdicts(
        by if whole is None else (whole[0], *by),
        thresholds={(*first, *key): goal.rate for key, goal in goals.items() if goal is not None},
        measure=head.measure, gates=wave.gates,
    )  # fmt: skip


def _family(wave: WaveFacts, compared: VerdictTable, by: tuple[str, ...], rows: Ints, *, opt_in: bool) -> Verdicts:
    """Verdicts of some domains. Many units or fields at once are one family, kept by Benjamini-Hochberg."""
    figures = Figures(*(getattr(compared.figures, f.name)[rows] for f in fields(Figures)))
    adjust = "bh" if len(rows) > 1 else "none"
    judgement = judge(figures, compared.threshold[rows], gates=wave.gates, adjust=adjust, opt_in=opt_in)
    bounds = judgement.bounds()
    keys = tuple(tuple(int(k) for k in key[len(key) - len(by) :]) for key in compared.keys[rows])
    goals = [wave.goal_of(by, key) for key in keys]
    needed = [compared.needed[row] for row in rows]
    return Verdicts(
        by=by,
        keys=keys,
        threshold=tuple(float(t) for t in compared.threshold[rows]),
        goal=tuple(goal.code if goal else "" for goal in goals),
        verdict=tuple(str(v) for v in judgement.verdict),
        reasons=tuple(tuple(r) for r in judgement.reasons),
        lower=_floats(bounds.lower),
        upper=_floats(bounds.upper),
        p_reached=_floats(judgement.p_reached_adjusted),
        p_missed=_floats(judgement.p_missed_adjusted),
        needed=tuple(n.n for n in needed),
        needed_why=tuple(n.reason or "" for n in needed),
        adjusted=adjust,
    )


def _nothing(wave: WaveFacts, channel: str, selection: Selection, answers: Columns, now: datetime) -> ChannelResults:
    return ChannelResults(
        channel, selection.value, 0,
        (ResultStatus.FINAL if wave.status is WaveStatus.CLOSED else ResultStatus.PROVISIONAL).value,
        answers.data_hash, now, f"hailong {__version__}", {}, {}, (), (), 0, float(sum(c[2] for c in wave.frame)), 0,
    )  # fmt: skip


# --- parts -----------------------------------------------------------------------------------------------------


def _plain_stage(stage: Any) -> dict[str, Any]:
    found = {name: getattr(stage, name) for name in stage.__dataclass_fields__}
    return {
        k: (float(v) if isinstance(v, np.floating) else int(v) if isinstance(v, np.integer) else v)
        for k, v in found.items()
    }


def _floats(values: Any) -> tuple[float | None, ...]:
    return tuple(float(v) if np.isfinite(v) else None for v in values)
