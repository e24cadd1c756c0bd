"""The workbook: what it is, the results, the codebook, the method, and rows of answers for who may have them.

Text is always written as text: a citizen's "=1+1" stays what it is, never a formula or a link. Every table is an Excel
table with a name and a heading of its own over each column; no cells are merged; sentences are broken into lines.
Sheets of answers are streamed, so that a hundred thousand rows take little memory.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range

from survey import clock
from survey.exports.tables import HIDDEN, Cell, Column, DataSheet, Kind, Printed, Progress, Table

INK, RULE, BAND, LACQUER = "#1B2430", "#DDD8CD", "#F3EEE3", "#8E2F2B"
FONT = "Times New Roman"
FORMATS = {Kind.TEXT: "@", Kind.COUNT: "#,##0", Kind.RATE: "0.00%", Kind.SCORE: "0.00", Kind.NUMBER: "General"}
FORMATS |= {Kind.DATE: "dd/mm/yyyy"}
MOMENT = "dd/mm/yyyy hh:mm"
MOST_ROWS = 1_048_575


def write(
    path: Path,
    *,
    title: str,
    about: Sequence[tuple[str, Cell]],
    tables: list[Table],
    data: list[DataSheet],
    stamp: str = "",
    about_name: str = "About",
    data_first: bool = False,
    stamp_data: bool = True,
    progress: Progress = lambda _done, _total: None,
) -> None:
    """Write the workbook to `path`. `stamp` (synthetic data, provisional figures) heads every sheet.

    Programs of others read the first sheet from its first line: `data_first`, and `stamp_data` as far as it may be so.
    """
    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False, "nan_inf_to_errors": False,
        },
    )  # fmt: skip
    book.set_properties({"title": title, "author": "Hài Lòng", "comments": stamp})
    style = _Styles(book)
    if data_first:
        _all_data(book, style, data, stamp if stamp_data else "", progress)
    _about(book, style, about_name, title, about, stamp)
    for number, table in enumerate(tables, start=1):
        _table(book, style, table, stamp, f"Table_{number}")
    if not data_first:
        _all_data(book, style, data, stamp if stamp_data else "", progress)
    book.constant_memory = False  # a streamed sheet closes its own file when it is put into the workbook
    book.close()
    total = sum(sheet.count for sheet in data) or 1
    progress(total, total)


class _Styles:
    def __init__(self, book: Any) -> None:
        base = {"font_name": FONT, "font_size": 11, "font_color": INK, "valign": "top"}
        self.title = book.add_format({**base, "bold": True, "font_size": 14})
        self.stamp = book.add_format({**base, "bold": True, "font_color": LACQUER})
        self.plain = book.add_format(base)
        self.words = book.add_format({**base, "text_wrap": True})
        self.label = book.add_format({**base, "bold": True, "text_wrap": True})
        self.heading = book.add_format(
            {**base, "bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2, "bg_color": BAND, "indent": 1}
        )
        self.count = book.add_format({**base, "num_format": "#,##0", "align": "left"})
        self.day = book.add_format({**base, "num_format": FORMATS[Kind.DATE], "align": "left"})
        self.moment = book.add_format({**base, "num_format": MOMENT, "align": "left"})
        self.hidden = {
            strong: book.add_format({**base, "bold": strong, "align": "right", "bottom": 1, "bottom_color": RULE})
            for strong in (False, True)
        }
        self.headings = {
            False: self.heading,
            True: book.add_format(
                {**base, "bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2, "bg_color": BAND,
                 "align": "right"}
            ),
        }  # fmt: skip
        self.cells = {
            (kind, strong): book.add_format(
                {**base, "num_format": code, "bold": strong, "bottom": 1, "bottom_color": RULE,
                 "text_wrap": kind is Kind.TEXT, "indent": int(kind is Kind.TEXT)}
            )
            for kind, code in FORMATS.items()
            for strong in (False, True)
        }  # fmt: skip
        self._book, self._base = book, base
        self._printed: dict[tuple[Kind, Printed, bool], Any] = {}

    def printed(self, kind: Kind, value: Printed, strong: bool) -> Any:
        """A cell of a column of rates, scores or p-values with its own number of places."""
        key = (kind, replace(value, value=0.0), strong)
        if key not in self._printed:
            code = ("0." + "0" * value.places if value.places else "0") + ("%" if kind is Kind.RATE else "")
            code = f'"< "{code}' if value.below else code
            look = {**self._base, "num_format": code, "bold": strong, "bottom": 1, "bottom_color": RULE}
            self._printed[key] = self._book.add_format(look)
        return self._printed[key]


def _about(book: Any, style: _Styles, name: str, title: str, rows: Sequence[tuple[str, Cell]], stamp: str) -> None:
    sheet = _sheet(book, name, streamed=True)
    columns = (Column("", width=28), Column("", width=90))
    for n, column in enumerate(columns):
        sheet.set_column(n, n, column.width)
    line = _head(sheet, style, columns, title, stamp)
    for label, value in rows:
        sheet.set_row(line, _height(columns, (label, value)))
        sheet.write_string(line, 0, label, style.label)
        if isinstance(value, str):
            sheet.write_string(line, 1, value, style.words)
        elif isinstance(value, date):
            sheet.write_datetime(line, 1, _local(value), style.moment if isinstance(value, datetime) else style.day)
        elif value is not None:
            sheet.write_number(line, 1, value, style.count)
        line += 1
    _page(sheet, title, last=(line, 1))


def _table(book: Any, style: _Styles, table: Table, stamp: str, name: str) -> None:
    sheet = _sheet(book, table.name, streamed=False)
    for n, column in enumerate(table.columns):
        sheet.set_column(n, n, column.width)
    line = _head(sheet, style, table.columns, table.title, stamp)
    for sentence in table.lead:
        line = _sentence(sheet, style, table.columns, line, sentence)
    first = line + bool(table.lead)
    headings = _unique(column.heading for column in table.columns)
    sheet.set_row(first, _height(table.columns, headings))
    line = first + 1
    for number, row in enumerate(table.rows):
        sheet.set_row(line, _height(table.columns, row))
        _row(sheet, style, table.columns, line, row, number in table.strong_rows)
        line += 1
    _list_object(sheet, style, name, first, line - 1, headings, [c.kind is not Kind.TEXT for c in table.columns])
    for note in table.notes:
        line = _sentence(sheet, style, table.columns, line + 1, note)
    sheet.freeze_panes(first + 1, 1)
    sheet.repeat_rows(first)
    _page(sheet, table.title, last=(line, len(table.columns) - 1))


def _sheet(book: Any, name: str, *, streamed: bool) -> Any:
    """A new sheet. One that is streamed writes each row as it comes and cannot hold a table with cells of its own."""
    book.constant_memory = streamed
    return book.add_worksheet(name[:31])


def _list_object(
    sheet: Any, style: _Styles, name: str, first: int, last: int, headings: Sequence[str], right: Sequence[bool]
) -> None:
    """An Excel table over cells that are written: from the line of headings `first` to the line `last`."""
    sheet.add_table(
        first, 0, max(last, first + 1), len(headings) - 1,
        {
            "name": name, "style": "Table Style Light 1", "banded_rows": True,
            "columns": [
                {"header": heading, "header_format": style.headings[aligned]}
                for heading, aligned in zip(headings, right, strict=True)
            ],
        },
    )  # fmt: skip


def _stretch(sheet: Any, cells: str) -> None:
    """Let the only table of a sheet reach over `cells`. The library keeps an entry for every cell of a table that it
    is given whole: 0.9 GB for two sheets of 100,000 rows.
    """
    sheet.tables[-1]["range"] = sheet.tables[-1]["autofilter"] = cells


def _unique(headings: Iterable[str]) -> list[str]:
    """Headings as an Excel table needs them: none empty, none twice whatever its capitals, at most 255 letters."""
    found: list[str] = []
    taken: set[str] = set()
    for number, heading in enumerate(headings, start=1):
        plain = " ".join(heading.split())[:240] or f"({number})"
        name, again = plain, 2
        while name.casefold() in taken:
            name, again = f"{plain} ({again})", again + 1
        taken.add(name.casefold())
        found.append(name)
    return found


def _page(sheet: Any, title: str, *, last: tuple[int, int], printed: bool = True) -> None:
    """A4 across, one page wide, numbered; the area that is printed ends at `last`, (line, column) from 0."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{title.replace('&', '&&')[:150]}&R&P / &N")
    if printed:
        sheet.print_area(0, 0, *last)


