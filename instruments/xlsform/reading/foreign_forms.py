"""Fills in what a form made elsewhere does not say of itself, until a person writes it.

Every value put in its place is a remark. Nothing is claimed: the form is a demonstration at the grade `draft`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from instruments.xlsform.reading.columns import Line
from instruments.xlsform.reading.findings import Notes
from instruments.xlsform.reading.naming import instrument_code
from instruments.xlsform.reading.row_words import Words, in_language, tidy
from instruments.xlsform.sheet_layout import SETTINGS

READ_SETTINGS = frozenset({"form_title", "form_id", "version", "default_language"})
LONGEST_TITLE = 500
HIGHEST_VERSION = 100_000

_UNSAID = {"vi": "(chưa ghi)", "en": "(not said)"}
_STAND_INS: dict[str, dict[str, str]] = {
    "address": {"vi": "Ông/Bà", "en": "you"},
    "issuer": _UNSAID,
    "unit_measured": _UNSAID,
}


def fill_in(
    document: dict[str, Any], settings: Line, words: Words, languages: list[str], notes: Notes, domain: str | None
) -> None:
    """Completes a document in place.

    A form without a name gets one of its own content, so that two of them are not two drafts of one questionnaire.
    """
    title = tidy(settings.text("form_title"))[:LONGEST_TITLE]
    written = settings.text("form_id")
    code = instrument_code(written) or instrument_code(title) or f"imported-form-{_digest(document)}"
    if not written:
        notes.remark("assumed", SETTINGS, settings.number, field="form_id", value=code)
    elif code != written:
        notes.remark("form-renamed", SETTINGS, settings.number, name=written, code=code)
    number = settings.text("version")
    version = _version(number)
    if not number:
        notes.remark("assumed", SETTINGS, settings.number, field="version", value=version)
    elif str(version) != number:
        notes.remark("version-numbered", SETTINGS, settings.number, name=number, number=version)
    if domain is None:
        notes.remark("assumed", SETTINGS, field="service_domain", value="admin")
    if not title:
        notes.remark("assumed", SETTINGS, settings.number, field="form_title", value=code)
    document |= {
        "code": code,
        "version": version,
        "service_domain": domain or "admin",
        "survey_family": code.replace("-", "_"),
        "languages": [
            {"code": one, "role": "source"} if one == words.source else _translation(one) for one in languages
        ],
        "title": {words.source: title or code},
        "short_title": {words.source: title or code},
        "provenance": in_language(
            words.source, {"vi": "Nhập từ một tệp XLSForm", "en": "Imported from an XLSForm file"}
        ),
        "claim": "demonstration",
        "respondent": {
            "description": in_language(words.source, {"vi": "Người dân", "en": "Residents"}),
            "kinds": ["resident"],
        },
    }
    for field, values in _STAND_INS.items():
        document[field] = in_language(words.source, values)
        notes.remark("assumed", SETTINGS, field=field, value=document[field][words.source])
    for column in settings.cells:
        if column not in READ_SETTINGS:
            notes.remark("setting", SETTINGS, settings.number, column=column)


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:8]


def _version(written: str) -> int:
    """Its number, also in front of the day of a KoboToolbox form, `3 (2024-05-01 08:00:00)`; else 1."""
    first = written.partition(" (")[0]
    if first.isascii() and first.isdigit() and len(first) <= 6 and 0 < int(first) <= HIGHEST_VERSION:
        return int(first)
    return 1


def _translation(language: str) -> dict[str, Any]:
    return {"code": language, "role": "translation", "grade": "draft"}
