"""The sheets of our XLSForm: which of their columns are the standard's, and which are ours.

Writing and reading both follow these tables, so that what one puts down the other finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

SURVEY, CHOICES, SETTINGS, OURS = "survey", "choices", "settings", "hailong"
WANTED = frozenset({SURVEY, CHOICES, SETTINGS, OURS})
TRANSLATED = frozenset(
    {
        "label", "hint", "guidance_hint", "constraint_message", "required_message", "media::image", "media::audio",
        "media::video", "media::big-image",
    }
)  # fmt: skip

MARK = "hailong_"
"""Our columns begin so; other programs leave them alone."""

Cell = Literal["text", "yes", "no"]

ITEM_COLUMNS: Mapping[str, Cell] = {
    "label": "text", "short": "text", "factor": "text", "grade": "text", "source": "text", "decision": "text",
    "origin": "text", "given_by": "text", "sensitive": "text", "voluntary": "no", "asked": "yes", "hideable": "no",
    "relabelable": "no",
}  # fmt: skip
"""Field of an item → its column (with our mark before it) and what it is if left out: a text, yes or no."""

STATEMENT_COLUMNS: Mapping[str, Cell] = {"grade": "text", "source": "text", "origin": "text"}
SECTION_COLUMNS: Mapping[str, Cell] = {"origin": "text"}
OPTION_COLUMNS: Mapping[str, Cell] = {"satisfied": "no", "substantive": "yes", "origin": "text"}

LEANS_ON_OURS = frozenset({"factor", "decision", "grade", "source", "origin", "given_by"})
"""Fields that mean something only beside our sheet: a program that drops the sheet may keep their columns."""

KIND, OTHER, DECIMALS = f"{MARK}kind", f"{MARK}other", f"{MARK}decimals"
OTHER_FIELD = "other_field"
"""In the column of kinds: the text field beside an answer, which other programs need as a row of its own."""

OWN_LIST = "__options"
"""Ends the name of a list that belongs to one question; codes cannot hold two underscores in a row."""

OTHER_NAME = "__other"
SECTION_NAME = "__section"
"""Ends the name of a group whose code a question has too: XLSForm keeps both in one list."""

SHEET_DOCUMENT, SHEET_SURVEY, SHEET_CHOICES, SHEET_LIST = "document", "survey", "choices", "list"
"""First column of our sheet: of what the row is a part."""

NEVER = "false()"
"""The condition of a question that is kept and not asked."""
