"""Workbooks as people and programs make them, written cell by cell; and hostile ones, written part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
import xlsxwriter

Rows = Sequence[Sequence[Any]]


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    """The rows as they stand: texts as texts, numbers as numbers, True as TRUE, None as nothing, "==x" as formula."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, bool):
                        sheet.write_boolean(r, c, value)
                    elif isinstance(value, int | float):
                        sheet.write_number(r, c, value)
                    elif isinstance(value, str) and value.startswith("=="):
                        sheet.write_formula(r, c, value[1:], None, "shown value")
                    elif value is not None:
                        sheet.write_string(r, c, value)
    return out.getvalue()


def form(survey: Rows, choices: Rows = (), settings: Rows = (), **more: Rows) -> bytes:
    """A form with the headers that every program writes: type, name, label; list_name, name, label."""
    head = [] if survey and "type" in survey[0] else [["type", "name", "label"]]
    lists = [] if choices and "list_name" in choices[0] else [["list_name", "name", "label"]]
    sheets: dict[str, Rows] = {"survey": [*head, *survey]}
    if choices:
        sheets["choices"] = [*lists, *choices]
    if settings:
        sheets["settings"] = settings
    return workbook(sheets | more)


def edited(data: bytes, sheet: str, changes: Mapping[tuple[str, str], Any], *, key: str = "name") -> bytes:
    """A workbook with cells changed: (name of the row, header) → value."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book[sheet]
    headers = {cell.value: cell.column for cell in page[1]}
    done = set()
    for row in page.iter_rows(min_row=2):
        for (name, header), value in changes.items():
            if str(row[headers[key] - 1].value) == name:
                page.cell(row[0].row, headers[header]).value = value
                done.add((name, header))
    assert done == set(changes), set(changes) - done
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def without_sheet(data: bytes, name: str) -> bytes:
    """A workbook as a program writes it again that knows nothing of one of its sheets."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    del book[name]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parts_changed(data: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The same zip with parts replaced, added or (None) taken away."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, content in changes.items():
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def part(data: bytes, name: str) -> bytes:
    """One part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)
