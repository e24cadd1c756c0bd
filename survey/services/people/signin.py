"""Signing in: a password, then a code that works once; sessions kept on the server; waiting instead of lock-out.

After five wrong tries in a row each further one has to wait, doubling from one minute to fifteen: a hard lock would let
anyone shut out the analyst. A name nobody has gets the same work and the same words, and leaves nothing in the record.
The cookie carries a random token, the record only its digest.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from survey import clock
from survey.database import Database, changed
from survey.errors import N_, SurveyError
from survey.models.people.accounts import Account, AccountStatus, StaffSession
from survey.permissions import Actor, system
from survey.queries.people import accounts as queries
from survey.services import audit
from survey.services.people.credentials import Passwords, Vault, accepted_step, new_token, token_digest

FREE_TRIES = 5
LONGEST_WAIT_MINUTES = 15
SESSION_HOURS = 12
PENDING_SECONDS = 5 * 60  # between the password and the code
TOUCH_SECONDS = 60  # a session notes its last use at most this often
KEEP_ENDED_DAYS = 7  # so that typed work finds its owner again
RENEW_GRACE_SECONDS = 30  # requests already under way with the old token


class SignInRefused(SurveyError):
    """Wrong name, wrong password, or waiting: one sentence for all of them."""

    status = 422


class MustWait(SignInRefused):
    """Too many wrong tries: the account has to wait. Said only to a person who has shown the right password."""


@dataclass(frozen=True)
class PasswordProof:
    """Proof that the password was right; `stamp` is another one once the password is changed."""

    account_id: int
    stamp: str


@dataclass(frozen=True)
class OpenedSession:
    token: str
    account_id: int
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FoundSession:
    """What a browser's token leads to. `actor` is None once the session has ended; `account_id` says whose it was."""

    account_id: int
    digest: bytes
    actor: Actor | None
    data: dict[str, Any]
    renew: bool = False
    touch_due: bool = False


def check_password(
    database: Database, passwords: Passwords, username: str, password: str, *, now: datetime
) -> PasswordProof:
    """The first step. Raises SignInRefused with the same words whatever was wrong."""
    name = username.strip().lower()[:60]
    with database.reading() as session:
        account = queries.by_username(session, name)
    right = passwords.verify(account.password_hash if account else None, password)
    if account is not None and not _waiting(account, now):
        if right:
            return PasswordProof(account.id, _stamp(account))
        count_failure(database, account.id, now=now)
    raise SignInRefused(
        N_(
            "The name or the password is not right, or the account has to wait. "
            "After 5 wrong tries each further one waits, from 1 minute up to 15."
        )
    )


def confirm_code(
    database: Database,
    vault: Vault,
    proof: PasswordProof,
    code: str,
    *,
    now: datetime,
    idle_days: int,
    language: str | None = None,
) -> OpenedSession:
    """The second step: opens a session under a new token. Idle accounts are disabled on this occasion."""
    refusal: SurveyError | None = None
    with database.writing() as session:
        account = session.get(Account, proof.account_id, with_for_update=True)
        if account is None or _stamp(account) != proof.stamp or account.totp_secret is None:
            raise SignInRefused(N_("Please begin again with your name and password."))
        step = None
        try:
            refuse_waiting(account, now)
        except MustWait as waiting:
            refusal = waiting
        else:
            step = accepted_step(vault.open(account.totp_secret), code, after=account.totp_step, now=now)
            if step is None:
                _count_failure(session, account.id, now)
                refusal = SignInRefused(
                    N_(
                        "This code is not right or was used already. Wait for the next one in your app, and check that "
                        "the phone's clock is set automatically."
                    )
                )
        if step is not None:
            account.totp_step = step
            retire_idle(session, now=now, days=idle_days)
            if account.status is not AccountStatus.ACTIVE:
                refusal = SignInRefused(
                    N_("This account is disabled. Ask an administrator of the province to enable it.")
                )
            else:
                return _welcome(session, account, now=now, language=language)
    assert refusal is not None
    raise refusal


def count_failure(database: Database, account_id: int, *, now: datetime) -> None:
    """One more wrong try in a row."""
    with database.writing() as session:
        _count_failure(session, account_id, now)


def _welcome(session: Session, account: Account, *, now: datetime, language: str | None) -> OpenedSession:
    failures, account.failures, account.wait_until = account.failures, 0, None
    account.last_seen_on = clock.local_day(now)
    actor = Actor(account.id, account.username, account.full_name, ())
    audit.record(session, actor, "account.sign_in", f"account {account.username}", now, wrong_tries_before=failures)
    session.execute(delete(StaffSession).where(StaffSession.expires_at < now - timedelta(days=KEEP_ENDED_DAYS)))
    return open_session(session, account.id, now=now, language=language)


def open_session(session: Session, account_id: int, *, now: datetime, language: str | None = None) -> OpenedSession:
    """A new session under a new token, inside the caller's transaction."""
    token = new_token()
    data: dict[str, Any] = {"csrf_token": secrets.token_hex(20)}
    if language:
        data["language"] = language
    session.add(
        StaffSession(
            token_digest=token_digest(token),
            account_id=account_id,
            data=data,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=SESSION_HOURS),
        )
    )
    return OpenedSession(token, account_id, data)


