"""The results pages: what is printed beside a figure, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from xml.etree import ElementTree

from survey.database import Database
from survey.models.people.accounts import Account, Role
from survey.models.province.procedures import FieldGroup
from survey.models.province.targets import TargetPlan
from survey.permissions import system
from survey.services.files import result_tables
from survey.services.files.result_sentences import Words
from survey.services.province import target_plans
from tests import queries
from tests.factories.people import EVERYTHING
from tests.factories.record import Record
from tests.factories.results import Surveyed
from tests.staff_client import Page, StaffClient

SignIn = Callable[[Account], StaffClient]
COMPARISON = "đối chiếu: kế hoạch QN-2021-2025, đã hết kỳ"


def opened(survey: Surveyed, sign_in: SignIn, path: str = "/quan-tri/ket-qua/W-1?kenh=drawn") -> Page:
    return sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",)))).get(path)


def drawings(page: Page) -> list[str]:
    return [ElementTree.tostring(e, encoding="unicode") for e in page.document.iter() if str(e.tag).endswith("}svg")]  # type: ignore[union-attr]


def answered(survey: Surveyed, good: int = 35, bad: int = 5) -> None:
    unit = survey.unit("UBND phường Hải Châu")
    survey.frame(unit, 4000)
    survey.answer(unit, good, bad)


def test_page_prints_rate_interval_number_and_target(survey: Surveyed, sign_in: SignIn) -> None:
    answered(survey)
    page = opened(survey, sign_in)
    assert page.h1 == "Đợt mẫu"
    for words in ("90,0 %", "KTC 95 %: 70,0 – 100,0", "chỉ tiêu 90 %", "40 phiếu", "tạm thời"):
        assert words in page.text
    assert "Chưa kết luận: kết luận được đưa ra một lần, khi đợt khảo sát đóng." in page.text


def test_expired_plan_is_named_on_page_and_drawing(survey: Surveyed, sign_in: SignIn) -> None:
    answered(survey)
    page = opened(survey, sign_in)
    assert COMPARISON in page.text
    assert any(COMPARISON in drawing for drawing in drawings(page))


def test_plan_that_was_extended_names_the_decision(survey: Surveyed, sign_in: SignIn) -> None:
    answered(survey)
    administrator = survey.person(Role.ADMINISTRATOR, domains=EVERYTHING)
    with survey.record.database.reading() as session:
        plan = session.query(TargetPlan).filter_by(code="QN-2021-2025").one()
    target_plans.extend(
        survey.record.database, administrator, plan.id, decision="QĐ 01/QĐ-UBND", decided_on=date(2026, 1, 5),
        until=date(2026, 12, 31), now=survey.record.now,
    )  # fmt: skip
    page = opened(survey, sign_in)
    assert "QĐ 01/QĐ-UBND" in page.text
    assert "đối chiếu" not in page.text


def test_wave_without_plan_says_that_there_is_no_target(record: Record, sign_in: SignIn) -> None:
    survey = Surveyed(record, plan=None)
    answered(survey)
    assert "chưa có chỉ tiêu" in opened(survey, sign_in).text


def test_closed_wave_prints_its_verdict_in_words(survey: Surveyed, sign_in: SignIn) -> None:
    answered(survey, 200, 0)
    survey.close()
    page = opened(survey, sign_in)
    assert "Đạt" in page.text
    assert "chính thức của đợt" in page.text
    assert "Chưa kết luận" not in page.text


def test_made_up_data_are_marked_on_page_and_in_every_drawing(record: Record, sign_in: SignIn) -> None:
    survey = Surveyed(record, wave_values={"is_synthetic": True})
    answered(survey)
    page = opened(survey, sign_in)
    assert "THỬ NGHIỆM" in page.text
    named = [d for d in drawings(page) if 'role="img"' in d]
    assert len(named) > 3
    assert all("THỬ NGHIỆM" in drawing for drawing in named)
    assert "THỬ NGHIỆM" in opened(survey, sign_in, "/quan-tri/ket-qua").text


def test_real_data_are_not_marked_as_made_up(survey: Surveyed, sign_in: SignIn) -> None:
    answered(survey)
    assert "THỬ NGHIỆM" not in opened(survey, sign_in).text


def test_names_are_text_and_never_markup(survey: Surveyed, sign_in: SignIn) -> None:
    nasty = 'Phường <script>alert(1)</script> & "Mẫu"'
    unit = survey.unit(nasty)
    survey.answer(unit, 30, 5)
    page = opened(survey, sign_in)
    assert nasty in page.text
    assert any("&lt;script&gt;" in drawing for drawing in drawings(page))


def test_hidden_cells_say_why_and_keep_their_number(survey: Surveyed, sign_in: SignIn) -> None:
    for n in (4, 13, 50):
        survey.answer(survey.unit(f"Phường cỡ {n}"), n, 0)
    survey.close()
    page = opened(survey, sign_in)
    rows = {
        row[0].removesuffix(" chỉ tiêu 90 %"): row[1:] for row in page.rows() if row and row[0].startswith("Phường cỡ")
    }
    assert rows["Phường cỡ 4"] == ["< 10", "–", "dưới 10 phiếu"]
    assert rows["Phường cỡ 13"][0] == "–"
    assert rows["Phường cỡ 50"][0] == "50"


def test_late_and_deleted_answers_are_stated(survey: Surveyed, sign_in: SignIn) -> None:
    unit = survey.unit()
    survey.answer(unit, 30, 5)
    survey.close()
    survey.answer(unit, 0, 3, late=True)
    survey.delete_one(unit)
    page = opened(survey, sign_in)
    assert "3 phiếu đến sau khi đóng" in page.text
    assert "1 phiếu đã được xóa theo yêu cầu của người trả lời" in page.text


def test_wave_without_answers_says_so(survey: Surveyed, sign_in: SignIn) -> None:
    survey.unit()
    page = opened(survey, sign_in)
    assert page.status == 200
    assert "chưa có phiếu trả lời" in page.text


def test_unknown_channel_is_not_found(survey: Surveyed, sign_in: SignIn) -> None:
    answered(survey)
    assert opened(survey, sign_in, "/quan-tri/ket-qua/W-1?kenh=khong-co").status == 404


def test_number_of_questions_to_the_record_does_not_grow_with_units(
    survey: Surveyed, sign_in: SignIn, database: Database
) -> None:
    land = survey.record.field(group=FieldGroup.LAND)
    browser = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))

    def ask() -> int:
        with queries.counted(database) as asked:
            assert browser.get("/quan-tri/ket-qua/W-1?kenh=drawn").status == 200
        return asked.number

    survey.answer(survey.unit(), 20, 0, field=land)
    ask()
    first = ask()
    for _ in range(8):
        survey.answer(survey.unit(), 20, 0, field=survey.record.field())
    survey.wave_values = {}
    assert ask() <= first + 5  # what is new is computed once: the answers are read again, whatever the units
    assert ask() == first


def test_list_asks_the_record_as_often_for_many_waves_as_for_one(
    survey: Surveyed, sign_in: SignIn, database: Database
) -> None:
    survey.answer(survey.unit(), 20, 0)
    browser = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    with queries.counted(database) as one:
        browser.get("/quan-tri/ket-qua")
    for _ in range(5):
        channel = survey.record.channel(survey.record.wave(unit=survey.province))
        survey.record.point(channel, unit=survey.province)
    with queries.counted(database) as six:
        page = browser.get("/quan-tri/ket-qua")
    assert page.text.count("WAVE-") >= 5
    assert six.number == one.number


def test_command_line_acts_as_the_system_and_sees_everything(survey: Surveyed) -> None:
    answered(survey)
    assert survey.view(actor=system()).whole_scope


def test_a_rate_whose_uncertainty_cannot_be_told_has_no_interval(record: Record, sign_in: SignIn) -> None:
    """All answers of a self-selected channel from one point on one day are one cluster."""
    survey = Surveyed(record)
    unit = survey.unit("UBND phường Hải Châu")
    survey.frame(unit, 4000)
    survey.answer(unit, 28, 2, channel=survey.qr)
    page = opened(survey, sign_in, "/quan-tri/ket-qua/W-1?kenh=qr")
    assert "không có khoảng tin cậy" in page.text
    assert "30 phiếu đến từ quá ít điểm và ngày độc lập" in page.text
    assert "n hiệu dụng 0" not in page.text


def test_home_page_shows_how_a_closed_wave_stands(survey: Surveyed, sign_in: SignIn) -> None:
    answered(survey, 200, 0)
    running = opened(survey, sign_in, "/quan-tri/").text
    assert "đang chạy, số liệu tạm thời" in running
    assert "100,0 %" not in running
    survey.close()
    page = opened(survey, sign_in, "/quan-tri/").text
    assert "100,0 %" in page
    assert "Đạt, chỉ tiêu 90 %" in page
    assert COMPARISON in page


def test_no_standard_error_is_printed_where_none_can_be_estimated(survey: Surveyed, sign_in: SignIn) -> None:
    answered(survey, 40, 0)
    page = opened(survey, sign_in)
    assert "100,0 %" in page.text
    assert "sai số chuẩn 0,00" not in page.text.casefold()
    assert " 0,00 " not in page.text
    assert "không khác nhau nên không ước lượng được sai số chuẩn" in page.text


def test_weights_of_a_wave_without_a_frame_are_not_called_post_stratified(survey: Surveyed, sign_in: SignIn) -> None:
    unit = survey.unit("UBND phường Hải Châu")
    survey.answer(unit, 30, 5, channel=survey.qr)
    address = "/quan-tri/ket-qua/W-1?kenh=qr"
    text = opened(survey, sign_in, address).text
    assert "mọi phiếu tính như nhau" in text
    assert "hậu phân tầng" not in text
    said = result_tables.about(survey.view("qr"), Words.of("vi"))
    said += [tuple(row) for t in result_tables.tables(survey.view("qr"), Words.of("vi")) for row in t.rows]
    assert not any("hậu phân tầng" in str(cell).casefold() for row in said for cell in row)
    survey.frame(unit, 4000)
    assert "hậu phân tầng" in opened(survey, sign_in, address).text
