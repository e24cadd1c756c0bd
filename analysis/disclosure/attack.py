"""Bounds of hidden counts by linear programming: how far a count may lie from the truth with all that is known.

One programme holds some questions of one universe, with the counts of all others at their true values. Every point
that it finds looks the same to the attacker in all questions, and does so when more is hidden; only what does not
move asks for a larger programme. There are at least as many persons as answered any of the questions that stay at the
truth. Costs are changed, the basis is kept (HiGHS, primal simplex).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from analysis.arrays import Floats, Ints
from analysis.disclosure.unknowns import Known, Question, Universe, truth

__all__: list[str] = []  # serves other modules of the analysis only

PRICE = 1e-7
_FAR = 1_000.0
_DUAL, _PRIMAL = 1, 4  # of HiGHS: simplex_strategy


@dataclass(frozen=True)
class Sum:
    """A known sum of a composite in a domain: over which atoms (a,) and columns, and the cell that publishes it."""

    atoms: Ints
    columns: tuple[int, ...]
    cell: tuple[int, int]


@dataclass(frozen=True)
class Row:
    """A row of a programme: the published cells (domain, figure) that fix it; none for persons and rows alike."""

    places: Ints
    factors: Floats
    cells: tuple[tuple[int, int], ...]


class _Quiet(highspy.Highs):
    """HiGHS without callbacks, of which none is used: setting them up prints its banner to the standard output."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the name is theirs
        pass


