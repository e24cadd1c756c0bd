"""The form of a decision in the editor: only local parts are added, and it says all along that it is still the form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from instruments.model.document import InstrumentVersion as Document
from instruments.overlays import overlay
from instruments.versions import conformity
from survey.database import Database
from survey.models.people.accounts import Account, Role
from survey.permissions import system
from survey.services.questionnaires import drafts, publishing, shipped_and_imported
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.factories.record import Record
from tests.staff_client import Page, StaffClient
from tests.survey.designer.editor.desk import LIST, do, now_of, question

SignIn = Callable[[Account], StaffClient]
DECISION = {"code": "qd-99", "title": "Quyết định", "number": "99/QĐ-BYT", "form": "Mẫu số 7", "grade": "verbatim"}
OURS = "phieu-mau-rieng"


@pytest.fixture
def browser(record: Record, sign_in: SignIn) -> StaffClient:
    return sign_in(record.account((Role.DESIGNER, record.unit(), ("admin",))))


def form(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A locked form of three questions: one may be switched off, one may be shown in other words."""
    items = elements or (item("q1"), item("q2", hideable=True), item("q3", relabelable=True))
    changes: dict[str, Any] = {"decisions": [DECISION], "survey_family": "mau", **more}
    return questionnaire(*items, **changes)


def published(database: Database, document: dict[str, Any], now: datetime) -> None:
    shipped_and_imported.import_document(database, as_file(document), actor=system(), now=now)
    publishing.publish(database, document["code"], document["version"], actor=system(), now=now)


@pytest.fixture
def page(database: Database, browser: StaffClient, now: datetime) -> Page:
    """The editor's page of the form with room for local parts."""
    published(database, form(), now)
    return browser.get(f"{LIST}/phieu-mau/1").follow("Thêm phần riêng").form("them-rieng").send()


def ours(database: Database) -> Document:
    return now_of(database, OURS)


def core(database: Database) -> Document:
    return now_of(database, "phieu-mau")


def test_a_form_of_a_ministry_is_locked_and_a_form_of_ones_own_is_not(database: Database, now: datetime):
    published(database, form(), now)
    assert conformity.is_locked_form(core(database))
    for number in ("12/QĐ-UBND", "3/KH-SNV", None):
        own = form(code="phieu-rieng", decisions=[DECISION | {"number": number} if number else {}])
        own["decisions"] = [{k: v for k, v in (DECISION | {"number": number}).items() if v is not None}]
        assert not conformity.is_locked_form(shipped_and_imported.read(as_file(own)))


def test_a_locked_form_has_no_next_version_on_the_desk(database: Database, browser: StaffClient, now: datetime):
    published(database, form(), now)
    page = browser.get(f"{LIST}/phieu-mau/1")
    assert "mẫu đã khóa" in page.text
    assert not [f for f in page.forms() if f.action.endswith("phien-ban-moi")]
    with pytest.raises(Exception, match="form of a decision"):
        drafts.start_next(database, "phieu-mau", 1, actor=system(), now=now)


def test_the_desk_opens_with_the_lock_and_the_badge(database: Database, page: Page):
    assert page.path.startswith(f"{LIST}/{OURS}/1/soan")
    assert "Đúng theo bản chép 99/QĐ-BYT, Mẫu số 7" in page.text
    assert page.text.count("đã khóa") >= 3
    links = page.links().values()
    assert not [address for address in links if "mo=q1" in address]
    assert [address for address in links if "mo=q2" in address]
    assert overlay.conforms(ours(database), core(database))


NAMES = (
    "title-vi",
    "short_title-vi",
    "issuer-vi",
    "address-vi",
    "unit_measured-vi",
    "provenance-vi",
    "respondent-vi",
)
CORE_ACTS: dict[str, dict[str, Any]] = {
    "cau": {"element": "q1", "text__vi": "Lời khác", "answers": "scale:sat5", "factor": "F", "short": "Nhãn q1"},
    "cau-xoa": {"element": "q1"},
    "cau-len": {"element": "q2"},
    "cau-dat": {"element": "q1", "section": "main", "position": "2"},
    "dieu-kien": {"element": "q3", "asked": "q1", "how": "answered"},
    "phan": {"element": "main", "title__vi": "Tiêu đề khác"},
    "thang": {"element": "sat5", "o0-vi": "Tệ", "o0-code": "1"},
    "yeu-to": {"element": "F", "name__vi": "Tên khác"},
    "yeu-to-xoa": {"element": "F"},
    "chi-so": {"element": "1", "figure": "overall/mean_items_rate/rate", "headline": "1"},
    "chi-so-xoa": {"element": "0"},
    "muc-chac": {"grade": "draft"},
    "van-ban": {"title": "Quyết định khác"},
    "thong-tin": dict.fromkeys(NAMES, "Tên khác"),
    "dich": {"language": "vi", "t:sections/main/elements/q1/text": "Lời khác"},
    "bat-tat": {"element": "q1"},
    "loi-rieng": {"element": "q1", "relabel__vi": "Lời riêng"},
}


