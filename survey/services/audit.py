"""Who changed what: one event in the same transaction as the change. None per response."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from survey.database import Database
from survey.errors import Forbidden
from survey.models.audit import AuditEvent
from survey.permissions import Actor
from survey.queries import audit as queries
from survey.queries.audit import AuditFilter
from survey.words.figures import second


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


def export(database: Database, actor: Actor, wanted: AuditFilter) -> Iterator[str]:
    """The events as CSV, a chunk at a time, newest first. No cell begins a formula."""
    if not actor.governs_province:
        raise Forbidden("Only an administrator of the whole province reads the record of actions.")
    return _lines(database, wanted)


def _lines(database: Database, wanted: AuditFilter) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write("\ufeff")
    writer.writerow(("time", "person", "action", "subject", "detail"))
    with database.reading() as session:
        for event in queries.every(session, wanted):
            when = second(event.at)
            detail = json.dumps(event.detail, ensure_ascii=False, sort_keys=True)
            writer.writerow([_harmless(c) for c in (when, event.actor, event.action, event.subject, detail)])
            if out.tell() > 32_000:
                yield out.getvalue()
                out.seek(0)
                out.truncate()
    yield out.getvalue()


def _harmless(text: str) -> str:
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
