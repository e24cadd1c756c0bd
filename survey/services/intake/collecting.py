"""Taking a citizen's answers exactly once.

The contract: the server signs a submission key into each form it renders. One transaction inserts the response on
conflict do nothing, with its comments, the redemption of a one-time code and the counter. On conflict the digest of the
content decides between "the same thank-you" and "the first stands". The thank-you follows COMMIT. Stored keys are
looked up before their age, so that a late retry of something stored is always thanked.

Nothing here knows who or which device answers, nor keeps a moment finer than the half-day.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from instruments.answers import AnswerSheet, canonical
from survey import clock
from survey.database import Database
from survey.models.fieldwork.points import EvidenceTier, Mode, OneTimeCode, OneTimeCodeStatus
from survey.models.fieldwork.waves import WaveStatus
from survey.models.intake.responses import Comment, CommentStatus, Disposition, Response, SubmissionCount
from survey.queries.intake import submissions
from survey.queries.intake.entry import Entry, open_answer_place
from survey.tokens import SubmissionKey, Tokens

KEY_LIFE = timedelta(hours=24)
KIOSK_KEY_LIFE = timedelta(days=30)
GRACE = timedelta(hours=24)  # forms opened before a wave closed are taken for a day
RENDER_SLACK = timedelta(seconds=30)  # a form may be rendered this long after closing by a worker that had not heard
PACE_LIMITS = (1, 2, 5)  # seconds per question
COMPLETE_SHARE = 0.5  # of the rated questions shown; fewer answered: partial


class Fate(StrEnum):
    """The outcome of one sending of a form."""

    STORED = "stored"
    REPEATED = "repeated"  # the same key and content again: the same thank-you
    FIRST_STANDS = "first_stands"  # the same key, other content
    DELETED = "deleted"  # the same key again, whose response was deleted at the citizen's wish
    EXPIRED = "expired"  # the key is too old and was never stored
    CLOSED = "closed"  # the wave had closed before the form was opened, or too long ago
    SPENT = "spent"  # the one-time code has been used by somebody else's sending
    RETIRED = "retired"  # the code was withdrawn or ran out while the form was open
    EMPTY = "empty"  # no answer at all


@dataclass(frozen=True)
class Sending:
    """One arrived form, read and found without problems."""

    key: SubmissionKey
    sheet: AnswerSheet
    field_id: int | None
    questions: int  # how many were put, for the pace
    rated: tuple[str, ...]  # codes of the rated questions that were visible


class Doors(StrEnum):
    """Whether a form may be opened with a code now, and if not, why."""

    OPEN = "open"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    RETIRED = "retired"
    SPENT = "spent"
    EXPIRED = "expired"


def doors(entry: Entry, now: datetime) -> Doors:
    """Whether a form may be opened with this code."""
    if entry.retired:
        return Doors.RETIRED
    if entry.one_time is OneTimeCodeStatus.REDEEMED:
        return Doors.SPENT
    today = clock.local_day(now)
    if entry.expires_on is not None and today > entry.expires_on:
        return Doors.EXPIRED
    if entry.wave_status is WaveStatus.PLANNED:
        return Doors.NOT_YET
    return Doors.OPEN if entry.wave_status is WaveStatus.OPEN else Doors.CLOSED


def content_digest(sheet: AnswerSheet, field_id: int | None) -> bytes:
    """SHA-256 of everything that was answered, in one spelling."""
    content = {"answers": sheet.codes, "texts": sheet.texts, "field": field_id}
    spelled = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).digest()


def found_before(database: Database, key: SubmissionKey) -> Fate | None:
    """What to tell a sending that cannot be taken, when its key was stored before; None when it was not."""
    with database.view() as connection:
        stored = submissions.by_key(connection, key.digest)
    if stored is None:
        return None
    return Fate.DELETED if stored.deleted else Fate.FIRST_STANDS


def take(
    database: Database,
    tokens: Tokens,
    entry: Entry,
    sending: Sending,
    now: datetime,
    *,
    as_open_answer: bool = False,
) -> Fate:
    """Store one sending exactly once. Returns after COMMIT; raises RecordUnavailable when the store cannot take it.

    `as_open_answer`: the citizen chose to send it although the code can no longer be used. It then counts among the
    self-selected ones with the weakest evidence (tier D), never with the channel of the code.
    """
    key = sending.key
    digest = content_digest(sending.sheet, sending.field_id)
    if refusal := refused(entry, key, now, as_open_answer=as_open_answer):
        with database.view() as connection:
            stored = submissions.by_key(connection, key.digest)
        if stored is not None:
            return _repeated(stored, digest)
        return refusal
    if not sending.sheet.codes and not sending.sheet.texts:
        return found_before(database, key) or Fate.EMPTY
    with database.connection() as connection:
        place = _place(connection, entry, key, as_open_answer=as_open_answer)
        if place is None:
            return Fate.CLOSED
        inserted = connection.execute(_INSERTS[connection.dialect.name], _row(tokens, place, sending, digest, now))
        if inserted.rowcount == 1:
            if place.one_time and not _redeem(connection, tokens, entry):
                connection.rollback()
                return Fate.SPENT
            _comment(connection, place, sending)
            _count(connection, place.point_id, now, "accepted")
            return Fate.STORED
        stored = submissions.by_key(connection, key.digest)
        fate = _repeated(stored, digest)
        _count(connection, place.point_id, now, "conflicting" if fate is Fate.FIRST_STANDS else "repeated")
        return fate


def _repeated(stored: submissions.Stored | None, digest: bytes) -> Fate:
    """What a second sending of a stored key is told."""
    if stored is not None and stored.deleted:
        return Fate.DELETED
    return Fate.REPEATED if stored is None or stored.answers_digest == digest else Fate.FIRST_STANDS


def refused(entry: Entry, key: SubmissionKey, now: datetime, *, as_open_answer: bool = False) -> Fate | None:
    """Why this key cannot be taken through this code any more, or None when it can."""
    life = KIOSK_KEY_LIFE if entry.kiosk else KEY_LIFE
    if key.age(now) > life.total_seconds():  # a key from a clock that ran ahead was still signed here
        return Fate.EXPIRED
    if entry.wave_status is WaveStatus.CLOSED:
        assert entry.closed_at is not None
        opened_before = key.issued <= (entry.closed_at + RENDER_SLACK).timestamp()
        if not opened_before or now > entry.closed_at + GRACE:
            return Fate.CLOSED
    if as_open_answer:
        return None
    if entry.one_time is OneTimeCodeStatus.REDEEMED:
        return Fate.SPENT
    if entry.retired or (entry.expires_on is not None and clock.local_day(now) > entry.expires_on):
        return Fate.RETIRED
    return None


@dataclass(frozen=True)
class _Place:
    """The point, units, channel and field to which a response belongs."""

    wave_id: int
    channel_id: int
    point_id: int
    unit_received_id: int
    unit_deciding_id: int
    mode: Mode
    tier: EvidenceTier
    late: bool
    one_time: bool


def _place(connection: Connection, entry: Entry, key: SubmissionKey, *, as_open_answer: bool) -> _Place | None:
    late = entry.wave_status is WaveStatus.CLOSED
    if not as_open_answer:
        assert entry.point_id is not None
        return _Place(
            entry.wave_id, entry.channel_id, entry.point_id, entry.unit_received_id, entry.unit_deciding_id,
            entry.mode, entry.tier, late, one_time=entry.one_time is not None,
        )  # fmt: skip
    found = open_answer_place(connection, entry.wave_id, key.point_id)
    if found is None:
        return None
    return _Place(
        entry.wave_id, found.channel_id, found.point_id, found.unit_received_id, found.unit_deciding_id,
        Mode.QR_LATER, EvidenceTier.D, late, one_time=False,
    )  # fmt: skip


def _row(tokens: Tokens, place: _Place, sending: Sending, digest: bytes, now: datetime) -> dict[str, object]:
    key, sheet = sending.key, sending.sheet
    return {
        "key_digest": key.digest,
        "wave_id": place.wave_id,
        "channel_id": place.channel_id,
        "point_id": place.point_id,
        "unit_received_id": place.unit_received_id,
        "unit_deciding_id": place.unit_deciding_id,
        "field_id": sending.field_id,
        "version_id": key.version_id,
        "answers": canonical(sheet.codes),
        "answers_digest": digest,
        "receipt_digest": tokens.receipt_digest_of(key),
        "day": clock.local_day(now),
        "half_day": clock.half_day(now),
        "mode": place.mode,
        "tier": place.tier,
        "pace": pace(key.age(now), sending.questions),
        "disposition": disposition(sending),
        "late": place.late,
    }


def _comment(connection: Connection, place: _Place, sending: Sending) -> None:
    rows = [
        {"key_digest": sending.key.digest, "item": item, "text": text, "status": CommentStatus.NEW,
         "wave_id": place.wave_id, "unit_id": place.unit_deciding_id}
        for item, text in sorted(sending.sheet.texts.items())
    ]  # fmt: skip
    if rows:
        connection.execute(insert(Comment), rows)


def _redeem(connection: Connection, tokens: Tokens, entry: Entry) -> bool:
    """Spend the one-time code and drop what it pointed to. False when somebody else has spent it."""
    done = connection.execute(
        update(OneTimeCode)
        .where(OneTimeCode.digest == tokens.one_time_digest(entry.code), OneTimeCode.status == OneTimeCodeStatus.ISSUED)
        .values(status=OneTimeCodeStatus.REDEEMED, point_id=None, field_id=None)
    )
    return done.rowcount == 1


def _count(connection: Connection, point_id: int, now: datetime, what: str) -> None:
    """One more in the counters of this point and quarter of an hour, which join to no response."""
    row = {"point_id": point_id, "quarter": clock.quarter_hour(now), "accepted": 0, "repeated": 0, "conflicting": 0}
    connection.execute(_COUNTS[connection.dialect.name, what], row | {what: 1})


# Built once: building a statement costs more than executing it.
_DIALECTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_COUNTS = {
    (name, what): make(SubmissionCount).on_conflict_do_update(
        index_elements=["point_id", "quarter"], set_={what: getattr(SubmissionCount, what) + 1}
    )
    for name, make in _DIALECTS.items()
    for what in ("accepted", "repeated", "conflicting")
}
_INSERTS = {
    name: make(Response)
    .on_conflict_do_nothing(index_elements=["key_digest"])
    .execution_options(preserve_rowcount=True)  # the answer to "was it new?"
    for name, make in _DIALECTS.items()
}


def pace(seconds: float, questions: int) -> int:
    """Seconds per question in four buckets: < 1, 1-2, 2-5, > 5."""
    each = seconds / max(1, questions)
    return sum(each >= limit for limit in PACE_LIMITS)


def disposition(sending: Sending) -> Disposition:
    """Complete when at least half of the rated questions that were shown are answered."""
    answered = sum(code in sending.sheet.codes for code in sending.rated)
    enough = answered >= COMPLETE_SHARE * len(sending.rated)
    return Disposition.COMPLETE if enough else Disposition.PARTIAL


def field_from(chosen: str, entry: Entry, known: frozenset[int]) -> int | None:
    """The field of procedure: from the code, else from the first question; None for other or not remembered."""
    if entry.field_id is not None:
        return entry.field_id
    number = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10 else 0
    return number if number in known else None
