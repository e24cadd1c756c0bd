"""What an attacker does not know of the published counts, and the equations that bind it.

An *atom* is a base cell, or a code of a fact (with those who gave none as one more). A *part* of a question is a
count that adds up: the satisfied and the others of a rated question; of a choice of one the people of each option and
those of none. The unknowns are the parts of every atom that the file of rows does not give away.

The file of rows has a row per response. It leaves an answer blank where a shown unit, field, group or crossing of
them has that question hidden, and leaves out the unit, or the field, where that domain is hidden as a whole: so the
sum over rows that look alike is known, and an atom whose unit, field and answer are all there is known itself.

To a choice of several the attacker is given the answers in every hidden atom, which he has not: what is proven
against him holds against one who knows less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.arrays import AnyArray, Bools, Floats, Ints
from analysis.disclosure.relation_rule import Hidden
from analysis.disclosure.tables import Tables

__all__: list[str] = []  # serves other modules of the analysis only


@dataclass(frozen=True)
class Question:
    """The parts of one question: the column of each (-1: the people of none of them), `capped` by the answers."""

    figure: int
    columns: tuple[int, ...]
    capped: bool


@dataclass(frozen=True, eq=False)
class Universe:
    """A set of atoms whose counts make up domains: all base cells, or the codes of one fact.

    `persons` (a,), `answered` and `satisfied` (a, m) of the atoms; `inside` (D, a) which domain has which. `codes`
    (a,) are the domains that the codes of a fact are; None for base cells.
    """

    persons: Ints
    answered: Floats
    satisfied: Floats
    inside: Bools
    codes: Ints | None


@dataclass(eq=False)
class Known:
    """The equations over the open atoms of one question: `rows` (r, a) sums that are known, and who publishes them.

    `open` (a,) are the atoms that are not known themselves. `cells` are the published (domain, figure) of each row;
    none for a sum over rows that look alike.
    """

    open: Bools
    rows: Bools
    cells: list[tuple[tuple[int, int], ...]] = field(default_factory=list)

    def within(self, atoms: Bools) -> Known:
        """The same with all but these atoms (a,) known."""
        return _merged(self.open & atoms, self.rows, self.cells)


def questions_of(tables: Tables) -> tuple[Question, ...]:
    """Every question with its parts."""
    counts = tables.counts
    found = []
    for figure, name in enumerate(tables.figures):
        columns = tables.columns[name]
        if name in counts.composites:
            continue
        if len(columns) == 1:
            found.append(Question(figure, (int(columns[0]), -1), capped=False))
            continue
        chosen = tables.satisfied[:, columns].sum(axis=1)
        answered = tables.answered[:, columns].max(axis=1)
        if (chosen > answered).any():
            found.append(Question(figure, tuple(columns.tolist()), capped=True))
        else:
            rest = () if (chosen == answered).all() else (-1,)
            found.append(Question(figure, (*columns.tolist(), *rest), capped=False))
    return tuple(found)


def universes_of(tables: Tables) -> tuple[Universe, ...]:
    """The base cells, and the codes of every published fact."""
    counts = tables.counts
    numbers = [k for k, name in enumerate(counts.names) if name in counts.numbers]
    found = []
    if tables.base:
        inside = tables.members.toarray() > 0
        found.append(_universe(counts.persons, counts.answered, counts.satisfied, inside, numbers, None))
    for crossing in tables.crossings:
        if crossing not in tables.base:
            codes = np.flatnonzero(tables.crossing == tables.crossings.index(crossing))
            inside = np.zeros((len(tables.keys), len(codes)), bool)
            inside[codes, np.arange(len(codes))] = True
            whole = tables.places.get(("", ()))
            if whole is not None:
                inside[whole] = True
            own = (tables.persons[codes], tables.answered[codes], tables.satisfied[codes])
            found.append(_universe(*own, inside, numbers, codes))
    return tuple(found)


def _universe(
    persons: Ints, answered: Ints, satisfied: Ints, inside: Bools, numbers: list[int], codes: Ints | None
) -> Universe:
    made = np.array(satisfied, np.float64)
    made[:, numbers] = np.asarray(answered)[:, numbers] / 2  # a sum of numbers: any value will do
    return Universe(np.asarray(persons), np.asarray(answered, np.float64), made, inside, codes)


def truth(universe: Universe, question: Question) -> Floats:
    """The parts (atoms × parts) of a question as they are."""
    columns = list(question.columns)
    found = universe.satisfied[:, columns].copy()
    if columns[-1] == -1:
        own = columns[:-1]
        found[:, -1] = universe.answered[:, own].max(axis=1) - universe.satisfied[:, own].sum(axis=1)
    return found


class RowsFile:
    """What the file of rows shows of every base cell: `unit` and `field` (c,) say whether it names them."""

    def __init__(self, tables: Tables, hidden: Hidden) -> None:
        self._tables, self._hidden = tables, hidden
        cells = len(tables.counts.unit)
        self.unit, self.field = np.ones(cells, bool), np.ones(cells, bool)
        for crossing, domain in tables.base.items():
            if crossing == "unit":
                self.unit &= ~hidden.domains[domain]
            elif crossing:
                self.field &= ~hidden.domains[domain]

    def blank(self, figure: int) -> Bools:
        """The base cells (c,) of which no answer to a question is in the file."""
        tables, hidden = self._tables, self._hidden
        found = np.zeros(len(self.unit), bool)
        for domain in tables.base.values():
            found |= (hidden.figures[figure] & tables.published[figure] & ~hidden.domains)[domain]
        return found

    def alike(self, cells: Bools) -> Bools:
        """For some base cells (c,), the groups (g, c) of those whose rows look alike."""
        counts = self._tables.counts
        places = np.flatnonzero(cells)
        labels = np.column_stack(
            [np.where(self.unit, counts.unit, -1)[places], np.where(self.field, counts.field, -1)[places]]
        )
        _, group = np.unique(labels, axis=0, return_inverse=True)
        found = np.zeros((int(group.max(initial=-1)) + 1, len(cells)), bool)
        found[group.ravel(), places] = True
        return found


def known_sums(tables: Tables, universe: Universe, hidden: Hidden, figure: int) -> Known:
    """What is known of one question in the open atoms: published cells, and rows that look alike."""
    shown = tables.published[figure] & ~hidden.figures[figure] & tables.listed
    who: list[tuple[tuple[int, int], ...]] = [((int(domain), figure),) for domain in np.flatnonzero(shown)]
    if universe.codes is not None:
        open_ = hidden.figures[figure][universe.codes] | ~tables.listed[universe.codes]
        return _merged(open_ & (universe.persons > 0), universe.inside[shown], who)
    return _in_rows(tables, universe, hidden, universe.inside[shown], who, figure)


def known_persons(tables: Tables, universe: Universe, hidden: Hidden) -> Known:
    """What is known of the persons of each atom: published domains, and how many rows look alike."""
    shown = ~hidden.domains & tables.listed
    who: list[tuple[tuple[int, int], ...]] = [()] * int(shown.sum())
    if universe.codes is not None:
        open_ = hidden.domains[universe.codes] | ~tables.listed[universe.codes]
        return _merged(open_ & (universe.persons > 0), universe.inside[shown], who)
    return _in_rows(tables, universe, hidden, universe.inside[shown], who, None)


def _in_rows(
    tables: Tables,
    universe: Universe,
    hidden: Hidden,
    rows: Bools,
    who: list[tuple[tuple[int, int], ...]],
    figure: int | None,
) -> Known:
    file = RowsFile(tables, hidden)
    blank = np.zeros(len(universe.persons), bool) if figure is None else file.blank(figure)
    open_ = (blank | ~(file.unit & file.field)) & (universe.persons > 0)
    alike = file.alike(open_ & ~blank)
    return _merged(open_, np.vstack([rows, alike]), [*who, *[()] * len(alike)])


def _merged(open_: Bools, rows: AnyArray, who: list[tuple[tuple[int, int], ...]]) -> Known:
    """The rows over open atoms, equal ones once with all who publish them."""
    found: dict[bytes, list[tuple[int, int]]] = {}
    kept: dict[bytes, Bools] = {}
    for row, cells in zip(rows & open_, who, strict=True):
        if row.any():
            name = row.tobytes()
            kept[name] = row
            found.setdefault(name, []).extend(cells)
    made = np.array(list(kept.values()), bool).reshape(len(kept), len(open_))
    return Known(open_, made, [tuple(cells) for cells in found.values()])


def composite_sums(
    tables: Tables, hidden: Hidden, opened: Mapping[int, Known], universe: Universe
) -> list[tuple[int, int, tuple[int, ...]]]:
    """The composites (domain, figure) shown where some of their columns (k,) are open: what they leave to be known."""
    counts, figures = tables.counts, tables.figures
    number = {name: k for k, name in enumerate(figures)}
    question = {int(m): number[name] for name in figures if name not in counts.composites for m in tables.columns[name]}
    touched = {figure: np.asarray((universe.inside & known.open).any(axis=1)) for figure, known in opened.items()}
    nodes = [number[node] for node in counts.composites]
    found = []
    for domain in np.flatnonzero(universe.inside.any(axis=1)):
        shown = tables.published[:, domain] & ~hidden.figures[:, domain]
        if not shown[nodes].any():
            continue
        left: dict[int, frozenset[int]] = {}
        for node in nodes:
            if shown[node]:
                columns = tables.columns[figures[node]]
                left[node] = frozenset(
                    m for m in columns.tolist() if not shown[question[m]] and touched[question[m]][domain]
                )
        for node, columns_left in sorted(left.items(), key=lambda one: len(one[1])):
            rest = set(columns_left)
            for other, columns_other in sorted(left.items(), key=lambda one: -len(one[1])):
                if other != node and columns_other and columns_other < columns_left and columns_other <= rest:
                    rest -= columns_other
            if rest:
                found.append((int(domain), node, tuple(sorted(rest))))
    return found
