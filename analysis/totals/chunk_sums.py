"""One chunk of answers to its tables of sums: the inner loop of the whole engine.

Each coded column is summed once per table as a weighted histogram of (cell, code): one pass gives answers, satisfied
answers, points and shares together, several times faster than summing each on its own. What depends on several
answers of one person (pooled factors, own means, all satisfied) is first computed per row on small integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.arrays import AnyArray, Bools, Codes, Floats, Ints
from analysis.cells import Grouping
from analysis.errors import AnalysisError
from analysis.totals.item_products import Products
from analysis.totals.layout import Layout, NodeColumns
from analysis.totals.measure_plan import MeasurePlan

__all__ = ["Chunk"]

_DENSE_CODES = 15
_UNTHREADED = 1 << 18


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows, one respondent each.

    `codes` (rows × columns of the plan) uint8, 255 = blank; `numbers` (rows × number items) float, NaN = blank;
    `weight` None means 1; `keys` the integer columns stratum, psu and the domain variables, −1 = in no domain.
    """

    codes: Codes
    keys: Mapping[str, AnyArray] = field(default_factory=dict)
    weight: Floats | None = None
    numbers: Floats | None = None
    population_psus: Floats | None = None
    population_units: Floats | None = None

    @property
    def rows(self) -> int:
        return len(self.codes)

    def part(self, start: int, stop: int) -> Chunk:
        def cut(values: AnyArray | None) -> AnyArray | None:
            return None if values is None else values[start:stop]

        return Chunk(
            self.codes[start:stop],
            {name: values[start:stop] for name, values in self.keys.items()},
            cut(self.weight),
            cut(self.numbers),
            cut(self.population_psus),
            cut(self.population_units),
        )


@dataclass(slots=True)
class Sums:
    """What one table collects from one chunk."""

    sums: Floats
    counts: Ints
    rows: Ints | None
    squares: Floats | None
    weight_squares: Floats
    products: Products | None


@dataclass(frozen=True, slots=True)
class _CodeMap:
    """How the codes of one column become classes 0 … K-1, and what each class adds to which column."""

    classes: int
    table: Codes | None
    columns: Ints
    worth: Floats
    counted: Bools


@dataclass(frozen=True, slots=True)
class _Person:
    """What the rows of a chunk have for one node."""

    any: Bools
    answered: AnyArray
    satisfied: AnyArray
    points: AnyArray


class Features:
    """The sums of a layout, from chunks."""

    def __init__(self, layout: Layout, *, squared: bool, gram: tuple[int, ...]) -> None:
        self.layout, self.squared, self.gram = layout, squared, gram
        self.maps = _code_maps(layout)
        self.basis = _basis(layout, gram) if gram else None

    def sums(self, chunk: Chunk, groupings: list[Grouping]) -> list[Sums]:
        """For each table (one grouping each) the sums over the rows of the chunk."""
        plan, layout = self.layout.plan, self.layout
        columns = len(plan.columns)
        if chunk.codes.ndim != 2 or chunk.codes.shape[1] != columns:
            raise AnalysisError(f"A chunk has codes of shape {chunk.codes.shape}; the plan has {columns} columns.")
        weight = chunk.weight
        empty = None if weight is None or weight.all() else weight == 0
        squared = None if weight is None or not self.squared else weight * weight
        people = self._people(chunk.codes)
        results = []
        for groups in groupings:
            table = _Table(layout, groups, weight, squared, empty, squared_too=self.squared)
            table.weights()
            for place, code_map in enumerate(self.maps):
                table.codes(chunk.codes[:, place], code_map, layout.counts[plan.columns[place]])
            for node, person in zip(layout.nodes, people, strict=True):
                _add_node(table, layout, node, person, plan)
            for place, number in enumerate(plan.numbers):
                assert chunk.numbers is not None
                _add_number(table, layout, number.code, chunk.numbers[:, place])
            results.append(Sums(*table.finished(), self._products(chunk, groups)))
        return results

    def _people(self, codes: Codes) -> list[_Person]:
        """Answered, satisfied and points of each respondent for each node."""
        plan = self.layout.plan
        nodes = self.layout.nodes
        rows = len(codes)
        small = np.uint8 if all(len(node.items) < 250 for node in nodes) else np.uint16
        answered: list[AnyArray] = [np.zeros(rows, small) for _ in nodes]
        satisfied: list[AnyArray] = [np.zeros(rows, small) for _ in nodes]
        rated = [node.pooled or node.persons for node in nodes]
        points = [np.zeros(rows if n.points or n.persons or n.score else 0, np.uint16) for n in nodes]
        for place, item in enumerate(plan.items):
            inside = [k for k, node in enumerate(nodes) if place in node.items]
            if not inside:
                continue
            column = codes[:, place]
            answers = within(column, item.substantive)
            good = within(column, item.satisfied) if any(rated[k] for k in inside) else answers
            for k in inside:
                answered[k] += answers.view(np.uint8)
                if rated[k]:
                    satisfied[k] += good.view(np.uint8)
                if len(points[k]):
                    points[k] += column * answers
        return [_Person(a > 0, a, s, p) for a, s, p in zip(answered, satisfied, points, strict=True)]

    def _products(self, chunk: Chunk, groups: Grouping) -> Products | None:
        """The answers to the items of composite measures, for products between them."""
        if self.basis is None:
            return None
        return Products.of_rows(self.basis, groups.codes, [chunk.codes[:, k] for k in self.gram], chunk.weight)


