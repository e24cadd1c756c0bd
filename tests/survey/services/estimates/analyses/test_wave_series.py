"""The same figure over several waves: joined where the wording is the same, and never across a break."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from analysis.inference.estimate_tables import Estimate
from survey.services.estimates.analyses.wave_series import FigureSeries, WaveOf, wave_series
from tests.factories.results import Surveyed
from tests.factories.surveyed_waves import analysed, reworded, wave_before

WHOLE = ("overall", "")
FACTOR = ("factor", "F1")


def estimate(rate: float, se: float = 0.01, n: int = 500) -> Estimate:
    return Estimate("r", "overall", None, {}, n, n, float(n), rate, se, n - 1, None, None, None,
                    {"logit": (rate - 2 * se, rate + 2 * se)})  # fmt: skip


def waves(rates: list[float], *, months: int = 3, broken: tuple[int, ...] = (), se: float = 0.01) -> list[WaveOf]:
    made = []
    for place, rate in enumerate(rates):
        month = months * place
        opens = date(2022 + month // 12, month % 12 + 1, 1)
        same = frozenset() if place in broken else frozenset({WHOLE})
        made.append(WaveOf(f"W-{place}", f"Đợt {place}", opens, opens + timedelta(days=20),
                           {WHOLE: estimate(rate, se)}, same))  # fmt: skip
    return made


def one(found: tuple[FigureSeries, ...]) -> FigureSeries:
    assert [(figure.level, figure.target) for figure in found] == [WHOLE]
    return found[0]


def test_a_rise_is_told_since_the_first_and_since_the_wave_before() -> None:
    found = one(wave_series(waves([0.80, 0.82, 0.85, 0.88])))
    assert found.changed
    last = found.last
    assert last.since_first is not None
    assert last.since_before is not None
    assert (last.since_first.difference, last.since_first.certain) == (pytest.approx(0.08), True)
    assert (last.since_before.difference, last.since_before.certain) == (pytest.approx(0.03), False)
    assert found.points[0].since_before is None
    assert found.slope is not None
    year = 90 / 365.25  # from quarter to quarter, about
    assert found.slope.difference == pytest.approx(0.027 / year, rel=0.03)
    assert found.slope.low < found.slope.difference < found.slope.high


def test_nothing_joins_the_two_sides_of_a_break() -> None:
    found = one(wave_series(waves([0.60, 0.61, 0.90, 0.905, 0.91], broken=(2,))))
    assert [point.broken for point in found.points] == [False, False, True, False, False]
    assert [point.rate for point in found.points] == [0.60, 0.61, 0.90, 0.905, 0.91]
    assert [point.since_first is None for point in found.points] == [True, True, True, False, False]
    assert (found.tested, found.changed) == (3, False)
    assert found.last.since_first is not None
    assert found.last.since_first.difference == pytest.approx(0.01)


def test_a_wave_of_one_opinion_is_shown_and_not_tested() -> None:
    made = waves([0.80, 0.82, 1.0, 0.84])
    made[2] = WaveOf(
        "W-2", "Đợt 2", made[2].opens_on, made[2].closes_on, {WHOLE: estimate(1.0, 0.0)}, frozenset({WHOLE})
    )
    found = one(wave_series(made))
    assert found.tested == 3
    assert (found.points[2].rate, found.points[2].since_before) == (1.0, None)
    assert found.last.since_before is not None
    assert found.last.since_before.difference == pytest.approx(0.02)  # since the last wave that was tested


@pytest.mark.parametrize(
    ("rates", "months", "season"),
    [(7, 3, "few"), (8, 3, "yes"), (8, 1, "few"), (24, 1, "yes"), (9, 2, "irregular"), (9, 6, "irregular")],
)
def test_a_season_needs_waves_evenly_spaced_over_two_years(rates: int, months: int, season: str) -> None:
    found = one(wave_series(waves([0.8 + 0.02 * (k % 2) for k in range(rates)], months=months)))
    assert found.season == season
    assert (found.last.season is not None) == (season == "yes")
    if season == "yes":
        assert found.strength == pytest.approx(1, abs=0.1)


def test_two_waves_are_no_series_and_other_figures_are_adjusted_together() -> None:
    assert wave_series(waves([0.8, 0.9])) == ()
    made = [
        WaveOf(w.wave, w.title, w.opens_on, w.closes_on,
               {WHOLE: w.figures[WHOLE], FACTOR: w.figures[WHOLE], ("factor", "F2"): w.figures[WHOLE]},
               frozenset({WHOLE, FACTOR, ("factor", "F2")}))
        for w in waves([0.80, 0.81, 0.84])
    ]  # fmt: skip
    whole, *rest = wave_series(made)
    assert whole.changed_p is not None
    assert [figure.changed_p for figure in rest] == [pytest.approx(2 * whole.changed_p)] * 2


def test_closed_waves_of_a_campaign_are_one_series(survey: Surveyed) -> None:
    unit = survey.unit()
    wave_before(survey, unit, 60, 40, code="W-A", first=date(2026, 2, 1))
    wave_before(survey, unit, 75, 25, code="W-B", first=date(2026, 5, 1))
    wave_before(survey, unit, 80, 20)
    survey.answer(unit, 90, 10)
    assert analysed(survey).series == ()  # still running
    survey.close()
    found = analysed(survey).series[0]
    assert [point.wave for point in found.points] == ["W-A", "W-B", "W-0", "W-1"]
    assert [point.rate for point in found.points] == [pytest.approx(r) for r in (0.6, 0.75, 0.8, 0.9)]
    assert found.changed
    weights = 99 / np.array([0.6 * 0.4, 0.75 * 0.25, 0.8 * 0.2, 0.9 * 0.1])  # by hand: Welch
    share, rates = weights / weights.sum(), np.array([0.6, 0.75, 0.8, 0.9])
    spread = (weights * (rates - share @ rates) ** 2).sum() / 3
    statistic = spread / (1 + 2 * 2 / 15 * ((1 - share) ** 2 / 99).sum())
    df = 15 / (3 * ((1 - share) ** 2 / 99).sum())
    assert found.changed_p == pytest.approx(stats.f.sf(statistic, 3, df), rel=1e-6)


def test_a_reworded_question_breaks_the_series_where_it_was_reworded(survey: Surveyed) -> None:
    version_id = reworded(survey)
    unit = survey.unit()
    wave_before(survey, unit, 30, 70, version_id=version_id, code="W-A", first=date(2026, 5, 1))
    wave_before(survey, unit, 80, 20)
    survey.answer(unit, 90, 10)
    survey.close()
    found = analysed(survey).series[0]
    assert [point.broken for point in found.points] == [False, True, False]
    assert (found.tested, found.last.since_first == found.last.since_before) == (2, True)


def test_a_rise_among_those_who_chose_themselves_is_shown_and_never_proven() -> None:
    made = waves([0.60, 0.70, 0.80, 0.90])
    drawn, chosen = one(wave_series(made)), one(wave_series(made, opt_in=True))
    assert (drawn.changed, drawn.reason) == (True, "")
    assert (chosen.changed, chosen.changed_p, chosen.departure_p, chosen.reason) == (False, None, None, "opt_in")
    for a, b in ((drawn.slope, chosen.slope), (drawn.last.since_first, chosen.last.since_first)):
        assert a is not None
        assert b is not None
        assert (a.certain, b.certain, b.p_value) == (True, False, None)
        assert a.difference == b.difference
        assert b.low < b.difference < b.high
    changes = [point.since_before for point in chosen.points[1:]]
    assert [change is not None and change.certain for change in changes] == [False] * 3
