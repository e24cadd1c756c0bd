"""Final results as they are stored: of a channel, what was made with them, and those of the wave before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from survey.models.estimates.results import ResultSet, ResultStatus
from survey.models.fieldwork.waves import Channel, Selection, Wave, WaveStatus
from survey.models.intake.responses import Response
from survey.queries.estimates.responses import COUNTED

_NEWEST = ResultSet.version.desc()


@dataclass(frozen=True)
class FinalStamp:
    """Which final results a channel has, and how many of their answers have left since."""

    id: int
    deleted_since: int
    version: int
    responses: int


@dataclass(frozen=True)
class FinalVersion:
    """One version of the final results of a channel."""

    number: int
    made_at: datetime
    data_hash: str


@dataclass(frozen=True)
class EarlierChannel:
    """A channel of an earlier wave whose results are final."""

    id: int
    code: str
    wave_code: str
    wave_title: str


def final(session: Session, channel_id: int, version: int | None = None) -> ResultSet | None:
    """The final results of a channel, the newest unless a version is named; None while there are none."""
    wanted = select(ResultSet).where(*_final(channel_id)).order_by(_NEWEST)
    return session.scalars(wanted if version is None else wanted.where(ResultSet.version == version)).first()


def final_stamp(session: Session, channel_id: int) -> FinalStamp | None:
    """Whether a channel has final results, without reading them: those of the newest version."""
    stamps = select(ResultSet.id, ResultSet.deleted_since, ResultSet.version, ResultSet.responses)
    stamps = stamps.where(*_final(channel_id))
    found = session.execute(stamps.order_by(_NEWEST).limit(1)).one_or_none()
    return FinalStamp(*found) if found is not None else None


def versions(session: Session, channel_id: int) -> tuple[FinalVersion, ...]:
    """Every version of the final results of a channel, the newest first."""
    found = (
        select(ResultSet.version, ResultSet.made_at, ResultSet.data_hash).where(*_final(channel_id)).order_by(_NEWEST)
    )
    return tuple(FinalVersion(*row) for row in session.execute(found))


@dataclass(frozen=True)
class Unprotected:
    """Final results without a pattern of hidden cells."""

    id: int
    channel_id: int
    version: int
    wave_code: str


def without_pattern(session: Session) -> tuple[Unprotected, ...]:
    """Final results that were made before patterns of hidden cells were kept with them."""
    rows = (
        select(ResultSet.id, ResultSet.channel_id, ResultSet.version, Wave.code)
        .join(Wave, Wave.id == ResultSet.wave_id)
        .where(ResultSet.status == ResultStatus.FINAL, ResultSet.pattern.is_(None))
        .order_by(ResultSet.id)
    )
    return tuple(Unprotected(*row) for row in session.execute(rows))


def outlived(session: Session, wave_id: int) -> bool:
    """Whether a channel of the wave has final results of answers of which none is in the record any more."""
    kept = exists().where(
        Response.wave_id == wave_id, Response.channel_id == ResultSet.channel_id, Response.late.is_(False),
        Response.disposition.in_(COUNTED),
    )  # fmt: skip
    found = select(ResultSet.id).where(
        ResultSet.wave_id == wave_id, ResultSet.status == ResultStatus.FINAL, ResultSet.responses > 0, ~kept
    )
    return session.scalars(found.limit(1)).first() is not None


def final_analyses(session: Session, channel_id: int) -> bytes | None:
    """The further analyses stored with the newest final results of a channel."""
    return session.scalar(select(ResultSet.analyses).where(*_final(channel_id)).order_by(_NEWEST).limit(1))


def _final(channel_id: int) -> tuple[ColumnElement[bool], ...]:
    return ResultSet.channel_id == channel_id, ResultSet.status == ResultStatus.FINAL


def _earlier(session: Session, wave_id: int, selection: Selection) -> tuple[ColumnElement[bool], ...]:
    """Channels of this selection of the closed waves before, of the same campaign and unit."""
    own = session.execute(select(Wave.campaign_id, Wave.unit_id, Wave.opens_on).where(Wave.id == wave_id)).one()
    return (
        Wave.campaign_id == own.campaign_id,
        Wave.unit_id == own.unit_id,
        Wave.status == WaveStatus.CLOSED,
        Wave.closes_on < own.opens_on,
        Channel.selection == selection,
    )


def closed_before(session: Session, wave_id: int, selection: Selection, *, most: int) -> tuple[EarlierChannel, ...]:
    """The channels of this selection with final results, of the closed waves before of the same campaign and unit.

    The newest first, of at most `most` channels.
    """
    rows = session.execute(
        select(Channel.id, Channel.code, Wave.code, Wave.title)
        .join(Wave, Wave.id == Channel.wave_id)
        .where(
            *_earlier(session, wave_id, selection),
            Channel.id.in_(select(ResultSet.channel_id).where(ResultSet.status == ResultStatus.FINAL)),  # any version
        )
        .order_by(Wave.closes_on.desc(), Wave.id.desc(), Channel.id)
        .limit(most)
    )
    return tuple(EarlierChannel(*row) for row in rows)


def last_before(session: Session, wave_id: int, selection: Selection, channel_code: str) -> EarlierChannel | None:
    """The latest closed wave of the same campaign and unit with final results of this selection.

    Of several such channels the one with the same code, else the first.
    """
    found = session.execute(
        select(Channel.id, Channel.code, Wave.code, Wave.title)
        .join(Wave, Wave.id == Channel.wave_id)
        .join(ResultSet, ResultSet.channel_id == Channel.id)
        .where(
            *_earlier(session, wave_id, selection),
            ResultSet.status == ResultStatus.FINAL,
        )
        .order_by(Wave.closes_on.desc(), Wave.id.desc(), Channel.code != channel_code, Channel.id)
        .limit(1)
    ).one_or_none()
    return EarlierChannel(*found) if found is not None else None
