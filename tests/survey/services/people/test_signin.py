"""Signing in: two steps, waiting instead of lock-out, the same words for a name nobody has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select

from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.people.accounts import Account, AccountStatus, Role, StaffSession
from survey.services.people.credentials import Passwords
from survey.services.people.signin import SignInRefused, check_password, wait_minutes
from survey.web.staff_session import COOKIE
from tests.factories.people import EVERYTHING, PASSWORD, Person, person
from tests.factories.record import Record
from tests.staff_client import Page, StaffClient

SIGN_IN = "/quan-tri/dang-nhap"


@pytest.fixture
def analyst(record: Record) -> Person:
    return person(record, (Role.ANALYST, record.unit(), ("health",)))


def first_step(browser: StaffClient, username: str, password: str) -> Page:
    return browser.get(SIGN_IN).form(username=username, password=password).send()


def both_steps(browser: StaffClient, who: Person, now: datetime, *, steps: int = 0) -> Page:
    return first_step(browser, who.account.username, who.password).form(code=who.code(now, steps=steps)).send()


def reloaded(database: Database, who: Person) -> Account:
    with database.reading() as session:
        return session.get_one(Account, who.account.id)


def at(app: Flask, moment: datetime) -> None:
    app.config["CLOCK"] = lambda: moment


def test_visitor_is_led_to_sign_in_and_back_to_the_page_asked_for(
    visitor: StaffClient, analyst: Person, now: datetime
) -> None:
    page = visitor.get("/quan-tri/tai-khoan-cua-toi")
    assert page.path == SIGN_IN + "?next=/quan-tri/tai-khoan-cua-toi"
    page = page.form(username=analyst.account.username, password=PASSWORD).send()
    page = page.form(code=analyst.code(now)).send()
    assert page.path == "/quan-tri/tai-khoan-cua-toi"
    assert analyst.account.full_name in page.text


def test_signing_in_gives_a_new_token_and_keeps_only_its_digest(
    visitor: StaffClient, analyst: Person, database: Database, now: datetime
) -> None:
    visitor.get(SIGN_IN)
    before = visitor.browser.get_cookie(COOKIE, path="/quan-tri")
    both_steps(visitor, analyst, now)
    after = visitor.browser.get_cookie(COOKIE, path="/quan-tri")
    assert before is not None
    assert after is not None
    assert after.value != before.value
    assert after.http_only
    assert after.same_site == "Lax"
    with database.reading() as session:
        rows = session.execute(select(StaffSession)).scalars().all()
    assert len(rows) == 1
    assert after.value.removeprefix("t.").encode() not in rows[0].token_digest
    assert after.value.removeprefix("t.") not in str(rows[0].data)


def test_visitors_leave_nothing_in_the_record(visitor: StaffClient, database: Database) -> None:
    visitor.get("/quan-tri/")
    first_step(visitor, "khong-ai-ca", "một mật khẩu nào đó")
    visitor.browser.post("/quan-tri/don-vi/1", data={"name": "x"})
    with database.reading() as session:
        for table in (StaffSession, AuditEvent, Account):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_unknown_name_wrong_password_and_waiting_get_the_same_words(
    visitor: StaffClient, analyst: Person, database: Database
) -> None:
    unknown = first_step(visitor, "khong-ai-ca", PASSWORD)
    wrong = first_step(visitor, analyst.account.username, "sai mật khẩu rồi")
    for _ in range(4):
        first_step(visitor, analyst.account.username, "sai mật khẩu rồi")
    assert reloaded(database, analyst).wait_until is not None
    waiting = first_step(visitor, analyst.account.username, PASSWORD)
    assert unknown.notices == wrong.notices == waiting.notices
    assert len(unknown.notices) == 1
    assert unknown.status == wrong.status == waiting.status


class CountingHasher(PasswordHasher):
    """Notes the parameters of every hash it is asked to verify."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - argon2's own name
        self.verified.append(str(hash).split("$")[3])
        return super().verify(hash, password)


def test_unknown_name_costs_the_same_hashing_as_a_known_one(database: Database, analyst: Person, now: datetime) -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    for name in ("khong-ai-ca", analyst.account.username):
        with pytest.raises(SignInRefused):
            check_password(database, passwords, name, "sai mật khẩu rồi", now=now)
    assert len(hasher.verified) == 2
    assert hasher.verified[0] == hasher.verified[1]


def test_wrong_tries_wait_one_to_fifteen_minutes_and_never_lock() -> None:
    assert [wait_minutes(n) for n in (0, 4, 5, 6, 7, 8, 9, 10, 5000)] == [0, 0, 1, 2, 4, 8, 15, 15, 15]


