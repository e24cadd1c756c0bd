"""What is measured: the items of a questionnaire, their factors, halves and overall index, and the measures asked for.

A plan is plain data. It names columns, says which codes are substantive and which satisfied, how items make up
factors and factors an index, under which of the named rules, and which measure is the headline. It holds no answers
and no design; `chunk_sums` turns a plan into the sums that one pass over the data keeps.

Measure names are those of RESULT.json; METHODS.md pairs them with the ids of the index catalogue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from math import inf

from analysis.errors import PlanError

BLANK = 255
LEVELS = ("factor", "half", "index")
ITEM_MEASURES = ("item_rate", "item_mean")
NODE_RULES = (
    "pooled_rate",
    "mean_of_item_rates",
    "mean_of_children",
    "item_weighted",
    "mean_pooled",
    "mean_over_max",
    "mean_score",
    "mean_of_item_means",
    "mean_of_children_means",
)
SCORE_RULES = ("mean_of_item_means", "mean_of_children_means", "mean_pooled", "mean_score")
PERSON_MEASURES = ("all_answers_satisfied", "share_mean_ge_4")
SHARES_OF_PEOPLE = frozenset({"item_rate", "overall_rate", *PERSON_MEASURES})
WEIGHED_ITEMS = ("mean_of_item_rates", "mean_of_item_means")
WEIGHED_MEMBERS = ("mean_of_children", "item_weighted", "mean_of_children_means")


@dataclass(frozen=True, slots=True)
class Measure:
    """One number to estimate: its name, the item or node it is about, and for a share the option."""

    name: str
    variable: str
    option: int | None = None


@dataclass(frozen=True, slots=True)
class RatedItem:
    """A rated item: which codes count as an answer and which of those as satisfied. A code is its own score."""

    code: str
    satisfied: tuple[int, ...] = (4, 5)
    substantive: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class ChoiceItem:
    """A single-choice item, or one option of a multiple choice as a 0/1 column.

    `options` are the codes whose shares are shown; `substantive` are the codes that count as an answer.
    """

    code: str
    options: tuple[int, ...]
    substantive: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CodeShare:
    """A named share of some codes of an item: `return_definite` is code 5 of g2 among its valid answers."""

    name: str
    item: str
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NumberItem:
    """A number that people entered, estimated by its mean under the given name."""

    code: str
    name: str = "number_mean"


@dataclass(frozen=True, slots=True)
class PartWeight:
    """The weight of one part of a node in its mean under one rule: of an item or of a member, as the rule has it."""

    rule: str
    part: str
    weight: float


@dataclass(frozen=True, slots=True)
class Node:
    """A factor, half or the whole index: its members (items or lower nodes), its rule, and rules shown beside it.

    A part without a weight of its own counts as the rule says: once, or by its items.
    """

    code: str
    level: str
    members: tuple[str, ...]
    rule: str = "mean_of_item_rates"
    beside: tuple[str, ...] = ()
    weights: tuple[PartWeight, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasurePlan:
    """Everything that is to be estimated from one kind of answer sheet."""

    items: tuple[RatedItem, ...]
    choices: tuple[ChoiceItem, ...] = ()
    shares: tuple[CodeShare, ...] = ()
    numbers: tuple[NumberItem, ...] = ()
    nodes: tuple[Node, ...] = ()
    overall: str | None = None
    item_measures: tuple[str, ...] = ITEM_MEASURES
    person_measures: tuple[str, ...] = PERSON_MEASURES
    persons_of: tuple[str, ...] = ()
    headline: Measure | None = None
    maximum: int = 5
    _by_code: dict[str, Node] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        codes = [*self.columns, *(number.code for number in self.numbers), *(node.code for node in self.nodes)]
        for code in codes:
            if codes.count(code) > 1:
                raise PlanError(f"Code '{code}' is used twice in the measure plan; every item and node needs its own.")
        self._by_code.update({node.code: node for node in self.nodes})
        known = {item.code for item in self.items}
        for node in self.nodes:
            _check_node(node, known)
            known.add(node.code)
            self._check_weights(node)
        if self.overall is not None and self.overall not in {item.code for item in self.items}:
            raise PlanError(f"The overall question '{self.overall}' is not among the rated items of the measure plan.")
        for item in self.items:
            if not set(item.satisfied) <= set(item.substantive):
                raise PlanError(
                    f"Item '{item.code}' has satisfied codes {item.satisfied}; they must be among its substantive "
                    f"codes {item.substantive}."
                )
        for share in self.shares:
            if share.item not in self.columns:
                raise PlanError(
                    f"Share '{share.name}' is of item '{share.item}', which the measure plan does not have."
                )
        if self.headline is not None and self.headline not in self.measures:
            raise PlanError(f"The headline {self.headline} is not among the measures of the plan.")

    @property
    def columns(self) -> tuple[str, ...]:
        """The coded columns in the order in which a chunk holds them: rated items, then choices."""
        return (*(item.code for item in self.items), *(choice.code for choice in self.choices))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure of the plan, in the order of its tables."""
        return tuple(self._measures())

    @property
    def fingerprint(self) -> str:
        """A digest of the plan: totals of different plans are never merged."""
        plain = {key: value for key, value in asdict(self).items() if not key.startswith("_")}
        for node in plain["nodes"]:
            if not node["weights"]:  # totals that were kept before there were weights stay those of their plan
                del node["weights"]
        text = json.dumps(plain, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def node(self, code: str) -> Node:
        try:
            return self._by_code[code]
        except KeyError:
            raise PlanError(f"The measure plan has no factor or index '{code}'.") from None

    def items_of(self, code: str) -> tuple[str, ...]:
        """The rated items under a node, or the item itself, each once, in the order of the tree."""
        if code not in self._by_code:
            return (code,)
        found: dict[str, None] = {}
        for member in self._by_code[code].members:
            found.update(dict.fromkeys(self.items_of(member)))
        return tuple(found)

    def rules_of(self, node: Node) -> tuple[str, ...]:
        return tuple(dict.fromkeys((node.rule, *node.beside)))

    def parts_of(self, node: Node, rule: str) -> tuple[str, ...]:
        """What a mean under a rule is made of: the items below or the members; nothing where it is made of answers."""
        if rule in WEIGHED_ITEMS:
            return self.items_of(node.code)
        return node.members if rule in WEIGHED_MEMBERS else ()

    def weights_of(self, node: Node, rule: str) -> tuple[float, ...]:
        """The weight of each part of a mean under a rule: its own, else what the rule says."""
        own = {given.part: given.weight for given in node.weights if given.rule == rule}
        return tuple(
            own.get(part, float(len(self.items_of(part))) if rule == "item_weighted" else 1.0)
            for part in self.parts_of(node, rule)
        )

    def score_rule_of(self, node: Node) -> str:
        """The rule under which a node is a score, for a mean of scores above it."""
        found = next((rule for rule in self.rules_of(node) if rule in SCORE_RULES), None)
        if found is None:
            raise PlanError(
                f"Node '{node.code}' is part of a mean of scores and has no score; expected one of "
                f"{', '.join(SCORE_RULES)}."
            )
        return found

    def measure_of(self, node: Node, rule: str) -> Measure:
        """The public measure for a node under a rule: `index_mean_of_factors`, `factor_pooled_rate`."""
        if rule in PERSON_MEASURES:
            return Measure(rule, node.code)
        if rule == "mean_of_children":
            children = {self._by_code[m].level if m in self._by_code else "item" for m in node.members}
            plural = {"item": "item_rates", "factor": "factors", "half": "halves", "index": "indices"}
            rule = f"mean_of_{plural[children.pop()]}" if len(children) == 1 else rule
        return Measure(f"{node.level}_{rule}", node.code)

    def _check_weights(self, node: Node) -> None:
        for given in node.weights:
            if given.rule not in self.rules_of(node) or given.part not in self.parts_of(node, given.rule):
                raise PlanError(
                    f"Node '{node.code}' weighs '{given.part}', which is no part of its mean under '{given.rule}'."
                )
            if not 0 < given.weight < inf:
                raise PlanError(f"Node '{node.code}' weighs '{given.part}' with {given.weight}; expected above 0.")

    def _measures(self) -> Iterator[Measure]:
        for item in self.items:
            if item.code == self.overall:
                yield Measure("overall_rate", item.code)
                if "item_mean" in self.item_measures:
                    yield Measure("overall_mean", item.code)
                continue
            for name in self.item_measures:
                yield Measure(name, item.code)
        for node in self.nodes:
            for rule in self.rules_of(node):
                yield self.measure_of(node, rule)
        for code in self.persons_of:
            for name in self.person_measures:
                yield Measure(name, self.node(code).code)
        for share in self.shares:
            yield Measure(share.name, share.item)
        for choice in self.choices:
            for option in choice.options:
                yield Measure("share", choice.code, option)
        for number in self.numbers:
            yield Measure(number.name, number.code)


def _check_node(node: Node, known: set[str]) -> None:
    if node.level not in LEVELS:
        raise PlanError(f"Node '{node.code}' has level '{node.level}'; expected one of {', '.join(LEVELS)}.")
    if not node.members:
        raise PlanError(f"Node '{node.code}' has no members; name at least one item or factor.")
    for member in node.members:
        if member not in known or member == node.code:
            raise PlanError(
                f"Node '{node.code}' has member '{member}', which is neither a rated item nor a node defined before it."
            )
    for rule in (node.rule, *node.beside):
        if rule not in NODE_RULES:
            raise PlanError(f"Node '{node.code}' has rule '{rule}'; expected one of {', '.join(NODE_RULES)}.")
