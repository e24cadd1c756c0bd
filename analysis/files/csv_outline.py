"""Counts the rows of a CSV file and reads its header; a file that would be read only in part is refused here.

A quotation mark that is left open swallows the lines behind it, two of them the lines between; the reader of columns
takes both without a word. Rows are counted from 1, the header not included, and named with their line in the file.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from analysis.errors import AnalysisError

__all__: list[str] = []  # serves other modules of the analysis only

_LINE = re.compile(rb"[^\r\n]+")
_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Outline:
    """The header of a file, and how many rows of data stand under it."""

    header: tuple[str, ...]
    rows: int


def delimiter_of(data: bytes, wanted: Sequence[str]) -> str:
    """What separates the columns: the semicolon where that alone makes a header with all `wanted`, else the comma.

    Spreadsheets set to a country of decimal commas separate columns by semicolons.
    """
    lines = {mark: _first_line(data, mark) for mark in (",", ";")}
    need = {unicodedata.normalize("NFC", column) for column in wanted}
    fits = {mark: need <= {unicodedata.normalize("NFC", column) for column in line} for mark, line in lines.items()}
    if fits[","] == fits[";"]:
        return ";" if len(lines[","]) == 1 < len(lines[";"]) else ","
    return "," if fits[","] else ";"


def _first_line(data: bytes, delimiter: str) -> list[str]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    try:
        return next(filter(None, csv.reader(text, delimiter=delimiter, strict=True)), [])
    except csv.Error:
        return []


def outline(name: str, data: bytes, wanted: Collection[str], *, delimiter: str = ",") -> Outline:
    """The outline of a file in UTF-8 that is not blank. `wanted` are the columns that will be read.

    Raises AnalysisError for a quotation mark that does not end with its cell, for a line break in the header or in a
    wanted column, and for one elsewhere behind which rows have gone: each with the row where it begins.
    """
    reader = csv.reader(
        io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""), delimiter=delimiter, strict=True
    )
    header: list[str] = []
    rows, line = -1, 0
    quoted = b'"' in data
    try:
        for cells in reader:
            first, line = line + 1, reader.line_num
            if not cells:
                continue
            rows += 1
            if not rows:
                header = cells
            if line > first:
                _check(f"{name}, {_place(rows, first)}", header, cells, wanted if rows else header, delimiter)
            if not quoted:  # a row is a line, and lines are counted faster
                return Outline(tuple(header), _lines(data.removeprefix(b"\xef\xbb\xbf")) - 1)
    except csv.Error:
        raise AnalysisError(
            f"{name}, {_place(rows + 1, line + 1)}: a quotation mark opens in this row and does not end with its cell; "
            f"close it or take it out."
        ) from None
    return Outline(tuple(header), rows)


def _lines(data: bytes) -> int:
    """How many lines hold something."""
    if b"\r" in data or b"\n\n" in data or data.startswith(b"\n"):
        return sum(1 for _ in _LINE.finditer(data))
    return data.count(b"\n") + (not data.endswith(b"\n"))


def _place(row: int, line: int) -> str:
    return f"row {row} (line {line})" if row else "the header"


def _check(where: str, header: Sequence[str], cells: Sequence[str], wanted: Collection[str], delimiter: str) -> None:
    """Refuse a row of several lines, unless these are the lines of a remark that nobody reads."""
    read = {unicodedata.normalize("NFC", column) for column in wanted}
    for place, (column, cell) in enumerate(zip(header, cells, strict=False)):
        lines = _BREAK.split(cell)
        if len(lines) < 2:
            continue
        if unicodedata.normalize("NFC", column) in read or _are_rows(lines, place, len(header), delimiter):
            shown = " ".join(column.split())[:60]
            raise AnalysisError(
                f"{where}, column '{shown}': a text of one line is expected, it runs over {len(lines)} lines; "
                f"a quotation mark may be missing."
            )


def _are_rows(lines: Sequence[str], place: int, columns: int, delimiter: str) -> bool:
    """Are there as many delimiters before, between and behind the line breaks as in rows that were swallowed?"""
    marks = [line.count(delimiter) for line in lines]
    whole = columns - 1
    return marks[0] == whole - place and marks[-1] == place and all(count == whole for count in marks[1:-1])
