"""The acts of the editor: each gives a new document in which nothing points to nothing, or refuses in a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import codec, editing, library
from instruments.checks import integrity
from instruments.editing import EditError, answer_library, starting
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Factor, Item, Section
from instruments.model.index_rules import IndexRule
from instruments.model.response_domains import Option, Rating, Scale, SingleChoice
from instruments.model.text import Text
from instruments.overlays import overlay
from tests.instruments.factory import item, section, single, version

FORM = version(
    section("a", item("q1", single(1, 2)), item("q2", show_if="q1 == 1"), item("q3")),
    section("b", item("q4", show_if="q1 in (1, 2)"), show_if="answered(q3)"),
    indices=[
        {"level": "item", "rule": "item_rate", "measure": "rate", "items": ["q2", "q3"]},
        {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True},
    ],
)


def codes(v: InstrumentVersion) -> list[list[str]]:
    return [[e.code for e in s.elements] for s in v.sections]


def question(code: str, **more: Any) -> Item:
    made = {"type": "item", "code": code, "text": Text(vi=f"Câu {code}"), "grade": "draft", **more}
    return Item(**{"response": Rating(kind="rating", scale="sat5"), **made})


def refused(act: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(EditError) as caught:
        act(*args, **kwargs)
    assert "%(" not in str(caught.value)
    return caught.value.key


def test_a_question_is_added_behind_another_or_at_the_end_and_never_under_a_code_twice():
    assert codes(editing.add_element(FORM, question("n"), section="a", after="q1"))[0] == ["q1", "n", "q2", "q3"]
    assert codes(editing.add_element(FORM, question("n"), section="a"))[0][-1] == "n"
    assert refused(editing.add_element, FORM, question("q4"), section="a") == "code-taken"
    assert refused(editing.add_element, FORM, question("n"), section="z") == "section-unknown"


def test_a_new_code_follows_every_condition_figure_and_heading_that_names_the_old_one():
    new = editing.rename_element(editing.rename_element(FORM, "q1", "dung_hen"), "q3", "lich_su")
    assert new.item("q2").show_if == "dung_hen == 1"
    assert new.item("q4").show_if == "dung_hen in (1, 2)"
    assert new.sections[1].show_if == "answered(lich_su)"
    assert new.indices[0].items == ("q2", "lich_su")
    assert integrity.problems(new) == integrity.problems(FORM)
    assert refused(editing.rename_element, FORM, "q1", "q2") == "code-taken"
    assert editing.rename_element(FORM, "q1", "q1") is FORM


def test_what_others_ask_about_is_not_taken_away():
    assert refused(editing.remove_element, FORM, "q1") == "asked-about"
    assert refused(editing.remove_element, FORM, "q2") == "asked-about"  # a figure names it
    assert refused(editing.remove_element, FORM, "q4") == "last-in-section"
    assert refused(editing.remove_section, FORM, "a") == "asked-about"
    assert codes(editing.remove_section(FORM, "b")) == [["q1", "q2", "q3"]]
    assert refused(editing.remove_section, editing.remove_section(FORM, "b"), "a") == "last-section"


def test_an_element_moves_through_its_part_and_into_the_next():
    assert codes(editing.move_element(FORM, "q3", "up"))[0] == ["q1", "q3", "q2"]
    assert codes(editing.move_element(FORM, "q3", "down")) == [["q1", "q2"], ["q3", "q4"]]
    assert codes(editing.move_element(FORM, "q1", "up")) == codes(FORM)
    assert refused(editing.move_element, FORM, "q4", "up") == "last-in-section"
    assert codes(editing.place_element(FORM, "q1", section="b", position=99)) == [["q2", "q3"], ["q4", "q1"]]
    assert codes(editing.move_section(FORM, "b", "up")) == [["q4"], ["q1", "q2", "q3"]]


def test_a_copy_has_a_code_of_its_own_and_no_printed_number():
    new = editing.copy_element(editing.change_element(FORM, "q1", label="Câu 1", short="Nhãn"), "q1")
    assert codes(new)[0] == ["q1", "q5", "q2", "q3"]
    assert (new.item("q5").label, new.item("q5").short) == (None, None)
    assert new.item("q5").response == FORM.item("q1").response


def test_scales_and_factors_in_use_stay():
    assert refused(editing.remove_scale, FORM, "sat5") == "scale-used"
    two = editing.put_factor(FORM, Factor(code="F", name=Text(vi="Thái độ"), grade="draft"))
    two = editing.change_element(two, "q2", factor="F")
    assert refused(editing.remove_factor, two, "F") == "factor-used"
    assert editing.remove_factor(editing.change_element(two, "q2", factor=None), "F").factors == ()
    extra = Scale(code="them", options=(Option(code=1, label=Text(vi="Có")),))
    assert editing.remove_scale(editing.put_scale(FORM, extra), "them") == FORM
    assert refused(editing.put_response, FORM, "q2", Rating(kind="rating", scale="gone")) == "scale-unknown"


def test_a_questionnaire_has_one_headline():
    rule = IndexRule(level="overall", rule="mean_items_rate", measure="rate", headline=True)
    new = editing.put_figure(FORM, rule)
    assert [one.headline for one in new.indices] == [False, False, True]
    assert refused(editing.put_figure, FORM, rule, at=9) == "figure-unknown"
    assert len(editing.remove_figure(new, 2).indices) == 2


def test_answers_of_one_question_and_the_field_beside_one():
    options = (Option(code=1, label=Text(vi="Có")), Option(code=2, label=Text(vi="Khác")))
    new = editing.put_answers(FORM, "q1", options, other=2)
    assert (new.item("q1").other, editing.answers_of(new, "q1")) == (2, options)
    assert refused(editing.put_answers, FORM, "q1", ()) == "no-answers"
    assert refused(editing.put_answers, FORM, "q2", options) == "element-unknown"


def test_languages_are_added_written_and_taken_away_with_every_word():
    new = editing.add_language(FORM, "en")
    new = editing.translate(new, {"sections/a/elements/q1/text": "One", "title": "Form"}, "en")
    assert (new.item("q1").text["en"], new.title["en"]) == ("One", "Form")
    assert editing.remove_language(new, "en") == FORM
    assert editing.translate(new, {"title": " "}, "en").title == FORM.title
    assert refused(editing.add_language, new, "en") == "language-there"
    assert refused(editing.remove_language, new, "vi") == "language-source"
    assert refused(editing.translate, new, {"title": ""}, "vi") == "no-words"
    assert refused(editing.grade_language, new, "vi", "verbatim") == "language-unknown"


@pytest.mark.parametrize(
    ("act", "key"),
    [
        (lambda v: editing.rename_element(v, "q1", "Câu Một"), "bad-code"),
        (lambda v: editing.rename_element(v, "q1", "q" * 60), "bad-code"),
        (lambda v: editing.add_language(v, "tiếng Anh"), "bad-language"),
        (lambda v: editing.change_element(v, "q1", short="x" * 5000), "too-long"),
        (lambda v: editing.change_element(v, "q1", text=Text(vi="a" * 9000)), "too-long"),
        (lambda v: editing.change_element(v, "q1", text=Text(vi="a\x00b")), "text-control"),
        (lambda v: editing.change_element(v, "q1", text=Text(vi="a\u202eb")), "text-direction"),
        (lambda v: editing.put_scale(v, v.scales[0].model_copy(update={"options": ()})), "not-taken"),
        (lambda v: v.model_copy(update={"code": "Mã Có Dấu"}), "bad-name"),
    ],
)
def test_what_the_format_does_not_take_is_refused_in_a_sentence_before_it_is_stored(act: Any, key: str):
    assert refused(editing.kept, lambda: act(FORM)) == key


ACTS = st.sampled_from(["up", "down", "copy", "remove", "add", "rename", "place", "part up", "part down", "part gone"])


def _done(v: InstrumentVersion, act: str, n: int) -> InstrumentVersion:
    code, part = v.elements[n % len(v.elements)].code, v.sections[n % len(v.sections)].code
    match act:
        case "up" | "down":
            return editing.move_element(v, code, "up" if act == "up" else "down")
        case "copy":
            return editing.copy_element(v, code)
        case "remove":
            return editing.remove_element(v, code)
        case "add":
            return editing.add_element(v, question(editing.free_code(v, "q")), section=part)
        case "rename":
            return editing.rename_element(v, code, editing.free_code(v, "z"))
        case "place":
            return editing.place_element(v, code, section=part, position=n)
        case "part gone":
            return editing.remove_section(v, part)
    return editing.move_section(v, part, "up" if act == "part up" else "down")


@given(st.lists(st.tuples(ACTS, st.integers(0, 40)), max_size=25))
@settings(max_examples=60, deadline=None)
def test_no_order_of_acts_leaves_a_document_that_contradicts_itself(steps: list[tuple[str, int]]):
    v = FORM.model_copy(update={"sections": tuple(s.model_copy(update={"show_if": None}) for s in FORM.sections)})
    v = editing.change_element(editing.change_element(v, "q2", show_if=None), "q4", show_if=None)
    for act, n in steps:
        try:
            v = _done(v, act, n)
        except EditError:
            continue
    assert integrity.problems(v) == []
    assert codec.loads(codec.dumps(v)) == v


# --- two people ----------------------------------------------------------------------------------------------------


def adds(name: str) -> Any:
    def act(v: InstrumentVersion) -> InstrumentVersion:
        return editing.add_element(v, question(editing.free_code(v, "q"), text=Text(vi=name)), section="a")

    return act


def says(code: str, said: str) -> Any:
    return lambda v: editing.change_element(v, code, text=Text(vi=said))


def test_two_additions_at_once_are_both_kept_under_codes_of_their_own():
    both = editing.together(FORM, adds("Một")(FORM), adds("Hai"))
    assert both.crossed == frozenset()
    assert codes(both.document)[0] == ["q1", "q2", "q3", "q5", "q6"]
    assert [both.document.item(c).text["vi"] for c in ("q5", "q6")] == ["Một", "Hai"]


def test_two_people_at_one_question_cross_and_at_two_do_not():
    saved = says("q1", "Của họ")(FORM)
    assert editing.together(FORM, saved, says("q1", "Của tôi")).crossed == {"element q1"}
    assert editing.together(FORM, saved, says("q1", "Của họ")).crossed == frozenset()
    other = editing.together(FORM, saved, says("q2", "Của tôi"))
    assert (other.crossed, other.document.item("q1").text["vi"]) == (frozenset(), "Của họ")


def test_a_page_full_of_fields_changes_only_what_was_changed_on_it():
    """A form sends every field; those that stand as they stood are not an act."""
    base = editing.add_language(FORM, "en")
    saved = editing.translate(base, {"sections/a/elements/q2/text": "Theirs"}, "en")
    fields = {"sections/a/elements/q1/text": "Mine", "sections/a/elements/q2/text": ""}
    both = editing.together(base, saved, lambda v: editing.translate(v, fields, "en"))
    assert both.crossed == frozenset()
    assert both.document.item("q1").text["en"] == "Mine"
    assert both.document.item("q2").text["en"] == "Theirs"


def test_two_orders_at_once_cross_and_one_order_beside_new_words_does_not():
    saved = editing.move_element(FORM, "q3", "up")
    assert editing.ORDER in editing.together(FORM, saved, lambda v: editing.move_element(v, "q1", "down")).crossed
    assert editing.together(FORM, saved, says("q1", "Khác")).crossed == frozenset()
    words_first = editing.together(FORM, says("q1", "Khác")(FORM), lambda v: editing.move_element(v, "q3", "up"))
    assert words_first.crossed == frozenset()
    assert codes(words_first.document)[0] == ["q1", "q3", "q2"]


def test_what_the_other_took_away_is_not_brought_back():
    saved = editing.remove_section(FORM, "b")
    assert refused(editing.together, FORM, saved, says("q4", "Khác")) == "element-unknown"


# --- a locked form -------------------------------------------------------------------------------------------------


LOCKED = starting.adapted(
    version(section("a", item("q1"), item("q2", hideable=True)), section("b", item("q3", relabelable=True))),
    code="mau-rieng",
)


def test_what_is_added_to_a_locked_form_stands_behind_its_own_parts_and_is_local():
    v = editing.add_element(LOCKED, question("x1"), section="a", after="q1")
    v = editing.place_element(v, "x1", section="b", position=0)
    v = editing.add_section(v, Section(code="s1", elements=(question("x2"),)))
    v = editing.put_scale(v, answer_library.SCALES[1])
    v = editing.add_language(v, "en")
    assert codes(v) == [["q1", "q2"], ["q3", "x1"], ["x2"]]
    assert {p.origin for p in (v.item("x1"), v.item("x2"), v.sections[2], v.scales[-1], v.languages[-1])} == {"overlay"}
    assert editing.guarded(LOCKED, v) is v
    assert integrity.problems(v) == []


def test_nothing_of_a_locked_form_is_altered():
    for act in (
        says("q1", "Lời khác"),
        lambda v: editing.remove_element(v, "q1"),
        lambda v: editing.change_element(v, "q1", show_if="answered(q3)"),
        lambda v: editing.change_section(v, "a", title=Text(vi="Khác")),
        lambda v: editing.put_scale(v, v.scales[0].model_copy(update={"shown": "reversed"})),
        lambda v: editing.rename_element(v, "q1", "khac"),
    ):
        assert refused(lambda a=act: editing.guarded(LOCKED, a(LOCKED))) == "locked"
    for act in (lambda v: editing.move_element(v, "q2", "up"), lambda v: editing.move_section(v, "b", "up")):
        assert refused(lambda a=act: editing.guarded(LOCKED, a(LOCKED))) == "locked-order"
    whole = LOCKED.model_copy(update={"title": Text(vi="Tên khác")})
    assert refused(editing.guarded, LOCKED, whole) == "locked-whole"
    assert refused(editing.guarded, LOCKED, LOCKED.model_copy(update={"core": None})) == "locked-whole"
    assert refused(editing.switch, LOCKED, "q1", asked=False) == "not-hideable"
    assert refused(editing.relabel, LOCKED, "q1", Text(vi="Khác")) == "not-relabelable"


def test_what_the_form_allows_is_switched_off_and_said_in_other_words():
    v = editing.switch(LOCKED, "q2", asked=False)
    v = editing.relabel(v, "q3", Text(vi="Lời riêng"))
    assert editing.guarded(LOCKED, v) is v
    assert overlay.extract(v).switched_off == ("q2",)
    assert editing.relabel(editing.switch(v, "q2", asked=True), "q3", None) == LOCKED


# --- beginnings ----------------------------------------------------------------------------------------------------


def test_a_code_is_made_from_the_name_and_is_never_taken():
    assert starting.code_from("Phiếu khảo sát Đà Nẵng") == "phieu-khao-sat-da-nang"
    assert starting.code_from("Phiếu", {"phieu"}) == "phieu-2"
    assert starting.code_from("2026: ???") == "phieu-2026"
    assert starting.code_from("§§§") == "phieu"
    assert len(starting.code_from("rất dài " * 40)) <= 40
    assert starting.code_for_adaptation("byt56-m1", {"byt56-m1-rieng"}) == "byt56-m1-rieng-2"


@pytest.mark.parametrize("languages", [("vi",), ("vi", "en")])
def test_a_blank_questionnaire_is_sound_from_the_first_minute(languages: tuple[str, ...]):
    v = starting.blank(
        code="phieu-moi", title=Text(vi="Phiếu"), issuer=Text(vi="Sở"), question=Text(vi="Hài lòng không?"),
        service_domain="admin", languages=languages, provenance=Text(vi="Tự soạn"),
    )  # fmt: skip
    assert integrity.problems(v) == []
    assert [o.satisfied for o in v.options(v.item("q1"))] == [False, False, False, True, True, False]
    assert all(set(o.label) <= set(languages) for o in v.scales[0].options)


def test_a_copy_claims_nothing_of_what_it_was_copied_from():
    official = library.load("byt56-m1")
    mine = starting.copied(starting.adapted(official, code="a-b"), code="cua-toi", title=Text(vi="Của tôi"))
    assert (mine.core, mine.claim, mine.legal_basis, mine.exports) == (None, "demonstration", (), ())
    assert {part.origin for part in (*mine.elements, *mine.sections, *mine.languages, *mine.indices)} == {"core"}
    assert integrity.problems(mine) == []


# --- the library of answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", answer_library.SCALES, ids=lambda scale: scale.code)
def test_every_list_of_the_library_is_complete_in_both_languages_and_sound(scale: Scale):
    texts = [option.label for option in scale.options] + ([scale.name] if scale.name else [])
    assert all(set(one) == {"vi", "en"} for one in texts)
    v = editing.put_scale(FORM, answer_library.spoken(scale, ("vi",)))
    assert integrity.problems(v) == integrity.problems(FORM)
    assert all(set(o.label) == {"vi"} for o in v.scale(scale.code).options)


def test_the_official_five_words_count_the_two_best_as_satisfied():
    five = answer_library.shipped_scale("sat5")
    assert five is not None
    assert [o.label["vi"] for o in five.options if o.satisfied] == ["Hài lòng", "Rất hài lòng"]
    assert [o.code for o in five.options if not o.substantive] == [97]
    assert answer_library.shipped_scale("gone") is None
    assert isinstance(answer_library.RESPONDENT_KINDS, SingleChoice)
