"""The editor by hand, without JavaScript: each act is a form, it comes back to its place, nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from instruments import codec, integrity
from instruments.model import InstrumentVersion as Document
from survey.database import Database
from survey.designer.acts import ACTS
from survey.designer.entered import Entered
from survey.errors import Conflict
from survey.models.accounts import Role
from survey.models.drafts import DraftComment, DraftRevision
from survey.models.instruments import InstrumentVersion, VersionStatus
from survey.permissions import system
from survey.services import drafts, instruments, publishing
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.factories.record import Record
from tests.queries import counted
from tests.staff_client import Form, Page, StaffClient

LIST = "/quan-tri/bo-cau-hoi"
Who = Callable[..., StaffClient]


def begun(browser: StaffClient, title: str = "Phiếu mới", *, english: bool = False) -> Page:
    entered: dict[str, Any] = {"title": title, "service": "admin", "issuer": "Sở Nội vụ", "code": "phieu-moi"}
    if english:
        entered["english"] = "y"
    return browser.get(f"{LIST}/moi/phieu").form(**entered).send()


def now_of(database: Database, code: str = "phieu-moi", number: int = 1) -> Document:
    with database.reading() as session:
        text = session.scalar(
            select(InstrumentVersion.document).where(
                InstrumentVersion.number == number, InstrumentVersion.document.contains(f'"code":"{code}"')
            )
        )
        assert text is not None
        return codec.loads_draft(text)


def do(page: Page, act: str, **fields: Any) -> Page:
    """Press a button of the open page: the act with the fields of its own form, and these on top."""
    form = page.form("lam/hoan-tac")
    form.action = form.action.replace("hoan-tac", act)
    if act == "them-cau":
        fields = {"answers": "scale:sat5", **fields}
    for name, value in fields.items():
        form.fields.setlist(name.replace("__", "-"), value if isinstance(value, list) else [value])
    return form.send()


def question(page: Page, **entered: Any) -> Form:
    """The form of the question that is open."""
    action = next(form.action for form in page.forms() if form.action.endswith("/lam/cau"))
    return page.form(action, **entered)


def test_a_new_questionnaire_begins_with_one_question_on_the_official_words(database: Database, people: Who):
    page = begun(people(Role.DESIGNER))
    assert page.status == 200
    document = now_of(database)
    assert [item.code for item in document.items] == ["q1"]
    assert [o.label["vi"] for o in document.options(document.items[0])][:2] == ["Rất không hài lòng", "Không hài lòng"]
    assert "Rất hài lòng" in page.text


def test_many_questions_are_pasted_at_once_with_their_printed_numbers(database: Database, people: Who):
    page = begun(people(Role.DESIGNER))
    page = page.form(
        "them-cau", **{"words-vi": "Câu 1. Thái độ lịch sự\n2) Trả kết quả đúng hẹn\nNơi ngồi chờ sạch sẽ"}
    ).send()
    document = now_of(database)
    assert [(i.code, i.label, i.text["vi"]) for i in document.items][1:] == [
        ("q2", "1", "Thái độ lịch sự"),
        ("q3", "2", "Trả kết quả đúng hẹn"),
        ("q4", None, "Nơi ngồi chờ sạch sẽ"),
    ]
    assert "Nơi ngồi chờ sạch sẽ" in page.text


def test_a_list_of_its_own_with_khac_opens_a_text_field(database: Database, people: Who):
    page = begun(people(Role.DESIGNER))
    do(
        page,
        "them-cau",
        section="s1",
        words__vi="Biết qua đâu?",
        answers="multiple",
        list__vi="Báo\nTivi\nKhác, xin ghi rõ",
    )
    found = now_of(database).item("q2")
    assert found.kind == "multiple"
    assert found.other == 3
    assert [o.code for o in now_of(database).options(found)] == [1, 2, 3]


def test_a_question_is_changed_moved_copied_and_taken_away(database: Database, people: Who):
    browser = people(Role.DESIGNER)
    page = begun(browser)
    page = do(page, "them-cau", section="s1", words__vi="Hai\nBa")
    page = browser.get(f"{LIST}/phieu-moi/1/soan?mo=q2")
    form = question(page, **{"text-vi": "Câu hai", "short": "Hai", "code": "dung_hen", "voluntary": "1"})
    page = form.send()
    changed = now_of(database).item("dung_hen")
    assert (changed.text["vi"], changed.short, changed.voluntary) == ("Câu hai", "Hai", True)
    page = do(page, "cau-xuong", element="dung_hen")
    assert [i.code for i in now_of(database).items] == ["q1", "q3", "dung_hen"]
    page = do(page, "cau-chep", element="q3")
    page = do(page, "cau-xoa", element="q1")
    assert [i.code for i in now_of(database).items] == ["q3", "q2", "dung_hen"]


def test_undo_and_redo_bring_words_back_step_by_step(database: Database, people: Who):
    page = begun(people(Role.DESIGNER))
    for words in ("Hai", "Ba"):
        page = do(page, "them-cau", section="s1", words__vi=words)
    page = do(page, "hoan-tac")
    page = do(page, "hoan-tac")
    assert len(now_of(database).items) == 1
    page = do(page, "lam-lai")
    page = do(page, "lam-lai")
    assert [i.text["vi"] for i in now_of(database).items][1:] == ["Hai", "Ba"]
    page = do(page, "hoan-tac")
    page = do(page, "them-cau", section="s1", words__vi="Bốn")
    page = do(page, "lam-lai")
    assert [i.text["vi"] for i in now_of(database).items][1:] == ["Hai", "Bốn"]


def test_two_people_at_different_questions_are_merged(database: Database, people: Who):
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    do(begun(first), "them-cau", section="s1", words__vi="Hai")
    mine = first.get(f"{LIST}/phieu-moi/1/soan?mo=q1")
    theirs = second.get(f"{LIST}/phieu-moi/1/soan?mo=q2")
    assert "cũng đang" in theirs.text.lower()
    question(theirs, **{"text-vi": "Hai, sửa"}).send()
    page = question(mine, **{"text-vi": "Một, sửa"}).send()
    assert page.status == 200
    assert [i.text["vi"] for i in now_of(database).items] == ["Một, sửa", "Hai, sửa"]


def test_two_people_at_the_same_question_see_both_wordings_and_nothing_is_overwritten(database: Database, people: Who):
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    begun(first)
    mine, theirs = (one.get(f"{LIST}/phieu-moi/1/soan?mo=q1") for one in (first, second))
    question(theirs, **{"text-vi": "Lời của người kia"}).send()
    page = question(mine, **{"text-vi": "Lời của tôi"}).send()
    assert page.status == 409
    assert "Lời của người kia" in page.text
    assert "Lời của tôi" in page.text
    assert "Lời câu hỏi (vi): Lời của người kia" in page.text
    assert "Phương án trả lời" not in page.text  # the same in both: not a line to choose between
    assert now_of(database).item("q1").text["vi"] == "Lời của người kia"
    question(page).send()
    assert now_of(database).item("q1").text["vi"] == "Lời của tôi"


def test_two_people_who_add_at_the_same_moment_get_codes_of_their_own(database: Database, people: Who):
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    begun(first)
    pages = [one.get(f"{LIST}/phieu-moi/1/soan?them=s1") for one in (first, second)]
    for page, words in zip(pages, ("Của người này", "Của người kia"), strict=True):
        assert page.form("them-cau", **{"words-vi": words}).send().status == 200
    found = {item.code: item.text["vi"] for item in now_of(database).items}
    assert list(found)[1:] == ["q2", "q3"]
    assert list(found.values())[1:] == ["Của người này", "Của người kia"]


def test_many_who_save_at_one_instant_are_all_kept(database: Database, people: Who, now: datetime):
    begun(people(Role.DESIGNER))

    def add(n: int) -> int:
        fields = MultiDict({"section": "s1", "answers": "text", "words-vi": f"Câu của người {n}"})
        saved = drafts.change(
            database, "phieu-moi", 1, lambda v: ACTS["them-cau"](Entered(fields), v),
            base=0, act="them-cau", actor=system(), now=now,
        )  # fmt: skip
        return saved.revision

    with ThreadPoolExecutor(6) as threads:
        revisions = list(threads.map(add, range(6)))
    assert sorted(revisions) == [1, 2, 3, 4, 5, 6]
    items = now_of(database).items[1:]
    assert sorted(item.code for item in items) == ["q2", "q3", "q4", "q5", "q6", "q7"]
    assert {item.text["vi"] for item in items} == {f"Câu của người {n}" for n in range(6)}


def test_an_order_that_both_change_is_noticed(database: Database, people: Who):
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    do(begun(first), "them-cau", section="s1", words__vi="Hai\nBa")
    mine, theirs = (one.get(f"{LIST}/phieu-moi/1/soan") for one in (first, second))
    do(theirs, "cau-len", element="q3")
    page = do(mine, "cau-xuong", element="q1")
    assert page.status == 409
    assert "đã đổi thứ tự" in page.text
    assert [item.code for item in now_of(database).items] == ["q1", "q3", "q2"]


def test_mine_instead_takes_nothing_else_of_theirs(database: Database, people: Who):
    """The page of a translation sends every field; only those that I changed are mine."""
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    do(begun(first, english=True), "them-cau", section="s1", words__vi="Hai", words__en="")
    mine, theirs = (one.get(f"{LIST}/phieu-moi/1/soan/ngon-ngu?lang=en") for one in (first, second))
    one, two = (f"t:sections/s1/elements/{code}/text" for code in ("q1", "q2"))
    theirs.form("lam/dich", **{one: "Their one", two: "Their two"}).send()
    crossing = mine.form("lam/dich", **{one: "My one"}).send()
    assert crossing.status == 409
    question_one = "Their one"
    assert question_one in crossing.text
    assert "My one" in crossing.text
    crossing.form("lam/dich").send()
    document = now_of(database)
    assert document.item("q1").text["en"] == "My one"
    assert document.item("q2").text["en"] == "Their two"


def test_a_page_too_old_to_be_saved_keeps_what_was_typed(database: Database, people: Who):
    browser = people(Role.DESIGNER)
    begun(browser)
    form = question(browser.get(f"{LIST}/phieu-moi/1/soan?mo=q1"), **{"text-vi": "Đã gõ rất lâu"})
    form.fields["revision"] = "4711"
    page = form.send()
    assert page.status == 409
    assert page.value("text-vi") == "Đã gõ rất lâu"
    assert now_of(database).item("q1").text["vi"].startswith("Nhìn chung")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"code": "Câu Một"}, "không dùng làm mã được"),
        ({"text-vi": "a" * 5000}, "nhiều nhất 4000 ký tự"),
        ({"text-vi": "a\u202eb"}, "đổi chiều viết"),
        ({"short": "b\u0007"}, "ký tự điều khiển"),
    ],
)
def test_what_the_format_refuses_is_said_in_vietnamese(
    database: Database, people: Who, fields: dict[str, str], sentence: str
):
    browser = people(Role.DESIGNER)
    begun(browser)
    before = now_of(database)
    page = question(browser.get(f"{LIST}/phieu-moi/1/soan?mo=q1"), **fields).send()
    assert page.status == 422
    assert sentence in page.text
    assert now_of(database) == before


def test_what_was_typed_stays_when_an_act_is_refused(database: Database, people: Who):
    browser = people(Role.DESIGNER)
    begun(browser)
    page = browser.get(f"{LIST}/phieu-moi/1/soan?mo=q1")
    page = question(page, **{"text-vi": "", "short": "Nhãn đã gõ"}).send()
    assert page.status == 422
    assert page.value("short") == "Nhãn đã gõ"
    assert now_of(database).item("q1").short is None


def test_letters_typed_at_one_place_are_undone_together(
    staff_app: Flask, database: Database, people: Who, now: datetime
):
    browser = people(Role.DESIGNER)
    begun(browser)
    page = browser.get(f"{LIST}/phieu-moi/1/soan?mo=q1")
    for n, words in enumerate(("T", "Th", "Thái độ")):
        staff_app.config["CLOCK"] = lambda n=n: now + timedelta(seconds=10 * n)
        form = question(page, **{"text-vi": words})
        form.fields["revision"] = str(n)
        answer = browser.browser.post(form.action, data=form.fields, headers={"Accept": "application/json"})
        assert answer.json == {"revision": n + 1, "changed": True, "merged": False}
    page = do(browser.get(f"{LIST}/phieu-moi/1/soan"), "hoan-tac")
    assert now_of(database).item("q1").text["vi"].startswith("Nhìn chung")


def test_a_condition_is_built_from_menus_and_read_as_a_sentence(database: Database, people: Who):
    browser = people(Role.DESIGNER)
    do(begun(browser), "them-cau", section="s1", words__vi="Vì sao?", answers="text")
    page = browser.get(f"{LIST}/phieu-moi/1/soan?mo=q2&hoi=q1")
    page = page.form("lam/dieu-kien", how="any", codes=["1", "2"]).send()
    assert now_of(database).item("q2").show_if == "q1 in (1, 2)"
    assert "Rất không hài lòng" in page.text
    page = do(page, "cau-xoa", element="q1")
    assert page.status == 422
    page = do(browser.get(f"{LIST}/phieu-moi/1/soan"), "dieu-kien", element="q2", how="always")
    assert now_of(database).item("q2").show_if is None


def test_scales_factors_and_figures_are_forms(database: Database, people: Who):
    page = begun(people(Role.DESIGNER), english=True)
    page = do(page, "them-thang", library="yesno")
    page = do(page, "yeu-to", name__vi="Thái độ", with_items="1", items=["q1"])
    page = do(page, "chi-so", element="1", figure="overall/mean_items_rate/rate", headline="1", name__vi="Chỉ số chung")
    document = now_of(database)
    assert [s.code for s in document.scales] == ["sat5", "yesno"]
    assert document.item("q1").factor == "F1"
    assert [(r.rule, r.headline) for r in document.indices] == [("item_rate", False), ("mean_items_rate", True)]
    assert page.status == 200
    page = do(page, "yeu-to-xoa", element="F1")
    assert page.status == 422


def test_translations_are_written_side_by_side_and_completeness_is_told(database: Database, people: Who):
    browser = people(Role.DESIGNER)
    begun(browser, english=True)
    page = browser.get(f"{LIST}/phieu-moi/1/soan/ngon-ngu?lang=en&only=missing")
    form = page.form("lam/dich")
    for name in [name for name in form.fields if name.startswith("t:")]:
        form.fields[name] = f"English of {name}"
    page = form.send()
    assert "đủ" in page.text
    assert now_of(database).title["en"] == "English of t:title"


def test_a_published_version_is_not_edited_but_its_next_one_is(database: Database, now: datetime, people: Who):
    instruments.import_document(database, as_file(questionnaire()), actor=system(), now=now)
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    browser = people(Role.DESIGNER)
    assert "không bao giờ thay đổi" in browser.get(f"{LIST}/phieu-mau/1/soan").text
    page = browser.get(f"{LIST}/phieu-mau/1").form("phien-ban-moi").send()
    assert page.path.startswith(f"{LIST}/phieu-mau/2/soan")
    page = do(
        page,
        "cau",
        element="q1",
        text__vi="Lời khác",
        grade="verbatim",
        answers="scale:sat5",
        factor="F",
        short="Nhãn q1",
    )
    page = browser.get(f"{LIST}/phieu-mau/2/ra-soat")
    assert "Lời khác" in page.text
    assert not [f for f in page.forms() if "content_hash" in f.fields]
    page = page.form("gui").send()
    form = next(f for f in page.forms() if "content_hash" in f.fields)
    assert form.send().text.count("Đã phát hành") >= 1
    with database.reading() as session:
        assert session.scalars(select(InstrumentVersion.status)).all() == [VersionStatus.PUBLISHED] * 2


def test_a_draft_goes_to_review_and_back_with_comments_and_is_published_by_another(database: Database, people: Who):
    writer, approver = people(Role.DESIGNER), people(Role.APPROVER)
    page = begun(writer)
    page = writer.get(f"{LIST}/phieu-moi/1/ra-soat").form("gui").send()
    assert "đang được rà soát" in writer.get(f"{LIST}/phieu-moi/1/soan").text
    page = approver.get(f"{LIST}/phieu-moi/1/ra-soat")
    page = page.form("y-kien", element="q1", text="Câu này dài quá").send()
    page = page.form("tra-lai", text="Xin viết ngắn lại").send()
    assert "Xin viết ngắn lại" in writer.get(f"{LIST}/phieu-moi/1/ra-soat").text
    assert "Câu này dài quá" in writer.get(f"{LIST}/phieu-moi/1/soan?mo=q1").text
    page = page.form("/xong").send()
    writer.get(f"{LIST}/phieu-moi/1/ra-soat").form("gui").send()
    form = next(f for f in approver.get(f"{LIST}/phieu-moi/1/ra-soat").forms() if "content_hash" in f.fields)
    form.send()
    with database.reading() as session:
        assert session.scalars(select(InstrumentVersion.status)).all() == [VersionStatus.PUBLISHED]


def test_whoever_wrote_at_a_draft_does_not_approve_it(people: Who):
    first, second = people(Role.DESIGNER), people(Role.DESIGNER, Role.APPROVER)
    begun(first)
    do(second.get(f"{LIST}/phieu-moi/1/soan"), "them-cau", section="s1", words__vi="Thêm")
    page = second.get(f"{LIST}/phieu-moi/1/ra-soat")
    assert not [f for f in page.forms() if "content_hash" in f.fields]
    assert "phải do người phê duyệt khác phát hành" in page.text


def test_a_draft_that_changed_since_it_was_looked_at_is_not_published(database: Database, people: Who):
    writer, approver = people(Role.DESIGNER), people(Role.APPROVER)
    begun(writer)
    writer.get(f"{LIST}/phieu-moi/1/ra-soat").form("gui").send()
    form = next(f for f in approver.get(f"{LIST}/phieu-moi/1/ra-soat").forms() if "content_hash" in f.fields)
    writer.get(f"{LIST}/phieu-moi/1/ra-soat").form("tra-lai").send()
    do(writer.get(f"{LIST}/phieu-moi/1/soan"), "them-cau", section="s1", words__vi="Thêm")
    assert form.send().status == 200
    writer.get(f"{LIST}/phieu-moi/1/ra-soat").form("gui").send()
    assert form.send().status == 200
    with database.reading() as session:
        assert session.scalars(select(InstrumentVersion.status)).all() == [VersionStatus.IN_REVIEW]


def test_a_draft_is_thrown_away_only_when_the_box_is_ticked(database: Database, people: Who):
    browser = people(Role.DESIGNER)
    begun(browser)
    page = browser.get(f"{LIST}/phieu-moi/1/soan/thong-tin").form("soan/bo").send()
    assert page.path.endswith("/phieu-moi/1")
    browser.get(f"{LIST}/phieu-moi/1/soan/thong-tin").form("soan/bo", yes="1").send()
    with database.reading() as session:
        assert session.scalars(select(InstrumentVersion)).all() == []
        assert session.scalars(select(DraftRevision)).all() == []


@pytest.mark.parametrize("code", ["one-stop-short", "edu-mn-parent"])
def test_every_page_of_the_editor_is_sound_for_a_shipped_form(record: Record, people: Who, code: str):
    _sound(record, people, code, "phien-ban-moi", f"{code}/2")


@pytest.mark.parametrize("code", ["sipas-2026", "byt56-m1", "byt56-m3"])
def test_every_page_of_the_editor_is_sound_for_a_locked_form(record: Record, people: Who, code: str):
    _sound(record, people, code, "them-rieng", f"{code}-rieng/1")


def _sound(record: Record, people: Who, code: str, begin: str, draft: str) -> None:
    browser = people(Role.DESIGNER, services=("admin", "health", "education"))
    record.published(code)
    page = browser.get(f"{LIST}/{code}/1{'/them-rieng' if begin == 'them-rieng' else ''}").form(begin).send()
    assert page.path.startswith(f"{LIST}/{draft}/soan")
    for part in ("", "/thang-tra-loi", "/chi-so", "/chi-so?mo=chi-so", "/ngon-ngu", "/thong-tin"):
        assert browser.get(f"{LIST}/{draft}/soan{part}").status == 200
    assert browser.get(f"{LIST}/{draft}/ra-soat").status == 200
    name, number = draft.split("/")
    document = now_of(record.database, name, int(number))
    elements = {getattr(e, "kind", "words"): e.code for e in document.elements}
    for section in document.sections:
        assert browser.get(f"{LIST}/{draft}/soan?phan={section.code}").status == 200
    for element in elements.values():
        assert browser.get(f"{LIST}/{draft}/soan?mo={element}").status == 200


def test_acts_and_pages_ask_the_record_no_more_for_sixty_questions_than_for_six(
    database: Database, people: Who, now: datetime
):
    browser = people(Role.DESIGNER)
    asked = []
    for code, parts in (("phieu-ngan", 1), ("phieu-dai", 10)):
        sections = [{"code": f"s{n}", "elements": [item(f"q{6 * n + k}") for k in range(6)]} for n in range(parts)]
        document = questionnaire(sections=sections, code=code)
        instruments.import_document(database, as_file(document), actor=system(), now=now)
        form = question(browser.get(f"{LIST}/{code}/1/soan?mo=q3"))
        form.fields |= {"text-vi": "Lời mới", "revision": "0"}
        with counted(database) as act:
            answer = browser.browser.post(form.action, data=form.fields)
        with counted(database) as page:
            assert browser.browser.get(answer.location).status_code == 200
        asked.append((act.number, page.number))
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("entered", "written"),
    [("2000000", "2000000"), ("1234567,5", "1234567.5"), ("-3", "-3"), ("0,25", "0.25")],
)
def test_a_condition_keeps_every_digit_of_a_number(database: Database, people: Who, entered: str, written: str):
    page = begun(people(Role.DESIGNER))
    page = do(page, "them-cau", section="s1", words__vi="Bao nhiêu đồng?", answers="number")
    page = do(page, "them-cau", section="s1", words__vi="Vì sao?")
    page = do(page, "dieu-kien", element="q3", asked="q2", how=">=", number=entered)
    assert now_of(database).item("q3").show_if == f"q2 >= {written}"


@pytest.mark.parametrize(
    "fields",
    [
        {"asked": "q2", "how": ">=", "number": "0,0000001"},
        {"asked": "q2", "how": ">=", "number": "1000000000000"},
        {"asked": "q1", "how": "any", "codes": ["٣"]},
        {"asked": "q1", "how": "any", "codes": ["77"]},
    ],
    ids=["too fine", "too large", "digits of another script", "no answer of it"],
)
def test_what_a_condition_cannot_say_is_refused(database: Database, people: Who, fields: dict[str, Any]):
    page = begun(people(Role.DESIGNER))
    page = do(page, "them-cau", section="s1", words__vi="Bao nhiêu đồng?", answers="number")
    page = do(page, "them-cau", section="s1", words__vi="Vì sao?")
    assert do(page, "dieu-kien", element="q3", **fields).status == 422
    assert now_of(database).item("q3").show_if is None


def test_a_figure_with_a_number_beyond_all_is_refused(people: Who):
    page = begun(people(Role.DESIGNER))
    assert do(page, "chi-so", element="9" * 5000, figure="overall/mean_items_rate/rate").status == 422


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("a\x00b", "ký tự điều khiển"), ("a\u202eb", "đổi chiều viết"), ("a" + "\u0301" * 40, "dấu")],
    ids=["nothing", "direction", "accents"],
)
def test_comments_hold_nothing_that_a_page_cannot_show(database: Database, people: Who, words: str, sentence: str):
    browser = people(Role.DESIGNER)
    begun(browser)
    page = browser.get(f"{LIST}/phieu-moi/1/ra-soat").form("y-kien", element="q1", text=words).send()
    assert sentence in page.text
    page = page.form("gui").send()
    page.form("tra-lai", text=words).send()
    with database.reading() as session:
        assert session.scalars(select(DraftComment)).all() == []


def test_a_place_that_no_record_can_hold_is_left_out(database: Database, people: Who):
    page = begun(people(Role.DESIGNER))
    do(page, "them-cau", section="s1", words__vi="Thêm", element="\x00")
    with database.reading() as session:
        assert session.scalars(select(DraftRevision.place)).all() == ["", ""]


def test_the_review_names_the_columns_that_files_of_rows_will_hold(database: Database, people: Who, now: datetime):
    kinds = {"day": "date", "said": "text", "r_job": "text", "fee": "number"}
    more = [item(code, factor=None, voluntary=True, response={"kind": kind}) for code, kind in kinds.items()]
    instruments.import_document(database, as_file(questionnaire()), actor=system(), now=now)
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    two = questionnaire(item("q1"), item("q2"), *more, version=2)
    instruments.import_document(database, as_file(two), actor=system(), now=now)
    page = people(Role.DESIGNER).get(f"{LIST}/phieu-mau/2/ra-soat")
    assert "Cột mới: fee." in page.text
    assert "có 3 cột" in page.text


def test_a_file_does_not_replace_a_draft_in_review(database: Database, now: datetime):
    instruments.import_document(database, as_file(questionnaire()), actor=system(), now=now)
    drafts.submit(database, "phieu-mau", 1, actor=system(), now=now)
    other = as_file(questionnaire(item("q1", "Lời khác"), item("q2")))
    with pytest.raises(Conflict, match="is in review"):
        instruments.import_document(database, other, actor=system(), now=now)


def test_a_form_with_local_marks_of_its_own_takes_additions_anywhere(
    database: Database, now: datetime, record: Record, people: Who
):
    record.published("one-stop-short")
    drafts.start_next(database, "one-stop-short", 1, actor=system(), now=now)
    browser = people(Role.DESIGNER)
    here = f"{LIST}/one-stop-short/2/soan"
    do(browser.get(here), "them-cau", section="more", words__vi="Ông/Bà có quay lại không?", answers="scale:yesno")
    lists = browser.get(f"{here}/thang-tra-loi").form("thang")
    lists.fields["o6-vi"] = "Hơn cả mong đợi"
    lists.fields["o6-code"] = "6"
    lists.send()
    document = now_of(database, "one-stop-short", 2)
    section = next(one for one in document.sections if one.code == "more")
    assert {one.origin for one in section.elements} == {"overlay"}
    assert [o.code for o in document.scale("sat5").options] == [1, 2, 3, 4, 5, 6, 97]
    assert not list(integrity.border(document))
    codec.loads(codec.dumps(document))


def test_an_answer_moves_by_its_own_row_although_one_above_it_is_emptied(database: Database, people: Who):
    page = begun(people(Role.DESIGNER))
    form = page.client.get(f"{LIST}/phieu-moi/1/soan/thang-tra-loi").form("thang")
    form.fields["o0-vi"] = ""
    form.fields["o-move"] = "3:up"
    form.send()
    assert [o.code for o in now_of(database).scale("sat5").options] == [2, 4, 3, 5, 97]
