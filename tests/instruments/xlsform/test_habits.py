"""Habits of people who write XLSForms: what they put into a sheet, and what they may expect to find again here."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from instruments import routing, xlsform
from instruments.checks.problems import InvalidInstrument
from instruments.xlsform import Reading
from tests.instruments.workbooks import form

LIST = [["l", "a", "Một"], ["l", "b", "Hai"], ["l", "c", "Ba"]]


def read(survey: Any, choices: Any = (), settings: Any = ()) -> Reading:
    return xlsform.read(form(survey, choices, settings), service_domain="admin")


def told(reading: Reading, code: str) -> list[tuple[str, str]]:
    return [(remark.place, remark.message) for remark in reading.remarks if remark.code == code]


# --- texts ---------------------------------------------------------------------------------------------------------


def test_earlier_answer_in_a_text_is_named_in_square_brackets_and_stops_nothing():
    survey = [
        ["integer", "age", "Tuổi của Ông/Bà?"],
        ["note", "seen", "Ông/Bà ${age} tuổi, ở {place}"],
        ["select_one l", "q", "Đúng ${ age } tuổi không?"],
    ]
    reading = read(survey, [["l", "1", "Đúng ${age}"], ["l", "2", "Không"]])
    said = [element.text["vi"] for element in reading.version.elements]
    assert said[1:] == ["Ông/Bà [age] tuổi, ở [place]", "Đúng [age] tuổi không?"]
    assert reading.version.options(reading.version.item("q"))[0].label["vi"] == "Đúng [age]"
    assert [place for place, _ in told(reading, "piped")] == ["choices!2", "survey!3", "survey!4"]


def test_signs_of_bold_letters_headings_and_colours_are_taken_off_and_named():
    rows = [
        ["note", "a", "## **Xin cảm ơn** Ông/Bà"],
        ["text", "b", '<span style="color:red">Ý kiến</span> __khác__?'],
        ["text", "c", "2 ** 3 và snake__case__name, 5 < 6, *"],
    ]
    reading = read(rows)
    assert [element.text["vi"] for element in reading.version.elements[:2]] == ["Xin cảm ơn Ông/Bà", "Ý kiến khác?"]
    assert reading.version.elements[2].text["vi"] == "2 ** 3 và snake__case__name, 5 < 6, *"
    assert [place for place, _ in told(reading, "markup")] == ["survey!2", "survey!3"]


def test_letters_in_two_pieces_are_the_letters_they_look_like():
    name = unicodedata.normalize("NFD", "đồng_ý")
    head = ["type", "name", unicodedata.normalize("NFD", "label::Tiếng Việt (vi)"), "relevant"]
    rows = [head, ["text", name, unicodedata.normalize("NFD", "Ý kiến?")], ["text", "b", "Sao?", "${đồng_ý} != ''"]]
    found = read(rows).version
    assert found.item("b").show_if == "answered(dong_y)"
    assert found.item("dong_y").text["vi"] == "Ý kiến?"


def test_row_without_a_type_is_a_note_of_the_author_unless_it_looks_like_a_question():
    reading = read([[None, None, "--- PHẦN MỘT ---"], ["text", "a", "Một"], [None, "xem lại", None]])
    assert [place for place, _ in told(reading, "comment")] == ["survey!2", "survey!4"]
    with pytest.raises(InvalidInstrument) as wrong:
        read([["text", "a", "Một"], [None, "b", "Hai"]])
    assert [problem.code for problem in wrong.value.problems] == ["xls-type-missing"]


# --- languages -----------------------------------------------------------------------------------------------------

TWO = ["type", "name", "label::Tiếng Việt (vi)", "label::English (en)"]


def test_stated_language_comes_first_where_vietnamese_is_not_complete():
    rows = [TWO, ["text", "a", "Một", "One"], ["text", "b", None, "Two"]]
    reading = read(rows, settings=[["default_language"], ["English (en)"]])
    assert (reading.version.source_language, reading.version.language_codes) == ("en", ("en", "vi"))
    assert dict(reading.version.item("b").text) == {"en": "Two"}
    assert told(reading, "languages-stated") == [
        ("survey", "The first language is “en”, as the settings say: the words in “vi” are not complete.")
    ]


def test_vietnamese_comes_first_where_it_is_complete_whatever_is_stated():
    reading = read([TWO, ["text", "a", "Một", "One"]], settings=[["default_language"], ["English (en)"]])
    assert reading.version.source_language == "vi"


def test_column_of_a_language_with_nothing_in_it_is_no_language():
    assert read([TWO, ["text", "a", None, "One"]]).version.language_codes == ("en",)


def test_column_without_a_language_beside_the_stated_one_keeps_its_words():
    head = ["type", "name", "label::English (en)", "label"]
    reading = read(
        [head, ["text", "a", "Opinion?", "Ý kiến của Ông/Bà?"]], settings=[["default_language"], ["English"]]
    )
    assert dict(reading.version.item("a").text) == {"vi": "Ý kiến của Ông/Bà?", "en": "Opinion?"}


@pytest.mark.parametrize("header", ["VN", "vie", "Kinh", "Tiếng Việt (VN)", "Việt Nam", "vietnamese", "vi"])
def test_vietnamese_is_known_by_every_name_people_give_it(header: str):
    assert read([["type", "name", f"label::{header}"], ["text", "a", "Một"]]).version.language_codes == ("vi",)


def test_language_that_is_not_known_is_named_with_the_code_it_got():
    reading = read([["type", "name", "label::vi", "label::Vân Kiều xưa"], ["text", "a", "Một", "X"]])
    assert told(reading, "language-unknown") == [
        ("survey", "The language “Vân Kiều xưa” is not known here; it has the code “qaa”.")
    ]


# --- limits --------------------------------------------------------------------------------------------------------

LIMITED = ["type", "name", "label", "constraint", "parameters"]


@pytest.mark.parametrize(
    ("kind", "constraint", "kept", "left"),
    [
        ("decimal", ". > 0", {"minimum": 0.01}, ""),
        ("decimal", ". >= 0.5 and . < 100", {"minimum": 0.5, "maximum": 99.99}, ""),
        ("integer", "0 <= . and 10 >= .", {"minimum": 0, "maximum": 10}, ""),
        ("integer", ". >= 0 and . <= ${b}", {"minimum": 0}, ". <= ${b}"),
        ("integer", ". > 2.5", {}, ". > 2.5"),
        ("integer", "string-length(.) <= 4 and . > 1", {"minimum": 2}, "string-length(.) <= 4"),
        ("integer", ". <= '1e999' and . >= 'nan'", {}, ". <= '1e999'; . >= 'nan'"),
        ("text", "string-length(.) <= 200", {"max_length": 200}, ""),
        ("text", "string-length(.) < 1", {}, "string-length(.) < 1"),
        ("text", ". >= 5", {}, ". >= 5"),
        ("date", ". <= today()", {}, ". <= today()"),
        ("select_one l", ". != 'c'", {}, ". != 'c'"),
        ("select_multiple l", "count-selected(.) <= 2", {}, "count-selected(.) <= 2"),
    ],
)
def test_what_can_be_kept_of_a_constraint_is_kept_and_the_rest_is_named(
    kind: str, constraint: str, kept: dict[str, float], left: str
):
    reading = read([LIMITED, [kind, "a", "Hỏi?", constraint]], LIST)
    response = reading.version.item("a").response.model_dump()
    assert {name: response[name] for name in kept} == kept
    assert not [name for name in ("minimum", "maximum") if name not in kept and response.get(name) is not None]
    assert [message for _, message in told(reading, "limits")] == (
        [f"The limits on the answers of “a” were left out: {left}."] if left else []
    )


def test_steps_of_a_slider_and_a_random_order_of_answers_are_named():
    reading = read(
        [
            LIMITED,
            ["range", "a", "Hỏi?", None, "start=0;end=10;step=2"],
            ["select_one l", "q", "Chọn?", None, "randomize=true"],
        ],
        LIST,
    )
    assert [message for _, message in told(reading, "limits")] == [
        "The limits on the answers of “a” were left out: step=2."
    ]
    assert [place for place, _ in told(reading, "column")] == ["survey!3"]
    with pytest.raises(InvalidInstrument) as wrong:
        read([LIMITED, ["range", "a", "Hỏi?", None, "start=0 end=1e999"]])
    assert [str(one) for one in wrong.value.problems] == [
        "survey!2: “end=1e999” in “parameters” is no number. [xls-parameter]"
    ]


# --- groups and tables ---------------------------------------------------------------------------------------------

SHOWN = ["type", "name", "label", "relevant", "appearance"]


def test_nothing_of_a_group_that_is_never_shown_is_shown():
    reading = read(
        [
            SHOWN, ["text", "a", "Một"], ["begin_group", "g", "Nhóm", "false()"], ["note", "n", "Ẩn"],
            ["begin_group", "h", "Nhóm trong"], ["text", "b", "Hai"], ["end_group"], ["end_group"],
            ["note", "m", "Ẩn nữa", "false()"],
        ]
    )  # fmt: skip
    assert [element.code for element in reading.version.elements] == ["a"]
    assert [place for place, _ in told(reading, "never-asked")] == ["survey!4", "survey!6", "survey!9"]


def test_row_that_heads_a_table_of_questions_asks_nothing():
    reading = read(
        [
            SHOWN, ["begin_group", "g", "Bảng", None, "field-list"],
            ["select_one l", "head", "Xin chọn một mức mỗi dòng", None, "label"],
            ["select_one l", "r1", "Dòng một", None, "list-nolabel"],
            ["select_one l", "r2", "Dòng hai", None, "list-nolabel"], ["end_group"],
        ],
        LIST,
    )  # fmt: skip
    assert [item.code for item in reading.version.items] == ["r1", "r2"]
    assert reading.version.elements[0].text["vi"] == "Xin chọn một mức mỗi dòng"
    assert [place for place, _ in told(reading, "table-heading")] == ["survey!3"]


def test_condition_on_a_later_question_is_left_out_and_named_and_one_on_itself_is_refused():
    reading = read([SHOWN, ["text", "a", "Một", "${q} = 'a'"], ["select_one l", "q", "Hai"]], LIST)
    assert told(reading, "condition-later") == [
        (
            "survey!2",
            "The condition of “a” was left out, so everybody is asked: it asks about “q”, which comes later.",
        )
    ]
    with pytest.raises(InvalidInstrument) as wrong:
        read([SHOWN, ["select_one l", "q", "Hai", "${q} = 'a'"]], LIST)
    assert wrong.value.problems[0].code == "xls-reference"


def test_field_beside_other_that_pyxform_makes_may_be_asked_about():
    rows = [SHOWN, ["select_one l or_other", "q", "Vì sao?"], ["text", "b", "Thêm", "selected(${q}, 'other')"],
            ["text", "c", "Nữa", "${q_other} != ''"]]  # fmt: skip
    reading = read(rows, LIST)
    assert reading.version.item("b").show_if == "q == 4"
    assert "b" in routing.visible(reading.version, {"q": 4})
    assert [place for place, _ in told(reading, "condition")] == ["survey!4"]


def test_calculations_that_double_at_every_step_are_not_unfolded():
    steps = [
        ["calculate", f"c{n}", None, None, None, f"if(${{c{n - 1}}} = 1 and ${{c{n - 1}}} = 1, 1, 0)"]
        for n in range(1, 60)
    ]
    first = ["calculate", "c0", None, None, None, "if(${q} = 'a', 1, 0)"]
    asked = [["select_one l", "q", "Hỏi?"], first, *steps, ["text", "t", "Vì sao?", "${c59} = 1"]]
    reading = read([[*SHOWN, "calculation"], *asked], LIST)
    assert reading.version.item("t").show_if is None
    assert len(told(reading, "condition")) == 1


# --- other programs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    ["caseid", "text audit", "audio audit", "speed violations count", "sensor_statistic mean_light_level", "comments"],
)
def test_what_surveycto_records_of_the_interview_is_left_out(kind: str):
    reading = read([["text", "a", "Một"], [kind, "x", None]])
    assert [place for place, _ in told(reading, "metadata")] == ["survey!3"]


def test_pictures_and_filters_of_answers_are_named_once_a_column():
    lists = [["list_name", "name", "label", "tinh", "image"], ["l", "a", "Một", "dn", "a.png"], ["l", "b", "Hai", "dn"]]
    reading = read([["select_one l", "q", "Hỏi?"]], lists)
    assert told(reading, "column") == [
        ("choices!2-3", "The column “tinh” was left out (2 rows)."),
        ("choices!2", "The column “media::image” was left out (1 rows)."),
    ]


def test_cells_under_no_header_are_named_by_the_letter_of_their_column():
    survey = [["type", "name", "label", None], ["text", "a", "Một", "ghi chú"], ["text", "b", "Hai", None, 7]]
    assert told(read(survey), "column") == [
        ("survey!2", "The column “D” was left out (1 rows)."),
        ("survey!3", "The column “E” was left out (1 rows)."),
    ]


def test_two_forms_without_a_name_are_two_questionnaires():
    one, other = read([["text", "a", "Một"]]).version, read([["text", "a", "Hai"]]).version
    assert one.code.startswith("imported-form-")
    assert one.code != other.code
    assert read([["text", "a", "Một"]]).version.code == one.code


@pytest.mark.parametrize(
    ("version", "number"), [("5 (2024-03-01 08:12:33)", 5), ("2014101801", 1), ("vA1b2", 1), ("7", 7), (None, 1)]
)
def test_version_of_a_form_is_the_number_it_begins_with(version: str | None, number: int):
    reading = read([["text", "a", "Một"]], settings=[["form_id", "version"], ["Phiếu_1", version]])
    assert (reading.version.code, reading.version.version) == ("phieu-1", number)
    assert len(told(reading, "version-numbered")) == (version not in (None, "7"))
    assert len(told(reading, "form-renamed")) == 1
