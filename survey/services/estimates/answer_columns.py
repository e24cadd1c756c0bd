"""Answers as columns: from canonical JSON, parsed by the column reader of Arrow and never by a loop of ours.

Rated and single-choice items are one byte each, 255 for blank; a multiple choice is a column of 0/1/255 per option;
numbers are floats, NaN for blank. A snapshot beside the database keeps the columns of a channel until its answers
change; it holds no key, nothing that orders the rows, and nothing that is not in the record.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import json as arrow_json

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from survey.database import Database
from survey.models.fieldwork.points import Mode
from survey.queries.estimates import responses
from survey.queries.estimates.responses import Batch
from survey.queries.estimates.wave_basis import NO_FIELD

BLANK = 255
BATCH = 10_000  # rows that fit into the cache of a processor while they become columns
FACTS = ("_unit", "_received", "_field", "_point", "_day", "_pace", "_together")
TAKEN_TOGETHER = frozenset({Mode.INTERVIEWER.value, Mode.PHONE.value, Mode.PAPER.value})  # by one person, in one batch
HASH = "_data_hash"
POINT = 100_000  # more than there are days
Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Columns:
    """The counted answers of one channel. Rows are in key order: random, and the same each time."""

    rows: int
    data_hash: str  # of keys and contents in key order
    values: Mapping[str, Values]  # (n,) each

    def codes(self, name: str) -> npt.NDArray[np.uint8]:
        """A coded column (n,), 255 where blank. A multiple choice's option is named `item=code`."""
        return self.values[name]

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """A number's column (n,), NaN where blank."""
        return self.values[name]

    def fact(self, name: str) -> npt.NDArray[np.int32]:
        """A fact of the fieldwork (n,): `_unit`, `_received`, `_field`, `_point` ids; `_day` as a day number.

        `_together` is 1 for an answer that an interviewer, a telephone or a batch of paper took with others of its
        point and day.
        """
        return self.values[name]

    @property
    def unit(self) -> npt.NDArray[np.int64]:
        """The deciding unit of each row (n,)."""
        return self.values["_unit"].astype(np.int64)

    @property
    def field(self) -> npt.NDArray[np.int64]:
        """The field of procedures of each row (n,), NO_FIELD where it is not known."""
        return np.where(self.values["_field"] == 0, NO_FIELD, self.values["_field"]).astype(np.int64)

    @property
    def batches(self) -> npt.NDArray[np.int64] | None:
        """What drawn answers were taken in (n,): point × day, or the answer itself; None where all were given alone.

        The codes are no smaller than 0, and differ between answers that were given alone.
        """
        together = self.values["_together"] == 1
        if not together.any():
            return None
        _, batch = np.unique(self.point_day, return_inverse=True)
        alone = int(batch.max()) + 1 + np.arange(self.rows)
        return np.where(together, batch, alone).astype(np.int64)

    @property
    def point_day(self) -> npt.NDArray[np.int64]:
        """Collection point and day of each row as one number (n,)."""
        return self.values["_point"].astype(np.int64) * POINT + self.values["_day"]

    def where(self, chosen: npt.NDArray[np.bool_]) -> Columns:
        """The rows that `chosen` (n,) marks. The data hash stays that of all rows."""
        values = {name: column[chosen] for name, column in self.values.items()}
        return Columns(int(chosen.sum()), self.data_hash, values)

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
        path = snapshots / f"channel-{channel_id}-{stamp.counted}-{stamp.late}-{stamp.excluded}-{stamp.removals}.npz"
        if (kept := _kept(path, version)) is not None:
            return kept
    columns = _read(database, channel_id, version)
    if path is not None:
        _keep(path, columns, channel_id)
    return columns


def _read(database: Database, channel_id: int, version: InstrumentVersion) -> Columns:
    digest = hashlib.sha256()
    parts: list[dict[str, Values]] = []
    schema, options = _schemas(version)
    with database.reading() as session:
        for batch in responses.stream(session, channel_id, size=BATCH):
            digest.update(b"".join(chain.from_iterable(zip(batch.keys, batch.digests, strict=True))))
            parts.append(_part(batch, schema, options, version))
    names = tuple(parts[0]) if parts else ()
    whole = {name: np.concatenate([part[name] for part in parts]) for name in names} if parts else _nothing(version)
    return Columns(len(whole["_unit"]), digest.hexdigest(), whole)


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


