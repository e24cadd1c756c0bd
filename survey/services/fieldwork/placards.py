"""What is printed for a wave: a placard for each code in use, slips with one-time codes.

A few sheets are made at once; more than `AT_ONCE` while nobody waits. One-time codes never enter a job: the record
keeps only their keyed hashes, so their slips are made in the answer that shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from instruments import answering_time, codec
from instruments.model.text import render
from survey import addresses
from survey.database import Database
from survey.errors import Conflict, Invalid, NotFound
from survey.models.people.accounts import Role
from survey.permissions import Actor
from survey.queries.fieldwork import points as queries
from survey.queries.intake import entry
from survey.services import jobs
from survey.services.fieldwork import waves
from survey.services.province import settings
from survey.words.figures import day

if TYPE_CHECKING:
    from survey.exports.placard import Placard

PLACARDS = "placards"  # the kind of job
AT_ONCE = 40
MOST_SLIPS = 500
LANGUAGE = "vi"
PAPERS = ("a6", "a4")

Words = Callable[[str], str]  # a catalogue's gettext


@dataclass(frozen=True)
class Sheets:
    """What will be on paper, still without its sentences."""

    wave_code: str
    title: str
    minutes: int
    sheets: tuple[Placard, ...]


def sheets(
    session: Session, wave_code: str, *, public_url: str, actor: Actor, point_ids: Sequence[int] | None = None
) -> Sheets:
    """A placard for every code in use at the points that the actor may print for; at some of them, where given."""
    from survey.exports.placard import Placard  # typesetting only where something is printed

    face = _face(session, wave_code, public_url)
    found = queries.printed_codes(session, actor, face.wave_id, face.domain, point_ids=point_ids)
    if not found:
        raise Conflict("The wave %(code)s has no point with a code to print.", code=wave_code)
    made = tuple(
        Placard(
            address=addresses.on_paper(face.base, one.code),
            host=addresses.typed(face.base),
            code=one.code,
            agency=one.agency,
            place=one.point_name if one.received_at == one.agency else f"{one.point_name}, {one.received_at}",
            heading=face.heading,
            asked_by=face.asked_by or one.agency,
            serial=f"{wave_code}/{one.code_id:05d}",
            synthetic=face.synthetic,
        )
        for one in found
    )
    return Sheets(wave_code, face.title, face.minutes, made)


def slips(
    session: Session, wave_code: str, *, public_url: str, actor: Actor, point_id: int, codes: Sequence[str]
) -> Sheets:
    """A slip for each of some one-time codes of a point."""
    from survey.exports.placard import Placard

    if len(codes) > MOST_SLIPS:
        raise Invalid("Slips are made for at most %(most)s codes at once; take the list instead.", most=MOST_SLIPS)
    face = _face(session, wave_code, public_url)
    found = queries.at(session, face.wave_id, point_id)
    if found is None:
        raise NotFound("The wave %(code)s has no such collection point.", code=wave_code)
    agency = found.unit.name
    actor.require(Role.FIELD_OFFICER, unit_path=found.unit.path, domain=face.domain)
    made = tuple(
        Placard(
            address=addresses.on_paper(face.base, code), host=addresses.typed(face.base), code=code, agency=agency,
            place=found.point.name, heading=face.heading, asked_by=face.asked_by or agency, serial="",
            synthetic=face.synthetic,
        )
        for code in codes
    )  # fmt: skip
    return Sheets(wave_code, face.title, face.minutes, made)


def placard_file(made: Sheets, paper: str, _: Words) -> bytes:
    """The PDF of some placards."""
    from survey.exports import placard

    title = _("Placards of %(wave)s") % {"wave": made.title}
    sentences = placard.words_in(LANGUAGE, _, title=title, minutes=made.minutes)
    return placard.placards(made.sheets, sentences, placard.Paper(paper))


def slip_file(made: Sheets, expires_on: date, _: Words) -> bytes:
    """The PDF of some slips."""
    from survey.exports import placard

    title = _("Slips of %(wave)s") % {"wave": made.title}
    until = day(expires_on)
    return placard.slips(made.sheets, placard.words_in(LANGUAGE, _, title=title, minutes=made.minutes, until=until))


def ask_for_file(
    database: Database, wave_code: str, point_ids: Sequence[int], paper: str, *, actor: Actor, now: datetime
) -> int:
    """Have many placards made while nobody waits; the points were found in the actor's scope. Returns the job's id."""
    params = {"wave": wave_code, "paper": paper, "points": sorted(set(point_ids))}
    return jobs.enqueue(database, PLACARDS, params, actor=actor, now=now)


def points_of(session: Session, wave_code: str, *, actor: Actor) -> tuple[int, ...]:
    """The points of a wave that the actor may print for."""
    wave, domain, _ = waves.find(session, wave_code)
    return queries.printable(session, actor, wave.id, domain.value)


@dataclass(frozen=True)
class _Face:
    """What every sheet of a wave says."""

    wave_id: int
    domain: str
    title: str
    heading: str
    minutes: int
    asked_by: str
    synthetic: bool
    base: str


def _face(session: Session, wave_code: str, public_url: str) -> _Face:
    wave, domain, _ = waves.find(session, wave_code)
    document = codec.loads(entry.version_document(session, wave.version_id) or "")
    set_by_province = settings.read(session)
    return _Face(
        wave_id=wave.id,
        domain=domain.value,
        title=wave.title,
        heading=render(
            document.display.question or document.short_title, LANGUAGE, document.parameter_values(LANGUAGE)
        ),
        minutes=answering_time.minutes(document),
        asked_by=wave.asked_by or set_by_province.province_name,
        synthetic=wave.is_synthetic,
        base=addresses.public_base(public_url, set_by_province.domain),
    )
