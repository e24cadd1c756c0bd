"""What may be changed on a locked form: its local parts, while the form of the decision stays as it is.

A version that carries a locked core (`version.core`) is edited by the same acts as any other: what is added is marked
as local and stands behind the form's own parts. `guarded` is the proof: after every act the version without its local
parts must be what it was.
"""

from __future__ import annotations

from typing import TypeVar

from instruments.checks import integrity
from instruments.editing.finding import element_of
from instruments.editing.pieces import touched
from instruments.editing.refusals import EditError
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Element, Factor, Item, Section
from instruments.model.index_rules import IndexRule
from instruments.model.provenance import Language
from instruments.model.response_domains import Scale
from instruments.model.text import Text
from instruments.overlays import overlay

_Placed = TypeVar("_Placed")
_Part = TypeVar("_Part", Element, Section, Scale, Factor, IndexRule, Language)


def added(version: InstrumentVersion, part: _Part) -> _Part:
    """A new part as this version may hold it: local where the form is locked."""
    if version.core is None or part.origin == "overlay":
        return part
    part = part.model_copy(update={"origin": "overlay"})
    if isinstance(part, Section):
        part = part.model_copy(update={"elements": tuple(added(version, one) for one in part.elements)})
    return part


def first_place(version: InstrumentVersion, section: Section) -> int:
    """The first position in a section where something new may stand: behind the form's own questions."""
    if version.core is None or section.origin == "overlay":
        return 0
    return sum(element.origin == "core" for element in section.elements)


def is_locked(version: InstrumentVersion, part: Element | Section | Scale | Factor | IndexRule) -> bool:
    """Whether this part belongs to the locked form."""
    return version.core is not None and part.origin == "core"


def switch(version: InstrumentVersion, code: str, *, asked: bool) -> InstrumentVersion:
    """Switch a question of the form on or off, where the form allows it."""
    item = element_of(version, code)
    if not isinstance(item, Item) or not item.hideable or item.given_by is not None:
        raise EditError("not-hideable", code=code)
    return _changed(version, item, {"asked": asked})


def relabel(version: InstrumentVersion, code: str, words: Text | None) -> InstrumentVersion:
    """Other words for a question of the form, where the form allows it; None restores its own."""
    item = element_of(version, code)
    if not isinstance(item, Item) or not item.relabelable:
        raise EditError("not-relabelable", code=code)
    return _changed(version, item, {"relabel": words})


def _changed(version: InstrumentVersion, item: Item, update: dict[str, object]) -> InstrumentVersion:
    new = item.model_copy(update=update)
    sections = tuple(
        section.model_copy(update={"elements": tuple(new if one is item else one for one in section.elements)})
        if any(one is item for one in section.elements)
        else section
        for section in version.sections
    )
    return version.model_copy(update={"sections": sections})


def guarded(before: InstrumentVersion, after: InstrumentVersion) -> InstrumentVersion:
    """The version after an act; raises EditError if the act altered the form that the version carries."""
    if before.core is None:
        return _in_place(after)
    old, new = overlay.strip(before), overlay.strip(after)
    if old != new:
        changed = touched(old, new)
        if not changed:
            raise EditError("locked-order")
        kind, code = min(changed, key=_weight).split(" ", 1)
        raise EditError("locked-whole" if kind == "field" else "locked", code=code)
    known = {(one.code, *one.params.values()) for one in integrity.border(before)}
    for problem in integrity.border(after):
        if (problem.code, *problem.params.values()) not in known:
            raise EditError("locked-border", reason=problem.message)
    return after


_LISTS = ("languages", "parameters", "scales", "factors", "indices")


def _in_place(version: InstrumentVersion) -> InstrumentVersion:
    """A form of one's own that marks some parts as local: what stands in a local part is local, the rest comes first.

    Nobody who writes such a form has to know of the marks, and no act leaves a draft that cannot be published for them.
    """
    if not any(True for _ in integrity.border(version)):
        return version
    scales = tuple(
        scale.model_copy(update={"options": _local_last(scale.options)}) if scale.origin == "core" else scale
        for scale in version.scales
    )
    lists = {name: _local_last(getattr(version, name)) for name in _LISTS}
    sections = tuple(_section_in_place(section) for section in version.sections)
    return version.model_copy(update={**lists, "scales": _local_last(scales), "sections": sections})


def _section_in_place(section: Section) -> Section:
    if section.origin == "overlay":
        local = tuple(one.model_copy(update={"origin": "overlay"}) for one in section.elements)
        return section.model_copy(update={"elements": local})
    return section.model_copy(update={"elements": _local_last(section.elements)})


def _local_last(parts: tuple[_Placed, ...]) -> tuple[_Placed, ...]:
    return tuple(sorted(parts, key=lambda part: getattr(part, "origin", "core") == "overlay"))


def _weight(name: str) -> tuple[int, str]:
    """A sort key for the pieces to name in a refusal, the most telling first."""
    kinds = ("element", "scale", "factor", "section", "figure", "field")
    return kinds.index(name.split(" ", 1)[0]), name
