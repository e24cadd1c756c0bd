"""One word for one code, and one way to write a figure."""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]
"""Says a source text in a language: gettext in a face, the translations of a language in a file."""


def capital(text: str) -> str:
    """The text as it begins a line."""
    return text[:1].upper() + text[1:]
