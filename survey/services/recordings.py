"""Questions read aloud: keep a file, forget those that no questionnaire points to any more."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from instruments.elements import Recording
from survey import audio_files
from survey.database import Database
from survey.models.accounts import Role
from survey.models.instruments import InstrumentVersion
from survey.models.recordings import SoundFile
from survey.permissions import Actor

ORPHANS_LIVE = timedelta(days=2)  # undoing brings a recording back: its file waits that long


def keep(database: Database, data: bytes, language: str, *, actor: Actor, now: datetime) -> Recording:
    """Check a recording and keep it under its hash; the answer is what a question's document says of it."""
    actor.require(Role.DESIGNER)
    sound = audio_files.read(data)
    digest = hashlib.sha256(sound.data).hexdigest()
    with database.writing() as session:
        held = session.get(SoundFile, digest)
        if held is not None:
            held.kept_at = now
        else:
            session.add(
                SoundFile(
                    digest=digest,
                    media_type=sound.media_type,
                    seconds=sound.seconds,
                    size=len(sound.data),
                    data=sound.data,
                    kept_at=now,
                    kept_by=actor.account_id,
                )
            )
    return Recording(language=language, file=f"{digest}{sound.suffix}", digest=digest, seconds=sound.seconds)


def forget_orphans(database: Database, now: datetime) -> int:
    """Delete files that no document names. Safe to call as often as one likes."""
    with database.writing() as session:
        old = session.scalars(select(SoundFile.digest).where(SoundFile.kept_at < now - ORPHANS_LIVE)).all()
        gone = [
            digest
            for digest in old
            if session.scalar(
                select(InstrumentVersion.id).where(InstrumentVersion.document.contains(digest)).limit(1)
            ) is None
        ]  # fmt: skip
        if gone:
            session.execute(delete(SoundFile).where(SoundFile.digest.in_(gone)))
        return len(gone)
