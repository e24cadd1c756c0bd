"""The course of each unit: which shifted beyond chance, what chance alone raises, and who may see whose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from analysis.monitoring import control_charts
from survey.models.people.accounts import Account, Role
from survey.models.province.units import Unit
from survey.permissions import Actor, system
from survey.services.estimates.analyses import reading
from survey.services.estimates.analyses.course import Course, Period
from survey.services.estimates.analyses.unit_courses import UnitCourse, expected_by_chance, family
from survey.services.estimates.results_cache import KeptResults
from survey.services.files import analysis_tables
from survey.services.files.result_tables import Words
from tests.factories.results import Surveyed
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]
START = date(2026, 10, 1)
PAGE = "/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn"


def wards(survey: Surveyed, names: str = "ABC", days: int = 28) -> list[Unit]:
    """Forty answers a day at each; at the first the share falls after 20 days."""
    units = [survey.unit(f"Phường {name}", code=f"p-{name.lower()}") for name in names]
    for place, unit in enumerate(units):
        for n in range(days):
            good = (34, 33, 35, 34)[(n + place) % 4] - (14 if place == 0 and n >= 20 else 0)
            survey.answer(unit, good, 40 - good, day=START + timedelta(days=n))
    return units


def courses(survey: Surveyed, actor: Actor | None = None) -> tuple[UnitCourse, ...]:
    found = reading.read(survey.record.database, "W-1", "drawn", actor=actor or system(), now=survey.record.now)
    return found.analyses.unit_courses


def test_unit_that_fell_is_named_and_the_others_are_not(survey: Surveyed) -> None:
    units = wards(survey)
    found = courses(survey)
    assert {one.unit for one in found} == {unit.id for unit in units}
    assert [one.unit for one in found if one.shifted] == [units[0].id]
    first = found[0].course
    assert first.signals[0].first == (START + timedelta(days=20) - date(1970, 1, 1)).days
    assert 0 < expected_by_chance(found) < len(found)


def test_unit_with_too_few_periods_has_no_course(survey: Surveyed) -> None:
    wards(survey)
    small = survey.unit("Phường nhỏ")
    for n in range(14):
        survey.answer(small, 25, 10, day=START + timedelta(days=n))
    assert small.id not in {one.unit for one in courses(survey)}


def test_viewer_of_a_running_wave_sees_the_course_of_the_own_unit_until_yesterday(survey: Surveyed) -> None:
    units = wards(survey)
    today = survey.record.now.date()
    survey.answer(units[1], 0, 40, day=today)
    viewer = survey.person(Role.UNIT_VIEWER, units[1])
    found = courses(survey, viewer)
    assert [one.unit for one in found] == [units[1].id]
    assert found[0].persons == 28 * 40
    assert next(one.persons for one in courses(survey) if one.unit == units[1].id) == 28 * 40
    tomorrow = survey.record.now + timedelta(days=1)
    after = reading.read(survey.record.database, "W-1", "drawn", actor=viewer, now=tomorrow).analyses.unit_courses
    assert [one.persons for one in after] == [29 * 40]
    survey.close()
    assert [one.unit for one in courses(survey, viewer)] == [units[1].id]


def test_every_reader_sees_the_same_course_of_a_unit(survey: Surveyed) -> None:
    units = wards(survey)
    kept, now, database = KeptResults(), survey.record.now, survey.record.database
    readers = (system(), survey.analyst(), survey.person(Role.UNIT_VIEWER, units[1]))
    read = [
        reading.read(database, "W-1", "drawn", actor=actor, now=now, kept=kept).analyses.unit_courses
        for actor in readers
    ]
    first, *others = ([one for one in found if one.unit == units[1].id] for found in read)
    assert len(first) == 1
    assert others == [first, first]
    assert {one.unit for one in read[2]} == {units[1].id}


def test_page_shows_the_course_of_the_unit_that_was_chosen(survey: Surveyed, sign_in: SignIn) -> None:
    wards(survey)
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    page = client.get(PAGE)
    assert "Tại 1 đơn vị, diễn biến có thay đổi vượt mức ngẫu nhiên" in page.text
    assert '<option value="p-b">' in page.response.text
    assert "%%" not in page.text
    assert "Phường B: Tỷ lệ" not in page.response.text
    assert "Phường B: Tỷ lệ" in client.get(f"{PAGE}&don-vi=p-b").response.text


def test_unit_of_others_is_answered_like_one_that_does_not_exist(survey: Surveyed, sign_in: SignIn) -> None:
    units = wards(survey)
    client = sign_in(survey.record.account((Role.UNIT_VIEWER, units[1], ("admin",))))
    pages = [client.get(f"{PAGE}&don-vi={code}").text for code in ("p-a", "khong-co")]
    for text in pages:
        assert "Đơn vị này không có diễn biến riêng" in text
        assert "Phường A" not in text


def test_sheet_has_a_line_for_each_unit(survey: Surveyed) -> None:
    wards(survey)
    found = reading.read(survey.record.database, "W-1", "drawn", actor=system(), now=survey.record.now)
    sheets = {t.name: list(t.rows) for t in analysis_tables.tables(found.view, found.analyses, Words.of("en"))}
    rows = sheets["Course by unit"]
    assert rows[0][0] == "Phường A"
    assert [row[-1] for row in rows] == ["yes", "not proven", "not proven"]
    assert [list(row)[2:4] for row in rows] == [[1120, 28]] * 3


# --- what the units shown leave of the whole -------------------------------------------------------------------------


def made(persons: list[int], unit: int = 0) -> UnitCourse:
    periods = tuple(Period(day, day, n, 0.9) for day, n in enumerate(persons) if n)
    return UnitCourse(unit, Course(periods, 0.9, 10, chance=0.1, p_value=0.5))


def test_unit_is_left_out_when_the_whole_less_those_shown_would_be_a_few_people_of_a_day() -> None:
    a, b, few = [40] * 15, [35] * 15, [3] * 15
    whole = made([sum(day) for day in zip(a, b, few, strict=True)]).course
    shown = family([made(a, 1), made(b, 2)], whole, units={1, 2}, minimum=10)
    assert [one.unit for one in shown] == [1]
    assert {one.unit for one in family([made(a, 1), made(b, 2)], None, units={1, 2}, minimum=10)} == {1, 2}


def test_units_that_are_all_there_is_leave_nobody_and_are_shown() -> None:
    a, b = [40] * 15, [35] * 15
    whole = made([75] * 15).course
    assert len(family([made(a, 1), made(b, 2)], whole, units={1, 2}, minimum=10)) == 2


def test_hidden_unit_and_period_below_the_minimum_are_not_shown() -> None:
    found = [made([40] * 15, 1), made([40] * 14 + [12], 2)]
    assert [one.unit for one in family(found, None, units={2}, minimum=10)] == [2]
    assert family(found, None, units={2}, minimum=13) == ()


# --- chance ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("baseline", "watched", "rate"), [(20, 20, 0.5), (10, 15, 0.8), (20, 30, 0.92)])
def test_chance_of_a_signal_is_how_often_counts_signal_that_do_not_change(
    baseline: int, watched: int, rate: float
) -> None:
    n, draws = 60, 3000
    counts = np.random.default_rng(8).binomial(n, rate, (draws, baseline + watched)).astype(float)
    size, signals = np.full(baseline + watched, float(n)), 0
    for row in counts:
        own = control_charts.charts(row[:baseline], size[:baseline], baseline=baseline)
        wide = max(1.0, control_charts.unrest(own.z))
        found = control_charts.charts(row, size, baseline=baseline, design_effect=wide)
        signals += control_charts.strength(found, baseline) > 1
    (strengths,) = control_charts.unchanged(
        baseline, [watched], skewness=(1 - 2 * rate) / (n * rate * (1 - rate)) ** 0.5
    )
    assert (strengths > 1).mean() == pytest.approx(signals / draws, abs=0.03)
    assert 0.02 < signals / draws < 0.4


def test_strength_above_one_is_a_signal_of_one_of_the_charts() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        found = control_charts.charts(rng.binomial(50, 0.8, 40).astype(float), np.full(40, 50.0), baseline=20)
        alarms = (*found.p_chart_out, *found.ewma_out, *found.cusum_out_high, *found.cusum_out_low)
        assert (control_charts.strength(found, 20) > 1) == any(period > 20 for period in alarms)
