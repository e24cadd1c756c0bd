"""The closed list of reasons for which an act of the editor is refused, each with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from instruments import codec
from instruments.model.document import InstrumentVersion

REFUSALS: Mapping[str, str] = {
    "element-unknown": "There is no “%(code)s” in this questionnaire any more.",
    "section-unknown": "There is no part “%(code)s” in this questionnaire any more.",
    "scale-unknown": "There is no list of answers “%(code)s” in this questionnaire any more.",
    "factor-unknown": "There is no factor “%(code)s” in this questionnaire any more.",
    "figure-unknown": "There is no such figure in this questionnaire any more.",
    "language-unknown": "The questionnaire is not written in “%(code)s”.",
    "language-there": "The questionnaire is written in “%(code)s” already.",
    "language-source": "The first language cannot be taken away: its wording is the questionnaire.",
    "code-taken": "The code “%(code)s” is used already; choose another.",
    "last-in-section": "“%(code)s” is alone in its part. Take the whole part away, or add something to it first.",
    "last-section": "A questionnaire has at least one part.",
    "asked-about": "“%(code)s” is asked about by %(users)s. Change that first.",
    "scale-used": "The list of answers “%(code)s” is used by %(users)s. Give them other answers first.",
    "factor-used": "The factor “%(code)s” holds %(users)s. Move them first.",
    "locked": "“%(code)s” belongs to the locked form and stays as it is. Only what is added locally can be changed.",
    "locked-whole": "The locked form as a whole stays as it is (%(code)s). Only what is added locally can be changed.",
    "locked-order": "The order of the locked form stays as it is. Only what is added locally can be moved.",
    "locked-border": "No part of the locked form can stand behind what is added locally, or depend on it.",
    "not-hideable": "The form does not allow “%(code)s” to be switched off.",
    "not-relabelable": "The form does not allow other words for “%(code)s”.",
    "no-words": "Write the words in the questionnaire's first language.",
    "no-answers": "A choice needs at least one answer.",
    "no-codes": "Choose at least one answer of “%(code)s”.",
    "not-a-number": "“%(came)s” is not a number that can stand here.",
    "not-taken": "This cannot be kept: the questionnaire format does not take it (%(reason)s).",
    "bad-code": "“%(came)s” cannot be a code. Use small letters a-z, digits and single underscores, a letter first.",
    "bad-name": "“%(came)s” cannot be a code. Use small letters a-z, digits and single hyphens, a letter first.",
    "bad-language": "“%(came)s” is not the code of a language; write two letters, such as en or km.",
    "bad-answer-code": "The code of an answer is a whole number from 0 to 254; “%(came)s” is not.",
    "too-long": "A text has at most %(limit)s characters; this one is longer: “%(came)s”.",
    "too-many": "There are too many entries in one list; at most %(limit)s are kept.",
    "text-control": "The text holds control characters, which cannot be kept. Type it again instead of copying it.",
    "text-direction": "The text holds hidden marks that turn the direction of writing. Type it again.",
    "text-marks": "The text holds too many accents on one letter. Type it again.",
}
"""Why an act cannot be done, as sentences with %(names)s."""


class EditError(ValueError):
    """An act that cannot be done on this document."""

    def __init__(self, key: str, **params: str) -> None:
        self.key, self.params = key, params
        super().__init__(REFUSALS[key] % params)


def kept(make: Callable[[], InstrumentVersion]) -> InstrumentVersion:
    """The result of an act, read back as it will be stored; the format's own refusals as `EditError`."""
    try:
        return InstrumentVersion.model_validate_json(codec.dumps(make()))
    except ValidationError as wrong:
        raise _refusal(wrong.errors(include_url=False)[0], wrong.title) from None
    except PydanticCustomError as wrong:
        raise _of_text(wrong.type) from None


def _refusal(error: ErrorDetails, whose: str) -> EditError:
    """`whose`: the part that was being made; the place of the error is inside it."""
    place, kind, limits = error["loc"], error["type"], error.get("ctx", {})
    came = str(error["input"])[:60]
    last = str(place[-1]) if place else ""
    if kind.startswith("text-"):
        return _of_text(kind)
    if last == "code" and (whose == "Option" or "options" in place):
        return EditError("bad-answer-code", came=came)
    if kind in ("string_pattern_mismatch", "string_too_long", "string_too_short") and last == "code":
        if whose == "Language" or place[0] == "languages":
            return EditError("bad-language", came=came)
        return EditError("bad-name" if (whose, len(place)) == ("InstrumentVersion", 1) else "bad-code", came=came)
    if kind == "string_too_long":
        return EditError("too-long", limit=str(limits["max_length"]), came=came)
    if kind == "too_long":
        return EditError("too-many", limit=str(limits["max_length"]))
    if kind.startswith(("greater_than", "less_than", "int_", "float_")):
        return EditError("not-a-number", came=came)
    return EditError("not-taken", reason=".".join(str(step) for step in place[-2:]))


def _of_text(kind: str) -> EditError:
    return EditError(kind if kind in REFUSALS else "no-words")
