"""A questionnaire on paper as a tagged PDF (PDF/UA-1), set with Typst."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typst

from survey.exports.paper import Paper

HERE = Path(__file__).parent
TEMPLATE = HERE / "paper.typ"


def pdf(paper: Paper) -> bytes:
    """The sheets, A4."""
    return typst.compile(
        str(TEMPLATE), root=str(HERE), font_paths=[str(HERE / "fonts")], ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(asdict(paper), ensure_ascii=False)}, format="pdf", pdf_standards=["ua-1"],
    )  # fmt: skip
