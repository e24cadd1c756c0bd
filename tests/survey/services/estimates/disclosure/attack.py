"""An attacker who has RESULT.json, knows how many answered everywhere a figure is shown, and solves for the rest.

The formulation is on its own: every unit × field × question has a number satisfied and a number not satisfied; what the
file shows are sums of them. It is solved with SciPy, not with the program's own audit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog

Place = tuple[str, str]  # codes of a unit and a field
Truth = Mapping[tuple[Place, str], tuple[int, int]]  # of a place and a question: satisfied, not satisfied


@dataclass(frozen=True)
class Cell:
    """One figure of the file: where, of which questions, how many answered, and whether it is hidden."""

    domain: tuple[tuple[str, str], ...]
    items: tuple[str, ...]
    hidden: bool

    def columns(self, truth: Truth) -> list[tuple[Place, str]]:
        """The places and questions whose answers this figure is a sum of."""
        wanted = dict(self.domain)
        return [
            (place, item)
            for place, item in truth
            if item in self.items
            and wanted.get("unit", place[0]) == place[0]
            and wanted.get("field", place[1]) == place[1]
        ]


def cells_of(result: Mapping[str, Any], composites: Mapping[str, tuple[str, ...]]) -> Iterator[Cell]:
    """The rates of a result; of facts, and of figures that are no rates, none."""
    for entry in result["estimates"]:
        if not set(entry["domain"]) <= {"unit", "field"} or not entry["measure"].endswith("_rate"):
            continue
        name = entry["variable"]
        hidden = "suppressed" in entry["flags"]
        assert (entry["estimate"] is None) is (hidden or entry["n"] == 0)
        assert not hidden or (entry["n"], entry["interval"]) == (None, {})
        yield Cell(tuple(sorted(entry["domain"].items())), composites.get(name, (name,)), hidden)


def widths(
    result: Mapping[str, Any], composites: Mapping[str, tuple[str, ...]], truth: Truth
) -> dict[Cell, tuple[int, float]]:
    """For every hidden figure of one question: how many answered, and between how many satisfied it leaves a doubt."""
    cells = list(cells_of(result, composites))
    known = list(truth)
    place = {column: k for k, column in enumerate(known)}
    values = np.array([truth[column] for column in known], np.float64).T.reshape(-1)  # all satisfied, then the others
    rows = []
    for cell in cells:
        if not cell.hidden:
            for side in (0, len(known)):
                row = np.zeros(2 * len(known))
                row[[side + place[column] for column in cell.columns(truth)]] = 1
                rows.append(row)
    found = {}
    for cell in cells:
        inside = cell.columns(truth)
        n = sum(sum(truth[column]) for column in inside)
        if not cell.hidden or len(cell.items) > 1 or not n:
            continue
        aim = np.zeros(2 * len(known))
        aim[[place[column] for column in inside]] = 1
        found[cell] = n, _range(aim, np.array(rows), values)
    return found


def _range(aim: np.ndarray, rows: np.ndarray, values: np.ndarray) -> float:
    ends = []
    for sign in (1, -1):
        solved = linprog(sign * aim, A_eq=rows, b_eq=rows @ values, bounds=(0, None), method="highs")
        if solved.status == 3:  # unbounded
            return np.inf
        assert solved.status == 0, solved.message
        ends.append(sign * solved.fun)
    return float(ends[1] - ends[0])
