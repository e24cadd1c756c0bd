"""From a measure plan to the sums that one pass keeps, and which of them make which ratio.

Almost every measure of a satisfaction survey is a ratio of two linear totals: satisfied answers over answers, points
over answers, people over people. For each such base ratio three things are needed per group of rows:

* the weighted sums of numerator and denominator (the estimate and its linearised variance between clusters);
* the weighted sums of their products (the variance under simple random sampling, hence the design effect);
* where single respondents are a stage of sampling, the same products under squared weights.

`Layout` gives every such sum a column. Measures that are functions of base ratios (means of rates) need no column.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.errors import PlanError
from analysis.totals.measure_plan import PERSON_MEASURES, Measure, MeasurePlan, Node

Columns = tuple[int, ...]
Column = tuple[str, str, int]
MEANS_OF_MEANS = {"mean_of_item_means", "mean_of_children_means"}


@dataclass(frozen=True, slots=True)
class BaseRatio:
    """numerator / denominator, each the sum of some weighted columns, with the columns of their products.

    `indicator` means that both are 0/1 per respondent and the numerator implies the denominator: a proportion.
    `count` is the column of the number of respondents behind it; `people` their sum of weights.
    """

    measure: Measure
    numerator: Columns
    denominator: Columns
    square: Columns
    cross: Columns
    base: Columns
    count: int
    people: Columns
    indicator: bool


@dataclass(frozen=True, slots=True)
class NodeColumns:
    """What must be computed per respondent for one node."""

    code: str
    items: Columns
    pooled: bool
    points: bool
    persons: bool
    score: bool


@dataclass(slots=True)
class Layout:
    """The columns of the sufficient statistics of a plan. Column 0 is the sum of weights of all rows of a group."""

    plan: MeasurePlan
    products: bool = True
    columns: dict[Column, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    ratios: dict[Measure, BaseRatio] = field(default_factory=dict)
    nodes: list[NodeColumns] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.column("weight")
        self.counts[""] = 0
        for item in self.plan.items:
            self._item(item.code)
        for choice in self.plan.choices:
            self._choice(choice.code, choice.options)
        for share in self.plan.shares:
            self._share(share.name, share.item, share.codes)
        for node in self.plan.nodes:
            self._node(node)
        for number in self.plan.numbers:
            self._number(number.name, number.code)

    @property
    def width(self) -> int:
        return len(self.columns)

    @property
    def composites(self) -> bool:
        """Whether some measure is a function of several ratios, so that products between items are needed
        where respondents are a stage of sampling."""
        return bool(self._rules & {"mean_of_item_rates", "mean_of_children", "item_weighted", *MEANS_OF_MEANS})

    @property
    def gram_kinds(self) -> tuple[str, ...]:
        """What of each item enters the products: points only where a measure is a mean of means."""
        return ("satisfied", "answered", "points") if self._rules & MEANS_OF_MEANS else ("satisfied", "answered")

    @property
    def _rules(self) -> set[str]:
        return {rule for node in self.plan.nodes for rule in self.plan.rules_of(node)}

    def column(self, kind: str, code: str = "", option: int = 0) -> int:
        return self.columns.setdefault((kind, code, option), len(self.columns))

    def count(self, code: str) -> int:
        return self.counts.setdefault(code, len(self.counts))

    def _item(self, code: str) -> None:
        count = self.count(code)
        answered = (self.column("answered", code),)
        satisfied = (self.column("satisfied", code),)
        names = ("overall_rate", "overall_mean") if code == self.plan.overall else ("item_rate", "item_mean")
        rate = Measure(names[0], code)
        self.ratios[rate] = BaseRatio(
            rate, satisfied, answered, satisfied, satisfied, answered, count, answered, indicator=True
        )
        if "item_mean" in self.plan.item_measures:
            points = (self.column("points", code),)
            squares = (self.column("points squared", code),)
            mean = Measure(names[1], code)
            self.ratios[mean] = BaseRatio(
                mean, points, answered, squares, points, answered, count, answered, indicator=False
            )

    def _choice(self, code: str, options: tuple[int, ...]) -> None:
        answered = (self.column("answered", code),)
        for option in options:
            chosen = (self.column("option", code, option),)
            measure = Measure("share", code, option)
            self.ratios[measure] = BaseRatio(
                measure, chosen, answered, chosen, chosen, answered, self.count(code), answered, indicator=True
            )

    def _share(self, name: str, code: str, codes: tuple[int, ...]) -> None:
        answered = (self.column("answered", code),)
        chosen = tuple(self.column("option", code, option) for option in codes)
        measure = Measure(name, code)
        self.ratios[measure] = BaseRatio(
            measure, chosen, answered, chosen, chosen, answered, self.count(code), answered, indicator=True
        )

    def _number(self, name: str, code: str) -> None:
        given = (self.column("answered", code),)
        total, squares = (self.column("number", code),), (self.column("number squared", code),)
        measure = Measure(name, code)
        self.ratios[measure] = BaseRatio(
            measure, total, given, squares, total, given, self.count(code), given, indicator=False
        )

    def _node(self, node: Node) -> None:
        plan, code = self.plan, node.code
        rules = set(plan.rules_of(node))
        items = plan.items_of(code)
        points = bool(rules & {"mean_pooled", "mean_over_max"})
        persons = code in plan.persons_of
        if (points or rules & MEANS_OF_MEANS) and "item_mean" not in plan.item_measures:
            raise PlanError(f"Node '{code}' asks for a mean score, so the plan must measure 'item_mean' too.")
        pooled = "pooled_rate" in rules
        quads = self.products
        count, people = self.count(code), (self.column("any", code),)
        answered = tuple(self.column("answered", item) for item in items)
        base = (self.column("answered squared", code),) if quads and (pooled or points) else ()
        if pooled:
            measure = plan.measure_of(node, "pooled_rate")
            self.ratios[measure] = BaseRatio(
                measure,
                tuple(self.column("satisfied", item) for item in items),
                answered,
                (self.column("satisfied squared", code),) if quads else (),
                (self.column("satisfied by answered", code),) if quads else (),
                base,
                count,
                people,
                indicator=False,
            )
        if points:
            measure = plan.measure_of(node, "mean_pooled")
            self.ratios[measure] = BaseRatio(
                measure,
                tuple(self.column("points", item) for item in items),
                answered,
                (self.column("node points squared", code),) if quads else (),
                (self.column("points by answered", code),) if quads else (),
                base,
                count,
                people,
                indicator=False,
            )
        if "mean_score" in rules:
            measure = plan.measure_of(node, "mean_score")
            score, squares = (self.column("score", code),), (self.column("score squared", code),)
            self.ratios[measure] = BaseRatio(
                measure, score, people, squares, score, people, count, people, indicator=False
            )
        if persons:
            for name in plan.person_measures:
                if name not in PERSON_MEASURES:
                    raise PlanError(f"'{name}' is not a measure of people; expected one of {PERSON_MEASURES}.")
                measure = Measure(name, code)
                share = (self.column(name, code),)
                self.ratios[measure] = BaseRatio(
                    measure, share, people, share, share, people, count, people, indicator=True
                )
        positions = {item.code: place for place, item in enumerate(plan.items)}
        self.nodes.append(
            NodeColumns(code, tuple(positions[i] for i in items), pooled, points, persons, "mean_score" in rules)
        )
