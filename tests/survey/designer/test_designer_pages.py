"""The designer's pages: what is listed for whom, a version in full, the preview, import and publication by hand."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from instruments import codec, library
from survey.database import Database
from survey.models.intake.responses import Comment, Response
from survey.models.people.accounts import Role
from survey.models.questionnaires.instruments import InstrumentVersion, VersionStatus
from survey.permissions import ROUTES, system
from survey.services.questionnaires import drafts, publishing, shipped_and_imported
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.factories.record import Record
from tests.instruments import workbooks
from tests.instruments.workbooks import form
from tests.queries import number_of
from tests.staff_client import Form, Page, StaffClient

LIST = "/quan-tri/bo-cau-hoi"


@pytest.fixture
def two_versions(database: Database, now: datetime) -> None:
    for number, words in ((1, "Câu hỏi q1"), (2, "Câu hỏi số một")):
        document = questionnaire(item("q1", words), item("q2"), version=number)
        shipped_and_imported.import_document(database, as_file(document), actor=system(), now=now)
        publishing.publish(database, "phieu-mau", number, actor=system(), now=now)


def draft(database: Database, now: datetime, **changes: Any) -> None:
    document = questionnaire(**{"code": "ban-thao", **changes})
    shipped_and_imported.import_document(database, as_file(document), actor=system(), now=now)


def upload(page: Page, data: bytes) -> Page:
    return page.form(file=(io.BytesIO(data), "phieu.json")).send()


# --- who sees what ---------------------------------------------------------------------------------------------


def test_the_list_names_basis_grade_claim_versions_and_waves(record: Record, people: Callable[..., StaffClient]):
    form = record.form("byt56-m2", title="Quý IV")
    page = people(Role.ANALYST, services=("health",)).get(LIST)
    assert page.h1 == "Có những bộ câu hỏi nào?"
    assert "Quyết định 56/QĐ-BYT" in page.text
    assert "đã chép, chờ đối chiếu với bản gốc" in page.text
    assert "phiên bản 1 Đã phát hành" in page.text
    assert "Quý IV (đang thu phiếu)" in page.text
    assert form.version.number == 1


def test_other_services_are_not_listed_and_not_found(record: Record, people: Callable[..., StaffClient]):
    record.published("byt56-m2")
    record.published("one-stop-short")
    browser = people(Role.DESIGNER, services=("health",))
    assert "one-stop-short" not in browser.get(LIST).text
    for path in ("/one-stop-short", "/one-stop-short/1", "/one-stop-short/1/xem-thu", "/one-stop-short/1/tep.json",
                 "/one-stop-short/1/xem-thu/trang", "/one-stop-short/1/ra-soat"):  # fmt: skip
        assert browser.get(LIST + path).status == 404
    assert browser.get(LIST + "/byt56-m2/1").status == 200


def test_drafts_are_seen_by_those_who_write_or_approve(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    draft(database, now)
    for role, status in ((Role.DESIGNER, 200), (Role.APPROVER, 200), (Role.FIELD_OFFICER, 404), (Role.ANALYST, 404)):
        assert people(role).get(f"{LIST}/ban-thao/1").status == status


ADDRESSES = {
    "designer.instruments": ("GET", ""),
    "designer.instrument": ("GET", "/phieu-mau"),
    "designer.version": ("GET", "/phieu-mau/1"),
    "designer.export": ("GET", "/phieu-mau/1/tep.json"),
    "designer.compare": ("GET", "/so-sanh/phien-ban"),
    "designer.preview": ("GET", "/phieu-mau/1/xem-thu"),
    "designer.import_file": ("GET", "/nhap/tep"),
    "designer.review": ("GET", "/phieu-mau/2/ra-soat"),
}


@pytest.mark.usefixtures("two_versions")
@pytest.mark.parametrize("role", list(Role))
def test_each_page_opens_for_the_roles_it_is_for_and_for_no_other(people: Callable[..., StaffClient], role: Role):
    browser = people(role)
    for endpoint, (method, path) in ADDRESSES.items():
        status = browser.open(LIST + path, method=method).status
        assert status == (200 if role in ROUTES[endpoint].roles else 403), endpoint


def test_a_visitor_is_led_to_sign_in(visitor: StaffClient):
    assert visitor.get(LIST).path.startswith("/quan-tri/dang-nhap")


def test_the_list_takes_the_same_queries_however_long_it_is(
    record: Record, database: Database, people: Callable[..., StaffClient]
):
    browser = people(Role.DESIGNER)
    record.published("one-stop-short")
    browser.get(LIST)
    few = number_of(database, lambda: browser.get(LIST))
    for n in range(6):
        document = library.load("one-stop-short").model_copy(update={"code": f"phieu-{n}"})
        record.version(codec.dumps(document), code=f"phieu-{n}")
    browser.get(LIST)
    assert number_of(database, lambda: browser.get(LIST)) == few


# --- one version, and two -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [entry.code for entry in library.shipped()])
def test_every_shipped_questionnaire_is_shown_in_full(record: Record, people: Callable[..., StaffClient], code: str):
    document = library.load(code)
    record.published(code)
    page = people(Role.DESIGNER, services=(document.service_domain,)).get(f"{LIST}/{code}/1")
    assert page.status == 200
    for one in document.items:
        assert " ".join(document.said(one.wording, "vi").split()) in page.text
    if document.claim != "official":
        assert ">Mẫu chính thức<" not in page.response.get_data(as_text=True)


def test_a_version_shows_local_additions_what_is_not_known_and_the_headline(
    record: Record, people: Callable[..., StaffClient]
):
    record.published("one-stop-short")
    page = people(Role.DESIGNER).get(f"{LIST}/one-stop-short/1")
    assert "Phần lõi giữ nguyên, phần địa phương thêm để riêng" in page.text
    assert "97 Không áp dụng / không có ý kiến không tính địa phương thêm" in page.text
    assert "chỉ số chính: so với chỉ tiêu" in page.text
    assert "Chỉ để minh họa, không phải mẫu chính thức" in page.text


def test_a_version_says_whether_it_still_conforms_to_its_core(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    core = questionnaire()
    shipped_and_imported.import_document(database, as_file(core), actor=system(), now=now)
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    reference = {"code": "phieu-mau", "version": 1}
    local = item("them", factor=None, origin="overlay", response={"kind": "text"}, voluntary=True)
    kept = questionnaire(item("q1"), item("q2"), local, code="phieu-phuong", core=reference)
    bent = questionnaire(item("q1", "Lời khác"), item("q2"), code="phieu-sai", core=reference)
    for document in (kept, bent):
        shipped_and_imported.import_document(database, as_file(document), actor=system(), now=now)
    browser = people(Role.DESIGNER)
    assert "Đúng theo bản chép phieu-mau@1" in browser.get(f"{LIST}/phieu-phuong/1").text
    assert "Không còn đúng theo phieu-mau@1" in browser.get(f"{LIST}/phieu-sai/1").text


@pytest.mark.usefixtures("two_versions")
def test_the_difference_of_two_versions_is_shown_word_by_word(people: Callable[..., StaffClient]):
    page = people(Role.ANALYST).get(f"{LIST}/so-sanh/phien-ban?old=phieu-mau@1&new=phieu-mau@2")
    text = page.response.get_data(as_text=True)
    assert "<del>q1</del>" in text
    assert "<ins>số một</ins>" in text
    assert "Chuỗi số liệu của chỉ số chính bị đứt." in page.text
    assert "1 giữ nguyên, 1 đổi lời" in page.text


@pytest.mark.usefixtures("two_versions")
@pytest.mark.parametrize("query", ["?old=&new=phieu-mau@2", "?old=phieu-mau@9&new=phieu-mau@2", "?x=1"])
def test_a_comparison_with_nothing_asks_for_a_version(people: Callable[..., StaffClient], query: str):
    page = people(Role.ANALYST).get(f"{LIST}/so-sanh/phien-ban{query}")
    assert page.status == 200
    assert page.title.startswith("Lỗi:")


def test_the_downloaded_file_is_the_version(record: Record, people: Callable[..., StaffClient]):
    row = record.published("byt56-m2")
    page = people(Role.DESIGNER, services=("health",)).get(f"{LIST}/byt56-m2/1/tep.json")
    assert codec.content_hash(codec.loads(page.response.data)) == row.content_hash
    assert page.response.headers["Content-Disposition"] == 'attachment; filename="byt56-m2-1.json"'


# --- the preview --------------------------------------------------------------------------------------------------


def preview(browser: StaffClient, code: str, data: dict[str, Any] | None = None, *, field: bool = False) -> Any:
    path = f"{LIST}/{code}/1/xem-thu/trang" + ("?field=asked" if field else "")
    opened = browser.browser.get(path)
    if data is None:
        return opened
    token = re.search(r'name="csrf_token" value="([^"]+)"', opened.text)
    assert token
    return browser.browser.post(path, data={"csrf_token": token[1], "_shown_in": "vi", **data})


def test_the_preview_is_the_page_a_citizen_gets(app: Any, record: Record, people: Callable[..., StaffClient]):
    form = record.form("byt56-m2")
    citizen = app.test_client().get(f"/{form.code}").text
    shown = preview(people(Role.DESIGNER, services=("health",)), "byt56-m2").text
    assert _questions(shown) == _questions(citizen)
    assert len(_questions(shown)) > 30


def _questions(page: str) -> list[str]:
    """Every question with its answers, letter for letter."""
    return re.findall(r"<fieldset id=.*?</fieldset>", page, flags=re.S)


def test_the_preview_alone_may_be_framed_and_only_by_our_own_pages(record: Record, people: Callable[..., StaffClient]):
    record.published("one-stop-short")
    browser = people(Role.DESIGNER)
    framed = preview(browser, "one-stop-short").headers
    assert "frame-ancestors 'self'" in framed["Content-Security-Policy"]
    assert framed.getlist("X-Frame-Options") == ["SAMEORIGIN"]
    around = browser.get(f"{LIST}/one-stop-short/1/xem-thu").response.headers
    assert "frame-ancestors 'none'" in around["Content-Security-Policy"]
    assert around.getlist("X-Frame-Options") == ["DENY"]


def test_what_is_answered_in_the_preview_is_never_among_the_answers(
    record: Record, database: Database, people: Callable[..., StaffClient]
):
    record.form("one-stop-short")
    answer = {"q1": "5", "q2": "1", "comment": "Xin cảm ơn"}
    sent = preview(people(Role.DESIGNER), "one-stop-short", answer)
    assert sent.status_code == 200
    assert "Đây là trả lời thử: không được tính ở đâu cả." in sent.text
    with database.reading() as session:
        for table in (Response, Comment):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_the_language_button_of_the_preview_keeps_what_was_answered(record: Record, people: Callable[..., StaffClient]):
    record.published("one-stop-short")
    shown = preview(people(Role.DESIGNER), "one-stop-short", {"q1": "4", "_language": "en"})
    assert '<html lang="en">' in shown.text
    assert re.search(r'name="q1" value="4" checked', shown.text)


def test_the_preview_shows_problems_as_a_citizen_would_see_them(record: Record, people: Callable[..., StaffClient]):
    record.published("one-stop-short")
    browser = people(Role.DESIGNER)
    assert "Xin chọn một trong các câu trả lời có sẵn" in preview(browser, "one-stop-short", {"q1": "9"}).text
    assert "Chưa trả lời câu nào." in preview(browser, "one-stop-short", {}).text


def test_the_preview_can_ask_for_the_field_of_procedures(record: Record, people: Callable[..., StaffClient]):
    record.published("one-stop-short")
    record.field(name="Hộ tịch mẫu")
    browser = people(Role.DESIGNER)
    assert "Hộ tịch mẫu" not in preview(browser, "one-stop-short").text
    assert "Hộ tịch mẫu" in preview(browser, "one-stop-short", field=True).text


# --- import and publication ----------------------------------------------------------------------------------------


def publish_button(page: Page) -> Form:
    """The form that publishes: the one that carries the fingerprint of what is shown."""
    return next(form for form in page.forms() if "content_hash" in form.fields)


def test_what_nobody_looked_at_is_not_published(database: Database, now: datetime, people: Callable[..., StaffClient]):
    draft(database, now)
    drafts.submit(database, "ban-thao", 1, actor=system(), now=now)
    button = publish_button(people(Role.APPROVER).get(f"{LIST}/ban-thao/1/ra-soat"))
    for came in ("", "0" * 64):
        button.fields["content_hash"] = came
        page = button.send()
        assert "Bản thảo đã thay đổi sau khi Anh/Chị xem" in page.text
    with database.reading() as session:
        assert session.scalar(select(InstrumentVersion.status)) is VersionStatus.IN_REVIEW


def test_a_file_is_looked_at_then_kept_then_published_by_somebody_else(
    database: Database, people: Callable[..., StaffClient]
):
    designer = people(Role.DESIGNER)
    looked = upload(designer.get(f"{LIST}/nhap/tep"), as_file(questionnaire()))
    assert looked.h1 == "Sẽ lưu những gì?"
    assert "bản thảo, phiên bản đầu tiên của bộ câu hỏi" in looked.text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InstrumentVersion)) == 0
    kept = looked.form("nhap").send()
    assert kept.notices[0] == "Đã lưu phieu-mau@1 thành bản thảo."
    assert kept.h1 == "Phiếu mẫu, phiên bản 1"
    mine = kept.follow("Rà soát và phát hành")
    assert "phải do người phê duyệt phát hành" in mine.text
    assert not [form for form in mine.forms() if "content_hash" in form.fields]
    waiting = people(Role.APPROVER).get(f"{LIST}/phieu-mau/1/ra-soat")
    assert "Bản thảo phải được gửi rà soát trước khi phát hành." in waiting.text
    mine.form("ra-soat/gui").send()
    done = publish_button(people(Role.APPROVER).get(f"{LIST}/phieu-mau/1/ra-soat")).send()
    assert done.notices[0].startswith("Đã phát hành phieu-mau@1.")
    assert "Đã phát hành" in done.text


def test_keeping_twice_keeps_once(database: Database, people: Callable[..., StaffClient]):
    looked = upload(people(Role.DESIGNER).get(f"{LIST}/nhap/tep"), as_file(questionnaire()))
    button = looked.form("nhap")
    button.send()
    assert "Đúng phiên bản này đã có trong hệ thống" in button.send().notices[0]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InstrumentVersion)) == 1


@pytest.mark.usefixtures("two_versions")
def test_the_look_says_what_changes_against_the_version_in_use(people: Callable[..., StaffClient]):
    document = questionnaire(item("q1", "Câu hỏi số một"), item("q3"), version=3)
    looked = upload(people(Role.DESIGNER).get(f"{LIST}/nhap/tep"), as_file(document))
    assert "So với phiên bản 2 có gì thay đổi?" in looked.text
    assert "1 giữ nguyên, 0 đổi lời, 0 đổi phương án trả lời, 1 mới, 1 bỏ đi" in looked.text


def test_a_file_with_problems_names_every_one_with_its_path(people: Callable[..., StaffClient]):
    broken = questionnaire(item("q1"), item("q1"))
    page = upload(people(Role.DESIGNER).get(f"{LIST}/nhap/tep"), as_file(broken))
    assert page.status == 422
    assert page.title.startswith("Lỗi:")
    assert "sections[0].elements[1].code" in page.text
    assert "Mã “q1” bị dùng hai lần" in page.text


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a workbook", b"<script>alert(1)</script>"])
def test_a_file_that_is_no_questionnaire_is_refused_in_words(people: Callable[..., StaffClient], data: bytes):
    page = upload(people(Role.DESIGNER).get(f"{LIST}/nhap/tep"), data)
    assert page.status in (200, 422)
    assert page.title.startswith("Lỗi:")


def test_a_foreign_service_is_refused_at_the_look(people: Callable[..., StaffClient]):
    page = upload(people(Role.DESIGNER, services=("health",)).get(f"{LIST}/nhap/tep"), as_file(questionnaire()))
    assert page.status == 403


def test_a_sealed_file_that_was_changed_is_not_kept(database: Database, people: Callable[..., StaffClient]):
    looked = upload(people(Role.DESIGNER).get(f"{LIST}/nhap/tep"), as_file(questionnaire()))
    form = looked.form("nhap")
    form.fields["sealed"] = form.fields["sealed"][:-4] + "AAAA"
    assert "Xin chọn lại tệp" in form.send().notices[0]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InstrumentVersion)) == 0


def test_pressing_publish_twice_ends_at_the_published_version(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    draft(database, now)
    drafts.submit(database, "ban-thao", 1, actor=system(), now=now)
    button = publish_button(people(Role.APPROVER).get(f"{LIST}/ban-thao/1/ra-soat"))
    assert button.send().status == 200
    assert button.send().h1 == "Phiếu mẫu, phiên bản 1"


def test_a_designer_who_sends_the_form_all_the_same_is_refused(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    draft(database, now)
    browser = people(Role.DESIGNER)
    token = browser.get(f"{LIST}/nhap/tep").value("csrf_token")
    with database.reading() as session:
        print_ = session.scalar(select(InstrumentVersion.content_hash))
    answer = browser.open(
        f"{LIST}/ban-thao/1/ra-soat", method="POST", data={"csrf_token": token, "content_hash": print_}
    )
    assert answer.status == 403
    with database.reading() as session:
        assert session.scalar(select(InstrumentVersion.status)) is VersionStatus.DRAFT


@pytest.mark.usefixtures("two_versions")
def test_a_version_is_taken_out_of_use_with_one_button(people: Callable[..., StaffClient]):
    page = people(Role.DESIGNER).get(f"{LIST}/phieu-mau/1").form("ngung-dung").send()
    assert "Từ nay không dùng phieu-mau@1 cho đợt mới" in page.notices[0]
    assert "Không dùng cho đợt mới" in page.text


def test_drafts_wait_on_the_home_page_of_those_who_decide(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    draft(database, now)
    assert "Phiếu mẫu (ban-thao@1)" in people(Role.APPROVER).get("/quan-tri/").text
    assert "ban-thao" not in people(Role.ANALYST).get("/quan-tri/").text


def test_a_workbook_made_elsewhere_is_looked_at_and_kept(database: Database, people: Callable[..., StaffClient]):
    """As KoboToolbox writes it: what cannot be carried is listed with its row, the rest becomes a draft."""
    data = workbooks.form(
        [
            ["start", "start", ""],
            ["select_one muc", "q1", "Ông/Bà hài lòng đến mức nào?"],
            ["calculate", "x", ""],
        ],
        [["muc", "1", "Không hài lòng"], ["muc", "2", "Hài lòng"]],
        [["form_title", "form_id"], ["Phiếu của phường", "phieu_phuong"]],
    )
    form = people(Role.DESIGNER).get(f"{LIST}/nhap/tep").form(file=(io.BytesIO(data), "phieu.xlsx"), service="admin")
    looked = form.send()
    assert looked.h1 == "Sẽ lưu những gì?", looked.text
    assert "Phần nào của bảng tính bị bỏ lại?" in looked.text
    assert "trang tính survey, dòng" in looked.text
    kept = looked.form("nhap").send()
    assert "thành bản thảo" in kept.notices[0]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InstrumentVersion)) == 1


@pytest.mark.usefixtures("two_versions")
@pytest.mark.parametrize(("wanted", "begins"), [("json", b"{"), ("xlsx", b"PK"), ("pdf", b"%PDF"), ("docx", b"PK")])
def test_a_version_is_handed_over_in_every_form(people: Callable[..., StaffClient], wanted: str, begins: bytes):
    response = people(Role.DESIGNER).browser.get(f"{LIST}/phieu-mau/1/tep.{wanted}")
    assert response.status_code == 200
    assert response.data.startswith(begins)
    assert f".{wanted}" in response.headers["Content-Disposition"]


@pytest.mark.usefixtures("two_versions")
def test_a_version_is_not_handed_over_in_another_form(people: Callable[..., StaffClient]):
    assert people(Role.DESIGNER).get(f"{LIST}/phieu-mau/1/tep.exe").status == 404


def test_particulars_of_a_problem_are_in_the_language_of_the_page(people: Callable[..., StaffClient]):
    turned = form([["text", "a", "M\u1ed9t \u202eevil"]])
    page = upload(people(Role.DESIGNER).get(f"{LIST}/nhap/tep"), turned)
    assert page.status == 422
    assert "Không lưu được lời văn: không nhận ký tự đảo chiều viết." in page.text


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({}, "Tỷ lệ hiển thị làm tròn đến một chữ số thập phân, điểm số làm tròn đến hai chữ số"),
        ({"rounding": {"places": 3}}, "Số liệu hiển thị làm tròn đến 3 chữ số thập phân"),
        ({"rounding": {"mode": "truncate"}}, "Số liệu hiển thị cắt bỏ sau 2 chữ số thập phân"),
    ],
)
def test_a_version_says_how_its_figures_are_rounded(
    database: Database, now: datetime, people: Callable[..., StaffClient], declared: dict[str, Any], words: str
):
    draft(database, now, **declared)
    page = people(Role.DESIGNER).get(f"{LIST}/ban-thao/1")
    assert words in page.text
