"""From the answers of a wave to weighted estimates and verdicts, channel by channel, never pooled.

A running wave's figures are provisional ('tạm thời') and may be computed as often as one likes (`results_cache`); a
closed one's are made once (`stored_results`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.arrays import Ints
from analysis.design.frame_weights import FrameCells
from analysis.inference.estimate_tables import Estimate, EstimateTable
from analysis.inference.waves import AnswerRows, WeighedWave, begin, wave_chunk, weigh
from analysis.totals.measure_plan import Measure
from analysis.totals.streaming import Totals
from survey import __version__
from survey.database import Database
from survey.models.estimates.results import ResultStatus
from survey.models.fieldwork.waves import Selection, WaveStatus
from survey.queries.estimates import verdict_families
from survey.queries.estimates.verdict_families import Family
from survey.queries.estimates.wave_basis import FrameCount, WaveChannel
from survey.services.estimates import answer_columns, channel_verdicts, planned_looks
from survey.services.estimates.analyses.rows import WeighedRows
from survey.services.estimates.answer_columns import Columns
from survey.services.estimates.channel_verdicts import CROSSINGS, WITHIN_UNITS, Key, Verdict, Verdicts
from survey.services.estimates.entered_answers import Entered, entered_answers
from survey.services.estimates.wave_facts import WaveFacts

ROWS_A_CHUNK = 200_000
SCOPE = "scope"  # a variable: 1 in the units that are looked at as a whole, else 0
INTERVALS = ("logit", "wilson", "kg", "mean")  # the last for scores


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
    verdicts: Verdicts
    weight_stages: tuple[dict[str, Any], ...]
    merges: tuple[dict[str, Any], ...]
    flagged: int  # answers without a frame cell
    uncovered: float  # transactions of frame cells that no answer stands for
    clusters: int
    result_set_id: int | None = None
    deleted_since: int = 0
    former_rule: bool = False  # judged before families were fixed, each view on its own
    parts: Mapping[int, Verdicts] = field(default_factory=dict)  # of the former rule: verdicts of each unit alone
    version: int = 1  # of the final results; the newest counts
    entered: tuple[Entered, ...] = ()  # numbers and dates; none for a unit of final results

    def table(self, *by: str) -> EstimateTable:
        return self.tables[",".join(by)]

    def one(self, measure: Measure) -> Estimate | None:
        """The estimate of a measure in the whole."""
        return next(iter(self.table().of(measure)), None)

    def verdict(self, by: str, key: Key) -> Verdict | None:
        """The verdict of a domain of a crossing, None where it is not judged."""
        return self.verdicts.get(by, {}).get(key)

    def provisional(self) -> ChannelResults:
        """The same without verdicts: these are made once, when the results are frozen."""
        return replace(self, status=ResultStatus.PROVISIONAL.value, verdicts={}, parts={})

    def of_unit(self, unit: int) -> ChannelResults:
        """The results of one unit as a whole of its own, taken from those of all units; nothing is estimated again."""
        if not self.tables:
            return self
        own = inside(self.table("unit"), "unit", unit)
        judged = self.verdicts.get("unit", {}).get((unit,))
        verdicts: dict[str, Mapping[Key, Verdict]] = {
            "": {} if judged is None else {(): judged},
            "unit": {} if judged is None else {(unit,): judged},
        }
        for by in ("field", "group"):
            of_all_units = self.verdicts.get(f"unit,{by}", {})
            alone = self.parts.get(unit, {}).get(by, {})
            verdicts[by] = {**alone, **{key[1:]: v for key, v in of_all_units.items() if key[0] == unit}}
        tables = {by: inside(self.table("unit", by), "unit", unit) for by in ("field", "group")}
        whole = replace(own, by=(), domain={})
        return replace(
            self,
            responses=int(own.n.max(initial=0)),
            tables={"": whole, "unit": replace(own, by=("unit",), domain={"unit": np.full(len(own), unit)}), **tables},
            verdicts=verdicts,
            parts={},
            entered=(),
        )

    def beside(self, final: ChannelResults, units: frozenset[int]) -> ChannelResults:
        """Figures of several units together, with what was found and judged of each of them when the wave was closed.

        Together they are no member of a family, so only the units have verdicts.
        """
        if not self.tables or not final.tables:
            return self
        rows = final.table("unit")
        rows = rows.where(np.isin(rows.domain["unit"], sorted(units)))
        return replace(
            self,
            tables={**self.tables, "unit": rows},
            verdicts={"unit": {key: v for key, v in final.verdicts.get("unit", {}).items() if key[0] in units}},
            former_rule=final.former_rule,
            version=final.version,
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
    sample of its own, and not judged. With `until` answers of that day and later do not count.
    """
    channel = wave.channel(channel_code)
    answers = answer_columns.read(database, channel.id, wave.questionnaire, snapshots=snapshots)
    if until is not None:
        answers = answers.where(answers.fact("_day") < (until - date(1970, 1, 1)).days)
    if not len(answers):
        return _nothing(wave, channel, answers, now)
    weighed = weigh_answers(wave, channel, answers, scope=scope)
    rows = WeighedRows.of(answers, wave.questionnaire, channel.selection, weighed)
    inside = None if scope is None else np.isin(answers.fact("_unit"), sorted(scope))
    families: tuple[Family, ...] | None = None
    if wave.status is WaveStatus.CLOSED and scope is None:
        with database.reading() as session:
            families = verdict_families.of_channel(session, channel.id) or ()
    made = _results(wave, channel, answers, weighed, now, families=families, scoped=scope is not None)
    return replace(made, entered=entered_answers(rows, inside))


