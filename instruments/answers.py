"""Reads the submitted form of one person: raw values become coded answers, texts, and a list of problems.

Input names: the item code; `{code}__other` for the text beside "Khác"; a multiple choice repeats its name.
Names that begin with "_" belong to the form, not to the questionnaire. Blank is absent, and every question
may be left blank.

Nothing here trusts its input. Each value is looked at once; a text longer than it may be is not even
normalised; the number of problems reported is bounded. What is good is kept even when something else is not:
the page can say what to mend while `typed` gives back what was written.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from instruments.conditions import Value
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.response_domains import MultipleChoice, Number, OpenText, SingleChoice
from instruments.model.text import NOT_TEXT, too_many_marks
from instruments.routing import asked_about, visible

OTHER = "__other"
"""What is appended to an item code to name the text field beside "Khác"."""

MAX_TEXT = 2000
MAX_PROBLEMS = 100
_SHORT = 64
"""Longest value worth reading as a code, a number or a date; longest name repeated in a problem."""
_MOST_DECOMPOSED = 4
"""NFC joins at most this many characters into one, so anything longer than that is too long for certain."""

ProblemKind = Literal[
    "unknown_item",
    "not_asked",
    "hidden_item",
    "unknown_option",
    "two_answers",
    "other_not_chosen",
    "not_a_number",
    "not_whole",
    "too_many_decimals",
    "out_of_range",
    "not_a_date",
    "too_long",
    "not_text",
]

MESSAGES: Mapping[ProblemKind, str] = {
    "unknown_item": "This form has no question “%(name)s”.",
    "not_asked": "This form does not ask “%(name)s”.",
    "hidden_item": "This question does not follow from the answers before it. Clear it, or change those.",
    "unknown_option": "Choose one of the answers listed.",
    "two_answers": "Choose one answer only.",
    "other_not_chosen": "There is text beside “%(option)s”, but another answer is chosen. Keep one of them.",
    "not_a_number": "Write a number, for example 8 or 8,5.",
    "not_whole": "Write a whole number.",
    "too_many_decimals": "Write at most %(decimals)s digits after the comma.",
    "out_of_range": "Write a number from %(minimum)s to %(maximum)s.",
    "not_a_date": "Write a date such as 20/11/2026.",
    "too_long": "Shorten the text: it has %(size)s characters, at most %(limit)s are kept.",
    "not_text": "The text holds characters that cannot be kept. Write it again in ordinary letters.",
}
"""The sentence for each problem: the source text of the translations."""

OUT_OF_RANGE_ONE_SIDED: Mapping[str, str] = {
    "minimum": "Write a number of at least %(minimum)s.",
    "maximum": "Write a number of at most %(maximum)s.",
}


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """Why one answer could not be taken."""

    item: str
    """The item code; for an unknown name, that name, cut and cleaned."""
    kind: ProblemKind
    message_key: str
    """An English sentence with %(named)s places: the key of its translations."""
    params: Mapping[str, str | int | float] = field(default_factory=dict, hash=False)

    @property
    def message(self) -> str:
        """The English sentence, filled in."""
        return self.message_key % self.params


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """One person's answers, read."""

    codes: dict[str, int | float | tuple[int, ...]]
    """Coded answers by item code: a code, a number, a date as YYYYMMDD, or the sorted codes chosen."""
    texts: dict[str, str]
    """Free words by input name, in NFC: never among the coded answers."""
    problems: tuple[AnswerProblem, ...]

    @property
    def is_empty(self) -> bool:
        """Nothing at all was answered."""
        return not self.codes and not self.texts

    def fingerprint(self) -> str:
        """64 hex digits that stand for codes and texts together, to tell whether two sheets say the same."""
        whole = canonical(self.codes) + json.dumps(self.texts, sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()


def read(version: InstrumentVersion, raw: Mapping[str, Sequence[str]], *, max_text: int = MAX_TEXT) -> AnswerSheet:
    """Coded answers, texts and problems of the submitted values.

    >>> from instruments import library
    >>> sheet = read(library.load("one-stop-short"), {"q1": ["5"], "q2": ["9"], "comment": ["Nhanh"]})
    >>> sheet.codes, sheet.texts
    ({'q1': 5}, {'comment': 'Nhanh'})
    >>> [(problem.item, problem.message) for problem in sheet.problems]
    [('q2', 'Choose one of the answers listed.')]
    """
    sheet = AnswerSheet({}, {}, ())
    problems: list[AnswerProblem] = []
    for item in version.items:
        values = _written(raw.get(item.code, ()))
        beside = _written(raw.get(item.code + OTHER, ())) if item.other is not None else []
        if not values and not beside:
            continue
        if not item.asked:
            problems.append(_problem(item.code, "not_asked", name=item.code))
            continue
        problems.extend(_read_item(version, item, values, beside, max_text, sheet))
    problems.extend(_hidden(version, sheet, {problem.item for problem in problems}))
    problems.extend(islice(_unknown(version, raw), MAX_PROBLEMS))
    return AnswerSheet(sheet.codes, sheet.texts, tuple(problems[:MAX_PROBLEMS]))


def canonical(codes: Mapping[str, int | float | tuple[int, ...]]) -> str:
    """Canonical JSON of coded answers: sorted keys, no white space, whole numbers without a fraction."""
    plain = {
        code: sorted(set(value)) if isinstance(value, tuple | list) else _whole(value) for code, value in codes.items()
    }
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def missing(version: InstrumentVersion, sheet: AnswerSheet) -> tuple[str, ...]:
    """Codes of the required questions that were shown and left blank."""
    seen = visible(version, {**sheet.codes, **sheet.texts})
    return tuple(
        item.code
        for item in version.asked_items
        if item.required and item.code in seen and item.code not in sheet.codes and item.code not in sheet.texts
    )


def typed(version: InstrumentVersion, raw: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """What was written, as the page may show it again: only names of the form, without characters that are no text.

    Texts come back whole however long they are; of a choice, only codes that are offered.
    """
    kept: dict[str, tuple[str, ...]] = {}
    for item in version.asked_items:
        for name in (item.code, item.code + OTHER) if item.other is not None else (item.code,):
            values = _written(raw.get(name, ()))
            offered = version.code_by_spelling(item)
            if name == item.code and offered:
                found = [value.strip() for value in dict.fromkeys(values) if value.strip() in offered]
            else:
                found = [NOT_TEXT.sub("", value.replace("\r\n", "\n")) for value in values[:1]]
            if any(found):
                kept[name] = tuple(found)
    return kept


# --- one item ----------------------------------------------------------------------------------------------


def _read_item(
    version: InstrumentVersion,
    item: Item,
    values: list[str],
    beside: list[str],
    max_text: int,
    sheet: AnswerSheet,
) -> Iterator[AnswerProblem]:
    response = item.response
    if item.kind in ("rating", "single"):
        yield from _read_choice(version, item, values, beside, max_text, sheet)
    elif isinstance(response, OpenText):
        yield from _read_text(item.code, item.code, values, min(max_text, response.max_length), sheet)
    elif isinstance(response, Number):
        yield from _read_number(item.code, response, values, sheet)
    elif isinstance(response, MultipleChoice):
        yield from _read_choices(version, item, response, values, beside, max_text, sheet)
    else:
        yield from _read_date(item.code, values, sheet)


def _read_choice(
    version: InstrumentVersion,
    item: Item,
    values: list[str],
    beside: list[str],
    max_text: int,
    sheet: AnswerSheet,
) -> Iterator[AnswerProblem]:
    chosen, unknown = _codes(version, item, values)
    if unknown:
        yield _problem(item.code, "unknown_option")
        return
    if len(chosen) > 1:
        yield _problem(item.code, "two_answers")
        return
    other = item.response.other if isinstance(item.response, SingleChoice) else None
    if beside and other is not None:
        if chosen and chosen != [other]:
            label = next(option.label for option in version.options(item) if option.code == other)
            yield _problem(item.code, "other_not_chosen", option=label.inside(version.source_language))
            return
        chosen = [other]  # who writes beside "Khác" has chosen it
        yield from _read_text(item.code, item.code + OTHER, beside, max_text, sheet)
    if chosen:
        sheet.codes[item.code] = chosen[0]


def _read_choices(
    version: InstrumentVersion,
    item: Item,
    response: MultipleChoice,
    values: list[str],
    beside: list[str],
    max_text: int,
    sheet: AnswerSheet,
) -> Iterator[AnswerProblem]:
    chosen, unknown = _codes(version, item, values)
    if unknown:
        yield _problem(item.code, "unknown_option")
        return
    if beside and response.other is not None:
        chosen.append(response.other)
        yield from _read_text(item.code, item.code + OTHER, beside, max_text, sheet)
    if chosen:
        sheet.codes[item.code] = tuple(sorted(set(chosen)))


def _codes(version: InstrumentVersion, item: Item, values: list[str]) -> tuple[list[int], bool]:
    """The distinct codes chosen, and whether anything else was sent. Only the code's own spelling counts."""
    offered = version.code_by_spelling(item)
    found: dict[int, None] = {}
    for value in values:
        code = offered.get(value.strip()) if len(value) <= _SHORT else None
        if code is None:
            return [], True
        found[code] = None
    return list(found), False


_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:[.,]([0-9]{1,12}))?", re.ASCII)


def _read_number(code: str, response: Number, values: list[str], sheet: AnswerSheet) -> Iterator[AnswerProblem]:
    if len(set(values)) > 1:
        yield _problem(code, "two_answers")
        return
    written = values[0][: _SHORT + 1].strip()
    if response.unit is not None and written.endswith("%"):
        written = written[:-1].rstrip()
    found = _NUMBER.fullmatch(written)
    if found is None:
        yield _problem(code, "not_a_number")
        return
    if len((found[1] or "").rstrip("0")) > response.decimals:
        kind: ProblemKind = "too_many_decimals" if response.decimals else "not_whole"
        yield _problem(code, kind, decimals=response.decimals)
        return
    value = _whole(float(written.replace(",", ".")))
    if (response.minimum is not None and value < response.minimum) or (
        response.maximum is not None and value > response.maximum
    ):
        yield _out_of_range(code, response)
        return
    sheet.codes[code] = value


def _out_of_range(code: str, response: Number) -> AnswerProblem:
    limits = {
        name: _whole(limit)
        for name, limit in (("minimum", response.minimum), ("maximum", response.maximum))
        if limit is not None
    }
    key = MESSAGES["out_of_range"] if len(limits) == 2 else OUT_OF_RANGE_ONE_SIDED[next(iter(limits))]
    return AnswerProblem(code, "out_of_range", key, limits)


_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)
_VIETNAMESE_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", re.ASCII)


