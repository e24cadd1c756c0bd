"""Staff accounts and their grants, as pages and sign-in read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from survey import clock
from survey.csv_dialects import CsvDialect
from survey.models.base import folded
from survey.models.people.accounts import (
    Account,
    AccountStatus,
    Grant,
    Invitation,
    InvitationPurpose,
    Role,
    StaffSession,
)
from survey.models.province.units import Unit
from survey.permissions import DOMAINS, Actor, GrantScope
from survey.queries import scope
from survey.queries.paging import Paged, paged


@dataclass(frozen=True)
class GrantRow:
    id: int
    account_id: int
    role: Role
    unit_id: int
    unit_name: str
    unit_path: str
    domains: tuple[str, ...]
    row_data: bool
    comments: bool


@dataclass(frozen=True)
class AccountRow:
    id: int
    username: str
    full_name: str
    status: AccountStatus
    last_seen_on: date | None
    created_at: datetime
    failures: int
    wait_until: datetime | None
    has_second_step: bool
    grants: tuple[GrantRow, ...] = ()


@dataclass(frozen=True)
class InvitationRow:
    id: int
    purpose: InvitationPurpose
    username: str
    full_name: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class AccountsToday:
    waiting: tuple[AccountRow, ...]
    idle_soon: int
    invitations: int


@dataclass(frozen=True)
class OpenSession:
    created_at: datetime
    seen_at: datetime
    is_this: bool


def actor(session: Session, account_id: int) -> Actor | None:
    """The person of an account with the grants it holds now; None when the account is disabled or does not exist."""
    found = session.get(Account, account_id)
    if found is None or found.status is not AccountStatus.ACTIVE:
        return None
    grants = tuple(
        GrantScope(g.role, g.unit_id, g.unit_path, frozenset(g.domains), g.row_data, g.comments)
        for g in grants_of(session, [found.id])
    )
    return Actor(found.id, found.username, found.full_name, grants)


def grants_of(session: Session, account_ids: list[int]) -> tuple[GrantRow, ...]:
    statement = (
        select(Grant, Unit.name, Unit.path)
        .join(Unit, Grant.unit_id == Unit.id)
        .where(Grant.account_id.in_(account_ids))
        .order_by(Grant.account_id, Grant.id)
    )
    return tuple(
        GrantRow(
            id=g.id,
            account_id=g.account_id,
            role=g.role,
            unit_id=g.unit_id,
            unit_name=name,
            unit_path=path,
            domains=tuple(d for d in ("admin", "health", "education") if d in g.domains),
            row_data=g.row_data,
            comments=g.comments,
        )
        for g, name, path in session.execute(statement)
    )


def listing(session: Session, viewer: Actor, *, text: str = "", number: int = 1) -> Paged[AccountRow]:
    """Accounts with a grant inside the administrator's units; a province administrator also sees those without any."""
    statement = select(Account).where(_in_sight(viewer)).order_by(Account.status, Account.sort_key, Account.id)
    if words := folded(text):
        statement = statement.where(
            or_(Account.username.contains(words, autoescape=True), Account.folded_name.contains(words, autoescape=True))
        )
    page = paged(session, statement, lambda row: row[0], number=number)
    grants: dict[int, list[GrantRow]] = {}
    for grant in grants_of(session, [a.id for a in page.items]):
        grants.setdefault(grant.account_id, []).append(grant)
    items = tuple(_row(a, tuple(grants.get(a.id, ()))) for a in page.items)
    return Paged(items, page.number, page.total, page.per_page)


def one(session: Session, viewer: Actor, account_id: int) -> AccountRow | None:
    """One account, if any part of it lies in the viewer's scope."""
    found = session.execute(select(Account).where(Account.id == account_id, _in_sight(viewer))).scalar_one_or_none()
    return None if found is None else _row(found, grants_of(session, [found.id]))


def own(session: Session, viewer: Actor) -> AccountRow | None:
    """The viewer's own account."""
    found = session.get(Account, viewer.account_id)
    return None if found is None else _row(found, grants_of(session, [found.id]))


def csv_dialect(session: Session, viewer: Actor) -> CsvDialect:
    """How the viewer last wanted CSV files; the default for the command line."""
    found = session.scalar(select(Account.csv_dialect).where(Account.id == viewer.account_id))
    return CsvDialect(found or CsvDialect.COMMA)


