"""The relation rule over all tables of a wave: domains first, then every figure, then composites beside their parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Ints
from analysis.disclosure.counts import Cell
from analysis.disclosure.patterns import Relations
from analysis.disclosure.tables import Tables

__all__: list[str] = []  # serves other modules of the analysis only


@dataclass(eq=False)
class Hidden:
    """What is hidden: domains (D,), figures (G, D) with those of hidden domains; `small` for their own few people."""

    domains: Bools
    figures: Bools
    small_domains: Bools
    small: Bools

    def pattern(self, tables: Tables) -> dict[Cell, str]:
        """The hidden cells that are published, with why: small, complement."""
        found: dict[Cell, str] = {}
        for domain in np.flatnonzero(self.domains & tables.listed).tolist():
            found[tables.cell(domain)] = "small" if self.small_domains[domain] else "complement"
        own = self.figures & ~self.domains & tables.published & tables.listed & (tables.answers > 0)
        for figure, domain in np.argwhere(own).tolist():
            found[tables.cell(domain, figure)] = "small" if self.small[figure, domain] else "complement"
        return dict(sorted(found.items()))


def small_cells(tables: Tables, minimum: int, since: Mapping[Cell, int]) -> Hidden:
    """The cells of few people, and those whose people differ by few from when they were last published."""
    domains = _few(tables.persons, minimum)
    figures = _few(tables.people, minimum)
    for cell, before in since.items():
        place = tables.places.get(cell[:2])
        if place is None:
            continue
        if not cell[2]:
            domains[place] |= bool(_few(abs(tables.persons[place] - before), minimum))
        elif cell[2] in tables.columns:
            figure = tables.figures.index(cell[2])
            figures[figure, place] |= bool(_few(abs(tables.people[figure, place] - before), minimum))
    figures = (figures & tables.published) | domains
    return Hidden(domains.copy(), figures.copy(), domains, figures)


def given(tables: Tables, pattern: Mapping[Cell, str], minimum: int) -> Hidden:
    """What a pattern hides. Small is what has few people, hidden or not, and what the pattern says is small."""
    few = small_cells(tables, minimum, {})
    domains, figures = np.zeros_like(few.domains), np.zeros_like(few.figures)
    for cell, why in pattern.items():
        place = tables.places.get(cell[:2])
        if place is None or (cell[2] and cell[2] not in tables.columns):
            raise ValueError(f"The pattern hides {cell}, which is not published: it is of other counts.")
        if cell[2]:
            figure = tables.figures.index(cell[2])
            figures[figure, place] = True
            few.small[figure, place] |= why == "small"
        else:
            domains[place] = True
            few.small[:, place] |= why == "small"
    return Hidden(domains, figures | domains, few.small_domains, few.small)


def close(tables: Tables, hidden: Hidden, minimum: int, since: Mapping[Cell, int]) -> None:
    """Hide what protects the hidden cells: of sizes, and of what changed since the last publication."""
    persons, answers = tables.persons, tables.answers
    changes = _changes(tables, since) if since else None
    composites = list(tables.composite_relations())
    while True:
        before = int(hidden.figures.sum()), int(hidden.domains.sum())
        for own, by_figure in ((persons, answers), *([] if changes is None else [changes])):
            _close_domains(tables, hidden, own, minimum)
            _close_figures(tables, hidden, by_figure, minimum)
            for node, parts, inside in composites:
                _close_composite(hidden.figures, node, np.array(parts), inside, by_figure, minimum)
        if before == (int(hidden.figures.sum()), int(hidden.domains.sum())):
            return


def _few(n: Ints, minimum: int) -> Bools:
    return np.asarray((n > 0) & (n < minimum))


def _changes(tables: Tables, since: Mapping[Cell, int]) -> tuple[Ints, Ints]:
    """By how many people every domain (D,) and figure (G, D) differs from when it was published.

    Where a cell was not published its change is taken as known to be none, so that it protects no other.
    """
    domains, figures = np.zeros_like(tables.persons), np.zeros_like(tables.answers)
    for (crossing, key, figure), before in since.items():
        place = tables.places.get((crossing, key))
        if place is None:
            continue
        if not figure:
            domains[place] = abs(tables.persons[place] - before)
        elif figure in tables.columns:
            number = tables.figures.index(figure)
            figures[number, place] = abs(tables.people[number, place] - before)
    return domains, figures


def _close_domains(tables: Tables, hidden: Hidden, n: Ints, minimum: int) -> None:
    found = _protected(tables, tables.relations(frozenset(tables.crossings)), hidden.domains, n, minimum)
    hidden.domains |= found & tables.listed
    hidden.figures |= hidden.domains


def _close_figures(tables: Tables, hidden: Hidden, n: Ints, minimum: int) -> None:
    for figure in range(len(tables.figures)):
        shown = tables.published[figure]
        crossings = frozenset(tables.crossings[k] for k in np.unique(tables.crossing[shown]))
        found = _protected(tables, tables.relations(crossings), hidden.figures[figure], n[figure], minimum)
        hidden.figures[figure] |= found & tables.listed


def _protected(tables: Tables, relations: Relations, hidden: Bools, n: Ints, minimum: int) -> Bools:
    """The relation rule with those who gave no code of a fact: an unpublished part where a code is hidden."""
    start = hidden & (n > 0)
    for crossing, rest in tables.rest.items():
        codes = tables.crossing == tables.crossings.index(crossing)
        start[rest] = n[rest] > 0 and (bool(_few(n[rest], minimum)) or bool(hidden[codes & tables.listed].any()))
    return relations.protected(n, start, minimum) if start.any() else start


def _close_composite(hidden: Bools, node: int, parts: Ints, inside: Bools, answers: Ints, minimum: int) -> None:
    """In every domain hide more parts while one alone is hidden beside the shown composite, or few answers are."""
    domains = np.flatnonzero(inside)
    while True:
        n = answers[np.ix_(parts, domains)]
        own, below = hidden[node][domains] & (answers[node][domains] > 0), hidden[np.ix_(parts, domains)] & (n > 0)
        count = below.sum(axis=0) + own
        people = (n * below).sum(axis=0) + answers[node][domains] * own
        safe = (count == 0) | (own & (count > 1)) | ((count >= 2) & (people >= minimum))
        size = np.where(below | (n == 0), np.iinfo(np.int64).max, n)
        choice = size.argmin(axis=0)
        some = size.min(axis=0) < np.iinfo(np.int64).max
        rest = np.flatnonzero(~safe & ~some & ~own)
        hidden[node, domains[rest]] = True
        more = np.flatnonzero(~safe & some)
        hidden[parts[choice[more]], domains[more]] = True
        if not len(more):
            return
