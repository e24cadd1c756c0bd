"""What a wave is planned and run with, whoever asks: the wave by its code, its unit, channels and campaign.

Use cases look these up inside their transaction and check the rights themselves; what pages list is in `waves`.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.models.fieldwork.waves import Campaign, Channel, Wave, WaveStatus
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import ServiceDomain


class WaveOf(NamedTuple):
    """A wave, its service and the unit whose wave it is."""

    wave: Wave
    domain: ServiceDomain
    unit: Unit


def wave(session: Session, code: str) -> WaveOf | None:
    row = session.execute(
        select(Wave, Campaign.service_domain, Unit)
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .join(Unit, Unit.id == Wave.unit_id)
        .where(Wave.code == code)
    ).one_or_none()
    return None if row is None else WaveOf(*row)


def planned_wave(
    session: Session,
    *,
    code: str,  # empty: whatever its code
    title: str,
    version_id: int,
    unit_id: int,
    days: tuple[date, date],
    asked_by: str,
    is_synthetic: bool,
) -> Wave | None:
    """The first wave in preparation that was entered in exactly these words."""
    wanted = select(Wave).where(
        Wave.status == WaveStatus.PLANNED,
        Wave.title == title,
        Wave.version_id == version_id,
        Wave.unit_id == unit_id,
        Wave.opens_on == days[0],
        Wave.closes_on == days[1],
        Wave.asked_by == asked_by,
        Wave.is_synthetic == is_synthetic,
    )
    if code:
        wanted = wanted.where(Wave.code == code)
    return session.scalar(wanted.order_by(Wave.id).limit(1))


def is_taken(session: Session, code: str) -> bool:
    """Whether a wave has this code."""
    return session.scalar(select(Wave.id).where(Wave.code == code)) is not None


def codes_beginning(session: Session, start: str) -> frozenset[str]:
    """Codes of waves that begin like this."""
    return frozenset(session.scalars(select(Wave.code).where(Wave.code.startswith(start, autoescape=True))))


def channels(session: Session, wave_id: int) -> tuple[Channel, ...]:
    """The ways of asking of a wave, in the order they were added."""
    return tuple(session.scalars(select(Channel).where(Channel.wave_id == wave_id).order_by(Channel.id)))


def has_channel(session: Session, wave_id: int) -> bool:
    return session.scalar(select(Channel.id).where(Channel.wave_id == wave_id).limit(1)) is not None


def campaign(session: Session, code: str) -> Campaign | None:
    return session.scalar(select(Campaign).where(Campaign.code == code))
