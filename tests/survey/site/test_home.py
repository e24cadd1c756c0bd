"""The home page: what a new installation needs, what somebody should look at, and what the faces add to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from survey.database import Database
from survey.models.jobs import Job, JobStatus
from survey.models.people.accounts import Account, Role
from survey.models.province.units import Unit
from survey.permissions import system
from survey.services.demonstration import shipped_data
from survey.services.province import settings
from survey.web import home_and_menu
from survey.web.home_and_menu import Panel, PanelItem
from tests.factories.people import EVERYTHING, Person, person
from tests.factories.record import Record
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]


@pytest.fixture
def province(record: Record) -> Unit:
    return record.unit()


@pytest.fixture
def chief(record: Record, province: Unit) -> Person:
    return person(record, (Role.ADMINISTRATOR, province, EVERYTHING))


def test_new_installation_says_what_to_do_first_until_it_is_done(
    sign_in: SignIn, record: Record, chief: Person, province: Unit, database: Database, now: datetime
) -> None:
    browser = sign_in(chief.account)
    page = browser.get("/quan-tri/")
    assert "Chuẩn bị ban đầu" in page.text
    assert len([link for link in page.links() if link in STEPS]) == len(STEPS)
    values = {"province_name": "thành phố Mẫu", "domain": "ks.mau.gov.vn", "hotline": "1022"}
    settings.save(database, system(), values, now=now)
    record.unit(parent=province)
    shipped_data.load_fields(database, system(), now=now)
    shipped_data.load_target_plans(database, system(), now=now)
    record.account((Role.ANALYST, province, ("health",)))
    assert "Chuẩn bị ban đầu" not in browser.get("/quan-tri/").text


STEPS = (
    "Đặt tên tỉnh, thành phố và đường dây nóng",
    "Đặt địa chỉ người dân gõ vào máy",
    "Nhập danh sách đơn vị",
    "Nhập các lĩnh vực thủ tục hành chính",
    "Nhập kế hoạch có chỉ tiêu",
    "Mời những người sẽ làm việc trên hệ thống",
)


def test_every_step_leads_to_a_page_that_is_there(sign_in: SignIn, chief: Person) -> None:
    page = sign_in(chief.account).get("/quan-tri/")
    for step in STEPS:
        assert page.follow(step).status == 200


def test_others_are_not_shown_what_only_administrators_do(sign_in: SignIn, record: Record, province: Unit) -> None:
    page = sign_in(record.account((Role.ANALYST, province, ("health",)))).get("/quan-tri/")
    assert "Chuẩn bị ban đầu" not in page.text
    assert "Tình trạng hệ thống" not in page.text
    assert "Tài khoản" not in page.links()


def test_somebody_guessing_a_password_is_shown(
    sign_in: SignIn, record: Record, chief: Person, province: Unit, now: datetime
) -> None:
    record.account(
        (Role.ANALYST, province, ("health",)),
        full_name="Trần Thị Lan",
        failures=7,
        wait_until=now + timedelta(minutes=4),
    )
    page = sign_in(chief.account).get("/quan-tri/")
    assert "Trần Thị Lan phải chờ sau 7 lần nhập sai" in page.links()


def test_failed_work_is_shown_to_whom_it_belongs_and_to_administrators(
    sign_in: SignIn, record: Record, chief: Person, province: Unit, now: datetime
) -> None:
    owner, other = (record.account((Role.ANALYST, province, ("health",))) for _ in range(2))
    record.add(Job(kind="workbook", params={}, status=JobStatus.FAILED, requested_by=owner.id, created_at=now))
    for who, shown in ((owner, True), (other, False), (chief.account, True)):
        assert ("1 tệp bị lỗi" in sign_in(who).get("/quan-tri/").text) is shown


def test_faces_add_panels_in_their_order_and_leave_them_out_for_some(
    staff_app: Flask, sign_in: SignIn, record: Record, chief: Person, province: Unit
) -> None:
    def waves(_record: object, actor: object, _now: datetime) -> Panel | None:
        if not getattr(actor, "has")(Role.ANALYST):  # noqa: B009
            return None
        return Panel("Đợt đang mở", (PanelItem("Đợt quý IV", "/quan-tri/", "412 phiếu", "good"),))

    home_and_menu.add_panel(staff_app, 1, waves)
    page = sign_in(record.account((Role.ANALYST, province, ("health",)))).get("/quan-tri/")
    assert page.text.index("Đợt đang mở") < page.text.index("Việc chạy nền")
    assert "412 phiếu" in page.text
    assert "Đợt đang mở" not in sign_in(chief.account).get("/quan-tri/").text


def test_trial_over_http_is_pointed_out(sign_in: SignIn, chief: Person) -> None:
    assert "Trang đang chạy không có https" in sign_in(chief.account).get("/quan-tri/").text
