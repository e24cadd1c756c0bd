"""The smallest valid documents, and the knobs tests turn."""

from __future__ import annotations

import copy
import json
from typing import Any

from instruments import codec
from instruments.model.document import InstrumentVersion

JSON = dict[str, Any]


def words(text: str) -> JSON:
    """A text in the source language only."""
    return {"vi": text}


def option(code: int, label: str = "", **changes: Any) -> JSON:
    """One answer."""
    return {"code": code, "label": words(label or f"Trả lời {code}"), **changes}


def scale(code: str = "sat5", **changes: Any) -> JSON:
    """Five levels, 4 and 5 satisfied."""
    labels = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")
    options = [option(n, label, satisfied=n >= 4) for n, label in enumerate(labels, start=1)]
    return {"code": code, "options": options, **changes}


def item(code: str, response: JSON | None = None, **changes: Any) -> JSON:
    """One question, rated on `sat5` unless told otherwise."""
    return {
        "type": "item",
        "code": code,
        "text": words(f"Câu hỏi {code}"),
        "response": response or {"kind": "rating", "scale": "sat5"},
        "grade": "verbatim",
        **changes,
    }


def single(*codes: int, **changes: Any) -> JSON:
    """A single choice with its own options."""
    return {"kind": "single", "options": [option(code) for code in codes], **changes}


def multiple(*codes: int, **changes: Any) -> JSON:
    """A multiple choice with its own options."""
    return {**single(*codes, **changes), "kind": "multiple"}


def section(code: str, *elements: JSON, **changes: Any) -> JSON:
    """One section."""
    return {"code": code, "elements": list(elements), **changes}


def document(*sections: JSON, **changes: Any) -> JSON:
    """A document that is valid as it stands: one rated question unless sections are given."""
    return {
        "format": 1,
        "code": "sample",
        "version": 1,
        "service_domain": "admin",
        "survey_family": "sample",
        "languages": [{"code": "vi", "role": "source"}],
        "title": words("Phiếu thử"),
        "short_title": words("Thử"),
        "address": words("Ông/Bà"),
        "issuer": words("Đơn vị thử"),
        "provenance": words("Viết cho kiểm thử"),
        "claim": "official",
        "respondent": {"description": words("Người dân"), "kinds": ["resident"]},
        "unit_measured": words("Đơn vị"),
        "scales": [scale()],
        "sections": list(sections) or [section("main", item("q1"))],
        **changes,
    }


def version(*sections: JSON, **changes: Any) -> InstrumentVersion:
    """The same as a usable version."""
    return codec.loads(json.dumps(document(*sections, **changes)))


def draft(*sections: JSON, **changes: Any) -> InstrumentVersion:
    """The same as a draft, which may contradict itself."""
    return codec.loads_draft(json.dumps(document(*sections, **changes)))


def changed(source: JSON, path: str, value: Any) -> JSON:
    """A copy of a document with one place changed (`sections.0.elements.0.code`)."""
    whole = copy.deepcopy(source)
    place: Any = whole
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        place = place[step]
    place[last] = value
    return whole
