"""Units on screen: the tree, a search, dates and successors, a file that is first only shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.people.accounts import Account, Role
from survey.models.province.units import Unit, UnitKind, UnitSuccession
from survey.permissions import system
from survey.services.demonstration import shipped_data
from tests.factories.people import EVERYTHING, Person, person
from tests.factories.record import Record
from tests.queries import counted
from tests.staff_client import Page, StaffClient

SignIn = Callable[[Account], StaffClient]
CSV = (
    "code,name,kind,valid_to,successors\n"
    "20242,Phường Hải Châu,phường,,\n"
    "cu-1,Phường Cũ,former_commune,30/06/2025,20242\n"
)


@pytest.fixture
def province(record: Record) -> Unit:
    return record.unit(kind=UnitKind.PROVINCE, code="48", name="Thành phố Mẫu")


@pytest.fixture
def chief(record: Record, province: Unit) -> Person:
    return person(record, (Role.ADMINISTRATOR, province, EVERYTHING))


def by_code(database: Database, code: str) -> Unit | None:
    with database.reading() as session:
        return session.execute(select(Unit).where(Unit.code == code)).scalar_one_or_none()


def upload(browser: StaffClient, text: str | bytes) -> Page:
    form = browser.get("/quan-tri/don-vi/nhap").form()
    data = text.encode() if isinstance(text, str) else text
    form.fields.add("file", (io.BytesIO(data), "don-vi.csv"))
    return form.send()


def test_file_is_shown_before_it_is_taken(sign_in: SignIn, chief: Person, database: Database) -> None:
    page = upload(sign_in(chief.account), CSV)
    assert page.h1 == "Tệp này sẽ thay đổi những gì?"
    assert "thêm mới 2" in page.text
    assert by_code(database, "20242") is None
    page = page.form().send()
    assert page.notices == ["Đã ghi nhận 2 đơn vị."]
    new, old = by_code(database, "20242"), by_code(database, "cu-1")
    assert new is not None
    assert old is not None
    with database.reading() as session:
        succession = session.execute(select(UnitSuccession)).scalar_one()
        event = session.execute(select(AuditEvent)).scalar_one()
    assert (succession.old_id, succession.new_id, succession.since) == (old.id, new.id, date(2025, 7, 1))
    assert event.detail["added"] == ["20242", "cu-1"]


@pytest.mark.parametrize(
    ("text", "row", "column", "sentence"),
    [
        (CSV.replace("20242,Ph", '20242,"Ph'), "2", "", "Dòng này có dấu ngoặc kép mở ra mà không đóng lại ở cuối ô."),
        (
            CSV.replace("20242,Ph", '20242,"Ph').replace("Phường Cũ", 'Phường Cũ"'),
            "2", "Tên", "Ô “Phường Hải Châu,phường,, cu-1,Phường Cũ” kéo dài qua nhiều dòng.",
        ),
        (CSV.replace("kind", "kind,tên đơn vị"), "1", "Tên", "Hai cột “name” và “tên đơn vị” là một."),
    ],
)  # fmt: skip
def test_file_that_would_be_read_in_part_is_refused_with_its_row(
    sign_in: SignIn, chief: Person, database: Database, text: str, row: str, column: str, sentence: str
) -> None:
    page = upload(sign_in(chief.account), text)
    (found,) = [cells for cells in page.rows() if cells[0] == row]
    assert found[1] == column
    assert found[2].startswith(sentence)
    assert not [f for f in page.forms() if f.action.endswith("/nhan")]
    assert by_code(database, "20242") is None


def test_file_with_problems_names_every_row_and_offers_nothing_to_take(sign_in: SignIn, chief: Person) -> None:
    page = upload(sign_in(chief.account), CSV + "4,Xã,xã lạ,,\n20242,Hai lần,phường,,\n")
    assert ["4", "Loại", "Không có loại đơn vị “xã lạ”."] in page.rows()
    assert ["5", "Mã", "Mã 20242 đã có ở dòng 2."] in page.rows()
    assert not [f for f in page.forms() if f.action.endswith("/nhan")]


def test_file_that_is_no_csv_says_so(sign_in: SignIn, chief: Person) -> None:
    page = upload(sign_in(chief.account), b"PK\x03\x04")
    assert "Đây là tệp Excel" in page.text


def test_plan_that_no_longer_fits_the_record_is_shown_anew_and_not_taken(
    sign_in: SignIn, chief: Person, record: Record, province: Unit, database: Database
) -> None:
    page = upload(sign_in(chief.account), CSV)
    record.unit(parent=province, code="20242", name="Phường Khác")
    page = page.form().send()
    assert "vừa được thay đổi" in page.text
    assert "thay đổi 1" in page.text
    found = by_code(database, "20242")
    assert found is not None
    assert found.name == "Phường Khác"
    page.form().send()
    found = by_code(database, "20242")
    assert found is not None
    assert found.name == "Phường Hải Châu"


def test_shipped_file_of_danang_can_be_downloaded_and_imported(
    sign_in: SignIn, chief: Person, database: Database
) -> None:
    browser = sign_in(chief.account)
    shipped = browser.browser.get("/quan-tri/don-vi/da-nang.csv").get_data()
    page = upload(browser, shipped)
    assert "Cần sửa gì trong tệp" not in page.text
    page.form().send()
    with database.reading() as session:
        wards = select(func.count()).where(Unit.kind.in_([UnitKind.WARD, UnitKind.COMMUNE, UnitKind.SPECIAL_ZONE]))
        assert session.execute(wards).scalar_one() == 94


def test_downloaded_list_brought_back_changes_nothing(sign_in: SignIn, chief: Person, record: Record) -> None:
    browser = sign_in(chief.account)
    upload(browser, CSV).form().send()
    page = upload(browser, browser.browser.get("/quan-tri/don-vi/xuat.csv").get_data())
    assert "Mọi nội dung trong tệp đều đã có" in page.text


def test_unit_is_entered_changed_and_ended_one_by_one(sign_in: SignIn, chief: Person, database: Database) -> None:
    browser = sign_in(chief.account)
    page = browser.get("/quan-tri/don-vi/them").form(code="bv-1", name="Bệnh viện Một", kind="hospital").send()
    assert page.h1 == "Bệnh viện Một"
    page.client.get("/quan-tri/don-vi/them").form(code="bv-2", name="Bệnh viện Hai", kind="hospital").send()
    page = page.follow("Sửa đơn vị này").form(valid_to="31/12/2026", successors="bv-2").send()
    assert "đến 31/12/2026" in page.text
    assert "Đã nhập vào Bệnh viện Hai" in page.text
    page = page.follow("Bệnh viện Hai")
    assert "Hình thành từ Bệnh viện Một" in page.text
    page = page.follow("Bệnh viện Một").follow("Sửa đơn vị này").form(valid_to="", successors="").send()
    assert "Đã nhập vào" not in page.text
    found = by_code(database, "bv-1")
    assert found is not None
    assert found.valid_to is None
    with database.reading() as session:
        actions = session.execute(select(AuditEvent.action).order_by(AuditEvent.id)).scalars().all()
    assert actions == ["unit.add", "unit.add", "unit.end", "unit.change"]


def test_problem_of_one_unit_stands_beside_its_field(sign_in: SignIn, chief: Person) -> None:
    page = sign_in(chief.account).get("/quan-tri/don-vi/them")
    page = page.form(code="48", name="Lại tỉnh", kind="department", parent="khong-co").send()
    assert page.title.startswith("Lỗi:")
    assert page.value("name") == "Lại tỉnh"
    assert any("Đã có đơn vị mang mã này." in p for p in page.problems)


def test_search_finds_units_typed_without_marks_and_former_ones_on_request(sign_in: SignIn, chief: Person) -> None:
    browser = sign_in(chief.account)
    upload(browser, CSV).form().send()
    page = browser.get("/quan-tri/don-vi?q=hai chau")
    assert [r[0] for r in page.rows()[1:]] == ["Phường Hải Châu"]
    assert len(browser.get("/quan-tri/don-vi?q=phuong").rows()) == 2
    assert len(browser.get("/quan-tri/don-vi?q=phuong&ended=1").rows()) == 3
    assert [r[1] for r in browser.get("/quan-tri/don-vi?q=20242").rows()[1:]] == ["20242"]


def test_search_takes_signs_of_the_database_as_letters(sign_in: SignIn, chief: Person) -> None:
    page = sign_in(chief.account).get("/quan-tri/don-vi?q=%25")
    assert "Không tìm thấy" in page.text


def test_officer_of_a_part_sees_that_part_and_the_way_to_it_without_links(
    sign_in: SignIn, record: Record, province: Unit
) -> None:
    health = record.unit(parent=province, name="Sở Y tế Mẫu")
    record.unit(parent=health, name="Bệnh viện Mẫu")
    record.unit(parent=province, name="Sở Khác Mẫu")
    officer = person(record, (Role.FIELD_OFFICER, health, ("health",)))
    page = sign_in(officer.account).get("/quan-tri/don-vi")
    assert page.h1 == "Sở Y tế Mẫu"
    assert "Thành phố Mẫu" in page.text
    assert "Thành phố Mẫu" not in page.links()
    assert "Bệnh viện Mẫu" in page.links()
    assert "Sở Khác" not in page.client.get("/quan-tri/don-vi?q=mau").text
    assert "Thêm đơn vị" not in page.text


def test_long_lists_are_paged(sign_in: SignIn, chief: Person, record: Record, province: Unit) -> None:
    for _ in range(105):
        record.unit(parent=province, kind=UnitKind.HOSPITAL)
    page = sign_in(chief.account).get(f"/quan-tri/don-vi/{province.id}")
    assert len(page.rows()) == 101
    assert "1 – 100 trong tổng số 105" in page.text
    page = page.follow("Trang sau")
    assert len(page.rows()) == 6
    assert page.client.get(f"/quan-tri/don-vi/{province.id}?page=99").text == page.text


def test_tree_asks_the_record_the_same_number_of_questions_however_wide(
    sign_in: SignIn, chief: Person, record: Record, province: Unit, database: Database
) -> None:
    browser = sign_in(chief.account)
    record.unit(parent=province, kind=UnitKind.WARD)
    paths = ("/quan-tri/don-vi", "/quan-tri/don-vi?q=mau", "/quan-tri/don-vi/them", "/quan-tri/tai-khoan/moi")
    few, many = [], []
    for path in paths:
        browser.get(path)
        with counted(database) as asked:
            browser.get(path)
        few.append(asked.number)
    for _ in range(30):
        below = record.unit(parent=province, kind=UnitKind.HOSPITAL)
        record.unit(parent=below, kind=UnitKind.OTHER)
    for path in paths:
        with counted(database) as asked:
            browser.get(path)
        many.append(asked.number)
    assert many == few


def test_whole_of_danang_is_imported_without_a_question_for_each_unit(database: Database, now: datetime) -> None:
    with counted(database) as asked:
        shipped_data.load_danang(database, system(), now=now)
    assert len([s for s in asked.statements if s.startswith("SELECT")]) < 10


def test_upload_over_two_megabytes_is_a_page_that_says_so(staff_app: Flask, sign_in: SignIn, chief: Person) -> None:
    browser = sign_in(chief.account)
    data = {"content": "x" * (3 * 1024 * 1024)}
    page = browser.open("/quan-tri/don-vi/nhap/nhan", method="POST", data=data)
    assert page.status == 413
    assert "2 MB" in page.text
