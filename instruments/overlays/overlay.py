"""Adapts a locked form to a unit, and proves that it is still that form.

The effective version is one immutable document. Whatever was added locally says so itself (`origin:
"overlay"`, or a field that is local by nature: `asked: false`, `relabel`, `audio`, `screen_instruction`,
`display`, `comparable`), and the core stands beside it unchanged. So there is one proof and it is short:

    strip(version)                 the locked core: everything local taken away
    conforms(version, core)        content_hash(strip(version)) == content_hash(core)
    apply(core, overlay)           a version with strip(version) == core
    extract(version)               the overlay, with apply(strip(version), extract(version)) == version

`rebase` carries an overlay to a new core and lists what no longer fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import Field

from instruments.model.document import InstrumentVersion, Parameter
from instruments.model.elements import Element, Factor, Item, Recording, Section, Statement
from instruments.model.index_rules import IndexRule
from instruments.model.layouts import Display
from instruments.model.provenance import ComparableMark, CoreReference, Passage
from instruments.model.response_domains import Code, MultipleChoice, Option, Part, Scale, SingleChoice
from instruments.model.text import Text
from instruments.overlays import local_languages
from instruments.overlays.local_languages import LocalLanguage
from instruments.overlays.misfits import Misfit

_Local = TypeVar("_Local", Element, Factor, IndexRule, Option, Parameter, Scale, Section)


class PlacedSection(Part):
    """A local section and the section it follows."""

    after: Code | None = None
    """Code of the section before it; absent = at the very beginning."""
    section: Section
    """The section, `origin: "overlay"`."""


class AddedElements(Part):
    """Local questions at the end of a section of the core."""

    section: Code
    """The section."""
    elements: tuple[Element, ...]
    """The questions and statements, `origin: "overlay"`."""


class AddedOptions(Part):
    """Local answers (never substantive) at the end of a list of the core."""

    scale: Code | None = None
    """The shared list, or"""
    item: Code | None = None
    """the question with a list of its own."""
    options: tuple[Option, ...]
    """The answers, `origin: "overlay"`."""


class Relabelling(Part):
    """Local words for a question of the core."""

    item: Code
    """The question."""
    text: Text
    """The words shown instead."""


class Recorded(Part):
    """Recordings of a question or statement of the core."""

    element: Code
    """The question or statement."""
    audio: tuple[Recording, ...]
    """Its recordings."""


class Overlay(Part):
    """Everything a unit adds to a locked core, without the core."""

    sections: tuple[PlacedSection, ...] = ()
    """Local sections."""
    elements: tuple[AddedElements, ...] = ()
    """Local questions inside sections of the core."""
    options: tuple[AddedOptions, ...] = ()
    """Local answers."""
    parameters: tuple[Parameter, ...] = ()
    """Parameters of local texts."""
    scales: tuple[Scale, ...] = ()
    """Local answer lists."""
    factors: tuple[Factor, ...] = ()
    """Local factors."""
    indices: tuple[IndexRule, ...] = ()
    """Local figures."""
    switched_off: tuple[Code, ...] = ()
    """Questions of the core not put to the citizen."""
    relabellings: tuple[Relabelling, ...] = ()
    """Local words for questions of the core."""
    recordings: tuple[Recorded, ...] = ()
    """Recordings of questions and statements of the core."""
    screen_instruction: Passage | None = None
    """How to answer on a phone."""
    display: Display = Field(default_factory=Display)
    """Layout."""
    comparable: tuple[ComparableMark, ...] = ()
    """Judgements on comparability."""
    languages: tuple[LocalLanguage, ...] = ()
    """Languages added to the core's texts; local parts bring their own words."""


def strip(version: InstrumentVersion) -> InstrumentVersion:
    """The locked core: the version without anything local, under the core's own code and number."""
    return local_languages.without(_parts_stripped(version))


def _parts_stripped(version: InstrumentVersion) -> InstrumentVersion:
    return version.model_copy(
        update={
            "code": version.core.code if version.core else version.code,
            "version": version.core.version if version.core else version.version,
            "core": None,
            "parameters": _core(version.parameters),
            "scales": tuple(
                scale.model_copy(update={"options": _core(scale.options)}) for scale in _core(version.scales)
            ),
            "factors": _core(version.factors),
            "sections": tuple(_stripped_section(section) for section in _core(version.sections)),
            "indices": _core(version.indices),
            "screen_instruction": None,
            "display": Display(),
            "comparable": (),
        }
    )


