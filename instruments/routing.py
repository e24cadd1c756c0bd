"""Finds which questions a person gets, on which page, and which questions nobody can get.

Visibility is decided once, front to back: a condition looks at earlier answers only, and the answer to a
question that is hidden counts as absent, whatever was sent for it. Questions that are not asked
(`asked: false`) are never visible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import inf, prod

from instruments import conditions
from instruments.conditions import Value
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item, Section, Statement
from instruments.model.response_domains import Number

ONE_PAGE_UP_TO = 12
"""Questions put to everyone that still stand on one page under `auto`."""

MAX_CASES = 5_000
"""Combinations of answers tried for one item before it counts as reachable."""

MAX_LINKS = 64
"""Items asked about on the way to one item; more have more combinations than are tried."""

MAX_CASES_OF_A_FORM = 100_000
"""The same for all items of a form together: a hostile document must not keep a worker busy."""


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
    """Codes of the items shown for these answers (coded answers, and texts by item code).

    >>> from instruments import editing, library
    >>> form = editing.change_element(library.load("one-stop-short"), "comment", show_if="q1 <= 2")
    >>> "comment" in visible(form, {"q1": 2}), "comment" in visible(form, {"q1": 5})
    (True, False)
    """
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

    >>> from instruments import library
    >>> [len(page.items) for page in pages(library.load("one-stop-short"))]
    [14]
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
    return frozenset(_chain(version, code, _conditions_of(version)).tests)


def unreachable(version: InstrumentVersion) -> tuple[str, ...]:
    """Codes of asked items that no answers can make visible.

    Decided by trying every combination of the answers that matter to the item's conditions, and to the
    conditions of the items those ask about. Beyond `MAX_CASES` combinations the item counts as reachable.
    """
    conditions_of = _conditions_of(version)
    left = MAX_CASES_OF_A_FORM
    lost = []
    for item in version.asked_items:
        chain = _chain(version, item.code, conditions_of, MAX_LINKS) if conditions_of[item.code] else None
        if chain is None or not chain.tests or len(chain.tests) > MAX_LINKS:
            continue
        size = _size(version, chain)
        if size > min(MAX_CASES, left):
            continue
        left -= size
        cases = [_values(version, version.item(one), about) for one, about in chain.tests.items()]
        if not any(_is_shown(chain, dict(zip(chain.tests, chosen, strict=True))) for chosen in product(*cases)):
            lost.append(item.code)
    return tuple(lost)


def _holds(source: str | None, answers: Mapping[str, Value]) -> bool:
    """Whether the condition holds. One that cannot be read counts as held, so that the author sees the question."""
    if source is None:
        return True
    try:
        return conditions.evaluate(conditions.tree(source), answers)
    except conditions.ConditionError:
        return True


# --- reachability ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Chain:
    """An item with all earlier items on which its visibility depends."""

    item: str
    links: tuple[tuple[str, tuple[conditions.Condition, ...]], ...]
    """The items, in the order of the form, each with the conditions on it."""
    tests: dict[str, list[conditions.Test]]
    """What is asked of each item's answer."""


def _conditions_of(version: InstrumentVersion) -> dict[str, tuple[conditions.Condition, ...]]:
    """The readable conditions on each item, its section's included, in the order of the form."""
    found = {}
    for section in version.sections:
        for item in section.items:
            sources = [source for source in (section.show_if, item.show_if) if source is not None]
            found[item.code] = tuple(one for source in sources if (one := _readable(source)) is not None)
    return found


def _readable(source: str) -> conditions.Condition | None:
    try:
        return conditions.tree(source)
    except conditions.ConditionError:
        return None


def _chain(
    version: InstrumentVersion,
    code: str,
    conditions_of: Mapping[str, tuple[conditions.Condition, ...]],
    most: float = inf,
) -> _Chain:
    """The chain of an item. With `most` it ends at so many items, since then their answers are not tried out."""
    tests: dict[str, list[conditions.Test]] = {}
    waiting, done = [code], set()
    while waiting:
        here = waiting.pop()
        if here in done:
            continue
        done.add(here)
        if len(tests) > most:
            break
        for condition in conditions_of.get(here, ()):
            for test in conditions.tests(condition):
                if test.item in conditions_of:
                    tests.setdefault(test.item, []).append(test)
                    waiting.append(test.item)
    on_the_way = () if len(tests) > most else tuple(conditions_of)
    links = tuple(
        (one, conditions_of[one]) for one in on_the_way if (one in tests or one == code) and version.item(one).asked
    )
    return _Chain(code, links, tests)


def _size(version: InstrumentVersion, chain: _Chain) -> int:
    """How many combinations there are, found without building the subsets of a multiple choice."""
    return prod(_count(version, version.item(item), about) for item, about in chain.tests.items())


def _count(version: InstrumentVersion, item: Item, tests: list[conditions.Test]) -> int:
    if item.kind == "multiple":
        return int(1 + 2 ** len(_codes_asked(tests)))
    return len(_values(version, item, tests))


def _codes_asked(tests: list[conditions.Test]) -> list[int]:
    return sorted({test.code for test in tests if isinstance(test, conditions.Includes)})


def _is_shown(chain: _Chain, chosen: Mapping[str, Value | None]) -> bool:
    """Whether the item is shown. Answers to items that are hidden, or come after it, count as absent."""
    counted: dict[str, Value] = {}
    for code, required in chain.links:
        holds = all(conditions.evaluate(condition, counted) for condition in required)
        if code == chain.item:
            return holds
        value = chosen.get(code)
        if holds and value is not None:
            counted[code] = value
    return False


def _values(version: InstrumentVersion, item: Item, tests: list[conditions.Test]) -> list[Value | None]:
    """Blank, and one answer for each outcome that the conditions can distinguish."""
    if item.kind == "text":
        return [None, "x"]
    if item.kind == "multiple":
        codes = _codes_asked(tests)
        others = [option.code for option in version.options(item) if option.code not in codes]
        subsets = [
            tuple(code for code, taken in zip(codes, pattern, strict=True) if taken)
            for pattern in product((False, True), repeat=len(codes))
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
