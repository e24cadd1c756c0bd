"""The answers of several waves in one file, although their questionnaires are not of one version.

A question has one column as long as it may stand in one series; reworded or rescaled it has a column of its own, with
the version in its name and in its heading (`instruments.versions.joining`). Every row says its wave, channel,
selection and version. Rows are recoded wave by wave as in the file of one wave (`answer_rows`), under the same right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.versions.joining import SharedColumn, shared_columns
from survey.csv_dialects import CsvDialect
from survey.database import Database
from survey.errors import N_, Conflict, Forbidden, Invalid, NotFound
from survey.exports import csv_files
from survey.exports import workbook as writer
from survey.exports.statistics_files import Kind, Measure, StatisticsColumn, write_dta, write_sav
from survey.exports.tables import Cell, Column, DataSheet, Table
from survey.models.people.accounts import Role
from survey.permissions import Actor
from survey.queries.estimates import several_waves as queries
from survey.queries.estimates.several_waves import JoinableWave
from survey.services import audit, jobs
from survey.services.estimates import answer_columns
from survey.services.estimates import visible_results as results_service
from survey.services.estimates.results_cache import KeptResults
from survey.services.files import answer_statistics
from survey.services.files.answer_rows import RecodedRows, Taken, unused
from survey.services.files.answer_statistics import Named
from survey.services.files.question_sentences import without_column
from survey.services.files.result_files import XLSX, snapshots
from survey.services.files.result_sentences import Words, synthetic_stamp
from survey.services.jobs import MadeFile, Progress
from survey.services.province import settings
from survey.words.fieldwork import SELECTIONS
from survey.words.questionnaires import CHANGES
from survey.words.results import CHOSEN

KIND = "results_joined"
COLUMNS = N_(
    "A question has one column as long as its words and answers are the same or a person has judged them comparable. "
    "Reworded or rescaled it has a column of its own, named by the version in which it began."
)
WEIGHTS = N_(
    "Each wave and channel has its own weights. Drawn and self-selected answers are never pooled: choose by the "
    "column “selection” first."
)
MOST_WAVES = 40
DESIGN = ("stratum", "cluster")


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    SAV = "sav"
    DTA = "dta"


MEDIA = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: XLSX,
    Format.SAV: answer_statistics.SAV,
    Format.DTA: answer_statistics.DTA,
}


@dataclass(frozen=True)
class Part:
    """The rows of one channel of one wave."""

    wave: JoinableWave
    channel: str
    channel_title: str
    selection: str
    named: Named
    taken: Taken


@dataclass(frozen=True)
class JoinedColumn:
    """One column of the file."""

    name: str
    label: str
    question: str
    versions: tuple[int, ...]
    apart: str
    codes: Mapping[int, str]
    source: str  # the name in `Taken`; empty for the columns every file has
    kind: Kind = "number"
    measure: Measure = "nominal"
    missing: frozenset[int] = frozenset()
    places: int = 0


def waves(database: Database, *, actor: Actor) -> tuple[JoinableWave, ...]:
    """Closed waves whose rows this person may take, by questionnaire."""
    with database.reading() as session:
        return tuple(wave for wave in queries.waves(session) if _may_take(wave, actor))


def ask(
    database: Database, instrument: str, chosen: Sequence[str], wanted: Format, *,
    actor: Actor, now: datetime, language: str, dialect: CsvDialect = CsvDialect.COMMA,
) -> int:  # fmt: skip
    """Queue the file. Refused here already when a wave's rows may not be taken."""
    found = _chosen(database, instrument, chosen, actor)
    params = {"instrument": instrument, "waves": [w.code for w in found], "format": wanted.value, "language": language}
    if wanted is Format.CSV:
        params["dialect"] = dialect.value
    with database.writing() as session:
        subject = f"wave {', '.join(wave.code for wave in found)}"
        audit.record(session, actor, "rows.ask", subject, now, file=KIND, format=wanted.value)
        return jobs.ask(session, KIND, params, actor=actor, now=now)


def write(
    database: Database,
    instrument: str,
    chosen: Sequence[str],
    wanted: Format,
    path: Path,
    *,
    actor: Actor,
    now: datetime,
    instance: Path,
    language: str = "vi",
    dialect: CsvDialect = CsvDialect.COMMA,
    progress: Progress = lambda _done, _total: None,
) -> MadeFile:
    """All rows of these waves in one file."""
    w = Words.of(language)
    found = _chosen(database, instrument, chosen, actor)
    parts = [part for wave in found for part in _parts(database, wave, w, actor=actor, now=now, instance=instance)]
    table = JoinedTable(parts, w)
    if wanted is Format.CSV:
        names = [column.name for column in table.columns]
        csv_files.write(path, names, table.rows(), count=table.count, progress=progress, dialect=dialect)
    elif wanted is Format.XLSX:
        _write_xlsx(path, instrument, found, table, w, progress)
    else:
        columns, title = table.statistics(), " · ".join(filter(None, [table.stamp, instrument]))
        if wanted is Format.SAV:
            with database.reading() as session:
                minimum = settings.read(session).minimum_cell
            write_sav(path, columns, title=title, notes=table.notes(minimum))
        else:
            write_dta(path, columns, title=title)
    made_up = "THU-NGHIEM-" if any(wave.is_synthetic for wave in found) else ""
    return MadeFile(
        path, f"{made_up}{instrument}-{len(found)}-dot.{wanted}", MEDIA[wanted], row_data=True, rows=table.count
    )


