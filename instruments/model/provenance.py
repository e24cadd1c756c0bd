"""The sources of a wording: its grade, the decisions it rests on, and the notes a reader must be given.

Every text of a form bears a grade and a source; every form its chain of decisions and its notes. Grades say
how sure we are, not how good the text is.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from instruments.model.response_domains import Code, Origin, Part
from instruments.model.text import LanguageCode, Line, Text

Grade = Literal["verbatim", "transcribed", "single-source", "abridged", "draft"]
"""How sure we are of a wording, best first; the README of the definitions says what each permits."""

GRADES: tuple[Grade, ...] = ("verbatim", "transcribed", "single-source", "abridged", "draft")


def lowest(grades: Iterable[Grade]) -> Grade:
    """The least sure of some grades; of none, `verbatim`."""
    return max(grades, key=GRADES.index, default="verbatim")


InstrumentCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
Reference = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class Language(Part):
    """A language the document is written in."""

    code: LanguageCode
    """`vi`, `en`, …"""
    role: Literal["source", "translation"]
    """Vietnamese is the source; a translation is shown as a reference translation until it is confirmed."""
    grade: Grade | None = None
    """How sure we are of a translation; absent for the source, whose grade stands with each text."""
    origin: Origin = "core"
    """`overlay` for a language added locally, with all words in it."""


class Decision(Part):
    """A legal document the form rests on."""

    code: Reference
    """Name by which items point to it."""
    title: Line
    """Its kind and subject, as cited."""
    number: Line | None = None
    """Its number, e.g. 56/QĐ-BYT; absent where not known."""
    date: datetime.date | None = None
    """Day of signing; absent where not known."""
    form: Line | None = None
    """Which annex or form of it this is, e.g. Mẫu số 1."""
    role: Literal["basis", "to_cite_later", "context"] = "basis"
    """`basis`: cite it. `to_cite_later`: once its text is at hand. `context`: belongs to the chain."""
    grade: Grade
    """How sure we are of title, number and date."""


class Passage(Part):
    """Words that are read, not answered: the opening, the instruction."""

    text: Text
    """The words."""
    grade: Grade
    """How sure we are of them."""
    source: Line | None = None
    """Where they were seen."""
    origin: Origin = "core"
    """`overlay` for words of ours."""


class Note(Part):
    """What a reader of the form must know: left out, not known, a setting, a doubt."""

    kind: Literal["omitted", "unknown", "setting", "variant", "doubt", "correction", "use"]
    """What sort of note."""
    about: str | None = None
    """The item, statement, scale or field it is about; absent = the whole form."""
    text: Text
    """The note."""


class ComparableMark(Part):
    """A person's judgement that a question may be joined in a series with an earlier one."""

    item: Code
    """The question here."""
    with_instrument: InstrumentCode | None = None
    """The other form; absent = this one."""
    with_version: Annotated[int, Field(ge=1)]
    """Its version."""
    with_item: Code | None = None
    """The question there; absent = the same code."""
    reason: Line
    """Why."""


class CoreReference(Part):
    """Which locked core this document carries, when it is not its own."""

    code: InstrumentCode
    """The instrument."""
    version: Annotated[int, Field(ge=1)]
    """Its version."""
