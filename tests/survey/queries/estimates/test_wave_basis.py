"""What a wave's estimates rest on, as the record has it."""

from __future__ import annotations

from survey.models.fieldwork.waves import Selection
from survey.models.province.procedures import FieldGroup
from survey.queries.estimates import wave_basis
from survey.queries.estimates.wave_basis import NO_FIELD, FrameCount
from tests.factories.results import Surveyed


def test_wave_comes_with_its_place_and_the_version_it_pins(survey: Surveyed) -> None:
    with survey.record.database.reading() as session:
        found = wave_basis.wave(session, "W-1")
        assert wave_basis.wave(session, "W-2") is None
    assert found is not None
    assert (found.wave.id, found.unit_path, found.instrument) == (survey.wave.id, survey.province.path, "phieu-mau")
    assert (found.domain.value, found.version.id) == ("admin", survey.wave.version_id)


def test_channels_know_the_units_in_which_they_ask(survey: Surveyed) -> None:
    a, b = survey.unit(), survey.unit()
    for unit in (a, b, b):
        survey.record.point(survey.drawn, unit=unit)
    with survey.record.database.reading() as session:
        qr, drawn = wave_basis.channels(session, survey.wave.id)
    assert (qr.code, qr.title, qr.selection, qr.units) == ("qr", "Mã QR", Selection.OPT_IN, frozenset())
    assert (drawn.id, drawn.selection, drawn.units) == (survey.drawn.id, Selection.DRAWN, {a.id, b.id})


def test_frame_is_of_one_wave_by_unit_and_field(survey: Surveyed) -> None:
    a, b = survey.unit(), survey.unit()
    land = survey.record.field(group=FieldGroup.LAND)
    survey.frame(b, 300)
    survey.frame(a, 40, land)
    other = survey.record.wave(unit=survey.province, version_id=survey.wave.version_id)
    survey.record.frame_cell(other, a, transactions=9)
    with survey.record.database.reading() as session:
        found = wave_basis.frame(session, survey.wave.id)
        groups = wave_basis.field_groups(session)
    assert found == (FrameCount(a.id, land.id, 40), FrameCount(b.id, NO_FIELD, 300))
    assert groups[land.id] == "land"
