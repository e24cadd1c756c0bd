"""Waves as readers of results list them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from survey.models.estimates.results import ResultSet, ResultStatus
from survey.models.fieldwork.points import CollectionPoint
from survey.models.fieldwork.waves import Campaign, Channel, Wave, WaveStatus
from survey.models.intake.responses import Response
from survey.models.people.accounts import Role
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion, ServiceDomain
from survey.permissions import Actor
from survey.queries import scope
from survey.queries.estimates.responses import COUNTED

READERS = (Role.ANALYST, Role.UNIT_VIEWER)
_DECIDING = aliased(Unit)


def _asks_inside(actor: Actor) -> ColumnElement[bool]:
    """The clause that a wave asks in one of the actor's units."""
    return (
        select(CollectionPoint.id)
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .join(_DECIDING, _DECIDING.id == CollectionPoint.unit_deciding_id)
        .where(Channel.wave_id == Wave.id, scope.units(actor, *READERS, path=_DECIDING.path))
        .exists()
    )


@dataclass(frozen=True)
class WaveLine:
    code: str
    title: str
    domain: ServiceDomain
    status: WaveStatus
    opens_on: date
    closes_on: date
    is_synthetic: bool
    channels: int
    final: bool  # its verdicts are made

    @property
    def running(self) -> bool:
        return self.status is WaveStatus.OPEN

    @property
    def closed(self) -> bool:
        return self.status is WaveStatus.CLOSED


def waves(session: Session, actor: Actor) -> tuple[WaveLine, ...]:
    """Waves that were opened, of the actor's services and units; running ones first, then the latest."""
    sets = (
        select(ResultSet.wave_id, func.count(ResultSet.channel_id.distinct()).label("sets"))
        .where(ResultSet.status == ResultStatus.FINAL)
        .group_by(ResultSet.wave_id)
        .subquery()
    )
    channels = select(Channel.wave_id, func.count().label("channels")).group_by(Channel.wave_id).subquery()
    rows = session.execute(
        select(Wave, Campaign.service_domain, func.coalesce(channels.c.channels, 0), func.coalesce(sets.c.sets, 0))
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .join(Unit, Unit.id == Wave.unit_id)
        .outerjoin(sets, sets.c.wave_id == Wave.id)
        .outerjoin(channels, channels.c.wave_id == Wave.id)
        .where(Wave.status != WaveStatus.PLANNED, scope.waves_in_sight(actor, *READERS))
        .where(or_(scope.waves_in_charge(actor, *READERS), _asks_inside(actor)))
        .order_by((Wave.status == WaveStatus.OPEN).desc(), Wave.closes_on.desc(), Wave.code)
    )
    return tuple(
        WaveLine(w.code, w.title, domain, w.status, w.opens_on, w.closes_on, w.is_synthetic, n, made >= n > 0)
        for w, domain, n, made in rows
    )


@dataclass(frozen=True)
class Summary:
    """A wave as the command line lists it."""

    code: str
    title: str
    instrument: str
    version: int
    domain: str
    status: str
    responses: int  # counted, in time


def summaries(session: Session) -> tuple[Summary, ...]:
    """Every wave there is, the latest first."""
    counted = (
        select(Response.wave_id, func.count().label("responses"))
        .where(Response.disposition.in_(COUNTED), Response.late.is_(False))
        .group_by(Response.wave_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Wave.code, Wave.title, Instrument.code, InstrumentVersion.number, Campaign.service_domain, Wave.status,
            func.coalesce(counted.c.responses, 0),
        )
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .join(InstrumentVersion, InstrumentVersion.id == Wave.version_id)
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .outerjoin(counted, counted.c.wave_id == Wave.id)
        .order_by(Wave.opens_on.desc(), Wave.code)
    )  # fmt: skip
    return tuple(
        Summary(code, title, instrument, version, domain.value, status.value, responses)
        for code, title, instrument, version, domain, status, responses in rows
    )
