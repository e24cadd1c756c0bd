"""Where reading a workbook writes down what it finds: problems that stop it, remarks that do not, and which part of
the document came from which row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from instruments.checks.problems import Problem
from instruments.xlsform.import_report import Remark
from instruments.xlsform.sheet_layout import OURS

MOST_PROBLEMS = 500


@dataclass
class Notes:
    """The problems and remarks that an import has found so far."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    """Path in the document → `survey!12`."""

    def problem(self, code: str, sheet: str, row: int | None = None, /, **params: str | int | float) -> None:
        """Something that stops the import."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code, f"{sheet}!{row}" if row else sheet, _short(params)))

    def remark(self, code: str, sheet: str, rows: tuple[int, ...] | int = (), /, **params: str | int | float) -> None:
        """Something that is not as it was in the file."""
        where = (rows,) if isinstance(rows, int) else rows
        self.remarks.append(Remark(code, sheet, where, _short(params)))

    def placed(self, problem: Problem) -> Problem:
        """A problem of the document, at the row that part of it came from."""
        return placed(self.places, problem)


def placed(places: Mapping[str, str], problem: Problem) -> Problem:
    """A problem with the row of the part it is about as its path."""
    where = problem.path
    if problem.code == "unknown-key":
        key = str(problem.params["key"])
        where = next((path for path in places if path.startswith(f"{where}.{key}" if where else key)), where)
    return Problem(problem.code, place(places, where) or OURS, problem.params)


def place(places: Mapping[str, str], path: str) -> str:
    """The row of a part of the document, of the nearest part around it, or the path itself."""
    around = path
    while around:
        if around in places:
            return places[around]
        around = re.sub(r"(\.[^.\[\]]*|\[\d+\]|^[^.\[\]]*)$", "", around)
    return path


def _short(params: dict[str, str | int | float]) -> dict[str, str | int | float]:
    return {
        key: value if not isinstance(value, str) or len(value) <= 120 else value[:119] + "…"
        for key, value in params.items()
    }