def _part(
    batch: Batch, schema: pa.Schema, options: arrow_json.ParseOptions, version: InstrumentVersion
) -> dict[str, Values]:
    parsed = arrow_json.read_json(
        io.BytesIO("\n".join(batch.answers).encode()),
        read_options=arrow_json.ReadOptions(block_size=1 << 24),
        parse_options=options,
    )
    columns: dict[str, Values] = {}
    for item in version.asked_items:
        if item.code not in schema.names:
            continue
        chunks = parsed.column(item.code).chunks
        if item.kind == "multiple":
            columns |= _options(item, chunks, version)
        elif item.kind in ("rating", "single"):
            columns[item.code] = _joined([_plain(chunk, np.uint8, BLANK) for chunk in chunks], np.uint8)
        else:
            stored = np.float64 if item.kind == "number" else np.int64
            numbers = [_plain(chunk, stored, np.nan).astype(np.float64) for chunk in chunks]
            columns[item.code] = _joined(numbers, np.float64)
    for name, values in zip(FACTS, (batch.unit, batch.received, batch.field, batch.point), strict=False):
        columns[name] = np.asarray(values, np.int32)
    columns["_day"] = np.asarray(batch.day, "datetime64[D]").astype(np.int32)
    columns["_pace"] = np.asarray(batch.pace, np.uint8)
    columns["_together"] = np.array([mode in TAKEN_TOGETHER for mode in batch.mode], np.uint8)
    return columns


def _plain(values: pa.Array, kind: type[np.generic], blank: float) -> Values:
    """An Arrow column as plain values, from its buffers: Arrow's own conversion would import pandas for a second."""
    _, data = values.buffers()[:2]
    if not len(values):
        return np.empty(0, kind)
    found = np.frombuffer(data, kind, len(values), values.offset * np.dtype(kind).itemsize)
    valid = _valid(values)
    if valid.all():
        return found
    if np.isnan(blank):
        found = found.astype(np.float64)
    return np.where(valid, found, np.asarray(blank, found.dtype))


def _valid(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Which values (n,) of an Arrow column are not null."""
    bits = values.buffers()[0]
    if bits is None:
        return np.full(len(values), values.null_count == 0)
    every = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
    return every[values.offset : values.offset + len(values)].astype(bool)


def _joined(parts: list[Values], kind: type[np.generic]) -> Values:
    return np.concatenate(parts) if parts else np.empty(0, kind)


def _options(item: Item, chunks: list[pa.ListArray], version: InstrumentVersion) -> dict[str, Values]:
    """One 0/1/255 column per option of a multiple choice."""
    answered = _joined([_valid(chunk) for chunk in chunks], np.bool_)
    lengths = _joined([_lengths(chunk) for chunk in chunks], np.int64)
    chosen = _joined([_plain(chunk.flatten(), np.uint8, BLANK) for chunk in chunks], np.uint8)
    rows = np.repeat(np.arange(len(answered)), lengths)
    found = {}
    for option in version.options(item):
        column = np.where(answered, np.uint8(0), np.uint8(BLANK))
        column[rows[chosen == option.code]] = 1
        found[f"{item.code}={option.code}"] = column
    return found


def _lengths(values: pa.ListArray) -> Values:
    """How many options each row chose; none where it was left blank."""
    ends = np.frombuffer(values.buffers()[1], np.int32, len(values) + 1, values.offset * 4)
    return np.where(_valid(values), np.diff(ends), 0).astype(np.int64)


def _nothing(version: InstrumentVersion) -> dict[str, Values]:
    columns: dict[str, Values] = {}
    for item in version.asked_items:
        kind = np.float64 if item.kind in ("number", "date") else np.uint8
        columns |= {name: np.empty(0, kind) for name in column_names(item, version)}
    return columns | {name: np.empty(0, np.int32) for name in FACTS}


def _kept(path: Path, version: InstrumentVersion) -> Columns | None:
    """The snapshot, or None when there is none that can be read whole: the record is always there."""
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as held:
            values = {name: held[name] for name in held.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    wanted = {HASH, *_nothing(version)}
    if set(values) != wanted or len({len(values[name]) for name in wanted - {HASH}}) != 1:
        return None
    data_hash = str(values.pop(HASH))
    return Columns(len(values["_unit"]), data_hash, values)


def _keep(path: Path, columns: Columns, channel_id: int) -> None:
    """Write the snapshot aside, then put it in place; older ones of the channel go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{columns.data_hash[:8]}.{os.getpid()}.part")
    with part.open("wb") as handle:
        kept: dict[str, Any] = {HASH: np.array(columns.data_hash), **columns.values}
        np.savez(handle, **kept)
    part.replace(path)
    for old in path.parent.glob(f"channel-{channel_id}-*.npz"):
        if old != path:
            old.unlink(missing_ok=True)
