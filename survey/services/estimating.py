"""From the answers of a wave to weighted estimates and verdicts, channel by channel, never pooled.

A running wave's figures are provisional ('tạm thời') and may be computed as often as one likes. When a wave closes, the
result sets are made once and frozen: estimates by the whole, unit, field and target group, the weights
with their stages, the mergeable totals, and the hash of the data they came from.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from analysis.framecells import FrameCells
from analysis.results import EstimateTable
from analysis.totals import Totals
from analysis.verdicts import Gates
from analysis.waves import WeighedWave, begin, wave_chunk, weigh
from sqlalchemy import select

from instruments import codec
from survey import __version__, clock
from survey.database import Database
from survey.errors import Conflict, NotFound
from survey.models.accounts import Role
from survey.models.frames import FrameCell
from survey.models.instruments import Instrument, InstrumentVersion
from survey.models.points import CollectionPoint
from survey.models.procedures import Field
from survey.models.results import ResultSet, ResultStatus, WeightSet
from survey.models.units import Unit
from survey.models.waves import Campaign, Channel, Selection, Wave, WaveStatus
from survey.permissions import Actor
from survey.services import audit, columns, settings, targets
from survey.services.columns import Columns
from survey.services.measure_plans import SurveyPlan, plan_of
from survey.services.targets import PlanOnDay, Threshold

ROWS_A_CHUNK = 200_000
NO_FIELD = -1
SCOPE = "scope"
CROSSINGS: tuple[tuple[str, ...], ...] = ((), ("unit",), ("field",), ("group",))
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Goal:
    """A threshold as a wave's verdicts use it."""

    code: str
    plan_code: str
    rate: float
    comparison: str
    groups: tuple[str, ...]  # field groups; empty: the service as a whole


@dataclass(frozen=True)
class WaveFacts:
    """What the estimates of a wave rest on, read once."""

    wave_id: int
    code: str
    title: str
    status: WaveStatus
    domain: str
    is_synthetic: bool
    opens_on: date
    closes_on: date
    closed_at: datetime | None
    unit_path: str
    asked_by: str
    instrument: str
    version: int
    document: str
    content_hash: str
    plan: PlanOnDay | None
    goals: tuple[Goal, ...]
    channels: tuple[tuple[int, str, str, Selection], ...]  # id, code, title, selection
    frame: tuple[tuple[int, int, int, int], ...]  # unit, field (−1 none), transactions, planned
    channel_units: dict[int, frozenset[int]]  # where each channel asks: the units its estimates speak for
    field_groups: dict[int, str]
    unit_kinds: dict[int, str]
    gates: Gates

    @property
    def survey_plan(self) -> SurveyPlan:
        return plan_of(self.document)

    def goal_of_field(self, field_id: int) -> Goal | None:
        """The threshold of a field: that of its group where the plan names it, else the overall one."""
        group = self.field_groups.get(field_id, "")
        own = next((g for g in self.goals if group in g.groups), None)
        return own or self.overall_goal

    @property
    def overall_goal(self) -> Goal | None:
        return next((g for g in self.goals if not g.groups), None)

    def group_of_field(self, field_id: int) -> int:
        """Target groups by number: 0 for the rest, k for the k-th threshold that names fields."""
        group = self.field_groups.get(field_id, "")
        named = [g for g in self.goals if g.groups]
        return next((n for n, g in enumerate(named, start=1) if group in g.groups), 0)


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


