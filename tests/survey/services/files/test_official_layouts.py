"""Rows of answers in the layouts that others expect: headers letter for letter, nothing the rows hide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from instruments import codec, library
from survey.errors import Forbidden, NotFound
from survey.models.people.accounts import Account, Role
from survey.permissions import Actor, system
from survey.services.files import official_layouts, result_files
from tests.factories.questionnaires import item, text
from tests.factories.record import Record
from tests.factories.results import SEX, Surveyed, document
from tests.staff_client import StaffClient

CHANNELS = {
    "type": "item", "code": "q3", "text": text("Qua đâu?"), "grade": "verbatim", "voluntary": True,
    "response": {"kind": "multiple", "options": [{"code": c, "label": text(w)} for c, w in ((1, "Báo"), (2, "Đài"))]},
}  # fmt: skip
AGE = {
    "type": "item", "code": "r_age", "text": text("Tuổi"), "short": "Tuổi", "grade": "verbatim", "voluntary": True,
    "response": {"kind": "number"},
}  # fmt: skip
WHY = {
    "type": "item", "code": "q4", "text": text("Vì sao?"), "grade": "verbatim", "voluntary": True,
    "response": {"kind": "text"},
}  # fmt: skip
HOSPITAL = {
    "type": "item", "code": "h_hospital", "text": text("Bệnh viện"), "grade": "verbatim", "asked": False,
    "hideable": True, "given_by": "unit", "response": {"kind": "text"},
}  # fmt: skip
COLUMNS: list[dict[str, Any]] = [
    {"header": "MA_SO _PHIEU"},
    {"header": "=1+1", "item": "h_hospital"},
    {"header": "GIOI_TINH", "item": "r_sex", "values": [{"code": 1, "text": "=a. Nam"}]},
    {"header": "GIOI", "item": "r_sex", "part": "label"},
    {"header": "TUOI", "item": "r_age"},
    {"header": "NHOM_TUOI", "item": "r_age", "part": "label"},
    {"header": "A1", "item": "q1"},
    {"header": "A1", "item": "q1", "part": "label"},
    {"header": "Q3", "item": "q3"},
    {"header": "Q3.1", "item": "q3", "part": "label"},
    {"header": "Q3.K", "item": "q3", "part": "other"},
    {"header": "Q4", "item": "q4"},
]
LAYOUT = {"code": "sheet-a", "title": text("Bảng A"), "grade": "single-source", "source": "một nơi",
          "columns": COLUMNS}  # fmt: skip
SHORT = {"code": "sheet-b", "title": text("Bảng B"), "grade": "draft", "columns": [{"header": "A1", "item": "q1"}]}


def surveyed(record: Record, *layouts: dict[str, Any], **wave: Any) -> Surveyed:
    answers = document(item("q1"), item("q2"), CHANNELS, SEX, AGE, WHY, HOSPITAL, exports=list(layouts))
    survey = Surveyed(record, answers=answers, wave_values=wave)
    survey.frame(unit := survey.unit("Bệnh viện Mẫu"), 1000)
    said = {"q1": 5, "q2": 4, "q3": [1, 2], "r_sex": 1, "r_age": 30}
    survey.say(unit, said, 12)
    survey.say(unit, {"q1": 2, "q2": 2, "r_sex": 2, "r_age": 60}, 10)
    return survey


def taken(survey: Surveyed, folder: Path, *, actor: Actor | None = None) -> Workbook:
    survey.close()
    made = official_layouts.write(
        survey.record.database, "W-1", "drawn", folder / "file.xlsx", actor=actor or system(), now=survey.record.now,
        instance=folder,
    )  # fmt: skip
    assert made.row_data
    return load_workbook(made.path)


def test_sheet_begins_with_the_headers_letter_for_letter(record: Record, tmp_path: Path) -> None:
    book = taken(surveyed(record, LAYOUT), tmp_path)
    assert book.sheetnames == ["sheet-a", "Đọc trước"]
    first = next(book["sheet-a"].iter_rows(values_only=True))
    assert list(first) == [column["header"] for column in COLUMNS]


def test_cells_are_codes_words_of_the_layout_or_words_of_the_answers(record: Record, tmp_path: Path) -> None:
    lines = list(taken(surveyed(record, LAYOUT), tmp_path)["sheet-a"].iter_rows(min_row=2))
    rows = sorted({tuple(cell.value for cell in line) for line in lines}, key=str)
    assert len(lines) == 22
    satisfied = ("Bệnh viện Mẫu", "=a. Nam", "Nam", None, "30 – 60", 5, "Rất hài lòng", "1; 2", "Báo; Đài", None, None)
    assert [row[1:] for row in rows if row[6] == 5] == [satisfied]
    other = next(row for row in rows if row[6] == 2)
    assert other[2:4] == (2, "Nữ")  # a code the layout has no words for stays the code
    assert other[8:10] == (None, None)
    assert {cell.data_type for line in lines for cell in line} <= {"s", "n"}  # no formula


def test_what_the_rows_hide_is_hidden_here(record: Record, tmp_path: Path) -> None:
    """Two answers are too few to name their unit."""
    survey = surveyed(record, LAYOUT)
    unit = survey.unit("Bệnh viện khác")
    survey.say(unit, {"q1": 4, "q2": 4, "r_sex": 1, "r_age": 44}, 2, day=date(2026, 11, 3))
    lines = list(taken(survey, tmp_path)["sheet-a"].iter_rows(min_row=2, values_only=True))
    assert "Bệnh viện khác" not in {line[1] for line in lines}


def test_open_words_stay_out(record: Record, tmp_path: Path) -> None:
    survey = surveyed(record, LAYOUT)
    book = taken(survey, tmp_path)
    said = {str(a): str(b) for a, b, *_ in book["Đọc trước"].iter_rows(values_only=True) if a}
    assert said["Các cột để trống"].startswith("MA_SO _PHIEU, TUOI, Q3.K, Q4:")


def test_file_says_of_a_layout_what_it_is_and_where_it_was_seen(record: Record, tmp_path: Path) -> None:
    book = taken(surveyed(record, LAYOUT), tmp_path)
    said = {str(a): str(b) for a, b, *_ in book["Đọc trước"].iter_rows(values_only=True) if a}
    assert said["Mẫu bảng"] == "sheet-a – Bảng A"
    assert said["Nguồn của tiêu đề cột"] == "một nơi"
    assert said["Mức tin cậy của tiêu đề cột"]
    assert "phieu-mau@1" in said["Phiếu khảo sát"]


def test_every_layout_has_a_sheet(record: Record, tmp_path: Path) -> None:
    book = taken(surveyed(record, LAYOUT, SHORT), tmp_path)
    assert book.sheetnames == ["sheet-a", "sheet-b", "Đọc trước"]
    assert book["sheet-b"].max_row == 23


def test_layouts_whose_names_begin_alike_have_a_sheet_each(record: Record, tmp_path: Path) -> None:
    long = [{**SHORT, "code": "a" * 40 + end} for end in ("b", "c")]
    assert len(taken(surveyed(record, *long), tmp_path).sheetnames) == 3


def test_made_up_rows_say_so_over_the_headers(record: Record, tmp_path: Path) -> None:
    """Nobody loads them into a ministry's system by mistake."""
    book = taken(surveyed(record, LAYOUT, is_synthetic=True), tmp_path)
    assert str(book["sheet-a"]["A1"].value).startswith("THỬ NGHIỆM")
    assert book["sheet-a"]["A2"].value == "MA_SO _PHIEU"


