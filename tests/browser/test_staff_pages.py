"""Staff pages in a real browser: they fit a phone, axe-core finds nothing, the console stays quiet, keys suffice."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from survey.config import ROOT
from survey.database import Database
from survey.models.accounts import Account, Role
from survey.services import accounts, signin
from survey.staff_session import COOKIE
from tests.conftest import NOW
from tests.factories.record import Record
from tests.policy import world
from tests.policy.world import methods, staff_rules, whom

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]
STRICT = {"resultTypes": ["violations"], "rules": {"color-contrast-enhanced": {"enabled": True}}}  # 7 : 1 for text
PASSWORD = "mưa rơi trên phố Hội"


@pytest.fixture
def signed_in(browser: Browser, served: str, database: Database) -> Callable[..., BrowserContext]:
    def open_context(account: Account, **options: object) -> BrowserContext:
        with database.writing() as session:
            token = signin.open_session(session, account.id, now=NOW).token
        context = browser.new_context(base_url=served, **options)  # type: ignore[arg-type]
        context.add_cookies([{"name": COOKIE, "value": "t." + token, "domain": "127.0.0.1", "path": "/quan-tri"}])
        return context

    return open_context


def test_every_staff_page_fits_a_phone_and_is_accessible(
    staff_app: Flask, record: Record, tmp_path: Path, signed_in: Callable[..., BrowserContext]
) -> None:
    province = world.build(record, tmp_path)
    said: list[str] = []

    def page_of(role: Role) -> Page:
        opened = signed_in(province.everywhere[role], viewport={"width": 320, "height": 800}).new_page()
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        return opened

    pages = {role: page_of(role) for role in Role}
    axe, seen = Axe(), 0
    for rule in staff_rules(staff_app):
        role = whom(rule)
        path = province.path(staff_app, rule, province.here, account=province.everywhere[role])
        if "GET" not in methods(rule) or path.endswith((".csv", ".json", "/tep")):
            continue
        page = pages[role]
        page.goto(path)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{rule.endpoint} is {wide} wide on a screen of {width}"
        found = axe.run(page, options=STRICT).response["violations"]
        assert not found, f"{rule.endpoint}: " + "; ".join(f"{v['id']} {v['nodes'][0]['html'][:120]}" for v in found)
        seen += 1
    assert seen >= 20
    assert said == []


def test_staff_pages_stand_at_twice_the_letters(
    record: Record, tmp_path: Path, signed_in: Callable[..., BrowserContext]
) -> None:
    """200 % zoom of a small desk screen is a page of 640 pixels with letters of twice the size."""
    province = world.build(record, tmp_path)
    page = signed_in(province.everywhere[Role.ADMINISTRATOR], viewport={"width": 640, "height": 512}).new_page()
    for path in ("/quan-tri/", "/quan-tri/thiet-lap", "/quan-tri/tai-khoan", "/quan-tri/nhat-ky", "/quan-tri/ke-hoach"):
        page.goto(path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, path


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_first_administrator_sets_a_province_up_by_screens_only(
    browser: Browser, served: str, database: Database, script: bool
) -> None:
    link = accounts.first_administrator_link(database, base_url=served, now=NOW)
    assert link is not None
    page = browser.new_context(
        base_url=served, viewport={"width": 390, "height": 800}, java_script_enabled=script
    ).new_page()
    secret = _set_up_account(page, link)
    assert page.locator("h1").inner_text() == "Hôm nay cần làm gì?"

    page.get_by_role("link", name="Đặt tên tỉnh, thành phố và đường dây nóng").click()
    page.get_by_label("Tên tỉnh, thành phố").fill("thành phố Đà Nẵng")
    page.get_by_label("Địa chỉ người dân gõ vào máy").fill("ks.danang.gov.vn")
    page.get_by_label("Đường dây nóng").fill("1022")
    page.get_by_label("Lưu phiếu trả lời gốc (tháng)").fill("18")
    page.get_by_role("button", name="Lưu thiết lập").click()
    assert "Đã lưu thiết lập." in page.locator(".notice").inner_text()

    page.goto("/quan-tri/don-vi/nhap")
    page.get_by_label("Tệp CSV").set_input_files(ROOT / "survey" / "fixtures" / "danang" / "communes.csv")
    page.get_by_role("button", name="Xem trước thay đổi").click()
    assert page.locator("h1").inner_text() == "Tệp này sẽ thay đổi những gì?"
    page.get_by_role("button", name="Ghi nhận tệp này").click()
    assert "Đã ghi nhận 94 đơn vị." in page.locator(".notice").inner_text()

    _enter_plan(page)
    _invite(page)
    page.get_by_role("button", name="Đăng xuất", exact=True).click()
    _sign_in(page, secret)
    assert page.locator("h1").inner_text() == "Hôm nay cần làm gì?"
    assert "lời mời chưa được dùng" in page.locator("main").inner_text()
    page.context.close()


def test_refused_form_takes_the_keys_to_its_problems(browser: Browser, served: str) -> None:
    page = browser.new_context(base_url=served).new_page()
    page.goto("/quan-tri/dang-nhap")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_role("button", name="Tiếp tục").click()
    assert page.title().startswith("Lỗi: Đăng nhập")
    assert page.evaluate("document.activeElement.id") == "error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#username")
    page.context.close()


def _set_up_account(page: Page, link: str) -> str:
    page.goto(link)
    page.get_by_label("Họ và tên").fill("Lê Thị Chính")
    page.get_by_label("Mật khẩu mới", exact=True).fill(PASSWORD)
    page.get_by_label("Nhập lại mật khẩu mới").fill(PASSWORD)
    page.get_by_role("button", name="Tiếp tục").click()
    secret = re.sub(r"\s", "", page.locator(".key").inner_text())
    page.get_by_label("Mã sáu chữ số").fill(pyotp.TOTP(secret).at(NOW))
    page.get_by_role("button", name="Hoàn tất và đăng nhập").click()
    return secret


def _enter_plan(page: Page) -> None:
    page.goto("/quan-tri/ke-hoach/them")
    for label, value in {
        "Mã": "DN-2026",
        "Tên kế hoạch": "Kế hoạch cải cách hành chính năm 2026",
        "Văn bản: loại, số, ngày": "Quyết định 12/QĐ-UBND ngày 05/01/2026",
        "Cơ quan ban hành": "UBND thành phố",
        "Phạm vi áp dụng": "thành phố",
        "Ngày bắt đầu kỳ": "01/01/2026",
        "Ngày kết thúc kỳ": "31/12/2026",
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Lưu").click()
    page.get_by_role("link", name="Thêm chỉ tiêu").click()
    page.get_by_label("Mã", exact=True).fill("DN26-ALL")
    page.get_by_label("Nội dung đo").fill("Mức độ hài lòng về giải quyết thủ tục hành chính")
    page.get_by_label("Thủ tục hành chính").check()
    page.get_by_label("Năm", exact=True).fill("2026")
    page.get_by_label("Ngưỡng").fill("90")
    page.get_by_role("button", name="Lưu").click()
    assert "≥ 90 %" in page.locator("main").inner_text()


def _invite(page: Page) -> None:
    page.goto("/quan-tri/tai-khoan/moi")
    page.get_by_label("Họ và tên").fill("Trần Văn Khảo")
    page.get_by_label("Tên đăng nhập").fill("khao.tran")
    page.get_by_label("Cán bộ khảo sát").check()
    page.get_by_label("Đơn vị", exact=True).select_option(label="Phường Hải Châu")
    page.get_by_label("Thủ tục hành chính").check()
    page.get_by_role("button", name="Tạo liên kết").click()
    assert "/quan-tri/loi-moi/" in page.locator("textarea").input_value()


def _sign_in(page: Page, secret: str) -> None:
    page.get_by_label("Tên đăng nhập").fill("quantri")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Mã sáu chữ số").fill(pyotp.TOTP(secret).at(int(NOW.timestamp()) + 30))
    page.get_by_role("button", name="Đăng nhập").click()
