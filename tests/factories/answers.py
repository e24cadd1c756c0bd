"""What tests of intake ask of the record: the responses it holds, and a wave that has ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update

from survey.database import Database
from survey.models.fieldwork.waves import Wave, WaveStatus
from survey.models.intake.responses import Response


def rows(database: Database) -> int:
    """How many responses the record holds."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Response)) or 0


def the_row(database: Database) -> Response:
    """The only response of the record."""
    with database.reading() as session:
        return session.scalars(select(Response)).one()


def close(database: Database, wave: Wave, at: datetime) -> None:
    """End a wave at a moment."""
    with database.writing() as session:
        session.execute(update(Wave).where(Wave.id == wave.id).values(status=WaveStatus.CLOSED, closed_at=at))
