"""Every domain and figure that is published of some counts, as arrays, and which domains add up to which.

Domains of all crossings are numbered one after another, D in all, figures G. The persons who gave no code of a fact
are a domain that is not listed: nobody publishes it, and it is what the whole has beside the codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from analysis.arrays import AnyArray, Bools, Ints
from analysis.disclosure.counts import AnswerCounts, Cell
from analysis.disclosure.patterns import Relations

__all__: list[str] = []  # serves other modules of the analysis only

_NESTED = (
    ("", "unit"), ("", "field"), ("", "group"), ("group", "field"), ("unit", "unit,field"), ("field", "unit,field"),
    ("unit", "unit,group"), ("group", "unit,group"), ("unit,group", "unit,field"),
)  # fmt: skip
_FACT = "fact:"


class Tables:
    """The cells published of some counts: what people and answers each has.

    `persons` (D,) people of each domain, `answers` (G, D) answers to each figure, which add up over domains and
    figures, `people` (G, D) who gave them: for a composite those of its most answered column, so at least as many.
    `published` (G, D) says which figures of a domain are published, `listed` (D,) which domains are.
    """

    def __init__(self, counts: AnswerCounts, published: Mapping[str, tuple[str, ...]], *, blank: bool = True) -> None:
        self.counts = counts
        self.columns = counts.figures
        self.figures = tuple(self.columns)
        unknown = {name for names in published.values() for name in names} - set(self.figures)
        if unknown:
            raise ValueError(f"No figures of these counts: {', '.join(sorted(unknown))}. There are: {self.figures}.")
        self.crossings = tuple(published)
        self._relations: dict[frozenset[str], Relations] = {}
        self.keys: list[tuple[str, tuple[int, ...]]] = []
        self.base: dict[str, Ints] = {}  # crossing -> the domain (c,) of each base cell
        self.rest: dict[str, int] = {}  # crossing of a fact -> the domain of those who gave no code
        sums: list[tuple[Ints, Ints, Ints]] = []  # persons (d,), answered and satisfied (d, m) of a crossing
        for crossing in published:
            start = len(self.keys)
            if crossing.startswith(_FACT):
                sums.append(self._fact(crossing, blank=blank))
            else:
                keys, inverse = self._base_domains(crossing)
                self.keys += [(crossing, key) for key in keys]
                self.base[crossing] = start + inverse
                sums.append(tuple(_by(inverse, len(keys), x) for x in _counted(counts)))  # type: ignore[arg-type]
        self.persons, self.answered, self.satisfied = (np.concatenate(parts) for parts in zip(*sums, strict=True))
        self.listed = np.ones(len(self.keys), bool)
        self.listed[list(self.rest.values())] = False
        self.published = np.array(
            [[figure in published[crossing] for crossing, _ in self.keys] for figure in self.figures], bool
        ).reshape(len(self.figures), len(self.keys))
        self.people = np.array([self.answered[:, k].max(axis=1) for k in self.columns.values()])
        composite = [figure in counts.composites for figure in self.figures]
        self.answers = np.array(
            [
                self.answered[:, k].sum(axis=1) if pooled else most
                for k, pooled, most in zip(self.columns.values(), composite, self.people, strict=True)
            ]
        )

    def _base_domains(self, crossing: str) -> tuple[list[tuple[int, ...]], Ints]:
        counts = self.counts
        parts = [name for name in crossing.split(",") if name]
        known = {"unit": counts.unit, "field": counts.field, "group": counts.group}
        if not set(parts) <= set(known):
            raise ValueError(f"There is no crossing {crossing!r}: expected unit, field, group, pairs or fact:CODE.")
        if not parts:
            return [()], np.zeros(len(counts.unit), np.int64)
        keys, inverse = np.unique(np.column_stack([known[name] for name in parts]), axis=0, return_inverse=True)
        return [tuple(key) for key in keys.tolist()], inverse.ravel().astype(np.int64)

    def _fact(self, crossing: str, *, blank: bool) -> tuple[Ints, Ints, Ints]:
        found = self.counts.facts.get(crossing.removeprefix(_FACT))
        if found is None:
            raise ValueError(
                f"There are no counts of {crossing!r}: {', '.join(self.counts.facts) or 'no facts at all'}."
            )
        self.keys += [(crossing, (code,)) for code in np.asarray(found.codes).tolist()]
        parts = [np.asarray(x, np.int64) for x in (found.persons, found.answered, found.satisfied)]
        whole = [x.sum(axis=0) for x in _counted(self.counts)]
        left = [all_ - part.sum(axis=0) for all_, part in zip(whole, parts, strict=True)]
        if any((x < 0).any() for x in left):
            raise ValueError(f"The codes of {crossing} have more answers than the whole: count each person once.")
        if blank:
            self.rest[crossing] = len(self.keys)
            self.keys.append((crossing, (-1,)))
            parts = [np.concatenate([part, rest[None]]) for part, rest in zip(parts, left, strict=True)]
        return parts[0], parts[1], parts[2]

    def cell(self, domain: int, figure: int | None = None) -> Cell:
        """The name of a cell; without a figure that of the domain."""
        crossing, key = self.keys[domain]
        return crossing, key, "" if figure is None else self.figures[figure]

    @cached_property
    def places(self) -> dict[tuple[str, tuple[int, ...]], int]:
        """The number of each domain."""
        return {key: place for place, key in enumerate(self.keys)}

    @cached_property
    def crossing(self) -> AnyArray:
        """The number (D,) of the crossing of each domain."""
        numbers = {name: k for k, name in enumerate(self.crossings)}
        return np.array([numbers[crossing] for crossing, _ in self.keys], np.int64)

    @cached_property
    def members(self) -> csr_array:
        """Domains × base cells: which a domain consists of; facts have none."""
        rows = np.concatenate([*self.base.values(), np.empty(0, np.int64)]).astype(np.int64)
        columns = np.tile(np.arange(len(self.counts.unit)), len(self.base))
        return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(self.keys), len(self.counts.unit)))

    def relations(self, crossings: frozenset[str]) -> Relations:
        """Which domains add up to which, over these crossings; made once."""
        if crossings not in self._relations:
            self._relations[crossings] = self._made(crossings)
        return self._relations[crossings]

    def _made(self, crossings: frozenset[str]) -> Relations:
        found: list[tuple[int, Ints]] = []
        for coarse, fine in _NESTED:
            if coarse in crossings and fine in crossings:
                found += _nested(self.base[coarse], self.base[fine])
        if "" in crossings:
            for crossing in sorted(crossings):
                if crossing.startswith(_FACT):
                    codes = [k for k, (name, _) in enumerate(self.keys) if name == crossing]
                    found.append((self.places["", ()], np.array(codes, np.int64)))
        return Relations(len(self.keys), found)

    def composite_relations(self) -> Iterator[tuple[int, list[int], Bools]]:
        """Each composite, the figures that add up to it, and the domains (D,) that publish them all."""
        number = {figure: k for k, figure in enumerate(self.figures)}
        for node in self.counts.composites:
            for crossing in self.crossings:
                inside = self.crossing == self.crossings.index(crossing)
                has = {name for name, k in number.items() if (self.published[k] & inside).any()}
                parts = self._parts(node, has)
                if node in has and parts is not None:
                    yield number[node], [number[name] for name in parts], inside & self.listed

    def _parts(self, node: str, has: set[str]) -> list[str] | None:
        """The published figures that add up to a composite; None where there are none, or some overlap."""
        parts: list[str] = []
        for name in self.counts.composites[node]:
            figure = name if name in self.columns else name.partition("=")[0]
            if figure in has:
                parts.append(figure)
            elif figure in self.counts.composites:
                parts += self._parts(figure, has) or [""]
            else:
                parts.append("")
        if "" in parts or sum(len(self.columns[name]) for name in parts) != len(self.columns[node]):
            return None
        return parts


def _counted(counts: AnswerCounts) -> tuple[Ints, Ints, Ints]:
    return (
        np.asarray(counts.persons, np.int64),
        np.asarray(counts.answered, np.int64),
        np.asarray(counts.satisfied, np.int64),
    )


def _by(group: Ints, groups: int, values: Ints) -> Ints:
    """Sums (groups, …) of values (c, …)."""
    found = np.zeros((groups, *values.shape[1:]), np.int64)
    np.add.at(found, group, values)
    return found


def _nested(coarse: Ints, fine: Ints) -> Iterator[tuple[int, Ints]]:
    """Each coarse domain with its fine ones; nothing where a fine domain lies in two."""
    pairs = np.unique(np.column_stack([coarse, fine]), axis=0)
    if len(np.unique(pairs[:, 1])) == len(pairs):
        starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
        for part in np.split(pairs, starts[1:]):
            yield int(part[0, 0]), part[:, 1]
