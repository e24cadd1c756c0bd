"""The lists of fields and of procedures: entered, changed, never deleted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.people.accounts import Account, Role
from survey.models.province.procedures import Field, FieldGroup, Procedure
from tests.factories.people import EVERYTHING, Person, person
from tests.factories.record import Record
from tests.queries import counted
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]


@pytest.fixture
def chief(record: Record) -> Person:
    return person(record, (Role.ADMINISTRATOR, record.unit(), EVERYTHING))


def test_field_is_entered_and_changed_and_its_code_stays(sign_in: SignIn, chief: Person, database: Database) -> None:
    page = sign_in(chief.account).get("/quan-tri/linh-vuc/them")
    assert page.value("position") == "1"
    page = page.form(code="dat-dai", name="Đất đai", group="land").send()
    page = page.follow("Đất đai").form(name="Đất đai, đo đạc").send()
    assert "Đất đai, đo đạc" in page.text
    with database.reading() as session:
        found = session.execute(select(Field)).scalar_one()
        actions = session.execute(select(AuditEvent.action).order_by(AuditEvent.id)).scalars().all()
    assert (found.code, found.name, found.group) == ("dat-dai", "Đất đai, đo đạc", FieldGroup.LAND)
    assert actions == ["field.add", "field.change"]


@pytest.mark.parametrize("code", ["Dat-Dai", "đất", "", "dat dai", "dat-dai"])
def test_codes_of_fields_are_plain_and_their_own(sign_in: SignIn, chief: Person, record: Record, code: str) -> None:
    record.field(code="dat-dai")
    page = sign_in(chief.account).get("/quan-tri/linh-vuc/them").form(code=code, name="Đất đai").send()
    assert page.problems
    assert page.value("name") == "Đất đai"


def test_procedure_is_entered_ended_and_names_what_replaced_it(
    sign_in: SignIn, chief: Person, record: Record, database: Database
) -> None:
    a_field = record.field(name="Hộ tịch")
    browser = sign_in(chief.account)
    page = browser.get("/quan-tri/thu-tuc/them")
    page = page.form(code="1.003559", name="Xác nhận tình trạng hôn nhân", field=str(a_field.id)).send()
    page = page.follow("Xác nhận tình trạng hôn nhân")
    page = page.form(valid_from="01/01/2020", valid_to="30/06/2025", replaced_by="1.004873").send()
    assert ["1.003559", "Xác nhận tình trạng hôn nhân", "Hộ tịch", "01/01/2020 – 30/06/2025", "1.004873"] in page.rows()
    page = page.follow("Xác nhận tình trạng hôn nhân").form(valid_to="").send()
    with database.reading() as session:
        assert session.execute(select(Procedure.valid_to)).scalar_one() is None


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"code": "4.000001"}, "code"),
        ({"code": "1.12345"}, "code"),
        ({"code": "H15.50.05.13-261008-0975"}, "code"),
        ({"replaced_by": "abc"}, "replaced_by"),
        ({"replaced_by": "1.004873"}, "replaced_by"),
        ({"valid_from": "02/01/2026", "valid_to": "01/01/2026"}, "valid_to"),
        ({"valid_from": "30/02/2026"}, "valid_from"),
    ],
)
def test_mistakes_in_a_procedure_stand_beside_their_fields(
    sign_in: SignIn, chief: Person, record: Record, entered: dict[str, str], field: str
) -> None:
    a_field = record.field()
    values = {"code": "1.004873", "name": "Thủ tục", "field": str(a_field.id)} | entered
    page = sign_in(chief.account).get("/quan-tri/thu-tuc/them").form(**values).send()
    assert page.problems
    assert f'id="{field}-problem"' in page.response.get_data(as_text=True)


def test_provincial_variant_of_a_code_is_taken(sign_in: SignIn, chief: Person, record: Record) -> None:
    a_field = record.field()
    page = sign_in(chief.account).get("/quan-tri/thu-tuc/them")
    page = page.form(code="2.000815.000.00.00.H55", name="Chứng thực", field=str(a_field.id)).send()
    assert "2.000815.000.00.00.H55" in page.text


def test_lists_ask_the_same_number_of_questions_however_long(
    sign_in: SignIn, chief: Person, record: Record, database: Database
) -> None:
    browser = sign_in(chief.account)
    record.add(Procedure(code="1.000001", name="Thủ tục", field_id=record.field().id))
    paths = ("/quan-tri/linh-vuc", "/quan-tri/thu-tuc")

    def numbers() -> list[int]:
        found = []
        for path in paths:
            with counted(database) as asked:
                browser.get(path)
            found.append(asked.number)
        return found

    numbers()
    few = numbers()
    for n in range(60):
        record.add(Procedure(code=f"2.{n:06d}", name=f"Thủ tục {n}", field_id=record.field().id))
    assert numbers() == few
    assert len(browser.get("/quan-tri/thu-tuc").rows()) == 51


def test_search_and_field_narrow_the_procedures(sign_in: SignIn, chief: Person, record: Record) -> None:
    land, civil = record.field(name="Đất đai"), record.field(name="Hộ tịch")
    record.add(Procedure(code="1.000001", name="Cấp giấy chứng nhận", field_id=land.id))
    record.add(Procedure(code="1.000002", name="Khai sinh", field_id=civil.id))
    browser = sign_in(chief.account)
    assert [r[0] for r in browser.get("/quan-tri/thu-tuc?q=khai").rows()[1:]] == ["1.000002"]
    assert [r[0] for r in browser.get(f"/quan-tri/thu-tuc?field={land.id}").rows()[1:]] == ["1.000001"]
