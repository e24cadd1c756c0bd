"""From the answers of a wave to weighted estimates and verdicts, channel by channel, never pooled.

A running wave's figures are provisional ('tạm thời') and move in steps (`disclosure.running_steps`); a closed one's are
made once (`stored_results`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.arrays import Bools, Ints
from analysis.design.frame_weights import FrameCells
from analysis.disclosure.counts import Cell, figure_of
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
from survey.services.estimates.analyses.rows import WeighedRows, row_weights
from survey.services.estimates.answer_columns import Columns
from survey.services.estimates.channel_verdicts import CROSSINGS, WITHIN_UNITS, Key, Verdict, Verdicts
from survey.services.estimates.disclosure import patterns, published_tables
from survey.services.estimates.disclosure.patterns import HiddenCells, Progress
from survey.services.estimates.entered_answers import Entered, entered_answers
from survey.services.estimates.wave_facts import WaveFacts

ROWS_A_CHUNK = 200_000
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
    entered: tuple[Entered, ...] = ()  # numbers and dates; none for a part of the units
    pattern: HiddenCells = field(default_factory=HiddenCells)  # what nobody sees
    part: bool = False  # of some of the units, so that the whole of these is below the whole of the wave
    counted_before: date | None = None  # of a running wave: answers of this day and later do not count
    waiting: int = 0  # answers before that day which wait until there are enough of them
    # comments before that day, by unit (0: all) and field
    written: Mapping[tuple[int, str], int] = field(default_factory=dict)

    def table(self, *by: str) -> EstimateTable:
        return self.tables[",".join(by)]

    def one(self, measure: Measure) -> Estimate | None:
        """The estimate of a measure in the whole."""
        return next(iter(self.table().of(measure)), None)

    def verdict(self, by: str, key: Key) -> Verdict | None:
        """The verdict of a domain of a crossing, None where it is not judged."""
        return self.verdicts.get(by, {}).get(key)

    def _within(self, by: str) -> EstimateTable:
        """The headline figure by units and fields or groups; without a line where the wave does not publish it."""
        if f"unit,{by}" in self.tables:
            return self.table("unit", by)
        empty = self.table("unit").where(np.zeros(len(self.table("unit")), np.bool_))
        return replace(empty, by=("unit", by), domain={**empty.domain, by: np.empty(0, np.int64)})

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
        tables = {by: inside(self._within(by), "unit", unit) for by in ("field", "group")}
        whole = replace(own, by=(), domain={})
        return replace(
            self,
            responses=int(own.n.max(initial=0)),
            tables={"": whole, "unit": replace(own, by=("unit",), domain={"unit": np.full(len(own), unit)}), **tables},
            verdicts=verdicts,
            parts={},
            entered=(),
            pattern=self.pattern.of_unit(unit),
            part=True,
        )


def estimate_channel(
    database: Database,
    wave: WaveFacts,
    channel_code: str,
    *,
    now: datetime,
    snapshots: Path | None = None,
    counted: Callable[[Columns], Bools] | None = None,
    since: Mapping[Cell, int] | None = None,
    progress: Progress = lambda _done, _total: None,
) -> ChannelResults:
    """Estimates of one channel with the pattern of what is hidden, and once the wave is closed its verdicts.

    `counted` says which of the answers (n,) count by now, of a running wave; `since` has the number of answers of each
    cell as it was last published: what changed by few people is hidden.
    """
    channel = wave.channel(channel_code)
    answers = answer_columns.read(database, channel.id, wave.questionnaire, snapshots=snapshots)
    if counted is not None:
        answers = answers.where(counted(answers))
    if not len(answers):
        return _nothing(wave, channel, answers, now)
    closed = wave.status is WaveStatus.CLOSED
    facts = published_tables.facts_listed(wave) if closed else ()
    weighed = weigh_answers(wave, channel, answers, facts=facts)
    weights = row_weights(answers, weighed)
    pattern = patterns.make(wave, answers, weights, running=not closed, since=since, progress=progress)
    families: tuple[Family, ...] | None = None
    if closed:
        with database.reading() as session:
            families = verdict_families.of_channel(session, channel.id) or ()
    made = _results(wave, channel, answers, weighed, now, families=families, pattern=pattern)
    rows = WeighedRows(answers, wave.questionnaire, channel.selection, np.nan_to_num(weights))
    return replace(made, entered=entered_answers(rows))


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


def weigh_answers(wave: WaveFacts, channel: WaveChannel, answers: Columns, *, facts: Sequence[str] = ()) -> WeighedWave:
    """The answers of a channel, weighted to the frame of the units in which it asks.

    Without a frame every answer counts the same, and that is what the recorded stage then says. The sums are kept by
    each of the `facts` that respondents say of themselves as well.
    """
    totals = _totals(wave, channel, answers, facts)
    frame = [cell for cell in wave.frame if cell.unit in channel.units]
    if not has_frame(wave, channel):
        pairs, counts = np.unique(np.column_stack([answers.unit, answers.field]), axis=0, return_counts=True)
        frame = [FrameCount(int(u), int(f), int(n)) for (u, f), n in zip(pairs, counts, strict=True)]
    together = channel.selection is not Selection.OPT_IN and totals.shape.clustered
    return weigh(totals, channel.selection.value, frame_cells(wave, frame), together=together)


def _totals(wave: WaveFacts, channel: WaveChannel, answers: Columns, facts: Sequence[str]) -> Totals:
    """The weighted sums of the answers, made in one pass over the columns."""
    plan, selection = wave.survey_plan, channel.selection.value
    clusters = _clusters(channel, answers)
    totals = begin(plan.measures, selection, beside=facts, together=clusters is not None)
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
                cluster=batch, numbers=numbers,
                **{fact: answers.codes(fact)[rows].astype(np.int64) for fact in facts},
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
    pattern: HiddenCells,
) -> ChannelResults:
    """Every table that is published, and with `families` the verdicts and the headline figure within units.

    A hidden figure is not judged, and counts in its family as one that is never proven: else the bounds of the figures
    that are shown would tell what was proven of it.
    """
    head, plan_measures = wave.survey_plan.headline, wave.survey_plan.measures.measures
    first = head.measure if head is not None else plan_measures[0]
    listed = published_tables.published(wave, running=families is None)
    tables = {}
    for by in (*CROSSINGS, *WITHIN_UNITS):
        if (figures := listed.get(",".join(by))) is not None:
            chosen = (first,) if len(by) > 1 else tuple(m for m in plan_measures if figure_of(m.variable) in figures)
            tables[",".join(by)] = weighed.estimates(by, measures=chosen, intervals=INTERVALS)
    verdicts: Verdicts = {}
    if families is not None:
        verdicts = channel_verdicts.of_all(
            wave, weighed, tables, _answer_rows(wave, channel, answers), families,
            level_of_whole=planned_looks.closing_level(wave, channel.selection),
            hidden=lambda by, key: pattern.hides(by, key, figure_of(first.variable)),
        )  # fmt: skip
        tables |= _by_facts(wave, weighed)
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
        pattern=pattern,
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


def _by_facts(wave: WaveFacts, weighed: WeighedWave) -> dict[str, EstimateTable]:
    """The rated questions by each fact that the wave lists; who did not say is no line."""
    plan, found = wave.survey_plan.measures, {}
    rated = {item.code for item in plan.items}
    measures = tuple(measure for measure in plan.measures if measure.variable in rated)
    for fact in published_tables.facts_listed(wave):
        table = weighed.estimates((fact,), measures=measures, intervals=INTERVALS)
        found[f"fact:{fact}"] = table.where(table.domain[fact] != answer_columns.BLANK)
    return found


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
