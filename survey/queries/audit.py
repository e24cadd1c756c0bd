"""The record of staff actions, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from survey import clock
from survey.models.audit import AuditEvent
from survey.queries.paging import Paged, paged


@dataclass(frozen=True)
class AuditFilter:
    """Which events: by person or thing, by action, by day."""

    text: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class AuditLine:
    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


def listing(session: Session, wanted: AuditFilter, *, number: int = 1) -> Paged[AuditLine]:
    return paged(session, _statement(wanted), lambda row: _line(row[0]), number=number)


def every(session: Session, wanted: AuditFilter) -> Iterator[AuditLine]:
    """All of them, without holding them all at once."""
    for event in session.execute(_statement(wanted).execution_options(yield_per=500)).scalars():
        yield _line(event)
        session.expunge(event)


def _statement(wanted: AuditFilter) -> Select[AuditEvent]:
    statement = select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    if words := wanted.text.strip():
        statement = statement.where(
            or_(
                AuditEvent.actor.icontains(words, autoescape=True),
                AuditEvent.subject.icontains(words, autoescape=True),
            )
        )
    if wanted.action:
        statement = statement.where(AuditEvent.action == wanted.action)
    if wanted.first:
        statement = statement.where(AuditEvent.at >= clock.midnight(wanted.first))
    if wanted.last:
        statement = statement.where(AuditEvent.at < clock.midnight(wanted.last + timedelta(days=1)))
    return statement


def _line(event: AuditEvent) -> AuditLine:
    return AuditLine(event.id, event.at, event.actor, event.action, event.subject, event.detail)
