"""Questions, statements and the parts that hold them: added, changed, moved, copied, taken away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from instruments.editing.finding import (
    Coded,
    asked_in,
    element_of,
    free_code,
    named,
    named_section,
    section_of,
    users_of,
)
from instruments.editing.locking import added, first_place
from instruments.editing.refusals import EditError
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Element, Item, Section


def add_element(
    version: InstrumentVersion, element: Element, *, section: str, after: str | None = None
) -> InstrumentVersion:
    """Put a question or statement into a section, behind another or at its end."""
    if element.code in {one.code for one in version.elements}:
        raise EditError("code-taken", code=element.code)
    target = named_section(version, section)
    codes = [one.code for one in target.elements]
    place = codes.index(after) + 1 if after in codes else len(codes)
    place = max(place, first_place(version, target))
    elements = (*target.elements[:place], added(version, element), *target.elements[place:])
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
        return re.sub(rf"\b{re.escape(code)}\b", new, source) if source and code in asked_in(source) else source

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
    if version.core is not None:
        changes["origin"] = "overlay"
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
    """Move an element into a section, to a position among the others there, as dragging it does."""
    element, old = element_of(version, code), section_of(version, code)
    target = named_section(version, section)
    if old.code != target.code and len(old.elements) == 1:
        raise EditError("last-in-section", code=code)
    rest = [one for one in target.elements if one.code != code]
    lowest = first_place(version, target) if element.origin == "overlay" else 0
    position = max(lowest, min(position, len(rest)))
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


# --- sections -------------------------------------------------------------------------------------------------


def add_section(version: InstrumentVersion, section: Section, *, after: str | None = None) -> InstrumentVersion:
    """A new part behind another, or at the end."""
    codes = [one.code for one in version.sections]
    if section.code in codes:
        raise EditError("code-taken", code=section.code)
    place = codes.index(after) + 1 if after in codes else len(codes)
    sections = (*version.sections[:place], added(version, section), *version.sections[place:])
    return version.model_copy(update={"sections": sections})


def change_section(version: InstrumentVersion, code: str, /, **changes: Any) -> InstrumentVersion:
    """Another heading or condition."""
    section = named_section(version, code)
    return _with_section(version, section, section.model_copy(update=changes))


def move_section(version: InstrumentVersion, code: str, way: Literal["up", "down"]) -> InstrumentVersion:
    """One place up or down with everything in it."""
    return version.model_copy(update={"sections": moved(version.sections, code, way, "section-unknown")})


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


def moved(parts: Sequence[Coded], code: str, way: str, refusal: str) -> tuple[Coded, ...]:
    part = named(parts, code, refusal)
    others: list[Coded] = [one for one in parts if one is not part]
    at: int = max(0, min(len(others), list(parts).index(part) + (-1 if way == "up" else 1)))
    return (*others[:at], part, *others[at:])
