"""Says a condition as a sentence that a person can check.

Written for the screens where a questionnaire is made and read: "Hỏi khi Câu 5 trả lời “Có” và Câu 2 không
chọn “Khác”." Questions are named by their printed number where they have one, answers by their words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from instruments import conditions
from instruments.conditions import And, Answered, Blank, Compare, Condition, In, Includes, Not, Or
from instruments.model.document import InstrumentVersion
from instruments.rounding import exact, plain


@dataclass(frozen=True, slots=True)
class _Words:
    """The phrases of one language, with places for the question and the answer."""

    sentence: str
    both: str
    either: str
    last: str
    comma: str
    negation: str
    answered: str
    blank: str
    equal: str
    unequal: str
    chosen: str
    not_chosen: str
    one_of: str
    none_of: str
    relations: Mapping[str, str]
    quoted: str
    question: str


_VIETNAMESE = _Words(
    sentence="Hỏi khi {condition}.",
    both=" và ",
    either=" hoặc ",
    last=" hoặc ",
    comma=", ",
    negation="không đúng là ({condition})",
    answered="{item} có trả lời",
    blank="{item} để trống",
    equal="{item} trả lời {answer}",
    unequal="{item} có trả lời và không phải {answer}",
    chosen="{item} có chọn {answer}",
    not_chosen="{item} có trả lời và không chọn {answer}",
    one_of="{item} trả lời {answer}",
    none_of="{item} có trả lời và không phải {answer}",
    relations={
        "==": "{item} bằng {answer}",
        "!=": "{item} có trả lời và khác {answer}",
        "<": "{item} nhỏ hơn {answer}",
        "<=": "{item} không quá {answer}",
        ">": "{item} lớn hơn {answer}",
        ">=": "{item} từ {answer} trở lên",
    },
    quoted="“{words}”",
    question="câu “{words}”",
)
_ENGLISH = _Words(
    sentence="Asked when {condition}.",
    both=" and ",
    either=" or ",
    last=" or ",
    comma=", ",
    negation="it is not so that ({condition})",
    answered="{item} is answered",
    blank="{item} is left blank",
    equal="the answer to {item} is {answer}",
    unequal="{item} is answered and is not {answer}",
    chosen="{answer} is chosen in {item}",
    not_chosen="{item} is answered and {answer} is not chosen",
    one_of="the answer to {item} is {answer}",
    none_of="{item} is answered and is not {answer}",
    relations={
        "==": "{item} is {answer}",
        "!=": "{item} is answered and is not {answer}",
        "<": "{item} is less than {answer}",
        "<=": "{item} is at most {answer}",
        ">": "{item} is more than {answer}",
        ">=": "{item} is at least {answer}",
    },
    quoted="“{words}”",
    question="the question “{words}”",
)
LONGEST_NAME = 60


def sentence(version: InstrumentVersion, source: str, language: str = "vi") -> str:
    """The condition as a sentence, in Vietnamese or (for any other language) in English.

    Raises `conditions.ConditionError` for a source that cannot be read.
    """
    words = _VIETNAMESE if language == "vi" else _ENGLISH
    return words.sentence.format(condition=_say(conditions.parse(source), version, words, language))


def _say(condition: Condition, version: InstrumentVersion, words: _Words, language: str) -> str:
    match condition:
        case And(parts):
            return words.both.join(_bracketed(part, version, words, language) for part in parts)
        case Or(parts):
            return words.either.join(_bracketed(part, version, words, language) for part in parts)
        case Not(part):
            return words.negation.format(condition=_say(part, version, words, language))
    item = _question(version, condition.item, words, language)
    match condition:
        case Answered():
            return words.answered.format(item=item)
        case Blank():
            return words.blank.format(item=item)
        case Includes(code, number, negated):
            phrase = words.not_chosen if negated else words.chosen
            return phrase.format(item=item, answer=_answer(version, code, number, words, language))
        case In(code, numbers, negated):
            phrase = words.none_of if negated else words.one_of
            named = [_answer(version, code, number, words, language) for number in numbers]
            return phrase.format(item=item, answer=_listed(named, words))
        case Compare(code, operator, number):
            answer = _answer(version, code, number, words, language)
            phrase = words.relations[operator]
            if _has_options(version, code):
                phrase = {"==": words.equal, "!=": words.unequal}.get(operator, phrase)
            return phrase.format(item=item, answer=answer)


def _bracketed(part: Condition, version: InstrumentVersion, words: _Words, language: str) -> str:
    said = _say(part, version, words, language)
    return f"({said})" if isinstance(part, And | Or) else said


def _question(version: InstrumentVersion, code: str, words: _Words, language: str) -> str:
    if not version.has_item(code):
        return words.quoted.format(words=code)
    item = version.item(code)
    if item.label is not None:
        return item.label
    text = version.said(item.wording, language)
    cut = text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1].rstrip() + "…"
    return words.question.format(words=cut.rstrip("."))


def _answer(version: InstrumentVersion, code: str, number: int | float, words: _Words, language: str) -> str:
    if version.has_item(code):
        for option in version.options(version.item(code)):
            if option.code == number:
                return words.quoted.format(words=option.label.inside(language))
    return plain(exact(number), language)


def _has_options(version: InstrumentVersion, code: str) -> bool:
    return version.has_item(code) and bool(version.options(version.item(code)))


def _listed(named: list[str], words: _Words) -> str:
    return words.last.join(part for part in (words.comma.join(named[:-1]), named[-1]) if part)
