"""Staff form fields take what Vietnamese civil servants type, and explain what they cannot take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, g
from werkzeug.datastructures import MultiDict

from survey.errors import Conflict, Forbidden, Invalid
from survey.web.staff import StaffRequest
from survey.web.staff_forms import Checks, Choice, Day, Fraction, Line, Paragraph, StaffForm, WholeNumber


class Sample(StaffForm):
    name = Line("Tên", required=False, most=20)
    text = Paragraph("Nội dung", required=False)
    day = Day("Ngày", required=False)
    number = WholeNumber("Số", required=False, low=1, high=5000)
    share = Fraction("Tỷ lệ", required=False)
    one = Choice("Chọn", choices=[("a", "A"), ("b", "B")], required=False)
    some = Checks("Chọn nhiều", choices=[("a", "A"), ("b", "B")], required=False)


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """Forms do not touch the record: one database is enough."""
    return str(request.param)


@pytest.fixture
def in_request(staff_app: Flask) -> Iterator[None]:
    with staff_app.test_request_context("/quan-tri/", method="POST"):
        g.staff = StaffRequest()
        yield


def filled(**entered: Any) -> Sample:
    form = Sample(
        MultiDict(
            [(k, v) for k, values in entered.items() for v in (values if isinstance(values, list) else [values])]
        ),
        meta={"csrf": False},
    )
    form.validate()
    return form


@pytest.mark.usefixtures("in_request")
class TestFields:
    @pytest.mark.parametrize(
        "typed", ["20/11/2026", "2026-11-20", "20-11-2026", "20.11.2026", " 20/11/2026 ", "20/11/ 2026"]
    )
    def test_days_are_read_as_people_write_them(self, typed: str) -> None:
        form = filled(day=typed)
        assert not form.errors
        assert form.day.data == date(2026, 11, 20)

    @pytest.mark.parametrize("typed", ["31/02/2026", "2026", "11/20/2026", "hôm nay", "20/11/26", "01/01/0001"])
    def test_days_that_are_none_are_explained_and_shown_again(self, typed: str) -> None:
        form = filled(day=typed)
        assert form.day.errors == ["Nhập ngày có thật theo dạng ngày/tháng/năm, ví dụ 20/11/2026."]
        assert f'value="{typed}"' in form.day()

    @pytest.mark.parametrize(("typed", "value"), [("12", 12), ("1.234", 1234), ("1 234", 1234), ("0012", 12)])
    def test_whole_numbers_may_be_grouped(self, typed: str, value: int) -> None:
        form = filled(number=typed)
        assert not form.errors
        assert form.number.data == value

    @pytest.mark.parametrize("typed", ["0", "5001", "-1", "1,5", "12.34", "mười", "１２３", "9" * 50])
    def test_numbers_beyond_the_limits_are_explained(self, typed: str) -> None:
        form = filled(number=typed)
        if typed == "１２３":  # full-width digits are digits
            assert form.number.data == 123
        else:
            assert form.number.errors == ["Nhập số nguyên từ 1 đến 5000."]

    @pytest.mark.parametrize(("typed", "value"), [("8,5", "8.5"), ("8.5", "8.5"), ("90 %", "90"), ("0", "0")])
    def test_fractions_take_either_decimal_sign(self, typed: str, value: str) -> None:
        assert filled(share=typed).share.data == Decimal(value)

    @pytest.mark.parametrize("typed", ["NaN", "Infinity", "1e5", "-1", "101", "8,5,5", "một"])
    def test_fractions_that_are_none_are_explained(self, typed: str) -> None:
        assert filled(share=typed).share.errors

    def test_lines_are_composed_and_trimmed(self) -> None:
        assert filled(name="  Phường   Hải Châu ").name.data == "Phường Hải Châu"

    def test_lines_that_are_too_long_are_explained(self) -> None:
        assert filled(name="x" * 21).name.errors == ["Viết tối đa 20 ký tự."]

    @pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800"])
    def test_characters_nobody_can_see_are_refused(self, character: str) -> None:
        assert filled(name=f"a{character}b").name.errors

    def test_paragraphs_keep_their_lines(self) -> None:
        assert filled(text=" một\r\nhai \r\n").text.data == "một\nhai"

    def test_choices_that_were_not_offered_are_refused_in_our_words(self) -> None:
        form = filled(one="z", some=["a", "z"])
        assert form.one.errors == ["Chọn một mục trong danh sách."]
        assert form.some.errors == ["Chọn ít nhất một mục."]

    def test_required_field_of_blanks_is_empty(self) -> None:
        class Needed(StaffForm):
            name = Line("Tên")

        form = Needed(MultiDict({"name": "   "}), meta={"csrf": False})
        assert not form.validate()
        assert form.name.errors == ["Không được để trống ô này."]
        assert "required" in form.name()


@pytest.mark.usefixtures("in_request")
class TestProblemsOfServices:
    def test_problems_stand_beside_their_fields_and_strays_above_the_form(self) -> None:
        form = filled()
        with form.problems():
            raise Invalid(
                "Please put this right.", {"name": "Fill in this field.", "elsewhere": "This text is too long."}
            )
        assert form.errors == {"name": ["Không được để trống ô này."], "": ["Nội dung quá dài."]}

    def test_sentence_without_fields_stands_above_the_form_with_its_values(self) -> None:
        form = filled()
        with form.problems():
            raise Conflict("There is no setting %(name)s.", name="x")
        assert form.errors == {"": ["Không có thiết lập x."]}

    def test_what_is_forbidden_is_a_page_of_its_own(self) -> None:
        with pytest.raises(Forbidden), filled().problems():
            raise Forbidden("no")
