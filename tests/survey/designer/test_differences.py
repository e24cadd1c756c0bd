"""The difference of two versions in words: nothing of either text is lost, and every reason is a Vietnamese one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.database import Database
from survey.designer.differences import Piece, words_between
from survey.i18n import own_name
from survey.models.people.accounts import Role
from survey.permissions import system
from survey.services.questionnaires import publishing, shipped_and_imported
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.staff_client import StaffClient

LINE = st.lists(st.sampled_from(["hồ", "sơ", "đúng", "hạn", ",", " ", "  "]), max_size=12).map(" ".join)


@given(LINE, LINE)
def test_both_texts_can_be_read_off_their_difference(before: str, after: str):
    pieces = words_between(before, after)
    assert "".join(p.words for p in pieces if p.kind != "new") == before
    assert "".join(p.words for p in pieces if p.kind != "gone") == after


def test_words_that_change_in_a_row_are_one_change():
    assert words_between("Trụ sở cơ quan có biển hiệu", "Chi nhánh trung tâm có biển hiệu") == (
        Piece("gone", "Trụ sở cơ quan"),
        Piece("new", "Chi nhánh trung tâm"),
        Piece("same", " có biển hiệu"),
    )


@pytest.mark.parametrize(("code", "name"), [("km", "ភាសាខ្មែរ"), ("ktv", "Cơ Tu"), ("xx", "xx")])
def test_a_language_is_named_as_its_speakers_write_it(code: str, name: str):
    assert own_name(code) == name


def test_figures_of_the_impact_list_are_named_and_their_reasons_are_no_words_of_the_format(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    factor = {"code": "f1", "name": {"vi": "Tiếp cận dịch vụ"}, "grade": "draft"}
    rated = [item("q1", factor="f1"), item("q2", factor="f1")]
    rules = [
        {"level": "factor", "rule": "mean_items_rate", "measure": "rate"},
        {"level": "overall", "rule": "mean_of_children", "measure": "rate", "headline": True},
    ]
    more = {"code": "f2", "name": {"vi": "Cơ sở vật chất"}, "grade": "draft"}
    for number, factors, items in ((1, [factor], rated), (2, [factor, more], [*rated, item("q3", factor="f2")])):
        document = questionnaire(*items, version=number, factors=factors, indices=rules)
        shipped_and_imported.import_document(database, as_file(document), actor=system(), now=now)
        publishing.publish(database, "phieu-mau", number, actor=system(), now=now)
    address = "/quan-tri/bo-cau-hoi/so-sanh/phien-ban?old=phieu-mau@1&new=phieu-mau@2"
    page = people(Role.DESIGNER).get(address)
    assert "Tiếp cận dịch vụ f1.mean_items_rate.rate" in page.text
    assert "các phần hợp thành" in page.text
    assert "children" not in page.text.replace("mean_of_children", "")