def _read_date(code: str, values: list[str], sheet: AnswerSheet) -> Iterator[AnswerProblem]:
    if len(set(values)) > 1:
        yield _problem(code, "two_answers")
        return
    written = values[0][: _SHORT + 1].strip()
    iso, own = _ISO_DAY.fullmatch(written), _VIETNAMESE_DAY.fullmatch(written)
    try:
        if iso:
            day = datetime.date(int(iso[1]), int(iso[2]), int(iso[3]))
        elif own:
            day = datetime.date(int(own[3]), int(own[2]), int(own[1]))
        else:
            raise ValueError(written)
    except ValueError:
        yield _problem(code, "not_a_date")
        return
    sheet.codes[code] = day.year * 10_000 + day.month * 100 + day.day


def _read_text(code: str, name: str, values: list[str], limit: int, sheet: AnswerSheet) -> Iterator[AnswerProblem]:
    if len(set(values)) > 1:
        yield _problem(code, "two_answers")
        return
    words = values[0].replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(words) > limit * _MOST_DECOMPOSED:
        yield _problem(code, "too_long", size=len(words), limit=limit)
        return
    if NOT_TEXT.search(words) or too_many_marks(words):
        yield _problem(code, "not_text")
        return
    words = unicodedata.normalize("NFC", words)
    if len(words) > limit:
        yield _problem(code, "too_long", size=len(words), limit=limit)
        return
    if words:
        sheet.texts[name] = words