def test_only_who_may_take_rows_may_take_them(record: Record, tmp_path: Path) -> None:
    survey = surveyed(record, LAYOUT)
    without = survey.analyst(row_data=False)
    assert "layouts" not in result_files.to_take(survey.view(), survey.analyst(row_data=True))
    with pytest.raises(Forbidden):
        taken(survey, tmp_path, actor=without)
    with pytest.raises(Forbidden):
        result_files.ask(record.database, "W-1", "drawn", "layouts", actor=without, now=record.now, language="vi")
    assert "layouts" not in result_files.to_take(survey.view(), without)
    assert "layouts" in result_files.to_take(survey.view(), survey.analyst(row_data=True))


def test_file_is_offered_only_where_a_layout_is_declared(record: Record, tmp_path: Path) -> None:
    survey = surveyed(record)
    assert list(result_files.to_take(survey.view(), system())) == ["workbook"], "rows are given of closed waves"
    survey.close()
    assert list(result_files.to_take(survey.view(), system())) == ["workbook", "rows", "sav", "dta"]
    with pytest.raises(NotFound):
        result_files.ask(record.database, "W-1", "drawn", "layouts", actor=system(), now=record.now, language="vi")
    with pytest.raises(NotFound):
        taken(survey, tmp_path)


def test_page_offers_the_file_and_the_page_of_the_version_names_the_layout(
    record: Record, sign_in: Callable[[Account], StaffClient]
) -> None:
    survey = surveyed(record, LAYOUT)
    designer = sign_in(record.account((Role.DESIGNER, survey.province, ("admin",))))
    page = designer.get("/quan-tri/bo-cau-hoi/phieu-mau/1")
    for words in ("sheet-a", "Bảng A", "Tiêu đề cột thấy ở: một nơi", "MA_SO _PHIEU", "12 cột"):
        assert words in page.text
    analyst = sign_in(record.account((Role.ANALYST, survey.province, ("admin",))))
    assert "layouts" not in analyst.get("/quan-tri/ket-qua/W-1?kenh=drawn").text  # rows are a right of their own


@pytest.mark.parametrize("code", ["byt56-m1", "byt56-m2"])
def test_hospital_sheet_of_the_ministry_is_filled(record: Record, tmp_path: Path, code: str) -> None:
    """The shipped layouts, from answers to their own forms: every rated question has its column."""
    form = library.load(code)
    survey = Surveyed(record, answers=codec.dumps(form), wave_values={"domain": "health"})
    rated = {one.code: 4 for one in form.rated_items}
    survey.frame(unit := survey.unit("Bệnh viện Mẫu"), 100)
    survey.say(unit, rated, 10)
    sheet = taken(survey, tmp_path)["hospital-sheet"]
    heads, first = (list(row) for row in sheet.iter_rows(max_row=2, values_only=True))
    assert heads == [column.header for column in form.exports[0].columns]
    line = dict(zip(heads, first, strict=True))
    assert line["TEN_BENH_VIEN"] == "Bệnh viện Mẫu"
    assert {line[one.upper()] for one in rated} == {4}
    assert line["SO_DIEN_THOAI"] is None