def facts(database: Database, wave_code: str) -> WaveFacts:
    """Read what the estimates of a wave rest on."""
    with database.reading() as session:
        found = session.execute(
            select(Wave, Campaign.service_domain, Unit.path, InstrumentVersion, Instrument.code)
            .join(Campaign, Campaign.id == Wave.campaign_id)
            .join(Unit, Unit.id == Wave.unit_id)
            .join(InstrumentVersion, InstrumentVersion.id == Wave.version_id)
            .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
            .where(Wave.code == wave_code)
        ).one_or_none()
        if found is None:
            raise NotFound("There is no wave %(code)s.", code=wave_code)
        wave, domain, unit_path, version, instrument = found
        day = clock.local_day(wave.closed_at) if wave.closed_at else wave.closes_on
        plan = targets.plan_on(session, wave.plan_id, day) if wave.plan_id else None
        goals = targets.thresholds(session, wave.plan_id, domain=domain.value, day=day) if wave.plan_id else ()
        channels = session.execute(
            select(Channel.id, Channel.code, Channel.title, Channel.selection)
            .where(Channel.wave_id == wave.id)
            .order_by(Channel.id)
        ).all()
        frame = session.execute(
            select(FrameCell.unit_id, FrameCell.field_id, FrameCell.transactions, FrameCell.planned)
            .where(FrameCell.wave_id == wave.id)
            .order_by(FrameCell.unit_id, FrameCell.field_key)
        ).all()
        asked = session.execute(
            select(CollectionPoint.channel_id, CollectionPoint.unit_deciding_id)
            .join(Channel, Channel.id == CollectionPoint.channel_id)
            .where(Channel.wave_id == wave.id)
            .distinct()
        ).all()
        groups = {row.id: row.group.value for row in session.execute(select(Field.id, Field.group))}
        kinds = {row.id: row.kind.value for row in session.execute(select(Unit.id, Unit.kind))}
        limits = settings.read(session)
    return WaveFacts(
        wave.id, wave.code, wave.title, wave.status, domain.value, wave.is_synthetic, wave.opens_on, wave.closes_on,
        wave.closed_at, unit_path, wave.asked_by, instrument, version.number, version.document, version.content_hash,
        plan, tuple(_goal(t, domain.value) for t in goals),
        tuple((c.id, c.code, c.title, c.selection) for c in channels),
        tuple((f.unit_id, f.field_id or NO_FIELD, f.transactions, f.planned) for f in frame),
        {c.id: frozenset(u for channel_id, u in asked if channel_id == c.id) for c in channels}, groups, kinds,
        Gates(n=limits.judged_minimum),
    )  # fmt: skip


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
    channel_id, _, _, selection = _channel(wave, channel_code)
    answers = columns.read(database, channel_id, codec.loads(wave.document), snapshots=snapshots)
    if not len(answers):
        return _nothing(wave, channel_code, selection, answers, now)
    totals = totals_of(wave, selection, answers, scope=scope)
    weighed = weigh_totals(wave, selection, answers, totals, wave.channel_units[channel_id])
    return _results(wave, channel_code, selection, answers, weighed, now, scoped=scope is not None)


