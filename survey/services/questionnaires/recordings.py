"""Questions read aloud: keep files and put them into a draft, forget those that no questionnaire points to any more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from instruments import codec
from instruments.model.document import InstrumentVersion as Document
from instruments.model.elements import Recording
from instruments.model.recordings import taken_over, with_all, with_recording, without_recording, words_hash
from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid, NotFound
from survey.models.people.accounts import Role
from survey.models.questionnaires.instruments import VersionStatus
from survey.models.questionnaires.recordings import SoundFile
from survey.permissions import Actor
from survey.queries import scope
from survey.queries.questionnaires import drafts as desk
from survey.queries.questionnaires import recordings as queries
from survey.queries.questionnaires import versions
from survey.services import audit
from survey.services.questionnaires import audio_files, drafts
from survey.services.questionnaires.audio_files import Sound
from survey.services.questionnaires.shipped_and_imported import row_of
from survey.words.figures import whole

ORPHANS_LIVE = timedelta(days=2)


@dataclass(frozen=True)
class Put:
    """What became of some uploaded files: how many are kept, and why others are not, by the code of the text."""

    kept: int
    refused: Mapping[str, Invalid]


def put(
    database: Database,
    code: str,
    number: int,
    files: Mapping[str, bytes],
    language: str,
    *,
    actor: Actor,
    now: datetime,
) -> Put:
    """Read a draft aloud in one language: files by the code of the question or statement they read.

    A good file is kept although another is refused.
    """
    actor.require(Role.DESIGNER)
    sounds: dict[str, Sound] = {}
    refused: dict[str, Invalid] = {}
    for element, data in files.items():
        try:
            sounds[element] = audio_files.read(data)
        except Invalid as problem:
            refused[element] = problem

    def edit(session: Session, document: Document) -> Document:
        for element, sound in sounds.items():
            with _named(element, language):
                recording = _kept(session, document, element, language, sound, actor, now)
                document = with_recording(document, element, recording)
        return document

    if sounds:
        _change(database, code, number, edit, actor, now)
    return Put(len(sounds), refused)


def drop(
    database: Database, code: str, number: int, element: str, language: str, *, actor: Actor, now: datetime
) -> None:
    """Take the recording of one text in one language out of a draft. Safe to call twice."""

    def edit(_session: Session, document: Document) -> Document:
        with _named(element, language):
            return without_recording(document, element, language)

    _change(database, code, number, edit, actor, now)


def take_over(database: Database, code: str, number: int, earlier: int, *, actor: Actor, now: datetime) -> int:
    """Bring recordings of the same words over from an earlier version; those of other words go. Returns how many."""
    taken = 0

    def edit(session: Session, document: Document) -> Document:
        nonlocal taken
        new, taken = taken_over(document, codec.loads_draft(row_of(session, code, earlier).document))
        return new

    _change(database, code, number, edit, actor, now)
    return taken


def forget_orphans(database: Database, now: datetime) -> int:
    """Delete files that no document names. Safe to call as often as one likes."""
    with database.writing() as session:
        gone = queries.orphans(session, kept_before=now - ORPHANS_LIVE)
        if gone:
            session.execute(delete(SoundFile).where(SoundFile.digest.in_(gone)))
        return len(gone)


def _change(
    database: Database,
    code: str,
    number: int,
    edit: Callable[[Session, Document], Document],
    actor: Actor,
    now: datetime,
) -> None:
    """One act on a draft: others at the desk see it, and it can be undone."""
    with database.writing() as session:
        row = row_of(session, code, number)
        instrument = versions.instrument_of(session, row)
        if instrument.service_domain.value not in scope.domains(actor, Role.DESIGNER):
            raise Forbidden("Your account may not write questionnaires of this service.")
        if row.status is not VersionStatus.DRAFT:
            raise Conflict(
                "Recordings belong to the document: only a draft takes them. Begin the next version of %(code)s.",
                code=code,
            )
        base = desk.revision_of(session, row.id, row.content_hash)
        before = codec.loads_draft(row.document)
        after = edit(session, before)
        audio = {element.code: element.audio for element in after.elements}
    if after == before:
        return
    drafts.change(
        database, code, number, lambda document: with_all(document, audio), base=base, act="read_aloud", actor=actor,
        now=now,
    )  # fmt: skip
    with database.writing() as session:
        audit.record(session, actor, "instrument.read_aloud", f"{code}@{number}", now)


def _kept(
    session: Session, document: Document, element: str, language: str, sound: Sound, actor: Actor, now: datetime
) -> Recording:
    """The file under its hash; the same bytes are kept once."""
    if language not in document.language_codes:
        raise KeyError(language)
    digest = hashlib.sha256(sound.data).hexdigest()
    held = session.get(SoundFile, digest)
    if held is not None:
        held.kept_at = now
    else:
        session.add(
            SoundFile(
                digest=digest,
                media_type=sound.media_type,
                milliseconds=whole(sound.seconds * 1000),
                size=len(sound.data),
                data=sound.data,
                kept_at=now,
                kept_by=actor.account_id,
            )
        )
        session.flush()
    text = next((one for one in document.elements if one.code == element), None)
    return Recording(
        language=language,
        file=f"{digest}{sound.suffix}",
        digest=digest,
        seconds=sound.seconds,
        words=words_hash(document, text, language) if text is not None else "0" * 64,
    )


@contextmanager
def _named(element: str, language: str) -> Iterator[None]:
    """Turn the KeyError of an unknown text or language into NotFound with a sentence."""
    try:
        yield
    except KeyError:
        raise NotFound(
            "The questionnaire has no text %(element)s in the language %(language)s.",
            element=element[:60], language=language[:20],
        ) from None  # fmt: skip
