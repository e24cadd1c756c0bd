"""What staff see in the demonstration as `make demo` serves it: three services, each to its own people."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from playwright.sync_api import Browser, Page

from survey.config import ROOT
from tests.browser import acts
from tests.platform import Platform, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STAMP = "THỬ NGHIỆM"
CLOSED = {"admin": "HC-2026-1", "health": "YT-2026-1", "education": "GD-2026-1"}


@dataclass(frozen=True)
class Demonstration:
    platform: Platform
    facts: dict[str, Any]
    sessions: dict[str, Any] = field(default_factory=dict)  # a code of the second step is good once

    def account(self, username: str) -> dict[str, str]:
        found: dict[str, str] = next(p for p in self.facts["accounts"] if p["username"] == username)
        return found

    def hailong(self, *words: str, fails: bool = False) -> str:
        """A command at the terminal of the same machine, and what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "survey.cli", *words], cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, "HAILONG_INSTANCE": str(self.platform.instance)},
        )  # fmt: skip
        assert (done.returncode != 0) is fails, done.stderr
        return done.stderr if fails else done.stdout


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    instance = tmp_path_factory.mktemp("demo")
    with serving("demo", instance) as platform:
        yield Demonstration(platform, json.loads((instance / "demo.json").read_text(encoding="utf-8")))


@pytest.fixture
def desk(browser: Browser, demonstration: Demonstration) -> Iterator[Callable[[str], Page]]:
    """A member of staff at a desk, signed in with the password and the second step of `demo.json`."""
    opened = []

    def open_desk(username: str) -> Page:
        held = demonstration.sessions.get(username)
        context = browser.new_context(
            base_url=demonstration.facts["base_url"], viewport={"width": 1280, "height": 900}, storage_state=held
        )
        opened.append(context)
        page = context.new_page()
        page.goto("/quan-tri/")
        if held is None:
            who = demonstration.account(username)
            acts.sign_in(page, username, who["totp_secret"], password=who["password"])
            page.wait_for_url("**/quan-tri/")
            demonstration.sessions[username] = context.storage_state()
        return page

    yield open_desk
    for context in opened:
        context.close()


def waves_of(page: Page) -> set[str]:
    page.goto("/quan-tri/ket-qua")
    links = page.locator("main h2 a[href*='/ket-qua/']").all()
    return {str(link.get_attribute("href")).rsplit("/", 1)[-1] for link in links}


def status(page: Page, path: str) -> int:
    answer = page.goto(path)
    assert answer is not None
    return answer.status


def workbook(page: Page) -> openpyxl.Workbook:
    """Ask for the workbook of the results on screen, wait until it is made, download and open it."""
    acts.follow(page.get_by_role("button", name="Tải bảng tính"))
    ready = page.get_by_role("link", name="Tải ")
    ready.wait_for(timeout=60_000)
    with page.expect_download() as waiting:
        ready.click()
    return openpyxl.load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes()))


def values(book: openpyxl.Workbook) -> set[object]:
    return {cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}


def test_every_account_of_the_demonstration_can_sign_in(
    demonstration: Demonstration, desk: Callable[[str], Page]
) -> None:
    roles = {p["role"] for p in demonstration.facts["accounts"]}
    assert roles == {"administrator", "designer", "approver", "field_officer", "analyst", "unit_viewer"}
    for person in demonstration.facts["accounts"]:
        assert desk(person["username"]).locator("h1").inner_text() == "Hôm nay cần làm gì?"


def test_health_analyst_reads_the_verdict_and_takes_the_workbook(desk: Callable[[str], Page]) -> None:
    page = desk("phantich.yte")
    page.goto(f"/quan-tri/ket-qua/{CLOSED['health']}")
    said = page.inner_text("main")
    assert STAMP in said
    assert "chính thức của đợt" in said
    assert re.search(r"[Đđ]ạt|[Cc]hưa đạt", said)
    assert "đối chiếu: kế hoạch QN-2021-2025, đã hết kỳ" in said
    shown = re.search(r"(\d+,\d) %\s+KTC 95 %: (\d+,\d) – (\d+,\d)", said)
    assert shown, said[:600]
    rate, low, high = (float(part.replace(",", ".")) for part in shown.groups())
    assert low < rate < high
    assert page.locator("main svg").count() >= 2, "the interval, the units"

    book = workbook(page)
    found = values(book)
    assert any(STAMP in str(value) for value in found)
    numbers = {round(100 * value, 1) for value in found if isinstance(value, float)}
    assert {rate, low, high} <= numbers, "the file holds what the screen shows"
    assert all(STAMP in str([c.value for row in sheet.iter_rows(max_row=4) for c in row]) for sheet in book), (
        "the stamp stands on every sheet"
    )


