"""Checks of a whole definition: each finding has a case that raises it and a neighbour that does not."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from instruments import codec, library
from instruments.checks import linting
from instruments.checks.problems import PROBLEMS, errors
from instruments.model.recordings import spoken_languages
from tests.instruments.factory import JSON, document, item, option, scale, section, single, words

LONG = " ".join(["lời"] * 16)
TWO_LANGUAGES = [{"code": "vi", "role": "source"}, {"code": "en", "role": "translation", "grade": "draft"}]
REVERSED = {
    "code": "bad_first",
    "options": [option(code, f"Mức {code}", satisfied=code <= 2) for code in range(1, 6)],
}
PLACE = {"code": "place", "name": words("Nơi"), "default": words("đây")}
LEVELS = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")


def recorded(code: str) -> JSON:
    """A recording of a rated question as the factory writes it."""
    said = "\n".join((f"Câu hỏi {code}", *LEVELS))
    return {
        "language": "vi", "file": f"{code}.mp3", "digest": "0" * 64, "seconds": 4.5,
        "words": hashlib.sha256(said.encode()).hexdigest(),
    }  # fmt: skip


def form(*elements: JSON, **changes: Any) -> JSON:
    return document(section("main", *(elements or [item("q1")])), **changes)


def found(whole: JSON) -> set[str]:
    return {problem.code for problem in linting.lint(codec.loads_draft(json.dumps(whole)))}


def weighed(child: str, rule: str = "mean_of_children") -> JSON:
    """A headline in which one part has a weight; factor A has a figure of its own, B has none."""
    named = [{"code": code, "name": words(code), "grade": "verbatim"} for code in "AB"]
    rate = {"level": "factor", "rule": "mean_items_rate", "measure": "rate", "items": ["q1"]}
    whole = {"level": "overall", "rule": rule, "measure": "rate", "headline": True}
    return form(
        item("q1", factor="A"), item("q2", factor="B"), factors=named,
        indices=[rate, whole | {"weights": [{"child": child, "weight": 2}]}],
    )  # fmt: skip


CASES: dict[str, tuple[JSON, JSON]] = {
    "weight-unused": (weighed("q1", "top2_answers"), weighed("A")),
    "rollup-rules": (
        form(rollup={"rules": ["groups_unweighted", "design_weighted"]}),
        form(rollup={"rules": ["design_weighted", "groups_unweighted"]}),
    ),
    "unreachable": (
        form(item("q1"), item("q2", show_if="q1 == 1 and q1 == 2")),
        form(item("q1"), item("q2", show_if="q1 == 1 or q1 == 2")),
    ),
    "scale-direction": (
        form(item("q1"), item("q2", {"kind": "rating", "scale": "bad_first"}), scales=[scale(), REVERSED]),
        form(item("q1"), scales=[scale()]),
    ),
    "scale-mixed": (
        form(scales=[{"code": "sat5", "options": [option(n, f"Mức {n}", satisfied=n == 3) for n in range(1, 6)]}]),
        form(),
    ),
    "option-label-twice": (
        form(item("q1", {"kind": "single", "options": [option(1, "Có"), option(2, "có ")]})),
        form(item("q1", {"kind": "single", "options": [option(1, "Có"), option(2, "Không")]})),
    ),
    "claim-grade": (form(item("q1", grade="draft")), form(item("q1", grade="draft"), claim="demonstration")),
    "short-long": (form(item("q1", short="ữ" * 27)), form(item("q1", short="ữ" * 26))),  # three bytes each
    "too-many-items": (
        form(*(item(f"q{n}") for n in range(16)), display={"counter": True}),
        form(*(item(f"q{n}") for n in range(15)), display={"counter": True}),
    ),
    "sensitive-asked": (
        form(item("r_x", single(1, 2), voluntary=True, sensitive="ethnicity")),
        form(item("r_x", single(1, 2), voluntary=True, sensitive="ethnicity", asked=False, hideable=True)),
    ),
    "sensitive-unmarked": (
        form(item("c1", {"kind": "text"}, text=words("Số điện thoại của Ông/Bà"), voluntary=True)),
        form(item("c1", text=words("Việc theo dõi sức khỏe của trẻ"))),  # a rating discloses nothing
    ),
    "respondent-kind": (
        form(item("r_kind", single(1, 2, 3), voluntary=True)),
        form(item("r_kind", single(1, 2), voluntary=True)),
    ),
    "translation-missing": (form(languages=TWO_LANGUAGES), form()),
    "translation-ungraded": (
        form(languages=[{"code": "vi", "role": "source"}, {"code": "en", "role": "translation"}]),
        form(languages=TWO_LANGUAGES),
    ),
    "text-long": (form(item("q1", text=words(LONG))), form(item("q1", text=words(LONG[4:])))),
    "text-space": (form(item("q1", text=words("Sạch  sẽ"))), form(item("q1", text=words("Sạch sẽ")))),
    "double-barrelled": (
        form(item("q1", text=words("Nhanh và sạch"))),
        form(item("q1", text=words("Nhanh vàng"))),
    ),
    "label-spss": (
        form(item("q1", text=words("ữ" * 86))),
        form(item("q1", text=words("ữ" * 86), short="Ngắn")),
    ),
    "label-stata": (form(item("q1", text=words("a" * 81))), form(item("q1", text=words("a" * 80)))),
    "short-twice": (
        form(item("q1", short="Sạch"), item("q2", short="Sạch")),
        form(item("q1", short="Sạch"), item("q2", short="Đẹp")),
    ),
    "name-long": (
        form(item("q" * 27, single(1, 7, other=7), voluntary=True)),
        form(item("q" * 26, single(1, 7, other=7), voluntary=True)),
    ),
    "many-items": (form(*(item(f"q{n}") for n in range(11))), form(*(item(f"q{n}") for n in range(10)))),
    "few-answers": (
        form(item("q1", {"kind": "single", "options": [option(1), option(97, substantive=False)]})),
        form(item("q1", single(1, 2))),
    ),
    "no-headline": (
        form(),
        form(indices=[{"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True}]),
    ),
    "factor-empty": (
        form(factors=[{"code": "F", "name": words("Yếu tố"), "grade": "verbatim"}]),
        form(item("q1", factor="F"), factors=[{"code": "F", "name": words("Yếu tố"), "grade": "verbatim"}]),
    ),
    "unused": (form(scales=[scale(), scale("spare")]), form()),
    "condition-same-page": (
        form(item("q1"), item("q2", show_if="q1 == 1")),
        document(
            section("a", item("q1")),
            section("b", item("q2", show_if="q1 == 1")),
            display={"pages": "sections"},
        ),
    ),
    "translation-placeholder": (
        form(item("q1", text={"vi": "Ở {place}", "en": "Here"}), languages=TWO_LANGUAGES, parameters=[PLACE]),
        form(item("q1", text={"vi": "Ở {place}", "en": "At {place}"}), languages=TWO_LANGUAGES, parameters=[PLACE]),
    ),
    "translation-copied": (
        form(item("q1", text={"vi": "Xin cho biết ý kiến", "en": "Xin cho biết ý kiến"}), languages=TWO_LANGUAGES),
        form(item("q1", text={"vi": "Zalo", "en": "Zalo"}), languages=TWO_LANGUAGES),
    ),
    "wrong-letter": (form(item("q1", text=words("Ðường sá"))), form(item("q1", text=words("Đường sá")))),
    "required": (form(item("q1", required=True)), form()),
    "not-voluntary": (
        form(item("c1", {"kind": "text"})),
        form(item("c1", {"kind": "text"}, voluntary=True)),
    ),
    "respondent-order": (
        form(item("r_sex", single(1, 2), voluntary=True), item("q1")),
        form(item("q1"), item("r_sex", single(1, 2), voluntary=True)),
    ),
    "audio-incomplete": (
        form(item("q1", audio=[recorded("q1")]), item("q2")),
        form(item("q1", audio=[recorded("q1")]), item("q2", audio=[recorded("q2")])),
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_finding_is_made_where_it_is_due_and_not_next_to_it(code: str):
    due, not_due = CASES[code]
    assert code in found(due)
    assert code not in found(not_due)


def test_every_finding_on_the_list_has_a_case():
    assert set(CASES) == {code for code, kind in PROBLEMS.items() if kind.layer == "quality"}


def test_sentences_of_all_findings_can_be_filled_in():
    for due, _ in CASES.values():
        for problem in linting.lint(codec.loads_draft(json.dumps(due))):
            assert "{" not in problem.message.replace("{{", "")
            assert problem.path


def test_contradictions_of_a_draft_are_listed_first():
    draft = codec.loads_draft(json.dumps(form(item("q1"), item("q1"), item("q2", show_if="zz == 1"))))
    assert [problem.code for problem in linting.lint(draft)][:2] == [
        "duplicate-code",
        "condition-unknown-item",
    ]


def test_shipped_forms_could_all_be_published():
    for entry in library.shipped():
        assert errors(linting.lint(entry.load())) == (), entry.code


def test_approver_may_override_length_and_personal_data_only():
    overridable = {code for code, kind in PROBLEMS.items() if kind.approver}
    assert overridable == {"too-many-items", "sensitive-asked", "sensitive-unmarked"}


def test_language_is_spoken_only_when_everything_said_is_recorded():
    whole = form(item("q1", audio=[recorded("q1")]), item("h_x", single(1, 2), asked=False, hideable=True))
    assert spoken_languages(codec.loads_draft(json.dumps(whole))) == ("vi",)
    half = form(item("q1", audio=[recorded("q1")]), item("q2"))
    assert spoken_languages(codec.loads_draft(json.dumps(half))) == ()


def test_personal_data_is_noticed_in_the_english_of_a_form_made_elsewhere():
    english = form(
        item("c1", {"kind": "text"}, text={"en": "What is your phone number?"}, voluntary=True),
        languages=[{"code": "en", "role": "source"}],
    )
    assert "sensitive-unmarked" in found(english)
