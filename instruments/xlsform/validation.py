"""Asks pyxform, with which KoboToolbox and ODK read forms, whether other programs would take a form.

It converts the sheets to the XForm a phone would get. What it refuses is a complaint; what it warns of as well.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from instruments.model.document import InstrumentVersion
from instruments.xlsform.sheet_layout import OURS
from instruments.xlsform.writing import Row, sheets


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether pyxform takes a form, with its complaints and warnings."""

    refusal: str
    """Why it would not take the form; empty if it did."""
    warnings: tuple[str, ...] = ()


def verdict(version: InstrumentVersion) -> Verdict:
    """What pyxform says of a version as we write it."""
    return _asked({name: rows for name, rows in sheets(version).items() if name != OURS})


def verdict_of_file(data: bytes) -> Verdict:
    """What pyxform says of a workbook made elsewhere, which `workbook_cells.read` must have let pass before."""
    said: list[str] = []
    try:
        convert(xlsform=io.BytesIO(data), file_type=".xlsx", warnings=said, validate=False)
    except PyXFormError as refusal:
        return Verdict(" ".join(str(refusal).split()))
    except Exception as failure:  # what it does not foresee it refuses as well, only less politely
        return Verdict(" ".join(f"{type(failure).__name__}: {failure}".split()))
    return Verdict("", tuple(" ".join(one.split()) for one in said))


def _asked(content: dict[str, list[Row]]) -> Verdict:
    said: list[str] = []
    headers = {
        f"{name}_header": [dict.fromkeys(header for row in rows for header in row)] for name, rows in content.items()
    }
    text = {
        name: [{header: str(value) for header, value in row.items()} for row in rows] for name, rows in content.items()
    }
    try:
        convert(xlsform=text | headers, warnings=said, validate=False)
    except PyXFormError as refusal:
        return Verdict(" ".join(str(refusal).split()))
    return Verdict("", tuple(" ".join(one.split()) for one in said))
