"""Waves as lists and pages show them: who may see which, what each has so far, what stands before its results.

A wave is seen by who has rights over its unit, or over a part of it; of the part, only its own answers are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from survey.models.estimates.results import ResultSet, ResultStatus
from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.points import CollectionPoint, EntryCode, EntryCodeStatus, OneTimeCode, OneTimeCodeStatus
from survey.models.fieldwork.waves import Campaign, Channel, PlannedTests, Wave, WaveStatus
from survey.models.fieldwork.waves import Selection as Selection  # faces know selections from here
from survey.models.intake.responses import Disposition, Response
from survey.models.jobs import Job, JobStatus
from survey.models.people.accounts import Role
from survey.models.province.targets import TargetPlan
from survey.models.province.units import Unit
from survey.permissions import Actor
from survey.queries import scope
from survey.queries.paging import Paged, paged
from survey.queries.questionnaires import instruments
from survey.queries.questionnaires.instruments import VersionRow

READERS = (Role.FIELD_OFFICER, Role.ANALYST)
COUNTED = (Disposition.COMPLETE, Disposition.PARTIAL)


@dataclass(frozen=True)
class WaveLine:
    """A wave in a list."""

    id: int
    code: str
    title: str
    service_domain: str
    status: WaveStatus
    opens_on: date
    closes_on: date
    unit_name: str
    is_synthetic: bool
    in_charge: bool  # whoever asks may run it
    version: VersionRow
    responses: int  # of the units in the actor's scope
    points: int


@dataclass(frozen=True)
class ChannelLine:
    """A way of asking, with what it has."""

    id: int
    code: str
    title: str
    selection: Selection
    points: int
    responses: int
    slips_out: int  # one-time codes issued and not used yet
    slips_used: int
    slips_void: int


@dataclass(frozen=True)
class FrameSummary:
    cells: int = 0
    units: int = 0
    transactions: int = 0
    planned: int = 0
    source: str = ""
    as_of: date | None = None


@dataclass(frozen=True)
class Tests:
    """What was written down before the wave opened."""

    set_at: datetime
    margin: float | None  # 0..1
    spending: str = ""
    looks: tuple[date, ...] = ()


@dataclass(frozen=True)
class WaveDetail:
    line: WaveLine
    unit_code: str
    unit_path: str
    asked_by: str
    legal_note: str
    opened_at: datetime | None
    closed_at: datetime | None
    plan_code: str
    plan_title: str
    plan_until: date | None
    channels: tuple[ChannelLine, ...]
    frame: FrameSummary
    active_codes: int
    has_final_results: bool
    tests: Tests | None
    results_job: str  # queued, running, failed; empty: none
    tables: tuple[str, ...]  # two-way tables that are published

    @property
    def id(self) -> int:
        return self.line.id

    @property
    def code(self) -> str:
        return self.line.code


def listing(session: Session, actor: Actor, *, number: int = 1, per_page: int = 50) -> Paged[WaveLine]:
    """Waves in sight: running ones first, then those in preparation, then closed ones, the newest first."""
    order = case({"open": 0, "planned": 1}, value=Wave.status, else_=2)
    page = paged(
        session,
        _select(actor).order_by(order, Wave.opens_on.desc(), Wave.code),
        lambda row: row,
        number=number,
        per_page=per_page,
    )
    lines = _lines(session, actor, page.items)
    return Paged(lines, page.number, page.total, page.per_page)


def one(session: Session, actor: Actor, code: str) -> WaveDetail | None:
    """One wave with its channels, its frame and what became of its results; None outside the actor's scope."""
    row = session.execute(_select(actor).where(Wave.code == code)).one_or_none()
    if row is None:
        return None
    line = _lines(session, actor, [row])[0]
    wave: Wave = row.Wave
    plan = session.get(TargetPlan, wave.plan_id) if wave.plan_id else None
    return WaveDetail(
        line=line,
        unit_code=row.Unit.code,
        unit_path=row.Unit.path,
        asked_by=wave.asked_by,
        legal_note=wave.legal_note,
        opened_at=wave.opened_at,
        closed_at=wave.closed_at,
        plan_code=plan.code if plan else "",
        plan_title=plan.title if plan else "",
        plan_until=plan.valid_to if plan else None,
        channels=_channels(session, actor, wave.id, line.service_domain),
        frame=frame_summary(session, actor, wave.id, line.service_domain),
        active_codes=_active_codes(session, actor, wave.id, line.service_domain),
        tests=_tests(session, wave.id),
        has_final_results=_has_final_results(session, wave.id),
        results_job=_results_job(session, wave.code) if wave.status is WaveStatus.CLOSED else "",
        tables=tuple(wave.tables),
    )


