"""Named reads of questions read aloud: one file by its name, what is kept and whether a document still points to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, select

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
