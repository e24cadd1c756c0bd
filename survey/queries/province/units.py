"""Units as pages show them: a node with what is under it, a search, what became of a unit, lists to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from survey.models.base import folded
from survey.models.province.units import Unit, UnitSuccession
from survey.models.province.units import UnitKind as UnitKind  # faces know kinds from here
from survey.permissions import Actor, Role
from survey.queries import scope
from survey.queries.paging import Paged, paged

READERS = (Role.ADMINISTRATOR, Role.FIELD_OFFICER, Role.ANALYST)
PER_PAGE = 100
_KIND_ORDER = {kind: place for place, kind in enumerate(UnitKind)}


@dataclass(frozen=True)
class UnitLine:
    """One unit in a list."""

    id: int
    code: str
    name: str
    kind: UnitKind
    parent_name: str
    valid_from: date | None
    valid_to: date | None
    is_sample: bool
    grade: str
    children: int = 0


@dataclass(frozen=True)
class UnitLink:
    id: int
    code: str
    name: str
    in_scope: bool = True
    share: Decimal | None = None
    since: date | None = None


@dataclass(frozen=True)
class UnitDetail:
    id: int
    code: str
    name: str
    kind: UnitKind
    path: str
    parent_id: int | None
    parent_code: str
    valid_from: date | None
    valid_to: date | None
    is_sample: bool
    grade: str
    source: str
    ancestors: tuple[UnitLink, ...]
    successors: tuple[UnitLink, ...]
    predecessors: tuple[UnitLink, ...]


@dataclass(frozen=True)
class Succession:
    """A unit that ended, and one that took over the whole or a share of it."""

    old_id: int
    code: str  # of the one that took over
    share: Decimal | None


@dataclass(frozen=True)
class KindCount:
    kind: UnitKind
    count: int


def in_force(on: date) -> ColumnElement[bool]:
    """The clause that a unit exists on a day."""
    return and_(
        or_(Unit.valid_from.is_(None), Unit.valid_from <= on), or_(Unit.valid_to.is_(None), Unit.valid_to >= on)
    )


def listing(
    session: Session,
    actor: Actor,
    *,
    parent_id: int | None = None,
    text: str = "",
    kind: UnitKind | None = None,
    on: date | None = None,
    number: int = 1,
) -> Paged[UnitLine]:
    """The units under one, or those a search finds; only those in force on a day where `on` is given."""
    over = aliased(Unit)
    statement = select(Unit, over.name).outerjoin(over, over.id == Unit.parent_id).where(scope.units(actor, *READERS))
    if words := folded(text):
        statement = statement.where(
            or_(
                Unit.folded_name.contains(words, autoescape=True),
                func.lower(Unit.code).startswith(words, autoescape=True),
            )
        )
    elif parent_id is not None:
        statement = statement.where(Unit.parent_id == parent_id)
    statement = _narrowed(statement, kind, on).order_by(_in_kind_order(), Unit.sort_key, Unit.code)
    page = paged(session, statement, lambda row: row, number=number, per_page=PER_PAGE)
    children = _children(session, [unit.id for unit, _ in page.items], on)
    return Paged(
        tuple(_line(unit, over_name, children.get(unit.id, 0)) for unit, over_name in page.items),
        page.number,
        page.total,
        page.per_page,
    )


def kinds_under(session: Session, actor: Actor, parent_id: int, *, on: date | None) -> tuple[KindCount, ...]:
    """Which kinds of units stand under one, and how many of each."""
    statement = (
        select(Unit.kind, func.count())
        .where(Unit.parent_id == parent_id, scope.units(actor, *READERS))
        .group_by(Unit.kind)
    )
    if on is not None:
        statement = statement.where(in_force(on))
    found = [KindCount(kind, count) for kind, count in session.execute(statement)]
    return tuple(sorted(found, key=lambda k: _KIND_ORDER[k.kind]))


def tops(session: Session, actor: Actor) -> tuple[UnitLink, ...]:
    """Where the actor's tree begins: the highest units inside the actor's grants."""
    paths = {g.unit_path for g in actor.scopes(*READERS)} if not actor.is_system else {"/"}
    highest = [p for p in paths if not any(p != q and p.startswith(q) for q in paths)]
    clause = Unit.parent_id.is_(None) if actor.is_system else Unit.path.in_(highest)
    rows = session.execute(select(Unit.id, Unit.code, Unit.name).where(clause).order_by(Unit.sort_key, Unit.id))
    return tuple(UnitLink(*row) for row in rows)


def one(session: Session, actor: Actor, unit_id: int) -> UnitDetail | None:
    """One unit inside the actor's scope, with the way to it and what became of it."""
    unit = session.execute(select(Unit).where(Unit.id == unit_id, scope.units(actor, *READERS))).scalar_one_or_none()
    if unit is None:
        return None
    ids = [int(part) for part in unit.path.strip("/").split("/")][:-1]
    near = select(Unit.id, Unit.code, Unit.name, case((scope.units(actor, *READERS), 1), else_=0))
    over = {
        row[0]: UnitLink(row[0], row[1], row[2], bool(row[3])) for row in session.execute(near.where(Unit.id.in_(ids)))
    }
    return UnitDetail(
        id=unit.id,
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        path=unit.path,
        parent_id=unit.parent_id,
        parent_code=over[unit.parent_id].code if unit.parent_id in over else "",
        valid_from=unit.valid_from,
        valid_to=unit.valid_to,
        is_sample=unit.is_sample,
        grade=unit.grade,
        source=unit.source,
        ancestors=tuple(over[i] for i in ids if i in over),
        successors=_succession(session, actor, UnitSuccession.old_id == unit.id, UnitSuccession.new_id),
        predecessors=_succession(session, actor, UnitSuccession.new_id == unit.id, UnitSuccession.old_id),
    )


