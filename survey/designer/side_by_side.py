"""Sets the questions of two versions side by side: which may stand in one series, and why the others may not.

Each question of the newer version stands beside its counterpart in the older one: the same code in one questionnaire;
the same topic, else the same words, between two. The verdict is one of six:

    joined      the same question, or marked as comparable by a person
    to_judge    the same words and answers, but in two questionnaires: a person has to say so
    wording     other words          answers     other answers
    new         only in the newer    gone        only in the older
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.text import Text
from instruments.versions.comparability import Comparison, ItemChange
from survey.designer.differences import AnswerChange, Order, Piece, answer_changes, order_change, words_between
from survey.queries.questionnaires.instruments import InstrumentRow, VersionRow

VERDICTS = ("joined", "to_judge", "wording", "answers", "new", "gone")


@dataclass(frozen=True)
class Side:
    """One question as one version has it."""

    code: str
    label: str
    kind: str
    words: tuple[Piece, ...]  # what the other version does not have is marked
    asked: bool


@dataclass(frozen=True)
class Pair:
    """A question and its counterpart, with what may be done with the two."""

    old: Side | None
    new: Side | None
    verdict: str
    reason: str  # why a person marked it as comparable
    details: tuple[str, ...]
    answers: tuple[AnswerChange, ...]
    order: Order | None  # where the same answers stand in another one


@dataclass(frozen=True)
class Group:
    """Questions in the order of their version, under its heading."""

    title: Text | None
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class SideBySide:
    both: tuple[Group, ...]  # by the headings of the newer version
    only_new: tuple[Group, ...]
    only_old: tuple[Group, ...]
    counts: dict[str, int]


def side_by_side(old: InstrumentVersion, new: InstrumentVersion, found: Comparison) -> SideBySide:
    """Every question of both versions, each once."""
    pairs = tuple(_pair(old, new, change) for change in found.items)
    after = {pair.new.code: pair for pair in pairs if pair.new}
    before = {pair.old.code: pair for pair in pairs if pair.old}
    return SideBySide(
        both=tuple(_groups(new, {code: pair for code, pair in after.items() if pair.old})),
        only_new=tuple(_groups(new, {code: pair for code, pair in after.items() if not pair.old})),
        only_old=tuple(_groups(old, {code: pair for code, pair in before.items() if not pair.new})),
        counts={verdict: sum(pair.verdict == verdict for pair in pairs) for verdict in VERDICTS},
    )


def _groups(version: InstrumentVersion, pairs: Mapping[str, Pair]) -> Iterator[Group]:
    title: Text | None = None
    held: list[Pair] = []
    for section in version.sections:
        if section.title and section.title != title:
            if held:
                yield Group(title, tuple(held))
            title, held = section.title, []
        held += [pairs[element.code] for element in section.elements if element.code in pairs]
    if held:
        yield Group(title, tuple(held))


def _pair(old: InstrumentVersion, new: InstrumentVersion, change: ItemChange) -> Pair:
    before = old.item(change.old_item) if change.old_item else None
    after = new.item(change.item) if change.item else None
    pieces = words_between(_words(old, before), _words(new, after)) if before and after else ()
    return Pair(
        old=_side(old, before, pieces, "new"),
        new=_side(new, after, pieces, "gone"),
        verdict=_verdict(old, new, change),
        reason=change.reason or "",
        details=change.details,
        answers=tuple(a for a in answer_changes(old, before, new, after) if not a.is_same) if before and after else (),
        order=order_change(old, before, new, after) if "order" in change.details and before and after else None,
    )


def _verdict(old: InstrumentVersion, new: InstrumentVersion, change: ItemChange) -> str:
    if change.joined:
        return "joined"
    if change.change == "same":
        return "to_judge" if old.code != new.code else "joined"
    return "answers" if change.change == "scale" else change.change


def _side(version: InstrumentVersion, item: Item | None, pieces: tuple[Piece, ...], left_out: str) -> Side | None:
    """The question with what the other side does not have; a question that stands alone is not marked."""
    if item is None:
        return None
    own = tuple(piece for piece in pieces if piece.kind != left_out)
    return Side(
        code=item.code,
        label=item.label or "",
        kind=item.kind,
        words=own or (Piece("same", _words(version, item)),),
        asked=item.asked,
    )


def _words(version: InstrumentVersion, item: Item | None) -> str:
    return version.said(item.wording, version.source_language) if item else ""


def suggestions(listed: tuple[InstrumentRow, ...], newer: str) -> Iterator[tuple[VersionRow, VersionRow]]:
    """What is worth comparing: with one version (`newer`) those of its survey before it, else each with the next."""
    families: dict[str, list[VersionRow]] = {}
    for row in (version for found in listed for version in found.versions):
        families.setdefault(row.facts.survey_family, []).append(row)
    for rows in families.values():
        rows.sort(key=lambda row: (row.facts.valid_from or date.min, row.code, row.number))
        for n, new in enumerate(rows):
            if newer == new.name:
                yield from ((old, new) for old in reversed(rows[:n]))
            elif not newer and n:
                yield rows[n - 1], new
