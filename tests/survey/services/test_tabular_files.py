"""The one reader of tabular files: units, points and frames are all read by it."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest

import survey
from survey.services import tabular_files

COLUMNS = {"unit": ("mã đơn vị",), "valid_from": ("từ ngày",)}


def read(text: str) -> tabular_files.CsvFile:
    return tabular_files.read(text.encode(), COLUMNS, needed=("unit",))


@pytest.mark.parametrize("heading", ["unit,valid_from", "Mã đơn vị,Từ ngày", "MA DON VI;tu ngay", "unit\tValid from"])
def test_columns_go_by_their_names_with_or_without_marks_and_capitals(heading: str) -> None:
    mark = next(m for m in ",;\t" if m in heading)
    found = read(f"{heading}\n 20242 {mark}  1/7/2025\n\n{mark}\n20245\n")
    assert not found.problems
    assert [(row.number, row["unit"], row["valid_from"]) for row in found.rows] == [
        (2, "20242", "1/7/2025"),
        (5, "20245", ""),
    ]


def test_row_with_more_cells_than_columns_is_a_problem_and_the_others_are_read() -> None:
    found = read("unit,valid_from\na,,thừa\nb,,\n")
    assert [row["unit"] for row in found.rows] == ["b"]
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, "")]


def test_missing_column_is_named_with_the_columns_there_are() -> None:
    (problem,) = read("name\nx\n").problems
    assert problem.message % problem.values == (
        "The first row must name the columns; missing: unit. The columns are: unit, valid_from."
    )


def only_problem(text: str) -> tuple[int, str, str]:
    """The one problem of a file that gives no row in its place."""
    found = read(text)
    (problem,) = found.problems
    return problem.row, problem.column, problem.message % problem.values


ROWS = "".join(f"{k},1/7/2025,ghi {k}\n" for k in range(2, 56))
WHOLE = f"unit,valid_from,ghi chú\n{ROWS}"


def test_the_whole_file_has_its_rows() -> None:
    assert [row.number for row in read(WHOLE).rows] == list(range(2, 56))


@pytest.mark.parametrize("line", [2, 9, 55])
@pytest.mark.parametrize("cell", [0, 1, 2])
def test_a_quotation_mark_that_stays_open_is_refused_with_its_row(line: int, cell: int) -> None:
    lines = WHOLE.splitlines()
    cells = lines[line - 1].split(",")
    lines[line - 1] = ",".join([*cells[:cell], f'"{cells[cell]}', *cells[cell + 1 :]])
    assert not read("\n".join(lines)).rows
    assert only_problem("\n".join(lines)) == (
        line,
        "",
        "A quotation mark opens in this row and does not end with its cell. Take it out or close it.",
    )


@pytest.mark.parametrize(("cell", "column"), [(0, "unit"), (1, "valid_from"), (2, "")])
@pytest.mark.parametrize("apart", [1, 18])
def test_two_quotation_marks_do_not_swallow_the_rows_between(cell: int, column: str, apart: int) -> None:
    """Also in a column that nobody reads: the rows would be gone all the same."""
    lines = WHOLE.splitlines()
    for line, mark in ((20, '"%s'), (20 + apart, '%s"')):
        cells = lines[line - 1].split(",")
        cells[cell] = mark % cells[cell]
        lines[line - 1] = ",".join(cells)
    row, named, sentence = only_problem("\n".join(lines))
    assert (row, named) == (20, column)
    assert "runs over several lines" in sentence


def test_two_quotation_marks_in_two_cells_are_refused_with_the_row_of_the_first() -> None:
    text = WHOLE.replace("20,1/7", '"20,1/7').replace("40,1/7", '"40,1/7')
    assert only_problem(text)[0] == 20


def test_a_known_heading_may_have_two_lines_as_offices_set_them_another_may_not() -> None:
    assert [row["unit"] for row in read('"Mã\nđơn vị",ghi chú\n20242,\n').rows] == ["20242"]
    assert only_problem('unit,"ghi chú\n1,x\n2,y"\n20242,\n')[::2] == (
        1,
        "The cell 'ghi chú 1,x 2,y' runs over several lines. Write it on one; a quotation mark may be missing.",
    )


@pytest.mark.parametrize(
    ("headings", "first", "second"),
    [("unit,unit", "unit", "unit"), ("Mã đơn vị,ghi chú,unit", "Mã đơn vị", "unit"), ("unit,UNIT", "unit", "UNIT")],
)
def test_two_headings_of_one_column_are_refused_by_name(headings: str, first: str, second: str) -> None:
    assert only_problem(f"{headings}\n20242,,20243\n") == (
        1,
        "unit",
        f"Two columns are the same: '{first}' and '{second}'. Leave one of them out.",
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_file_has_as_many_rows_as_lines_however_they_end(ending: str) -> None:
    found = read(WHOLE.replace("\n", ending))
    assert not found.problems
    assert len(found.rows) == 54


@pytest.mark.parametrize("text", ["30/06/2025", "2025-06-30", " 30-6-2025", "30.06.2025"])
def test_days_are_read_as_offices_write_them(text: str) -> None:
    assert tabular_files.read_day(text) == date(2025, 6, 30)


@pytest.mark.parametrize("text", ["", "31/02/2025", "06/30/2025", "30/06/25", "hôm nay"])
def test_other_days_are_not_guessed(text: str) -> None:
    assert tabular_files.read_day(text) is None


def test_no_other_module_reads_the_tabular_files_of_people() -> None:
    folder = Path(survey.__file__).parent
    readers = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("reader", "DictReader")
        and ast.unparse(node.value) == "csv"
    }
    # The demonstration reads the project's own file of communes.
    assert readers == {"services/tabular_files.py", "services/demonstration/shipped_data.py"}