def extract(version: InstrumentVersion) -> Overlay:
    """What is local in a version."""
    core_sections = _core(version.sections)
    core_elements = [element for section in core_sections for element in _core(section.elements)]
    core_items = [element for element in core_elements if isinstance(element, Item)]
    return Overlay(
        sections=tuple(
            PlacedSection(after=before.code if before else None, section=section)
            for before, section in zip((None, *version.sections), version.sections, strict=False)
            if section.origin == "overlay"
        ),
        elements=tuple(
            AddedElements(section=section.code, elements=local)
            for section in core_sections
            if (local := _local(section.elements))
        ),
        options=tuple(_added_options(version, core_items)),
        parameters=_local(version.parameters),
        scales=_local(version.scales),
        factors=_local(version.factors),
        indices=_local(version.indices),
        switched_off=tuple(item.code for item in core_items if not item.asked),
        relabellings=tuple(Relabelling(item=item.code, text=item.relabel) for item in core_items if item.relabel),
        recordings=tuple(
            Recorded(element=element.code, audio=element.audio) for element in core_elements if element.audio
        ),
        screen_instruction=version.screen_instruction,
        display=version.display,
        comparable=version.comparable,
        languages=local_languages.taken(_parts_stripped(version)),
    )


def apply(core: InstrumentVersion, overlay: Overlay, *, version: int, code: str | None = None) -> InstrumentVersion:
    """The effective version: a locked core with an overlay, under its own number (and code, if given).

    Refuses a core that holds local parts (strip it first) and an overlay that names what the core lacks
    (`conflicts` lists them). Whether the result is usable is for `integrity` to say, as for any version.
    """
    if core != strip(core):
        raise ValueError("expected a locked core, found local parts in it: pass strip(core)")
    missing = conflicts(core, overlay)
    if missing:
        raise ValueError(f"the overlay does not fit {core.code}@{core.version}: {'; '.join(missing)}")
    own = (code or core.code, version) == (core.code, core.version)
    reference = None if own else CoreReference(code=core.code, version=core.version)
    core = local_languages.put(core, overlay.languages)
    added = {entry.section: entry.elements for entry in overlay.elements}
    sections = [_dressed_section(section, overlay, added.get(section.code, ())) for section in core.sections]
    for placed in overlay.sections:
        codes = [section.code for section in sections]
        sections.insert(codes.index(placed.after) + 1 if placed.after else 0, placed.section)
    options = {entry.scale: entry.options for entry in overlay.options if entry.scale}
    return core.model_copy(
        update={
            "code": code or core.code,
            "version": version,
            "core": reference,
            "parameters": core.parameters + overlay.parameters,
            "scales": tuple(
                scale.model_copy(update={"options": scale.options + options.get(scale.code, ())})
                for scale in core.scales
            )
            + overlay.scales,
            "factors": core.factors + overlay.factors,
            "sections": tuple(sections),
            "indices": core.indices + overlay.indices,
            "screen_instruction": overlay.screen_instruction,
            "display": overlay.display,
            "comparable": overlay.comparable,
        }
    )


def conforms(version: InstrumentVersion, core: InstrumentVersion) -> bool:
    """Whether this version still is that form, local additions aside."""
    return strip(version) == strip(core)


def conflicts(core: InstrumentVersion, overlay: Overlay) -> tuple[str, ...]:
    """What the overlay asks of a core that the core does not have or does not allow: one sentence each."""
    return tuple(one.message for one in misfits(core, overlay))


def misfits(core: InstrumentVersion, overlay: Overlay) -> tuple[Misfit, ...]:
    """The conflicts as keys and particulars, which a face says in its own language."""
    return tuple(_misfits(core, overlay))


def rebase(
    overlay: Overlay, new_core: InstrumentVersion, *, version: int, code: str | None = None
) -> tuple[InstrumentVersion, tuple[Misfit, ...]]:
    """The overlay carried to a new core as far as it fits, and everything that does not."""
    lost = misfits(new_core, overlay)
    if overlay.comparable:
        lost = (*lost, Misfit("comparable"))
    return apply(new_core, _fitting(new_core, overlay), version=version, code=code), lost


# --- taking away -------------------------------------------------------------------------------------------


def _core(parts: tuple[_Local, ...]) -> tuple[_Local, ...]:
    return tuple(part for part in parts if part.origin == "core")


def _local(parts: tuple[_Local, ...]) -> tuple[_Local, ...]:
    return tuple(part for part in parts if part.origin == "overlay")


def _stripped_section(section: Section) -> Section:
    elements = tuple(_stripped_element(element) for element in _core(section.elements))
    return section.model_copy(update={"elements": elements})


def _stripped_element(element: Element) -> Element:
    changes: dict[str, Any] = {"audio": ()}
    if isinstance(element, Item):
        changes |= {"asked": True, "relabel": None}
        if isinstance(element.response, SingleChoice | MultipleChoice) and element.response.options:
            own = _core(element.response.options)
            changes["response"] = element.response.model_copy(update={"options": own})
    return element.model_copy(update=changes)


def _added_options(version: InstrumentVersion, items: list[Item]) -> Iterator[AddedOptions]:
    for scale in _core(version.scales):
        if local := _local(scale.options):
            yield AddedOptions(scale=scale.code, options=local)
    for item in items:
        if isinstance(item.response, SingleChoice | MultipleChoice) and (local := _local(item.response.options or ())):
            yield AddedOptions(item=item.code, options=local)


# --- putting on --------------------------------------------------------------------------------------------


def _dressed_section(section: Section, overlay: Overlay, added: tuple[Element, ...]) -> Section:
    elements = tuple(_dressed_element(element, overlay) for element in section.elements)
    return section.model_copy(update={"elements": elements + added})