class _Table:
    """Bincounts of one chunk into one table."""

    def __init__(
        self,
        layout: Layout,
        groups: Grouping,
        weight: Floats | None,
        squared: Floats | None,
        empty: Bools | None,
        *,
        squared_too: bool,
    ) -> None:
        self.cells, self.size = groups.codes, groups.size
        self.weight, self.squared_weight, self.empty = weight, squared, empty
        self.sums = np.zeros((self.size, layout.width))
        self.squares = np.zeros((self.size, layout.width)) if squared_too else None
        self.counts = np.zeros((self.size, len(layout.counts)), np.int64)
        self.rows = None if empty is None else np.zeros_like(self.counts)
        self.empty_rows = None if empty is None else np.flatnonzero(empty)
        self._bases: dict[int, Ints] = {}

    def _squared_weights(self) -> Floats:
        """Sums of squared weights (cells × 1)."""
        if self.squares is not None:
            return self.squares[:, :1].copy()
        if self.weight is None:
            return self.sums[:, :1].copy()
        return np.asarray(np.bincount(self.cells, self.weight * self.weight, self.size), np.float64)[:, None]

    def weights(self) -> None:
        """The rows themselves: column 0 and count 0."""
        rows = np.bincount(self.cells, minlength=self.size)
        self._count(0, rows, None if self.empty_rows is None else self.cells[self.empty_rows])
        self.sums[:, 0] = rows if self.weight is None else np.bincount(self.cells, self.weight, self.size)
        if self.squares is not None:
            self.squares[:, 0] = (
                rows if self.squared_weight is None else np.bincount(self.cells, self.squared_weight, self.size)
            )

    def codes(self, column: Codes, code_map: _CodeMap, count: int) -> None:
        """A coded column: its histogram by cell, and from that everything linear in it."""
        classes = code_map.classes
        if code_map.table is None:
            classed = np.minimum(column, classes - 1)
        else:
            classed = np.take(code_map.table, column)
        if (base := self._bases.get(classes)) is None:
            base = self._bases[classes] = self.cells * classes
        key = base + classed
        bins = self.size * classes
        histogram = np.bincount(key, minlength=bins)
        rows = histogram.reshape(self.size, classes)[:, code_map.counted].sum(axis=1)
        if self.empty_rows is None:
            self.counts[:, count] = rows
        else:
            inside = self.empty_rows[code_map.counted[classed[self.empty_rows]]]
            self._count(count, rows, self.cells[inside])
        if self.weight is not None:
            weighted = np.bincount(key, self.weight, bins)
        else:
            weighted = histogram.astype(np.float64)
        self.sums[:, code_map.columns] = _narrow(weighted.reshape(self.size, classes), code_map.worth)
        if self.squares is not None:
            if self.squared_weight is not None:
                weighted = np.bincount(key, self.squared_weight, bins)
            self.squares[:, code_map.columns] = _narrow(weighted.reshape(self.size, classes), code_map.worth)

    def people(self, column: int, values: AnyArray) -> None:
        """One value per respondent."""
        if self.weight is None:
            total = np.bincount(self.cells, values, self.size)
        else:
            total = np.bincount(self.cells, self.weight * values, self.size)
        self.sums[:, column] = total
        if self.squares is not None:
            if self.squared_weight is not None:
                total = np.bincount(self.cells, self.squared_weight * values, self.size)
            self.squares[:, column] = total

    def everybody(self, count: int, column: int) -> None:
        """Every respondent has something: the sums are those of the rows themselves."""
        self.sums[:, column] = self.sums[:, 0]
        if self.squares is not None:
            self.squares[:, column] = self.squares[:, 0]
        self.counts[:, count] = self.counts[:, 0]
        if self.rows is not None:
            self.rows[:, count] = self.rows[:, 0]

    def present(self, count: int, inside: Bools) -> None:
        """How many respondents have something."""
        rows = np.bincount(self.cells[inside], minlength=self.size)
        self._count(count, rows, None if self.empty is None else self.cells[inside & self.empty])

    def _count(self, count: int, rows: Ints, empty_cells: Ints | None) -> None:
        if empty_cells is None or self.rows is None:
            self.counts[:, count] = rows
            return
        self.rows[:, count] = rows
        self.counts[:, count] = rows - np.bincount(empty_cells, minlength=self.size)

    def finished(self) -> tuple[Floats, Ints, Ints | None, Floats | None, Floats]:
        return self.sums, self.counts, self.rows, self.squares, self._squared_weights()


