"""All further analyses of one channel, made together: once when the wave is closed, and on request while it runs."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select

from instruments import codec, comparability, indices
from instruments.model import InstrumentVersion
from survey.database import Database
from survey.models.results import ResultSet, ResultStatus
from survey.models.waves import Channel, Selection, Wave, WaveStatus
from survey.services import columns, estimating, frozen_results
from survey.services.analyses.contrasts import (
    BesideDrawn,
    Comparable,
    SinceLast,
    comparables,
    contrasts,
    representativity,
)
from survey.services.analyses.course import Course, course
from survey.services.analyses.importance import Importance, importance
from survey.services.analyses.rows import WeighedRows
from survey.services.analyses.soundness import AnswerQuality, Scale, above_frame, flags, scales
from survey.services.analyses.standings import Standings, standings
from survey.services.estimating import ChannelResults
from survey.services.measure_plans import SurveyPlan
from survey.services.wave_facts import WaveFacts, facts


@dataclass(frozen=True)
class Analyses:
    """What stands beside the rates of one channel."""

    standings: Standings | None = None
    importance: Importance | None = None
    scales: tuple[Scale, ...] = ()
    quality: AnswerQuality | None = None
    course: Course | None = None
    beside_drawn: BesideDrawn | None = None
    since_last: SinceLast | None = None


_PLAIN: TypeAdapter[Analyses] = TypeAdapter(Analyses)


def to_plain(found: Analyses) -> dict[str, Any]:
    """Analyses as plain data for JSON, under the names of the fields."""
    plain: dict[str, Any] = _PLAIN.dump_python(found, mode="json")
    return plain


def pack(found: Analyses) -> bytes:
    """Analyses as compressed plain data."""
    return zlib.compress(_PLAIN.dump_json(found), 6)


def unpack(data: bytes) -> Analyses:
    """What `pack` wrote."""
    return _PLAIN.validate_json(zlib.decompress(data))


def find(database: Database, channel_id: int) -> Analyses | None:
    """The analyses kept with the final results of a channel, or None while there are none."""
    with database.reading() as session:
        data = session.scalar(
            select(ResultSet.analyses).where(ResultSet.channel_id == channel_id, ResultSet.status == ResultStatus.FINAL)
        )
    return unpack(data) if data else None


def analyse(
    database: Database,
    wave: WaveFacts,
    results: ChannelResults,
    *,
    now: datetime,
    snapshots: Path | None = None,
) -> Analyses:
    """The analyses of the channel that `results` are of."""
    rows = _rows(database, wave, results.channel, snapshots)
    if rows is None or not results.tables:
        return Analyses()
    plan, head = wave.survey_plan, wave.survey_plan.headline
    by_unit = results.table("unit").of(head.measure) if head is not None else None
    whole = next(iter(results.table().of(head.measure)), None) if head is not None else None
    final = results.status == ResultStatus.FINAL.value  # an order of running figures would be taken for a verdict
    return Analyses(
        standings=standings(by_unit, least=int(wave.gates.n or 0)) if by_unit is not None and final else None,
        importance=importance(rows, plan),
        scales=scales(rows),
        quality=_quality(wave, results, rows),
        course=course(rows, head, whole) if head is not None else None,
        beside_drawn=_beside_drawn(database, wave, results, rows, now, snapshots),
        since_last=_since_last(database, wave, results),
    )


def _rows(database: Database, wave: WaveFacts, channel: str, snapshots: Path | None) -> WeighedRows | None:
    channel_id, _, _, selection = wave.channel(channel)
    version = codec.loads(wave.document)
    answers = columns.read(database, channel_id, version, snapshots=snapshots)
    if not len(answers):
        return None
    totals = estimating.totals_of(wave, selection, answers)
    weighed = estimating.weigh_totals(wave, selection, answers, totals, wave.channel_units[channel_id])
    return WeighedRows.of(answers, version, selection, weighed)


def _quality(wave: WaveFacts, results: ChannelResults, rows: WeighedRows) -> AnswerQuality:
    counts, flagged = flags(rows)
    per_unit: dict[int, int] = {}
    for unit, _, transactions, _ in wave.frame:
        per_unit[unit] = per_unit.get(unit, 0) + transactions
    counts = replace(counts, above_frame=above_frame(rows, per_unit))
    head = wave.survey_plan.headline
    if head is None:
        return counts
    rate = next(iter(results.table().of(head.measure)), None)
    if not flagged.any():
        same = rate.estimate if rate else None
        return replace(counts, rate=same, rate_without=same)
    kept = rows.answers.where(~flagged)
    without = None
    if len(kept):
        totals = estimating.totals_of(wave, rows.selection, kept)
        units = wave.channel_units[wave.channel(results.channel)[0]]
        weighed = estimating.weigh_totals(wave, rows.selection, kept, totals, units)
        without = next(iter(weighed.estimates((), measures=(head.measure,))), None)
    return replace(counts, rate=rate.estimate if rate else None, rate_without=without.estimate if without else None)


def _beside_drawn(
    database: Database,
    wave: WaveFacts,
    results: ChannelResults,
    rows: WeighedRows,
    now: datetime,
    snapshots: Path | None,
) -> BesideDrawn | None:
    """The self-selected and the drawn channel of a wave that has both; of several, the first of each."""
    chosen = rows.selection is Selection.OPT_IN
    other = next((c[1] for c in wave.channels if (c[3] is Selection.OPT_IN) is not chosen), None)
    if other is None:
        return None
    beside = estimating.estimate_channel(database, wave, other, now=now, snapshots=snapshots)
    others = _rows(database, wave, other, snapshots)
    if others is None or not beside.tables:
        return None
    opt_in, drawn = (results, beside) if chosen else (beside, results)
    found = contrasts(opt_in, drawn, comparables(wave.survey_plan))
    if not found:
        return None
    own, drawn_rows = (rows, others) if chosen else (others, rows)
    return BesideDrawn(opt_in.channel, drawn.channel, found, representativity(own, drawn_rows))


# --- the wave before -------------------------------------------------------------------------------------------


def _since_last(database: Database, wave: WaveFacts, results: ChannelResults) -> SinceLast | None:
    """The change since the latest closed wave of the same campaign and units whose results are made."""
    with database.reading() as session:
        own = session.execute(select(Wave.campaign_id, Wave.unit_id).where(Wave.id == wave.wave_id)).one()
        before = session.execute(
            select(Wave.code, Wave.title, Channel.id)
            .join(Channel, Channel.wave_id == Wave.id)
            .join(ResultSet, ResultSet.channel_id == Channel.id)
            .where(
                Wave.campaign_id == own.campaign_id,
                Wave.unit_id == own.unit_id,
                Wave.status == WaveStatus.CLOSED,
                Wave.closes_on < wave.opens_on,
                Channel.selection == Selection(results.selection),
                ResultSet.status == ResultStatus.FINAL,
            )
            .order_by(Wave.closes_on.desc(), Channel.id)
            .limit(1)
        ).one_or_none()
    if before is None:
        return None
    earlier, last = facts(database, before.code), frozen_results.find(database, before.id)
    if last is None:
        return None
    same, broken = _in_one_series(earlier, wave)
    found = contrasts(results, last, same)
    return SinceLast(before.code, before.title, found, broken) if found or broken else None


def _in_one_series(old: WaveFacts, new: WaveFacts) -> tuple[tuple[Comparable, ...], tuple[str, ...]]:
    """Figures whose series goes on, and the targets of those it does not."""
    figures = comparables(new.survey_plan)
    if old.content_hash == new.content_hash:
        return figures, ()
    before, after = codec.loads(old.document), codec.loads(new.document)
    if before.code != after.code:
        return (), tuple(f.target for f in figures)
    broken = _broken_targets(before, after)
    earlier: SurveyPlan = old.survey_plan
    going_on = [f for f in figures if f.target not in broken and any(m.measure == f.first for m in earlier.figures)]
    return tuple(going_on), tuple(f.target for f in figures if f not in going_on)


def _broken_targets(before: InstrumentVersion, after: InstrumentVersion) -> set[str]:
    """Targets of figures ("" for the headline) whose series does not go on."""
    fates = {one.index: one.fate for one in comparability.compare(before, after).series}
    return {
        "" if index.headline else index.target
        for index in indices.plan(after)
        if fates.get(index.code, "continues") != "continues"
    }
