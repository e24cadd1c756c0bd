"""The cells of a wave's frame as a page shows them and as its file has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.models.fieldwork.frames import FrameCell
from survey.models.people.accounts import Role
from survey.models.province.procedures import Field
from survey.models.province.units import Unit
from survey.permissions import Actor
from survey.queries import scope
from survey.queries.paging import Paged, paged

READERS = (Role.FIELD_OFFICER, Role.ANALYST)
PER_PAGE = 60


@dataclass(frozen=True)
class CellLine:
    """One unit and field with its dossiers and the answers planned."""

    id: int
    unit_code: str
    unit_name: str
    field_name: str  # empty: all fields together
    transactions: int
    planned: int
    source: str
    as_of: date | None


@dataclass(frozen=True)
class CellRow:
    """One cell of a frame as its file has it."""

    unit_code: str
    unit_name: str
    field_code: str  # empty: all fields together
    transactions: int
    planned: int


def rows(session: Session, wave_id: int) -> tuple[CellRow, ...]:
    """Every cell of a frame, by code of the unit and field."""
    found = session.execute(
        select(Unit.code, Unit.name, func.coalesce(Field.code, ""), FrameCell.transactions, FrameCell.planned)
        .join(Unit, Unit.id == FrameCell.unit_id)
        .outerjoin(Field, Field.id == FrameCell.field_id)
        .where(FrameCell.wave_id == wave_id)
        .order_by(Unit.code, FrameCell.field_key)
    )
    return tuple(CellRow(*row) for row in found)


def count(session: Session, wave_id: int) -> int:
    """How many cells a frame has."""
    return session.scalar(select(func.count()).select_from(FrameCell).where(FrameCell.wave_id == wave_id)) or 0


def listing(session: Session, actor: Actor, wave_id: int, domain: str, *, number: int = 1) -> Paged[CellLine]:
    """Cells of a frame in the actor's units, by unit and field."""
    statement = (
        select(
            FrameCell.id,
            Unit.code,
            Unit.name,
            func.coalesce(Field.name, ""),
            FrameCell.transactions,
            FrameCell.planned,
            FrameCell.source,
            FrameCell.as_of,
        )
        .join(Unit, Unit.id == FrameCell.unit_id)
        .outerjoin(Field, Field.id == FrameCell.field_id)
        .where(FrameCell.wave_id == wave_id, scope.units(actor, *READERS, domain=domain))
        .order_by(Unit.sort_key, Unit.code, Field.position, FrameCell.field_key)
    )
    return paged(session, statement, lambda row: CellLine(*row), number=number, per_page=PER_PAGE)
