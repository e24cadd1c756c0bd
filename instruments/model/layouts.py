"""The layout of a form on a phone, and of the tables that others expect with headers of their own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from instruments.model.provenance import Grade, Reference
from instruments.model.response_domains import Code, OptionCode, Part
from instruments.model.text import Line, Text


class Display(Part):
    """How the form is laid out on a phone: always a local choice."""

    pages: Literal["auto", "one", "sections"] = "auto"
    """`auto`: one page up to 12 questions put to everyone, section by section above."""
    question: Text | None = None
    """The heading of the first page, as a question to the citizen."""
    counter: bool = False
    """Answered standing at a counter, in under 90 seconds: a long form is then refused."""


class CellValue(Part):
    """What stands in a cell for a code."""

    code: OptionCode
    """The coded answer."""
    text: Line
    """The words of the cell."""


class Column(Part):
    """One column of an official export."""

    header: Line
    """The header, letter for letter."""
    item: Code | None = None
    """The item that fills it, or the unit it is given by; absent = left empty. Open words, days and what else files of
    rows do not give out stay empty too."""
    part: Literal["value", "other", "label"] = "value"
    """`value`: code or number; `label`: the words of the answer, of a person's number its band; `other`: the text
    beside "Khác", left empty since open words are no part of a file of rows."""
    values: tuple[CellValue, ...] = ()
    """Words written instead of the code or of the answer's own words."""


class ExportLayout(Part):
    """A table layout that others expect, header by header."""

    code: Reference
    """Name of the layout and of its sheet."""
    title: Text
    """What it is for."""
    grade: Grade
    """How sure we are of the headers."""
    source: Line | None = None
    """Where they were seen."""
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    """The columns in order."""
