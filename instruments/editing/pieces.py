"""Divides a document into pieces, so that two people who change different ones do not get in each other's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Element, Factor, Section
from instruments.model.response_domains import Scale

_Coded = TypeVar("_Coded", Element, Scale, Factor)
WHOLE = ("sections", "scales", "factors", "indices")
ORDER = "order"


def parts_of(version: InstrumentVersion) -> dict[str, object]:
    """The document as pieces that two people may change without getting in each other's way, by name."""
    found: dict[str, object] = {}
    for section in version.sections:
        found[f"section {section.code}"] = _heading(section)
        for element in section.elements:
            found[f"element {element.code}"] = element
    found |= {f"scale {scale.code}": scale for scale in version.scales}
    found |= {f"factor {factor.code}": factor for factor in version.factors}
    found |= {f"figure {n}": rule for n, rule in enumerate(version.indices)}
    found |= {f"field {name}": getattr(version, name) for name in type(version).model_fields if name not in WHOLE}
    return found


def touched(old: InstrumentVersion, new: InstrumentVersion) -> frozenset[str]:
    """Names of the pieces that differ between two documents."""
    before, after = parts_of(old), parts_of(new)
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


@dataclass(frozen=True)
class Together:
    """What two people did at the same time, in one document."""

    document: InstrumentVersion
    crossed: frozenset[str]
    """Pieces of what is saved that the act would alter, though somebody changed them meanwhile."""


def together(
    before: InstrumentVersion, saved: InstrumentVersion, edit: Callable[[InstrumentVersion], InstrumentVersion]
) -> Together:
    """An act made on `before`, done on what was saved meanwhile.

    The act may send a whole page of fields; what it does not change in `before` is left as it is saved.
    """
    mine, done = edit(before), edit(saved)
    merged = _with_theirs(before, mine, saved, done)
    theirs, held, result = touched(before, saved), parts_of(saved), parts_of(merged)
    crossed = {name for name in theirs if held.get(name) != result.get(name)}
    if _reordered(before, saved, merged):
        crossed.add(ORDER)
    return Together(merged, frozenset(crossed))


def _with_theirs(
    before: InstrumentVersion, mine: InstrumentVersion, saved: InstrumentVersion, done: InstrumentVersion
) -> InstrumentVersion:
    """The act's document, with every piece that the act did not change taken from the saved one."""
    old, wanted, held = parts_of(before), parts_of(mine), parts_of(saved)
    same = {name for name in old.keys() & wanted.keys() & held.keys() if old[name] == wanted[name]}

    def kept(kind: str, parts: tuple[_Coded, ...]) -> Iterator[_Coded]:
        for one in parts:
            name = f"{kind} {one.code}"
            yield held[name] if name in same else one  # type: ignore[misc]

    def section(one: Section) -> Section:
        update: dict[str, object] = {"elements": tuple(kept("element", one.elements))}
        name = f"section {one.code}"
        if name in same:
            update |= dict(zip(("title", "stem", "show_if", "origin"), held[name], strict=True))  # type: ignore[call-overload]
        return one.model_copy(update=update)

    fields = {name: held[f"field {name}"] for name in type(done).model_fields if f"field {name}" in same}
    figures = tuple(
        held[f"figure {n}"] if f"figure {n}" in same and len(saved.indices) == len(done.indices) else rule
        for n, rule in enumerate(done.indices)
    )
    return done.model_copy(
        update=fields
        | {
            "sections": tuple(section(one) for one in done.sections),
            "scales": tuple(kept("scale", done.scales)),
            "factors": tuple(kept("factor", done.factors)),
            "indices": figures,
        }
    )


def _heading(section: Section) -> tuple[object, ...]:
    return section.title, section.stem, section.show_if, section.origin


def _reordered(before: InstrumentVersion, saved: InstrumentVersion, merged: InstrumentVersion) -> bool:
    """Whether the saved version moved pieces that all three documents have, and the merged one has a third order."""
    known = [set(_places(one)) for one in (before, saved, merged)]
    shared = known[0] & known[1] & known[2]
    was, is_saved, would_be = (
        [(code, section) for code, section in _places(one).items() if code in shared] for one in (before, saved, merged)
    )
    return was != is_saved and is_saved != would_be


def _places(version: InstrumentVersion) -> dict[str, str]:
    """Everything that stands in an order, with the section it stands in."""
    found = {f"factor {factor.code}": "" for factor in version.factors}
    for section in version.sections:
        found[f"section {section.code}"] = ""
        found |= {f"element {element.code}": section.code for element in section.elements}
    return found
