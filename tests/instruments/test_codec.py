"""Documents in and out: refusals with a path, one spelling, one hash."""

from __future__ import annotations

import json
import pickle
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import codec
from instruments.checks.problems import InvalidInstrument
from tests.instruments.factory import changed, document, item, scale, section, single, version, words


def refusal(data: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInstrument) as refused:
        codec.loads(data if isinstance(data, str | bytes) else json.dumps(data))
    assert all(problem.message for problem in refused.value.problems)
    return [(problem.code, problem.path) for problem in refused.value.problems]


def test_reading_what_was_written_gives_the_same_version():
    one = version(section("main", item("q1"), item("q2", single(1, 2, 97 - 90, other=7), show_if="q1 == 5")))
    assert codec.loads(codec.dumps(one)) == one
    assert codec.loads(codec.pretty(one)) == one


def test_canonical_bytes_are_sorted_compact_and_unescaped():
    text = codec.dumps(version())
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert "Phiếu thử" in text
    assert '"voluntary"' not in text  # defaults are left out


def test_hash_ignores_spelling_order_defaults_and_normal_form():
    plain = document(section("main", item("q1"), item("q2", show_if="q1==5  and not(q1 in(1,2))")))
    same = changed(plain, "sections.0.elements.0.voluntary", False)
    same = changed(same, "sections.0.elements.1.show_if", "q1 == 5 and not (q1 in (1, 2))")
    other_order = json.dumps(dict(reversed(same.items())), indent=3, ensure_ascii=True)
    decomposed = unicodedata.normalize("NFD", json.dumps(plain, ensure_ascii=False))
    hashes = {codec.content_hash(codec.loads(one)) for one in (json.dumps(plain), other_order, decomposed.encode())}
    assert len(hashes) == 1
    assert len(hashes.pop()) == 64


def test_hash_changes_with_every_letter():
    other = changed(document(), "sections.0.elements.0.text.vi", "Câu hỏi q1.")
    assert codec.content_hash(version()) != codec.content_hash(codec.loads(json.dumps(other)))


def test_core_hash_ignores_what_is_local():
    local = document(
        section("main", item("q1")),
        section("more", item("x1", origin="overlay"), origin="overlay"),
        display={"pages": "sections"},
    )
    assert codec.core_hash(codec.loads(json.dumps(local))) == codec.content_hash(version())


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("colour", "red", ("unknown-key", "")),
        ("sections.0.elements.0.tpye", "x", ("unknown-key", "sections[0].elements[0]")),
        ("sections.0.elements.0.code", "Q1", ("shape", "sections[0].elements[0].code")),
        ("sections.0.elements.0.code", "q1__other", ("shape", "sections[0].elements[0].code")),
        ("sections.0.elements.0.response.kind", "stars", ("shape", "sections[0].elements[0].response")),
        ("sections.0.elements.0.response.scale", 5, ("shape", "sections[0].elements[0].response.scale")),
        ("sections.0.elements.0.text", {}, ("bad-text", "sections[0].elements[0].text")),
        ("sections.0.elements.0.text.vi", " ", ("bad-text", "sections[0].elements[0].text.vi")),
        ("sections.0.elements.0.text.vi", "a\x00b", ("bad-text", "sections[0].elements[0].text.vi")),
        ("sections.0.elements.0.text.vi", "a\u202eb", ("bad-text", "sections[0].elements[0].text.vi")),
        ("sections.0.elements.0.text.vi", "x" * 4001, ("shape", "sections[0].elements[0].text.vi")),
        ("sections.0.elements", [], ("shape", "sections[0].elements")),
        ("scales.0.options.0.code", 255, ("shape", "scales[0].options[0].code")),
        ("scales.0.options.0.code", "1", ("shape", "scales[0].options[0].code")),
        ("scales.0.options.0.satisfied", 1, ("shape", "scales[0].options[0].satisfied")),
        ("version", 1.5, ("shape", "version")),
        ("valid_from", "2026-13-01", ("shape", "valid_from")),
        ("format", 2, ("shape", "format")),
    ],
)
def test_wrong_shape_is_refused_with_its_place(path: str, value: Any, problem: tuple[str, str]):
    assert refusal(changed(document(), path, value)) == [problem]


