"""Staff pages in a real browser: they fit a phone, axe-core finds nothing, the console stays quiet, keys suffice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from survey.config import ROOT
from survey.database import Database
from survey.models.people.accounts import Account, Role
from survey.services.people import invitations, signin
from survey.web.staff_session import COOKIE
from tests.browser import acts
from tests.conftest import NOW
from tests.factories.record import Record
from tests.policy import world
from tests.policy.world import methods, staff_rules, whom

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]
STRICT = {"resultTypes": ["violations"], "rules": {"color-contrast-enhanced": {"enabled": True}}}  # 7 : 1 for text


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
        if "GET" not in methods(rule) or path.endswith((".csv", ".mp3", "/tep")) or "/tep." in path:
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
    link = invitations.first_administrator_link(database, base_url=served, now=NOW)
    assert link is not None
    page = browser.new_context(
        base_url=served, viewport={"width": 390, "height": 800}, java_script_enabled=script
    ).new_page()
    secret = acts.set_up_account(page, link, name="Lê Thị Chính", at=NOW)
    assert page.locator("h1").inner_text() == "Hôm nay cần làm gì?"

    acts.follow(page.get_by_role("link", name="Đặt tên tỉnh, thành phố và đường dây nóng"))
    page.get_by_label("Tên tỉnh, thành phố").fill("thành phố Đà Nẵng")
    page.get_by_label("Địa chỉ người dân gõ vào máy").fill("ks.danang.gov.vn")
    page.get_by_label("Đường dây nóng").fill("1022")
    page.get_by_label("Lưu phiếu trả lời gốc (tháng)").fill("18")
    acts.follow(page.get_by_role("button", name="Lưu thiết lập"))
    assert "Đã lưu thiết lập." in page.locator(".notice").inner_text()

    page.goto("/quan-tri/don-vi/nhap")
    page.get_by_label("Tệp CSV").set_input_files(ROOT / "survey" / "fixtures" / "danang" / "communes.csv")
    acts.follow(page.get_by_role("button", name="Xem trước thay đổi"))
    assert page.locator("h1").inner_text() == "Tệp này sẽ thay đổi những gì?"
    acts.follow(page.get_by_role("button", name="Ghi nhận tệp này"))
    assert "Đã ghi nhận 94 đơn vị." in page.locator(".notice").inner_text()

    acts.enter_plan(page)
    acts.invite(page, "Trần Văn Khảo", "khao.tran", "Cán bộ khảo sát", unit="Phường Hải Châu")
    acts.follow(page.get_by_role("button", name="Đăng xuất", exact=True))
    acts.sign_in(page, "quantri", secret, at=int(NOW.timestamp()) + 30)
    assert page.locator("h1").inner_text() == "Hôm nay cần làm gì?"
    assert "lời mời chưa được dùng" in page.locator("main").inner_text()
    page.context.close()


def test_refused_form_takes_the_keys_to_its_problems(browser: Browser, served: str) -> None:
    page = browser.new_context(base_url=served).new_page()
    page.goto("/quan-tri/dang-nhap")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    acts.follow(page.get_by_role("button", name="Tiếp tục"))
    assert page.title().startswith("Lỗi: Đăng nhập")
    assert page.evaluate("document.activeElement.id") == "error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#username")
    page.context.close()
