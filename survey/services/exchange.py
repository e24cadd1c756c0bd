"""Questionnaires as files: what came in is read and kept as a draft; what is in the record is given out.

The same for the screens and the command line. A file is recognised by what it holds, not by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from instruments import codec
from instruments.comparability import Comparison, compare
from instruments.model import InstrumentVersion as Document
from survey.database import Database
from survey.errors import Invalid, NotFound
from survey.permissions import Actor
from survey.queries import instruments as queries
from survey.queries.instruments import InstrumentRow, VersionRow
from survey.services import instruments as record
from survey.services.instruments import Imported


class Format(StrEnum):
    """What a questionnaire can be given out as."""

    JSON = "json"


@dataclass(frozen=True)
class File:
    """A file to hand over."""

    name: str
    media_type: str
    data: bytes


MEDIA_TYPES = {Format.JSON: "application/json"}


def take(database: Database, data: bytes, *, actor: Actor, now: datetime, dry_run: bool = False) -> Imported:
    """Read a file and keep it as a draft. Raises Unusable with every problem by its place in the file.

    With `dry_run` nothing is written: the answer says what would be.
    """
    return record.import_document(database, data, actor=actor, now=now, dry_run=dry_run)


def give(database: Database, name: str, wanted: Format, *, actor: Actor) -> File:
    """`one-stop-short` or `one-stop-short@1` as a file."""
    row, document = find(database, name, actor=actor)
    return File(f"{row.code}-{row.number}.{wanted.value}", MEDIA_TYPES[wanted], _rendered(document, wanted))


def difference(database: Database, old: str, new: str, *, actor: Actor) -> tuple[Document, Document, Comparison]:
    """Two versions and what changed between them."""
    _, before = find(database, old, actor=actor)
    _, after = find(database, new, actor=actor)
    return before, after, compare(before, after)


def listing(database: Database, *, actor: Actor) -> tuple[InstrumentRow, ...]:
    """Every questionnaire of the record with its versions, newest first."""
    with database.reading() as session:
        return queries.listing(session, actor)


def find(database: Database, name: str, *, actor: Actor) -> tuple[VersionRow, Document]:
    """The version that `CODE@N` names; `CODE` alone is the newest in use, else the newest."""
    code, number = _parts(name)
    with database.reading() as session:
        if number is None:
            found = queries.instrument(session, actor, code)
            row = found.current if found else None
        else:
            row = queries.version(session, actor, code, number)
        if row is None:
            raise NotFound("There is no questionnaire %(name)s in the record.", name=name)
        return row, queries.document(session, row)


def _parts(name: str) -> tuple[str, int | None]:
    code, at, number = name.partition("@")
    if not at:
        return code, None
    if not number.isascii() or not number.isdigit() or len(number) > 6:
        raise Invalid("A version is named CODE@NUMBER, like one-stop-short@1; “%(name)s” is not.", name=name[:60])
    return code, int(number)


def _rendered(document: Document, wanted: Format) -> bytes:
    return codec.pretty(document).encode()
