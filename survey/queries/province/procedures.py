"""Fields and procedures, as pages and choice lists read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from survey.models.province.procedures import Field, FieldGroup, Procedure
from survey.queries.paging import Paged, paged


@dataclass(frozen=True)
class FieldLine:
    id: int
    code: str
    name: str
    name_en: str
    group: FieldGroup
    position: int
    procedures: int = 0


@dataclass(frozen=True)
class ProcedureLine:
    id: int
    code: str
    name: str
    field_id: int
    field_name: str
    valid_from: date | None
    valid_to: date | None
    replaced_by: str | None


def fields(session: Session) -> tuple[FieldLine, ...]:
    """Every field in the order the province gave, with how many procedures it has."""
    counts = select(Procedure.field_id, func.count().label("n")).group_by(Procedure.field_id).subquery()
    statement = (
        select(Field, func.coalesce(counts.c.n, 0))
        .outerjoin(counts, counts.c.field_id == Field.id)
        .order_by(Field.position, Field.sort_key, Field.id)
        .limit(1000)
    )
    return tuple(_field(row, number) for row, number in session.execute(statement))


def field(session: Session, field_id: int) -> FieldLine | None:
    row = session.get(Field, field_id)
    return None if row is None else _field(row, 0)


def field_id(session: Session, code: str) -> int | None:
    return session.scalar(select(Field.id).where(Field.code == code))


def field_ids(session: Session) -> dict[str, int]:
    """The id of every field by its code, in the order the province gave."""
    rows = session.execute(select(Field.code, Field.id).order_by(Field.position, Field.id))
    return {row.code: row.id for row in rows}


def last_position(session: Session) -> int:
    """Where the last field stands; 0 without any."""
    return session.scalar(select(func.max(Field.position))) or 0


def codes(session: Session) -> frozenset[str]:
    """The codes of every procedure."""
    return frozenset(session.scalars(select(Procedure.code)))


def procedures(
    session: Session, *, text: str = "", field_id: int | None = None, number: int = 1
) -> Paged[ProcedureLine]:
    statement = select(Procedure, Field.name).join(Field, Field.id == Procedure.field_id)
    if words := " ".join(text.split()):
        statement = statement.where(
            or_(Procedure.code.contains(words, autoescape=True), Procedure.name.icontains(words, autoescape=True))
        )
    if field_id is not None:
        statement = statement.where(Procedure.field_id == field_id)
    statement = statement.order_by(Field.position, Procedure.code)
    return paged(session, statement, lambda row: _procedure(*row), number=number)


def procedure(session: Session, procedure_id: int) -> ProcedureLine | None:
    row = session.execute(
        select(Procedure, Field.name).join(Field, Field.id == Procedure.field_id).where(Procedure.id == procedure_id)
    ).one_or_none()
    return None if row is None else _procedure(*row)


def procedure_id(session: Session, code: str) -> int | None:
    return session.scalar(select(Procedure.id).where(Procedure.code == code))


def _field(row: Field, number: int) -> FieldLine:
    return FieldLine(row.id, row.code, row.name, row.name_en, row.group, row.position, number)


def _procedure(row: Procedure, field_name: str) -> ProcedureLine:
    return ProcedureLine(
        row.id, row.code, row.name, row.field_id, field_name, row.valid_from, row.valid_to, row.replaced_by
    )
