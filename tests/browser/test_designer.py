"""A questionnaire of twelve questions in two languages from nothing to published, in a real browser, by somebody who
only reads what the screen says: with JavaScript, and without."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from werkzeug.datastructures import MultiDict

from instruments import editing, library
from instruments.model.provenance import Language
from instruments.model.text import Text
from survey.database import Database
from survey.designer.editor.actions import ACTS
from survey.designer.editor.form_values import Entered
from survey.models.people.accounts import Account, Role
from survey.models.questionnaires.drafts import DraftRevision
from survey.permissions import system
from survey.services.people import signin
from survey.services.questionnaires import drafts, publishing, shipped_and_imported
from survey.web.staff_session import COOKIE
from tests.browser import acts
from tests.conftest import NOW
from tests.factories.record import Record

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]

STRICT = {"resultTypes": ["violations"], "rules": {"color-contrast-enhanced": {"enabled": True}}}  # 7 : 1 for text
RATED = (
    ("Công chức giao tiếp lịch sự", "Officials are polite"),
    ("Công chức hướng dẫn dễ hiểu", "Officials explain clearly"),
    ("Hồ sơ nộp một lần", "Papers are handed in once"),
    ("Thời gian chờ ngắn", "The wait is short"),
    ("Nơi chờ sạch sẽ", "The waiting area is clean"),
    ("Trả kết quả đúng hẹn", "The result comes on time"),
    ("Kết quả chính xác", "The result is correct"),
    ("Phí được niêm yết rõ", "Fees are posted clearly"),
)


@pytest.fixture
def signed_in(browser: Browser, served: str, database: Database) -> Callable[..., BrowserContext]:
    def open_context(account: Account, **options: object) -> BrowserContext:
        with database.writing() as session:
            token = signin.open_session(session, account.id, now=NOW).token
        context = browser.new_context(base_url=served, **options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": COOKIE, "value": "t." + token, "domain": "127.0.0.1", "path": "/quan-tri"}])
        return context

    return open_context


def fits(page: Page, name: str) -> None:
    """The page fits a phone and a screen; a picture is kept where `DESIGNER_PICTURES` says."""
    folder = os.environ.get("DESIGNER_PICTURES")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


def add(page: Page, vi: str, en: str, answers: str = "", lists: tuple[str, str] | None = None) -> None:
    form: Locator = page.locator("#add-s1 form")
    form.locator("[name=words-vi]").fill(vi)
    form.locator("[name=words-en]").fill(en)
    if answers:
        form.get_by_label("Phương án trả lời").select_option(value=answers)
    if lists:
        form.locator("[name=list-vi]").fill(lists[0])
        form.locator("[name=list-en]").fill(lists[1])
    form.get_by_role("button", name="Thêm").click()


@pytest.mark.parametrize("scripted", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_twelve_questions_in_two_languages_from_nothing_to_published(
    record: Record, signed_in: Callable[..., BrowserContext], scripted: bool
) -> None:
    root = record.unit()
    writer = record.account((Role.DESIGNER, root, ("admin",)))
    approver = record.account((Role.APPROVER, root, ("admin",)))
    page = signed_in(writer, java_script_enabled=scripted).new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    look = fits if scripted else (lambda _page, _name: None)

    page.goto("/quan-tri/bo-cau-hoi")
    acts.follow(page.get_by_role("link", name="Soạn bộ mới"))
    page.get_by_label("Tên bộ câu hỏi").fill("Phiếu khảo sát Bộ phận Một cửa")
    page.get_by_label("Kết quả thuộc lĩnh vực nào?").select_option(label="Thủ tục hành chính")
    page.get_by_label("Cơ quan hỏi").fill("Sở Nội vụ")
    page.get_by_label("Có cả tiếng Anh").check()
    look(page, "start")
    acts.follow(page.get_by_role("button", name="Bắt đầu"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Phiếu khảo sát Bộ phận Một cửa")

    add(page, "\n".join(vi for vi, _ in RATED), "\n".join(en for _, en in RATED))
    rows = page.locator(".desk-items > li")
    expect(rows).to_have_count(9)
    lists = ("Báo, đài\nMạng xã hội\nKhác (xin ghi rõ)", "Press\nSocial media\nOther (please say)")
    add(page, "Ông/Bà biết thủ tục qua đâu?", "How did you learn of the procedure?", "multiple", lists)
    expect(rows).to_have_count(10)
    add(page, "Điều gì làm Ông/Bà chưa hài lòng?", "What were you not satisfied with?", "text")
    expect(rows).to_have_count(11)
    add(page, "Ông/Bà là", "You are", "respondent")
    expect(rows).to_have_count(12)
    look(page, "questions")

    page.locator("#e-q11").get_by_role("link", name="Sửa").click()
    page.get_by_label("Tùy theo câu trả lời cho câu").select_option(value="q1")
    page.get_by_role("button", name="Chọn phương án").click()
    page.get_by_label("Rất không hài lòng").check()
    page.get_by_label("Không hài lòng", exact=True).check()
    look(page, "condition")
    page.get_by_role("button", name="Chỉ hiện khi đó").click()
    expect(page.locator("#e-q11 .condition-words").first).to_contain_text("Rất không hài lòng")

    page.locator("#e-q2").get_by_role("link", name="Sửa").click()
    page.locator("#text-q2-vi").fill("Công chức giao tiếp đúng mực")
    if scripted:
        expect(page.locator("#saved")).to_have_text("Đã lưu")
        page.reload()
        expect(page.locator("#text-q2-vi")).to_have_value("Công chức giao tiếp đúng mực")
        expect(page.frame_locator("#phone").get_by_text("Công chức giao tiếp đúng mực")).to_have_count(1)
    else:
        page.locator("#form-q2").get_by_role("button", name="Lưu").click()
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator("#e-q2 .item-words").first).to_have_text("Công chức giao tiếp lịch sự")

    acts.follow(page.locator(".parts a").nth(3))
    acts.follow(page.get_by_role("link", name="Chỉ hiện đoạn còn thiếu"))
    fields = page.locator(".translation textarea")
    for n in range(fields.count()):
        fields.nth(n).fill(f"In English {n}")
    page.get_by_role("button", name="Lưu bản dịch").click()
    expect(page.get_by_text("Không thiếu đoạn nào.")).to_be_visible()
    for n, name in ((1, "scales"), (2, "figures"), (4, "recordings"), (5, "facts"), (6, "review")):
        acts.follow(page.locator(".parts a").nth(n))
        look(page, name)

    acts.follow(page.get_by_role("button", name="Gửi rà soát"))
    decider = signed_in(approver, java_script_enabled=scripted).new_page()
    decider.goto(page.url)
    acts.follow(decider.get_by_role("button", name="Phát hành"))
    expect(decider.get_by_text("Phiên bản này sẽ không bao giờ thay đổi")).to_be_visible()
    assert said == []


DESK = {
    "list": "?",
    "start": "/moi/phieu",
    "adapt": "/byt56-m1/1/them-rieng",
    "copy": "/one-stop-short/1/chep",
    "own-questions": "/one-stop-short/2/soan",
    "own-open": "/one-stop-short/2/soan?mo=q1&phan=f1",
    "own-adding": "/one-stop-short/2/soan?them=f1",
    "own-scales": "/one-stop-short/2/soan/thang-tra-loi",
    "own-figures": "/one-stop-short/2/soan/chi-so",
    "own-factor": "/one-stop-short/2/soan/chi-so?mo=yeu-to",
    "own-figure": "/one-stop-short/2/soan/chi-so?mo=0",
    "own-languages": "/one-stop-short/2/soan/ngon-ngu",
    "own-facts": "/one-stop-short/2/soan/thong-tin",
    "own-review": "/one-stop-short/2/ra-soat",
    "locked-questions": "/byt56-m1-rieng/1/soan?phan=a",
    "locked-switch": "/byt56-m1-rieng/1/soan?mo=%(hideable)s",
    "locked-local": "/byt56-m1-rieng/1/soan?mo=x1",
    "locked-scales": "/byt56-m1-rieng/1/soan/thang-tra-loi",
    "locked-figures": "/byt56-m1-rieng/1/soan/chi-so",
    "locked-languages": "/byt56-m1-rieng/1/soan/ngon-ngu?lang=km",
    "locked-facts": "/byt56-m1-rieng/1/soan/thong-tin",
    "locked-review": "/byt56-m1-rieng/1/ra-soat",
    "locked-newer": "/byt56-m1-rieng/1/soan/mau-moi",
    "locked-version": "/byt56-m1/1",
}


def test_every_page_of_the_desk_fits_a_phone_and_is_accessible(
    record: Record, database: Database, signed_in: Callable[..., BrowserContext]
) -> None:
    hideable = _two_drafts(record, database)
    account = record.account((Role.DESIGNER, record.unit(), ("admin", "health")))
    page = signed_in(account).new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    folder, axe = os.environ.get("DESIGNER_PICTURES"), Axe()
    for name, path in DESK.items():
        answer = page.goto("/quan-tri/bo-cau-hoi" + path.replace("%(hideable)s", hideable))
        assert answer is not None
        assert answer.status == 200, name
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            if folder and width > 320:
                page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        found = axe.run(page, options=STRICT).response["violations"]
        assert not found, f"{name}: " + "; ".join(f"{v['id']} {v['nodes'][0]['html'][:160]}" for v in found)
    assert said == []


def _two_drafts(record: Record, database: Database) -> str:
    """The next version of a form of one's own, and a ministry's form with local parts, of which a newer one is out."""
    who, form = system("tests"), library.load("byt56-m1")
    record.published("one-stop-short")
    drafts.start_next(database, "one-stop-short", 1, actor=who, now=NOW)
    record.published("byt56-m1")
    drafts.adapt(database, "byt56-m1", 1, "byt56-m1-rieng", actor=who, now=NOW)
    for act, fields in (
        ("them-cau", {"section": "a", "answers": "scale:yesno", "words-vi": "Bệnh viện có chỗ gửi xe không?"}),
        ("them-tieng", {"language": "km"}),
    ):
        entered = Entered(MultiDict(fields))
        with database.reading() as session:
            base = session.query(DraftRevision).count()
        drafts.change(
            database, "byt56-m1-rieng", 1, lambda v, act=act, e=entered: ACTS[act](e, v),  # type: ignore[misc]
            base=0 if not base else base - 1, act=act, actor=who, now=NOW,
        )  # fmt: skip
    languages = (*form.languages, Language(code="km", role="translation"))
    newer = form.model_copy(update={"version": 2, "languages": languages})
    shipped_and_imported.import_version(database, newer, actor=who, now=NOW)
    publishing.publish(database, "byt56-m1", 2, actor=who, now=NOW)
    return next(i.code for i in form.items if i.hideable and i.given_by is None)


def test_what_is_typed_comes_through_when_somebody_else_saves_meanwhile(
    record: Record, database: Database, signed_in: Callable[..., BrowserContext]
) -> None:
    record.published("one-stop-short")
    drafts.start_next(database, "one-stop-short", 1, actor=system("tests"), now=NOW)
    page = signed_in(record.account((Role.DESIGNER, record.unit(), ("admin",)))).new_page()
    page.goto("/quan-tri/bo-cau-hoi/one-stop-short/2/soan?mo=q1")
    drafts.change(
        database, "one-stop-short", 2,
        lambda v: editing.change_element(v, "q2", text=Text(vi="Lời của người kia")),
        base=0, act="cau", actor=system("tests"), now=NOW,
    )  # fmt: skip
    page.locator("#text-q1-vi").fill("Lời tôi đang gõ")
    expect(page.locator("#e-q2 .item-words")).to_have_text("Lời của người kia")
    expect(page.locator("#text-q1-vi")).to_have_value("Lời tôi đang gõ")
    page.locator("#text-q1-vi").fill("Lời tôi gõ tiếp")
    expect(page.locator("#saved")).to_have_text("Đã lưu")
    page.reload()
    expect(page.locator("#text-q1-vi")).to_have_value("Lời tôi gõ tiếp")
    expect(page.locator("#e-q2 .item-words")).to_have_text("Lời của người kia")
