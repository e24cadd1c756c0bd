"""One-time codes for the slips of drawn and census channels: issued, shown once, made worthless.

The record keeps keyed hashes only, so a code that is lost cannot be shown again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from survey import clock
from survey.database import Database, changed
from survey.errors import N_, Conflict, Invalid, NotFound
from survey.models.fieldwork.points import OneTimeCode, OneTimeCodeStatus
from survey.models.fieldwork.waves import Selection
from survey.permissions import Actor
from survey.queries.fieldwork import codes as queries
from survey.queries.fieldwork import points
from survey.queries.fieldwork.points import SlipPoint
from survey.queries.province import procedures
from survey.services import audit
from survey.services.fieldwork import waves
from survey.services.fieldwork.points import not_closed, point_of
from survey.tokens import CODE_ALPHABET, ONE_TIME_CODE_LENGTH, Tokens, new_code

MOST_CODES_AT_ONCE = 50_000


def issue(
    database: Database,
    tokens: Tokens,
    wave_code: str,
    *,
    point_id: int,
    count: int,
    expires_on: date,
    field_code: str | None = None,
    seed: bytes | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[str, ...]:
    """One-time codes for the slips of a drawn or census channel, shown this once: the record keeps keyed hashes.

    `seed` is 32 random bytes that the form carries encrypted: when the button is pressed twice, the same seed arrives,
    the codes are issued once, and both answers show the same ones.
    """
    problems: dict[str, str] = {}
    if not 1 <= count <= MOST_CODES_AT_ONCE:
        problems["count"] = N_("From 1 to 50,000 codes can be issued at once.")
    if expires_on < clock.local_day(now):
        problems["expires_on"] = N_("The codes would have run out already: choose a day from today on.")
    with database.writing() as session:
        at = point_of(session, wave_code, point_id, actor)
        not_closed(at.wave)
        if at.channel.selection is Selection.OPT_IN:
            raise Conflict(
                "One-time codes belong to a drawn or census channel; the channel %(code)s is self-selected.",
                code=at.channel.code,
            )
        field_id = procedures.field_id(session, field_code) if field_code else None
        if field_code and field_id is None:
            problems["field"] = N_("Choose one of the fields in the record, or none.")
        if problems:
            raise Invalid("The codes cannot be issued like this.", problems=problems)
        context = f"{wave_code}|{point_id}|{count}|{expires_on}|{field_code or ''}"
        codes = _one_time_codes(count, seed, context)
        digests = {tokens.one_time_digest(code): code for code in codes}
        if not queries.slip_is_known(session, next(iter(digests))):
            session.execute(
                insert(OneTimeCode),
                [
                    {
                        "digest": digest, "channel_id": at.channel.id, "point_id": point_id,
                        "status": OneTimeCodeStatus.ISSUED, "expires_on": expires_on, "field_id": field_id,
                    }
                    for digest in digests
                ],
            )  # fmt: skip
            audit.record(session, actor, "codes.issue", f"wave {wave_code}", now, point=point_id, count=count)
        return codes


def void(database: Database, wave_code: str, *, point_id: int, actor: Actor, now: datetime) -> int:
    """Make every unused one-time code of a point worthless (slips were lost). Returns how many."""
    with database.writing() as session:
        point_of(session, wave_code, point_id, actor)
        count = changed(
            session,
            update(OneTimeCode)
            .where(OneTimeCode.point_id == point_id, OneTimeCode.status == OneTimeCodeStatus.ISSUED)
            .values(status=OneTimeCodeStatus.VOID, point_id=None, field_id=None),
        )
        if count:
            audit.record(session, actor, "codes.void", f"wave {wave_code}", now, point=point_id, count=count)
        return count


def slip_point(
    session: Session, wave_code: str, *, unit_code: str | None = None, point_id: int | None = None
) -> SlipPoint:
    """The point that takes one-time codes: by its number, or the only one of a unit.

    Raises NotFound without one, Conflict naming the points when there are several.
    """
    wave, _, _ = waves.find(session, wave_code)
    found = points.slip_points(session, wave.id, unit_code=unit_code, point_id=point_id)
    if not found:
        raise NotFound("The wave %(wave)s has no such point that takes one-time codes.", wave=wave_code)
    if len(found) > 1:
        names = ", ".join(f"{point.id} ({point.name})" for point in found)
        raise Conflict(
            "The unit %(unit)s has several points: %(names)s. Name one of them.", unit=unit_code, names=names
        )
    return found[0]


def _one_time_codes(count: int, seed: bytes | None, context: str) -> tuple[str, ...]:
    """`count` different codes in random order; with a seed, the same codes for the same request."""
    draw = _drawn_from(seed, context) if seed is not None else None
    codes: set[str] = set()
    while len(codes) < count:
        codes.add(new_code(ONE_TIME_CODE_LENGTH, draw) if draw else new_code(ONE_TIME_CODE_LENGTH))
    return tuple(sorted(codes))


def _drawn_from(seed: bytes, context: str) -> Callable[[str], str]:
    """A drawer of letters from a secret seed. Each letter is equally likely: bytes past the last multiple are left."""
    stream = _stream(seed, context)
    limit = 256 - 256 % len(CODE_ALPHABET)

    def draw(alphabet: str) -> str:
        return next(alphabet[byte % len(alphabet)] for byte in stream if byte < limit)

    return draw


def _stream(seed: bytes, context: str) -> Iterator[int]:
    block = 0
    while True:
        yield from hashlib.shake_256(seed + f"{context}|{block}".encode()).digest(65_536)
        block += 1
