"""Accounts and their rights: giving and taking, disabling and letting in again.

An administrator gives only rights that lie inside his or her own, and nobody changes the rights of his or her own
account. The province always keeps one account that can let others in. People come in by `invitations`.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from survey import clock
from survey.database import Database
from survey.errors import Conflict, Forbidden, NotFound
from survey.models.people.accounts import Account, AccountStatus, Grant, Invitation
from survey.permissions import Actor
from survey.queries.people import accounts as queries
from survey.services import audit
from survey.services.people import signin
from survey.services.people.credentials import Passwords, Vault
from survey.services.people.grants import GrantInput, check, described, grant_row, require_place


def add_grant(database: Database, actor: Actor, account_id: int, grant: GrantInput, *, now: datetime) -> int:
    """Give one more right. The same right twice is one right."""
    with database.writing() as session:
        account = manageable(session, actor, account_id, whole=False)
        check(session, actor, grant)
        for held in queries.grants_of(session, [account.id]):
            if (held.role, held.unit_id, frozenset(held.domains), held.row_data, held.comments) == (
                grant.role,
                grant.unit_id,
                grant.domains,
                grant.row_data,
                grant.comments,
            ):
                return held.id
        row = grant_row(account.id, grant)
        session.add(row)
        signin.renew_sessions(session, account.id)
        audit.record(session, actor, "grant.add", f"account {account.username}", now, **described(session, grant))
        session.flush()
        return row.id


def end_grant(database: Database, actor: Actor, account_id: int, grant_id: int, *, now: datetime) -> None:
    """Take one right away. Pressing twice does no harm."""
    with database.writing() as session:
        account = manageable(session, actor, account_id, whole=False)
        row = session.get(Grant, grant_id)
        if row is None or row.account_id != account.id:
            return
        require_place(session, actor, row.unit_id, row.domains)
        given = GrantInput(row.role, row.unit_id, frozenset(row.domains), row.row_data, row.comments)
        session.delete(row)
        session.flush()
        _keep_an_administrator(session)
        signin.renew_sessions(session, account.id)
        audit.record(session, actor, "grant.end", f"account {account.username}", now, **described(session, given))


def disable(database: Database, actor: Actor, account_id: int, *, now: datetime) -> None:
    """Nobody signs in with this account any more; its sessions end."""
    with database.writing() as session:
        account = manageable(session, actor, account_id)
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
        account = manageable(session, actor, account_id)
        if account.status is AccountStatus.ACTIVE and account.wait_until is None and not account.failures:
            return
        account.status = AccountStatus.ACTIVE
        account.last_seen_on = clock.local_day(now)
        account.failures, account.wait_until = 0, None
        audit.record(session, actor, "account.enable", f"account {account.username}", now)


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
        found = queries.id_of(session, username)
        if found is not None:
            return found
        account = Account(
            username=normal_username(username),
            full_name=normal_name(full_name),
            password_hash=hashed,
            totp_secret=vault.seal(totp_secret),
            status=AccountStatus.ACTIVE,
            created_at=now,
        )
        session.add(account)
        session.flush()
        session.add_all(grant_row(account.id, grant) for grant in grants)
        audit.record(
            session,
            actor,
            "account.create",
            f"account {account.username}",
            now,
            grants=[described(session, g) for g in grants],
        )
        return account.id


# What links use as well


def manageable(session: Session, actor: Actor, account_id: int, *, whole: bool = True) -> Account:
    """The account, when the actor may change it: not his or her own, and (`whole`) all its grants in scope."""
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or (not actor.is_system and queries.one(session, actor, account_id) is None):
        raise NotFound("There is no such account.")
    if account.id == actor.account_id:
        raise Forbidden("Nobody changes the own rights: another administrator has to do this.")
    if whole:
        for grant in queries.grants_of(session, [account.id]):
            require_place(session, actor, grant.unit_id, grant.domains)
    return account


def normal_username(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().lower()


def normal_name(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _keep_an_administrator(session: Session) -> None:
    if not queries.province_administrators(session):
        raise Conflict(
            "This is the last administrator of the whole province. Give somebody else that right first: "
            "otherwise nobody could let anyone in."
        )
