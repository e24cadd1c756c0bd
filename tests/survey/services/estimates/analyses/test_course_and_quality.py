"""The course of a wave and the quality of its answers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from analysis.monitoring import control_charts
from tests.factories.questionnaires import item
from tests.factories.record import Record
from tests.factories.results import Surveyed, document
from tests.factories.surveyed_waves import FIRST_DAY, analysed


def test_hasty_answers_are_flagged_and_the_rate_is_given_without_them(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.answer(unit, 20, 30)
    survey.answer(unit, 10, 0, pace=0)
    found = analysed(survey).quality
    assert found is not None
    assert (found.n, found.fast, found.flagged, found.straight) == (60, 10, 10, None)
    assert found.rate == pytest.approx(0.5)
    assert found.rate_without == pytest.approx(0.4)


@pytest.mark.parametrize(("hasty", "told"), [(1, False), (9, False), (10, True)])
def test_rate_without_the_flagged_answers_is_not_given_where_it_would_tell_the_answers_of_few(
    survey: Surveyed, hasty: int, told: bool
) -> None:
    unit = survey.unit()
    survey.answer(unit, 20, 30)
    survey.answer(unit, hasty, 0, pace=0)
    found = analysed(survey).quality
    assert found is not None
    assert found.flagged == hasty
    assert found.rate == pytest.approx((20 + hasty) / (50 + hasty))
    assert (found.rate_without is not None) is told


def test_answers_of_unknown_pace_are_not_hasty(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 40, 10, pace=None)
    found = analysed(survey).quality
    assert found is not None
    assert (found.n, found.fast) == (50, 0)


def test_more_answers_than_transactions_are_named(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.frame(unit, 40)
    survey.answer(unit, 30, 20)
    found = analysed(survey).quality
    assert found is not None
    assert [(one.unit, one.n, one.transactions) for one in found.above_frame] == [(unit.id, 50, 40)]


def test_day_of_a_flood_of_answers_stands_out(survey: Surveyed) -> None:
    unit = survey.unit()
    for n in range(8):
        survey.answer(unit, 60 if n == 5 else 6, 0, day=FIRST_DAY + timedelta(days=n))
    found = analysed(survey).quality
    assert found is not None
    (busy,) = found.busy_days
    assert (busy.n, busy.usual, date(1970, 1, 1) + timedelta(days=busy.day)) == (60, 6, date(2026, 11, 6))


def test_fall_in_the_course_of_the_wave_is_signalled_after_the_baseline(survey: Surveyed) -> None:
    unit = survey.unit()
    for n in range(30):
        good = 40 if n < 22 else 20
        survey.answer(unit, good - n % 2, 50 - good + n % 2, day=date(2026, 10, 1) + timedelta(days=n))
    found = analysed(survey).course
    assert found is not None
    assert (len(found.periods), found.baseline, found.short, found.breaks) == (30, 20, False, (22,))
    signalled = [n for n, period in enumerate(found.periods) if period.alarms]
    assert signalled[0] == 22
    assert not any(period.alarms for period in found.periods[:20])


def test_days_are_joined_until_a_period_has_enough_answers(survey: Surveyed) -> None:
    unit = survey.unit()
    for n in range(9):
        survey.answer(unit, 10, 2, day=FIRST_DAY + timedelta(days=n))
    found = analysed(survey).course
    assert found is not None
    assert [period.persons for period in found.periods] == [36, 36, 36]
    assert found.center is None


@pytest.mark.parametrize(("persons", "drawn"), [(29, False), (30, True)])
def test_course_shows_no_share_of_fewer_persons_than_a_period_needs(
    survey: Surveyed, persons: int, drawn: bool
) -> None:
    survey.answer(survey.unit(), persons - 2, 2)
    found = analysed(survey).course
    assert (found is not None) is drawn


def test_days_that_differ_by_the_week_are_no_signal_and_no_shift(survey: Surveyed) -> None:
    unit = survey.unit()
    for n in range(35):
        good = (47, 40, 47, 38, 46, 32, 45)[n % 7]
        survey.answer(unit, good, 50 - good, day=date(2026, 10, 1) + timedelta(days=n))
    found = analysed(survey).course
    assert found is not None
    assert found.baseline == 20
    assert not any(period.alarms for period in found.periods)
    assert found.breaks == ()
    z = control_charts.charts(
        np.array([2 * (47, 40, 47, 38, 46, 32, 45)[n % 7] for n in range(35)]), np.full(35, 100), baseline=20,
        design_effect=2.0,
    )  # fmt: skip
    assert z.p_chart_out  # each answer's pair counted, but not the days


def test_charts_of_the_course_are_those_of_the_analysis(survey: Surveyed) -> None:
    unit = survey.unit()
    counts = [(35 + n % 7, 15 - n % 7) for n in range(26)]
    for n, (good, bad) in enumerate(counts):
        survey.answer(unit, good, bad, day=date(2026, 10, 1) + timedelta(days=n))
    found, view = analysed(survey).course, survey.view().overall
    assert found is not None
    assert view is not None
    assert view.shown.effective_n is not None
    satisfied = np.array([2 * good for good, _ in counts])
    expected = control_charts.charts(
        satisfied, np.full(26, 100), baseline=20, design_effect=2600 / view.shown.effective_n
    )
    assert [period.low for period in found.periods] == pytest.approx(expected.lower, abs=0.0005)


def test_headline_that_is_a_score_is_neither_judged_nor_given_as_a_rate(record: Record) -> None:
    rules = [
        {"level": "item", "rule": "item_rate", "measure": "rate"},
        {"level": "overall", "rule": "mean_items_mean", "measure": "score", "headline": True},
    ]
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), indices=rules))
    for name in "ABC":
        unit = survey.unit(f"Phường {name}")
        survey.answer(unit, 40, 20)
        survey.answer(unit, 20, 20, channel=survey.qr)
        survey.answer(unit, 20, 10, channel=survey.qr, day=FIRST_DAY)
    assert survey.close() == 2
    found, view = analysed(survey), survey.view()
    assert view.overall is not None
    assert view.overall.shown.value == pytest.approx((40 * 4.5 + 20 * 2.5) / 60)
    assert view.overall.verdict is None
    assert found.standings is None
    assert found.quality is not None
    assert (found.quality.rate, found.quality.rate_without) == (None, None)
    assert found.beside_drawn is None or not [c for c in found.beside_drawn.contrasts if c.level == "overall"]
