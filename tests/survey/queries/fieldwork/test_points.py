"""Points as use cases look them up: held ones with their first code in use, those that take slips, the same queries."""

from __future__ import annotations

from survey.database import Database
from survey.models.fieldwork.points import EntryCodeStatus, Mode
from survey.queries.fieldwork import codes, points
from tests.factories.fieldwork import Place
from tests.queries import number_of


def test_held_points_name_their_first_code_in_use(database: Database, place: Place):
    counter = place.record.point(place.qr, unit=place.ward, name="Quầy 1")
    place.record.entry_code(counter, "AAAAAA", status=EntryCodeStatus.RETIRED)
    place.record.entry_code(counter, "BBBBBB")
    place.record.entry_code(counter, "CCCCCC", mode=Mode.KIOSK)
    letter = place.record.point(place.drawn, unit=place.ward, name="Phiếu gửi")
    with database.reading() as session:
        held = {point.id: point.code for point in points.held(session, place.wave.id)}
        drawn = points.held(session, place.wave.id, channel="phieu-chon")
    assert held == {counter.id: "BBBBBB", letter.id: ""}
    assert [point.id for point in drawn] == [letter.id]


def test_held_points_are_one_query_however_many(database: Database, place: Place):
    def asked() -> int:
        with database.reading() as session:
            return number_of(database, lambda: points.held(session, place.wave.id))

    before = asked()
    for _ in range(3):
        place.record.entry_code(place.record.point(place.qr, unit=place.ward))
    assert asked() == before == 1


def test_slips_are_taken_at_points_of_drawn_channels(database: Database, place: Place):
    counter = place.record.point(place.qr, unit=place.ward)
    letter = place.record.point(place.drawn, unit=place.ward, name="Phiếu gửi")
    with database.reading() as session:
        found = points.slip_points(session, place.wave.id, unit_code="20242")
        assert points.slip_points(session, place.wave.id, point_id=counter.id) == ()
    assert [(point.id, point.name, point.unit_code) for point in found] == [(letter.id, "Phiếu gửi", "20242")]


def test_a_point_of_another_wave_is_not_found(database: Database, place: Place):
    other = place.record.point(place.record.channel(place.record.wave()), unit=place.ward)
    with database.reading() as session:
        assert points.at(session, place.wave.id, other.id) is None


def test_newest_code_of_the_same_way_stands_in_place_of_a_withdrawn_one(database: Database, place: Place):
    counter = place.record.point(place.qr, unit=place.ward)
    withdrawn = place.record.entry_code(counter, "AAAAAA", status=EntryCodeStatus.RETIRED)
    with database.reading() as session:
        assert codes.successor(session, withdrawn) is None
    for code, mode in (("BBBBBB", Mode.QR_ON_SITE), ("CCCCCC", Mode.QR_ON_SITE), ("DDDDDD", Mode.KIOSK)):
        place.record.entry_code(counter, code, mode=mode)
    with database.reading() as session:
        assert codes.successor(session, withdrawn) == "CCCCCC"
        assert codes.is_taken(session, "AAAAAA")
