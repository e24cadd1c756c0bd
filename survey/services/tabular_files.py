"""Reads the rows of a CSV file from an office computer; what cannot be read is reported, never guessed.

UTF-8 with or without a byte-order mark; comma, semicolon or tab; headings in Vietnamese or English, with or without
diacritics and capitals; blank rows are passed over; the apostrophe that `survey.exports.csv_files` puts before a text
like "=1+1" is taken away. A file is read whole or refused: a quotation mark that does not end with its cell swallows
the rows behind it, and two headings of one column leave no way to say which was meant. What the cells mean is for the
caller to judge.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from survey.errors import N_
from survey.exports.csv_files import unguarded
from survey.models.base import folded

MOST_BYTES = 1_000_000
MOST_ROWS = 20_000
LONGEST_NUMBER = 9


@dataclass(frozen=True)
class RowProblem:
    """What cannot be taken, in which row (0: the file as a whole) and column."""

    row: int
    column: str
    message: str  # an English source text
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CsvRow:
    """One row: its number as a spreadsheet shows it, and its cells by column."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class CsvFile:
    rows: tuple[CsvRow, ...]
    problems: tuple[RowProblem, ...]


def read(data: bytes, columns: Mapping[str, Iterable[str]], *, needed: Sequence[str]) -> CsvFile:
    """The rows of a file. `columns`: each name with the headings by which it may go besides the name itself."""
    table = _table(data)
    if isinstance(table, RowProblem):
        return CsvFile((), (table,))
    if not table:
        return _refused(N_("The file is empty."))
    known = {folded(name).replace("_", " "): column for column, names in columns.items() for name in (column, *names)}
    headings = [known.get(folded(cell).replace("_", " ")) for cell in table[0]]
    if problems := [*_repeated(table[0], headings), *_broken(1, table[0], headings, known_may=True)]:
        return CsvFile((), tuple(problems))
    if missing := [column for column in needed if column not in headings]:
        return _refused(
            N_("The first row must name the columns; missing: %(missing)s. The columns are: %(columns)s."),
            missing=", ".join(missing), columns=", ".join(columns),
        )  # fmt: skip
    if len(table) - 1 > MOST_ROWS:
        return _refused(N_("The file has more than 20,000 rows. Split it in parts."))
    return _rows(table[1:], headings)


def whole_number(text: str) -> int | None:
    """12, 1.234 or 1 234; None for anything else."""
    compact = "".join(text.split())
    parts = compact.split(".")
    grouped = len(parts) > 1 and 1 <= len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:])
    digits = "".join(parts) if grouped else compact
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER else None


def read_day(text: str) -> date | None:
    """30/06/2025 or 2025-06-30; None for anything else."""
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            found = datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return found if 1900 <= found.year <= 2200 else None
    return None


def _table(data: bytes) -> list[list[str]] | RowProblem:
    """The cells of a file, row by row: the one place that knows how files are written."""
    text = _text(data)
    if isinstance(text, RowProblem):
        return text
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    table: list[list[str]] = []
    try:
        table.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:  # the rows before it are in the table
        return RowProblem(
            len(table) + 1,
            "",
            N_("A quotation mark opens in this row and does not end with its cell. Take it out or close it."),
        )
    return table


def _text(data: bytes) -> str | RowProblem:
    if len(data) > MOST_BYTES:
        return RowProblem(0, "", N_("The file has more than 1 MB. Split it in parts."))
    if data[:2] == b"PK":
        return RowProblem(0, "", N_("This is an Excel workbook. Save it as 'CSV UTF-8' in Excel and choose that file."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return RowProblem(
            0, "", N_("The file is not UTF-8. In Excel choose 'CSV UTF-8 (Comma delimited)' when saving.")
        )
    if "\0" in text:
        return RowProblem(0, "", N_("The file is not a CSV text file."))
    return unicodedata.normalize("NFC", text)


def _rows(table: Sequence[Sequence[str]], headings: Sequence[str | None]) -> CsvFile:
    rows: list[CsvRow] = []
    problems: list[RowProblem] = []
    for number, cells in enumerate(table, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(headings) :]):
            problems.append(RowProblem(number, "", N_("This row has more cells than the first row has columns.")))
            continue
        if broken := list(_broken(number, cells, headings)):
            problems += broken
            continue
        named = zip(headings, cells, strict=False)
        rows.append(CsvRow(number, {name: " ".join(unguarded(cell).split()) for name, cell in named if name}))
    return CsvFile(tuple(rows), tuple(problems))


def _repeated(cells: Sequence[str], headings: Sequence[str | None]) -> Iterator[RowProblem]:
    """Headings that mean the same column as one before them."""
    first: dict[str, str] = {}
    for cell, column in zip(cells, headings, strict=True):
        if column in first:
            yield RowProblem(
                1,
                column,
                N_("Two columns are the same: '%(first)s' and '%(second)s'. Leave one of them out."),
                {"first": _one_line(first[column]), "second": _one_line(cell)},
            )
        elif column:
            first[column] = cell


def _broken(
    number: int, cells: Sequence[str], headings: Sequence[str | None], *, known_may: bool = False
) -> Iterator[RowProblem]:
    """Cells of several lines: rows that a quotation mark has swallowed look like that, also in columns nobody reads.

    With `known_may` those of known columns pass, for a heading that is known has swallowed nothing.
    """
    for cell, column in zip(cells, headings, strict=False):
        if ("\n" in cell or "\r" in cell) and not (known_may and column):
            yield RowProblem(
                number,
                column or "",
                N_("The cell '%(text)s' runs over several lines. Write it on one; a quotation mark may be missing."),
                {"text": _one_line(cell)},
            )


def _one_line(cell: str) -> str:
    text = " ".join(cell.split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refused(message: str, **values: Any) -> CsvFile:
    return CsvFile((), (RowProblem(0, "", message, values),))
