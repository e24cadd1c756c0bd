"""How does a questionnaire change under an editor's hand? Each act is a function from a document to a document.

Every function takes a version and gives a new one; nothing is stored here and nothing is asked of a person twice. An
act that cannot be done raises `EditError` with a key of `REFUSALS` and its particulars: the face says it in a
sentence. A draft may be unfinished (`linting` says what is missing), but no act leaves a condition, a figure or an
export that points to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from instruments import conditions
from instruments.elements import Element, Factor, Item, Section, Statement
from instruments.indices import IndexRule
from instruments.local_languages import _changed as changed_texts
from instruments.local_languages import _texts as texts_of
from instruments.model import InstrumentVersion
from instruments.provenance import Language
from instruments.response_domains import (
    MultipleChoice,
    Option,
    Rating,
    Response,
    Scale,
    SingleChoice,
)
from instruments.text import Text

_Coded = TypeVar("_Coded", bound=Section | Factor | Scale)
Words = Mapping[str, str]

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
    "locked": "“%(code)s” belongs to the locked form. Only what is added locally can be changed here.",
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


def words(version: InstrumentVersion, given: Words) -> Text:
    """The words of a form's fields as a text; languages left blank are left out."""
    found = {code: said.strip() for code, said in given.items() if said.strip()}
    if version.source_language not in found:
        raise EditError("no-words")
    return Text(found)


def words_or_none(version: InstrumentVersion, given: Words) -> Text | None:
    """The same where nothing at all may be said."""
    return words(version, given) if any(said.strip() for said in given.values()) else None


# --- finding -----------------------------------------------------------------------------------------------------


def element_of(version: InstrumentVersion, code: str) -> Item | Statement:
    """The question or statement with this code."""
    for element in version.elements:
        if element.code == code:
            return element
    raise EditError("element-unknown", code=code)


def section_of(version: InstrumentVersion, code: str) -> Section:
    """The section that holds an element."""
    for section in version.sections:
        if any(element.code == code for element in section.elements):
            return section
    raise EditError("element-unknown", code=code)


def named_section(version: InstrumentVersion, code: str) -> Section:
    """The section with this code."""
    return _named(version.sections, code, "section-unknown")


def users_of(version: InstrumentVersion, code: str) -> tuple[str, ...]:
    """What asks about an element: codes of elements and sections with a condition on it, figures that name it."""
    found: list[str] = []
    for section in version.sections:
        if (section.show_if and code in _asked(section.show_if)) or section.stem == code:
            found.append(section.code)
        found += [e.code for e in section.elements if e.show_if and code in _asked(e.show_if)]
    found += [rule.rule for rule in version.indices if rule.items and code in rule.items]
    found += [layout.code for layout in version.exports if any(column.item == code for column in layout.columns)]
    return tuple(dict.fromkeys(found))


def free_code(version: InstrumentVersion, stem: str, taken: Sequence[str] = ()) -> str:
    """The next code of the kind `q7` that nothing in the document uses."""
    used = {*taken, *(e.code for e in version.elements), *(s.code for s in version.sections)}
    used |= {s.code for s in version.scales} | {f.code for f in version.factors}
    n = 1
    while f"{stem}{n}" in used:
        n += 1
    return f"{stem}{n}"


def _named(parts: Sequence[_Coded], code: str, refusal: str) -> _Coded:
    for part in parts:
        if part.code == code:
            return part
    raise EditError(refusal, code=code)


def _asked(source: str) -> frozenset[str]:
    try:
        return conditions.references(conditions.parse(source))
    except conditions.ConditionError:
        return frozenset(re.findall(r"[a-z][a-z0-9_]*", source))


# --- questions and statements ------------------------------------------------------------------------------------


def add_element(
    version: InstrumentVersion, element: Element, *, section: str, after: str | None = None
) -> InstrumentVersion:
    """Put a question or statement into a section, behind another or at its end."""
    if element.code in {one.code for one in version.elements}:
        raise EditError("code-taken", code=element.code)
    target = named_section(version, section)
    codes = [one.code for one in target.elements]
    place = codes.index(after) + 1 if after in codes else len(codes)
    elements = (*target.elements[:place], element, *target.elements[place:])
    return _with_section(version, target, target.model_copy(update={"elements": elements}))


