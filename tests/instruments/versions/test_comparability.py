"""What changed between two versions, and which series it breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from instruments import codec, library
from instruments.model.document import InstrumentVersion
from instruments.versions.comparability import compare
from tests.instruments.factory import document, item, multiple, option, scale, section, single, words

FACTORS = [{"code": code, "name": words(code), "grade": "verbatim"} for code in ("F", "G")]
INDICES = [
    {"level": "item", "rule": "item_rate", "measure": "rate"},
    {"level": "factor", "rule": "mean_items_rate", "measure": "rate"},
    {"level": "overall", "rule": "mean_of_children", "measure": "rate", "headline": True},
]


def form(*items: dict[str, Any], **changes: Any) -> InstrumentVersion:
    changes = {"factors": FACTORS, "indices": INDICES, **changes}
    return codec.loads(json.dumps(document(section("a", *items), **changes)))


def rated(code: str, factor: str, **changes: Any) -> dict[str, Any]:
    return item(code, factor=factor, **changes)


OLD = form(rated("q1", "F"), rated("q2", "F"), rated("q3", "G"))


def fates(new: InstrumentVersion, old: InstrumentVersion = OLD) -> dict[str, str]:
    return {one.index: one.fate for one in compare(old, new).series}


def test_identical_versions_continue_everything():
    comparison = compare(OLD, form(rated("q1", "F"), rated("q2", "F"), rated("q3", "G"), version=2))
    assert [one.change for one in comparison.items] == ["same"] * 3
    assert all(one.joined for one in comparison.items)
    assert {one.fate for one in comparison.series} == {"continues"}
    assert {one.fate for one in comparison.series} <= {"continues", "begins"}


def test_one_reworded_question_breaks_its_own_series_and_all_above_it_but_not_its_neighbours():
    new = form(rated("q1", "F", text=words("Lời mới")), rated("q2", "F"), rated("q3", "G"), version=2)
    assert compare(OLD, new).of("q1").change == "wording"
    assert compare(OLD, new).of("q1").details == ("text.vi",)
    assert fates(new) == {
        "q1.item_rate.rate": "breaks",
        "q2.item_rate.rate": "continues",
        "q3.item_rate.rate": "continues",
        "F.mean_items_rate.rate": "breaks",
        "G.mean_items_rate.rate": "continues",
        "overall.mean_of_children.rate": "breaks",
    }
    broken = next(one for one in compare(OLD, new).series if one.index == "F.mean_items_rate.rate")
    assert broken.reasons == ("q1",)


def test_other_words_in_the_place_of_a_parameter_are_other_words():
    def asked_at(place: str, version: int) -> InstrumentVersion:
        at = {"code": "place", "name": words("Nơi"), "default": words(place)}
        questions = (rated("q1", "F", text=words("Nơi ngồi chờ tại {place}")), rated("q2", "F"))
        return form(*questions, parameters=[at], version=version)

    found = compare(asked_at("Bộ phận Một cửa", 1), asked_at("Trung tâm", 2))
    assert [found.of(code).change for code in ("q1", "q2")] == ["wording", "same"]
    assert not found.of("q1").joined


def test_a_persons_mark_joins_what_only_changed_its_words():
    mark = {"item": "q1", "with_version": 1, "reason": "sửa lỗi chính tả"}
    new = form(
        rated("q1", "F", text=words("Lời mới")),
        rated("q2", "F"),
        rated("q3", "G"),
        version=2,
        comparable=[mark],
    )
    change = compare(OLD, new).of("q1")
    assert (change.change, change.joined, change.reason) == ("wording", True, "sửa lỗi chính tả")
    assert set(fates(new).values()) == {"continues"}


def test_mark_for_another_version_joins_nothing():
    mark = {"item": "q1", "with_version": 7, "reason": "sửa lỗi chính tả"}
    new = form(rated("q1", "F", text=words("Lời mới")), version=8, comparable=[mark])
    assert not compare(OLD, new).of("q1").joined


def test_question_that_left_breaks_what_it_was_part_of():
    new = form(rated("q1", "F"), rated("q3", "G"), version=2)
    assert compare(OLD, new).of("q2").change == "gone"
    assert fates(new) == {
        "q1.item_rate.rate": "continues",
        "q2.item_rate.rate": "ends",
        "q3.item_rate.rate": "continues",
        "F.mean_items_rate.rate": "breaks",
        "G.mean_items_rate.rate": "continues",
        "overall.mean_of_children.rate": "breaks",
    }


def test_new_question_begins_a_series_and_breaks_its_factor():
    new = form(rated("q1", "F"), rated("q2", "F"), rated("q3", "G"), rated("q4", "G"), version=2)
    assert compare(OLD, new).of("q4").change == "new"
    assert fates(new)["q4.item_rate.rate"] == "begins"
    assert fates(new)["G.mean_items_rate.rate"] == "breaks"
    assert fates(new)["F.mean_items_rate.rate"] == "continues"


def four_levels(satisfied: int) -> dict[str, Any]:
    return {"code": "sat5", "options": [option(n, f"Mức {n}", satisfied=n >= satisfied) for n in range(1, 5)]}


@pytest.mark.parametrize(
    ("before", "after", "detail"),
    [
        (scale(), four_levels(3), "options"),
        (four_levels(3), four_levels(4), "satisfied"),
    ],
)
def test_other_answers_are_another_scale(before: dict[str, Any], after: dict[str, Any], detail: str):
    old = form(rated("q1", "F"), scales=[before])
    new = form(rated("q1", "F"), scales=[after], version=2)
    change = compare(old, new).of("q1")
    assert (change.change, change.joined) == ("scale", False)
    assert detail in change.details
    assert fates(new, old)["q1.item_rate.rate"] == "breaks"


def test_the_same_answers_in_another_order_are_another_scale():
    turned = {**scale(), "shown": "reversed"}
    new = form(rated("q1", "F"), rated("q2", "F"), rated("q3", "G"), scales=[turned], version=2)
    change = compare(OLD, new).of("q1")
    assert (change.change, change.joined, change.details) == ("scale", False, ("order",))
    assert set(fates(new).values()) == {"breaks"}


def test_other_words_of_the_same_list_are_other_answers():
    spoken = scale()
    spoken["options"] = [
        {**one, "variants": [{"name": "evaluation", "label": words(f"Mức {one['code']}")}]} for one in spoken["options"]
    ]
    other_words = item("q1", {"kind": "rating", "scale": "sat5", "variant": "evaluation"}, factor="F")
    old, new = form(rated("q1", "F"), scales=[spoken]), form(other_words, scales=[spoken], version=2)
    assert compare(old, new).of("q1").details == ("options",)


def test_local_no_opinion_answer_is_told_and_breaks_nothing():
    whole = scale()
    whole["options"].append(option(97, "Không có ý kiến", substantive=False, origin="overlay"))
    new = form(rated("q1", "F"), rated("q2", "F"), rated("q3", "G"), scales=[whole], version=2)
    assert compare(OLD, new).of("q1").details == ("no opinion",)
    assert set(fates(new).values()) == {"continues"}


@pytest.mark.parametrize(
    ("before", "after", "details"),
    [
        (single(1, 2), multiple(1, 2), ("kind",)),
        ({"kind": "number", "minimum": 0, "maximum": 100}, {"kind": "number", "minimum": 0}, ("range",)),
        (single(1, 2), single(2, 1), ("order",)),
        (multiple(1, 2), multiple(2, 1), ("order",)),
    ],
)
def test_response_domains_are_compared_by_what_they_permit(before: Any, after: Any, details: tuple[str, ...]):
    old, new = form(item("q1", before)), form(item("q1", after), version=2)
    assert compare(old, new).of("q1").details == details


def test_translation_and_factor_are_told_but_do_not_make_another_question():
    languages = [{"code": "vi", "role": "source"}, {"code": "en", "role": "translation", "grade": "draft"}]
    new = form(rated("q1", "G", text={"vi": "Câu hỏi q1", "en": "Question 1"}), languages=languages, version=2)
    change = compare(OLD, new).of("q1")
    assert change.change == "same"
    assert change.details == ("factor", "translation.en")
    assert fates(new)["F.mean_items_rate.rate"] == "ends"  # nothing is left in F


def test_changed_rule_ends_one_series_and_begins_another():
    pooled = [*INDICES[:2], {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True}]
    new = form(rated("q1", "F"), rated("q2", "F"), rated("q3", "G"), indices=pooled, version=2)
    assert fates(new)["overall.mean_of_children.rate"] == "ends"
    assert fates(new)["overall.top2_answers.rate"] == "begins"


# --- between instruments -----------------------------------------------------------------------------------

SIPAS_2022, SIPAS_2026 = library.load("sipas-2022"), library.load("sipas-2026")


def test_same_number_in_two_forms_is_another_question():
    comparison = compare(SIPAS_2022, SIPAS_2026)
    assert comparison.of("q9_34").old_item == "q9_28"  # "… được trả đúng hẹn." in both
    assert comparison.of("q9_36").old_item == "q9_30"
    assert comparison.of("q9_23").change == "new"


def test_nothing_between_instruments_is_joined_without_a_persons_mark():
    comparison = compare(SIPAS_2022, SIPAS_2026)
    assert comparison.of("q9_34").change == "same"
    assert not any(one.joined for one in comparison.items)
    assert "continues" not in {one.fate for one in comparison.series}
    mark = {
        "item": "q9_34",
        "with_instrument": "sipas-2022",
        "with_version": 1,
        "with_item": "q9_28",
        "reason": "x",
    }
    marked = codec.loads(json.dumps({**codec.document(SIPAS_2026), "comparable": [mark]}))
    joined = [one.item for one in compare(SIPAS_2022, marked).items if one.joined]
    assert joined == ["q9_34"]
    fate = {one.index: one.fate for one in compare(SIPAS_2022, marked).series}
    assert fate["q9_34.item_rate.rate"] == "continues"
    assert fate["S.D.mean_items_rate.rate"] == "breaks"


def test_crosswalk_puts_side_by_side_what_words_do_not():
    comparison = compare(SIPAS_2022, SIPAS_2026, crosswalk={"q9_31": "q9_23"})
    change = comparison.of("q9_31")
    assert (change.old_item, change.change) == ("q9_23", "wording")
    assert comparison.of("q9_34").change == "new"  # not on this crosswalk
