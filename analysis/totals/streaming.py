"""Streaming, mergeable sufficient statistics: everything that estimation needs, from one pass in chunks.

`Totals` remembers, per (stratum, cluster, domain) cell, the sums that `layout` asks for. Memory is bounded by the
chunk and the number of cells, never by the number of respondents. Totals of any split of the rows merge into the
totals of the whole; they travel as bytes between processes and rest beside a result set.

Tables are by crossings of domain variables. A crossing asked for that is part of another is not summed again: it is
read from the finer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.arrays import AnyArray, Floats
from analysis.cells import Grouping, grouping
from analysis.errors import AnalysisError, DesignError
from analysis.totals import cell_tables
from analysis.totals.cell_tables import CellTable
from analysis.totals.chunk_sums import Chunk, Features
from analysis.totals.item_products import Products
from analysis.totals.layout import Layout
from analysis.totals.measure_plan import MeasurePlan

BLOCK_ROWS = 1 << 20
_SETTLE = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """What kind of design the pass serves.

    `clustered`: chunks have a `psu` column; otherwise each respondent is a primary unit.
    `second_stage`: respondents inside a PSU were drawn from `population_units`, so that their own spread counts.
    """

    clustered: bool = True
    second_stage: bool = False

    @property
    def elements(self) -> bool:
        """Whether respondents themselves are a stage of sampling that contributes variance."""
        return self.second_stage or not self.clustered


@dataclass(slots=True)
class Totals:
    """The sums of a plan by cell. `add` chunks, `merge` with the totals of other rows, then estimate."""

    plan: MeasurePlan
    shape: Shape = field(default_factory=Shape)
    crossings: tuple[tuple[str, ...], ...] = ((),)
    layout: Layout = field(init=False, repr=False)
    tables: list[CellTable] = field(init=False, repr=False)
    _features: Features = field(init=False, repr=False)
    _waiting: list[list[CellTable]] = field(init=False, repr=False)
    _seen: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.crossings = _finest(self.crossings)
        self.layout = Layout(self.plan)
        self._features = Features(self.layout, squared=self.shape.elements, gram=self._gram())
        self.tables = [self._empty(crossing) for crossing in self.crossings]
        self._waiting = []

    @property
    def design_keys(self) -> tuple[str, ...]:
        return ("stratum", "psu") if self.shape.clustered else ("stratum",)

    @property
    def rows(self) -> int:
        """How many rows were seen."""
        self.settle()
        return int(self.tables[0].all_rows()[:, 0].sum())

    @property
    def gram_items(self) -> tuple[int, ...]:
        """The items whose products are kept (empty: no measure needs them)."""
        return self._gram()

    def add(self, chunk: Chunk) -> Totals:
        """Add the sums of some rows; returns the totals themselves."""
        _check(chunk, self._seen, self.shape, {name for crossing in self.crossings for name in crossing})
        for start in range(0, chunk.rows, BLOCK_ROWS):
            part = chunk if chunk.rows <= BLOCK_ROWS else chunk.part(start, start + BLOCK_ROWS)
            self._waiting.append(self._tables_of(part))
            held = sum(tables[0].size for tables in self._waiting)
            if held > _SETTLE * max(self.tables[0].size, BLOCK_ROWS // 16):
                self.settle()
        self._seen += chunk.rows
        return self

    def extend(self, chunks: Iterable[Chunk]) -> Totals:
        """Take in many chunks, one after the other."""
        for chunk in chunks:
            self.add(chunk)
        return self

    def merge(self, other: Totals) -> Totals:
        """Take in everything that another pass over other rows has summed."""
        if (self.plan, self.shape, self.crossings) != (other.plan, other.shape, other.crossings):
            raise AnalysisError("Totals can be merged only when they were made with the same plan, design and domains.")
        other.settle()
        self._waiting.append(other.tables)
        self._seen += other._seen
        return self

    def settle(self) -> Totals:
        """Merge the sums of chunks that have been added but not merged yet."""
        if self._waiting:
            parts = [self.tables, *self._waiting]
            self.tables = [cell_tables.merged([part[k] for part in parts]) for k in range(len(self.tables))]
            self._waiting = []
        return self

    def by(self, names: Sequence[str]) -> CellTable:
        """The table by design keys and the given domain variables (and, where it has more, coarsened to these)."""
        self.settle()
        for crossing, table in zip(self.crossings, self.tables, strict=True):
            if set(names) <= set(crossing):
                return table.coarsened((*self.design_keys, *names))
        raise AnalysisError(f"Totals were not kept by {' × '.join(names)}; they are by {list(self.crossings)}.")

    def reweighted(self, names: Sequence[str], keys: AnyArray, factors: Floats) -> Totals:
        """The totals if each row's weight were multiplied by the factor of its class.

        `keys` (K × len(names)) are the classes; every cell must lie in one of them, so all crossings must hold `names`.
        """
        self.settle()
        result = Totals(self.plan, self.shape, self.crossings)
        result._seen = self._seen
        classes = CellTable(tuple(names), np.asarray(keys, np.int64), np.zeros((len(keys), 0)), np.zeros((0, 0), int))
        result.tables = []
        for crossing, table in zip(self.crossings, self.tables, strict=True):
            if not set(names) <= {*crossing, *self.design_keys}:
                raise AnalysisError(
                    f"Weights by {tuple(names)} need totals by these columns; one table is by {crossing}."
                )
            own = np.column_stack([table.key(name) for name in names])
            place = cell_tables.positions(classes, own)
            if not np.array_equal(classes.keys[place], own):
                missing = own[(classes.keys[place] != own).any(axis=1)][0]
                raise AnalysisError(
                    f"There are rows of class {missing.tolist()} of {tuple(names)}, but no weight for it."
                )
            result.tables.append(table.reweighted(factors[place]))
        return result

    def to_bytes(self) -> bytes:
        """The totals as versioned bytes; the same totals give the same bytes."""
        self.settle()
        about = {
            "plan": self.plan.fingerprint,
            "clustered": self.shape.clustered,
            "second_stage": self.shape.second_stage,
            "crossings": [list(crossing) for crossing in self.crossings],
            "rows": self.rows,
        }
        return cell_tables.to_bytes(self.tables, about)

    @classmethod
    def from_bytes(cls, data: bytes, plan: MeasurePlan) -> Totals:
        """Totals saved before. They must have been made with the same plan."""
        tables, about, products = cell_tables.from_bytes(data)
        if about["plan"] != plan.fingerprint:
            raise AnalysisError("The saved totals were made with another measure plan; sum the answers again.")
        shape = Shape(clustered=about["clustered"], second_stage=about["second_stage"])
        result = cls(plan, shape, tuple(tuple(crossing) for crossing in about["crossings"]))
        basis = result._features.basis
        result.tables = [
            table if basis is None or sums is None else replace(table, products=Products.of_sums(basis, sums))
            for table, sums in zip(tables, products, strict=True)
        ]
        result._seen = int(about["rows"])
        return result

    def _gram(self) -> tuple[int, ...]:
        if not (self.shape.elements and self.layout.composites):
            return ()
        used = {place for node in self.layout.nodes for place in node.items}
        return tuple(sorted(used))

    def _tables_of(self, chunk: Chunk) -> list[CellTable]:
        design = [chunk.keys.get("stratum", np.zeros(chunk.rows, np.int64))]
        if self.shape.clustered:
            design.append(chunk.keys["psu"])
        groupings = [
            grouping([*design, *(chunk.keys[name] for name in crossing)], chunk.rows) for crossing in self.crossings
        ]
        tables = []
        for crossing, groups, part in zip(
            self.crossings, groupings, self._features.sums(chunk, groupings), strict=True
        ):
            tables.append(
                CellTable(
                    (*self.design_keys, *crossing),
                    groups.keys,
                    part.sums,
                    part.counts,
                    part.rows,
                    part.squares,
                    part.products,
                    _population(chunk, groups),
                    part.weight_squares,
                )
            )
        return tables

    def _empty(self, crossing: tuple[str, ...]) -> CellTable:
        width, basis = self.layout.width, self._features.basis
        names = (*self.design_keys, *crossing)
        return CellTable(
            names,
            np.zeros((0, len(names)), np.int64),
            np.zeros((0, width)),
            np.zeros((0, len(self.layout.counts)), np.int64),
            None,
            np.zeros((0, width)) if self.shape.elements else None,
            Products.nothing(basis) if basis is not None else None,
            np.zeros((0, 2)),
            np.zeros((0, 1)),
        )


def _finest(crossings: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The crossings that are not part of another, each once."""
    wanted = list(dict.fromkeys(tuple(crossing) for crossing in crossings))
    return tuple(
        one
        for place, one in enumerate(wanted)
        if not any(set(one) < set(two) or (set(one) == set(two) and other < place) for other, two in enumerate(wanted))
    )