# --- the whole sheet ---------------------------------------------------------------------------------------


def _hidden(version: InstrumentVersion, sheet: AnswerSheet, wrong: set[str]) -> Iterator[AnswerProblem]:
    """Answers to questions that the other answers hide are taken off the sheet and reported.

    Not reported: what is hidden only because an answer it depends on could not be read.
    """
    answered: dict[str, Value] = {**sheet.codes, **sheet.texts}
    seen = visible(version, answered)
    for item in version.asked_items:
        names = (item.code, item.code + OTHER)
        if item.code not in seen and any(name in answered for name in names):
            if not asked_about(version, item.code) & wrong:
                yield _problem(item.code, "hidden_item")
            sheet.codes.pop(item.code, None)
            for name in names:
                sheet.texts.pop(name, None)


def _unknown(version: InstrumentVersion, raw: Mapping[str, Sequence[str]]) -> Iterator[AnswerProblem]:
    for name, values in raw.items():
        if name.startswith("_") or version.has_item(name) or not _written(values):
            continue
        base = name.removesuffix(OTHER)
        if base != name and version.has_item(base) and version.item(base).other is not None:
            continue
        clean = NOT_TEXT.sub("?", name[:_SHORT])
        yield _problem(clean, "unknown_item", name=clean)


def _written(values: Sequence[str]) -> list[str]:
    """The values that are not blank."""
    return [value for value in values if value and not value.isspace()]


def _whole(value: int | float) -> int | float:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _problem(item: str, kind: ProblemKind, **params: str | int | float) -> AnswerProblem:
    return AnswerProblem(item, kind, MESSAGES[kind], params)