def find_session(database: Database, token: str, *, now: datetime, idle_minutes: int) -> FoundSession | None:
    """Whose session it is and what they may do now; None for a token nobody has."""
    digest = token_digest(token)
    with database.reading() as session:
        row = queries.staff_session(session, digest)
        if row is None or row.account_id is None:
            return None
        ended = row.expires_at <= now or row.seen_at + timedelta(minutes=idle_minutes) <= now
        actor = None if ended else queries.actor(session, row.account_id)
        return FoundSession(
            account_id=row.account_id,
            digest=digest,
            actor=actor,
            data=dict(row.data) if actor else {},
            renew=row.renew,
            touch_due=now - row.seen_at >= timedelta(seconds=TOUCH_SECONDS),
        )


def touch_session(database: Database, digest: bytes, *, now: datetime) -> None:
    """Note that a session is in use."""
    with database.writing() as session:
        session.execute(
            update(StaffSession)
            .where(StaffSession.token_digest == digest, StaffSession.seen_at < now)
            .values(seen_at=now)
        )


def keep_session_data(database: Database, digest: bytes, data: dict[str, Any]) -> None:
    with database.writing() as session:
        session.execute(update(StaffSession).where(StaffSession.token_digest == digest).values(data=data))


def renew_session(database: Database, digest: bytes, *, now: datetime) -> str | None:
    """The same session under a new token, because its rights changed. Its absolute end stays where it was."""
    token = new_token()
    with database.writing() as session:
        old = session.get(StaffSession, digest, with_for_update=True)
        if old is None or not old.renew or old.expires_at <= now:
            return None
        session.add(
            StaffSession(
                token_digest=token_digest(token),
                account_id=old.account_id,
                data=old.data,
                created_at=old.created_at,
                seen_at=now,
                expires_at=old.expires_at,
            )
        )
        old.renew = False
        old.expires_at = min(old.expires_at, now + timedelta(seconds=RENEW_GRACE_SECONDS))
    return token


def end_session(database: Database, digest: bytes, *, now: datetime) -> None:
    with database.writing() as session:
        session.execute(
            update(StaffSession)
            .where(StaffSession.token_digest == digest, StaffSession.expires_at > now)
            .values(expires_at=now, data={})
        )


def end_sessions(session: Session, account_id: int, *, now: datetime, but: bytes | None = None) -> int:
    """End every session of an account (but one), inside the caller's transaction; returns how many were open."""
    statement = update(StaffSession).where(StaffSession.account_id == account_id, StaffSession.expires_at > now)
    if but is not None:
        statement = statement.where(StaffSession.token_digest != but)
    return changed(session, statement.values(expires_at=now, data={}))


def renew_sessions(session: Session, account_id: int) -> None:
    """Rights of an account changed: each of its sessions gets a new token at its next request."""
    session.execute(update(StaffSession).where(StaffSession.account_id == account_id).values(renew=True))


def end_everywhere(database: Database, actor: Actor, *, now: datetime) -> int:
    """Sign the actor out of every browser."""
    assert actor.account_id is not None
    with database.writing() as session:
        ended = end_sessions(session, actor.account_id, now=now)
        audit.record(session, actor, "account.sign_out_everywhere", f"account {actor.username}", now, sessions=ended)
    return ended


def retire_idle(session: Session, *, now: datetime, days: int) -> tuple[str, ...]:
    """Disable the accounts nobody has signed in to for so long; returns their names.

    The last administrator of the province is never disabled this way: of several who are all idle, the one seen last
    stays, so that there is always somebody who can let the others in again.
    """
    idle = [a for a in session.scalars(select(Account).order_by(Account.id)) if is_idle(a, now, days)]
    if not idle:
        return ()
    administrators = queries.province_administrators(session)
    if administrators and all(is_idle(a, now, days) for a in administrators):
        kept = max(administrators, key=lambda a: (_last_seen(a), a.id))
        idle = [a for a in idle if a.id != kept.id]
    for account in idle:
        account.status = AccountStatus.DISABLED
        end_sessions(session, account.id, now=now)
        audit.record(
            session, system("system"), "account.disable", f"account {account.username}", now, reason="idle", days=days
        )
    return tuple(a.username for a in idle)


def is_idle(account: Account, now: datetime, days: int) -> bool:
    return account.status is AccountStatus.ACTIVE and (clock.local_day(now) - _last_seen(account)).days > days


def wait_minutes(failures: int) -> int:
    """How long the next try waits after so many wrong ones in a row: 5 → 1, 6 → 2, 7 → 4, 8 → 8, then 15."""
    if failures < FREE_TRIES:
        return 0
    return min(LONGEST_WAIT_MINUTES, 1 << min(failures - FREE_TRIES, 10))


def _last_seen(account: Account) -> date:
    return account.last_seen_on or clock.local_day(account.created_at)


def _waiting(account: Account, now: datetime) -> bool:
    return account.wait_until is not None and account.wait_until > now


def refuse_waiting(account: Account, now: datetime) -> None:
    """Raise MustWait while the account waits after wrong tries."""
    if account.wait_until is not None and account.wait_until > now:
        minutes = ceil((account.wait_until - now).total_seconds() / 60)
        raise MustWait(
            N_("After so many wrong tries please wait %(minutes)d minutes, then try again."), minutes=minutes
        )


def _count_failure(session: Session, account_id: int, now: datetime) -> None:
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or _waiting(account, now):
        return
    account.failures += 1
    if minutes := wait_minutes(account.failures):
        account.wait_until = now + timedelta(minutes=minutes)


def _stamp(account: Account) -> str:
    return token_digest(f"{account.id} {account.password_hash}").hex()[:32]
