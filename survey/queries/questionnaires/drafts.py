"""Named reads of the editor's desk: where a draft stands, who else is at it, what was said about its questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from instruments.model.document import InstrumentVersion as Document
from survey.models.audit import AuditEvent
from survey.models.people.accounts import Account
from survey.models.questionnaires.drafts import DraftComment, DraftPresence, DraftRevision
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion, VersionStatus
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires.instruments import VersionRow

PRESENT = timedelta(minutes=3)


@dataclass(frozen=True)
class Present:
    """Somebody else who has the draft open."""

    name: str
    seen_at: datetime


@dataclass(frozen=True)
class Desk:
    """Where a draft stands."""

    revision: int
    saved_at: datetime | None
    saved_by: str
    undo: bool
    redo: bool
    others: tuple[Present, ...]


@dataclass(frozen=True)
class Remark:
    """A comment on a question, or on the whole (`element` empty)."""

    id: int
    element: str
    text: str
    by: str
    made_at: datetime
    settled: bool


def desk(session: Session, row: VersionRow, account_id: int | None, now: datetime) -> Desk:
    """The draft's newest revision and who else is at it."""
    newest = session.execute(
        select(DraftRevision, Account.full_name)
        .outerjoin(Account, Account.id == DraftRevision.made_by)
        .where(DraftRevision.version_id == row.id)
        .order_by(DraftRevision.number.desc())
        .limit(1)
    ).one_or_none()
    seen = session.execute(
        select(Account.full_name, DraftPresence.seen_at)
        .join(Account, Account.id == DraftPresence.account_id)
        .where(
            DraftPresence.version_id == row.id,
            DraftPresence.account_id != account_id,
            DraftPresence.seen_at > now - PRESENT,
        )
        .order_by(Account.sort_key)
    )
    others = tuple(Present(name, at) for name, at in seen)
    if newest is None:
        return Desk(0, None, "", undo=False, redo=False, others=others)
    revision, name = newest
    if revision.content_hash != row.content_hash:  # a file was imported over it
        return Desk(revision.number + 1, None, "", undo=False, redo=False, others=others)
    return Desk(
        revision.number,
        revision.made_at if revision.number else None,
        name or "",
        undo=revision.undo_to is not None,
        redo=revision.redo_to is not None,
        others=others,
    )


def newer_form(session: Session, document: Document) -> tuple[int, Document] | None:
    """A newer version in use of the locked form that a document carries: its number and its words."""
    if document.core is None:
        return None
    number = session.scalar(
        select(func.max(InstrumentVersion.number))
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .where(
            Instrument.code == document.core.code,
            InstrumentVersion.number > document.core.version,
            InstrumentVersion.status == VersionStatus.PUBLISHED,
        )
    )
    found = queries.document_of(session, document.core.code, number) if number is not None else None
    return (number, found) if number is not None and found is not None and found.core is None else None


def revision_of(session: Session, version_id: int, content_hash: str) -> int:
    """The number of the revision that a draft with this content stands at."""
    newest = session.execute(
        select(DraftRevision.number, DraftRevision.content_hash)
        .where(DraftRevision.version_id == version_id)
        .order_by(DraftRevision.number.desc())
        .limit(1)
    ).one_or_none()
    if newest is None:
        return 0
    number: int = newest.number
    return number if newest.content_hash == content_hash else number + 1


def newest_revision(session: Session, version_id: int) -> DraftRevision | None:
    return session.scalar(
        select(DraftRevision)
        .where(DraftRevision.version_id == version_id)
        .order_by(DraftRevision.number.desc())
        .limit(1)
    )


def revision(session: Session, version_id: int, number: int) -> DraftRevision | None:
    """One revision of a draft; None when it is too old to be kept."""
    return session.scalar(
        select(DraftRevision).where(DraftRevision.version_id == version_id, DraftRevision.number == number)
    )


def seen_at(session: Session, version_id: int, account_id: int) -> datetime | None:
    """When somebody last had the draft open."""
    return session.scalar(
        select(DraftPresence.seen_at).where(
            DraftPresence.version_id == version_id, DraftPresence.account_id == account_id
        )
    )


def remarks(session: Session, version_id: int) -> tuple[Remark, ...]:
    """Every comment on a draft, oldest first."""
    found = session.execute(
        select(DraftComment, Account.full_name)
        .outerjoin(Account, Account.id == DraftComment.made_by)
        .where(DraftComment.version_id == version_id)
        .order_by(DraftComment.id)
    )
    return tuple(
        Remark(one.id, one.element, one.text, name or "", one.made_at, one.settled_at is not None)
        for one, name in found
    )


def last_of_each(session: Session, version_id: int) -> tuple[int, ...]:
    """The number of the last revision that each account made."""
    return tuple(
        session.scalars(
            select(func.max(DraftRevision.number))
            .where(DraftRevision.version_id == version_id)
            .group_by(DraftRevision.made_by)
        )
    )


def authors(session: Session, row: InstrumentVersion, name: str) -> frozenset[int]:
    """Accounts that wrote at a draft, or brought in a file that it came from; later files do not wash that away."""
    wrote = session.scalars(
        select(DraftRevision.made_by).where(DraftRevision.version_id == row.id, DraftRevision.number > 0)
    )
    brought = session.scalars(
        select(AuditEvent.actor_id).where(
            AuditEvent.action.in_(("instrument.start", "instrument.import")),
            AuditEvent.subject == name,
            AuditEvent.at >= row.created_at,
        )
    )
    return frozenset(one for one in (row.created_by, *wrote, *brought) if one is not None)
