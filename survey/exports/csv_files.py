"""Rows as CSV files: the one place that writes them.

UTF-8 with a byte-order mark, without which Excel takes the letters for those of another alphabet; commas; lines end in
CR LF; None is an empty cell. A text that a spreadsheet would take for a formula gets an apostrophe in front, numbers
stay numbers. `unguarded` takes the apostrophe away again, so that a file which is read back says what was written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from survey.exports.tables import Progress

MARK = "\ufeff"
CHUNK = 32_000  # characters
REPORT_EVERY = 5_000  # rows
_FORMULA = frozenset("=+-@\t\r")

Row = Sequence[object]


def chunks(headings: Row, rows: Iterable[Row], *, mark: bool = True) -> Iterator[bytes]:
    """The file piece by piece, for a response that is sent while the rows are read."""
    out = io.StringIO(newline="")
    out.write(MARK if mark else "")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in chain([headings], rows):
        writer.writerow([_guarded(cell) for cell in row])
        if out.tell() > CHUNK:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def as_bytes(headings: Row, rows: Iterable[Row], *, mark: bool = True) -> bytes:
    """The whole file."""
    return b"".join(chunks(headings, rows, mark=mark))


def write(path: Path, headings: Row, rows: Iterable[Row], *, count: int, progress: Progress) -> None:
    """Write the file to `path`; `count` is the number of rows that `progress` is told to expect."""
    with path.open("wb") as file:
        for chunk in chunks(headings, _reporting(rows, count, progress)):
            file.write(chunk)
    progress(count, count)


def unguarded(text: str) -> str:
    """The text of a cell as it was before writing put an apostrophe in front of it."""
    return text[1:] if text[:1] == "'" and _begins_a_formula(text) else text


def _guarded(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _begins_a_formula(cell) else cell


def _begins_a_formula(text: str) -> bool:
    """Whether it does once apostrophes are set aside: a text that has one already gets another, and keeps its own."""
    return text.lstrip("'")[:1] in _FORMULA


def _reporting(rows: Iterable[Row], count: int, progress: Progress) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        yield row
        if number % REPORT_EVERY == 0:
            progress(number, count)
