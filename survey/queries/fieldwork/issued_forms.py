"""Forms a channel gave out, as they were entered or as its one-time codes tell, and the forms that came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.models.fieldwork.issued_forms import IssuedForms
from survey.models.fieldwork.points import CollectionPoint, EvidenceTier, OneTimeCode, OneTimeCodeStatus
from survey.models.fieldwork.waves import Channel
from survey.models.intake.responses import Disposition, Response
from survey.models.people.accounts import Role
from survey.models.province.procedures import Field
from survey.models.province.units import Unit
from survey.permissions import Actor
from survey.queries import scope
from survey.queries.paging import Paged, paged

READERS = (Role.FIELD_OFFICER, Role.ANALYST)
PER_PAGE = 60
NO_FIELD = -1


@dataclass(frozen=True)
class IssuedLine:
    """Forms given out for one unit and field, as a page shows them."""

    unit_code: str
    unit_name: str
    field_name: str  # empty: all fields together
    issued: int
    source: str
    as_of: date | None


@dataclass(frozen=True)
class IssuedRow:
    """Forms given out for one unit and field, as their file has them."""

    unit_code: str
    unit_name: str
    field_code: str  # empty: all fields together
    issued: int


@dataclass(frozen=True)
class PlaceCount:
    """A number of forms of one unit in one field, or in NO_FIELD where it is not told."""

    unit: int
    field: int
    number: int


@dataclass(frozen=True)
class ReturnedCount:
    """Forms of one unit and field that came back, by what became of them."""

    unit: int
    field: int
    disposition: Disposition
    late: bool
    number: int


def channel(session: Session, wave_id: int, code: str) -> Channel | None:
    """A channel of a wave by its code."""
    return session.scalar(select(Channel).where(Channel.wave_id == wave_id, Channel.code == code))


def listing(session: Session, actor: Actor, channel_id: int, domain: str, *, number: int = 1) -> Paged[IssuedLine]:
    """What was entered for a channel in the actor's units, by unit and field."""
    statement = (
        select(
            Unit.code,
            Unit.name,
            func.coalesce(Field.name, ""),
            IssuedForms.issued,
            IssuedForms.source,
            IssuedForms.as_of,
        )
        .join(Unit, Unit.id == IssuedForms.unit_id)
        .outerjoin(Field, Field.id == IssuedForms.field_id)
        .where(IssuedForms.channel_id == channel_id, scope.units(actor, *READERS, domain=domain))
        .order_by(Unit.sort_key, Unit.code, Field.position, IssuedForms.field_key)
    )
    return paged(session, statement, lambda row: IssuedLine(*row), number=number, per_page=PER_PAGE)


def rows(session: Session, channel_id: int) -> tuple[IssuedRow, ...]:
    """Everything entered for a channel, by code of the unit and field."""
    found = session.execute(
        select(Unit.code, Unit.name, func.coalesce(Field.code, ""), IssuedForms.issued)
        .join(Unit, Unit.id == IssuedForms.unit_id)
        .outerjoin(Field, Field.id == IssuedForms.field_id)
        .where(IssuedForms.channel_id == channel_id)
        .order_by(Unit.code, IssuedForms.field_key)
    )
    return tuple(IssuedRow(*row) for row in found)


def entered(session: Session, channel_id: int) -> tuple[PlaceCount, ...]:
    """Forms given out by unit and field, as they were entered."""
    found = session.execute(
        select(IssuedForms.unit_id, func.coalesce(IssuedForms.field_id, NO_FIELD), IssuedForms.issued)
        .where(IssuedForms.channel_id == channel_id)
        .order_by(IssuedForms.unit_id, IssuedForms.field_key)
    )
    return tuple(PlaceCount(*row) for row in found)


def unused_codes(session: Session, channel_id: int) -> tuple[PlaceCount, ...]:
    """One-time codes that nobody has used, by unit and field of their slip."""
    found = session.execute(
        select(
            CollectionPoint.unit_deciding_id, func.coalesce(OneTimeCode.field_id, NO_FIELD).label("field"), func.count()
        )
        .join(CollectionPoint, CollectionPoint.id == OneTimeCode.point_id)
        .where(OneTimeCode.channel_id == channel_id, OneTimeCode.status == OneTimeCodeStatus.ISSUED)
        .group_by(CollectionPoint.unit_deciding_id, OneTimeCode.field_id)
        .order_by(CollectionPoint.unit_deciding_id, OneTimeCode.field_id)
    )
    return tuple(PlaceCount(*row) for row in found)


def returned_by_code(session: Session, channel_id: int) -> tuple[PlaceCount, ...] | None:
    """Forms that came back by a one-time code; None where some came back in another way, or by no known unit."""
    found = session.execute(
        select(Response.unit_deciding_id, func.coalesce(Response.field_id, NO_FIELD), Response.tier, func.count())
        .where(Response.channel_id == channel_id)
        .group_by(Response.unit_deciding_id, Response.field_id, Response.tier)
    ).all()
    if any(tier is not EvidenceTier.A for _, _, tier, _ in found):
        return None
    return tuple(PlaceCount(unit or 0, field, number) for unit, field, _, number in found)


def returned(session: Session, channel_id: int) -> tuple[ReturnedCount, ...]:
    """Forms that came back, by unit, field and what became of them."""
    found = session.execute(
        select(
            Response.unit_deciding_id,
            func.coalesce(Response.field_id, NO_FIELD),
            Response.disposition,
            Response.late,
            func.count(),
        )
        .where(Response.channel_id == channel_id)
        .group_by(Response.unit_deciding_id, Response.field_id, Response.disposition, Response.late)
        .order_by(Response.unit_deciding_id, Response.field_id)
    )
    return tuple(ReturnedCount(row[0] or 0, row[1], row[2], row[3], row[4]) for row in found)
