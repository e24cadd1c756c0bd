"""What is written as XLSForm is read back to the last byte, other programs take it, and what people change counts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import codec, library, xlsform
from instruments.checks.problems import InvalidInstrument
from instruments.model.document import InstrumentVersion
from instruments.overlays import overlay
from instruments.xlsform import validation
from instruments.xlsform.sheet_layout import CHOICES, OURS, SURVEY
from instruments.xlsform.writing import sheets
from tests.instruments.factory import document, item, multiple, option, section, single, version, words
from tests.instruments.workbooks import edited, without_sheet

SHIPPED = library.shipped()


def back(one: InstrumentVersion) -> InstrumentVersion:
    return xlsform.read(xlsform.write(one)).version


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: f"{entry.code}@{entry.version}")
def test_shipped_form_comes_back_with_the_same_hash(entry: library.Shipped):
    form = entry.load()
    reading = xlsform.read(xlsform.write(form))
    assert codec.content_hash(reading.version) == codec.content_hash(form)
    assert reading.remarks == ()


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: f"{entry.code}@{entry.version}")
def test_pyxform_takes_what_is_written_without_a_warning(entry: library.Shipped):
    assert validation.verdict(entry.load()) == validation.Verdict("")


def test_form_with_a_local_overlay_comes_back_with_the_same_hash():
    form = overlay.apply(
        overlay.strip(library.load("edu-thpt-parent")), library.load_overlay("edu-english"), version=7, code="edu-dn"
    )
    assert codec.content_hash(back(form)) == codec.content_hash(form)


EVERYTHING = document(
    section(
        "a",
        item("q1", text={"vi": " hai  dấu cách ", "en": "=1+1"}, hint=words("${x} và {x}"), required=True),
        item("q2", single(1, 2, 97 + 1, other=2) | {"options": [option(1), option(2), option(98, substantive=False)]}),
        item("q3", multiple(0, 254), show_if="q2 in (1, 2) and not (q1 == 2 or q1 == 3)"),
        item("n1", {"kind": "number", "minimum": -0.5, "maximum": 1e6, "decimals": 3, "unit": words("km")}),
        item("d1", {"kind": "date"}, show_if="q3 not includes 254 or n1 >= 0.25"),
        item("t1", {"kind": "text", "lines": 3, "max_length": 10}, show_if="d1 > 20260101 and blank(q2)"),
        title={"vi": "Phần <b>một</b>"},
    ),
    section(
        "q1",  # a section may be called like a question
        {
            "type": "statement",
            "code": "s1",
            "text": words("Lời\nhai dòng"),
            "grade": "draft",
            "show_if": "answered(t1)",
        },
        item("q9", relabelable=True, relabel=words("Khác"), hideable=True, asked=False, show_if="q1 not in (4, 5)"),
        item("q10", {"kind": "rating", "scale": "sat5", "variant": "evaluation"}, hideable=True, asked=False),
        show_if="q2 != 1",
        stem=None,
    ),
    languages=[
        {"code": "vi", "role": "source"},
        {"code": "en", "role": "translation"},
        {"code": "ktv", "role": "translation", "grade": "draft", "origin": "overlay"},
    ],
    parameters=[{"code": "x", "name": words("Tên"), "default": words("mặc định")}],
    rounding={},
    indices=[{"level": "item", "rule": "item_rate", "measure": "rate", "rounding": {}, "items": []}],
    notes=[{"kind": "use", "about": "", "text": words('=HYPERLINK("x")')}],
)
EVERYTHING["scales"][0]["options"][0]["variants"] = [{"name": "evaluation", "label": words("Rất kém")}]
EVERYTHING["scales"][0]["counted"] = []
del EVERYTHING["sections"][1]["stem"]


def test_every_corner_of_the_format_comes_back_with_the_same_hash():
    form = codec.loads_draft(json.dumps(EVERYTHING))
    assert codec.loads(json.dumps(EVERYTHING))
    assert codec.content_hash(back(form)) == codec.content_hash(form)
    assert validation.verdict(form).refusal == ""


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, min_size=3, max_size=3))
def test_any_text_comes_back_as_it_was(said: list[str]):
    raw = document(
        section("a", item("q1", text=words(said[0]), short=said[1])), notes=[{"kind": "use", "text": words(said[2])}]
    )
    try:
        form = codec.loads_draft(json.dumps(raw))
    except InvalidInstrument:
        return  # text that no document takes
    assert codec.content_hash(back(form)) == codec.content_hash(form)


def test_texts_of_a_form_are_never_formulas_or_links():
    form = version(section("a", item("q1", text={"vi": "=1+1"}, hint=words("https://x.vn/"))))
    data = xlsform.write(form)
    assert b"<f>" not in b"".join(_sheet_parts(data))
    assert b"hyperlink" not in b"".join(_sheet_parts(data)).lower()


def _sheet_parts(data: bytes) -> list[bytes]:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name) for name in archive.namelist() if "worksheets/" in name]


# --- what people change ------------------------------------------------------------------------------------------

FORM = library.load("byt56-m2")
VI, EN = "label::Tiếng Việt (vi)", "label::English (en)"


def test_changed_words_of_a_question_and_an_answer_count():
    data = edited(xlsform.write(FORM), SURVEY, {("a1", VI): "Lời mới"})
    found = xlsform.read(edited(data, CHOICES, {("3", EN): "So-so"})).version
    assert found.item("a1").text["vi"] == "Lời mới"
    assert found.item("a1").text["en"] == FORM.item("a1").text["en"]
    assert found.scale("byt05").options[2].label["en"] == "So-so"


def test_changed_condition_counts_and_an_unchanged_one_keeps_its_spelling():
    form = version(section("a", item("q1"), item("q2", show_if="q1 in (1, 2)"), item("q3", show_if="q1 not in (1, 2)")))
    data = xlsform.write(form)
    assert xlsform.read(data).version.item("q3").show_if == "q1 not in (1, 2)"
    changed = xlsform.read(edited(data, SURVEY, {("q2", "relevant"): "${q1} > 3", ("q3", "relevant"): None})).version
    assert changed.item("q2").show_if == "q1 > 3"
    assert changed.item("q3").show_if is None


def test_changed_title_number_limits_and_marks_count():
    form = version(section("a", item("g1", {"kind": "number", "minimum": 0}), item("q1")))
    data = edited(
        xlsform.write(form), SURVEY,
        {("g1", "constraint"): ".>=5 and .<=9", ("q1", "hailong_grade"): "draft", ("g1", "type"): "decimal"},
    )  # fmt: skip
    found = xlsform.read(
        edited(data, "settings", {("sample", "version"): "2", ("sample", "form_title"): "Tên mới"}, key="form_id")
    ).version
    assert (found.item("g1").response.minimum, found.item("g1").response.maximum) == (5, 9)
    assert found.item("g1").response.decimals == 2
    assert found.item("q1").grade == "draft"
    assert (found.version, found.title["vi"]) == (2, "Tên mới")


def test_problem_of_the_document_is_named_by_sheet_and_row():
    form = version(section("a", item("q1"), item("q2", factor="F1"), item("q3")), factors=[
        {"code": "F1", "name": words("Một"), "grade": "verbatim"}
    ])  # fmt: skip
    data = xlsform.write(form)
    our_row = next(n for n, row in enumerate(sheets(form)[OURS], start=2) if row["field"] == "claim")
    for sheet, changes, key, place in (
        (SURVEY, {("q3", "hailong_grade"): "sure"}, "name", "survey!5"),
        (SURVEY, {("q2", "hailong_factor"): "Z"}, "name", "survey!4"),
        (CHOICES, {("4", "hailong_satisfied"): "perhaps"}, "name", "choices!5"),
        (CHOICES, {("3", "name"): "97"}, "name", "choices!4"),
        (OURS, {("claim", "value"): "true"}, "field", f"hailong!{our_row}"),
    ):
        with pytest.raises(InvalidInstrument) as refused:
            xlsform.read(edited(data, sheet, changes, key=key))
        assert [problem.path for problem in refused.value.problems] == [place], changes


def test_finding_about_the_version_is_placed_at_its_row():
    from instruments.checks import linting

    reading = xlsform.read(xlsform.write(version(section("a", item("q1"), item("q2", required=True)))))
    found = next(one for one in linting.lint(reading.version) if one.code == "required")
    assert reading.placed(found).path == "survey!4"


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: f"{entry.code}@{entry.version}")
def test_form_that_went_through_a_program_which_drops_our_sheet_still_arrives(entry: library.Shipped):
    form = entry.load()
    found = xlsform.read(without_sheet(xlsform.write(form), OURS), service_domain="admin")
    there = found.version
    asked = [one for one in form.items if one.asked]
    assert [(one.code, one.kind, one.show_if) for one in asked] == [
        (one.code, one.kind, one.show_if) for one in there.items if one.asked
    ]
    assert (there.claim, there.lowest_grade) == ("demonstration", "draft")
    assert any(one.code == "column" and one.params["column"] == "hailong_grade" for one in found.remarks)
