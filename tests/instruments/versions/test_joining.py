"""Several versions in one table: which questions share a column."""

from __future__ import annotations

import pytest

from instruments.versions.joining import shared_columns
from tests.instruments.factory import item, section, single, version, words


def form(number, *items, **more):  # type: ignore[no-untyped-def]
    return version(section("main", *items), version=number, **more)


def columns(*versions):  # type: ignore[no-untyped-def]
    return {c.name: (c.versions, c.apart) for c in shared_columns(versions)}


def test_same_questions_share_a_column_and_reworded_and_rescaled_ones_do_not():
    first = form(1, item("q1"), item("q2"), item("q3"), item("q4"))
    second = form(2, item("q1"), item("q2", text=words("Lời khác")), item("q3", single(1, 2)), item("q5"))
    assert columns(first, second) == {
        "q1": ((1, 2), ""),
        "q2": ((1,), ""), "q2_v2": ((2,), "wording"),
        "q3": ((1,), ""), "q3_v2": ((2,), "scale"),
        "q4": ((1,), ""), "q5": ((2,), ""),
    }  # fmt: skip
    assert list(columns(first, second)) == ["q1", "q2", "q2_v2", "q3", "q3_v2", "q4", "q5"]


def test_order_of_the_versions_given_does_not_matter_and_one_given_twice_counts_once():
    first, second = form(1, item("q1")), form(2, item("q1", text=words("Lời khác")))
    assert shared_columns([second, first, second]) == shared_columns([first, second])


def test_a_question_that_says_again_what_it_said_comes_back_to_its_column():
    other = item("q1", text=words("Lời khác"))
    assert columns(form(1, item("q1")), form(2, other), form(3, item("q1")), form(4, other)) == {
        "q1": ((1, 3), ""),
        "q1_v2": ((2, 4), "wording"),
    }


def test_a_persons_mark_joins_and_what_follows_it_goes_on():
    mark = {"item": "q1", "with_version": 1, "reason": "Chỉ sửa chính tả"}
    second = form(2, item("q1", text=words("Câu hỏi q1?")), comparable=[mark])
    third = form(3, item("q1", text=words("Câu hỏi q1?")))
    assert columns(form(1, item("q1")), second, third) == {"q1": ((1, 2, 3), "")}


def test_no_column_takes_the_name_of_another_question():
    first, second = form(1, item("q1"), item("q1_v2")), form(2, item("q1", text=words("Lời khác")), item("q1_v2"))
    assert columns(first, second) == {
        "q1": ((1,), ""), "q1_v2_": ((2,), "wording"), "q1_v2": ((1, 2), ""),
    }  # fmt: skip


def test_what_is_not_asked_has_no_column():
    assert columns(form(1, item("q1"), item("q2", asked=False, hideable=True))) == {"q1": ((1,), "")}


def test_different_questionnaires_are_refused():
    with pytest.raises(ValueError, match="different questionnaires"):
        shared_columns([form(1, item("q1")), form(1, item("q1"), code="other")])
