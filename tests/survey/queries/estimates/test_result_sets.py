"""Which final results there are: of a channel, and of the wave before."""

from __future__ import annotations

from datetime import date

from survey.models.fieldwork.waves import Selection
from survey.queries.estimates import result_sets
from survey.services.estimates import finalising
from tests.factories.results import Surveyed
from tests.factories.surveyed_waves import wave_before


def test_channel_has_no_final_results_until_its_wave_is_closed(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 20, 5)
    with survey.record.database.reading() as session:
        assert result_sets.final(session, survey.drawn.id) is None
        assert result_sets.final_stamp(session, survey.drawn.id) is None
        assert result_sets.final_analyses(session, survey.drawn.id) is None
    survey.close()
    with survey.record.database.reading() as session:
        final, stamp = result_sets.final(session, survey.drawn.id), result_sets.final_stamp(session, survey.drawn.id)
        assert final is not None
        assert stamp is not None
        assert (stamp.id, stamp.deleted_since) == (final.id, 0)
        assert result_sets.final_analyses(session, survey.drawn.id)


def test_wave_before_is_found_by_selection_and_then_by_the_code_of_the_channel(survey: Surveyed) -> None:
    wave_before(survey, survey.unit(), 60, 40, channels=("a", "drawn"), more=1)
    with survey.record.database.reading() as session:
        same = result_sets.last_before(session, survey.wave.id, Selection.DRAWN, "drawn")
        first = result_sets.last_before(session, survey.wave.id, Selection.DRAWN, "z")
        none = result_sets.last_before(session, survey.wave.id, Selection.OPT_IN, "drawn")
    assert same is not None
    assert first is not None
    assert (same.code, same.wave_code, same.wave_title) == ("drawn", "W-0", "Đợt trước")
    assert (first.code, none) == ("a", None)


def test_wave_that_is_not_closed_before_is_none(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 20, 5)
    survey.close()
    with survey.record.database.reading() as session:
        assert result_sets.last_before(session, survey.wave.id, Selection.DRAWN, "drawn") is None


def test_wave_judged_anew_is_one_of_the_waves_before(survey: Surveyed) -> None:
    """It has several versions of its results, and is counted once among the most that are read."""
    unit = survey.unit()
    for code, first in (("W-0", date(2026, 5, 1)), ("W-00", date(2026, 8, 1))):
        wave_before(survey, unit, 60, 40, code=code, first=first)
    finalising.judge_anew(survey.record.database, "W-00", actor=survey.analyst(), now=survey.record.now)
    with survey.record.database.reading() as session:
        found = result_sets.closed_before(session, survey.wave.id, Selection.DRAWN, most=2)
    assert [one.wave_code for one in found] == ["W-00", "W-0"]
