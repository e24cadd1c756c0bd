"""Two published versions of one questionnaire with answers to both, in one file: every column of every kind of file."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest
from flask import Flask
from openpyxl import load_workbook

from analysis.files import command_line
from survey.database import Database
from survey.errors import Forbidden, Invalid, NotFound
from survey.jobs.kinds import KINDS
from survey.jobs.worker import do_one
from survey.models.fieldwork.waves import Selection, Wave
from survey.models.people.accounts import Account, Grant, Role
from survey.models.province.units import Unit, UnitKind
from survey.permissions import Actor, GrantScope, system
from survey.services.estimates import finalising, visible_results
from survey.services.fieldwork import waves
from survey.services.files import several_waves
from survey.services.files.several_waves import Format
from survey.services.jobs import MadeFile
from survey.services.questionnaires import publishing, shipped_and_imported
from survey.services.questionnaires.shipped_and_imported import row_of
from survey.web.application import runtime_of
from tests.factories.questionnaires import as_file, item, questionnaire, text
from tests.factories.record import Record
from tests.factories.statistics_means import READERS
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
         "how_1", "how_2", "fee", "r_sex", "q5", "weight", "stratum", "cluster"]  # fmt: skip


class Two:
    """A wave on each version, twelve people in each who answered alike."""

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
        self.record.responses(channel, self.ward, 12, answers=json.dumps(said), day=day)
        return wave

    def write(self, wanted: Format, folder: Path, *, actor: Actor | None = None, language: str = "vi") -> MadeFile:
        self.close()
        return several_waves.write(
            self.database, "phieu-mau", ["DOT-1", "DOT-2"], wanted, folder / f"file.{wanted}",
            actor=actor or system(), now=self.record.now, instance=folder, language=language,
        )  # fmt: skip

    def close(self) -> None:
        """Rows are given of closed waves."""
        for wave in self.waves:
            waves.close_wave(self.database, wave.code, actor=system(), now=self.record.now)
            finalising.make_final(self.database, wave.code, actor=system(), now=self.record.now)

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
    design = {(row["wave"], row.pop("weight"), row.pop("stratum"), row.pop("cluster")) for row in rows}
    assert design == {(code, "1.0", f"{code} qr 1", f"{code} qr 1") for code in ("DOT-1", "DOT-2")}
    shared = {"channel": "qr", "selection": "opt_in", "unit": two.ward.code, "field": "unknown"}
    first = {"wave": "DOT-1", "version": "1", "month": "2026-03", "q1": "5", "q2": "4", "q2_v2": "", "q3": "2",
             "q3_v2": "", "q4": "3", "how_1": "1", "how_2": "0", "fee": "1.5", "r_sex": "1", "q5": ""}  # fmt: skip
    second = {"wave": "DOT-2", "version": "2", "month": "2026-09", "q1": "3", "q2": "", "q2_v2": "1", "q3": "",
              "q3_v2": "2", "q4": "", "how_1": "1", "how_2": "1", "fee": "2", "r_sex": "1", "q5": "4"}  # fmt: skip
    assert rows == [first | shared] * 12 + [second | shared] * 12


@pytest.mark.parametrize(("wanted", "read"), [(Format.SAV, pyreadstat.read_sav), (Format.DTA, pyreadstat.read_dta)])
def test_files_of_spss_and_stata_hold_the_same_with_their_labels(two: Two, tmp_path: Path, wanted: Format, read: Any):
    plain = csv_rows(two.write(Format.CSV, tmp_path))
    frame, meta = read(str(two.write(wanted, tmp_path).path))
    assert list(frame.columns) == NAMES
    for column in NAMES:
        if column not in ("wave", "channel", "selection", "unit", "month", "field", "stratum", "cluster"):
            held = ["" if value != value else value for value in frame[column].tolist()]
            assert held == ["" if row[column] == "" else float(row[column]) for row in plain], column
    assert frame["wave"].tolist() == [1] * 12 + [2] * 12
    assert frame["month"].tolist() == [date(2026, 3, 1)] * 12 + [date(2026, 9, 1)] * 12
    assert frame["field"].isna().all(), "a field that nobody named is missing"
    for column in ("stratum", "cluster"):
        pairs = {(number, row[column]) for number, row in zip(frame[column], plain, strict=True)}
        assert pairs == {(1, "DOT-1 qr 1"), (2, "DOT-2 qr 1")}, "numbered on from wave to wave"
    sizes = {
        name: meta.original_variable_types[name].strip("F%f")
        for name in ("version", "cluster", "fee", "weight", "q1", "wave")
    }
    assert sizes == {"version": "8.0", "cluster": "8.0", "fee": "8.2", "weight": "12.6", "q1": "3.0", "wave": "3.0"}
    labels = meta.column_names_to_labels
    assert labels["q1"] == "Nhãn q1"
    assert labels["q2"] == "[phiên bản 1] Nhãn q2"
    assert labels["q2_v2"] == "[phiên bản 2, đổi lời] Nhãn q2"
    assert labels["q3_v2"] == "[phiên bản 2, đổi phương án trả lời] Nhãn q3"
    assert labels["how_2"] == "Cách nộp: Qua mạng"
    codes = {
        name: {k if isinstance(k, str) else int(k): v for k, v in found.items()}
        for name, found in meta.variable_value_labels.items()
    }
    assert codes["q1"][5] == "Rất hài lòng"
    assert codes["q3"][2] == "Không hài lòng"
    assert codes["q3_v2"] == {1: "Có", 2: "Không"}
    assert codes["r_sex"] == {1: "Nam", 2: "Nữ"}
    assert codes["how_1"] == {0: "không chọn", 1: "có chọn"}
    assert "fee" not in codes
    assert codes["wave"] == {1: "Đợt 1 (DOT-1)", 2: "Đợt 2 (DOT-2)"}
    assert codes["selection"] == {1: "tự chọn tham gia (opt_in)"}
    assert list(codes["unit"].values()) == [f"Phường Mẫu ({two.ward.code})"]


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
    assert dict(zip(NAMES, coded[head + 13], strict=True))["q2_v2"] == 1
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
    two.record.responses(drawn, two.ward, 14, answers='{"q1":5}', day=date(2026, 9, 12))
    rows = csv_rows(two.write(Format.CSV, tmp_path))
    assert Counter((row["wave"], row["selection"]) for row in rows) == {
        ("DOT-1", "opt_in"): 12, ("DOT-2", "opt_in"): 12, ("DOT-2", "drawn"): 14,
    }  # fmt: skip


def test_rows_that_would_single_people_out_are_recoded_wave_by_wave(two: Two, tmp_path: Path):
    channel = two.record.channel(two.waves[1], code="giay", selection=Selection.OPT_IN)
    two.record.responses(channel, two.ward, 2, answers='{"q1":5,"r_sex":2}', day=date(2026, 9, 12))
    rows = csv_rows(two.write(Format.CSV, tmp_path))
    assert len(rows) == 24, "two people of a channel are too few to be shown"
    assert {row["channel"] for row in rows} == {"qr"}


def test_made_up_waves_say_so_in_each_of_their_rows_and_in_the_name(record: Record, tmp_path: Path):
    two = Two(record, is_synthetic=True)
    made = two.write(Format.CSV, tmp_path)
    assert made.name.startswith("THU-NGHIEM-")
    assert Counter((row["wave"], row["synthetic"]) for row in csv_rows(made)) == {
        ("DOT-1", ""): 12, ("DOT-2", "THỬ NGHIỆM · số liệu giả lập"): 12,
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
    with pytest.raises(NotFound, match="no closed wave DOT-1"):
        ask("DOT-1")
    two.close()
    with pytest.raises(NotFound, match=other.code):
        ask("DOT-1", other.code)
    with pytest.raises(Invalid, match="at least one"):
        ask()


def test_a_question_coded_like_a_column_of_every_file_takes_nothing_from_it(record: Record, tmp_path: Path):
    two = Two(record, items=(item("weight"), item("wave")), said={"weight": 5, "wave": 4})
    frame, _ = pyreadstat.read_sav(str(two.write(Format.SAV, tmp_path).path))
    assert {"weight", "q_weight", "wave", "q_wave"} <= set(frame.columns)
    assert set(frame["wave"]) == {1, 2}
    assert set(frame["weight"].dropna()) != {5.0}
    assert (frame["q_weight"].tolist()[:6], frame["q_wave"].tolist()[:6]) == ([5.0] * 6, [4.0] * 6)


@pytest.mark.parametrize(("wanted", "read"), [(Format.SAV, pyreadstat.read_sav), (Format.DTA, pyreadstat.read_dta)])
def test_codes_that_are_words_of_spss_or_stata_are_written_with_a_mark_before_them(
    record: Record, tmp_path: Path, wanted: Format, read: Any
):
    two = Two(record, items=(item("q1"), item("long"), item("by")), said={"q1": 5, "long": 4, "by": 3})
    frame, _ = read(str(two.write(wanted, tmp_path).path))
    assert (frame["q_long"].tolist()[0], frame["q_by"].tolist()[0]) == (4.0, 3.0)


def test_every_program_finds_the_means_of_the_pages_of_both_waves(record: Record, tmp_path: Path):
    away = item("q2", response=choice("single", c1="Có", c2="Không", c97="Không biết"), factor=None)
    away["response"]["options"][2]["substantive"] = False
    two = Two(record, items=(item("q1"), away), said={"q1": 5, "q2": 97})
    paper = record.channel(two.waves[0], code="giay", selection=Selection.OPT_IN)
    record.responses(paper, two.ward, 12, answers='{"q1":2,"q2":2}', day=date(2026, 3, 10))
    for wave in two.waves:
        waves.close_wave(two.database, wave.code, actor=system(), now=record.now)
        finalising.make_final(two.database, wave.code, actor=system(), now=record.now + timedelta(minutes=1))
    on_page = [
        visible_results.read(two.database, wave, channel, actor=system(), now=record.now).items[0].mean
        for wave, channel in (("DOT-1", "qr"), ("DOT-1", "giay"), ("DOT-2", "qr"))
    ]
    for ending, reader in READERS:
        found = reader(two.write(Format(ending), tmp_path).path, ["q1", "q2"])
        assert found["q1"] == pytest.approx(((5 + 2 + 3) / 3,) * 2, abs=1e-12)
        assert found["q2"] == pytest.approx((2.0, 2.0), abs=1e-12), "97 is no part of a mean"
    assert [mean.value if mean else None for mean in on_page] == [5.0, 2.0, 3.0]


def test_facts_about_people_that_no_file_of_one_wave_holds_are_not_in_the_joined_one_either(
    record: Record, tmp_path: Path
):
    many = item("r_news", "Biết tin qua đâu?", factor=None, voluntary=True, response=choice("multiple", c1="Báo"))
    two = Two(record, items=(item("q1"), many, SEX), said={"q1": 5, "r_news": [1], "r_sex": 1})
    rows = csv_rows(two.write(Format.CSV, tmp_path))
    assert len(rows) == 24
    assert "r_sex" in rows[0]
    assert not [name for name in rows[0] if name.startswith("r_news")]
    _, meta = pyreadstat.read_sav(str(two.write(Format.SAV, tmp_path).path))
    notes = " ".join(" ".join(meta.notes).split())
    assert "Không có cột trong dữ liệu từng phiếu" in notes
    assert "Nhãn r_news" in notes
    assert "DOT-2 – Đợt 2: " in notes
    assert "(tự chọn tham gia)." in notes
    assert "dưới 10 phiếu" in notes
    book = load_workbook(two.write(Format.XLSX, tmp_path).path)
    about = {row[0]: row[1] for row in book.worksheets[0].iter_rows(values_only=True)}
    assert "Nhãn r_news" in str(about["Câu hỏi không có cột"])


# --- on screen ---------------------------------------------------------------------------------------------------


def with_rows(two: Two) -> Account:
    """An analyst who may take rows of the two waves, which are closed."""
    two.close()
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
    two.close()
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
    numbers = [column for column in taken.values() if column.kind == "number"]
    assert {"q1", "weight", "version"} <= {column.name for column in numbers}
    assert all(isinstance(column.values, np.ndarray) and column.values.dtype == np.float64 for column in numbers)
    assert taken["q1"].values.tolist() == [5] * 12 + [3] * 12
    assert taken["month"].values.dtype == np.dtype("datetime64[D]")


@pytest.mark.parametrize("wanted", [Format.CSV, Format.SAV, Format.DTA])
def test_the_command_takes_the_file_with_its_design(record: Record, tmp_path: Path, wanted: Format) -> None:
    two = Two(record, items=(item("q1"), item("q2")), said={"q1": 5, "q2": 4})
    drawn = two.record.channel(two.waves[1], code="drawn", selection=Selection.DRAWN)
    two.record.responses(drawn, two.ward, 30, answers='{"q1":5}', day=date(2026, 9, 12))
    two.record.responses(drawn, two.ward, 10, answers='{"q1":2}', day=date(2026, 9, 12))
    asked = {
        "design": {"weight": "weight", "strata": "stratum", "psu": "cluster"},
        "items": ["q1"], "domains": [["wave", "channel"], ["unit"]], "measures": ["item_rate"], "intervals": ["logit"],
    }  # fmt: skip
    (tmp_path / "request.json").write_text(json.dumps(asked), "utf-8")
    made, out = two.write(wanted, tmp_path), tmp_path / "result.json"
    told = ["--data", str(made.path), "--request", str(tmp_path / "request.json"), "--out", str(out)]
    assert command_line.main(["estimate", *told]) == 0
    found = {tuple(e["domain"].values()): e for e in json.loads(out.read_text("utf-8"))["estimates"]}
    first, own = ("DOT-1", "qr"), ("DOT-2", "drawn")
    if wanted is not Format.CSV:  # waves and channels are numbers there
        first, own = ("1", "1"), ("2", "2")
    drawn_figure = found[own]
    assert (drawn_figure["n"], drawn_figure["estimate"]) == (40, 0.75)
    assert drawn_figure["df"] == 39
    assert drawn_figure["se"] == pytest.approx((0.75 * 0.25 / 39) ** 0.5, rel=1e-9)
    assert found[first]["estimate"] == 1.0
