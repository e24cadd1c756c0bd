"""Answers as columns: from canonical JSON, parsed by the column reader of Arrow and never by a loop of ours.

Rated and single-choice items are one byte each, 255 for blank; a multiple choice is a column of 0/1/255 per option;
numbers are floats, NaN for blank. A snapshot beside the database keeps the columns of a channel until its answers
change; it holds no key, nothing that orders the rows, and nothing that is not in the record.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import feather
from pyarrow import json as arrow_json

from instruments.elements import Item
from instruments.model import InstrumentVersion
from survey.database import Database
from survey.queries import responses
from survey.queries.responses import Batch

BLANK = 255
BATCH = 50_000
FACTS = ("_unit", "_received", "_field", "_point", "_day", "_pace")


@dataclass(frozen=True)
class Columns:
    """The counted answers of one channel. Rows are in key order: random, and the same each time."""

    rows: int
    data_hash: str  # of keys and contents in key order
    table: pa.Table

    def codes(self, name: str) -> npt.NDArray[np.uint8]:
        """A coded column (n,), 255 where blank. A multiple choice's option is named `item=code`."""
        return self.table.column(name).to_numpy()  # type: ignore[no-any-return]

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """A number's column (n,), NaN where blank."""
        return self.table.column(name).to_numpy()  # type: ignore[no-any-return]

    def fact(self, name: str) -> npt.NDArray[np.int64]:
        """A fact of the fieldwork (n,): `_unit`, `_received`, `_field`, `_point` ids; `_day` as a day number."""
        return self.table.column(name).to_numpy()  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return self.rows


def column_names(item: Item, version: InstrumentVersion) -> tuple[str, ...]:
    """The columns an item becomes."""
    if item.kind == "multiple":
        return tuple(f"{item.code}={option.code}" for option in version.options(item))
    return () if item.kind == "text" else (item.code,)


def read(database: Database, channel_id: int, version: InstrumentVersion, *, snapshots: Path | None = None) -> Columns:
    """All counted answers of a channel, from the snapshot when nothing has changed since it was taken."""
    path = None
    if snapshots is not None:
        with database.reading() as session:
            stamp = responses.stamp(session, channel_id)
        path = snapshots / f"channel-{channel_id}-{stamp.counted}-{stamp.late}-{stamp.excluded}-{stamp.removals}.arrow"
        if path.exists():
            table = feather.read_table(path, memory_map=True)
            return Columns(table.num_rows, table.schema.metadata[b"data_hash"].decode(), table)
    columns = _read(database, channel_id, version)
    if path is not None:
        _keep(path, columns, channel_id)
    return columns


def _read(database: Database, channel_id: int, version: InstrumentVersion) -> Columns:
    digest = hashlib.sha256()
    tables: list[pa.Table] = []
    schema, options = _schemas(version)
    with database.reading() as session:
        for batch in responses.stream(session, channel_id, size=BATCH):
            digest.update(b"".join(batch.keys))
            digest.update(b"".join(batch.digests))
            tables.append(_table(batch, schema, options, version))
    table = pa.concat_tables(tables).combine_chunks() if tables else _nothing(version)
    return Columns(table.num_rows, digest.hexdigest(), table)


def _schemas(version: InstrumentVersion) -> tuple[pa.Schema, arrow_json.ParseOptions]:
    """What the reader expects in the canonical JSON of this version; anything else is ignored."""
    kinds: dict[str, Any] = {
        "rating": pa.uint8(),
        "single": pa.uint8(),
        "multiple": pa.list_(pa.uint8()),
        "number": pa.float64(),
        "date": pa.int64(),
    }
    schema = pa.schema([(item.code, kinds[item.kind]) for item in version.asked_items if item.kind in kinds])
    return schema, arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")


def _table(batch: Batch, schema: pa.Schema, options: arrow_json.ParseOptions, version: InstrumentVersion) -> pa.Table:
    parsed = arrow_json.read_json(
        io.BytesIO("\n".join(batch.answers).encode()),
        read_options=arrow_json.ReadOptions(block_size=1 << 24),
        parse_options=options,
    )
    columns: dict[str, Any] = {}
    for item in version.asked_items:
        if item.code not in schema.names:
            continue
        values = parsed.column(item.code).combine_chunks()
        if item.kind == "multiple":
            columns |= _options(item, values, version)
        elif item.kind in ("rating", "single"):
            columns[item.code] = values.fill_null(BLANK)
        else:
            columns[item.code] = values.cast(pa.float64()).fill_null(float("nan"))
    columns["_unit"] = np.asarray(batch.unit, np.int32)
    columns["_received"] = np.asarray(batch.received, np.int32)
    columns["_field"] = np.asarray(batch.field, np.int32)
    columns["_point"] = np.asarray(batch.point, np.int32)
    columns["_day"] = np.asarray(batch.day, "datetime64[D]").astype(np.int32)
    columns["_pace"] = np.asarray(batch.pace, np.uint8)
    columns["_mode"] = pa.array([str(m) for m in batch.mode]).dictionary_encode()
    columns["_tier"] = pa.array([str(t) for t in batch.tier]).dictionary_encode()
    return pa.table(columns).unify_dictionaries()


def _options(item: Item, values: pa.ListArray, version: InstrumentVersion) -> dict[str, npt.NDArray[np.uint8]]:
    """One 0/1/255 column per option of a multiple choice."""
    answered = values.is_valid().to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(values)), np.where(answered, values.value_lengths().fill_null(0).to_numpy(), 0))
    chosen = values.flatten().to_numpy()
    found = {}
    for option in version.options(item):
        column = np.where(answered, np.uint8(0), np.uint8(BLANK))
        column[rows[chosen == option.code]] = 1
        found[f"{item.code}={option.code}"] = column
    return found


def _nothing(version: InstrumentVersion) -> pa.Table:
    columns: dict[str, Any] = {}
    for item in version.asked_items:
        kind = np.float64 if item.kind in ("number", "date") else np.uint8
        columns |= {name: np.empty(0, kind) for name in column_names(item, version)}
    columns |= {name: np.empty(0, np.int32) for name in FACTS}
    columns |= {name: pa.array([], pa.string()).dictionary_encode() for name in ("_mode", "_tier")}
    return pa.table(columns)


def _keep(path: Path, columns: Columns, channel_id: int) -> None:
    """Write the snapshot aside, then put it in place; older ones of the channel go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{columns.data_hash[:8]}.part")
    table = columns.table.replace_schema_metadata({"data_hash": columns.data_hash})
    feather.write_feather(table, part, compression="uncompressed")
    part.replace(path)
    for old in path.parent.glob(f"channel-{channel_id}-*.arrow"):
        if old != path:
            old.unlink(missing_ok=True)