def test_waiting_ends_by_itself_and_a_try_while_waiting_does_not_prolong_it(
    staff_app: Flask, visitor: StaffClient, analyst: Person, database: Database, now: datetime
) -> None:
    for _ in range(5):
        first_step(visitor, analyst.account.username, "sai mật khẩu rồi")
    first = reloaded(database, analyst)
    assert first.wait_until == now + timedelta(minutes=1)
    first_step(visitor, analyst.account.username, "sai mật khẩu rồi")
    assert reloaded(database, analyst).failures == 5
    later = now + timedelta(seconds=61)
    at(staff_app, later)
    assert both_steps(visitor, analyst, later).path == "/quan-tri/"
    assert reloaded(database, analyst).failures == 0


def test_wrong_codes_count_as_wrong_tries_and_the_right_password_does_not_reset_them(
    staff_app: Flask, visitor: StaffClient, analyst: Person, database: Database, now: datetime
) -> None:
    page = first_step(visitor, analyst.account.username, PASSWORD)
    for _ in range(3):
        page = page.form(code="000000").send()
    page = first_step(visitor, analyst.account.username, PASSWORD)
    for _ in range(2):
        page = page.form(code="000000").send()
    assert reloaded(database, analyst).failures == 5
    page = page.form(code=analyst.code(now)).send()
    assert "1 phút" in " ".join(page.notices) or "1 minutes" in " ".join(page.notices)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_code_of_a_neighbouring_step_is_taken(visitor: StaffClient, analyst: Person, now: datetime, steps: int) -> None:
    assert both_steps(visitor, analyst, now, steps=steps).path == "/quan-tri/"


@pytest.mark.parametrize("steps", [-2, 2])
def test_code_two_steps_away_is_refused(visitor: StaffClient, analyst: Person, now: datetime, steps: int) -> None:
    assert both_steps(visitor, analyst, now, steps=steps).path.endswith("/ma-xac-thuc")


def test_code_works_once(staff_app: Flask, analyst: Person, now: datetime) -> None:
    assert both_steps(StaffClient(staff_app), analyst, now).path == "/quan-tri/"
    assert both_steps(StaffClient(staff_app), analyst, now).path.endswith("/ma-xac-thuc")
    assert both_steps(StaffClient(staff_app), analyst, now, steps=-1).path.endswith("/ma-xac-thuc")
    assert both_steps(StaffClient(staff_app), analyst, now, steps=1).path == "/quan-tri/"


def test_password_is_not_needed_again_within_five_minutes_but_then_it_is(
    staff_app: Flask, visitor: StaffClient, analyst: Person, now: datetime
) -> None:
    page = first_step(visitor, analyst.account.username, PASSWORD)
    later = now + timedelta(minutes=6)
    at(staff_app, later)
    page = page.form(code=analyst.code(later)).send()
    assert page.path == SIGN_IN


def test_disabled_account_is_told_only_after_both_steps(
    visitor: StaffClient, record: Record, database: Database, now: datetime
) -> None:
    who = person(record, (Role.ANALYST, record.unit(), ("health",)), status=AccountStatus.DISABLED)
    page = first_step(visitor, who.account.username, "sai mật khẩu rồi")
    assert "ngừng" not in page.text
    page = both_steps(visitor, who, now)
    assert page.path.endswith("/ma-xac-thuc")
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(StaffSession)).scalar_one() == 0


def test_session_ends_after_the_idle_minutes_of_the_setting(
    staff_app: Flask, sign_in: Callable[[Account], StaffClient], analyst: Person, now: datetime
) -> None:
    browser = sign_in(analyst.account)
    at(staff_app, now + timedelta(minutes=14))
    assert browser.get("/quan-tri/").path == "/quan-tri/"
    at(staff_app, now + timedelta(minutes=28))
    assert browser.get("/quan-tri/").path == "/quan-tri/"
    at(staff_app, now + timedelta(minutes=44))
    assert browser.get("/quan-tri/").path.startswith(SIGN_IN)


def test_session_ends_after_twelve_hours_however_busy(
    staff_app: Flask, sign_in: Callable[[Account], StaffClient], analyst: Person, now: datetime
) -> None:
    browser = sign_in(analyst.account)
    for minutes in range(10, 12 * 60, 10):
        at(staff_app, now + timedelta(minutes=minutes))
        assert browser.get("/quan-tri/").path == "/quan-tri/"
    at(staff_app, now + timedelta(hours=12))
    assert browser.get("/quan-tri/").path.startswith(SIGN_IN)


