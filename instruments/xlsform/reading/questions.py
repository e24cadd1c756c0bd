"""Reads what one row of the sheet survey asks: which answers it permits, within which limits."""

from __future__ import annotations

import math
from typing import Any

from instruments.checks.problems import InvalidInstrument, Problem
from instruments.conditions import Condition
from instruments.xlsform.conditions import condition_reading, xpath
from instruments.xlsform.reading.answer_lists import MOST_ANSWERS, OTHER_LABEL, AnswerList
from instruments.xlsform.reading.columns import Line
from instruments.xlsform.reading.findings import Notes
from instruments.xlsform.reading.naming import Known
from instruments.xlsform.reading.row_types import RowType
from instruments.xlsform.reading.row_words import Words, in_language
from instruments.xlsform.sheet_layout import DECIMALS, KIND, OTHER, OWN_LIST, SURVEY

LONGEST_TEXT = 2000
PLACES = 2
"""After the decimal sign, where a form does not say how many."""
MOST_IN_A_SCALE = 100
MOST_OWN_ANSWERS = 40_000
"""Answers in questions of their own: a short list named by thousands of questions must not fill the memory."""
_STRICT = {">": 1, "<": -1}


class Questions:
    """Reads rows into response domains; remembers which lists are shared."""

    def __init__(self, lists: dict[str, AnswerList], words: Words, notes: Notes) -> None:
        self._lists = lists
        self._words = words
        self._notes = notes
        self.used: dict[str, int] = {}
        self.rated: set[str] = set()
        self._copied = 0

    def count(self, kind: RowType) -> None:
        """A first pass: how many questions use a list."""
        if kind.one_of:
            self.used[kind.one_of] = self.used.get(kind.one_of, 0) + 1

    def is_scale(self, name: str) -> bool:
        """Whether a list becomes a shared scale, and not a list inside its only question."""
        found = self._lists[name]
        if name.endswith(OWN_LIST) or len(found.options) > MOST_IN_A_SCALE:
            return False
        return self._words.exact or name in self.rated or found.has_official_words or self.used.get(name, 0) > 1

    def response(self, line: Line, kind: RowType, code: str, scale_code: dict[str, str]) -> dict[str, Any] | None:
        """The response domain of a row; None where a problem was noted."""
        match kind.sort:
            case "single" | "multiple" | "score_row":
                return self._choice(line, kind, code, scale_code)
            case "number":
                return self._number(line, kind, code)
            case "date":
                self._limits(line, code, frozenset())
                return {"kind": "date"}
        response: dict[str, Any] = {"kind": "text"}
        if "multiline" in line.text("appearance").lower():
            response["lines"] = 4
        if limits := self._limits(line, code, frozenset({"length"})):
            response["max_length"] = min(int(limits["length"]), LONGEST_TEXT)
        return response

    def answers(self, kind: RowType) -> AnswerList | None:
        """The list of a choice."""
        return self._lists.get(kind.one_of)

    # --- choices ------------------------------------------------------------------------------------------

    def _choice(self, line: Line, kind: RowType, code: str, scale_code: dict[str, str]) -> dict[str, Any] | None:
        if not kind.one_of:
            self._notes.problem("xls-list-unnamed", SURVEY, line.number, name=line.text("name"))
            return None
        found = self._lists.get(kind.one_of)
        if found is None or not found.options:
            self._notes.problem("xls-list-missing", SURVEY, line.number, list=kind.one_of)
            return None
        self._limits(line, code, frozenset())
        marked = line.text(KIND)
        is_scale = self.is_scale(kind.one_of) and not kind.or_other
        rated = (
            kind.sort != "multiple"
            and is_scale
            and (marked == "rating" or (not marked and self._is_rating(line, found)))
        )
        if rated and not marked and not found.has_official_words:
            self._notes.remark("likert", SURVEY, line.number, code=code)
        response: dict[str, Any] = {"kind": "rating" if rated else "multiple" if kind.sort == "multiple" else "single"}
        if is_scale:
            response["scale"] = scale_code[kind.one_of]
        else:
            response["options"] = [dict(option) for option in found.options]
            self._copied += len(found.options)
            if self._copied > MOST_OWN_ANSWERS:
                raise InvalidInstrument(
                    [
                        Problem(
                            "xls-too-many",
                            f"{SURVEY}!{line.number}",
                            {"what": "offered answers", "limit": MOST_OWN_ANSWERS},
                        )
                    ]
                )
        if kind.or_other:
            self._with_other(line, response, found, code)
        elif line.text(OTHER):
            response["other"] = line.cells.get(OTHER)
        return response

    def _is_rating(self, line: Line, found: AnswerList) -> bool:
        return found.has_official_words or "likert" in line.text("appearance").lower()

    def _with_other(self, line: Line, response: dict[str, Any], found: AnswerList, code: str) -> None:
        """`or_other`: an answer more, with a text field beside it."""
        existing = found.codes.get("other")
        if existing is None and len(found.options) < MOST_ANSWERS:
            existing = found.free_code()
            words = dict.fromkeys(self._languages(found), "Other")
            words |= {language: word for language, word in OTHER_LABEL.items() if language in words}
            words |= in_language(self._words.source, OTHER_LABEL)
            response["options"] = [*response["options"], {"code": existing, "label": words}]
        response["other"] = existing
        self._notes.remark("other-added", SURVEY, line.number, code=code, answer=existing or 0)

    def _languages(self, found: AnswerList) -> list[str]:
        return list(found.options[0]["label"])

    # --- numbers ------------------------------------------------------------------------------------------

    def _number(self, line: Line, kind: RowType, code: str) -> dict[str, Any]:
        response: dict[str, Any] = {"kind": "number"}
        if line.text(DECIMALS):
            response["decimals"] = line.cells.get(DECIMALS)
        elif kind.name == "decimal":
            response["decimals"] = PLACES
            self._notes.remark("decimals", SURVEY, line.number, code=code, places=PLACES)
        if kind.name == "range":
            self._range(line, code, response)
        places = response.get("decimals", 0)
        return response | self._limits(
            line, code, frozenset({"minimum", "maximum"}), places if isinstance(places, int) else 0
        )

    def _range(self, line: Line, code: str, response: dict[str, Any]) -> None:
        given: dict[str, float] = {"start": 1, "end": 10, "step": 1}
        for part in line.text("parameters").replace(",", " ").replace(";", " ").split():
            name, _, value = part.partition("=")
            if name.lower() in given:
                try:
                    given[name.lower()] = _finite(value)
                except ValueError:
                    self._notes.problem("xls-parameter", SURVEY, line.number, came=part[:40])
        low, high = sorted((given["start"], given["end"]))
        response |= {"minimum": low, "maximum": high}
        if any(not value.is_integer() for value in map(float, given.values())):
            response["decimals"] = PLACES
        shown = {"minimum": xpath.number_words(low), "maximum": xpath.number_words(high)}
        self._notes.remark("range", SURVEY, line.number, code=code, **shown)
        if given["step"] not in (1, 0.01):
            step = f"step={xpath.number_words(given['step'])}"
            self._notes.remark("limits", SURVEY, line.number, code=code, reason=step)

    def _limits(self, line: Line, code: str, kept: frozenset[str], places: int = 0) -> dict[str, float]:
        """Smallest, largest and longest answer of a constraint; what of it cannot be kept is a remark."""
        source = line.text("constraint")
        if not source:
            return {}
        try:
            parts = _conjuncts(xpath.parse(source))
        except xpath.Broken as wrong:
            self._notes.problem(wrong.code, SURVEY, line.number, column="constraint", **wrong.params)
            return {}
        found: dict[str, float] = {}
        left: list[str] = []
        for part in parts:
            limit = _limit(part, places)
            if limit is None or limit[0] not in kept:
                left.append(xpath.described(part))
                continue
            name, bound = limit
            tighter = max if name == "minimum" else min
            found[name] = tighter(bound, found.get(name, bound))
        if left:
            self._notes.remark("limits", SURVEY, line.number, code=code, reason="; ".join(left))
        return found


