"""The record of staff actions: one event in the same transaction as the change; a response makes none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from survey.csv_dialects import CsvDialect
from survey.database import Database
from survey.errors import Forbidden
from survey.exports import csv_files
from survey.models.audit import AuditEvent
from survey.permissions import Actor
from survey.queries import audit as queries
from survey.queries.audit import AuditFilter


def record(session: Session, actor: Actor, action: str, subject: str, now: datetime, **detail: Any) -> None:
    """`action`: noun.verb, `wave.close`; `subject`: the thing, `wave QN-2026-1`. No answers, no secrets."""
    session.add(
        AuditEvent(
            at=now,
            actor_id=actor.account_id,
            actor=actor.username,
            action=action,
            subject=subject[:120],
            detail=detail,
        )
    )


def export(
    database: Database, actor: Actor, wanted: AuditFilter, *, dialect: CsvDialect = CsvDialect.COMMA
) -> Iterator[bytes]:
    """The events as CSV, a chunk at a time, newest first."""
    if not actor.governs_province:
        raise Forbidden("Only an administrator of the whole province reads the record of actions.")
    headings = ("time", "person", "action", "subject", "detail")
    return csv_files.chunks(headings, _rows(database, wanted), dialect=dialect)


def _rows(database: Database, wanted: AuditFilter) -> Iterator[tuple[object, ...]]:
    with database.reading() as session:
        for event in queries.every(session, wanted):
            detail = json.dumps(event.detail, ensure_ascii=False, sort_keys=True)
            yield event.at, event.actor, event.action, event.subject, detail
