"""Named reads of questions read aloud: one file by its name, what is kept and whether a document still points to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from survey.models.questionnaires.drafts import DraftRevision
from survey.models.questionnaires.instruments import InstrumentVersion
from survey.models.questionnaires.recordings import SoundFile

NAME = re.compile(r"([0-9a-f]{64})\.(mp3|m4a)")


@dataclass(frozen=True)
class Sound:
    digest: str
    media_type: str
    data: bytes


def by_name(connection: Connection, name: str) -> Sound | None:
    """The file with this name (`<digest>.mp3`), whoever asks: what is read aloud is printed on the form as well."""
    named = NAME.fullmatch(name)
    if named is None:
        return None
    row = connection.execute(
        select(SoundFile.media_type, SoundFile.data).where(SoundFile.digest == named[1])
    ).one_or_none()
    return None if row is None else Sound(named[1], row.media_type, row.data)


def orphans(session: Session, *, kept_before: datetime) -> tuple[str, ...]:
    """Digests of files kept since before a moment that no version and no revision of a draft names."""
    old = session.scalars(select(SoundFile.digest).where(SoundFile.kept_at < kept_before)).all()
    return tuple(digest for digest in old if not _is_named(session, digest))


def _is_named(session: Session, digest: str) -> bool:
    return any(
        session.scalar(select(table.id).where(table.document.contains(digest)).limit(1)) is not None
        for table in (InstrumentVersion, DraftRevision)
    )
