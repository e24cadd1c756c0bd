"""Collection points: one or many, never twice; printed codes replaced and retired; one-time codes shown once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid, NotFound
from survey.models.audit import AuditEvent
from survey.models.fieldwork.points import (
    CollectionPoint,
    EntryCode,
    EntryCodeStatus,
    EvidenceTier,
    Mode,
    OneTimeCode,
    OneTimeCodeStatus,
)
from survey.services.fieldwork import one_time_codes, point_files, points, waves
from survey.services.fieldwork.points import MadePoint, NewPoint
from survey.tokens import CODE_ALPHABET, Tokens
from tests.factories.fieldwork import Place

WAVE = "HC-2026-2"
UNTIL = date(2026, 12, 31)
SEED = b"s" * 32


def new(place: Place, **changes: object) -> NewPoint:
    entered = {"channel": "qr", "unit_received": "20242", "unit_deciding": "20242", "name": "Quầy số 1"}
    return NewPoint(**{**entered, **changes})  # type: ignore[arg-type]


def add(database: Database, place: Place, now: datetime, **changes: object) -> MadePoint:
    return points.add_point(database, WAVE, new(place, **changes), actor=place.officer(), now=now)


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def codes_of(database: Database, point_id: int) -> list[EntryCode]:
    with database.reading() as session:
        return list(session.scalars(select(EntryCode).where(EntryCode.point_id == point_id).order_by(EntryCode.id)))


def test_a_point_gets_a_code_of_six_that_nobody_can_misread(database: Database, place: Place, now: datetime):
    made = add(database, place, now)
    assert len(made.code) == 6
    assert set(made.code) <= set(CODE_ALPHABET)
    assert any(c.isdigit() for c in made.code)
    assert not set("ILOU01") & set(CODE_ALPHABET)
    code = codes_of(database, made.id)[0]
    assert (code.mode, code.tier, code.field_id) == (Mode.QR_ON_SITE, EvidenceTier.C, None)


def test_a_kiosk_is_stronger_evidence_than_a_poster(database: Database, place: Place, now: datetime):
    made = add(database, place, now, mode=Mode.KIOSK, field="ho-tich")
    code = codes_of(database, made.id)[0]
    assert (code.tier, code.field_id) == (EvidenceTier.B, place.field.id)


def test_the_same_place_again_is_the_one_there_is(database: Database, place: Place, now: datetime):
    first = add(database, place, now)
    assert add(database, place, now) == first
    assert add(database, place, now, name="Quầy số 2").id != first.id
    assert count(database, CollectionPoint) == 2


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"channel": "khong-co"}, "channel"),
        ({"unit_deciding": "khong-co"}, "unit_deciding"),
        ({"unit_received": ""}, "unit_received"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"mode": Mode.PAPER}, "mode"),
        ({"field": "khong-co"}, "field"),
    ],
)
def test_what_is_wrong_with_a_point_is_said_by_field(
    database: Database, place: Place, now: datetime, changes: dict[str, object], problem: str
):
    with pytest.raises(Invalid) as refused:
        add(database, place, now, **changes)
    assert set(refused.value.problems) == {problem}
    assert count(database, CollectionPoint) == 0


def test_a_drawn_channel_has_no_poster(database: Database, place: Place, now: datetime):
    """A printed code would let anyone into a sample that claims to be drawn."""
    made = add(database, place, now, channel="phieu-chon")
    assert made.code == ""
    assert codes_of(database, made.id) == []
    with pytest.raises(Conflict, match="one-time codes"):
        points.add_code(database, WAVE, made.id, mode=Mode.QR_LATER, field=None, actor=place.officer(), now=now)


def test_many_points_are_added_at_once_and_only_those_not_there(database: Database, place: Place, now: datetime):
    add(database, place, now, name="Một cửa")
    wanted = [new(place, unit_received=u, unit_deciding=u, name="Một cửa") for u in ("20242", "20200")]
    made = points.add_points(database, WAVE, wanted, actor=place.officer(), now=now)
    assert (len(made.made), made.already) == (1, 1)
    again = points.add_points(database, WAVE, wanted, actor=place.officer(), now=now)
    assert (len(again.made), again.already) == (0, 2)
    assert count(database, EntryCode) == 2


def test_one_wrong_point_among_many_adds_none(database: Database, place: Place, now: datetime):
    wanted = [new(place, name="Một cửa"), new(place, unit_deciding="khong-co")]
    with pytest.raises(Invalid):
        points.add_points(database, WAVE, wanted, actor=place.officer(), now=now)
    assert count(database, CollectionPoint) == 0


def test_an_officer_of_a_ward_adds_points_there_and_nowhere_else(database: Database, place: Place, now: datetime):
    officer = place.officer(place.ward)
    points.add_point(database, WAVE, new(place), actor=officer, now=now)
    for entered in (new(place, unit_received="20200", unit_deciding="20200"),):
        with pytest.raises(Forbidden):
            points.add_point(database, WAVE, entered, actor=officer, now=now)
        with pytest.raises(Forbidden):
            points.add_points(database, WAVE, [new(place, name="Khác"), entered], actor=officer, now=now)
    assert count(database, CollectionPoint) == 1


def test_a_point_is_renamed(database: Database, place: Place, now: datetime):
    made = add(database, place, now)
    points.rename_point(database, WAVE, made.id, name="Quầy số 9", actor=place.officer(), now=now)
    with database.reading() as session:
        assert session.scalar(select(CollectionPoint.name)) == "Quầy số 9"
    with pytest.raises(Invalid):
        points.rename_point(database, WAVE, made.id, name="", actor=place.officer(), now=now)
    with pytest.raises(Forbidden):
        points.rename_point(database, WAVE, made.id, name="x", actor=place.officer(place.other), now=now)


def test_a_further_code_of_the_same_kind_is_the_one_there_is(database: Database, place: Place, now: datetime):
    made = add(database, place, now)

    def further(mode: Mode, field: str | None) -> str:
        return points.add_code(database, WAVE, made.id, mode=mode, field=field, actor=place.officer(), now=now)

    assert further(Mode.QR_ON_SITE, None) == made.code
    home = further(Mode.QR_LATER, "ho-tich")
    assert further(Mode.QR_LATER, "ho-tich") == home
    assert len(codes_of(database, made.id)) == 2


def test_a_stolen_poster_is_replaced_once_however_often_the_button_is_pressed(
    database: Database, place: Place, now: datetime
):
    made = add(database, place, now, mode=Mode.KIOSK, field="ho-tich")
    fresh = points.replace_code(database, WAVE, made.code, actor=place.officer(), now=now)
    assert points.replace_code(database, WAVE, made.code.lower(), actor=place.officer(), now=now) == fresh
    old, new_code = codes_of(database, made.id)
    assert (old.status, new_code.status) == (EntryCodeStatus.RETIRED, EntryCodeStatus.ACTIVE)
    assert (new_code.code, new_code.mode, new_code.field_id) == (fresh, Mode.KIOSK, place.field.id)


def test_a_retired_code_stays_retired(database: Database, place: Place, now: datetime):
    made = add(database, place, now)
    points.retire_code(database, WAVE, made.code, actor=place.officer(), now=now)
    points.retire_code(database, WAVE, made.code, actor=place.officer(), now=now)
    assert [code.status for code in codes_of(database, made.id)] == [EntryCodeStatus.RETIRED]
    with pytest.raises(Conflict, match="was withdrawn before"):
        points.replace_code(database, WAVE, made.code, actor=place.officer(), now=now)


def test_a_code_of_another_wave_or_another_ward_cannot_be_touched(database: Database, place: Place, now: datetime):
    made = add(database, place, now)
    place.record.wave(unit=place.province, code="KHAC")
    with pytest.raises(NotFound):
        points.retire_code(database, "KHAC", made.code, actor=place.officer(), now=now)
    with pytest.raises(Forbidden):
        points.replace_code(database, WAVE, made.code, actor=place.officer(place.other), now=now)
    assert [code.status for code in codes_of(database, made.id)] == [EntryCodeStatus.ACTIVE]


def test_a_closed_wave_takes_no_more_points(database: Database, place: Place, now: datetime):
    made = add(database, place, now)
    waves.close_wave(database, WAVE, actor=place.officer(), now=now)
    with pytest.raises(Conflict, match="closed"):
        add(database, place, now, name="Quầy số 2")
    with pytest.raises(Conflict, match="closed"):
        points.replace_code(database, WAVE, made.code, actor=place.officer(), now=now)


# --- files ---------------------------------------------------------------------------------------------------------


def look(database: Database, place: Place, text: str, **at: object) -> point_files.Look:
    with database.reading() as session:
        actor = at.get("actor") or place.officer()
        return point_files.look(session, WAVE, "qr", text.encode(), actor=actor)  # type: ignore[arg-type]


def test_a_file_of_points_is_looked_at_and_taken(database: Database, place: Place, now: datetime):
    add(database, place, now, name="Một cửa")
    text = "mã đơn vị;tên điểm;hình thức;mã lĩnh vực\n20242;Một cửa;;\n20200;Quầy 2;mang về;ho-tich\n"
    found = look(database, place, text)
    assert (found.problems, len(found.points), found.already) == ((), 2, 1)
    made = points.add_points(database, WAVE, found.points, actor=place.officer(), now=now)
    assert len(made.made) == 1
    assert codes_of(database, made.made[0].id)[0].mode is Mode.QR_LATER


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("99999,Quầy,,,", "unit"),
        ("20242,,,,", "name"),
        ("20242,Quầy,99999,,", "received"),
        ("20242,Quầy,,bay,", "mode"),
        ("20242,Quầy,,,khong-co", "field"),
    ],
)
def test_each_wrong_row_of_points_is_named(database: Database, place: Place, row: str, column: str):
    found = look(database, place, f"unit,name,received,mode,field\n{row}\n")
    assert [(p.row, p.column) for p in found.problems] == [(2, column)]


def test_rows_outside_the_own_units_are_named(database: Database, place: Place):
    found = look(database, place, "unit,name\n20242,A\n20200,B\n", actor=place.officer(place.ward))
    assert [(p.row, p.column) for p in found.problems] == [(3, "unit")]


# --- one-time codes ------------------------------------------------------------------------------------------------


@pytest.fixture
def tokens() -> Tokens:
    return Tokens((b"k" * 32,))


def issue(
    database: Database, tokens: Tokens, place: Place, point: MadePoint, now: datetime, **changes: Any
) -> tuple[str, ...]:
    entered: dict[str, Any] = {
        "point_id": point.id, "count": 50, "expires_on": UNTIL, "actor": place.officer(), "now": now
    }  # fmt: skip
    return one_time_codes.issue(database, tokens, WAVE, **{**entered, **changes})


def test_issued_codes_are_kept_only_as_keyed_hashes(database: Database, tokens: Tokens, place: Place, now: datetime):
    point = add(database, place, now, channel="phieu-chon")
    codes = issue(database, tokens, place, point, now)
    assert len(set(codes)) == 50
    assert all(len(c) == 8 and any(x.isdigit() for x in c) for c in codes)
    with database.reading() as session:
        rows = list(session.scalars(select(OneTimeCode)))
        audit = [str(e.detail) for e in session.scalars(select(AuditEvent))]
    assert {row.digest for row in rows} == {tokens.one_time_digest(code) for code in codes}
    assert not any(code in text for code in codes for text in audit)


def test_the_same_press_again_shows_the_same_codes_and_issues_them_once(
    database: Database, tokens: Tokens, place: Place, now: datetime
):
    point = add(database, place, now, channel="phieu-chon")
    first = issue(database, tokens, place, point, now, seed=SEED)
    assert issue(database, tokens, place, point, now, seed=SEED) == first
    assert count(database, OneTimeCode) == 50
    other = issue(database, tokens, place, point, now, seed=b"t" * 32)
    more = issue(database, tokens, place, point, now, seed=SEED, count=51)
    assert not set(other) & set(first)
    assert not set(more) & set(first)
    assert len(set(issue(database, tokens, place, point, now))) == 50


def test_letters_of_seeded_codes_are_evenly_drawn(database: Database, tokens: Tokens, place: Place, now: datetime):
    point = add(database, place, now, channel="phieu-chon")
    letters = "".join(issue(database, tokens, place, point, now, seed=SEED, count=5_000))
    shares = [letters.count(letter) / len(letters) for letter in CODE_ALPHABET if letter.isalpha()]
    assert max(shares) - min(shares) < 0.008


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"count": 0}, "count"),
        ({"count": 50_001}, "count"),
        ({"expires_on": date(2026, 11, 19)}, "expires_on"),
        ({"field_code": "khong-co"}, "field"),
    ],
)
def test_what_is_wrong_with_an_issue_is_said_by_field(
    database: Database, tokens: Tokens, place: Place, now: datetime, changes: dict[str, object], problem: str
):
    point = add(database, place, now, channel="phieu-chon")
    with pytest.raises(Invalid) as refused:
        issue(database, tokens, place, point, now, **changes)
    assert set(refused.value.problems) == {problem}
    assert count(database, OneTimeCode) == 0


def test_a_self_selected_channel_has_no_one_time_codes(database: Database, tokens: Tokens, place: Place, now: datetime):
    with pytest.raises(Conflict, match="self-selected"):
        issue(database, tokens, place, add(database, place, now), now)


def test_voiding_makes_only_the_unused_codes_of_one_point_worthless(
    database: Database, tokens: Tokens, place: Place, now: datetime
):
    here = add(database, place, now, channel="phieu-chon")
    there = add(database, place, now, channel="phieu-chon", unit_deciding="20200", unit_received="20200")
    issue(database, tokens, place, here, now, count=5)
    issue(database, tokens, place, there, now, count=3)
    with pytest.raises(Forbidden):
        one_time_codes.void(database, WAVE, point_id=here.id, actor=place.officer(place.other), now=now)
    assert one_time_codes.void(database, WAVE, point_id=here.id, actor=place.officer(), now=now) == 5
    assert one_time_codes.void(database, WAVE, point_id=here.id, actor=place.officer(), now=now) == 0
    with database.reading() as session:
        statuses = list(session.scalars(select(OneTimeCode.status)))
    assert statuses.count(OneTimeCodeStatus.VOID) == 5
    assert statuses.count(OneTimeCodeStatus.ISSUED) == 3
