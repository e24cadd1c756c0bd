"""Trying a questionnaire out: what is kept, for whom, how long, and that no result and no file ever sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from survey.config import ROOT
from survey.database import Database
from survey.models.intake.responses import Comment, Response
from survey.models.people.accounts import Account, Role
from survey.models.questionnaires.trials import TrialAnswer
from survey.permissions import system
from survey.queries.questionnaires import instruments as queries
from survey.services import housekeeping
from survey.services.estimates import answer_columns
from survey.services.questionnaires import publishing, shipped_and_imported
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.factories.record import Record
from tests.staff_client import StaffClient

PAGE = "/quan-tri/bo-cau-hoi/phieu-mau/1"
TRIED = f"{PAGE}/xem-thu/da-thu"
SignIn = Callable[[Account], StaffClient]


@pytest.fixture
def draft(database: Database, now: datetime) -> None:
    keep(database, now)


def keep(database: Database, now: datetime, *items: dict[str, object], version: int = 1) -> None:
    document = questionnaire(*(items or FORM), version=version)
    shipped_and_imported.import_document(database, as_file(document), actor=system(), now=now)


CHOICE = {
    "kind": "multiple",
    "options": [{"code": n, "label": {"vi": w}} for n, w in ((1, "Tại quầy"), (2, "Qua mạng"), (9, "Khác"))],
    "other": 9,
}
FORM = (
    item("q1"),
    item("how", "Ông/Bà nộp hồ sơ bằng cách nào?", response=CHOICE, factor=None),
    item("comment", "Ý kiến khác", response={"kind": "text"}, factor=None, voluntary=True),
)


def send(browser: StaffClient, address: str = PAGE, **answers: object) -> str:
    """Fill the preview in as a person would, and say what the page answers."""
    page = browser.get(f"{address}/xem-thu/trang")
    form = next(page.forms())
    for name, value in {"_send": "1", **answers}.items():
        form.fields.setlist(name, value if isinstance(value, list) else [value])
    return form.send().text


def kept(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(TrialAnswer)) or 0


@pytest.mark.usefixtures("draft")
def test_what_was_tried_is_listed_as_a_file_of_answers_would_hold_it(people: Callable[..., StaffClient]):
    browser = people(Role.DESIGNER)
    said = send(browser, q1="4", how=["1", "9"], how__other="Nhờ người nhà", comment="Xin cảm ơn")
    assert "Đây là trả lời thử: không được tính ở đâu cả." in said
    rows = browser.get(TRIED).rows()
    assert rows == [
        ["Cột", "Câu hỏi", "Mã", "Nghĩa là"],
        ["q1", "Câu hỏi q1", "4", "Hài lòng"],
        ["how", "Ông/Bà nộp hồ sơ bằng cách nào?", "1, 9", "Tại quầy; Khác"],
        ["how_other", "Ông/Bà nộp hồ sơ bằng cách nào?", "", "“Nhờ người nhà”"],
        ["comment", "Ý kiến khác", "", "“Xin cảm ơn”"],
    ]
    assert "Đã trả lời thử những gì? (1)" in browser.get(f"{PAGE}/xem-thu").text


@pytest.mark.usefixtures("draft")
def test_the_preview_refuses_what_the_citizens_form_refuses_and_keeps_nothing_of_it(
    database: Database, people: Callable[..., StaffClient]
):
    browser = people(Role.DESIGNER)
    assert "Xin chọn một trong các câu trả lời có sẵn" in send(browser, q1="7")
    assert "Chưa trả lời câu nào." in send(browser)
    assert kept(database) == 0


@pytest.mark.parametrize(("role", "keeps"), [(Role.APPROVER, 1), (Role.ANALYST, 0), (Role.FIELD_OFFICER, 0)])
def test_only_who_writes_or_approves_leaves_something_to_look_at(
    database: Database, now: datetime, people: Callable[..., StaffClient], role: Role, keeps: int
):
    keep(database, now)
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    browser = people(role)
    said = send(browser, q1="4")
    assert ("Đây là bản xem thử: không có gì được lưu." in said) is (keeps == 0)
    assert kept(database) == keeps
    assert browser.get(TRIED).status == (200 if keeps else 403)


def test_no_answer_of_a_trial_is_among_the_answers_of_a_wave(
    database: Database, now: datetime, record: Record, people: Callable[..., StaffClient]
):
    keep(database, now)
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    with database.reading() as session:
        version = shipped_and_imported.row_of(session, "phieu-mau", 1)
        document = queries.document_of(session, "phieu-mau", 1)
    assert document is not None
    wave = record.wave(version=version, unit=record.unit())
    channel = record.channel(wave)
    send(people(Role.DESIGNER), q1="4", comment="Thử")
    assert kept(database) == 1
    assert len(answer_columns.read(database, channel.id, document)) == 0
    with database.reading() as session:
        for table in (Response, Comment):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_nothing_but_trying_out_and_forgetting_reads_the_table_of_trials():
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "survey").rglob("*.py")
        if re.search(r"TrialAnswer\b|\btrial_answer\b", path.read_text("utf-8"))
    }
    assert readers == {
        "survey/models/questionnaires/trials.py",
        "survey/queries/questionnaires/trials.py",
        "survey/services/questionnaires/trials.py",
        "survey/migrations/versions/0004_recordings_and_trials.py",
    }
    pointing = [column.name for column in TrialAnswer.__table__.columns if column.foreign_keys]
    assert pointing == ["version_id"], "belongs to no wave, channel or unit"


@pytest.mark.usefixtures("draft")
def test_answers_to_an_earlier_state_of_a_draft_are_not_shown_and_go(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    browser = people(Role.DESIGNER)
    send(browser, q1="4")
    keep(database, now, item("q1"), item("q2"))
    assert browser.get(TRIED).rows() == []
    send(browser, q2="3")
    assert [row[0] for row in browser.get(TRIED).rows()[1:]] == ["q2"]
    assert kept(database) == 1


@pytest.mark.usefixtures("draft")
def test_trials_go_after_a_week_or_at_the_press_of_a_button(
    database: Database, now: datetime, tmp_path: Path, people: Callable[..., StaffClient]
):
    browser = people(Role.DESIGNER)
    send(browser, q1="4")
    housekeeping.tidy(database, tmp_path, now + timedelta(days=6))
    assert kept(database) == 1
    housekeeping.tidy(database, tmp_path, now + timedelta(days=8))
    assert kept(database) == 0
    send(browser, q1="5")
    page = browser.get(TRIED).form("da-thu/xoa").send()
    assert "Đã xóa các câu trả lời thử." in page.text
    assert kept(database) == 0


@pytest.mark.usefixtures("draft")
def test_only_the_newest_twenty_are_kept(database: Database, people: Callable[..., StaffClient]):
    browser = people(Role.DESIGNER)
    for n in range(23):
        send(browser, q1=str(n % 5 + 1))
    assert kept(database) == 20
    with database.reading() as session:
        newest = session.scalars(select(TrialAnswer.codes).order_by(TrialAnswer.id.desc()).limit(1)).one()
    assert json.loads(newest) == {"q1": 22 % 5 + 1}


@pytest.mark.usefixtures("draft")
def test_trials_of_another_service_are_neither_seen_nor_deleted(
    database: Database, now: datetime, record: Record, sign_in: SignIn, people: Callable[..., StaffClient]
):
    send(people(Role.DESIGNER), q1="4")
    stranger = people(Role.DESIGNER, services=("health",))
    token = next(stranger.get("/quan-tri/").forms()).fields["csrf_token"]
    assert stranger.get(TRIED).status == 404
    assert stranger.open(f"{TRIED}/xoa", method="POST", data={"csrf_token": token}).status == 404
    assert kept(database) == 1
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    root = record.unit()
    reader = sign_in(record.account((Role.DESIGNER, root, ("health",)), (Role.ANALYST, root, ("admin",))))
    token = next(reader.get(PAGE).forms()).fields["csrf_token"]
    assert reader.get(TRIED).status == 404
    assert reader.open(f"{TRIED}/xoa", method="POST", data={"csrf_token": token}).status == 403
    assert kept(database) == 1
