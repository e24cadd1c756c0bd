"""Frozen results as they are kept: compressed plain data, read back as they were made (`finalising`)."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from analysis.inference.estimate_tables import EstimateTable
from analysis.inference.verdicts import ALPHA
from survey.database import Database
from survey.queries.estimates import result_sets
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.channel_verdicts import Key, Verdict, Verdicts
from survey.services.estimates.disclosure import patterns
from survey.services.estimates.entered_answers import Entered, packed
from survey.services.estimates.wave_facts import WaveFacts


def find(database: Database, wave: WaveFacts, channel_id: int, version: int | None = None) -> ChannelResults | None:
    """The frozen results of a channel, the newest unless a version is named; None while there are none.

    Where no pattern of hidden cells is kept with them yet, that of the rule of totals.
    """
    with database.reading() as session:
        row = result_sets.final(session, channel_id, version)
        if row is None:
            return None
        found = unpack(row.estimates, result_set_id=row.id, deleted_since=row.deleted_since, version=row.version)
        held = row.pattern
    if held is not None:
        return replace(found, pattern=patterns.unpack(held))
    return replace(found, pattern=patterns.of_tables(found.tables, wave))


def pack(results: ChannelResults) -> bytes:
    """Results as compressed plain data, the same bytes for the same results.

    Format 2 has the family, rule and Holm-compatible bounds of each verdict. Format 1 is that of results judged by the
    former rule, each view on its own (`parts`: each unit alone): it is read, and written again as it was.
    """
    columns = _FORMER if results.former_rule else _COLUMNS
    data: dict[str, Any] = {
        "format": 1 if results.former_rule else 2,
        "channel": results.channel,
        "selection": results.selection,
        "responses": results.responses,
        "status": results.status,
        "data_hash": results.data_hash,
        "made_at": results.made_at.isoformat(),
        "software": results.software,
        "tables": {name: json.loads(table.to_json()) for name, table in results.tables.items()},
        "verdicts": _pack_verdicts(results.verdicts, columns),
        "weight_stages": results.weight_stages,
        "merges": results.merges,
        "flagged": results.flagged,
        "uncovered": results.uncovered,
        "clusters": results.clusters,
    }
    if results.entered:  # results stored before there was any keep their fingerprint
        data["entered"] = packed(results.entered)
    if results.former_rule:
        data["parts"] = {str(unit): _pack_verdicts(own, columns) for unit, own in results.parts.items()}
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return zlib.compress(text.encode(), 6)


def unpack(
    data: bytes, *, result_set_id: int | None = None, deleted_since: int = 0, version: int = 1
) -> ChannelResults:
    """The results in the bytes that `pack` wrote."""
    found = json.loads(zlib.decompress(data))
    former = found["format"] == 1
    columns = _FORMER if former else _COLUMNS
    return ChannelResults(
        channel=found["channel"],
        selection=found["selection"],
        responses=found["responses"],
        status=found["status"],
        data_hash=found["data_hash"],
        made_at=datetime.fromisoformat(found["made_at"]),
        software=found["software"],
        tables={name: EstimateTable.from_json(json.dumps(t)) for name, t in found["tables"].items()},
        verdicts=_unpack_verdicts(found["verdicts"], columns),
        weight_stages=tuple(found["weight_stages"]),
        merges=tuple(found["merges"]),
        flagged=found["flagged"],
        uncovered=found["uncovered"],
        clusters=found["clusters"],
        result_set_id=result_set_id,
        deleted_since=deleted_since,
        former_rule=former,
        parts={int(unit): _unpack_verdicts(own, columns) for unit, own in found.get("parts", {}).items()},
        version=version,
        entered=tuple(Entered.of_plain(one) for one in found.get("entered", ())),
    )


def fingerprint(results: ChannelResults) -> str:
    """What stands in every file made of these results: SHA-256 of their plain data."""
    return hashlib.sha256(pack(results)).hexdigest()


# Verdicts are stored as columns, a list for each: what a column is called there, and here.
_SAME = ("goal", "verdict", "reasons", "p_reached", "p_missed", "needed", "needed_why")
_FORMER = {"threshold": "target", **{name: name for name in _SAME}, "lower": "own_lower", "upper": "own_upper"}
_COLUMNS = {
    "threshold": "target",
    **{name: name for name in (*_SAME, "lower", "upper", "own_lower", "own_upper", "rule", "family", "members")},
}


def _pack_verdicts(verdicts: Verdicts, columns: Mapping[str, str]) -> dict[str, Any]:
    packed: dict[str, Any] = {}
    for crossing, own in verdicts.items():
        lists = {stored: [getattr(v, name) for v in own.values()] for stored, name in columns.items()}
        if any(v.level != ALPHA for v in own.values()):  # looks before have spent a part of it
            lists["level"] = [v.level for v in own.values()]
        adjusted = next((v.adjusted for v in own.values()), "none")
        by = crossing.split(",") if crossing else []
        packed[crossing] = {"by": by, "keys": list(own), "adjusted": adjusted, **lists}
    return packed


def _unpack_verdicts(found: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, dict[Key, Verdict]]:
    """Verdicts by crossing and domain. The former rule had a domain's own bounds alone: they are those of no family."""
    verdicts: dict[str, dict[Key, Verdict]] = {}
    for crossing, stored in found.items():
        lists = {name: stored[column] for column, name in columns.items()}
        if "level" in stored:
            lists["level"] = stored["level"]
        lists["reasons"] = [tuple(reasons) for reasons in lists["reasons"]]
        rows = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        alone = stored["adjusted"] == "none"
        verdicts[crossing] = {
            tuple(key): Verdict(
                **{"lower": row["own_lower"] if alone else None, "upper": row["own_upper"] if alone else None, **row},
                adjusted=stored["adjusted"],
            )
            for key, row in zip(stored["keys"], rows, strict=True)
        }
    return verdicts
