"""The province's settings: limits, the record of every change, and that they work at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select

from survey.database import Database
from survey.errors import Forbidden, Invalid
from survey.models.audit import AuditEvent
from survey.models.people.accounts import Account, Role
from survey.models.province.units import Unit
from survey.permissions import Actor, system
from survey.queries.people import accounts as account_queries
from survey.services.province import settings, units
from survey.services.province.settings import DEFAULTS, LIMITS, ProvinceSettings
from tests.factories.people import EVERYTHING, Person, person
from tests.factories.record import Record
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]


@pytest.fixture
def chief(record: Record) -> Person:
    return person(record, (Role.ADMINISTRATOR, record.unit(), EVERYTHING))


def in_force(database: Database) -> ProvinceSettings:
    with database.reading() as session:
        return settings.read(session)


def test_settings_are_saved_shown_again_and_recorded_one_by_one(
    sign_in: SignIn, chief: Person, database: Database
) -> None:
    page = sign_in(chief.account).get("/quan-tri/thiet-lap")
    page = page.form(
        province_name="thành phố Đà Nẵng", domain="https://KS.danang.gov.vn/", hotline="1022", idle_minutes="20"
    ).send()
    assert page.notices == ["Đã lưu thiết lập."]
    assert page.value("domain") == "ks.danang.gov.vn"
    found = in_force(database)
    assert (found.province_name, found.domain, found.hotline, found.idle_minutes) == (
        "thành phố Đà Nẵng",
        "ks.danang.gov.vn",
        "1022",
        20,
    )
    with database.reading() as session:
        events = session.execute(select(AuditEvent).order_by(AuditEvent.id)).scalars().all()
    assert {e.subject for e in events} == {
        "setting province_name",
        "setting domain",
        "setting hotline",
        "setting idle_minutes",
    }
    idle = next(e for e in events if e.subject == "setting idle_minutes")
    assert (idle.actor, idle.detail) == (chief.account.username, {"before": 15, "after": 20})


def test_saving_what_stands_there_records_nothing(sign_in: SignIn, chief: Person, database: Database) -> None:
    page = sign_in(chief.account).get("/quan-tri/thiet-lap").form().send()
    assert page.notices == ["Không có thay đổi nào."]
    with database.reading() as session:
        assert session.execute(select(AuditEvent)).first() is None


@pytest.mark.parametrize(
    ("entered", "wrong"),
    [
        ({"minimum_cell": "4"}, "minimum_cell"),
        ({"minimum_cell": "mười"}, "minimum_cell"),
        ({"minimum_cell": "-5"}, "minimum_cell"),
        ({"judged_minimum": "10", "minimum_cell": "20"}, "judged_minimum"),
        ({"retention_answers_months": "6"}, "retention_comments_months"),
        ({"domain": "ks danang"}, "domain"),
        ({"domain": "ks.danang.gov.vn/khao-sat"}, "domain"),
        ({"domain": "localhost"}, "domain"),
        ({"idle_minutes": "600"}, "idle_minutes"),
        ({"audit_months": "3"}, "audit_months"),
        ({"hotline": "x" * 61}, "hotline"),
    ],
)
def test_values_beyond_the_limits_are_refused_and_nothing_is_saved(
    database: Database, now: datetime, entered: dict[str, object], wrong: str
) -> None:
    with pytest.raises(Invalid) as refused:
        settings.save(database, system(), entered, now=now)
    assert wrong in refused.value.problems
    assert in_force(database) == ProvinceSettings()


def test_mistake_keeps_what_was_typed_and_says_which_field(sign_in: SignIn, chief: Person) -> None:
    page = sign_in(chief.account).get("/quan-tri/thiet-lap").form(hotline="1022", minimum_cell="2").send()
    assert page.title.startswith("Lỗi:")
    assert (page.value("hotline"), page.value("minimum_cell")) == ("1022", "2")
    assert any("Nhóm nhỏ nhất" in notice for notice in page.notices)


def test_name_of_the_province_goes_onto_a_new_installations_root(database: Database, now: datetime) -> None:
    with database.writing() as session:
        root = units.ensure_root(session).id
    settings.save(database, system(), {"province_name": "thành phố Đà Nẵng"}, now=now)
    with database.reading() as session:
        assert session.get_one(Unit, root).name == "thành phố Đà Nẵng"


def test_administrator_of_a_part_may_not_change_them(record: Record, database: Database, now: datetime) -> None:
    local = person(record, (Role.ADMINISTRATOR, record.unit(parent=record.unit()), EVERYTHING))
    with database.reading() as session:
        actor = account_queries.actor(session, local.account.id)
    assert isinstance(actor, Actor)
    with pytest.raises(Forbidden):
        settings.save(database, actor, {"hotline": "1022"}, now=now)


def test_administrator_of_one_service_in_the_whole_province_may_not_either(
    record: Record, database: Database, now: datetime
) -> None:
    local = person(record, (Role.ADMINISTRATOR, record.unit(), ("health",)))
    with database.reading() as session:
        actor = account_queries.actor(session, local.account.id)
    assert isinstance(actor, Actor)
    with pytest.raises(Forbidden):
        settings.save(database, actor, {"hotline": "1022"}, now=now)


def test_every_setting_has_limits_or_is_a_yes_or_no() -> None:
    assert {k for k, v in DEFAULTS.items() if not isinstance(v, bool)} == set(LIMITS)
