"""The tables of the texts in `sources/`, read into rows: the evidence the shipped forms are held against."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parent / "sources"


@dataclass(frozen=True)
class Table:
    """One table: the numbered heading it stands under, its column names, its rows."""

    section: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


@cache
def tables(name: str) -> tuple[Table, ...]:
    """All tables of `sources/instruments_<name>.md`, in order."""
    words = unicodedata.normalize("NFC", (SOURCES / f"instruments_{name}.md").read_text(encoding="utf-8"))
    found: list[Table] = []
    section = ""
    lines = words.splitlines()
    for n, line in enumerate(lines):
        heading = re.match(r"#+ ([0-9]+(?:\.[0-9]+)*)\.? ", line)
        if heading:
            section = heading[1]
        if re.fullmatch(r"\|(-+\|)+", line):
            columns = _cells(lines[n - 1])
            rows = []
            for row in lines[n + 1 :]:
                if not row.startswith("|"):
                    break
                rows.append(dict(zip(columns, _cells(row), strict=True)))
            found.append(Table(section, columns, tuple(rows)))
    return tuple(found)


@cache
def text_of(name: str) -> str:
    """The whole source text, in NFC."""
    return unicodedata.normalize("NFC", (SOURCES / f"instruments_{name}.md").read_text(encoding="utf-8"))


def table(name: str, section: str, first_column: str) -> Table:
    """The table under a numbered heading whose first column has this name."""
    (found,) = [one for one in tables(name) if one.section == section and one.columns[0] == first_column]
    return found


def rows(name: str, section: str, first_column: str) -> dict[str, dict[str, str]]:
    """Its rows by first cell (back-ticks taken off)."""
    return {row[first_column].strip("`"): row for row in table(name, section, first_column).rows}


def listed_options(cell: str) -> dict[int, str]:
    """`1 Nam; 2 Nữ` as a mapping from code to label."""
    found = {}
    for part in cell.split("; "):
        code, _, label = part.partition(" ")
        found[int(code)] = label
    return found


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))