def open_invitations(session: Session, viewer: Actor, now: datetime) -> tuple[InvitationRow, ...]:
    """Links that were sent and not used yet. Only those the viewer could have sent."""
    statement = (
        select(Invitation)
        .where(Invitation.used_at.is_(None), Invitation.expires_at > now)
        .order_by(Invitation.expires_at, Invitation.id)
        .limit(200)
    )
    paths = {row.id: row.path for row in session.execute(select(Unit.id, Unit.path))}
    found = []
    for row in session.execute(statement).scalars():
        if not all(
            viewer.may(Role.ADMINISTRATOR, unit_path=paths.get(g["unit_id"], ""), domain=d)
            for g in row.grants
            for d in g["domains"]
        ):
            continue
        found.append(InvitationRow(row.id, row.purpose, row.username, row.full_name, row.created_at, row.expires_at))
    return tuple(found)


def open_sessions(session: Session, account_id: int, *, this: bytes, now: datetime) -> tuple[OpenSession, ...]:
    statement = (
        select(StaffSession)
        .where(StaffSession.account_id == account_id, StaffSession.expires_at > now)
        .order_by(StaffSession.seen_at.desc(), StaffSession.token_digest)
        .limit(50)
    )
    return tuple(
        OpenSession(row.created_at, row.seen_at, row.token_digest == this)
        for row in session.execute(statement).scalars()
    )


def attention(session: Session, viewer: Actor, *, now: datetime, idle_days: int, soon_days: int) -> AccountsToday:
    """What an administrator should know today: who has to wait, which accounts nobody uses, which links are open."""
    waiting = session.execute(
        select(Account).where(_in_sight(viewer), Account.wait_until > now).order_by(Account.username).limit(10)
    ).scalars()
    since = clock.local_day(now) - timedelta(days=idle_days - soon_days)
    idle = select(func.count()).where(
        _in_sight(viewer), Account.status == AccountStatus.ACTIVE, Account.last_seen_on <= since
    )
    return AccountsToday(
        waiting=tuple(_row(a, ()) for a in waiting),
        idle_soon=session.execute(idle).scalar_one(),
        invitations=len(open_invitations(session, viewer, now)),
    )


def account(session: Session, account_id: int | None) -> Account | None:
    """The account itself; the system has none."""
    return None if account_id is None else session.get(Account, account_id)


def by_username(session: Session, username: str) -> Account | None:
    return session.scalar(select(Account).where(Account.username == username))


def staff_session(session: Session, digest: bytes) -> StaffSession | None:
    """What a browser's token leads to, by the token's digest."""
    return session.get(StaffSession, digest)


def invitation(session: Session, digest: bytes) -> Invitation | None:
    """What a one-time link leads to, by the digest of its token."""
    return session.scalar(select(Invitation).where(Invitation.token_digest == digest))


def id_of(session: Session, username: str) -> int | None:
    return session.execute(select(Account.id).where(Account.username == username)).scalar_one_or_none()


def count(session: Session) -> int:
    """Every account there is: the people about whom the system keeps basic data."""
    return session.execute(select(func.count()).select_from(Account)).scalar_one()


def province_administrators(session: Session) -> tuple[Account, ...]:
    """Active accounts that hold the whole province: without one of them nobody could let anyone in."""
    statement = (
        select(Account, Grant.domains)
        .join(Grant, Grant.account_id == Account.id)
        .join(Unit, Unit.id == Grant.unit_id)
        .where(Account.status == AccountStatus.ACTIVE, Grant.role == Role.ADMINISTRATOR, Unit.parent_id.is_(None))
        .order_by(Account.id)
    )
    held: dict[int, tuple[Account, set[str]]] = {}
    for account, domains in session.execute(statement):
        held.setdefault(account.id, (account, set()))[1].update(domains)
    return tuple(account for account, domains in held.values() if domains >= DOMAINS)


def _in_sight(viewer: Actor) -> ColumnElement[bool]:
    held = select(Grant.account_id).join(Unit, Unit.id == Grant.unit_id).where(scope.units(viewer, Role.ADMINISTRATOR))
    clause = Account.id.in_(held)
    if viewer.governs_province:
        bare = ~Account.id.in_(select(Grant.account_id))
        return or_(clause, bare)
    return clause


def _row(account: Account, grants: tuple[GrantRow, ...]) -> AccountRow:
    return AccountRow(
        id=account.id,
        username=account.username,
        full_name=account.full_name,
        status=account.status,
        last_seen_on=account.last_seen_on,
        created_at=account.created_at,
        failures=account.failures,
        wait_until=account.wait_until,
        has_second_step=account.totp_secret is not None,
        grants=grants,
    )