def _population(chunk: Chunk, groups: Grouping) -> Floats:
    """The population sizes of each cell; they must be the same in all its rows."""
    result = np.full((groups.size, 2), np.inf)
    for place, values in enumerate((chunk.population_psus, chunk.population_units)):
        if values is None:
            continue
        sizes = np.asarray(values, np.float64)
        result[groups.codes, place] = sizes
        differing = result[groups.codes, place] != sizes
        if differing.any():
            row = int(np.flatnonzero(differing)[0])
            raise DesignError(
                f"Row {row + 1} of a chunk has {('population_psus', 'population_units')[place]} {sizes[row]:g}, other "
                f"rows of its cluster have {result[groups.codes[row], place]:g}; it must be the same in all of them."
            )
    return result


def _check(chunk: Chunk, before: int, shape: Shape, variables: set[str]) -> None:
    needed = {*variables, *(("psu",) if shape.clustered else ())}
    for name in sorted(needed):
        if name not in chunk.keys:
            raise AnalysisError(f"A chunk has no column '{name}'; it has {sorted(chunk.keys)}.")
    for name, values in chunk.keys.items():
        if len(values) != chunk.rows or not np.issubdtype(np.asarray(values).dtype, np.integer):
            raise AnalysisError(f"Column '{name}' of a chunk must be {chunk.rows} integers.")
    if shape.second_stage and (chunk.population_psus is None or chunk.population_units is None):
        raise DesignError("A second stage needs population_psus and population_units in every chunk.")
    if chunk.codes.dtype != np.uint8:
        raise AnalysisError(f"The codes of a chunk must be uint8 with 255 for a blank; they are {chunk.codes.dtype}.")
    if chunk.weight is None:
        return
    if len(chunk.weight) != chunk.rows:
        raise AnalysisError(f"A chunk has {chunk.rows} rows and {len(chunk.weight)} weights.")
    if not np.isfinite(chunk.weight).all() or (len(chunk.weight) and chunk.weight.min() < 0):
        row = int(np.flatnonzero(~(np.isfinite(chunk.weight) & (chunk.weight >= 0)))[0])
        raise DesignError(
            f"Row {before + row + 1} has weight {chunk.weight[row]}; a weight is a finite number that is not negative."
        )
