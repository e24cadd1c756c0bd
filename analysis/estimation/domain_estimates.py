"""Estimates of every measure of a plan in every domain of a crossing, from totals.

The estimands, all of them finite-population values over people with a substantive answer: item_rate, item_mean,
pooled rates and means of factors (answers over answers), means of people's own scores, shares of people, and the
composite indices of the named rules. The estimator is the ratio of weighted sums; variance and degrees of freedom
are those of `domains`. An answer that is blank or not substantive is treated as outside the domain of its item.
Where nobody answered, every figure but n is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import AnyArray, Bools, Floats, Ints
from analysis.errors import AnalysisError
from analysis.estimation.composites import COMPOSITE_RULES, Composite, composite, composite_scores, composite_squares
from analysis.estimation.domains import (
    BlockVariance,
    Frame,
    Partition,
    Ratios,
    RatioScores,
    gathered,
    linearised,
    linearised_blocks,
    ratio_scores,
    ratios_of,
    simple_variance,
)
from analysis.estimation.poststratified import PostStratified
from analysis.totals.cell_tables import CellTable
from analysis.totals.layout import Columns
from analysis.totals.measure_plan import Measure
from analysis.totals.streaming import Totals

NOISE = 1e-12
_BLOCK_VALUES = 1 << 20
_FEWEST = 8
_NOTHING = np.zeros(0)
_OVER_MAX = "mean_pooled"  # the one composite that takes its squares from a ratio's is a share of this


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
    too, `n` does not. `se` below 1e-12 is 0. `complete` is False where a composite left out items nobody answered,
    `lonely` True where an answer comes from a stratum with one sampled PSU that is not its whole population;
    `left_out`, under replicate weights alone, where a replicate has no figure.
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
    lonely: Bools
    left_out: Bools | None = None

    @property
    def size(self) -> int:
        return len(self.keys)

    def place(self, measure: Measure) -> int:
        """In which column of the arrays a measure stands."""
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
    partition: Partition | None = None,
) -> DomainEstimates:
    """Every measure (or those named) in every domain of the crossing `by`; an empty crossing is the whole.

    The results are (domains × measures); rates are 0..1, NaN where nobody answered. `lonely` is the rule for strata
    with one PSU, `classes` the post-strata of calibrated totals; a `partition` that was made with both stands for them,
    so that it is made once. Variances: linearisation, as under Conventions in
    METHODS.md.
    """
    partition = partition or partition_of(totals, by, lonely=lonely, classes=classes)
    chosen = tuple(measures) if measures is not None else totals.plan.measures
    return DomainEstimates(partition.by, partition.keys, chosen, **_Estimation(totals, partition, chosen).made())


class _Estimation:
    """All measures of one partition: what belongs to domains at once, what belongs to lines in blocks of measures."""

    def __init__(self, totals: Totals, partition: Partition, measures: Sequence[Measure]) -> None:
        self.totals, self.layout, self.partition = totals, totals.layout, partition
        self.segment_sums = partition.segments.total(partition.lines.sums)
        self.sums = partition.strata.total(self.segment_sums)
        self.measures = measures
        plan = totals.plan
        nodes = {
            plan.measure_of(node, rule): (node, rule)
            for node in plan.nodes
            for rule in plan.rules_of(node)
            if rule in COMPOSITE_RULES
        }
        self.nodes = {k: nodes[measure] for k, measure in enumerate(measures) if measure in nodes}
        for measure in measures:
            if measure not in nodes and measure not in self.layout.ratios:
                raise AnalysisError(f"The plan has no measure {measure.name} of '{measure.variable}'.")
        self.counts, self.people = self._columns()
        self.known: dict[Measure, RatioScores] = {}

    def _columns(self) -> tuple[list[int], list[Columns]]:
        """For each measure the column of the number of people behind it, and that of their weights."""
        counts: list[int] = []
        people: list[Columns] = []
        for k, measure in enumerate(self.measures):
            if k in self.nodes:
                code = self.nodes[k][0].code
                counts.append(self.layout.counts[code])
                people.append((self.layout.columns["any", code, 0],))
            else:
                counts.append(self.layout.ratios[measure].count)
                people.append(self.layout.ratios[measure].people)
        return counts, people

    def made(self) -> dict[str, np.ndarray]:
        """Every figure of `DomainEstimates`, by name."""
        partition, width = self.partition, len(self.measures)
        size = (partition.size, width)
        value, variance = np.full(size, np.nan), np.zeros(size)
        plain, without = np.full(size, np.nan), np.full(size, np.nan)
        complete = np.ones(size, np.bool_)
        n, rows = self._people(partition.lines.counts), self._people(partition.lines.all_rows())
        plainly = [k for k in range(width) if k not in self.nodes]
        ratios = ratios_of(self.sums, [self.layout.ratios[self.measures[k]] for k in plainly])
        value[:, plainly] = ratios.estimate
        plain[:, plainly], without[:, plainly] = simple_variance(self.sums, ratios, n[:, plainly])
        made = {k: composite(self.layout, node, rule, self._ratio) for k, (node, rule) in self.nodes.items()}
        parts = {measure for one in made.values() for measure in one.coefficients}
        variance[:, plainly] = self._of_ratios(ratios, [self.measures[k] for k in plainly], parts)
        for k, one in made.items():
            value[:, k], complete[:, k] = one.estimate, one.complete
        if made:
            variance[:, list(made)] = self._of_composites(made, parts)
        se = np.sqrt(np.maximum(variance, 0.0))
        se = np.where(np.isnan(value), np.nan, np.where(se < NOISE, 0.0, se))
        return {
            "n": n,
            "rows": rows,
            "sum_w": gathered(self.sums, self.people),
            "estimate": value,
            "se": se,
            "df": self._by_answers(self.partition.degrees_of_freedom),
            "deff_wor": _quotient(se**2, without),
            "deff_wr": _quotient(se**2, plain),
            "complete": complete,
            "lonely": self._by_answers(self.partition.rests_on_lonely),
        }

    def _of_ratios(self, ratios: Ratios, measures: Sequence[Measure], parts: set[Measure]) -> Floats:
        """The variances of ratios; what composites need of them by line is kept."""
        partition = self.partition
        if partition.blockwise:
            return self._of_blocks(ratios, measures, parts)
        variance = np.zeros(ratios.estimate.shape)
        block = max(_FEWEST, _BLOCK_VALUES // max(1, len(partition.domain)))
        for start in range(0, len(measures), block):
            places = range(start, min(start + block, len(measures)))
            scores, squares = linearised(partition, ratios.some(places))
            counts = [ratios.of[place].count for place in places]
            variance[:, list(places)] = self._variance(counts, scores, squares)
            for k, place in enumerate(places):
                if measures[place] in parts:
                    own = None if squares is None else squares[:, k].copy()
                    self._keep(measures[place], scores[:, k].copy(), own)
        return variance

    def _of_blocks(self, ratios: Ratios, measures: Sequence[Measure], parts: set[Measure]) -> Floats:
        """The variances of all ratios from some lines at a time."""
        partition = self.partition
        r, inverse = (values[partition.segment_domain] for values in ratios.values())
        sums = gathered(self.segment_sums, [ratio.numerator for ratio in ratios.of])
        sums -= r * gathered(self.segment_sums, [ratio.denominator for ratio in ratios.of])
        made = BlockVariance(partition, sums * inverse)
        kept = {place: np.empty(len(partition.domain)) for place, one in enumerate(measures) if one in parts}
        spread = {place: np.empty(len(partition.domain)) for place in kept if measures[place].name.endswith(_OVER_MAX)}
        for some, scores, squares in linearised_blocks(partition, ratios):
            for place, own in kept.items():
                own[some] = scores[:, place]
            if squares is not None:
                for place, own in spread.items():
                    own[some] = squares[:, place]
            made.add(some, scores, squares)
        for place, own in kept.items():
            self._keep(measures[place], own, spread.get(place))
        return made.result

    def _keep(self, measure: Measure, scores: Floats, squares: Floats | None) -> None:
        self.known[measure] = replace(self._ratio(measure), scores=scores, squares=squares)

    def _ratio(self, measure: Measure) -> RatioScores:
        """A base ratio in every domain; its sums by line are filled in when its block is reached."""
        if measure not in self.known:
            one = ratios_of(self.sums, (self.layout.ratios[measure],))
            self.known[measure] = RatioScores(one.estimate[:, 0], one.denominator[:, 0], _NOTHING, None)
        return self.known[measure]

    def _scored(self, measure: Measure) -> RatioScores:
        """A base ratio with its sums by line."""
        one = self._ratio(measure)
        if one.scores is _NOTHING:
            one = self.known[measure] = ratio_scores(self.partition, self.layout.ratios[measure], self.sums)
        return one

    def _people(self, counts: Ints) -> Ints:
        return np.take(self.partition.total(counts), self.counts, axis=1)

    def _by_answers(self, of_counts: Callable[[Ints], AnyArray]) -> AnyArray:
        """What depends on which lines have answers alone (domains × measures), found once for like measures."""
        distinct = sorted(set(self.counts))
        found = of_counts(np.take(self.partition.lines.counts, distinct, axis=1))
        return np.take(found, [distinct.index(count) for count in self.counts], axis=1)

    def _variance(self, counts: Sequence[int], scores: Floats, squares: Floats | None) -> Floats:
        rows = self.partition.lines.all_rows()
        if self.partition.lonely == "average":
            rows = np.take(rows, list(counts), axis=1)
        return self.partition.variance(scores, rows, squares)

    def _of_composites(self, made: dict[int, Composite], parts: set[Measure]) -> Floats:
        """The variances of functions of several ratios."""
        for measure in parts:
            self._scored(measure)
        scores = np.column_stack([composite_scores(one, self.partition, self._scored) for one in made.values()])
        squares = self._composite_squares(made) if self.partition.shape.elements else None
        return self._variance([self.counts[k] for k in made], scores, squares)

    def _composite_squares(self, made: dict[int, Composite]) -> Floats:
        result = np.empty((len(self.partition.domain), len(made)))
        joint = []
        for column, k in enumerate(made):
            node, rule = self.nodes[k]
            if rule == "mean_over_max":
                base = self._scored(self.totals.plan.measure_of(node, "mean_pooled"))
                maximum = self.totals.plan.maximum
                assert base.squares is not None
                assert maximum is not None
                result[:, column] = base.squares / maximum**2
            else:
                joint.append((column, made[k]))
        if joint:
            values = [one for _, one in joint]
            found = composite_squares(values, self.partition, self.layout, self.totals.gram_items, self._ratio)
            for (column, _), squares in zip(joint, found, strict=True):
                result[:, column] = squares
        return result


def _quotient(above: Floats, below: Floats) -> Floats:
    there = (below > 0) & (above > 0)
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=there))


def _class_of(table: CellTable, classes: Classes) -> Ints:
    from analysis.totals.cell_tables import positions

    own = np.column_stack([table.key(name) for name in classes.names])
    known = CellTable(
        classes.names, classes.keys, np.zeros((len(classes.keys), 0)), np.zeros((len(classes.keys), 0), int)
    )
    place = positions(known, own)
    return np.where((known.keys[place] == own).all(axis=1), classes.code[place], -1)
