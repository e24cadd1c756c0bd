"""A province from nothing to a verdict, by screens only, on the program as `make run` serves it.

The first administrator sets the province up; a field officer plans, opens and closes a wave and prints its placard;
citizens answer at the address that the placard's QR holds; an analyst reads the verdict and takes the workbook home.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from pathlib import Path

import httpx
import openpyxl
import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page

from survey import clock
from survey.config import ROOT
from tests.browser import acts
from tests.platform import serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEY = re.compile(r'name="_key" value="([^"]+)"')
SLIPS = 60


def test_a_province_comes_from_nothing_to_a_verdict(browser: Browser, tmp_path: Path, database_url: str) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    with serving("run", instance, DATABASE_URL=database_url) as platform:
        link = re.search(r"http\S+/quan-tri/loi-moi/\S+", platform.said())
        assert link, platform.said()

        def desk() -> Page:
            page = browser.new_context(base_url=platform.base_url, viewport={"width": 1280, "height": 900}).new_page()
            page.set_default_timeout(10_000)
            return page

        officers, analysts = _set_up(desk(), link[0])
        officer = desk()
        acts.set_up_account(officer, officers)
        slips = _plan_and_open(officer)
        _one_citizen_on_a_phone(browser, _address_on_the_placard(officer, platform.base_url))
        for n, address in enumerate(slips):
            _citizen_with_a_slip(address, satisfied=n > 0)
        assert "Mã này đã được sử dụng" in httpx.get(slips[0]).text
        _close(officer)
        analyst = desk()
        acts.set_up_account(analyst, analysts)
        _read_the_verdict(analyst)
        _take_the_workbook(analyst)


def _set_up(page: Page, link: str) -> tuple[str, str]:
    """The administrator's part. Returns the links of the officer and the analyst."""
    acts.set_up_account(page, link, name="Lê Thị Chính")
    page.goto("/quan-tri/thiet-lap")
    page.get_by_label("Tên tỉnh, thành phố").fill("thành phố Đà Nẵng")
    page.get_by_label("Đường dây nóng").fill("1022")
    acts.follow(page.get_by_role("button", name="Lưu thiết lập"))
    page.goto("/quan-tri/don-vi/nhap")
    page.get_by_label("Tệp CSV").set_input_files(ROOT / "survey" / "fixtures" / "danang" / "communes.csv")
    acts.follow(page.get_by_role("button", name="Xem trước thay đổi"))
    acts.follow(page.get_by_role("button", name="Ghi nhận tệp này"))
    acts.enter_plan(page, year=clock.local_day(clock.now()).year)
    whole = "thành phố Đà Nẵng"
    return (
        acts.invite(page, "Trần Văn Khảo", "khao.tran", "Cán bộ khảo sát", unit=whole),
        acts.invite(page, "Phạm Thị Tích", "tich.pham", "Chuyên viên phân tích", unit=whole),
    )


def _plan_and_open(page: Page) -> list[str]:
    """A wave with a poster at a counter, and slips for dossiers chosen by lot. Returns the addresses on the slips."""
    today = clock.local_day(clock.now())
    page.goto("/quan-tri/dot-khao-sat/moi")
    page.get_by_label("Tên đợt khảo sát").fill("Đợt đầu tiên")
    page.get_by_label("Phiên bản phiếu").select_option(value="one-stop-short@1")
    page.get_by_label("Kế hoạch chỉ tiêu").select_option(value="DN-2026")
    page.get_by_label("Từ ngày").fill(f"{today:%d/%m/%Y}")
    page.get_by_label("Đến ngày").fill(f"{today + timedelta(days=30):%d/%m/%Y}")
    acts.follow(page.get_by_role("button", name="Lập đợt khảo sát"))
    wave = page.url
    for title, selection in (("Quét mã QR tại quầy", "Tự chọn tham gia"), ("Phiếu theo mẫu", "Chọn ngẫu nhiên")):
        page.goto(f"{wave}/kenh")
        page.get_by_role("radio", name=selection).check()
        page.get_by_label("Tên kênh").fill(title)
        acts.follow(page.get_by_role("button", name="Thêm kênh"))
    page.goto(f"{wave}/khung-mau/o")
    page.get_by_label("Đơn vị").select_option(label="Phường Hải Châu")
    page.get_by_label("Số hồ sơ đã giải quyết").fill("400")
    acts.follow(page.get_by_role("button", name="Lưu"))
    for title, place in (("Quét mã QR tại quầy", "Quầy số 1"), ("Phiếu theo mẫu", "Gửi kèm kết quả")):
        page.goto(f"{wave}/diem/them")
        page.get_by_label("Kênh thu thập").select_option(label=title)
        page.get_by_label("Đặt ở đâu?").fill(place)
        page.get_by_label("Đơn vị được đánh giá").select_option(label="Phường Hải Châu")
        acts.follow(page.get_by_role("button", name="Thêm điểm"))
    page.goto(wave)
    acts.follow(page.get_by_role("button", name="Mở đợt khảo sát"))
    assert "Đang thu phiếu" in page.inner_text("main")
    return _slips(page, wave, today + timedelta(days=20))


