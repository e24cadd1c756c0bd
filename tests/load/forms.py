"""Synthetic questionnaires to measure with: so many rated questions on one page. Their words are nobody's."""

from __future__ import annotations

import json
from typing import Any

from instruments import codec
from instruments.model.document import InstrumentVersion

WORDS = (
    "Nơi tiếp đón sạch sẽ và dễ tìm", "Người phục vụ lịch sự, tận tình", "Hướng dẫn rõ ràng, dễ hiểu ngay lần đầu",
    "Thời gian chờ đợi chấp nhận được", "Kết quả được trả đúng hẹn", "Phí và lệ phí được niêm yết công khai",
)  # fmt: skip


def synthetic(questions: int, *, code: str = "") -> InstrumentVersion:
    """A one-page form of so many questions with five answers each, marked as synthetic."""
    scale = {
        "code": "sat5",
        "options": [
            {"code": n, "label": {"vi": label}, **({"satisfied": True} if n >= 4 else {})}
            for n, label in enumerate(
                ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng"), start=1
            )
        ],
    }
    items: list[dict[str, Any]] = [
        {
            "type": "item",
            "code": f"q{n}",
            "text": {"vi": f"{WORDS[n % len(WORDS)]} (câu đo thử số {n})"},
            "factor": f"F{(n - 1) * 5 // questions + 1}",
            "response": {"kind": "rating", "scale": "sat5"},
            "grade": "draft",
        }
        for n in range(1, questions + 1)
    ]
    return codec.loads(
        json.dumps(
            {
                "format": 1,
                "code": code or f"synthetic-{questions}",
                "version": 1,
                "service_domain": "admin",
                "survey_family": "synthetic",
                "languages": [{"code": "vi", "role": "source"}],
                "title": {"vi": f"Phiếu đo thử {questions} câu (không phải mẫu phiếu)"},
                "short_title": {"vi": f"Phiếu đo thử {questions} câu"},
                "address": {"vi": "Ông/Bà"},
                "issuer": {"vi": "Hài Lòng"},
                "provenance": {"vi": "Viết để đo tốc độ"},
                "claim": "demonstration",
                "respondent": {"description": {"vi": "người đo thử"}, "kinds": ["resident"]},
                "unit_measured": {"vi": "nơi đo thử"},
                "scales": [scale],
                "factors": [{"code": f"F{n}", "name": {"vi": f"Yếu tố {n}"}, "grade": "draft"} for n in range(1, 6)],
                "sections": [{"code": "all", "elements": items}],
                "indices": [{"rule": "mean_items_rate", "level": "factor", "measure": "rate"},
                            {"rule": "mean_of_children", "level": "overall", "measure": "rate", "headline": True}],
                "display": {"pages": "one"},
            }
        )
    )  # fmt: skip