def _narrow(left: AnyArray, right: Floats) -> Floats:
    """The product of a long matrix with a small one, in pieces too small for the library to wake further threads."""
    step = max(1, _UNTHREADED // right.size)
    if len(left) <= step:
        return np.asarray(left @ right, np.float64)
    result = np.empty((len(left), right.shape[1]))
    for start in range(0, len(left), step):
        np.matmul(left[start : start + step], right, out=result[start : start + step])
    return result


def _add_node(table: _Table, layout: Layout, node: NodeColumns, person: _Person, plan: MeasurePlan) -> None:
    code = node.code
    if person.any.all():
        table.everybody(layout.counts[code], layout.columns["any", code, 0])
    else:
        table.present(layout.counts[code], person.any)
        table.people(layout.columns["any", code, 0], person.any)

    def wanted(kind: str) -> int | None:
        return layout.columns.get((kind, code, 0))

    answered: Floats = person.answered.astype(np.float64)
    if (column := wanted("answered squared")) is not None:
        table.people(column, answered * answered)
    if (column := wanted("satisfied squared")) is not None:
        good = person.satisfied.astype(np.float64)
        table.people(column, good * good)
        table.people(layout.columns["satisfied by answered", code, 0], good * answered)
    if (column := wanted("node points squared")) is not None:
        points = person.points.astype(np.float64)
        table.people(column, points * points)
        table.people(layout.columns["points by answered", code, 0], points * answered)
    if (column := wanted("score")) is not None:
        score = np.divide(person.points, answered, out=np.zeros(len(answered)), where=person.any)
        table.people(column, score)
        table.people(layout.columns["score squared", code, 0], score * score)
    if (column := wanted("all_answers_satisfied")) is not None:
        table.people(column, person.any & (person.satisfied == person.answered))
    if (column := wanted("share_mean_ge_4")) is not None:
        table.people(column, person.any & (person.points >= np.uint16(4) * person.answered))


def _add_number(table: _Table, layout: Layout, code: str, values: Floats) -> None:
    given = ~np.isnan(values)
    filled = np.where(given, values, 0.0)
    table.present(layout.counts[code], given)
    table.people(layout.columns["answered", code, 0], given)
    table.people(layout.columns["number", code, 0], filled)
    table.people(layout.columns["number squared", code, 0], filled * filled)


def within(column: Codes, codes: tuple[int, ...]) -> Bools:
    """Which answers of a column (n,) are among some codes: (n,). Runs of codes are compared, not looked up."""
    ordered = sorted(set(codes))
    if not ordered:
        return np.zeros(len(column), np.bool_)
    low, high = ordered[0], ordered[-1]
    if ordered == list(range(low, high + 1)):
        return (column - np.uint8(low)) <= np.uint8(high - low)
    table = np.zeros(256, np.bool_)
    table[ordered] = True
    return np.take(table, column)


def _basis(layout: Layout, gram: tuple[int, ...]) -> Floats:
    """What each answer code of the items of composite measures adds: satisfied, answered and, where needed, points."""
    items = [layout.plan.items[place] for place in gram]
    classes = max(max(item.substantive) for item in items) + 2
    basis = np.zeros((len(layout.gram_kinds), len(items), classes))
    for place, item in enumerate(items):
        basis[0, place, list(item.satisfied)] = 1.0
        basis[1, place, list(item.substantive)] = 1.0
        if "points" in layout.gram_kinds:
            basis[2, place, list(item.substantive)] = item.substantive
    return basis


def _code_maps(layout: Layout) -> list[_CodeMap]:
    plan = layout.plan
    maps = []
    described = [(item.code, item.substantive, item.satisfied) for item in plan.items]
    described += [(choice.code, choice.substantive, ()) for choice in plan.choices]
    for code, substantive, satisfied in described:
        codes = sorted(set(substantive))
        dense = codes[-1] < _DENSE_CODES
        table: Codes | None = None
        if dense:
            classes = codes[-1] + 2
            place = {c: c for c in codes}
        else:
            classes = len(codes) + 1
            place = {c: k + 1 for k, c in enumerate(codes)}
            table = np.zeros(256, np.uint8)
            table[codes] = np.arange(1, len(codes) + 1)
        counted = np.zeros(classes, np.bool_)
        counted[list(place.values())] = True
        columns: dict[int, Floats] = {}
        for (kind, owner, option), column in layout.columns.items():
            if owner != code:
                continue
            worth = np.zeros(classes)
            for c, k in place.items():
                worth[k] = {
                    "answered": 1.0,
                    "satisfied": float(c in satisfied),
                    "points": float(c),
                    "points squared": float(c * c),
                    "option": float(c == option),
                }[kind]
            columns[column] = worth
        maps.append(
            _CodeMap(
                classes,
                table,
                np.array(list(columns), np.int64),
                np.column_stack(list(columns.values())),
                counted,
            )
        )
    return maps
