"""Questionnaires and their versions as the record keeps them, whoever asks: by name, the newest, what is there already.

What a person may see of them, and what lists say, is in `instruments`.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.models.questionnaires.instruments import Instrument, InstrumentVersion, VersionStatus


class VersionOf(NamedTuple):
    """A version and the questionnaire it is a version of."""

    version: InstrumentVersion
    instrument: Instrument


def codes_in_use(session: Session) -> frozenset[str]:
    """Codes that no new questionnaire can have."""
    return frozenset(session.scalars(select(Instrument.code)))


def names_in_use(session: Session) -> frozenset[tuple[str, int]]:
    """Code and number of every version."""
    rows = session.execute(
        select(Instrument.code, InstrumentVersion.number).join(
            InstrumentVersion, InstrumentVersion.instrument_id == Instrument.id
        )
    )
    return frozenset((code, number) for code, number in rows)


def instrument(session: Session, code: str) -> Instrument | None:
    return session.scalar(select(Instrument).where(Instrument.code == code))


def instrument_of(session: Session, version: InstrumentVersion) -> Instrument:
    return session.get_one(Instrument, version.instrument_id)


def named(session: Session, code: str, number: int) -> InstrumentVersion | None:
    return session.scalar(
        select(InstrumentVersion)
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .where(Instrument.code == code, InstrumentVersion.number == number)
    )


def with_instrument(session: Session, code: str, number: int) -> VersionOf | None:
    row = session.execute(_BOTH.where(Instrument.code == code, InstrumentVersion.number == number)).one_or_none()
    return None if row is None else VersionOf(*row)


def numbered(session: Session, instrument_id: int, number: int) -> InstrumentVersion | None:
    return session.scalar(
        select(InstrumentVersion).where(
            InstrumentVersion.instrument_id == instrument_id, InstrumentVersion.number == number
        )
    )


def newest(session: Session, code: str) -> VersionOf | None:
    """The version with the highest number, whatever its status."""
    wanted = _BOTH.where(Instrument.code == code).order_by(InstrumentVersion.number.desc()).limit(1)
    row = session.execute(wanted).one_or_none()
    return None if row is None else VersionOf(*row)


def current(session: Session, code: str) -> InstrumentVersion | None:
    """The newest published version, else the newest draft."""
    return session.scalar(
        select(InstrumentVersion)
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .where(Instrument.code == code)
        .order_by((InstrumentVersion.status == VersionStatus.PUBLISHED).desc(), InstrumentVersion.number.desc())
        .limit(1)
    )


def count(session: Session, instrument_id: int) -> int:
    """How many versions a questionnaire has."""
    wanted = select(func.count()).select_from(InstrumentVersion).where(InstrumentVersion.instrument_id == instrument_id)
    return session.scalar(wanted) or 0


_BOTH = select(InstrumentVersion, Instrument).join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
