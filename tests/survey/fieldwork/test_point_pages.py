"""The pages of points and of what is printed for them: entry codes, one-time codes, slips, placards."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from functools import partial

import pypdf
import pytest
from flask import Flask
from sqlalchemy import select

from survey.config import Config
from survey.database import Database
from survey.jobs import kinds, worker
from survey.models.fieldwork.points import CollectionPoint, EntryCode, EntryCodeStatus, OneTimeCode, OneTimeCodeStatus
from survey.models.people.accounts import Role
from tests.factories.citizen import Citizen
from tests.factories.fieldwork import LIST, WAVE, People, Place, add_point, count
from tests.queries import number_of
from tests.staff_client import Page, StaffClient

# --- points and codes -------------------------------------------------------------------------------------------------


def test_a_point_is_added_renamed_and_given_a_further_code(officer: StaffClient, place: Place, database: Database):
    page = add_point(officer)
    with database.reading() as session:
        code = session.scalar(select(EntryCode.code))
    assert page.notices[0] == f"Đã thêm điểm. Mã của điểm là {code}."
    assert f"localhost/{code}" in page.text
    page = page.follow("Đổi tên điểm").form(name="Quầy số 9").send()
    assert page.h1 == "Quầy số 9"
    page = page.follow("Thêm mã khác").form(mode="qr_later", field="ho-tich").send()
    assert "QR mang về" in page.text
    assert "Hộ tịch" in page.text
    assert count(database, EntryCode) == 2


def test_adding_the_same_point_twice_adds_one(officer: StaffClient, place: Place, database: Database):
    form = officer.get(f"{WAVE}/diem/them").form(channel="qr", unit_deciding="20242", name="Quầy số 1")
    assert form.send().path == form.send().path
    assert count(database, CollectionPoint) == 1


def test_points_are_added_at_every_ward(officer: StaffClient, place: Place, database: Database):
    page = officer.get(f"{WAVE}/diem").follow("Thêm ở nhiều đơn vị")
    assert "Phường (2)" in page.text
    form = page.form(channel="qr", kinds=["ward"], name="Một cửa")
    assert form.send().notices[0] == "Đã thêm 2 điểm khảo sát."
    assert form.send().notices[0] == "Đã thêm 0 điểm khảo sát. 2 điểm đã có từ trước."
    assert count(database, CollectionPoint) == 2


def test_points_come_from_a_file(officer: StaffClient, place: Place, database: Database):
    def look(text: str) -> Page:
        file = (io.BytesIO(text.encode()), "diem.csv")
        return officer.get(f"{WAVE}/diem/nhap").form(channel="qr", file=file).send()

    wrong = look("mã đơn vị,tên điểm\n99999,Quầy\n")
    assert wrong.rows()[1][:2] == ["2", "Mã đơn vị"]
    looked = look("mã đơn vị,tên điểm\n20242,Quầy 1\n20200,Quầy 2\n")
    assert count(database, CollectionPoint) == 0
    assert looked.form("nhap").send().notices[0] == "Đã thêm 2 điểm khảo sát."
    assert looked.form("nhap").send().notices[0].startswith("Đã thêm 0 điểm khảo sát.")


def test_a_stolen_poster_gets_a_new_code_and_the_old_one_says_so(
    officer: StaffClient, app: Flask, place: Place, database: Database
):
    add_point(officer)
    with database.reading() as session:
        old = session.scalar(select(EntryCode.code))
    page = officer.get(f"{WAVE}/diem").follow("Quầy số 1").follow(f"thay hoặc thu hồi {old}")
    button = page.form("thay")
    page = button.send()
    assert page.notices[0].startswith(f"Đã thu hồi {old}; mã mới là ")
    assert button.send().notices[0] == page.notices[0]
    with database.reading() as session:
        active = list(session.scalars(select(EntryCode.code).where(EntryCode.status == EntryCodeStatus.ACTIVE)))
    assert len(active) == 1
    citizen = app.test_client()
    assert citizen.get(f"/{old}").status_code == 410
    assert citizen.get(f"/{active[0]}").status_code == 200


def test_a_code_is_withdrawn_without_a_new_one(officer: StaffClient, place: Place, database: Database):
    add_point(officer)
    with database.reading() as session:
        code = session.scalar(select(EntryCode.code))
    page = officer.get(f"{WAVE}/diem").follow("Quầy số 1").follow(f"thay hoặc thu hồi {code}")
    page = page.form("thu-hoi").send()
    assert page.notices[0] == f"Đã thu hồi mã {code}. Người quét mã này sẽ được báo như vậy."
    assert "đã thu hồi" in page.text


def test_a_point_of_a_drawn_channel_has_no_poster(officer: StaffClient, place: Place, database: Database):
    page = add_point(officer, channel="phieu-chon")
    assert page.notices[0] == "Đã thêm điểm."
    assert "kênh này không có tờ QR" in page.text
    assert count(database, EntryCode) == 0


def test_the_list_of_points_is_searched_and_filtered(officer: StaffClient, place: Place, database: Database):
    add_point(officer)
    add_point(officer, unit_deciding="20200", name="Bàn viết", channel="phieu-chon")
    assert "Bàn viết" in officer.get(f"{WAVE}/diem?q=thanh+khe").text
    assert "Quầy số 1" not in officer.get(f"{WAVE}/diem?q=thanh+khe").text
    assert "Quầy số 1" not in officer.get(f"{WAVE}/diem?channel=phieu-chon").text
    with database.reading() as session:
        code = session.scalar(select(EntryCode.code)) or ""
    assert "Quầy số 1" in officer.get(f"{WAVE}/diem?q={code.lower()}").text
    assert "Không có điểm nào phù hợp." in officer.get(f"{WAVE}/diem?q=khong-co").text


def test_lists_take_the_same_queries_however_long_they_are(officer: StaffClient, place: Place, database: Database):
    add_point(officer)
    pages = (LIST, f"{WAVE}/diem", f"{WAVE}/khung-mau", f"{WAVE}/tien-do")
    place.record.frame_cell(place.wave, place.ward)
    for path in pages:
        officer.get(path)
    few = [number_of(database, partial(officer.get, path)) for path in pages]
    for n in range(4):
        unit = place.record.unit(parent=place.province)
        place.record.frame_cell(place.wave, unit)
        place.record.entry_code(place.record.point(place.qr, unit=unit, name=f"Bàn {n}"))
        place.record.responses(place.qr, unit, 2)
        place.record.wave(version=place.version, unit=place.province)
    many = [number_of(database, partial(officer.get, path)) for path in pages]
    assert many == few


# --- one-time codes ---------------------------------------------------------------------------------------------------


def issued(officer: StaffClient, place: Place, number: int = 12) -> Page:
    add_point(officer, channel="phieu-chon", name="Gửi kèm kết quả")
    page = officer.get(f"{WAVE}/diem").follow("Gửi kèm kết quả").follow("Cấp mã")
    return page.form(count=str(number), expires_on="30/11/2026").send()


def test_codes_are_issued_shown_once_and_work_once(
    officer: StaffClient, app: Flask, place: Place, database: Database, monkeypatch: pytest.MonkeyPatch, now: datetime
):
    monkeypatch.setattr("survey.clock.now", lambda: now)
    page = issued(officer, place)
    assert page.h1 == "Đã cấp 12 mã"
    file = page.form("tep")
    file.fields["kind"] = "csv"
    response = officer.browser.post(file.action, data=file.fields)
    assert response.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(response.get_data(as_text=True))))
    assert len(rows) == 12
    assert rows[0]["address"] == f"http://localhost/{rows[0]['code']}"
    assert {row["unit"] for row in rows} == {"20242"}
    citizen = Citizen(app.test_client(), rows[0]["code"])
    assert citizen.send(citizen.open()).status_code == 303
    assert app.test_client().get(f"/{rows[0]['code']}").status_code == 410


def test_codes_come_as_slips_to_print(officer: StaffClient, place: Place):
    page = issued(officer, place)
    file = page.form("tep")
    file.fields["kind"] = "pdf"
    response = officer.browser.post(file.action, data=file.fields)
    assert response.mimetype == "application/pdf"
    pdf = pypdf.PdfReader(io.BytesIO(response.data))
    assert len(pdf.pages) == 2
    text = pdf.pages[0].extract_text()
    assert text.count("30/11/2026") == 10
    assert text.count("localhost/") == 10


def test_pressing_issue_twice_issues_once_and_shows_the_same_codes(
    officer: StaffClient, place: Place, database: Database
):
    add_point(officer, channel="phieu-chon", name="Gửi kèm kết quả")
    form = officer.get(f"{WAVE}/diem").follow("Gửi kèm kết quả").follow("Cấp mã").form(count="7")
    assert form.send().text == form.send().text
    assert count(database, OneTimeCode) == 7


def test_codes_cannot_be_shown_again_with_a_changed_seal(officer: StaffClient, place: Place):
    file = issued(officer, place).form("tep")
    file.fields["sealed"] = file.fields["sealed"][:-6] + "AAAAA="
    assert "Không hiện lại được các mã này nữa" in file.send().notices[0]


def test_unused_codes_are_voided_with_one_button(officer: StaffClient, place: Place, database: Database):
    issued(officer, place)
    page = officer.get(f"{WAVE}/diem").follow("Gửi kèm kết quả").form("huy").send()
    assert page.notices[0] == "Đã hủy 12 mã chưa dùng."
    with database.reading() as session:
        assert set(session.scalars(select(OneTimeCode.status))) == {OneTimeCodeStatus.VOID}


@pytest.mark.parametrize(("number", "problem"), [("0", "1"), ("50001", "50000"), ("hai", "1")])
def test_a_wrong_number_of_codes_is_said_beside_the_field(
    officer: StaffClient, place: Place, database: Database, number: str, problem: str
):
    add_point(officer, channel="phieu-chon", name="Gửi kèm kết quả")
    page = officer.get(f"{WAVE}/diem").follow("Gửi kèm kết quả").follow("Cấp mã").form(count=number).send()
    assert page.problems
    assert problem in page.problems[0]
    assert count(database, OneTimeCode) == 0


# --- placards ---------------------------------------------------------------------------------------------------------


def test_the_placard_of_a_point_comes_at_once(officer: StaffClient, place: Place):
    form = add_point(officer).form("ap-phich")
    form.fields["paper"] = "a6"
    response = officer.browser.post(form.action, data=form.fields)
    assert response.mimetype == "application/pdf"
    assert response.headers["Content-Disposition"] == 'attachment; filename="ap-phich-HC-2026-2-a6.pdf"'
    assert len(pypdf.PdfReader(io.BytesIO(response.data)).pages) == 1


def test_placards_of_some_points_and_of_the_whole_wave(officer: StaffClient, place: Place, database: Database):
    for name in ("Quầy 1", "Quầy 2", "Quầy 3"):
        add_point(officer, name=name)
    with database.reading() as session:
        ids = list(session.scalars(select(CollectionPoint.id).order_by(CollectionPoint.id)))
    form = officer.get(f"{WAVE}/diem").form("ap-phich")
    for chosen, pages in (([ids[0], ids[2]], 2), ([], 3)):
        form.fields.setlist("point", [str(i) for i in chosen])
        form.fields["paper"] = "a4"
        response = officer.browser.post(form.action, data=form.fields)
        assert len(pypdf.PdfReader(io.BytesIO(response.data)).pages) == pages


def test_many_placards_are_made_as_a_job_with_a_page_and_a_file(
    officer: StaffClient, staff_app: Flask, config: Config, place: Place, database: Database
):
    for n in range(45):
        place.record.entry_code(place.record.point(place.qr, unit=place.ward, name=f"Bàn {n}"))
    form = officer.get(f"{WAVE}/ap-phich").form(paper="a6")
    page = form.send()
    assert page.h1 == "Đang lập tệp"
    assert form.send().path == page.path  # the same work is not asked for twice
    early = officer.get(page.path + "/tep")
    assert (early.path, early.h1) == (page.path, "Đang lập tệp")
    assert worker.do_one(config, database, kinds.KINDS)
    page = officer.get(page.path)
    assert page.h1 == "Tệp đã sẵn sàng"
    with officer.browser.get(page.links()["Tải ap-phich-HC-2026-2-a6.pdf"]) as file:
        assert len(pypdf.PdfReader(io.BytesIO(file.data)).pages) == 45


def test_somebody_elses_file_is_not_found(officer: StaffClient, people: People, place: Place, database: Database):
    for n in range(41):
        place.record.entry_code(place.record.point(place.qr, unit=place.ward, name=f"Bàn {n}"))
    page = officer.get(f"{WAVE}/ap-phich").form(paper="a6").send()
    other = people(Role.FIELD_OFFICER)
    assert other.get(page.path).status == 404
    assert other.get(page.path + "/tep").status == 404


def test_a_wave_without_codes_has_nothing_to_print(officer: StaffClient, place: Place):
    assert "Chưa có điểm nào có mã." in officer.get(f"{WAVE}/ap-phich").text
