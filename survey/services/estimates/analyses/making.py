"""All further analyses of one channel, made together: once when the wave is closed, and on request while it runs."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from analysis.disclosure.counts import figure_of
from analysis.inference.estimate_tables import Estimate, EstimateTable, is_rate
from instruments.model import indices
from instruments.model.document import InstrumentVersion
from instruments.versions import comparability
from survey.database import Database
from survey.models.estimates.results import ResultStatus
from survey.models.fieldwork.waves import Selection
from survey.queries.estimates import result_sets
from survey.queries.estimates.result_sets import EarlierChannel
from survey.queries.estimates.wave_basis import WaveChannel
from survey.services.estimates import answer_columns, channel_results, stored_results
from survey.services.estimates.analyses.contrasts import (
    BesideDrawn,
    Comparable,
    SinceLast,
    UnitChange,
    against_margin,
    comparables,
    contrasts,
    representativity,
    unit_changes,
)
from survey.services.estimates.analyses.course import Course, course, day_sums
from survey.services.estimates.analyses.importance import Importance, importance
from survey.services.estimates.analyses.participation import Participation, participation
from survey.services.estimates.analyses.rows import WeighedRows
from survey.services.estimates.analyses.soundness import (
    AnswerQuality,
    Filing,
    Scale,
    above_frame,
    filing,
    flags,
    scales,
)
from survey.services.estimates.analyses.standings import Standings, bands, standings
from survey.services.estimates.analyses.unit_courses import UnitCourse, unit_courses
from survey.services.estimates.analyses.wave_series import (
    LEAST_WAVES,
    MOST_WAVES,
    FigureSeries,
    WaveOf,
    wave_series,
)
from survey.services.estimates.analyses.weighting import Weighting, weighting
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.disclosure import running_steps, unit_groups
from survey.services.estimates.disclosure.hidden_cells import Hiding
from survey.services.estimates.measure_plans import SurveyPlan
from survey.services.estimates.wave_facts import WaveFacts, facts
from survey.services.province import settings


@dataclass(frozen=True)
class Analyses:
    """All further analyses of one channel; None where there is nothing to analyse."""

    standings: Standings | None = None
    importance: Importance | None = None
    scales: tuple[Scale, ...] = ()
    filing: Filing | None = None
    quality: AnswerQuality | None = None
    course: Course | None = None
    unit_courses: tuple[UnitCourse, ...] = ()
    beside_drawn: BesideDrawn | None = None
    since_last: SinceLast | None = None
    participation: Participation | None = None
    weighting: Weighting | None = None
    series: tuple[FigureSeries, ...] = ()


_PLAIN: TypeAdapter[Analyses] = TypeAdapter(Analyses)


def to_plain(found: Analyses, unit_names: Mapping[int, str]) -> dict[str, Any]:
    """Analyses as plain data for JSON, under the names of the fields.

    Where an order of units would be chance there are no ranks (null): units stand in `bands`, by name in each, and so
    do the rows.
    """
    plain: dict[str, Any] = _PLAIN.dump_python(found, mode="json")
    order = found.standings
    if order is not None:
        printed = bands(order, unit_names) if order.is_noise else ()
        plain["standings"]["bands"] = [{"group": b.group, "units": [row.unit for row in b.rows]} for b in printed]
        if order.is_noise:
            plain["standings"]["rows"] = [{**asdict(row), "rank": None} for band in printed for row in band.rows]
    return plain


def pack(found: Analyses) -> bytes:
    """Analyses as compressed plain data."""
    return zlib.compress(_PLAIN.dump_json(found), 6)


def unpack(data: bytes) -> Analyses:
    """The analyses in the bytes that `pack` wrote."""
    return _PLAIN.validate_json(zlib.decompress(data))


def find(database: Database, channel_id: int) -> Analyses | None:
    """The analyses kept with the final results of a channel, or None while there are none."""
    with database.reading() as session:
        data = result_sets.final_analyses(session, channel_id)
    return unpack(data) if data else None


def analyse(
    database: Database,
    wave: WaveFacts,
    results: ChannelResults,
    *,
    now: datetime,
    snapshots: Path | None = None,
    others: Mapping[str, ChannelResults] | None = None,
) -> Analyses:
    """The analyses of the channel that `results` are of, from the answers that count in these.

    `others` are results of further channels, by their codes; those that are not there are made.
    """
    rows = _rows(database, wave, wave.channel(results.channel), snapshots, results.counted_before)
    if rows is None or not results.tables:
        return Analyses()
    plan, head = wave.survey_plan, wave.survey_plan.headline
    by_unit = results.table("unit").of(head.measure) if head is not None else None
    whole = results.one(head.measure) if head is not None else None
    minimum = wave.minimum_cell
    sums = day_sums(rows, head, minimum=minimum) if head is not None else None
    final = results.status == ResultStatus.FINAL.value  # an order of running figures would be taken for a verdict
    return Analyses(
        standings=_standings(wave, results, by_unit, whole) if by_unit is not None and final else None,
        importance=importance(rows, plan),
        scales=scales(rows),
        filing=filing(rows),
        quality=_quality(wave, results, rows),
        course=course(sums.together(), whole, minimum=minimum) if sums is not None else None,
        unit_courses=(unit_courses(sums, by_unit, minimum=minimum) if sums is not None and by_unit is not None else ()),
        beside_drawn=_beside_drawn(database, wave, results, rows, now, snapshots, others or {}),
        since_last=_since_last(database, wave, results),
        participation=participation(database, wave.channel(results.channel), wave.unit_kinds),
        weighting=weighting(wave, wave.channel(results.channel), rows.answers),
        series=_series(database, wave, results) if final else (),
    )


def _rows(
    database: Database, wave: WaveFacts, channel: WaveChannel, snapshots: Path | None, before: date | None
) -> WeighedRows | None:
    """The answers of a channel, of a running wave those that count in the step of the day `before`."""
    answers = answer_columns.read(database, channel.id, wave.questionnaire, snapshots=snapshots)
    if before is not None:
        answers = answers.where(running_steps.released(answers, minimum=wave.minimum_cell, before=before))
    if not len(answers):
        return None
    weighed = channel_results.weigh_answers(wave, channel, answers)
    return WeighedRows.of(answers, wave.questionnaire, channel.selection, weighed)


def _standings(
    wave: WaveFacts, results: ChannelResults, by_unit: EstimateTable, whole: Estimate | None
) -> Standings | None:
    """Where the units stand that are shown. With a hidden one among them, its rate could be solved for.

    Where one is hidden, the others are moved to their own weighted mean and not to the figure of the whole.
    """
    figure = figure_of(str(by_unit.variable[0])) if len(by_unit) else ""
    shown = np.array([not results.pattern.hides("unit", key, figure) for key in by_unit.domain_keys()], np.bool_)
    if not shown.all() and whole is not None:
        by_unit = by_unit.where(shown)
        known = np.isfinite(by_unit.estimate) & np.isfinite(by_unit.sum_w) & (by_unit.sum_w > 0)
        if not known.any():
            return None
        whole = replace(whole, estimate=float(np.average(by_unit.estimate[known], weights=by_unit.sum_w[known])))
    return standings(by_unit, gates=wave.gates, whole=whole)


def _quality(wave: WaveFacts, results: ChannelResults, rows: WeighedRows) -> AnswerQuality:
    counts, flagged = flags(rows)
    per_unit: dict[int, int] = {}
    for cell in wave.frame:
        per_unit[cell.unit] = per_unit.get(cell.unit, 0) + cell.transactions
    counts = replace(counts, above_frame=above_frame(rows, per_unit))
    head = wave.survey_plan.headline
    if head is None or not is_rate(head.measure.name):
        return counts
    rate = results.one(head.measure)
    if not flagged.any():
        same = rate.estimate if rate else None
        return replace(counts, rate=same, rate_without=same)
    kept = rows.answers.where(~flagged)
    without = None
    if len(kept):
        weighed = channel_results.weigh_answers(wave, wave.channel(results.channel), kept)
        without = next(iter(weighed.estimates((), measures=(head.measure,))), None)
    return replace(counts, rate=rate.estimate if rate else None, rate_without=without.estimate if without else None)


def _beside_drawn(
    database: Database,
    wave: WaveFacts,
    results: ChannelResults,
    rows: WeighedRows,
    now: datetime,
    snapshots: Path | None,
    made: Mapping[str, ChannelResults],
) -> BesideDrawn | None:
    """The self-selected and the drawn channel of a wave that has both; of several, the first of each.

    Where one asks at further units, both are looked at in the units they share: else units would be compared, not
    channels.
    """
    own, chosen = wave.channel(results.channel), rows.selection is Selection.OPT_IN
    other = next((c for c in wave.channels if (c.selection is Selection.OPT_IN) is not chosen), None)
    if other is None:
        return None
    theirs = made.get(other.code) or channel_results.estimate_channel(
        database, wave, other.code, now=now, snapshots=snapshots
    )
    others = _rows(database, wave, other, snapshots, theirs.counted_before)
    if others is None or not theirs.tables:
        return None
    common = own.units & other.units
    with database.reading() as session:
        minimum = settings.read(session).minimum_cell
    if not all(_tells_no_few(found, common, minimum) for found in (rows, others)):
        return None

    def among(found: ChannelResults, channel: WaveChannel) -> ChannelResults:
        """The results in the common units, put together from those of each."""
        return found if channel.units == common else unit_groups.together(found, wave, common)

    mine, beside = among(results, own), among(theirs, other)
    opt_in, drawn = (mine, beside) if chosen else (beside, mine)
    found = contrasts(opt_in, drawn, comparables(wave.survey_plan))
    if not found:
        return None
    opt_in_rows, drawn_rows = (rows.within(common), others.within(common))[:: 1 if chosen else -1]
    part = 0 if own.units == other.units else len(common)
    return BesideDrawn(opt_in.channel, drawn.channel, found, representativity(opt_in_rows, drawn_rows), part)


def _tells_no_few(rows: WeighedRows, units: frozenset[int], minimum: int) -> bool:
    """Whether these units have answers, and their sum, set against that of all, tells nothing of few people.

    Units of fewer answers than `minimum` are hidden: on either side there are none, or together enough.
    """
    asked, counts = np.unique(rows.answers.fact("_unit"), return_counts=True)
    inside, small = np.isin(asked, sorted(units)), counts < minimum
    if inside.all():
        return True
    hidden = (int(counts[small & side].sum()) for side in (inside, ~inside))
    return bool(inside.any()) and not any(0 < n < minimum for n in hidden)


# --- the wave before -------------------------------------------------------------------------------------------


def _since_last(database: Database, wave: WaveFacts, results: ChannelResults) -> SinceLast | None:
    """The change since the latest closed wave of the same campaign whose results are made.

    A wave with several channels of one selection is compared channel by channel, by their codes.
    """
    own = wave.channel(results.channel)
    with database.reading() as session:
        before = result_sets.last_before(session, wave.wave_id, own.selection, own.code)
    if before is None:
        return None
    earlier = facts(database, before.wave_code)
    last = stored_results.find(database, earlier, before.id)
    if last is None or (before.code != own.code and not (_alone(earlier, own) and _alone(wave, own))):
        return None
    same, broken = _in_one_series(earlier, wave)
    chosen = own.selection is Selection.OPT_IN
    found = contrasts(results, last, same, opt_in=chosen)
    moved = earlier.channel(before.code).units != own.units
    if not (found or broken):
        return None
    margin = wave.fixed.margin if wave.fixed is not None else None
    final = results.status == ResultStatus.FINAL.value  # what is proven is said once
    if margin is not None and final:
        found = against_margin(found, results, last, same, margin, opt_in=chosen)
    whole = next((figure for figure in same if figure.level == "overall"), None)
    return SinceLast(
        before.wave_code, before.wave_title, found, broken, moved, before.code, margin,
        wave.fixed.set_on if wave.fixed is not None else None,
        _units_since(database, earlier, last, unit_changes(results, last, whole, margin, opt_in=chosen))
        if whole is not None and final else (),
    )  # fmt: skip


def _units_since(
    database: Database, earlier: WaveFacts, last: ChannelResults, found: tuple[UnitChange, ...]
) -> tuple[UnitChange, ...]:
    """Without the units whose figure is hidden in the earlier wave: the difference would tell it."""
    if not found or (head := earlier.survey_plan.headline) is None:
        return ()
    hiding = Hiding(last, earlier)
    table = last.table("unit").of(head.measure)
    places = {int(unit): place for place, unit in enumerate(table.domain["unit"].tolist())}
    return tuple(
        one for one in found if hiding.shown(table.row(places[one.unit]), "unit", (one.unit,)).value is not None
    )


def _series(database: Database, wave: WaveFacts, results: ChannelResults) -> tuple[FigureSeries, ...]:
    """The figures of this wave over the closed waves before, of the channel with the same code or the only one."""
    own = wave.channel(results.channel)
    with database.reading() as session:
        before = result_sets.closed_before(session, wave.wave_id, own.selection, most=MOST_WAVES)
    of_wave: dict[str, EarlierChannel] = {}
    for one in before:
        if one.code == own.code or one.wave_code not in of_wave:
            of_wave[one.wave_code] = one
    if len(of_wave) < LEAST_WAVES - 1:
        return ()
    made: list[WaveOf] = []
    earlier: WaveFacts | None = None
    for one in reversed(of_wave.values()):
        here = facts(database, one.wave_code)
        found = stored_results.find(database, here, one.id)
        if found is None or not found.tables:
            continue
        if one.code != own.code and not (_alone(here, here.channel(one.code)) and _alone(wave, own)):
            continue
        made.append(_wave_of(here, earlier, found))
        earlier = here
    return wave_series((*made, _wave_of(wave, earlier, results)), opt_in=own.selection is Selection.OPT_IN)


def _wave_of(wave: WaveFacts, before: WaveFacts | None, results: ChannelResults) -> WaveOf:
    """One wave of a series: its comparable figures, and which of them go on from the wave before."""
    figures = {(f.level, f.target): results.one(f.first) for f in comparables(wave.survey_plan)}
    same, _ = _in_one_series(before, wave) if before is not None else ((), ())
    return WaveOf(
        wave.code, wave.title, wave.opens_on, wave.closes_on,
        {key: one for key, one in figures.items() if one is not None}, frozenset((f.level, f.target) for f in same),
    )  # fmt: skip


def _alone(wave: WaveFacts, channel: WaveChannel) -> bool:
    """Whether a wave has only one channel with the selection of this one."""
    return sum(one.selection is channel.selection for one in wave.channels) == 1


def _in_one_series(old: WaveFacts, new: WaveFacts) -> tuple[tuple[Comparable, ...], tuple[str, ...]]:
    """Figures whose series goes on, and the targets of those it does not."""
    figures = comparables(new.survey_plan)
    if old.content_hash == new.content_hash:
        return figures, ()
    before, after = old.questionnaire, new.questionnaire
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
