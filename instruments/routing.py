"""Which questions does this person get, on which page, and which can nobody get?

Visibility is decided once, front to back: a condition looks at earlier answers only, and the answer to a
question that is hidden counts as absent, whatever was sent for it. Questions that are not asked
(`asked: false`) are never visible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from instruments import conditions
from instruments.conditions import Value
from instruments.elements import Item, Section, Statement
from instruments.integrity import tree
from instruments.model import InstrumentVersion
from instruments.response_domains import Number

ONE_PAGE_UP_TO = 12
"""Questions put to everyone that still stand on one page under `auto`."""

MAX_CASES = 50_000
"""Combinations of answers tried before a condition counts as reachable."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the form."""

    number: int
    total: int
    sections: tuple[Section, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """The questions of the page that are asked, conditions aside."""
        return tuple(item for section in self.sections for item in section.items if item.asked)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown for some answers: codes of items, statements, sections."""

    items: frozenset[str]
    statements: frozenset[str]
    sections: frozenset[str]


def visible(version: InstrumentVersion, answers: Mapping[str, Value]) -> frozenset[str]:
    """Codes of the items shown for these answers (coded answers, and texts by item code)."""
    return shown(version, answers).items


def shown(version: InstrumentVersion, answers: Mapping[str, Value]) -> Shown:
    """Items, statements and sections shown. A section without a shown question is not shown."""
    counted: dict[str, Value] = {}
    items: set[str] = set()
    statements: set[str] = set()
    sections: set[str] = set()
    for section in version.sections:
        if not _holds(section.show_if, counted):
            continue
        words = []
        for element in section.elements:
            if not _holds(element.show_if, counted):
                continue
            if isinstance(element, Statement):
                words.append(element.code)
            elif element.asked:
                items.add(element.code)
                sections.add(section.code)
                if element.code in answers:
                    counted[element.code] = answers[element.code]
        if section.code in sections:
            statements.update(words)
    return Shown(frozenset(items), frozenset(statements), frozenset(sections))


def pages(version: InstrumentVersion) -> tuple[Page, ...]:
    """The pages of the form. `auto`: one page up to 12 questions put to everyone, else one per section.

    Voluntary questions (facts about the person, open comments) do not count towards the 12. A section in
    which nothing is asked makes no page.
    """
    asked = tuple(section for section in version.sections if any(item.asked for item in section.items))
    if not asked:
        return ()
    together = version.display.pages == "one" or (
        version.display.pages == "auto" and len(questions_for_everyone(version)) <= ONE_PAGE_UP_TO
    )
    groups = (asked,) if together else tuple((section,) for section in asked)
    return tuple(Page(number, len(groups), group) for number, group in enumerate(groups, start=1))


def questions_for_everyone(version: InstrumentVersion) -> tuple[Item, ...]:
    """The questions asked that are not marked as voluntary: what "9 câu" on the first page means."""
    return tuple(item for item in version.asked_items if not item.voluntary)


def statement(version: InstrumentVersion, code: str) -> Statement:
    """The statement with this code: what a section's `stem` points to. `KeyError` if there is none."""
    for element in version.elements:
        if isinstance(element, Statement) and element.code == code:
            return element
    raise KeyError(code)


def asked_about(version: InstrumentVersion, code: str) -> frozenset[str]:
    """Codes of the items on whose answers it depends, at any remove, whether this item is shown."""
    return frozenset(_tests_that_matter(version, code))


def unreachable(version: InstrumentVersion) -> tuple[str, ...]:
    """Codes of asked items that no answers can make visible.

    Decided by trying every combination of the answers that matter to the item's conditions, and to the
    conditions of the items those ask about. Beyond `MAX_CASES` combinations the item counts as reachable.
    """
    return tuple(item.code for item in version.asked_items if not _reachable(version, item.code))


def _holds(source: str | None, answers: Mapping[str, Value]) -> bool:
    """A condition that cannot be read hides nothing: the draft's author sees the question and the problem."""
    if source is None:
        return True
    try:
        return conditions.evaluate(tree(source), answers)
    except conditions.ConditionError:
        return True


# --- reachability ------------------------------------------------------------------------------------------


def _reachable(version: InstrumentVersion, code: str) -> bool:
    tests = _tests_that_matter(version, code)
    if not tests:
        return True
    domains = {item: _values(version, version.item(item), about) for item, about in tests.items()}
    cases = 1
    for values in domains.values():
        cases *= len(values)
        if cases > MAX_CASES:
            return True
    for chosen in product(*domains.values()):
        answers = {item: value for item, value in zip(domains, chosen, strict=True) if value is not None}
        if code in visible(version, answers):
            return True
    return False


def _tests_that_matter(version: InstrumentVersion, code: str) -> dict[str, list[conditions.Test]]:
    sources = {
        item.code: [source for source in (section.show_if, item.show_if) if source is not None]
        for section in version.sections
        for item in section.items
    }
    found: dict[str, list[conditions.Test]] = {}
    waiting = [code]
    done: set[str] = set()
    while waiting:
        here = waiting.pop()
        if here in done:
            continue
        done.add(here)
        for source in sources.get(here, ()):
            for test in _tests(source):
                if version.has_item(test.item):
                    found.setdefault(test.item, []).append(test)
                    waiting.append(test.item)
    return found


def _tests(source: str) -> Iterator[conditions.Test]:
    try:
        yield from conditions.tests(tree(source))
    except conditions.ConditionError:
        return


def _values(version: InstrumentVersion, item: Item, tests: list[conditions.Test]) -> list[Value | None]:
    """Blank, and one answer of every kind the tests can tell apart."""
    if item.kind == "text":
        return [None, "x"]
    if item.kind == "multiple":
        codes = sorted({test.code for test in tests if isinstance(test, conditions.Includes)})
        others = [option.code for option in version.options(item) if option.code not in codes]
        subsets = [
            tuple(code for code, taken in zip(codes, pattern, strict=True) if taken)
            for pattern in product((False, True), repeat=min(len(codes), 16))
        ]
        return [None, *(subset or tuple(others[:1]) or None for subset in subsets)]
    if item.kind in ("single", "rating"):
        return [None, *(option.code for option in version.options(item))]
    return [None, *_numbers(item, tests)]


def _numbers(item: Item, tests: list[conditions.Test]) -> list[int | float]:
    limits: set[int | float] = {0}
    for test in tests:
        if isinstance(test, conditions.Compare):
            limits.add(test.number)
        elif isinstance(test, conditions.In):
            limits.update(test.numbers)
    decimals = item.response.decimals if isinstance(item.response, Number) else 0
    step = 10.0**-decimals
    candidates = {number for limit in limits for number in (limit - step, limit, limit + step)}
    if not isinstance(item.response, Number):
        return sorted(candidates)
    low, high = item.response.minimum, item.response.maximum
    candidates |= {edge for edge in (low, high) if edge is not None}
    return sorted(
        number
        for number in candidates
        if (low is None or number >= low) and (high is None or number <= high) and _fits(number, decimals)
    )


def _fits(number: float, decimals: int) -> bool:
    return abs(number - round(number, decimals)) < 1e-9
