"""Reads the fields of an editor's form: words by language, ticks, numbers, lists of answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from werkzeug.datastructures import MultiDict

from instruments.editing import EditError
from instruments.model.response_domains import Option
from instruments.model.text import Text

MOST_ROWS = 120
_NUMBERED = re.compile(
    r"^(?:(?:Câu(?: hỏi)?|Question)\s+)?([A-Z]?\d{1,3}(?:\.\d{1,3})*)\s*[.:)/]\s*(?=\S)", re.IGNORECASE
)
_OTHER = re.compile(r"^(khác|other)\b", re.IGNORECASE)


class Entered:
    """The fields of one form."""

    def __init__(self, fields: MultiDict[str, str]) -> None:
        self.fields = fields

    def line(self, name: str) -> str:
        """One line in NFC, one space between words."""
        return " ".join(unicodedata.normalize("NFC", self.fields.get(name, "")).split())

    def line_or_none(self, name: str) -> str | None:
        return self.line(name) or None

    def tick(self, name: str) -> bool:
        return name in self.fields

    def words(self, name: str, languages: Sequence[str]) -> dict[str, str]:
        """`name-vi`, `name-en` … by language."""
        return {code: self.paragraph(f"{name}-{code}") for code in languages}

    def paragraph(self, name: str) -> str:
        """NFC and Unix line ends, no blanks around."""
        raw = unicodedata.normalize("NFC", self.fields.get(name, ""))
        return raw.replace("\r\n", "\n").replace("\r", "\n").strip()

    def lines(self, name: str) -> list[str]:
        """The lines of a field that are not blank."""
        raw = unicodedata.normalize("NFC", self.fields.get(name, ""))
        return [words for line in raw.splitlines() if (words := " ".join(line.split()))]

    def whole(self, name: str, default: int) -> int:
        text = self.line(name)
        if not text:
            return default
        if not text.isdecimal() or len(text) > 6:
            raise EditError("not-a-number", came=text[:40])
        return int(text)

    def number(self, name: str) -> float | None:
        """8,5 or 8.5; blank is none."""
        text = self.line(name).replace(",", ".")
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise EditError("not-a-number", came=text[:40]) from None
        if not value.is_finite() or abs(value) > 10**12:
            raise EditError("not-a-number", came=text[:40])
        return float(value)

    def options(self, languages: Sequence[str], before: Sequence[Option]) -> tuple[tuple[Option, ...], int | None]:
        """The rows of a list of answers, and the code that opens a text field. A row without words is taken out."""
        known = {option.code: option for option in before}
        found: list[Option] = []
        rows: list[int] = []
        other: int | None = None
        for n in range(MOST_ROWS):
            if f"o{n}-{languages[0]}" not in self.fields:
                break
            said = {code: words for code, words in self.words(f"o{n}", languages).items() if words}
            if languages[0] not in said:
                continue
            code = self.whole(f"o{n}-code", _next_code(found, before))
            old = known.get(code)
            option = Option(
                code=code,
                label=Text(said),
                satisfied=self.tick(f"o{n}-satisfied"),
                substantive=not self.tick(f"o{n}-apart"),
                variants=old.variants if old else (),
                origin=old.origin if old else "core",
            )
            found.append(option)
            rows.append(n)
            if self.fields.get("o-other") == str(n):
                other = code
        move = re.fullmatch(r"(\d{1,3}):(up|down)", self.fields.get("o-move", ""))
        if move and int(move[1]) in rows:
            at = rows.index(int(move[1]))
            option = found.pop(at)
            found.insert(max(0, at + (-1 if move[2] == "up" else 1)), option)
        return tuple(found), other


def written_list(by_language: dict[str, list[str]], source: str) -> tuple[tuple[Option, ...], int | None]:
    """Answers written one under the other: codes 1, 2, 3 …; a line that begins with "Khác" opens a text field."""
    found = []
    other = None
    for n, words in enumerate(by_language.get(source, ()), start=1):
        said = {code: lines[n - 1] for code, lines in by_language.items() if len(lines) >= n}
        if _OTHER.match(words):
            other = n
        found.append(Option(code=n, label=Text({**said, source: words})))
    return tuple(found), other


def without_number(line: str) -> tuple[str | None, str]:
    """A line copied from a document: its printed number, if it begins with one, and its words."""
    found = _NUMBERED.match(line)
    return (found[1], line[found.end() :]) if found else (None, line)


def _next_code(found: Sequence[Option], before: Sequence[Option]) -> int:
    used = {one.code for one in (*found, *before) if one.code < 90}
    return max(used, default=0) + 1
