"""Still the form of the decision, or no longer: what a unit may do is no deviation, everything else is one, named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from instruments import codec, library
from instruments.model.document import InstrumentVersion
from instruments.overlays import overlay
from instruments.versions import conformity
from instruments.versions.conformity import BADGES, DEVIATIONS
from tests.instruments.factory import JSON, document, item, option, scale, section, single, version, words


def form(**changes: Any) -> JSON:
    """A form of a decision: two sections, one hideable and one relabelable question."""
    raw = document(
        section("a", item("q1"), item("q2", hideable=True), item("q3", relabelable=True), title=words("Một")),
        section("b", item("q4", single(1, 2)), {"type": "statement", "code": "s", "text": words("Lời"),
                                                 "grade": "verbatim"}),
        code="mau", decisions=[{"code": "d", "title": "Quyết định", "number": "56/QĐ-BYT", "form": "Mẫu số 1",
                                "grade": "verbatim"}],
        factors=[{"code": "F", "name": words("Yếu tố"), "grade": "verbatim"}],
    )  # fmt: skip
    return raw | changes


FORM = codec.loads(json.dumps(form()))


def held(raw: JSON) -> conformity.Conformity:
    return conformity.check(codec.loads_draft(json.dumps(raw)), FORM)


def found(raw: JSON) -> set[tuple[str, str]]:
    return {(one.code, one.about) for one in held(raw).deviations}


@pytest.mark.parametrize("entry", library.shipped(), ids=lambda entry: entry.code)
def test_shipped_form_conforms_to_its_own_core_and_claims_no_more_than_that(entry: library.Shipped):
    one = entry.load()
    answer = conformity.check(one, overlay.strip(one))
    assert answer.conforms
    assert answer.badge == {
        "to_check": "conforms_to_check", "demonstration": "conforms_to_demonstration", "archive": "conforms_to_archive",
    }[one.claim]  # fmt: skip
    assert answer.grade == one.lowest_grade


def test_form_with_everything_a_unit_may_do_still_conforms():
    raw = form(
        version=4, core={"code": "mau", "version": 1}, display={"pages": "sections"},
        languages=[{"code": "vi", "role": "source"}, {"code": "ktv", "role": "translation", "origin": "overlay"}],
    )  # fmt: skip
    raw["sections"][0]["elements"][1]["asked"] = False
    raw["sections"][0]["elements"][2]["relabel"] = words("Lời khác")
    raw["sections"][0]["elements"].append(item("x1", origin="overlay"))
    raw["sections"].append(section("x", item("x2", origin="overlay"), origin="overlay"))
    raw["sections"][0]["title"]["ktv"] = "Muy"
    raw["scales"][0]["options"].append(option(97, substantive=False, origin="overlay"))
    answer = held(raw)
    assert answer.deviations == ()
    assert (answer.badge, answer.cited) == ("conforms", "56/QĐ-BYT, Mẫu số 1")
    assert answer.additions == conformity.Additions(
        sections=("x",), questions=("x1", "x2"), statements=(), answers=("sat5/97",), switched_off=("q2",),
        relabelled=("q3",), languages=("ktv",), figures=0,
    )  # fmt: skip
    assert not answer.additions.none


def test_form_without_additions_says_so():
    assert held(form()).additions.none


def _reworded(raw: JSON) -> None:
    raw["sections"][0]["elements"][0]["text"] = words("Câu khác")


def _rescaled(raw: JSON) -> None:
    raw["scales"][0] = scale(options=scale()["options"][:4])


def _own_answers(raw: JSON) -> None:
    raw["sections"][1]["elements"][0]["response"] = single(1, 2, 3)


def _gone(raw: JSON) -> None:
    del raw["sections"][0]["elements"][0]


def _smuggled(raw: JSON) -> None:
    raw["sections"][0]["elements"].append(item("x1"))


def _conditional(raw: JSON) -> None:
    raw["sections"][1]["elements"][0]["show_if"] = "q1 == 1"


def _moved(raw: JSON) -> None:
    raw["sections"][1]["elements"].append(raw["sections"][0]["elements"].pop(0))


def _swapped(raw: JSON) -> None:
    elements = raw["sections"][0]["elements"]
    elements[0], elements[1] = elements[1], elements[0]


def _locked_off(raw: JSON) -> None:
    raw["sections"][0]["elements"][0]["asked"] = False


def _locked_words(raw: JSON) -> None:
    raw["sections"][0]["elements"][0]["relabel"] = words("Khác")


def _mark_forged(raw: JSON) -> None:
    raw["sections"][0]["elements"][0] |= {"asked": False, "hideable": True}


def _retitled(raw: JSON) -> None:
    raw["title"] = words("Tên khác")


def _section_renamed(raw: JSON) -> None:
    raw["sections"][0]["title"] = words("Hai")


def _factor(raw: JSON) -> None:
    raw["factors"][0]["name"] = words("Khác")


def _figures(raw: JSON) -> None:
    raw["indices"] = [{"level": "item", "rule": "item_rate", "measure": "rate"}]


def _required(raw: JSON) -> None:
    raw["sections"][0]["elements"][0]["required"] = True


def _sections_swapped(raw: JSON) -> None:
    raw["sections"].reverse()


@pytest.mark.parametrize(
    ("change", "deviations"),
    [
        (_reworded, {("words", "q1")}),
        (_rescaled, {("scale", "sat5")}),
        (_own_answers, {("answers", "q4")}),
        (_gone, {("element-missing", "q1")}),
        (_smuggled, {("element-foreign", "x1")}),
        (_conditional, {("condition", "q4")}),
        (_moved, {("element-moved", "q1")}),
        (_swapped, {("element-moved", "q1"), ("element-moved", "q2")}),
        (_locked_off, {("switched-off", "q1")}),
        (_locked_words, {("relabelled", "q1")}),
        (_mark_forged, {("switched-off", "q1"), ("element", "q1")}),
        (_retitled, {("whole", "title")}),
        (_section_renamed, {("section", "a")}),
        (_factor, {("factor", "F")}),
        (_figures, {("figures", "indices")}),
        (_required, {("element", "q1")}),
        (_sections_swapped, {("whole", "sections")}),
    ],
)
def test_every_other_change_is_a_deviation_and_named(change: Any, deviations: set[tuple[str, str]]):
    raw = form()
    change(raw)
    assert found(raw) == deviations
    answer = held(raw)
    assert answer.badge == "deviates"
    assert all(one.message and "{" not in one.message for one in answer.deviations)


def test_conforming_is_the_same_as_having_the_same_core():
    for raw in (form(), form(title=words("Khác"))):
        one = codec.loads_draft(json.dumps(raw))
        assert conformity.check(one, FORM).conforms == overlay.conforms(one, FORM)


def test_every_kind_of_deviation_and_badge_has_a_sentence_that_names_what_it_is_about():
    assert all("{about}" in template for code, template in DEVIATIONS.items() if code != "figures")
    assert all("{form}" in template for template in BADGES.values())


# --- a new version of the core -----------------------------------------------------------------------------------


def dressed(core: InstrumentVersion) -> InstrumentVersion:
    raw = form(version=2, core={"code": "mau", "version": 1}, code="mau-dn")
    raw["sections"][0]["elements"][1]["asked"] = False
    raw["sections"][0]["elements"][2]["relabel"] = words("Lời khác")
    raw["sections"].append(section("x", item("x1", origin="overlay", show_if="q4 == 1"), origin="overlay"))
    return codec.loads(json.dumps(raw))


def test_additions_are_carried_to_a_new_core_under_their_own_name():
    new = version(*form()["sections"], **{k: v for k, v in form().items() if k != "sections"} | {"version": 2})
    carried = conformity.carry_over(dressed(FORM), new, number=3)
    assert (carried.version.code, carried.version.version) == ("mau-dn", 3)
    assert (carried.version.core.code, carried.version.core.version) == ("mau", 2)
    assert (carried.conflicts, carried.problems) == ((), ())
    assert conformity.check(carried.version, new).conforms
    assert conformity.additions(carried.version) == conformity.additions(dressed(FORM))


def test_what_does_not_fit_the_new_core_is_listed_and_left_behind():
    raw = form(version=2)
    raw["sections"][0]["elements"][1]["hideable"] = False
    raw["sections"][0]["elements"][2]["relabelable"] = False
    del raw["sections"][1]["elements"][0]
    carried = conformity.carry_over(dressed(FORM), codec.loads(json.dumps(raw)), number=3)
    assert set(carried.conflicts) == {
        "“q2” is switched off, but the form does not allow it",
        "“q3” has local words, but the form does not allow it",
    }
    assert [(one.code, one.params["code"]) for one in carried.problems] == [("condition-unknown-item", "q4")]
    assert conformity.check(carried.version, codec.loads(json.dumps(raw))).conforms
