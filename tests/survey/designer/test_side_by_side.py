"""Two versions question by question: what stands beside what, what may be joined in a series, and why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from instruments import codec, library
from instruments.model.document import InstrumentVersion
from survey.database import Database
from survey.designer.side_by_side import Pair, side_by_side, suggestions
from survey.models.people.accounts import Account, Role
from survey.permissions import system
from survey.queries.questionnaires import instruments as queries
from survey.services.questionnaires import publishing, shipped_and_imported
from survey.services.questionnaires.file_import import compared
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.factories.record import Record
from tests.staff_client import StaffClient

COMPARE = "/quan-tri/bo-cau-hoi/so-sanh/phien-ban"
FOUR = {"kind": "single", "options": [{"code": n, "label": {"vi": f"Mức {n}"}} for n in (1, 2, 3, 4)]}
MARK = {"item": "q4", "with_version": 1, "reason": "Chỉ sửa lỗi chính tả."}


def version(*items: dict[str, Any], number: int = 1, **more: Any) -> InstrumentVersion:
    return codec.loads(json.dumps(questionnaire(*items, version=number, **more)))


def pairs(old: InstrumentVersion, new: InstrumentVersion) -> dict[str, Pair]:
    found = side_by_side(old, new, compared(old, new))
    every = [pair for groups in (found.both, found.only_new, found.only_old) for g in groups for pair in g.pairs]
    return {(pair.new or pair.old).code: pair for pair in every}  # type: ignore[union-attr]


def test_every_question_gets_its_verdict():
    old = version(item("q1"), item("q2"), item("q3"), item("q4"), item("q5"))
    new = version(
        item("q1"), item("q2", "Lời khác hẳn"), item("q3", response=FOUR, factor=None),
        item("q4", "Câu hỏi q4."), item("q6"), number=2, comparable=[MARK],
    )  # fmt: skip
    found = pairs(old, new)
    assert {code: pair.verdict for code, pair in found.items()} == {
        "q1": "joined", "q2": "wording", "q3": "answers", "q4": "joined", "q5": "gone", "q6": "new",
    }  # fmt: skip
    assert found["q4"].reason == "Chỉ sửa lỗi chính tả."
    assert "kind" in found["q3"].details


def test_each_side_shows_its_own_words_with_what_the_other_does_not_have():
    pair = pairs(version(item("q1")), version(item("q1", "Câu hỏi số một"), number=2))["q1"]
    assert pair.old is not None
    assert pair.new is not None
    assert "".join(piece.words for piece in pair.old.words) == "Câu hỏi q1"
    assert "".join(piece.words for piece in pair.new.words) == "Câu hỏi số một"
    assert [piece.words for piece in pair.old.words if piece.kind == "gone"] == ["q1"]
    assert [piece.words for piece in pair.new.words if piece.kind == "new"] == ["số một"]


def test_answers_in_another_order_show_both_orders_and_are_not_joined():
    listed = {"kind": "single", "options": [{"code": n, "label": {"vi": f"Mức {n}"}} for n in (1, 2)]}
    turned = {**listed, "options": listed["options"][::-1]}
    old, new = version(item("q1", response=listed)), version(item("q1", response=turned), number=2)
    pair = pairs(old, new)["q1"]
    assert (pair.verdict, pair.details) == ("answers", ("order",))
    assert pair.order is not None
    assert (pair.order.before, pair.order.after) == (("Mức 1", "Mức 2"), ("Mức 2", "Mức 1"))


def test_sipas_2022_beside_2026_has_every_question_once_and_joins_none_without_a_person():
    old, new = library.load("sipas-2022"), library.load("sipas-2026")
    found = side_by_side(old, new, compared(old, new))
    both = [pair for group in found.both for pair in group.pairs]
    assert sorted(p.new.code for g in (*found.both, *found.only_new) for p in g.pairs if p.new) == sorted(
        one.code for one in new.items
    )
    assert sorted(p.old.code for g in (*found.both, *found.only_old) for p in g.pairs if p.old) == sorted(
        one.code for one in old.items
    )
    assert found.counts["joined"] == 0
    assert {p.verdict for p in both} == {"to_judge", "wording", "answers"}
    beside = {p.new.code: p.old.code for p in both if p.new and p.old}
    assert beside["q9_34"] == "q9_28", "the same words and answers"
    assert next(p for p in both if p.new and p.new.code == "q9_34").verdict == "to_judge"
    assert next(p for p in both if p.new and p.new.code == "q10_08").verdict == "answers"


def test_questions_stand_under_the_headings_of_their_version():
    old, new = library.load("sipas-2022"), library.load("sipas-2026")
    found = side_by_side(old, new, compared(old, new))
    titles = {g.pairs[0].new.code: g.title.inside("vi") for g in found.both if g.title and g.pairs[0].new}
    assert titles["q9_24"] == "A. Tiếp cận dịch vụ"


# --- on screen ---------------------------------------------------------------------------------------------------


@pytest.fixture
def analyst(record: Record, sign_in: Callable[[Account], StaffClient]) -> StaffClient:
    return sign_in(record.account((Role.ANALYST, record.unit(), ("admin",))))


def test_the_page_says_of_two_questionnaires_that_a_person_has_to_judge(record: Record, analyst: StaffClient):
    for code in ("sipas-2022", "sipas-2026"):
        record.published(code)
    page = analyst.get(f"{COMPARE}?old=sipas-2022@1&new=sipas-2026@1")
    assert "Đây là hai bộ câu hỏi khác nhau" in page.text
    assert "Chưa câu nào được nối thành một chuỗi." in page.text
    assert "cần có người xét 4" in page.text
    assert "Chỉ có ở phiên bản mới hơn: 64 câu" in page.text


def test_versions_of_one_survey_are_offered_for_comparison(record: Record, analyst: StaffClient):
    for code in ("sipas-2022", "sipas-2026", "one-stop-short"):
        record.published(code)
    links = analyst.get(COMPARE).links()
    assert links["SIPAS 2022 bên cạnh SIPAS 2026"].endswith("old=sipas-2022@1&new=sipas-2026@1")
    page = analyst.get("/quan-tri/bo-cau-hoi/sipas-2026/1").follow("So với phiên bản khác")
    assert page.value("new") is None, "a form that is sent by GET"
    assert "SIPAS 2022 bên cạnh SIPAS 2026" in page.links()
    assert not page.title.startswith("Lỗi:")
    assert "bên cạnh" not in analyst.get(f"{COMPARE}?new=one-stop-short@1").text


def test_each_version_is_offered_beside_the_one_before_it(
    database: Database, now: datetime, record: Record, analyst: StaffClient
):
    for number in (1, 2, 3):
        document = questionnaire(item("q1", f"Lời {number}"), version=number)
        shipped_and_imported.import_document(database, as_file(document), actor=system(), now=now)
        publishing.publish(database, "phieu-mau", number, actor=system(), now=now)
    with database.reading() as session:
        listed = queries.listing(session, system())
    assert [(a.number, b.number) for a, b in suggestions(listed, "")] == [(1, 2), (2, 3)]
    assert [(a.number, b.number) for a, b in suggestions(listed, "phieu-mau@3")] == [(2, 3), (1, 3)]
    assert analyst.get(COMPARE).text.count("bên cạnh") == 2


def test_versions_of_a_service_one_does_not_see_are_not_offered_and_not_compared(record: Record, analyst: StaffClient):
    for code in ("byt56-m1", "byt56-m2"):
        record.published(code)
    assert "byt56" not in analyst.get(COMPARE).text
    assert analyst.get(f"{COMPARE}?old=byt56-m1@1&new=byt56-m2@1").title.startswith("Lỗi:")