class Programme:
    """The open parts of some questions, whose sums are known."""

    def __init__(
        self,
        universe: Universe,
        questions: Sequence[Question],
        known: Mapping[int, Known],
        persons: Known,
        composites: Sequence[Sum],
    ) -> None:
        self._at: dict[int, Ints] = {}  # column of counts -> place (a,) of its unknown in each atom, -1 if it is known
        self._others: dict[int, list[Ints]] = {}  # the same of the people beside the satisfied ones
        values: list[Floats] = []
        upper: list[Floats] = []
        equal: list[Row] = []
        capped: list[tuple[Ints, Floats]] = []  # places of parts and of persons, who are at least as many, with factors
        room: list[float] = []  # what stands on the right of those
        people, size = np.full(len(universe.persons), -1), int(persons.open.sum())
        people[persons.open] = np.arange(size)
        values.append(universe.persons[persons.open].astype(np.float64))
        upper.append(np.asarray(universe.persons[persons.open] + _FAR, np.float64))  # more would be as good a cover
        asked = {column for question in questions for column in question.columns}
        beside = [column for column in range(universe.answered.shape[1]) if column not in asked]
        self._least = universe.answered[persons.open][:, beside].max(axis=1, initial=0.0)
        equal += [Row(people[row], np.ones(row.sum()), ()) for row in persons.rows]
        for question in questions:
            own_known, atoms = known[question.figure], np.flatnonzero(known[question.figure].open)
            parts = truth(universe, question)[atoms]
            places = size + np.arange(parts.size).reshape(parts.shape)
            size += parts.size
            values.append(parts.ravel())
            most = universe.answered[atoms][:, [max(question.columns[0], 0)]] if question.capped else np.inf
            upper.append(np.broadcast_to(most, parts.shape).ravel())
            whole = np.full((len(universe.persons), parts.shape[1]), -1)
            whole[atoms] = places
            columns = [m for m in question.columns if m >= 0]
            for k, column in enumerate(columns):
                self._at[column] = whole[:, k]
                others = [] if question.capped else [whole[:, j] for j in range(parts.shape[1]) if j != k]
                self._others[column] = others
            for row, cells in zip(own_known.rows, own_known.cells, strict=True):
                equal += [Row(whole[row, k], np.ones(row.sum()), cells) for k in range(parts.shape[1])]
            if not question.capped:
                for own, atom in zip(places, atoms.tolist(), strict=True):
                    if people[atom] >= 0:
                        capped.append((np.append(own, people[atom]), np.append(np.ones(len(own)), -1.0)))
                        room.append(0.0)
                    else:
                        capped.append((own, np.ones(len(own))))
                        room.append(float(universe.persons[atom]))
        for one in composites:
            equal += self._sums(one)
        self.values = np.concatenate([*values, np.empty(0)])
        self.rows = tuple(equal)
        self.columns = frozenset(self._at)
        self.solves = 0
        self._model = self._made(np.concatenate([*upper, np.empty(0)]), capped, room)
        self._all = np.arange(size, dtype=np.int32)

    def places(self, atoms: Ints, column: int) -> Ints:
        """The unknowns (k,) of the satisfied of a column in some atoms."""
        found = self._at[column][atoms]
        return found[found >= 0]

    def furthest(self, cost: Floats, *, most: bool) -> tuple[Floats, Floats]:
        """The point (v,) where a sum of the unknowns is largest or smallest, and the prices (r,) of the rows."""
        model = self._model
        model.changeColsCost(len(cost), self._all, np.where(most, -cost, cost))
        model.run()
        self.solves += 1
        status = model.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"HiGHS found {status} where an optimum was expected: {len(self.values)} unknowns.")
        solution = model.getSolution()
        return np.array(solution.col_value), np.array(solution.row_dual)[: len(self.rows)]

    def keep_to(self, places: Ints) -> None:
        """Leave at the truth whatever has nothing to do with some unknowns (k,), and find a first point."""
        links = self._matrix.tocoo()
        size = len(self.values)
        ends = (links.col, size + links.row)
        _, part = connected_components(
            coo_array((np.ones(links.nnz), ends), shape=(sum(links.shape),) * 2), directed=False
        )
        part = part[:size]
        apart = np.flatnonzero(~np.isin(part, np.unique(part[places]))).astype(np.int32)
        self._model.changeColsBounds(len(apart), apart, self.values[apart], self.values[apart])
        self._model.setOptionValue("simplex_strategy", _DUAL)
        self._model.run()  # without costs, to a first point
        self._model.setOptionValue("simplex_strategy", _PRIMAL)

    def _sums(self, one: Sum) -> list[Row]:
        """The satisfied, and the others, of a composite in a domain."""
        satisfied = [self._at[m][one.atoms] for m in one.columns if m in self._at]
        others = [place[one.atoms] for m in one.columns if m in self._at for place in self._others[m]]
        found = []
        for part in (satisfied, others):
            places = np.concatenate([*part, np.empty(0, np.int64)]).astype(np.int64)
            places, times = np.unique(places[places >= 0], return_counts=True)
            if len(places):
                found.append(Row(places, times.astype(np.float64), (one.cell,)))
        return found

    def _made(self, upper: Floats, capped: Sequence[tuple[Ints, Floats]], room: Sequence[float]) -> highspy.Highs:
        size = len(self.values)
        rows = [row.places for row in self.rows] + [places for places, _ in capped]
        factors = [row.factors for row in self.rows] + [own for _, own in capped]
        pointer = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int32)
        index = np.concatenate([*rows, np.empty(0, np.int64)]).astype(np.int32)
        value = np.concatenate([*factors, np.empty(0)])
        matrix = csr_array((value, index, pointer), shape=(len(rows), size))
        self._matrix = matrix
        activity = matrix @ self.values
        low, high = activity.copy(), activity.copy()
        low[len(self.rows) :] = -np.inf
        high[len(self.rows) :] = room
        model = _Quiet()  # type: ignore[no-untyped-call]
        for name, setting in (("output_flag", False), ("presolve", "off"), ("threads", 1)):
            model.setOptionValue(name, setting)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = size, len(rows)
        lower = np.zeros(size)
        lower[: len(self._least)] = self._least
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.zeros(size), lower, upper
        lp.row_lower_, lp.row_upper_ = low, high
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = pointer, index, value
        model.passModel(lp)
        return model
