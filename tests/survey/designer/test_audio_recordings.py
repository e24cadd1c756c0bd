"""Recordings by hand: put to a draft, heard on the citizen's form of a complete language, forgotten without use."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from instruments import codec, library
from instruments.model.document import InstrumentVersion
from instruments.model.recordings import heard, recording_of, spoken_elements, spoken_languages
from survey.database import Database
from survey.errors import Conflict, Forbidden, NotFound
from survey.models.people.accounts import Role
from survey.models.questionnaires.recordings import SoundFile
from survey.permissions import Actor, system
from survey.queries.people import accounts
from survey.queries.questionnaires import instruments as queries
from survey.services import housekeeping
from survey.services.questionnaires import drafts, publishing, recordings, shipped_and_imported
from survey.services.questionnaires.shipped_and_imported import row_of
from tests.factories.citizen import Citizen
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.factories.record import Record
from tests.factories.sounds import m4a, mp3
from tests.staff_client import Page, StaffClient

PAGE = "/quan-tri/bo-cau-hoi/phieu-mau/1/ghi-am"


@pytest.fixture
def draft(database: Database, now: datetime) -> None:
    keep(database, now)


def keep(database: Database, now: datetime, *items: dict[str, object], version: int = 1) -> None:
    document = questionnaire(*(items or (item("q1"), item("q2"))), version=version)
    shipped_and_imported.import_document(database, as_file(document), actor=system(), now=now)


def document(database: Database, number: int = 1) -> InstrumentVersion:
    with database.reading() as session:
        found = queries.document_of(session, "phieu-mau", number)
    assert found is not None
    return found


def upload(page: Page, **files: bytes) -> Page:
    form = page.form("ghi-am")
    for code, data in files.items():
        form.fields.add(f"file_{code}", (io.BytesIO(data), "am.exe"))
    return form.send()


def writer(record: Record, *services: str) -> Actor:
    account = record.account((Role.DESIGNER, record.unit(), services or ("admin",)))
    with record.database.reading() as session:
        found = accounts.actor(session, account.id)
    assert found is not None
    return found


def sounds(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(SoundFile)) or 0


# --- by hand -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("draft")
def test_files_of_several_questions_are_kept_with_one_button_and_can_be_heard(
    database: Database, people: Callable[..., StaffClient]
):
    browser = people(Role.DESIGNER)
    page = upload(browser.get(PAGE), q1=mp3(40, tags=True), q2=m4a())
    assert "Đã giữ 2 bản ghi âm." in page.text
    assert spoken_languages(document(database)) == ("vi",)
    held = recording_of(document(database), document(database).item("q1"), "vi")
    assert held is not None
    assert held.seconds == pytest.approx(40 * 1152 / 44100, abs=0.01)
    sent = browser.browser.get(f"/quan-tri/bo-cau-hoi/am-thanh/{held.file}")
    assert sent.data == mp3(40)
    assert sent.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("draft")
def test_what_is_no_recording_is_named_beside_its_question_and_the_others_are_kept(
    database: Database, people: Callable[..., StaffClient]
):
    page = upload(people(Role.DESIGNER).get(PAGE), q1=b"<script>alert(1)</script>" * 30, q2=mp3())
    assert page.status == 422
    (problem,) = page.problems
    assert problem.startswith("Lỗi: Đây không phải tệp ghi âm mà điện thoại phát được.")
    assert [one.recorded for one in heard(document(database))] == [1]
    assert sounds(database) == 1


@pytest.mark.usefixtures("draft")
def test_without_a_file_nothing_changes_and_the_page_says_so(database: Database, people: Callable[..., StaffClient]):
    before = document(database)
    assert "Hãy chọn ít nhất một bản ghi âm trước." in upload(people(Role.DESIGNER).get(PAGE)).text
    assert document(database) == before


@pytest.mark.usefixtures("draft")
def test_a_recording_is_taken_out_again(database: Database, people: Callable[..., StaffClient]):
    before = codec.dumps(document(database))
    page = upload(people(Role.DESIGNER).get(PAGE), q1=mp3())
    form = page.form("ghi-am")
    form.fields["drop"] = "q1"
    assert "Đã bỏ bản ghi âm." in form.send().text
    assert codec.dumps(document(database)) == before


@pytest.mark.usefixtures("draft")
def test_recordings_of_an_earlier_version_are_brought_over_but_not_of_other_words(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    browser = people(Role.DESIGNER)
    upload(browser.get(PAGE), q1=mp3(40), q2=mp3(50))
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    keep(database, now, item("q1"), item("q2", "Câu hỏi đã viết lại"), item("q3"), version=2)
    second = PAGE.replace("/1/", "/2/")
    form = browser.get(second).form("ghi-am")
    assert form.fields["earlier"] == "1"
    page = form.send()
    assert "Đã mang sang 1 bản ghi âm" in page.text
    assert "1/3" in page.text
    old, new = document(database), document(database, 2)
    assert recording_of(new, new.item("q1"), "vi") == recording_of(old, old.item("q1"), "vi")
    assert new.item("q2").audio == ()


@pytest.mark.usefixtures("draft")
def test_a_reworded_question_is_marked_on_the_page(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    browser = people(Role.DESIGNER)
    upload(browser.get(PAGE), q1=mp3(40), q2=mp3(50))
    held = codec.document(document(database))
    held["sections"][0]["elements"][1]["text"] = {"vi": "Câu hỏi đã viết lại"}
    shipped_and_imported.import_document(database, as_file(held), actor=system(), now=now)
    assert "lời đã đổi: cần ghi lại" in browser.get(PAGE).text
    assert spoken_languages(document(database)) == ()


@pytest.mark.usefixtures("draft")
def test_a_published_version_takes_no_recording(
    database: Database, now: datetime, record: Record, people: Callable[..., StaffClient]
):
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    browser = people(Role.DESIGNER)
    page = browser.get(PAGE)
    assert "Phiên bản này đã phát hành và không bao giờ thay đổi." in page.text
    assert [form.action for form in page.forms() if "ghi-am" in form.action] == []
    with pytest.raises(Conflict):
        recordings.put(database, "phieu-mau", 1, {"q1": mp3()}, "vi", actor=writer(record), now=now)
    assert sounds(database) == 0


@pytest.mark.usefixtures("draft")
def test_only_who_writes_questionnaires_of_the_service_may_change_recordings(
    database: Database, now: datetime, record: Record, people: Callable[..., StaffClient]
):
    for role in (Role.APPROVER, Role.ANALYST):
        browser = people(role)
        token = next(browser.get("/quan-tri/").forms()).fields["csrf_token"]
        assert browser.open(PAGE, method="POST", data={"csrf_token": token}).status == 403
    for problem, change in (
        (Forbidden, lambda a: recordings.put(database, "phieu-mau", 1, {"q1": mp3()}, "vi", actor=a, now=now)),
        (Forbidden, lambda a: recordings.drop(database, "phieu-mau", 1, "q1", "vi", actor=a, now=now)),
        (Forbidden, lambda a: recordings.take_over(database, "phieu-mau", 1, 1, actor=a, now=now)),
    ):
        with pytest.raises(problem):
            change(writer(record, "health"))
    assert sounds(database) == 0


@pytest.mark.usefixtures("draft")
def test_texts_and_languages_that_are_not_there_are_named(database: Database, now: datetime, record: Record):
    actor = writer(record)
    with pytest.raises(NotFound, match="q9"):
        recordings.put(database, "phieu-mau", 1, {"q9": mp3()}, "vi", actor=actor, now=now)
    for language in ("fr", ""):
        with pytest.raises(NotFound, match=f"language {language}"):
            recordings.put(database, "phieu-mau", 1, {"q1": mp3()}, language, actor=actor, now=now)
    assert sounds(database) == 0


# --- on the citizen's form ---------------------------------------------------------------------------------------


def spoken_form(record: Record, database: Database, now: datetime, *, leave: int = 0, says_field: bool = True) -> str:
    """An open form whose texts are read aloud in Vietnamese, but for the last `leave`. Answers its entry code."""
    held = library.load("one-stop-short").model_copy(update={"code": "phieu-noi"})
    shipped_and_imported.import_document(database, codec.dumps(held).encode(), actor=system(), now=now)
    codes = [one.code for one in spoken_elements(held)]
    files = {code: mp3(40 + n) for n, code in enumerate(codes[: len(codes) - leave])}
    recordings.put(database, "phieu-noi", 1, files, "vi", actor=system(), now=now)
    publishing.publish(database, "phieu-noi", 1, actor=system(), now=now)
    with database.reading() as session:
        version = row_of(session, "phieu-noi", 1)
    unit = record.unit()
    channel = record.channel(record.wave(version=version, unit=unit))
    field = record.field()
    return record.entry_code(record.point(channel, unit=unit), field_id=field.id if says_field else None).code


def test_a_spoken_form_plays_each_question_without_a_script(
    client: FlaskClient, record: Record, database: Database, now: datetime
):
    code = spoken_form(record, database, now)
    page = client.get(f"/{code}").text
    assert page.count('<audio controls preload="none"') == len(spoken_elements(library.load("one-stop-short")))
    assert "<script" not in page
    assert "Khó đọc chữ? Bấm ▶ ở mỗi câu hỏi để nghe đọc." in page
    source = page.split('<audio controls preload="none" src="')[1].split('"')[0]
    sent = client.get(source)
    assert sent.data == mp3(40)
    assert sent.mimetype == "audio/mpeg"
    assert sent.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in sent.headers
    assert source == f"/am-thanh/{hashlib.sha256(mp3(40)).hexdigest()}.mp3"


def test_a_form_that_is_not_read_aloud_as_a_whole_is_not_offered_as_spoken(
    client: FlaskClient, record: Record, database: Database, now: datetime
):
    page = client.get(f"/{spoken_form(record, database, now, leave=1)}").text
    assert "audio" not in page
    assert "nghe" not in page


def test_a_form_that_first_asks_for_the_field_is_not_offered_as_spoken(
    client: FlaskClient, record: Record, database: Database, now: datetime
):
    code = spoken_form(record, database, now, says_field=False)
    page = client.get(f"/{code}").text
    assert 'name="_field"' in page
    assert "audio" not in page
    assert "nghe" not in page
    english = client.post(f"/{code}", data={"_key": Citizen(client, code).open(), "_shown_in": "vi", "_language": "en"})
    assert "🔊" not in english.text


def test_who_records_is_told_where_the_form_is_not_offered_as_spoken(
    database: Database, now: datetime, people: Callable[..., StaffClient]
):
    keep(database, now, item("q1"))
    page = people(Role.DESIGNER).get(PAGE)
    told = "Mã chưa cho biết lĩnh vực thủ tục"
    assert told not in page.text
    assert told in upload(page, q1=mp3(40)).text


def test_the_other_language_says_that_vietnamese_can_be_heard(
    client: FlaskClient, record: Record, database: Database, now: datetime
):
    code = spoken_form(record, database, now)
    english = client.post(f"/{code}", data={"_key": Citizen(client, code).open(), "_shown_in": "vi", "_language": "en"})
    button = english.text.split('name="_language" value="vi"')[1].split("</button>")[0]
    assert "🔊" in button
    assert "can be heard" in button
    assert "<audio" not in english.text


def test_a_form_without_recordings_weighs_what_it_did(client: FlaskClient, record: Record):
    page = client.get(f"/{record.form('one-stop-short').code}").text
    assert "audio" not in page
    assert "🔊" not in page
    assert ".ear" not in page


@pytest.mark.parametrize("part", ["bytes=0-1", "bytes=100-", "bytes=-50"])
def test_players_are_sent_the_piece_they_ask_for(
    client: FlaskClient, record: Record, database: Database, now: datetime, part: str
):
    spoken_form(record, database, now)
    address = f"/am-thanh/{hashlib.sha256(mp3(40)).hexdigest()}.mp3"
    sent = client.get(address, headers={"Range": part})
    whole = mp3(40)
    wanted = {"bytes=0-1": whole[:2], "bytes=100-": whole[100:], "bytes=-50": whole[-50:]}[part]
    assert (sent.status_code, sent.data) == (206, wanted)
    assert sent.headers["Content-Range"].endswith(f"/{len(whole)}")
    again = client.get(address, headers={"If-None-Match": sent.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["x.mp3", "0" * 64 + ".mp3", "../../etc/passwd", "0" * 64 + ".html", "%00.mp3"])
def test_other_names_are_not_there(client: FlaskClient, name: str):
    assert client.get(f"/am-thanh/{name}").status_code == 404


# --- forgetting --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("draft")
def test_files_that_no_questionnaire_names_are_forgotten_after_two_days(
    database: Database, now: datetime, record: Record, tmp_path: Path
):
    actor = writer(record)
    recordings.put(database, "phieu-mau", 1, {"q1": mp3(40), "q2": mp3(50)}, "vi", actor=actor, now=now)
    recordings.drop(database, "phieu-mau", 1, "q1", "vi", actor=actor, now=now)
    housekeeping.tidy(database, tmp_path, now + timedelta(days=3))
    assert sounds(database) == 2, "undoing may bring the one that was taken out back"
    drafts.discard(database, "phieu-mau", 1, actor=actor, now=now)
    housekeeping.tidy(database, tmp_path, now + timedelta(days=1))
    assert sounds(database) == 2
    housekeeping.tidy(database, tmp_path, now + timedelta(days=3))
    assert sounds(database) == 0


@pytest.mark.usefixtures("draft")
def test_taking_a_recording_out_can_be_undone_at_the_desk(database: Database, now: datetime, record: Record):
    actor = writer(record)
    recordings.put(database, "phieu-mau", 1, {"q1": mp3(40)}, "vi", actor=actor, now=now)
    recordings.drop(database, "phieu-mau", 1, "q1", "vi", actor=actor, now=now)
    assert document(database).item("q1").audio == ()
    drafts.undo(database, "phieu-mau", 1, base=2, actor=actor, now=now)
    assert recording_of(document(database), document(database).item("q1"), "vi") is not None
