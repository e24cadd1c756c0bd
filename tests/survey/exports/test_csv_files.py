"""The one writer of CSV files: letters, line ends, and texts that a spreadsheet would take for formulas."""

from __future__ import annotations

import ast
import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import survey
from survey.csv_dialects import CsvDialect
from survey.exports import csv_files
from survey.services import tabular_files


def test_file_has_a_mark_commas_and_line_ends_of_windows() -> None:
    made = csv_files.as_bytes(("mã", "tên"), [("a", "Sở Y tế, phòng 1"), ("b", None)])
    assert made == '\ufeffmã,tên\r\na,"Sở Y tế, phòng 1"\r\nb,\r\n'.encode()
    assert csv_files.as_bytes(("code",), [("x",)], mark=False) == b"code\r\nx\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=1+1", "''-"])
def test_text_that_begins_a_formula_gets_an_apostrophe_that_reading_takes_away(text: str) -> None:
    made = csv_files.as_bytes(("name",), [(text,)])
    [[_], [cell]] = csv.reader(io.StringIO(made.decode("utf-8-sig"), newline=""))
    assert cell == f"'{text}"
    assert csv_files.unguarded(cell) == text


@pytest.mark.parametrize("text", ["", "'", "'tên", "20242", "a=1", "Thôn '=' "])
def test_other_text_is_written_and_read_as_it_is(text: str) -> None:
    made = csv_files.as_bytes(("name",), [(text, "")])
    assert next(iter(list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")))[1:]))[0] == text
    assert csv_files.unguarded(text) == text


def test_numbers_stay_numbers() -> None:
    assert csv_files.as_bytes(("a", "b", "c"), [(-5, -0.25, 97)]).splitlines()[1] == b"-5,-0.25,97"


def test_reader_of_tabular_files_gives_back_what_was_written() -> None:
    made = csv_files.as_bytes(("unit",), [("=1+1",), ("'=1+1",), ("-",)])
    found = tabular_files.read(made, {"unit": ()}, needed=("unit",))
    assert [row["unit"] for row in found.rows] == ["=1+1", "'=1+1", "-"]


def test_long_file_is_made_in_pieces_and_says_how_far_it_is(tmp_path: Path) -> None:
    rows = [(number, "x" * 20) for number in range(12_000)]
    pieces = list(csv_files.chunks(("n", "text"), rows))
    assert len(pieces) > 5
    told: list[tuple[int, int]] = []
    csv_files.write(
        tmp_path / "file", ("n", "text"), rows, count=12_000, progress=lambda done, total: told.append((done, total))
    )
    assert (tmp_path / "file").read_bytes() == b"".join(pieces)
    assert told == [(5_000, 12_000), (10_000, 12_000), (12_000, 12_000)]


def test_no_other_module_writes_csv() -> None:
    folder = Path(survey.__file__).parent
    writers = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("writer", "DictWriter")
        and ast.unparse(node.value) == "csv"
    }
    assert writers == {"exports/csv_files.py"}


def test_each_dialect_separates_cells_and_decimals_in_its_own_way() -> None:
    row = ("Sở Y tế, phòng 1; 2", 0.25, Decimal("-1234.5"), 1234, date(2026, 11, 30), None)
    moment = datetime(2026, 11, 30, 7, 5, 9, tzinfo=UTC)
    made = {
        dialect: csv_files.as_bytes(("a",), [(*row, moment)], dialect=dialect, mark=False).decode().splitlines()[1]
        for dialect in CsvDialect
    }
    assert made[CsvDialect.COMMA] == '"Sở Y tế, phòng 1; 2",0.25,-1234.5,1234,2026-11-30,,2026-11-30 14:05:09'
    assert made[CsvDialect.SEMICOLON] == '"Sở Y tế, phòng 1; 2";0,25;-1234,5;1234;2026-11-30;;2026-11-30 14:05:09'


@pytest.mark.parametrize("dialect", list(CsvDialect))
def test_file_of_either_dialect_is_read_back(dialect: CsvDialect) -> None:
    made = csv_files.as_bytes(("code", "name"), [("=1", "a; b, c")], dialect=dialect)
    found = tabular_files.read(made, {"code": (), "name": ()}, needed=("code",))
    assert [dict(row.cells) for row in found.rows] == [{"code": "=1", "name": "a; b, c"}]
