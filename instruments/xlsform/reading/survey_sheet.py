"""The sheet survey as sections of questions and statements.

Groups on the outside are sections; a group inside another gives its heading as a statement and its condition to each
of its questions. What stands outside any group makes sections of its own. Rows that are not asked are left out with a
remark, rows that are not supported stop the import, each by its name and row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from instruments import conditions
from instruments.conditions import And, Condition
from instruments.xlsform.reading.answer_lists import AnswerList
from instruments.xlsform.reading.columns import Line, Table
from instruments.xlsform.reading.findings import Notes
from instruments.xlsform.reading.naming import Codes, Known
from instruments.xlsform.reading.questions import Questions, relevant
from instruments.xlsform.reading.row_types import RowType, opens_a_bracket, row_type
from instruments.xlsform.reading.row_words import Words, marked_up, repeated
from instruments.xlsform.sheet_layout import (
    ITEM_COLUMNS,
    KIND,
    LEANS_ON_OURS,
    MARK,
    NEVER,
    OTHER_FIELD,
    SECTION_COLUMNS,
    SECTION_NAME,
    STATEMENT_COLUMNS,
    SURVEY,
    Cell,
)

READ_COLUMNS = frozenset({"type", "name", "required", "relevant", "constraint", "disabled"})
"""Columns that are read; `appearance` only tells a rating and a tall text field."""

UNSEEN_COLUMNS = ("$", "kobo--", MARK)
"""Beginnings of columns that say nothing a reader of the form could miss."""


@dataclass
class Part:
    """A section, question or statement as it will stand in the document, and the row it came from."""

    plain: dict[str, Any]
    row: int
    name: str
    line: Line
    children: list[Part] = field(default_factory=list)
    one_of: str = ""
    """Name of its answer list."""


@dataclass
class _Group:
    name: str
    row: int
    condition: Condition | None
    section: Part | None
    answers: str = ""
    asked: bool = True


@dataclass
class Survey:
    """What was read from the sheet `survey`."""

    sections: list[Part]
    known: Known
    scales: dict[str, str]
    """Name of a shared list → its code."""


class Reader:
    """Reads the rows in order."""

    def __init__(self, table: Table, lists: dict[str, AnswerList], words: Words, notes: Notes) -> None:
        self._table, self._lists, self._words, self._notes = table, lists, words, notes
        self._codes, self._section_codes = Codes(), Codes()
        self._known = Known()
        self._questions = Questions(lists, words, notes)
        self._groups: list[_Group] = []
        self._sections: list[Part] = []
        self._loose: Part | None = None
        self._scales: dict[str, str] = {}
        self._seen: dict[str, int] = {}
        self._matrices: dict[int, int] = {}
        """Row that begins a table of questions → how many rows it has."""

    def read(self) -> Survey:
        """The sections, in the order of the rows."""
        lines = [(line, row_type(line.text("type"))) for line in self._table.lines if not line.flag("disabled")]
        self._first_pass(lines)
        self._known.later = {line.text("name") for line, kind in lines if kind.sort != "begin"}
        for line, kind in lines:
            self._row(line, kind)
            self._known.later.discard(line.text("name"))
        for group in self._groups:
            self._notes.problem("xls-group-open", SURVEY, group.row, name=group.name)
        sections = [section for section in self._sections if section.children]
        if not sections and not self._notes.problems:
            self._notes.problem("xls-nothing", SURVEY)
        self._columns_left({line.number for line, _ in lines})
        return Survey(sections, self._known, self._scales)

    # --- first pass: names and lists ------------------------------------------------------------------------

    def _first_pass(self, lines: list[tuple[Line, RowType]]) -> None:
        scores, matrix = "", 0
        for line, kind in lines:
            if kind.sort in ("single", "multiple", "number", "date", "text", "note", "score_row", "acknowledge"):
                self._codes.reserve(line.text("name"))
            elif kind.sort in ("begin", "begin_score"):
                self._section_codes.reserve(line.text("name").removesuffix(SECTION_NAME))
            self._questions.count(kind)
            if kind.sort == "begin_score":
                scores, matrix = line.text("kobo--score-choices"), line.number
                self._matrices[matrix] = 0
            if kind.sort == "score_row":
                self._questions.count(RowType("single", "", one_of=scores))
                if matrix:
                    self._matrices[matrix] += 1
            if "likert" in line.text("appearance").lower() or line.text(KIND) == "rating":
                self._questions.rated.add(kind.one_of)
        names = Codes()
        for name in self._lists:
            names.reserve(name)
        for name in self._lists:
            if self._questions.is_scale(name):
                self._scales[name] = names.code(name)

    # --- rows -----------------------------------------------------------------------------------------------

    def _row(self, line: Line, kind: RowType) -> None:
        name = line.text("name")
        match kind.sort:
            case "metadata" | "calculated":
                self._known.calculate(name, line.text("calculation"))
                self._notes.remark(kind.sort, SURVEY, line.number, name=name or kind.name, type=kind.written)
            case "unsupported":
                self._notes.problem("xls-type-unsupported", SURVEY, line.number, type=kind.written)
                self._known.leave(name)
                if opens_a_bracket(kind):
                    self._groups.append(_Group(name, line.number, None, self._section))
            case "unknown" if not kind.written and not (name and line.words.get("label")):
                self._notes.remark("comment", SURVEY, line.number)
            case "unknown":
                code = "xls-type-unknown" if kind.written else "xls-type-missing"
                self._notes.problem(code, SURVEY, line.number, **({"type": kind.written} if kind.written else {}))
                self._known.leave(name)
            case "begin" | "begin_score":
                self._begin(line)
                if kind.sort == "begin_score":
                    self._groups[-1].answers = line.text("kobo--score-choices")
                    count = self._matrices[line.number]
                    self._notes.remark("matrix-row", SURVEY, line.number, name=line.text("name"), count=count)
            case "end" | "end_score":
                self._end(line)
            case _:
                self._element(line, kind)

    @property
    def _section(self) -> Part | None:
        return self._groups[-1].section if self._groups else None

    def _begin(self, line: Line) -> None:
        name = line.text("name") or f"group_{line.number}"
        condition = relevant(line, self._known, self._notes, name)
        inner = condition if not isinstance(condition, bool) else None
        if self._groups:
            self._inside(line, name, inner, asked=condition is not False)
            return
        self._look_at(name, line)
        code = self._section_codes.code(name.removesuffix(SECTION_NAME))
        if code != name.removesuffix(SECTION_NAME):
            self._notes.remark("renamed", SURVEY, line.number, name=name, code=code)
        plain: dict[str, Any] = {"code": code}
        if title := self._words.of(line, "label"):
            plain["title"] = title
        plain |= self._marked(line, SECTION_COLUMNS)
        if inner is not None:
            plain["show_if"] = conditions.write(inner)
        section = Part(plain, line.number, name, line)
        self._loose = None
        self._sections.append(section)
        self._groups.append(_Group(name, line.number, None, section, asked=condition is not False))

    def _inside(self, line: Line, name: str, condition: Condition | None, *, asked: bool) -> None:
        outer = self._groups[-1]
        both = _both(outer.condition, condition)
        self._groups.append(_Group(name, line.number, both, outer.section, asked=outer.asked and asked))
        words = self._words.of(line, "label")
        if words and self._shown():
            self._notes.remark("group-inside", SURVEY, line.number, name=name)
            plain = {"type": "statement", "code": self._codes.code(name), "text": words, "grade": "draft"}
            self._add(Part(plain, line.number, name, line), both)

    def _end(self, line: Line) -> None:
        if not self._groups:
            self._notes.problem("xls-group-end", SURVEY, line.number)
            return
        self._groups.pop()

    # --- questions and statements -----------------------------------------------------------------------------

    def _element(self, line: Line, kind: RowType) -> None:
        name = line.text("name")
        if line.text(KIND) == OTHER_FIELD:
            self._known.leave(name)
            return
        if not name:
            self._notes.problem("xls-name-missing", SURVEY, line.number)
            return
        if name in self._seen:
            self._notes.problem("xls-name-twice", SURVEY, line.number, name=name)
            return
        self._seen[name] = line.number
        text = self._words.of(line, "label")
        if not text:
            self._notes.problem("xls-label-missing", SURVEY, line.number, name=name, language=self._words.source)
        code = self._codes.code(name)
        if code != name:
            self._notes.remark("renamed", SURVEY, line.number, name=name, code=code)
        self._look_at(code, line)
        if kind.sort in ("note", "acknowledge") or _is_heading(line, kind):
            self._statement(line, kind, code, text)
        else:
            self._item(line, kind, code, text)

    def _statement(self, line: Line, kind: RowType, code: str, text: dict[str, str]) -> None:
        self._known.leave(line.text("name"))
        if kind.sort == "acknowledge":
            self._notes.remark("acknowledged", SURVEY, line.number, code=code)
        elif kind.sort != "note":
            self._notes.remark("table-heading", SURVEY, line.number, code=code)
        plain: dict[str, Any] = {"type": "statement", "code": code, "text": text, "grade": "draft"}
        plain |= self._marked(line, STATEMENT_COLUMNS)
        condition = relevant(line, self._known, self._notes, code)
        if condition is False or not self._shown():
            self._notes.remark("never-asked", SURVEY, line.number, name=line.text("name"))
        else:
            own = None if isinstance(condition, bool) else condition
            self._add(Part(plain, line.number, line.text("name"), line), _both(self._outer(), own))

    def _item(self, line: Line, kind: RowType, code: str, text: dict[str, str]) -> None:
        name = line.text("name")
        if kind.sort == "score_row":
            answers = self._groups[-1].answers if self._groups else ""
            kind = RowType("single", kind.written, "choice", answers)
        response = self._questions.response(line, kind, code, self._scales)
        plain: dict[str, Any] = {"type": "item", "code": code, "text": text, "grade": "draft"}
        plain |= self._marked(line, ITEM_COLUMNS)
        never = line.text("relevant").startswith(NEVER)
        condition = self._condition(line, code, is_off=never and plain.get("asked") is False)
        if response is None:
            self._known.leave(name)
            return
        offered = self._questions.answers(kind)
        codes = dict(offered.codes) if offered else None
        if codes is not None and kind.or_other:
            codes["other"] = response["other"]
            self._known.leave(f"{name}_other")
        self._known.add(name, code, response["kind"], codes)
        if condition is False or not self._shown():
            self._known.leave(name)
            self._notes.remark("never-asked", SURVEY, line.number, name=name)
            return
        plain["response"] = response
        if hint := self._hint(line, code):
            plain["hint"] = hint
        if self._required(line, code):
            plain["required"] = True
        own = None if isinstance(condition, bool) else condition
        self._add(Part(plain, line.number, name, line, one_of=kind.one_of), _both(self._outer(), own))

    def _condition(self, line: Line, code: str, *, is_off: bool) -> Condition | bool | None:
        if not is_off:
            return relevant(line, self._known, self._notes, code)
        rest = line.text("relevant").removeprefix(NEVER).strip().removeprefix("and").strip()
        if not rest:
            return True
        inner = Line(line.number, {**line.cells, "relevant": rest}, line.words)
        return relevant(inner, self._known, self._notes, code)

    def _hint(self, line: Line, code: str) -> dict[str, str]:
        found = self._words.of(line, "hint")
        if not found and line.words.get("hint"):
            self._notes.remark("hint", SURVEY, line.number, code=code)
        return found

    def _required(self, line: Line, code: str) -> bool:
        flag = line.flag("required")
        if flag is None:
            self._notes.remark("required", SURVEY, line.number, code=code)
        return bool(flag)

    def _look_at(self, code: str, line: Line) -> None:
        """An earlier answer inside a text is not put there."""
        if not self._words.exact and (piece := repeated(line, "label") or repeated(line, "hint")):
            self._notes.remark("piped", SURVEY, line.number, code=code, piece=piece)
        if not self._words.exact and (marked_up(line, "label") or marked_up(line, "hint")):
            self._notes.remark("markup", SURVEY, line.number, code=code)

    def _marked(self, line: Line, columns: Any) -> dict[str, Any]:
        """What our own columns say."""
        found: dict[str, Any] = {}
        cell: Cell
        for name, cell in columns.items():
            column = f"{MARK}{name}"
            if column not in line.cells or (name in LEANS_ON_OURS and not self._words.exact):
                continue
            if cell == "text":
                value = line.cells[column]
                found[name] = value if isinstance(value, str) and self._words.exact else line.text(column)
            elif (flag := line.flag(column)) is None:
                self._notes.problem("xls-yes-no", SURVEY, line.number, column=column, came=line.text(column))
            elif flag is not (cell == "yes"):
                found[name] = flag
        return found

    # --- where it goes ------------------------------------------------------------------------------------------

    def _outer(self) -> Condition | None:
        return self._groups[-1].condition if self._groups else None

    def _shown(self) -> bool:
        return all(group.asked for group in self._groups)

    def _add(self, part: Part, condition: Condition | None) -> None:
        if condition is not None:
            part.plain["show_if"] = conditions.write(condition)
        section = self._section
        if section is None:
            if self._loose is None:
                code = self._section_codes.code("part" if not self._sections else f"part_{len(self._sections) + 1}")
                self._loose = Part({"code": code}, part.row, code, part.line)
                self._sections.append(self._loose)
            section = self._loose
        section.children.append(part)

    def _columns_left(self, rows: set[int]) -> None:
        """One remark for every column whose content is not carried."""
        carried = {part.row for section in self._sections for part in (section, *section.children)}
        rows = rows & carried
        lines = [line for line in self._table.lines if line.number in rows]
        for column, header in self._table.columns.items():
            leans = column.removeprefix(MARK) in LEANS_ON_OURS and not self._words.exact
            if column in READ_COLUMNS or (column.startswith(UNSEEN_COLUMNS) and not leans):
                continue
            where = tuple(line.number for line in lines if line.text(column) and not self._is_kept(column, line))
            if where:
                self._notes.remark("column", SURVEY, where, column=header, count=len(where))
        for column in self._table.spoken:
            where = tuple(line.number for line in lines if line.words.get(column))
            if column not in ("label", "hint") and where:
                self._notes.remark("column", SURVEY, where, column=column, count=len(where))

    def _is_kept(self, column: str, line: Line) -> bool:
        if column == "parameters":
            return row_type(line.text("type")).name == "range"
        appearance = line.text("appearance").lower()
        return column == "appearance" and (appearance in ("multiline", "likert", "label") or self._words.exact)


def _is_heading(line: Line, kind: RowType) -> bool:
    """The row that shows the answers over a table of questions and takes none itself."""
    return kind.sort in ("single", "multiple") and "label" in line.text("appearance").lower().split()


def _both(outer: Condition | None, inner: Condition | None) -> Condition | None:
    if outer is None or inner is None:
        return inner if outer is None else outer
    parts: list[Condition] = []
    for one in (outer, inner):
        parts.extend(one.parts if isinstance(one, And) else (one,))
    return And(tuple(parts))
