"""Workbooks read back: kinds of cells, Excel tables, the page they are printed on."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from survey.exports import workbook
from survey.exports.tables import HIDDEN, Cell, Column, DataSheet, Kind, Printed, Table

DAY = datetime(2026, 11, 30, tzinfo=UTC).replace(tzinfo=None)  # a cell knows no zone
LONG = "Một câu dài hơn bề ngang của bảng, nên được ngắt thành nhiều dòng mà không gộp ô nào với ô nào cả."


@pytest.fixture
def book(tmp_path: Path) -> Workbook:
    columns = (Column("Mã"), Column("n", Kind.COUNT), Column("N", Kind.RATE), Column("", Kind.DATE))
    rows: list[list[Cell]] = [["a", 1234, 0.5, date(2026, 11, 30)], ["=1+1", HIDDEN, HIDDEN, None]]
    coded: list[list[Cell]] = [[1, "a", 0.25], [None, "=2", 3]]
    answers = DataSheet("Dữ liệu", ("q1", "Q1", "w"), iter(coded), 2, "Lời dẫn")
    workbook.write(
        tmp_path / "file", title="Đợt & mẫu", stamp="THỬ NGHIỆM",
        about=[("Ngày", date(2026, 11, 30)), ("Lúc", datetime(2026, 11, 30, 7, 5, tzinfo=UTC)), ("Số phiếu", 1234)],
        tables=[Table("Bảng", "Tên bảng", columns, rows, lead=("Lời dẫn",), notes=(LONG,))], data=[answers],
    )  # fmt: skip
    return load_workbook(io.BytesIO((tmp_path / "file").read_bytes()))


def test_counts_and_days_are_numbers_and_days(book: Workbook) -> None:
    cells = {str(a.value): b for a, b in book["About"].iter_rows(min_col=1, max_col=2)}
    assert (cells["Ngày"].value, cells["Ngày"].number_format) == (DAY, "dd/mm/yyyy")
    assert cells["Lúc"].value == DAY.replace(hour=14, minute=5)
    assert cells["Số phiếu"].value == 1234
    line = next(row for row in book["Bảng"].iter_rows() if row[0].value == "a")
    assert [cell.value for cell in line] == ["a", 1234, 0.5, DAY]
    assert [cell.number_format for cell in line] == ["@", "#,##0", "0.00%", "dd/mm/yyyy"]


def test_hidden_values_bear_a_mark_and_texts_are_never_formulas(book: Workbook) -> None:
    line = next(row for row in book["Bảng"].iter_rows() if row[0].value == "=1+1")
    assert [cell.value for cell in line] == ["=1+1", "[c]", "[c]", None]
    assert [cell.data_type for cell in line[:3]] == ["s", "s", "s"]


def test_p_values_are_numbers_and_the_smallest_say_that_they_are_below(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[Printed(0.012, 3)], [Printed(0.001, 3, below=True)]]
    tables = [Table("Bảng", "Bảng", (Column("p", Kind.NUMBER),), rows)]
    workbook.write(tmp_path / "file", title="p", about=[], tables=tables, data=[])
    column = load_workbook(io.BytesIO((tmp_path / "file").read_bytes()))["Bảng"]["A"]
    found = [(cell.value, cell.number_format) for cell in column if isinstance(cell.value, float)]
    assert found == [(0.012, "0.000"), (0.001, '"< "0.000')]


def test_every_table_is_an_excel_table_with_headings_of_its_own(book: Workbook) -> None:
    found = {sheet.title: sheet.tables for sheet in book.worksheets}
    assert {title: dict(tables.items()) for title, tables in found.items()} == {
        "About": {}, "Bảng": {"Table_1": "A6:D8"}, "Dữ liệu": {"Rows_3": "A3:C5"},
    }  # fmt: skip
    assert [cell.value for cell in book["Bảng"][6]] == ["Mã", "n", "N (2)", "(4)"]
    assert found["Dữ liệu"]["Rows_3"].column_names == ["q1", "Q1 (2)", "w"]
    assert [[cell.value for cell in row] for row in book["Dữ liệu"]["A3:C5"]] == [
        ["q1", "Q1 (2)", "w"], [1, "a", 0.25], [None, "=2", 3],
    ]  # fmt: skip


def test_sentences_are_broken_into_lines_and_no_cells_are_merged(book: Workbook) -> None:
    assert not any(sheet.merged_cells.ranges for sheet in book.worksheets)
    lines = [str(row[0].value) for row in book["Bảng"].iter_rows(min_row=9) if row[0].value]
    assert len(lines) == 2
    assert " ".join(lines) == LONG


def test_sheets_are_fitted_to_a_page_across(book: Workbook) -> None:
    for sheet in book.worksheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.oddFooter.right.text == "&P / &N"
    assert (book["Bảng"].print_title_rows, book["Bảng"].freeze_panes) == ("$6:$6", "B7")
    assert book["Bảng"].print_area == "'Bảng'!$A$1:$D$12"
    assert book["Dữ liệu"].print_title_rows == "$3:$3"


def test_headings_that_others_expect_stay_although_two_are_alike(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[1, 2]]
    laid_out = DataSheet("Mẫu", ("A1", "A1"), rows, 1, exact=True)
    workbook.write(tmp_path / "file", title="Mẫu", about=[], tables=[], data=[laid_out], data_first=True)
    sheet = load_workbook(io.BytesIO((tmp_path / "file").read_bytes())).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["A1", "A1"]
    assert (dict(sheet.tables.items()), sheet.auto_filter.ref) == ({}, "A1:B2")
