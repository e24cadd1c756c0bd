"""One-time codes as a file for whoever prints or sends the slips: one row per code, plain ASCII, opened by anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from survey.csv_dialects import CsvDialect
from survey.exports import csv_files

HEADINGS = ("code", "address", "unit", "point", "expires_on")


def as_csv(
    codes: Iterable[str],
    *,
    base: str,
    unit_code: str,
    point_id: int,
    expires_on: date,
    dialect: CsvDialect = CsvDialect.COMMA,
) -> bytes:
    """The codes with the address each opens, the unit and point they were issued for, and their last day."""
    rows = ((code, f"{base}/{code}", unit_code, point_id, expires_on) for code in codes)
    return csv_files.as_bytes(HEADINGS, rows, dialect=dialect, mark=False)
