"""The workbook read back, the rows as CSV, and results as JSON."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from survey.errors import Conflict, Forbidden, NotFound
from survey.models.fieldwork.waves import PlannedTests, Selection
from survey.models.people.accounts import Role
from survey.permissions import Actor, system
from survey.services.files import result_files, result_json
from tests.factories.questionnaires import item, text
from tests.factories.record import Record
from tests.factories.results import DISSATISFIED, SATISFIED, SEX, Surveyed, document
from tests.factories.row_files import unpacked
from tests.factories.surveyed_waves import FIRST_DAY, SignIn, wave_before

NASTY = ("=1+1", "+84", "-5", "@SUM(A1)", "\t=2", "\r=3", "\u202e=4", "https://example.org/")


@pytest.fixture
def survey(record: Record) -> Surveyed:
    return Surveyed(record, wave_values={"is_synthetic": True, "asked_by": "Sở Nội vụ"})


def workbook(
    survey: Surveyed, folder: Path, channel: str = "drawn", *, actor: Actor | None = None, language: str = "vi"
) -> Workbook:
    made = result_files.write_workbook(
        survey.record.database, "W-1", channel, folder / "file", actor=actor or system(), now=survey.record.now,
        instance=folder, language=language,
    )  # fmt: skip
    return load_workbook(io.BytesIO(made.path.read_bytes()))


def rows_file(survey: Surveyed, folder: Path, *, actor: Actor | None = None) -> list[dict[str, str]]:
    """The rows of the closed wave."""
    survey.close()
    made = result_files.write_rows(
        survey.record.database, "W-1", "drawn", folder / "file", actor=actor or system(), now=survey.record.now,
        instance=folder,
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(unpacked(made.path)[made.name.replace(".zip", ".csv")], newline="")))
    assert made.row_data
    assert made.rows == len(rows)
    return rows


def table(book: Workbook, name: str, first: str) -> list[dict[str, Any]]:
    """The rows under the heading line that begins with `first`."""
    lines = list(book[name].iter_rows(values_only=True))
    start = next(n for n, line in enumerate(lines) if line[0] == first)
    return [dict(zip(lines[start], line, strict=True)) for line in lines[start + 1 :] if line[0] or line[1]]


def about(book: Workbook) -> dict[str, str]:
    return {str(a): str(b) for a, b, *_ in book.worksheets[0].iter_rows(values_only=True) if a}


# --- the workbook ---------------------------------------------------------------------------------------------------


def test_workbook_has_its_sheets_in_order(survey: Surveyed, tmp_path: Path) -> None:
    survey.answer(survey.unit(), 30, 5, field=survey.record.field())
    book = workbook(survey, tmp_path)
    assert book.sheetnames == [
        "Đọc trước", "Kết quả", "Theo đơn vị", "Theo lĩnh vực", "Câu hỏi khác", "Điều cần cải thiện",
        "Diễn biến", "Chất lượng", "Tham gia", "Bảng mã", "Phương pháp",
    ]  # fmt: skip
    survey.close()
    assert workbook(survey, tmp_path).sheetnames[-2:] == ["Dữ liệu mã", "Dữ liệu có nhãn"]


def test_read_me_says_what_the_figures_are(survey: Surveyed, tmp_path: Path) -> None:
    survey.answer(survey.unit(), 30, 5)
    survey.close()
    said = about(workbook(survey, tmp_path))
    values = " ".join(said.values())
    view = survey.view()
    for words in ("W-1 – Đợt mẫu", "01/11/2026 – 30/11/2026", "Sở Nội vụ", "phieu-mau@1", view.wave.content_hash,
                  view.results.data_hash, "Hài Lòng 0.1.0", "QN-2021-2025"):  # fmt: skip
        assert words in values
    assert said["Chỉ tiêu"] == "90 % (QN25-ALL); đối chiếu: kế hoạch QN-2021-2025, đã hết kỳ"


def test_results_sheet_holds_the_figures_of_the_view(survey: Surveyed, tmp_path: Path) -> None:
    unit = survey.unit("Phường A")
    survey.frame(unit, 5000)
    survey.answer(unit, 200, 0)
    survey.close()
    book, view = workbook(survey, tmp_path), survey.view()
    first = table(book, "Kết quả", "Cấp")[0]
    assert view.overall is not None
    assert first["n"] == 200
    assert first["Tỷ lệ hoặc điểm"] == view.overall.shown.value
    assert first["Chỉ tiêu"] == 0.9
    assert first["Kết luận"] == "đạt"
    unit_row = table(book, "Theo đơn vị", "Đơn vị")[0]
    assert (unit_row["Đơn vị"], unit_row["n"], unit_row["Kết luận"]) == ("Phường A", 200, "đạt")


def test_every_sheet_is_stamped(survey: Surveyed, tmp_path: Path) -> None:
    survey.answer(survey.unit(), 30, 5, field=survey.record.field())
    book = workbook(survey, tmp_path)
    for sheet in book.worksheets:
        stamp = str(sheet["A1"].value)
        assert stamp.startswith("THỬ NGHIỆM · số liệu giả lập"), sheet.title
        assert "đối chiếu: kế hoạch QN-2021-2025, đã hết kỳ" in stamp
        assert "tạm thời" in stamp


def test_page_and_workbook_say_the_same_of_the_margin(survey: Surveyed, tmp_path: Path, sign_in: SignIn) -> None:
    unit = survey.unit()
    wave_before(survey, unit, 160, 40)
    survey.answer(unit, 168, 32)
    with survey.record.database.writing() as session:
        session.add(PlannedTests(wave_id=survey.wave.id, margin=0.03, set_at=survey.record.now))
    survey.close()
    book = workbook(survey, tmp_path)
    said = "Không kém đợt trước quá 3 điểm: đã chứng minh. Chưa chứng minh được hai đợt tương đương"
    assert any(said in str(line[0]) for line in book["Không kém"].iter_rows(values_only=True))
    rows = table(book, "Không kém", "Chỉ số hoặc đơn vị")
    assert [(row["Chỉ số hoặc đơn vị"], row["Không kém?"]) for row in rows[:2]] == [
        ("Chỉ số chính", "đã chứng minh"), ("Phường Mẫu", "đã chứng minh"),
    ]  # fmt: skip
    account = survey.record.account((Role.ANALYST, survey.province, ("admin",)))
    for address in ("/quan-tri/ket-qua/W-1", "/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn"):
        assert said in sign_in(account).get(address).text


def test_page_and_workbook_say_the_same_of_the_waves(survey: Surveyed, tmp_path: Path, sign_in: SignIn) -> None:
    unit = survey.unit()
    wave_before(survey, unit, 100, 100, code="W-A", first=date(2026, 4, 1))
    wave_before(survey, unit, 150, 50)
    survey.answer(unit, 180, 20)
    survey.close()
    said = "ã tăng 40,0 điểm qua 3 đợt, kể từ Đợt trước: vượt mức ngẫu nhiên."
    book = workbook(survey, tmp_path)
    assert any(said in str(line[0]) for line in book["Qua các đợt"].iter_rows(values_only=True))
    lines = list(book["Qua các đợt"].iter_rows(values_only=True))
    start = next(n for n, line in enumerate(lines) if line[0] == "Chỉ số")
    changes = [(line[6], line[10]) for line in lines[start + 1 : start + 4]]
    assert changes[0] == (None, None)
    assert changes[2] == (pytest.approx(0.15), pytest.approx(0.4))
    account = survey.record.account((Role.ANALYST, survey.province, ("admin",)))
    page = sign_in(account).get("/quan-tri/ket-qua/W-1/phan-tich?kenh=drawn")
    assert said in page.text
    assert "cần ít nhất 8 đợt trong đủ hai năm" in page.text


def test_page_and_workbook_say_of_self_selected_answers_that_they_prove_nothing(
    survey: Surveyed, tmp_path: Path, sign_in: SignIn
) -> None:
    unit = survey.unit()
    for code, first, good in (("W-A", date(2026, 4, 1), 100), ("W-0", date(2026, 8, 1), 150)):
        wave_before(survey, unit, good, 200 - good, code=code, first=first, selection=Selection.OPT_IN)
    for n in range(6):
        survey.answer(unit, 27 + n % 2, 3 - n % 2, channel=survey.qr, day=FIRST_DAY + timedelta(days=n))
    with survey.record.database.writing() as session:
        session.add(PlannedTests(wave_id=survey.wave.id, margin=0.03, set_at=survey.record.now))
    survey.close()
    book = workbook(survey, tmp_path, "qr")
    said = "chưa rõ: người trả lời tự chọn tham gia"
    assert {row["Không kém?"] for row in table(book, "Không kém", "Chỉ số hoặc đơn vị")[:2]} == {said}
    cells = {
        name: [str(c) for line in book[name].iter_rows(values_only=True) for c in line] for name in book.sheetnames
    }
    for name in ("So sánh", "Qua các đợt"):
        assert said in cells[name], name
        assert "có" not in cells[name], name
    account = survey.record.account((Role.ANALYST, survey.province, ("admin",)))
    page = sign_in(account).get("/quan-tri/ket-qua/W-1/phan-tich?kenh=qr").text
    assert said in page
    assert "vượt mức ngẫu nhiên" not in page.split('id="beside"')[0].split('id="importance"')[0]


def test_hidden_cells_bear_their_mark_in_the_workbook_too(survey: Surveyed, tmp_path: Path) -> None:
    for n in (4, 13, 50):
        survey.answer(survey.unit(f"Phường {n}"), n, 0)
    survey.close()
    book = workbook(survey, tmp_path)
    lines = {row["Đơn vị"]: row for row in table(book, "Theo đơn vị", "Đơn vị")}
    for name in ("Phường 4", "Phường 13"):
        numbers = [v for k, v in lines[name].items() if isinstance(v, int | float) and k != "Chỉ tiêu"]
        assert not numbers
        assert {lines[name][k] for k in ("n", "Tỷ lệ hoặc điểm", "Sai số chuẩn", "Bậc tự do")} == {"[c]"}
    meaning = "[c]: không công bố. Số liệu dựa trên dưới 10 phiếu, hoặc sẽ làm lộ một số liệu như vậy."
    assert about(book)["[c]"] == meaning
    assert meaning in [line[0] for line in book["Theo đơn vị"].iter_rows(values_only=True)]
    view = survey.view()
    assert [lines[row.label]["Mã"] for row in view.by_unit] == [view.unit_codes[row.key] for row in view.by_unit]
    assert lines["Phường 50"]["n"] == 50


def test_codebook_names_codes_grade_and_local_additions(record: Record, tmp_path: Path) -> None:
    survey = Surveyed(record, answers=document(item("q1", "Thái độ"), item("q2", grade="draft"), SEX))
    survey.answer(survey.unit(), 30, 5)
    lines = {row["Mã"]: row for row in table(workbook(survey, tmp_path), "Bảng mã", "Mã")}
    assert lines["q1"]["Lời văn"] == "Thái độ"
    assert "5 Rất hài lòng ✓" in lines["q1"]["Phương án và mã"]
    assert lines["q2"]["Mức tin cậy lời văn"] != lines["q1"]["Mức tin cậy lời văn"]


@pytest.mark.parametrize("nasty", NASTY)
def test_what_looks_like_a_formula_stays_text(record: Record, tmp_path: Path, nasty: str) -> None:
    survey = Surveyed(record, wave_values={"asked_by": nasty})
    survey.answer(survey.unit(f"{nasty} Phường"), 30, 5)
    made = result_files.write_workbook(
        record.database, "W-1", "drawn", tmp_path / "file", actor=system(), now=record.now, instance=tmp_path
    )
    archive = zipfile.ZipFile(made.path)
    sheets = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
    assert sheets
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    cell = load_workbook(io.BytesIO(made.path.read_bytes()))["Theo đơn vị"]
    assert any(str(c.value).strip().endswith("Phường") and c.data_type == "s" for row in cell.iter_rows() for c in row)


def test_workbook_without_the_right_to_rows_has_none(survey: Surveyed, tmp_path: Path) -> None:
    survey.answer(survey.unit(), 30, 5)
    survey.close()
    assert not {"Dữ liệu mã", "Dữ liệu có nhãn"} & set(workbook(survey, tmp_path, actor=survey.analyst()).sheetnames)


def test_workbook_speaks_english_where_asked(survey: Surveyed, tmp_path: Path) -> None:
    survey.answer(survey.unit(), 30, 5)
    assert workbook(survey, tmp_path, language="en").sheetnames[:3] == ["Read me", "Results", "By unit"]


def test_same_results_have_the_same_fingerprint(survey: Surveyed, tmp_path: Path) -> None:
    survey.answer(survey.unit(), 30, 5)
    survey.close()
    first, second = about(workbook(survey, tmp_path)), about(workbook(survey, tmp_path))
    assert first["Mã băm kết quả"] == second["Mã băm kết quả"]
    assert len(first["Mã băm kết quả"]) == 64


# --- rows of answers ------------------------------------------------------------------------------------------------


def test_rows_hold_unit_month_field_and_codes_only(record: Record, tmp_path: Path) -> None:
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), SEX))
    unit, field = survey.unit(), record.field()
    for sex in (1, 2):
        survey.say(unit, SATISFIED | {"r_sex": sex}, 12, field=field, day=date(2026, 11, 9))
    rows = rows_file(survey, tmp_path)
    assert list(rows[0]) == ["unit", "month", "field", "r_sex", "q1", "q2", "weight", "stratum", "cluster"]
    assert Counter(row["r_sex"] for row in rows) == {"1": 12, "2": 12}
    assert {(row["unit"], row["month"], row["field"]) for row in rows} == {(unit.code, "2026-11", field.code)}
    assert {row["q1"] for row in rows} == {"5"}


def test_rows_hold_no_day_that_somebody_named(record: Record, tmp_path: Path) -> None:
    visited = item("visited", "Đến ngày nào?", factor=None, response={"kind": "date"})
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), visited))
    survey.say(survey.unit(), SATISFIED | {"visited": 20_000}, 12)
    rows = rows_file(survey, tmp_path)
    assert list(rows[0]) == ["unit", "month", "field", "q1", "q2", "weight", "stratum", "cluster"]
    assert len(rows) == 12


def test_made_up_rows_say_so_in_each_row_and_in_the_files_name(survey: Surveyed, tmp_path: Path) -> None:
    survey.answer(survey.unit(), 30, 5)
    assert {row["synthetic"] for row in rows_file(survey, tmp_path)} == {"THỬ NGHIỆM · số liệu giả lập"}
    for write in (result_files.write_rows, result_files.write_workbook):
        made = write(
            survey.record.database, "W-1", "drawn", tmp_path / "file", actor=system(), now=survey.record.now,
            instance=tmp_path,
        )  # fmt: skip
        assert made.name.startswith("THU-NGHIEM-W-1-drawn.")


def test_rare_combinations_lose_their_facts(record: Record, tmp_path: Path) -> None:
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), SEX))
    unit = survey.unit()
    survey.say(unit, SATISFIED | {"r_sex": 1}, 20)
    survey.say(unit, DISSATISFIED | {"r_sex": 2}, 3)
    survey.say(unit, SATISFIED, 4)  # did not say
    sizes = Counter((row["unit"], row["month"], row["field"], row["r_sex"]) for row in rows_file(survey, tmp_path))
    assert sizes == {(unit.code, "2026-11", "unknown", ""): 27}, "seven alone are too few to hide theirs"


def test_a_small_unit_keeps_its_weight_in_what_is_shown_of_it(survey: Surveyed, tmp_path: Path) -> None:
    small, other, large = survey.unit(), survey.unit(), survey.unit()
    for unit, transactions in ((small, 700), (other, 360), (large, 900)):
        survey.frame(unit, transactions)
    survey.answer(small, 6, 0)
    survey.answer(other, 12, 0)
    survey.answer(large, 30, 0)
    rows = rows_file(survey, tmp_path)
    weights = Counter((row["unit"], row["weight"], row["stratum"]) for row in rows)
    assert {(unit, n) for (unit, _, _), n in weights.items()} == {("", 18), (large.code, 30)}
    assert len({row["cluster"] for row in rows}) == 48
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(1960, rel=1e-12)
    assert next(float(row["weight"]) for row in rows if not row["unit"]) == pytest.approx(1060 / 18, rel=1e-12)


def test_too_few_answers_make_no_file_of_rows(survey: Surveyed, tmp_path: Path) -> None:
    survey.answer(survey.unit(), 9, 0)
    survey.close()
    with pytest.raises(NotFound, match="too few"):
        rows_file(survey, tmp_path)
    assert "Dữ liệu mã" not in workbook(survey, tmp_path).sheetnames


def test_rows_of_a_running_wave_are_refused(survey: Surveyed, tmp_path: Path) -> None:
    """Two files of it, before and after one form, would tell what that said."""
    survey.answer(survey.unit(), 30, 5)
    database, now, analyst = survey.record.database, survey.record.now, survey.analyst(row_data=True)
    with pytest.raises(Conflict, match="once the wave is closed"):
        result_files.ask(database, "W-1", "drawn", "rows", actor=analyst, now=now, language="vi")
    with pytest.raises(Conflict, match="once the wave is closed"):
        result_files.write_rows(database, "W-1", "drawn", tmp_path / "file", actor=analyst, now=now, instance=tmp_path)
    assert "rows" not in result_files.to_take(survey.view(), analyst)
    survey.close()
    assert "rows" in result_files.to_take(survey.view(), analyst)
    assert result_files.ask(database, "W-1", "drawn", "rows", actor=analyst, now=now, language="vi")


def test_rows_are_refused_without_the_right(survey: Surveyed, tmp_path: Path) -> None:
    survey.answer(survey.unit(), 30, 5)
    for actor in (survey.analyst(), survey.person(Role.UNIT_VIEWER, row_data=True)):
        with pytest.raises(Forbidden):
            rows_file(survey, tmp_path, actor=actor)


def test_answers_deleted_after_closing_are_in_no_new_file(survey: Surveyed, tmp_path: Path) -> None:
    unit = survey.unit()
    survey.answer(unit, 30, 5)
    survey.close()
    assert len(rows_file(survey, tmp_path)) == 35
    survey.delete_one(unit)
    assert len(rows_file(survey, tmp_path)) == 34
    assert about(workbook(survey, tmp_path))["Đã xóa theo yêu cầu của người trả lời từ đó"] == "1"


def test_multiple_choices_are_a_column_for_each_option(record: Record, tmp_path: Path) -> None:
    options = [{"code": n, "label": text(f"Kênh {n}")} for n in (1, 2, 3)]
    many = {"type": "item", "code": "c1", "text": text("Kênh nào?"), "short": "Kênh",
            "response": {"kind": "multiple", "options": options}, "grade": "verbatim"}  # fmt: skip
    survey = Surveyed(record, answers=document(item("q1"), item("q2"), many))
    unit = survey.unit()
    survey.say(unit, SATISFIED | {"c1": [1, 3]}, 12)
    survey.say(unit, SATISFIED | {"c1": [2]}, 6)
    survey.say(unit, SATISFIED, 6)
    survey.close()
    rows = Counter((row["c1=1"], row["c1=2"], row["c1=3"]) for row in rows_file(survey, tmp_path))
    assert rows == {("1", "0", "1"): 12, ("0", "1", "0"): 6, ("", "", ""): 6}
    survey.close()
    shares = {row.label: row.shown for row in survey.view().choices[0].rows}
    assert [round(s.value or 0, 6) for s in shares.values()] == [round(12 / 18, 6), round(6 / 18, 6), round(12 / 18, 6)]


# --- JSON -----------------------------------------------------------------------------------------------------------


def test_json_has_the_shape_of_the_command_line_contract(survey: Surveyed) -> None:
    unit = survey.unit(code="20242")
    survey.frame(unit, 5000)
    survey.answer(unit, 200, 0)
    survey.close()
    data = json.loads(json.dumps(result_json.result(survey.view()), allow_nan=False))
    assert list(data) == ["meta", "estimates", "verdicts", "ranking", "reliability", "drivers"]
    assert data["meta"]["rows"] == 200
    assert data["meta"]["synthetic"] is True
    wanted = {"measure", "variable", "domain", "n", "sum_w", "estimate", "se", "df", "deff_wor", "deff_wr", "interval",
              "flags"}  # fmt: skip
    assert all(wanted <= set(entry) for entry in data["estimates"])
    judged = {"measure", "domain", "threshold", "verdict", "reasons", "rule", "family", "adjusted", "level",
              "responses_needed", "p_reached_adjusted", "p_missed_adjusted", "lower_bound_adjusted",
              "upper_bound_adjusted"}  # fmt: skip
    assert all(judged <= set(entry) for entry in data["verdicts"])
    assert {"unit": "20242"} in [v["domain"] for v in data["verdicts"]]
    assert {v["verdict"] for v in data["verdicts"]} == {"reached"}
    assert [v["family"] for v in data["verdicts"]][:2] == [
        {"name": "whole", "size": 1}, {"name": "unit:commune", "size": 1},
    ]  # fmt: skip
    assert (data["meta"]["verdict_rule"], data["meta"]["version"]) == ("holm", 1)
    head = [e for e in data["estimates"] if e["measure"] == data["verdicts"][0]["measure"]]
    assert {e["threshold"] for e in head if "field" not in e["domain"] and "group" not in e["domain"]} == {0.9}


def test_json_of_a_running_wave_has_no_verdicts(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 40, 0)
    data = result_json.result(survey.view())
    assert (data["meta"]["status"], data["verdicts"]) == ("provisional", [])


def test_terminal_lines_name_rate_interval_and_verdict(survey: Surveyed) -> None:
    unit = survey.unit("Phường A")
    survey.frame(unit, 5000)
    survey.answer(unit, 199, 1)
    survey.close()
    lines = result_json.lines(survey.view())
    assert any("THỬ NGHIỆM" in line for line in lines)
    assert any("Phường A" in line and "99.5 %" in line and "target 90 %  reached (p" in line for line in lines)


def test_data_hash_is_of_keys_and_contents(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 30, 5)
    first = survey.view().results.data_hash
    assert first == survey.view().results.data_hash
    assert len(first) == len(hashlib.sha256().hexdigest())
    survey.answer(survey.unit(), 1, 0)
    assert survey.view().results.data_hash != first


def test_question_with_the_code_of_a_column_gets_a_column_of_its_own(record: Record, tmp_path: Path) -> None:
    survey = Surveyed(record, answers=document(item("weight"), item("unit")))
    unit = survey.unit()
    survey.frame(unit, 400)
    survey.say(unit, {"weight": 5, "unit": 2}, 40)
    row = rows_file(survey, tmp_path)[0]
    assert (row["weight_"], row["unit_"]) == ("5", "2")
    assert float(row["weight"]) == 10
    assert row["unit"] == unit.code
