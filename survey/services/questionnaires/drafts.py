"""The editor's desk: starting a draft, changing it act by act, undoing, two people at once, comments, review.

A draft is a document with a revision number. Every act names the revision it was made on. If somebody else saved
meanwhile, an act that touches other pieces of the document is done on top of theirs; one that touches the same pieces
is refused with both wordings, and nothing is overwritten. Revisions are only added; undoing adds one with the words of
an earlier one, so that it can be redone and is seen by everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic_core import PydanticCustomError
from sqlalchemy import delete
from sqlalchemy.orm import Session

from instruments import codec, editing
from instruments.editing import EditError, starting
from instruments.model.document import InstrumentVersion as Document
from instruments.model.text import clean
from instruments.versions import conformity
from survey.database import Database
from survey.errors import N_, Conflict, Forbidden, Invalid, RecordUnavailable
from survey.models.people.accounts import Role
from survey.models.questionnaires.drafts import DraftComment, DraftPresence, DraftRevision
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion, ServiceDomain, VersionStatus
from survey.permissions import Actor
from survey.queries import scope
from survey.queries.people import accounts
from survey.queries.questionnaires import drafts, versions
from survey.services import audit
from survey.services.questionnaires.shipped_and_imported import row_of

Edit = Callable[[Document], Document]
KEPT_REVISIONS = 300
ONE_ACT = timedelta(minutes=2)  # letters typed one after the other at one place are undone together
PRESENCE_SECONDS = 30
LONGEST_COMMENT = 1000


@dataclass(frozen=True)
class Saved:
    """The revision of a draft after an act, and whether the act changed anything."""

    revision: int
    changed: bool
    merged: bool  # somebody else had saved meanwhile, elsewhere in the document


class Crossed(Conflict):
    """Somebody else changed the same pieces meanwhile. Nothing was overwritten."""

    def __init__(
        self, base: Document, theirs: Document, mine: Document | None, pieces: frozenset[str], by: str
    ) -> None:
        super().__init__(N_("%(name)s has changed the same place meanwhile. Nothing was overwritten."), name=by or "?")
        self.base, self.theirs, self.mine, self.pieces = base, theirs, mine, pieces


# --- starting ----------------------------------------------------------------------------------------------------


def made(make: Callable[[], Document]) -> Document:
    """The document that `make` gives, checked by the format; a refusal becomes Invalid with its sentence."""
    try:
        return editing.kept(make)
    except EditError as refused:
        raise Invalid(editing.REFUSALS[refused.key], None, **refused.params) from refused


def start(database: Database, document: Document, *, actor: Actor, now: datetime) -> None:
    """Put a new questionnaire on the desk."""
    _writes(actor, document.service_domain)
    with database.writing() as session:
        if document.code in versions.codes_in_use(session):
            raise Invalid(
                "The code %(code)s is in use already.",
                problems={"code": N_("This code is in use already.")}, code=document.code,
            )  # fmt: skip
        instrument = Instrument(code=document.code, service_domain=ServiceDomain(document.service_domain))
        session.add(instrument)
        session.flush()
        _add(session, instrument, document, actor, now)


def start_next(database: Database, code: str, number: int, *, actor: Actor, now: datetime) -> int:
    """Put the next version of a questionnaire on the desk; one that is there already is shown instead."""
    with database.writing() as session:
        row = row_of(session, code, number)
        found = versions.newest(session, code)
        assert found is not None
        newest, instrument = found
        _writes(actor, instrument.service_domain.value)
        if newest.status in (VersionStatus.DRAFT, VersionStatus.IN_REVIEW):
            return newest.number
        before = codec.loads_draft(row.document)
        if conformity.is_locked_form(before):
            raise Conflict(
                "%(name)s is the form of a decision and stays as it is. Add local parts to it, or copy it as a "
                "questionnaire of your own.", name=f"{code}@{number}",
            )  # fmt: skip
        document = starting.next_version(before, newest.number + 1)
        _add(session, instrument, document, actor, now)
        return document.version


def adapt(database: Database, code: str, number: int, new_code: str, *, actor: Actor, now: datetime) -> None:
    """Put a form of a decision on the desk with room for local parts, under a code of its own."""
    with database.reading() as session:
        form = codec.loads_draft(row_of(session, code, number).document)
    if not conformity.is_locked_form(form):
        raise Conflict("%(name)s is no locked form: begin its next version instead.", name=f"{code}@{number}")
    start(database, made(lambda: starting.adapted(form, code=new_code)), actor=actor, now=now)


def carry_over(
    database: Database, code: str, number: int, form_number: int, *, base: int, actor: Actor, now: datetime
) -> Saved:
    """Put the local parts of a draft on a newer version of its form, as far as they fit."""
    with database.writing() as session:
        row = _open_draft(session, code, number, actor)
        newest = _newest(session, row, now)
        if base != newest.number:
            raise Conflict("Somebody has changed the questionnaire meanwhile. Look at it first.")
        document = codec.loads_draft(row.document)
        found = drafts.newer_form(session, document)
        if found is None or found[0] != form_number:
            raise Conflict("There is no such newer version of the form any more.")
        carried = made(lambda: conformity.carry_over(document, found[1], number=document.version).version)
        saved = _save(
            session, row, newest, carried, actor, now, act="carry", place="", undo_to=newest.number, redo_to=None
        )
        return Saved(saved.number, changed=True, merged=False)


def discard(database: Database, code: str, number: int, *, actor: Actor, now: datetime) -> None:
    """Throw a draft away for good; a questionnaire that has no other version goes with it."""
    with database.writing() as session:
        row = _open_draft(session, code, number, actor)
        for table in (DraftRevision, DraftPresence, DraftComment):
            session.execute(delete(table).where(table.version_id == row.id))
        instrument = session.get_one(Instrument, row.instrument_id)
        session.delete(row)
        session.flush()
        if not versions.count(session, instrument.id):
            session.delete(instrument)
        audit.record(session, actor, "instrument.discard", f"{code}@{number}", now)


def _add(session: Session, instrument: Instrument, document: Document, actor: Actor, now: datetime) -> None:
    row = InstrumentVersion(
        instrument_id=instrument.id,
        number=document.version,
        status=VersionStatus.DRAFT,
        created_at=now,
        created_by=actor.account_id,
        document="",
        content_hash="",
        core_hash="",
        lowest_grade="draft",
    )
    _write(row, document)
    session.add(row)
    audit.record(session, actor, "instrument.start", f"{document.code}@{document.version}", now)


# --- changing ----------------------------------------------------------------------------------------------------


def change(
    database: Database,
    code: str,
    number: int,
    edit: Edit,
    *,
    base: int,
    act: str,
    actor: Actor,
    now: datetime,
    place: str = "",
    typing: bool = False,
    insist_since: int | None = None,
) -> Saved:
    """Do one act on a draft. Raises Invalid in a sentence, or Crossed with both wordings.

    `insist_since`: the revision the act was first made on, by somebody who has seen both wordings at revision `base`
    and wants their own all the same.
    """
    with database.writing() as session:
        row = _open_draft(session, code, number, actor)
        newest = _newest(session, row, now)
        current = codec.loads_draft(row.document)
        if base != newest.number:
            new, merged = _on_top(session, row, newest, current, base, edit, insist=False), True
        elif insist_since is not None and insist_since != base:
            new, merged = _on_top(session, row, newest, current, insist_since, edit, insist=True), False
        else:
            new, merged = _done(edit, current), False
        if new == current:
            return Saved(newest.number, changed=False, merged=merged)
        together = (
            typing
            and not merged
            and (newest.act, newest.place, newest.made_by) == (act, place, actor.account_id)
            and now - newest.made_at < ONE_ACT
        )
        undo_to = newest.undo_to if together else newest.number
        saved = _save(session, row, newest, new, actor, now, act=act, place=place, undo_to=undo_to, redo_to=None)
        return Saved(saved.number, changed=True, merged=merged)


def undo(database: Database, code: str, number: int, *, base: int, actor: Actor, now: datetime) -> Saved:
    """The words before the last act come back, as a new revision."""
    return _step(database, code, number, base, actor, now, back=True)


def redo(database: Database, code: str, number: int, *, base: int, actor: Actor, now: datetime) -> Saved:
    """What was undone is done again, as a new revision."""
    return _step(database, code, number, base, actor, now, back=False)


def _step(database: Database, code: str, number: int, base: int, actor: Actor, now: datetime, *, back: bool) -> Saved:
    with database.writing() as session:
        row = _open_draft(session, code, number, actor)
        newest = _newest(session, row, now)
        if base != newest.number:
            raise Conflict("Somebody has changed the questionnaire meanwhile. Look at it first, then undo.")
        wanted = newest.undo_to if back else newest.redo_to
        target = drafts.revision(session, row.id, wanted) if wanted is not None else None
        if target is None:
            return Saved(newest.number, changed=False, merged=False)
        document = codec.loads_draft(target.document)
        saved = _save(
            session, row, newest, document, actor, now, act="undo" if back else "redo", place=newest.place,
            undo_to=target.undo_to, redo_to=newest.number if back else target.redo_to,
        )  # fmt: skip
        return Saved(saved.number, changed=True, merged=False)


def _done(edit: Edit, document: Document) -> Document:
    """The document after an act, which may not alter a locked form; a refusal becomes Invalid with its sentence."""
    return made(lambda: editing.guarded(document, edit(document)))


def _on_top(
    session: Session,
    row: InstrumentVersion,
    newest: DraftRevision,
    current: Document,
    base: int,
    edit: Edit,
    *,
    insist: bool,
) -> Document:
    """The act on top of what others saved meanwhile, if it alters nothing of theirs."""
    held = drafts.revision(session, row.id, base)
    by = accounts.account(session, newest.made_by)
    name = by.full_name if by else ""
    if held is None:
        raise Conflict("This page is too old to be saved. Look at the questionnaire as it is now.")
    before = codec.loads_draft(held.document)
    mine = _done(edit, before)
    try:
        merged = editing.together(before, current, lambda document: editing.guarded(document, edit(document)))
        result = editing.kept(lambda: merged.document)
    except EditError:
        raise Crossed(before, current, mine, editing.touched(before, mine), name) from None
    if merged.crossed and not insist:
        raise Crossed(before, current, mine, merged.crossed, name)
    return result


def _held(session: Session, code: str, number: int) -> InstrumentVersion:
    """The version, held until the transaction ends: of two people saving at once the second waits for the first."""
    row = row_of(session, code, number)
    session.refresh(row, with_for_update=True)
    return row


def _open_draft(session: Session, code: str, number: int, actor: Actor) -> InstrumentVersion:
    row = _held(session, code, number)
    instrument = versions.instrument_of(session, row)
    _writes(actor, instrument.service_domain.value)
    if row.status is VersionStatus.IN_REVIEW:
        raise Conflict("The draft is in review. Take it back before you change it.")
    if row.status is not VersionStatus.DRAFT:
        raise Conflict("%(code)s@%(number)s is published and never changes.", code=code, number=number)
    return row


def _writes(actor: Actor, domain: str) -> None:
    if domain not in scope.domains(actor, Role.DESIGNER):
        raise Forbidden("Your account may not write questionnaires of this service.")


def _newest(session: Session, row: InstrumentVersion, now: datetime) -> DraftRevision:
    """The newest revision; what was there before the first act, or was imported over it, becomes one."""
    found = drafts.newest_revision(session, row.id)
    if found is not None and found.content_hash == row.content_hash:
        return found
    first = DraftRevision(
        version_id=row.id,
        number=found.number + 1 if found else 0,
        document=row.document,
        content_hash=row.content_hash,
        made_at=now,
        made_by=row.created_by,
        act="import" if found else "start",
        place="",
        undo_to=None,
        redo_to=None,
    )
    session.add(first)
    session.flush()
    return first


def _save(
    session: Session,
    row: InstrumentVersion,
    newest: DraftRevision,
    document: Document,
    actor: Actor,
    now: datetime,
    *,
    act: str,
    place: str,
    undo_to: int | None,
    redo_to: int | None,
) -> DraftRevision:
    _write(row, document)
    revision = DraftRevision(
        version_id=row.id,
        number=newest.number + 1,
        document=row.document,
        content_hash=row.content_hash,
        made_at=now,
        made_by=actor.account_id,
        act=act,
        place=place[:80] if place.isprintable() else "",
        undo_to=undo_to,
        redo_to=redo_to,
    )
    session.add(revision)
    session.execute(
        delete(DraftRevision).where(
            DraftRevision.version_id == row.id,
            DraftRevision.number <= revision.number - KEPT_REVISIONS,
            DraftRevision.number.not_in(drafts.last_of_each(session, row.id)),  # nobody's hand in it is forgotten
        )
    )
    session.flush()
    return revision


def _write(row: InstrumentVersion, document: Document) -> None:
    row.document = codec.dumps(document)
    row.content_hash = codec.content_hash(document)
    row.core_hash = codec.core_hash(document)
    row.lowest_grade = document.lowest_grade


# --- who else is here --------------------------------------------------------------------------------------------


def be_present(database: Database, version_id: int, *, actor: Actor, now: datetime) -> None:
    """Note that somebody has the draft open. Never fails because it could not be noted."""
    if actor.account_id is None:
        return
    with database.reading() as session:
        last = drafts.seen_at(session, version_id, actor.account_id)
        if last is not None and (now - last).total_seconds() < PRESENCE_SECONDS:
            return
    try:
        with database.writing() as session:
            seen = session.get(DraftPresence, (version_id, actor.account_id))
            if seen is None:
                session.add(DraftPresence(version_id=version_id, account_id=actor.account_id, seen_at=now))
            else:
                seen.seen_at = now
            session.execute(delete(DraftPresence).where(DraftPresence.seen_at < now - timedelta(days=1)))
    except RecordUnavailable:
        return


# --- comments and review -----------------------------------------------------------------------------------------


def comment(
    database: Database, code: str, number: int, text: str, *, actor: Actor, now: datetime, element: str = ""
) -> None:
    """Say something about a question of a draft, or about the whole."""
    text = _said(text)
    with database.writing() as session:
        row = _readable(session, code, number, actor)
        if element and element not in {one.code for one in codec.loads_draft(row.document).elements}:
            unknown = editing.REFUSALS["element-unknown"]
            raise Invalid(unknown, code=element)
        session.add(DraftComment(version_id=row.id, element=element, text=text, made_at=now, made_by=actor.account_id))


def _said(text: str) -> str:
    """The comment, cleaned; text that no page shows safely is refused by the rule for questionnaires."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid("Write the comment first.", problems={"text": N_("Write the comment first.")})
    if len(text) > LONGEST_COMMENT:
        raise Invalid("Write at most 1000 characters.", problems={"text": N_("Write at most 1000 characters.")})
    try:
        return clean(text)
    except PydanticCustomError as refused:
        sentence = editing.REFUSALS[refused.type]
        raise Invalid(sentence, problems={"text": sentence}) from None


