"""What the record says of a wave before its answers are looked at: version, channels, frame, fields and units."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.points import CollectionPoint
from survey.models.fieldwork.waves import Campaign, Channel, PlannedTests, Selection, Wave
from survey.models.province.procedures import Field
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion, ServiceDomain

NO_FIELD = -1  # the field of procedures is not known


@dataclass(frozen=True)
class WaveInPlace:
    """A wave with its service, unit and questionnaire version."""

    wave: Wave
    domain: ServiceDomain
    unit_path: str
    instrument: str
    version: InstrumentVersion
    tests: PlannedTests | None


@dataclass(frozen=True)
class WaveChannel:
    """One way in which people came to be asked."""

    id: int
    code: str
    title: str
    selection: Selection
    units: frozenset[int]  # where it asks: the units its estimates speak for


@dataclass(frozen=True)
class FrameCount:
    """How many transactions a unit had in a field, or in all where the field is NO_FIELD."""

    unit: int
    field: int
    transactions: int


def wave(session: Session, code: str) -> WaveInPlace | None:
    found = session.execute(
        select(Wave, Campaign.service_domain, Unit.path, Instrument.code, InstrumentVersion, PlannedTests)
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .join(Unit, Unit.id == Wave.unit_id)
        .join(InstrumentVersion, InstrumentVersion.id == Wave.version_id)
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .outerjoin(PlannedTests, PlannedTests.wave_id == Wave.id)
        .where(Wave.code == code)
    ).one_or_none()
    return WaveInPlace(*found) if found is not None else None


def channels(session: Session, wave_id: int) -> tuple[WaveChannel, ...]:
    """The channels of a wave in the order in which they were made."""
    asked: dict[int, set[int]] = {}
    for channel_id, unit_id in session.execute(
        select(CollectionPoint.channel_id, CollectionPoint.unit_deciding_id)
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .where(Channel.wave_id == wave_id)
        .distinct()
    ):
        asked.setdefault(channel_id, set()).add(unit_id)
    rows = session.execute(
        select(Channel.id, Channel.code, Channel.title, Channel.selection)
        .where(Channel.wave_id == wave_id)
        .order_by(Channel.id)
    )
    return tuple(WaveChannel(*row, frozenset(asked.get(row.id, ()))) for row in rows)


def frame(session: Session, wave_id: int) -> tuple[FrameCount, ...]:
    """The frame of a wave, by unit and field."""
    rows = session.execute(
        select(FrameCell.unit_id, FrameCell.field_id, FrameCell.transactions)
        .where(FrameCell.wave_id == wave_id)
        .order_by(FrameCell.unit_id, FrameCell.field_key)
    )
    return tuple(FrameCount(row.unit_id, row.field_id or NO_FIELD, row.transactions) for row in rows)


def field_groups(session: Session) -> dict[int, str]:
    """The group of every field of procedures."""
    return {row.id: row.group.value for row in session.execute(select(Field.id, Field.group))}


def unit_kinds(session: Session) -> dict[int, str]:
    """The kind of every unit."""
    return {row.id: row.kind.value for row in session.execute(select(Unit.id, Unit.kind))}
