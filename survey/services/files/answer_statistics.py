"""The rows of answers of a wave's channel for SPSS and Stata, with what the questionnaire knows of each code.

What is missing and what is ordered comes from the questionnaire: options that are not substantive are missing, ratings
are ordinal, a choice from a list is nominal. Units, fields, waves and channels are whole numbers with their names as
words; a month is its first day. Rows are those of `result_files`, under the same right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from survey.database import Database
from survey.errors import N_
from survey.exports import statistics_files
from survey.exports.statistics_files import Measure, StatisticsColumn
from survey.exports.tables import Cell
from survey.permissions import Actor
from survey.services.estimates import answer_columns
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.answer_rows import RecodedRows, Taken, unused
from survey.services.files.question_sentences import without_column
from survey.services.files.result_files import file_name, view_of_rows
from survey.services.files.result_sentences import Words, synthetic_stamp
from survey.services.files.rows import statements as row_statements
from survey.services.jobs import MadeFile, Progress
from survey.words.fieldwork import SELECTIONS
from survey.words.results import CHOSEN

SAV, DTA = "application/x-spss-sav", "application/x-stata-dta"
WEIGHT_PLACES, NUMBER_PLACES = 6, 2
LONGEST_NUMBER = 9  # digits of a code that is kept as a number
UNKNOWN = "unknown"  # the field of an answer that named none
WEIGHTED = N_("“WEIGHT BY weight.” gives weighted figures; without it every answer counts the same.")
MISSING = N_(
    "Answers that say nothing on the matter, such as “not applicable”, are missing values: still counted, part of no "
    "mean."
)
APART = N_("Answers of people who were drawn and of people who chose themselves are never pooled.")
MINIMUM = N_("Figures of fewer than %(minimum)s answers are shown nowhere and are not to be published from this file.")


@dataclass(frozen=True)
class Meaning:
    """What the codes of a question mean to a program of statistics."""

    measure: Measure
    codes: Mapping[int, str]
    missing: frozenset[int]


def meaning(item: Item, versions: Sequence[InstrumentVersion], language: str) -> Meaning:
    """The codes of a question as these versions ask it; where they differ, the newest says."""
    words: dict[int, str] = {}
    substantive: dict[int, bool] = {}
    for version in versions:
        own = version.item(item.code)
        for option in version.options(own):
            words[option.code] = version.option_label(own, option).inside(language)
            substantive[option.code] = option.substantive
    measure: Measure = "ordinal" if item.kind == "rating" else "scale" if item.kind == "number" else "nominal"
    missing = frozenset(code for code, holds in substantive.items() if not holds)
    return Meaning(measure, dict(sorted(words.items())), missing)


@dataclass(frozen=True)
class Named:
    """The words of units and fields by their codes, in the order in which they came into the record."""

    units: Mapping[str, str]
    fields: Mapping[str, str]


def named(view: ResultsView, w: Words) -> Named:
    """The words of every unit and field that a row may bear."""
    fields = {view.field_codes[key]: name for key, name in sorted(view.field_names.items())}
    return Named(
        {view.unit_codes[key]: name for key, name in sorted(view.unit_names.items())},
        {UNKNOWN: w(N_("not known"))} | fields,
    )


def labelled(
    name: str, label: str, values: Sequence[str | None], words: Mapping[str, str], *, missing: str = ""
) -> StatisticsColumn:
    """Codes as whole numbers with words. A code that is a number stays; those in letters take the free numbers from 1
    in the order of `words`; the code that is `missing` is 0."""
    own, number = {0}, {missing: 0} if missing else {}
    for code in words:
        if code.isascii() and code.isdigit() and len(code) <= LONGEST_NUMBER and int(code) not in own:
            own.add(int(code))
            number[code] = int(code)
    free = (n for n in count(1) if n not in own)
    number |= {code: next(free) for code in words if code not in number}
    held = set(values)
    told = {number[code]: f"{said} ({code})" for code, said in words.items() if code in held and code != missing}
    if missing:
        told[0] = words.get(missing, missing)
    column = np.array([np.nan if code is None else number[code] for code in values], np.float64)
    return StatisticsColumn(
        name, label, column, codes=dict(sorted(told.items())), missing=frozenset({0} if missing else ())
    )


def first_days(months: Sequence[str | None]) -> npt.NDArray[np.datetime64]:
    """The first day of each month (n,), NaT where it is hidden."""
    return np.array(["NaT" if month is None else month for month in months], "datetime64[M]").astype("datetime64[D]")


def numbers(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """A column of answers or of coded facts (n,) with NaN for what is blank or hidden."""
    if values.dtype == np.uint8:
        return np.where(values == answer_columns.BLANK, np.nan, values.astype(np.float64))
    if values.dtype.kind == "f":
        return values
    return np.where(values < 0, np.nan, values.astype(np.float64))


def weights(values: Sequence[Cell]) -> npt.NDArray[np.float64]:
    """The weight of each row (n,), NaN where it is hidden."""
    return np.array([np.nan if v is None else v for v in values], np.float64)


def columns(taken: Taken, view: ResultsView, w: Words) -> list[StatisticsColumn]:
    """The rows of one channel by column."""
    words = named(view, w)
    found = [
        labelled("unit", w(N_("Unit")), taken.unit, words.units),
        StatisticsColumn("month", w(N_("Month")), first_days(taken.month), "date", "scale"),
        labelled("field", w(N_("Field")), taken.field, words.fields, missing=UNKNOWN),
        *_asked(taken, view.version, w),
        StatisticsColumn("weight", w(N_("Weight")), weights(taken.weight), measure="scale", places=WEIGHT_PLACES),
        StatisticsColumn("stratum", w(N_("Stratum")), np.array(taken.stratum, np.float64)),
        StatisticsColumn("cluster", w(N_("Cluster")), np.array(taken.cluster, np.float64)),
    ]
    if view.wave.is_synthetic:
        found.append(StatisticsColumn("synthetic", w(N_("Made-up data")), [synthetic_stamp(w)] * len(taken.weight),
                                      "text"))  # fmt: skip
    return found


def _asked(taken: Taken, version: InstrumentVersion, w: Words) -> Iterator[StatisticsColumn]:
    """Facts about the respondent first, then the questions; of a multiple choice a column for each option."""
    used = {"unit", "month", "field", "weight", "stratum", "cluster", "synthetic"}
    chosen = {int(code): w(text) for code, text in CHOSEN.items()}
    asked = [*map(version.item, taken.facts), *(i for i in version.asked_items if i.code not in taken.facts)]
    for item in asked:
        label, meant = _heading(item, version, w), meaning(item, [version], w.language)
        fact = taken.facts.get(item.code)
        if isinstance(fact, list):
            yield StatisticsColumn(unused(item.code, used), label, fact, "text")
        elif item.kind == "multiple" and fact is None:
            for code, words in meant.codes.items():
                if (name := f"{item.code}={code}") in taken.items:
                    yield StatisticsColumn(unused(f"{item.code}_{code}", used), f"{label}: {words}",
                                           numbers(taken.items[name]), codes=chosen)  # fmt: skip
        elif (values := taken.items.get(item.code) if fact is None else fact) is not None:
            yield StatisticsColumn(
                unused(item.code, used), label, numbers(values), "number", meant.measure, meant.codes, meant.missing,
                NUMBER_PLACES if item.kind == "number" else 0,
            )  # fmt: skip


def _heading(item: Item, version: InstrumentVersion, w: Words) -> str:
    """The short label that the questionnaire has for files of statistics, else the question with its number."""
    return item.short or " ".join(filter(None, [item.label, version.said(item.wording, w.language)]))


def write_sav(
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
    """The recoded rows as a file of SPSS."""
    view, rows, w = _taken(database, wave_code, channel, actor=actor, now=now, instance=instance, language=language)
    taken = rows.taken()
    statistics_files.write_sav(path, columns(taken, view, w), title=_title(view, w), notes=_notes(view, rows, w))
    progress(len(taken.weight), len(taken.weight))
    return MadeFile(path, file_name(view, "sav"), SAV, row_data=True, rows=len(rows))


def write_dta(
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
    """The recoded rows as a file of Stata."""
    view, rows, w = _taken(database, wave_code, channel, actor=actor, now=now, instance=instance, language=language)
    taken = rows.taken()
    statistics_files.write_dta(path, columns(taken, view, w), title=_title(view, w))
    progress(len(taken.weight), len(taken.weight))
    return MadeFile(path, file_name(view, "dta"), DTA, row_data=True, rows=len(rows))


def _taken(
    database: Database,
    wave_code: str,
    channel: str | None,
    *,
    actor: Actor,
    now: datetime,
    instance: Path,
    language: str,
) -> tuple[ResultsView, RecodedRows, Words]:
    view = view_of_rows(database, wave_code, channel, actor=actor, now=now, instance=instance, language=language)
    w = Words.of(language)
    return view, RecodedRows(database, view, w, instance), w


def _title(view: ResultsView, w: Words) -> str:
    stamp = [synthetic_stamp(w)] if view.wave.is_synthetic else []
    return " · ".join([*stamp, view.wave.code, view.channel, view.wave.title])


def _notes(view: ResultsView, rows: RecodedRows, w: Words) -> list[str]:
    """What a reader of the file must know, as its document notes."""
    channel = f"{view.channel_title} ({w(SELECTIONS[view.selection.value])})"
    return [
        *([synthetic_stamp(w)] if view.wave.is_synthetic else []),
        f"{view.wave.code} – {view.wave.title}. {w(N_('Channel'))}: {channel}.",
        w(WEIGHTED),
        w(MISSING),
        w(APART),
        w(MINIMUM, minimum=view.minimum_cell),
        *(f"{head}: {said}" for head, said in row_statements.lines(view, rows, w)),
        *filter(None, [without_column(view.version, w)]),
    ]
