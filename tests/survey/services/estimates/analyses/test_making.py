"""Further analyses of a wave: made once, kept, and shown to whom they may be shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from survey.models.fieldwork.waves import Selection
from survey.models.people.accounts import Role
from survey.permissions import system
from survey.services.estimates.analyses import making, reading
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.results_cache import KeptResults
from survey.services.files import analysis_tables
from survey.services.files.result_tables import Words
from tests.factories.results import Surveyed
from tests.factories.surveyed_waves import FIRST_DAY, SignIn, analysed, three_wards, wave_before


def test_analyses_are_made_once_with_the_final_results(survey: Surveyed) -> None:
    three_wards(survey)
    survey.close()
    kept = making.find(survey.record.database, survey.drawn.id)
    assert kept is not None
    assert kept.standings is not None
    survey.answer(survey.unit("Phường muộn"), 50, 0, late=True)
    shown = analysed(survey)
    assert replace(shown, standings=None) == replace(kept, standings=None)
    assert shown.standings is not None
    assert [(row.unit, row.rank) for row in shown.standings.rows] == [(r.unit, r.rank) for r in kept.standings.rows]
    assert analysed(survey) == shown
    assert making.unpack(making.pack(kept)) == kept


def test_analyses_of_a_running_wave_are_computed_once_a_day(survey: Surveyed, monkeypatch: pytest.MonkeyPatch) -> None:
    a, _, _ = three_wards(survey)
    computed: list[int] = []
    analyse = making.analyse
    monkeypatch.setattr(making, "analyse", lambda *a, **k: computed.append(1) or analyse(*a, **k))
    kept, now, database = KeptResults(), survey.record.now, survey.record.database
    for after in (timedelta(), timedelta(minutes=1), timedelta(hours=14)):
        reading.read(database, "W-1", "drawn", actor=system(), now=now + after, kept=kept)
        survey.answer(a, 5, 5)
    assert len(computed) == 1
    reading.read(database, "W-1", "drawn", actor=system(), now=now + timedelta(days=1), kept=kept)
    assert len(computed) == 2


def test_answer_that_leaves_after_the_step_takes_the_analyses_with_it_until_the_next(survey: Surveyed) -> None:
    a, _, _ = three_wards(survey)
    kept, now, database = KeptResults(), survey.record.now, survey.record.database
    survey.view(kept=kept)
    survey.delete_one(a)
    assert reading.read(database, "W-1", "drawn", actor=system(), now=now, kept=kept).analyses == Analyses()
    survey.answer(a, 10, 5)
    tomorrow = now + timedelta(days=1)
    found = reading.read(database, "W-1", "drawn", actor=system(), now=tomorrow, kept=kept).analyses
    assert found.quality is not None
    assert found.quality.n == 314


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
    assert found.participation is not None
    assert [row.key for row in found.participation.units.rows] == [b.id]
    assert replace(found, standings=None, participation=None) == Analyses()


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
    first = next(list(row) for row in sheets["Where units stand"])
    assert [first[0], *first[2:5]] == ["Phường A", 100, pytest.approx(0.95), 1]
