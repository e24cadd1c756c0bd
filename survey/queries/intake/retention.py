"""Which answers are older than they may be kept: their number, and the clauses by which they are emptied."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from survey.models.intake.responses import Response


def number_before(session: Session, day: date) -> int:
    """Responses given before a day that still hold answers."""
    wanted = select(func.count()).select_from(Response).where(Response.day < day, Response.wave_id.is_not(None))
    return session.scalar(wanted) or 0


def keys_before(day: date) -> Select[bytes]:
    """The keys of responses given before a day, for a statement that deletes what belongs to them."""
    return select(Response.key_digest).where(Response.day < day)


def channels_before(day: date) -> Select[int | None]:
    """The channels that those responses came through."""
    return select(Response.channel_id).where(Response.day < day)
