"""A question that does not follow is not on the page, without JavaScript: conditions as rules of a style sheet.

`q5 == 2` becomes `#form:not(:has([name="q5"][value="2"]:checked))`, under which the question and the words that hang on
it are not displayed. What a style sheet cannot see (numbers, dates, open text) leaves the question in sight with its
condition as a sentence above it; so does a browser that does not know `:has()`. The server decides in any case.
"""

from __future__ import annotations

from markupsafe import Markup

from instruments import conditions
from instruments.conditions import And, Answered, Blank, Compare, Condition, In, Includes, Not, Or
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.rounding import exact, plain

LONGEST = 4_000  # letters of one selector; a longer one leaves its question in sight
ONE = ("rating", "single")
CHOICES = (*ONE, "multiple")


def style(version: InstrumentVersion) -> Markup:
    """The rules of a version; empty where no condition can be told by a style sheet.

    Nothing in them was written by a person: codes of items (letters, digits, underscore) and numbers.
    """
    rules = []
    shown = _Shown(version)
    for section in version.sections:
        for element in section.elements:
            selector = shown.when(section.show_if, element.show_if)
            if selector is not None and (not isinstance(element, Item) or element.asked):
                place = element_id(element.code)
                rules.append(f"#form:not({selector}) #{place}{{display:none}}#{place} .if{{display:none}}")
            if isinstance(element, Item):
                shown.of[element.code] = selector
    return Markup(f"@supports selector(:has(*)){{{''.join(rules)}}}" if rules else "")


def element_id(code: str) -> str:
    """The id of a question, or of words between questions, on the page."""
    return f"q-{code}"


class _Shown:
    """Selectors of the questions so far: an answer counts only while its own question is shown."""

    def __init__(self, version: InstrumentVersion) -> None:
        self.kinds = {item.code: item.kind for item in version.asked_items}
        self.of: dict[str, str | None] = {}
        self.conditional = {
            element.code
            for section in version.sections
            for element in section.elements
            if section.show_if or element.show_if
        }

    def when(self, *sources: str | None) -> str | None:
        """A compound selector of the form while all conditions hold; None: no condition, or none that can be told."""
        found = [self._selector(conditions.parse(source)) for source in sources if source]
        known = [selector for selector in found if selector is not None]
        if not known or len(known) < len(found):
            return None
        together = "".join(known)
        return together if len(together) <= LONGEST else None

    def _selector(self, condition: Condition) -> str | None:
        match condition:
            case And(parts):
                found = [self._selector(part) for part in parts]
                return None if None in found else "".join(part for part in found if part)
            case Or(parts):
                found = [self._selector(part) for part in parts]
                return None if None in found else f":is({','.join(part for part in found if part)})"
            case Not(part):
                inside = self._selector(part)
                return None if inside is None else f":not({inside})"
        if self.kinds.get(condition.item) not in CHOICES:
            return None
        if condition.item in self.conditional and self.of.get(condition.item) is None:
            return None
        kind = self.kinds[condition.item]
        while_shown = self.of.get(condition.item) or ""
        match condition:
            case Answered(item):
                return while_shown + _chosen(item)
            case Blank(item):
                return f":not({while_shown}{_chosen(item)})"
            case Includes(item, code, negated) if kind == "multiple":
                return while_shown + _among(item, [code], negated)
            case In(item, numbers, negated) if kind in ONE:
                return while_shown + _among(item, numbers, negated)
            case Compare(item, "==", number) if kind in ONE:
                return while_shown + _among(item, [number], negated=False)
            case Compare(item, "!=", number) if kind in ONE:
                return while_shown + _among(item, [number], negated=True)
        return None


def _chosen(item: str) -> str:
    """Any answer but "I would rather not say", which is sent as a blank."""
    return f':has([name="{item}"]:checked:not([value=""]))'


def _among(item: str, numbers: list[int | float] | tuple[int | float, ...], negated: bool) -> str:
    values = ",".join(f'[name="{item}"][value="{plain(exact(number), "en")}"]:checked' for number in numbers)
    return f"{_chosen(item)}:not(:has({values}))" if negated else f":has({values})"
