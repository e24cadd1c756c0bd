"""Who changed what: one event in the same transaction as the change. None per response."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from survey.models.audit import AuditEvent
from survey.permissions import Actor


def record(session: Session, actor: Actor, action: str, subject: str, now: datetime, **detail: Any) -> None:
    """`action`: noun.verb, `wave.close`; `subject`: the thing, `wave QN-2026-1`. No answers, no secrets."""
    session.add(
        AuditEvent(
            at=now, actor_id=actor.account_id, actor=actor.username, action=action, subject=subject, detail=detail
        )
    )
