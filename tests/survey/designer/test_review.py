"""From the editor to publication: review, comments, a second person, drafts thrown away."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from survey.database import Database
from survey.errors import Conflict
from survey.models.people.accounts import Role
from survey.models.questionnaires.drafts import DraftComment, DraftRevision
from survey.models.questionnaires.instruments import InstrumentVersion, VersionStatus
from survey.permissions import system
from survey.services.questionnaires import drafts, publishing, shipped_and_imported
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.survey.designer.editor.desk import LIST, Who, begun, do


def test_a_published_version_is_not_edited_but_its_next_one_is(database: Database, now: datetime, people: Who):
    shipped_and_imported.import_document(database, as_file(questionnaire()), actor=system(), now=now)
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


def test_the_review_names_the_columns_that_files_of_rows_will_hold(database: Database, people: Who, now: datetime):
    kinds = {"day": "date", "said": "text", "r_job": "text", "fee": "number"}
    more = [item(code, factor=None, voluntary=True, response={"kind": kind}) for code, kind in kinds.items()]
    shipped_and_imported.import_document(database, as_file(questionnaire()), actor=system(), now=now)
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    two = questionnaire(item("q1"), item("q2"), *more, version=2)
    shipped_and_imported.import_document(database, as_file(two), actor=system(), now=now)
    page = people(Role.DESIGNER).get(f"{LIST}/phieu-mau/2/ra-soat")
    assert "Cột mới: fee." in page.text
    assert "có 3 cột" in page.text


def test_a_file_does_not_replace_a_draft_in_review(database: Database, now: datetime):
    shipped_and_imported.import_document(database, as_file(questionnaire()), actor=system(), now=now)
    drafts.submit(database, "phieu-mau", 1, actor=system(), now=now)
    other = as_file(questionnaire(item("q1", "Lời khác"), item("q2")))
    with pytest.raises(Conflict, match="is in review"):
        shipped_and_imported.import_document(database, other, actor=system(), now=now)
