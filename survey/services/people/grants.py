"""What a right may be: a role, a place and services, inside the rights of the person who gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from survey.database import Database
from survey.errors import N_, Forbidden, Invalid
from survey.models.people.accounts import Grant, Role
from survey.permissions import DOMAINS, Actor
from survey.queries.people import accounts
from survey.queries.province import units

ROLES_WITH_ROWS = frozenset({Role.ANALYST})
ROLES_WITH_COMMENTS = frozenset({Role.ANALYST, Role.UNIT_VIEWER})


@dataclass(frozen=True)
class GrantInput:
    """A role, where, for which services; and the two rights that go beyond a role."""

    role: Role
    unit_id: int
    domains: frozenset[str]
    row_data: bool = False
    comments: bool = False


def check(session: Session, actor: Actor, grant: GrantInput) -> None:
    problems: dict[str, str] = {}
    if not grant.domains or not grant.domains <= DOMAINS:
        problems["domains"] = N_("Choose at least one service.")
    if grant.row_data and grant.role not in ROLES_WITH_ROWS:
        problems["row_data"] = N_("Only analysts may be given files with a row per answer.")
    if grant.comments and grant.role not in ROLES_WITH_COMMENTS:
        problems["comments"] = N_("Only analysts and unit viewers may be given open comments to read.")
    if units.by_id(session, grant.unit_id) is None:
        problems["unit"] = N_("Choose a unit from the list.")
    if problems:
        raise Invalid("This right cannot be given as it is.", problems)
    require_place(session, actor, grant.unit_id, grant.domains)


def require_place(session: Session, actor: Actor, unit_id: int, domains: Any) -> None:
    unit = units.by_id(session, unit_id)
    path = unit.path if unit else "/"
    for domain in domains:
        if not actor.may(Role.ADMINISTRATOR, unit_path=path, domain=domain):
            raise Forbidden("You may give and take rights only inside your own units and services.")


def grant_row(account_id: int, grant: GrantInput) -> Grant:
    return Grant(
        account_id=account_id,
        role=grant.role,
        unit_id=grant.unit_id,
        domains=sorted(grant.domains),
        row_data=grant.row_data,
        comments=grant.comments,
    )


def described(session: Session, grant: GrantInput) -> dict[str, Any]:
    unit = units.by_id(session, grant.unit_id)
    return {
        "role": grant.role.value,
        "unit": f"{unit.code} {unit.name}" if unit else str(grant.unit_id),
        "domains": sorted(grant.domains),
        "row_data": grant.row_data,
        "comments": grant.comments,
    }


def actor_of(database: Database, account_id: int | None) -> Actor:
    """The person who asked for a job, with the rights held now; refused once the account is disabled."""
    with database.reading() as session:
        found = None if account_id is None else accounts.actor(session, account_id)
    if found is None:
        raise Forbidden("The account that asked for this is disabled, so nothing was made.")
    return found
