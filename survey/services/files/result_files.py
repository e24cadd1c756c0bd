"""Files of a wave's results: the workbook, and the rows of answers as CSV. Built by jobs, never while someone waits.

What a file may hold is decided by the same view as the screen. Rows of answers are a right of their own (a grant's
`row_data`), never a unit viewer's; they are recoded (`row_recoding`) and expire in seven days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from instruments.model.document import InstrumentVersion
from survey.database import Database
from survey.errors import N_, Forbidden, NotFound
from survey.exports import csv_files
from survey.exports import workbook as writer
from survey.exports.tables import Cell, DataSheet
from survey.models.people.accounts import Role
from survey.permissions import Actor
from survey.services import jobs
from survey.services.estimates import answer_columns, channel_results
from survey.services.estimates import visible_results as results_service
from survey.services.estimates.analyses import reading
from survey.services.estimates.analyses.rows import row_weights
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.visible_results import ResultsView
from survey.services.files import analysis_tables, result_tables, soundness_tables
from survey.services.files.file_kinds import RESULT_FILES, ResultFile
from survey.services.files.result_sentences import Words, marks, synthetic_stamp
from survey.services.files.row_recoding import BLANK, HIDDEN, Recoded, bands, recode, safe_weights
from survey.services.jobs import MadeFile, Progress
from survey.services.province import settings
from survey.words.figures import rounded, short

BLOCK = 5_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def snapshots(instance: Path) -> Path:
    return instance / "snapshots"


def may_take_rows(view: ResultsView, actor: Actor) -> bool:
    """The right to files with a row per response, for everything this view covers."""
    if actor.is_system:
        return True
    return any(
        g.row_data and g.role is Role.ANALYST and g.covers(unit_path=view.wave.unit_path, domain=view.wave.domain)
        for g in actor.grants
    )


def to_take(view: ResultsView, actor: Actor) -> dict[str, ResultFile]:
    """The files this person may ask for of this view, by name."""
    rows = may_take_rows(view, actor)
    offered = {name: file for name, file in RESULT_FILES.items() if file.is_offered(view.version)}
    return {name: file for name, file in offered.items() if rows or not file.row_data}


def ask(
    database: Database, wave_code: str, channel: str | None, kind: str, *, actor: Actor, now: datetime, language: str
) -> int:
    """Queue a file. Refused here already when the wave is not to be seen or rows are not to be taken."""
    view = results_service.read(database, wave_code, channel, actor=actor, now=now)
    file = RESULT_FILES[kind]
    if not file.is_offered(view.version):
        raise NotFound("There is no such file.")
    if file.row_data and not may_take_rows(view, actor):
        raise Forbidden("Files with a row per response are a right of their own, which your account does not have.")
    params = {"wave": wave_code, "channel": view.channel, "language": language}
    return jobs.enqueue(database, file.job, params, actor=actor, now=now)


def write_workbook(
    database: Database,
    wave_code: str,
    channel: str | None,
    path: Path,
    *,
    actor: Actor,
    now: datetime,
    instance: Path,
    language: str = "vi",
    progress: Progress = lambda _done, _total: None,
) -> MadeFile:
    """The workbook of one channel as `actor` may have it."""
    kept = KeptResults(snapshots(instance))
    view = results_service.read(database, wave_code, channel, actor=actor, now=now, kept=kept, language=language)
    analyses = reading.of_view(database, view, kept, now=now)
    words = Words.of(language)
    further = [*analysis_tables.tables(view, analyses, words), *soundness_tables.tables(view, analyses, words)]
    with_rows = may_take_rows(view, actor) and bool(view.responses)
    rows = RecodedRows(database, view, words, instance) if with_rows else None
    writer.write(
        path,
        title=view.wave.title,
        about=result_tables.about(view, words, rows_left_out=rows.left_out if rows else None),
        about_name=words(N_("Read me")),
        tables=result_tables.tables(view, words, beside=further),
        data=[rows.coded(), rows.labelled()] if rows else [],
        stamp=" · ".join(marks(view, words)),
        progress=progress,
    )
    return MadeFile(path, file_name(view, "xlsx"), XLSX, row_data=with_rows)


def write_rows(
    database: Database,
    wave_code: str,
    channel: str | None,
    path: Path,
    *,
    actor: Actor,
    now: datetime,
    instance: Path,
    language: str = "vi",
    progress: Progress = lambda _done, _total: None,
) -> MadeFile:
    """The recoded rows as CSV."""
    view = results_service.read(
        database, wave_code, channel, actor=actor, now=now, kept=KeptResults(snapshots(instance)), language=language
    )
    if not may_take_rows(view, actor):
        raise Forbidden("Files with a row per response are a right of their own, which your account does not have.")
    words = Words.of(language)
    sheet = RecodedRows(database, view, words, instance).coded()
    stamp = [synthetic_stamp(words)] if view.wave.is_synthetic else []  # a column: every row carries it
    headings = [*sheet.headings, *(["synthetic"] if stamp else [])]
    csv_files.write(path, headings, ([*row, *stamp] for row in sheet.rows), count=sheet.count, progress=progress)
    return MadeFile(path, file_name(view, "csv"), "text/csv; charset=utf-8", row_data=True)


def file_name(view: ResultsView, ending: str) -> str:
    """The name of a file: wave and channel, after a mark where the data are made up."""
    return f"{'THU-NGHIEM-' if view.wave.is_synthetic else ''}{view.wave.code}-{view.channel}.{ending}"


@dataclass(frozen=True)
class Taken:
    """The recoded rows of one channel by column, every column (n,), for a table that joins several waves."""

    version: InstrumentVersion
    unit: list[str | None]
    month: list[str | None]
    field: list[str | None]
    items: Mapping[str, np.ndarray]  # as in `columns`
    facts: Mapping[str, list[Cell] | np.ndarray]  # codes, HIDDEN and BLANK below 0; numbers as bands in words
    weight: list[Cell]


class RecodedRows:
    """The answers of a view, recoded so that they single nobody out."""

    def __init__(self, database: Database, view: ResultsView, words: Words, instance: Path) -> None:
        self._view, self._words = view, words
        channel = view.wave.channel(view.channel)
        self._answers = answer_columns.read(database, channel.id, view.version, snapshots=snapshots(instance))
        with database.reading() as session:
            limits = settings.read(session)
        self._items = [
            i for i in view.version.asked_items if i.kind not in ("text", "date") and not i.is_respondent_fact
        ]  # a day would undo what the month hides
        self._facts = [i for i in view.version.asked_items if i.is_respondent_fact and i.kind in ("single", "number")]
        days = self._answers.fact("_day").astype("datetime64[D]")
        month = days.astype("datetime64[M]").astype(np.int64)
        self._limits: dict[str, tuple[tuple[float, float], ...]] = {}
        facts = [self._fact(item.code, item.kind) for item in self._facts]
        unit, field = self._answers.fact("_unit"), self._answers.fact("_field")
        self._kept: Recoded = recode(
            unit.astype(np.int64), month, field.astype(np.int64), facts, minimum=limits.row_combination_minimum
        )
        self._weights = self._safe_weights(limits.row_stratum_minimum)
        self.left_out = self._kept.left_out

    def coded(self) -> DataSheet:
        names = [*(name for i in self._items for name in answer_columns.column_names(i, self._view.version))]
        taken = {"unit", "month", "field", "weight", "synthetic"}  # of every file; a question may bear such a code
        own = [unused(name, taken) for name in (*(f.code for f in self._facts), *names)]
        headings = ("unit", "month", "field", *own, "weight")
        lead = self._words(N_("Coded answers; blank: not answered or hidden. The codebook says what the codes mean."))
        return DataSheet(self._words(N_("Coded data")), headings, self._coded(names), len(self._kept.unit), lead)

    def labelled(self) -> DataSheet:
        w = self._words
        facts = [(f.short or f.code) for f in self._facts]
        items = [i.short or i.label or i.code for i in self._items if i.kind != "multiple"]
        headings = (w(N_("Unit")), w(N_("Month")), w(N_("Field")), *facts, *items, w(N_("Weight")))
        lead = w(N_("The same rows in words."))
        return DataSheet(w(N_("Labelled data")), headings, self._labelled(), len(self._kept.unit), lead)

    def _coded(self, names: list[str]) -> Iterator[list[Cell]]:
        kept, view = self._kept, self._view
        fields = {0: "unknown"} | dict(view.field_codes)
        for rows, where in self._blocks():
            block: list[list[Cell]] = [
                [view.unit_codes.get(u) for u in kept.unit[rows].tolist()],
                [_month(m) for m in kept.month[rows].tolist()],
                [fields.get(f) for f in kept.field[rows].tolist()],
            ]
            block += [[_code(v) for v in fact[rows].tolist()] for fact in kept.facts]
            block += [_blanks(self._answers.values[name][where]) for name in names]
            block.append(self._weights[rows])
            yield from (list(row) for row in zip(*block, strict=True))

    def _labelled(self) -> Iterator[list[Cell]]:
        kept, view, w = self._kept, self._view, self._words
        hidden = w(N_("hidden"))
        fields = {HIDDEN: hidden, 0: w(N_("not known"))} | dict(view.field_names)
        labels_of = {i.code: {o.code: o.label.inside(w.language) for o in view.version.options(i)} for i in self._items}
        for rows, where in self._blocks():
            block: list[list[Cell]] = [
                [view.unit_names.get(u, hidden) for u in kept.unit[rows].tolist()],
                [_month(m) or hidden for m in kept.month[rows].tolist()],
                [fields.get(f) for f in kept.field[rows].tolist()],
            ]
            for item, values in zip(self._facts, kept.facts, strict=True):
                block.append(self._fact_words(item.code, values[rows], hidden))
            for item in self._items:
                if item.kind != "multiple":
                    plain, labels = _blanks(self._answers.values[item.code][where]), labels_of[item.code]
                    block.append([_label(labels, v) for v in plain] if labels else plain)
            block.append(self._weights[rows])
            yield from (list(row) for row in zip(*block, strict=True))

    def taken(self) -> Taken:
        """The kept rows by column, as a table of several waves takes them."""
        kept, view = self._kept, self._view
        where = np.flatnonzero(kept.kept)
        fields = {0: "unknown"} | dict(view.field_codes)
        banded = {i.code for i in self._facts if i.code in self._limits}
        return Taken(
            version=view.version,
            unit=[view.unit_codes.get(u) for u in kept.unit.tolist()],
            month=[_month(m) for m in kept.month.tolist()],
            field=[fields.get(f) for f in kept.field.tolist()],
            items={
                name: self._answers.values[name][where]
                for item in self._items
                for name in answer_columns.column_names(item, view.version)
            },
            facts={
                item.code: self._fact_words(item.code, values, "") if item.code in banded else values
                for item, values in zip(self._facts, kept.facts, strict=True)
            },
            weight=self._weights,
        )

    def _blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """The kept rows in blocks: a slice of the kept rows, and the places (k,) of these rows among all answers."""
        places = np.flatnonzero(self._kept.kept)
        for start in range(0, len(places), BLOCK):
            yield slice(start, start + BLOCK), places[start : start + BLOCK]

    def _fact(self, code: str, kind: str) -> np.ndarray:
        if kind == "number":
            found, self._limits[code] = bands(self._answers.numbers(code))
            return found
        values = self._answers.codes(code).astype(np.int64)
        return np.where(values == answer_columns.BLANK, BLANK, values)

    def _fact_words(self, code: str, values: np.ndarray, hidden: str) -> list[Cell]:
        if code in self._limits:
            limits = ([short(limit, 6, self._words.language) for limit in band] for band in self._limits[code])
            names = {n: f"{low} – {high}" for n, (low, high) in enumerate(limits)}
        else:
            item = self._view.version.item(code)
            names = {o.code: o.label.inside(self._words.language) for o in self._view.version.options(item)}
        names |= {HIDDEN: hidden, BLANK: ""}
        return [names.get(int(v)) for v in values]

    def _safe_weights(self, minimum: int) -> list[Cell]:
        """The weight of each kept row; None where its stratum is so small that the weight would reveal it."""
        view = self._view
        weighed = channel_results.weigh_answers(view.wave, view.wave.channel(view.channel), self._answers)
        weights = row_weights(self._answers, weighed)
        cells = np.column_stack([self._answers.unit, self._answers.field])
        place = np.unique(cells, axis=0, return_inverse=True)[1]
        shown = safe_weights(weights, place.reshape(-1).astype(np.int64), minimum=minimum)[self._kept.kept]
        hidden = (self._kept.unit == HIDDEN) | (self._kept.field == HIDDEN)  # a weight would tell the stratum
        return [None if h or np.isnan(x) else float(rounded(x, 6)) for x, h in zip(shown, hidden, strict=True)]


def _blanks(values: np.ndarray) -> list[Cell]:
    """Python values with None for blank, made at once and not cell by cell."""
    if values.dtype == np.uint8:
        return [None if v == answer_columns.BLANK else v for v in values.tolist()]
    numbers: list[float] = values.tolist()
    return [None if v != v else (int(v) if v == int(v) else v) for v in numbers]


def unused(name: str, taken: set[str]) -> str:
    """`name`, with underscores added until it is not in `taken`; the result is added to `taken`."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _label(labels: dict[int, str], value: Cell) -> Cell:
    return labels.get(value, value) if isinstance(value, int) else value


def _code(value: int) -> Cell:
    return None if value in (HIDDEN, BLANK) else int(value)


def _month(value: int) -> str | None:
    return None if value == HIDDEN else str(np.datetime64(int(value), "M"))
