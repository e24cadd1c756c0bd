"""Indices that are functions of several ratios: means of rates, level by level, with their linearised values.

A composite is Σ c_r r over base ratios r; a part may have a weight of its own. Its linearised value is Σ c_r z_r
(delta method), so its variance needs no new formula. The coefficients belong to the domain: where nobody in a domain
answered an item or a factor, the mean is over those that were answered, under their weights, and the estimate says so
with the flag `items_left_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.estimation.domains import Partition, RatioScores
from analysis.totals.layout import Layout
from analysis.totals.measure_plan import Measure, Node

__all__ = ["Composite", "composite"]

COMPOSITE_RULES = (
    "mean_of_item_rates",
    "mean_of_children",
    "item_weighted",
    "mean_over_max",
    "mean_of_item_means",
    "mean_of_children_means",
)
Scores = Callable[[Measure], RatioScores]


@dataclass(frozen=True, slots=True)
class Composite:
    """A linear function of base ratios in every domain: value, coefficient of each ratio, whether all were there."""

    estimate: Floats
    coefficients: dict[Measure, Floats]
    complete: Bools


def composite(layout: Layout, node: Node, rule: str, scores: Scores) -> Composite:
    """The value of a node under a rule, with its gradient with respect to base ratios."""
    plan = layout.plan
    nodes = {own.code: own for own in plan.nodes}
    parts, weights = plan.parts_of(node, rule), plan.weights_of(node, rule)
    if rule == "mean_of_item_rates":
        return _mean([_single(rate_of(layout, item), scores) for item in parts], weights)
    if rule == "mean_of_item_means":
        return _mean([_single(_mean_of(layout, item), scores) for item in parts], weights)
    if rule == "mean_of_children_means":
        scored = [
            composite(layout, nodes[part], plan.score_rule_of(nodes[part]), scores)
            if part in nodes
            else _single(_mean_of(layout, part), scores)
            for part in parts
        ]
        return _mean(scored, weights)
    if rule in ("mean_of_children", "item_weighted"):
        rated = [
            composite(layout, nodes[part], nodes[part].rule, scores)
            if part in nodes
            else _single(rate_of(layout, part), scores)
            for part in parts
        ]
        return _mean(rated, weights)
    if rule == "mean_over_max":
        base = _single(plan.measure_of(node, "mean_pooled"), scores)
        return _scaled(base, 1.0 / plan.maximum)
    return _single(plan.measure_of(node, rule), scores)


def rate_of(layout: Layout, item: str) -> Measure:
    """The rate of a rated item."""
    return Measure("overall_rate" if item == layout.plan.overall else "item_rate", item)


def _mean_of(layout: Layout, item: str) -> Measure:
    """The mean of a rated item."""
    return Measure("overall_mean" if item == layout.plan.overall else "item_mean", item)


def composite_scores(value: Composite, partition: Partition, scores: Scores) -> Floats:
    """Sums of the composite's linearised values per line of the partition (lines,)."""
    total = np.zeros(len(partition.domain))
    for measure, coefficient in value.coefficients.items():
        total += coefficient[partition.domain] * scores(measure).scores
    return total


def composite_squares(
    values: Sequence[Composite], partition: Partition, layout: Layout, gram_items: tuple[int, ...], scores: Scores
) -> list[Floats]:
    """Σ z² of single respondents per line (lines,), for each composite, from the products that the totals kept."""
    products = partition.lines.products
    assert products is not None
    forms = [_form(value, partition.size, layout, gram_items, scores) for value in values]
    return products.quadratic(forms, partition.domain)


def _form(value: Composite, domains: int, layout: Layout, gram_items: tuple[int, ...], scores: Scores) -> Floats:
    """What a composite's linearised value takes of each answer: domains × (satisfied, answered[, points] of items)."""
    plan = layout.plan
    size = len(gram_items)
    place = {plan.items[item].code: k for k, item in enumerate(gram_items)}
    v = np.zeros((domains, len(layout.gram_kinds) * size))
    for measure, coefficient in value.coefficients.items():
        one = scores(measure)
        known = one.denominator > 0
        over = np.divide(coefficient, one.denominator, out=np.zeros(domains), where=known)
        rate = np.where(known, one.estimate, 0.0)
        items = plan.items_of(measure.variable)
        first = 2 * size if measure.name in ("item_mean", "overall_mean") or measure.name.endswith("mean_pooled") else 0
        for item in items:
            v[:, first + place[item]] += over
            v[:, size + place[item]] -= over * rate
    return v


def _single(measure: Measure, scores: Scores) -> Composite:
    one = scores(measure)
    return Composite(one.estimate, {measure: np.ones(len(one.estimate))}, one.denominator > 0)


def _scaled(value: Composite, factor: float) -> Composite:
    coefficients = {measure: coefficient * factor for measure, coefficient in value.coefficients.items()}
    return Composite(value.estimate * factor, coefficients, value.complete)


def _mean(children: Sequence[Composite], shares: Sequence[float]) -> Composite:
    """The weighted mean of the children that have a value; NaN where none has."""
    known = [~np.isnan(child.estimate) for child in children]
    total = np.sum([share * there for share, there in zip(shares, known, strict=True)], axis=0)
    estimate = np.zeros(len(total))
    coefficients: dict[Measure, Floats] = {}
    complete = np.ones(len(total), np.bool_)
    with np.errstate(divide="ignore", invalid="ignore"):
        for child, share, there in zip(children, shares, known, strict=True):
            weight = np.where(there, share / total, 0.0)
            estimate = estimate + weight * np.where(there, child.estimate, 0.0)
            complete &= child.complete
            for measure, coefficient in child.coefficients.items():
                coefficients[measure] = coefficients.get(measure, 0.0) + weight * coefficient
    return Composite(np.where(total > 0, estimate, np.nan), coefficients, complete)
