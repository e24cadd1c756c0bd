"""One-time links: the first administrator, an invitation, a lost phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select

from survey.database import Database
from survey.models.people.accounts import Account, Grant, Invitation, Role, StaffSession
from survey.models.province.units import Unit
from survey.services.people import invitations
from survey.services.people.invitations import LINK_PATH
from tests.factories.people import EVERYTHING, PASSWORD, Person, person
from tests.factories.record import Record
from tests.staff_client import Page, StaffClient

NEW_PASSWORD = "mưa rơi trên phố Hội"
SignIn = Callable[[Account], StaffClient]


@pytest.fixture
def province(record: Record) -> Unit:
    return record.unit(name="Thành phố Mẫu")


@pytest.fixture
def chief(record: Record, province: Unit) -> Person:
    return person(record, (Role.ADMINISTRATOR, province, EVERYTHING))


def shown_secret(page: Page) -> str:
    """The key for typing, as the page shows it."""
    found = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.text)
    assert found is not None
    return found[0].replace(" ", "")


def set_up(browser: StaffClient, path: str, now: datetime, **first: str) -> Page:
    page = browser.get(path).form(password=NEW_PASSWORD, again=NEW_PASSWORD, **first).send()
    return page.form(code=pyotp.TOTP(shown_secret(page)).at(now)).send()


def invited(chief_browser: StaffClient, unit: Unit, **values: object) -> Page:
    fields = {
        "full_name": "Trần Thị Lan",
        "username": "lan.tran",
        "role": "analyst",
        "unit": str(unit.id),
        "domains": ["health"],
    }
    return chief_browser.get("/quan-tri/tai-khoan/moi").form(**fields | values).send()


def link_in(page: Page) -> str:
    found = re.search(LINK_PATH + r"[\w-]{43}", page.response.get_data(as_text=True))
    assert found is not None
    return found[0]


def test_first_administrator_signs_up_with_the_link_of_an_empty_record(
    visitor: StaffClient, database: Database, now: datetime
) -> None:
    link = invitations.first_administrator_link(database, base_url="http://localhost:8000", now=now)
    assert link is not None
    assert link.startswith("http://localhost:8000/quan-tri/loi-moi/")
    page = set_up(visitor, link.removeprefix("http://localhost:8000"), now, full_name="Lê Văn An")
    assert page.path == "/quan-tri/"
    assert "Lê Văn An" in page.text
    assert visitor.get("/quan-tri/thiet-lap").status == 200
    assert invitations.first_administrator_link(database, base_url="http://localhost:8000", now=now) is None


def test_each_start_prints_a_new_link_and_the_earlier_one_ends(
    visitor: StaffClient, database: Database, now: datetime
) -> None:
    first = invitations.first_administrator_link(database, base_url="", now=now)
    second = invitations.first_administrator_link(database, base_url="", now=now)
    assert first is not None
    assert second is not None
    assert first != second
    assert visitor.get(first).status == 404
    assert visitor.get(second).status == 200
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(Invitation)).scalar_one() == 1


def test_invited_person_chooses_a_password_enrols_and_is_signed_in(
    staff_app: Flask, sign_in: SignIn, chief: Person, province: Unit, database: Database, now: datetime
) -> None:
    page = invited(sign_in(chief.account), province)
    assert page.h1 == "Liên kết đã sẵn sàng"
    page = set_up(StaffClient(staff_app), link_in(page), now)
    assert page.path == "/quan-tri/"
    with database.reading() as session:
        made = session.execute(select(Account).where(Account.username == "lan.tran")).scalar_one()
        grant = session.execute(select(Grant).where(Grant.account_id == made.id)).scalar_one()
    assert (grant.role, grant.unit_id, grant.domains) == (Role.ANALYST, province.id, ["health"])
    assert made.password_hash.startswith("$argon2id$")
    assert NEW_PASSWORD.encode() not in made.totp_secret  # type: ignore[operator]


def test_the_code_that_proved_the_phone_does_not_sign_in_again(
    staff_app: Flask, sign_in: SignIn, chief: Person, province: Unit, now: datetime
) -> None:
    browser = StaffClient(staff_app)
    path = link_in(invited(sign_in(chief.account), province))
    page = browser.get(path).form(password=NEW_PASSWORD, again=NEW_PASSWORD).send()
    secret = shown_secret(page)
    page.form(code=pyotp.TOTP(secret).at(now)).send()
    other = StaffClient(staff_app)
    page = other.get("/quan-tri/dang-nhap").form(username="lan.tran", password=NEW_PASSWORD).send()
    assert page.form(code=pyotp.TOTP(secret).at(now)).send().path.endswith("/ma-xac-thuc")
    assert page.form(code=pyotp.TOTP(secret).at(now + timedelta(seconds=30))).send().path == "/quan-tri/"


def test_link_works_once_and_for_72_hours(
    staff_app: Flask, sign_in: SignIn, chief: Person, province: Unit, now: datetime
) -> None:
    path = link_in(invited(sign_in(chief.account), province))
    staff_app.config["CLOCK"] = lambda: now + timedelta(hours=72, seconds=1)
    assert StaffClient(staff_app).get(path).status == 404
    staff_app.config["CLOCK"] = lambda: now + timedelta(hours=71)
    assert set_up(StaffClient(staff_app), path, now + timedelta(hours=71)).path == "/quan-tri/"
    gone = StaffClient(staff_app).get(path)
    assert gone.status == 404
    assert "chỉ dùng một lần" in gone.text


def test_looking_at_a_link_does_not_use_it_up(
    staff_app: Flask, sign_in: SignIn, chief: Person, province: Unit, database: Database, now: datetime
) -> None:
    path = link_in(invited(sign_in(chief.account), province))
    for _ in range(3):
        assert StaffClient(staff_app).get(path).status == 200
    with database.reading() as session:
        assert session.execute(select(Invitation.used_at)).scalar_one() is None
        sessions = session.execute(select(func.count()).select_from(StaffSession)).scalar_one()
    assert sessions == 1  # the administrator's own


def test_second_step_cannot_be_reached_before_the_password(
    visitor: StaffClient, sign_in: SignIn, chief: Person, province: Unit
) -> None:
    path = link_in(invited(sign_in(chief.account), province))
    assert visitor.get(path + "/xac-thuc").path == path


def test_wrong_first_code_keeps_the_same_key(
    staff_app: Flask, sign_in: SignIn, chief: Person, province: Unit, now: datetime
) -> None:
    browser = StaffClient(staff_app)
    path = link_in(invited(sign_in(chief.account), province))
    page = browser.get(path).form(password=NEW_PASSWORD, again=NEW_PASSWORD).send()
    secret = shown_secret(page)
    page = page.form(code="000000").send()
    assert page.title.startswith("Lỗi:")
    assert shown_secret(page) == secret
    assert page.form(code=pyotp.TOTP(secret).at(now)).send().path == "/quan-tri/"


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("ngắn thôi", False),
        ("matkhau123456", False),
        ("Mật khẩu 123456", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("abcabcabcabcabc", False),
        ("qwertyuiopasdf", False),
        ("1234567890123", False),
        ("lan.tran12345", False),
        ("tran thi lan 1", False),
        ("mưa rơi trên phố Hội", True),
        ("Gv7!xq2#Lw9z", True),
    ],
)
def test_passwords_that_anyone_would_try_are_refused(
    visitor: StaffClient, sign_in: SignIn, chief: Person, province: Unit, password: str, fits: bool
) -> None:
    path = link_in(invited(sign_in(chief.account), province))
    page = visitor.get(path).form(password=password, again=password).send()
    assert page.path.endswith("/xac-thuc") is fits


def test_two_different_passwords_are_refused_and_nothing_is_kept(
    visitor: StaffClient, sign_in: SignIn, chief: Person, province: Unit, database: Database
) -> None:
    path = link_in(invited(sign_in(chief.account), province))
    page = visitor.get(path).form(password=NEW_PASSWORD, again=NEW_PASSWORD + "?").send()
    assert "Hai mật khẩu không giống nhau." in page.text
    with database.reading() as session:
        assert session.execute(select(Invitation.password_hash)).scalar_one() is None


def test_lost_phone_gets_a_new_link_and_the_old_steps_end_at_once(
    staff_app: Flask, sign_in: SignIn, record: Record, chief: Person, province: Unit, now: datetime
) -> None:
    lost = person(record, (Role.ANALYST, province, ("health",)))
    theirs = sign_in(lost.account)
    page = sign_in(chief.account).get(f"/quan-tri/tai-khoan/{lost.account.id}").form("dat-lai").send()
    path = link_in(page)
    assert theirs.get("/quan-tri/").path.startswith("/quan-tri/dang-nhap")
    other = StaffClient(staff_app)
    refused = other.get("/quan-tri/dang-nhap").form(username=lost.account.username, password=PASSWORD).send()
    assert refused.path == "/quan-tri/dang-nhap"
    assert set_up(StaffClient(staff_app), path, now).path == "/quan-tri/"


def test_invitation_that_was_taken_back_no_longer_works(
    staff_app: Flask, sign_in: SignIn, chief: Person, province: Unit
) -> None:
    browser = sign_in(chief.account)
    path = link_in(invited(browser, province))
    page = browser.get("/quan-tri/tai-khoan")
    assert "lan.tran" in page.text
    page.form("/huy").send()
    assert StaffClient(staff_app).get(path).status == 404


def test_inviting_the_same_name_again_replaces_the_link(
    staff_app: Flask, sign_in: SignIn, chief: Person, province: Unit
) -> None:
    browser = sign_in(chief.account)
    first, second = link_in(invited(browser, province)), link_in(invited(browser, province))
    assert StaffClient(staff_app).get(first).status == 404
    assert StaffClient(staff_app).get(second).status == 200


@pytest.mark.parametrize("username", ["", "Ab", "lần", "a b c", "-lan", "x" * 61])
def test_sign_in_names_are_plain(sign_in: SignIn, chief: Person, province: Unit, username: str) -> None:
    page = invited(sign_in(chief.account), province, username=username)
    assert page.h1 == "Mời người mới"
    assert page.problems
    assert page.value("full_name") == "Trần Thị Lan"


def test_link_is_shown_once_and_stands_nowhere_in_the_record(
    sign_in: SignIn, chief: Person, province: Unit, database: Database
) -> None:
    token = link_in(invited(sign_in(chief.account), province)).removeprefix(LINK_PATH)
    with database.reading() as session:
        for table in Invitation.metadata.sorted_tables:
            assert token not in str(session.execute(select(table)).all())
