"""How far every sensitive count may move, and which published cells hold those that may not move far enough.

Sensitive is the satisfied count of every column in a cell that is hidden for its own few people. It is protected
when it may range over as many people as answered, or three. (An option of a choice: over no more than chose it in all
hidden cells together; that nobody there did is seen from the shown ones.) The question is asked alone, then with those
that composites tie to it. Random sums settle most, the rest is asked for one by one, and the prices of what stays
fixed name the rows that fix it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from analysis.arrays import Floats, Ints
from analysis.disclosure.attack import PRICE, Programme, Sum
from analysis.disclosure.relation_rule import Hidden
from analysis.disclosure.tables import Tables
from analysis.disclosure.unknowns import (
    Known,
    RowsFile,
    Universe,
    composite_sums,
    known_persons,
    known_sums,
    questions_of,
    universes_of,
)

__all__: list[str] = []  # serves other modules of the analysis only

WIDTH = 3
JOINT = 4_000
"""So many unknowns at most of a programme of all questions at once: people who answered all of them move with all."""
_SUMS = 6
_NOISE = 1e-6


@dataclass(eq=False)
class Sensitive:
    """A count to protect: the satisfied of a column in a domain, of `n` answers.

    `up` and `down` it was seen to move, `failed` in so many rounds; `fixed_by` are the published cells that hold it.
    Where a domain has composites alone, one of its columns that moves moves these: `peers` are all of them, and it is
    enough that one moves far enough.
    """

    universe: int
    domain: int
    question: int
    column: int
    n: int
    need: float
    up: float = 0.0
    down: float = 0.0
    failed: int = 0
    fixed_by: frozenset[tuple[int, int]] = frozenset()
    peers: list[Sensitive] = field(default_factory=list)

    @property
    def width(self) -> float:
        return self.up + self.down

    @property
    def safe(self) -> bool:
        return any(one.width >= one.need - _NOISE for one in self.peers or (self,))


@dataclass(eq=False)
class _Stage:
    """One universe with what is known in it."""

    universe: Universe
    known: dict[int, Known]
    persons: Known
    sums: list[Sum] = field(default_factory=list)


class Bounds:
    """The sensitive counts of some tables; they keep what they were seen to move while more is hidden."""

    def __init__(self, tables: Tables, hidden: Hidden, *, seed: int) -> None:
        self._tables = tables
        self._questions = questions_of(tables)
        self._question = {m: one.figure for one in self._questions for m in one.columns if m >= 0}
        self._number = {one.figure: one for one in self._questions}
        self._universes = universes_of(tables)
        self._random = np.random.default_rng(seed)
        self.solves = 0
        self.sensitive = list(self._found(hidden))

    def attack(self, hidden: Hidden, done: Callable[[int, int], None]) -> list[Sensitive]:
        """The sensitive counts that are not protected by what is hidden, each with the cells that fix it."""
        self._hidden = hidden
        for place, universe in enumerate(self._universes):
            open_ = [one for one in self.sensitive if one.universe == place and not one.safe]
            for one in open_:
                one.fixed_by = frozenset()
            if not open_:
                continue
            stage = self._stage(universe, hidden)
            for one in open_:
                if len(self._number[one.question].columns) > 2 or self._number[one.question].capped:
                    chosen = universe.satisfied[stage.known[one.question].open, one.column].sum()
                    one.need = min(one.need, float(chosen))
            self._alone(stage, open_, done)
            groups: dict[frozenset[int], list[Sensitive]] = {}
            for one in open_:
                if not one.safe:
                    groups.setdefault(self._tied(stage, one.question), []).append(one)
            for questions, members in sorted(groups.items(), key=lambda pair: sorted(pair[0])):
                if len(questions) > 1:
                    self._ask(self._near(stage, hidden, questions, members), questions, members)
                    done(sum(one.safe for one in self.sensitive), len(self.sensitive))
            left = [one for one in open_ if not one.safe]
            if left and self._size(stage) <= JOINT:
                self._ask(stage, frozenset(stage.known), left)
                done(sum(one.safe for one in self.sensitive), len(self.sensitive))
        return [one for one in self.sensitive if not one.safe]

    def truth_of(self, one: Sensitive) -> float:
        """The sensitive count as it is."""
        universe = self._universes[one.universe]
        return float(universe.satisfied[universe.inside[one.domain], one.column].sum())

    def _found(self, hidden: Hidden) -> Iterable[Sensitive]:
        tables = self._tables
        peers: dict[tuple[int, int], list[Sensitive]] = {}
        for place, universe in enumerate(self._universes):
            for question in self._questions:
                here = universe.inside.any(axis=1) & hidden.small[question.figure]
                if universe.codes is not None:
                    here &= np.isin(np.arange(len(here)), universe.codes)
                elif place:
                    continue
                for domain in np.flatnonzero(here).tolist():
                    own = peers.setdefault((place, domain), [])
                    apart = bool(tables.published[question.figure, domain])
                    for column in question.columns:
                        n = int(tables.answered[domain, column]) if column >= 0 else 0
                        if n:
                            one = Sensitive(place, domain, question.figure, column, n, float(min(n, WIDTH)))
                            if not apart:
                                own.append(one)
                                one.peers = own
                            yield one

    def _stage(self, universe: Universe, hidden: Hidden) -> _Stage:
        tables = self._tables
        known = {one.figure: known_sums(tables, universe, hidden, one.figure) for one in self._questions}
        sums = [
            Sum(np.flatnonzero(universe.inside[domain]), columns, (domain, node))
            for domain, node, columns in composite_sums(tables, hidden, known, universe)
        ]
        return _Stage(universe, known, known_persons(tables, universe, hidden), sums)

    def _size(self, stage: _Stage) -> int:
        """How many unknowns a programme of all questions has."""
        return sum(int(known.open.sum()) * len(self._number[k].columns) for k, known in stage.known.items())

    def _alone(self, stage: _Stage, open_: Sequence[Sensitive], done: Callable[[int, int], None]) -> None:
        for figure in sorted({one.question for one in open_}):
            self._ask(stage, frozenset((figure,)), [one for one in open_ if one.question == figure])
            done(sum(one.safe for one in self.sensitive), len(self.sensitive))

    def _tied(self, stage: _Stage, question: int) -> frozenset[int]:
        """The questions that composites tie to one, one after another."""
        found, grown = {question}, True
        ties = {frozenset(self._question[m] for m in tie.columns) for tie in stage.sums}
        while grown:
            grown = False
            for own in ties:
                if own & found and not own <= found:
                    found |= own
                    grown = True
        return frozenset(found)

    def _near(self, stage: _Stage, hidden: Hidden, questions: frozenset[int], members: Sequence[Sensitive]) -> _Stage:
        """The same with those atoms alone that are open because a question is hidden in a shown domain."""
        if stage.universe.codes is not None:
            return stage
        file = RowsFile(self._tables, hidden)
        known, every = {}, np.zeros(len(stage.universe.persons), bool)
        for figure in questions:
            near = file.blank(figure)
            for one in members:
                if one.question == figure:
                    near = near | stage.universe.inside[one.domain]
            known[figure] = stage.known[figure].within(near)
            every |= near
        return _Stage(stage.universe, known, stage.persons.within(every), stage.sums)

    def _ask(self, stage: _Stage, questions: frozenset[int], members: Sequence[Sensitive]) -> None:
        """Let a programme of some questions move the sensitive counts in them."""
        columns = {m for figure in questions for m in self._number[figure].columns}
        sums = [one for one in stage.sums if columns & set(one.columns)]
        programme = Programme(
            stage.universe, [self._number[k] for k in sorted(questions)], stage.known, stage.persons, sums
        )
        rows = _rows(programme, stage.universe, members)
        if not rows.nnz:
            return
        start = rows @ programme.values

        def seen(point: Floats) -> None:
            for one, moved in zip(members, rows @ point - start, strict=True):
                one.up, one.down = max(one.up, float(moved)), max(one.down, -float(moved))

        programme.keep_to(rows.indices)
        if len(members) >= _SUMS:
            signs = self._random.choice([-1.0, 1.0], len(programme.values))
            for most in (True, False):
                seen(programme.furthest(signs, most=most)[0])
        for _ in range(_SUMS):
            left = np.array([not one.safe for one in members])
            if left.sum() < _SUMS:
                break
            cost = (self._random.choice([-1.0, 1.0], len(members)) * left) @ rows
            seen(programme.furthest(cost, most=True)[0])
        for place, one in enumerate(members):
            cost = rows[[place]].toarray().ravel()
            prices = np.zeros(len(programme.rows))
            for most in (True, False):
                if not one.safe:
                    point, price = programme.furthest(cost, most=most)
                    seen(point)
                    prices = np.maximum(prices, abs(price))
            if not one.safe:
                fixing = [programme.rows[k].cells for k in np.flatnonzero(prices > PRICE)]
                if not one.fixed_by or not self._hidden.domains[one.domain]:
                    one.fixed_by = frozenset(cell for cells in fixing for cell in cells)
        self.solves += programme.solves


def _rows(programme: Programme, universe: Universe, members: Sequence[Sensitive]) -> csr_array:
    """Sums (t, v) of the unknowns that make up each sensitive count."""
    found = [programme.places(np.flatnonzero(universe.inside[one.domain]), one.column) for one in members]
    rows = np.repeat(np.arange(len(found)), [len(places) for places in found])
    columns: Ints = np.concatenate([*found, np.empty(0, np.int64)]).astype(np.int64)
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(members), len(programme.values)))
