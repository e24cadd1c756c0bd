"""Rows as CSV files: the one place that writes them.

UTF-8 with a byte-order mark, without which Excel takes the letters for those of another alphabet; lines end in CR LF;
None is an empty cell. A dialect says what separates cells and decimals. Dates are written as 2026-11-30 and moments as
2026-11-30 14:05:09 in Việt Nam's time: spreadsheets of either setting take both for dates, and they sort as text. A
text that a spreadsheet would take for a formula gets an apostrophe in front, numbers stay numbers. `unguarded` takes
the apostrophe away again, so that a file which is read back says what was written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path

from survey import clock
from survey.csv_dialects import CsvDialect
from survey.exports.tables import Progress

MARK = "\ufeff"
CHUNK = 32_000  # characters
REPORT_EVERY = 5_000  # rows
_FORMULA = frozenset("=+-@\t\r")

Row = Sequence[object]


def chunks(
    headings: Row, rows: Iterable[Row], *, dialect: CsvDialect = CsvDialect.COMMA, mark: bool = True
) -> Iterator[bytes]:
    """The file piece by piece, for a response that is sent while the rows are read."""
    out = io.StringIO(newline="")
    out.write(MARK if mark else "")
    writer = csv.writer(out, delimiter=dialect.delimiter, lineterminator="\r\n")
    decimal = dialect.decimal
    for row in chain([headings], rows):
        writer.writerow([_written(cell, decimal) for cell in row])
        if out.tell() > CHUNK:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def as_bytes(headings: Row, rows: Iterable[Row], *, dialect: CsvDialect = CsvDialect.COMMA, mark: bool = True) -> bytes:
    """The whole file."""
    return b"".join(chunks(headings, rows, dialect=dialect, mark=mark))


def write(
    path: Path,
    headings: Row,
    rows: Iterable[Row],
    *,
    count: int,
    progress: Progress,
    dialect: CsvDialect = CsvDialect.COMMA,
) -> None:
    """Write the file to `path`; `count` is the number of rows that `progress` is told to expect."""
    with path.open("wb") as file:
        for chunk in chunks(headings, _reporting(rows, count, progress), dialect=dialect):
            file.write(chunk)
    progress(count, count)


def unguarded(text: str) -> str:
    """The text of a cell as it was before writing put an apostrophe in front of it."""
    return text[1:] if text[:1] == "'" and _begins_a_formula(text) else text


def _written(cell: object, decimal: str) -> object:
    """A cell as it stands in the file."""
    if isinstance(cell, str):
        return f"'{cell}" if _begins_a_formula(cell) else cell
    if isinstance(cell, (float, Decimal)):
        return str(cell).replace(".", decimal)
    if isinstance(cell, datetime):
        return clock.local(cell).replace(tzinfo=None).isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date) else cell


def _begins_a_formula(text: str) -> bool:
    """Whether it does once apostrophes are set aside: a text that has one already gets another, and keeps its own."""
    return text.lstrip("'")[:1] in _FORMULA


def _reporting(rows: Iterable[Row], count: int, progress: Progress) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        yield row
        if number % REPORT_EVERY == 0:
            progress(number, count)
