"""The life of a wave: planned with its questionnaire version, target plan and channels; opened; closed once.

Closing is the moment of the verdict: the answers taken until then are what the result sets are made from. Forms that
were opened before are still taken for a day and kept apart (`late`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments import codec
from survey import clock
from survey.database import Database
from survey.errors import N_, Conflict, Invalid, NotFound
from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.waves import Campaign, Channel, Selection, Wave, WaveStatus
from survey.models.people.accounts import Role
from survey.models.province.targets import TargetPlan
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion, ServiceDomain, VersionStatus
from survey.permissions import Actor
from survey.queries.fieldwork import planning as queries
from survey.queries.fieldwork.planning import WaveOf
from survey.queries.province import targets, units
from survey.queries.questionnaires import versions
from survey.services import audit, jobs
from survey.services.province import verdict_families
from survey.words.figures import day

FINAL_RESULTS = "final_results"  # the kind of job that makes the verdicts of a closed wave
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,38}")
_CHANNEL_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")
_PREFIX = {ServiceDomain.ADMIN: "HC", ServiceDomain.HEALTH: "YT", ServiceDomain.EDUCATION: "GD"}
_CHANNEL_CODES = {Selection.OPT_IN: "qr", Selection.DRAWN: "phieu-chon", Selection.CENSUS: "toan-bo"}
LONGEST = {"title": 200, "asked_by": 200, "legal_note": 300}


@dataclass(frozen=True)
class NewWave:
    """What a person enters to plan a wave."""

    code: str  # empty: one is made from the service and the year
    title: str
    instrument: str
    version: int
    unit_code: str  # whose wave it is: it may judge this unit and all below
    opens_on: date
    closes_on: date
    plan_code: str | None = None
    asked_by: str = ""
    legal_note: str = ""
    is_synthetic: bool = False


@dataclass(frozen=True)
class WaveRow:
    """The facts of a wave that use cases return."""

    id: int
    code: str
    status: WaveStatus
    service_domain: ServiceDomain


@dataclass(frozen=True)
class FrameEntry:
    """Transactions of one unit in one field, and the answers planned there."""

    unit_id: int
    field_id: int | None
    transactions: int
    planned: int = 0


def plan_wave(database: Database, entered: NewWave, *, actor: Actor, now: datetime) -> WaveRow:
    """Write down a wave that is not yet open. Raises Invalid with a sentence per field. Safe to call twice."""
    with database.writing() as session:
        chosen = _chosen(session, entered)
        if (again := _same_wave(session, entered, chosen)) is not None:
            actor.require(Role.FIELD_OFFICER, unit_path=chosen.unit_path, domain=again.service_domain.value)
            return again
        problems = _problems(session, entered, chosen, actor)
        if problems or chosen.unit is None or chosen.version is None or chosen.instrument is None:
            raise Invalid("The wave cannot be planned yet.", problems=problems)
        domain = chosen.instrument.service_domain
        wave = Wave(
            code=entered.code or _fresh_code(session, domain, entered.opens_on.year),
            title=entered.title.strip(),
            campaign_id=_campaign(session, chosen.instrument).id,
            version_id=chosen.version.id,
            plan_id=chosen.plan.id if chosen.plan else None,
            unit_id=chosen.unit.id,
            status=WaveStatus.PLANNED,
            opens_on=entered.opens_on,
            closes_on=entered.closes_on,
            asked_by=entered.asked_by.strip(),
            legal_note=entered.legal_note.strip(),
            is_synthetic=entered.is_synthetic,
        )
        session.add(wave)
        session.flush()
        audit.record(
            session, actor, "wave.plan", f"wave {wave.code}", now,
            version=f"{chosen.instrument.code}@{chosen.version.number}", plan=entered.plan_code,
        )  # fmt: skip
        return WaveRow(wave.id, wave.code, wave.status, domain)


@dataclass(frozen=True)
class WaveWords:
    """What may be changed of a wave until it is closed; the target plan only until it is opened."""

    title: str
    asked_by: str
    legal_note: str
    plan_code: str | None


def change_wave(database: Database, code: str, entered: WaveWords, *, actor: Actor, now: datetime) -> None:
    """Change the words of a wave, and the target plan of one that is not open yet."""
    with database.writing() as session:
        wave, domain, unit = find(session, code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is WaveStatus.CLOSED:
            raise Conflict("The wave %(code)s is closed; nothing can be changed in it.", code=code)
        plan = targets.plan_by_code(session, entered.plan_code or "")
        problems = _too_long(entered)
        if not entered.title.strip():
            problems["title"] = N_("Give the wave a title.")
        if entered.plan_code and plan is None:
            problems["plan_code"] = N_("Choose one of the target plans in the record, or none.")
        elif wave.status is not WaveStatus.PLANNED and (plan.id if plan else None) != wave.plan_id:
            problems["plan_code"] = N_("The target plan of a wave that was opened stays as it is.")
        if problems:
            raise Invalid("The wave cannot be changed like this.", problems=problems)
        before = {"title": wave.title, "asked_by": wave.asked_by, "legal_note": wave.legal_note, "plan": wave.plan_id}
        wave.title = entered.title.strip()
        wave.asked_by = entered.asked_by.strip()
        wave.legal_note = entered.legal_note.strip()
        if wave.status is WaveStatus.PLANNED:
            wave.plan_id = plan.id if plan else None
        if not session.is_modified(wave):
            return
        audit.record(session, actor, "wave.change", f"wave {code}", now, before=before, plan=entered.plan_code)


def add_channel(
    database: Database, wave_code: str, *, code: str, title: str, selection: Selection, actor: Actor, now: datetime
) -> int:
    """A way of asking: drawn, census or self-selected. Channels are never pooled. Safe to call twice.

    Without a code one is made from the selection.
    """
    with database.writing() as session:
        wave, domain, unit = find(session, wave_code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        held = queries.channels(session, wave.id)
        twin = next((c for c in held if (c.code == code if code else _is_twin(c, title, selection))), None)
        if twin is not None:
            if twin.selection is not selection:
                raise Conflict("The channel %(code)s is there already with another selection.", code=code)
            return twin.id
        if wave.status is WaveStatus.CLOSED:
            raise Conflict("The wave %(code)s is closed; nothing can be added to it.", code=wave_code)
        code = code or _fresh_channel_code(selection, {c.code for c in held})
        if not _CHANNEL_CODE.fullmatch(code):
            raise Invalid(
                "A channel needs a short code.",
                problems={"code": N_("Use small letters, digits and hyphens, at most 39, for example qr or drawn.")},
            )
        channel = Channel(wave_id=wave.id, code=code, title=title.strip()[:200] or code, selection=selection)
        session.add(channel)
        session.flush()
        audit.record(session, actor, "wave.channel", f"wave {wave_code}", now, channel=code, selection=selection.value)
        return channel.id


def open_wave(database: Database, code: str, *, actor: Actor, now: datetime) -> WaveRow:
    """Take answers from now on. Version and plan are pinned for good, and which figures are judged together is fixed.

    Safe to call twice.
    """
    with database.writing() as session:
        wave, domain, unit = find(session, code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is WaveStatus.OPEN:
            return WaveRow(wave.id, wave.code, wave.status, domain)
        if wave.status is WaveStatus.CLOSED:
            raise Conflict("The wave %(code)s is closed and cannot be opened again. Plan a new wave.", code=code)
        if not queries.has_channel(session, wave.id):
            raise Conflict("The wave %(code)s has no channel yet. Add one before opening it.", code=code)
        if wave.closes_on < clock.local_day(now):
            raise Conflict(
                "The wave %(code)s was to end on %(day)s, which has passed. Set a later day before opening it.",
                code=code, day=day(wave.closes_on),
            )  # fmt: skip
        wave.status = WaveStatus.OPEN
        wave.opened_at = now
        audit.record(session, actor, "wave.open", f"wave {code}", now, tables=wave.tables)
        verdict_families.fix(session, wave, domain, actor=actor, now=now)
        return WaveRow(wave.id, wave.code, wave.status, domain)


def close_wave(database: Database, code: str, *, actor: Actor, now: datetime) -> WaveRow:
    """Stop taking answers; making the results comes next (`finalising.make_final`). Safe to call twice."""
    with database.writing() as session:
        wave, domain = _close(session, code, actor, now)
        return WaveRow(wave.id, wave.code, wave.status, domain)


def close_and_ask_for_results(database: Database, code: str, *, actor: Actor, now: datetime) -> int:
    """Stop taking answers, and have the verdicts made while nobody waits: both or neither. Returns the job's id."""
    with database.writing() as session:
        _close(session, code, actor, now)
        return jobs.ask(session, FINAL_RESULTS, {"wave": code}, actor=actor, now=now)


