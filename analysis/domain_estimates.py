"""Estimates of every measure of a plan in every domain of a crossing, from totals.

The estimands, all of them finite-population values over people with a substantive answer: item_rate, item_mean,
pooled rates and means of factors (answers over answers), means of people's own scores, shares of people, and the
composite indices of the named rules. The estimator is the ratio of weighted sums; variance and degrees of freedom
are those of `domains`. An answer that is blank or not substantive is treated as outside the domain of its item.
Where nobody answered, every figure but n is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.celltable import CellTable
from analysis.composites import COMPOSITE_RULES, composite, composite_scores, composite_squares
from analysis.domains import Frame, Partition, RatioScores, ratio_scores, simple_variance
from analysis.errors import AnalysisError
from analysis.layout import Columns
from analysis.plan import Measure, Node
from analysis.poststratified import PostStratified
from analysis.totals import Totals

NOISE = 1e-12
_BLOCK = 48


@dataclass(frozen=True, slots=True)
class Classes:
    """Post-strata of calibrated totals: `keys` are values of the columns `names`, `code` the class of each."""

    names: tuple[str, ...]
    keys: Ints
    code: Ints


@dataclass(frozen=True, slots=True)
class DomainEstimates:
    """Estimates by domain and measure, as arrays (domains × measures); NaN = not estimable.

    `keys` (domains × variables) are the codes of the domains in the order of `by`. `rows` counts rows of weight zero
    too, `n` does not. `se` below 1e-12 is 0. `complete` is False where a composite left out items nobody answered.
    """

    by: tuple[str, ...]
    keys: Ints
    measures: tuple[Measure, ...]
    n: Ints
    rows: Ints
    sum_w: Floats
    estimate: Floats
    se: Floats
    df: Ints
    deff_wor: Floats
    deff_wr: Floats
    complete: Bools

    @property
    def size(self) -> int:
        return len(self.keys)

    def place(self, measure: Measure) -> int:
        """The column of a measure."""
        try:
            return self.measures.index(measure)
        except ValueError:
            raise AnalysisError(f"There is no estimate of {measure}; there are {len(self.measures)} others.") from None


def partition_of(
    totals: Totals, by: Sequence[str], *, lonely: str = "adjust", classes: Classes | None = None
) -> Partition:
    """The domains of a crossing, ready for variances."""
    names = tuple(by)
    if classes is None:
        table = totals.by(names)
        return Partition(table, names, Frame.of(table, totals.shape, lonely), totals.shape, lonely)
    extra = [name for name in classes.names if name not in (*names, *totals.design_keys)]
    table = totals.by((*names, *extra))
    frame = Frame.of(table, totals.shape, lonely)
    return PostStratified(table, names, frame, totals.shape, lonely, _class_of(table, classes))


def estimate(
    totals: Totals,
    by: Sequence[str] = (),
    *,
    measures: Sequence[Measure] | None = None,
    lonely: str = "adjust",
    classes: Classes | None = None,
) -> DomainEstimates:
    """Every measure (or those named) in every domain of the crossing `by`; an empty crossing is the whole."""
    partition = partition_of(totals, by, lonely=lonely, classes=classes)
    chosen = tuple(measures) if measures is not None else totals.plan.measures
    pieces = [
        _block(totals, partition, chosen[start : start + _BLOCK]) for start in range(0, max(len(chosen), 1), _BLOCK)
    ]
    whole = pieces[0] if len(pieces) == 1 else {k: np.concatenate([p[k] for p in pieces], axis=1) for k in pieces[0]}
    return DomainEstimates(partition.by, partition.keys, chosen, **whole)


def _block(totals: Totals, partition: Partition, measures: Sequence[Measure]) -> dict[str, np.ndarray]:
    layout, lines, size = totals.layout, partition.lines, partition.size
    known: dict[Measure, RatioScores] = {}

    def scores_of(measure: Measure) -> RatioScores:
        if measure not in known:
            known[measure] = ratio_scores(partition, layout.ratios[measure])
        return known[measure]

    nodes = {
        layout.plan.measure_of(node, rule): (node, rule)
        for node in layout.plan.nodes
        for rule in layout.plan.rules_of(node)
        if rule in COMPOSITE_RULES
    }
    width = len(measures)
    value = np.full((size, width), np.nan)
    plain, without = np.full((size, width), np.nan), np.full((size, width), np.nan)
    complete = np.ones((size, width), np.bool_)
    scores = np.zeros((len(partition.domain), width))
    squares = np.zeros_like(scores) if partition.shape.elements else None
    counts: list[int] = []
    people: list[Columns] = []
    for k, measure in enumerate(measures):
        if measure in nodes:
            node, rule = nodes[measure]
            counts.append(layout.counts[node.code])
            people.append((layout.columns["any", node.code, 0],))
            made = composite(layout, node, rule, scores_of)
            value[:, k], complete[:, k] = made.estimate, made.complete
            scores[:, k] = composite_scores(made, partition, scores_of)
            if squares is not None:
                squares[:, k] = _composite_squares(totals, partition, node, rule, scores_of)
            continue
        if measure not in layout.ratios:
            raise AnalysisError(f"The plan has no measure {measure.name} of '{measure.variable}'.")
        ratio = layout.ratios[measure]
        counts.append(ratio.count)
        people.append(ratio.people)
        one = scores_of(measure)
        value[:, k], scores[:, k] = one.estimate, one.scores
        if squares is not None and one.squares is not None:
            squares[:, k] = one.squares
    n_lines, rows_lines = lines.counts[:, counts], lines.all_rows()[:, counts]
    n, rows = partition.total(n_lines), partition.total(rows_lines)
    for k, measure in enumerate(measures):
        if measure in layout.ratios and layout.ratios[measure].square:
            replaced, unreplaced = simple_variance(partition, layout.ratios[measure], known[measure], n[:, k])
            plain[:, k], without[:, k] = replaced, unreplaced
    variance = partition.variance(scores, rows_lines, squares)
    se = np.sqrt(np.maximum(variance, 0.0))
    se = np.where(np.isnan(value), np.nan, np.where(se < NOISE, 0.0, se))
    deff = [
        np.divide(se**2, base, out=np.full(se.shape, np.nan), where=(base > 0) & (se > 0)) for base in (without, plain)
    ]
    return {
        "n": n,
        "rows": rows,
        "sum_w": np.column_stack([partition.total(partition.column(lines.sums, p)) for p in people]),
        "estimate": value,
        "se": se,
        "df": partition.degrees_of_freedom(n_lines),
        "deff_wor": deff[0],
        "deff_wr": deff[1],
        "complete": complete,
    }


def _composite_squares(totals: Totals, partition: Partition, node: Node, rule: str, scores_of: object) -> Floats:
    if rule == "mean_over_max":
        base = scores_of(totals.plan.measure_of(node, "mean_pooled"))  # type: ignore[operator]
        return np.asarray(base.squares / totals.plan.maximum**2)
    made = composite(totals.layout, node, rule, scores_of)  # type: ignore[arg-type]
    return composite_squares(made, partition, totals.layout, totals.gram_items, scores_of)  # type: ignore[arg-type]


def _class_of(table: CellTable, classes: Classes) -> Ints:
    from analysis.celltable import positions

    own = np.column_stack([table.key(name) for name in classes.names])
    known = CellTable(
        classes.names, classes.keys, np.zeros((len(classes.keys), 0)), np.zeros((len(classes.keys), 0), int)
    )
    place = positions(known, own)
    return np.where((known.keys[place] == own).all(axis=1), classes.code[place], -1)