def _dressed_element(element: Element, overlay: Overlay) -> Element:
    audio = next((entry.audio for entry in overlay.recordings if entry.element == element.code), ())
    if isinstance(element, Statement):
        return element.model_copy(update={"audio": audio})
    changes: dict[str, Any] = {
        "audio": audio,
        "asked": element.code not in overlay.switched_off,
        "relabel": next((entry.text for entry in overlay.relabellings if entry.item == element.code), None),
    }
    options = next((entry.options for entry in overlay.options if entry.item == element.code), ())
    if options and isinstance(element.response, SingleChoice | MultipleChoice):
        own = element.response.options or ()
        changes["response"] = element.response.model_copy(update={"options": own + options})
    return element.model_copy(update=changes)


# --- what does not fit -------------------------------------------------------------------------------------


def _misfits(core: InstrumentVersion, overlay: Overlay) -> Iterator[Misfit]:
    items: Mapping[str, Item] = {item.code: item for item in core.items}
    elements = {element.code for element in core.elements}
    sections = {section.code for section in core.sections}
    for placed in overlay.sections:
        if placed.after is not None and placed.after not in sections:
            yield Misfit("section-place", {"section": placed.section.code, "after": placed.after})
        if placed.section.code in sections:
            yield Misfit("section-exists", {"section": placed.section.code})
        sections.add(placed.section.code)
    local = [element for placed in overlay.sections for element in placed.section.elements]
    local += [element for entry in overlay.elements for element in entry.elements]
    yield from (Misfit("element-exists", {"code": one.code}) for one in local if one.code in elements)
    for entry in overlay.elements:
        if entry.section not in {section.code for section in core.sections}:
            codes = ", ".join(one.code for one in entry.elements)
            yield Misfit("no-section", {"section": entry.section, "codes": codes})
    for code in overlay.switched_off:
        if code not in items:
            yield Misfit("off-unknown", {"code": code})
        elif not items[code].hideable:
            yield Misfit("off-locked", {"code": code})
    for relabelling in overlay.relabellings:
        if relabelling.item not in items:
            yield Misfit("words-unknown", {"code": relabelling.item})
        elif not items[relabelling.item].relabelable:
            yield Misfit("words-locked", {"code": relabelling.item})
    for recorded in overlay.recordings:
        if recorded.element not in elements:
            yield Misfit("recording-unknown", {"code": recorded.element})
    yield from _option_misfits(core, items, overlay)
    yield from local_languages.misfits(core, overlay.languages)
    for kind, mine, theirs in (
        ("parameter", overlay.parameters, core.parameters),
        ("scale", overlay.scales, core.scales),
        ("factor", overlay.factors, core.factors),
    ):
        taken = {part.code for part in theirs}
        yield from (Misfit(f"{kind}-exists", {"code": part.code}) for part in mine if part.code in taken)


def _option_misfits(core: InstrumentVersion, items: Mapping[str, Item], overlay: Overlay) -> Iterator[Misfit]:
    scales = {scale.code: scale.options for scale in core.scales}
    for entry in overlay.options:
        if entry.scale is not None:
            own = scales.get(entry.scale)
        else:
            asked = items.get(entry.item or "")
            own = getattr(asked.response, "options", None) if asked else None
        where = entry.scale or entry.item
        if own is None:
            yield Misfit("no-list", {"code": str(where)})
            continue
        taken = {option.code for option in own}
        yield from (
            Misfit("answer-exists", {"answer": str(option.code), "code": str(where)})
            for option in entry.options
            if option.code in taken
        )


def _fitting(core: InstrumentVersion, overlay: Overlay) -> Overlay:
    """The parts of an overlay that a core takes, found by asking `conflicts` about each on its own."""

    def fits(part: Overlay) -> bool:
        return not conflicts(core, part)

    sections: tuple[PlacedSection, ...] = ()
    last = core.sections[-1].code
    for placed in overlay.sections:
        for candidate in (placed, placed.model_copy(update={"after": last})):
            if fits(Overlay(sections=(*sections, candidate))):
                sections = (*sections, candidate)
                break
    return overlay.model_copy(
        update={
            "sections": sections,
            "elements": tuple(one for one in overlay.elements if fits(Overlay(elements=(one,)))),
            "options": tuple(one for one in overlay.options if fits(Overlay(options=(one,)))),
            "parameters": tuple(one for one in overlay.parameters if fits(Overlay(parameters=(one,)))),
            "scales": tuple(one for one in overlay.scales if fits(Overlay(scales=(one,)))),
            "factors": tuple(one for one in overlay.factors if fits(Overlay(factors=(one,)))),
            "switched_off": tuple(one for one in overlay.switched_off if fits(Overlay(switched_off=(one,)))),
            "relabellings": tuple(one for one in overlay.relabellings if fits(Overlay(relabellings=(one,)))),
            "recordings": tuple(one for one in overlay.recordings if fits(Overlay(recordings=(one,)))),
            "languages": local_languages.fitting(core, overlay.languages),
            "comparable": (),
        }
    )
