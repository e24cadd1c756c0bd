"""One-time links: how people get an account, and how both steps of signing in are set anew.

An administrator gives only rights that lie inside his or her own grants. The record has only the digest of a link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from survey import clock
from survey.database import Database
from survey.errors import N_, Conflict, Invalid, NotFound
from survey.models.people.accounts import Account, AccountStatus, Invitation, InvitationPurpose, Role
from survey.permissions import DOMAINS, Actor, system
from survey.queries.people import accounts as queries
from survey.services import audit
from survey.services.people import signin
from survey.services.people.accounts import manageable, normal_name, normal_username
from survey.services.people.credentials import (
    Enrolment,
    Passwords,
    Vault,
    accepted_step,
    enrolment,
    new_token,
    password_problem,
    token_digest,
    wrong_code,
)
from survey.services.people.grants import GrantInput, check, described, grant_row, require_place
from survey.services.province import units

LINK_HOURS = 72
FIRST_USERNAME = "quantri"
LINK_PATH = "/quan-tri/loi-moi/"
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,59}")


@dataclass(frozen=True)
class Invited:
    """A link that works once. The token is shown now and never again: the record has only its digest."""

    token: str
    username: str
    expires_at: datetime

    @property
    def path(self) -> str:
        return LINK_PATH + self.token


@dataclass(frozen=True)
class OpenLink:
    """What a one-time link is for, and how far its owner has come."""

    purpose: InvitationPurpose
    username: str
    full_name: str
    asks_name: bool
    has_password: bool
    expires_at: datetime


def invite(
    database: Database, actor: Actor, *, username: str, full_name: str, grants: tuple[GrantInput, ...], now: datetime
) -> Invited:
    """A one-time link that lets a person make the account named, with these grants."""
    name, person = normal_username(username), normal_name(full_name)
    problems: dict[str, str] = {}
    if not _USERNAME.fullmatch(name):
        problems["username"] = N_(
            "A sign-in name has 3 to 60 small letters without marks, digits, dots or hyphens, and begins with a letter."
        )
    if not 2 <= len(person) <= 200:
        problems["full_name"] = N_("Enter the person's full name.")
    if not grants:
        problems["role"] = N_("Give at least one right: a role, a unit and a service.")
    if problems:
        raise Invalid("The invitation is not complete.", problems)
    with database.writing() as session:
        if queries.id_of(session, name) is not None:
            raise Invalid(
                "The invitation is not complete.", {"username": N_("There is an account with this sign-in name.")}
            )
        for grant in grants:
            check(session, actor, grant)
        session.execute(
            delete(Invitation).where(
                Invitation.username == name, Invitation.used_at.is_(None), Invitation.account_id.is_(None)
            )
        )
        made = _new_link(
            session, actor, InvitationPurpose.NEW_ACCOUNT, username=name, full_name=person, grants=grants, now=now
        )
        audit.record(
            session,
            actor,
            "account.invite",
            f"account {name}",
            now,
            full_name=person,
            grants=[described(session, g) for g in grants],
        )
    return made


def first_administrator_link(database: Database, *, base_url: str, now: datetime) -> str | None:
    """The address where the first administrator of a new installation signs up; None once there is an account.

    Each start makes a new link and takes the earlier one away. The person enters his or her own name there.
    """
    with database.writing() as session:
        if queries.count(session):
            return None
        root = units.ensure_root(session)
        session.execute(delete(Invitation).where(Invitation.used_at.is_(None)))
        made = _new_link(
            session,
            system("installation"),
            InvitationPurpose.NEW_ACCOUNT,
            username=FIRST_USERNAME,
            full_name="",
            grants=(GrantInput(Role.ADMINISTRATOR, root.id, DOMAINS),),
            now=now,
        )
    return base_url.rstrip("/") + made.path


def cancel_invitation(database: Database, actor: Actor, invitation_id: int, *, now: datetime) -> None:
    """Take a link back that was not used. Pressing twice does no harm."""
    with database.writing() as session:
        row = session.get(Invitation, invitation_id)
        if row is None or row.used_at is not None:
            return
        for grant in row.grants:
            require_place(session, actor, grant["unit_id"], grant["domains"])
        session.delete(row)
        audit.record(session, actor, "account.cancel_invitation", f"account {row.username}", now)


def open_link(database: Database, token: str, *, now: datetime) -> OpenLink:
    """What the link is for. NotFound when it is unknown, used or too old: the words are the same."""
    with database.reading() as session:
        row = _link(session, token, now)
        return OpenLink(
            purpose=row.purpose,
            username=row.username,
            full_name=row.full_name,
            asks_name=not row.full_name,
            has_password=row.password_hash is not None,
            expires_at=row.expires_at,
        )


def choose_password(
    database: Database, passwords: Passwords, token: str, password: str, *, full_name: str = "", now: datetime
) -> None:
    """First step of a link: the password, kept with the link until the second step is done."""
    with database.reading() as session:
        row = _link(session, token, now)
        username, person = row.username, row.full_name or normal_name(full_name)
    problems: dict[str, str] = {}
    if not 2 <= len(person) <= 200:
        problems["full_name"] = N_("Enter your full name.")
    if problem := password_problem(password, username=username, full_name=person):
        problems["password"] = problem
    if problems:
        raise Invalid("Please put this right.", problems)
    hashed = passwords.hash(password)
    with database.writing() as session:
        row = _link(session, token, now)
        row.password_hash, row.full_name = hashed, person


def link_enrolment(vault: Vault, link: OpenLink, token: str) -> Enrolment:
    """What the phone's app needs. The same each time this link is opened."""
    return enrolment(vault.derived_secret(token), link.username)


