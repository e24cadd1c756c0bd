"""What the page of a form says of itself: short, and nothing twice."""

from __future__ import annotations

from flask import Flask

from instruments import library
from survey.form_page import Addresses, FormPage, Place, Province, QuestionView, form_page

PROVINCE = Province(name="thành phố Đà Nẵng", domain="", hotline="1022", retention_months=24)


def page(app: Flask, instrument: str, *, received_at: str = "") -> FormPage:
    place = Place(
        agency="Sở Xây dựng thành phố Đà Nẵng", point="Quầy số 1", received_at=received_at, asked_by="Sở Nội vụ",
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
    assert page(app, "one-stop-short", received_at="Sở Xây dựng thành phố Đà Nẵng").place == "Quầy số 1"
    assert page(app, "one-stop-short", received_at="Phường Hải Châu").place == "Quầy số 1, Phường Hải Châu"


def test_a_question_does_not_repeat_the_title_of_its_part(app: Flask) -> None:
    in_parts = page(app, "byt56-m3")
    assert in_parts.parts[0].title.casefold().endswith("khả năng tiếp cận")
    assert groups(in_parts, 0) == {""}
    assert any(groups(page(app, "one-stop-short"), 0)), "on one page the factor is said with each question"
