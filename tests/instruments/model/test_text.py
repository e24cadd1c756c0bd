"""Words in several languages: fallback, placeholders, what is no text."""

from __future__ import annotations

import copy
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from instruments.model.text import Text, clean, heading_words, render, too_many_marks
from tests.instruments.factory import version


def test_language_asked_for_comes_first_then_vietnamese_then_any():
    assert Text(vi="Có", en="Yes").inside("en") == "Yes"
    assert Text(vi="Có", en="Yes").inside("fr") == "Có"
    assert Text(en="Yes", fr="Oui").inside("vi") == "Yes"


def test_language_actually_shown_is_told():
    assert Text(vi="Có", en="Yes").spoken_in("en") == "en"
    assert Text(vi="Có").spoken_in("en") == "vi"
    assert Text(fr="Oui").spoken_in("en") == "fr"


def test_source_language_stands_first_whatever_the_order_given():
    assert list(Text(en="Yes", vi="Có")) == ["vi", "en"]
    assert Text(en="Yes", vi="Có") == Text(vi="Có", en="Yes")
    assert hash(Text(en="Yes", vi="Có")) == hash(Text(vi="Có", en="Yes"))


def test_placeholders_are_filled_and_missing_ones_stay_visible():
    text = Text(vi="{service_point} có biển hiệu {khác} {Không phải}")
    filled = render(text, "vi", {"service_point": "Trung tâm"})
    assert filled == "Trung tâm có biển hiệu {khác} {Không phải}"
    assert render(text, "vi", {}) == text["vi"]
    assert text.placeholders() == {"service_point"}


def test_value_of_a_placeholder_is_not_read_as_a_placeholder():
    assert render(Text(vi="{a}{b}"), "vi", {"a": "{b}", "b": "x"}) == "{b}x"


def test_campaign_values_win_over_defaults_and_unknown_or_blank_ones_are_ignored():
    form = version(
        parameters=[{"code": "service_point", "name": {"vi": "Nơi"}, "default": {"vi": "Điểm", "en": "Point"}}],
        languages=[{"code": "vi", "role": "source"}, {"code": "en", "role": "translation", "grade": "draft"}],
    )
    assert form.parameter_values("en") == {"service_point": "Point"}
    assert form.parameter_values("vi", {"service_point": "Trung tâm", "x": "y"}) == {"service_point": "Trung tâm"}
    assert form.parameter_values("vi", {"service_point": ""}) == {"service_point": "Điểm"}


@pytest.mark.parametrize("words", ["", "  ", "a\x00", "a\x1b", "a\x85", "\ud800", "a\ufffe", "a\u202e", "\ufeffa"])
def test_what_is_no_text_is_refused(words: str):
    with pytest.raises(PydanticCustomError):
        Text(vi=words)


def test_line_breaks_and_tabs_are_text():
    assert clean("Dòng một\nDòng hai\t") == "Dòng một\nDòng hai\t"


def test_heaps_of_marks_are_refused_before_they_cost_anything():
    start = time.perf_counter()
    assert too_many_marks("a" + "\u0301\u0323" * 500_000)
    assert time.perf_counter() - start < 0.5
    assert not too_many_marks(unicodedata.normalize("NFD", "Ặ Ễ Ộ Ữ " * 1000))


def test_a_text_is_frozen_and_copies_are_equal():
    text = Text(vi="Có")
    with pytest.raises(AttributeError):
        text.vi = "Không"  # type: ignore[attr-defined]
    assert copy.deepcopy(text) == text


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40))
def test_cleaning_twice_is_cleaning_once(words: str):
    try:
        once = clean(words)
    except PydanticCustomError:
        return
    assert clean(once) == once == unicodedata.normalize("NFC", words)


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("I. CÔNG CHỨC TRỰC TIẾP GIẢI QUYẾT CÔNG VIỆC", "Công chức trực tiếp giải quyết công việc"),
        ("III. TIẾP NHẬN", "Tiếp nhận"),
        ("Khả năng tiếp cận", "Khả năng tiếp cận"),
        ("A. Khả năng tiếp cận", "Khả năng tiếp cận"),
        ("Cơ sở vật chất. Trang thiết bị", "Cơ sở vật chất. Trang thiết bị"),
    ],
)
def test_a_printed_heading_reads_without_its_number_and_capitals(printed: str, read: str):
    assert heading_words(printed) == read
