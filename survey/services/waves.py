"""The life of a wave: planned with its questionnaire version, target plan and channels; opened; closed once.

Closing is the moment of the verdict: the answers taken until then are what the result sets are made from. Forms that
were opened before are still taken for a day and kept apart (`late`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey import clock
from survey.database import Database
from survey.errors import Conflict, Invalid, NotFound
from survey.models.accounts import Role
from survey.models.frames import FrameCell
from survey.models.instruments import Instrument, InstrumentVersion, ServiceDomain, VersionStatus
from survey.models.points import CollectionPoint
from survey.models.targets import TargetPlan
from survey.models.units import Unit
from survey.models.waves import Campaign, Channel, Selection, Wave, WaveStatus
from survey.permissions import Actor
from survey.services import audit

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,38}")


@dataclass(frozen=True)
class NewWave:
    """What a person enters to plan a wave."""

    code: str
    title: str
    instrument: str
    version: int
    unit_code: str  # whose wave it is: it may judge this unit and all below
    opens_on: date
    closes_on: date
    plan_code: str | None = None
    asked_by: str = ""
    legal_note: str = ""
    is_synthetic: bool = False


@dataclass(frozen=True)
class WaveRow:
    """A wave as the use cases hand it on."""

    id: int
    code: str
    status: WaveStatus
    service_domain: ServiceDomain


def plan_wave(database: Database, entered: NewWave, *, actor: Actor, now: datetime) -> WaveRow:
    """Write down a wave that is not yet open. Raises Invalid with a sentence per field."""
    with database.writing() as session:
        unit = session.scalar(select(Unit).where(Unit.code == entered.unit_code))
        version = session.execute(
            select(InstrumentVersion, Instrument)
            .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
            .where(Instrument.code == entered.instrument, InstrumentVersion.number == entered.version)
        ).one_or_none()
        plan = None
        if entered.plan_code:
            plan = session.scalar(select(TargetPlan).where(TargetPlan.code == entered.plan_code))
        problems = _problems(session, entered, unit, version is not None)
        if entered.plan_code and plan is None:
            problems["plan_code"] = "Choose one of the target plans in the record, or none."
        if version is not None and version[0].status is not VersionStatus.PUBLISHED:
            problems["version"] = "Choose a published version; drafts and retired versions cannot be fielded."
        if problems or unit is None or version is None:
            raise Invalid("The wave cannot be planned yet.", problems=problems)
        row, instrument = version
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=instrument.service_domain.value)
        campaign = _campaign(session, instrument)
        wave = Wave(
            code=entered.code,
            title=entered.title.strip(),
            campaign_id=campaign.id,
            version_id=row.id,
            plan_id=plan.id if plan else None,
            unit_id=unit.id,
            status=WaveStatus.PLANNED,
            opens_on=entered.opens_on,
            closes_on=entered.closes_on,
            asked_by=entered.asked_by.strip(),
            legal_note=entered.legal_note.strip(),
            is_synthetic=entered.is_synthetic,
        )
        session.add(wave)
        session.flush()
        audit.record(
            session, actor, "wave.plan", f"wave {wave.code}", now,
            version=f"{instrument.code}@{row.number}", plan=entered.plan_code,
        )  # fmt: skip
        return WaveRow(wave.id, wave.code, wave.status, instrument.service_domain)


def add_channel(
    database: Database, wave_code: str, *, code: str, title: str, selection: Selection, actor: Actor, now: datetime
) -> int:
    """A way of asking: drawn, census or self-selected. Channels are never pooled. Safe to call twice."""
    with database.writing() as session:
        wave, domain, unit = find(session, wave_code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        held = session.scalar(select(Channel).where(Channel.wave_id == wave.id, Channel.code == code))
        if held is not None:
            if held.selection is not selection:
                raise Conflict("The channel %(code)s is there already with another selection.", code=code)
            return held.id
        if wave.status is WaveStatus.CLOSED:
            raise Conflict("The wave %(code)s is closed; nothing can be added to it.", code=wave_code)
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,38}", code):
            raise Invalid(
                "A channel needs a short code.",
                problems={"code": "Use small letters, digits and hyphens, at most 39, for example qr or drawn."},
            )
        channel = Channel(wave_id=wave.id, code=code, title=title.strip() or code, selection=selection)
        session.add(channel)
        session.flush()
        audit.record(session, actor, "wave.channel", f"wave {wave_code}", now, channel=code, selection=selection.value)
        return channel.id


def open_wave(database: Database, code: str, *, actor: Actor, now: datetime) -> WaveRow:
    """Take answers from now on. The version and the plan are pinned for good. Safe to call twice."""
    with database.writing() as session:
        wave, domain, unit = find(session, code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is WaveStatus.OPEN:
            return WaveRow(wave.id, wave.code, wave.status, domain)
        if wave.status is WaveStatus.CLOSED:
            raise Conflict("The wave %(code)s is closed and cannot be opened again. Plan a new wave.", code=code)
        if not session.scalar(select(func.count()).select_from(Channel).where(Channel.wave_id == wave.id)):
            raise Conflict("The wave %(code)s has no channel yet. Add one before opening it.", code=code)
        if wave.closes_on < clock.local_day(now):
            raise Conflict(
                "The wave %(code)s was to end on %(day)s, which has passed. Set a later day before opening it.",
                code=code, day=f"{wave.closes_on:%d/%m/%Y}",
            )  # fmt: skip
        wave.status = WaveStatus.OPEN
        wave.opened_at = now
        audit.record(session, actor, "wave.open", f"wave {code}", now)
        return WaveRow(wave.id, wave.code, wave.status, domain)


def close_wave(database: Database, code: str, *, actor: Actor, now: datetime) -> WaveRow:
    """Stop taking answers; making the results comes next (`frozen_results.make_final`). Safe to call twice."""
    with database.writing() as session:
        wave, domain, unit = find(session, code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is WaveStatus.CLOSED:
            return WaveRow(wave.id, wave.code, wave.status, domain)
        if wave.status is WaveStatus.PLANNED:
            raise Conflict("The wave %(code)s has not been opened, so it cannot be closed.", code=code)
        wave.status = WaveStatus.CLOSED
        wave.closed_at = now
        audit.record(session, actor, "wave.close", f"wave {code}", now)
        return WaveRow(wave.id, wave.code, wave.status, domain)


def change_days(database: Database, code: str, *, opens_on: date, closes_on: date, actor: Actor, now: datetime) -> None:
    """Move the announced days of a wave that is not closed."""
    with database.writing() as session:
        wave, domain, unit = find(session, code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is WaveStatus.CLOSED:
            raise Conflict("The wave %(code)s is closed; nothing can be changed in it.", code=code)
        if opens_on > closes_on:
            raise Invalid(
                "The days are not in order.", problems={"closes_on": "The last day must not be before the first."}
            )
        audit.record(
            session, actor, "wave.days", f"wave {code}", now,
            before=[str(wave.opens_on), str(wave.closes_on)], after=[str(opens_on), str(closes_on)],
        )  # fmt: skip
        wave.opens_on, wave.closes_on = opens_on, closes_on


def set_frame(
    database: Database, code: str, cells: list[FrameEntry], *, source: str, as_of: date, actor: Actor, now: datetime
) -> int:
    """Replace the frame of a wave that is not closed: transactions (and planned answers) per unit and field."""
    with database.writing() as session:
        wave, domain, unit = find(session, code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is WaveStatus.CLOSED:
            raise Conflict("The wave %(code)s is closed; its frame is part of its results.", code=code)
        for held in session.scalars(select(FrameCell).where(FrameCell.wave_id == wave.id)):
            session.delete(held)
        session.flush()
        session.add_all(
            FrameCell(
                wave_id=wave.id, unit_id=c.unit_id, field_id=c.field_id, field_key=c.field_id or 0,
                transactions=c.transactions, planned=c.planned, source=source, as_of=as_of,
            )
            for c in cells
        )  # fmt: skip
        total = sum(c.transactions for c in cells)
        audit.record(session, actor, "wave.frame", f"wave {code}", now, cells=len(cells), transactions=total)
        return len(cells)


@dataclass(frozen=True)
class FrameEntry:
    unit_id: int
    field_id: int | None
    transactions: int
    planned: int = 0


def find(session: Session, code: str) -> tuple[Wave, ServiceDomain, Unit]:
    """The wave, its service and the unit whose wave it is; NotFound otherwise."""
    found = session.execute(
        select(Wave, Campaign.service_domain, Unit)
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .join(Unit, Unit.id == Wave.unit_id)
        .where(Wave.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no wave %(code)s.", code=code)
    return found[0], found[1], found[2]


def points_of(session: Session, wave_id: int) -> int:
    wanted = select(func.count()).select_from(CollectionPoint).join(Channel).where(Channel.wave_id == wave_id)
    return session.scalar(wanted) or 0


def _campaign(session: Session, instrument: Instrument) -> Campaign:
    """The continuing survey of an instrument, begun with its first wave."""
    held = session.scalar(select(Campaign).where(Campaign.code == instrument.code))
    if held is None:
        held = Campaign(code=instrument.code, title=instrument.code, service_domain=instrument.service_domain)
        session.add(held)
        session.flush()
    return held


def _problems(session: Session, entered: NewWave, unit: Unit | None, has_version: bool) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not _CODE.fullmatch(entered.code):
        problems["code"] = "Use capital letters, digits and hyphens, at most 39, for example HC-2026-Q4."
    elif session.scalar(select(Wave.id).where(Wave.code == entered.code)):
        problems["code"] = "This code is taken by another wave. Choose another."
    if not entered.title.strip():
        problems["title"] = "Give the wave a title."
    if unit is None:
        problems["unit_code"] = "Choose the unit whose wave it is."
    if not has_version:
        problems["version"] = "Choose a questionnaire and one of its versions."
    if entered.opens_on > entered.closes_on:
        problems["closes_on"] = "The last day must not be before the first."
    return problems
