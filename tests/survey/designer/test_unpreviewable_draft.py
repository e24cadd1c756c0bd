"""A draft that contradicts itself: every page is shown with a sentence for each contradiction, and none breaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from instruments import codec
from survey.database import Database
from survey.models.people.accounts import Account, Role
from survey.models.questionnaires.instruments import InstrumentVersion
from survey.permissions import system
from survey.services.questionnaires import shipped_and_imported
from tests.factories.questionnaires import as_file, item, questionnaire, text
from tests.factories.record import Record
from tests.staff_client import StaffClient

LIST = "/quan-tri/bo-cau-hoi"
BROKEN: dict[str, dict[str, Any]] = {
    "a condition on nothing": questionnaire(item("q1"), item("q2", show_if="q9 == 1")),
    "a condition on a later question": questionnaire(item("q1", show_if="q2 == 1"), item("q2")),
    "a condition that cannot be read": questionnaire(item("q1"), item("q2", show_if="q1 ==== (")),
    "a condition on an answer that is not offered": questionnaire(item("q1"), item("q2", show_if="q1 == 9")),
    "answers that are not there": questionnaire(item("q1", response={"kind": "rating", "scale": "gone"})),
    "a factor that is not there": questionnaire(item("q1", factor="G")),
    "factors in a circle": questionnaire(
        factors=[
            {"code": "F", "name": text("Một"), "grade": "draft", "parent": "G"},
            {"code": "G", "name": text("Hai"), "grade": "draft", "parent": "F"},
        ]
    ),
    "a heading that is not there": questionnaire(
        sections=[{"code": "main", "stem": "w9", "elements": [item("q1"), item("q2")]}]
    ),
    "a figure of nothing": questionnaire(
        indices=[{"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True, "items": ["q9"]}]
    ),
    "two headlines": questionnaire(
        indices=[{"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True}] * 2
    ),
    "one question about everything that is not there": questionnaire(
        indices=[{"level": "overall", "rule": "overall_question", "measure": "rate", "headline": True}]
    ),
    "a place in the words that is not filled": questionnaire(item("q1", "Tại {noi_nao} thế nào?")),
    "no words in the first language": questionnaire(item("q1") | {"text": {"en": "Only English"}}),
    "an answer code twice": questionnaire(
        scales=[{"code": "sat5", "options": [{"code": 1, "label": text("A")}, {"code": 1, "label": text("B")}]}]
    ),
    "a core that is not in the record": questionnaire(core={"code": "mau-nao", "version": 3}),
}
UNSHOWABLE = ("a condition that cannot be read", "a heading that is not there")  # to citizens: the page says why
PAGES = ("/1", "/1/soan", "/1/soan/thang-tra-loi", "/1/soan/chi-so", "/1/soan/ngon-ngu", "/1/soan/thong-tin",
         "/1/ra-soat", "/1/xem-thu", "/1/xem-thu/trang")  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_a_draft_that_contradicts_itself_breaks_no_page(
    record: Record, database: Database, sign_in: Callable[[Account], StaffClient], now: datetime, broken: str
):
    browser = sign_in(record.account((Role.DESIGNER, record.unit(), ("admin",))))
    shipped_and_imported.import_document(database, as_file(questionnaire()), actor=system(), now=now)
    document = codec.loads_draft(as_file(BROKEN[broken]))
    with database.writing() as session:
        row = session.query(InstrumentVersion).one()
        row.document, row.content_hash = codec.dumps(document), codec.content_hash(document)
    for path in PAGES:
        page = browser.get(f"{LIST}/phieu-mau{path}")
        assert page.status == (422 if path.endswith("trang") and broken in UNSHOWABLE else 200), path
    review = browser.get(f"{LIST}/phieu-mau/1/ra-soat")
    publishes = [form for form in review.forms() if "content_hash" in form.fields]
    assert not publishes
