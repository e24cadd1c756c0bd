"""Plain tables handed to the writers of files: headings, what kind of value a column holds, rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True)
class Printed:
    """A number as its questionnaire publishes it, with its own decimal places whatever its column has."""

    value: float
    places: int
    below: bool = False  # known only to be smaller than the value


Progress = Callable[[int, int], None]  # told how many of how many rows are written
HIDDEN = "[c]"  # confidential: a value that is hidden; as text it sorts behind all numbers and can be filtered
Cell = str | int | float | date | datetime | Printed | None


class Kind(StrEnum):
    """How a column's values are written."""

    TEXT = "text"
    COUNT = "count"
    RATE = "rate"  # 0..1, shown as a percentage with two places
    SCORE = "score"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True)
class Column:
    heading: str
    kind: Kind = Kind.TEXT
    width: int = 14


@dataclass(frozen=True)
class Table:
    """One sheet: a title, sentences under it, and the rows. `notes` stand below the table."""

    name: str  # of the sheet, at most 31 characters
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]
    lead: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    strong_rows: frozenset[int] = field(default_factory=frozenset)  # totals


@dataclass(frozen=True)
class DataSheet:
    """Many rows of coded or labelled answers: written as they come, never held."""

    name: str
    headings: tuple[str, ...]
    rows: Iterable[Sequence[Cell]]
    count: int
    lead: str = ""
    exact: bool = False  # the headings as other programs expect them, letter for letter, even two alike
