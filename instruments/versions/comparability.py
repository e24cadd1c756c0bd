"""Compares two versions question by question, and says which series of figures a change breaks.

Within one instrument a question is its code. Between two instruments codes mean nothing: there, questions are
put side by side by a crosswalk someone drew, else by having the same words, and nothing may be joined until a
person says so (`comparable` marks in the newer version).

    same      same words, same answers: may be joined
    wording   same answers, other words: breaks the series unless marked as comparable
    scale     other answers (codes, words, order, what counts): breaks it
    new       not in the older version
    gone      not in the newer one
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.model.indices import Index, plan
from instruments.model.text import Text

Change = Literal["same", "wording", "scale", "new", "gone"]


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What became of one question."""

    item: str | None
    """Its code in the newer version; none if it is gone."""
    old_item: str | None
    """Its code in the older version; none if it is new."""
    change: Change
    details: tuple[str, ...]
    """What differs, in words of the format: `text.vi`, `options`, `no opinion`, `factor`, `asked`, …"""
    joined: bool
    """May stand in one series."""
    reason: str | None
    """Why a person marked it as comparable."""


@dataclass(frozen=True, slots=True)
class SeriesImpact:
    """What becomes of one figure's series."""

    index: str
    """Code of the figure (`indices.Index.code`)."""
    fate: Literal["continues", "breaks", "begins", "ends"]
    reasons: tuple[str, ...]
    """Codes of the questions or parts of the rule that break it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of every question and of every figure between two versions."""

    items: tuple[ItemChange, ...]
    series: tuple[SeriesImpact, ...]

    def of(self, item: str) -> ItemChange:
        """What became of the question with this code (in the newer version, else in the older)."""
        for one in self.items:
            if item in (one.item, one.old_item):
                return one
        raise KeyError(item)


def compare(
    old: InstrumentVersion, new: InstrumentVersion, *, crosswalk: Mapping[str, str] | None = None
) -> Comparison:
    """Item by item and figure by figure. `crosswalk`: code in the newer form → code in the older one."""
    pairs = _pairs(old, new, crosswalk)
    items = tuple(_item_changes(old, new, pairs))
    return Comparison(items, tuple(_series(old, new, items)))


def side_by_side(old: InstrumentVersion, new: InstrumentVersion, topics: Mapping[str, str]) -> dict[str, str]:
    """Which questions of two instruments stand beside each other: by a crosswalk, then by equal words."""
    pairs = _pairs(old, new, topics)
    taken = set(pairs.values())
    for mine, yours in _pairs(old, new, None).items():
        if mine not in pairs and yours not in taken:
            pairs[mine] = yours
    return pairs


def answers_in_order(version: InstrumentVersion, item: Item) -> tuple[int, ...]:
    """The counted answers as they are read: which of them comes first changes which is chosen.

    What is not counted always stands behind them, in whatever order.
    """
    return tuple(option.code for option in version.options_shown(item) if option.substantive)


def _pairs(old: InstrumentVersion, new: InstrumentVersion, crosswalk: Mapping[str, str] | None) -> dict[str, str]:
    if old.code == new.code:
        return {item.code: item.code for item in new.items if old.has_item(item.code)}
    if crosswalk is not None:
        return {mine: yours for mine, yours in crosswalk.items() if new.has_item(mine) and old.has_item(yours)}
    by_words: dict[str, str] = {}
    for item in old.items:
        by_words.setdefault(_words(old, item), item.code)
    pairs: dict[str, str] = {}
    for item in new.items:
        match = by_words.pop(_words(new, item), None)
        if match is not None:
            pairs[item.code] = match
    return pairs


def _words(version: InstrumentVersion, item: Item) -> str:
    return item.wording.inside(version.source_language).rstrip(" .:").casefold()


def _item_changes(old: InstrumentVersion, new: InstrumentVersion, pairs: Mapping[str, str]) -> Iterator[ItemChange]:
    for item in new.items:
        if item.code in pairs:
            yield _item_change(old, new, old.item(pairs[item.code]), item)
        else:
            yield ItemChange(item.code, None, "new", (), joined=False, reason=None)
    for item in old.items:
        if item.code not in pairs.values():
            yield ItemChange(None, item.code, "gone", (), joined=False, reason=None)


