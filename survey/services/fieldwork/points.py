"""Collection points and what is printed for them: entry codes on posters and screens, one-time codes on slips.

A printed code is never used again, only retired. One-time codes are shown once: the record keeps keyed hashes. Drawn
and census channels take one-time codes only: a poster there would let anyone into a sample that claims to be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from survey.database import Database
from survey.errors import N_, Conflict, Invalid, NotFound
from survey.models.fieldwork.points import CollectionPoint, EntryCode, EntryCodeStatus, EvidenceTier, Mode
from survey.models.fieldwork.waves import Channel, Selection, Wave, WaveStatus
from survey.models.people.accounts import Role
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import Actor
from survey.queries.fieldwork import codes, planning
from survey.queries.fieldwork import points as queries
from survey.queries.province import procedures, units
from survey.services import audit
from survey.services.fieldwork import waves
from survey.tokens import ENTRY_CODE_LENGTH, new_code

MOST_POINTS_AT_ONCE = 5_000
LONGEST_NAME = 200
PRINTED_MODES = (Mode.QR_ON_SITE, Mode.QR_LATER, Mode.KIOSK)  # how a printed code can be answered
TIER_OF = {Mode.KIOSK: EvidenceTier.B}  # a printed QR otherwise: anyone who has seen it


@dataclass(frozen=True)
class NewPoint:
    """What a field officer enters for one place where citizens meet the questionnaire."""

    channel: str
    unit_received: str  # codes of units
    unit_deciding: str
    name: str
    mode: Mode = Mode.QR_ON_SITE
    field: str | None = None  # code of the field of procedures, where the place serves one


@dataclass(frozen=True)
class MadePoint:
    id: int
    code: str  # empty: the channel takes one-time codes only


@dataclass(frozen=True)
class MadePoints:
    """What adding many did: those made, and how many were there already."""

    made: tuple[MadePoint, ...]
    already: int


def add_point(database: Database, wave_code: str, entered: NewPoint, *, actor: Actor, now: datetime) -> MadePoint:
    """Add a place, with a printed code if its channel is self-selected. Entered twice, it is added once."""
    with database.writing() as session:
        wave, domain, _ = waves.find(session, wave_code)
        places = _Places.of(session, wave, domain)
        place = places.find(entered)
        actor.require(Role.FIELD_OFFICER, unit_path=place.deciding.path, domain=domain.value)
        not_closed(wave)
        held = places.held(place)
        if held is not None:
            return held
        made = _make(session, place)
        audit.record(session, actor, "point.add", f"wave {wave_code}", now, point=made.id, unit=place.deciding.code)
        return made


def add_points(
    database: Database, wave_code: str, entered: Sequence[NewPoint], *, actor: Actor, now: datetime
) -> MadePoints:
    """Many places at once, all or none; those that are there already are passed over, so it is safe to call twice."""
    if len(entered) > MOST_POINTS_AT_ONCE:
        raise Invalid("At most %(most)s points can be added at once.", most=MOST_POINTS_AT_ONCE)
    with database.writing() as session:
        wave, domain, _ = waves.find(session, wave_code)
        not_closed(wave)
        places = _Places.of(session, wave, domain)
        made: list[MadePoint] = []
        already = 0
        for one in entered:
            place = places.find(one)
            actor.require(Role.FIELD_OFFICER, unit_path=place.deciding.path, domain=domain.value)
            if places.held(place) is not None:
                already += 1
                continue
            point = _make(session, place)
            places.add(place, point)
            made.append(point)
        if made:
            audit.record(session, actor, "point.add_many", f"wave {wave_code}", now, added=len(made))
        return MadePoints(tuple(made), already)


def rename_point(database: Database, wave_code: str, point_id: int, *, name: str, actor: Actor, now: datetime) -> None:
    """Change the name of a point. Its codes and answers stay."""
    with database.writing() as session:
        at = point_of(session, wave_code, point_id, actor)
        not_closed(at.wave)
        if problem := _name_problem(name):
            raise Invalid("The point cannot be renamed like this.", problems={"name": problem})
        if at.point.name == name.strip():
            return
        audit.record(
            session, actor, "point.rename", f"wave {wave_code}", now, point=point_id, before=at.point.name,
            after=name.strip(),
        )  # fmt: skip
        at.point.name = name.strip()


def add_code(
    database: Database, wave_code: str, point_id: int, *, mode: Mode, field: str | None, actor: Actor, now: datetime
) -> str:
    """A further printed code for a point: a take-home slip beside the poster. Entered twice, it is added once."""
    with database.writing() as session:
        at = point_of(session, wave_code, point_id, actor)
        not_closed(at.wave)
        field_id = procedures.field_id(session, field) if field else None
        problems = _mode_problems(mode, field, field_id, at.domain)
        if problems:
            raise Invalid("The code cannot be added like this.", problems=problems)
        if at.channel.selection is not Selection.OPT_IN:
            raise Conflict(
                "The channel %(code)s is drawn or a census: it takes one-time codes, no printed ones.",
                code=at.channel.code,
            )
        held = codes.in_use(session, point_id, mode, field_id)
        if held is not None:
            return held
        code = _new_entry_code(session, point_id, field_id, mode)
        audit.record(session, actor, "point.add_code", f"wave {wave_code}", now, point=point_id, mode=mode.value)
        return code


def replace_code(database: Database, wave_code: str, code: str, *, actor: Actor, now: datetime) -> str:
    """Withdraw a printed code (a poster was stolen or pasted over) and give the point a new one.

    Pressed twice, the second press finds the code withdrawn and says which one stands in its place.
    """
    with database.writing() as session:
        held, at = _code(session, wave_code, code, actor)
        not_closed(at.wave)
        if held.status is EntryCodeStatus.RETIRED:
            successor = codes.successor(session, held)
            if successor is None:
                raise Conflict("The code %(code)s was withdrawn before. Add a new code to the point.", code=held.code)
            return successor
        held.status = EntryCodeStatus.RETIRED
        new = _new_entry_code(session, held.point_id, held.field_id, held.mode)
        audit.record(session, actor, "point.replace_code", f"wave {wave_code}", now, point=held.point_id)
        return new


def retire_code(database: Database, wave_code: str, code: str, *, actor: Actor, now: datetime) -> None:
    """Withdraw a printed code. It is never used again. Safe to call twice."""
    with database.writing() as session:
        held, _ = _code(session, wave_code, code, actor)
        if held.status is EntryCodeStatus.RETIRED:
            return
        held.status = EntryCodeStatus.RETIRED
        audit.record(session, actor, "point.retire_code", f"wave {wave_code}", now, point=held.point_id)


# --- places -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """A point to be stored: the rows that its entered codes stand for."""

    channel_id: int
    selection: Selection
    received: Unit
    deciding: Unit
    name: str
    mode: Mode
    field_id: int | None

    @property
    def key(self) -> tuple[int, int, int, str]:
        return self.channel_id, self.received.id, self.deciding.id, self.name


class _Places:
    """What there is in a wave: its channels, the units and fields that may be named, the points there are."""

    def __init__(
        self,
        wave: Wave,
        domain: ServiceDomain,
        channels: dict[str, tuple[int, Selection]],
        units: dict[str, Unit],
        fields: dict[str, int],
        held: dict[tuple[int, int, int, str], MadePoint],
    ) -> None:
        self.wave, self.domain = wave, domain
        self._channels, self._units, self._fields, self._held = channels, units, fields, held

    @classmethod
    def of(cls, session: Session, wave: Wave, domain: ServiceDomain) -> _Places:
        held: dict[tuple[int, int, int, str], MadePoint] = {}
        for point in queries.held(session, wave.id):
            key = (point.channel_id, point.unit_received_id, point.unit_deciding_id, point.name)
            held.setdefault(key, MadePoint(point.id, point.code))
        return cls(
            wave,
            domain,
            {row.code: (row.id, row.selection) for row in planning.channels(session, wave.id)},
            {unit.code: unit for unit in units.every(session)},
            procedures.field_ids(session),
            held,
        )

    def find(self, entered: NewPoint) -> _Place:
        """The place meant. Raises Invalid with a sentence per field."""
        channel = self._channels.get(entered.channel)
        received = self._units.get(entered.unit_received)
        deciding = self._units.get(entered.unit_deciding)
        field_id = self._fields.get(entered.field or "")
        problems = _mode_problems(entered.mode, entered.field, field_id, self.domain)
        if channel is None:
            problems["channel"] = N_("Choose one of the wave's channels.")
        if received is None:
            problems["unit_received"] = N_("Choose the unit that receives people here.")
        if deciding is None:
            problems["unit_deciding"] = N_("Choose the unit whose work is judged.")
        elif not _in_force(deciding, self.wave):
            problems["unit_deciding"] = N_("This unit does not exist on the days of the wave.")
        if problem := _name_problem(entered.name):
            problems["name"] = problem
        if problems or channel is None or received is None or deciding is None:
            raise Invalid("The collection point cannot be added yet.", problems=problems)
        return _Place(*channel, received, deciding, entered.name.strip(), entered.mode, field_id)

    def held(self, place: _Place) -> MadePoint | None:
        return self._held.get(place.key)

    def add(self, place: _Place, made: MadePoint) -> None:
        self._held[place.key] = made


@dataclass(frozen=True)
class _At:
    """A point of a wave that the actor may change."""

    point: CollectionPoint
    channel: Channel
    wave: Wave
    domain: ServiceDomain


def point_of(session: Session, wave_code: str, point_id: int, actor: Actor) -> _At:
    wave, domain, _ = waves.find(session, wave_code)
    found = queries.at(session, wave.id, point_id)
    if found is None:
        raise NotFound("The wave %(code)s has no such collection point.", code=wave_code)
    actor.require(Role.FIELD_OFFICER, unit_path=found.unit.path, domain=domain.value)
    return _At(found.point, found.channel, wave, domain)


def _code(session: Session, wave_code: str, code: str, actor: Actor) -> tuple[EntryCode, _At]:
    held = codes.entry_code(session, code.upper())
    try:
        at = point_of(session, wave_code, held.point_id if held else 0, actor)
    except NotFound as error:
        raise NotFound("The wave %(wave)s has no entry code %(code)s.", wave=wave_code, code=code) from error
    assert held is not None
    return held, at


def _make(session: Session, place: _Place) -> MadePoint:
    point = CollectionPoint(
        channel_id=place.channel_id,
        unit_received_id=place.received.id,
        unit_deciding_id=place.deciding.id,
        name=place.name,
    )
    session.add(point)
    session.flush()
    printed = place.selection is Selection.OPT_IN
    return MadePoint(point.id, _new_entry_code(session, point.id, place.field_id, place.mode) if printed else "")


def _new_entry_code(session: Session, point_id: int, field_id: int | None, mode: Mode) -> str:
    code = _fresh_entry_code(session)
    tier = TIER_OF.get(mode, EvidenceTier.C)
    session.add(
        EntryCode(code=code, point_id=point_id, field_id=field_id, mode=mode, tier=tier, status=EntryCodeStatus.ACTIVE)
    )
    session.flush()
    return code


def _mode_problems(mode: Mode, field: str | None, field_id: int | None, domain: ServiceDomain) -> dict[str, str]:
    problems: dict[str, str] = {}
    if mode not in PRINTED_MODES:
        problems["mode"] = N_("A printed code is answered at the place, later, or on a kiosk.")
    if field and domain is not ServiceDomain.ADMIN:
        problems["field"] = N_("This service has no fields of procedures.")
    elif field and field_id is None:
        problems["field"] = N_("Choose one of the fields in the record, or none.")
    return problems


def _name_problem(name: str) -> str:
    if not name.strip():
        return N_("Say where it is, for example: Counter 3, one-stop hall.")
    return N_("This text is too long.") if len(name.strip()) > LONGEST_NAME else ""


def _in_force(unit: Unit, wave: Wave) -> bool:
    began = unit.valid_from is None or unit.valid_from <= wave.closes_on
    return began and (unit.valid_to is None or unit.valid_to >= wave.opens_on)


def not_closed(wave: Wave) -> None:
    if wave.status is WaveStatus.CLOSED:
        raise Conflict("The wave %(code)s is closed; nothing can be added to it.", code=wave.code)


def _fresh_entry_code(session: Session) -> str:
    while True:
        code = new_code(ENTRY_CODE_LENGTH)
        if not codes.is_taken(session, code):
            return code
