"""From the answers of a wave to weighted estimates and verdicts, channel by channel, never pooled.

A running wave's figures are provisional ('tạm thời') and may be computed as often as one likes (`kept_results`); a
closed one's are made once (`frozen_results`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.framecells import FrameCells
from analysis.results import EstimateTable
from analysis.totals import Totals
from analysis.waves import WeighedWave, begin, wave_chunk, weigh
from instruments import codec
from survey import __version__
from survey.database import Database
from survey.models.results import ResultStatus
from survey.models.waves import Selection, WaveStatus
from survey.services import columns
from survey.services.columns import Columns
from survey.services.wave_facts import NO_FIELD, Goal, WaveFacts

ROWS_A_CHUNK = 200_000
SCOPE = "scope"
CROSSINGS: tuple[tuple[str, ...], ...] = ((), ("unit",), ("field",), ("group",))


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

    def table(self, *by: str) -> EstimateTable:
        return self.tables[",".join(by)]

    def verdict_table(self, *by: str) -> Verdicts | None:
        return self.verdicts.get(",".join(by))


def estimate_channel(
    database: Database,
    wave: WaveFacts,
    channel_code: str,
    *,
    now: datetime,
    snapshots: Path | None = None,
    scope: frozenset[int] | None = None,
) -> ChannelResults:
    """Estimates and verdicts of one channel from its answers as they are now.

    With `scope` (ids of units) "the whole" is these units together: a domain of the same weighted sample, never a
    sample of its own.
    """
    channel_id, _, _, selection = wave.channel(channel_code)
    answers = columns.read(database, channel_id, codec.loads(wave.document), snapshots=snapshots)
    if not len(answers):
        return _nothing(wave, channel_code, selection, answers, now)
    totals = totals_of(wave, selection, answers, scope=scope)
    weighed = weigh_totals(wave, selection, answers, totals, wave.channel_units[channel_id])
    return _results(wave, channel_code, selection, answers, weighed, now, scoped=scope is not None)


# --- from answers to totals and weights ------------------------------------------------------------------------


def totals_of(
    wave: WaveFacts, selection: Selection, answers: Columns, *, scope: frozenset[int] | None = None
) -> Totals:
    """One pass over the columns."""
    plan = wave.survey_plan
    totals = begin(plan.measures, selection.value, variables=("group",) if scope is None else ("group", SCOPE))
    inside = np.isin(answers.fact("_unit"), sorted(scope or ())).astype(np.int64)
    fields = np.where(answers.fact("_field") == 0, NO_FIELD, answers.fact("_field")).astype(np.int64)
    group_of = {f: wave.group_of_field(int(f)) for f in np.unique(fields)}
    groups = np.array([group_of[f] for f in fields], np.int64) if len(group_of) > 1 else np.full(
        len(fields), next(iter(group_of.values())), np.int64
    )  # fmt: skip
    clusters = answers.fact("_point").astype(np.int64) * 100_000 + answers.fact("_day")
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
    scoped: bool,
) -> ChannelResults:
    plan = wave.survey_plan
    tables = {",".join(by): _inside(weighed.estimates((SCOPE, *by) if scoped else by)) for by in CROSSINGS}
    judged: dict[str, Verdicts] = {}
    head = plan.headline
    if head is not None and wave.overall_goal is not None:
        for by in ((), ("unit",), ("field",), ("group",)):
            judged[",".join(by)] = _judge(wave, weighed, tables[",".join(by)], by, scoped=scoped)
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
    )  # fmt: skip


def _inside(table: EstimateTable) -> EstimateTable:
    """Of a crossing with the scope: the domains inside it, as if the scope were all there is."""
    if SCOPE not in table.by:
        return table
    inside = table.where(table.domain[SCOPE] == 1)
    return replace(
        inside,
        by=tuple(name for name in inside.by if name != SCOPE),
        domain={name: codes for name, codes in inside.domain.items() if name != SCOPE},
    )


def _judge(
    wave: WaveFacts, weighed: WeighedWave, table: EstimateTable, by: tuple[str, ...], *, scoped: bool
) -> Verdicts:
    """Verdicts of the headline figure. Many units or fields at once are one family, kept by Benjamini-Hochberg."""
    plan = wave.survey_plan
    assert plan.headline is not None
    overall = wave.overall_goal
    named = [g for g in wave.goals if g.groups]
    goals: dict[tuple[int, ...], Goal] = {}
    keys = np.unique(np.column_stack([table.domain[name] for name in by]), axis=0) if by else np.empty((1, 0), np.int64)
    for key in keys:
        code = tuple(int(k) for k in key)
        if by == ("field",):
            goal = wave.goal_of_field(code[0]) if code[0] != NO_FIELD else None
        elif by == ("group",):
            goal = named[code[0] - 1] if code[0] else None
        else:
            goal = overall
        if goal is not None:
            goals[code] = goal
    adjust = "bh" if len(goals) > 1 else "none"
    first = (1,) if scoped else ()
    found = weighed.verdicts(
        (SCOPE, *by) if scoped else by, thresholds={(*first, *k): g.rate for k, g in goals.items()},
        measure=plan.headline.measure, gates=wave.gates, adjust=adjust,
    )  # fmt: skip
    bounds = found.judgement.bounds()
    codes = tuple(tuple(int(k) for k in key[len(first) :]) for key in found.keys)
    return Verdicts(
        by=by,
        keys=codes,
        threshold=tuple(float(t) for t in found.threshold),
        goal=tuple(goals[code].code for code in codes),
        verdict=tuple(str(v) for v in found.judgement.verdict),
        reasons=tuple(tuple(r) for r in found.judgement.reasons),
        lower=_floats(bounds.lower),
        upper=_floats(bounds.upper),
        p_reached=_floats(found.judgement.p_reached_adjusted),
        p_missed=_floats(found.judgement.p_missed_adjusted),
        needed=tuple(n.n for n in found.needed),
        needed_why=tuple(n.reason or "" for n in found.needed),
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
