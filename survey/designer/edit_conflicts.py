"""Sets three wordings of a piece that two people changed side by side: as it was, as it was saved, as it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext

from instruments import editing
from instruments.model.document import InstrumentVersion
from survey.queries.questionnaires.instruments import VersionRow
from survey.services.questionnaires.drafts import Crossed
from survey.web.code_words import words


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
    """Every piece that both have changed, side by side: only the lines in which the two differ."""
    found = []
    for name in sorted(crossed.pieces - {editing.ORDER}):
        theirs = _lines(crossed.theirs, name)
        mine = _lines(crossed.mine, name) if crossed.mine else ()
        found.append(
            Wordings(
                name.split(" ", 1)[-1],
                tuple(line for line in theirs if line not in mine) if mine else theirs,
                tuple(line for line in mine if line not in theirs) if theirs else mine,
            )
        )
    return tuple(found)


def _lines(version: InstrumentVersion, name: str) -> tuple[str, ...]:
    piece = editing.parts_of(version).get(name)
    return tuple(_words(piece, ())) if piece is not None else ()


def _words(piece: object, path: tuple[str, ...]) -> list[str]:
    """What a piece says, a line for each value that is not a default."""
    if hasattr(piece, "model_dump"):
        piece = piece.model_dump(mode="json", exclude_defaults=True)
    if isinstance(piece, Mapping):
        return [line for key, value in piece.items() for line in _words(value, (*path, str(key)))]
    if isinstance(piece, list | tuple):
        return [line for n, value in enumerate(piece, start=1) for line in _words(value, (*path, str(n)))]
    if piece is None:
        return []
    said = str(piece)
    if isinstance(piece, bool):
        said = gettext("yes") if piece else gettext("no")
    return [f"{_place(path)}: {said}" if path else said]


def _place(path: tuple[str, ...]) -> str:
    """The path of a value (as "text.vi") in words; its name in the document where there are none."""
    first, rest = words("document_part", path[0]), [words("document_part", step) for step in path[1:]]
    return f"{first} ({' '.join(rest)})" if rest else first
