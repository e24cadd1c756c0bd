"""Every setting on the province's page changes something that people meet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey import create_app
from survey.config import Config
from survey.models.intake.responses import Comment, CommentStatus, Response
from survey.models.people.accounts import Account, Role
from survey.permissions import system
from survey.services import audit, housekeeping
from survey.services.estimates.wave_facts import facts
from survey.services.fieldwork import placards
from survey.services.files import result_files
from survey.services.province.settings import DEFAULTS
from tests.factories.citizen import Citizen
from tests.factories.people import EVERYTHING, Person, person
from tests.factories.questionnaires import item
from tests.factories.record import Form, Record
from tests.factories.results import SATISFIED, SEX, Surveyed, document
from tests.factories.row_files import unpacked
from tests.staff_client import StaffClient

PREVIEW = "/quan-tri/bo-cau-hoi/phieu-mau/1/xem-thu/trang"


@dataclass(frozen=True)
class World:
    """A wave with answers, and the administrator who looks at it."""

    app: Flask
    config: Config
    form: Form
    survey: Surveyed
    chief: Person
    folder: Path
    sign_in: Callable[[Account], StaffClient]

    def set(self, name: str, value: object) -> None:
        page = self.sign_in(self.chief.account).get("/quan-tri/thiet-lap").form(**{name: str(value)}).send()
        assert page.notices == ["Đã lưu thiết lập."]


@pytest.fixture
def world(
    staff_app: Flask, config: Config, record: Record, tmp_path: Path, sign_in: Callable[[Account], StaffClient]
) -> World:
    """15 men and 12 women of one ward are satisfied; one answer is of summer, with a comment."""
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), SEX))
    root = survey.province
    chief = person(record, (Role.ADMINISTRATOR, root, EVERYTHING), (Role.DESIGNER, root, EVERYTHING))
    person(record, (Role.ANALYST, root, ("admin",)), last_seen_on=record.now.date() - timedelta(days=30))
    unit = survey.unit()
    survey.frame(unit, 4000)
    for sex, people in ((1, 15), (2, 12)):
        survey.say(unit, SATISFIED | {"r_sex": sex}, people, field=record.field(), day=date(2026, 11, 9))
    survey.say(unit, SATISFIED, channel=survey.qr, point=record.point(survey.qr, unit=unit), day=date(2026, 8, 1))
    with record.database.writing() as session:
        key = session.scalars(select(Response.key_digest).where(Response.day == date(2026, 8, 1))).one()
        session.add(
            Comment(key_digest=key, item="y_kien", wave_id=survey.wave.id, unit_id=unit.id, text="Chờ lâu.",
                    status=CommentStatus.NEW)
        )  # fmt: skip
    return World(staff_app, config, record.form(), survey, chief, tmp_path, sign_in)


def the_form(world: World) -> str:
    return re.sub(r'(value|content|nonce)="[^"]*"', "", world.sign_in(world.chief.account).browser.get(PREVIEW).text)


def the_thanks(world: World) -> str:
    """The page after sending, in a citizens' process that has just started."""
    citizen = Citizen(started_for_citizens(world), world.form.code)
    sent = citizen.send(citizen.open())
    return re.sub(r'nonce="[^"]*"', "", citizen.client.get(sent.location).text)


def the_privacy_page(world: World) -> str:
    return re.sub(r'nonce="[^"]*"', "", started_for_citizens(world).get("/rieng-tu").text)


def started_for_citizens(world: World) -> FlaskClient:
    return create_app(world.config, world.survey.record.database).test_client()


def actions_of_staff(world: World) -> str:
    """What is left of the record of staff actions; one of them is 18 months old."""
    database, now = world.survey.record.database, world.survey.record.now
    with database.writing() as session:
        audit.record(session, system(), "setting.change", "setting hotline", now - timedelta(days=548))
    return repr(housekeeping.purge_audit(database, now))


def the_placard(world: World) -> str:
    with world.survey.record.database.reading() as session:
        return repr(placards._face(session, "W-1", ""))


def what_is_kept(world: World) -> str:
    """Purged answers and comments."""
    return repr(housekeeping.purge_answers(world.survey.record.database, world.survey.record.now))


def the_results(world: World) -> str:
    view = world.survey.view()
    return repr((view.overall, view.by_unit))


def the_closed_wave(world: World) -> str:
    """What the wave of now would be judged by."""
    return repr(facts(world.survey.record.database, "W-1"))


def rows_of_answers(world: World) -> str:
    world.survey.close()
    made = result_files.write_rows(
        world.survey.record.database, "W-1", "drawn", world.folder / "rows", actor=system(),
        now=world.survey.record.now, instance=world.folder,
    )  # fmt: skip
    return unpacked(made.path)["W-1-drawn.csv"]


def after_ten_minutes(world: World) -> str:
    """Where somebody is led who did nothing for ten minutes."""
    now = world.survey.record.now
    browser = world.sign_in(world.chief.account)
    world.app.config["CLOCK"] = lambda: now + timedelta(minutes=10)
    path = browser.get("/quan-tri/").path
    world.app.config["CLOCK"] = lambda: now
    return path


def home(world: World) -> str:
    return world.sign_in(world.chief.account).get("/quan-tri/").text


PROBES: dict[str, tuple[Callable[[World], str], object]] = {
    "province_name": (the_form, "thành phố Đà Nẵng"),
    "domain": (the_placard, "ks.danang.gov.vn"),
    "hotline": (the_form, "1022"),
    "complaint_text": (the_thanks, "Gửi phản ánh về Sở Nội vụ."),
    "backup_days": (the_privacy_page, 20),
    "audit_months": (actions_of_staff, 24),
    "retention_answers_months": (the_form, 18),
    "retention_comments_months": (what_is_kept, 2),
    "minimum_cell": (the_results, 30),
    "judged_minimum": (the_closed_wave, 50),
    "row_combination_minimum": (rows_of_answers, 13),
    "row_stratum_minimum": (rows_of_answers, 20),
    "idle_minutes": (after_ten_minutes, 5),
    "idle_account_days": (home, 32),
}
"""By setting: where it shows, and another value than the default."""


def test_every_setting_has_a_probe() -> None:
    assert set(DEFAULTS) == set(PROBES)


@pytest.mark.parametrize("name", PROBES)
def test_changing_a_setting_changes_what_people_meet(name: str, world: World) -> None:
    shown, value = PROBES[name]
    before = shown(world)
    assert shown(world) == before
    world.set(name, value)
    assert shown(world) != before
