"""The frame: a file with every problem by its row, cells on screen, nothing half taken."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select

from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid
from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.waves import WaveStatus
from survey.models.questionnaires.instruments import ServiceDomain
from survey.services.fieldwork import frames, waves
from survey.services.fieldwork.frames import CellNumbers, NewCell
from tests.factories.fieldwork import Place

WAVE = "HC-2026-2"
GOOD = "mã đơn vị,mã lĩnh vực,số hồ sơ,số phiếu dự kiến\n20242,ho-tich,1.200,60\n20200,,800,\n"


def look(database: Database, place: Place, text: str | bytes) -> frames.Look:
    data = text.encode() if isinstance(text, str) else text
    with database.reading() as session:
        return frames.look(session, WAVE, data, actor=place.officer())


def take(database: Database, place: Place, text: str, now: datetime) -> frames.Look:
    return frames.take(
        database, WAVE, text.encode(), source="Một cửa", as_of=date(2026, 11, 1), actor=place.officer(), now=now
    )


def cells(database: Database) -> list[tuple[int, int | None, int, int]]:
    with database.reading() as session:
        rows = session.scalars(select(FrameCell).order_by(FrameCell.unit_id, FrameCell.field_key))
        return [(c.unit_id, c.field_id, c.transactions, c.planned) for c in rows]


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        "Unit,Tên,Field,Transactions,Planned\n20242,Hải Châu,ho-tich,1200,60\n\n20200,,,800,\n",
        "MA DON VI,MA LINH VUC,SO HO SO,DU KIEN\n20242,ho-tich,1 200,60\n20200,,800,\n",
    ],
    ids=["comma", "semicolon", "tab", "mark", "windows", "english", "without marks"],
)
def test_files_of_office_programs_are_read(database: Database, place: Place, text: str):
    found = look(database, place, text)
    assert found.problems == ()
    assert (found.units, found.transactions, found.planned) == (2, 2000, 60)


def test_looking_changes_nothing_and_taking_replaces_the_whole_frame(database: Database, place: Place, now: datetime):
    place.record.frame_cell(place.wave, place.ward, transactions=5)
    found = look(database, place, GOOD)
    assert (found.replaced, len(cells(database))) == (1, 1)
    take(database, place, GOOD, now)
    expected = [(place.ward.id, place.field.id, 1200, 60), (place.other.id, None, 800, 0)]
    assert cells(database) == expected
    take(database, place, GOOD, now)
    assert cells(database) == expected


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("99999,,10,", "unit", "No unit of this wave"),
        ("20242,khong-co,10,", "field", "There is no field"),
        ("20242,,nhiều,", "transactions", "is not a whole number"),
        ("20242,,-5,", "transactions", "is not a whole number"),
        ("20242,,1.5,", "transactions", "is not a whole number"),
        ("20242,,10,mười", "planned", "is not a whole number"),
        ("20242,,10,11", "planned", "More answers are planned"),
        ("20242,,10,,,thừa", "", "more cells"),
    ],
)
def test_each_wrong_row_is_named(database: Database, place: Place, row: str, column: str, words: str):
    found = look(database, place, f"unit,field,transactions,planned\n20200,,5,\n{row}\n")
    assert [(p.row, p.column) for p in found.problems] == [(3, column)]
    assert words in found.problems[0].message


def test_one_place_twice_is_named_with_the_first_row(database: Database, place: Place):
    found = look(database, place, "unit,transactions\n20242,5\n20242,6\n")
    assert [(p.row, dict(p.values)) for p in found.problems] == [(3, {"row": 2})]


def test_a_unit_that_ended_before_the_wave_is_refused(database: Database, place: Place):
    place.record.unit(parent=place.province, code="cu", valid_to=date(2025, 6, 30))
    found = look(database, place, "unit,transactions\ncu,5\n")
    assert "does not exist on the days" in found.problems[0].message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "Excel"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a\0b", "not a CSV"),
        (b'unit,transactions\n"20242,5\n', "quotation mark"),
        (b"ten,so\na,1\n", "missing"),
        (b"unit,transactions\n", "no row"),
        (b"x" * 1_000_001, "1 MB"),
        (b"unit,transactions\n" + b"20242,1\n" * 20_001, "20,000 rows"),
    ],
    ids=["nothing", "workbook", "other letters", "zero", "quotes", "headings", "no rows", "long", "many"],
)
def test_a_file_that_cannot_be_used_says_why(database: Database, place: Place, data: bytes, words: str):
    found = look(database, place, data)
    assert [p.row for p in found.problems] == [2 if b'"' in data else 0], "a quotation mark has a row"
    assert words in found.problems[0].message


def test_a_file_with_problems_is_not_taken(database: Database, place: Place, now: datetime):
    with pytest.raises(Invalid):
        take(database, place, GOOD + "99999,,1,\n", now)
    assert cells(database) == []


def test_fields_are_refused_where_the_service_has_none(database: Database, place: Place, now: datetime):
    wave = place.record.wave(unit=place.province, domain=ServiceDomain.HEALTH, code="YT-1")
    with database.reading() as session:
        found = frames.look(session, wave.code, GOOD.encode(), actor=place.officer(domains=("health",)))
    assert [(p.row, p.column) for p in found.problems] == [(2, "field")]


def test_the_template_names_every_unit_and_field_and_comes_back_unchanged(
    database: Database, place: Place, now: datetime
):
    with database.reading() as session:
        empty = frames.template(session, WAVE, actor=place.officer())
    assert empty.decode("utf-8-sig").splitlines()[1:] == [
        "20200,Phường Thanh Khê,ho-tich,,",
        "20242,Phường Hải Châu,ho-tich,,",
    ]
    take(database, place, GOOD, now)
    with database.reading() as session:
        filled = frames.template(session, WAVE, actor=place.officer())
    before = cells(database)
    take(database, place, filled.decode(), now)
    assert cells(database) == before


def test_no_cell_of_the_template_begins_a_formula(database: Database, place: Place):
    place.record.unit(parent=place.province, code="xau", name="=1+1")
    with database.reading() as session:
        file = frames.template(session, WAVE, actor=place.officer())
    assert b"'=1+1" in file


# --- on screen -----------------------------------------------------------------------------------------------------


def cell(place: Place, **changes: object) -> NewCell:
    entered = {
        "unit_code": "20242",
        "field_code": "ho-tich",
        "numbers": CellNumbers(100, 20),
        "source": "Sổ một cửa",
        "as_of": date(2026, 11, 1),
    }
    return NewCell(**{**entered, **changes})  # type: ignore[arg-type]


def test_a_cell_is_entered_and_entered_anew(database: Database, place: Place, now: datetime):
    frames.put(database, WAVE, cell(place), actor=place.officer(), now=now)
    frames.put(database, WAVE, cell(place, numbers=CellNumbers(150, 30)), actor=place.officer(), now=now)
    assert cells(database) == [(place.ward.id, place.field.id, 150, 30)]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"unit_code": ""}, "unit_code"),
        ({"field_code": "khong-co"}, "field_code"),
        ({"numbers": CellNumbers(10, 11)}, "planned"),
    ],
)
def test_what_is_wrong_with_a_cell_is_said_by_field(
    database: Database, place: Place, now: datetime, changes: dict[str, object], problem: str
):
    with pytest.raises(Invalid) as refused:
        frames.put(database, WAVE, cell(place, **changes), actor=place.officer(), now=now)
    assert set(refused.value.problems) == {problem}


def test_numbers_are_changed_and_cells_taken_out(database: Database, place: Place, now: datetime):
    first = place.record.frame_cell(place.wave, place.ward, transactions=100)
    second = place.record.frame_cell(place.wave, place.other, transactions=100)
    foreign = place.record.frame_cell(place.record.wave(unit=place.province), place.other, transactions=7)
    numbers = {first.id: CellNumbers(200, 10), second.id: CellNumbers(100, 0), foreign.id: CellNumbers(1, 1)}
    assert frames.change(database, WAVE, numbers, actor=place.officer(), now=now) == 1
    frames.remove(database, WAVE, second.id, actor=place.officer(), now=now)
    frames.remove(database, WAVE, second.id, actor=place.officer(), now=now)
    frames.remove(database, WAVE, foreign.id, actor=place.officer(), now=now)
    assert cells(database) == [(place.ward.id, None, 200, 10), (place.other.id, None, 7, 0)]


def test_a_closed_wave_keeps_its_frame(database: Database, place: Place, now: datetime):
    waves.close_wave(database, WAVE, actor=place.officer(), now=now)
    with pytest.raises(Conflict, match="part of its results"):
        take(database, place, GOOD, now)
    with pytest.raises(Conflict):
        frames.put(database, WAVE, cell(place), actor=place.officer(), now=now)
    assert place.wave.status is WaveStatus.OPEN  # as the fixture made it; the record knows better
    assert cells(database) == []


def test_an_officer_of_a_part_cannot_change_the_frame(database: Database, place: Place, now: datetime):
    with pytest.raises(Forbidden), database.reading() as session:
        frames.look(session, WAVE, GOOD.encode(), actor=place.officer(place.ward))
    with pytest.raises(Forbidden):
        frames.put(database, WAVE, cell(place), actor=place.officer(place.ward), now=now)
