"""Named reads of questionnaires for lists, previews and the choice of a wave's version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.models.instruments import Instrument, InstrumentVersion, ServiceDomain, VersionStatus
from survey.models.waves import Wave


@dataclass(frozen=True)
class VersionRow:
    id: int
    code: str
    service_domain: ServiceDomain
    number: int
    status: VersionStatus
    lowest_grade: str
    content_hash: str
    core_hash: str
    created_at: datetime
    published_at: datetime | None
    waves: int
    document: str


def versions(session: Session, *, code: str | None = None) -> tuple[VersionRow, ...]:
    """Every version with the number of waves that pin it, by instrument and newest first."""
    pinned = select(Wave.version_id, func.count().label("waves")).group_by(Wave.version_id).subquery()
    wanted = (
        select(
            InstrumentVersion.id,
            Instrument.code,
            Instrument.service_domain,
            InstrumentVersion.number,
            InstrumentVersion.status,
            InstrumentVersion.lowest_grade,
            InstrumentVersion.content_hash,
            InstrumentVersion.core_hash,
            InstrumentVersion.created_at,
            InstrumentVersion.published_at,
            func.coalesce(pinned.c.waves, 0).label("waves"),
            InstrumentVersion.document,
        )
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .outerjoin(pinned, pinned.c.version_id == InstrumentVersion.id)
        .order_by(Instrument.service_domain, Instrument.code, InstrumentVersion.number.desc())
    )
    if code is not None:
        wanted = wanted.where(Instrument.code == code)
    return tuple(VersionRow(**row) for row in session.execute(wanted).mappings())


def version(session: Session, code: str, number: int) -> VersionRow | None:
    return next((row for row in versions(session, code=code) if row.number == number), None)
