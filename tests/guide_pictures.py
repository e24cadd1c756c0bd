"""The pictures of the designer's guide, taken from a running demonstration.

    make demo                                             in one window
    python -m tests.guide_pictures instance/demo.json     in another

A questionnaire is written by screens as the guide tells it, then every screen is photographed in each language of the
interface and kept as WebP of at most 60 kB under static/img/guide.
"""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import pyotp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from survey.site.guides import FOLDER, MANIFEST
from tests import chromium
from tests.factories.sounds import mp3

LIST = "/quan-tri/bo-cau-hoi"
MOST_BYTES = 60_000
WIDTH, HEIGHT = 1180, 760
RATED = (
    ("Công chức giao tiếp lịch sự", "Officials are polite"),
    ("Công chức hướng dẫn dễ hiểu", "Officials explain clearly"),
    ("Hồ sơ chỉ phải nộp một lần", "Papers are handed in once"),
    ("Thời gian chờ ngắn", "The wait is short"),
    ("Trả kết quả đúng hẹn", "The result comes on time"),
)


def sign_in(browser: Browser, facts: dict[str, Any], role: str) -> BrowserContext:
    """A browser in which the demonstration's person with this role is signed in."""
    person = next(one for one in facts["accounts"] if one["role"] == role)
    context = browser.new_context(base_url=facts["base_url"], viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.goto("/quan-tri/dang-nhap")
    page.fill("input[name=username]", person["username"])
    page.fill("input[type=password]", person["password"])
    page.click("main button")
    page.wait_for_load_state()
    page.fill("main input[type=text]", pyotp.TOTP(person["totp_secret"]).now())
    page.click("main button")
    page.wait_for_load_state()
    return context


def write_questionnaire(page: Page) -> str:
    """From nothing to a draft of eight questions in two languages; answers its address."""
    page.goto(LIST)
    page.get_by_role("link", name="Soạn bộ mới").click()
    page.get_by_label("Tên bộ câu hỏi").fill("Phiếu khảo sát Bộ phận Một cửa (THỬ NGHIỆM)")
    page.get_by_label("Kết quả thuộc lĩnh vực nào?").select_option(label="Thủ tục hành chính")
    page.get_by_label("Cơ quan hỏi").fill("Sở Nội vụ")
    page.get_by_label("Có cả tiếng Anh").check()
    page.get_by_role("button", name="Bắt đầu").click()
    address = page.url.split("/soan")[0]
    add(page, "\n".join(vi for vi, _ in RATED), "\n".join(en for _, en in RATED))
    lists = ("Báo, đài\nMạng xã hội\nKhác (xin ghi rõ)", "Press\nSocial media\nOther (please say)")
    add(page, "Ông/Bà biết thủ tục qua đâu?", "How did you learn of the procedure?", "multiple", lists)
    add(page, "Điều gì làm Ông/Bà chưa hài lòng?", "What were you not satisfied with?", "text")
    page.locator("#e-q8").get_by_role("link", name="Sửa").click()
    page.get_by_label("Tùy theo câu trả lời cho câu").select_option(value="q2")
    page.get_by_role("button", name="Chọn phương án").click()
    page.get_by_label("Rất không hài lòng").check()
    page.get_by_role("button", name="Chỉ hiện khi đó").click()
    page.goto(f"{address}/ghi-am")
    for field in page.locator("input[type=file]").all()[:3]:
        field.set_input_files({"name": "cau.mp3", "mimeType": "audio/mpeg", "buffer": mp3(160)})
    page.get_by_role("button", name="Giữ các bản ghi âm đã chọn").last.click()
    page.goto(f"{address}/xem-thu/trang")
    page.locator("input[name=q2][value='4']").check()
    page.locator("button[name=_send]").last.click()
    return address


def add(page: Page, vi: str, en: str, answers: str = "", lists: tuple[str, str] | None = None) -> None:
    form = page.locator("#add-s1 form")
    form.locator("[name=words-vi]").fill(vi)
    form.locator("[name=words-en]").fill(en)
    if answers:
        form.get_by_label("Phương án trả lời").select_option(value=answers)
    if lists:
        form.locator("[name=list-vi]").fill(lists[0])
        form.locator("[name=list-en]").fill(lists[1])
    form.get_by_role("button", name="Thêm").click()


def screens(draft: str) -> dict[str, tuple[str, str]]:
    """By the name of the picture: the address, and what is scrolled to the top."""
    return {
        "list": (LIST, ""),
        "start": (f"{LIST}/moi/phieu", ""),
        "questions": (f"{draft}/soan", ""),
        "question": (f"{draft}/soan?mo=q8", "#e-q8"),
        "scales": (f"{draft}/soan/thang-tra-loi", ""),
        "figures": (f"{draft}/soan/chi-so", ""),
        "languages": (f"{draft}/soan/ngon-ngu", ""),
        "recordings": (f"{draft}/ghi-am", ""),
        "preview": (f"{draft}/xem-thu", ""),
        "trials": (f"{draft}/xem-thu/da-thu", ""),
        "review": (f"{draft}/ra-soat", ""),
        "locked": (f"{LIST}/byt56-m2/1", ""),
        "compare": (f"{LIST}/so-sanh/phien-ban?old=sipas-2022@1&new=sipas-2026@1", "h2"),
        "import": (f"{LIST}/nhap/tep", ""),
    }


def photograph(page: Page, name: str, address: str, top: str, language: str) -> tuple[int, int]:
    """One screen as WebP, in the best quality that fits."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if top:
        page.locator(top).first.evaluate("e => scrollTo(0, e.getBoundingClientRect().top + scrollY - 12)")
    time.sleep(0.5)
    image = Image.open(io.BytesIO(page.screenshot()))
    for quality in (80, 70, 60, 50, 40, 30):
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= MOST_BYTES:
            break
    else:
        raise SystemExit(f"{name} does not fit in {MOST_BYTES} bytes")
    (FOLDER / f"{name}-{language}.webp").write_bytes(out.getvalue())
    return image.size


def main(demo: Path) -> None:
    facts = json.loads(demo.read_text("utf-8"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    sizes: dict[str, dict[str, list[int]]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.ensure(), args=chromium.FLAGS)
        page = sign_in(browser, facts, "designer").new_page()
        draft = write_questionnaire(page)
        for language in ("vi", "en"):
            if language == "en":
                page.goto(LIST)
                page.locator("button[name=language][value=en]").click()
            for name, (address, top) in screens(draft).items():
                sizes.setdefault(name, {})[language] = list(photograph(page, name, address, top, language))
        browser.close()
    MANIFEST.write_text(json.dumps(sizes, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