@pytest.mark.parametrize("act", CORE_ACTS)
def test_no_act_of_the_editor_alters_the_form(database: Database, page: Page, act: str):
    before = ours(database)
    answer = do(page, act, **CORE_ACTS[act])
    assert answer.status == 422, act
    assert answer.document is not None
    assert answer.title.startswith("Lỗi:")
    assert ours(database) == before


def test_questions_are_added_behind_the_form_and_are_edited_like_any_other(
    database: Database, browser: StaffClient, page: Page
):
    page = do(page, "them-cau", section="main", after="q1", words__vi="Có bãi để xe không?\nGửi xe mất tiền không?")
    assert [e.code for e in ours(database).elements] == ["q1", "q2", "q3", "x1", "x2"]
    assert {e.code for e in ours(database).elements if e.origin == "overlay"} == {"x1", "x2"}
    page = do(page, "cau-len", element="x2")
    assert [e.code for e in ours(database).elements][3:] == ["x2", "x1"]
    refused = do(page, "cau-len", element="x2")
    assert [e.code for e in ours(database).elements][:3] == ["q1", "q2", "q3"]
    assert refused.status in (200, 422)
    page = browser.get(f"{LIST}/{OURS}/1/soan?mo=x1")
    question(page, **{"text-vi": "Bãi xe có rộng không?", "code": "bai_xe"}).send()
    assert ours(database).item("bai_xe").text["vi"] == "Bãi xe có rộng không?"
    page = do(page, "cau-xoa", element="x2")
    assert overlay.conforms(ours(database), core(database))
    assert conformity.check(ours(database), core(database)).additions.questions == ("bai_xe",)


def test_a_part_a_scale_a_figure_and_a_language_are_added_as_local(database: Database, page: Page):
    page = do(page, "them-phan", title__vi="Câu hỏi thêm", words__vi="Bãi xe rộng không?", answers="scale:sat5")
    page = do(page, "them-thang", library="yesno")
    page = do(page, "chi-so", element="", figure="item/item_rate/rate", items=["x1"])
    page = do(page, "them-tieng", language="en")
    page = do(page, "trinh-bay", pages="sections")
    assert page.status == 200
    document = ours(database)
    assert [s.origin for s in document.sections] == ["core", "overlay"]
    assert [s.origin for s in document.scales] == ["core", "overlay"]
    assert [r.origin for r in document.indices][-1] == "overlay"
    assert [one.origin for one in document.languages] == ["core", "overlay"]
    assert overlay.conforms(document, core(database))


def test_only_what_the_form_allows_is_switched_off_or_said_in_other_words(
    database: Database, browser: StaffClient, page: Page
):
    browser.get(f"{LIST}/{OURS}/1/soan?mo=q2").form("bat-tat").send()
    assert ours(database).item("q2").asked
    form_ = browser.get(f"{LIST}/{OURS}/1/soan?mo=q2").form("bat-tat")
    form_.fields.poplist("asked")
    form_.send()
    assert not ours(database).item("q2").asked
    browser.get(f"{LIST}/{OURS}/1/soan?mo=q3").form("loi-rieng", **{"relabel-vi": "Lời của đơn vị"}).send()
    assert ours(database).item("q3").wording["vi"] == "Lời của đơn vị"
    shown = browser.get(f"{LIST}/{OURS}/1/soan").text
    assert "đã tắt" in shown
    assert "Lời của đơn vị" in shown
    assert overlay.conforms(ours(database), core(database))
    assert page.status == 200


def test_an_answer_is_set_apart_behind_a_list_of_the_form_and_it_still_is_the_form(database: Database, page: Page):
    lists = page.client.get(f"{LIST}/{OURS}/1/soan/thang-tra-loi")
    lists = lists.form("dap-rieng", add="97").send()
    added = ours(database).scale("sat5").options[-1]
    assert (added.code, added.origin, added.substantive) == (97, "overlay", False)
    assert added.label["vi"] == "Không áp dụng / không có ý kiến"
    assert "địa phương thêm" in lists.text
    assert overlay.conforms(ours(database), core(database))
    lists = lists.form("dap-rieng", **{"local97-vi": "Không dùng dịch vụ này"}, add="99").send()
    assert [o.label["vi"] for o in ours(database).scale("sat5").options[-2:]] == [
        "Không dùng dịch vụ này", "Từ chối trả lời",
    ]  # fmt: skip
    lists.form("dap-rieng", **{"local97-vi": ""}).send()
    assert [o.code for o in ours(database).scale("sat5").options] == [1, 2, 3, 4, 5, 99]


