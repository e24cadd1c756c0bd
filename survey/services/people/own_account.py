"""One's own account: another password, another phone for the second step, how CSV files are written."""

from __future__ import annotations

from datetime import datetime

from survey.csv_dialects import CsvDialect
from survey.database import Database
from survey.errors import N_, Forbidden, Invalid
from survey.models.people.accounts import Account
from survey.permissions import Actor
from survey.queries.people import accounts as queries
from survey.services import audit
from survey.services.people import signin
from survey.services.people.credentials import Passwords, Vault, accepted_step, password_problem, wrong_code


def change_password(
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


def replace_second_step(
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
        raise wrong_code()
    with database.writing() as session:
        row = session.get_one(Account, account.id)
        row.totp_secret, row.totp_step, row.failures = vault.seal(secret), step, 0
        signin.end_sessions(session, row.id, now=now, but=session_digest)
        signin.renew_sessions(session, row.id)
        audit.record(session, actor, "account.change_second_step", f"account {row.username}", now)


def remember_csv_dialect(database: Database, actor: Actor, dialect: CsvDialect) -> None:
    """Write this person's next CSV files in the same way."""
    with database.writing() as session:
        row = session.get_one(Account, actor.account_id)
        row.csv_dialect = dialect.value


def _proven(database: Database, passwords: Passwords, actor: Actor, current: str, now: datetime) -> Account:
    """One's own account, after the present password was shown. A wrong one counts like a wrong sign-in, so that an open
    desk does not become a place for guessing."""
    with database.reading() as session:
        account = queries.account(session, actor.account_id)
    if account is None:
        raise Forbidden("The command line has no account of its own.")
    signin.refuse_waiting(account, now)
    if not passwords.verify(account.password_hash, current):
        signin.count_failure(database, account.id, now=now)
        raise Invalid("Please put this right.", {"current": N_("This is not your present password.")})
    return account
