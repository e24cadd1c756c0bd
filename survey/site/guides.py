"""Lists the guides and the sizes of their pictures. The guides themselves are pages in templates/guides.

A guide is written once in each language of the interface, as a page of its own and not text by text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from survey.config import ROOT

FOLDER = ROOT / "static" / "img" / "guide"
MANIFEST = FOLDER / "pictures.json"


@dataclass(frozen=True)
class Guide:
    code: str  # in the address
    template: str  # before the language
    title: Any  # a lazy text
    about: Any


def pictures() -> dict[str, dict[str, tuple[int, int]]]:
    """Width and height of every picture, by name and language. `python -m tests.guide_pictures` writes them."""
    held = json.loads(MANIFEST.read_text("utf-8"))
    return {name: {lang: (size[0], size[1]) for lang, size in sizes.items()} for name, sizes in held.items()}
