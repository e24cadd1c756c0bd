"""Lists the figures that a version makes of its answers, each with its named rule, and says which is the headline.

A version declares its index rules as data (`index_rules`). `plan` unfolds them into the list of figures to compute, one
entry per item, factor, half and overall figure, with every code that counts spelled out. The arithmetic and its
uncertainty belong to the analysis; this module computes nothing from answers. What was added locally never enters a
figure of the core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.index_rules import RULES, IndexRule, Level, Measure, Rounding, RuleName
from instruments.model.response_domains import Origin
from instruments.model.text import Text


@dataclass(frozen=True, slots=True)
class Counted:
    """Which codes of an item are satisfied (or counted) and which are substantive."""

    item: str
    satisfied: tuple[int, ...]
    substantive: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """One figure to compute."""

    code: str
    """`target.rule.measure`: stable as long as rule and target are."""
    level: Level
    target: str
    """Code of the item or factor; `overall` where a version has no root factor."""
    rule: RuleName
    measure: Measure
    items: tuple[Counted, ...]
    """Every item below, in the order of the questionnaire."""
    children: tuple[str, ...]
    """Items or factors whose figures it is the mean of; empty for figures made of answers."""
    weights: tuple[float, ...]
    """One per child."""
    weighed: bool
    """Whether the version gives a child a weight of its own."""
    rounding: Rounding | None
    """Of the rule, else of the version; none = as the reader of results always shows figures."""
    headline: bool
    origin: Origin
    name: Text | None


def plan(version: InstrumentVersion) -> tuple[Index, ...]:
    """Every figure the version declares, in the order declared."""
    return tuple(index for rule in version.indices for index in _unfold(version, rule))


def headline(version: InstrumentVersion) -> Index | None:
    """The figure set against the target; none for a survey that makes no index."""
    return next((index for index in plan(version) if index.headline), None)


def parts(version: InstrumentVersion, rule: IndexRule) -> frozenset[str]:
    """The parts of a rule's figures that may have weights: items, or factors with a figure of their own."""
    of = RULES[rule.rule].of
    if of == "items":
        return frozenset(item.code for item in version.items if rule.items is None or item.code in rule.items)
    if of != "factors":
        return frozenset()
    if rule.level == "overall":
        found = _top(version)
    else:
        found = tuple(factor.code for factor in version.factors if factor.parent is not None)
    declared = {one.level for one in version.indices}
    return frozenset(code for code in found if ("half" if version.children_of(code) else "factor") in declared)


def _unfold(version: InstrumentVersion, rule: IndexRule) -> Iterator[Index]:
    if RULES[rule.rule].of == "item":
        items = version.rated_items if rule.items is None else _named(version, rule.items)
        for item in items:
            yield _index(version, rule, item.code, (item,), ())
    elif rule.level == "overall":
        yield _overall(version, rule)
    else:
        for factor in version.factors:
            children = version.children_of(factor.code)
            below = _chosen(version, rule, version.items_below(factor.code))
            is_half = bool(children) and factor.parent is not None
            fits = is_half if rule.level == "half" else not children
            if fits and below and factor.origin == rule.origin:
                yield _index(version, rule, factor.code, below, children)


def _overall(version: InstrumentVersion, rule: IndexRule) -> Index:
    roots = _roots(version)
    target = roots[0] if len(roots) == 1 and version.children_of(roots[0]) else "overall"
    rated = version.rated_items
    if rule.items is not None:  # what a rule names counts, whether it belongs to a factor or not
        rated = tuple(item for item in version.asked_items if version.measures_satisfaction(item))
    return _index(version, rule, target, _chosen(version, rule, rated), _top(version))


def _roots(version: InstrumentVersion) -> tuple[str, ...]:
    return tuple(factor.code for factor in version.factors if factor.parent is None and factor.origin == "core")


def _top(version: InstrumentVersion) -> tuple[str, ...]:
    """The factors below the whole: those of the one root, or the roots."""
    roots = _roots(version)
    return (version.children_of(roots[0]) if len(roots) == 1 else ()) or roots


def _named(version: InstrumentVersion, codes: tuple[str, ...]) -> tuple[Item, ...]:
    """The questions a rule names; one that is switched off makes no figure."""
    return tuple(item for item in version.asked_items if item.code in codes)


def _chosen(version: InstrumentVersion, rule: IndexRule, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items of a composite: what the rule names; never a local item in a figure of the core."""
    if rule.items is not None:
        return tuple(item for item in items if item.code in rule.items)
    return tuple(item for item in items if item.origin == rule.origin)


def _index(
    version: InstrumentVersion,
    rule: IndexRule,
    target: str,
    items: tuple[Item, ...],
    factors: tuple[str, ...],
) -> Index:
    children = {"items": tuple(item.code for item in items), "factors": factors}.get(RULES[rule.rule].of, ())
    given = {weight.child: weight.weight for weight in rule.weights}
    counts: Mapping[str, float] = (
        {code: len(_chosen(version, rule, version.items_below(code))) for code in children}
        if rule.rule == "item_weighted"
        else {}
    )
    alone = len(items) == 1 and RULES[rule.rule].of == "item"
    return Index(
        code=f"{target}.{rule.rule}.{rule.measure}",
        level=rule.level,
        target=target,
        rule=rule.rule,
        measure=rule.measure,
        items=tuple(_counted(version, rule, item) for item in items),
        children=children,
        weights=tuple(given.get(child, counts.get(child, 1.0)) for child in children),
        weighed=any(child in given for child in children),
        rounding=rule.rounding or version.rounding,
        headline=rule.headline,
        origin=items[0].origin if alone else rule.origin,
        name=rule.name,
    )


def _counted(version: InstrumentVersion, rule: IndexRule, item: Item) -> Counted:
    options = version.options(item)
    satisfied = tuple(option.code for option in options if option.satisfied)
    return Counted(
        item=item.code,
        satisfied=satisfied if rule.codes is None else rule.codes,
        substantive=tuple(option.code for option in options if option.substantive),
    )
