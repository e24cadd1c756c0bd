"""The course of a wave as a table of differences: no two points of it differ by a few people."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from survey.models.people.accounts import Role
from survey.models.province.units import Unit
from survey.permissions import system
from survey.services.estimates.analyses import reading
from survey.services.estimates.analyses.course import LEAST_ANSWERS, Course
from survey.services.estimates.analyses.making import Analyses
from survey.services.province import settings
from tests.factories.results import Surveyed

START = date(2026, 10, 24)
DAYS = 26


@pytest.fixture(autouse=True)
def units(survey: Surveyed) -> list[Unit]:
    """Wards of very different size in three fields, by day as it comes."""
    draw = np.random.default_rng(12)
    fields = [survey.record.field() for _ in range(4)]
    made = []
    for name, most in (("A", 18), ("B", 15), ("C", 17), ("D", 3)):
        unit = survey.unit(f"Phường {name}")
        made.append(unit)
        for day in range(DAYS):
            for field in fields:
                good, bad = (int(n) for n in draw.integers(0, most, 2))
                survey.answer(unit, good, bad // 3, field=field, day=START + timedelta(days=day))
    return made


def analysed(survey: Surveyed, days: int = 0) -> Analyses:
    now = survey.record.now + timedelta(days=days)
    return reading.read(survey.record.database, "W-1", "drawn", actor=system(), now=now).analyses


def points(course: Course) -> dict[int, int]:
    """How many people had answered by the last day of each period."""
    persons = np.cumsum([period.persons for period in course.periods])
    return {period.last: int(n) for period, n in zip(course.periods, persons, strict=True)}


@pytest.mark.parametrize(("minimum", "closed"), [(10, False), (10, True), (33, False)])
def test_points_differ_by_enough_people_and_so_does_what_the_units_leave(
    survey: Surveyed, minimum: int, closed: bool
) -> None:
    limits = {"minimum_cell": minimum, "judged_minimum": 33}
    settings.save(survey.record.database, system(), limits, now=survey.record.now)
    if closed:
        survey.close()
    found = analysed(survey)
    assert found.course is not None
    assert len(found.unit_courses) >= 1
    least = max(minimum, LEAST_ANSWERS)
    whole, units = points(found.course), [points(one.course) for one in found.unit_courses]
    for course in (whole, *units):
        steps = np.diff([0, *course.values()])
        assert (steps >= least).all()
    known = [day for day in whole if all(day in own or day < min(own) for own in units)]
    rest = [whole[day] - sum(own.get(day, 0) for own in units) for day in known]
    assert all(step == 0 or step >= least for step in np.diff([0, *rest]).tolist())


def test_points_of_a_running_wave_stay_when_later_steps_are_added(survey: Surveyed) -> None:
    before, unit_before = analysed(survey, -6), {one.unit: one.course for one in analysed(survey, -6).unit_courses}
    after = analysed(survey)
    assert before.course is not None
    assert after.course is not None
    pairs = [(before.course, after.course)]
    pairs += [(unit_before[one.unit], one.course) for one in after.unit_courses if one.unit in unit_before]
    assert len(pairs) >= 2
    for early, late in pairs:
        known = len(early.periods) - 1  # what had been left over joined the last one
        assert [(p.first, p.last, p.persons, p.share) for p in late.periods[:known]] == [
            (p.first, p.last, p.persons, p.share) for p in early.periods[:known]
        ]


def test_unit_is_left_out_of_every_readers_courses_or_of_none(survey: Surveyed, units: list[Unit]) -> None:
    database, now = survey.record.database, survey.record.now
    whole = {one.unit: one for one in analysed(survey).unit_courses}
    assert whole
    for unit in units:
        viewer = survey.person(Role.UNIT_VIEWER, unit)
        own = reading.read(database, "W-1", "drawn", actor=viewer, now=now).analyses.unit_courses
        assert list(own) == [one for one in whole.values() if one.unit == unit.id]
