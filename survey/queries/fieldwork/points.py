"""Collection points of a wave with their printed codes: a list, one point, what a placard or a slip needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from survey.models.base import folded
from survey.models.fieldwork.points import (
    CollectionPoint,
    EntryCode,
    EntryCodeStatus,
    EvidenceTier,
    OneTimeCode,
    OneTimeCodeStatus,
)
from survey.models.fieldwork.points import Mode as Mode  # faces know modes from here
from survey.models.fieldwork.waves import Channel, Selection
from survey.models.people.accounts import Role
from survey.models.province.procedures import Field
from survey.models.province.units import Unit, UnitKind
from survey.permissions import Actor
from survey.queries import scope
from survey.queries.paging import Paged, paged

READERS = (Role.FIELD_OFFICER, Role.ANALYST)


@dataclass(frozen=True)
class CodeLine:
    """A printed code."""

    id: int
    code: str
    mode: Mode
    tier: EvidenceTier
    field_name: str
    is_active: bool


@dataclass(frozen=True)
class PointLine:
    """One place in a list."""

    id: int
    name: str
    channel_title: str
    selection: Selection
    unit_deciding: str
    unit_received: str
    codes: tuple[CodeLine, ...] = ()

    @property
    def active_codes(self) -> tuple[CodeLine, ...]:
        return tuple(code for code in self.codes if code.is_active)


@dataclass(frozen=True)
class PointDetail:
    line: PointLine
    unit_code: str
    channel_code: str
    may_change: bool
    slips_out: int  # one-time codes issued here and not used yet

    @property
    def takes_slips(self) -> bool:
        return self.line.selection is not Selection.OPT_IN


@dataclass(frozen=True)
class PrintedCode:
    """What a placard says."""

    code_id: int
    code: str
    point_name: str
    agency: str
    received_at: str


def listing(
    session: Session,
    actor: Actor,
    wave_id: int,
    domain: str,
    *,
    text: str = "",
    channel: str = "",
    number: int = 1,
    per_page: int = 50,
) -> Paged[PointLine]:
    """Points of a wave in the actor's units, by unit and name. Three queries, however long the list."""
    statement = _select(wave_id).where(_in_scope(actor, domain))
    if channel:
        statement = statement.where(Channel.code == channel)
    if wanted := folded(text):
        deciding = _DECIDING.folded_name.contains(wanted, autoescape=True)
        by_code = select(EntryCode.point_id).where(EntryCode.code == text.strip().upper())
        by_name = func.lower(CollectionPoint.name).contains(text.strip().lower(), autoescape=True)
        statement = statement.where(or_(deciding, by_name, CollectionPoint.id.in_(by_code)))
    statement = statement.order_by(_DECIDING.sort_key, CollectionPoint.sort_key, CollectionPoint.id)
    page = paged(session, statement, _line, number=number, per_page=per_page)
    return Paged(_with_codes(session, page.items), page.number, page.total, page.per_page)


def one(session: Session, actor: Actor, wave_id: int, domain: str, point_id: int) -> PointDetail | None:
    """One point of a wave; None outside the actor's scope."""
    row = session.execute(
        _select(wave_id).where(CollectionPoint.id == point_id, _in_scope(actor, domain))
    ).one_or_none()
    if row is None:
        return None
    slips = select(func.count()).where(OneTimeCode.point_id == point_id, OneTimeCode.status == OneTimeCodeStatus.ISSUED)
    return PointDetail(
        line=_with_codes(session, [_line(row)])[0],
        unit_code=row.unit_code,
        channel_code=row.channel_code,
        may_change=actor.may(Role.FIELD_OFFICER, unit_path=row.path, domain=domain),
        slips_out=session.scalar(slips) or 0,
    )


