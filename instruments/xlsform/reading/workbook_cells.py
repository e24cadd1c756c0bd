"""Reads the cells of a workbook that somebody sent, without trusting the file.

A workbook is a zip of XML. Before anything is parsed, the zip's own directory says how much comes out of it (zlib
stops at the declared size), and every XML part is searched for a document type: no spreadsheet program writes one, and
every trick with entities needs one. What is read is bounded in bytes, sheets, rows, columns and cells. A formula is
never computed: the value last computed counts, and that it was a formula is remembered. Error values are refused.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import openpyxl

from instruments.checks.problems import InvalidInstrument, Problem

MAX_FILE = 8 * 1024 * 1024
MAX_UNPACKED = 40 * 1024 * 1024
MAX_PART = 24 * 1024 * 1024
MAX_STRINGS = 16 * 1024 * 1024
MAX_STYLES = 4 * 1024 * 1024
MAX_RATIO = 200
MAX_PARTS = 300
MAX_TAGS = 400_000  # the parser reads a whole sheet for its size before a row can be counted
MAX_ROWS = 12_000
MAX_COLUMNS = 300
MAX_CELLS = 400_000
MAX_CELL = 32_767

Value = str | int | float | bool

ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_DOCTYPE = re.compile(rb"<\s*!\s*(DOCTYPE|ENTITY)|<\x00!\x00(D\x00O\x00C|E\x00N\x00T)|\x00<\x00!\x00(D\x00O|E\x00N)")
_STRICT: Mapping[bytes, bytes] = {
    b"http://purl.oclc.org/ooxml/officeDocument/": b"http://schemas.openxmlformats.org/officeDocument/2006/",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/drawingml/main": b"http://schemas.openxmlformats.org/drawingml/2006/main",
}
"""Names in a workbook that Excel saved as "Strict Open XML" → the names in every other, which the parser knows."""
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml$")


@dataclass(frozen=True, slots=True)
class Row:
    """One row that holds something: its number in the sheet and its cells by column (from 0)."""

    number: int
    cells: dict[int, Value]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name as written, the row of headers, the rows below."""

    name: str
    header: Row
    rows: tuple[Row, ...]
    formulas: tuple[int, ...] = ()
    """Rows in which a cell is a formula."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets wanted, by lower-case name, and the names of the others."""

    sheets: dict[str, Sheet] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def is_workbook(data: bytes) -> bool:
    """Whether the bytes look like an Excel file, new or old."""
    return data.startswith((ZIP, OLD_EXCEL))


