"""Which published cells to hide when a count is bounded too closely: the smallest of those that the prices name.

A row with a price bounds the count. To hide its cell takes it away; to hide another cell of the same question that
shares an atom with it makes an atom of the row unknown, which often costs fewer people. A question that few answered
in a domain that is itself barely large enough is held by its composites there: they go next, then the domain. The
whole is never hidden. Where the prices name nothing, rows that look alike give the count away: another domain of the
crossing goes, in the end the question of a whole crossing, so that it always ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.disclosure.bounds import Sensitive
from analysis.disclosure.relation_rule import Hidden
from analysis.disclosure.tables import Tables

__all__: list[str] = []  # serves other modules of the analysis only

Fault = tuple[int, int]
"""A domain and a figure; DOMAIN for all of the domain."""

DOMAIN = -1
_TRIES = 9


def hide_faults(tables: Tables, hidden: Hidden, exposed: Sequence[Sensitive]) -> bool:
    """Hide one cell for each question that is exposed (more where nothing else is left); whether there was any."""
    chosen: set[Fault] = set()
    served: set[int] = set()
    for one in exposed:
        one.failed += 1
    for one in exposed:
        found = _named(tables, hidden, one)
        if not found & chosen and (one.question not in served or one.failed == 2):
            served.add(one.question)
            chosen |= _choice(tables, hidden, one, found)
    for domain, figure in chosen:
        if figure == DOMAIN:
            hidden.domains[domain] = True
            hidden.figures[:, domain] = True
        else:
            hidden.figures[figure, domain] = True
    return bool(chosen)


def _choice(tables: Tables, hidden: Hidden, one: Sensitive, found: set[Fault]) -> set[Fault]:
    """What to hide for one exposed count, as often as it has failed."""
    if not hidden.domains[one.domain]:
        composites = {(d, f) for d, f in one.fixed_by if d == one.domain and _composite(tables, f)}
        if one.failed == 2 and composites:
            return composites
        if one.failed in (2, 3):
            return {(one.domain, DOMAIN)}
    elif one.failed > 2:
        here = _overlapping(tables, one) & found
        if here and one.failed <= _TRIES:
            return here
    if found and one.failed <= _TRIES:
        own = {fault for fault in found if fault[1] in (one.question, DOMAIN)} or found
        return {min(own, key=lambda fault: (_size(tables, one, fault), fault))}
    crossings = [int(tables.crossing[one.domain]), *(k for k, name in enumerate(tables.crossings) if name)]
    whole_domain = hidden.domains[one.domain] and one.failed <= _TRIES
    for crossing in () if whole_domain else crossings:
        shown = tables.published[one.question] & ~hidden.figures[one.question] & tables.listed
        left = np.flatnonzero(shown & (tables.crossing == crossing) & (tables.answers[one.question] > 0))
        if tables.crossings[crossing] and len(left):
            return {(int(domain), one.question) for domain in left}
    for crossing in crossings:
        left = np.flatnonzero((tables.crossing == crossing) & ~hidden.domains & tables.listed)
        if tables.crossings[crossing] and len(left):
            return {(int(left[np.lexsort((left, tables.persons[left]))[0]]), DOMAIN)}
    return set()


def _named(tables: Tables, hidden: Hidden, one: Sensitive) -> set[Fault]:
    """The shown cells but the whole that the prices name, and those of the same question that overlap with them."""
    whole = tables.places.get(("", ()))
    found = {(domain, figure) for domain, figure in one.fixed_by if domain != whole}
    for domain, figure in one.fixed_by:
        columns = tables.columns[tables.figures[figure]]
        if _composite(tables, figure):
            for question, name in enumerate(tables.figures):
                below = not _composite(tables, question) and np.isin(tables.columns[name], columns).any()
                shown = tables.published[question, domain] and tables.answers[question, domain] > 0
                if domain != whole and below and shown:
                    found.add((domain, question))
        elif tables.keys[domain][0] in tables.base:
            inside = tables.members[[domain]].toarray().ravel() > 0
            atoms = np.flatnonzero(inside & (tables.counts.answered[:, columns].max(axis=1) > 0))
            for crossing, domains in tables.base.items():
                for other in np.unique(domains[atoms]).tolist() if crossing else ():
                    found.add((other, figure if tables.published[figure, other] else DOMAIN))
    return {(d, f) for d, f in found if not (hidden.domains[d] if f == DOMAIN else hidden.figures[f, d])}


def _overlapping(tables: Tables, one: Sensitive) -> set[Fault]:
    """The cells that the prices name in domains which share an atom with the count."""
    atoms = tables.members[[one.domain]].toarray().ravel() > 0
    overlap = tables.members @ atoms.astype(float)
    return {(domain, figure) for domain, figure in one.fixed_by if overlap[domain] > 0}


def _size(tables: Tables, one: Sensitive, fault: Fault) -> int:
    domain, figure = fault
    return int(tables.answers[one.question if figure == DOMAIN else figure, domain])


def _composite(tables: Tables, figure: int) -> bool:
    return tables.figures[figure] in tables.counts.composites
