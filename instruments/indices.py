"""Which figures are made of the answers, by which named rule, and which of them is the headline?

A version declares its index rules as data: level, rule, which items or factors, how rounded. `plan` unfolds
them into the list of figures to compute, one entry per item, factor, half and overall figure, with every
code that counts spelled out. The arithmetic and its uncertainty belong to the analysis; this module computes
nothing from answers.

Rule names, formulas and their provenance: `RULES`. A rate is a share of answers or people in the satisfied
codes, a score a mean on the scale; an index is a composite under a named rule. What was added locally never
enters a figure of the core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from instruments.response_domains import Code, OptionCode, Origin, Part
from instruments.text import Text

if TYPE_CHECKING:
    from instruments.model import Grade, InstrumentVersion, Item

Level = Literal["item", "factor", "half", "overall"]
Measure = Literal["rate", "score", "percent", "shares"]
RuleName = Literal[
    "item_rate",
    "item_mean",
    "share",
    "cost_share",
    "return_definite",
    "return_broad",
    "expectation_mean",
    "overall_question",
    "top2_answers",
    "mean_items_rate",
    "mean_items_mean",
    "factor_mean_pooled",
    "mean_over_max",
    "top2_persons_all_items",
    "top2_persons_mean",
    "psi",
    "mean_of_children",
    "item_weighted",
    "pooled_answers",
]
RollupName = Literal["groups_unweighted", "groups_by_forms", "design_weighted"]


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What is known of a rule: its formula in one line, where it may stand, how the formula is known."""

    formula: str
    levels: tuple[Level, ...]
    measures: tuple[Measure, ...]
    grade: Grade
    of: Literal["item", "answers", "items", "factors"]
    """Made of one item's answers, of all answers below, of item figures, or of factor figures."""


_BY_ITEM: tuple[Level, ...] = ("item",)
_ONCE: tuple[Level, ...] = ("overall",)
_ABOVE_ITEMS: tuple[Level, ...] = ("factor", "half", "overall")
_ABOVE_FACTORS: tuple[Level, ...] = ("half", "overall")
_RATE: tuple[Measure, ...] = ("rate",)
_SCORE: tuple[Measure, ...] = ("score",)
_BOTH: tuple[Measure, ...] = ("rate", "score")
_PERCENT: tuple[Measure, ...] = ("percent",)
_SHARES: tuple[Measure, ...] = ("shares",)

RULES: Mapping[RuleName, RuleFacts] = {
    "item_rate": RuleFacts("satisfied / valid", _BY_ITEM, _RATE, "transcribed", "item"),
    "item_mean": RuleFacts("sum of codes / valid", _BY_ITEM, _SCORE, "transcribed", "item"),
    "share": RuleFacts("count of each code / valid", _BY_ITEM, _SHARES, "transcribed", "item"),
    "cost_share": RuleFacts(
        "count of each code / valid; the code for “does not pay” is shown, never averaged",
        _BY_ITEM, _SHARES, "transcribed", "item",
    ),
    "return_definite": RuleFacts("definite answers / valid", _ONCE, _RATE, "transcribed", "item"),
    "return_broad": RuleFacts("definite and likely answers / valid", _ONCE, _RATE, "draft", "item"),
    "expectation_mean": RuleFacts(
        "mean of the answers in %; values over 100 kept", _ONCE, _PERCENT, "draft", "item"
    ),
    "overall_question": RuleFacts(
        "rate or mean of one separate question", _ONCE, _BOTH, "transcribed", "item"
    ),
    "top2_answers": RuleFacts(
        "satisfied / valid, both summed over the items", _ABOVE_ITEMS, _RATE, "single-source", "answers"
    ),
    "mean_items_rate": RuleFacts("unweighted mean of item rates", _ABOVE_ITEMS, _RATE, "draft", "items"),
    "mean_items_mean": RuleFacts("unweighted mean of item means", _ABOVE_ITEMS, _SCORE, "draft", "items"),
    "factor_mean_pooled": RuleFacts(
        "mean of all valid answers", _ABOVE_ITEMS, _SCORE, "single-source", "answers"
    ),
    "mean_over_max": RuleFacts(
        "mean of all valid answers / largest code, in %: a rescaled score, never beside a rate",
        _ABOVE_ITEMS, _PERCENT, "single-source", "answers",
    ),
    "top2_persons_all_items": RuleFacts(
        "share of people whose every answered rated item is satisfied",
        _ABOVE_ITEMS, _RATE, "single-source", "answers",
    ),
    "top2_persons_mean": RuleFacts(
        "share of people whose own mean is at least 4", _ABOVE_ITEMS, _RATE, "draft", "answers"
    ),
    "psi": RuleFacts("unweighted mean of factor scores", _ONCE, _SCORE, "transcribed", "factors"),
    "mean_of_children": RuleFacts(
        "mean of the children's unrounded values, equal weights",
        _ABOVE_FACTORS, _BOTH, "draft", "factors",
    ),
    "item_weighted": RuleFacts(
        "mean of the children weighted by their number of items", _ABOVE_FACTORS, _BOTH, "draft", "factors"
    ),
    "pooled_answers": RuleFacts(
        "satisfied / valid, both summed over everything below", _ABOVE_FACTORS, _RATE, "draft", "answers"
    ),
}  # fmt: skip
"""Every rule a version may name."""


