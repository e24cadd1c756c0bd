"""What the page of a form says of itself: short, and nothing twice."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from instruments import library
from survey.form.page import Addresses, FormPage, Place, Province, QuestionView, form_page
from tests.factories.record import Record

PROVINCE = Province(name="thành phố Đà Nẵng", domain="", hotline="1022", retention_months=24)


def page(
    app: Flask, instrument: str, *, agency: str = "Sở Xây dựng thành phố Đà Nẵng", received_at: str = ""
) -> FormPage:
    place = Place(
        agency=agency, point="Quầy số 1", received_at=received_at, asked_by="Sở Nội vụ",
        synthetic=False, asks_field=False,
    )  # fmt: skip
    with app.test_request_context():
        return form_page(
            place, library.load(instrument), Addresses(send="/A7K2M9"), language="vi", province=PROVINCE, fields=()
        )


def groups(shown: FormPage, part: int) -> set[str]:
    return {b.group for b in shown.parts[part].blocks if isinstance(b, QuestionView)}


def test_agency_is_not_named_twice_beside_its_own_counter(app: Flask) -> None:
    own = page(app, "one-stop-short", received_at="Bộ phận Một cửa Sở Xây dựng thành phố Đà Nẵng")
    assert own.place == "Quầy số 1, Bộ phận Một cửa"
    centre = "Trung tâm Phục vụ hành chính công phường An Hải"
    ward = page(app, "one-stop-short", agency="Phường An Hải", received_at=centre)
    assert ward.place == "Quầy số 1, Trung tâm Phục vụ hành chính công"
    assert page(app, "one-stop-short", received_at="Sở Xây dựng thành phố Đà Nẵng").place == "Quầy số 1"
    assert page(app, "one-stop-short", received_at="Phường Hải Châu").place == "Quầy số 1, Phường Hải Châu"


def test_a_question_does_not_repeat_the_title_of_its_part(app: Flask) -> None:
    in_parts = page(app, "byt56-m3")
    assert in_parts.parts[0].title.casefold().endswith("khả năng tiếp cận")
    assert groups(in_parts, 0) == {""}
    assert any(groups(page(app, "one-stop-short"), 0)), "on one page the factor is said with each question"


def places(shown: FormPage) -> list[str]:
    return [b.place for part in shown.parts for b in part.blocks if isinstance(b, QuestionView) and b.place]


def test_a_form_that_prints_its_own_numbers_gets_no_second_one(app: Flask) -> None:
    """SIPAS prints "Câu 2." inside its ninth question."""
    assert places(page(app, "one-stop-short"))[:2] == ["Câu 1 trên 10", "Câu 2 trên 10"]
    sipas = places(page(app, "sipas-2026"))
    assert sipas[8] == f"9 / {len(sipas)}"


def test_the_box_beside_other_stands_under_its_own_row(client: FlaskClient, record: Record) -> None:
    shown = client.get(f"/{record.form('byt56-m3').code}").text
    rows = re.findall(r'name="(e4[^"]*)"(?: value="(\d*)")?', shown)
    assert rows.index(("e4__other", "")) == rows.index(("e4", "4")) + 1
