"""A citizen with a small telephone: the form in a real browser, without JavaScript, without cookies, by keys alone."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import select, update

from instruments import library
from survey.database import Database
from survey.models.fieldwork.points import EntryCode, EntryCodeStatus, Mode
from survey.models.intake.responses import Comment, Response
from tests.factories.record import Record

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]
STRICT = {"resultTypes": ["violations"], "rules": {"color-contrast-enhanced": {"enabled": True}}}  # 7 : 1 for text
PHONE = {"width": 320, "height": 640}
SEND = "Gửi phiếu"
THANKS = "**/cam-on/**"
Phone = Callable[..., Page]


@pytest.fixture
def phone(browser: Browser, citizens: str) -> Phone:
    """A telephone that refuses cookies and, unless told otherwise, has no JavaScript."""

    def open_page(code: str = "", *, script: bool = False, **options: object) -> Page:
        context = browser.new_context(
            base_url=citizens, java_script_enabled=script, viewport=PHONE, has_touch=True, **options,  # type: ignore[arg-type]
        )  # fmt: skip
        page = context.new_page()
        if code:
            page.goto(f"/{code}")
        return page

    return open_page


def stored(database: Database) -> list[dict[str, object]]:
    """The coded answers of each response in the record."""
    with database.reading() as session:
        return [json.loads(answers or "{}") for answers in session.scalars(select(Response.answers))]


def press(page: Page, name: str) -> None:
    """Tap a button that leads to another page, and wait for that page."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).locator("visible=true").first.tap()


def rows_of(page: Page, item: str) -> list[str]:
    return [label.strip() for label in page.locator(f"#q-{item} label").all_inner_texts()]


def test_a_citizen_answers_with_one_tap_a_question(phone: Phone, record: Record, database: Database) -> None:
    """Taps: as many as rated questions, and one to send."""
    form = record.form()
    page = phone(form.code)
    rated = library.load("one-stop-short").rated_items
    for item in rated:
        page.locator(f"#q-{item.code} label").filter(has_text="Hài lòng").first.tap()
    press(page, SEND)
    assert page.inner_text("h1") == "Cảm ơn Ông/Bà. Phiếu đã được ghi nhận."
    (row,) = stored(database)
    assert len(row) == len(rated)
    assert page.context.cookies() == []
    press(page, "Lấy mã phiếu")
    assert len(page.locator(".code").inner_text().replace("-", "")) == 10
    height, line = page.evaluate(
        "(e => [e.offsetHeight, parseFloat(getComputedStyle(e).lineHeight)])(document.querySelector('.code'))"
    )
    assert height < 1.5 * line, "the code stands in one line of the smallest screen"


@pytest.mark.parametrize("instrument", ["one-stop-short", "byt56-m3", "edu-mn-parent", "sipas-2026"])
def test_every_row_is_large_enough_and_nothing_hangs_over_a_small_screen(
    phone: Phone, record: Record, instrument: str
) -> None:
    page = phone(record.form(instrument).code, script=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    heights = page.evaluate("[...document.querySelectorAll('label.o')].map(o => o.getBoundingClientRect().height)")
    assert min(h for h in heights if h) >= 56
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, "letters of twice the size"
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 195, "height": 422})
    assert page.evaluate("document.documentElement.scrollWidth") <= 195, "a telephone of 390 px at 200 %"


def test_the_five_words_stand_in_rows_and_the_local_answer_apart(phone: Phone, record: Record) -> None:
    page = phone(record.form().code)
    assert rows_of(page, "q1") == [
        "Rất hài lòng", "Hài lòng", "Bình thường", "Không hài lòng", "Rất không hài lòng",
        "Không áp dụng / không có ý kiến",
    ]  # fmt: skip
    assert "n" in (page.locator("#q-q1 label").last.get_attribute("class") or "").split()
    page = phone(record.form("byt56-m3").code)
    first = library.load("byt56-m3").rated_items[0].code
    assert rows_of(page, first)[:2] == ["Rất không hài lòng", "Không hài lòng"], "as printed"


def test_a_long_form_is_answered_part_by_part_and_sent_once(phone: Phone, record: Record, database: Database) -> None:
    form = record.form("sipas-2026")
    page = phone(form.code)
    version = library.load("sipas-2026")
    assert page.get_by_role("heading", name="Phần 1 / ").is_visible()
    for _ in range(20):
        for question in page.locator("fieldset:visible").all():
            question.locator("label").first.tap()
        onwards = page.locator("a.btn:visible", has_text="Tiếp tục")
        if onwards.count() == 0:
            break
        onwards.first.tap()
    page.locator("a.b2:visible").first.tap()
    assert page.locator("fieldset:visible input:checked").count() > 0, "what was answered is kept"
    page.locator("a.btn:visible", has_text="Tiếp tục").first.tap()
    press(page, SEND)
    assert "Cảm ơn" in page.inner_text("h1")
    (row,) = stored(database)
    assert {item.code for item in version.rated_items} <= set(row)


