"""Finds the questions of different forms that ask about the same topic.

Somebody's reading, not a fact of the forms: the same topic does not mean comparable, because wording,
respondent and place differ. A crosswalk puts questions side by side; only a person's mark joins two in a
series.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from instruments.model.provenance import Grade, InstrumentCode, Reference
from instruments.model.response_domains import Code, Part
from instruments.model.text import Text


class Covered(Part):
    """The questions of one form about a topic."""

    instrument: InstrumentCode
    """The form."""
    items: Annotated[tuple[Code, ...], Field(min_length=1)]
    """Its questions, in order."""


class Topic(Part):
    """One topic and the questions about it."""

    name: Text
    """What it is about."""
    covered: Annotated[tuple[Covered, ...], Field(min_length=1)]
    """The forms that ask about it."""

    def items_of(self, instrument: str) -> tuple[str, ...]:
        """The questions of one form; none if it does not ask."""
        return next((one.items for one in self.covered if one.instrument == instrument), ())


class Crosswalk(Part):
    """Topics over several forms."""

    code: Reference
    """Its name."""
    title: Text
    """What it covers."""
    grade: Grade
    """How sure we are of it."""
    topics: tuple[Topic, ...]
    """The topics in order."""

    def pairs(self, *, new: str, old: str) -> dict[str, str]:
        """Question of the newer form → question of the older one, where a topic has exactly one of each.

        This is what `comparability.compare` takes as its crosswalk.
        """
        found: dict[str, str] = {}
        for topic in self.topics:
            mine, yours = topic.items_of(new), topic.items_of(old)
            if len(mine) == len(yours) == 1 and mine[0] not in found and yours[0] not in found.values():
                found[mine[0]] = yours[0]
        return found