def make_final(
    database: Database,
    wave_code: str,
    *,
    actor: Actor,
    now: datetime,
    snapshots: Path | None = None,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """The result sets of a closed wave, made once; what is there stays. Returns how many were made."""
    wave = facts(database, wave_code)
    actor.require(Role.FIELD_OFFICER, Role.ANALYST, unit_path=wave.unit_path, domain=wave.domain)
    if wave.status is not WaveStatus.CLOSED:
        raise Conflict("The wave %(code)s is not closed, so its verdicts cannot be made yet.", code=wave_code)
    made = 0
    for number, (channel_id, channel_code, _, _) in enumerate(wave.channels):
        progress(number, len(wave.channels))
        if _frozen(database, channel_id) is not None:
            continue
        results = estimate_channel(database, wave, channel_code, now=now, snapshots=snapshots)
        made += _freeze(database, wave, channel_id, results, actor, now)
    progress(len(wave.channels), len(wave.channels))
    return made


def results_of(
    database: Database, wave: WaveFacts, channel_code: str, *, now: datetime, snapshots: Path | None = None
) -> ChannelResults:
    """The frozen results of a closed wave; of a running one the provisional ones of this moment."""
    channel_id, _, _, _ = _channel(wave, channel_code)
    if (frozen := _frozen(database, channel_id)) is not None:
        return frozen
    return estimate_channel(database, wave, channel_code, now=now, snapshots=snapshots)


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


# --- frozen sets -----------------------------------------------------------------------------------------------


def _freeze(
    database: Database, wave: WaveFacts, channel_id: int, results: ChannelResults, actor: Actor, now: datetime
) -> int:
    with database.writing() as session:
        held = select(ResultSet.id).where(ResultSet.channel_id == channel_id, ResultSet.status == ResultStatus.FINAL)
        if session.scalar(held) is not None:
            return 0
        weights = WeightSet(
            wave_id=wave.wave_id, channel_id=channel_id, scheme=results.selection,
            stages=[*results.weight_stages, {"merges": list(results.merges)}], data_hash=results.data_hash, made_at=now,
        )  # fmt: skip
        session.add(weights)
        session.flush()
        session.add(
            ResultSet(
                wave_id=wave.wave_id, channel_id=channel_id, weight_set_id=weights.id, status=ResultStatus.FINAL,
                data_hash=results.data_hash, software=results.software, made_at=now, responses=results.responses,
                estimates=pack(results), totals=None,
            )
        )  # fmt: skip
        audit.record(
            session, actor, "results.freeze", f"wave {wave.code}", now, channel=results.channel,
            responses=results.responses, data_hash=results.data_hash,
        )  # fmt: skip
        return 1


def _frozen(database: Database, channel_id: int) -> ChannelResults | None:
    with database.reading() as session:
        row = session.scalars(
            select(ResultSet).where(ResultSet.channel_id == channel_id, ResultSet.status == ResultStatus.FINAL)
        ).first()
        if row is None:
            return None
        return unpack(row.estimates, result_set_id=row.id, deleted_since=row.deleted_since)


def pack(results: ChannelResults) -> bytes:
    """Results as compressed plain data, the same bytes for the same results."""
    data = {
        "format": 1,
        "channel": results.channel,
        "selection": results.selection,
        "responses": results.responses,
        "status": results.status,
        "data_hash": results.data_hash,
        "made_at": results.made_at.isoformat(),
        "software": results.software,
        "tables": {name: json.loads(table.to_json()) for name, table in results.tables.items()},
        "verdicts": {name: v.__dict__ for name, v in results.verdicts.items()},
        "weight_stages": results.weight_stages,
        "merges": results.merges,
        "flagged": results.flagged,
        "uncovered": results.uncovered,
        "clusters": results.clusters,
    }
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return zlib.compress(text.encode(), 6)


def unpack(data: bytes, *, result_set_id: int | None = None, deleted_since: int = 0) -> ChannelResults:
    """What `pack` wrote."""
    found = json.loads(zlib.decompress(data))
    return ChannelResults(
        channel=found["channel"],
        selection=found["selection"],
        responses=found["responses"],
        status=found["status"],
        data_hash=found["data_hash"],
        made_at=datetime.fromisoformat(found["made_at"]),
        software=found["software"],
        tables={name: EstimateTable.from_json(json.dumps(t)) for name, t in found["tables"].items()},
        verdicts={name: _unpack_verdicts(v) for name, v in found["verdicts"].items()},
        weight_stages=tuple(found["weight_stages"]),
        merges=tuple(found["merges"]),
        flagged=found["flagged"],
        uncovered=found["uncovered"],
        clusters=found["clusters"],
        result_set_id=result_set_id,
        deleted_since=deleted_since,
    )


def fingerprint(results: ChannelResults) -> str:
    """What stands in every file made of these results: SHA-256 of their plain data."""
    return hashlib.sha256(pack(results)).hexdigest()


def _unpack_verdicts(found: dict[str, Any]) -> Verdicts:
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}
    plain["keys"] = tuple(tuple(k) for k in found["keys"])
    plain["reasons"] = tuple(tuple(r) for r in found["reasons"])
    return Verdicts(**plain)


# --- parts -----------------------------------------------------------------------------------------------------


def _channel(wave: WaveFacts, code: str) -> tuple[int, str, str, Selection]:
    found = next((c for c in wave.channels if c[1] == code), None)
    if found is None:
        raise NotFound("The wave %(wave)s has no channel %(code)s.", wave=wave.code, code=code)
    return found


def _goal(threshold: Threshold, domain: str) -> Goal:
    """Field groups divide administrative procedures; for health and education they only name the service."""
    groups = tuple(sorted(g.value for g in threshold.field_groups)) if domain == "admin" else ()
    return Goal(threshold.code, threshold.plan_code, float(threshold.rate), threshold.comparison, groups)


def _plain_stage(stage: Any) -> dict[str, Any]:
    found = {name: getattr(stage, name) for name in stage.__dataclass_fields__}
    return {
        k: (float(v) if isinstance(v, np.floating) else int(v) if isinstance(v, np.integer) else v)
        for k, v in found.items()
    }


def _floats(values: Any) -> tuple[float | None, ...]:
    return tuple(float(v) if np.isfinite(v) else None for v in values)
