"""Conditions as rules of a style sheet: what can be told, and what stays in sight."""

from __future__ import annotations

import json
from typing import Any

import pytest

from instruments import codec
from survey.form import conditional_styles
from tests.instruments.factory import document, item, multiple, section, single


def style(*items: dict[str, Any]) -> str:
    return conditional_styles.style(codec.loads(json.dumps(document(section("main", *items)))))


def test_a_form_without_conditions_carries_no_rules() -> None:
    assert style(item("a", single(1, 2))) == ""


def test_a_condition_hides_its_question_and_its_sentence() -> None:
    rules = style(item("a", single(1, 2)), item("b", show_if="a == 2"))
    assert rules == (
        '@supports selector(:has(*)){#form:not(:has([name="a"][value="2"]:checked)) #q-b{display:none}'
        "#q-b .if{display:none}}"
    )


@pytest.mark.parametrize("condition", ["n > 3", "answered(t)", "a == 1 and n == 2", "not (n == 2)", "a == 1 or n == 2"])
def test_what_a_style_sheet_cannot_see_stays_in_sight(condition: str) -> None:
    asked = [
        item("a", single(1, 2)),
        item("n", {"kind": "number", "minimum": 0, "maximum": 9}),
        item("t", {"kind": "text"}),
    ]
    assert style(*asked, item("b", show_if=condition)) == ""


def test_an_answer_counts_only_while_its_own_question_is_shown() -> None:
    rules = style(
        item("a", single(1, 2)), item("b", multiple(1, 2), show_if="a == 1"), item("c", show_if="b includes 2")
    )
    a, b = ':has([name="a"][value="1"]:checked)', ':has([name="b"][value="2"]:checked)'
    assert f"#form:not({a}{b}) #q-c{{display:none}}" in rules


def test_a_condition_that_grows_too_long_leaves_its_question_in_sight() -> None:
    codes = range(1, 61)
    first = " or ".join(f"a == {code}" for code in codes)
    second = " or ".join(f"b == {code}" for code in codes)
    rules = style(
        item("a", single(*codes)), item("b", single(*codes), show_if=first), item("c", show_if=second),
        item("d", show_if="a == 1"),
    )  # fmt: skip
    assert "#q-b" in rules
    assert "#q-c" not in rules
    assert "#q-d" in rules