def change_element(version: InstrumentVersion, code: str, /, **changes: Any) -> InstrumentVersion:
    """Other words, other answers, other marks of one element."""
    element = element_of(version, code)
    section = section_of(version, code)
    new = element.model_copy(update=changes)
    return _with_section(version, section, _swap(section, element, (new,)))


def rename_element(version: InstrumentVersion, code: str, new: str) -> InstrumentVersion:
    """Another code for an element, and for everything that asks about it."""
    if code == new:
        return version
    if new in {one.code for one in version.elements}:
        raise EditError("code-taken", code=new)
    version = change_element(version, code, code=new)

    def renamed(source: str | None) -> str | None:
        return re.sub(rf"\b{re.escape(code)}\b", new, source) if source and code in _asked(source) else source

    sections = []
    for section in version.sections:
        elements = tuple(
            e.model_copy(update={"show_if": renamed(e.show_if)}) if renamed(e.show_if) != e.show_if else e
            for e in section.elements
        )
        stem = new if section.stem == code else section.stem
        update = {"elements": elements, "show_if": renamed(section.show_if), "stem": stem}
        sections.append(section.model_copy(update=update))
    indices = tuple(
        rule.model_copy(update={"items": tuple(new if one == code else one for one in rule.items)})
        if rule.items and code in rule.items
        else rule
        for rule in version.indices
    )
    exports = tuple(
        layout.model_copy(
            update={
                "columns": tuple(
                    column.model_copy(update={"item": new}) if column.item == code else column
                    for column in layout.columns
                )
            }
        )
        for layout in version.exports
    )
    return version.model_copy(update={"sections": tuple(sections), "indices": indices, "exports": exports})


