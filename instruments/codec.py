"""Writes a version as bytes and reads it back; exactly one spelling of a version is canonical.

Canonical JSON: NFC, UTF-8 letters unescaped, keys sorted, no white space, fields that hold their default left
out (so that a field added to the format later changes no old hash). `content_hash` is the SHA-256 of these
bytes; `core_hash` the same of the locked core without anything local.

`loads` takes only what can be used: the right shape, and parts that agree with each other. A draft being
edited may contradict itself and is read with `loads_draft`.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from instruments.checks import integrity
from instruments.checks.problems import InvalidInstrument, Problem, errors
from instruments.model.document import InstrumentVersion, Kind
from instruments.overlays import overlay

_Document = TypeVar("_Document", InstrumentVersion, overlay.Overlay)

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 40
MAX_PARTS = 100_000
"""Objects in a document: each that is wrong costs memory before the first is told."""
MOST_PROBLEMS = 2_000
"""Told one by one; a file with more of them is another kind of file."""


def loads(data: bytes | str) -> InstrumentVersion:
    """The version in a document, or `InvalidInstrument` with every problem of shape or integrity.

    >>> from instruments import library
    >>> form = library.load("one-stop-short")
    >>> loads(dumps(form)) == form
    True
    >>> try:
    ...     loads("{}")
    ... except InvalidInstrument as error:
    ...     error.problems[0].code
    'missing-key'
    """
    version = loads_draft(data)
    found = errors(integrity.problems(version))
    if found:
        raise InvalidInstrument(found)
    return version


def loads_draft(data: bytes | str) -> InstrumentVersion:
    """The version in a document of the right shape, its parts not checked against each other: a draft.

    Raises `InvalidInstrument` with every problem of shape.
    """
    return _read(InstrumentVersion, data)


def loads_overlay(data: bytes | str) -> overlay.Overlay:
    """The overlay in a document of its own, or `InvalidInstrument`."""
    return _read(overlay.Overlay, data)


def dumps(version: InstrumentVersion) -> str:
    """Canonical JSON of a version: sorted keys, no white space, defaults left out."""
    return json.dumps(document(version), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def pretty(version: InstrumentVersion) -> str:
    """The same document for people: indented, in the order of the format, with a last newline."""
    return json.dumps(document(version), ensure_ascii=False, indent=1) + "\n"


def document(version: InstrumentVersion) -> dict[str, Any]:
    """The version as plain data, defaults left out."""
    plain: dict[str, Any] = _whole(version.model_dump(mode="json", exclude_defaults=True))
    return plain


def content_hash(version: InstrumentVersion) -> str:
    """64 hex digits that stand for the document."""
    return hashlib.sha256(dumps(version).encode()).hexdigest()


def core_hash(version: InstrumentVersion) -> str:
    """64 hex digits that stand for its locked core."""
    return content_hash(overlay.strip(version))


def dumps_overlay(local: overlay.Overlay) -> str:
    """An overlay for people: indented, in the order of the format, with a last newline."""
    return json.dumps(_whole(local.model_dump(mode="json", exclude_defaults=True)), ensure_ascii=False, indent=1) + "\n"


# --- reading -----------------------------------------------------------------------------------------------


def _read(kind: type[_Document], data: bytes | str) -> _Document:
    try:
        return kind.model_validate_json(json.dumps(_parse(data)))
    except ValidationError as invalid:
        if (count := invalid.error_count()) > MOST_PROBLEMS:
            raise InvalidInstrument([Problem("no-questionnaire", "", {"count": count})]) from None
        raise InvalidInstrument(_problems(invalid.errors(include_url=False))) from None


def _parse(data: bytes | str) -> Any:
    size = len(data)
    if size > MAX_BYTES:
        raise InvalidInstrument([Problem("too-large", "", {"size": size, "limit": MAX_BYTES})])
    try:
        words = data if isinstance(data, str) else data.decode("utf-8-sig")
        bare = _QUOTED.sub("", words)
        if _depth(bare) > MAX_DEPTH:
            raise InvalidInstrument([Problem("too-deep", "", {"limit": MAX_DEPTH})])
        if (count := bare.count("{")) > MAX_PARTS:
            raise InvalidInstrument([Problem("too-many-parts", "", {"count": count, "limit": MAX_PARTS})])
        return json.loads(words, object_pairs_hook=_object, parse_constant=_not_finite, parse_float=_float)
    except UnicodeDecodeError as wrong:
        raise _not_json(f"byte {wrong.start} is not UTF-8") from None
    except json.JSONDecodeError as wrong:
        raise _not_json(f"{wrong.msg}, line {wrong.lineno}, column {wrong.colno}") from None
    except InvalidInstrument:
        raise
    except ValueError as wrong:  # a whole number of thousands of digits
        raise _not_json(str(wrong).split(";", maxsplit=1)[0]) from None


def _not_json(reason: str) -> InvalidInstrument:
    return InvalidInstrument([Problem("not-json", "", {"reason": reason})])


def _depth(bare: str) -> int:
    """How deep a document without its texts is nested, found without recursion."""
    depth = deepest = 0
    for character in bare:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        normal = unicodedata.normalize("NFC", key[:200])
        if normal in found:
            raise InvalidInstrument([Problem("duplicate-key", "", {"key": normal})])
        found[normal] = value
    return found


def _float(source: str) -> float:
    value = float(source)
    if value in (float("inf"), float("-inf")):
        _not_finite(source[:40])
    return value


def _not_finite(came: str) -> float:
    raise InvalidInstrument([Problem("not-finite", "", {"came": came})])


def _whole(value: Any) -> Any:
    """Numbers without a fraction are written without one: 0, not 0.0."""
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _problems(found: list[ErrorDetails]) -> Iterator[Problem]:
    """One problem per error; a list that is too short only because its entries failed is none."""
    around = {error["loc"][:depth] for error in found for depth in range(len(error["loc"]))}
    for error in found:
        if error["type"] != "too_short" or error["loc"] not in around:
            yield _problem(error)


def _problem(error: ErrorDetails) -> Problem:
    kind, place = error["type"], error["loc"]
    if kind == "extra_forbidden":
        return Problem("unknown-key", _path(place[:-1]), {"key": str(place[-1])[:80]})
    if kind == "missing":
        return Problem("missing-key", _path(place[:-1]), {"key": str(place[-1])})
    if kind.startswith("text-") or kind == "json_invalid":
        return Problem("bad-text", _path(place), {"reason": error["msg"]})
    return Problem("shape", _path(place), {"expected": _expected(error), "came": _shown(error["input"])})


def _expected(error: ErrorDetails) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "string_too_long":
            return f"at most {limits['max_length']} characters"
        case "string_too_short":
            return "a text"
        case "string_pattern_mismatch":
            return f"a text of the pattern {limits['pattern']}"
        case "too_short":
            return f"at least {limits['min_length']} entries"
        case "too_long":
            return f"at most {limits['max_length']} entries"
        case "union_tag_invalid" | "union_tag_not_found":
            return f"one of {limits.get('expected_tags', 'the known kinds')} as {limits['discriminator']}"
    return error["msg"].removeprefix("Input should be ")


def _shown(value: object) -> str:
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True, default=str)
    cut = words[:60] + ("…" if len(words) > 60 else "")
    return f"“{cut.encode('utf-8', 'replace').decode()}”"


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ELEMENT = re.compile(r"(?:^|\.)elements\[\d+\]$")


_ELEMENT_TYPES = frozenset({"item", "statement"})
_RESPONSE_KINDS = frozenset(get_args(Kind))


def _path(place: tuple[int | str, ...]) -> str:
    """`sections[2].elements[0].text.vi`: where to look in the document."""
    path = ""
    for step in place:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _ELEMENT.search(path) and step in _ELEMENT_TYPES:
            continue  # pydantic names the branch of a union, which is no key of the document
        elif path.endswith(".response") and step in _RESPONSE_KINDS:
            continue
        else:
            path += f".{step}" if path else step
    return path
