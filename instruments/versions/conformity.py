"""Checks whether a version still is the form of the decision it bears, local additions aside, and lists what differs.

The answer is exact: the version without everything local is the locked core of the form, or it is not. What a unit may
do is no deviation: questions added after the core, questions switched off that the form marks as hideable, other words
where it marks them as relabelable, answers set apart, languages, recordings, layout. Everything else is one, named.

That a version conforms says no more than the form itself claims: a transcription that waits for its original conforms
to that transcription. `badge` says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from instruments import codec
from instruments.checks import integrity
from instruments.checks.problems import Problem, errors
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Element, Item
from instruments.model.provenance import Decision, Grade
from instruments.overlays import overlay
from instruments.overlays.misfits import Misfit

Badge = Literal["conforms", "conforms_to_check", "conforms_to_demonstration", "conforms_to_archive", "deviates"]


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is not as in the form."""

    code: str
    about: str
    """Code of the question, statement, section, scale or factor; name of a field of the whole."""
    params: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def template(self) -> str:
        """The sentence, with `{names}` to be filled in."""
        return DEVIATIONS[self.code]

    @property
    def message(self) -> str:
        """The sentence."""
        return self.template.format(about=self.about, **self.params)


@dataclass(frozen=True, slots=True)
class Additions:
    """What is local, by kind: codes."""

    sections: tuple[str, ...]
    questions: tuple[str, ...]
    statements: tuple[str, ...]
    answers: tuple[str, ...]
    """`sat5/97`: list or question, and code."""
    switched_off: tuple[str, ...]
    relabelled: tuple[str, ...]
    languages: tuple[str, ...]
    figures: int

    @property
    def none(self) -> bool:
        """Whether nothing is local."""
        return not any(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Conformity:
    """Whether a version still is the form that it carries, and what deviates."""

    form: str
    """`byt56-m1@1`: what it was held against."""
    decision: Decision | None
    """The decision to cite; the first of its legal basis."""
    claim: str
    grade: Grade
    """How sure we are of the form's own wording."""
    deviations: tuple[Deviation, ...]
    additions: Additions

    @property
    def conforms(self) -> bool:
        """Whether the version still is the form that it carries."""
        return not self.deviations

    @property
    def badge(self) -> Badge:
        """Which of `BADGES` to show."""
        if not self.conforms:
            return "deviates"
        if self.claim == "to_check":
            return "conforms_to_check"
        if self.claim == "demonstration":
            return "conforms_to_demonstration"
        return "conforms_to_archive" if self.claim == "archive" else "conforms"

    @property
    def cited(self) -> str:
        """The decision as a badge names it: number and form, else title, else the form's own name."""
        if self.decision is None:
            return self.form
        name = self.decision.number or self.decision.title
        return f"{name}, {self.decision.form}" if self.decision.form else name


BADGES: Mapping[Badge, str] = {
    "conforms": "Conforms to {form}",
    "conforms_to_check": "Conforms to {form} as transcribed; the original has not been checked",
    "conforms_to_demonstration": "Same as our working copy of {form}; not the official form",
    "conforms_to_archive": "Same as {form}, kept for reading old data",
    "deviates": "No longer conforms to {form}",
}

DEVIATIONS: Mapping[str, str] = {
    "element-missing": "“{about}” of the form is missing.",
    "element-foreign": "“{about}” counts as part of the form, which does not have it; mark it as added.",
    "element-moved": "“{about}” stands in another place than in the form.",
    "words": "The words of “{about}” are not those of the form ({fields}).",
    "answers": "The answers of “{about}” are not those of the form.",
    "condition": "“{about}” is asked under another condition than in the form.",
    "element": "“{about}” differs from the form ({fields}).",
    "switched-off": "“{about}” is switched off, which the form does not allow.",
    "relabelled": "“{about}” has other words, which the form does not allow.",
    "section": "The section “{about}” differs from the form ({fields}).",
    "scale": "The answer list “{about}” differs from the form.",
    "factor": "The factor “{about}” differs from the form.",
    "figures": "The figures differ from those of the form.",
    "whole": "“{about}” differs from the form.",
}

_WORDS = frozenset({"text", "hint", "label", "short"})
_KEYED = frozenset({"sections", "scales", "factors", "indices", "rounding", "rollup"})
_FIGURES = ("indices", "rounding", "rollup")


_CENTRAL = re.compile(r"B[A-ZĐ]{1,5}|CP|TTg|QH\d*")


def is_locked_form(version: InstrumentVersion) -> bool:
    """Whether the version is itself the form of a decision of the Government or a ministry, to which units only add."""
    return version.core is None and any(_is_central(decision) for decision in version.legal_basis)


def _is_central(decision: Decision) -> bool:
    """`56/QĐ-BYT`, `76/NQ-CP`: who issued it stands behind the stroke."""
    _, _, issuer = (decision.number or "").partition("/")
    return any(_CENTRAL.fullmatch(part) for part in issuer.split("-"))


def check(version: InstrumentVersion, form: InstrumentVersion) -> Conformity:
    """Hold a version against a form; local parts of either are no part of the question."""
    core = overlay.strip(form)
    return Conformity(
        form=f"{core.code}@{core.version}",
        decision=next(iter(form.legal_basis), None),
        claim=core.claim,
        grade=core.lowest_grade,
        deviations=tuple(_deviations(version, core)),
        additions=additions(version),
    )


def additions(version: InstrumentVersion) -> Additions:
    """What a version has that is local."""
    local = overlay.extract(version)
    elements = [one for entry in local.elements for one in entry.elements]
    elements += [one for placed in local.sections for one in placed.section.elements]
    return Additions(
        sections=tuple(placed.section.code for placed in local.sections),
        questions=tuple(one.code for one in elements if isinstance(one, Item)),
        statements=tuple(one.code for one in elements if not isinstance(one, Item)),
        answers=tuple(f"{entry.scale or entry.item}/{one.code}" for entry in local.options for one in entry.options),
        switched_off=local.switched_off,
        relabelled=tuple(one.item for one in local.relabellings),
        languages=tuple(one.language.code for one in local.languages),
        figures=len(local.indices),
    )


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """A unit's additions carried to a newer core: the new version, and what did not fit."""

    version: InstrumentVersion
    misfits: tuple[Misfit, ...]
    """What did not fit and was left behind."""
    problems: tuple[Problem, ...]
    """What contradicts itself now and must be put right: a local question that waits for one that is gone."""

    @property
    def conflicts(self) -> tuple[str, ...]:
        """A sentence for each thing that did not fit."""
        return tuple(one.message for one in self.misfits)


def carry_over(version: InstrumentVersion, new_form: InstrumentVersion, *, number: int) -> CarriedOver:
    """The local part of a version on a new form, under the version's own code and the next number."""
    core = overlay.strip(new_form)
    code = version.code if version.code != core.code else None
    carried, lost = overlay.rebase(overlay.extract(version), core, version=number, code=code)
    return CarriedOver(carried, lost, errors(integrity.problems(carried)))


# --- what is different ------------------------------------------------------------------------------------------


def _deviations(version: InstrumentVersion, core: InstrumentVersion) -> Iterator[Deviation]:
    stripped = overlay.strip(version)
    mine, theirs = codec.document(stripped), codec.document(core)
    for name in sorted((set(mine) | set(theirs)) - _KEYED - {"code", "version"}):
        if mine.get(name) != theirs.get(name):
            yield Deviation("whole", name)
    if any(mine.get(name) != theirs.get(name) for name in _FIGURES):
        yield Deviation("figures", "indices")
    for name, kind in (("scales", "scale"), ("factors", "factor")):
        for code in _differing(mine.get(name, []), theirs.get(name, [])):
            yield Deviation(kind, code)
    yield from _sections(mine["sections"], theirs["sections"])
    yield from _elements(stripped, core)
    yield from _permissions(version, core)


def _differing(mine: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[str]:
    """Codes of parts that are not the same on both sides, or not in the same order."""
    before, after = ({one["code"]: one for one in side} for side in (theirs, mine))
    changed = [code for code in {**before, **after} if before.get(code) != after.get(code)]
    if not changed and list(before) != list(after):
        return [code for code, other in zip(before, after, strict=True) if code != other]
    return changed


def _sections(mine: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> Iterator[Deviation]:
    before, after = ({one["code"]: one for one in side} for side in (theirs, mine))
    for code in {**before, **after}:
        old, new = before.get(code), after.get(code)
        if old is None or new is None:
            yield Deviation("element-missing" if new is None else "element-foreign", code)
            continue
        fields = sorted(name for name in {**old, **new} if name != "elements" and old.get(name) != new.get(name))
        if fields:
            yield Deviation("section", code, {"fields": ", ".join(fields)})
    if list(before) != list(after) and set(before) == set(after):
        yield Deviation("whole", "sections")


def _elements(mine: InstrumentVersion, theirs: InstrumentVersion) -> Iterator[Deviation]:
    before, after = _placed(theirs), _placed(mine)
    for code in {**before, **after}:
        if code not in after:
            yield Deviation("element-missing", code)
        elif code not in before:
            yield Deviation("element-foreign", code)
        else:
            (_, old), (_, new) = before[code], after[code]
            yield from _element(code, old, new)
    shared = set(before) & set(after)
    for section, codes in _order(before, shared).items():
        moved = [code for code in codes if code not in _order(after, shared).get(section, [])]
        if not moved and codes != _order(after, shared).get(section, []):
            moved = [code for code, other in zip(codes, _order(after, shared)[section], strict=False) if code != other]
        for code in moved:
            yield Deviation("element-moved", code)


def _placed(version: InstrumentVersion) -> dict[str, tuple[str, Element]]:
    return {element.code: (section.code, element) for section in version.sections for element in section.elements}


def _order(placed: Mapping[str, tuple[str, Element]], shared: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, (section, _) in placed.items():
        if code in shared:
            found.setdefault(section, []).append(code)
    return found


def _element(code: str, old: Element, new: Element) -> Iterator[Deviation]:
    before, after = (one.model_dump(mode="json", exclude_defaults=True) for one in (old, new))
    fields = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))
    words = [name for name in fields if name in _WORDS]
    if words:
        yield Deviation("words", code, {"fields": ", ".join(words)})
    if "response" in fields:
        yield Deviation("answers", code)
    if "show_if" in fields:
        yield Deviation("condition", code)
    rest = [name for name in fields if name not in _WORDS | {"response", "show_if"}]
    if rest:
        yield Deviation("element", code, {"fields": ", ".join(rest)})


def _permissions(version: InstrumentVersion, core: InstrumentVersion) -> Iterator[Deviation]:
    """Questions switched off or reworded that the form, whatever the version says of itself, does not allow to be."""
    for item in version.items:
        if item.origin == "overlay" or not core.has_item(item.code):
            continue
        allowed = core.item(item.code)
        if not item.asked and not allowed.hideable:
            yield Deviation("switched-off", item.code)
        if item.relabel is not None and not allowed.relabelable:
            yield Deviation("relabelled", item.code)
