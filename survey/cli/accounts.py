"""`hailong accounts`: invite people, list accounts, let somebody in again."""

from __future__ import annotations

import json

import click
from sqlalchemy.orm import Session

from survey import clock
from survey.cli.record import Opened, record
from survey.errors import Invalid, NotFound
from survey.permissions import DOMAINS, Role
from survey.queries.people import accounts as queries
from survey.queries.province import units as unit_queries
from survey.services.people import accounts as service
from survey.services.people import invitations
from survey.services.people.grants import GrantInput
from survey.services.people.invitations import Invited
from survey.words.figures import day


@click.group()
def accounts() -> None:
    """Staff accounts. People get a one-time link; nobody is given a password."""


@accounts.command()
@click.argument("username")
@click.option("--name", required=True, help="The person's full name.")
@click.option(
    "--grant",
    "grants",
    multiple=True,
    required=True,
    metavar="ROLE[:UNIT[:SERVICES[:EXTRAS]]]",
    help="A right, for example analyst:dn-so-y-te:health,admin or analyst:48:admin:rows,comments. Without UNIT the "
    "whole province, without SERVICES all three. May be given several times.",
)
def invite(username: str, name: str, grants: tuple[str, ...]) -> None:
    """Print a one-time link with which USERNAME sets a password and a second step.

    It works once, for 72 hours. The roles are administrator, designer, approver, field_officer, analyst and
    unit_viewer; the services admin, health and education.
    """
    with record() as opened:
        with opened.database.reading() as session:
            wanted = tuple(read_grant(session, text) for text in grants)
        invited = invitations.invite(
            opened.database, opened.actor, username=username, full_name=name, grants=wanted, now=clock.now()
        )
        click.echo(address(opened, invited))


@accounts.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def list_(as_json: bool) -> None:
    """List every account with its rights."""
    with record() as opened, opened.database.reading() as session:
        found: list[queries.AccountRow] = []
        number = 1
        while True:
            page = queries.listing(session, opened.actor, number=number)
            found += page.items
            if page.next is None:
                break
            number = page.next
    if as_json:
        rows = [
            {
                "username": a.username,
                "full_name": a.full_name,
                "status": a.status.value,
                "last_seen_on": a.last_seen_on.isoformat() if a.last_seen_on else None,
                "grants": [{"role": g.role.value, "unit": g.unit_name, "services": list(g.domains)} for g in a.grants],
            }
            for a in found
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not found:
        click.echo("There is no account yet: `hailong run` prints the link of the first administrator.")
    for a in found:
        seen = f"last seen {day(a.last_seen_on)}" if a.last_seen_on else "never seen"
        click.echo(f"{a.username:20} {a.status.value:9} {seen:22} {a.full_name}")
        for g in a.grants:
            click.echo(f"{'':20} {g.role.value} · {g.unit_name} · {', '.join(g.domains)}")


@accounts.command()
@click.argument("username")
def reset(username: str) -> None:
    """Print a one-time link with which USERNAME sets both steps anew, and enable the account if it is disabled.

    For a lost phone, a forgotten password, or an administrator who was away too long.
    """
    with record() as opened:
        account_id = find(opened, username)
        service.enable(opened.database, opened.actor, account_id, now=clock.now())
        click.echo(address(opened, invitations.reset(opened.database, opened.actor, account_id, now=clock.now())))


def find(opened: Opened, username: str) -> int:
    with opened.database.reading() as session:
        found = queries.id_of(session, username)
    if found is None:
        raise NotFound("There is no account %(name)s: see `hailong accounts list`.", name=username)
    return found


def read_grant(session: Session, text: str) -> GrantInput:
    """A right as it is typed: 'analyst:dn-so-y-te:health,admin:rows'."""
    role, unit, services, extras, *rest = [*text.split(":"), "", "", ""][: max(4, text.count(":") + 1)]
    known = [r.value for r in Role]
    if role not in known or rest:
        raise Invalid(
            "A right is ROLE:UNIT:SERVICES:EXTRAS with a role of %(roles)s; got %(text)s.",
            roles=", ".join(known),
            text=text,
        )
    unit_id = unit_queries.id_of(session, unit) if unit else unit_queries.root_id(session)
    if unit_id is None:
        raise Invalid("There is no unit with code %(code)s: see `hailong units export`.", code=unit or "(province)")
    domains = frozenset(d for d in services.split(",") if d) or DOMAINS
    if unknown := domains - DOMAINS:
        raise Invalid("The services are admin, health, education; got %(value)s.", value=", ".join(sorted(unknown)))
    wanted = frozenset(e for e in extras.split(",") if e)
    if unknown := wanted - {"rows", "comments"}:
        raise Invalid("The extras are rows and comments; got %(value)s.", value=", ".join(sorted(unknown)))
    return GrantInput(Role(role), unit_id, domains, "rows" in wanted, "comments" in wanted)


def address(opened: Opened, invited: Invited) -> str:
    return opened.config.public_url + invited.path
