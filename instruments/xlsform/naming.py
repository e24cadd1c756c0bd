"""Which code does a name of another program get, and what became of each named row?

Codes are lower-case letters without marks, digits and underscores, at most 32 characters. Names that are codes already
stay as they are; the others are carried as close as can be, and no two become one.
"""

from __future__ import annotations

import re

from instruments.integrity import CONDITION_WORDS
from instruments.xlsform.columns import without_marks
from instruments.xlsform.xpath import Kind, Unknown, Unsupported

LONGEST_CODE = 32
LONGEST_INSTRUMENT = 40
_CODE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def is_code(name: str) -> bool:
    """Is it a code already?"""
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
    """The questions of a form as expressions may name them (`xpath.Questions`)."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._left: set[str] = set()
        self._kinds: dict[str, Kind] = {}
        self._options: dict[str, dict[str, int]] = {}
        self._counted: set[str] = set()

    def add(self, name: str, code: str, kind: Kind, options: dict[str, int] | None = None) -> None:
        """A question that is carried."""
        self._codes[name] = code
        self._kinds[code] = kind
        if options is not None:
            self._options[code] = options
            if all(spelled == str(number) for spelled, number in options.items()):
                self._counted.add(code)

    def leave(self, name: str) -> None:
        """A row that has a name and is not carried."""
        self._left.add(name)

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

    def option(self, code: str, name: str) -> int | None:
        """The code of its answer of this name."""
        return self._options.get(code, {}).get(name)

    def is_counted(self, code: str) -> bool:
        """Are its answers' names their codes?"""
        return code in self._counted