def _may_take(wave: JoinableWave, actor: Actor) -> bool:
    return actor.is_system or any(
        g.row_data and g.role is Role.ANALYST and g.covers(unit_path=wave.unit_path, domain=wave.domain)
        for g in actor.grants
    )


def _chosen(database: Database, instrument: str, chosen: Sequence[str], actor: Actor) -> tuple[JoinableWave, ...]:
    with database.reading() as session:
        known = {wave.code: wave for wave in queries.waves(session) if wave.instrument == instrument}
    wanted = list(dict.fromkeys(chosen))
    if not wanted:
        raise Invalid("Choose at least one wave.", problems={"waves": N_("Choose at least one wave.")})
    if len(wanted) > MOST_WAVES:
        raise Invalid("Choose at most %(most)s waves for one file.", most=MOST_WAVES)
    if missing := [code for code in wanted if code not in known]:
        raise NotFound("There is no closed wave %(code)s of this questionnaire.", code=missing[0][:60])
    if not all(_may_take(known[code], actor) for code in wanted):
        raise Forbidden("Files with a row per response are a right of their own, which your account does not have.")
    return tuple(sorted((known[code] for code in wanted), key=lambda wave: (wave.opens_on, wave.code)))


def _parts(
    database: Database, wave: JoinableWave, w: Words, *, actor: Actor, now: datetime, instance: Path
) -> Iterator[Part]:
    kept = KeptResults(snapshots(instance))
    first = results_service.read(
        database, wave.code, None, actor=actor, now=now, kept=kept, language=w.language
    )  # fmt: skip
    if not first.final:
        raise Conflict(
            "The results of the wave %(code)s are being made; ask again when they are there.", code=wave.code
        )
    for channel in first.channels:
        view = results_service.read(
            database, wave.code, channel.code, actor=actor, now=now, kept=kept, language=w.language
        )
        if rows := RecodedRows.of(database, view, w, instance):
            named = answer_statistics.named(view, w)
            yield Part(wave, channel.code, channel.title, channel.selection.value, named, rows.taken())


