"""Forms issued: entered by hand and from a file, refused where they would be read in part or the wave is closed."""

from __future__ import annotations

import csv
import io
from typing import Any

from sqlalchemy import select

from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.fieldwork.issued_forms import IssuedForms
from survey.models.people.accounts import Role
from survey.permissions import system
from survey.services.fieldwork import waves
from tests.factories.fieldwork import WAVE, People, Place, count
from tests.staff_client import Page, StaffClient

FILE = "mã đơn vị,mã lĩnh vực,số phiếu phát ra\n20242,ho-tich,1.200\n20200,,800\n"


def entered(database: Database) -> list[tuple[int, int, int]]:
    with database.reading() as session:
        rows = session.execute(
            select(IssuedForms.unit_id, IssuedForms.field_key, IssuedForms.issued).order_by(IssuedForms.unit_id)
        )
        return [tuple(row) for row in rows]


def by_hand(officer: StaffClient, **changes: Any) -> Page:
    numbers = {"unit_code": "20242", "field_code": "ho-tich", "issued": "500", "source": "Sổ", "as_of": "1/11/2026"}
    return officer.get(f"{WAVE}/phieu-phat-ra").follow("Nhập tay một đơn vị").form(**{**numbers, **changes}).send()


def bring(officer: StaffClient, text: str) -> Page:
    page = officer.get(f"{WAVE}/phieu-phat-ra").follow("Nhập từ tệp")
    file = (io.BytesIO(text.encode()), "phieu.csv")
    return page.form(file=file, source="Danh sách phát phiếu", as_of="01/11/2026").send()


def test_a_number_is_entered_by_hand_again_and_audited(officer: StaffClient, place: Place, database: Database) -> None:
    page = by_hand(officer)
    assert page.notices[0] == "Đã nhập số phiếu. Kết quả tạm thời sẽ có số này trong vòng mười phút."
    assert ["Phường Hải Châu 20242", "Hộ tịch", "500", "Sổ, 01/11/2026"] in page.rows()
    by_hand(officer, issued="620")
    assert entered(database) == [(place.ward.id, place.field.id, 620)]
    with database.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "wave.issued_forms")).all()
    assert len(events) == 2


def test_a_file_replaces_all_numbers_and_comes_back(officer: StaffClient, place: Place, database: Database) -> None:
    by_hand(officer, unit_code="20200", field_code="ho-tich")
    page = bring(officer, FILE)
    assert page.notices[0].startswith("Đã nhập 2.000 phiếu phát ra, trong 2 dòng.")
    assert entered(database) == [(place.ward.id, place.field.id, 1200), (place.other.id, 0, 800)]
    file = officer.get(f"{WAVE}/phieu-phat-ra/tep.csv").response
    assert 'filename="phieu-phat-ra-HC-2026-2-phieu-chon.csv"' in file.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert rows[1:] == [["20200", "Phường Thanh Khê", "", "800"], ["20242", "Phường Hải Châu", "ho-tich", "1200"]]


def test_a_file_with_a_problem_is_not_taken_in_part(officer: StaffClient, place: Place, database: Database) -> None:
    page = bring(officer, FILE + "99999,,5\n20242,ho-tich,3\n20200,ho-tich,nhiều\n")
    assert page.status == 422
    assert page.title.startswith("Lỗi:")
    assert [row[:2] for row in page.rows()[1:]] == [
        ["4", "Mã đơn vị"], ["5", "Mã đơn vị"], ["6", "Số phiếu phát ra"],
    ]  # fmt: skip
    assert bring(officer, FILE.replace("20242,", '"20242,')).status == 422
    assert count(database, IssuedForms) == 0


def test_a_closed_wave_keeps_its_numbers(officer: StaffClient, people: People, place: Place) -> None:
    by_hand(officer)
    form = officer.get(f"{WAVE}/phieu-phat-ra/nhap-tay")
    waves.close_wave(place.record.database, "HC-2026-2", actor=system(), now=place.record.now)
    late = form.form(unit_code="20242", issued="9", source="Sổ", as_of="1/11/2026").send()
    assert "đã đóng" in late.text
    assert entered(place.record.database) == [(place.ward.id, place.field.id, 500)]
    assert "Nhập từ tệp" not in people(Role.ANALYST).get(f"{WAVE}/phieu-phat-ra").text
    assert people(Role.ANALYST).get(f"{WAVE}/phieu-phat-ra/nhap-tay").status == 403
