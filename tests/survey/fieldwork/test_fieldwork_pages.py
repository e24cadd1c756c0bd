"""The fieldwork pages by hand: every button pressed, as the right person and as the wrong one, once and twice."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import pypdf
import pytest
from sqlalchemy import select

from survey.database import Database
from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.points import CollectionPoint
from survey.models.fieldwork.waves import Channel, Wave, WaveStatus
from survey.models.jobs import Job
from survey.models.people.accounts import Role
from survey.services.fieldwork import waves
from tests.factories.fieldwork import LIST, WAVE, People, Place, count
from tests.staff_client import Page, StaffClient


def status(database: Database, code: str = "HC-2026-2") -> WaveStatus | None:
    with database.reading() as session:
        return session.scalar(select(Wave.status).where(Wave.code == code))


# --- from planning to closing -----------------------------------------------------------------------------------------


def plan(page: Page, **changes: Any) -> Page:
    entered = {
        "title": "Quý I năm 2027",
        "version": "one-stop-short@1",
        "unit_code": "48",
        "opens_on": "01/12/2026",
        "closes_on": "2026-12-20",
        "asked_by": "Sở Nội vụ",
    }
    return page.form(**{**entered, **changes}).send()


def test_an_officer_plans_opens_and_closes_a_wave_with_screens_only(
    officer: StaffClient, place: Place, database: Database
):
    page = plan(officer.get(LIST).follow("Lập đợt khảo sát"))
    assert page.notices[0] == "Đã lập đợt HC-2026-1. Đợt chưa mở."
    assert page.h1 == "Quý I năm 2027"
    assert "Kênh cho biết người dân được mời trả lời bằng cách nào. Thêm kênh" in page.text
    page = page.follow("Thêm kênh").form(title="Quét mã QR tại quầy").send()
    assert "Quét mã QR tại quầy tự chọn tham gia" in page.text
    form = page.follow("Định trước cách so sánh")
    assert "Nhập các ngày có thật" in form.form(margin="1,5", looks="31/2/2026").send().text
    assert "sau ngày đầu và trước ngày cuối" in form.form(margin="1,5", looks="20/12/2026").send().text
    page = form.form(margin="1,5", looks="5/12/2026, 10/12/2026", spending="pocock").send()
    assert "không kém đợt trước quá 1,5 điểm" in page.text
    assert "xem xét giữa đợt: 05/12/2026, 10/12/2026 và lúc đóng đợt" in page.text
    page = page.form("/mo").send()
    assert page.notices[0].startswith("Đã mở đợt")
    assert "Định trước cách so sánh" not in page.text
    page = page.follow("Đóng đợt khảo sát …")
    assert "Kết luận so với chỉ tiêu chỉ lập một lần" in page.text
    page = page.form(sure="y").send()
    assert page.notices[0].startswith("Đã đóng đợt khảo sát.")
    assert "Đang tính kết quả. Xin xem lại sau một phút." in page.text
    assert status(database, "HC-2026-1") is WaveStatus.CLOSED
    with database.reading() as session:
        assert [(job.kind, job.params) for job in session.scalars(select(Job))] == [
            ("final_results", {"wave": "HC-2026-1"})
        ]


def test_pressing_plan_twice_plans_once(officer: StaffClient, place: Place, database: Database):
    form = officer.get(f"{LIST}/moi").form(
        title="Hai lần", version="one-stop-short@1", unit_code="48", opens_on="1/12/2026", closes_on="2/12/2026"
    )
    before = count(database, Wave)
    form.send()
    assert form.send().h1 == "Hai lần"
    assert count(database, Wave) == before + 1


@pytest.mark.parametrize(
    ("entered", "problem"),
    [
        ({"title": ""}, "Vui lòng điền mục này"),
        ({"version": ""}, "Chọn một mục trong danh sách"),
        ({"opens_on": "31/02/2027"}, "ngày"),
        ({"closes_on": "30/11/2026"}, "Ngày cuối không được trước ngày đầu."),
        ({"code": "chữ thường"}, "Dùng chữ in hoa"),
    ],
)
def test_a_plan_that_cannot_be_taken_keeps_what_was_typed(
    officer: StaffClient, place: Place, entered: dict[str, str], problem: str
):
    page = plan(officer.get(f"{LIST}/moi"), **entered)
    assert page.title.startswith("Lỗi:")
    assert page.value("asked_by") == "Sở Nội vụ"
    assert page.problems
    if problem.endswith("."):
        assert any(problem in said for said in page.problems)


def test_questionnaires_for_demonstration_are_named_so_in_the_choice(officer: StaffClient, place: Place):
    assert "Phiếu ngắn tại Bộ phận Một cửa, phiên bản 1 (chỉ để minh họa)" in officer.get(f"{LIST}/moi").text


def test_words_and_days_of_a_wave_are_changed(officer: StaffClient, place: Place):
    page = officer.get(WAVE).follow("Sửa").form(title="Tên mới", legal_note="KH 12/KH-UBND").send()
    assert page.h1 == "Tên mới"
    assert "KH 12/KH-UBND" in page.text
    page = page.follow("Đổi ngày").form(closes_on="15/12/2026").send()
    assert "15/12/2026" in page.text
    page = officer.get(f"{WAVE}/ngay").form(closes_on="01/01/2020").send()
    assert any("Ngày cuối không được trước ngày đầu." in said for said in page.problems)


def test_closing_needs_the_tick_and_says_what_is_missing(officer: StaffClient, place: Place, database: Database):
    place.record.frame_cell(place.wave, place.ward, transactions=100, planned=20)
    place.record.responses(place.qr, place.ward, 12)
    page = officer.get(f"{WAVE}/dong")
    assert "12 phiếu, dự kiến 20." in page.text
    assert ["Phường Hải Châu", "12", "20", "8"] in page.rows()
    assert "đóng sớm hơn" in page.text
    page = page.form().send()
    assert page.problems == ["Lỗi: Hãy đánh dấu ô này trước khi đóng đợt."]
    assert status(database) is WaveStatus.OPEN


def test_pressing_close_twice_closes_once(officer: StaffClient, place: Place, database: Database):
    form = officer.get(f"{WAVE}/dong").form(sure="y")
    form.send()
    assert form.send().h1 == "Thủ tục hành chính, quý IV"
    assert status(database) is WaveStatus.CLOSED
    assert count(database, Job) == 1


def test_results_that_failed_are_asked_for_again(officer: StaffClient, place: Place, database: Database, now: datetime):
    waves.close_wave(database, "HC-2026-2", actor=place.officer(), now=now)
    page = officer.get(WAVE)
    assert "Chưa tính kết quả." in page.text
    page = page.form("ket-qua").send()
    assert page.notices[0] == "Đang tính kết quả; nhiều nhất vài phút."
    assert count(database, Job) == 1


def test_a_wave_past_its_last_day_is_marked_on_its_page_and_on_the_first_page(
    officer: StaffClient, place: Place, database: Database
):
    with database.writing() as session:
        wave = session.get(Wave, place.wave.id)
        assert wave is not None
        wave.closes_on = datetime(2026, 11, 19).date()  # noqa: DTZ001 - a day has no zone
    assert "Đã qua ngày cuối" in officer.get(WAVE).text
    assert "hết hạn ngày 19/11/2026, chưa đóng" in officer.get("/quan-tri/").text


# --- the frame --------------------------------------------------------------------------------------------------------

FILE = "mã đơn vị,mã lĩnh vực,số hồ sơ,số phiếu dự kiến\n20242,ho-tich,1200,60\n20200,ho-tich,800,40\n"


def bring_frame(page: Page, text: str) -> Page:
    file = (io.BytesIO(text.encode()), "khung.csv")
    return page.form(file=file, source="Hệ thống một cửa", as_of="01/11/2026").send()


def test_a_frame_is_looked_at_then_taken(officer: StaffClient, place: Place, database: Database):
    looked = bring_frame(officer.get(f"{WAVE}/khung-mau").follow("Nhập từ tệp"), FILE)
    assert looked.h1 == "Tệp này sẽ thay đổi những gì?"
    assert count(database, FrameCell) == 0
    taken = looked.form("nhap").send()
    assert taken.notices[0] == "Khung mẫu có 2 ô với 2.000 hồ sơ."
    assert "Nguồn: Hệ thống một cửa, tính đến 01/11/2026" in taken.text
    assert looked.form("nhap").send().status == 200
    assert count(database, FrameCell) == 2


def test_problems_of_a_frame_file_are_listed_row_by_row(officer: StaffClient, place: Place, database: Database):
    looked = bring_frame(officer.get(f"{WAVE}/khung-mau/nhap"), FILE + "99999,,x,\n20242,ho-tich,1,\n")
    assert looked.status == 422
    assert looked.title.startswith("Lỗi:")
    rows = [row[:2] for row in looked.rows()[1:]]
    assert rows == [["4", "Số hồ sơ"], ["4", "Mã đơn vị"], ["5", "Mã đơn vị"]]
    assert count(database, FrameCell) == 0


@pytest.mark.parametrize(
    ("text", "row", "sentence"),
    [
        (FILE.replace("20242,", '"20242,'), "2", "Dòng này có dấu ngoặc kép mở ra mà không đóng lại ở cuối ô."),
        (
            FILE.replace("20242,", '"20242,').replace("20200,", '20200",'),
            "2",
            "Ô “20242,ho-tich,1200,60 20200” kéo dài",
        ),
        (
            FILE.replace(",60", ',"60').replace(",40", ',40"'),
            "2",
            "Ô “60 20200,ho-tich,800,40” kéo dài qua nhiều dòng.",
        ),
        (FILE.replace("số phiếu dự kiến", "Số hồ sơ"), "1", "Hai cột “số hồ sơ” và “Số hồ sơ” là một."),
        (FILE.replace("mã lĩnh vực", "đơn vị"), "1", "Hai cột “mã đơn vị” và “đơn vị” là một."),
    ],
)
def test_a_frame_file_that_would_be_read_in_part_is_refused_with_its_row(
    officer: StaffClient, place: Place, database: Database, text: str, row: str, sentence: str
):
    looked = bring_frame(officer.get(f"{WAVE}/khung-mau/nhap"), text)
    assert looked.status == 422
    ((first, _, said),) = looked.rows()[1:]
    assert first == row
    assert said.startswith(sentence)
    assert count(database, FrameCell) == 0


def test_the_numbers_of_a_small_frame_are_changed_on_the_page(officer: StaffClient, place: Place, database: Database):
    cell = place.record.frame_cell(place.wave, place.ward, transactions=1000, planned=50)
    page = officer.get(f"{WAVE}/khung-mau")
    wrong = page.form("khung-mau", **{f"transactions-{cell.id}": "nhiều"}).send()
    assert wrong.status == 422
    assert wrong.value(f"transactions-{cell.id}") == "nhiều"
    fewer = page.form("khung-mau", **{f"transactions-{cell.id}": "40"}).send()
    assert "Số phiếu dự kiến nhiều hơn số hồ sơ." in fewer.text
    done = page.form("khung-mau", **{f"transactions-{cell.id}": "1.200"}).send()
    assert done.notices[0] == "Đã sửa 1 ô."
    with database.reading() as session:
        assert session.scalar(select(FrameCell.transactions)) == 1200


def test_a_cell_is_entered_by_hand_and_taken_out(officer: StaffClient, place: Place, database: Database):
    page = officer.get(f"{WAVE}/khung-mau").follow("Nhập tay một đơn vị")
    page = page.form(
        unit_code="20242", field_code="ho-tich", transactions="500", planned="25", source="Sổ", as_of="1/11/2026"
    ).send()
    assert page.notices[0] == "Đã nhập số liệu."
    with database.reading() as session:
        cell = session.scalar(select(FrameCell.id))
    token = page.value("csrf_token")
    page = officer.open(f"{WAVE}/khung-mau/{cell}/bo", method="POST", data={"csrf_token": token})
    assert page.notices[0] == "Đã bỏ ô này khỏi khung mẫu."
    assert count(database, FrameCell) == 0


def test_the_frame_is_downloaded_as_a_file_that_comes_back(officer: StaffClient, place: Place):
    file = officer.get(f"{WAVE}/khung-mau/tep.csv").response
    assert file.headers["Content-Disposition"] == 'attachment; filename="khung-mau-HC-2026-2.csv"'
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["mã đơn vị", "20200", "20242"]


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_coverage_shows_counts_bars_and_the_points_over_their_dossiers(officer: StaffClient, place: Place):
    desk = place.record.point(place.qr, unit=place.ward, name="Quầy 1")
    place.record.frame_cell(place.wave, place.ward, transactions=3, planned=2, field=place.field)
    place.record.responses(place.qr, place.ward, 4, point=desk, field=place.field)
    page = officer.get(f"{WAVE}/tien-do")
    assert ["Phường Hải Châu nhiều hơn số hồ sơ", "4", "2", "3", "200 %"] in page.rows()
    assert ["Phường Hải Châu", "Quầy 1", "4", "3"] in page.rows()
    assert "<rect" in page.response.get_data(as_text=True)
    unit = page.follow("Phường Hải Châu")
    assert unit.h1 == "Tiến độ của Phường Hải Châu đến đâu?"
    assert ["Quầy 1 nhiều hơn số hồ sơ", "4", "0", "0"] in unit.rows()


def test_coverage_is_looked_at_one_channel_at_a_time(officer: StaffClient, place: Place):
    place.record.responses(place.drawn, place.ward, 9)
    page = officer.get(f"{WAVE}/tien-do")
    assert page.rows() == [] or all("9" not in row for row in page.rows())
    page = page.follow("Phiếu gửi theo mẫu chọn (mẫu chọn ngẫu nhiên)")
    assert any(row[:2] == ["Phường Hải Châu không có trong khung mẫu", "9"] for row in page.rows())


# --- who may what -----------------------------------------------------------------------------------------------------


def test_an_analyst_looks_and_has_no_buttons(people: People, place: Place):
    place.record.entry_code(place.record.point(place.qr, unit=place.ward, name="Quầy 1"))
    analyst = people(Role.ANALYST)
    for path in (LIST, WAVE, f"{WAVE}/diem", f"{WAVE}/khung-mau", f"{WAVE}/tien-do"):
        page = analyst.get(path)
        assert page.status == 200
        main = next(e for e in page.document.iter() if e.get("id") == "main")  # type: ignore[union-attr]
        assert not [e for e in main.iter() if str(e.tag).endswith("}button") and e.get("class") != "button second"]
    for path in ("/moi", "/HC-2026-2/dong", "/HC-2026-2/ap-phich", "/HC-2026-2/diem/them"):
        assert analyst.get(LIST + path).status == 403


def test_an_officer_of_a_ward_sees_the_part_and_runs_only_its_points(people: People, place: Place, database: Database):
    place.record.entry_code(place.record.point(place.qr, unit=place.other, name="Quầy của phường khác"))
    place.record.frame_cell(place.wave, place.other, transactions=77)
    ward = people(Role.FIELD_OFFICER, unit=place.ward)
    assert "Thủ tục hành chính, quý IV" in ward.get(LIST).text
    assert "Quầy của phường khác" not in ward.get(f"{WAVE}/diem").text
    assert "77" not in ward.get(f"{WAVE}/khung-mau").text
    page = ward.get(f"{WAVE}/diem/them")
    assert "Phường Thanh Khê" not in page.text
    assert page.form(channel="qr", unit_deciding="20242", name="Quầy nhà").send().h1 == "Quầy nhà"
    for path in ("dong", "ngay", "sua", "kenh", "khung-mau/o", "khung-mau/nhap", "khung-mau/tep.csv"):
        assert ward.get(f"{WAVE}/{path}").status == 404, path
    with database.reading() as session:
        foreign = session.scalar(select(CollectionPoint.id).where(CollectionPoint.name == "Quầy của phường khác"))
    assert ward.get(f"{WAVE}/diem/{foreign}").status == 404
    form = ward.get(f"{WAVE}/ap-phich").form(paper="a6")
    response = ward.browser.post(form.action, data=form.fields)
    assert len(pypdf.PdfReader(io.BytesIO(response.data)).pages) == 1
    assert status(database) is WaveStatus.OPEN


def test_a_wave_of_another_service_is_not_there(people: People, place: Place):
    health = people(Role.FIELD_OFFICER, services=("health",))
    assert "quý IV" not in health.get(LIST).text
    for path in ("", "/tien-do", "/diem", "/khung-mau", "/dong", "/ap-phich"):
        assert health.get(WAVE + path).status == 404


def test_synthetic_waves_wear_the_stamp(officer: StaffClient, place: Place, database: Database):
    with database.writing() as session:
        wave = session.get(Wave, place.wave.id)
        assert wave is not None
        wave.is_synthetic = True
    for path in (
        LIST,
        WAVE,
        f"{WAVE}/diem",
        f"{WAVE}/khung-mau",
        f"{WAVE}/tien-do",
        f"{WAVE}/dong",
        f"{WAVE}/ap-phich",
    ):
        assert "THỬ NGHIỆM" in officer.get(path).text, path


def test_waves_of_today_are_on_the_first_page(officer: StaffClient, place: Place, people: People):
    assert "Thủ tục hành chính, quý IV" in officer.get("/quan-tri/").text
    assert "quý IV" not in people(Role.ADMINISTRATOR).get("/quan-tri/").text


def test_a_channel_says_what_may_be_concluded(officer: StaffClient, place: Place, database: Database):
    page = officer.get(f"{WAVE}/kenh")
    assert "kết luận cao nhất là 'đạt, chưa đủ chắc chắn'" in page.text
    form = page.form(selection="census", title="Mọi cha mẹ học sinh")
    form.send()
    assert "khảo sát toàn bộ" in form.send().text
    with database.reading() as session:
        assert list(session.scalars(select(Channel.code).order_by(Channel.id))) == ["qr", "phieu-chon", "toan-bo"]
