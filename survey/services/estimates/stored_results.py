"""Frozen results as they are kept: compressed plain data, read back as they were made (`finalising`)."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import datetime
from typing import Any

from sqlalchemy import select

from analysis.inference.estimate_tables import EstimateTable
from survey.database import Database
from survey.models.estimates.results import ResultSet, ResultStatus
from survey.services.estimates.channel_results import ChannelResults, Verdicts


def find(database: Database, channel_id: int) -> ChannelResults | None:
    """The frozen results of a channel, or None while there are none."""
    with database.reading() as session:
        row = session.scalars(
            select(ResultSet).where(ResultSet.channel_id == channel_id, ResultSet.status == ResultStatus.FINAL)
        ).first()
        if row is None:
            return None
        return unpack(row.estimates, result_set_id=row.id, deleted_since=row.deleted_since)


def pack(results: ChannelResults) -> bytes:
    """Results as compressed plain data, the same bytes for the same results."""
    data = {
        "format": 1,
        "channel": results.channel,
        "selection": results.selection,
        "responses": results.responses,
        "status": results.status,
        "data_hash": results.data_hash,
        "made_at": results.made_at.isoformat(),
        "software": results.software,
        "tables": {name: json.loads(table.to_json()) for name, table in results.tables.items()},
        "verdicts": {name: v.__dict__ for name, v in results.verdicts.items()},
        "weight_stages": results.weight_stages,
        "merges": results.merges,
        "flagged": results.flagged,
        "uncovered": results.uncovered,
        "clusters": results.clusters,
        "parts": {str(unit): {by: v.__dict__ for by, v in own.items()} for unit, own in results.parts.items()},
    }
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return zlib.compress(text.encode(), 6)


def unpack(data: bytes, *, result_set_id: int | None = None, deleted_since: int = 0) -> ChannelResults:
    """What `pack` wrote."""
    found = json.loads(zlib.decompress(data))
    return ChannelResults(
        channel=found["channel"],
        selection=found["selection"],
        responses=found["responses"],
        status=found["status"],
        data_hash=found["data_hash"],
        made_at=datetime.fromisoformat(found["made_at"]),
        software=found["software"],
        tables={name: EstimateTable.from_json(json.dumps(t)) for name, t in found["tables"].items()},
        verdicts={name: _unpack_verdicts(v) for name, v in found["verdicts"].items()},
        weight_stages=tuple(found["weight_stages"]),
        merges=tuple(found["merges"]),
        flagged=found["flagged"],
        uncovered=found["uncovered"],
        clusters=found["clusters"],
        result_set_id=result_set_id,
        deleted_since=deleted_since,
        parts={
            int(unit): {by: _unpack_verdicts(v) for by, v in own.items()}
            for unit, own in found.get("parts", {}).items()
        },
    )


def fingerprint(results: ChannelResults) -> str:
    """What stands in every file made of these results: SHA-256 of their plain data."""
    return hashlib.sha256(pack(results)).hexdigest()


def _unpack_verdicts(found: dict[str, Any]) -> Verdicts:
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}
    plain["keys"] = tuple(tuple(k) for k in found["keys"])
    plain["reasons"] = tuple(tuple(r) for r in found["reasons"])
    return Verdicts(**plain)
