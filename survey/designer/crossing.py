"""Two people changed the same place: what did it say before, what do they say, what did I mean?"""

from __future__ import annotations

from dataclasses import dataclass

from instruments import editing
from instruments.model import InstrumentVersion
from survey.queries.instruments import VersionRow
from survey.services.drafts import Crossed


@dataclass(frozen=True)
class Wordings:
    """One piece of the document in both hands; a list of lines each, empty where the piece is gone."""

    name: str
    theirs: tuple[str, ...]
    mine: tuple[str, ...]


@dataclass(frozen=True)
class CrossedPage:
    row: VersionRow
    sentence: str
    pieces: tuple[Wordings, ...]
    again: str
    revision: int
    fields: tuple[tuple[str, str], ...]
    leave: str
    since: int  # the revision that was open when it was written
    reordered: bool
    form: None = None


def pieces(crossed: Crossed) -> tuple[Wordings, ...]:
    """Every piece that both have changed, side by side."""
    mine = crossed.mine
    return tuple(
        Wordings(name.split(" ", 1)[-1], _lines(crossed.theirs, name), _lines(mine, name) if mine else ())
        for name in sorted(crossed.pieces)
        if name != editing.ORDER
    )


def _lines(version: InstrumentVersion, name: str) -> tuple[str, ...]:
    piece = editing.parts_of(version).get(name)
    return tuple(_words(piece)) if piece is not None else ()


def _words(piece: object, path: str = "") -> list[str]:
    """What a piece says, a line for each value that is not a default."""
    if hasattr(piece, "model_dump"):
        piece = piece.model_dump(mode="json", exclude_defaults=True)
    if isinstance(piece, dict):
        return [line for key, value in piece.items() for line in _words(value, f"{path}.{key}" if path else str(key))]
    if isinstance(piece, list | tuple):
        return [line for n, value in enumerate(piece) for line in _words(value, f"{path}[{n + 1}]")]
    return [] if piece is None else [f"{path}: {piece}" if path else str(piece)]