def settle(database: Database, code: str, number: int, comment_id: int, *, actor: Actor, now: datetime) -> None:
    """Mark a comment as dealt with. Safe to call twice."""
    with database.writing() as session:
        row = _readable(session, code, number, actor)
        found = session.get(DraftComment, comment_id)
        if found is not None and found.version_id == row.id and found.settled_at is None:
            found.settled_at, found.settled_by = now, actor.account_id


def submit(database: Database, code: str, number: int, *, actor: Actor, now: datetime) -> None:
    """Send a draft for review: it rests until it is published or given back. Safe to call twice."""
    with database.writing() as session:
        if _held(session, code, number).status is VersionStatus.IN_REVIEW:
            return
        row = _open_draft(session, code, number, actor)
        row.status = VersionStatus.IN_REVIEW
        audit.record(session, actor, "instrument.submit", f"{code}@{number}", now, content_hash=row.content_hash)


def give_back(database: Database, code: str, number: int, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """Return a draft from review to its editors, with a reason. Safe to call twice."""
    reason = " ".join(reason.split())[:LONGEST_COMMENT]
    reason = _said(reason) if reason else ""
    with database.writing() as session:
        row = _readable(session, code, number, actor)
        if row.status is not VersionStatus.IN_REVIEW:
            return
        row.status = VersionStatus.DRAFT
        if reason:
            session.add(DraftComment(version_id=row.id, element="", text=reason, made_at=now, made_by=actor.account_id))
        audit.record(session, actor, "instrument.give_back", f"{code}@{number}", now, reason=reason)


def _readable(session: Session, code: str, number: int, actor: Actor) -> InstrumentVersion:
    row = _held(session, code, number)
    instrument = versions.instrument_of(session, row)
    if instrument.service_domain.value not in scope.domains(actor, Role.DESIGNER, Role.APPROVER):
        raise Forbidden(N_("Your account may not decide about questionnaires of this service."))
    if row.status not in (VersionStatus.DRAFT, VersionStatus.IN_REVIEW):
        raise Conflict("%(code)s@%(number)s is published and never changes.", code=code, number=number)
    return row
