"""Staff read a question as people do: what the form prints stands in the place of each of its parameters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from instruments import library
from instruments.editing import starting
from instruments.model.text import Text
from survey.database import Database
from survey.designer.differences import differences
from survey.models.people.accounts import Role
from survey.permissions import system
from survey.services.questionnaires import drafts
from tests.factories.record import Record
from tests.staff_client import StaffClient, X, words

LIST = "/quan-tri/bo-cau-hoi"
POINT = "Chi nhánh Trung tâm Phục vụ hành chính công/Điểm phục vụ hành chính công"
PAGES = {
    "the version": "/sipas-2026/1",
    "two versions": "/so-sanh/phien-ban?old=sipas-2022@1&new=sipas-2026@1",
    "the editor": "/sipas-2026-rieng/1/soan?phan={part}",
    "what is read aloud": "/sipas-2026-rieng/1/ghi-am",
}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_name_in_braces_instead_of_words(
    database: Database, now: datetime, record: Record, people: Callable[..., StaffClient], page: str
):
    for code in ("sipas-2022", "sipas-2026"):
        record.published(code)
    drafts.adapt(database, "sipas-2026", 1, "sipas-2026-rieng", actor=system(), now=now)
    form = library.load("sipas-2026")
    part = next(s.code for s in form.sections if any("{service_point}" in str(dict(e.text)) for e in s.elements))
    shown = people(Role.DESIGNER).get(LIST + PAGES[page].format(part=part))
    assert shown.document is not None
    said = [words(one) for one in shown.document.iter(f"{X}p") if "item-words" in (one.get("class") or "")]
    assert any(POINT in one for one in said)
    assert not [one for one in said if "{" in one]


def test_the_field_for_the_words_says_what_stands_in_for_a_name_in_braces(
    database: Database, now: datetime, record: Record, people: Callable[..., StaffClient]
):
    record.published("sipas-2026")
    own = starting.copied(library.load("sipas-2026"), code="phieu-chep", title=Text(vi="Phiếu chép"))
    drafts.start(database, own, actor=system(), now=now)
    code = next(i.code for i in library.load("sipas-2026").items if "{service_point}" in i.text["vi"])
    page = people(Role.DESIGNER).get(f"{LIST}/phieu-chep/1/soan?mo={code}")
    assert f"Ở chỗ {{service_point}}, người dân đọc thấy: “{POINT}”." in page.text


def test_the_difference_of_two_versions_names_the_place_as_people_read_it():
    form = library.load("sipas-2026")
    found = differences(form.model_copy(update={"version": 1}), form.model_copy(update={"version": 2}))
    assert any(POINT in one.words for one in found.questions)
    assert not any("{service_point}" in one.words for one in found.questions)