def look_at_whole(
    database: Database,
    wave: WaveFacts,
    channel: WaveChannel,
    *,
    until: date,
    level: float,
    snapshots: Path | None = None,
) -> tuple[int, Verdict] | None:
    """How many answers came before the day `until`, and what they prove of the whole at a level; None without any."""
    answers = answer_columns.read(database, channel.id, wave.questionnaire, snapshots=snapshots)
    answers = answers.where(answers.fact("_day") < (until - date(1970, 1, 1)).days)
    if not len(answers):
        return None
    weighed = weigh_answers(wave, channel, answers)
    table = weighed.estimates((), intervals=INTERVALS)
    found = channel_verdicts.of_whole(wave, weighed, table, _answer_rows(wave, channel, answers), level=level)
    return None if found is None else (len(answers), found)


# --- from answers to totals and weights ------------------------------------------------------------------------


def has_frame(wave: WaveFacts, channel: WaveChannel) -> bool:
    """Whether there are transactions to weight the answers of a channel to."""
    return any(cell.transactions for cell in wave.frame if cell.unit in channel.units)


def weigh_answers(
    wave: WaveFacts, channel: WaveChannel, answers: Columns, *, scope: frozenset[int] | None = None
) -> WeighedWave:
    """The answers of a channel, weighted to the frame of the units in which it asks.

    Without a frame every answer counts the same, and that is what the recorded stage then says.
    """
    totals = _totals(wave, channel, answers, scope)
    frame = [cell for cell in wave.frame if cell.unit in channel.units]
    if not has_frame(wave, channel):
        pairs, counts = np.unique(np.column_stack([answers.unit, answers.field]), axis=0, return_counts=True)
        frame = [FrameCount(int(u), int(f), int(n)) for (u, f), n in zip(pairs, counts, strict=True)]
    together = channel.selection is not Selection.OPT_IN and totals.shape.clustered
    return weigh(totals, channel.selection.value, frame_cells(wave, frame), together=together)


def _totals(wave: WaveFacts, channel: WaveChannel, answers: Columns, scope: frozenset[int] | None) -> Totals:
    """The weighted sums of the answers, made in one pass over the columns."""
    plan, selection = wave.survey_plan, channel.selection.value
    clusters = _clusters(channel, answers)
    totals = begin(
        plan.measures, selection, variables=("group",) if scope is None else ("group", SCOPE),
        together=clusters is not None,
    )  # fmt: skip
    inside = np.isin(answers.fact("_unit"), sorted(scope or ())).astype(np.int64)
    fields = answers.field
    groups = _groups(wave, fields)
    for start in range(0, len(answers), ROWS_A_CHUNK):
        rows = slice(start, start + ROWS_A_CHUNK)
        blocks = [answers.codes(name)[rows] for name in plan.coded]
        size = len(answers.fact("_unit")[rows])
        coded = np.column_stack(blocks) if blocks else np.empty((size, 0), np.uint8)
        numbers = np.column_stack([answers.numbers(name)[rows] for name in plan.numbers]) if plan.numbers else None
        batch = None if clusters is None else clusters[rows]
        totals.add(
            wave_chunk(
                selection, coded, unit=answers.fact("_unit")[rows], field=fields[rows], group=groups[rows],
                cluster=batch, numbers=numbers, **({SCOPE: inside[rows]} if scope is not None else {}),
            )
        )  # fmt: skip
    return totals


def _answer_rows(wave: WaveFacts, channel: WaveChannel, answers: Columns) -> AnswerRows:
    """The answers as the totals took them, for what verdicts stand on."""
    plan = wave.survey_plan
    coded = np.empty((len(answers), len(plan.coded)), np.uint8, order="F")
    for place, name in enumerate(plan.coded):
        coded[:, place] = answers.codes(name)
    unit, field = answers.fact("_unit").astype(np.int64), answers.field
    return AnswerRows(coded, unit, field, _clusters(channel, answers), {"group": _groups(wave, field)})


