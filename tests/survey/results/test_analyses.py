"""Further analyses of a wave: what they find where it was put, what they refuse to say, and who may see them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import update

from analysis import comparison, drivers, monitoring, small_areas
from analysis.design import sample_design
from survey.models.accounts import Account, Role
from survey.models.instruments import InstrumentVersion, VersionStatus
from survey.models.units import Unit
from survey.models.waves import Channel, Selection
from survey.permissions import Actor, system
from survey.services import analysis_tables, final_results, waves
from survey.services.analyses import making, reading
from survey.services.analyses.importance import FactorImportance, Importance
from survey.services.analyses.making import Analyses
from survey.services.kept_results import FRESH_ANALYSES, KeptResults
from survey.services.result_tables import Words
from tests.factories.questionnaires import item
from tests.factories.record import Record
from tests.factories.results import DISSATISFIED, SATISFIED, Surveyed, document
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]
FIRST_DAY = date(2026, 11, 1)


@pytest.fixture
def survey(record: Record) -> Surveyed:
    return Surveyed(record)


def analysed(survey: Surveyed, channel: str = "drawn", actor: Actor | None = None) -> Analyses:
    return reading.read(survey.record.database, "W-1", channel, actor=actor or system(), now=survey.record.now).analyses


def three_wards(survey: Surveyed) -> tuple[Unit, Unit, Unit]:
    """95, 60 and 58 in a hundred satisfied."""
    units = tuple(survey.unit(f"Phường {name}") for name in "ABC")
    for unit, satisfied in zip(units, (95, 60, 58), strict=True):
        survey.frame(unit, 1000)
        survey.answer(unit, satisfied, 100 - satisfied)
    a, b, c = units
    return a, b, c


# --- where units stand -----------------------------------------------------------------------------------------------


def test_first_unit_is_surely_first_and_the_others_cannot_be_told_apart(survey: Surveyed) -> None:
    a, b, c = three_wards(survey)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    rows = {row.unit: row for row in found.rows}
    assert [row.unit for row in found.rows] == [a.id, b.id, c.id]
    assert (rows[a.id].rank, rows[a.id].low_together, rows[a.id].high_together) == (1, 1, 1)
    assert (rows[b.id].low, rows[b.id].high) == (2, 3)
    assert (rows[c.id].low_together, rows[c.id].high_together) == (2, 3)
    assert rows[b.id].group == rows[c.id].group != rows[a.id].group
    assert found.told_apart == pytest.approx(2 / 3)
    assert not found.is_noise


def test_order_of_like_units_is_called_noise(survey: Surveyed) -> None:
    for n in range(5):
        survey.answer(survey.unit(f"Phường {n}"), 40 + n, 10)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    assert found.is_noise
    assert {(row.low_together, row.high_together) for row in found.rows} == {(1, 5)}


def test_unit_with_too_few_answers_is_not_ranked_and_its_model_rate_is_drawn_to_the_others(survey: Surveyed) -> None:
    three_wards(survey)
    small = survey.unit("Phường nhỏ")
    survey.answer(small, 6, 6)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    row = next(r for r in found.rows if r.unit == small.id)
    assert (row.rank, row.low, row.limit_low) == (0, 0, None)
    assert found.ranked == 3
    assert row.shrunken is not None
    assert found.usual is not None
    assert abs(row.shrunken - found.usual) < abs(row.rate - found.usual)


def test_unit_of_few_days_is_not_ranked_among_self_selected_answers(survey: Surveyed) -> None:
    units = [survey.unit(f"Phường {name}") for name in "ABCD"]
    for unit in units:
        days = 3 if unit is units[3] else 12
        for n in range(days):
            good = 8 + (n % 2) * (1 if days > 3 else 0)
            survey.answer(unit, good + (n == 0), 2, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    survey.close()
    found = analysed(survey, "qr").standings
    assert found is not None
    assert found.ranked == 3
    assert [row.unit for row in found.rows if not row.rank] == [units[3].id]


def test_unit_where_everybody_agrees_is_shrunken_as_if_its_answers_were_as_alike_as_elsewhere(survey: Surveyed) -> None:
    units = [survey.unit(f"Phường {name}") for name in "ABCD"]
    for unit in units[:3]:
        for n in range(12):
            survey.answer(unit, *((10, 0), (6, 4))[n % 2], channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    for n in range(12):
        survey.answer(units[3], 10, 0, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    survey.close()
    found = analysed(survey, "qr").standings
    assert found is not None
    rows = {row.unit: row for row in found.rows}
    table = survey.view("qr").results.table("unit").of(survey.view("qr").headline.measure)  # type: ignore[union-attr]
    share = float(np.median(table.effective_n[:3] / table.n[:3]))
    assert share < 0.5  # answers of one day are alike
    rate, effective = np.array([0.8] * 3 + [1.0]), 120 * np.array([share] * 4)
    expected = small_areas.beta_binomial(rate * effective, effective)
    assert rows[units[3].id].rank == 0
    assert rows[units[3].id].shrunken == pytest.approx(expected.estimate[3], abs=1e-4)
    assert rows[units[3].id].shrunken_low == pytest.approx(expected.lower[3], abs=1e-4)


def test_hidden_unit_has_no_place_in_the_standings(survey: Surveyed) -> None:
    three_wards(survey)
    tiny = survey.unit("Phường giấu")
    survey.answer(tiny, 3, 0)
    survey.close()
    found = analysed(survey).standings
    assert found is not None
    assert tiny.id not in {row.unit for row in found.rows}


def test_running_wave_has_no_ranks(survey: Surveyed) -> None:
    three_wards(survey)
    assert analysed(survey).standings is None


# --- channels and waves ----------------------------------------------------------------------------------------------


def test_self_selected_answers_are_set_beside_the_drawn_ones(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.frame(unit, 1000)
    survey.answer(unit, 160, 40)
    for n in range(10):
        survey.answer(unit, 16 + n % 3, 3 - n % 3, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    qr, drawn = survey.view("qr").overall, survey.view("drawn").overall
    assert qr is not None
    assert drawn is not None
    for channel in ("qr", "drawn"):
        beside = analysed(survey, channel).beside_drawn
        assert beside is not None
        whole = beside.contrasts[0]
        assert (beside.opt_in, beside.drawn, whole.level) == ("qr", "drawn", "overall")
        expected = comparison.independent(
            qr.shown.value or 0, qr.shown.se or 0, qr.shown.df or 0,
            drawn.shown.value or 0, drawn.shown.se or 0, drawn.shown.df or 0,
        )  # fmt: skip
        assert whole.difference == pytest.approx(expected.estimate)
        assert (whole.low, whole.high) == (pytest.approx(expected.lower), pytest.approx(expected.upper))


def test_channels_are_compared_in_the_units_they_share(survey: Surveyed) -> None:
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    survey.answer(a, 80, 20)
    survey.answer(b, 20, 80)
    for n in range(5):
        survey.answer(a, 15 + n % 2, 4 - n % 2, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    for channel in ("qr", "drawn"):
        beside = analysed(survey, channel).beside_drawn
        assert beside is not None
        assert beside.common == 1
        assert (beside.contrasts[0].first, beside.contrasts[0].second) == (pytest.approx(77 / 95), pytest.approx(0.8))
        assert not beside.contrasts[0].certain


def test_channels_are_not_compared_where_the_shared_units_would_tell_of_a_hidden_one(survey: Surveyed) -> None:
    a, b, hidden = survey.unit("Phường A"), survey.unit("Phường B"), survey.unit("Phường giấu")
    survey.answer(a, 80, 20)
    survey.answer(b, 60, 40)
    survey.answer(hidden, 4, 1)
    for unit in (a, hidden):
        for n in range(5):
            survey.answer(unit, 15 + n % 2, 4 - n % 2, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    assert analysed(survey).beside_drawn is None


def test_channel_is_compared_with_the_one_of_its_code_in_the_wave_before(survey: Surveyed) -> None:
    unit, record = survey.unit(), survey.record
    with record.database.writing() as session:
        session.execute(update(Channel).where(Channel.id == survey.drawn.id).values(code="phone"))
    wave_before(survey, unit, 90, 10, channels=("post", "phone"), more=10)
    survey.answer(unit, 80, 20)
    since = analysed(survey, "phone").since_last
    assert since is not None
    assert since.contrasts[0].second == pytest.approx(80 / 110)
    assert not since.other_units
    survey.answer(survey.unit("Phường khác"), 40, 10)
    since = analysed(survey, "phone").since_last
    assert since is not None
    assert since.other_units


@pytest.mark.parametrize(("good", "bad"), [(40, 0), (0, 40)])
def test_sample_of_one_opinion_has_no_known_error_and_is_not_compared(survey: Surveyed, good: int, bad: int) -> None:
    unit = survey.unit()
    wave_before(survey, unit, 60, 40)
    survey.answer(unit, good, bad)
    for n in range(5):
        survey.answer(unit, 16 + n, 4, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    found = analysed(survey)
    assert (found.beside_drawn, found.since_last) == (None, None)


def test_wave_with_one_channel_is_beside_nothing(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 30, 20)
    assert analysed(survey).beside_drawn is None


def wave_before(
    survey: Surveyed, unit: Unit, satisfied: int, dissatisfied: int, *, version_id: int | None = None,
    selection: Selection = Selection.DRAWN, channels: tuple[str, ...] = ("before",), more: int = 0,
) -> None:  # fmt: skip
    """A closed wave of the same campaign, with its results."""
    record = survey.record
    wave = record.wave(
        unit=survey.province, code="W-0", title="Đợt trước", campaign_id=survey.wave.campaign_id,
        version_id=version_id or survey.wave.version_id, opens_on=date(2026, 8, 1), closes_on=date(2026, 8, 31),
    )  # fmt: skip
    for place, code in enumerate(channels):
        channel = record.channel(wave, code=code, title="Kênh trước", selection=selection)
        point = record.point(channel, unit=unit)
        for codes, number in ((SATISFIED, satisfied - place * more), (DISSATISFIED, dissatisfied + 2 * place * more)):
            for day, part in ((date(2026, 8, 5), number // 2 + 5), (date(2026, 8, 6), number - number // 2 - 5)):
                record.responses(channel, unit, part, answers=json.dumps(codes), point=point, day=day)
    waves.close_wave(record.database, "W-0", actor=system(), now=record.now)
    final_results.make_final(record.database, "W-0", actor=system(), now=record.now)


def test_change_since_the_wave_before_has_its_interval(survey: Surveyed) -> None:
    unit = survey.unit()
    wave_before(survey, unit, 60, 40)
    survey.answer(unit, 90, 10)
    since = analysed(survey).since_last
    assert since is not None
    assert (since.wave, since.broken) == ("W-0", ())
    whole = since.contrasts[0]
    assert (whole.first, whole.second) == (pytest.approx(0.9), pytest.approx(0.6))
    se = (0.9 * 0.1 / 99 + 0.6 * 0.4 / 99) ** 0.5
    assert whole.certain
    assert whole.low == pytest.approx(0.3 - 1.974 * se, abs=2e-3)  # Satterthwaite: about 166 df


def test_reworded_questionnaire_breaks_the_series_and_is_not_compared(survey: Surveyed) -> None:
    record = survey.record
    with record.database.writing() as session:
        own = session.get_one(InstrumentVersion, survey.wave.version_id)
        other = InstrumentVersion(
            instrument_id=own.instrument_id, number=2, core_hash="e" * 64, content_hash="f" * 64,
            document=document(item("q1", "Câu khác hẳn"), item("q2"), version=2), lowest_grade="draft",
            status=VersionStatus.PUBLISHED, created_at=record.now, published_at=record.now,
        )  # fmt: skip
        session.add(other)
        session.flush()
        version_id = other.id
    unit = survey.unit()
    wave_before(survey, unit, 60, 40, version_id=version_id)
    survey.answer(unit, 90, 10)
    since = analysed(survey).since_last
    assert since is not None
    assert "" in since.broken
    assert since.contrasts == ()


# --- what to improve -------------------------------------------------------------------------------------------------


def with_overall(record: Record) -> Surveyed:
    rules = [
        {"level": "item", "rule": "item_rate", "measure": "rate"},
        {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True},
        {"level": "overall", "rule": "overall_question", "measure": "rate", "items": ["g1"]},
    ]
    factors = [{"code": c, "name": {"vi": f"Yếu tố {c}"}, "grade": "verbatim"} for c in "AB"]
    overall = item("g1")
    del overall["factor"]
    asked = document(
        item("a1", factor="A"), item("a2", factor="A"), item("b1", factor="B"), item("b2", factor="B"), overall,
        indices=rules, factors=factors,
    )  # fmt: skip
    return Surveyed(record, answers=asked)


def test_factor_that_moves_the_overall_question_has_the_greater_share(record: Record) -> None:
    survey = with_overall(record)
    unit = survey.unit()
    rng = np.random.default_rng(3)
    drawn = []
    for _ in range(150):
        a, b = (int(v) for v in rng.integers(2, 6, 2))
        overall = int(np.clip(a + rng.integers(-1, 2), 1, 5))
        drawn.append((a, b, overall))
        survey.say(unit, {"a1": a, "a2": a, "b1": b, "b2": b, "g1": overall})
    found = analysed(survey).importance
    assert found is not None
    assert (found.outcome, found.n, found.reason) == ("g1", 150, "")
    assert [f.factor for f in found.factors] == ["A", "B"]
    assert sum(f.share for f in found.factors) == pytest.approx(1)
    assert found.factors[0].share > 0.9
    a, b, overall = (np.array(column, float) for column in zip(*drawn, strict=True))
    x = np.column_stack([np.ones(150), a, b])
    residual = overall - x @ np.linalg.lstsq(x, overall)[0]
    assert found.explained == pytest.approx(1 - residual @ residual / ((overall - overall.mean()) ** 2).sum())
    assert found.factors[0].odds_ratio is not None
    assert found.factors[0].odds_ratio > 2


@pytest.mark.parametrize("people", [150, 500])
def test_where_to_begin_is_told_only_as_far_as_the_answers_bear_it(
    record: Record, sign_in: SignIn, people: int
) -> None:
    survey = with_overall(record)
    unit = survey.unit()
    rng = np.random.default_rng(7)
    for _ in range(people):
        a, b = (int(v) for v in rng.integers(2, 6, 2))
        a = max(1, a - 1) if people == 500 else a
        overall = int(np.clip((a if people == 500 else round((a + b) / 2)) + rng.integers(-1, 2), 1, 5))
        survey.say(unit, {"a1": a, "a2": a, "b1": b, "b2": b, "g1": overall})
    found = analysed(survey).importance
    assert found is not None
    assert all(f.low is not None and f.high is not None and f.low < f.share < f.high for f in found.factors)
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    page = client.get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn").text
    assert any(f.begin_here for f in found.factors) is (people == 500)
    assert ("Nên bắt đầu từ đây" in page) is (people == 500)


def test_advice_goes_as_far_as_the_interval_of_the_importance() -> None:
    def factor(quadrant: str, low: float | None, high: float | None, *, sure: bool = False) -> FactorImportance:
        return FactorImportance("F", 0.5, 0.5, None, None, 4.0, quadrant, low, high, 1, 2, surely_first=sure)

    alike, told = factor("keep_up", 0.4, 0.6), factor("keep_up", 0.52, 0.6)
    first, perhaps = factor("improve", 0.52, 0.6, sure=True), factor("improve", 0.4, 0.6)
    found = Importance("g1", 200, 0.5, (alike, told))
    assert [found.advice(one) for one in (alike, told, first, perhaps, factor("low_priority", None, None))] == [
        "not_told_apart", "keep_up", "improve", "perhaps_first", "not_told_apart",
    ]  # fmt: skip


def test_form_without_an_overall_question_says_so(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 90, 60)
    found = analysed(survey).importance
    assert found is not None
    assert found.reason == "no_outcome"


def test_ordinal_fit_alone_gives_the_same_coefficients() -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(1, 6, (200, 2)).astype(float)
    y = np.clip(np.round(x.mean(1) + rng.normal(0, 1, 200)), 1, 5)
    own = {"A": x[:, 0], "B": x[:, 1]}
    whole = drivers.drivers(sample_design(np.ones(200)), y, own)
    alone = drivers.drivers(sample_design(np.ones(200)), y, own, split_ordinal=False)
    for one, other in zip(whole.drivers, alone.drivers, strict=True):
        assert (one.coefficient, one.se, one.lmg) == (other.coefficient, other.se, other.lmg)
        assert np.isnan(other.shapley)


# --- whether questions measure their factors ------------------------------------------------------------------------


def two_factors(record: Record, *, people: int, filed: str = "AAABBB") -> Surveyed:
    """Questions a1-a3 and b1-b3, which follow one opinion each."""
    codes = ("a1", "a2", "a3", "b1", "b2", "b3")
    factors = [{"code": c, "name": {"vi": f"Yếu tố {c}"}, "grade": "verbatim"} for c in "AB"]
    questions = [item(code, factor=factor) for code, factor in zip(codes, filed, strict=True)]
    survey = Surveyed(record, answers=document(*questions, factors=factors))
    unit, rng = survey.unit(), np.random.default_rng(5)
    for _ in range(people):
        opinions = rng.normal(3.6, 0.9, 2)
        said = np.repeat(opinions, 3) + rng.normal(0, 0.6, 6)
        survey.say(unit, dict(zip(codes, np.clip(np.round(said), 1, 5).astype(int).tolist(), strict=True)))
    return survey


def filing_sentence(survey: Surveyed) -> str:
    sheets = analysis_tables.tables(survey.view(), analysed(survey), Words.of("en"))
    (said,) = next(sheet.notes for sheet in sheets if sheet.name == "Quality")
    return said


def test_questions_that_measure_their_factors_are_said_to_on_page_and_sheet(record: Record, sign_in: SignIn) -> None:
    survey = two_factors(record, people=220)
    found = analysed(survey).filing
    assert found is not None
    assert found.n == 220
    assert found.fits
    assert "The questions measure the factors they are filed under" in filing_sentence(survey)
    survey.close()
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    page = client.get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn")
    assert "Các câu hỏi đo đúng yếu tố mà chúng được xếp vào" in page.text


def test_questions_filed_under_the_wrong_factor_are_said_not_to_measure_it(record: Record) -> None:
    survey = two_factors(record, people=220, filed="AABABB")
    found = analysed(survey).filing
    assert found is not None
    assert not found.fits
    assert found.cfi is None or found.cfi < 0.9
    assert re.search("do not all measure|do not describe", filing_sentence(survey))


def test_nothing_is_said_of_factors_with_few_complete_answers(record: Record) -> None:
    assert analysed(two_factors(record, people=60)).filing is None


def test_nothing_is_said_of_a_form_without_factors_of_several_questions(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 150, 100)
    assert analysed(survey).filing is None


# --- quality and course ----------------------------------------------------------------------------------------------


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
    z = monitoring.charts(
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
    expected = monitoring.charts(satisfied, np.full(26, 100), baseline=20, design_effect=2600 / view.shown.effective_n)
    assert [period.low for period in found.periods] == pytest.approx(expected.lower)


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


# --- keeping and seeing ----------------------------------------------------------------------------------------------


def test_analyses_are_made_once_with_the_final_results(survey: Surveyed) -> None:
    three_wards(survey)
    survey.close()
    kept = making.find(survey.record.database, survey.drawn.id)
    assert kept is not None
    assert kept.standings is not None
    survey.answer(survey.unit("Phường muộn"), 50, 0, late=True)
    assert analysed(survey) == kept
    assert making.unpack(making.pack(kept)) == kept


def test_analyses_of_a_running_wave_are_computed_once_in_ten_minutes(
    survey: Surveyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_wards(survey)
    computed: list[int] = []
    analyse = making.analyse
    monkeypatch.setattr(making, "analyse", lambda *a, **k: computed.append(1) or analyse(*a, **k))
    kept, now, database = KeptResults(), survey.record.now, survey.record.database
    for after in (timedelta(), timedelta(minutes=1), FRESH_ANALYSES - timedelta(seconds=1)):
        reading.read(database, "W-1", "drawn", actor=system(), now=now + after, kept=kept)
        survey.answer(survey.unit(f"Phường {after}"), 5, 5)
    assert len(computed) == 1
    reading.read(database, "W-1", "drawn", actor=system(), now=now + FRESH_ANALYSES, kept=kept)
    assert len(computed) == 2


def test_results_page_of_a_running_wave_does_not_wait_for_them(
    survey: Surveyed, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_wards(survey)
    monkeypatch.setattr(making, "analyse", lambda *_a, **_k: pytest.fail("computed for the results page"))
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    assert client.get("/quan-tri/ket-qua/W-1?kenh=drawn").status == 200


def test_unit_viewer_sees_where_the_own_unit_stands_and_nothing_of_the_whole(survey: Surveyed) -> None:
    _, b, _ = three_wards(survey)
    viewer = survey.person(Role.UNIT_VIEWER, b)
    assert analysed(survey, actor=viewer) == Analyses()
    survey.close()
    found = analysed(survey, actor=viewer)
    assert found.standings is not None
    assert [row.unit for row in found.standings.rows] == [b.id]
    assert replace(found, standings=None) == Analyses()


def test_viewer_of_all_units_of_one_channel_sees_nothing_of_the_units_of_another(survey: Surveyed) -> None:
    a, _, _ = three_wards(survey)
    survey.answer(a, 30, 20, channel=survey.qr)
    for n in range(4):
        survey.answer(a, 20, 10 + n, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    wave_before(survey, a, 60, 40, selection=Selection.OPT_IN)
    survey.close()
    whole = analysed(survey, "qr")
    assert whole.beside_drawn is not None
    assert whole.since_last is not None
    own = analysed(survey, "qr", actor=survey.person(Role.UNIT_VIEWER, a))
    assert own.course is not None
    assert (own.beside_drawn, own.since_last) == (None, None)


def test_page_of_analyses_opens_for_the_analyst_and_names_what_it_found(survey: Surveyed, sign_in: SignIn) -> None:
    three_wards(survey)
    survey.close()
    client = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    page = client.get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn")
    assert page.h1 == "Phân tích thêm"
    assert "67 % phân biệt được" in page.text
    assert "Phường A" in page.text


def test_sheets_say_what_the_page_says(survey: Surveyed) -> None:
    three_wards(survey)
    survey.close()
    view = survey.view()
    sheets = {t.name: list(t.rows) for t in analysis_tables.tables(view, analysed(survey), Words.of("en"))}
    assert set(sheets) == {"What to improve", "Where units stand", "Course", "Quality"}
    assert next(row[:4] for row in sheets["Where units stand"]) == ["Phường A", 100, pytest.approx(0.95), 1]