class JoinedTable:
    """Rows of several channels under the columns they share."""

    def __init__(self, parts: Sequence[Part], w: Words) -> None:
        self._parts, self._words = parts, w
        self.stamp = synthetic_stamp(w) if any(part.wave.is_synthetic for part in parts) else ""
        self.columns = (*self._before(), *self._items(), *self._after())
        self.count = sum(len(part.taken.weight) for part in parts)

    @property
    def left_out(self) -> str:
        """Which questions have no column in any wave, and why; empty where every one has."""
        versions = {part.wave.version: part.taken.version for part in self._parts}
        return " ".join(
            dict.fromkeys(
                said for _, version in sorted(versions.items()) if (said := without_column(version, self._words))
            )
        )

    def notes(self, minimum: int) -> list[str]:
        """What a reader of a file without sheets must know, as its document notes."""
        w = self._words
        channels = [
            f"{part.wave.code} – {part.wave.title}: {part.channel_title} ({w(SELECTIONS[part.selection])})."
            for part in self._parts
        ]
        said = [w(WEIGHTS), w(answer_statistics.WEIGHTED), w(answer_statistics.MISSING), w(COLUMNS)]
        below = w(answer_statistics.MINIMUM, minimum=minimum)
        return [*filter(None, [self.stamp, *channels, *said, below, self.left_out])]

    def rows(self, *, labelled: bool = False) -> Iterator[list[Cell]]:
        """The rows of all parts, one wave after the other."""
        for part in self._parts:
            block = [self._cells(part, column, labelled=labelled) for column in self.columns]
            n = len(part.taken.weight)
            yield from (
                list(row) for row in zip(*(b if b is not None else repeat(None, n) for b in block), strict=True)
            )

    def statistics(self) -> list[StatisticsColumn]:
        """The rows of `rows` by column, for programs of statistics."""
        return [self._statistics(column) for column in self.columns]

    def _statistics(self, column: JoinedColumn) -> StatisticsColumn:
        if not column.source:
            return self._fixed_statistics(column)
        if column.kind == "text":
            texts: list[Any] = []
            for part in self._parts:
                cells = self._cells(part, column, labelled=False)
                texts += cells if cells is not None else [None] * len(part.taken.weight)
            return StatisticsColumn(column.name, column.label, texts, "text")
        # arrays at once: an object of Python for every cell of a million rows would take gigabytes
        values = np.concatenate([self._numbers(part, column) for part in self._parts])
        return StatisticsColumn(
            column.name, column.label, values, "number", column.measure, column.codes, column.missing, column.places
        )

    def _numbers(self, part: Part, column: JoinedColumn) -> np.ndarray:
        """The numbers of one column in one part (n,), NaN where its version does not ask it."""
        if part.wave.version not in column.versions:
            return np.full(len(part.taken.weight), np.nan)
        fact = part.taken.facts.get(column.source)
        return answer_statistics.numbers(part.taken.items[column.source] if fact is None else np.asarray(fact))

    def _numbered_on(self, name: str) -> np.ndarray:
        """Strata or clusters (n,), numbered on from part to part, for those of different waves and channels differ."""
        found, last = [np.empty(0)], 0.0
        for part in self._parts:
            codes = np.array(part.taken.stratum if name == "stratum" else part.taken.cluster, np.float64) + last
            found.append(codes)
            last = float(codes.max(initial=last))
        return np.concatenate(found)

    def _fixed_statistics(self, column: JoinedColumn) -> StatisticsColumn:
        """A column that every file has: codes in letters with their words, months as days."""
        name, label, w = column.name, column.label, self._words
        parts = self._parts
        if name in DESIGN:
            return StatisticsColumn(name, label, self._numbered_on(name))
        values: list[Any] = [value for part in parts for value in self._of_the_row(part, name)]
        words: dict[str, Mapping[str, str]] = {
            "wave": {part.wave.code: part.wave.title for part in parts},
            "channel": {part.channel: part.channel_title for part in parts},
            "selection": {key: w(said) for key, said in SELECTIONS.items()},
            "unit": {code: said for part in parts for code, said in part.named.units.items()},
            "field": {code: said for part in parts for code, said in part.named.fields.items()},
        }
        if name in words:
            missing = answer_statistics.UNKNOWN if name == "field" else ""
            return answer_statistics.labelled(name, label, values, words[name], missing=missing)
        if name == "month":
            return StatisticsColumn(name, label, answer_statistics.first_days(values), "date", "scale")
        if column.kind == "text":
            return StatisticsColumn(name, label, values, "text")
        return StatisticsColumn(
            name, label, answer_statistics.weights(values), measure=column.measure, places=column.places
        )

    def _cells(self, part: Part, column: JoinedColumn, *, labelled: bool) -> list[Cell] | None:
        """The values of one column in one part, None where its version does not ask it."""
        if not column.source:
            return self._of_the_row(part, column.name)
        if part.wave.version not in column.versions:
            return None
        fact = part.taken.facts.get(column.source)
        if isinstance(fact, list):
            return fact
        held = _plain(part.taken.items[column.source]) if fact is None else _codes(fact)
        return [column.codes.get(v, v) if isinstance(v, int) else v for v in held] if labelled else held

    def _of_the_row(self, part: Part, name: str) -> list[Cell]:
        taken, wave = part.taken, part.wave
        of_all: dict[str, Cell] = {
            "wave": wave.code,
            "channel": part.channel,
            "selection": part.selection,
            "version": wave.version,
            "synthetic": self.stamp if wave.is_synthetic else None,
        }
        if name in of_all:
            return [of_all[name]] * len(taken.weight)
        held: dict[str, Sequence[Cell]] = {
            "unit": taken.unit, "month": taken.month, "field": taken.field, "weight": taken.weight,
            "stratum": taken.stratum, "cluster": taken.cluster,
        }  # fmt: skip
        if name in DESIGN:  # those of different waves and channels differ
            return [f"{wave.code} {part.channel} {code}" for code in held[name]]
        return list(held[name])

    def _before(self) -> Iterator[JoinedColumn]:
        w = self._words
        yield _fixed("wave", w(N_("Wave")))
        yield _fixed("channel", w(N_("Channel")))
        yield _fixed("selection", w(N_("Selection")))
        yield JoinedColumn("version", w(N_("Version of the questionnaire")), "", (), "", {}, "")
        yield _fixed("unit", w(N_("Unit")))
        yield _fixed("month", w(N_("Month")))
        yield _fixed("field", w(N_("Field")))

    def _after(self) -> Iterator[JoinedColumn]:
        weight = self._words(N_("Weight"))
        yield JoinedColumn(
            "weight", weight, "", (), "", {}, "", measure="scale", places=answer_statistics.WEIGHT_PLACES
        )
        yield JoinedColumn("stratum", self._words(N_("Stratum")), "", (), "", {}, "")
        yield JoinedColumn("cluster", self._words(N_("Cluster")), "", (), "", {}, "")
        if self.stamp:
            yield _fixed("synthetic", self.stamp)

    def _items(self) -> Iterator[JoinedColumn]:
        versions = {part.wave.version: part.taken.version for part in self._parts}
        shared = shared_columns(list(versions.values()))
        several = {one.item for one in shared if one.apart}
        taken = {column.name for column in (*self._before(), *self._after())}
        for one in shared:
            asked = [versions[number] for number in one.versions]
            item = asked[-1].item(one.item)
            if item.kind in ("text", "date") or (item.is_respondent_fact and item.kind not in ("single", "number")):
                continue  # as in the file of one wave
            label = self._heading(one, item, asked[-1], apart=one.item in several)
            question = asked[-1].said(item.wording, asked[-1].source_language)
            banded = item.is_respondent_fact and item.kind == "number"
            meant = answer_statistics.meaning(item, asked, asked[-1].source_language)
            if banded:
                name = unused(one.name, taken)
                yield JoinedColumn(name, label, question, one.versions, one.apart, {}, one.item, "text")
                continue
            if item.kind != "multiple":
                yield JoinedColumn(
                    unused(one.name, taken), label, question, one.versions, one.apart, meant.codes, one.item, "number",
                    meant.measure, meant.missing, answer_statistics.NUMBER_PLACES if item.kind == "number" else 0,
                )  # fmt: skip
                continue
            chosen = {int(code): self._words(text) for code, text in CHOSEN.items()}
            for code, words in meant.codes.items():
                yield JoinedColumn(
                    unused(f"{one.name}_{code}", taken), f"{label}: {words}", question, one.versions, one.apart,
                    chosen, f"{one.item}={code}",
                )  # fmt: skip

    def _heading(self, one: SharedColumn, item: Item, version: InstrumentVersion, *, apart: bool) -> str:
        """What stands over the column; of a question with several columns the version comes first."""
        short = item.short or item.label or version.said(item.wording, self._words.language)
        if not apart:
            return short
        told = self._words(N_("version %(numbers)s"), numbers=", ".join(map(str, one.versions)))
        if one.apart:
            told += f", {self._words(CHANGES[one.apart])}"
        return f"[{told}] {short}"