def _clusters(channel: WaveChannel, answers: Columns) -> Ints | None:
    """What answers were taken in (n,): of self-selected ones collection point × day, of drawn ones their batches."""
    if channel.selection is not Selection.OPT_IN:
        return answers.batches
    days = answers.fact("_day").astype(np.int64)
    days -= days.min()  # small numbers, which are grouped without sorting
    return np.asarray(answers.fact("_point").astype(np.int64) * (days.max() + 1) + days)


def _groups(wave: WaveFacts, fields: Ints) -> Ints:
    """The target group of each answer's field (n,)."""
    known, place = np.unique(fields, return_inverse=True)
    return np.array([wave.group_of_field(int(f)) for f in known], np.int64)[place]


def frame_cells(wave: WaveFacts, cells: Sequence[FrameCount]) -> FrameCells:
    """Cells of a frame with target group and kind of unit, as they are weighted to."""
    kinds = {kind: n for n, kind in enumerate(sorted(set(wave.unit_kinds.values())))}
    return FrameCells(
        np.array([cell.unit for cell in cells], np.int64),
        np.array([cell.field for cell in cells], np.int64),
        np.array([cell.transactions for cell in cells], np.float64),
        np.array([wave.group_of_field(cell.field) for cell in cells], np.int64),
        np.array([kinds.get(wave.unit_kinds.get(cell.unit, ""), 0) for cell in cells], np.int64),
    )


# --- tables and verdicts ---------------------------------------------------------------------------------------


def _results(
    wave: WaveFacts,
    channel: WaveChannel,
    answers: Columns,
    weighed: WeighedWave,
    now: datetime,
    *,
    families: Sequence[Family] | None,
    scoped: bool,
) -> ChannelResults:
    """Every table, and with `families` the verdicts and the headline figure within units."""
    head, plan_measures = wave.survey_plan.headline, wave.survey_plan.measures.measures
    tables = {",".join(by): _table(weighed, by, scoped=scoped) for by in CROSSINGS}
    verdicts: Verdicts = {}
    if families is not None:
        first = head.measure if head is not None else plan_measures[0]
        tables |= {",".join(by): weighed.estimates(by, measures=(first,), intervals=INTERVALS) for by in WITHIN_UNITS}
        verdicts = channel_verdicts.of_all(
            wave, weighed, tables, _answer_rows(wave, channel, answers), families,
            level_of_whole=planned_looks.closing_level(wave, channel.selection),
        )  # fmt: skip
    weights = weighed.weights
    return ChannelResults(
        channel=channel.code,
        selection=channel.selection.value,
        responses=len(answers),
        status=_status(wave),
        data_hash=answers.data_hash,
        made_at=now,
        software=f"hailong {__version__}",
        tables=tables,
        verdicts=verdicts,
        weight_stages=tuple(_plain_stage(stage) for stage in weights.stages),
        merges=tuple(
            {"level": m.level, "cells": [list(c) for c in m.cells], "population": m.population, "n": m.n}
            for m in weights.merges
        ),
        flagged=sum(stage.flagged for stage in weights.stages),
        uncovered=float(weights.uncovered),
        clusters=len(np.unique(answers.point_day)),
    )


def _nothing(wave: WaveFacts, channel: WaveChannel, answers: Columns, now: datetime) -> ChannelResults:
    return ChannelResults(
        channel=channel.code,
        selection=channel.selection.value,
        responses=0,
        status=_status(wave),
        data_hash=answers.data_hash,
        made_at=now,
        software=f"hailong {__version__}",
        tables={},
        verdicts={},
        weight_stages=(),
        merges=(),
        flagged=0,
        uncovered=float(sum(cell.transactions for cell in wave.frame)),
        clusters=0,
    )


def _status(wave: WaveFacts) -> str:
    return (ResultStatus.FINAL if wave.status is WaveStatus.CLOSED else ResultStatus.PROVISIONAL).value


def _table(weighed: WeighedWave, by: tuple[str, ...], *, scoped: bool) -> EstimateTable:
    """Every figure in every domain of a crossing, of the whole or of the units looked at."""
    if not scoped:
        return weighed.estimates(by, intervals=INTERVALS)
    return inside(weighed.estimates((SCOPE, *by), intervals=INTERVALS), SCOPE, 1)


def inside(table: EstimateTable, name: str, value: int) -> EstimateTable:
    """The rows of a crossing whose variable `name` is `value`, without that variable: a part as a whole of its own."""
    found = table.where(table.domain[name] == value)
    return replace(
        found,
        by=tuple(n for n in found.by if n != name),
        domain={n: codes for n, codes in found.domain.items() if n != name},
    )


def _plain_stage(stage: Any) -> dict[str, Any]:
    found = {name: getattr(stage, name) for name in stage.__dataclass_fields__}
    return {
        k: (float(v) if isinstance(v, np.floating) else int(v) if isinstance(v, np.integer) else v)
        for k, v in found.items()
    }
