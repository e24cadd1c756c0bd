"""Accounts by invitation only: links, both steps of signing in, grants, disabling and letting in again.

An administrator gives only what lies inside the own grants, and nobody changes the own rights. The province always
keeps one account that can let others in.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey import clock
from survey.database import Database
from survey.errors import N_, Conflict, Forbidden, Invalid, NotFound
from survey.models.accounts import Account, AccountStatus, Grant, Invitation, InvitationPurpose, Role
from survey.models.units import Unit
from survey.permissions import DOMAINS, Actor, system
from survey.queries import accounts as queries
from survey.services import audit, signin, units
from survey.services.credentials import (
    Enrolment,
    Passwords,
    Vault,
    accepted_step,
    enrolment,
    new_token,
    password_problem,
    token_digest,
)

LINK_HOURS = 72
FIRST_USERNAME = "quantri"
LINK_PATH = "/quan-tri/loi-moi/"
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,59}")
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


# Links


def invite(
    database: Database, actor: Actor, *, username: str, full_name: str, grants: tuple[GrantInput, ...], now: datetime
) -> Invited:
    """A one-time link that lets a person make the account named, with these grants."""
    name, person = _username(username), _person(full_name)
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
        if session.execute(select(Account.id).where(Account.username == name)).first():
            raise Invalid(
                "The invitation is not complete.", {"username": N_("There is an account with this sign-in name.")}
            )
        for grant in grants:
            _check_grant(session, actor, grant)
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
            grants=[_described(session, g) for g in grants],
        )
    return made


def first_administrator_link(database: Database, *, base_url: str, now: datetime) -> str | None:
    """The address where the first administrator of a new installation signs up; None once there is an account.

    Each start makes a new link and takes the earlier one away. The person writes the own name.
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
            _require_place(session, actor, grant["unit_id"], grant["domains"])
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
        username, person = row.username, row.full_name or _person(full_name)
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
            raise _wrong_code()
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
        account = _manageable(session, actor, account_id)
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


# Rights


def add_grant(database: Database, actor: Actor, account_id: int, grant: GrantInput, *, now: datetime) -> int:
    """Give one more right. The same right twice is one right."""
    with database.writing() as session:
        account = _manageable(session, actor, account_id, whole=False)
        _check_grant(session, actor, grant)
        for row in session.execute(select(Grant).where(Grant.account_id == account.id)).scalars():
            if (row.role, row.unit_id, frozenset(row.domains), row.row_data, row.comments) == (
                grant.role,
                grant.unit_id,
                grant.domains,
                grant.row_data,
                grant.comments,
            ):
                return row.id
        row = _grant_row(account.id, grant)
        session.add(row)
        signin.renew_sessions(session, account.id)
        audit.record(session, actor, "grant.add", f"account {account.username}", now, **_described(session, grant))
        session.flush()
        return row.id


def end_grant(database: Database, actor: Actor, account_id: int, grant_id: int, *, now: datetime) -> None:
    """Take one right away. Pressing twice does no harm."""
    with database.writing() as session:
        account = _manageable(session, actor, account_id, whole=False)
        row = session.get(Grant, grant_id)
        if row is None or row.account_id != account.id:
            return
        _require_place(session, actor, row.unit_id, row.domains)
        given = GrantInput(row.role, row.unit_id, frozenset(row.domains), row.row_data, row.comments)
        session.delete(row)
        session.flush()
        _keep_an_administrator(session)
        signin.renew_sessions(session, account.id)
        audit.record(session, actor, "grant.end", f"account {account.username}", now, **_described(session, given))


def disable(database: Database, actor: Actor, account_id: int, *, now: datetime) -> None:
    """Nobody signs in with this account any more; its sessions end."""
    with database.writing() as session:
        account = _manageable(session, actor, account_id)
        if account.status is AccountStatus.DISABLED:
            return
        account.status = AccountStatus.DISABLED
        session.flush()
        _keep_an_administrator(session)
        ended = signin.end_sessions(session, account.id, now=now)
        session.execute(delete(Invitation).where(Invitation.account_id == account.id, Invitation.used_at.is_(None)))
        audit.record(
            session,
            actor,
            "account.disable",
            f"account {account.username}",
            now,
            reason="administrator",
            sessions_ended=ended,
        )


