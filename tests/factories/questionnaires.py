"""Small questionnaires as documents, with the one place changed that a test is about."""

from __future__ import annotations

import json
from typing import Any

WORDS = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")


def text(vi: str) -> dict[str, str]:
    return {"vi": vi}


def item(code: str, words: str = "", **more: Any) -> dict[str, Any]:
    return {
        "type": "item",
        "code": code,
        "text": text(words or f"Câu hỏi {code}"),
        "short": f"Nhãn {code}",
        "factor": "F",
        "response": {"kind": "rating", "scale": "sat5"},
        "grade": "verbatim",
    } | more


def questionnaire(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Two rated questions on the five official words, with a headline figure."""
    options = [{"code": n, "label": text(w), "satisfied": n >= 4} for n, w in enumerate(WORDS, start=1)]
    rules = [
        {"level": "item", "rule": "item_rate", "measure": "rate"},
        {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True},
    ]
    return {
        "format": 1,
        "code": "phieu-mau",
        "version": 1,
        "service_domain": "admin",
        "survey_family": "mau",
        "languages": [{"code": "vi", "role": "source"}],
        "title": text("Phiếu mẫu để kiểm thử"),
        "short_title": text("Phiếu mẫu"),
        "address": text("Ông/Bà"),
        "issuer": text("Sở mẫu"),
        "provenance": text("Viết cho kiểm thử"),
        "claim": "to_check",
        "respondent": {"description": text("Người dân"), "kinds": ["resident"]},
        "unit_measured": text("Đơn vị"),
        "scales": [{"code": "sat5", "options": options}],
        "factors": [{"code": "F", "name": text("Yếu tố mẫu"), "grade": "verbatim"}],
        "sections": [{"code": "main", "elements": list(items) or [item("q1"), item("q2")]}],
        "indices": rules,
    } | more


def as_file(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
