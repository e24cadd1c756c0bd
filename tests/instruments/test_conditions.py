"""The condition language: what is read, what is refused and where, what holds."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments import conditions
from instruments.conditions import And, Answered, Blank, Compare, ConditionError, In, Includes, Not, Or


def holds(source: str, **answers: conditions.Value) -> bool:
    return conditions.evaluate(conditions.parse(source), answers)


def test_a_condition_is_read_into_a_tree():
    assert conditions.parse("q5 == 2 and not (q2 includes 7)") == And((Compare("q5", "==", 2), Not(Includes("q2", 7))))


def test_and_binds_closer_than_or():
    assert conditions.parse("a == 1 or b == 2 and c == 3") == Or(
        (Compare("a", "==", 1), And((Compare("b", "==", 2), Compare("c", "==", 3))))
    )


@pytest.mark.parametrize(
    ("source", "canonical"),
    [
        ("q5==2", "q5 == 2"),
        (" q5  in(1,2 ,2) ", "q5 in (1, 2)"),
        ("((q5 > 1.50))", "q5 > 1.5"),
        ("not not answered(q1)", "not not answered(q1)"),
        ("not q1 includes 3", "not (q1 includes 3)"),
        ("(a == 1 or b == 1) and c == 1", "(a == 1 or b == 1) and c == 1"),
        ("a == 1 and (b == 1 and c == 1)", "a == 1 and b == 1 and c == 1"),
    ],
)
def test_there_is_one_spelling(source: str, canonical: str):
    assert conditions.canonical(source) == canonical


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "expected an item code, found the end at character 1"),
        ("q5 ==", "expected a number, found the end at character 6"),
        ("q5 = 2", "expected a name, a number, or one of == != < <= > >= ( ) ,, found “=” at character 4"),
        ("q5 == 2 q6 == 1", "expected and, or, or the end, found “q6” at character 9"),
        ("(q5 == 2", "expected “)”, found the end at character 9"),
        ("q5 == 'x'", "expected a name, a number, or one of == != < <= > >= ( ) ,, found “'” at character 7"),
        ("q5 not == 2", "expected in or includes, found “==” at character 8"),
        ("q5 includes 1.5", "expected a whole number, found “1.5” at character 13"),
        (
            "__import__",
            "expected a name, a number, or one of == != < <= > >= ( ) ,, found “_” at character 1",
        ),
        (
            "q5 == 2abc",
            "expected a name, a number, or one of == != < <= > >= ( ) ,, found “2” at character 7",
        ),
        ("and == 1", "expected an item code, found “and” at character 1"),
    ],
)
def test_a_fault_is_placed(source: str, message: str):
    with pytest.raises(ConditionError) as wrong:
        conditions.parse(source)
    assert str(wrong.value) == message


@pytest.mark.parametrize(
    "source",
    ["(" * 5000 + "a == 1" + ")" * 5000, "not " * 300 + "a == 1", " or ".join(["a == 1"] * 61), "a" * 1001],
)
def test_size_and_depth_are_bounded(source: str):
    with pytest.raises(ConditionError):
        conditions.parse(source[:1000] if source.startswith("(") else source)


def test_a_blank_answer_fails_every_comparison_even_unequal():
    for source in (
        "a == 1",
        "a != 1",
        "a < 1",
        "a in (1, 2)",
        "a not in (1, 2)",
        "a includes 1",
        "a not includes 1",
    ):
        assert not holds(source), source
    assert holds("not (a == 1)")
    assert holds("blank(a) and not answered(a)")


def test_comparisons_hold_as_they_read():
    assert holds("a == 4 and a != 3 and a >= 4 and a <= 4 and a > 3.5 and a < 5", a=4)
    assert holds("a in (1, 4) and a not in (2, 3)", a=4)
    assert holds("m includes 7 and m not includes 2", m=(1, 7))
    assert holds("answered(t)", t="Cảm ơn")


def test_types_that_do_not_fit_fail_quietly():
    assert not holds("m == 7 or m in (7)", m=(7,))
    assert not holds("a includes 4 or a not includes 4", a=4)
    assert not holds("t == 1", t="1")


def test_references_are_listed():
    assert conditions.references(conditions.parse("a == 1 or not (b includes 2) and blank(c)")) == {
        "a",
        "b",
        "c",
    }


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,4}", fullmatch=True).filter(
    lambda name: name not in {"and", "or", "not", "in", "includes", "answered", "blank"}
)
NUMBERS = st.integers(-(10**6), 10**6) | st.integers(-999, 999).map(lambda n: n / 8).filter(lambda x: x % 1)
TESTS = st.one_of(
    st.builds(Answered, NAMES),
    st.builds(Blank, NAMES),
    st.builds(Compare, NAMES, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), NUMBERS),
    st.builds(In, NAMES, st.lists(NUMBERS, min_size=1, max_size=3, unique=True).map(tuple), st.booleans()),
    st.builds(Includes, NAMES, st.integers(0, 254), st.booleans()),
)
TREES = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(TREES, st.dictionaries(NAMES, st.integers(0, 9) | st.just("x") | st.just((1, 7)), max_size=4))
def test_written_and_read_again_a_condition_means_the_same(tree: conditions.Condition, answers: dict[str, int]):
    source = conditions.write(tree)
    again = conditions.parse(source)
    assert conditions.write(again) == conditions.canonical(source)
    assert conditions.evaluate(again, answers) == conditions.evaluate(tree, answers)
    assert conditions.references(again) == conditions.references(tree)


@given(st.text(alphabet="ab12 ()=!<>,.notrdinclues_\x00Ữ", max_size=60))
def test_any_text_is_read_or_refused_never_worse(source: str):
    with contextlib.suppress(ConditionError):
        tree = conditions.parse(source)
        assert conditions.canonical(conditions.write(tree)) == conditions.write(tree)
