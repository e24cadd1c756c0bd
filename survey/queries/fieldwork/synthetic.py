"""Waves that were made up to try the program with."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.models.fieldwork.points import CollectionPoint, EntryCode
from survey.models.fieldwork.waves import Campaign, Channel, Wave, WaveStatus
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import ServiceDomain


def are_there(session: Session) -> bool:
    return session.scalar(select(Wave.id).where(Wave.is_synthetic).limit(1)) is not None


def closed(session: Session) -> tuple[str, ...]:
    """Codes of the closed ones."""
    wanted = select(Wave.code).where(Wave.is_synthetic, Wave.status == WaveStatus.CLOSED)
    return tuple(session.scalars(wanted.order_by(Wave.code)))


def entry_code(session: Session, domain: ServiceDomain, unit_code: str) -> str | None:
    """The printed code of a unit's first point in the running wave of a service."""
    return session.scalar(
        select(EntryCode.code)
        .join(CollectionPoint, CollectionPoint.id == EntryCode.point_id)
        .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .join(Wave, Wave.id == Channel.wave_id)
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .where(
            Campaign.service_domain == domain, Unit.code == unit_code, Wave.status == WaveStatus.OPEN, Wave.is_synthetic
        )
        .order_by(EntryCode.id)
        .limit(1)
    )
