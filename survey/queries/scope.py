"""Which objects an actor may see or change: clauses that every query of a staff page adds to its own.

A grant is role × unit subtree × service domains. A unit's `path` is "/1/7/31/", so that a subtree is a prefix.

    select(Unit).where(scope.units(actor, Role.FIELD_OFFICER, domain="health"))
    select(Wave).join(Campaign).join(Unit, Wave.unit_id == Unit.id).where(scope.waves_in_sight(actor, Role.ANALYST))
    select(Wave)… .where(scope.waves_in_charge(actor, Role.FIELD_OFFICER))

Without a fitting grant the clause is false: a foreign object is simply not found.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, String, and_, bindparam, false, literal, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from survey.models.fieldwork.waves import Campaign
from survey.models.people.accounts import Role
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import Actor, GrantScope

Path = ColumnElement[str] | InstrumentedAttribute[str]


def below(path: Path, top: str) -> ColumnElement[bool]:
    """The clause that a path is `top` or under it."""
    return path.like(literal(top + "%", String))


def above(path: Path, bottom: str) -> ColumnElement[bool]:
    """The clause that a path is `bottom` or one of the units over it."""
    parts = [p for p in bottom.split("/") if p]
    over = ["/" + "/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1)]
    return path.in_(bindparam(None, over, expanding=True))


def units(actor: Actor, *roles: Role, domain: str | None = None, path: Path = Unit.path) -> ColumnElement[bool]:
    """Units inside the actor's subtrees, for one service where `domain` is given."""
    if actor.is_system:
        return true()
    return _any(below(path, g.unit_path) for g in actor.scopes(*roles) if domain is None or domain in g.domains)


def domains(actor: Actor, *roles: Role) -> frozenset[str]:
    """The services in which the actor holds one of the roles, wherever that is."""
    if actor.is_system:
        return frozenset(d.value for d in ServiceDomain)
    return frozenset(d for g in actor.scopes(*roles) for d in g.domains)


def waves_in_charge(
    actor: Actor,
    *roles: Role,
    path: Path = Unit.path,
    domain: Path = Campaign.service_domain,
) -> ColumnElement[bool]:
    """Waves the actor may run: theirs are the wave's unit and its service. The query joins Campaign and Unit."""
    if actor.is_system:
        return true()
    return _any(and_(below(path, g.unit_path), _in_domains(domain, g)) for g in actor.scopes(*roles))


def waves_in_sight(
    actor: Actor,
    *roles: Role,
    path: Path = Unit.path,
    domain: Path = Campaign.service_domain,
) -> ColumnElement[bool]:
    """Waves of which the actor may see at least a part: the wave's unit is in the subtree, or over it.

    Of a wave over the subtree only the part inside may be shown: add `units(…, domain=…)` to what is read.
    """
    if actor.is_system:
        return true()
    return _any(
        and_(or_(below(path, g.unit_path), above(path, g.unit_path)), _in_domains(domain, g))
        for g in actor.scopes(*roles)
    )


def _in_domains(column: Path, grant: GrantScope) -> ColumnElement[bool]:
    return column.in_(sorted(grant.domains))


def _any(clauses: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    found = list(clauses)
    return or_(*found) if found else false()