def _slips(page: Page, wave: str, until: date) -> list[str]:
    page.goto(f"{wave}/diem")
    acts.follow(page.get_by_role("link", name="Gửi kèm kết quả"))
    acts.follow(page.get_by_role("link", name="Cấp mã"))
    page.get_by_label("Bao nhiêu mã?").fill(str(SLIPS))
    page.get_by_label("Ngày cuối dùng được mã").fill(f"{until:%d/%m/%Y}")
    acts.follow(page.locator("main form button").last)
    with page.expect_download() as waiting:
        page.locator('button[value="csv"]').click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text().splitlines()))
    page.goto(wave)
    return [row["address"] for row in rows]


def _address_on_the_placard(page: Page, base_url: str) -> str:
    """Print the placard; read its QR as a telephone would."""
    acts.follow(page.get_by_role("link", name="In tờ QR"))
    with page.expect_download() as waiting:
        page.locator("main form button").last.click()
    picture = pypdfium2.PdfDocument(Path(waiting.value.path()))[0].render(scale=3).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    assert code.text.lower().startswith(base_url.lower())
    return code.text


def _one_citizen_on_a_phone(browser: Browser, address: str) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False).new_page()
    phone.goto(address)
    assert "Phường Hải Châu" in phone.inner_text("header")
    for question in phone.locator("fieldset").all()[:9]:
        question.locator("label").first.click()
    acts.follow(phone.get_by_role("button", name="Gửi phiếu"))
    assert "Cảm ơn" in phone.inner_text("h1")
    phone.context.close()


def _citizen_with_a_slip(address: str, *, satisfied: bool) -> None:
    with httpx.Client(follow_redirects=True) as client:
        key = KEY.search(client.get(address).text)
        assert key
        level = "4" if satisfied else "2"
        sent = {f"q{n}": level for n in range(1, 10)} | {"_key": key[1], "_shown_in": "vi", "_send": "1"}
        assert "Cảm ơn" in client.post(address, data=sent).text


def _close(page: Page) -> None:
    page.goto("/quan-tri/dot-khao-sat")
    acts.follow(page.get_by_role("link", name="Đợt đầu tiên"))
    assert f"{SLIPS + 1}" in page.locator("dl").first.inner_text()
    acts.follow(page.get_by_role("link", name="Đóng đợt khảo sát …"))
    page.get_by_label("Tôi đã đọc").check()
    acts.follow(page.locator("main form button").last)
    for _ in range(40):
        if "Đang tính kết quả" not in page.inner_text("main"):
            break
        page.wait_for_timeout(500)
        page.reload()
    assert "Đã có kết quả; kết luận được giữ nguyên." in page.inner_text("main"), page.inner_text("main")


def _read_the_verdict(page: Page) -> None:
    page.goto("/quan-tri/ket-qua")
    acts.follow(page.get_by_role("link", name="Đợt đầu tiên"))
    said = page.inner_text("main")
    assert "98,3 %" in said, "one of sixty was not satisfied: 59 / 60"
    assert "chính thức của đợt" in said
    assert "90 %" in said
    assert "Đạt, độ tin cậy 95 %: p = " in said


def _take_the_workbook(page: Page) -> None:
    acts.follow(page.get_by_role("button", name="Tải bảng tính"))
    page.get_by_role("link", name="Tải ").wait_for(timeout=60_000)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Tải ").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "Phường Hải Châu" in cells
    assert any(isinstance(cell, float) and abs(cell - 59 / 60) < 1e-9 for cell in cells)