def choices(session: Session, actor: Actor, *roles: Role, on: date) -> dict[UnitKind, list[tuple[int, str]]]:
    """Units in force that may be chosen, by kind, each with its name; for a list to choose from."""
    statement = (
        select(Unit.id, Unit.name, Unit.kind)
        .where(scope.units(actor, *roles), in_force(on))
        .order_by(_in_kind_order(), Unit.sort_key, Unit.id)
        .limit(5000)
    )
    found: dict[UnitKind, list[tuple[int, str]]] = {}
    for unit_id, name, kind in session.execute(statement):
        found.setdefault(kind, []).append((unit_id, name))
    return found


def by_code(session: Session, code: str) -> Unit | None:
    return session.execute(select(Unit).where(Unit.code == code)).scalar_one_or_none()


def by_id(session: Session, unit_id: int) -> Unit | None:
    return session.get(Unit, unit_id)


def id_of(session: Session, code: str) -> int | None:
    return session.execute(select(Unit.id).where(Unit.code == code)).scalar_one_or_none()


def ids(session: Session) -> dict[str, int]:
    """The id of every unit, by its code."""
    return {row.code: row.id for row in session.execute(select(Unit.code, Unit.id))}


def every(session: Session) -> tuple[Unit, ...]:
    """All units there are or were, by code."""
    return tuple(session.scalars(select(Unit).order_by(Unit.code)))


def under(session: Session, top_path: str) -> tuple[Unit, ...]:
    """A unit and everything under it, by code."""
    return tuple(session.scalars(select(Unit).where(scope.below(Unit.path, top_path)).order_by(Unit.code)))


def successions(session: Session) -> tuple[Succession, ...]:
    """Which unit went on as which, by the one that ended."""
    rows = session.execute(
        select(UnitSuccession.old_id, Unit.code, UnitSuccession.share)
        .join(Unit, Unit.id == UnitSuccession.new_id)
        .order_by(UnitSuccession.old_id, Unit.code)
    )
    return tuple(
        Succession(old_id, code, None if share is None else Decimal(str(share))) for old_id, code, share in rows
    )


def root(session: Session) -> Unit | None:
    """The unit over all others: the province."""
    return session.execute(select(Unit).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1)).scalar_one_or_none()


def root_id(session: Session) -> int | None:
    """The province."""
    return session.execute(select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1)).scalar()


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Unit)).scalar_one()


def _succession(session: Session, actor: Actor, clause: ColumnElement[bool], other: object) -> tuple[UnitLink, ...]:
    statement = (
        select(
            Unit.id,
            Unit.code,
            Unit.name,
            case((scope.units(actor, *READERS), 1), else_=0),
            UnitSuccession.share,
            UnitSuccession.since,
        )
        .join(UnitSuccession, other == Unit.id)
        .where(clause)
        .order_by(Unit.sort_key, Unit.id)
        .limit(200)
    )
    return tuple(
        UnitLink(unit_id, code, name, bool(seen), share, since)
        for unit_id, code, name, seen, share, since in session.execute(statement)
    )


def _narrowed(statement: Select[Unit, str], kind: UnitKind | None, on: date | None) -> Select[Unit, str]:
    if kind is not None:
        statement = statement.where(Unit.kind == kind)
    return statement if on is None else statement.where(in_force(on))


def _in_kind_order() -> ColumnElement[int]:
    return case({kind.value: place for kind, place in _KIND_ORDER.items()}, value=Unit.kind, else_=99)


def _children(session: Session, ids: list[int], on: date | None) -> dict[int, int]:
    statement = select(Unit.parent_id, func.count()).where(Unit.parent_id.in_(ids)).group_by(Unit.parent_id)
    if on is not None:
        statement = statement.where(in_force(on))
    return {parent: number for parent, number in session.execute(statement) if parent is not None}


def _line(unit: Unit, parent_name: str | None, children: int) -> UnitLine:
    return UnitLine(
        id=unit.id,
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        parent_name=parent_name or "",
        valid_from=unit.valid_from,
        valid_to=unit.valid_to,
        is_sample=unit.is_sample,
        grade=unit.grade,
        children=children,
    )