def test_keys_alone_suffice(phone: Phone, record: Record, database: Database) -> None:
    page = phone(record.form().code)
    page.keyboard.press("Tab")
    for _ in range(40):
        on = page.evaluate("document.activeElement.type + ' ' + document.activeElement.name")
        if on == "radio q1":
            page.keyboard.press("ArrowDown")
            page.keyboard.press("ArrowUp")
            assert page.locator('[name="q1"]:checked').get_attribute("value") == "5"
        elif on.startswith("radio q"):
            page.keyboard.press("Space")
        elif on == "textarea comment":
            page.keyboard.type("Rất chu đáo")
        elif on == "submit _send":
            page.keyboard.press("Enter")
            page.wait_for_url(THANKS)
            break
        page.keyboard.press("Tab")
    assert "Cảm ơn" in page.inner_text("h1")
    (row,) = stored(database)
    assert row["q1"] == 5
    with database.reading() as session:
        assert session.scalar(select(Comment.text)) == "Rất chu đáo"


def test_another_language_keeps_what_was_answered(phone: Phone, record: Record, database: Database) -> None:
    page = phone(record.form().code)
    page.locator("#q-q1 label").nth(1).tap()
    page.locator("#q-comment textarea").fill("Chờ hơi lâu")
    press(page, "English")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator('[name="q1"]:checked').get_attribute("value") == "4"
    assert page.locator("#q-comment textarea").input_value() == "Chờ hơi lâu"
    assert stored(database) == []
    press(page, "Tiếng Việt")
    press(page, SEND)
    (row,) = stored(database)
    assert row["q1"] == 4


def test_going_back_after_sending_offers_a_fresh_form(phone: Phone, record: Record, database: Database) -> None:
    """Whoever holds the telephone next does not see what was answered."""
    form = record.form()
    page = phone(form.code)
    page.locator("#q-q1 label").first.tap()
    page.locator("#q-comment textarea").fill("Chờ hơi lâu")
    press(page, SEND)
    page.go_back()
    page.wait_for_url(f"**/{form.code}")
    assert page.locator("input:checked").count() == 0
    assert page.locator("#q-comment textarea").input_value() == ""
    assert len(stored(database)) == 1


def test_an_impatient_finger_counts_once(phone: Phone, record: Record, database: Database) -> None:
    page = phone(record.form().code)
    page.locator("#q-q1 label").first.tap()
    page.get_by_role("button", name=SEND).dblclick()
    page.wait_for_url(THANKS)
    assert "Cảm ơn" in page.inner_text("h1")
    assert len(stored(database)) == 1


def test_a_form_sent_without_a_connection_is_sent_once_when_loaded_again(
    phone: Phone, record: Record, database: Database
) -> None:
    page = phone(record.form().code)
    page.locator("#q-q1 label").first.tap()
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name=SEND).tap()
    page.context.set_offline(False)
    page.reload()  # the browser sends what it still holds
    page.wait_for_url(THANKS)
    assert [answers["q1"] for answers in stored(database)] == [5]


def test_a_comment_that_is_too_long_comes_back_whole(phone: Phone, record: Record, database: Database) -> None:
    page = phone(record.form().code)
    page.locator("#q-q1 label").first.tap()
    words = "Cán bộ rất nhiệt tình. " * 100
    page.locator("#q-comment textarea").fill(words)
    press(page, SEND)
    assert page.get_by_role("alert").is_visible()
    assert page.evaluate("document.activeElement.id") == "problems", "read out first, and first on the way by keys"
    assert page.evaluate("document.activeElement.getBoundingClientRect().bottom") <= PHONE["height"]
    assert page.locator("#q-comment textarea").input_value() == words
    assert page.locator('[name="q1"]:checked').count() == 1
    assert stored(database) == []
    page.locator("#q-comment textarea").fill("Cán bộ rất nhiệt tình.")
    press(page, SEND)
    assert "Cảm ơn" in page.inner_text("h1")


def test_every_page_a_citizen_can_meet_is_accessible(phone: Phone, record: Record, database: Database) -> None:
    form = record.form()
    kiosk = record.entry_code(form.point, mode=Mode.QR_LATER)  # does not say the field: the first question asks it
    long = record.form("sipas-2026")
    beside = record.form("byt56-m1")  # boxes beside "other", numbers
    gone = record.entry_code(form.point)
    with database.writing() as session:
        session.execute(update(EntryCode).where(EntryCode.id == gone.id).values(status=EntryCodeStatus.RETIRED))
    page = phone(script=True)
    axe = Axe()

    def sound(what: str) -> None:
        found = axe.run(page, options=STRICT).response["violations"]
        assert not found, f"{what}: " + "; ".join(f"{v['id']} {v['nodes'][0]['html'][:120]}" for v in found)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, (what, wide)

    codes = (form.code, kiosk.code, long.code, beside.code, gone.code, "ZZZZZ9")
    for path in ("/", "/rieng-tu", "/ma-phieu", "/khong-co-trang-nay", *(f"/{code}" for code in codes)):
        page.goto(path)
        sound(path)
    page.goto(f"/{form.code}")
    page.locator("#q-comment textarea").fill("x" * 2001)
    press(page, SEND)
    sound("the form come back")
    page.locator("#q-comment textarea").fill("")
    page.locator("#q-q1 label").first.click()
    press(page, SEND)
    sound("thank-you")
    press(page, "Lấy mã phiếu")
    sound("receipt code")
    receipt = page.locator(".code").inner_text()
    page.goto("/ma-phieu")
    page.get_by_label("Mã phiếu").fill(receipt.lower())
    press(page, "Kiểm tra")
    assert "được tính" in page.inner_text("main")
    sound("receipt looked up")
    press(page, "Xóa")
    sound("deleted")
    assert stored(database) == [{}]
