"""One pattern of hidden cells for everything published of a wave, attacked before it is published.

The attacker knows every shown cell and the file of rows, and asks how far each hidden count of few people may lie
from any other record that looks the same: linear programmes over unweighted counts (`unknowns`, `attack`, `bounds`).
What he can bound too closely costs published cells, which the prices of the programme name (`faults`).

Not seen: rates given to many digits (weights make one whole-number solution of them), counts being whole numbers,
what respondents' other answers and facts tell in the file of rows, and that the questions of one hidden cell were
answered by the same persons beyond each question's own bound. Composites that are means of rates count as pooled sums,
means of numbers as rates. After Fischetti and Salazar (2001).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from analysis.disclosure.bounds import Bounds, Sensitive
from analysis.disclosure.counts import AnswerCounts, Cell
from analysis.disclosure.faults import hide_faults
from analysis.disclosure.relation_rule import close, given, small_cells
from analysis.disclosure.rules import DisclosureRule
from analysis.disclosure.tables import Tables

__all__ = ["AuditReport", "Exposed", "Protection", "audit", "protect"]

Progress = Callable[[int, int], None]
_SEED = 20200414


@dataclass(frozen=True)
class Exposed:
    """A hidden cell that can be worked out too closely: `low` to `high` satisfied of `n` answers to a column."""

    cell: Cell
    column: str
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class AuditReport:
    """What was hidden and what an attack on it found.

    Cells (a figure of a domain, with somebody's answers): `published` if nothing were hidden, hidden as `small`, as
    `complement` by the relation rule, as `audited` by the attack. `sensitive` counts were attacked with `solves`
    programmes in `rounds`; `failures` were exposed in each. `narrowest` is the least that one was seen to move, in
    people; `exposed` those that are still bounded too closely.
    """

    minimum: int
    published: int
    small: int
    complement: int
    audited: int
    sensitive: int
    solves: int
    rounds: int
    failures: tuple[int, ...]
    narrowest: float | None
    exposed: tuple[Exposed, ...]
    seconds: float = field(default=0.0, compare=False)

    @property
    def safe(self) -> bool:
        return not self.exposed


@dataclass(frozen=True)
class Protection:
    """The hidden cells, each "small" or "complement", and what the audit found. A hidden domain hides its figures."""

    pattern: Mapping[Cell, str]
    report: AuditReport


def protect(
    counts: AnswerCounts,
    published: Mapping[str, tuple[str, ...]],
    rule: DisclosureRule,
    *,
    since: Mapping[Cell, int] | None = None,
    progress: Progress | None = None,
) -> Protection:
    """The cells to hide of all that is published: those of few people, and what protects them.

    `published` says which figures are published in each crossing. `since` are the people of each cell as last
    published: a cell that differs by fewer than the minimum is hidden as well. `progress` is told how many sensitive
    counts of all are protected.
    """
    began = time.perf_counter()
    before = since or {}
    tables = Tables(counts, published)
    hidden = small_cells(tables, rule.minimum, before)
    close(tables, hidden, rule.minimum, before)
    related = hidden.figures.copy()
    bounds = Bounds(tables, hidden, seed=_SEED)
    failures: list[int] = []
    while exposed := bounds.attack(hidden, progress or _nobody):
        failures.append(len(exposed))
        if not hide_faults(tables, hidden, exposed):
            break
        close(tables, hidden, rule.minimum, before)
    shown = tables.published & tables.listed & (tables.answers > 0)
    small = shown & hidden.small
    report = _report(rule, tables, bounds, failures, exposed, time.perf_counter() - began, published=int(shown.sum()),
                     small=int(small.sum()), complement=int((shown & related & ~small).sum()),
                     audited=int((shown & hidden.figures & ~related).sum()))  # fmt: skip
    return Protection(hidden.pattern(tables), report)


def audit(
    counts: AnswerCounts,
    published: Mapping[str, tuple[str, ...]],
    pattern: Mapping[Cell, str],
    rule: DisclosureRule,
    *,
    hidden_blank: bool = True,
    progress: Progress | None = None,
) -> AuditReport:
    """What an attacker finds in a pattern as it is: nothing is hidden beyond it.

    A cell of few people that the pattern shows is exposed as it stands. With `hidden_blank` nobody publishes how many
    gave no code of a fact; without it they are known to the attacker.
    """
    began = time.perf_counter()
    tables = Tables(counts, published, blank=hidden_blank)
    hidden = given(tables, pattern, rule.minimum)
    bounds = Bounds(tables, hidden, seed=_SEED)
    exposed = bounds.attack(hidden, progress or _nobody)
    shown = tables.published & tables.listed & (tables.answers > 0)
    small = shown & hidden.small & hidden.figures
    return _report(rule, tables, bounds, [len(exposed)] if exposed else [], exposed, time.perf_counter() - began,
                   published=int(shown.sum()), small=int(small.sum()),
                   complement=int((shown & hidden.figures & ~small).sum()), audited=0)  # fmt: skip


def _nobody(_done: int, _total: int) -> None:
    """Nobody waits for progress."""


def _report(
    rule: DisclosureRule, tables: Tables, bounds: Bounds, failures: list[int], exposed: list[Sensitive],
    seconds: float, *, published: int, small: int, complement: int, audited: int,
) -> AuditReport:  # fmt: skip
    found = []
    for one in exposed:
        value = float(bounds.truth_of(one))
        cell = tables.cell(one.domain, one.question)
        name = tables.counts.names[one.column]
        found.append(Exposed(cell, name, value - one.down, value + one.up, one.n))
    counted = {id(one.peers or one): one.peers or [one] for one in bounds.sensitive}
    narrowest = min((max(one.width for one in peers) for peers in counted.values()), default=None)
    return AuditReport(
        rule.minimum, published, small, complement, audited, len(counted), bounds.solves, len(failures) + 1,
        tuple(failures), narrowest, tuple(found), seconds,
    )  # fmt: skip
