"""Downloads of rows, read back."""

from __future__ import annotations

import zipfile
from pathlib import Path


def unpacked(path: Path) -> dict[str, str]:
    """The texts in a ZIP by their names, without byte-order marks."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