def printed_codes(
    session: Session, actor: Actor, wave_id: int, domain: str, *, point_ids: Sequence[int] | None = None
) -> tuple[PrintedCode, ...]:
    """Codes in use at the points that the actor may print for, by unit and point; of some points, where given."""
    statement = (
        select(EntryCode.id, EntryCode.code, CollectionPoint.name, _DECIDING.name, _RECEIVED.name)
        .join(CollectionPoint, CollectionPoint.id == EntryCode.point_id)
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .join(_DECIDING, _DECIDING.id == CollectionPoint.unit_deciding_id)
        .join(_RECEIVED, _RECEIVED.id == CollectionPoint.unit_received_id)
        .where(
            Channel.wave_id == wave_id,
            EntryCode.status == EntryCodeStatus.ACTIVE,
            may_print(actor, domain, path=_DECIDING.path),
        )
        .order_by(_DECIDING.sort_key, CollectionPoint.sort_key, EntryCode.id)
    )
    if point_ids is not None:
        statement = statement.where(CollectionPoint.id.in_(sorted(set(point_ids))))
    return tuple(PrintedCode(*row) for row in session.execute(statement))


def printable(session: Session, actor: Actor, wave_id: int, domain: str) -> tuple[int, ...]:
    """The points of a wave that the actor may print for."""
    wanted = (
        select(CollectionPoint.id)
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
        .where(Channel.wave_id == wave_id, may_print(actor, domain))
        .order_by(CollectionPoint.id)
    )
    return tuple(session.scalars(wanted))


def may_print(actor: Actor, domain: str, *, path: Any = Unit.path) -> Any:
    """Points of units for which the actor may print."""
    return scope.units(actor, Role.FIELD_OFFICER, domain=domain, path=path)


@dataclass(frozen=True)
class UnitChoice:
    code: str
    name: str
    kind: UnitKind


def units_of_officer(session: Session, actor: Actor, *, on: date) -> tuple[UnitChoice, ...]:
    """Units whose waves the actor may plan, in force on a day: those highest up first, then by kind and name."""
    depth = func.length(Unit.path) - func.length(func.replace(Unit.path, "/", ""))
    statement = (
        select(Unit.code, Unit.name, Unit.kind)
        .where(
            scope.units(actor, Role.FIELD_OFFICER),
            or_(Unit.valid_from.is_(None), Unit.valid_from <= on),
            or_(Unit.valid_to.is_(None), Unit.valid_to >= on),
        )
        .order_by(depth, Unit.sort_key, Unit.code)
    )
    return _in_kind_order(UnitChoice(*row) for row in session.execute(statement))


def units_to_judge(
    session: Session, actor: Actor, top_path: str, domain: str, *, on: tuple[date, date]
) -> tuple[UnitChoice, ...]:
    """Units under the wave's own in which the actor may add points, in force between two days, by kind and name."""
    first, last = on
    statement = (
        select(Unit.code, Unit.name, Unit.kind)
        .where(
            Unit.path.startswith(top_path, autoescape=True),
            scope.units(actor, Role.FIELD_OFFICER, domain=domain),
            or_(Unit.valid_from.is_(None), Unit.valid_from <= last),
            or_(Unit.valid_to.is_(None), Unit.valid_to >= first),
        )
        .order_by(Unit.sort_key, Unit.code)
    )
    return _in_kind_order(UnitChoice(*row) for row in session.execute(statement))


def _in_kind_order(units: Iterable[UnitChoice]) -> tuple[UnitChoice, ...]:
    order = {kind: place for place, kind in enumerate(UnitKind)}
    return tuple(sorted(units, key=lambda unit: order[unit.kind]))


# --- how ----------------------------------------------------------------------------------------------------------

_DECIDING = aliased(Unit)
_RECEIVED = aliased(Unit)


def _select(wave_id: int) -> Any:
    return (
        select(
            CollectionPoint.id,
            CollectionPoint.name,
            Channel.code.label("channel_code"),
            Channel.title.label("channel_title"),
            Channel.selection,
            _DECIDING.code.label("unit_code"),
            _DECIDING.name.label("unit_deciding"),
            _RECEIVED.name.label("unit_received"),
            _DECIDING.path,
        )
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .join(_DECIDING, _DECIDING.id == CollectionPoint.unit_deciding_id)
        .join(_RECEIVED, _RECEIVED.id == CollectionPoint.unit_received_id)
        .where(Channel.wave_id == wave_id)
    )


