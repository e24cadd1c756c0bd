"""Turns a piece of a document into rows of a field and a value, and such rows into a document again.

XLSForm has no place for factors, figures, decisions, notes. They stand in a sheet of ours, one value a row, each under
the path by which the format knows it: `indices[0].rule`, `decisions[1].title`. A text cell is a text and a number cell
a number; an empty list ends in `[]`, an empty object in `{}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Plain = str | int | float | bool
MAX_STEPS = 12

_STEP = re.compile(r"\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d{1,4})\]")
_WHOLE = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)(\.[A-Za-z_][A-Za-z0-9_-]*|\[\d{1,4}\])*(\[\]|\{\})?")


class Misplaced(ValueError):
    """A field that is no path, or one that contradicts another."""


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Plain]]:
    """Every value of a document with its path, in the order of the document."""
    if isinstance(value, dict):
        if not value:
            yield path + "{}", ""
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        if not value:
            yield path + "[]", ""
        for n, inner in enumerate(value):
            yield from flat(inner, f"{path}[{n}]")
    else:
        yield path, value


def steps(path: str) -> tuple[str | int, ...]:
    """The steps of a path, or `Misplaced`. A last step "[]" or "{}" says that nothing is inside."""
    if not _WHOLE.fullmatch(path):
        raise Misplaced(path)
    end = path[-2:] if path.endswith(("[]", "{}")) else ""
    found: list[str | int] = [
        int(step[2]) if step[2] else step[1] for step in _STEP.finditer(path.removesuffix(end) if end else path)
    ]
    if len(found) > MAX_STEPS:
        raise Misplaced(path)
    return (*found, end) if end else tuple(found)


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Set one value. Entries of a list come in order: an index beyond the next one is `Misplaced`."""
    *way, last = steps(path)
    if last in ("[]", "{}") and isinstance(last, str):
        *way, last = way
        value = [] if path.endswith("[]") else {}
    place: Any = document
    for n, step in enumerate(way):
        following = way[n + 1] if n + 1 < len(way) else last
        place = _inside(place, step, [] if isinstance(following, int) else {}, path)
    _set(place, last, value, path)


def get(document: dict[str, Any], path: str) -> Any:
    """The value at a path; None where there is none."""
    place: Any = document
    for step in steps(path):
        if isinstance(place, dict) and isinstance(step, str):
            place = place.get(step)
        elif isinstance(place, list) and isinstance(step, int) and step < len(place):
            place = place[step]
        else:
            return None
    return place


def _inside(place: Any, step: str | int, empty: Any, path: str) -> Any:
    if isinstance(step, int):
        if not isinstance(place, list) or step > len(place):
            raise Misplaced(path)
        if step == len(place):
            place.append(empty)
        inner = place[step]
    else:
        if not isinstance(place, dict):
            raise Misplaced(path)
        inner = place.setdefault(step, empty)
    if not isinstance(inner, dict | list):
        raise Misplaced(path)
    return inner


def _set(place: Any, last: str | int, value: Any, path: str) -> None:
    if isinstance(last, int):
        if not isinstance(place, list) or last != len(place):
            raise Misplaced(path)
        place.append(value)
    else:
        if not isinstance(place, dict):
            raise Misplaced(path)
        place[last] = value