def test_missing_key_is_named():
    whole = document()
    del whole["title"]
    assert refusal(whole) == [("missing-key", "")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "not-json"),
        ("{", "not-json"),
        (b"\xff\xfe", "not-json"),
        ('{"version": ' + "9" * 5000 + "}", "not-json"),
        ('{"a": 1, "a": 2}', "duplicate-key"),
        ('{"a": NaN}', "not-finite"),
        ('{"a": 1e999}', "not-finite"),
        ("[" * 100_000 + "]" * 100_000, "too-deep"),
        (" " * (codec.MAX_BYTES + 1), "too-large"),
        ("[]", "shape"),
        ("null", "shape"),
    ],
)
def test_what_is_no_document_is_refused_in_one_sentence(data: str | bytes, code: str):
    assert [found for found, _ in refusal(data)] == [code]


def test_figures_of_rounded_parts_are_refused_with_the_reason():
    with pytest.raises(InvalidInstrument) as refused:
        codec.loads(json.dumps(document(section("main", item("q1")), rounding={"mode": "round_intermediate"})))
    (problem,) = refused.value.problems
    assert problem.path == "rounding.mode"
    assert "no figure is made of rounded parts" in problem.message


def test_lone_surrogate_in_a_text_is_refused():
    text = json.dumps(changed(document(), "title.vi", "a\ud800"))
    assert [code for code, _ in refusal(text)] == ["bad-text"]


def test_brackets_inside_texts_are_not_nesting():
    deep = changed(document(), "title.vi", "[{" * 200)
    assert codec.loads(json.dumps(deep)).title["vi"] == "[{" * 200


def test_version_can_be_pickled_and_changed_only_through_the_rules():
    one = version()
    assert pickle.loads(pickle.dumps(one)) == one
    assert hash(one) == hash(version())
    with pytest.raises(ValueError, match="frozen"):
        one.code = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="pattern"):
        one.model_copy(update={"code": "Not A Code"})


def test_changed_copy_does_not_remember_the_old_lookups():
    one = version()
    assert one.has_item("q1")
    renamed = one.sections[0].elements[0].model_copy(update={"code": "q9"})
    other = one.model_copy(update={"sections": (one.sections[0].model_copy(update={"elements": (renamed,)}),)})
    assert not other.has_item("q1")
    assert other.has_item("q9")


NOT_IN_A_TEXT = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff{}"
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=NOT_IN_A_TEXT), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS.filter(lambda text: text.strip()), min_size=1, max_size=4))
def test_any_words_survive_the_journey(texts: list[str]):
    one = version(section("main", *(item(f"q{n}", text=words(text)) for n, text in enumerate(texts))))
    again = codec.loads(codec.dumps(one).encode())
    assert again == one
    assert codec.content_hash(again) == codec.content_hash(one)
    assert [found.text["vi"] for found in again.items] == [unicodedata.normalize("NFC", text) for text in texts]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_bytes_are_refused_or_read_never_worse(data: str | bytes):
    with pytest.raises(InvalidInstrument):
        codec.loads(data)


def test_answer_is_labelled_by_the_words_the_question_asks_for():
    labelled = scale()
    labelled["options"][0]["variants"] = [{"name": "evaluation", "label": words("Rất kém")}]
    one = version(
        section("a", item("q1"), item("q2", {"kind": "rating", "scale": "sat5", "variant": "evaluation"})),
        scales=[labelled],
    )
    worst = one.scale("sat5").options[0]
    assert one.option_label(one.item("q1"), worst)["vi"] == "Rất không hài lòng"
    assert one.option_label(one.item("q2"), worst)["vi"] == "Rất kém"


def test_answers_are_shown_as_the_form_prints_them_with_no_opinion_last():
    reversed_scale = scale(shown="reversed")
    reversed_scale["options"].insert(0, {"code": 97, "label": words("Không ý kiến"), "substantive": False})
    one = version(scales=[reversed_scale])
    assert [option.code for option in one.options_shown(one.item("q1"))] == [5, 4, 3, 2, 1, 97]
    assert [option.code for option in one.options(one.item("q1"))] == [97, 1, 2, 3, 4, 5]
