"""The guides under the help link: in each language, with pictures that exist and are small, and the same chapters."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from PIL import Image

from survey.config import ROOT
from survey.i18n import LANGUAGES
from survey.models.people.accounts import Account, Role
from survey.site import guides
from survey.site.help_routes import GUIDES
from tests.factories.record import Record
from tests.staff_client import StaffClient

MOST_BYTES = 60_000
SignIn = Callable[[Account], StaffClient]
PICTURE = re.compile(r'\{\{ picture\("([a-z-]+)"')


def body(template: str, language: str) -> str:
    return (ROOT / "templates" / "guides" / f"{template}.{language}.html").read_text("utf-8")


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.UNIT_VIEWER])
def test_help_is_on_every_page_and_leads_to_the_guide(record: Record, sign_in: SignIn, role: Role):
    browser = sign_in(record.account((role, record.unit(), ("admin",))))
    page = browser.get("/quan-tri/").follow("Trợ giúp")
    assert page.h1 == "Anh/Chị muốn biết điều gì?"
    guide = page.follow("Cách soạn bộ câu hỏi")
    assert guide.h1 == "Soạn bộ câu hỏi"
    assert "Giữ các bản ghi âm đã chọn" in guide.text


def test_the_guide_speaks_the_language_of_the_page(record: Record, sign_in: SignIn):
    browser = sign_in(record.account((Role.DESIGNER, record.unit(), ("admin",))))
    token = next(browser.get("/quan-tri/").forms()).fields["csrf_token"]
    browser.open("/quan-tri/ngon-ngu", method="POST", data={"csrf_token": token, "language": "en"})
    page = browser.get("/quan-tri/tro-giup/bo-cau-hoi")
    assert (page.language, page.h1) == ("en", "Writing a questionnaire")
    assert "img/guide/questions-en.webp" in page.response.text
    assert "-vi.webp" not in page.response.text


def test_a_guide_that_is_not_there_is_not_found(record: Record, sign_in: SignIn):
    browser = sign_in(record.account((Role.DESIGNER, record.unit(), ("admin",))))
    assert browser.get("/quan-tri/tro-giup/khac").status == 404


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.code)
def test_every_language_has_the_same_chapters_and_pictures(guide: guides.Guide):
    seen = {}
    for language in LANGUAGES:
        text = body(guide.template, language)
        (chapters,) = re.findall(r"set chapters = (.*) %}", text)
        listed = re.findall(r'\("([a-z-]+)", "', chapters)
        assert listed == re.findall(r'<h2 id="([a-z-]+)"', text)
        seen[language] = (listed, PICTURE.findall(text))
    assert len({str(found) for found in seen.values()}) == 1


def test_every_picture_is_used_and_small_and_as_large_as_the_page_says():
    used = {name for guide in GUIDES for name in PICTURE.findall(body(guide.template, "vi"))}
    held = guides.pictures()
    assert used == set(held)
    files = {path.name for path in guides.FOLDER.glob("*.webp")}
    assert files == {f"{name}-{language}.webp" for name in held for language in LANGUAGES}
    for name, sizes in held.items():
        for language in LANGUAGES:
            path = guides.FOLDER / f"{name}-{language}.webp"
            assert path.stat().st_size <= MOST_BYTES, name
            with Image.open(path) as image:
                assert (image.format, image.size) == ("WEBP", sizes[language])


def test_buttons_that_the_guide_names_exist():
    """What stands in bold in the Vietnamese guide is a text of the interface, letter for letter."""
    said = (ROOT / "survey" / "translations" / "vi" / "LC_MESSAGES" / "designer.po").read_text("utf-8")
    said += (ROOT / "survey" / "translations" / "vi" / "LC_MESSAGES" / "results.po").read_text("utf-8")
    for words in ("Ghi âm", "Thang trả lời", "Giữ các bản ghi âm đã chọn", "Mang sang các bản ghi âm", "Nhập từ tệp",
                  "Xem thử trên điện thoại", "Đã trả lời thử những gì?", "So với phiên bản khác",
                  "So sánh hai phiên bản", "Nhiều đợt trong một tệp"):  # fmt: skip
        assert f"<b>{words}</b>" in body("designer", "vi"), words
        assert words in said, words
