"""Do the parts of a version agree with each other, so that it can be used at all?

Identity (no code twice), references (every name leads somewhere), conditions (they look back, and ask what
the answers can tell), figures (rules that can be computed), and the border between core and overlay. Each
finding is an error. How good a usable version is, is the question of `linting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from instruments import conditions
from instruments.checks.problems import Problem
from instruments.model import indices
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item, Section, Statement
from instruments.model.index_rules import RULES, IndexRule
from instruments.model.response_domains import (
    NOT_SUBSTANTIVE_EVERYWHERE,
    MultipleChoice,
    Number,
    Option,
    Rating,
    SingleChoice,
)
from instruments.model.text import Text

CONDITION_WORDS = frozenset({"and", "or", "not", "in", "includes", "answered", "blank"})


def problems(version: InstrumentVersion) -> list[Problem]:
    """Every contradiction, in the order of the document."""
    return [
        *_whole(version),
        *_codes(version),
        *_scales(version),
        *_factors(version),
        *_sections(version),
        *_conditions(version),
        *_indices(version),
        *_exports(version),
        *border(version),
        *_texts(version),
    ]


def located_elements(version: InstrumentVersion) -> Iterator[tuple[str, Section, Item | Statement]]:
    """Every element with its path and its section."""
    for s, section in enumerate(version.sections):
        for e, element in enumerate(section.elements):
            yield f"sections[{s}].elements[{e}]", section, element


def located_items(version: InstrumentVersion) -> Iterator[tuple[str, Item]]:
    """Every item with its path."""
    for path, _, element in located_elements(version):
        if isinstance(element, Item):
            yield path, element


def located_texts(version: InstrumentVersion) -> Iterator[tuple[str, Text]]:
    """Every text in several languages with its path."""
    for name in ("title", "short_title", "address", "issuer", "provenance", "unit_measured"):
        yield name, getattr(version, name)
    yield "respondent.description", version.respondent.description
    for name in ("introduction", "instruction", "screen_instruction"):
        if passage := getattr(version, name):
            yield f"{name}.text", passage.text
    if version.display.question:
        yield "display.question", version.display.question
    for p, parameter in enumerate(version.parameters):
        yield f"parameters[{p}].name", parameter.name
        yield f"parameters[{p}].default", parameter.default
    for s, scale in enumerate(version.scales):
        if scale.name:
            yield f"scales[{s}].name", scale.name
        yield from _option_texts(f"scales[{s}].options", scale.options)
    for f, factor in enumerate(version.factors):
        yield f"factors[{f}].name", factor.name
    for s, section in enumerate(version.sections):
        if section.title:
            yield f"sections[{s}].title", section.title
    for path, _, element in located_elements(version):
        yield f"{path}.text", element.text
        if isinstance(element, Item):
            yield from _item_texts(path, element)
    for i, rule in enumerate(version.indices):
        if rule.name:
            yield f"indices[{i}].name", rule.name
    for e, layout in enumerate(version.exports):
        yield f"exports[{e}].title", layout.title
    for n, note in enumerate(version.notes):
        yield f"notes[{n}].text", note.text


def _item_texts(path: str, item: Item) -> Iterator[tuple[str, Text]]:
    if item.hint:
        yield f"{path}.hint", item.hint
    if item.relabel:
        yield f"{path}.relabel", item.relabel
    if isinstance(item.response, SingleChoice | MultipleChoice) and item.response.options:
        yield from _option_texts(f"{path}.response.options", item.response.options)
    if isinstance(item.response, Number) and item.response.unit:
        yield f"{path}.response.unit", item.response.unit


def _option_texts(path: str, options: tuple[Option, ...]) -> Iterator[tuple[str, Text]]:
    for o, option in enumerate(options):
        yield f"{path}[{o}].label", option.label
        for v, variant in enumerate(option.variants):
            yield f"{path}[{o}].variants[{v}].label", variant.label


# --- the whole ---------------------------------------------------------------------------------------------


def _whole(version: InstrumentVersion) -> Iterator[Problem]:
    if version.valid_from and version.valid_to and version.valid_to < version.valid_from:
        params = {"start": version.valid_from.isoformat(), "end": version.valid_to.isoformat()}
        yield Problem("dates-reversed", "valid_to", params)


def _codes(version: InstrumentVersion) -> Iterator[Problem]:
    yield from _twice("languages", (language.code for language in version.languages))
    yield from _twice("decisions", (decision.code for decision in version.decisions))
    yield from _twice("parameters", (parameter.code for parameter in version.parameters))
    yield from _twice("scales", (scale.code for scale in version.scales))
    yield from _twice("factors", (factor.code for factor in version.factors))
    yield from _twice("sections", (section.code for section in version.sections))
    yield from _twice("exports", (layout.code for layout in version.exports))
    seen: set[str] = set()
    for path, _, element in located_elements(version):
        if element.code in seen:
            yield Problem("duplicate-code", f"{path}.code", {"code": element.code})
        if element.code in CONDITION_WORDS:
            yield Problem("reserved-word", f"{path}.code", {"code": element.code})
        seen.add(element.code)


def _twice(place: str, codes: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for n, code in enumerate(codes):
        if code in seen:
            yield Problem("duplicate-code", f"{place}[{n}].code", {"code": code})
        seen.add(code)


def _scales(version: InstrumentVersion) -> Iterator[Problem]:
    for s, scale in enumerate(version.scales):
        yield from _options(f"scales[{s}].options", scale.options)
        offered = {option.code for option in scale.options}
        for code in scale.counted or ():
            if code not in offered:
                yield Problem("index-code", f"scales[{s}].counted", {"code": code, "item": scale.code})


def _options(path: str, options: tuple[Option, ...]) -> Iterator[Problem]:
    seen: set[int] = set()
    for o, option in enumerate(options):
        here = f"{path}[{o}]"
        if option.code in seen:
            yield Problem("duplicate-option", f"{here}.code", {"code": option.code})
        seen.add(option.code)
        if option.substantive and option.code in NOT_SUBSTANTIVE_EVERYWHERE:
            yield Problem("not-substantive-code", f"{here}.substantive", {"code": option.code})
        if option.satisfied and not option.substantive:
            yield Problem("satisfied-not-substantive", f"{here}.satisfied", {"code": option.code})


def _factors(version: InstrumentVersion) -> Iterator[Problem]:
    seen: set[str] = set()
    for f, factor in enumerate(version.factors):
        if factor.parent is not None and factor.parent not in seen:
            params = {"code": factor.code, "parent": factor.parent}
            yield Problem("factor-order", f"factors[{f}].parent", params)
        seen.add(factor.code)


# --- sections and items ------------------------------------------------------------------------------------


def _sections(version: InstrumentVersion) -> Iterator[Problem]:
    factors = {factor.code for factor in version.factors}
    decisions = {decision.code for decision in version.decisions}
    for path, item in located_items(version):
        yield from _response(version, path, item)
        if item.factor is not None and item.factor not in factors:
            yield Problem("unknown-factor", f"{path}.factor", {"code": item.factor})
        if item.decision is not None and item.decision not in decisions:
            yield Problem("unknown-decision", f"{path}.decision", {"code": item.decision})
    before: set[str] = set()
    for s, section in enumerate(version.sections):
        if section.stem is not None and section.stem not in before:
            yield Problem("unknown-stem", f"sections[{s}].stem", {"code": section.stem})
        before |= {element.code for element in section.elements if isinstance(element, Statement)}


def _response(version: InstrumentVersion, path: str, item: Item) -> Iterator[Problem]:
    response = item.response
    scales = {scale.code: scale for scale in version.scales}
    if isinstance(response, Rating | SingleChoice | MultipleChoice):
        if response.scale is not None and response.scale not in scales:
            yield Problem("unknown-scale", f"{path}.response.scale", {"code": response.scale})
        elif isinstance(response, Rating) and response.variant is not None:
            variants = {one.name for option in scales[response.scale].options for one in option.variants}
            if response.variant not in variants:
                params = {"scale": response.scale, "code": response.variant}
                yield Problem("unknown-variant", f"{path}.response.variant", params)
    if isinstance(response, SingleChoice | MultipleChoice):
        if (response.scale is None) == (response.options is None):
            yield Problem("choices", f"{path}.response")
        yield from _options(f"{path}.response.options", response.options or ())
        offered = {option.code for option in version.options(item)}
        if response.other is not None and response.other not in offered:
            yield Problem("other-not-offered", f"{path}.response.other", {"code": response.other})
    if isinstance(response, Number) and None not in (response.minimum, response.maximum):
        low, high = response.minimum or 0.0, response.maximum or 0.0
        if low > high:
            yield Problem("range-empty", f"{path}.response", {"minimum": low, "maximum": high})


# --- conditions --------------------------------------------------------------------------------------------


def _conditions(version: InstrumentVersion) -> Iterator[Problem]:
    items: Mapping[str, Item] = {item.code: item for item in version.items}
    before: set[str] = set()
    for s, section in enumerate(version.sections):
        if section.show_if is not None:
            yield from _condition(version, f"sections[{s}].show_if", section.show_if, items, before)
        for e, element in enumerate(section.elements):
            if element.show_if is not None:
                path = f"sections[{s}].elements[{e}].show_if"
                yield from _condition(version, path, element.show_if, items, before)
            if isinstance(element, Item):
                before.add(element.code)


def _condition(
    version: InstrumentVersion, path: str, source: str, items: Mapping[str, Item], before: set[str]
) -> Iterator[Problem]:
    try:
        found = conditions.tree(source)
    except conditions.ConditionError as wrong:
        yield Problem("condition-syntax", path, {"reason": str(wrong)})
        return
    for test in conditions.tests(found):
        if test.item not in items:
            yield Problem("condition-unknown-item", path, {"code": test.item})
            continue
        if test.item not in before:
            yield Problem("condition-later-item", path, {"code": test.item})
        reason = _misfit(version, items[test.item], test)
        if reason:
            yield Problem("condition-type", path, {"code": test.item, "reason": reason})


def _misfit(version: InstrumentVersion, item: Item, test: conditions.Test) -> str | None:
    match test:
        case conditions.Answered() | conditions.Blank():
            return None
        case conditions.Includes(_, code, _):
            if item.kind != "multiple":
                return "“includes” is for multiple choice"
            asked: tuple[int | float, ...] = (code,)
        case conditions.In(_, numbers, _):
            asked = numbers
        case conditions.Compare(_, _, number):
            asked = (number,)
    if isinstance(test, conditions.In | conditions.Compare) and item.kind == "multiple":
        return "a multiple choice is asked with “includes”"
    if item.kind == "text":
        return "free text can only be asked with answered() or blank()"
    if item.kind in ("number", "date"):
        return None
    offered = {option.code for option in version.options(item)}
    exact = isinstance(test, conditions.In | conditions.Includes) or (
        isinstance(test, conditions.Compare) and test.operator in ("==", "!=")
    )
    missing = [number for number in asked if number not in offered]
    return f"it has no answer {missing[0]}" if exact and missing else None


# --- figures and exports -----------------------------------------------------------------------------------


def _indices(version: InstrumentVersion) -> Iterator[Problem]:
    headlines = 0
    for i, rule in enumerate(version.indices):
        path = f"indices[{i}]"
        facts = RULES[rule.rule]
        if rule.level not in facts.levels or rule.measure not in facts.measures:
            params = {"rule": rule.rule, "level": rule.level, "measure": rule.measure}
            yield Problem("index-rule", path, params)
        if facts.of == "item" and rule.rule not in ("item_rate", "item_mean") and not rule.items:
            yield Problem("index-items", path, {"rule": rule.rule})
        for n, code in enumerate(rule.items or ()):
            if not version.has_item(code):
                yield Problem("unknown-item", f"{path}.items[{n}]", {"code": code})
        yield from _index_codes(version, path, rule)
        for weight in rule.weights:
            if weight.child not in indices.parts(version, rule):
                yield Problem("index-child", f"{path}.weights", {"code": weight.child})
        headlines += rule.headline
        if rule.headline and (headlines > 1 or rule.level != "overall"):
            yield Problem("two-headlines", f"{path}.headline")
    rules = version.rollup.rules
    if rules[:1] != ("design_weighted",) or len(set(rules)) < len(rules):
        yield Problem("rollup-rules", "rollup.rules")


def _index_codes(version: InstrumentVersion, path: str, rule: IndexRule) -> Iterator[Problem]:
    for item in rule.items or ():
        if version.has_item(item):
            offered = {option.code for option in version.options(version.item(item))}
            for code in rule.codes or ():
                if code not in offered:
                    yield Problem("index-code", f"{path}.codes", {"code": code, "item": item})


def _exports(version: InstrumentVersion) -> Iterator[Problem]:
    for e, layout in enumerate(version.exports):
        for c, column in enumerate(layout.columns):
            if column.item is not None and not version.has_item(column.item):
                yield Problem("unknown-item", f"exports[{e}].columns[{c}].item", {"code": column.item})
    for m, mark in enumerate(version.comparable):
        if not version.has_item(mark.item):
            yield Problem("unknown-item", f"comparable[{m}].item", {"code": mark.item})


# --- core and overlay --------------------------------------------------------------------------------------


def border(version: InstrumentVersion) -> Iterator[Problem]:
    """Does every local part stand where the form it is added to allows one?"""
    local = _local_names(version)
    for name in ("languages", "parameters", "scales", "factors", "indices"):
        yield from _core_after_local(name, [part.origin for part in getattr(version, name)])
    for s, scale in enumerate(version.scales):
        yield from _option_border(f"scales[{s}]", scale.options, inside_local=scale.origin == "overlay")
    for f, factor in enumerate(version.factors):
        if factor.origin == "core" and factor.parent in local["factors"]:
            yield Problem("overlay-reference", f"factors[{f}].parent", {"code": factor.parent or ""})
    for s, section in enumerate(version.sections):
        origins = [element.origin for element in section.elements]
        if section.origin == "core":
            yield from _core_after_local(f"sections[{s}].elements", origins)
        elif "core" in origins:
            yield Problem("overlay-inside", f"sections[{s}]")
        if section.origin == "core" and section.stem in local["elements"]:
            yield Problem("overlay-reference", f"sections[{s}].stem", {"code": section.stem or ""})
        if section.origin == "core" and "core" not in origins:
            yield Problem("overlay-order", f"sections[{s}].elements")
        yield from _condition_border(f"sections[{s}]", section, local["elements"])
    for path, _, element in located_elements(version):
        yield from _condition_border(path, element, local["elements"])
        if isinstance(element, Item):
            yield from _item_border(path, element, local)
    yield from _index_border(version, local["elements"])


def _local_names(version: InstrumentVersion) -> dict[str, set[str]]:
    return {
        "scales": {scale.code for scale in version.scales if scale.origin == "overlay"},
        "factors": {factor.code for factor in version.factors if factor.origin == "overlay"},
        "elements": {element.code for element in version.elements if element.origin == "overlay"},
    }


def _core_after_local(path: str, origins: Sequence[str]) -> Iterator[Problem]:
    if "overlay" in origins and "core" in origins[origins.index("overlay") :]:
        yield Problem("overlay-order", path)


def _option_border(path: str, options: tuple[Option, ...], *, inside_local: bool) -> Iterator[Problem]:
    if inside_local:
        return
    for o, option in enumerate(options):
        if option.origin == "overlay" and option.substantive:
            yield Problem("overlay-option", f"{path}.options[{o}]")
    yield from _core_after_local(f"{path}.options", [option.origin for option in options])


def _condition_border(path: str, part: Section | Item | Statement, local: set[str]) -> Iterator[Problem]:
    if part.origin == "overlay" or part.show_if is None:
        return
    try:
        asked = conditions.references(conditions.tree(part.show_if))
    except conditions.ConditionError:
        return
    for code in sorted(asked & local):
        yield Problem("overlay-reference", f"{path}.show_if", {"code": code})


def _item_border(path: str, item: Item, local: Mapping[str, set[str]]) -> Iterator[Problem]:
    if isinstance(item.response, SingleChoice | MultipleChoice):
        yield from _option_border(
            f"{path}.response", item.response.options or (), inside_local=item.origin == "overlay"
        )
    if item.origin == "overlay":
        return
    if item.scale in local["scales"]:
        yield Problem("overlay-reference", f"{path}.response.scale", {"code": item.scale or ""})
    if item.factor in local["factors"]:
        yield Problem("overlay-reference", f"{path}.factor", {"code": item.factor or ""})
    if not item.asked and not item.hideable:
        yield Problem("not-hideable", f"{path}.asked", {"code": item.code})
    if item.relabel is not None and not item.relabelable:
        yield Problem("not-relabelable", f"{path}.relabel", {"code": item.code})


def _index_border(version: InstrumentVersion, local: set[str]) -> Iterator[Problem]:
    for i, rule in enumerate(version.indices):
        if rule.origin == "overlay":
            if rule.headline:
                yield Problem("overlay-headline", f"indices[{i}].headline")
            continue
        for code in rule.items or ():
            if code in local:
                yield Problem("overlay-reference", f"indices[{i}].items", {"code": code})


# --- texts -------------------------------------------------------------------------------------------------


def _texts(version: InstrumentVersion) -> Iterator[Problem]:
    declared = set(version.language_codes)
    parameters = {parameter.code for parameter in version.parameters}
    for path, text in located_texts(version):
        if version.source_language not in text:
            yield Problem("source-missing", path, {"language": version.source_language})
        for language in text:
            if language not in declared:
                yield Problem("unknown-language", f"{path}.{language}", {"language": language})
        for code in sorted(text.placeholders() - parameters):
            yield Problem("unknown-parameter", path, {"code": code})
