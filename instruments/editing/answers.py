"""Lists of answers that questions share, answers of one question, and the kind of answer of a question."""

from __future__ import annotations

from collections.abc import Sequence

from instruments.editing.elements import change_element
from instruments.editing.finding import element_of, named
from instruments.editing.locking import added, is_locked
from instruments.editing.refusals import EditError
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.response_domains import MultipleChoice, Option, Rating, Response, Scale, SingleChoice


def put_scale(version: InstrumentVersion, scale: Scale) -> InstrumentVersion:
    """A list of answers that questions share: a new one, or other answers under the same code."""
    if any(one.code == scale.code for one in version.scales):
        scales = tuple(scale if one.code == scale.code else one for one in version.scales)
    else:
        scales = (*version.scales, added(version, scale))
    return version.model_copy(update={"scales": scales})


def remove_scale(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """Remove a list of answers that no question uses."""
    named(version.scales, code, "scale-unknown")
    if users := [item.code for item in version.items if item.scale == code]:
        raise EditError("scale-used", code=code, users=", ".join(users))
    return version.model_copy(update={"scales": tuple(one for one in version.scales if one.code != code)})


def answers_of(version: InstrumentVersion, code: str) -> tuple[Option, ...]:
    """The answers of a shared list (by its code) or of a question with a list of its own."""
    if any(scale.code == code for scale in version.scales):
        return version.scale(code).options
    element = element_of(version, code)
    return version.options(element) if isinstance(element, Item) else ()


def put_answers(
    version: InstrumentVersion, code: str, options: Sequence[Option], *, other: int | None = None
) -> InstrumentVersion:
    """Other answers for a question with a list of its own; `other` opens a text field beside it."""
    if not options:
        raise EditError("no-answers")
    element = element_of(version, code)
    if not isinstance(element, Item) or not isinstance(element.response, SingleChoice | MultipleChoice):
        raise EditError("element-unknown", code=code)
    response = element.response.model_copy(update={"options": tuple(options), "scale": None, "other": other})
    return change_element(version, code, response=response)


def is_locked_list(version: InstrumentVersion, part: Scale | Item) -> bool:
    """Whether a locked form owns this list of answers, so that a unit may only set answers of its own behind it."""
    own = isinstance(part, Scale) or getattr(part.response, "options", None) is not None
    return own and is_locked(version, part)


def put_local_answers(version: InstrumentVersion, code: str, options: Sequence[Option]) -> InstrumentVersion:
    """The answers a unit sets behind a list of its locked form: all of them, never counted in a figure.

    `code`: of a shared list, or of a question with a list of its own.
    """
    scale = next((one for one in version.scales if one.code == code), None)
    part = scale or element_of(version, code)
    if not isinstance(part, Scale | Item) or not is_locked_list(version, part):
        raise EditError("scale-unknown", code=code)
    core = tuple(option for option in answers_of(version, code) if option.origin == "core")
    taken = {option.code for option in core}
    for option in options:
        if option.code in taken:
            raise EditError("code-taken", code=str(option.code))
        taken.add(option.code)
    apart = {"origin": "overlay", "substantive": False, "satisfied": False}
    every = (*core, *(option.model_copy(update=apart) for option in options))
    if scale is not None:
        return put_scale(version, scale.model_copy(update={"options": every}))
    assert isinstance(part, Item)
    return change_element(version, code, response=part.response.model_copy(update={"options": every}))


def put_response(
    version: InstrumentVersion, code: str, response: Response, scale: Scale | None = None
) -> InstrumentVersion:
    """Another kind of answer; a scale from the library comes along if the document has none of its code."""
    if scale is not None and all(one.code != scale.code for one in version.scales):
        version = put_scale(version, scale)
    if isinstance(response, Rating) and all(one.code != response.scale for one in version.scales):
        raise EditError("scale-unknown", code=response.scale)
    return change_element(version, code, response=response)
