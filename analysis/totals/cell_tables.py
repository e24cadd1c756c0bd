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
from itertools import pairwise
from typing import Any

import numpy as np

from analysis.arrays import Floats, Ints
from analysis.cells import Groups, packed, regroup
from analysis.errors import AnalysisError, DesignError
from analysis.totals.item_products import Products

__all__: list[str] = []  # serves other modules of the analysis only

MAGIC = b"HAILONG-TOTALS\n"
FORMAT = 1
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class CellTable:
    """Sums by cell.

    `names` name the key columns. `sums` (C × F) are weighted sums, `squares` the same under squared weights, `counts`
    (C × N) numbers of rows with positive weight, `rows` the same with rows of weight zero (None: there are none),
    `products` the products between items under squared weights, `population` (C × 2) the numbers of clusters in
    the stratum and of units in the cluster, constant there (inf: not finite), `weight_squares` (C × 1) the sums of
    squared weights.
    """

    names: tuple[str, ...]
    keys: Ints
    sums: Floats
    counts: Ints
    rows: Ints | None = None
    squares: Floats | None = None
    products: Products | None = None
    population: Floats | None = None
    weight_squares: Floats | None = None

    @property
    def size(self) -> int:
        return len(self.keys)

    def key(self, name: str) -> Ints:
        """The key column of a name (cells,)."""
        return self.keys[:, self.names.index(name)]

    def all_rows(self) -> Ints:
        """The numbers of rows, those of weight zero included."""
        return self.counts if self.rows is None else self.rows

    def merged(self, other: CellTable) -> CellTable:
        """The table of the rows of both tables together; cells with the same keys become one."""
        return merged([self, other])

    def bare(self) -> CellTable:
        """The table with no more than how many rows each cell has, and its population sizes."""
        rows = None if self.rows is None else self.rows[:, :1]
        return CellTable(self.names, self.keys, self.sums[:, :0], self.counts[:, :1], rows, population=self.population)

    def coarsened(self, names: Sequence[str]) -> CellTable:
        """The table by fewer keys: cells that differ only in the others become one."""
        wanted = tuple(names)
        if wanted == self.names:
            return self
        groups = regroup(self.keys[:, [self.names.index(name) for name in wanted]])

        own = Groups(groups.codes, groups.size)

        def grouped(values: Any) -> Any:
            return None if values is None else own.total(values)

        return CellTable(
            wanted,
            groups.keys,
            grouped(self.sums),
            grouped(self.counts),
            grouped(self.rows),
            grouped(self.squares),
            None if self.products is None else self.products.moved(groups.codes),
            None if self.population is None else self.population[own.first()],
            grouped(self.weight_squares),
        )

    def reweighted(self, factors: Floats) -> CellTable:
        """The table if the weight of every row were multiplied by the factor of its cell (all positive)."""
        return replace(
            self,
            sums=self.sums * factors[:, None],
            squares=None if self.squares is None else self.squares * (factors**2)[:, None],
            products=None if self.products is None else self.products.reweighted(factors),
            weight_squares=None if self.weight_squares is None else self.weight_squares * (factors**2)[:, None],
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
    """Many tables as one, some at a time, so that no sum is long and rounding stays small."""
    waiting = [table for table in tables if table.size] or list(tables[:1])
    if any(table.names != waiting[0].names for table in tables):
        names = " and ".join(str(own) for own in dict.fromkeys(table.names for table in tables))
        raise AnalysisError(f"Totals by different columns cannot be merged: {names}.")
    while len(waiting) > 1:
        waiting = [_joined(waiting[i : i + _AT_ONCE]) for i in range(0, len(waiting), _AT_ONCE)]
    return waiting[0]


def _joined(tables: Sequence[CellTable]) -> CellTable:
    """A few tables as one."""
    first = tables[0]
    if len(tables) == 1:
        return first
    groups = regroup(np.vstack([table.keys for table in tables]))
    ends = np.cumsum([table.size for table in tables])
    places = [groups.codes[end - table.size : end] for end, table in zip(ends, tables, strict=True)]

    apart = ends[-1] == groups.size  # no cell is in two tables
    runs = [_runs(place) for place in places]

    def added(name: str) -> Any:
        if getattr(first, name) is None:
            return None
        parts = [getattr(table, name) for table in tables]
        result = (np.empty if apart else np.zeros)((groups.size, parts[0].shape[1]), parts[0].dtype)
        for place, own, part in zip(places, runs, parts, strict=True):
            whole: list[tuple[slice | Ints, slice]] = [(place, slice(None))]
            for into, some in own or whole:
                if apart:
                    result[into] = part[some]
                else:
                    result[into] += part[some]
        return result

    rows = None
    if any(table.rows is not None for table in tables):
        rows = np.zeros((groups.size, first.counts.shape[1]), np.int64)
        for place, table in zip(places, tables, strict=True):
            rows[place] += table.all_rows()
    products = None
    if first.products is not None:
        moved = [t.products.moved(p) for t, p in zip(tables, places, strict=True) if t.products is not None]
        products = moved[0].merged(*moved[1:])
    population = _population_of(tables, places, groups.size)
    counts = added("counts")
    return CellTable(
        first.names, groups.keys, added("sums"), counts, rows, added("squares"), products, population,
        added("weight_squares"),
    )  # fmt: skip


def _runs(place: Ints) -> list[tuple[slice, slice]]:
    """Where lines that follow each other stay so, as pairs of slices; none where these would be many."""
    bounds = np.r_[0, np.flatnonzero(np.diff(place) != 1) + 1, len(place)]
    if len(bounds) > 2 + len(place) // 64:
        return []
    return [
        (slice(int(place[low]), int(place[low]) + int(high - low)), slice(int(low), int(high)))
        for low, high in pairwise(bounds)
    ]


def _population_of(tables: Sequence[CellTable], places: Sequence[Ints], size: int) -> Floats | None:
    """The population sizes of the cells, which the tables must agree on."""
    if any(table.population is None for table in tables):
        return None
    result = np.full((size, 2), np.nan)
    for table, place in zip(tables, places, strict=True):
        assert table.population is not None
        before = result[place]
        differing = ~np.isnan(before[:, 0]) & (before != table.population).any(axis=1)
        if differing.any():
            line = int(np.flatnonzero(differing)[0])
            raise DesignError(
                f"The population sizes of stratum {table.keys[line, 0]} are {table.population[line].tolist()} in one "
                f"part of the data and {before[line].tolist()} in another; they must be the same in all rows."
            )
        result[place] = table.population
    return result


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
    """What `to_bytes` wrote: tables without their products, the header, and the products (cells × products).

    Raises AnalysisError for bytes that are no saved totals, are cut off, or have another format.
    """
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
    """For each row of keys (m × k) the line of the table that has it: (m,); every one must be there."""
    both = packed(np.vstack([table.keys, keys]))
    own = both[: table.size]
    if (own[1:] > own[:-1]).all():
        return np.minimum(np.searchsorted(own, both[table.size :]), table.size - 1)
    order = np.argsort(own, kind="stable")
    place = np.searchsorted(own[order], both[table.size :])
    return order[np.minimum(place, table.size - 1)]
