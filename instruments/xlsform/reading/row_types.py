"""Recognises what a row of the sheet survey is by its column `type`.

The spellings are those of XLSForm, pyxform and KoboToolbox, old ones included. What a type means here: asked, said,
a bracket around others, left out because nothing of it may be kept, or not supported, and then the form is refused by
name rather than fielded without a question its author relied on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Sort = Literal[
    "single", "multiple", "number", "date", "text", "note", "begin", "end", "begin_score", "score_row", "end_score",
    "acknowledge", "metadata", "calculated", "unsupported", "unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowType:
    """A type as read."""

    sort: Sort
    written: str
    name: str = ""
    """Its canonical name: integer, range, geopoint."""
    one_of: str = ""
    """The answer list of a choice."""
    or_other: bool = False


_CHOICE = re.compile(
    r"^(?:(?P<one>select[ _]one(?: from)?|select1|add select one prompt using|q select1)"
    r"|(?P<many>select[ _]multiple(?: from)?|select all that apply(?: from)?|add select multiple prompt using"
    r"|q select))"
    r"(?:\s+(?P<list>\S.*?))?(?:\s+(?P<other>or[ _]other|or[ _]specify(?:[ _]other)?|specify[ _]other))?$",
    re.IGNORECASE,
)
_SIMPLE: Mapping[str, tuple[Sort, str]] = {
    **dict.fromkeys(("integer", "int", "add integer prompt", "q int"), ("number", "integer")),
    **dict.fromkeys(("decimal", "add decimal prompt", "q decimal"), ("number", "decimal")),
    "range": ("number", "range"),
    **dict.fromkeys(("text", "string", "add text prompt", "q string"), ("text", "text")),
    **dict.fromkeys(("date", "add date prompt", "q date"), ("date", "date")),
    **dict.fromkeys(("note", "add note prompt", "q note"), ("note", "note")),
    **dict.fromkeys(
        ("acknowledge", "trigger", "add acknowledge prompt", "q acknowledge"), ("acknowledge", "acknowledge")
    ),
    **dict.fromkeys(("begin group", "begin_group", "begingroup", "begin lgroup"), ("begin", "group")),
    **dict.fromkeys(("end group", "end_group", "endgroup", "end lgroup"), ("end", "group")),
    **dict.fromkeys(("begin_score", "begin score"), ("begin_score", "score")),
    "score__row": ("score_row", "score"),
    **dict.fromkeys(("end_score", "end score"), ("end_score", "score")),
    **dict.fromkeys(
        (
            "end repeat", "end_repeat", "end loop", "end_loop", "end_kobomatrix", "end_matrix", "end matrix",
            "end_rank",
        ),
        ("end", "repeat"),
    ),
    **{
        name: ("metadata", name)
        for name in (
            "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email",
            "audit", "start-geopoint", "background-geopoint", "background-audio", "imei", "start time", "end time",
            "get today", "device id", "subscriber id", "sim id", "phone number", "uri:deviceid", "uri:username",
            "uri:email", "uri:phonenumber", "uri:subscriberid", "uri:simserial", "get start time", "get end time",
            "get device id", "get phone number", "caseid", "text audit", "audio audit", "speed violations count",
            "speed violations list", "speed violations audit", "comments", "device info", "enumerator",
        )
    },
    **{
        name: ("calculated", name)
        for name in ("calculate", "calculate_here", "hidden", "xml-external", "csv-external", "q calculate")
    },
}  # fmt: skip
_OBSERVED = frozenset({"sensor_statistic", "sensor_stream"})
"""What SurveyCTO records while somebody answers; which of it stands behind the type."""

_UNSUPPORTED = frozenset(
    {
        "geopoint", "gps", "location", "add location prompt", "q location", "geotrace", "geoshape", "image", "photo",
        "picture", "add image prompt", "q picture", "audio", "add audio prompt", "q audio", "video", "add video prompt",
        "q video", "file", "add file prompt", "barcode", "q barcode", "rank", "time", "add time prompt", "datetime",
        "add datetime prompt", "q datetime", "begin repeat", "begin_repeat", "begin loop", "begin_loop",
        "begin_kobomatrix", "kobomatrix", "begin matrix", "begin_matrix",
        "begin_rank", "rank__level", "osm", "entity", "map", "select_one_external",
        "select_one_from_file", "select_multiple_from_file", "select_multiple_external", "signature", "annotate",
        "draw", "number of days in last month", "number of days in last six months", "percentage", "include", "table",
    }
)  # fmt: skip
_OPENS = frozenset(
    {
        "begin repeat",
        "begin_repeat",
        "begin loop",
        "begin_loop",
        "begin_kobomatrix",
        "begin_matrix",
        "begin matrix",
        "begin_rank",
    }
)


def row_type(written: str) -> RowType:
    """What a cell of the column `type` means."""
    words = " ".join(written.split())
    lower = words.lower()
    first = lower.split(" ", 1)[0]
    if lower in _SIMPLE:
        sort, name = _SIMPLE[lower]
        return RowType(sort, words, name)
    if first in _OBSERVED:
        return RowType("metadata", words, first)
    if lower in _UNSUPPORTED or first in _UNSUPPORTED:
        return RowType("unsupported", words, lower if lower in _UNSUPPORTED else first)
    found = _CHOICE.match(words)
    if found:
        one_of = (found["list"] or "").strip()
        if one_of.startswith("${"):
            return RowType("unsupported", words, "select from a repeat")
        return RowType("single" if found["one"] else "multiple", words, "choice", one_of, bool(found["other"]))
    if first == "rank":
        return RowType("unsupported", words, "rank")
    return RowType("unknown", words)


def opens_a_bracket(kind: RowType) -> bool:
    """Whether an unsupported row opens something that a later row closes."""
    return kind.name in _OPENS
