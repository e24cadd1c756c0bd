"""Two published versions of one questionnaire with answers to both, in one file: every column of every kind of file."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest
from flask import Flask
from openpyxl import load_workbook

from survey.database import Database
from survey.errors import Forbidden, Invalid, NotFound
from survey.jobs.kinds import KINDS
from survey.jobs.worker import do_one
from survey.models.fieldwork.waves import Selection, Wave
from survey.models.people.accounts import Account, Grant, Role
from survey.models.province.units import Unit, UnitKind
from survey.permissions import Actor, GrantScope, system
from survey.services.files import several_waves
from survey.services.files.several_waves import Format
from survey.services.jobs import MadeFile
from survey.services.questionnaires import publishing, shipped_and_imported
from survey.services.questionnaires.shipped_and_imported import row_of
from survey.web.application import runtime_of
from tests.factories.questionnaires import as_file, item, questionnaire, text
from tests.factories.record import Record
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]


def choice(kind: str, **words: str) -> dict[str, Any]:
    return {"kind": kind, "options": [{"code": int(c[1:]), "label": text(w)} for c, w in words.items()]}


HOW = item("how", "Nộp hồ sơ bằng cách nào?", short="Cách nộp", factor=None,
           response=choice("multiple", c1="Tại quầy", c2="Qua mạng"))  # fmt: skip
SEX = item("r_sex", "Giới tính", short="Giới tính", factor=None, voluntary=True,
           response=choice("single", c1="Nam", c2="Nữ"))  # fmt: skip
FEE = item("fee", "Số lần đi lại", short="Số lần đi lại", factor=None, response={"kind": "number"})
FIRST = (item("q1"), item("q2"), item("q3"), item("q4"), HOW, FEE, SEX)
SECOND = (
    item("q1"),
    item("q2", "Câu hỏi hai, lời mới"),
    item("q3", response=choice("single", c1="Có", c2="Không"), factor=None),
    item("q5"),
    HOW,
    FEE,
    SEX,
)
SAID_FIRST = {"q1": 5, "q2": 4, "q3": 2, "q4": 3, "how": [1], "fee": 1.5, "r_sex": 1}
SAID_SECOND = {"q1": 3, "q2": 1, "q3": 2, "q5": 4, "how": [1, 2], "fee": 2, "r_sex": 1}
NAMES = ["wave", "channel", "selection", "version", "unit", "month", "field", "q1", "q2", "q2_v2", "q3", "q3_v2", "q4",
         "how_1", "how_2", "fee", "r_sex", "q5", "weight"]  # fmt: skip


class Two:
    """A wave on each version, six people in each who answered alike."""

    def __init__(
        self,
        record: Record,
        items: tuple[dict[str, Any], ...] = FIRST,
        said: dict[str, Any] = SAID_FIRST,
        **second: Any,
    ) -> None:
        self.record, self.database = record, record.database
        self.province = record.unit(kind=UnitKind.PROVINCE, name="Thành phố Mẫu", code="48")
        self.ward = record.unit(parent=self.province, name="Phường Mẫu")
        self.waves = (
            self._wave(1, items, said, date(2026, 3, 10)),
            self._wave(2, SECOND, SAID_SECOND, date(2026, 9, 10), **second),
        )

    def _wave(
        self, number: int, items: tuple[dict[str, Any], ...], said: dict[str, Any], day: date, **values: Any
    ) -> Wave:
        now = self.record.now
        document = questionnaire(*items, version=number)
        shipped_and_imported.import_document(self.database, as_file(document), actor=system(), now=now)
        publishing.publish(self.database, "phieu-mau", number, actor=system(), now=now)
        with self.database.reading() as session:
            version = row_of(session, "phieu-mau", number)
        wave = self.record.wave(
            version=version, unit=self.province, code=f"DOT-{number}", title=f"Đợt {number}",
            opens_on=day.replace(day=1), closes_on=day.replace(day=28), **values,
        )  # fmt: skip
        channel = self.record.channel(wave, code="qr", selection=Selection.OPT_IN)
        self.record.responses(channel, self.ward, 6, answers=json.dumps(said), day=day)
        return wave

    def write(self, wanted: Format, folder: Path, *, actor: Actor | None = None, language: str = "vi") -> MadeFile:
        return several_waves.write(
            self.database, "phieu-mau", ["DOT-1", "DOT-2"], wanted, folder / f"file.{wanted}",
            actor=actor or system(), now=self.record.now, instance=folder, language=language,
        )  # fmt: skip

    def analyst(self, unit: Unit | None = None, *, row_data: bool = True, domain: str = "admin") -> Actor:
        at = unit or self.province
        account = self.record.account((Role.ANALYST, at, (domain,)))
        scope = GrantScope(Role.ANALYST, at.id, at.path, frozenset({domain}), row_data=row_data)
        return Actor(account.id, account.username, account.full_name, (scope,))


@pytest.fixture
def two(record: Record) -> Two:
    return Two(record)


def csv_rows(made: MadeFile) -> list[dict[str, str]]:
    with made.path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


# --- every column right ------------------------------------------------------------------------------------------


def test_csv_has_every_column_right(two: Two, tmp_path: Path):
    made = two.write(Format.CSV, tmp_path)
    rows = csv_rows(made)
    assert made.row_data
    assert made.name == "phieu-mau-2-dot.csv"
    assert list(rows[0]) == NAMES
    weights = {row.pop("weight") for row in rows}
    assert len(weights) == 1
    shared = {"channel": "qr", "selection": "opt_in", "unit": two.ward.code, "field": "unknown"}
    first = {"wave": "DOT-1", "version": "1", "month": "2026-03", "q1": "5", "q2": "4", "q2_v2": "", "q3": "2",
             "q3_v2": "", "q4": "3", "how_1": "1", "how_2": "0", "fee": "1.5", "r_sex": "1", "q5": ""}  # fmt: skip
    second = {"wave": "DOT-2", "version": "2", "month": "2026-09", "q1": "3", "q2": "", "q2_v2": "1", "q3": "",
              "q3_v2": "2", "q4": "", "how_1": "1", "how_2": "1", "fee": "2", "r_sex": "1", "q5": "4"}  # fmt: skip
    assert rows == [first | shared] * 6 + [second | shared] * 6


@pytest.mark.parametrize(("wanted", "read"), [(Format.SAV, pyreadstat.read_sav), (Format.DTA, pyreadstat.read_dta)])
def test_files_of_spss_and_stata_hold_the_same_with_their_labels(two: Two, tmp_path: Path, wanted: Format, read: Any):
    plain = csv_rows(two.write(Format.CSV, tmp_path))
    frame, meta = read(str(two.write(wanted, tmp_path).path))
    assert list(frame.columns) == NAMES
    for column in NAMES:
        held = ["" if value is None or value != value else value for value in frame[column].tolist()]
        expected: list[Any] = [row[column] for row in plain]
        if column not in ("wave", "channel", "selection", "unit", "month", "field"):
            held = ["" if value == "" else float(value) for value in held]
            expected = ["" if value == "" else float(value) for value in expected]
        assert held == expected, column
    labels = meta.column_names_to_labels
    assert labels["q1"] == "Nhãn q1"
    assert labels["q2"] == "[phiên bản 1] Nhãn q2"
    assert labels["q2_v2"] == "[phiên bản 2, đổi lời] Nhãn q2"
    assert labels["q3_v2"] == "[phiên bản 2, đổi phương án trả lời] Nhãn q3"
    assert labels["how_2"] == "Cách nộp: Qua mạng"
    codes = {name: {int(k): v for k, v in found.items()} for name, found in meta.variable_value_labels.items()}
    assert codes["q1"][5] == "Rất hài lòng"
    assert codes["q3"][2] == "Không hài lòng"
    assert codes["q3_v2"] == {1: "Có", 2: "Không"}
    assert codes["r_sex"] == {1: "Nam", 2: "Nữ"}
    assert codes["how_1"] == {0: "không chọn", 1: "có chọn"}
    assert "fee" not in codes
    assert "unit" not in codes


def test_workbook_says_which_column_holds_which_question_and_holds_the_rows_twice(two: Two, tmp_path: Path):
    book = load_workbook(two.write(Format.XLSX, tmp_path).path)
    assert book.sheetnames == ["Đọc trước", "Các cột", "Dữ liệu mã", "Dữ liệu có nhãn"]
    codebook = {row[0]: row for row in book["Các cột"].iter_rows(values_only=True)}
    assert codebook["q2"][2:5] == ("Câu hỏi q2", "1", "")
    assert codebook["q2_v2"][1:5] == ("[phiên bản 2, đổi lời] Nhãn q2", "Câu hỏi hai, lời mới", "2", "đổi lời")
    assert codebook["q1"][3] == "1, 2"
    assert codebook["q3_v2"][5] == "1 = Có; 2 = Không"
    coded = list(book["Dữ liệu mã"].iter_rows(values_only=True))
    head = next(n for n, row in enumerate(coded) if row[0] == "wave")
    assert list(coded[head]) == NAMES
    assert dict(zip(NAMES, coded[head + 7], strict=True))["q2_v2"] == 1
    words = list(book["Dữ liệu có nhãn"].iter_rows(values_only=True))
    headings = next(row for row in words if row[3] == "Phiên bản bộ câu hỏi")
    last = dict(zip(headings, words[-1], strict=True))
    assert last["Nhãn q1"] == "Bình thường"
    assert last["[phiên bản 2, đổi phương án trả lời] Nhãn q3"] == "Không"
    assert last["[phiên bản 1] Nhãn q2"] is None
    assert last["Cách nộp: Qua mạng"] == "có chọn"
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_channels_keep_apart_what_was_drawn_and_what_chose_itself(two: Two, tmp_path: Path):
    drawn = two.record.channel(two.waves[1], code="drawn", selection=Selection.DRAWN)
    two.record.responses(drawn, two.ward, 7, answers='{"q1":5}', day=date(2026, 9, 12))
    rows = csv_rows(two.write(Format.CSV, tmp_path))
    assert Counter((row["wave"], row["selection"]) for row in rows) == {
        ("DOT-1", "opt_in"): 6, ("DOT-2", "opt_in"): 6, ("DOT-2", "drawn"): 7,
    }  # fmt: skip


def test_rows_that_would_single_people_out_are_recoded_wave_by_wave(two: Two, tmp_path: Path):
    channel = two.record.channel(two.waves[1], code="giay", selection=Selection.OPT_IN)
    two.record.responses(channel, two.ward, 2, answers='{"q1":5,"r_sex":2}', day=date(2026, 9, 12))
    rows = csv_rows(two.write(Format.CSV, tmp_path))
    assert len(rows) == 12, "two people of a channel are too few to be shown"
    assert {row["channel"] for row in rows} == {"qr"}


def test_made_up_waves_say_so_in_each_of_their_rows_and_in_the_name(record: Record, tmp_path: Path):
    two = Two(record, is_synthetic=True)
    made = two.write(Format.CSV, tmp_path)
    assert made.name.startswith("THU-NGHIEM-")
    assert Counter((row["wave"], row["synthetic"]) for row in csv_rows(made)) == {
        ("DOT-1", ""): 6, ("DOT-2", "THỬ NGHIỆM · số liệu giả lập"): 6,
    }  # fmt: skip


# --- who may -----------------------------------------------------------------------------------------------------


def test_who_may_not_take_rows_of_every_wave_gets_none(two: Two, tmp_path: Path):
    assert two.write(Format.CSV, tmp_path, actor=two.analyst()).row_data
    for actor in (two.analyst(row_data=False), two.analyst(two.ward), two.analyst(domain="health")):
        with pytest.raises(Forbidden):
            two.write(Format.CSV, tmp_path, actor=actor)
        assert several_waves.waves(two.database, actor=actor) == ()
    assert [wave.code for wave in several_waves.waves(two.database, actor=two.analyst())] == ["DOT-1", "DOT-2"]


def test_waves_that_are_not_of_the_questionnaire_and_none_at_all_are_refused(two: Two, record: Record):
    def ask(*codes: str) -> int:
        return several_waves.ask(
            two.database, "phieu-mau", codes, Format.CSV, actor=two.analyst(), now=record.now, language="vi"
        )

    other = record.wave(unit=two.province)
    with pytest.raises(NotFound, match=other.code):
        ask("DOT-1", other.code)
    with pytest.raises(Invalid, match="at least one"):
        ask()


def test_a_question_coded_like_a_column_of_every_file_takes_nothing_from_it(record: Record, tmp_path: Path):
    two = Two(record, items=(item("weight"), item("wave")), said={"weight": 5, "wave": 4})
    frame, _ = pyreadstat.read_sav(str(two.write(Format.SAV, tmp_path).path))
    assert {"weight", "weight_", "wave", "wave_"} <= set(frame.columns)
    assert set(frame["wave"]) == {"DOT-1", "DOT-2"}
    assert set(frame["weight"].dropna()) != {5.0}
    assert (frame["weight_"].tolist()[:6], frame["wave_"].tolist()[:6]) == ([5.0] * 6, [4.0] * 6)


def test_codes_that_are_words_of_stata_are_written_with_a_mark_behind_them(record: Record, tmp_path: Path):
    two = Two(record, items=(item("q1"), item("long"), item("str5")), said={"q1": 5, "long": 4, "str5": 3})
    frame, _ = pyreadstat.read_dta(str(two.write(Format.DTA, tmp_path).path))
    assert (frame["long_"].tolist()[0], frame["str5_"].tolist()[0]) == (4.0, 3.0)


def test_facts_about_people_that_no_file_of_one_wave_holds_are_not_in_the_joined_one_either(
    record: Record, tmp_path: Path
):
    many = item("r_news", "Biết tin qua đâu?", factor=None, voluntary=True, response=choice("multiple", c1="Báo"))
    two = Two(record, items=(item("q1"), many, SEX), said={"q1": 5, "r_news": [1], "r_sex": 1})
    rows = csv_rows(two.write(Format.CSV, tmp_path))
    assert len(rows) == 12
    assert "r_sex" in rows[0]
    assert not [name for name in rows[0] if name.startswith("r_news")]
    _, meta = pyreadstat.read_sav(str(two.write(Format.SAV, tmp_path).path))
    notes = " ".join(" ".join(meta.notes).split())
    assert "Không có cột trong dữ liệu từng phiếu" in notes
    assert "Nhãn r_news" in notes
    book = load_workbook(two.write(Format.XLSX, tmp_path).path)
    about = {row[0]: row[1] for row in book.worksheets[0].iter_rows(values_only=True)}
    assert "Nhãn r_news" in str(about["Câu hỏi không có cột"])


# --- on screen ---------------------------------------------------------------------------------------------------


def with_rows(two: Two) -> Account:
    account = two.record.account()
    two.record.add(
        Grant(account_id=account.id, role=Role.ANALYST, unit_id=two.province.id, domains=["admin"], row_data=True)
    )
    return account


def test_an_analyst_asks_for_the_file_by_screen_and_the_job_makes_it(
    two: Two, database: Database, staff_app: Flask, sign_in: SignIn, tmp_path: Path
):
    browser = sign_in(with_rows(two))
    page = browser.get("/quan-tri/ket-qua").follow("Nhiều đợt trong một tệp")
    assert "phiên bản 1" in page.text
    assert "phiên bản 2" in page.text
    form = page.form("ghep")
    assert form.fields.getlist("dot") == ["DOT-1", "DOT-2"]
    form.fields["tep"] = "sav"
    waiting = form.send()
    assert do_one(replace(runtime_of(staff_app).config, instance=tmp_path), database, KINDS)
    assert "phieu-mau-2-dot.sav" in browser.get(waiting.path).text


def test_nothing_chosen_is_said_on_the_page(two: Two, sign_in: SignIn):
    browser = sign_in(with_rows(two))
    form = browser.get("/quan-tri/ket-qua/nhieu-dot/ghep").form("ghep")
    form.fields.setlist("dot", [])
    form.fields["tep"] = "csv"
    page = form.send()
    assert page.status == 422
    assert "Hãy chọn ít nhất một đợt." in page.text


def test_an_analyst_without_the_right_is_offered_nothing(two: Two, sign_in: SignIn):
    browser = sign_in(two.record.account((Role.ANALYST, two.province, ("admin",))))
    page = browser.get("/quan-tri/ket-qua/nhieu-dot/ghep")
    assert "DOT-1" not in page.response.text
    token = next(page.forms()).fields["csrf_token"]
    data = {"csrf_token": token, "bo": "phieu-mau", "dot": ["DOT-1"], "tep": "csv"}
    assert browser.open("/quan-tri/ket-qua/nhieu-dot/ghep", method="POST", data=data).status == 403


def test_numbers_of_statistics_files_are_arrays_and_not_an_object_for_each_cell(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: dict[str, Any] = {}
    monkeypatch.setattr(
        several_waves, "write_sav", lambda _path, columns, **_: taken.update({c.name: c for c in columns})
    )
    two.write(Format.SAV, tmp_path)
    numbers = [column for column in taken.values() if not column.is_text]
    assert {"q1", "weight", "version"} <= {column.name for column in numbers}
    assert all(isinstance(column.values, np.ndarray) and column.values.dtype == np.float64 for column in numbers)
    assert taken["q1"].values.tolist() == [5] * 6 + [3] * 6