def test_signing_out_ends_the_session_for_a_copied_cookie_too(
    staff_app: Flask, sign_in: Callable[[Account], StaffClient], analyst: Person
) -> None:
    browser, thief = sign_in(analyst.account), StaffClient(staff_app)
    stolen = browser.browser.get_cookie(COOKIE, path="/quan-tri")
    assert stolen is not None
    thief.browser.set_cookie(COOKIE, stolen.value, domain="localhost", path="/quan-tri")
    assert thief.get("/quan-tri/").path == "/quan-tri/"
    forms = [f for f in browser.get("/quan-tri/").forms() if f.action.endswith("/dang-xuat")]
    assert forms[0].send().path == SIGN_IN
    assert thief.get("/quan-tri/").path.startswith(SIGN_IN)


def test_signing_out_everywhere_ends_every_browser(sign_in: Callable[[Account], StaffClient], analyst: Person) -> None:
    here, there = sign_in(analyst.account), sign_in(analyst.account)
    here.get("/quan-tri/tai-khoan-cua-toi").form("dang-xuat-moi-noi").send()
    assert here.get("/quan-tri/").path.startswith(SIGN_IN)
    assert there.get("/quan-tri/").path.startswith(SIGN_IN)


def test_new_password_signs_other_browsers_out_and_gives_this_one_a_new_token(
    sign_in: Callable[[Account], StaffClient], analyst: Person, database: Database
) -> None:
    here, there = sign_in(analyst.account), sign_in(analyst.account)
    before = here.browser.get_cookie(COOKIE, path="/quan-tri")
    page = here.get("/quan-tri/tai-khoan-cua-toi/mat-khau")
    page = page.form(current=PASSWORD, password="một câu khác hẳn 77", again="một câu khác hẳn 77").send()
    assert page.path == "/quan-tri/tai-khoan-cua-toi"
    after = here.browser.get_cookie(COOKIE, path="/quan-tri")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert here.get("/quan-tri/").path == "/quan-tri/"
    assert there.get("/quan-tri/").path.startswith(SIGN_IN)


def test_guessing_the_present_password_at_an_open_desk_has_to_wait(
    sign_in: Callable[[Account], StaffClient], analyst: Person, database: Database
) -> None:
    page = sign_in(analyst.account).get("/quan-tri/tai-khoan-cua-toi/mat-khau")
    for _ in range(5):
        page = page.form(current="đoán thử xem sao", password="một câu khác hẳn 77", again="một câu khác hẳn 77").send()
    page = page.form(current=PASSWORD, password="một câu khác hẳn 77", again="một câu khác hẳn 77").send()
    assert page.path.endswith("/mat-khau")
    assert reloaded(database, analyst).password_hash == analyst.account.password_hash


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/",
        "//example.org/quan-tri/",
        "/quan-tri//example.org",
        "/quan-tri/\\@x",
        "/A7K2M9",
        "/quan-trix",
    ],
)
def test_next_page_outside_the_staff_pages_is_not_followed(
    visitor: StaffClient, analyst: Person, now: datetime, target: str
) -> None:
    page = visitor.get(SIGN_IN, query_string={"next": target})
    page = page.form(username=analyst.account.username, password=PASSWORD).send()
    response = page.form(code=analyst.code(now)).send(follow=False).response
    assert response.headers["Location"] == "/quan-tri/"


def test_idle_accounts_are_disabled_when_somebody_signs_in_but_never_the_last_administrator(
    staff_app: Flask, record: Record, database: Database, now: datetime
) -> None:
    province = record.unit()
    old = now.date() - timedelta(days=46)
    chief = person(record, (Role.ADMINISTRATOR, province, EVERYTHING), last_seen_on=old)
    earlier = person(record, (Role.ADMINISTRATOR, province, EVERYTHING), last_seen_on=old - timedelta(days=9))
    idle = person(record, (Role.ANALYST, province, ("health",)), last_seen_on=old)
    fresh = person(record, (Role.ANALYST, province, ("health",)), last_seen_on=now.date())
    assert both_steps(StaffClient(staff_app), fresh, now).path == "/quan-tri/"
    assert reloaded(database, idle).status is AccountStatus.DISABLED
    assert reloaded(database, earlier).status is AccountStatus.DISABLED
    assert reloaded(database, chief).status is AccountStatus.ACTIVE
    assert both_steps(StaffClient(staff_app), chief, now).path == "/quan-tri/"
    with database.reading() as session:
        reasons = session.execute(select(AuditEvent.detail).where(AuditEvent.action == "account.disable")).scalars()
        assert [r["reason"] for r in reasons] == ["idle", "idle"]
