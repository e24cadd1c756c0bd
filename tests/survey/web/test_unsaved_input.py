"""A session that ends does not cost a person's work: it is there again after signing in, and only for that person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from survey.database import Database
from survey.models.people.accounts import Account, Role, StaffSession
from survey.models.province.procedures import Field
from survey.models.province.units import Unit
from tests.factories.people import EVERYTHING, Person, person
from tests.factories.record import Record
from tests.staff_client import Page, StaffClient

SignIn = Callable[[Account], StaffClient]
TYPED = {"code": "cu-tru", "name": "Cư trú, hộ tịch “mới”", "name_en": "Residence", "position": "3"}


@pytest.fixture
def province(record: Record) -> Unit:
    return record.unit()


@pytest.fixture
def chief(record: Record, province: Unit) -> Person:
    return person(record, (Role.ADMINISTRATOR, province, EVERYTHING))


def sign_in_on(page: Page, who: Person, now: datetime) -> Page:
    page = page.form(username=who.account.username, password=who.password).send()
    return page.form(code=who.code(now)).send()


def test_form_sent_after_the_session_ended_is_filled_in_again_after_signing_in(
    staff_app: Flask, sign_in: SignIn, chief: Person, database: Database, now: datetime
) -> None:
    form = sign_in(chief.account).get("/quan-tri/linh-vuc/them").form(**TYPED)
    later = now + timedelta(minutes=16)
    staff_app.config["CLOCK"] = lambda: later
    page = form.send()
    assert page.h1 == "Đăng nhập"
    assert "nội dung đã nhập vẫn được giữ" in page.text
    assert TYPED["name"] not in page.response.get_data(as_text=True)  # carried sealed
    page = sign_in_on(page, chief, later)
    assert page.path == "/quan-tri/linh-vuc/them"
    assert {name: page.value(name) for name in TYPED} == TYPED
    assert "Chưa lưu" in page.notices[0]
    with database.reading() as session:
        assert session.execute(select(Field)).first() is None
    page = page.form().send()
    assert page.path == "/quan-tri/linh-vuc"
    with database.reading() as session:
        assert session.execute(select(Field.name)).scalar_one() == TYPED["name"]
    assert sign_in(chief.account).get("/quan-tri/linh-vuc/them").value("name") == ""


def test_work_survives_a_mistyped_password_and_a_mistyped_code(
    staff_app: Flask, sign_in: SignIn, chief: Person, now: datetime
) -> None:
    form = sign_in(chief.account).get("/quan-tri/linh-vuc/them").form(**TYPED)
    later = now + timedelta(minutes=16)
    staff_app.config["CLOCK"] = lambda: later
    page = form.send().form(username=chief.account.username, password="nhầm mật khẩu rồi").send()
    page = page.form(username=chief.account.username, password=chief.password).send()
    page = page.form(code="000000").send()
    page = page.form(code=chief.code(later)).send()
    assert page.value("name") == TYPED["name"]


def test_work_is_shown_to_nobody_else(
    staff_app: Flask, sign_in: SignIn, record: Record, province: Unit, chief: Person, now: datetime
) -> None:
    other = person(record, (Role.ADMINISTRATOR, province, EVERYTHING))
    form = sign_in(chief.account).get("/quan-tri/linh-vuc/them").form(**TYPED)
    later = now + timedelta(minutes=16)
    staff_app.config["CLOCK"] = lambda: later
    page = sign_in_on(form.send(), other, later)
    assert page.path == "/quan-tri/"
    assert page.client.get("/quan-tri/linh-vuc/them").value("name") == ""


def test_passwords_are_not_kept(
    staff_app: Flask, sign_in: SignIn, chief: Person, database: Database, now: datetime
) -> None:
    browser = sign_in(chief.account)
    form = browser.get("/quan-tri/tai-khoan-cua-toi/mat-khau").form(
        current="cũ cũ cũ cũ cũ", password="mới mới mới mới", again="mới mới mới mới"
    )
    later = now + timedelta(minutes=16)
    staff_app.config["CLOCK"] = lambda: later
    page = sign_in_on(form.send(), chief, later)
    assert not page.value("password")
    with database.reading() as session:
        for data in session.execute(select(StaffSession.data)).scalars():
            assert "mới mới" not in str(data)
            assert "cũ cũ" not in str(data)


def test_page_of_an_earlier_session_keeps_its_work_too(sign_in: SignIn, chief: Person, database: Database) -> None:
    """Signed in again in another tab, the form of the first tab has the form protection of before."""
    browser = sign_in(chief.account)
    form = browser.get("/quan-tri/linh-vuc/them").form(**TYPED)
    form.fields["csrf_token"] = "of-an-earlier-session"
    page = form.send()
    assert page.path == "/quan-tri/linh-vuc/them"
    assert page.value("name") == TYPED["name"]
    with database.reading() as session:
        assert session.execute(select(Field)).first() is None
    assert page.form().send().path == "/quan-tri/linh-vuc"


def test_ticks_and_choices_come_back_as_they_were(
    staff_app: Flask, sign_in: SignIn, record: Record, province: Unit, chief: Person, now: datetime, database: Database
) -> None:
    ward = record.unit(parent=province)
    with database.writing() as session:
        session.get_one(Unit, ward.id).is_sample = True
    form = sign_in(chief.account).get(f"/quan-tri/don-vi/{ward.id}/sua").form(name="Phường Mẫu")
    form.fields.poplist("is_sample")
    later = now + timedelta(minutes=16)
    staff_app.config["CLOCK"] = lambda: later
    page = sign_in_on(form.send(), chief, later)
    assert page.value("name") == "Phường Mẫu"
    assert page.value("is_sample") is None


def test_button_pressed_after_the_session_ended_does_nothing_and_leads_home(
    staff_app: Flask, sign_in: SignIn, record: Record, province: Unit, chief: Person, database: Database, now: datetime
) -> None:
    who = record.account((Role.ANALYST, province, ("health",)))
    form = sign_in(chief.account).get(f"/quan-tri/tai-khoan/{who.id}").form("/ngung")
    later = now + timedelta(minutes=16)
    staff_app.config["CLOCK"] = lambda: later
    assert sign_in_on(form.send(), chief, later).path == "/quan-tri/"
    with database.reading() as session:
        assert session.get_one(Account, who.id).status.value == "active"


def test_language_stays_through_signing_in_and_out(visitor: StaffClient, chief: Person, now: datetime) -> None:
    page = visitor.get("/quan-tri/dang-nhap")
    assert page.h1 == "Đăng nhập"
    switch = next(f for f in page.forms() if f.action.endswith("/ngon-ngu"))
    switch.fields["language"] = "en"
    page = switch.send()
    assert page.h1 == "Sign in"
    page = sign_in_on(page, chief, now)
    assert page.h1 == "What needs doing today?"
    out = next(f for f in page.forms() if f.action.endswith("/dang-xuat"))
    assert out.send().h1 == "Sign in"
