"""Why can an act not be done? Every refusal of the editor with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from instruments.model import InstrumentVersion

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
    "locked-border": "This would mix local parts with the locked form: %(reason)s",
    "not-hideable": "The form does not allow “%(code)s” to be switched off.",
    "not-relabelable": "The form does not allow other words for “%(code)s”.",
    "rows-crossed": "The answer list has changed meanwhile. Look at it as it is now; nothing was overwritten.",
    "no-words": "Write the words in the questionnaire's first language.",
    "no-answers": "A choice needs at least one answer.",
    "no-codes": "Choose at least one answer of “%(code)s”.",
    "not-a-number": "“%(came)s” is not a number that can stand here.",
    "not-taken": "This cannot be kept: %(reason)s",
}
"""Why an act cannot be done, as sentences with %(names)s."""


class EditError(ValueError):
    """An act that cannot be done on this document."""

    def __init__(self, key: str, **params: str) -> None:
        self.key, self.params = key, params
        super().__init__(REFUSALS[key] % params)


def kept(make: Callable[[], InstrumentVersion]) -> InstrumentVersion:
    """The result of an act, with the format's own refusals as `EditError`."""
    try:
        return make()
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"][-2:])
        raise EditError("not-taken", reason=f"{place}: {first['msg']}") from None
    except PydanticCustomError as wrong:
        raise EditError("not-taken", reason=wrong.message()) from None