def relevant(line: Line, known: Known, notes: Notes, code: str) -> Condition | bool | None:
    """The condition of a row; True where there is none (or it always holds), None where it could not be kept."""
    source = line.text("relevant")
    if not source:
        return True
    try:
        return condition_reading.condition(xpath.parse(source), known)
    except xpath.Broken as wrong:
        notes.problem(wrong.code, SURVEY, line.number, column="relevant", **wrong.params)
    except xpath.Unknown as name:
        if str(name) in known.later and str(name) != line.text("name"):
            notes.remark("condition-later", SURVEY, line.number, code=code, name=str(name))
        else:
            notes.problem("xls-reference", SURVEY, line.number, column="relevant", name=str(name))
    except xpath.Unsupported as piece:
        notes.remark("condition", SURVEY, line.number, code=code, reason=str(piece))
    return None


def _conjuncts(node: xpath.Node) -> list[xpath.Node]:
    if isinstance(node, xpath.Call) and node.name == "and":
        return [part for inner in node.parts for part in _conjuncts(inner)]
    return [node]


_MIRRORED = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}


def _limit(node: xpath.Node, places: int) -> tuple[str, float] | None:
    """Which limit a piece of a constraint sets, and where; None if it sets none of ours."""
    match node:
        case xpath.Call(sign, (xpath.Literally() as bound, other), source) if sign in _MIRRORED:
            return _limit(xpath.Call(_MIRRORED[sign], (other, bound), source), places)
        case xpath.Call(">=" | ">" | "<=" | "<", (xpath.Here(), xpath.Literally(value)), _):
            number = _bound(node.name, value, places)
            return None if number is None else ("minimum" if node.name.startswith(">") else "maximum", number)
        case xpath.Call("<=" | "<", (xpath.Call("string-length()", (xpath.Here(),), _), xpath.Literally(value)), _):
            number = _bound(node.name, value, 0)
            return None if number is None or number < 1 else ("length", number)
    return None


def _bound(sign: str, value: str | float, places: int) -> float | None:
    """`. > 17` among whole numbers is `. >= 18`, with two places `. >= 17.01`; None if nothing can stand for it."""
    try:
        number = _finite(value)
    except ValueError:
        return None
    if sign not in _STRICT:
        return number
    if round(number, places) != number:
        return None
    step: float = _STRICT[sign] / 10**places
    return round(number + step, places)


def _finite(value: str | float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number
