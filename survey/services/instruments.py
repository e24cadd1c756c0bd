"""Questionnaires in the record: import a document, publish a version, register the shipped ones, give one out again.

A draft may be replaced as often as one likes; a published version never changes (the database itself refuses).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from instruments import codec, library, linting
from instruments.model import InstrumentVersion as Document
from instruments.problems import InvalidInstrument, Problem
from survey.database import Database
from survey.errors import Conflict, Invalid, NotFound
from survey.models.accounts import Role
from survey.models.instruments import Instrument, InstrumentVersion, ServiceDomain, VersionStatus
from survey.permissions import Actor, system
from survey.services import audit

MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Imported:
    """What an import did, or would do."""

    code: str
    number: int
    status: VersionStatus
    changed: bool  # False: exactly this version was there already
    items: int
    content_hash: str
    warnings: tuple[Problem, ...] = field(default=())


def import_document(database: Database, data: bytes, *, actor: Actor, now: datetime, dry_run: bool = False) -> Imported:
    """Check a JSON document and keep it as a draft version. Raises Invalid with one sentence per problem."""
    actor.require(Role.DESIGNER)
    document = read(data)
    warnings = tuple(p for p in linting.lint(document) if p.severity == "warning")
    if dry_run:
        with database.reading() as session:
            return _keep(session, document, VersionStatus.DRAFT, actor, now, warnings, write=False)
    with database.writing() as session:
        done = _keep(session, document, VersionStatus.DRAFT, actor, now, warnings, write=True)
        if done.changed:
            audit.record(
                session, actor, "instrument.import", f"{done.code}@{done.number}", now, content_hash=done.content_hash
            )
        return done


def read(data: bytes) -> Document:
    """A usable document, or Invalid with every problem by its path."""
    if len(data) > MOST_BYTES:
        raise Invalid(
            "A questionnaire file has at most %(limit)s MB; this one has %(size)s MB.",
            limit=MOST_BYTES // 2**20, size=round(len(data) / 2**20, 1),
        )  # fmt: skip
    try:
        document = codec.loads(data)
    except InvalidInstrument as error:
        raise Invalid(
            "The file is not a usable questionnaire: %(count)s problems.",
            problems={f"{n}. {p.path}": p.message for n, p in enumerate(error.problems, start=1)},
            count=len(error.problems),
        ) from error
    errors = [p for p in linting.lint(document) if p.severity == "error" and not p.kind.approver]
    if errors:
        raise Invalid(
            "The questionnaire cannot be used as it is: %(count)s problems.",
            problems={f"{n}. {p.path}": p.message for n, p in enumerate(errors, start=1)},
            count=len(errors),
        )
    return document


def publish(database: Database, code: str, number: int, *, actor: Actor, now: datetime) -> None:
    """Freeze a draft for good. Safe to call twice."""
    actor.require(Role.DESIGNER, Role.APPROVER)
    with database.writing() as session:
        row = _row(session, code, number)
        if row.status in (VersionStatus.PUBLISHED, VersionStatus.RETIRED):
            return
        row.status = VersionStatus.PUBLISHED
        row.published_at = now
        audit.record(session, actor, "instrument.publish", f"{code}@{number}", now, content_hash=row.content_hash)


def retire(database: Database, code: str, number: int, *, actor: Actor, now: datetime) -> None:
    """Take a published version out of the lists of new waves. Running waves keep it."""
    actor.require(Role.DESIGNER, Role.APPROVER)
    with database.writing() as session:
        row = _row(session, code, number)
        if row.status is VersionStatus.RETIRED:
            return
        if row.status is not VersionStatus.PUBLISHED:
            raise Conflict(
                "Only a published version can be retired; %(code)s@%(number)s is a draft.", code=code, number=number
            )
        row.status = VersionStatus.RETIRED
        audit.record(session, actor, "instrument.retire", f"{code}@{number}", now)


def register_shipped(database: Database, *, now: datetime) -> int:
    """Publish every shipped questionnaire that is not yet in the record. Returns how many were new."""
    actor = system("shipped questionnaires")
    new = 0
    with database.writing() as session:
        held = {
            (code, number): content_hash
            for code, number, content_hash in session.execute(
                select(Instrument.code, InstrumentVersion.number, InstrumentVersion.content_hash).join(
                    InstrumentVersion, InstrumentVersion.instrument_id == Instrument.id
                )
            )
        }
        for entry in library.shipped():
            if (entry.code, entry.version) in held:
                continue
            done = _keep(session, entry.load(), VersionStatus.PUBLISHED, actor, now, (), write=True)
            audit.record(session, actor, "instrument.register", f"{done.code}@{done.number}", now)
            new += 1
    return new


def document_text(database: Database, code: str, number: int | None = None) -> tuple[int, str]:
    """The number and canonical JSON of a version; the newest published one, else the newest draft, without a number."""
    with database.reading() as session:
        if number is not None:
            row = _row(session, code, number)
        else:
            found = session.scalars(
                select(InstrumentVersion)
                .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
                .where(Instrument.code == code)
                .order_by((InstrumentVersion.status == VersionStatus.PUBLISHED).desc(), InstrumentVersion.number.desc())
            ).first()
            if found is None:
                raise NotFound("There is no questionnaire %(code)s.", code=code)
            row = found
        return row.number, row.document


def _keep(
    session: Session,
    document: Document,
    status: VersionStatus,
    actor: Actor,
    now: datetime,
    warnings: tuple[Problem, ...],
    *,
    write: bool,
) -> Imported:
    content_hash = codec.content_hash(document)
    instrument = session.scalar(select(Instrument).where(Instrument.code == document.code))
    domain = ServiceDomain(document.service_domain)
    if instrument is not None and instrument.service_domain is not domain:
        raise Invalid(
            "The questionnaire %(code)s belongs to the service %(held)s in the record; the file says %(came)s. "
            "Give it another code.",
            code=document.code, held=instrument.service_domain.value, came=domain.value,
        )  # fmt: skip
    row = None
    if instrument is not None:
        row = session.scalar(
            select(InstrumentVersion).where(
                InstrumentVersion.instrument_id == instrument.id, InstrumentVersion.number == document.version
            )
        )
    done = Imported(
        document.code, document.version, row.status if row else status, row is None or row.content_hash != content_hash,
        len(document.items), content_hash, warnings,
    )  # fmt: skip
    if not done.changed:
        return done
    if row is not None and row.status is not VersionStatus.DRAFT:
        newest = session.scalar(
            select(func.max(InstrumentVersion.number)).where(InstrumentVersion.instrument_id == row.instrument_id)
        )
        raise Conflict(
            "%(code)s@%(number)s is already published with other content and never changes. "
            "Give the file version %(next)s.",
            code=document.code, number=document.version, next=(newest or 0) + 1,
        )  # fmt: skip
    if not write:
        return done
    if instrument is None:
        instrument = Instrument(code=document.code, service_domain=domain)
        session.add(instrument)
        session.flush()
    if row is None:
        row = InstrumentVersion(instrument_id=instrument.id, number=document.version, created_at=now)
        session.add(row)
    row.document = codec.dumps(document)
    row.content_hash = content_hash
    row.core_hash = codec.core_hash(document)
    row.lowest_grade = document.lowest_grade
    row.status = status
    row.created_by = actor.account_id
    row.published_at = now if status is VersionStatus.PUBLISHED else None
    session.flush()
    return done


def _row(session: Session, code: str, number: int) -> InstrumentVersion:
    found = session.scalar(
        select(InstrumentVersion)
        .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
        .where(Instrument.code == code, InstrumentVersion.number == number)
    )
    if found is None:
        raise NotFound("There is no questionnaire %(code)s with version %(number)s.", code=code, number=number)
    return found