def _item_change(old: InstrumentVersion, new: InstrumentVersion, before: Item, after: Item) -> ItemChange:
    rescaled = tuple(_rescaled(old, new, before, after))
    reworded = tuple(_reworded(old, new, before, after))
    beside = tuple(_beside(old, new, before, after))
    change: Change = "scale" if rescaled else "wording" if reworded else "same"
    reason = next(
        (
            mark.reason
            for mark in new.comparable
            if mark.item == after.code
            and (mark.with_instrument or new.code) == old.code
            and mark.with_version == old.version
            and (mark.with_item or after.code) == before.code
        ),
        None,
    )
    joined = reason is not None or (change == "same" and old.code == new.code)
    return ItemChange(after.code, before.code, change, rescaled + reworded + beside, joined, reason)


def _rescaled(old: InstrumentVersion, new: InstrumentVersion, before: Item, after: Item) -> Iterator[str]:
    if before.kind != after.kind:
        yield "kind"
        return
    mine = [option for option in old.options(before) if option.substantive]
    yours = [option for option in new.options(after) if option.substantive]
    if sorted(option.code for option in mine) != sorted(option.code for option in yours):
        yield "options"
    else:
        labels = {option.code: option for option in yours}
        for option in mine:
            other = labels[option.code]
            said, now_said = old.option_label(before, option), new.option_label(after, other)
            if said.get(old.source_language) != now_said.get(new.source_language):
                yield "options"
                break
        if answers_in_order(old, before) != answers_in_order(new, after):
            yield "order"
        if any(option.satisfied != labels[option.code].satisfied for option in mine):
            yield "satisfied"
    if not mine and before.response != after.response:
        yield "range"


def _reworded(old: InstrumentVersion, new: InstrumentVersion, before: Item, after: Item) -> Iterator[str]:
    language = new.source_language
    if old.said(before.wording, old.source_language) != new.said(after.wording, language):
        yield f"text.{language}"  # as people read it: the words in the place of a parameter are words too
    if _words_in(before.hint, language) != _words_in(after.hint, language):
        yield f"hint.{language}"


def _words_in(text: Text | None, language: str) -> str | None:
    return text.get(language) if text is not None else None


def _beside(old: InstrumentVersion, new: InstrumentVersion, before: Item, after: Item) -> Iterator[str]:
    """Changes that a reader should know of, although they do not break the series of the question itself."""
    mine = {option.code for option in old.options(before) if not option.substantive}
    yours = {option.code for option in new.options(after) if not option.substantive}
    if mine != yours:
        yield "no opinion"
    if before.factor != after.factor:
        yield "factor"
    if before.asked != after.asked:
        yield "asked"
    if before.show_if != after.show_if:
        yield "show_if"
    for language in sorted({*before.text, *after.text} - {new.source_language}):
        if before.text.get(language) != after.text.get(language):
            yield f"translation.{language}"


def _series(old: InstrumentVersion, new: InstrumentVersion, items: tuple[ItemChange, ...]) -> Iterator[SeriesImpact]:
    old_to_new = {one.old_item: one.item for one in items if one.item and one.old_item}
    joined = {one.item for one in items if one.joined and one.item}
    before, after = _by_code(plan(old)), _by_code(plan(new))
    carried = {_renamed(index, old_to_new): index for index in before.values()}
    for code, index in after.items():
        earlier = carried.get(code)
        if earlier is None:
            yield SeriesImpact(code, "begins", ())
            continue
        reasons = tuple(_reasons(earlier, index, old_to_new, joined))
        yield SeriesImpact(code, "breaks" if reasons else "continues", reasons)
    for code, index in carried.items():
        if code not in after:
            yield SeriesImpact(index.code, "ends", ())


def _by_code(indices: tuple[Index, ...]) -> dict[str, Index]:
    return {index.code: index for index in indices}


def _renamed(index: Index, old_to_new: Mapping[str, str]) -> str:
    """The figure's code as the newer version would call it: a question may bear another code there."""
    target, rest = index.code.removesuffix(f".{index.rule}.{index.measure}"), f"{index.rule}.{index.measure}"
    return f"{old_to_new.get(target, target)}.{rest}"


def _reasons(before: Index, after: Index, old_to_new: Mapping[str, str], joined: set[str]) -> Iterator[str]:
    kept = {old_to_new.get(counted.item): counted for counted in before.items}
    for counted in after.items:
        earlier = kept.get(counted.item)
        if earlier is None or counted.item not in joined:
            yield counted.item
        elif (earlier.satisfied, set(earlier.substantive)) != (counted.satisfied, set(counted.substantive)):
            yield f"{counted.item}: codes"
    present = {counted.item for counted in after.items}
    yield from (counted.item for name, counted in kept.items() if name not in present)
    if [old_to_new.get(child, child) for child in before.children] != list(after.children):
        yield "children"
    if before.weights != after.weights:
        yield "weights"
