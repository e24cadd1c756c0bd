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