def test_each_department_sees_its_own_service_and_the_counter_it_runs(desk: Callable[[str], Page]) -> None:
    health, education, interior = desk("phantich.yte"), desk("phantich.gddt"), desk("phantich.noivu")
    assert {code[:2] for code in waves_of(health)} == {"YT", "HC"}
    assert {code[:2] for code in waves_of(education)} == {"GD", "HC"}
    assert status(health, f"/quan-tri/ket-qua/{CLOSED['education']}") == 404
    assert status(education, f"/quan-tri/ket-qua/{CLOSED['health']}") == 404
    assert status(interior, f"/quan-tri/ket-qua/{CLOSED['admin']}") == 200
    everywhere = interior.inner_text("main")

    assert status(health, f"/quan-tri/ket-qua/{CLOSED['admin']}") == 200
    own = health.inner_text("main")
    assert "Đơn vị của Anh/Chị: Sở Y tế thành phố Đà Nẵng" in own
    assert "Sở Xây dựng" in everywhere
    assert "Sở Xây dựng" not in own
    cells = {str(value) for value in values(workbook(health))}
    assert any("Sở Y tế" in cell for cell in cells)
    assert not any("Sở Xây dựng" in cell for cell in cells), "nor in the file"


def test_a_file_of_another_department_cannot_be_fetched(desk: Callable[[str], Page]) -> None:
    health = desk("phantich.yte")
    health.goto(f"/quan-tri/ket-qua/{CLOSED['health']}")
    acts.follow(health.get_by_role("button", name="Tải bảng tính"))
    health.get_by_role("link", name="Tải ").wait_for(timeout=60_000)
    file = health.get_by_role("link", name="Tải ").get_attribute("href")
    education = desk("phantich.gddt")
    for address in (health.url, f"{file}"):
        answer = education.request.get(address)
        assert answer.status in (403, 404), address


def test_designer_reads_a_questionnaire_exactly_as_citizens_do(
    demonstration: Demonstration, desk: Callable[[str], Page], browser: Browser
) -> None:
    page = desk("thietke")
    page.goto("/quan-tri/bo-cau-hoi")
    listed = page.inner_text("main")
    assert "Căn cứ pháp lý" in listed
    assert "56/QĐ-BYT" in listed
    page.goto("/quan-tri/bo-cau-hoi/byt56-m2/1")
    acts.follow(page.get_by_role("link", name="Xem thử trên điện thoại"))
    frame = page.frame_locator("iframe.phone").first
    frame.locator("fieldset").first.wait_for()
    phone = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    phone.goto(demonstration.facts["entry_urls"]["health"])
    asked = phone.locator("#form").evaluate("form => form.textContent")
    assert len(asked) > 2_000
    assert frame.locator("#form").evaluate("form => form.textContent") == asked
    assert frame.locator("style").first.evaluate("one => one.textContent") == phone.locator("style").first.evaluate(
        "one => one.textContent"
    )
    phone.context.close()


def test_a_version_imported_at_the_terminal_is_read_on_screen(
    demonstration: Demonstration, desk: Callable[[str], Page], tmp_path: Path
) -> None:
    file = tmp_path / "phieu.json"
    demonstration.hailong("instruments", "export", "one-stop-short@1", "--format", "json", "--out", str(file))
    text = file.read_text(encoding="utf-8")
    page = desk("thietke")

    file.write_text(text.replace('"options"', '"option"'), encoding="utf-8")
    refused = demonstration.hailong("instruments", "import", str(file), fails=True)
    assert "option" in refused
    page.goto("/quan-tri/bo-cau-hoi/one-stop-short")
    assert "phiên bản 2" not in page.inner_text("main").lower()

    document = json.loads(text)
    document["version"] = 2
    changed = json.dumps(document, ensure_ascii=False).replace(
        "Công chức có thái độ giao tiếp lịch sự", "Công chức có thái độ giao tiếp nhã nhặn"
    )
    file.write_text(changed, encoding="utf-8")
    assert "one-stop-short@2" in demonstration.hailong("instruments", "import", str(file))
    page.reload()
    assert "phiên bản 2" in page.inner_text("main").lower()
    acts.follow(page.get_by_role("link", name="phiên bản 2").first)
    assert "Bản thảo" in page.inner_text("main")
    acts.follow(page.get_by_role("link", name="Xem thử trên điện thoại"))
    frame = page.frame_locator("iframe.phone").first
    assert "nhã nhặn" in frame.locator("fieldset").first.inner_text()
    frame.locator("fieldset label").first.click()
    frame.get_by_role("button", name="Gửi phiếu").locator("visible=true").first.click()
    frame.get_by_text("Đây là trả lời thử: không được tính ở đâu cả.").first.wait_for()


def test_every_form_of_the_demonstration_is_stamped_and_light(demonstration: Demonstration) -> None:
    for address in demonstration.facts["entry_urls"].values():
        with httpx.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
            sent = sum(len(part) for part in answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert sent <= 10_000, (address, sent)
        assert STAMP in httpx.get(address).text
