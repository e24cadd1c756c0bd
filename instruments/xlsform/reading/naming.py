"""Gives a code to each name of another program, and keeps what became of each named row.

Codes are lower-case letters without marks, digits and underscores, at most 32 characters. Names that are codes already
stay as they are; the others are carried as close as can be, and no two become one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from instruments.checks.integrity import CONDITION_WORDS
from instruments.xlsform.conditions.xpath import Broken, Kind, Node, Unknown, Unsupported, parse
from instruments.xlsform.reading.columns import without_marks

LONGEST_CODE = 32
LONGEST_INSTRUMENT = 40
_CODE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def is_code(name: str) -> bool:
    """Whether the name is a code already."""
    return len(name) <= LONGEST_CODE and _CODE.fullmatch(name) is not None and name not in CONDITION_WORDS


def instrument_code(name: str) -> str:
    """The code of an instrument for the name of a form; "" if nothing of it can be used."""
    words = re.sub(r"[^a-z0-9]+", "-", without_marks(name).lower()).strip("-")
    words = words if not words or words[0].isalpha() else f"f-{words}"
    return words[:LONGEST_INSTRUMENT].rstrip("-")


class Codes:
    """Codes for names, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def reserve(self, name: str) -> None:
        """A name that is a code keeps it, whatever comes before it."""
        if is_code(name):
            self._taken.add(name)

    def code(self, name: str) -> str:
        """The code of a name; one that is a code already keeps it."""
        if is_code(name):
            self._taken.add(name)
            return name
        words = re.sub(r"[^a-z0-9]+", "_", without_marks(name).lower()).strip("_")
        if not words or not words[0].isalpha() or words in CONDITION_WORDS:
            words = f"q_{words}".rstrip("_")
        stem = words[:LONGEST_CODE].rstrip("_")
        code, n = stem, 1
        while code in self._taken or not is_code(code):
            n += 1
            code = f"{stem[: LONGEST_CODE - 6].rstrip('_')}_{n}"
        self._taken.add(code)
        return code


class Known:
    """The questions of a form as expressions may name them (`condition_reading.Questions`)."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._left: set[str] = set()
        self._kinds: dict[str, Kind] = {}
        self._options: dict[str, dict[str, int]] = {}
        self._calculated: dict[str, Node] = {}
        self.later: set[str] = set()
        """Names of rows that have not been read yet."""

    def add(self, name: str, code: str, kind: Kind, options: dict[str, int] | None = None) -> None:
        """A question that is carried."""
        self._codes[name] = code
        self._kinds[code] = kind
        if options is not None:
            self._options[code] = options

    def leave(self, name: str) -> None:
        """A row that has a name and is not carried."""
        self._left.add(name)

    def calculate(self, name: str, expression: str) -> None:
        """A calculated row: not carried, but what asks about it asks about its expression."""
        self.leave(name)
        try:
            self._calculated[name] = parse(expression)
        except Broken:
            self._calculated.pop(name, None)

    def calculated(self, name: str) -> Node | None:
        """The expression of a calculated row."""
        return self._calculated.get(name)

    def code(self, name: str) -> str:
        """The code of the question of this name."""
        if name in self._codes:
            return self._codes[name]
        if name in self._left:
            raise Unsupported(f"${{{name}}}")
        raise Unknown(name)

    def kind(self, code: str) -> Kind:
        """Its response domain."""
        return self._kinds[code]

    def options(self, code: str) -> Mapping[str, int]:
        """The codes of its answers by their names."""
        return self._options.get(code, {})
