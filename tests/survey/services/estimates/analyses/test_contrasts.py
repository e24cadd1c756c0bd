"""Channels side by side and waves one after the other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from scipy import stats
from sqlalchemy import update

from analysis.inference import comparison
from survey.models.fieldwork.waves import Channel, PlannedTests, Selection
from survey.models.province.settings import Setting
from survey.services.files.change_tables import margin_notes, margin_sentence, proven_words, units_sentence
from survey.services.files.result_sentences import Words
from tests.factories.results import Surveyed
from tests.factories.surveyed_waves import FIRST_DAY, analysed, reworded, wave_before


def test_self_selected_answers_are_set_beside_the_drawn_ones(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.frame(unit, 1000)
    survey.answer(unit, 160, 40)
    for n in range(10):
        survey.answer(unit, 16 + n % 3, 3 - n % 3, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    survey.close()
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
        half = stats.t.ppf(1 - 0.05 / (2 * len(beside.contrasts)), expected.df) * expected.se  # they share α
        assert whole.low == pytest.approx(whole.difference - half)
        assert whole.high == pytest.approx(whole.difference + half)


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
        assert (beside.contrasts[0].first, beside.contrasts[0].second) == (0.811, 0.8)
        assert not beside.contrasts[0].certain


def test_channels_are_not_compared_where_the_shared_units_would_tell_of_a_hidden_one(survey: Surveyed) -> None:
    a, b, hidden = survey.unit("Phường A"), survey.unit("Phường B"), survey.unit("Phường giấu")
    survey.answer(a, 80, 20)
    survey.answer(b, 60, 40)
    survey.answer(hidden, 4, 1)
    for unit in (a, hidden):
        for n in range(5):
            survey.answer(unit, 15 + n % 2, 4 - n % 2, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    survey.close()
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
    half = stats.t.ppf(1 - 0.05 / (2 * len(since.contrasts)), 166) * se  # they share α; about 166 df
    assert whole.low == pytest.approx(0.3 - half, abs=2e-3)


def test_reworded_questionnaire_breaks_the_series_and_is_not_compared(survey: Surveyed) -> None:
    version_id = reworded(survey)
    unit = survey.unit()
    wave_before(survey, unit, 60, 40, version_id=version_id)
    survey.answer(unit, 90, 10)
    since = analysed(survey).since_last
    assert since is not None
    assert "" in since.broken
    assert since.contrasts == ()


def fix_margin(survey: Surveyed, margin: float) -> None:
    with survey.record.database.writing() as session:
        session.merge(PlannedTests(wave_id=survey.wave.id, margin=margin, set_at=survey.record.now))


@pytest.mark.parametrize(("margin", "reading"), [(0.05, "not_proven"), (0.1, "not_worse")])
def test_what_was_set_beforehand_is_tested_for_the_whole_and_each_unit(
    survey: Surveyed, margin: float, reading: str
) -> None:
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    wave_before(survey, a, 80, 20)
    survey.answer(a, 84, 16)
    survey.answer(b, 70, 30)
    fix_margin(survey, margin)
    survey.close()
    since = analysed(survey).since_last
    assert since is not None
    assert (since.margin, since.margin_set_on) == (margin, survey.record.now.date())
    assert [one.unit for one in since.units] == [a.id]  # the other unit has no wave before
    change = since.units[0].change
    assert change.against is not None
    se = (0.84 * 0.16 / 99 + 0.8 * 0.2 / 99) ** 0.5
    df = se**4 / ((0.84 * 0.16 / 99) ** 2 / 99 + (0.8 * 0.2 / 99) ** 2 / 99)
    assert change.against.p_not_worse == pytest.approx(stats.t.sf((0.04 + margin) / se, df))
    assert change.against.low == pytest.approx(0.04 - stats.t.ppf(0.95, df) * se)
    assert (change.against.reading, change.against.equivalent) == (reading, False)
    assert since.contrasts[0].against is not None


def test_a_wave_without_a_margin_is_tested_against_none(survey: Surveyed) -> None:
    unit = survey.unit()
    wave_before(survey, unit, 60, 40)
    survey.answer(unit, 90, 10)
    since = analysed(survey).since_last
    assert since is not None
    assert since.margin is None
    assert {one.against for one in since.contrasts} == {None}


def test_a_running_wave_proves_nothing_against_its_margin_yet(survey: Surveyed) -> None:
    unit = survey.unit()
    wave_before(survey, unit, 80, 20)
    survey.answer(unit, 84, 16)
    fix_margin(survey, 0.1)
    since = analysed(survey).since_last
    assert since is not None
    assert (since.margin, since.units) == (0.1, ())
    assert {one.against for one in since.contrasts} == {None}


@pytest.mark.parametrize("selection", [Selection.DRAWN, Selection.OPT_IN])
def test_self_selected_answers_never_prove_a_change_nor_its_absence(survey: Surveyed, selection: Selection) -> None:
    unit, chosen = survey.unit(), selection is Selection.OPT_IN
    wave_before(survey, unit, 60, 40, selection=selection)
    for n in range(5):
        survey.answer(unit, 18 + n % 2, 3 - n % 2, channel=survey.qr if chosen else survey.drawn,
                      day=FIRST_DAY + timedelta(days=n))  # fmt: skip
    fix_margin(survey, 0.1)
    survey.close()
    since = analysed(survey, "qr" if chosen else "drawn").since_last
    assert since is not None
    for change in (*since.contrasts, *(one.change for one in since.units)):
        assert change.against is not None
        assert change.difference == pytest.approx(92 / 105 - 0.6, abs=0.0005)
        assert change.low is not None
        assert change.against.low is not None
        found = (change.certain, change.against.reading, change.reason, change.against.reason)
        if chosen:
            assert found == (False, "not_proven", "opt_in", "opt_in")
            assert (change.p_value, change.against.p_not_worse, change.against.bound) == (None, None, None)
        else:
            assert found == (True, "not_worse", "", "")
    w = Words.of("en")
    for said in (margin_sentence(since, w), units_sentence(since, w)):
        assert ("chose themselves" in said) is chosen
    assert any("means not worse" in said for said in margin_notes(since, w)) is not chosen
    assert ("chose themselves" in proven_words(since.contrasts[0], w)) is chosen


@pytest.mark.parametrize(("smallest", "compared"), [(100, 1), (101, 0)])
def test_a_unit_hidden_in_the_wave_before_is_not_compared(survey: Surveyed, smallest: int, compared: int) -> None:
    unit = survey.unit()
    with survey.record.database.writing() as session:
        session.merge(Setting(key="minimum_cell", value=smallest, changed_at=survey.record.now))
    wave_before(survey, unit, 60, 40)
    survey.answer(unit, 180, 20)
    survey.close()
    since = analysed(survey).since_last
    assert since is not None
    assert len(since.units) == compared
