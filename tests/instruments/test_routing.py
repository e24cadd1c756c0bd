"""Who sees which question, on which page."""

from __future__ import annotations

import json
import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import codec, routing
from tests.instruments.factory import document, draft, item, multiple, section, single, version, words

BRANCHING = version(
    section("a", item("q1", single(1, 2)), item("q2", single(1, 2), show_if="q1 == 2")),
    section(
        "b",
        {"type": "statement", "code": "s1", "text": words("Lời dẫn"), "grade": "verbatim"},
        item("q3", show_if="q2 == 1"),
        show_if="answered(q1)",
    ),
)


def test_conditions_look_back_and_hidden_answers_count_as_absent():
    assert routing.visible(BRANCHING, {}) == {"q1"}
    assert routing.visible(BRANCHING, {"q1": 2}) == {"q1", "q2"}
    assert routing.visible(BRANCHING, {"q1": 2, "q2": 1}) == {"q1", "q2", "q3"}
    assert routing.visible(BRANCHING, {"q1": 1, "q2": 1}) == {"q1"}  # q2 was sent, but is hidden


def test_section_without_a_shown_question_shows_no_words():
    assert routing.shown(BRANCHING, {"q1": 2}).statements == frozenset()
    assert routing.shown(BRANCHING, {"q1": 2, "q2": 1}).statements == {"s1"}
    assert routing.shown(BRANCHING, {"q1": 2}).sections == {"a"}


def test_questions_that_are_not_asked_are_never_visible():
    form = version(section("a", item("q1"), item("h_day", {"kind": "date"}, asked=False, hideable=True)))
    assert routing.visible(form, {"h_day": 20261120}) == {"q1"}


def form_of(items: int, **changes: object):
    rated = [item(f"q{n}") for n in range(items)]
    voluntary = [item(f"r_{n}", single(1, 2), voluntary=True) for n in range(3)]
    return version(section("a", *rated[:2]), section("b", *rated[2:]), section("c", *voluntary), **changes)


@pytest.mark.parametrize(("items", "pages"), [(12, 1), (13, 3)])
def test_auto_shows_one_page_up_to_twelve_questions_put_to_everyone(items: int, pages: int):
    found = routing.pages(form_of(items))
    assert [page.number for page in found] == list(range(1, pages + 1))
    assert {page.total for page in found} == {pages}
    assert sum(len(page.items) for page in found) == items + 3


def test_pages_are_a_setting():
    assert len(routing.pages(form_of(26, display={"pages": "one"}))) == 1
    assert len(routing.pages(form_of(3, display={"pages": "sections"}))) == 3


def test_section_in_which_nothing_is_asked_makes_no_page():
    header = section("header", item("h_x", single(1, 2), asked=False, hideable=True))
    form = version(header, section("a", item("q1")), display={"pages": "sections"})
    assert [page.sections[0].code for page in routing.pages(form)] == ["a"]


@pytest.mark.parametrize(
    ("condition", "reachable"),
    [
        ("q1 == 1", True),
        ("q1 == 1 and q1 == 2", False),
        ("q1 == 1 and not answered(q1)", False),
        ("m includes 1 and m not includes 1", False),
        ("m includes 1 and m includes 2", True),
        ("answered(m) and m not includes 1 and m not includes 2", False),
        ("n > 5 and n < 6", False),
        ("n > 5 and n < 7", True),
        ("n > 10", False),
        ("n >= 10", True),
        ("answered(t)", True),
        ("q2 == 1 and q1 == 1", False),
        ("hidden == 1", False),
    ],
)
def test_question_nobody_can_get_is_found(condition: str, reachable: bool):
    form = version(
        section(
            "a",
            item("q1", single(1, 2)),
            item("q2", single(1, 2), show_if="q1 == 2"),
            item("m", multiple(1, 2)),
            item("n", {"kind": "number", "minimum": 0, "maximum": 10}),
            item("t", {"kind": "text"}),
            item("hidden", single(1, 2), asked=False, hideable=True),
            item("x", show_if=condition),
        )
    )
    assert (("x",) if not reachable else ()) == routing.unreachable(form)


def test_draft_that_contradicts_itself_can_still_be_previewed():
    form = draft(section("a", item("q1", show_if="q9 == 1"), item("q2", show_if="q1 =="), item("q3")))
    assert routing.visible(form, {}) == {"q2", "q3"}
    assert routing.unreachable(form) == ()


def test_statement_is_found_by_its_code():
    assert routing.statement(BRANCHING, "s1").text["vi"] == "Lời dẫn"
    with pytest.raises(KeyError):
        routing.statement(BRANCHING, "q1")


def test_what_an_item_depends_on_is_followed_to_the_root():
    assert routing.asked_about(BRANCHING, "q3") == {"q1", "q2"}


@given(st.dictionaries(st.sampled_from(["q1", "q2", "q3", "zz"]), st.integers(0, 3)))
def test_visibility_depends_only_on_visible_answers(answers: dict[str, int]):
    seen = routing.visible(BRANCHING, answers)
    assert routing.visible(BRANCHING, {code: value for code, value in answers.items() if code in seen}) == seen


SMALL_CONDITIONS = st.recursive(
    st.sampled_from(
        [
            "q1 == 1",
            "q1 != 2",
            "q2 == 1",
            "q2 in (1, 2)",
            "m includes 1",
            "m not includes 2",
            "blank(q2)",
            "answered(m)",
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) and ({two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) or ({two[1]})"),
    ),
    max_leaves=4,
)


@settings(max_examples=80, deadline=None)
@given(SMALL_CONDITIONS, SMALL_CONDITIONS)
def test_unreachable_means_that_no_answers_whatever_show_it(on_m: str, on_x: str):
    form = draft(
        section(
            "a",
            item("q1", single(1, 2)),
            item("q2", single(1, 2), show_if="q1 == 1"),
            item("m", multiple(1, 2, 3), show_if=on_m),
            item("x", show_if=on_x),
        )
    )
    subsets = [None, (1,), (2,), (3,), (1, 2), (1, 3), (2, 3), (1, 2, 3)]
    seen: set[str] = set()
    for q1, q2, m in product((None, 1, 2), (None, 1, 2), subsets):
        answers = {code: value for code, value in (("q1", q1), ("q2", q2), ("m", m)) if value is not None}
        seen |= routing.visible(form, answers)
    assert set(routing.unreachable(form)) == {"q1", "q2", "m", "x"} - seen


def test_hostile_number_of_combinations_ends_soon_and_reports_nothing():
    choices = [item(f"q{n}", multiple(*range(1, 12))) for n in range(4)]
    impossible = " and ".join(f"q{n} includes {code}" for n in range(4) for code in range(1, 12)) + " and blank(q0)"
    form = version(section("a", *choices, *(item(f"x{n}", show_if=impossible) for n in range(50))))
    start = time.perf_counter()
    assert routing.unreachable(form) == ()
    assert time.perf_counter() - start < 2


def test_every_question_of_a_form_without_conditions_is_visible():
    form = codec.loads(json.dumps(document(section("a", *(item(f"q{n}") for n in range(30))))))
    assert len(routing.visible(form, {})) == 30
