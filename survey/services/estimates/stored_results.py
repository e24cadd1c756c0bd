"""Frozen results as they are kept: compressed plain data, read back as they were made (`finalising`)."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analysis.inference.estimate_tables import EstimateTable
from survey.database import Database
from survey.queries.estimates import result_sets
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.channel_verdicts import Key, Verdict, Verdicts
from survey.services.estimates.entered_answers import Entered, packed


def find(database: Database, channel_id: int) -> ChannelResults | None:
    """The frozen results of a channel, or None while there are none."""
    with database.reading() as session:
        row = result_sets.final(session, channel_id)
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
        "verdicts": _pack_verdicts(results.verdicts),
        "weight_stages": results.weight_stages,
        "merges": results.merges,
        "flagged": results.flagged,
        "uncovered": results.uncovered,
        "clusters": results.clusters,
        "parts": {str(unit): _pack_verdicts(own) for unit, own in results.parts.items()},
    }
    if results.entered:  # results stored before there was any keep their fingerprint
        data["entered"] = packed(results.entered)
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return zlib.compress(text.encode(), 6)


def unpack(data: bytes, *, result_set_id: int | None = None, deleted_since: int = 0) -> ChannelResults:
    """The results in the bytes that `pack` wrote."""
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
        verdicts=_unpack_verdicts(found["verdicts"]),
        weight_stages=tuple(found["weight_stages"]),
        merges=tuple(found["merges"]),
        flagged=found["flagged"],
        uncovered=found["uncovered"],
        clusters=found["clusters"],
        result_set_id=result_set_id,
        deleted_since=deleted_since,
        parts={int(unit): _unpack_verdicts(own) for unit, own in found.get("parts", {}).items()},
        entered=tuple(Entered.of_plain(one) for one in found.get("entered", ())),
    )


def fingerprint(results: ChannelResults) -> str:
    """What stands in every file made of these results: SHA-256 of their plain data."""
    return hashlib.sha256(pack(results)).hexdigest()


# Verdicts are stored as columns, a list for each: what a column is called there, and here.
_COLUMNS = {
    "threshold": "target",
    **{
        name: name
        for name in ("goal", "verdict", "reasons", "lower", "upper", "p_reached", "p_missed", "needed", "needed_why")
    },
}


def _pack_verdicts(verdicts: Verdicts) -> dict[str, Any]:
    packed: dict[str, Any] = {}
    for crossing, own in verdicts.items():
        columns = {stored: [getattr(v, name) for v in own.values()] for stored, name in _COLUMNS.items()}
        adjusted = next((v.adjusted for v in own.values()), "none")
        by = crossing.split(",") if crossing else []
        packed[crossing] = {"by": by, "keys": list(own), "adjusted": adjusted, **columns}
    return packed


def _unpack_verdicts(found: Mapping[str, Any]) -> dict[str, dict[Key, Verdict]]:
    verdicts: dict[str, dict[Key, Verdict]] = {}
    for crossing, stored in found.items():
        columns = {name: stored[column] for column, name in _COLUMNS.items()}
        columns["reasons"] = [tuple(reasons) for reasons in columns["reasons"]]
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        verdicts[crossing] = {
            tuple(key): Verdict(**row, adjusted=stored["adjusted"])
            for key, row in zip(stored["keys"], rows, strict=True)
        }
    return verdicts