def test_a_question_with_a_list_of_its_own_takes_answers_set_apart_and_no_others(
    database: Database, browser: StaffClient, now: datetime
):
    own = {"kind": "single", "options": [{"code": n, "label": {"vi": f"Lần {n}"}} for n in (1, 2)]}
    published(database, form(item("q1"), item("q2", response=own, factor=None)), now)
    page = browser.get(f"{LIST}/phieu-mau/1").follow("Thêm phần riêng").form("them-rieng").send()
    opened = browser.get(f"{LIST}/{OURS}/1/soan?mo=q2")
    assert "Không thêm được phương án có tính vào chỉ số." in opened.text
    page = opened.form("dap-rieng", add="98").send()
    assert [(o.code, o.origin) for o in ours(database).options(ours(database).item("q2"))] == [
        (1, "core"), (2, "core"), (98, "overlay"),
    ]  # fmt: skip
    assert overlay.conforms(ours(database), core(database))
    do(page, "dap-rieng", element="q2", add="1")
    assert len(ours(database).options(ours(database).item("q2"))) == 3
    do(page, "dap-rieng", element="q1", add="97")
    assert len(ours(database).options(ours(database).item("q1"))) == 5


def test_local_parts_are_carried_to_a_newer_form_and_conflicts_are_listed(
    database: Database, browser: StaffClient, page: Page, now: datetime
):
    page = do(page, "them-cau", section="main", words__vi="Câu thêm")
    form_ = browser.get(f"{LIST}/{OURS}/1/soan?mo=q2").form("bat-tat")
    form_.fields.poplist("asked")
    form_.send()
    newer = form(item("q1", "Lời mới"), item("q2"), item("q3", relabelable=True), item("q4"), version=2)
    published(database, newer, now)
    page = browser.get(f"{LIST}/{OURS}/1/soan")
    assert "phieu-mau@2" in page.text
    page = page.follow("Xem phần riêng sẽ ra sao")
    assert "“q2” đang tắt, nhưng mẫu phiếu không cho phép." in page.text
    page = page.form("mau-moi").send()
    document = ours(database)
    assert [e.code for e in document.elements] == ["q1", "q2", "q3", "q4", "x1"]
    assert document.item("q1").text["vi"] == "Lời mới"
    assert document.item("q2").asked
    assert (document.core.code, document.core.version) == ("phieu-mau", 2)
    page = do(page, "hoan-tac")
    assert ours(database).core.version == 1


def test_a_form_with_local_parts_is_compared_with_the_form_by_codes_and_its_series_go_on(
    database: Database, browser: StaffClient, page: Page
):
    do(page, "them-cau", section="main", words__vi="Câu thêm")
    compared = browser.get(f"{LIST}/so-sanh/phien-ban?old=phieu-mau@1&new={OURS}@1").text
    assert "3 giữ nguyên, 0 đổi lời, 0 đổi phương án trả lời, 1 mới, 0 bỏ đi" in compared
    assert "hai bộ câu hỏi khác nhau" not in compared
    assert "bị đứt" not in compared


def test_a_copy_is_a_questionnaire_of_its_own_with_nothing_locked(database: Database, browser: StaffClient, page: Page):
    do(page, "them-cau", section="main", words__vi="Câu thêm")
    copied = browser.get(f"{LIST}/{OURS}/1/chep").form("chep", title="Phiếu của tôi", code="phieu-toi").send()
    assert copied.path.startswith(f"{LIST}/phieu-toi/1/soan")
    document = now_of(database, "phieu-toi")
    assert document.core is None
    assert {e.origin for e in document.elements} == {"core"}
    assert not conformity.is_locked_form(document)
    assert do(copied, "cau-xoa", element="q1").status == 200


def test_a_form_with_local_parts_begins_with_text_of_every_language(
    database: Database, browser: StaffClient, page: Page
):
    do(page, "them-tieng", language="en")
    page = browser.get(f"{LIST}/{OURS}/1/soan/ngon-ngu?lang=en")
    filled = page.form("lam/dich")
    filled.fields["t:sections/main/elements/q1/text"] = "Question one"
    filled.send()
    assert ours(database).item("q1").text["en"] == "Question one"
    assert overlay.conforms(ours(database), core(database))