def _fixed(name: str, label: str) -> JoinedColumn:
    return JoinedColumn(name, label, "", (), "", {}, "", "text")


def _plain(values: np.ndarray) -> list[Cell]:
    held: list[Any] = values.tolist()
    if values.dtype == np.uint8:
        return [None if v == answer_columns.BLANK else v for v in held]
    return [None if v != v else (int(v) if v == int(v) else v) for v in held]


def _codes(values: np.ndarray) -> list[Cell]:
    return [None if v < 0 else int(v) for v in values.tolist()]


def _write_xlsx(
    path: Path, instrument: str, found: Sequence[JoinableWave], table: JoinedTable, w: Words, progress: Progress
) -> None:
    names = tuple(column.name for column in table.columns)
    headings = tuple(column.label for column in table.columns)
    same = w(N_("The same rows in words."))
    lead = w(N_("Coded answers; blank: not answered, not asked in this version, or hidden."))
    writer.write(
        path,
        title=instrument,
        about=[
            (w(N_("Questionnaire")), instrument),
            (w(N_("Waves")), "; ".join(f"{wave.title} ({wave.code}, @{wave.version})" for wave in found)),
            (w(N_("Rows")), str(table.count)),
            (w(N_("Columns")), w(COLUMNS)),
            (w(N_("Weights")), w(WEIGHTS)),
            (w(N_("Questions without a column")), table.left_out or "–"),
        ],
        about_name=w(N_("Read me")),
        tables=[_codebook(table, w)],
        data=[
            DataSheet(w(N_("Coded data")), names, table.rows(), table.count, lead),
            DataSheet(w(N_("Labelled data")), headings, table.rows(labelled=True), table.count, same),
        ],
        stamp=table.stamp,
        progress=progress,
    )  # fmt: skip


def _codebook(table: JoinedTable, w: Words) -> Table:
    rows = [
        [
            column.name, column.label, column.question, ", ".join(map(str, column.versions)),
            w(CHANGES[column.apart]) if column.apart else "",
            "; ".join(f"{code} = {words}" for code, words in column.codes.items()),
        ]
        for column in table.columns
    ]  # fmt: skip
    headings = (
        (w(N_("Column")), 16), (w(N_("Heading")), 34), (w(N_("Question")), 50), (w(N_("Versions")), 10),
        (w(N_("Why apart")), 18), (w(N_("Codes")), 50),
    )  # fmt: skip
    return Table(
        w(N_("Columns")), w(N_("Which column holds which question?")),
        tuple(Column(words, width=width) for words, width in headings), rows,
    )  # fmt: skip
