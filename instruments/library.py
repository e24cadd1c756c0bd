"""The questionnaires that are shipped, and the files in which their documents lie.

One file per published version: `definitions/<code>/<version>.json`. A file never changes once released; a
correction is the next version. Beside them lie overlays that units may use (`definitions/overlays/`) and the
crosswalk that puts questions of different forms side by side (`definitions/crosswalks/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from instruments import codec
from instruments.model.document import InstrumentVersion
from instruments.overlays.overlay import Overlay
from instruments.versions.crosswalks import Crosswalk

DEFINITIONS = Path(__file__).parent / "definitions"


@dataclass(frozen=True, slots=True, order=True)
class Shipped:
    """One shipped version."""

    code: str
    version: int

    @property
    def path(self) -> Path:
        """Where its document lies."""
        return DEFINITIONS / self.code / f"{self.version}.json"

    def load(self) -> InstrumentVersion:
        """The version."""
        return codec.loads(self.path.read_bytes())


def shipped() -> tuple[Shipped, ...]:
    """Every shipped version, by code and number."""
    return tuple(sorted(_found()))


def load(code: str, version: int | None = None) -> InstrumentVersion:
    """A shipped version, the newest if no number is given; `KeyError` names the codes there are.

    >>> form = load("one-stop-short")
    >>> form.code, len(form.rated_items)
    ('one-stop-short', 9)
    """
    known = [entry for entry in shipped() if entry.code == code and version in (None, entry.version)]
    if not known:
        wanted = code if version is None else f"{code}@{version}"
        there = ", ".join(f"{entry.code}@{entry.version}" for entry in shipped())
        raise KeyError(f"no shipped questionnaire {wanted}; there are {there}")
    return known[-1].load()


def load_overlay(code: str) -> Overlay:
    """A shipped overlay; `KeyError` if there is none of that name."""
    return codec.loads_overlay(_companion("overlays", code).read_bytes())


def load_crosswalk(code: str) -> Crosswalk:
    """A shipped crosswalk; `KeyError` if there is none of that name."""
    return Crosswalk.model_validate_json(_companion("crosswalks", code).read_bytes())


def _companion(folder: str, code: str) -> Path:
    known = {path.stem: path for path in (DEFINITIONS / folder).glob("*.json")}
    if code not in known:
        raise KeyError(f"no {code} among the shipped {folder}; there are {', '.join(sorted(known))}")
    return known[code]


def _found() -> Iterator[Shipped]:
    for path in DEFINITIONS.glob("*/*.json"):
        if path.stem.isdigit():
            yield Shipped(path.parent.name, int(path.stem))