def enable(database: Database, actor: Actor, account_id: int, *, now: datetime) -> None:
    """Let a disabled account in again; its idle days are counted anew, its waiting ends."""
    with database.writing() as session:
        account = _manageable(session, actor, account_id)
        if account.status is AccountStatus.ACTIVE and account.wait_until is None and not account.failures:
            return
        account.status = AccountStatus.ACTIVE
        account.last_seen_on = clock.local_day(now)
        account.failures, account.wait_until = 0, None
        audit.record(session, actor, "account.enable", f"account {account.username}", now)


# One's own account


def change_own_password(
    database: Database,
    passwords: Passwords,
    actor: Actor,
    *,
    current: str,
    new: str,
    session_digest: bytes,
    now: datetime,
) -> None:
    """A new password; every other browser is signed out, and this one gets a new token at its next request."""
    account = _proven(database, passwords, actor, current, now)
    if problem := password_problem(new, username=account.username, full_name=account.full_name):
        raise Invalid("Please put this right.", {"password": problem})
    hashed = passwords.hash(new)
    with database.writing() as session:
        row = session.get_one(Account, account.id)
        row.password_hash, row.failures = hashed, 0
        signin.end_sessions(session, row.id, now=now, but=session_digest)
        signin.renew_sessions(session, row.id)
        audit.record(session, actor, "account.change_password", f"account {row.username}", now)


def replace_own_second_step(
    database: Database,
    passwords: Passwords,
    vault: Vault,
    actor: Actor,
    *,
    current: str,
    secret: str,
    code: str,
    session_digest: bytes,
    now: datetime,
) -> None:
    """Another phone: the present password and a code of the new secret."""
    account = _proven(database, passwords, actor, current, now)
    step = accepted_step(secret, code, after=0, now=now)
    if step is None:
        raise _wrong_code()
    with database.writing() as session:
        row = session.get_one(Account, account.id)
        row.totp_secret, row.totp_step, row.failures = vault.seal(secret), step, 0
        signin.end_sessions(session, row.id, now=now, but=session_digest)
        signin.renew_sessions(session, row.id)
        audit.record(session, actor, "account.change_second_step", f"account {row.username}", now)


# For the demonstration and for tests: an account at once, without a link


def create_account(
    database: Database,
    passwords: Passwords,
    vault: Vault,
    actor: Actor,
    *,
    username: str,
    full_name: str,
    password: str,
    totp_secret: str,
    grants: tuple[GrantInput, ...],
    now: datetime,
) -> int:
    """Only the system may: people are invited. Safe to call again: an account that is there is left as it is."""
    if not actor.is_system:
        raise Forbidden("Accounts are made by invitation.")
    hashed = passwords.hash(password)
    with database.writing() as session:
        found = session.execute(select(Account.id).where(Account.username == username)).scalar_one_or_none()
        if found is not None:
            return found
        account = Account(
            username=_username(username),
            full_name=_person(full_name),
            password_hash=hashed,
            totp_secret=vault.seal(totp_secret),
            status=AccountStatus.ACTIVE,
            created_at=now,
        )
        session.add(account)
        session.flush()
        session.add_all(_grant_row(account.id, grant) for grant in grants)
        audit.record(
            session,
            actor,
            "account.create",
            f"account {account.username}",
            now,
            grants=[_described(session, g) for g in grants],
        )
        return account.id


# Parts


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
    row = session.execute(select(Invitation).where(Invitation.token_digest == token_digest(token))).scalar_one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise NotFound("This link is not valid any more: it works once and for 72 hours. Ask for a new one.")
    return row


def _made(session: Session, row: Invitation, now: datetime) -> Account:
    if session.execute(select(Account.id).where(Account.username == row.username)).first():
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
            _grant_row(
                account.id,
                GrantInput(Role(g["role"]), g["unit_id"], frozenset(g["domains"]), g["row_data"], g["comments"]),
            )
        )
    _audit_self(session, account, "account.create", now, invited_by=row.created_by)
    return account


