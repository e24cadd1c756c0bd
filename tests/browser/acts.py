"""What staff do on screen in more than one journey: set up an account, sign in, enter a plan, invite a person."""

from __future__ import annotations

import re
from datetime import datetime

import pyotp
from playwright.sync_api import Locator, Page

PASSWORD = "mưa rơi trên phố Hội"
Moment = datetime | int | None


def follow(way: Locator) -> None:
    """Press what leads to another page, and wait until that page stands whole."""
    with way.page.expect_navigation():
        way.click()


def set_up_account(page: Page, link: str, *, name: str = "", at: Moment = None) -> str:
    """From a one-time link to the home page. Returns the secret of the second step."""
    page.goto(link)
    if name:  # the first administrator's; other links know whom they are for
        page.get_by_label("Họ và tên").fill(name)
    page.get_by_label("Mật khẩu mới", exact=True).fill(PASSWORD)
    page.get_by_label("Nhập lại mật khẩu mới").fill(PASSWORD)
    follow(page.get_by_role("button", name="Tiếp tục"))
    secret = re.sub(r"\s", "", page.locator(".key").inner_text())
    page.get_by_label("Mã sáu chữ số").fill(_code(secret, at))
    follow(page.get_by_role("button", name="Hoàn tất và đăng nhập"))
    return secret


def enter_plan(page: Page, *, year: int = 2026) -> None:
    """A target plan with one target of 90 % for administrative procedures."""
    page.goto("/quan-tri/ke-hoach/them")
    for label, value in {
        "Mã": "DN-2026",
        "Tên kế hoạch": "Kế hoạch cải cách hành chính năm 2026",
        "Văn bản: loại, số, ngày": "Quyết định 12/QĐ-UBND ngày 05/01/2026",
        "Cơ quan ban hành": "UBND thành phố",
        "Phạm vi áp dụng": "thành phố",
        "Ngày bắt đầu kỳ": f"01/01/{year}",
        "Ngày kết thúc kỳ": f"31/12/{year}",
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    follow(page.get_by_role("button", name="Lưu"))
    follow(page.get_by_role("link", name="Thêm chỉ tiêu"))
    page.get_by_label("Mã", exact=True).fill("DN26-ALL")
    page.get_by_label("Nội dung đo").fill("Mức độ hài lòng về giải quyết thủ tục hành chính")
    page.get_by_label("Thủ tục hành chính").check()
    page.get_by_label("Năm", exact=True).fill(str(year))
    page.get_by_label("Ngưỡng").fill("90")
    follow(page.get_by_role("button", name="Lưu"))
    assert "≥ 90 %" in page.locator("main").inner_text()


def invite(page: Page, name: str, username: str, role: str, *, unit: str) -> str:
    """Invite a person for administrative procedures at a unit and all below. Returns the link."""
    page.goto("/quan-tri/tai-khoan/moi")
    page.get_by_label("Họ và tên").fill(name)
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_role("radio", name=role).check()
    page.get_by_label("Đơn vị", exact=True).select_option(label=unit)
    page.get_by_label("Thủ tục hành chính").check()
    follow(page.get_by_role("button", name="Tạo liên kết"))
    said = re.search(r"http\S+/quan-tri/loi-moi/\S+", page.locator("textarea").input_value())
    assert said, page.locator("textarea").input_value()
    return said[0]


def sign_in(page: Page, username: str, secret: str, *, at: Moment = None, password: str = PASSWORD) -> None:
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(password)
    follow(page.get_by_role("button", name="Tiếp tục"))
    page.get_by_label("Mã sáu chữ số").fill(_code(secret, at))
    follow(page.get_by_role("button", name="Đăng nhập"))


def _code(secret: str, at: Moment) -> str:
    """What the second step shows at a moment; now unless told otherwise."""
    step = pyotp.TOTP(secret)
    return step.now() if at is None else step.at(at)