def finish_link(
    database: Database, vault: Vault, token: str, code: str, *, now: datetime, language: str | None = None
) -> signin.OpenedSession:
    """Second step of a link: the first code proves the phone. Makes or mends the account and signs the person in."""
    secret = vault.derived_secret(token)
    with database.writing() as session:
        row = _link(session, token, now)
        if row.password_hash is None:
            raise Conflict("Choose a password first.")
        step = accepted_step(secret, code, after=0, now=now)
        if step is None:
            raise wrong_code()
        account = (
            _made(session, row, now) if row.purpose is InvitationPurpose.NEW_ACCOUNT else _mended(session, row, now)
        )
        account.password_hash = row.password_hash
        account.totp_secret, account.totp_step = vault.seal(secret), step
        account.failures, account.wait_until = 0, None
        account.last_seen_on = clock.local_day(now)
        row.used_at, row.password_hash = now, None
        return signin.open_session(session, account.id, now=now, language=language)


def reset(database: Database, actor: Actor, account_id: int, *, now: datetime) -> Invited:
    """Take both steps of signing in away and make a link to set them anew; for a lost phone or password."""
    with database.writing() as session:
        account = manageable(session, actor, account_id)
        session.execute(delete(Invitation).where(Invitation.account_id == account.id, Invitation.used_at.is_(None)))
        account.password_hash, account.totp_secret = "!", None
        ended = signin.end_sessions(session, account.id, now=now)
        made = _new_link(
            session,
            actor,
            InvitationPurpose.RESET,
            username=account.username,
            full_name=account.full_name,
            grants=tuple(
                GrantInput(g.role, g.unit_id, frozenset(g.domains)) for g in queries.grants_of(session, [account.id])
            ),
            now=now,
            account_id=account.id,
        )
        audit.record(session, actor, "account.reset", f"account {account.username}", now, sessions_ended=ended)
    return made


def _new_link(
    session: Session,
    actor: Actor,
    purpose: InvitationPurpose,
    *,
    username: str,
    full_name: str,
    grants: tuple[GrantInput, ...],
    now: datetime,
    account_id: int | None = None,
) -> Invited:
    token = new_token()
    row = Invitation(
        purpose=purpose,
        account_id=account_id,
        token_digest=token_digest(token),
        username=username,
        full_name=full_name,
        grants=[
            {
                "role": g.role.value,
                "unit_id": g.unit_id,
                "domains": sorted(g.domains),
                "row_data": g.row_data,
                "comments": g.comments,
            }
            for g in grants
        ],
        created_at=now,
        expires_at=now + timedelta(hours=LINK_HOURS),
        created_by=actor.account_id,
    )
    session.add(row)
    return Invited(token, username, row.expires_at)


def _link(session: Session, token: str, now: datetime) -> Invitation:
    row = queries.invitation(session, token_digest(token))
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise NotFound("This link is not valid any more: it works once and for 72 hours. Ask for a new one.")
    return row


def _made(session: Session, row: Invitation, now: datetime) -> Account:
    if queries.id_of(session, row.username) is not None:
        raise Conflict("There is an account with this sign-in name by now. Ask for a new invitation.")
    account = Account(
        username=row.username,
        full_name=row.full_name,
        password_hash="!",
        status=AccountStatus.ACTIVE,
        created_at=now,
    )
    session.add(account)
    session.flush()
    for g in row.grants:
        session.add(
            grant_row(
                account.id,
                GrantInput(Role(g["role"]), g["unit_id"], frozenset(g["domains"]), g["row_data"], g["comments"]),
            )
        )
    _audit_self(session, account, "account.create", now, invited_by=row.created_by)
    return account


def _mended(session: Session, row: Invitation, now: datetime) -> Account:
    account = queries.account(session, row.account_id)
    assert account is not None  # the link was made for it, and accounts are never deleted
    if account.status is not AccountStatus.ACTIVE:
        raise Conflict("This account is disabled. Ask an administrator of the province to enable it.")
    _audit_self(session, account, "account.set_both_steps", now)
    return account


def _audit_self(session: Session, account: Account, action: str, now: datetime, **detail: Any) -> None:
    person = Actor(account.id, account.username, account.full_name, ())
    audit.record(session, person, action, f"account {account.username}", now, **detail)
