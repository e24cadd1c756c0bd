"""Finds in a document what an act is about, what refers to it, and codes that are free."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from instruments import conditions
from instruments.editing.refusals import EditError
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Factor, Item, Section, Statement
from instruments.model.response_domains import Scale
from instruments.model.text import Text

Coded = TypeVar("Coded", bound=Section | Factor | Scale)
Words = Mapping[str, str]


def words(version: InstrumentVersion, given: Words) -> Text:
    """The words of a form's fields as a text; languages left blank are left out."""
    found = {code: said.strip() for code, said in given.items() if said.strip()}
    if version.source_language not in found:
        raise EditError("no-words")
    return Text(found)


def words_or_none(version: InstrumentVersion, given: Words) -> Text | None:
    """Words in several languages, or None where nothing was said in any of them."""
    return words(version, given) if any(said.strip() for said in given.values()) else None


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
    return named(version.sections, code, "section-unknown")


def users_of(version: InstrumentVersion, code: str) -> tuple[str, ...]:
    """Everything that asks about an element: codes of elements and sections with a condition on it, and figures."""
    found: list[str] = []
    for section in version.sections:
        if (section.show_if and code in asked_in(section.show_if)) or section.stem == code:
            found.append(section.code)
        found += [e.code for e in section.elements if e.show_if and code in asked_in(e.show_if)]
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


def named(parts: Sequence[Coded], code: str, refusal: str) -> Coded:
    for part in parts:
        if part.code == code:
            return part
    raise EditError(refusal, code=code)


def asked_in(source: str) -> frozenset[str]:
    try:
        return conditions.references(conditions.parse(source))
    except conditions.ConditionError:
        return frozenset(re.findall(r"[a-z][a-z0-9_]*", source))
