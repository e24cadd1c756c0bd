"""What a printed code leads to: point, units, channel, wave, version. One indexed read each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session, aliased

from survey.models.fieldwork.points import (
    CollectionPoint,
    EntryCode,
    EntryCodeStatus,
    EvidenceTier,
    Mode,
    OneTimeCode,
    OneTimeCodeStatus,
)
from survey.models.fieldwork.waves import Campaign, Channel, Selection, Wave, WaveStatus
from survey.models.province.procedures import Field
from survey.models.province.settings import Setting
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import InstrumentVersion, ServiceDomain


@dataclass(frozen=True)
class FieldChoice:
    id: int
    name: str
    name_en: str


@dataclass(frozen=True)
class Entry:
    """Everything a form needs to know about the place it is opened from."""

    code: str
    retired: bool
    one_time: OneTimeCodeStatus | None  # None: a reusable printed code
    expires_on: date | None
    wave_id: int
    wave_status: WaveStatus
    opens_on: date
    closes_on: date
    closed_at: datetime | None
    is_synthetic: bool
    asked_by: str
    channel_id: int
    point_id: int | None  # None: a one-time code already redeemed or void
    point_name: str
    unit_received_id: int
    unit_received: str
    unit_deciding_id: int
    unit_deciding: str
    field_id: int | None
    mode: Mode
    tier: EvidenceTier
    version_id: int

    service_domain: ServiceDomain

    @property
    def asks_field(self) -> bool:
        """Whether the citizen must say which field of procedures it was."""
        return self.field_id is None and self.service_domain is ServiceDomain.ADMIN

    @property
    def kiosk(self) -> bool:
        return self.mode is Mode.KIOSK


@dataclass(frozen=True)
class OpenAnswerPlace:
    channel_id: int
    point_id: int
    unit_received_id: int
    unit_deciding_id: int


_RECEIVED = aliased(Unit)
_DECIDING = aliased(Unit)
_PLACE = (
    Wave.id,
    Wave.status,
    Wave.opens_on,
    Wave.closes_on,
    Wave.closed_at,
    Wave.is_synthetic,
    Wave.asked_by,
    Campaign.service_domain,
    Wave.version_id,
    Channel.id,
    CollectionPoint.id,
    CollectionPoint.name,
    _RECEIVED.id,
    _RECEIVED.name,
    _DECIDING.id,
    _DECIDING.name,
)
_BY_CODE = (
    select(EntryCode.code, EntryCode.status, EntryCode.field_id, EntryCode.mode, EntryCode.tier, *_PLACE)
    .join(CollectionPoint, CollectionPoint.id == EntryCode.point_id)
    .join(Channel, Channel.id == CollectionPoint.channel_id)
    .join(Wave, Wave.id == Channel.wave_id)
    .join(Campaign, Campaign.id == Wave.campaign_id)
    .join(_RECEIVED, _RECEIVED.id == CollectionPoint.unit_received_id)
    .join(_DECIDING, _DECIDING.id == CollectionPoint.unit_deciding_id)
)
_BY_SLIP = (
    select(OneTimeCode.status, OneTimeCode.expires_on, OneTimeCode.field_id, *_PLACE)
    .join(Channel, Channel.id == OneTimeCode.channel_id)
    .join(Wave, Wave.id == Channel.wave_id)
    .join(Campaign, Campaign.id == Wave.campaign_id)
    .outerjoin(CollectionPoint, CollectionPoint.id == OneTimeCode.point_id)
    .outerjoin(_RECEIVED, _RECEIVED.id == CollectionPoint.unit_received_id)
    .outerjoin(_DECIDING, _DECIDING.id == CollectionPoint.unit_deciding_id)
)


def by_entry_code(connection: Connection, code: str) -> Entry | None:
    row = connection.execute(_BY_CODE.where(EntryCode.code == code)).one_or_none()
    if row is None:
        return None
    _, status, field_id, mode, tier, *place = row
    return _entry(
        place, code=code, retired=status is EntryCodeStatus.RETIRED, one_time=None, expires_on=None, field_id=field_id,
        mode=mode, tier=tier,
    )  # fmt: skip


def by_one_time_code(connection: Connection, code: str, digest: bytes) -> Entry | None:
    row = connection.execute(_BY_SLIP.where(OneTimeCode.digest == digest)).one_or_none()
    if row is None:
        return None
    status, expires_on, field_id, *place = row
    return _entry(
        place, code=code, retired=status is OneTimeCodeStatus.VOID, one_time=status, expires_on=expires_on,
        field_id=field_id, mode=Mode.QR_LATER, tier=EvidenceTier.A,
    )  # fmt: skip


def _entry(place: list[Any], **known: Any) -> Entry:
    names = (
        "wave_id", "wave_status", "opens_on", "closes_on", "closed_at", "is_synthetic", "asked_by", "service_domain",
        "version_id", "channel_id", "point_id", "point_name", "unit_received_id", "unit_received", "unit_deciding_id",
        "unit_deciding",
    )  # fmt: skip
    return Entry(**dict(zip(names, place, strict=True)), **known)


def open_answer_place(connection: Connection, wave_id: int, point_id: int) -> OpenAnswerPlace | None:
    """Where an answer goes whose code can no longer be used: the wave's self-selected channel, or nowhere."""
    channel_id = connection.scalar(
        select(Channel.id).where(Channel.wave_id == wave_id, Channel.selection == Selection.OPT_IN).order_by(Channel.id)
    )
    place = connection.execute(
        select(CollectionPoint.unit_received_id, CollectionPoint.unit_deciding_id)
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .where(CollectionPoint.id == point_id, Channel.wave_id == wave_id)
    ).one_or_none()
    if channel_id is None or place is None:
        return None
    return OpenAnswerPlace(channel_id, point_id, place[0], place[1])


def version_document(connection: Session | Connection, version_id: int) -> str | None:
    found: str | None = connection.scalar(select(InstrumentVersion.document).where(InstrumentVersion.id == version_id))
    return found


def field_choices(connection: Connection, limit: int) -> tuple[FieldChoice, ...]:
    """The fields a citizen may choose from, in the province's order."""
    statement = select(Field.id, Field.name, Field.name_en).order_by(Field.position, Field.id).limit(limit)
    rows = connection.execute(statement)
    return tuple(FieldChoice(*row) for row in rows)


def settings(connection: Connection, keys: tuple[str, ...]) -> dict[str, object]:
    rows = connection.execute(select(Setting.key, Setting.value).where(Setting.key.in_(keys)))
    return {row.key: row.value for row in rows}
