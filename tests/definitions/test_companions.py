"""What lies beside the forms: translations, the overlay for English, the crosswalk, the README's list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import instruments
from instruments import codec, library
from instruments.checks import integrity, linting
from instruments.checks.problems import errors
from instruments.model import indices
from instruments.overlays import overlay
from instruments.versions.comparability import compare
from tests.definitions.evidence import EDUCATION
from tests.definitions.tables import rows, table

FORMS = [entry.code for entry in library.shipped()]


@pytest.mark.parametrize("code", FORMS)
def test_every_text_has_a_reference_translation_of_grade_draft(code: str):
    form = library.load(code)
    assert [(one.code, one.role, one.grade) for one in form.languages] == [
        ("vi", "source", None),
        ("en", "translation", "draft"),
    ]
    for path, text in integrity.located_texts(form):
        assert set(text) == {"vi", "en"}, path


@pytest.mark.parametrize("code", FORMS)
def test_translations_are_translations(code: str):
    same_in_both = re.compile(r"[\d\s%<>.,/()+-]*|km|Kinh|SIPAS \d+|18-24|2-24.*")
    for path, text in integrity.located_texts(library.load(code)):
        if not same_in_both.fullmatch(text["vi"]):
            assert text["en"] != text["vi"], path
        vietnamese_letters = re.findall(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", text["en"].lower())
        names = ("notes", "issuer", "provenance")  # where names and quotations stand in the English too
        if not path.startswith(names) and "QĐ" not in text["en"]:
            assert not vietnamese_letters, f"{path}: {text['en']}"


@pytest.mark.parametrize("code", FORMS)
def test_placeholders_are_the_same_in_both_languages(code: str):
    for path, text in integrity.located_texts(library.load(code)):
        assert re.findall(r"\{\w+\}", text["vi"]) == re.findall(r"\{\w+\}", text["en"]), path


@pytest.mark.parametrize("code", FORMS)
def test_every_question_has_a_short_label_that_fits(code: str):
    for item in library.load(code).items:
        assert item.short is not None
        assert len(item.short.encode()) <= linting.SHORT_BYTES


@pytest.mark.parametrize("code", EDUCATION)
def test_english_overlay_fits_every_education_form_and_enters_no_other_figure(code: str):
    form = library.load(code)
    local = library.load_overlay("edu-english")
    core = overlay.strip(form)
    merged = overlay.extract(form).model_copy(
        update={"sections": local.sections, "factors": local.factors, "indices": local.indices}
    )
    effective = overlay.apply(core, merged, version=2)
    assert errors(linting.lint(effective)) == ()
    assert codec.core_hash(effective) == codec.core_hash(form)
    before, after = indices.headline(form), indices.headline(effective)
    assert before is not None
    assert after is not None
    assert after.items == before.items
    assert after.children == before.children
    assert "X.mean_items_rate.rate" in {one.code for one in indices.plan(effective)}


def test_english_overlay_has_the_words_of_the_source():
    local = library.load_overlay("edu-english")
    shipped = {item.code: item.text["vi"] for item in local.sections[0].section.items}
    assert shipped == {code: row["text_vi"] for code, row in rows("education", "3.9", "item").items()}
    path = library.DEFINITIONS / "overlays" / "edu-english.json"
    assert path.read_text(encoding="utf-8") == codec.dumps_overlay(local)


def test_crosswalk_is_the_one_of_the_source():
    crosswalk = library.load_crosswalk("service-topics")
    assert crosswalk.code == "service-topics"
    expected = table("admin", "5", "concept").rows
    assert [topic.name["en"] for topic in crosswalk.topics] == [row["concept"] for row in expected]
    for topic, row in zip(crosswalk.topics, expected, strict=True):
        for form in ("sipas-2640", "sipas-2022", "sipas-2026", "one-stop-short"):
            items = topic.items_of(form)
            cell = "-" if not items else items[0] if len(items) == 1 else f"{items[0]}-{items[-1]}"
            assert cell == row[form]
            assert all(library.load(form).has_item(item) for item in items)


def test_crosswalk_puts_the_two_sipas_forms_side_by_side():
    pairs = library.load_crosswalk("service-topics").pairs(new="sipas-2026", old="sipas-2022")
    assert pairs["q9_34"] == "q9_28"
    assert "q9_25" not in pairs  # seats were not asked in 2022
    comparison = compare(library.load("sipas-2022"), library.load("sipas-2026"), crosswalk=pairs)
    assert comparison.of("q9_31").old_item == "q9_23"
    assert not any(one.joined for one in comparison.items)


def test_unknown_companions_are_refused():
    with pytest.raises(KeyError):
        library.load_overlay("../one-stop-short/1")
    with pytest.raises(KeyError):
        library.load_crosswalk("nothing")


def test_list_in_the_readme_is_current():
    readme = (Path(instruments.__file__).parent / "definitions" / "README.md").read_text(encoding="utf-8")
    listed = [line for line in readme.splitlines() if line.count("|") == 6 and line.startswith("| `")]
    assert listed == [
        f"| `{form.code}` | {form.title['vi']} | {len(form.rated_items)} | `{form.lowest_grade}` | `{form.claim}` |"
        for form in map(library.load, FORMS)
    ]


@pytest.mark.parametrize("code", FORMS)
def test_form_compared_with_itself_is_unbroken(code: str):
    form = library.load(code)
    comparison = compare(form, form)
    assert {one.change for one in comparison.items} == {"same"}
    assert {one.fate for one in comparison.series} <= {"continues", "begins"}
