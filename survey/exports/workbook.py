"""The workbook: what it is, the results, the codebook, the method, and rows of answers for who may have them.

Text is always written as text: a citizen's "=1+1" stays what it is, never a formula or a link. Sheets of answers are
streamed, so that a hundred thousand rows take little memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from survey.exports.tables import Cell, Column, DataSheet, Kind, Printed, Progress, Table

INK, RULE, BAND, LACQUER = "#1B2430", "#DDD8CD", "#F3EEE3", "#8E2F2B"
FONT = "Times New Roman"
FORMATS = {Kind.TEXT: "@", Kind.COUNT: "#,##0", Kind.RATE: "0.00%", Kind.SCORE: "0.00", Kind.NUMBER: "General"}
MOST_ROWS = 1_048_575


def write(
    path: Path,
    *,
    title: str,
    about: list[tuple[str, str]],
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
    book.set_properties({"title": title, "author": "Hài Lòng"})
    style = _Styles(book)
    if data_first:
        _all_data(book, style, data, stamp if stamp_data else "", progress)
    _about(book, style, about_name, title, about, stamp)
    for table in tables:
        _table(book, style, table, stamp)
    if not data_first:
        _all_data(book, style, data, stamp if stamp_data else "", progress)
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
            {**base, "bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2, "bg_color": BAND}
        )
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
                 "text_wrap": kind is Kind.TEXT}
            )
            for kind, code in FORMATS.items()
            for strong in (False, True)
        }  # fmt: skip
        self._book, self._base = book, base
        self._printed: dict[tuple[Kind, int, bool], Any] = {}

    def printed(self, kind: Kind, places: int, strong: bool) -> Any:
        """A cell of a column of rates or scores with its own number of places."""
        if (kind, places, strong) not in self._printed:
            code = ("0." + "0" * places if places else "0") + ("%" if kind is Kind.RATE else "")
            look = {**self._base, "num_format": code, "bold": strong, "bottom": 1, "bottom_color": RULE}
            self._printed[kind, places, strong] = self._book.add_format(look)
        return self._printed[kind, places, strong]


def _about(book: Any, style: _Styles, name: str, title: str, rows: list[tuple[str, str]], stamp: str) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    line = _head(sheet, style, title, stamp)
    for label, value in rows:
        sheet.set_row(line, _height((Column("", width=28), Column("", width=90)), (label, value)))
        sheet.write_string(line, 0, label, style.label)
        sheet.write_string(line, 1, value, style.words)
        line += 1
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _table(book: Any, style: _Styles, table: Table, stamp: str) -> None:
    sheet = book.add_worksheet(table.name[:31])
    for n, column in enumerate(table.columns):
        sheet.set_column(n, n, column.width)
    line = _head(sheet, style, table.title, stamp)
    for sentence in table.lead:
        _sentence(sheet, style, table.columns, line, sentence)
        line += 1
    line += bool(table.lead)
    first = line
    sheet.set_row(first, _height(table.columns, [column.heading for column in table.columns]))
    for n, column in enumerate(table.columns):
        sheet.write_string(line, n, column.heading, style.headings[column.kind is not Kind.TEXT])
    line += 1
    for number, row in enumerate(table.rows):
        sheet.set_row(line, _height(table.columns, row))
        _row(sheet, style, table.columns, line, row, number in table.strong_rows)
        line += 1
    for note in table.notes:
        line += 1
        _sentence(sheet, style, table.columns, line, note)
    sheet.freeze_panes(first + 1, 1)
    sheet.repeat_rows(first)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _sentence(sheet: Any, style: _Styles, columns: Sequence[Column], line: int, words: str) -> None:
    """A sentence across the table, wrapped where it is longer than that is wide."""
    wide = sum(column.width for column in columns)
    if len(words) < wide or len(columns) < 2:
        sheet.write_string(line, 0, words, style.plain)
        return
    sheet.set_row(line, _height((Column("", width=wide),), (words,)))
    sheet.merge_range(line, 0, line, len(columns) - 1, words, style.words)


def _height(columns: Sequence[Column], row: Sequence[Cell]) -> float:
    """Room for the longest wrapped text of a row: programs that open the file do not all make it themselves."""
    texts = [(c.width - 1, v) for c, v in zip(columns, row, strict=True) if isinstance(v, str)]
    return 15.5 * min(12, max([1, *(-(-len(text) // max(1, width)) for width, text in texts)]))


def _row(sheet: Any, style: _Styles, columns: tuple[Column, ...], line: int, row: Any, strong: bool) -> None:
    for n, (column, value) in enumerate(zip(columns, row, strict=True)):
        kind = column.kind
        if value is None:
            sheet.write_blank(line, n, None, style.cells[Kind.TEXT, strong])
        elif isinstance(value, str):
            sheet.write_string(line, n, value, style.cells[Kind.TEXT, strong])
        elif isinstance(value, Printed):
            sheet.write_number(line, n, value.value, style.printed(kind, value.places, strong))
        else:
            sheet.write_number(line, n, value, style.cells[kind, strong])


def _all_data(book: Any, style: _Styles, data: Sequence[DataSheet], stamp: str, progress: Progress) -> None:
    total, done = sum(sheet.count for sheet in data) or 1, 0
    for sheet in data:
        done = _data(book, style, sheet, stamp, done, total, progress)


def _data(book: Any, style: _Styles, data: DataSheet, stamp: str, done: int, total: int, progress: Progress) -> int:
    sheet = book.add_worksheet(data.name[:31])
    line = 0
    for words, look in ((stamp, style.stamp), (data.lead, style.plain)):
        if words:
            sheet.write_string(line, 0, words, look)
            line += 1
    for n, heading in enumerate(data.headings):
        sheet.write_string(line, n, heading, style.heading)
    sheet.freeze_panes(line + 1, 0)
    sheet.autofilter(line, 0, min(line + data.count, MOST_ROWS), len(data.headings) - 1)
    sheet.set_column(0, len(data.headings) - 1, 12)
    number, text = sheet.write_number, sheet.write_string
    for row in data.rows:
        line += 1
        if line > MOST_ROWS:
            break
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


def _head(sheet: Any, style: _Styles, title: str, stamp: str) -> int:
    line = 0
    if stamp:
        sheet.write_string(line, 0, stamp, style.stamp)
        line += 1
    sheet.write_string(line, 0, title, style.title)
    return line + 2