def _sentence(sheet: Any, style: _Styles, columns: Sequence[Column], line: int, words: str) -> int:
    """A sentence across the table in as many lines as it takes; the next free line."""
    return _lines(sheet, style.plain, columns, line, words)


def _lines(sheet: Any, look: Any, columns: Sequence[Column], line: int, words: str, *, wider: float = 1.0) -> int:
    wide = max(40, int(sum(column.width for column in columns) / wider))
    for part in textwrap.wrap(words, wide) or [""]:
        sheet.write_string(line, 0, part, look)
        line += 1
    return line


def _height(columns: Sequence[Column], row: Sequence[Cell]) -> float:
    """Room for the longest wrapped text of a row: programs that open the file do not all make it themselves."""
    texts = [(c.width - 2, v) for c, v in zip(columns, row, strict=True) if isinstance(v, str)]
    return 15.5 * min(12, max([1, *(-(-len(text) // max(1, width)) for width, text in texts)]))


def _row(sheet: Any, style: _Styles, columns: tuple[Column, ...], line: int, row: Any, strong: bool) -> None:
    for n, (column, value) in enumerate(zip(columns, row, strict=True)):
        kind = column.kind
        if value is None:
            sheet.write_blank(line, n, None, style.cells[Kind.TEXT, strong])
        elif value == HIDDEN:
            sheet.write_string(line, n, value, style.hidden[strong])
        elif isinstance(value, str):
            sheet.write_string(line, n, value, style.cells[Kind.TEXT, strong])
        elif isinstance(value, date):
            sheet.write_datetime(line, n, _local(value), style.cells[Kind.DATE, strong])
        elif isinstance(value, Printed):
            sheet.write_number(line, n, value.value, style.printed(kind, value, strong))
        else:
            sheet.write_number(line, n, value, style.cells[kind, strong])


def _local(value: date) -> date:
    """A moment as the time in Việt Nam, since a cell knows no zone; a day as it is."""
    return clock.local(value).replace(tzinfo=None) if isinstance(value, datetime) else value


def _all_data(book: Any, style: _Styles, data: Sequence[DataSheet], stamp: str, progress: Progress) -> None:
    total, done = sum(sheet.count for sheet in data) or 1, 0
    for sheet in data:
        done = _data(book, style, sheet, stamp, done, total, progress)


def _data(book: Any, style: _Styles, data: DataSheet, stamp: str, done: int, total: int, progress: Progress) -> int:
    sheet = _sheet(book, data.name, streamed=True)
    sheet.set_column(0, len(data.headings) - 1, 12)
    line = 0
    for words, look in ((stamp, style.stamp), (data.lead, style.plain)):
        if words:
            sheet.write_string(line, 0, words, look)
            line += 1
    first, headings = line, list(data.headings) if data.exact else _unique(data.headings)
    cells = (first, 0, min(first + max(data.count, 1), MOST_ROWS), len(headings) - 1)
    if headings == _unique(headings):
        sheet.constant_memory = False  # the line of headings is kept until the first row is written
        name = f"Rows_{len(book.worksheets())}"
        _list_object(sheet, style, name, first, first + 1, headings, [False] * len(headings))
        _stretch(sheet, xl_range(*cells))
        sheet.constant_memory = True
    else:
        sheet.autofilter(*cells)
    for n, heading in enumerate(headings):  # a streamed sheet holds its texts itself
        sheet.write_string(first, n, heading, style.heading)
    sheet.freeze_panes(first + 1, 0)
    sheet.repeat_rows(first)
    _page(sheet, data.name, last=(0, 0), printed=False)
    number, text = sheet.write_number, sheet.write_string
    for row in islice(data.rows, MOST_ROWS - first):
        line += 1
        for n, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, str):
                text(line, n, value)
            else:
                number(line, n, value)
        done += 1
        if done % 1000 == 0:
            progress(done, total)
    return done


def _head(sheet: Any, style: _Styles, columns: Sequence[Column], title: str, stamp: str) -> int:
    line = _lines(sheet, style.stamp, columns, 0, stamp) if stamp else 0
    return _lines(sheet, style.title, columns, line, title, wider=1.3) + 1
