"""Which final results there are: of a channel, and of the wave before."""

from __future__ import annotations

from survey.models.fieldwork.waves import Selection
from survey.queries.estimates import result_sets
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