def in_sight_now(session: Session, actor: Actor) -> tuple[WaveLine, ...]:
    """Waves that are not closed, for the first page of the day."""
    rows = session.execute(
        _select(actor).where(Wave.status != WaveStatus.CLOSED).order_by(Wave.closes_on, Wave.code).limit(20)
    ).all()
    return _lines(session, actor, rows)


def responses_of(session: Session, wave_ids: Iterable[int]) -> dict[int, int]:
    """Counted answers of each wave, whoever asks: for the command line."""
    counted = select(Response.wave_id, func.count()).where(
        Response.wave_id.in_(sorted(wave_ids)), Response.disposition.in_(COUNTED)
    )
    return _by_key(session.execute(counted.group_by(Response.wave_id)))


def frame_summary(session: Session, actor: Actor, wave_id: int, domain: str) -> FrameSummary:
    """How large the frame is, in the units of the actor's scope."""
    row = session.execute(
        select(
            func.count(),
            func.count(FrameCell.unit_id.distinct()),
            func.coalesce(func.sum(FrameCell.transactions), 0),
            func.coalesce(func.sum(FrameCell.planned), 0),
            func.max(FrameCell.source),
            func.max(FrameCell.as_of),
        )
        .join(Unit, Unit.id == FrameCell.unit_id)
        .where(FrameCell.wave_id == wave_id, scope.units(actor, *READERS, domain=domain))
    ).one()
    cells, units, transactions, planned, source, as_of = row
    return FrameSummary(cells, units, int(transactions), int(planned), source or "", as_of)


# --- how ----------------------------------------------------------------------------------------------------------


def _tests(session: Session, wave_id: int) -> Tests | None:
    found = session.get(PlannedTests, wave_id)
    if found is None:
        return None
    return Tests(found.set_at, found.margin, found.spending, tuple(date.fromisoformat(day) for day, _ in found.looks))


def _by_key(rows: Iterable[Any]) -> dict[int, int]:
    return {key: number for key, number in rows if key is not None}


def _select(actor: Actor) -> Any:
    in_charge = scope.waves_in_charge(actor, Role.FIELD_OFFICER)
    return (
        select(Wave, Unit, Campaign.service_domain, in_charge.label("in_charge"))
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .join(Unit, Unit.id == Wave.unit_id)
        .where(scope.waves_in_sight(actor, *READERS))
    )


def _lines(session: Session, actor: Actor, rows: Sequence[Any]) -> tuple[WaveLine, ...]:
    versions = instruments.by_ids(session, {row.Wave.version_id for row in rows})
    ids = [row.Wave.id for row in rows]
    responses = _responses(session, actor, rows)
    points = _points(session, actor, ids)
    return tuple(
        WaveLine(
            id=row.Wave.id,
            code=row.Wave.code,
            title=row.Wave.title,
            service_domain=row.service_domain.value,
            status=row.Wave.status,
            opens_on=row.Wave.opens_on,
            closes_on=row.Wave.closes_on,
            unit_name=row.Unit.name,
            is_synthetic=row.Wave.is_synthetic,
            in_charge=bool(row.in_charge),
            version=versions[row.Wave.version_id],
            responses=responses.get(row.Wave.id, 0),
            points=points.get(row.Wave.id, 0),
        )
        for row in rows
    )


def _responses(session: Session, actor: Actor, rows: Sequence[Any]) -> dict[int, int]:
    """Counted answers by wave. Of waves seen as a whole the index alone tells; else the actor's units are counted."""
    whole = [
        row.Wave.id for row in rows if actor.may(*READERS, unit_path=row.Unit.path, domain=row.service_domain.value)
    ]
    found = responses_of(session, whole) if whole else {}
    parts = [row.Wave.id for row in rows if row.Wave.id not in set(whole)]
    if parts:
        deciding = aliased(Unit)
        counted = (
            select(Response.wave_id, func.count())
            .join(Wave, Wave.id == Response.wave_id)
            .join(Campaign, Campaign.id == Wave.campaign_id)
            .join(deciding, deciding.id == Response.unit_deciding_id)
            .where(
                Response.wave_id.in_(parts),
                Response.disposition.in_(COUNTED),
                scope.waves_in_charge(actor, *READERS, path=deciding.path),
            )
            .group_by(Response.wave_id)
        )
        found |= _by_key(session.execute(counted))
    return found


