"""Answers in many Parquet parts to totals: any number of respondents in bounded memory, on as many cores as there are.

Each part is read some rows at a time and summed on its own; the totals of parts merge in a fixed order, so that one
process, several, or a cluster of machines (`dask_totals`) give the same numbers to the last digit. A part is plain:
coded answers and keys are whole numbers, weights and population sizes numbers, a blank answer is null. Text
identifiers are numbered before, over all parts alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from analysis.arrays import AnyArray, Codes, Floats, Ints
from analysis.errors import AnalysisError
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import BLANK, MeasurePlan
from analysis.totals.streaming import Shape, Totals

__all__ = ["Source", "totals_of", "totals_of_all"]

ROWS = 1 << 18
GROUP = 4  # parts that one task sums before its totals travel


@dataclass(frozen=True, slots=True)
class Source:
    """What the columns of every part are.

    Answers are in the columns that the plan names, domains in those that the crossings name. `stratum` and `psu` None:
    one stratum, every row a unit of its own. `weight` None: every row counts 1.
    """

    plan: MeasurePlan
    crossings: tuple[tuple[str, ...], ...] = ((),)
    stratum: str | None = None
    psu: str | None = None
    weight: str | None = None
    population_psus: str | None = None
    population_units: str | None = None

    @property
    def shape(self) -> Shape:
        return Shape(clustered=self.psu is not None, second_stage=self.population_units is not None)

    @property
    def keys(self) -> dict[str, str]:
        """The key columns: what a chunk calls them, and what the part does."""
        design = {"stratum": self.stratum, "psu": self.psu}
        found = {name: column for name, column in design.items() if column is not None}
        return found | {name: name for crossing in self.crossings for name in crossing}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        sizes = (self.weight, self.population_psus, self.population_units)
        wanted = (*self.plan.columns, *(n.code for n in self.plan.numbers), *self.keys.values(), *sizes)
        return tuple(dict.fromkeys(name for name in wanted if name is not None))

    def empty(self) -> Totals:
        """Totals without any row, to add chunks to."""
        return Totals(self.plan, self.shape, self.crossings)


def totals_of(path: str | Path, source: Source) -> Totals:
    """The totals of the rows of one Parquet file; AnalysisError names a column that is missing or of another type."""
    return source.empty().extend(_chunks(path, source)).settle()


def totals_of_group(paths: Sequence[str | Path], source: Source) -> Totals:
    """The totals of a few parts, one after the other."""
    return _together([totals_of(path, source) for path in paths])


def _together(parts: Sequence[Totals]) -> Totals:
    """Totals of different rows as one; the first takes in the others."""
    whole = parts[0]
    for part in parts[1:]:
        whole.merge(part)
    return whole.settle()


def groups(paths: Sequence[str | Path]) -> list[tuple[str, ...]]:
    """The parts as they are summed together, whoever sums them."""
    if not paths:
        raise AnalysisError("There are no parts; name at least one Parquet file.")
    names = [str(path) for path in paths]
    return [tuple(names[start : start + GROUP]) for start in range(0, len(names), GROUP)]


def totals_of_all(paths: Sequence[str | Path], source: Source, *, processes: int = 1) -> Totals:
    """The totals of many parts, by one process or several."""
    asked = groups(paths)
    if processes == 1:
        return _two_by_two(totals_of_group(group, source) for group in asked)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return _two_by_two(pool.map(totals_of_group, asked, [source] * len(asked)))


def _two_by_two(found: Iterable[Totals]) -> Totals:
    """Totals merged as they come, in the order in which pairs, pairs of pairs and so on would be."""
    waiting: list[tuple[int, Totals]] = []
    for totals in found:
        height, own = 0, totals
        while waiting and waiting[-1][0] == height:
            own = _together([waiting.pop()[1], own])
            height += 1
        waiting.append((height, own))
    whole = waiting.pop()[1]
    while waiting:
        whole = _together([waiting.pop()[1], whole])
    return whole


def _chunks(path: str | Path, source: Source, *, rows: int = ROWS) -> Iterator[Chunk]:
    """A part, some rows at a time."""
    from pyarrow import ArrowException, parquet

    try:
        with parquet.ParquetFile(path) as file:
            missing = [name for name in source.columns if name not in file.schema_arrow.names]
            if missing:
                raise AnalysisError(f"{path} has no column '{missing[0]}'; it has {file.schema_arrow.names}.")
            before = 0
            for batch in file.iter_batches(rows, columns=list(source.columns), use_threads=False):
                yield _chunk(_Batch(str(path), before, batch), source)
                before += batch.num_rows
    except (ArrowException, OSError) as error:
        raise AnalysisError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}.") from None


def _chunk(batch: _Batch, source: Source) -> Chunk:
    plan = source.plan
    codes = np.empty((batch.rows, len(plan.columns)), np.uint8, order="F")
    for place, name in enumerate(plan.columns):
        codes[:, place] = batch.codes(name)
    numbers = np.column_stack([batch.numbers(n.code, blank=True) for n in plan.numbers]) if plan.numbers else None
    sizes = [
        None if name is None else batch.numbers(name)
        for name in (source.weight, source.population_psus, source.population_units)
    ]
    keys: dict[str, AnyArray] = {name: batch.key(column) for name, column in source.keys.items()}
    return Chunk(codes, keys, sizes[0], numbers, sizes[1], sizes[2])


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some rows of a part, its columns taken out with checks that name the row."""

    path: str
    before: int
    data: Any

    @property
    def rows(self) -> int:
        return int(self.data.num_rows)

    def codes(self, name: str) -> Codes:
        values, blank = self._plain(name, "iu")
        if values.dtype != np.uint8:
            if len(values) and (values.min() < 0 or values.max() > BLANK):
                self._wrong(name, "a whole number from 0 to 254 or null", (values < 0) | (values > BLANK), values)
            values = values.astype(np.uint8)
        return values if blank is None else np.where(blank, np.uint8(BLANK), values)

    def key(self, name: str) -> Ints:
        values, blank = self._plain(name, "iu")
        if blank is not None:
            self._wrong(name, "a whole number", blank, None)
        return values.astype(np.int64)

    def numbers(self, name: str, *, blank: bool = False) -> Floats:
        values, empty = self._plain(name, "iuf")
        found = values.astype(np.float64)
        if empty is not None:
            if not blank:
                self._wrong(name, "a number", empty, None)
            found[empty] = np.nan
        return found

    def _plain(self, name: str, kinds: str) -> tuple[AnyArray, AnyArray | None]:
        """A column's values and where it is null, straight from its buffers, which needs no pandas."""
        array = self.data.column(name)
        if not len(array):
            return np.zeros(0, np.int64), None
        try:
            kind = np.dtype(array.type.to_pandas_dtype())
        except (NotImplementedError, TypeError):  # a type of Arrow that NumPy does not have
            kind = np.dtype(object)
        if kind.kind not in kinds:
            raise AnalysisError(f"{self.path}, column '{name}' is of type {array.type}; whole numbers are expected.")
        valid, data = array.buffers()[:2]
        values = np.frombuffer(data, kind, array.offset + len(array))[array.offset :]
        if not array.null_count:
            return values, None
        bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")
        return values, bits[array.offset : array.offset + len(array)] == 0

    def _wrong(self, name: str, expected: str, where: AnyArray, values: AnyArray | None) -> None:
        row = int(np.flatnonzero(where)[0])
        came = "it is empty" if values is None else f"it is {values[row]}"
        raise AnalysisError(
            f"{self.path}, row {self.before + row + 1}, column '{name}': {expected} is expected, {came}."
        )
