"""The editor by hand, without JavaScript: each act is a form and comes back to its place."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from instruments import codec
from instruments.checks import integrity
from survey.database import Database
from survey.models.people.accounts import Role
from survey.models.questionnaires.drafts import DraftRevision
from survey.permissions import system
from survey.services.questionnaires import drafts, shipped_and_imported
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.factories.record import Record
from tests.queries import counted
from tests.survey.designer.editor.desk import LIST, Who, begun, do, now_of, question


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
        shipped_and_imported.import_document(database, as_file(document), actor=system(), now=now)
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


def test_a_place_that_no_record_can_hold_is_left_out(database: Database, people: Who):
    page = begun(people(Role.DESIGNER))
    do(page, "them-cau", section="s1", words__vi="Thêm", element="\x00")
    with database.reading() as session:
        assert session.scalars(select(DraftRevision.place)).all() == ["", ""]


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
