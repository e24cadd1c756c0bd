"""Questionnaires that enter the record: a document is imported, the shipped ones are registered.

A draft may be replaced as often as one likes; a published version never changes (the database itself refuses).
How a draft becomes a published version is the subject of `publishing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from instruments import codec, library
from instruments.checks import linting
from instruments.checks.problems import InvalidInstrument, Problem
from instruments.model.document import InstrumentVersion as Document
from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid, NotFound
from survey.models.people.accounts import Role
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion, ServiceDomain, VersionStatus
from survey.permissions import Actor, system
from survey.queries import scope
from survey.queries.questionnaires import versions
from survey.services import audit
from survey.words.figures import rounded

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
    overrides: tuple[Problem, ...] = field(default=())  # what only an approver may let pass, with a reason


class Unusable(Invalid):
    """The file is not a usable questionnaire; `findings` says why, each with its path in the document."""

    def __init__(self, message: str, findings: tuple[Problem, ...]) -> None:
        problems = {f"{n}. {p.path or '/'}": p.message for n, p in enumerate(findings, start=1)}
        super().__init__(message, problems, count=len(findings))
        self.findings = findings


def import_document(database: Database, data: bytes, *, actor: Actor, now: datetime, dry_run: bool = False) -> Imported:
    """Check a JSON document and keep it as a draft version. Raises Unusable with every problem by its path.

    With `dry_run` nothing is written: the answer says what would be.
    """
    actor.require(Role.DESIGNER)
    return import_version(database, _parsed(data), actor=actor, now=now, dry_run=dry_run)


def import_version(
    database: Database, document: Document, *, actor: Actor, now: datetime, dry_run: bool = False
) -> Imported:
    """As `import_document`, for a version that was already read from a file of any format."""
    actor.require(Role.DESIGNER)
    found = linting.lint(document)
    _refuse(found)
    if document.service_domain not in scope.domains(actor, Role.DESIGNER):
        raise Forbidden(
            "The questionnaire %(code)s belongs to a service for which your account may not write questionnaires.",
            code=document.code,
        )
    draft = _Draft(
        document=document,
        content_hash=codec.content_hash(document),
        warnings=tuple(p for p in found if p.severity == "warning"),
        overrides=tuple(p for p in found if p.severity == "error"),
    )
    if dry_run:
        with database.reading() as session:
            return _outcome(session, draft)
    with database.writing() as session:
        done = _keep(session, draft, VersionStatus.DRAFT, actor, now)
        if done.changed:
            audit.record(
                session, actor, "instrument.import", f"{done.code}@{done.number}", now, content_hash=done.content_hash
            )
        return done


def read(data: bytes) -> Document:
    """A usable document, or Unusable with every problem by its path."""
    document = _parsed(data)
    _refuse(linting.lint(document))
    return document


def _parsed(data: bytes) -> Document:
    if len(data) > MOST_BYTES:
        raise Invalid(
            "A questionnaire file has at most %(limit)s MB; this one has %(size)s MB.",
            limit=MOST_BYTES // 2**20, size=rounded(len(data) / 2**20, 1),
        )  # fmt: skip
    try:
        return codec.loads(data)
    except InvalidInstrument as error:
        raise Unusable("The file is not a usable questionnaire: %(count)s problems.", error.problems) from error


def _refuse(found: list[Problem]) -> None:
    errors = tuple(p for p in found if p.severity == "error" and not p.kind.approver)
    if errors:
        raise Unusable("The questionnaire cannot be used as it is: %(count)s problems.", errors)


def register_shipped(database: Database, *, now: datetime) -> int:
    """Publish every shipped questionnaire that is not yet in the record. Returns how many were new."""
    actor = system("shipped questionnaires")
    new = 0
    with database.writing() as session:
        held = versions.names_in_use(session)
        for entry in library.shipped():
            if (entry.code, entry.version) in held:
                continue
            document = entry.load()
            draft = _Draft(document, codec.content_hash(document))
            done = _keep(session, draft, VersionStatus.PUBLISHED, actor, now)
            audit.record(session, actor, "instrument.register", f"{done.code}@{done.number}", now)
            new += 1
    return new


@dataclass(frozen=True)
class _Draft:
    """A document that was read and found usable."""

    document: Document
    content_hash: str
    warnings: tuple[Problem, ...] = ()
    overrides: tuple[Problem, ...] = ()


def _outcome(session: Session, draft: _Draft) -> Imported:
    """What storing this document would change in the record. Raises when it cannot be stored."""
    document, content_hash = draft.document, draft.content_hash
    instrument = versions.instrument(session, document.code)
    if instrument is not None and instrument.service_domain != document.service_domain:
        raise Invalid(
            "The questionnaire %(code)s belongs to the service %(held)s in the record; the file says %(came)s. "
            "Give it another code.",
            code=document.code, held=instrument.service_domain.value, came=document.service_domain,
        )  # fmt: skip
    row = None if instrument is None else versions.numbered(session, instrument.id, document.version)
    changed = row is None or row.content_hash != content_hash
    if changed and row is not None and row.status is VersionStatus.IN_REVIEW:
        raise Conflict("The draft is in review. Take it back before you change it.")
    if changed and row is not None and row.status is not VersionStatus.DRAFT:
        newest = versions.newest(session, document.code)
        raise Conflict(
            "%(code)s@%(number)s is already published with other content and never changes. "
            "Give the file version %(next)s.",
            code=document.code, number=document.version, next=(newest.version.number if newest else 0) + 1,
        )  # fmt: skip
    return Imported(
        code=document.code,
        number=document.version,
        status=row.status if row is not None else VersionStatus.DRAFT,
        changed=changed,
        items=len(document.items),
        content_hash=content_hash,
        warnings=draft.warnings,
        overrides=draft.overrides,
    )


def _keep(session: Session, draft: _Draft, status: VersionStatus, actor: Actor, now: datetime) -> Imported:
    """Store the document as a version with this status; nothing is written when the same content is stored already."""
    done = _outcome(session, draft)
    if not done.changed:
        return done
    document = draft.document
    instrument = versions.instrument(session, document.code)
    if instrument is None:
        instrument = Instrument(code=document.code, service_domain=ServiceDomain(document.service_domain))
        session.add(instrument)
        session.flush()
    row = versions.numbered(session, instrument.id, document.version)
    if row is None:
        row = InstrumentVersion(instrument_id=instrument.id, number=document.version, created_at=now)
        session.add(row)
    row.document = codec.dumps(document)
    row.content_hash = draft.content_hash
    row.core_hash = codec.core_hash(document)
    row.lowest_grade = document.lowest_grade
    row.status = status
    row.created_by = actor.account_id
    row.published_at = now if status is VersionStatus.PUBLISHED else None
    session.flush()
    return replace(done, status=status)


def row_of(session: Session, code: str, number: int) -> InstrumentVersion:
    """The version with this name; NotFound otherwise."""
    found = versions.named(session, code, number)
    if found is None:
        raise NotFound("There is no questionnaire %(code)s with version %(number)s.", code=code, number=number)
    return found