def copy_element(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """The same question again right behind, under a code of its own."""
    element = element_of(version, code)
    stem = re.sub(r"\d+$", "", code) or "q"
    changes: dict[str, Any] = {"code": free_code(version, stem)}
    if isinstance(element, Item):
        changes |= {"label": None, "short": None}
    copied = element.model_copy(update=changes)
    return add_element(version, copied, section=section_of(version, code).code, after=code)


def remove_element(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """Take a question or statement away, unless something asks about it."""
    element, section = element_of(version, code), section_of(version, code)
    if users := users_of(version, code):
        raise EditError("asked-about", code=code, users=", ".join(users))
    if len(section.elements) == 1:
        raise EditError("last-in-section", code=code)
    return _with_section(version, section, _swap(section, element, ()))


def move_element(version: InstrumentVersion, code: str, way: Literal["up", "down"]) -> InstrumentVersion:
    """One place up or down; from the edge of a section into the next one. At the end of the form nothing moves."""
    section = section_of(version, code)
    codes = [one.code for one in section.elements]
    at, step = codes.index(code), -1 if way == "up" else 1
    if 0 <= at + step < len(codes):
        return place_element(version, code, section=section.code, position=at + step)
    order = [one.code for one in version.sections]
    neighbour = order.index(section.code) + step
    if not 0 <= neighbour < len(order):
        return version
    target = version.sections[neighbour]
    return place_element(version, code, section=target.code, position=len(target.elements) if way == "up" else 0)


def place_element(version: InstrumentVersion, code: str, *, section: str, position: int) -> InstrumentVersion:
    """Where a drag let it go: into a section, at a position among the others there."""
    element, old = element_of(version, code), section_of(version, code)
    target = named_section(version, section)
    if old.code != target.code and len(old.elements) == 1:
        raise EditError("last-in-section", code=code)
    rest = [one for one in target.elements if one.code != code]
    position = max(0, min(position, len(rest)))
    new = target.model_copy(update={"elements": (*rest[:position], element, *rest[position:])})
    sections = []
    for one in version.sections:
        if one.code == target.code:
            sections.append(new)
        elif one.code == old.code:
            sections.append(_swap(old, element, ()))
        else:
            sections.append(one)
    return version.model_copy(update={"sections": tuple(sections)})


def _swap(section: Section, element: Element, instead: tuple[Element, ...]) -> Section:
    at = [one.code for one in section.elements].index(element.code)
    return section.model_copy(update={"elements": (*section.elements[:at], *instead, *section.elements[at + 1 :])})


def _with_section(version: InstrumentVersion, old: Section, new: Section) -> InstrumentVersion:
    return version.model_copy(update={"sections": tuple(new if one is old else one for one in version.sections)})


# --- sections ----------------------------------------------------------------------------------------------------


def add_section(version: InstrumentVersion, section: Section, *, after: str | None = None) -> InstrumentVersion:
    """A new part behind another, or at the end."""
    codes = [one.code for one in version.sections]
    if section.code in codes:
        raise EditError("code-taken", code=section.code)
    place = codes.index(after) + 1 if after in codes else len(codes)
    sections = (*version.sections[:place], section, *version.sections[place:])
    return version.model_copy(update={"sections": sections})


def change_section(version: InstrumentVersion, code: str, /, **changes: Any) -> InstrumentVersion:
    """Another heading or condition."""
    section = named_section(version, code)
    return _with_section(version, section, section.model_copy(update=changes))


def move_section(version: InstrumentVersion, code: str, way: Literal["up", "down"]) -> InstrumentVersion:
    """One place up or down with everything in it."""
    return version.model_copy(update={"sections": _moved(version.sections, code, way, "section-unknown")})


def remove_section(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """Take a part away with everything in it, unless the rest asks about it."""
    section = named_section(version, code)
    if len(version.sections) == 1:
        raise EditError("last-section")
    inside = {element.code for element in section.elements} | {section.code}
    for element in section.elements:
        if users := [user for user in users_of(version, element.code) if user not in inside]:
            raise EditError("asked-about", code=element.code, users=", ".join(users))
    return version.model_copy(update={"sections": tuple(one for one in version.sections if one is not section)})


def _moved(parts: Sequence[_Coded], code: str, way: str, refusal: str) -> tuple[_Coded, ...]:
    part = _named(parts, code, refusal)
    others: list[_Coded] = [one for one in parts if one is not part]
    at: int = max(0, min(len(others), list(parts).index(part) + (-1 if way == "up" else 1)))
    return (*others[:at], part, *others[at:])


# --- answers -----------------------------------------------------------------------------------------------------


def put_scale(version: InstrumentVersion, scale: Scale) -> InstrumentVersion:
    """A list of answers that questions share: a new one, or other answers under the same code."""
    if any(one.code == scale.code for one in version.scales):
        scales = tuple(scale if one.code == scale.code else one for one in version.scales)
    else:
        scales = (*version.scales, scale)
    return version.model_copy(update={"scales": scales})


def remove_scale(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """Take a list of answers away that no question uses."""
    _named(version.scales, code, "scale-unknown")
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


def put_response(
    version: InstrumentVersion, code: str, response: Response, scale: Scale | None = None
) -> InstrumentVersion:
    """Another kind of answer; a scale from the library comes along if the document has none of its code."""
    if scale is not None and all(one.code != scale.code for one in version.scales):
        version = put_scale(version, scale)
    if isinstance(response, Rating) and all(one.code != response.scale for one in version.scales):
        raise EditError("scale-unknown", code=response.scale)
    return change_element(version, code, response=response)


# --- factors and figures -----------------------------------------------------------------------------------------


def put_factor(version: InstrumentVersion, factor: Factor) -> InstrumentVersion:
    """A construct measured by several questions: a new one, or another name under the same code."""
    if any(one.code == factor.code for one in version.factors):
        factors = tuple(factor if one.code == factor.code else one for one in version.factors)
    else:
        factors = (*version.factors, factor)
    return version.model_copy(update={"factors": factors})


def move_factor(version: InstrumentVersion, code: str, way: Literal["up", "down"]) -> InstrumentVersion:
    """One place up or down in the list of factors."""
    return version.model_copy(update={"factors": _moved(version.factors, code, way, "factor-unknown")})


def remove_factor(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """Take a factor away that nothing belongs to."""
    _named(version.factors, code, "factor-unknown")
    users = [item.code for item in version.items if item.factor == code]
    users += [factor.code for factor in version.factors if factor.parent == code]
    if users:
        raise EditError("factor-used", code=code, users=", ".join(users))
    return version.model_copy(update={"factors": tuple(one for one in version.factors if one.code != code)})


def put_figure(version: InstrumentVersion, rule: IndexRule, *, at: int | None = None) -> InstrumentVersion:
    """A declared figure, new or instead of another. A new headline takes the mark from the old one."""
    rules = list(version.indices)
    if at is None:
        rules.append(rule)
        at = len(rules) - 1
    elif not 0 <= at < len(rules):
        raise EditError("figure-unknown")
    else:
        rules[at] = rule
    if rule.headline:
        rules = [one if n == at else one.model_copy(update={"headline": False}) for n, one in enumerate(rules)]
    return version.model_copy(update={"indices": tuple(rules)})


def remove_figure(version: InstrumentVersion, at: int) -> InstrumentVersion:
    """Take a declared figure away."""
    if not 0 <= at < len(version.indices):
        raise EditError("figure-unknown")
    return version.model_copy(update={"indices": (*version.indices[:at], *version.indices[at + 1 :])})


# --- languages ---------------------------------------------------------------------------------------------------


def add_language(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """A translation to be written: graded as our own draft until someone confirms it."""
    if code in version.language_codes:
        raise EditError("language-there", code=code)
    language = Language(code=code, role="translation", grade="draft")
    return version.model_copy(update={"languages": (*version.languages, language)})


def remove_language(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """Take a translation away with all its words."""
    if code == version.source_language:
        raise EditError("language-source")
    if code not in version.language_codes:
        raise EditError("language-unknown", code=code)
    rest = tuple(language for language in version.languages if language.code != code)
    bare = changed_texts(version, "", lambda _, text: Text({one: said for one, said in text.items() if one != code}))
    return bare.model_copy(update={"languages": rest})


def grade_language(version: InstrumentVersion, code: str, grade: str) -> InstrumentVersion:
    """How sure a translation is."""
    if code not in version.language_codes or code == version.source_language:
        raise EditError("language-unknown", code=code)
    languages = tuple(
        language.model_copy(update={"grade": grade}) if language.code == code else language
        for language in version.languages
    )
    return version.model_copy(update={"languages": languages})


def texts(version: InstrumentVersion) -> Iterator[tuple[str, Text]]:
    """Every text with its key, a path by codes: `sections/a/elements/q1/text`."""
    yield from texts_of(version)


def translate(version: InstrumentVersion, said: Mapping[str, str], language: str) -> InstrumentVersion:
    """Words of one language for several texts by their keys; a blank takes the words away."""
    if language not in version.language_codes:
        raise EditError("language-unknown", code=language)

    def put(key: str, text: Text) -> Text:
        if key not in said:
            return text
        new = said[key].strip()
        if not new and language == version.source_language:
            raise EditError("no-words")
        rest = {one: words for one, words in text.items() if one != language}
        return Text({**rest, language: new}) if new else Text(rest)

    return changed_texts(version, "", put)


# --- what two people changed -------------------------------------------------------------------------------------


def parts_of(version: InstrumentVersion) -> dict[str, object]:
    """The document as pieces that two people may change without getting in each other's way, by name."""
    found: dict[str, object] = {}
    for section in version.sections:
        found[f"section {section.code}"] = (section.title, section.stem, section.show_if, section.origin)
        for element in section.elements:
            found[f"element {element.code}"] = element
    found |= {f"scale {scale.code}": scale for scale in version.scales}
    found |= {f"factor {factor.code}": factor for factor in version.factors}
    found |= {f"figure {n}": rule for n, rule in enumerate(version.indices)}
    whole = ("sections", "scales", "factors", "indices")
    found |= {
        f"field {name}": getattr(version, name) for name in type(version).model_fields if name not in whole
    }  # fmt: skip
    return found


def touched(old: InstrumentVersion, new: InstrumentVersion) -> frozenset[str]:
    """Names of the pieces that differ between two documents."""
    before, after = parts_of(old), parts_of(new)
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
