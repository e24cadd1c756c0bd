"""Tables of sums by cell, and how two of them become one.

A cell is a group of rows with the same stratum, cluster and domain codes. A table holds one line per cell, in
lexicographic order of its keys, with whatever was summed over its rows. Two tables made from different rows merge
into the table that all the rows together would have given; that is what makes one pass, several processes and a
cluster of machines give the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from analysis.arrays import Floats, Ints
from analysis.cells import add_by, packed, regroup
from analysis.errors import AnalysisError, DesignError
from analysis.products import Products

MAGIC = b"HAILONG-TOTALS\n"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class CellTable:
    """Sums by cell.

    `names` name the key columns. `sums` (C × F) are weighted sums, `squares` the same under squared weights, `counts`
    (C × N) numbers of rows with positive weight, `rows` the same with rows of weight zero (None: there are none),
    `products` the products between items under squared weights, `population` (C × 2) the numbers of clusters in the
    stratum and of units in the cluster, constant there (inf: not finite).
    """

    names: tuple[str, ...]
    keys: Ints
    sums: Floats
    counts: Ints
    rows: Ints | None = None
    squares: Floats | None = None
    products: Products | None = None
    population: Floats | None = None

    @property
    def size(self) -> int:
        return len(self.keys)

    def key(self, name: str) -> Ints:
        """One key column."""
        return self.keys[:, self.names.index(name)]

    def all_rows(self) -> Ints:
        """The numbers of rows, those of weight zero included."""
        return self.counts if self.rows is None else self.rows

    def merged(self, other: CellTable) -> CellTable:
        """The table of the rows of both."""
        if other.names != self.names:
            raise AnalysisError(f"Totals by {other.names} cannot be merged with totals by {self.names}.")
        if not other.size:
            return self
        if not self.size:
            return other
        if np.array_equal(self.keys, other.keys):
            keys, first, second = self.keys, None, None
        else:
            groups = regroup(np.vstack([self.keys, other.keys]))
            keys, first, second = groups.keys, groups.codes[: self.size], groups.codes[self.size :]

        def together(a: Any, b: Any) -> Any:
            if first is None:
                return a + b
            result = np.zeros((len(keys), a.shape[1]), a.dtype)
            result[first] = a
            result[second] += b
            return result

        rows = None
        if self.rows is not None or other.rows is not None:
            rows = together(self.all_rows(), other.all_rows())
        return CellTable(
            self.names,
            keys,
            together(self.sums, other.sums),
            together(self.counts, other.counts),
            rows,
            None if self.squares is None else together(self.squares, other.squares),
            self._products_of(other, first, second),
            self._population_of(other, len(keys), first, second),
        )

    def _products_of(self, other: CellTable, first: Ints | None, second: Ints | None) -> Products | None:
        if self.products is None or other.products is None:
            return self.products
        if first is None or second is None:
            return self.products.merged(other.products)
        return self.products.moved(first).merged(other.products.moved(second))

    def _population_of(self, other: CellTable, size: int, first: Ints | None, second: Ints | None) -> Floats | None:
        if self.population is None or other.population is None:
            return self.population
        if first is None or second is None:
            first = second = np.arange(size)
        result = np.full((size, 2), np.nan)
        result[first] = self.population
        known = ~np.isnan(result[second, 0])
        if not np.array_equal(result[second][known], other.population[known]):
            place = int(np.flatnonzero((result[second] != other.population).any(axis=1) & known)[0])
            raise DesignError(
                f"The population sizes of stratum {other.keys[place, 0]} are {other.population[place].tolist()} in one "
                f"part of the data and {result[second][place].tolist()} in another; they must be the same in all rows."
            )
        result[second] = other.population
        return result

    def coarsened(self, names: Sequence[str]) -> CellTable:
        """The table by fewer keys."""
        wanted = tuple(names)
        if wanted == self.names:
            return self
        groups = regroup(self.keys[:, [self.names.index(name) for name in wanted]])
        first = np.zeros(groups.size, np.int64)
        first[groups.codes[::-1]] = np.arange(self.size)[::-1]

        def grouped(values: Any) -> Any:
            return None if values is None else add_by(groups.codes, groups.size, values)

        return CellTable(
            wanted,
            groups.keys,
            grouped(self.sums),
            grouped(self.counts),
            grouped(self.rows),
            grouped(self.squares),
            None if self.products is None else self.products.moved(groups.codes),
            None if self.population is None else self.population[first],
        )

    def reweighted(self, factors: Floats) -> CellTable:
        """The table if the weight of every row were multiplied by the factor of its cell (all positive)."""
        return replace(
            self,
            sums=self.sums * factors[:, None],
            squares=None if self.squares is None else self.squares * (factors**2)[:, None],
            products=None if self.products is None else self.products.reweighted(factors),
        )

    def restricted(self, cells: Ints) -> CellTable:
        """The lines of some cells, in their order."""
        changes = {
            item.name: getattr(self, item.name)[cells]
            for item in fields(self)
            if item.name not in ("names", "products") and getattr(self, item.name) is not None
        }
        if self.products is not None:
            changes["products"] = self.products.restricted(cells, self.size)
        return replace(self, **changes)


def merged(tables: Sequence[CellTable]) -> CellTable:
    """Many tables as one, pairwise, so that no sum is long and rounding stays small."""
    waiting = list(tables)
    while len(waiting) > 1:
        waiting = [
            waiting[i].merged(waiting[i + 1]) if i + 1 < len(waiting) else waiting[i] for i in range(0, len(waiting), 2)
        ]
    return waiting[0]


def to_bytes(tables: Sequence[CellTable], about: Mapping[str, Any]) -> bytes:
    """The tables as bytes: a line that names the format, a JSON header, then the arrays, little-endian.

    The same tables always give the same bytes.
    """
    header: dict[str, Any] = {"format": FORMAT, "about": dict(about), "tables": []}
    parts: list[bytes] = []
    for table in tables:
        described: dict[str, Any] = {"names": list(table.names), "arrays": {}}
        for item in fields(table):
            value = getattr(table, item.name)
            if item.name == "names" or value is None:
                continue
            if isinstance(value, Products):
                value = value.all_sums(table.size)
            little = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
            described["arrays"][item.name] = {"dtype": little.dtype.str, "shape": list(little.shape)}
            parts.append(little.tobytes())
        header["tables"].append(described)
    text = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return b"".join([MAGIC, str(len(text)).encode(), b"\n", text, *parts])


def from_bytes(data: bytes) -> tuple[list[CellTable], dict[str, Any], list[Floats | None]]:
    """What `to_bytes` wrote: the tables without their products, the header, and the sums of products of each."""
    if not data.startswith(MAGIC):
        raise AnalysisError("These bytes are not saved totals: they do not begin with the name of the format.")
    end = data.index(b"\n", len(MAGIC))
    start = end + 1 + int(data[len(MAGIC) : end])
    header = json.loads(data[end + 1 : start])
    if header["format"] != FORMAT:
        raise AnalysisError(f"The saved totals have format {header['format']}; this program reads format {FORMAT}.")
    tables: list[CellTable] = []
    products: list[Floats | None] = []
    for described in header["tables"]:
        arrays: dict[str, Any] = {}
        for item in fields(CellTable):
            if (form := described["arrays"].get(item.name)) is None:
                continue
            kind = np.dtype(form["dtype"])
            size = kind.itemsize * int(np.prod(form["shape"]))
            if start + size > len(data):
                raise AnalysisError("The saved totals end too early: the file is cut off.")
            values = np.frombuffer(data, kind, offset=start, count=size // kind.itemsize)
            arrays[item.name] = values.reshape(form["shape"]).astype(kind.newbyteorder("="))
            start += size
        products.append(arrays.pop("products", None))
        tables.append(CellTable(tuple(described["names"]), **arrays))
    return tables, header["about"], products


def positions(table: CellTable, keys: Ints) -> Ints:
    """For each row of keys the line of the table that has it (every one must be there)."""
    both = packed(np.vstack([table.keys, keys]))
    order = np.argsort(both[: table.size], kind="stable")
    place = np.searchsorted(both[: table.size][order], both[table.size :])
    return order[np.minimum(place, table.size - 1)]
