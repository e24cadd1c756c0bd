"""Taking answers exactly once, through the form: what a citizen is shown whatever is sent, and what is stored."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.database import Database
from survey.models.intake.responses import Comment, Disposition, SubmissionCount
from survey.tokens import SubmissionKey, Tokens
from tests.factories.answers import close, rows, the_row
from tests.factories.citizen import Citizen
from tests.factories.record import Form, Record

TOKENS = Tokens((b"k" * 32,))


@pytest.fixture
def form(record: Record) -> Form:
    return record.form()


@pytest.fixture
def citizen(client: FlaskClient, form: Form) -> Citizen:
    return Citizen(client, form.code)


def test_double_sending_gets_the_same_thank_you_page_twice(citizen: Citizen, database: Database) -> None:
    key = citizen.open()
    first, second = citizen.send(key), citizen.send(key)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert rows(database) == 1
    assert citizen.client.get(first.location).status_code == 200


def test_changed_resend_says_that_the_first_sending_stands(citizen: Citizen, database: Database) -> None:
    key = citizen.open()
    citizen.send(key)
    again = citizen.send(key, {"q1": "1"})
    assert again.status_code == 303
    assert "Hệ thống đã ghi nhận lần gửi đầu" in citizen.client.get(again.location).text
    assert rows(database) == 1


@pytest.mark.parametrize("key", ["", "not-a-key", "A" * 72])
def test_a_forged_key_stores_nothing_and_gives_the_answers_back(citizen: Citizen, database: Database, key: str) -> None:
    page = citizen.send(key)
    assert page.status_code == 422
    assert page.text.count(" checked") == 9
    assert rows(database) == 0


def test_a_key_of_another_code_is_not_taken(
    record: Record, client: FlaskClient, form: Form, database: Database
) -> None:
    other = record.entry_code(record.point(form.channel, unit=form.unit), "Z9Z9Z9")
    key = Citizen(client, form.code).open()
    assert Citizen(client, other.code).send(key).status_code == 422
    assert rows(database) == 0


def test_a_key_changed_by_one_letter_is_not_taken(citizen: Citizen, database: Database) -> None:
    key = citizen.open()
    changed = key[:10] + ("A" if key[10] != "A" else "B") + key[11:]
    assert citizen.send(changed).status_code == 422
    assert rows(database) == 0


@pytest.mark.parametrize(
    ("answers_sent", "sentence"),
    [
        ({"q1": "9"}, "Xin chọn một trong các câu trả lời có sẵn"),
        ({"q1": ["1", "2"]}, "Xin chỉ chọn một câu trả lời"),
        ({"q99": "1"}, "Phiếu này không có câu hỏi"),
        ({"comment": "x" * 2001}, "nội dung có 2001 ký tự"),
        ({"comment": "ba\x00con"}, "ký tự không lưu được"),
    ],
)
def test_what_cannot_be_taken_is_explained_and_nothing_is_half_written(
    citizen: Citizen, database: Database, answers_sent: dict[str, object], sentence: str
) -> None:
    page = citizen.send(citizen.open(), {"q2": "5", **answers_sent})
    assert page.status_code == 422
    assert sentence in page.text
    assert "<title>Lỗi:" in page.text
    assert 'name="q2" value="5" checked' in page.text
    assert rows(database) == 0


def test_a_long_comment_comes_back_whole_in_its_box(citizen: Citizen) -> None:
    comment = "Chờ lâu. " * 300
    page = citizen.send(citizen.open(), {"q1": "4", "comment": comment})
    assert comment.strip() in page.text


def test_a_lone_surrogate_is_pointed_out_and_not_stored(citizen: Citizen, database: Database) -> None:
    body = f"_key={citizen.open()}&q1=4&comment=%ED%A0%80abc".encode()
    page = citizen.client.post(f"/{citizen.code}", data=body, content_type="application/x-www-form-urlencoded")
    assert page.status_code == 422
    assert "bị hỏng" in page.text
    assert rows(database) == 0


def test_decomposed_vietnamese_is_stored_composed(citizen: Citizen, database: Database) -> None:
    citizen.send(citizen.open(), {"q1": "4", "comment": "Ca\u0302\u0300n nhanh ho\u031bn"})
    with database.reading() as session:
        assert session.scalars(select(Comment.text)).one() == "Cần nhanh hơn"


def test_the_language_button_keeps_what_was_answered_and_the_key(citizen: Citizen, database: Database) -> None:
    key = citizen.open()
    page = citizen.send(key, {"q1": "5", "comment": "Tốt"}, _language="en")
    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    assert 'name="q1" value="5" checked' in page.text
    assert ">\nTốt</textarea>" in page.text
    assert key in page.text
    assert rows(database) == 0


def test_a_body_above_two_mebibytes_gets_a_page_that_says_what_to_do(citizen: Citizen, database: Database) -> None:
    page = citizen.client.post(f"/{citizen.code}", data={"_key": citizen.open(), "comment": "x" * 2_300_000})
    assert page.status_code == 413
    assert "Quay lại" in page.text
    assert rows(database) == 0


def test_a_body_of_almost_two_mebibytes_is_read_and_explained(citizen: Citizen) -> None:
    page = citizen.send(citizen.open(), {"q1": "4", "comment": "x" * 2_000_000})
    assert page.status_code == 422
    assert "2000000 ký tự" in page.text


@pytest.mark.parametrize("path", ["/Z9Z9Z9", "/B7K2M9QX", "/abc123"])
def test_an_unknown_code_gets_a_helpful_page(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 404
    assert "Không tìm thấy mã này" in page.text
    assert 'name="ma"' in page.text


def test_codes_work_in_either_case(client: FlaskClient, form: Form) -> None:
    assert client.get(f"/{form.code.lower()}").status_code == 200


def test_a_closed_wave_has_a_plain_page_with_its_day(
    client: FlaskClient, form: Form, database: Database, now: datetime
) -> None:
    close(database, form.wave, now)
    page = client.get(f"/{form.code}")
    assert page.status_code == 410
    assert "Đợt khảo sát đã kết thúc" in page.text
    assert "20/11/2026" in page.text


def test_a_get_of_the_form_writes_nothing(client: FlaskClient, form: Form, database: Database) -> None:
    client.get(f"/{form.code}")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SubmissionCount)) == 0


def test_the_field_is_asked_when_the_code_does_not_say_it(
    record: Record, client: FlaskClient, form: Form, database: Database
) -> None:
    open_code = record.entry_code(record.point(form.channel, unit=form.unit), "H4H4H4")
    citizen = Citizen(client, open_code.code)
    field = record.field(name="Đất đai")
    assert "Ông/Bà đã giải quyết thủ tục thuộc lĩnh vực nào?" in client.get("/H4H4H4").text
    citizen.send(citizen.open(), _field=str(field.id))
    assert the_row(database).field_id == field.id


def test_an_invented_field_counts_as_other(record: Record, client: FlaskClient, form: Form, database: Database) -> None:
    record.entry_code(record.point(form.channel, unit=form.unit), "H4H4H4")
    citizen = Citizen(client, "H4H4H4")
    assert citizen.send(citizen.open(), _field="987654").status_code == 303
    assert the_row(database).field_id is None


def test_no_cookie_is_ever_set_for_a_citizen(citizen: Citizen) -> None:
    sent = citizen.send(citizen.open())
    for response in (citizen.client.get(f"/{citizen.code}"), sent, citizen.client.get(sent.location)):
        assert "Set-Cookie" not in response.headers


def test_the_receipt_is_shown_only_on_request_and_deletes_the_answers(citizen: Citizen, database: Database) -> None:
    sent = citizen.send(citizen.open())
    assert 'class="code"' not in citizen.client.get(sent.location).text
    page = citizen.client.get(f"{sent.location}?ma=1").text
    code = page.split('class="code">')[1].split("<")[0]
    checked = citizen.client.post("/ma-phieu", data={"ma": code.lower()})
    assert "Phiếu của Ông/Bà đã được tính" in checked.text
    assert citizen.client.post("/ma-phieu", data={"ma": code, "lam": "xoa"}).status_code == 303
    assert the_row(database).disposition is Disposition.DELETED
    assert "Không có câu trả lời nào" in citizen.client.post("/ma-phieu", data={"ma": code}).text


def test_a_thank_you_address_shows_the_receipt_for_at_most_fifteen_minutes(now: datetime) -> None:
    key = SubmissionKey(b"r" * 16, int(now.timestamp()), 1, 1, "A7K2M9")
    for seconds in (0, 299, 300, 3_000):
        sent_at = now + timedelta(seconds=seconds)
        thanks = TOKENS.read_thanks(TOKENS.thanks(key, now=sent_at))
        assert thanks is not None
        assert 600 < thanks.closes - sent_at.timestamp() <= 900