def ask_for_results(database: Database, code: str, *, actor: Actor, now: datetime) -> int:
    """Have the verdicts of a closed wave made again that could not be made. Safe to call twice: they are made once."""
    with database.writing() as session:
        wave, domain, unit = find(session, code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is not WaveStatus.CLOSED:
            raise Conflict("The wave %(code)s is not closed; its final results are made when it is.", code=code)
        return jobs.ask(session, FINAL_RESULTS, {"wave": code}, actor=actor, now=now)


def change_days(database: Database, code: str, *, opens_on: date, closes_on: date, actor: Actor, now: datetime) -> None:
    """Move the announced days of a wave that is not closed."""
    with database.writing() as session:
        wave, domain, unit = find(session, code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is WaveStatus.CLOSED:
            raise Conflict("The wave %(code)s is closed; nothing can be changed in it.", code=code)
        if opens_on > closes_on:
            raise Invalid(
                "The days are not in order.", problems={"closes_on": N_("The last day must not be before the first.")}
            )
        if (opens_on, closes_on) == (wave.opens_on, wave.closes_on):
            return
        audit.record(
            session, actor, "wave.days", f"wave {code}", now,
            before=[str(wave.opens_on), str(wave.closes_on)], after=[str(opens_on), str(closes_on)],
        )  # fmt: skip
        wave.opens_on, wave.closes_on = opens_on, closes_on


def set_frame(
    database: Database, code: str, cells: list[FrameEntry], *, source: str, as_of: date, actor: Actor, now: datetime
) -> int:
    """Replace the frame of a wave that is not closed: transactions (and planned answers) per unit and field."""
    with database.writing() as session:
        wave = frame_owner(session, code, actor)
        for held in session.scalars(select(FrameCell).where(FrameCell.wave_id == wave.id)):
            session.delete(held)
        session.flush()
        session.add_all(
            FrameCell(
                wave_id=wave.id, unit_id=c.unit_id, field_id=c.field_id, field_key=c.field_id or 0,
                transactions=c.transactions, planned=c.planned, source=source, as_of=as_of,
            )
            for c in cells
        )  # fmt: skip
        total = sum(c.transactions for c in cells)
        audit.record(session, actor, "wave.frame", f"wave {code}", now, cells=len(cells), transactions=total)
        return len(cells)


def frame_owner(session: Session, code: str, actor: Actor) -> Wave:
    """The wave whose frame the actor may change now."""
    wave, domain, unit = find(session, code)
    actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
    if wave.status is WaveStatus.CLOSED:
        raise Conflict("The wave %(code)s is closed; its frame is part of its results.", code=code)
    return wave


def find(session: Session, code: str) -> WaveOf:
    """The wave, its service and the unit whose wave it is; NotFound otherwise."""
    found = queries.wave(session, code)
    if found is None:
        raise NotFound("There is no wave %(code)s.", code=code)
    return found


def _close(session: Session, code: str, actor: Actor, now: datetime) -> tuple[Wave, ServiceDomain]:
    wave, domain, unit = find(session, code)
    actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
    if wave.status is WaveStatus.PLANNED:
        raise Conflict("The wave %(code)s has not been opened, so it cannot be closed.", code=code)
    if wave.status is WaveStatus.OPEN:
        wave.status = WaveStatus.CLOSED
        wave.closed_at = now
        audit.record(session, actor, "wave.close", f"wave {code}", now)
        verdict_families.fix(session, wave, domain, actor=actor, now=now)  # of channels that had no place to ask before
    return wave, domain


@dataclass(frozen=True)
class _Chosen:
    """The unit, questionnaire version and target plan that the entered codes stand for."""

    unit: Unit | None
    version: InstrumentVersion | None
    instrument: Instrument | None
    plan: TargetPlan | None

    @property
    def unit_path(self) -> str:
        return self.unit.path if self.unit else ""


def _chosen(session: Session, entered: NewWave) -> _Chosen:
    pinned = versions.with_instrument(session, entered.instrument, entered.version)
    return _Chosen(
        unit=units.by_code(session, entered.unit_code),
        version=pinned.version if pinned else None,
        instrument=pinned.instrument if pinned else None,
        plan=targets.plan_by_code(session, entered.plan_code or ""),
    )


def _same_wave(session: Session, entered: NewWave, chosen: _Chosen) -> WaveRow | None:
    """The wave that a first press of the same button has just planned."""
    if chosen.unit is None or chosen.version is None or chosen.instrument is None:
        return None
    held = queries.planned_wave(
        session,
        code=entered.code,
        title=entered.title.strip(),
        version_id=chosen.version.id,
        unit_id=chosen.unit.id,
        days=(entered.opens_on, entered.closes_on),
        asked_by=entered.asked_by.strip(),
        is_synthetic=entered.is_synthetic,
    )
    return None if held is None else WaveRow(held.id, held.code, held.status, chosen.instrument.service_domain)


def _fresh_code(session: Session, domain: ServiceDomain, year: int) -> str:
    """A free code for a new wave, made of service, year and number: HC-2026-3."""
    start = f"{_PREFIX[domain]}-{year}-"
    taken = queries.codes_beginning(session, start)
    return next(code for n in range(1, len(taken) + 2) if (code := f"{start}{n}") not in taken)


def _fresh_channel_code(selection: Selection, taken: set[str]) -> str:
    start = _CHANNEL_CODES[selection]
    return next(code for n in range(1, len(taken) + 2) if (code := start if n == 1 else f"{start}-{n}") not in taken)


def _is_twin(channel: Channel, title: str, selection: Selection) -> bool:
    return channel.selection is selection and channel.title == (title.strip()[:200] or channel.code)


def _campaign(session: Session, instrument: Instrument) -> Campaign:
    """The continuing survey of an instrument, begun with its first wave."""
    held = queries.campaign(session, instrument.code)
    if held is None:
        held = Campaign(code=instrument.code, title=instrument.code, service_domain=instrument.service_domain)
        session.add(held)
        session.flush()
    return held


def _problems(session: Session, entered: NewWave, chosen: _Chosen, actor: Actor) -> dict[str, str]:
    problems = _too_long(entered)
    if entered.code and not _CODE.fullmatch(entered.code):
        problems["code"] = N_("Use capital letters, digits and hyphens, at most 39, for example HC-2026-Q4.")
    elif entered.code and queries.is_taken(session, entered.code):
        problems["code"] = N_("This code is taken by another wave. Choose another.")
    if not entered.title.strip():
        problems["title"] = N_("Give the wave a title.")
    if chosen.unit is None:
        problems["unit_code"] = N_("Choose the unit whose wave it is.")
    elif chosen.instrument is not None and not actor.may(
        Role.FIELD_OFFICER, unit_path=chosen.unit_path, domain=chosen.instrument.service_domain.value
    ):
        problems["unit_code"] = N_("Your rights do not cover this unit and the service of this questionnaire.")
    if chosen.version is None:
        problems["version"] = N_("Choose a questionnaire and one of its versions.")
    elif chosen.version.status is not VersionStatus.PUBLISHED:
        problems["version"] = N_("Choose a published version; drafts and retired versions cannot be fielded.")
    elif codec.loads(chosen.version.document).claim == "archive":
        problems["version"] = N_("This version is kept for reading old data only. Choose a newer form.")
    if entered.plan_code and chosen.plan is None:
        problems["plan_code"] = N_("Choose one of the target plans in the record, or none.")
    if entered.opens_on > entered.closes_on:
        problems["closes_on"] = N_("The last day must not be before the first.")
    return problems


def _too_long(entered: NewWave | WaveWords) -> dict[str, str]:
    return {
        name: N_("This text is too long.") for name, limit in LONGEST.items() if len(getattr(entered, name)) > limit
    }
