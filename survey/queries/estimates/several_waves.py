"""Named reads for files of several waves: which waves pin a version of which questionnaire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.models.fieldwork.waves import Campaign, Wave, WaveStatus
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion


@dataclass(frozen=True)
class JoinableWave:
    """A closed wave, with the version it pins."""

    code: str
    title: str
    instrument: str
    version: int
    domain: str
    unit_path: str
    is_synthetic: bool
    opens_on: date
    closes_on: date


def waves(session: Session) -> tuple[JoinableWave, ...]:
    """Every closed wave, whoever asks, by questionnaire and day: the service looks at rights."""
    rows = session.execute(
        select(Wave, Instrument.code, InstrumentVersion.number, Campaign.service_domain, Unit.path)
        .join(InstrumentVersion, InstrumentVersion.id == Wave.version_id)
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .join(Campaign, Campaign.id == Wave.campaign_id)
        .join(Unit, Unit.id == Wave.unit_id)
        .where(Wave.status == WaveStatus.CLOSED)
        .order_by(Instrument.code, Wave.opens_on, Wave.code)
    )
    return tuple(
        JoinableWave(
            w.code, w.title, code, number, domain, path, w.is_synthetic, w.opens_on,
            w.closes_on,
        )
        for w, code, number, domain, path in rows
    )  # fmt: skip
