"""Questionnaire text on a page: one allow-list sanitiser for the little markup it may hold; everything else is text."""

from __future__ import annotations

import nh3
from markupsafe import Markup, escape

ALLOWED = {"b", "strong", "i", "em", "u", "br", "sub", "sup"}


def safe(text: str) -> Markup:
    """The text ready for a page: plain words escaped, a few inline elements kept, attributes and all else dropped."""
    if "<" not in text:
        return escape(text)
    return Markup(nh3.clean(text, tags=ALLOWED, attributes={}, link_rel=None))
