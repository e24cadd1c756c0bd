"""One-time codes as a file for whoever prints or sends the slips: one row per code, plain ASCII, opened by anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

HEADINGS = ("code", "address", "unit", "point", "expires_on")


def as_csv(codes: Iterable[str], *, base: str, unit_code: str, point_id: int, expires_on: date) -> str:
    """The codes with the address each opens, the unit and point they were issued for, and their last day."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows((code, f"{base}/{code}", unit_code, point_id, expires_on.isoformat()) for code in codes)
    return out.getvalue()
