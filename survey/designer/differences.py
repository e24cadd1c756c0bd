"""What changed between two versions, in words a person can check: each question's old and new words, letter by letter
where they differ, the answers that changed, and which series of figures go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.indices import Index, plan
from instruments.model.response_domains import Option
from instruments.model.text import Text
from instruments.versions.comparability import Comparison, ItemChange, SeriesImpact, compare

_PIECES = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """Some words that both versions have, or only the older (`gone`), or only the newer (`new`)."""

    kind: str  # same, gone, new
    words: str


@dataclass(frozen=True)
class AnswerChange:
    """One answer of a list, before and after; None where it was or is not offered."""

    code: int
    before: str | None
    after: str | None
    counts_before: str  # satisfied, other, none
    counts_after: str

    @property
    def is_same(self) -> bool:
        return self.before == self.after and self.counts_before == self.counts_after


@dataclass(frozen=True)
class Order:
    """The counted answers as people read them, before and after."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class QuestionDifference:
    code: str
    label: str
    words: str  # of the newer version, else of the older
    change: str  # same, wording, scale, new, gone
    joined: bool
    reason: str
    details: tuple[str, ...]
    pieces: tuple[Piece, ...]
    answers: tuple[AnswerChange, ...]
    order: Order | None  # where the same answers stand in another one


@dataclass(frozen=True)
class FigureDifference:
    code: str
    name: Text | None
    level: str
    target: str
    fate: str  # continues, breaks, begins, ends
    reasons: tuple[str, ...]
    headline: bool


@dataclass(frozen=True)
class Differences:
    questions: tuple[QuestionDifference, ...]
    figures: tuple[FigureDifference, ...]
    counts: dict[str, int]
    headline: FigureDifference | None

    @property
    def changed(self) -> tuple[QuestionDifference, ...]:
        """Questions that both versions have and that are not quite the same."""
        return tuple(q for q in self.questions if q.change in ("wording", "scale") or q.details)

    def only(self, change: str) -> tuple[QuestionDifference, ...]:
        return tuple(q for q in self.questions if q.change == change)


def differences(old: InstrumentVersion, new: InstrumentVersion, found: Comparison | None = None) -> Differences:
    """All of it; `found` when the two were compared already."""
    found = found or compare(old, new)
    questions = tuple(_question(old, new, change) for change in found.items)
    figures = tuple(_figures(old, new, found))
    counts = {kind: sum(q.change == kind for q in questions) for kind in ("same", "wording", "scale", "new", "gone")}
    return Differences(questions, figures, counts, next((f for f in figures if f.headline), None))


def words_between(before: str, after: str) -> tuple[Piece, ...]:
    """Both texts as one, word by word. Texts with nothing in common stand one after the other."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.3:
        return tuple(p for p in (Piece("gone", before), Piece("new", after)) if p.words)
    pieces: list[Piece] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        pieces += [p for p in (Piece("gone", "".join(old[a:b])), Piece("new", "".join(new[c:d]))) if p.words]
    return tuple(_together(pieces))


def _together(pieces: list[Piece]) -> Iterator[Piece]:
    """Changes with nothing but a blank between them are one change: a line of marked words reads as a line."""
    gone = new = ""
    for n, piece in enumerate(pieces):
        between = piece.kind == "same" and piece.words.isspace() and 0 < n < len(pieces) - 1
        if piece.kind == "same" and not between:
            yield from (one for one in (Piece("gone", gone), Piece("new", new)) if one.words)
            gone = new = ""
            yield piece
        else:
            gone += piece.words if between or piece.kind == "gone" else ""
            new += piece.words if between or piece.kind == "new" else ""
    yield from (one for one in (Piece("gone", gone), Piece("new", new)) if one.words)


def _question(old: InstrumentVersion, new: InstrumentVersion, change: ItemChange) -> QuestionDifference:
    before = old.item(change.old_item) if change.old_item else None
    after = new.item(change.item) if change.item else None
    shown = after or before
    assert shown is not None
    return QuestionDifference(
        code=change.item or change.old_item or "",
        label=shown.label or "",
        words=_words(new, after) or _words(old, before),
        change=change.change,
        joined=change.joined,
        reason=change.reason or "",
        details=change.details,
        pieces=words_between(_words(old, before), _words(new, after)),
        answers=tuple(a for a in answer_changes(old, before, new, after) if not a.is_same) if before and after else (),
        order=order_change(old, before, new, after) if "order" in change.details and before and after else None,
    )


def _words(version: InstrumentVersion, item: Item | None) -> str:
    return version.said(item.wording, version.source_language) if item else ""


def answer_changes(
    old: InstrumentVersion, before: Item, new: InstrumentVersion, after: Item
) -> Iterator[AnswerChange]:  # fmt: skip
    """Every answer of a question, as both versions have it."""
    mine = {option.code: option for option in old.options(before)}
    yours = {option.code: option for option in new.options(after)}
    for code in dict.fromkeys((*yours, *mine)):
        one, other = mine.get(code), yours.get(code)
        yield AnswerChange(
            code,
            _label(old, before, one),
            _label(new, after, other),
            _counting(one.satisfied, one.substantive) if one else "none",
            _counting(other.satisfied, other.substantive) if other else "none",
        )


def _label(version: InstrumentVersion, item: Item, option: Option | None) -> str | None:
    return version.option_label(item, option).inside(version.source_language) if option else None


def order_change(old: InstrumentVersion, before: Item, new: InstrumentVersion, after: Item) -> Order:
    """The counted answers of a question in the order of both versions."""
    return Order(_in_order(old, before), _in_order(new, after))


def _in_order(version: InstrumentVersion, item: Item) -> tuple[str, ...]:
    shown = (option for option in version.options_shown(item) if option.substantive)
    return tuple(version.option_label(item, option).inside(version.source_language) for option in shown)


def _counting(satisfied: bool, substantive: bool) -> str:
    return "satisfied" if satisfied else "other" if substantive else "none"


def _figures(old: InstrumentVersion, new: InstrumentVersion, found: Comparison) -> Iterator[FigureDifference]:
    known: dict[str, Index] = {index.code: index for index in (*plan(old), *plan(new))}
    factors = {factor.code: factor.name for factor in (*old.factors, *new.factors)}
    for impact in found.series:
        yield _figure(impact, known.get(impact.index), factors)


def _figure(impact: SeriesImpact, index: Index | None, factors: Mapping[str, Text]) -> FigureDifference:
    return FigureDifference(
        code=impact.index,
        name=index.name or factors.get(index.target) if index else None,
        level=index.level if index else "",
        target=index.target if index else impact.index.partition(".")[0],
        fate=impact.fate,
        reasons=impact.reasons,
        headline=bool(index and index.headline),
    )
