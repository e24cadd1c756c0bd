"""Collection points and what is printed for them: entry codes, one-time codes, placards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from survey import clock
from survey.database import Database
from survey.errors import Conflict, Invalid, NotFound
from survey.models.accounts import Role
from survey.models.points import (
    CollectionPoint,
    EntryCode,
    EntryCodeStatus,
    EvidenceTier,
    Mode,
    OneTimeCode,
    OneTimeCodeStatus,
)
from survey.models.procedures import Field
from survey.models.units import Unit
from survey.models.waves import Channel, Selection, Wave, WaveStatus
from survey.permissions import Actor
from survey.services import audit, waves
from survey.tokens import ENTRY_CODE_LENGTH, ONE_TIME_CODE_LENGTH, Tokens, new_code

MOST_CODES_AT_ONCE = 50_000
TIER_OF = {Mode.KIOSK: EvidenceTier.B}  # a printed QR otherwise: anyone who has seen it


@dataclass(frozen=True)
class NewPoint:
    """What a field officer enters for one place where citizens meet the questionnaire."""

    channel: str
    unit_received: str  # codes of units
    unit_deciding: str
    name: str
    mode: Mode = Mode.QR_ON_SITE
    field: str | None = None  # code of the field of procedures, where the place serves one


@dataclass(frozen=True)
class MadePoint:
    id: int
    code: str


def add_point(database: Database, wave_code: str, entered: NewPoint, *, actor: Actor, now: datetime) -> MadePoint:
    """A place with its printed code."""
    with database.writing() as session:
        wave, domain, _ = waves.find(session, wave_code)
        received = session.scalar(select(Unit).where(Unit.code == entered.unit_received))
        deciding = session.scalar(select(Unit).where(Unit.code == entered.unit_deciding))
        channel = session.scalar(select(Channel).where(Channel.wave_id == wave.id, Channel.code == entered.channel))
        field = session.scalar(select(Field).where(Field.code == entered.field)) if entered.field else None
        problems: dict[str, str] = {}
        if received is None:
            problems["unit_received"] = "Choose the unit that receives people here."
        if deciding is None:
            problems["unit_deciding"] = "Choose the unit whose work is judged."
        if channel is None:
            problems["channel"] = "Choose one of the wave's channels."
        if entered.field and field is None:
            problems["field"] = "Choose one of the fields in the record, or none."
        if not entered.name.strip():
            problems["name"] = "Say where it is, for example: Counter 3, one-stop hall."
        if problems or received is None or deciding is None or channel is None:
            raise Invalid("The collection point cannot be added yet.", problems=problems)
        actor.require(Role.FIELD_OFFICER, unit_path=deciding.path, domain=domain.value)
        _not_closed(wave)
        point = CollectionPoint(
            channel_id=channel.id, unit_received_id=received.id, unit_deciding_id=deciding.id, name=entered.name.strip()
        )
        session.add(point)
        session.flush()
        code = _fresh_entry_code(session)
        tier = TIER_OF.get(entered.mode, EvidenceTier.C)
        session.add(
            EntryCode(
                code=code, point_id=point.id, field_id=field.id if field else None, mode=entered.mode, tier=tier,
                status=EntryCodeStatus.ACTIVE,
            )
        )  # fmt: skip
        audit.record(session, actor, "point.add", f"wave {wave_code}", now, point=point.id, unit=deciding.code)
        return MadePoint(point.id, code)


def replace_code(database: Database, wave_code: str, code: str, *, actor: Actor, now: datetime) -> str:
    """Withdraw a printed code (a poster was stolen or pasted over) and give the point a new one."""
    with database.writing() as session:
        held, wave = _code_in_wave(session, wave_code, code, actor)
        _not_closed(wave)
        held.status = EntryCodeStatus.RETIRED
        new = _fresh_entry_code(session)
        session.add(
            EntryCode(
                code=new, point_id=held.point_id, field_id=held.field_id, mode=held.mode, tier=held.tier,
                status=EntryCodeStatus.ACTIVE,
            )
        )  # fmt: skip
        audit.record(session, actor, "point.replace_code", f"wave {wave_code}", now, point=held.point_id)
        return new


def retire_code(database: Database, wave_code: str, code: str, *, actor: Actor, now: datetime) -> None:
    """Withdraw a printed code. It is never used again. Safe to call twice."""
    with database.writing() as session:
        held, _ = _code_in_wave(session, wave_code, code, actor)
        if held.status is EntryCodeStatus.RETIRED:
            return
        held.status = EntryCodeStatus.RETIRED
        audit.record(session, actor, "point.retire_code", f"wave {wave_code}", now, point=held.point_id)


def issue_codes(
    database: Database,
    tokens: Tokens,
    wave_code: str,
    *,
    point_id: int,
    count: int,
    expires_on: date,
    field_code: str | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[str, ...]:
    """One-time codes for the slips of a drawn or census channel, shown this once: the record keeps keyed hashes."""
    if not 1 <= count <= MOST_CODES_AT_ONCE:
        raise Invalid(
            "From 1 to %(most)s codes can be issued at once; %(count)s were asked for.",
            most=MOST_CODES_AT_ONCE, count=count,
        )  # fmt: skip
    if expires_on < clock.local_day(now):
        raise Invalid("The codes would have run out already: choose a day from today on.")
    with database.writing() as session:
        wave, domain, _ = waves.find(session, wave_code)
        found = session.execute(
            select(CollectionPoint, Channel, Unit)
            .join(Channel, Channel.id == CollectionPoint.channel_id)
            .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
            .where(CollectionPoint.id == point_id, Channel.wave_id == wave.id)
        ).one_or_none()
        if found is None:
            raise NotFound("The wave %(code)s has no such collection point.", code=wave_code)
        point, channel, unit = found
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        _not_closed(wave)
        if channel.selection is Selection.OPT_IN:
            raise Conflict(
                "One-time codes belong to a drawn or census channel; the channel %(code)s is self-selected.",
                code=channel.code,
            )
        field = session.scalar(select(Field).where(Field.code == field_code)) if field_code else None
        codes: set[str] = set()
        while len(codes) < count:
            codes.add(new_code(ONE_TIME_CODE_LENGTH))
        ordered = tuple(sorted(codes))
        session.execute(
            insert(OneTimeCode),
            [
                {
                    "digest": tokens.one_time_digest(code), "channel_id": channel.id, "point_id": point.id,
                    "status": OneTimeCodeStatus.ISSUED, "expires_on": expires_on,
                    "field_id": field.id if field else None,
                }
                for code in ordered
            ],
        )  # fmt: skip
        audit.record(session, actor, "codes.issue", f"wave {wave_code}", now, point=point_id, count=count)
        return ordered


def void_codes(database: Database, wave_code: str, *, point_id: int, actor: Actor, now: datetime) -> int:
    """Make every unused one-time code of a point worthless (slips were lost). Returns how many."""
    with database.writing() as session:
        wave, domain, unit = waves.find(session, wave_code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        channels = select(Channel.id).where(Channel.wave_id == wave.id)
        done = session.execute(
            update(OneTimeCode)
            .where(
                OneTimeCode.point_id == point_id,
                OneTimeCode.channel_id.in_(channels),
                OneTimeCode.status == OneTimeCodeStatus.ISSUED,
            )
            .values(status=OneTimeCodeStatus.VOID, point_id=None, field_id=None)
        )
        count: int = done.rowcount  # type: ignore[attr-defined]
        audit.record(session, actor, "codes.void", f"wave {wave_code}", now, point=point_id, count=count)
        return count


def _code_in_wave(session: Session, wave_code: str, code: str, actor: Actor) -> tuple[EntryCode, Wave]:
    found = session.execute(
        select(EntryCode, Wave, Unit)
        .join(CollectionPoint, CollectionPoint.id == EntryCode.point_id)
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .join(Wave, Wave.id == Channel.wave_id)
        .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
        .where(EntryCode.code == code.upper(), Wave.code == wave_code)
    ).one_or_none()
    if found is None:
        raise NotFound("The wave %(wave)s has no entry code %(code)s.", wave=wave_code, code=code)
    held, wave, unit = found
    _, domain, _ = waves.find(session, wave_code)
    actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
    return held, wave


def _not_closed(wave: Wave) -> None:
    if wave.status is WaveStatus.CLOSED:
        raise Conflict("The wave %(code)s is closed; nothing can be added to it.", code=wave.code)


def _fresh_entry_code(session: Session) -> str:
    while True:
        code = new_code(ENTRY_CODE_LENGTH)
        if session.scalar(select(EntryCode.id).where(EntryCode.code == code)) is None:
            return code
