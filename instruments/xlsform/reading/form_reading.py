"""A workbook of XLSForm as a questionnaire: ours to the last byte, other people's as far as it can be carried.

What the sheets survey and choices say counts; our own sheet adds what XLSForm has no place for. A form that was made
elsewhere becomes a demonstration at the grade `draft`, with a remark for everything that was read differently, put in
its place or left out. What is not supported stops the import, one problem for each, with sheet and row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from instruments import codec, conditions
from instruments.checks import integrity
from instruments.checks.problems import InvalidInstrument, Problem, errors
from instruments.model.document import InstrumentVersion
from instruments.xlsform.conditions import xpath
from instruments.xlsform.flattening import Misplaced, get, put
from instruments.xlsform.import_report import Remark
from instruments.xlsform.reading import workbook_cells
from instruments.xlsform.reading.answer_lists import AnswerList, answer_lists
from instruments.xlsform.reading.columns import Languages, Line, Table, table
from instruments.xlsform.reading.findings import Notes, placed
from instruments.xlsform.reading.foreign_forms import fill_in
from instruments.xlsform.reading.naming import Known
from instruments.xlsform.reading.row_words import Words, looks_vietnamese
from instruments.xlsform.reading.survey_sheet import Part, Reader, Survey
from instruments.xlsform.sheet_layout import (
    CHOICES,
    NEVER,
    OURS,
    SETTINGS,
    SHEET_CHOICES,
    SHEET_DOCUMENT,
    SHEET_LIST,
    SHEET_SURVEY,
    SURVEY,
    TRANSLATED,
    WANTED,
)
from instruments.xlsform.writing import safe_label

HARMLESS_SHEETS = frozenset({"instructions", "readme", "read me", "notes", "hướng dẫn", "lookups", "types"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A usable version, what became of the file on the way, and which row each part came from."""

    version: InstrumentVersion
    remarks: tuple[Remark, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    is_ours: bool = True
    """Written here, not by another program."""

    def placed(self, problem: Problem) -> Problem:
        """A finding about the version, at the row of the workbook it is about."""
        return placed(self.places, problem)


def read(data: bytes, *, service_domain: str | None = None) -> Reading:
    """The questionnaire in a workbook, or `InvalidInstrument` with every problem by sheet and row.

    `service_domain` (admin, health, education) is for forms made elsewhere, which do not say it.
    """
    notes = Notes()
    book = workbook_cells.read(data, WANTED)
    if SURVEY not in book.sheets:
        raise InvalidInstrument([Problem("xls-sheet-missing", "", {"sheet": SURVEY})])
    languages = Languages()
    tables = {
        name: table(sheet, languages, translated=TRANSLATED, **({"aliases": {}} if name == OURS else {}))
        for name, sheet in book.sheets.items()
    }
    for name in book.others:
        if name.strip().lower() not in HARMLESS_SHEETS:
            notes.remark("sheet", name, sheet=name)
    for one in tables.values():
        if one.formulas and one.name != OURS:  # LibreOffice keeps yes and no as formulas
            notes.remark("formula", one.name, count=one.formulas)
        for letter, rows in one.unnamed.items():
            notes.remark("column", one.name, rows, column=letter, count=len(rows))
    for code, name in languages.unknown.items():
        notes.remark("language-unknown", SURVEY, name=name, code=code)
    return _Form(tables, languages, notes, service_domain).reading()


class _Form:
    def __init__(
        self, tables: Mapping[str, Table], languages: Languages, notes: Notes, service_domain: str | None
    ) -> None:
        self._tables, self._languages, self._notes = tables, languages, notes
        self._service_domain = service_domain
        self._survey_table = tables[SURVEY]
        settings = tables.get(SETTINGS)
        self._settings = settings.lines[0] if settings and settings.lines else Line(2)
        self._ours = tables[OURS].lines if OURS in tables else ()
        self._is_ours = any(line.text("sheet") == SHEET_DOCUMENT for line in self._ours)

    def reading(self) -> Reading:
        for column in ("type", "name"):
            if column not in self._survey_table.columns:
                self._notes.problem("xls-column-missing", SURVEY, column=column)
        if "label" not in self._survey_table.spoken:
            self._notes.problem("xls-column-missing", SURVEY, column="label")
        self._stop_if_wrong()
        document = self._document()
        words = self._words(document)
        lists = answer_lists(self._tables.get(CHOICES), words, self._notes)
        survey = Reader(self._survey_table, lists, words, self._notes).read()
        self._stop_if_wrong()
        self._apply_rest(survey, lists)
        self._assemble(document, survey, lists)
        if not self._is_ours:
            self._lists_left(survey, lists)
            fill_in(document, self._settings, words, self._found_languages(words), self._notes, self._service_domain)
        self._stop_if_wrong()
        return self._checked(document)

    def _stop_if_wrong(self) -> None:
        if self._notes.problems:
            raise InvalidInstrument(self._notes.problems)

    def _checked(self, document: dict[str, Any]) -> Reading:
        try:
            version = codec.loads_draft(json.dumps(document))
        except InvalidInstrument as invalid:
            raise InvalidInstrument(map(self._notes.placed, invalid.problems)) from None
        if found := errors(integrity.problems(version)):
            raise InvalidInstrument(map(self._notes.placed, found))
        return Reading(version, tuple(self._notes.remarks), self._notes.places, self._is_ours)

    # --- the whole ----------------------------------------------------------------------------------------

    def _document(self) -> dict[str, Any]:
        """What our sheet and the settings say of the whole form."""
        document: dict[str, Any] = {}
        for line in self._ours:
            if line.text("sheet") == SHEET_DOCUMENT:
                self._put(document, line)
                self._notes.places[line.text("field")] = f"{OURS}!{line.number}"
        if not self._is_ours:
            return document
        document.pop("sections", None)
        document.pop("scales", None)
        document["code"] = self._settings.text("form_id")
        version = self._settings.text("version")
        document["version"] = int(version) if version.isdigit() and len(version) < 9 else version
        self._notes.places |= dict.fromkeys(("code", "version"), f"{SETTINGS}!{self._settings.number}")
        self._retitle(document)
        return document

    def _retitle(self, document: dict[str, Any]) -> None:
        """A title changed in the settings counts."""
        title, source = document.get("title"), self._source(document)
        written = self._settings.cells.get("form_title")
        if isinstance(title, dict) and isinstance(written, str) and safe_label(str(title.get(source, ""))) != written:
            title[source] = written

    def _source(self, document: dict[str, Any]) -> str:
        found = document.get("languages")
        for one in found if isinstance(found, list) else ():
            if isinstance(one, dict) and one.get("role") == "source" and isinstance(one.get("code"), str):
                return str(one["code"])
        return "vi"

    def _words(self, document: dict[str, Any]) -> Words:
        if self._is_ours:
            source = self._source(document)
            return Words(source, source, exact=True)
        spoken = self._survey_table.spoken["label"]
        stated = self._languages.code(self._settings.text("default_language"))
        unnamed = "" if stated in spoken else stated
        if "" in spoken and not unnamed:
            texts = [words[""] for line in self._survey_table.lines if "" in (words := line.words.get("label", {}))]
            unnamed = next(
                code for code in ("vi" if looks_vietnamese(texts) else "en", "en", "vi", "und") if code not in spoken
            )
            self._notes.remark("languages", SURVEY, language=unnamed)
        return Words(self._first(unnamed, stated), unnamed or stated or "vi", exact=False)

    def _first(self, unnamed: str, stated: str) -> str:
        """The language every text must have: Vietnamese, unless the file states one that is more complete."""
        gaps = dict.fromkeys((language or unnamed for language in self._survey_table.spoken["label"]), 0)
        said: set[str] = set()
        for line in (line for one in self._asking() for line in one.lines):
            there = {language or unnamed for language in line.words.get("label", {})}
            said |= there
            for language in gaps:
                gaps[language] += bool(there) and language not in there
        there = said & set(gaps) or set(gaps)
        wanted = "vi" if "vi" in there else stated if stated in there else next(one for one in gaps if one in there)
        if stated in there and gaps[stated] < gaps[wanted]:
            self._notes.remark("languages-stated", SURVEY, language=stated, other=wanted)
            return stated
        return wanted

    def _asking(self) -> tuple[Table, ...]:
        """The sheets with texts that people are asked in."""
        return (self._survey_table, *(self._tables[name] for name in (CHOICES,) if name in self._tables))

    def _found_languages(self, words: Words) -> list[str]:
        """Languages in which something is said, the first one first."""
        found = {
            language or words.unnamed
            for one in self._asking()
            for line in one.lines
            for column in ("label", "hint")
            for language, text in line.words.get(column, {}).items()
            if text.strip()
        }
        return [words.source, *sorted(found - {words.source})]

    # --- what our sheet adds ------------------------------------------------------------------------------

    def _put(self, target: dict[str, Any], line: Line) -> None:
        path = line.text("field")
        try:
            put(target, path, line.cells.get("value", ""))
        except Misplaced:
            self._notes.problem("xls-part", OURS, line.number, field=path)

    def _apply_rest(self, survey: Survey, lists: Mapping[str, AnswerList]) -> None:
        parts = {part.name: part for section in survey.sections for part in (section, *section.children)}
        options = {
            f"{name}/{spelled}": found.options[n]
            for name, found in lists.items()
            for n, spelled in enumerate(found.codes)
        }
        self._of_lists: dict[str, dict[str, Any]] = {}
        for line in self._ours:
            sheet, name = line.text("sheet"), line.text("name")
            if sheet == SHEET_SURVEY and name in parts:
                self._put_on(parts[name], line, survey.known)
            elif sheet == SHEET_CHOICES and name in options:
                self._put_words(options[name], line)
            elif sheet == SHEET_LIST and name in lists:
                self._put(self._of_lists.setdefault(name, {}), line)
            elif sheet not in (SHEET_DOCUMENT, SHEET_SURVEY, SHEET_CHOICES, SHEET_LIST):
                self._notes.problem("xls-part", OURS, line.number, field=sheet or line.text("field"))

    def _put_on(self, part: Part, line: Line, known: Known) -> None:
        if line.text("field") == "show_if":
            source = line.text("value")
            if _as_written(source, known, part) == part.line.text("relevant"):
                part.plain["show_if"] = source
            return
        self._put_words(part.plain, line)

    def _put_words(self, target: dict[str, Any], line: Line) -> None:
        """A value of ours; where a column holds it too, only if the column still says the same."""
        path, value = line.text("field"), line.cells.get("value", "")
        try:
            there = get(target, path)
        except Misplaced:
            there = None
        if not isinstance(there, str) or (isinstance(value, str) and safe_label(value) == there):
            self._put(target, line)

    # --- putting together -----------------------------------------------------------------------------------

    def _assemble(self, document: dict[str, Any], survey: Survey, lists: Mapping[str, AnswerList]) -> None:
        places = self._notes.places
        document["format"] = document.get("format", 1)
        scales: list[dict[str, Any]] = []
        for name, code in survey.scales.items():
            scale = {"code": code, "options": lists[name].options, **self._of_lists.get(name, {})}
            for n, row in enumerate(lists[name].rows):
                places[f"scales[{len(scales)}].options[{n}]"] = f"{CHOICES}!{row}"
            places[f"scales[{len(scales)}]"] = f"{CHOICES}!{lists[name].rows[0]}" if lists[name].rows else CHOICES
            scales.append(scale)
        if scales:
            document["scales"] = scales
        sections: list[dict[str, Any]] = []
        document["sections"] = sections
        for section in survey.sections:
            path = f"sections[{len(sections)}]"
            places[path] = f"{SURVEY}!{section.row}"
            for n, child in enumerate(section.children):
                places[f"{path}.elements[{n}]"] = f"{SURVEY}!{child.row}"
                for o, row in enumerate(lists[child.one_of].rows if child.one_of else ()):
                    places[f"{path}.elements[{n}].response.options[{o}]"] = f"{CHOICES}!{row}"
            sections.append({**section.plain, "elements": [child.plain for child in section.children]})

    def _lists_left(self, survey: Survey, lists: Mapping[str, AnswerList]) -> None:
        used = set(survey.scales) | {
            line.text("type").split()[1] for line in self._survey_table.lines if len(line.text("type").split()) > 1
        }
        for name, found in lists.items():
            if name not in used and found.rows:
                self._notes.remark("list", CHOICES, tuple(found.rows), list=name)


def _as_written(source: str, known: Known, part: Part) -> str:
    """What writing would have put into the column for a condition of ours."""
    try:
        relevant = xpath.written(conditions.parse(source), known.kind)
    except (conditions.ConditionError, KeyError):
        relevant = ""
    if part.plain.get("asked", True) is False:
        return f"{NEVER} and ({relevant})" if relevant else NEVER
    return relevant
