"""Coverage: counts against plan and dossiers, channels apart, only the own units, the same queries however many."""

from __future__ import annotations

from datetime import datetime

from survey.database import Database
from survey.models.intake.responses import Disposition, SubmissionCount
from survey.permissions import Actor
from survey.queries.fieldwork import coverage
from survey.queries.fieldwork.coverage import Coverage
from tests.factories.fieldwork import Place
from tests.queries import number_of


def of(database: Database, place: Place, *, actor: Actor | None = None, **more: str) -> Coverage:
    with database.reading() as session:
        return coverage.of_channel(session, actor or place.officer(), place.wave.id, "admin", place.qr.id, **more)


def test_answers_stand_beside_plan_and_dossiers_by_unit_and_field(database: Database, place: Place):
    land = place.record.field(code="dat-dai", name="Đất đai")
    place.record.frame_cell(place.wave, place.ward, transactions=100, field=place.field, planned=10)
    place.record.frame_cell(place.wave, place.ward, transactions=50, field=land, planned=5)
    place.record.frame_cell(place.wave, place.other, transactions=40, field=land, planned=4)
    place.record.responses(place.qr, place.ward, 7, field=place.field)
    place.record.responses(place.qr, place.other, 4, field=land)
    found = of(database, place)
    assert (found.total.responses, found.total.planned, found.total.transactions) == (11, 19, 190)
    assert [(u.name, u.count.responses, u.count.planned, u.count.missing) for u in found.units] == [
        ("Phường Hải Châu", 7, 15, 8),
        ("Phường Thanh Khê", 4, 4, 0),
    ]
    assert [(f.key, f.count.responses, f.count.planned) for f in found.fields] == [
        ("dat-dai", 4, 9),
        ("ho-tich", 7, 10),
    ]
    assert [u.name for u in found.behind] == ["Phường Hải Châu"]
    only = of(database, place, unit_code="20242")
    assert [(f.key, f.count.responses) for f in only.fields] == [("dat-dai", 0), ("ho-tich", 7)]


def test_channels_are_never_put_together(database: Database, place: Place):
    place.record.responses(place.qr, place.ward, 2)
    place.record.responses(place.drawn, place.ward, 3)
    assert of(database, place).total.responses == 2


def test_what_was_left_out_or_came_late_is_counted_apart(database: Database, place: Place):
    place.record.responses(place.qr, place.ward, 4)
    place.record.responses(place.qr, place.ward, 2, disposition=Disposition.PARTIAL)
    place.record.responses(place.qr, place.ward, 1, disposition=Disposition.EXCLUDED, exclusion_reason="thử máy")
    place.record.responses(place.qr, place.ward, 1, late=True)
    found = of(database, place)
    assert (found.total.responses, found.partial, found.excluded, found.late) == (6, 2, 1, 1)


def test_a_point_with_more_answers_than_dossiers_is_marked(database: Database, place: Place):
    desk = place.record.point(place.qr, unit=place.ward, name="Quầy 1")
    quiet = place.record.point(place.qr, unit=place.other, name="Quầy 2")
    place.record.frame_cell(place.wave, place.ward, transactions=3, planned=3)
    place.record.frame_cell(place.wave, place.other, transactions=3, planned=3)
    place.record.responses(place.qr, place.ward, 4, point=desk)
    place.record.responses(place.qr, place.other, 3, point=quiet)
    found = of(database, place)
    assert [(p.name, p.responses, p.transactions) for p in found.over] == [("Quầy 1", 4, 3)]
    assert [u.name for u in found.units if u.count.is_over] == ["Phường Hải Châu"]


def test_answers_without_a_frame_are_told_apart_from_too_many(database: Database, place: Place):
    place.record.point(place.qr, unit=place.ward)
    place.record.responses(place.qr, place.ward, 4)
    found = of(database, place)
    assert [(u.count.in_frame, u.count.is_over, u.count.share) for u in found.units] == [(False, False, None)]
    assert found.over == ()


def test_repeated_and_conflicting_sendings_are_counted_by_point(database: Database, place: Place):
    desk = place.record.point(place.qr, unit=place.ward)
    for quarter in (1, 2):
        place.record.add(SubmissionCount(point_id=desk.id, quarter=quarter, accepted=5, repeated=2, conflicting=1))
    found = of(database, place)
    assert (found.repeated, found.conflicting) == (4, 2)
    assert [(p.repeated, p.conflicting) for p in found.points] == [(4, 2)]


def test_only_the_own_units_are_counted(database: Database, place: Place):
    place.record.frame_cell(place.wave, place.other, transactions=40, planned=4)
    place.record.point(place.qr, unit=place.other)
    place.record.responses(place.qr, place.ward, 2)
    place.record.responses(place.qr, place.other, 5)
    found = of(database, place, actor=place.officer(place.ward))
    assert (found.total.responses, found.total.planned, [u.name for u in found.units]) == (2, 0, ["Phường Hải Châu"])
    assert [p.unit_name for p in found.points] == ["Phường Hải Châu"]
    assert of(database, place, actor=place.officer(domains=("health",))).units == ()


def test_the_queries_are_as_many_for_one_unit_as_for_many(database: Database, place: Place, now: datetime):
    few = number_of(database, lambda: of(database, place))
    for _ in range(5):
        unit = place.record.unit(parent=place.province)
        place.record.frame_cell(place.wave, unit)
        place.record.responses(place.qr, unit, 2)
    assert number_of(database, lambda: of(database, place)) == few == 5