class Rounding(Part):
    """How a figure is rounded when it is shown; nothing is rounded before."""

    mode: Literal["half_up", "truncate", "round_intermediate"] = "half_up"
    """`half_up` in decimal arithmetic; `truncate`; `round_intermediate` for reports that round the parts."""
    places: Annotated[int, Field(ge=0, le=4)] = 2
    """Decimal places of the percentage or score."""


class ChildWeight(Part):
    """A weight given to one child of a composite."""

    child: str
    """Code of the factor or item."""
    weight: Annotated[float, Field(gt=0)]
    """Its weight; weights need not sum to 1."""


class IndexRule(Part):
    """One declared figure, or one per item or factor of its level."""

    level: Level
    """`item`, `factor` (those that hold items), `half` (a factor of factors), or `overall`."""
    rule: RuleName
    """How it is computed (`RULES`)."""
    measure: Measure
    """`rate` and `percent` are shown in %, `score` on the scale, `shares` as one share per code."""
    name: Text | None = None
    """What the figure is called in reports."""
    items: tuple[Code, ...] | None = None
    """The questions it is made of; absent = the rated items of its level (rules on one question name it)."""
    codes: tuple[OptionCode, ...] | None = None
    """The codes that count, where they are not the scale's satisfied codes."""
    weights: tuple[ChildWeight, ...] = ()
    """Weights of the children; absent = what the rule says."""
    headline: bool = False
    """The one figure that is set against the target."""
    rounding: Rounding | None = None
    """Absent = the version's rounding."""
    origin: Origin = "core"
    """`overlay` for a figure of local questions."""


class Rollup(Part):
    """How a figure climbs from units to groups and to the province."""

    rules: tuple[RollupName, ...] = ("design_weighted",)
    """Rules shown side by side, the first one foremost."""
    include_unattributed: bool = False
    """Whether forms without a unit enter a mean of groups."""


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
    rounding: Rounding
    headline: bool
    origin: Origin
    name: Text | None


def plan(version: InstrumentVersion) -> tuple[Index, ...]:
    """Every figure the version declares, in the order declared."""
    return tuple(index for rule in version.indices for index in _unfold(version, rule))


def headline(version: InstrumentVersion) -> Index | None:
    """The figure set against the target; none for a survey that makes no index."""
    return next((index for index in plan(version) if index.headline), None)


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
    roots = tuple(factor.code for factor in version.factors if factor.parent is None and factor.origin == "core")
    top = version.children_of(roots[0]) if len(roots) == 1 else ()
    target = roots[0] if top else "overall"
    return _index(version, rule, target, _chosen(version, rule, version.rated_items), top or roots)


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