def _in_scope(actor: Actor, domain: str) -> Any:
    return scope.units(actor, *READERS, domain=domain, path=_DECIDING.path)


def _line(row: Any) -> PointLine:
    return PointLine(row.id, row.name, row.channel_title, row.selection, row.unit_deciding, row.unit_received)


def _with_codes(session: Session, lines: Iterable[PointLine]) -> tuple[PointLine, ...]:
    lines = tuple(lines)
    codes: dict[int, list[CodeLine]] = {}
    rows = session.execute(
        select(EntryCode, func.coalesce(Field.name, ""))
        .outerjoin(Field, Field.id == EntryCode.field_id)
        .where(EntryCode.point_id.in_([line.id for line in lines]))
        .order_by(EntryCode.point_id, EntryCode.id)
    )
    for code, field_name in rows:
        active = code.status is EntryCodeStatus.ACTIVE
        codes.setdefault(code.point_id, []).append(
            CodeLine(code.id, code.code, code.mode, code.tier, field_name, active)
        )
    return tuple(replace(line, codes=tuple(codes.get(line.id, ()))) for line in lines)


def names(session: Session, point_ids: Sequence[int]) -> dict[int, str]:
    """Names of points by id."""
    rows = session.execute(select(CollectionPoint.id, CollectionPoint.name).where(CollectionPoint.id.in_(point_ids)))
    return {row.id: row.name for row in rows}


# --- as use cases look them up ------------------------------------------------------------------------------------


class PointAt(NamedTuple):
    """A point, its channel and the unit it is judged for."""

    point: CollectionPoint
    channel: Channel
    unit: Unit


@dataclass(frozen=True)
class HeldPoint:
    """A point there is, with its first printed code in use."""

    id: int
    channel_id: int
    unit_received_id: int
    unit_deciding_id: int
    name: str
    code: str  # empty: none in use


@dataclass(frozen=True)
class SlipPoint:
    """A point that takes one-time codes."""

    id: int
    name: str
    unit_code: str


def at(session: Session, wave_id: int, point_id: int) -> PointAt | None:
    """A point of a wave, whoever asks."""
    row = session.execute(
        select(CollectionPoint, Channel, Unit)
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
        .where(CollectionPoint.id == point_id, Channel.wave_id == wave_id)
    ).one_or_none()
    return None if row is None else PointAt(*row)


def held(session: Session, wave_id: int, *, channel: str | None = None) -> tuple[HeldPoint, ...]:
    """The points of a wave, or of one of its channels, in the order they were added."""
    wanted = (
        select(
            CollectionPoint.id,
            CollectionPoint.channel_id,
            CollectionPoint.unit_received_id,
            CollectionPoint.unit_deciding_id,
            CollectionPoint.name,
            EntryCode.code,
        )
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .outerjoin(
            EntryCode, and_(EntryCode.point_id == CollectionPoint.id, EntryCode.status == EntryCodeStatus.ACTIVE)
        )
        .where(Channel.wave_id == wave_id)
        .order_by(CollectionPoint.id, EntryCode.id)
    )
    if channel is not None:
        wanted = wanted.where(Channel.code == channel)
    found: dict[int, HeldPoint] = {}
    for point_id, channel_id, received_id, deciding_id, name, code in session.execute(wanted):
        found.setdefault(point_id, HeldPoint(point_id, channel_id, received_id, deciding_id, name, code or ""))
    return tuple(found.values())


def slip_points(
    session: Session, wave_id: int, *, unit_code: str | None = None, point_id: int | None = None
) -> tuple[SlipPoint, ...]:
    """The points that take one-time codes: the one with this number, else those of a unit."""
    wanted = Unit.code == unit_code if point_id is None else CollectionPoint.id == point_id
    rows = session.execute(
        select(CollectionPoint.id, CollectionPoint.name, Unit.code)
        .join(Channel, Channel.id == CollectionPoint.channel_id)
        .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
        .where(Channel.wave_id == wave_id, Channel.selection != Selection.OPT_IN, wanted)
        .order_by(CollectionPoint.id)
    )
    return tuple(SlipPoint(*row) for row in rows)