def _points(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, int]:
    deciding = aliased(Unit)
    counted = (
        select(Channel.wave_id, func.count())
        .join(CollectionPoint, CollectionPoint.channel_id == Channel.id)
        .join(Wave, Wave.id == Channel.wave_id)
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .join(deciding, deciding.id == CollectionPoint.unit_deciding_id)
        .where(Channel.wave_id.in_(ids), scope.waves_in_charge(actor, *READERS, path=deciding.path))
        .group_by(Channel.wave_id)
    )
    return _by_key(session.execute(counted)) if ids else {}


def _channels(session: Session, actor: Actor, wave_id: int, domain: str) -> tuple[ChannelLine, ...]:
    in_scope = scope.units(actor, *READERS, domain=domain)
    points = _by_key(
        session.execute(
            select(CollectionPoint.channel_id, func.count())
            .join(Channel, Channel.id == CollectionPoint.channel_id)
            .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
            .where(Channel.wave_id == wave_id, in_scope)
            .group_by(CollectionPoint.channel_id)
        )
    )
    counted = select(Response.channel_id, func.count()).where(
        Response.wave_id == wave_id, Response.disposition.in_(COUNTED)
    )
    if not _sees_all(actor, domain):
        counted = counted.join(Unit, Unit.id == Response.unit_deciding_id).where(in_scope)
    responses = _by_key(session.execute(counted.group_by(Response.channel_id)))
    slips: dict[tuple[int, str], int] = {
        (row[0], row[1].value): row[2]
        for row in session.execute(
            select(OneTimeCode.channel_id, OneTimeCode.status, func.count())
            .join(Channel, Channel.id == OneTimeCode.channel_id)
            .where(Channel.wave_id == wave_id)
            .group_by(OneTimeCode.channel_id, OneTimeCode.status)
        )
    }
    return tuple(
        ChannelLine(
            id=channel.id,
            code=channel.code,
            title=channel.title,
            selection=channel.selection,
            points=points.get(channel.id, 0),
            responses=responses.get(channel.id, 0),
            slips_out=slips.get((channel.id, OneTimeCodeStatus.ISSUED.value), 0),
            slips_used=slips.get((channel.id, OneTimeCodeStatus.REDEEMED.value), 0),
            slips_void=slips.get((channel.id, OneTimeCodeStatus.VOID.value), 0),
        )
        for channel in session.scalars(select(Channel).where(Channel.wave_id == wave_id).order_by(Channel.id))
    )


def _sees_all(actor: Actor, domain: str) -> bool:
    return actor.is_system or any(g.is_root and domain in g.domains for g in actor.scopes(*READERS))


def _active_codes(session: Session, actor: Actor, wave_id: int, domain: str) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(EntryCode)
            .join(CollectionPoint, CollectionPoint.id == EntryCode.point_id)
            .join(Channel, Channel.id == CollectionPoint.channel_id)
            .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
            .where(
                Channel.wave_id == wave_id,
                EntryCode.status == EntryCodeStatus.ACTIVE,
                scope.units(actor, *READERS, domain=domain),
            )
        )
        or 0
    )


def _has_final_results(session: Session, wave_id: int) -> bool:
    found = select(ResultSet.id).where(ResultSet.wave_id == wave_id, ResultSet.status == ResultStatus.FINAL)
    return session.scalars(found.limit(1)).first() is not None


def _results_job(session: Session, code: str) -> str:
    """What the newest job for this wave's verdicts is doing."""
    rows = session.execute(
        select(Job.status, Job.params).where(Job.kind == "final_results").order_by(Job.id.desc()).limit(200)
    )
    found = next((row.status for row in rows if row.params.get("wave") == code), None)
    return "" if found in (None, JobStatus.DONE) else found.value
