"""From a questionnaire's index rules to what the analysis is asked to estimate, and back to words.

The questionnaire says which figures there are and by which named rule; the analysis knows measures of items and nodes.
This module pairs them, so that every estimate can be printed with its index, its rule and the grade of its wording.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from analysis.totals.measure_plan import (
    ChoiceItem,
    CodeShare,
    Measure,
    MeasurePlan,
    Node,
    NumberItem,
    PartWeight,
    RatedItem,
)
from instruments import codec
from instruments.model import indices
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.index_rules import RULES, Rounding
from instruments.model.indices import Index
from instruments.model.text import Text

NODE_RULES = {
    "top2_answers": "pooled_rate",
    "pooled_answers": "pooled_rate",
    "mean_items_rate": "mean_of_item_rates",
    "factor_mean_pooled": "mean_pooled",
    "mean_over_max": "mean_over_max",
    "mean_of_children": "mean_of_children",
    "item_weighted": "item_weighted",
    "mean_items_mean": "mean_of_item_means",
    "psi": "mean_of_children_means",
}
MEANS_OF_PARTS = {"mean_of_children": "mean_of_children_means"}  # a rule of rates that also makes scores
RATE_RULES = {"pooled_rate", "mean_of_item_rates", "mean_of_children", "item_weighted"}
PERSON_RULES = {"top2_persons_all_items": "all_answers_satisfied", "top2_persons_mean": "share_mean_ge_4"}
NUMBER_MEAN = "number_mean"  # of a number that no rule of the questionnaire names
LEVELS = {"factor": "factor", "half": "half", "overall": "index"}


@dataclass(frozen=True)
class Figure:
    """One figure of a questionnaire and the measure that estimates it."""

    measure: Measure
    level: str  # item, factor, half, overall
    target: str  # code of the item or factor
    rule: str
    kind: str  # rate, score, percent (0..100 as people entered it), rescaled (a score shown as a share of its maximum)
    headline: bool = False
    local: bool = False  # of a local addition, not of the form
    name: Text | None = None  # what the questionnaire calls it
    rounding: Rounding | None = None  # as the questionnaire publishes it
    weights: tuple[tuple[str, float], ...] = ()  # of its parts, where the questionnaire gives them weights


@dataclass(frozen=True)
class SurveyPlan:
    """What is estimated for a version."""

    version: InstrumentVersion
    measures: MeasurePlan
    figures: tuple[Figure, ...]
    coded: tuple[str, ...]  # columns of codes in the plan's order
    numbers: tuple[str, ...]

    @property
    def headline(self) -> Figure | None:
        return next((f for f in self.figures if f.headline), None)

    def rated_in(self, measure: Measure) -> tuple[str, ...]:
        """Codes of the rated questions that a composite is made of; of a figure of one question, that one."""
        return self.measures.items_of(measure.variable)

    def left_out(self, measure: Measure) -> tuple[Item, ...]:
        """The questions on a satisfaction scale that are asked and are no part of a composite."""
        inside = set(self.rated_in(measure))
        version = self.version
        return tuple(i for i in version.asked_items if version.measures_satisfaction(i) and i.code not in inside)

    def figure(self, measure: Measure) -> Figure | None:
        return next((f for f in self.figures if f.measure == measure), None)


@lru_cache(maxsize=64)
def plan_of(document: str) -> SurveyPlan:
    """A version and its plan, from its canonical document: read once, since published documents never change."""
    return _plan(codec.loads(document))


def _plan(version: InstrumentVersion) -> SurveyPlan:
    declared = indices.plan(version)
    overall = next((i.items[0].item for i in declared if i.rule == "overall_question"), None)
    rated = _rated(version, declared)
    tree = _Tree(version, declared)
    choices = _choices(version, {item.code for item in rated})
    shares = tuple(
        CodeShare(i.rule, i.items[0].item, i.items[0].satisfied)
        for i in declared
        if i.rule in ("return_definite", "return_broad")
    )
    named = {i.items[0].item: "expectation_mean" for i in declared if i.rule == "expectation_mean"}
    numbers = tuple(
        NumberItem(item.code, named.get(item.code, NUMBER_MEAN))
        for item in version.asked_items
        if item.kind == "number"
    )
    head = next((i for i in declared if i.headline), None)
    measures = MeasurePlan(
        items=rated,
        choices=choices,
        shares=shares,
        numbers=numbers,
        nodes=tree.nodes,
        overall=overall,
        persons_of=tree.persons_of,
        headline=tree.measure(head, overall) if head is not None else None,
    )
    figures = [
        Figure(found, i.level, i.items[0].item if i.level == "item" else i.target, i.rule,
               "rescaled" if i.rule == "mean_over_max" else i.measure, i.headline, i.origin == "overlay", i.name,
               i.rounding, tuple(zip(i.children, i.weights, strict=True)) if i.weighed else ())
        for i in declared
        if (found := tree.measure(i, overall)) is not None and found in measures.measures
    ]  # fmt: skip
    known = {f.measure for f in figures}
    figures += [
        Figure(m, "item", m.variable, m.name, "rate" if m.name.endswith("rate") else "score",
               local=version.item(m.variable).origin == "overlay", rounding=version.rounding)
        for m in measures.measures
        if m not in known and m.name in ("item_rate", "item_mean", "overall_rate", "overall_mean")
    ]  # fmt: skip
    return SurveyPlan(version, measures, tuple(figures), measures.columns, tuple(n.code for n in numbers))


def _rated(version: InstrumentVersion, declared: tuple[Index, ...]) -> tuple[RatedItem, ...]:
    """Every question on a satisfaction scale, those of factors first, then separate ones such as the overall one."""
    found = list(version.rated_items)
    found += [i for i in version.asked_items if version.measures_satisfaction(i) and i not in found]
    return tuple(
        RatedItem(
            item.code,
            tuple(o.code for o in version.options(item) if o.satisfied),
            tuple(o.code for o in version.options(item) if o.substantive),
        )
        for item in found
    )


def _choices(version: InstrumentVersion, rated: set[str]) -> tuple[ChoiceItem, ...]:
    found = []
    for item in version.asked_items:
        options = version.options(item)
        if item.code in rated or not options:
            continue
        if item.kind == "multiple":
            found += [ChoiceItem(f"{item.code}={option.code}", (1,), (0, 1)) for option in options]
        else:
            codes = tuple(option.code for option in options if option.substantive)
            found.append(ChoiceItem(item.code, codes, codes))
    return tuple(found)


class _Tree:
    """Factors, halves and the whole as nodes of the analysis, children before parents."""

    def __init__(self, version: InstrumentVersion, declared: tuple[Index, ...]) -> None:
        self._codes: dict[str, str] = {}  # target of an index -> code of its node
        self._named: dict[tuple[str, tuple[str, ...]], str] = {}  # where a rule names its questions, these as well
        self.nodes: tuple[Node, ...] = ()
        self.persons_of: tuple[str, ...] = ()
        composite = [i for i in declared if i.level != "item" and (i.rule in NODE_RULES or i.rule in PERSON_RULES)]
        apart = [i for i in composite if _names_its_own(version, i)]
        composite = [i for i in composite if i not in apart]
        rules: dict[str, list[str]] = {}
        for index in sorted(composite, key=lambda i: (not i.headline, i.measure != "rate")):
            rules.setdefault(index.target, []).extend(filter(None, [_rule_of(index)]))
        made: list[Node] = []
        for level in ("factor", "half", "overall"):
            for index in composite:
                if index.level == level and index.target not in self._codes:
                    code = "overall" if level == "overall" else index.target
                    self._codes[index.target] = code
                    members = self._members(version, index)
                    chosen = list(dict.fromkeys(rules[index.target])) or ["pooled_rate"]
                    weights = tuple(w for i in composite if i.target == index.target for w in _weights(i))
                    made.append(Node(code, LEVELS[level], members, chosen[0], tuple(chosen[1:]), weights))
        for index in apart:
            members = _members_named(index)
            code = self._named.setdefault((index.target, members), f"{index.target}.{len(self._named) + 1}")
            if all(node.code != code for node in made):
                same = [_rule_of(i) for i in apart if (i.target, _members_named(i)) == (index.target, members)]
                chosen = list(dict.fromkeys(filter(None, same))) or ["pooled_rate"]
                weights = tuple(
                    w for i in apart if (i.target, _members_named(i)) == (index.target, members) for w in _weights(i)
                )
                made.append(Node(code, LEVELS[index.level], members, chosen[0], tuple(chosen[1:]), weights))
        self.nodes = tuple(made)
        persons = [self._code(i) for i in (*composite, *apart) if i.rule in PERSON_RULES]
        self.persons_of = tuple(dict.fromkeys(filter(None, persons)))

    def _code(self, index: Index) -> str | None:
        """The code of the node that an index is estimated at."""
        return self._named.get((index.target, _members_named(index)), self._codes.get(index.target))

    def _members(self, version: InstrumentVersion, index: Index) -> tuple[str, ...]:
        """The factors below, where they have nodes of their own; otherwise the items."""
        roots = [f.code for f in version.factors if f.parent is None and f.origin == "core"]
        below = version.children_of(roots[0]) if len(roots) == 1 and index.level == "overall" else tuple(roots)
        children = below if index.level == "overall" else version.children_of(index.target)
        if children and all(child in self._codes for child in children):
            return tuple(self._codes[child] for child in children)
        return tuple(counted.item for counted in index.items)

    def measure(self, index: Index, overall: str | None) -> Measure | None:
        """The measure that estimates an index; None where the analysis has none."""
        if index.level == "item" and index.rule in ("item_rate", "item_mean"):
            item = index.items[0].item
            return Measure(index.rule.replace("item", "overall") if item == overall else index.rule, item)
        if index.rule in ("return_definite", "return_broad", "expectation_mean"):
            return Measure(index.rule, index.items[0].item)
        if index.rule == "overall_question":
            return Measure("overall_mean" if index.measure == "score" else "overall_rate", index.items[0].item)
        code = self._code(index)
        node = next((n for n in self.nodes if n.code == code), None)
        if node is None:
            return None
        if index.rule in PERSON_RULES:
            return Measure(PERSON_RULES[index.rule], node.code)
        rule = _rule_of(index)
        if rule is None or rule not in (node.rule, *node.beside):
            return None
        return _measure_of(self.nodes, node, rule)


def _members_named(index: Index) -> tuple[str, ...]:
    return tuple(counted.item for counted in index.items)


def _names_its_own(version: InstrumentVersion, index: Index) -> bool:
    """Whether a figure of answers or items counts other questions than those of the factors below it."""
    if index.level == "factor" or RULES[index.rule].of not in ("answers", "items") or not index.items:
        return False
    below = version.rated_items if index.level == "overall" else version.items_below(index.target)
    return set(_members_named(index)) != {item.code for item in below if item.origin == index.origin}


def _rule_of(index: Index) -> str | None:
    """The rule of the analysis for a composite; None where it has none."""
    rule = NODE_RULES.get(index.rule)
    if index.measure == "score" and rule in RATE_RULES:
        return MEANS_OF_PARTS.get(index.rule)
    return rule


def _weights(index: Index) -> tuple[PartWeight, ...]:
    """The weights of a composite's parts, where the questionnaire gives them weights."""
    rule = _rule_of(index)
    if rule is None or not index.weighed:
        return ()
    return tuple(PartWeight(rule, child, weight) for child, weight in zip(index.children, index.weights, strict=True))


def _measure_of(nodes: tuple[Node, ...], node: Node, rule: str) -> Measure:
    items = {member for n in nodes for member in n.members} - {n.code for n in nodes}
    tiny = MeasurePlan(tuple(RatedItem(code) for code in sorted(items)), nodes=nodes)
    return tiny.measure_of(node, rule)
