"""Finds the units whose answers shifted while the wave ran, beyond the false alarms that so many charts raise.

Units with fewer than fifteen periods have no limits and no place here. Many charts raise many false alarms: the family
says how many units would signal although nothing changes, and a shift counts as more than chance only by Benjamini and
Hochberg over all units shown (the expected share of false ones is at most 5 %).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.inference.estimate_tables import EstimateTable
from analysis.inference.verdicts import benjamini_hochberg
from survey.services.estimates.analyses.course import LEAST_ANSWERS, Course, DaySums, course

FALSE_SHARE = 0.05


@dataclass(frozen=True)
class UnitCourse:
    """One unit. `adjusted` is its p-value within the family of units it is shown with."""

    unit: int
    course: Course
    adjusted: float | None = None

    @property
    def persons(self) -> int:
        return sum(period.persons for period in self.course.periods)

    @property
    def shifted(self) -> bool:
        """Whether it signals, and more than chance explains in a family of so many."""
        return bool(self.course.signals) and self.adjusted is not None and self.adjusted <= FALSE_SHARE


def unit_courses(sums: DaySums, table: EstimateTable, *, minimum: int) -> tuple[UnitCourse, ...]:
    """The courses with limits, by unit. `table` has the headline figure of each unit."""
    whole = {int(code): table.row(place) for place, code in enumerate(table.domain["unit"].tolist())}
    made = []
    for unit in np.unique(sums.unit).tolist():
        found = course(sums.of(unit), whole.get(unit), minimum=minimum)
        if found is not None and found.center is not None:
            made.append(UnitCourse(unit, found))
    return tuple(made)


def family(
    found: Sequence[UnitCourse], whole: Course | None, *, units: Collection[int], minimum: int
) -> tuple[UnitCourse, ...]:
    """Those of some units that may be shown together and beside the course of the `whole`.

    No period of fewer than `minimum` people. What is left of the whole when the units shown are taken away must be as
    many, in every stretch of days in which that is known: until it is, the unit with the fewest answers is left out.
    """
    shown = [one for one in found if one.unit in units and one.course.tells_no_few(minimum)]
    shown.sort(key=lambda one: (-one.persons, one.unit))
    while whole is not None and shown and _leaves_few(whole, shown, max(minimum, LEAST_ANSWERS)):
        shown.pop()
    adjusted = benjamini_hochberg(np.array([np.nan if o.course.p_value is None else o.course.p_value for o in shown]))
    made = [replace(one, adjusted=float(p)) for one, p in zip(shown, adjusted, strict=True)]
    return tuple(sorted(made, key=lambda one: (one.adjusted, one.unit)))


def expected_by_chance(shown: Sequence[UnitCourse]) -> float:
    """How many of these units would signal on average although nothing changes at any."""
    return sum(one.course.chance or 0.0 for one in shown)


def _leaves_few(whole: Course, shown: Sequence[UnitCourse], least: int) -> bool:
    """Whether few other people answered between two days for which the whole and all shown units are known."""
    before = 0
    for day in (period.last for period in whole.periods):
        known = [_until(one.course, day) for one in shown]
        if any(count is None for count in known):
            continue
        rest = (_until(whole, day) or 0) - sum(count or 0 for count in known)
        if 0 < rest - before < least:
            return True
        before = rest
    return False


def _until(found: Course, day: int) -> int | None:
    """How many people answered until the end of a day, where the periods tell; None inside a period."""
    counted = 0
    for period in found.periods:
        if day < period.first:
            return counted
        if day < period.last:
            return None
        counted += period.persons
    return counted
