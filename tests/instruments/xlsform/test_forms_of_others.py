"""Forms made by other people's tools: what is carried, what is read differently, what is left out, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from instruments import routing, xlsform
from instruments.checks import linting
from instruments.checks.problems import InvalidInstrument, errors
from instruments.xlsform import Reading, validation
from tests.instruments.workbooks import form, workbook

OFFICIAL = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")


def read(survey: Any, choices: Any = (), settings: Any = (), **more: Any) -> Reading:
    return xlsform.read(form(survey, choices, settings, **more), service_domain="health")


def told(reading: Reading, code: str) -> list[str]:
    return [remark.message for remark in reading.remarks if remark.code == code]


def refused(survey: Any, choices: Any = (), **more: Any) -> dict[str, str]:
    with pytest.raises(InvalidInstrument) as wrong:
        read(survey, choices, **more)
    return {problem.path: problem.message for problem in wrong.value.problems}


# --- whole forms, as the tools write them ------------------------------------------------------------------------

KOBO = {
    "survey": [
        ["type", "name", "label::English (en)", "label::Tiếng Việt (vi)", "hint::English (en)", "hint::Tiếng Việt (vi)",
         "required", "relevant", "appearance", "parameters", "constraint", "constraint_message::English (en)",
         "calculation", "kobo--score-choices", "$kuid", "$autoname"],
        ["start", "start", None, None, None, None, None, None, None, None, None, None, None, None, "aB1", "start"],
        ["end", "end"],
        ["today", "today"],
        ["begin_group", "group_ya4cw53", "About your visit", "Về lần khám này", None, None, "false"],
        ["select_one yn", "Had_appointment", "Did you have an appointment?", "Ông/Bà có hẹn trước không?", "Any kind",
         "Hẹn kiểu nào cũng được", "true"],
        ["integer", "Wait_minutes", "How many minutes did you wait?", "Ông/Bà chờ bao nhiêu phút?", None, None, "false",
         "${Had_appointment} = 'yes'", None, None, ". >= 0 and . < 600", "Too long"],
        ["calculate", "hours", None, None, None, None, None, None, None, None, None, None, "${Wait_minutes} div 60"],
        ["end_group"],
        ["begin_score", "group_rate", "Please rate", "Xin đánh giá", None, None, "false", None, None, None, None, None,
         None, "sat"],
        ["score__row", "staff", "Staff", "Nhân viên", None, None, "true"],
        ["score__row", "rooms", "Rooms", "Phòng khám", None, None, "true"],
        ["end_score"],
        ["range", "overall", "Overall, 0 to 10", "Chung, từ 0 đến 10", None, None, "false", None, None,
         "start=0;end=10;step=1"],
        ["select_multiple why or_other", "why", "Why this place?", "Vì sao chọn nơi này?", None, None, "false",
         "${overall} > 5", "minimal"],
        ["text", "comment", "Anything else?", "Ý kiến khác?", None, None, "false",
         "selected(${why}, 'near') or selected(${why}, 'cheap')", "multiline"],
        ["note", "thanks", "Thank you", "Xin cảm ơn"],
    ],
    "choices": [
        ["list_name", "name", "label::English (en)", "label::Tiếng Việt (vi)", "$kuid"],
        ["yn", "yes", "Yes", "Có", "k1"],
        ["yn", "no", "No", "Không"],
        ["yn", "dk", "Do not know", "Không biết"],
        *[["sat", n, f"Level {n}", word] for n, word in enumerate(OFFICIAL, start=1)],
        ["why", "near", "Near", "Gần"],
        ["why", "cheap", "Cheap", "Rẻ"],
        [],
        ["unused", "x", "X", "X"],
    ],
    "settings": [["style", "form_title", "id_string", "version", "default_language"],
                 ["pages", "Khảo sát phòng khám", "aXyZ12", "3 (2024-05-01 08:00:00)", "English (en)"]],
}  # fmt: skip


@pytest.fixture
def kobo() -> Reading:
    return xlsform.read(workbook(KOBO), service_domain="health")


def test_kobo_form_is_one_that_pyxform_reads_too():
    plain = {name: [row[:13] for row in rows] for name, rows in KOBO.items()}
    plain["survey"] = [row for row in plain["survey"] if not row[0].startswith(("begin_score", "score", "end_score"))]
    assert validation.verdict_of_file(workbook(plain)).refusal == ""


def test_kobo_form_arrives_with_its_sections_questions_and_languages(kobo: Reading):
    found = kobo.version
    assert found.language_codes == ("vi", "en")
    assert found.source_language == "vi"
    assert [section.code for section in found.sections] == ["group_ya4cw53", "group_rate", "part_3"]
    assert [(item.code, item.kind) for item in found.items] == [
        ("had_appointment", "single"), ("wait_minutes", "number"), ("staff", "rating"), ("rooms", "rating"),
        ("overall", "number"), ("why", "multiple"), ("comment", "text"),
    ]  # fmt: skip
    assert found.item("had_appointment").text["vi"] == "Ông/Bà có hẹn trước không?"
    assert dict(found.item("had_appointment").hint) == {"vi": "Hẹn kiểu nào cũng được", "en": "Any kind"}
    assert found.item("had_appointment").required
    assert not found.item("wait_minutes").required
    assert found.elements[-1].text["vi"] == "Xin cảm ơn"
    assert not errors(linting.lint(found))


def test_kobo_conditions_limits_and_lists_keep_their_meaning(kobo: Reading):
    found = kobo.version
    assert found.item("wait_minutes").show_if == "had_appointment == 1"
    assert (found.item("wait_minutes").response.minimum, found.item("wait_minutes").response.maximum) == (0, 599)
    assert (found.item("overall").response.minimum, found.item("overall").response.maximum) == (0, 10)
    assert found.item("comment").show_if == "why includes 1 or why includes 2"
    answers = found.options(found.item("had_appointment"))
    assert [(option.code, option.substantive) for option in answers] == [(1, True), (2, True), (98, False)]
    assert [option.satisfied for option in found.scale("sat").options] == [False, False, False, True, True]
    why = found.item("why")
    assert dict(found.options(why)[-1].label) == {"vi": "Khác", "en": "Other"}
    assert why.other == found.options(why)[-1].code
    assert "wait_minutes" not in routing.visible(found, {"had_appointment": 2})


def test_kobo_form_comes_with_the_list_of_what_was_not_carried(kobo: Reading):
    assert {(remark.code, remark.place) for remark in kobo.remarks if remark.fate == "left"} == {
        ("metadata", "survey!2"), ("metadata", "survey!3"), ("metadata", "survey!4"), ("calculated", "survey!8"),
        ("column", "survey!7"), ("column", "survey!15"), ("list", "choices!13"), ("setting", "settings!2"),
    }  # fmt: skip
    assert "“Had_appointment” is now called “had_appointment”" in " ".join(told(kobo, "renamed"))
    assert told(kobo, "answer-coded")[-1] == "The answer “x” of the list “unused” got the code 1."
    assert any("service_domain" in one for one in told(kobo, "assumed")) is False
    assert told(kobo, "form-renamed") == [
        "The form “aXyZ12” is now called “axyz12”: lower-case letters without marks, digits and -."
    ]
    assert kobo.version.version == 3


def test_form_claims_nothing_that_its_file_does_not_say(kobo: Reading):
    found = kobo.version
    assert (found.claim, found.lowest_grade, found.service_domain) == ("demonstration", "draft", "health")
    assert found.issuer["vi"] == "(chưa ghi)"
    assert {language.grade for language in found.languages if language.role == "translation"} == {"draft"}


ODK = {
    "Survey ": [
        ["Type", "Name", "Label:English", "label : Vietnamese", "Relevance", "Required", "media::image",
         "bind::constraint"],
        ["Begin Group", "household", "Household", "Hộ gia đình"],
        ["select one from yes_no", "owns", "Do you own it?", "Có sở hữu không?", None, True],
        [],
        ["begin group", "inner", "Details", "Chi tiết", "${owns}='1'"],
        ["int", "rooms", "How many rooms?", "Mấy phòng?", None, 1.0, None, ".>0 and .<=20"],
        ["decimal", "rent", "Rent?", "Tiền thuê?", "${rooms} >= 2 and ${rooms} != 5", "TRUE()", None, ".>0.5"],
        ["end group"],
        ["select all that apply from yes_no", "both", "Which?", "Những câu nào?", None, "no"],
        ["end group", "household"],
        ["acknowledge", "ok", "I have read this", "Tôi đã đọc"],
        ["string", "Tên gọi khác", "Name?", "Tên?", "count-selected(${both}) > 0", None, "logo.png"],
    ],
    "CHOICES": [
        ["List Name", "Value", "label::English", "label::Vietnamese"],
        ["yes_no", 1.0, "Yes", "Có"],
        ["yes_no", 0.0, "No", "Không"],
    ],
    "Settings": [["form_id", "form title", "version", "default_language"], ["hh-2020", "Hộ", 2020.0, "English"]],
    "Instructions": [["Read this first"]],
}  # fmt: skip


def test_odk_form_with_old_spellings_and_floats_arrives():
    reading = xlsform.read(workbook(ODK))
    found = reading.version
    assert (found.code, found.version) == ("hh-2020", 2020)
    assert found.language_codes == ("vi", "en")
    assert [(item.code, item.kind, item.required) for item in found.items] == [
        ("owns", "single", True), ("rooms", "number", True), ("rent", "number", True), ("both", "multiple", False),
        ("ten_goi_khac", "text", False),
    ]  # fmt: skip
    assert found.item("rooms").show_if == "owns == 1"
    assert found.item("rent").show_if == "owns == 1 and rooms >= 2 and not (rooms == 5)"
    assert (found.item("rooms").response.minimum, found.item("rooms").response.maximum) == (1, 20)
    assert found.item("ten_goi_khac").show_if == "answered(both)"
    assert found.sections[0].elements[1].text["vi"] == "Chi tiết"
    assert found.item("rent").response.minimum == 0.51
    assert told(reading, "limits") == []
    assert any("service_domain" in one for one in told(reading, "assumed"))
    assert not told(reading, "sheet")


def test_form_of_one_language_without_a_name_is_recognised_by_its_letters():
    vietnamese = read([["text", "a", "Xin cho biết ý kiến"], ["text", "b", "Địa phương"]])
    assert vietnamese.version.language_codes == ("vi",)
    english = read([["text", "a", "Any comments?"]])
    assert (english.version.language_codes, english.version.source_language) == (("en",), "en")
    assert told(english, "languages") == ["The first language is “en”, taken from the texts."]


# --- conditions --------------------------------------------------------------------------------------------------

ASKED = [["select_one l", "q", "Hỏi gì?"], ["select_multiple l", "m", "Hỏi gì nữa?"], ["integer", "n", "Số?"]]
LIST = [["l", "a", "Một"], ["l", "b", "Hai"], ["l", "c", "Ba"]]
HEAD = ["type", "name", "label", "relevant"]
MORE = [
    ["date", "d", "Ngày?"], ["select_one n", "k", "Mã?"], ["select_one s or_other", "o", "Gì khác?"],
    ["calculate", "flag", None, None, "if(selected(${m}, 'b'), 1, 0)"],
]  # fmt: skip
NUMBERED = [["n", "1", "Một"], ["n", "01", "Không một"], ["n", "2", "Hai"], ["n", "-88", "Khác"], ["s", "2", "Hai"]]


@pytest.mark.parametrize(
    ("source", "condition"),
    [
        ("${q}='a'", "q == 1"),
        ('"b" = ${q}', "q == 2"),
        ("${ q } = ‘c’", "q == 3"),
        ("selected(${q}, 'a')", "q == 1"),
        ("${q} != 'a'", "not (q == 1)"),
        ("not(${q} = 'a' or ${q} = 'b')", "not (q in (1, 2))"),
        ("not(selected(${m}, 'b'))", "not (m includes 2)"),
        ("${q} != '' and (${n} >= -3 or ${n} < 1.5)", "answered(q) and (n >= -3 or n < 1.5)"),
        ("5 <= ${n}", "n >= 5"),
        ("${n} = '7'", "n == 7"),
        ("string-length(${n}) > 0 and true()", "answered(n)"),
        ("count-selected(${m}) = 0", "blank(m)"),
        ("true()", None),
        ("", None),
        ("${m} = 'a'", "m includes 1 and not (m includes 2) and not (m includes 3)"),
        ("${n} > .5", "n > 0.5"),
        ("coalesce(${q}, '') = 'a'", "q == 1"),
        ("string(${q}) != 'b'", "not (q == 2)"),
        ("number(${n}) > 3", "n > 3"),
        ("selected(${q}, 'a') = false()", "not (q == 1)"),
        ("if(${n} > 1, true(), false())", "n > 1"),
        ("if(${q} = 'a', 1, 0) = 1", "q == 1"),
        ("${flag} = 1", "m includes 2"),
        ("${flag} = 0 and ${q} = 'a'", "not (m includes 2) and q == 1"),
        ("${d} >= date('2024-03-01')", "d >= 20240301"),
        ("${d} < '2024-03-01'", "d < 20240301"),
        ("number(format-date(${d}, '%Y%m%d')) > 20240301", "d > 20240301"),
        ("${k} = '01'", "k == 3"),
        ("${k} = 1", "k in (1, 3)"),
        ("${k} >= 2", "k == 2"),
        ("${k} < 0", "k == 4"),
        ("selected(${o}, 'other')", "o == 1"),
    ],
)
def test_condition_of_xlsform_becomes_ours(source: str, condition: str | None):
    reading = read([[*HEAD, "calculation"], *ASKED, *MORE, ["text", "t", "Vì sao?", source]], [*LIST, *NUMBERED])
    assert reading.version.item("t").show_if == condition
    assert told(reading, "condition") == []


@pytest.mark.parametrize(
    ("source", "piece"),
    [
        ("today() > '2024-01-01'", "today() > '2024-01-01'"),
        ("${n} + 1 > 4", "${n} + 1 > 4"),
        ("${q} = ${m}", "${q} = ${m}"),
        ("count-selected(${m}) > 2 and ${q} = 'a'", "count-selected(${m}) > 2"),
        ("${q} = 'nowhere'", "${q} = 'nowhere'"),
        ("${q} > 1", "${q} > 1"),
        ("../n = 1", "../n = 1"),
        ("/data/n[1]/x = 1", "/data/n[1]/x = 1"),
        ("${made} = 1", "${made}"),
    ],
)
def test_condition_that_cannot_be_asked_is_left_out_and_named(source: str, piece: str):
    made = ["calculate", "made", None]
    reading = read([HEAD, *ASKED, made, ["text", "t", "Vì sao?", source]], LIST)
    assert reading.version.item("t").show_if is None
    assert told(reading, "condition") == [f"The condition of “t” was left out, so everybody is asked: {piece}."]


@pytest.mark.parametrize(
    ("column", "source", "message"),
    [
        ("relevant", "${q} = 'a", "The expression in “relevant” cannot be read: “'a” at character 8."),
        ("relevant", "(${q} = 'a'", "The expression in “relevant” cannot be read: it ends too early."),
        ("relevant", "${q} = = 'a'", "The expression in “relevant” cannot be read: “=” at character 8."),
        ("relevant", "${q} and", "The expression in “relevant” cannot be read: it ends too early."),
        ("relevant", "${nowhere} = 1", "“relevant” names “nowhere”, which is no question before it."),
        ("relevant", "${t} = 1", "“relevant” names “t”, which is no question before it."),
        ("constraint", ". >= 0 and", "The expression in “constraint” cannot be read: it ends too early."),
        ("relevant", "(" * 200 + "1", "The expression in “relevant” cannot be read: more than 30 brackets"),
        ("relevant", "1=1 and " * 600 + "1=1", "The expression in “relevant” cannot be read: it has 4803 characters"),
    ],
)
def test_broken_expression_is_refused_with_its_row(column: str, source: str, message: str):
    found = refused([[*HEAD[:3], column], *ASKED, ["integer", "t", "Số?", source]], LIST)
    assert list(found) == ["survey!5"]
    assert found["survey!5"].startswith(message)


def test_question_that_is_never_shown_is_left_out():
    reading = read([HEAD, *ASKED, ["text", "t", "Vì sao?", "false()"], ["text", "u", "Sao?", "1 = 2 or false()"]], LIST)
    assert not reading.version.has_item("t")
    assert told(reading, "never-asked") == ["“t” is never shown in the form and was left out."]


# --- names and answers --------------------------------------------------------------------------------------------


def test_names_become_codes_and_no_two_become_one():
    reading = read([
        ["text", "Giới tính", "Một"], ["text", "gioi_tinh", "Hai"], ["text", "giới-tính", "Ba"], ["text", "_1", "Bốn"],
        ["text", "and", "Năm"], ["text", "x" * 50, "Sáu"],
    ])  # fmt: skip
    assert [item.code for item in reading.version.items] == [
        "gioi_tinh_2", "gioi_tinh", "gioi_tinh_3", "q_1", "q_and", "x" * 32
    ]  # fmt: skip


def test_numbers_of_answers_are_kept_and_missing_answers_set_apart():
    lists = [["l", "1", "Có"], ["l", "0", "Không"], ["l", "99", "Từ chối"], ["l", "-88", "Khác"], ["l", "300", "Xa"]]
    reading = read([["select_one l", "q", "Hỏi?"]], lists)
    options = reading.version.options(reading.version.item("q"))
    assert [(option.code, option.substantive) for option in options] == [
        (1, True), (0, True), (99, False), (2, True), (3, True)
    ]  # fmt: skip
    assert told(reading, "answer-set-apart") == ["The answer 99 of the list “l” counts as no answer on the matter."]


def test_list_used_twice_is_one_scale_and_a_likert_is_a_rating():
    head = ["type", "name", "label", "appearance"]
    reading = read([head, ["select_one l", "a", "Một?", "likert"], ["select_one l", "b", "Hai?", "likert"]], LIST)
    assert [item.kind for item in reading.version.items] == ["rating", "rating"]
    assert [scale.code for scale in reading.version.scales] == ["l"]
    assert len(told(reading, "likert")) == 2


def test_formula_cells_are_read_as_last_shown_and_said_so():
    reading = read([["text", "a", '==CONCATENATE("x","y")'], ["text", "b", "Hai"]])
    assert reading.version.item("a").text["en"] == "shown value"
    assert told(reading, "formula") == ["1 rows hold formulas; what they last showed was read."]


def test_line_ends_and_unseen_signs_of_other_programs_are_put_right():
    reading = read([["text", "a", "\ufeff  Một\r\nhai_x000D_\nba\u200b  "]])
    assert reading.version.item("a").text["vi"] == "Một\nhai\nba"


# --- refused by name ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    ["geopoint", "geotrace", "geoshape", "image", "audio", "video", "file", "barcode", "rank l", "time", "dateTime",
     "select_one_from_file places.csv", "select_one_external l", "select_one ${names}", "osm"],
)  # fmt: skip
def test_type_that_is_not_supported_is_refused_by_name_and_row(kind: str):
    found = refused([["text", "a", "Một"], [kind, "b", "Hai"]], LIST)
    assert found["survey!3"] == f"“{kind}” is not supported here; take the row out."


@pytest.mark.parametrize(
    ("begin", "end"),
    [("begin_repeat", "end_repeat"), ("begin repeat", "end repeat"), ("begin_kobomatrix", "end_kobomatrix")],
)
def test_repeat_is_refused_once_and_its_end_is_no_further_problem(begin: str, end: str):
    assert refused([[begin, "r", "Người"], ["text", "a", "Tên"], [end]]) == {
        "survey!2": f"“{begin}” is not supported here; take the row out."
    }


def test_every_problem_of_a_form_is_told_at_once():
    found = refused(
        [
            ["select_one nowhere", "a", "Một"],
            ["select_one", "b", "Hai"],
            ["text", None, "Ba"],
            ["text", "c", None],
            ["text", "d", "Bốn"],
            ["text", "d", "Năm"],
            ["wish", "e", "Sáu"],
            [None, "f", "Bảy"],
            ["end_group"],
            ["begin_group", "g", "Phần"],
        ],
        [["l", "1", None], ["l", None, "Một"], [None, "x", "Hai"]],
    )
    assert found == {
        "choices!2": "An answer needs a list, a name and a label; this row lacks its label.",
        "choices!3": "An answer needs a list, a name and a label; this row lacks its name.",
        "choices!4": "An answer needs a list, a name and a label; this row lacks its list_name.",
        "survey!2": "There is no answer list “nowhere” in the sheet choices.",
        "survey!3": "The question “b” does not say which answer list it uses.",
        "survey!4": "The row has no name.",
        "survey!5": "“c” has no label in the first language (vi).",
        "survey!7": "The name “d” stands twice; names are identity, choose another.",
        "survey!8": "“wish” is no type of question in XLSForm.",
        "survey!9": "The row has no type.",
        "survey!10": "This row closes a group that was not opened.",
        "survey!11": "The group “g” is never closed.",
    }


def test_missing_first_language_of_a_question_is_refused_and_of_a_hint_left_out():
    head = ["type", "name", "label::vi", "label::en", "hint::vi", "hint::en"]
    assert list(refused([head, ["text", "a", "Một", "One"], ["text", "b", None, "Two"]])) == ["survey!3"]
    reading = read([head, ["text", "a", "Một", "One", None, "Help"]])
    assert reading.version.item("a").hint is None
    assert told(reading, "hint") == ["The hint of “a” is missing in the first language and was left out."]


@pytest.mark.parametrize(
    ("sheets", "message"),
    [
        ({"Sheet1": [["a"]]}, "The sheet “survey” is missing."),
        ({"survey": [["question", "answer"], ["a", "b"]]}, "The column “type” is missing."),
        ({"survey": [["type", "name", "label"], ["start", "start"]]}, "The form asks nothing that can be asked here."),
        ({"survey": [["type", "name", "label", "Label"]]}, "The column “Label” stands twice; keep one."),
        ({"survey": []}, "The column “type” is missing."),
        ({"survey": [["type"]], "Survey ": [["type"]]}, "There are two sheets “Survey”; keep one."),
    ],
)  # fmt: skip
def test_workbook_that_is_no_form_is_refused_in_words(sheets: Any, message: str):
    with pytest.raises(InvalidInstrument) as wrong:
        xlsform.read(workbook(sheets))
    assert wrong.value.problems[0].message == message
