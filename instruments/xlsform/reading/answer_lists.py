"""Reads the lists of answers in the sheet choices: their codes, and which answers say nothing on the matter.

Codes here are whole numbers from 0 to 254. Names that are such numbers keep them; the others are numbered in the order
of the sheet. "Don't know" and its like get 98, "not applicable" 97, "refused" 99, and stand apart as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from instruments.xlsform.reading.columns import Line, Table, without_marks
from instruments.xlsform.reading.findings import Notes
from instruments.xlsform.reading.row_words import Words, marked_up, repeated
from instruments.xlsform.sheet_layout import CHOICES, MARK, OPTION_COLUMNS, OWN_LIST

MOST_ANSWERS = 240
HIGHEST = 254
OTHER_LABEL = {"vi": "Khác", "en": "Other", "fr": "Autre", "es": "Otro"}

_NO_ANSWER = {
    97: ("na", "n_a", "not_applicable", "does_not_apply", "khong_ap_dung", "kad", "n/a"),
    98: (
        "dk", "dont_know", "do_not_know", "don_t_know", "dontknow", "unknown", "khong_biet", "not_sure", "idk",
        "don't know",
    ),
    99: (
        "refused", "refuse", "ref", "rf", "prefer_not", "prefer_not_to_say", "prefer_not_to_answer", "tu_choi",
        "no_answer",
    ),
}  # fmt: skip
NO_ANSWER = {name: code for code, names in _NO_ANSWER.items() for name in names}

OFFICIAL_WORDS = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")


@dataclass
class AnswerList:
    """One list."""

    name: str
    options: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    """Name of an answer → its code."""
    rows: list[int] = field(default_factory=list)
    has_official_words: bool = False

    def free_code(self) -> int:
        """A code for one more answer."""
        return _free(set(self.codes.values()))


def answer_lists(table: Table | None, words: Words, notes: Notes) -> dict[str, AnswerList]:
    """The lists by name, in the order in which they begin."""
    grouped: dict[str, list[Line]] = {}
    last = ""
    for line in table.lines if table else ():
        name = line.text("list_name") or ("" if line.text("name") else last)
        if not name:
            notes.problem("xls-answer", CHOICES, line.number, what="list_name")
            continue
        last = name
        grouped.setdefault(name, []).append(line)
    found = {}
    for name, lines in grouped.items():
        if len(lines) > MOST_ANSWERS:
            notes.problem("xls-answers-many", CHOICES, lines[0].number, list=name, count=len(lines), limit=MOST_ANSWERS)
            lines = lines[:1]
        found[name] = _list(name, lines, words, notes)
    if table is not None and not words.exact:
        _columns_left(table, notes)
    return found


def _columns_left(table: Table, notes: Notes) -> None:
    """One remark for every column of the answers whose content is not carried: pictures, filters."""
    for column, header in table.columns.items():
        rows = tuple(line.number for line in table.lines if line.text(column))
        if rows and column not in ("list_name", "name") and not column.startswith((MARK, "$")):
            notes.remark("column", CHOICES, rows, column=header, count=len(rows))
    for column in table.spoken:
        rows = tuple(line.number for line in table.lines if line.words.get(column))
        if rows and column != "label":
            notes.remark("column", CHOICES, rows, column=column, count=len(rows))


def _list(name: str, lines: list[Line], words: Words, notes: Notes) -> AnswerList:
    made = AnswerList(name)
    taken: set[int] = set()
    named = [(line, line.text("name")) for line in lines]
    taken |= {number for _, spelled in named if (number := _number(spelled)) is not None}
    own = any(line.text(f"{MARK}{field}") for line in lines for field in OPTION_COLUMNS) or name.endswith(OWN_LIST)
    for line, spelled in named:
        label = words.of(line, "label")
        if not spelled or not label:
            notes.problem("xls-answer", CHOICES, line.number, what="name" if not spelled else "label")
            continue
        if not words.exact and (piece := repeated(line, "label")):
            notes.remark("piped", CHOICES, line.number, code=spelled, piece=piece)
        if not words.exact and marked_up(line, "label"):
            notes.remark("markup", CHOICES, line.number, code=spelled)
        if spelled in made.codes:
            notes.problem("xls-name-twice", CHOICES, line.number, name=spelled)
            continue
        number = _number(spelled)
        if number is None:
            number = _code(spelled, taken)
            notes.remark("answer-coded", CHOICES, line.number, name=spelled, list=name, code=number)
        taken.add(number)
        option: dict[str, Any] = {"code": number, "label": label}
        if not own and number in _NO_ANSWER:
            option["substantive"] = False
            notes.remark("answer-set-apart", CHOICES, line.number, code=number, list=name)
        option |= _marked(line, notes)
        made.options.append(option)
        made.codes[spelled] = number
        made.rows.append(line.number)
    if not own:
        _recognise(made)
    return made


def _marked(line: Line, notes: Notes) -> dict[str, Any]:
    """What our own columns say of an answer."""
    found: dict[str, Any] = {}
    for field_name, cell in OPTION_COLUMNS.items():
        column = f"{MARK}{field_name}"
        if not line.text(column):
            continue
        if cell == "text":
            found[field_name] = line.text(column)
        elif (flag := line.flag(column)) is None:
            notes.problem("xls-yes-no", CHOICES, line.number, column=column, came=line.text(column))
        elif flag is not (cell == "yes"):
            found[field_name] = flag
    return found


def _recognise(made: AnswerList) -> None:
    """The five official words, from bad to good, as satisfied from 4 on."""
    substantive = [option for option in made.options if option.get("substantive", True)]
    if [option["code"] for option in substantive] != [1, 2, 3, 4, 5]:
        return
    said = [str(option["label"].get("vi", "")).strip().casefold() for option in substantive]
    if said != [word.casefold() for word in OFFICIAL_WORDS]:
        return
    made.has_official_words = True
    for option in substantive[3:]:
        option["satisfied"] = True


def _number(name: str) -> int | None:
    if name.isascii() and name.isdigit() and len(name) <= 3 and str(int(name)) == name and int(name) <= HIGHEST:
        return int(name)
    return None


def _code(name: str, taken: set[int]) -> int:
    plain = without_marks(name).casefold().strip().replace(" ", "_").replace("-", "_").strip("_")
    wanted = NO_ANSWER.get(plain, NO_ANSWER.get(name.casefold()))
    return wanted if wanted is not None and wanted not in taken else _free(taken)


def _free(taken: set[int]) -> int:
    return next(n for n in range(1, HIGHEST + 1) if n not in taken and n not in _NO_ANSWER)
