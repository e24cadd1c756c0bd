"""Core and overlay: what is local comes off and goes on again, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import codec
from instruments.model.document import InstrumentVersion
from instruments.model.text import Text
from instruments.overlays import overlay
from tests.instruments.factory import JSON, document, item, option, scale, section, single, version, words

CORE = version(
    section("a", item("q1"), item("q2", relabelable=True), item("q3", single(1, 2), hideable=True)),
    section("b", item("r_sex", single(1, 2), voluntary=True, hideable=True)),
    indices=[{"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True}],
)
RECORDED = {"language": "vi", "file": "q1.mp3", "digest": "0" * 64, "seconds": 4.5, "words": "1" * 64}


def local(**parts: Any) -> overlay.Overlay:
    return overlay.Overlay.model_validate_json(json.dumps(parts))


def local_item(code: str = "x1", response: JSON | None = None, **changes: Any) -> JSON:
    return item(code, response, origin="overlay", **changes)


def local_section(code: str, *elements: JSON) -> JSON:
    return section(code, *elements, origin="overlay")


NO_OPINION = option(97, "Không có ý kiến", substantive=False, origin="overlay")
EVERYTHING = local(
    sections=[
        {"after": "a", "section": local_section("more", local_item("x1"))},
        {
            "after": "more",
            "section": local_section("last", local_item("x2", {"kind": "rating", "scale": "mine"})),
        },
    ],
    elements=[{"section": "b", "elements": [local_item("r_kind", single(1, 2), voluntary=True)]}],
    options=[{"scale": "sat5", "options": [NO_OPINION]}, {"item": "q3", "options": [NO_OPINION]}],
    parameters=[{"code": "place", "name": words("Nơi"), "default": words("đây"), "origin": "overlay"}],
    scales=[scale("mine", origin="overlay")],
    factors=[{"code": "X", "name": words("Thêm"), "grade": "draft", "origin": "overlay"}],
    indices=[{"level": "item", "rule": "item_rate", "measure": "rate", "items": ["x1"], "origin": "overlay"}],
    switched_off=["q3"],
    relabellings=[{"item": "q2", "text": words("Lời của đơn vị")}],
    recordings=[{"element": "q1", "audio": [RECORDED]}],
    screen_instruction={"text": words("Chạm để chọn"), "grade": "draft", "origin": "overlay"},
    display={"pages": "sections", "question": {"vi": "Hài lòng không?", "fr": "Satisfait ?"}},
    comparable=[{"item": "q2", "with_version": 1, "reason": "chỉ đổi lời"}],
    languages=[
        {
            "language": {"code": "fr", "role": "translation", "grade": "draft", "origin": "overlay"},
            "words": [
                {"key": "title", "source": "Phiếu thử", "words": "Formulaire"},
                {"key": "scales/sat5/options/4/label", "source": "Hài lòng", "words": "Satisfait"},
                {"key": "sections/a/elements/q1/text", "source": "Câu hỏi q1", "words": "Question 1"},
            ],
        }
    ],
)


def test_everything_local_goes_on_and_comes_off_again():
    effective = overlay.apply(CORE, EVERYTHING, version=1)
    assert overlay.strip(effective) == CORE
    assert overlay.extract(effective) == EVERYTHING
    assert overlay.conforms(effective, CORE)
    assert codec.core_hash(effective) == codec.content_hash(CORE)
    assert codec.loads(codec.dumps(effective)) == effective  # and it is a usable version


def test_local_parts_stand_where_they_were_put():
    effective = overlay.apply(CORE, EVERYTHING, version=1)
    assert [one.code for one in effective.sections] == ["a", "more", "last", "b"]
    assert [one.code for one in effective.items] == ["q1", "q2", "q3", "x1", "x2", "r_sex", "r_kind"]
    assert effective.item("q2").wording == Text(vi="Lời của đơn vị")
    assert [one.code for one in effective.options(effective.item("q1"))] == [1, 2, 3, 4, 5, 97]
    assert "q3" not in {one.code for one in effective.asked_items}


def test_language_added_locally_reaches_the_words_of_the_core_and_leaves_it_unchanged():
    effective = overlay.apply(CORE, EVERYTHING, version=1)
    assert effective.language_codes == ("vi", "fr")
    assert effective.item("q1").text.inside("fr") == "Question 1"
    assert effective.item("q2").text.inside("fr") == "Câu hỏi q2"
    assert codec.core_hash(effective) == codec.content_hash(CORE)


def test_overlay_under_a_new_number_remembers_its_core():
    second = overlay.apply(CORE, EVERYTHING, version=2)
    assert second.core is not None
    assert (second.core.code, second.core.version) == ("sample", 1)
    third = overlay.apply(CORE, EVERYTHING, version=1, code="sample-da-nang")
    assert codec.core_hash(second) == codec.core_hash(third) == codec.content_hash(CORE)
    assert overlay.apply(overlay.strip(third), overlay.extract(third), version=1, code=third.code) == third


def test_one_changed_letter_of_the_core_no_longer_conforms():
    changed = codec.loads(codec.dumps(CORE).replace("Câu hỏi q1", "Câu hỏi q1."))
    assert not overlay.conforms(changed, CORE)


def test_version_with_local_parts_is_no_core():
    effective = overlay.apply(CORE, EVERYTHING, version=1)
    with pytest.raises(ValueError, match="expected a locked core"):
        overlay.apply(effective, local(), version=2)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"switched_off": ["q1"]}, "“q1” is switched off, but the form does not allow it"),
        ({"switched_off": ["q9"]}, "“q9” is switched off, but the form does not ask it"),
        (
            {"relabellings": [{"item": "q1", "text": words("x")}]},
            "“q1” has local words, but the form does not allow it",
        ),
        (
            {"relabellings": [{"item": "q9", "text": words("x")}]},
            "“q9” has local words, but the form does not ask it",
        ),
        (
            {"recordings": [{"element": "q9", "audio": []}]},
            "“q9” has recordings, but the form does not hold it",
        ),
        (
            {"sections": [{"after": "z", "section": local_section("more", local_item())}]},
            "section “more” should follow “z”, which does not exist",
        ),
        (
            {"sections": [{"after": "a", "section": local_section("b", local_item())}]},
            "section “b” now exists in the form itself",
        ),
        (
            {"sections": [{"after": "a", "section": local_section("more", local_item("q1"))}]},
            "“q1” now exists in the form itself",
        ),
        ({"elements": [{"section": "z", "elements": [local_item()]}]}, "there is no section “z” for x1"),
        (
            {"options": [{"scale": "sat9", "options": [NO_OPINION]}]},
            "there is no answer list “sat9” for the local answers",
        ),
        (
            {"options": [{"item": "q1", "options": [NO_OPINION]}]},
            "there is no answer list “q1” for the local answers",
        ),
        (
            {"options": [{"scale": "sat5", "options": [option(5, substantive=False, origin="overlay")]}]},
            "answer 5 of “sat5” now exists in the form itself",
        ),
        ({"scales": [scale(origin="overlay")]}, "scale “sat5” now exists in the form itself"),
        (
            {"languages": [{"language": {"code": "vi", "role": "translation", "origin": "overlay"}, "words": []}]},
            "the language “vi” now exists in the form itself",
        ),
    ],
)
def test_what_does_not_fit_is_said_and_refused(parts: JSON, sentence: str):
    assert overlay.conflicts(CORE, local(**parts)) == (sentence,)
    with pytest.raises(ValueError, match="does not fit sample@1"):
        overlay.apply(CORE, local(**parts), version=2)


def test_overlay_is_carried_to_a_new_core_and_the_losses_are_listed():
    newer = version(
        section("a", item("q1", text=words("Lời khác")), item("q2")),
        section("c", item("x2"), item("q4")),
        version=2,
    )
    effective, lost = overlay.rebase(EVERYTHING, newer, version=3)
    assert overlay.strip(effective) == newer
    assert [one.code for one in effective.sections] == ["a", "more", "c"]
    assert effective.display == EVERYTHING.display
    assert tuple(one.message for one in lost) == (
        "“x2” now exists in the form itself",
        "there is no section “b” for r_kind",
        "“q3” is switched off, but the form does not ask it",
        "“q2” has local words, but the form does not allow it",
        "there is no answer list “q3” for the local answers",
        "the words in “fr” for sections/a/elements/q1/text translate words that have changed",
        "the judgements on comparability must be made again for this version",
    )
    assert effective.title["fr"] == "Formulaire"
    assert "fr" not in effective.item("q1").text


def test_section_whose_place_is_gone_goes_to_the_end_and_is_reported():
    newer = version(section("n", item("q1")), version=2)
    effective, lost = overlay.rebase(
        local(sections=[{"after": "a", "section": local_section("more", local_item())}]), newer, version=3
    )
    assert [one.code for one in effective.sections] == ["n", "more"]
    assert tuple(one.message for one in lost) == ("section “more” should follow “a”, which does not exist",)


@st.composite
def overlays(draw: st.DrawFn) -> tuple[InstrumentVersion, overlay.Overlay]:
    """A random core and a random overlay that fits it."""
    count = draw(st.integers(1, 4))
    sections = [
        section(
            f"s{s}",
            *(
                item(
                    f"q{s}_{n}",
                    single(1, 2) if draw(st.booleans()) else None,
                    hideable=True,
                    relabelable=True,
                )
                for n in range(draw(st.integers(1, 3)))
            ),
        )
        for s in range(count)
    ]
    core = codec.loads(json.dumps(document(*sections)))
    codes = [one.code for one in core.items]
    placed = []
    names: list[str | None] = [None, *(one.code for one in core.sections)]
    for n in range(draw(st.integers(0, 3))):
        placed.append({"after": draw(st.sampled_from(names)), "section": local_section(f"l{n}", local_item(f"x{n}"))})
        names.append(f"l{n}")
    chosen = st.lists(st.sampled_from(codes), unique=True, max_size=3)
    lists = [code for code in draw(chosen) if getattr(core.item(code).response, "options", None)]
    return core, local(
        sections=placed,
        elements=[
            {"section": one.code, "elements": [local_item(f"y_{one.code}")]}
            for one in core.sections
            if draw(st.booleans())
        ],
        options=[{"item": code, "options": [NO_OPINION]} for code in lists]
        + ([{"scale": "sat5", "options": [NO_OPINION]}] if draw(st.booleans()) else []),
        switched_off=draw(chosen),
        relabellings=[{"item": code, "text": words("Lời khác")} for code in draw(chosen)],
        recordings=[{"element": code, "audio": [RECORDED]} for code in draw(chosen)],
        display=draw(st.sampled_from([{}, {"pages": "one"}, {"counter": True}])),
    )


@settings(max_examples=60, deadline=None)
@given(overlays(), st.integers(1, 9))
def test_any_overlay_comes_off_without_a_trace(made: tuple[InstrumentVersion, overlay.Overlay], number: int):
    core, parts = made
    effective = overlay.apply(core, parts, version=number)
    assert overlay.strip(effective) == core
    assert overlay.strip(overlay.strip(effective)) == overlay.strip(effective)
    assert codec.content_hash(overlay.strip(effective)) == codec.content_hash(core)
    again = overlay.apply(core, overlay.extract(effective), version=number)
    assert again == effective