def read(data: bytes, wanted: frozenset[str]) -> Workbook:
    """The cells of the wanted sheets (lower-case names), or `InvalidInstrument` with what is wrong."""
    seen = _inspected(data)
    if seen.is_strict:
        data = _renamed(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            formulas = (
                openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
                if seen.has_formulas
                else None
            )
            try:
                return _workbook(values, formulas, wanted)
            finally:
                values.close()
                if formulas is not None:
                    formulas.close()
    except InvalidInstrument:
        raise
    except Exception as wrong:  # whatever a broken part makes the parser stumble over
        raise _refused("xls-unreadable", reason=_cut(f"{type(wrong).__name__} {wrong}")) from None


# --- before anything is parsed --------------------------------------------------------------------------------


@dataclass
class _Seen:
    """What a look through the parts found."""

    has_formulas: bool = False
    is_strict: bool = False


def _inspected(data: bytes) -> _Seen:
    """Refuses what must not be parsed; says what is to be known of the rest."""
    if len(data) > MAX_FILE:
        raise _refused("too-large", size=len(data), limit=MAX_FILE)
    if data.startswith(OLD_EXCEL):
        raise _refused("xls-old")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _looked_through(archive)
    except InvalidInstrument:
        raise
    except Exception as wrong:  # bad zip, bad compression, a password, an unknown method
        raise _refused("xls-unreadable", reason=_cut(str(wrong))) from None


def _renamed(data: bytes) -> bytes:
    """The same workbook with the names that the parser knows; it was measured before."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.lower().endswith((".xml", ".rels")):
                for strict, usual in _STRICT.items():
                    content = content.replace(strict, usual)
            new.writestr(part.filename, content)
    return out.getvalue()


def _looked_through(archive: zipfile.ZipFile) -> _Seen:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise _refused("xls-too-many", what="parts", limit=MAX_PARTS)
    if len({part.filename.lower() for part in parts}) != len(parts):
        raise _refused("xls-unreadable", reason="two parts have the same name")
    names = {part.filename for part in parts}
    if "content.xml" in names and "mimetype" in names:
        raise _refused("not-a-form")
    if "xl/workbook.xml" not in names:
        raise _refused("xls-unreadable", reason="it is a zip file without a workbook")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or any(part.file_size > _limit(part.filename) for part in parts):
        raise _refused("xls-bomb", size=unpacked, limit=MAX_UNPACKED)
    if any(part.file_size > 1_000_000 and part.file_size > MAX_RATIO * max(part.compress_size, 1) for part in parts):
        raise _refused("xls-bomb", size=unpacked, limit=MAX_UNPACKED)
    seen = _Seen()
    tags = 0
    for part in parts:
        if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        content = archive.read(part)
        if _DOCTYPE.search(content):
            raise _refused("xls-doctype", part=_cut(part.filename))
        tags += content.count(b"<")
        if tags > MAX_TAGS:
            raise _refused("xls-too-many", what="tags", limit=MAX_TAGS)
        if _SHEET.search(part.filename) and _FORMULA.search(content):
            seen.has_formulas = True
        seen.is_strict = seen.is_strict or any(strict in content for strict in _STRICT)
    return seen


def _limit(name: str) -> int:
    if name.endswith("sharedStrings.xml"):
        return MAX_STRINGS
    return MAX_STYLES if name.endswith(("styles.xml", "workbook.xml", ".rels")) else MAX_PART


# --- cells ----------------------------------------------------------------------------------------------------


def _workbook(values: Any, formulas: Any, wanted: frozenset[str]) -> Workbook:
    sheets: dict[str, Sheet] = {}
    others: list[str] = []
    budget = [MAX_CELLS]
    for name in values.sheetnames:
        key = name.strip().lower()
        if key not in wanted:
            others.append(name)
            continue
        if key in sheets:
            raise _refused("xls-sheet-twice", sheet=_cut(name))
        found = values[name]
        if not hasattr(found, "iter_rows"):  # a sheet that is only a chart
            others.append(name)
            continue
        rows = list(_rows(name, found, budget))
        header = rows[0] if rows else Row(1, {})
        marked = tuple(_formula_rows(name, formulas[name])) if formulas is not None else ()
        sheets[key] = Sheet(name, header, tuple(rows[1:]), marked)
    return Workbook(sheets, tuple(others))


def _rows(name: str, sheet: Any, budget: list[int]) -> Iterator[Row]:
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(max_row=MAX_ROWS + 1), start=1):
        budget[0] -= len(cells)
        held: dict[int, Value] = {}
        for cell in cells:
            value = cell.value
            if value is None or value == "":
                continue
            column = cell.column - 1
            if column >= MAX_COLUMNS:
                raise _refused("xls-too-many", place=f"{name}!{number}", what="columns", limit=MAX_COLUMNS)
            held[column] = _value(name, number, cell.data_type, value)
        if budget[0] < 0:
            raise _refused("xls-too-many", place=f"{name}!{number}", what="cells", limit=MAX_CELLS)
        if not held:
            continue
        if number > MAX_ROWS:
            raise _refused("xls-too-many", place=f"{name}!{number}", what="rows", limit=MAX_ROWS)
        yield Row(number, held)


def _value(sheet: str, number: int, kind: str, value: object) -> Value:
    if kind == "e":
        raise _refused("xls-error-value", place=f"{sheet}!{number}", came=_cut(str(value)))
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, str):
        if len(value) > MAX_CELL:
            raise _refused("xls-too-many", place=f"{sheet}!{number}", what="characters", limit=MAX_CELL)
        return unicodedata.normalize("NFC", value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)[:MAX_CELL]


def _formula_rows(name: str, sheet: Any) -> Iterator[int]:
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(max_row=MAX_ROWS), start=1):
        if any(cell.data_type == "f" for cell in cells):
            yield number


def _refused(code: str, place: str = "", **params: str | int | float) -> InvalidInstrument:
    return InvalidInstrument([Problem(code, place, params)])


def _cut(words: str) -> str:
    return " ".join(words.encode("utf-8", "replace").decode().split())[:120] or "no further word"