def _mended(session: Session, row: Invitation, now: datetime) -> Account:
    account = session.get_one(Account, row.account_id)
    if account.status is not AccountStatus.ACTIVE:
        raise Conflict("This account is disabled. Ask an administrator of the province to enable it.")
    _audit_self(session, account, "account.set_both_steps", now)
    return account


def _audit_self(session: Session, account: Account, action: str, now: datetime, **detail: Any) -> None:
    person = Actor(account.id, account.username, account.full_name, ())
    audit.record(session, person, action, f"account {account.username}", now, **detail)


def _grant_row(account_id: int, grant: GrantInput) -> Grant:
    return Grant(
        account_id=account_id,
        role=grant.role,
        unit_id=grant.unit_id,
        domains=sorted(grant.domains),
        row_data=grant.row_data,
        comments=grant.comments,
    )


def _check_grant(session: Session, actor: Actor, grant: GrantInput) -> None:
    problems: dict[str, str] = {}
    if not grant.domains or not grant.domains <= DOMAINS:
        problems["domains"] = N_("Choose at least one service.")
    if grant.row_data and grant.role not in ROLES_WITH_ROWS:
        problems["row_data"] = N_("Only analysts may be given files with a row per answer.")
    if grant.comments and grant.role not in ROLES_WITH_COMMENTS:
        problems["comments"] = N_("Only analysts and unit viewers may be given open comments to read.")
    if session.get(Unit, grant.unit_id) is None:
        problems["unit"] = N_("Choose a unit from the list.")
    if problems:
        raise Invalid("This right cannot be given as it is.", problems)
    _require_place(session, actor, grant.unit_id, grant.domains)


def _require_place(session: Session, actor: Actor, unit_id: int, domains: Any) -> None:
    unit = session.get(Unit, unit_id)
    path = unit.path if unit else "/"
    for domain in domains:
        if not actor.may(Role.ADMINISTRATOR, unit_path=path, domain=domain):
            raise Forbidden("You may give and take rights only inside your own units and services.")


def _manageable(session: Session, actor: Actor, account_id: int, *, whole: bool = True) -> Account:
    """The account, when the actor may change it: not one's own, and all of its grants in the own scope (`whole`)."""
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or (not actor.is_system and queries.one(session, actor, account_id) is None):
        raise NotFound("There is no such account.")
    if account.id == actor.account_id:
        raise Forbidden("Nobody changes the own rights: another administrator has to do this.")
    if whole:
        for grant in queries.grants_of(session, [account.id]):
            _require_place(session, actor, grant.unit_id, grant.domains)
    return account


def _keep_an_administrator(session: Session) -> None:
    if not queries.province_administrators(session):
        raise Conflict(
            "This is the last administrator of the whole province. Give somebody else that right first: "
            "otherwise nobody could let anyone in."
        )


def _proven(database: Database, passwords: Passwords, actor: Actor, current: str, now: datetime) -> Account:
    """One's own account, after the present password was shown. A wrong one counts like a wrong sign-in, so that an open
    desk does not become a place for guessing."""
    with database.reading() as session:
        account = session.get(Account, actor.account_id)
    if account is None:
        raise Forbidden("The command line has no account of its own.")
    signin.refuse_waiting(account, now)
    if not passwords.verify(account.password_hash, current):
        signin.count_failure(database, account.id, now=now)
        raise Invalid("Please put this right.", {"current": N_("This is not your present password.")})
    return account


def _wrong_code() -> Invalid:
    return Invalid(
        "Please put this right.",
        {"code": N_("This code is not the one of the app now. Check the phone's clock and enter the newest code.")},
    )


def _described(session: Session, grant: GrantInput) -> dict[str, Any]:
    unit = session.get(Unit, grant.unit_id)
    return {
        "role": grant.role.value,
        "unit": f"{unit.code} {unit.name}" if unit else str(grant.unit_id),
        "domains": sorted(grant.domains),
        "row_data": grant.row_data,
        "comments": grant.comments,
    }


def _username(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().lower()


def _person(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
