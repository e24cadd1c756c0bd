"""Contradictions between the parts: each makes a version unusable, each is found at its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from instruments import codec
from instruments.checks import integrity
from instruments.checks.problems import PROBLEMS, InvalidInstrument
from tests.instruments.factory import (
    JSON,
    document,
    draft,
    item,
    multiple,
    option,
    scale,
    section,
    single,
    words,
)

STEM = {"type": "statement", "code": "s1", "text": words("Lời dẫn"), "grade": "verbatim"}
FACTOR = {"code": "F", "name": words("Yếu tố"), "grade": "verbatim"}
LOCAL = {"origin": "overlay"}


def with_items(*elements: JSON, **changes: Any) -> JSON:
    return document(section("main", *elements), **changes)


def figure(level: str, rule: str, measure: str = "rate", **changes: Any) -> JSON:
    return {"level": level, "rule": rule, "measure": measure, **changes}


NUMBER = {"kind": "number", "minimum": 5, "maximum": 1}
CASES: list[tuple[str, str, JSON]] = [
    ("duplicate-code", "sections[0].elements[1].code", with_items(item("q1"), item("q1"))),
    ("duplicate-code", "sections[0].elements[1].code", with_items(STEM, item("s1"))),
    ("duplicate-code", "sections[1].code", document(section("a", item("q1")), section("a", item("q2")))),
    ("duplicate-code", "scales[1].code", document(scales=[scale(), scale()])),
    ("duplicate-code", "factors[1].code", document(factors=[FACTOR, FACTOR])),
    (
        "duplicate-option",
        "sections[0].elements[0].response.options[1].code",
        with_items(item("q1", single(1, 1))),
    ),
    ("reserved-word", "sections[0].elements[0].code", with_items(item("blank"))),
    (
        "unknown-scale",
        "sections[0].elements[0].response.scale",
        with_items(item("q1", {"kind": "rating", "scale": "x"})),
    ),
    (
        "unknown-variant",
        "sections[0].elements[0].response.variant",
        with_items(item("q1", {"kind": "rating", "scale": "sat5", "variant": "evaluation"})),
    ),
    ("unknown-factor", "sections[0].elements[0].factor", with_items(item("q1", factor="F"))),
    (
        "factor-order",
        "factors[0].parent",
        document(factors=[{**FACTOR, "parent": "T"}, {**FACTOR, "code": "T"}]),
    ),
    ("factor-order", "factors[0].parent", document(factors=[{**FACTOR, "parent": "F"}])),
    ("unknown-decision", "sections[0].elements[0].decision", with_items(item("q1", decision="qd-1"))),
    ("unknown-stem", "sections[0].stem", document(section("a", STEM, item("q1"), stem="s1"))),
    (
        "unknown-item",
        "exports[0].columns[0].item",
        document(
            exports=[
                {
                    "code": "x",
                    "title": words("X"),
                    "grade": "draft",
                    "columns": [{"header": "A", "item": "q9"}],
                }
            ]
        ),
    ),
    (
        "unknown-item",
        "comparable[0].item",
        document(comparable=[{"item": "q9", "with_version": 1, "reason": "x"}]),
    ),
    ("choices", "sections[0].elements[0].response", with_items(item("q1", {"kind": "single"}))),
    ("choices", "sections[0].elements[0].response", with_items(item("q1", single(1, 2, scale="sat5")))),
    (
        "other-not-offered",
        "sections[0].elements[0].response.other",
        with_items(item("q1", single(1, 2, other=7))),
    ),
    ("range-empty", "sections[0].elements[0].response", with_items(item("q1", NUMBER))),
    ("dates-reversed", "valid_to", document(valid_from="2026-02-01", valid_to="2026-01-31")),
    (
        "not-substantive-code",
        "sections[0].elements[0].response.options[1].substantive",
        with_items(item("q1", single(1, 97))),
    ),
    (
        "satisfied-not-substantive",
        "scales[0].options[0].satisfied",
        document(scales=[{"code": "sat5", "options": [option(4, satisfied=True, substantive=False), option(5)]}]),
    ),
    (
        "condition-syntax",
        "sections[0].elements[1].show_if",
        with_items(item("q1"), item("q2", show_if="q1 ==")),
    ),
    ("condition-unknown-item", "sections[0].elements[0].show_if", with_items(item("q1", show_if="q9 == 1"))),
    (
        "condition-unknown-item",
        "sections[0].elements[1].show_if",
        with_items(STEM, item("q1", show_if="answered(s1)")),
    ),
    (
        "condition-later-item",
        "sections[0].elements[0].show_if",
        with_items(item("q1", show_if="q2 == 1"), item("q2")),
    ),
    ("condition-later-item", "sections[0].elements[0].show_if", with_items(item("q1", show_if="q1 == 1"))),
    ("condition-later-item", "sections[0].show_if", document(section("a", item("q1"), show_if="q1 == 1"))),
    (
        "condition-type",
        "sections[0].elements[1].show_if",
        with_items(item("q1"), item("q2", show_if="q1 == 9")),
    ),
    (
        "condition-type",
        "sections[0].elements[1].show_if",
        with_items(item("q1", multiple(1)), item("q2", show_if="q1 == 1")),
    ),
    (
        "condition-type",
        "sections[0].elements[1].show_if",
        with_items(item("q1"), item("q2", show_if="q1 includes 1")),
    ),
    (
        "condition-type",
        "sections[0].elements[1].show_if",
        with_items(item("q1", {"kind": "text"}), item("q2", show_if="q1 == 1")),
    ),
    (
        "source-missing",
        "title",
        document(
            title={"en": "Form"},
            languages=[{"code": "vi", "role": "source"}, {"code": "en", "role": "translation"}],
        ),
    ),
    ("unknown-language", "title.en", document(title={"vi": "Phiếu", "en": "Form"})),
    ("unknown-parameter", "sections[0].elements[0].text", with_items(item("q1", text=words("{noi} sạch")))),
    ("index-rule", "indices[0]", document(indices=[figure("item", "mean_of_children")])),
    (
        "index-rule",
        "indices[0]",
        document(indices=[{"level": "item", "rule": "item_rate", "measure": "score"}]),
    ),
    (
        "index-items",
        "indices[0]",
        document(indices=[{"level": "overall", "rule": "expectation_mean", "measure": "percent"}]),
    ),
    (
        "unknown-item",
        "indices[0].items[0]",
        document(indices=[{"level": "item", "rule": "share", "measure": "shares", "items": ["q9"]}]),
    ),
    (
        "index-code",
        "indices[0].codes",
        document(indices=[figure("overall", "return_definite", items=["q1"], codes=[9])]),
    ),
    ("index-code", "scales[0].counted", document(scales=[scale(counted=[9])])),
    (
        "index-child",
        "indices[0].weights",
        document(indices=[figure("overall", "mean_of_children", weights=[{"child": "Z", "weight": 1}])]),
    ),
    (
        "index-child",  # made of answers, it has no parts
        "indices[0].weights",
        document(indices=[figure("overall", "top2_answers", weights=[{"child": "q1", "weight": 1}])]),
    ),
    (
        "index-child",  # a factor without a figure of its own is no part of the whole
        "indices[0].weights",
        document(
            section("a", item("q1", factor="F")),
            factors=[{"code": "F", "name": words("F"), "grade": "verbatim"}],
            indices=[figure("overall", "mean_of_children", weights=[{"child": "F", "weight": 1}])],
        ),
    ),
    (
        "two-headlines",
        "indices[1].headline",
        document(
            indices=[
                {"level": "overall", "rule": rule, "measure": "rate", "headline": True}
                for rule in ("top2_answers", "mean_items_rate")
            ]
        ),
    ),
    ("rollup-rules", "rollup.rules", document(rollup={"rules": ["groups_unweighted", "design_weighted"]})),
    ("rollup-rules", "rollup.rules", document(rollup={"rules": ["design_weighted"] * 2})),
    ("rollup-rules", "rollup.rules", document(rollup={"rules": []})),
    (
        "overlay-option",
        "scales[0].options[5]",
        document(scales=[{**scale(), "options": [*scale()["options"], option(6, **LOCAL)]}]),
    ),
    ("overlay-order", "sections[0].elements", with_items(item("x1", **LOCAL), item("q1"))),
    ("overlay-order", "scales", document(scales=[scale("mine", **LOCAL), scale()])),
    ("overlay-inside", "sections[1]", document(section("a", item("q1")), section("b", item("q2"), **LOCAL))),
    ("overlay-reference", "sections[0].elements[0].response.scale", document(scales=[scale(**LOCAL)])),
    (
        "overlay-reference",
        "sections[2].elements[0].show_if",
        document(
            section("a", item("q1")),
            section("b", item("x1", **LOCAL), **LOCAL),
            section("c", item("q2", show_if="x1 == 1")),
        ),
    ),
    (
        "overlay-reference",
        "indices[0].items",
        document(
            section("a", item("q1"), item("x1", **LOCAL)),
            indices=[figure("item", "item_rate", items=["x1"])],
        ),
    ),
    (
        "overlay-headline",
        "indices[0].headline",
        document(indices=[figure("overall", "top2_answers", headline=True, **LOCAL)]),
    ),
    ("not-hideable", "sections[0].elements[0].asked", with_items(item("q1", asked=False))),
    ("not-relabelable", "sections[0].elements[0].relabel", with_items(item("q1", relabel=words("Khác")))),
]


@pytest.mark.parametrize(("code", "path", "whole"), CASES, ids=[f"{code}-{n}" for n, (code, _, _) in enumerate(CASES)])
def test_contradiction_is_found_at_its_place(code: str, path: str, whole: JSON):
    with pytest.raises(InvalidInstrument) as refused:
        codec.loads(json.dumps(whole))
    found = [(problem.code, problem.path) for problem in refused.value.problems]
    assert (code, path) in found
    assert {problem.message for problem in refused.value.problems}  # every sentence can be filled in


def test_every_contradiction_on_the_list_has_a_case():
    listed = {code for code, kind in PROBLEMS.items() if kind.layer == "integrity"}
    assert listed == {code for code, _, _ in CASES}


def test_draft_may_contradict_itself_and_says_everything_at_once():
    version = draft(section("main", item("q1", show_if="q9 == 1"), item("q1", factor="F")))
    codes = [problem.code for problem in integrity.problems(version)]
    assert codes == ["duplicate-code", "unknown-factor", "condition-unknown-item"]


def test_usable_version_has_no_problems():
    assert integrity.problems(codec.loads(json.dumps(document()))) == []


def test_refusal_reads_as_one_sentence_with_its_place():
    with pytest.raises(InvalidInstrument, match=r"sections\[0\].elements\[1\].code: The code “q1” is used twice"):
        codec.loads(json.dumps(with_items(item("q1"), item("q1"))))
