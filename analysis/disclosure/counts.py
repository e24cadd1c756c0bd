"""Unweighted counts of people and answers that are published together, as whole numbers of every cell.

A *base cell* is a unit and a field that somebody answered for. Every published domain is a union of base cells (or a
code of a fact: what respondents said of themselves), every published figure a column or a sum of columns: a rated
question is a column named by its code, a choice has a column per option, `code=option`. Composites (factors, halves,
indices) are the sums of the figures below them. A composite that is published as a mean of rates is treated as that
pooled sum.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Ints

Cell = tuple[str, tuple[int, ...], str]
"""A crossing (`""`, `unit`, `field`, `group`, `unit,field`, `unit,group`, `fact:CODE`), its key, and a figure.

The figure is the code of a question or of a composite, or `""` for everything of the domain.
"""

WHOLE: Cell = ("", (), "")


@dataclass(frozen=True, eq=False)
class FactCounts:
    """Counts by the codes of one fact: codes (k,), persons (k,), answered and satisfied (k, m) of the same columns."""

    codes: Ints
    persons: Ints
    answered: Ints
    satisfied: Ints

    def __post_init__(self) -> None:
        if (np.asarray(self.answered) > np.asarray(self.persons)[:, None]).any():
            raise ValueError("A code of a fact has more answers to a column than persons: count each person once.")


@dataclass(frozen=True, eq=False)
class AnswerCounts:
    """Counts of c base cells and m columns.

    `unit`, `field`, `group` and `persons` are (c,): who answered, and how many of them. `names` are the m columns,
    `answered` and `satisfied` (c, m) their whole numbers. `composites` gives the names below each node; `numbers` are
    the columns that are means of numbers, of which the sum takes the place of the satisfied.
    """

    unit: Ints
    field: Ints
    group: Ints
    persons: Ints
    names: tuple[str, ...]
    answered: Ints
    satisfied: Ints
    composites: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    facts: Mapping[str, FactCounts] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.unit), len(self.names))
        for what in ("answered", "satisfied"):
            found = np.shape(getattr(self, what))
            if found != shape:
                raise ValueError(f"{what} has shape {found}; {shape} was expected: base cells × columns.")
        if (self.answered > np.asarray(self.persons)[:, None]).any():
            raise ValueError("A base cell has more answers to a column than persons: count each person once.")

    @property
    def figures(self) -> dict[str, Ints]:
        """The columns (k,) of every figure: questions in the order of their columns, then composites."""
        found: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            found.setdefault(figure_of(name), []).append(place)
        columns = {name: np.array(places, np.int64) for name, places in found.items()}
        for node in self.composites:
            columns[node] = np.array(sorted(self._below(node, ())), np.int64)
        return columns

    def _below(self, node: str, above: tuple[str, ...]) -> set[int]:
        """The columns below a node: those of a composite of composites once each."""
        if node in above:
            raise ValueError(f"The composite {node} lies below itself: {' > '.join((*above, node))}.")
        if node in self.composites:
            return {place for name in self.composites[node] for place in self._below(name, (*above, node))}
        found = {place for place, name in enumerate(self.names) if node in (name, figure_of(name))}
        if not found:
            raise ValueError(f"There is no column {node}, which lies below {above[-1]}: {', '.join(self.names)}.")
        return found


def figure_of(column: str) -> str:
    """The question that a column belongs to.

    >>> figure_of("a1"), figure_of("channel=online")
    ('a1', 'channel')
    """
    return column.partition("=")[0]
