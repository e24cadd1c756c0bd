"""The answers of a channel, streamed in key order: the order of the keys is random and says nothing of when or who."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.models.fieldwork.waves import Channel
from survey.models.intake.responses import Comment, Disposition, Response

UNKNOWN_PACE = 255
COUNTED = (Disposition.COMPLETE, Disposition.PARTIAL)


@dataclass(frozen=True)
class Batch:
    """Some rows, column by column. Units, fields and points are ids; 0 stands for no field."""

    keys: tuple[bytes, ...]
    digests: tuple[bytes, ...]
    answers: tuple[str, ...]
    unit: tuple[int, ...]
    received: tuple[int, ...]
    field: tuple[int, ...]
    point: tuple[int, ...]
    day: tuple[str, ...]
    pace: tuple[int, ...]
    mode: tuple[str, ...]
    tier: tuple[str, ...]


def stream(session: Session, channel_id: int, *, size: int = 50_000) -> Iterator[Batch]:
    """Every counted response of a channel (complete or partial, in time), in key order."""
    statement = (
        select(
            Response.key_digest,
            Response.answers_digest,
            Response.answers,
            Response.unit_deciding_id,
            Response.unit_received_id,
            func.coalesce(Response.field_id, 0),
            Response.point_id,
            Response.day,
            func.coalesce(Response.pace, UNKNOWN_PACE),
            Response.mode,
            Response.tier,
        )
        .where(Response.channel_id == channel_id, Response.disposition.in_(COUNTED), Response.late.is_(False))
        .order_by(Response.key_digest)
    )
    # The driver's own cursor: a million rows through the mapping layer would cost more than the estimates.
    compiled = statement.compile(session.connection(), compile_kwargs={"literal_binds": True})
    cursor = session.connection().connection.cursor()
    try:
        cursor.execute(str(compiled))
        while rows := cursor.fetchmany(size):
            yield Batch(*zip(*rows, strict=True))
    finally:
        cursor.close()


def comments(session: Session, channel_id: int, *, units: frozenset[int] | None = None) -> dict[str, int]:
    """How many counted responses of a channel came with words, by the name of their field; the words are not read."""
    wave = select(Channel.wave_id).where(Channel.id == channel_id).scalar_subquery()  # so that one index answers it
    statement = (
        select(Comment.item, func.count())
        .join(Response, Response.key_digest == Comment.key_digest)
        .where(Comment.wave_id == wave, Response.channel_id == channel_id)
        .where(Response.disposition.in_(COUNTED), Response.late.is_(False))
        .group_by(Comment.item)
    )
    if units is not None:
        statement = statement.where(Response.unit_deciding_id.in_(units))
    return dict(session.execute(statement).tuples().all())


def comments_by_unit(session: Session, channel_id: int, *, before: date) -> dict[tuple[int, str], int]:
    """The same by deciding unit and field, of the responses before a day."""
    wave = select(Channel.wave_id).where(Channel.id == channel_id).scalar_subquery()  # so that one index answers it
    rows = session.execute(
        select(Response.unit_deciding_id, Comment.item, func.count())
        .join(Comment, Response.key_digest == Comment.key_digest)
        .where(Comment.wave_id == wave, Response.channel_id == channel_id, Response.day < before)
        .where(Response.disposition.in_(COUNTED), Response.late.is_(False))
        .group_by(Response.unit_deciding_id, Comment.item)
    )
    return {(unit, item): number for unit, item, number in rows if unit is not None}


@dataclass(frozen=True)
class DataStamp:
    """Whether the answers of a channel have changed: how many are counted, and how often some were taken out."""

    counted: int
    late: int
    excluded: int
    removals: int


def stamp(session: Session, channel_id: int) -> DataStamp:
    wave = select(Channel.wave_id).where(Channel.id == channel_id).scalar_subquery()  # so that one index answers it
    rows = session.execute(
        select(Response.disposition, Response.late, func.count())
        .where(Response.wave_id == wave, Response.channel_id == channel_id)
        .group_by(Response.disposition, Response.late)
    ).all()
    removals = session.scalar(select(Channel.removals).where(Channel.id == channel_id)) or 0
    return DataStamp(
        counted=sum(n for d, late, n in rows if d in COUNTED and not late),
        late=sum(n for d, late, n in rows if d in COUNTED and late),
        excluded=sum(n for d, _, n in rows if d is Disposition.EXCLUDED),
        removals=removals,
    )
