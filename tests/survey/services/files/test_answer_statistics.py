"""Files of one wave for SPSS and Stata, read by the programs that people open them with."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest
from flask import Flask

from analysis.files import command_line
from instruments import codec, library
from survey.errors import Forbidden
from survey.jobs.kinds import KINDS
from survey.jobs.worker import do_one
from survey.models.people.accounts import Grant, Role
from survey.permissions import Actor, system
from survey.services.files import answer_statistics
from survey.services.files.answer_rows import RecodedRows
from survey.services.files.result_sentences import Words
from survey.services.files.rows import statements as row_statements
from survey.services.jobs import MadeFile
from survey.web.application import runtime_of
from tests import statistics_programs
from tests.factories.questionnaires import item, text
from tests.factories.record import Record
from tests.factories.results import SEX, Surveyed, document
from tests.factories.statistics_means import READERS
from tests.factories.surveyed_waves import SignIn

EXACT = 1e-12  # the programs print at least so many places
STAYED_AWAY = {"byt56-m2": 0, "edu-thcs-parent": 97}  # the code of who has no opinion
BY_HAND = {"a1": (540 / 140, 14_200 / 3_800), "a2": (400 / 120, 8_800 / 2_800)}  # unweighted, weighted


def write(survey: Surveyed, ending: str, folder: Path, *, actor: Actor | None = None, language: str = "vi") -> MadeFile:
    survey.close()
    maker = {"sav": answer_statistics.write_sav, "dta": answer_statistics.write_dta}[ending]
    return maker(
        survey.record.database, "W-1", "drawn", folder / f"file.{ending}", actor=actor or system(),
        now=survey.record.now, instance=folder, language=language,
    )  # fmt: skip


def two_units(record: Record, questionnaire: str) -> Surveyed:
    """180 people at two units on a shipped form: 40 have no opinion on a1, 52 none on a2, which 8 left blank."""
    survey = Surveyed(record, plan=None, answers=codec.dumps(library.load(questionnaire)))
    away = STAYED_AWAY[questionnaire]
    said = {
        "Phường A": (1000, [(5, 4, 40), (4, 4, 20), (2, 2, 20), (away, away, 12), (away, None, 8)]),  # weight 10
        "Phường B": (4000, [(3, 4, 20), (3, 2, 20), (5, away, 20), (away, away, 20)]),  # weight 50
    }
    for name, (transactions, people) in said.items():
        unit = survey.unit(name)
        survey.frame(unit, transactions)
        point = record.point(survey.drawn, unit=unit)
        for a1, a2, number in people:
            codes = {"a1": a1} | ({} if a2 is None else {"a2": a2})
            survey.say(unit, codes, number, point=point, day=date(2026, 11, 10))
    survey.close()
    return survey


@pytest.mark.parametrize("questionnaire", STAYED_AWAY)
def test_every_program_finds_the_means_of_the_page(record: Record, tmp_path: Path, questionnaire: str) -> None:
    survey = two_units(record, questionnaire)
    on_page = {row.figure.target: row.mean.value for row in survey.view().items if row.mean is not None}
    files = {ending: write(survey, ending, tmp_path).path for ending in ("sav", "dta")}
    for code, (unweighted, weighted) in BY_HAND.items():
        assert on_page[code] == pytest.approx(weighted, abs=EXACT)
        for ending, reader in READERS:
            found = reader(files[ending], ["a1", "a2"])[code]
            assert found == pytest.approx((unweighted, weighted), abs=EXACT), (reader.__name__, ending, code)


def test_our_own_command_finds_the_means_of_the_page_too(record: Record, tmp_path: Path) -> None:
    data = write(two_units(record, "edu-thcs-parent"), "sav", tmp_path).path
    asked, out = tmp_path / "request.json", tmp_path / "result.json"
    asked.write_text(json.dumps({"design": {"strata": "unit", "weight": "weight"}, "items": ["a1", "a2"]}), "utf-8")
    command = ["estimate", "--data", str(data), "--request", str(asked), "--out", str(out)]
    assert command_line.main(command) == 0
    found = json.loads(out.read_text("utf-8"))["estimates"]
    means = {e["variable"]: e["estimate"] for e in found if (e["measure"], e["domain"]) == ("item_mean", {})}
    assert means == {code: pytest.approx(weighted, abs=EXACT) for code, (_, weighted) in BY_HAND.items()}


@pytest.mark.parametrize("questionnaire", STAYED_AWAY)
def test_a_code_that_is_missing_is_still_there_with_its_words(
    record: Record, tmp_path: Path, questionnaire: str
) -> None:
    survey, away = two_units(record, questionnaire), STAYED_AWAY[questionnaire]
    frame, meta = pyreadstat.read_sav(str(write(survey, "sav", tmp_path).path), user_missing=True)
    assert meta.missing_ranges["a1"] == [{"lo": away, "hi": away}]
    assert (frame["a1"] == away).sum() == 40
    assert (frame["a2"] == away).sum() == 52
    assert frame["a2"].isna().sum() == 8, "left blank is something else"
    words = meta.variable_value_labels["a1"][away]
    frame, meta = pyreadstat.read_dta(str(write(survey, "dta", tmp_path).path), user_missing=True)
    assert (frame["a1"] == "a").sum() == 40
    assert meta.variable_value_labels["a1"]["a"] == f"{words} ({away})"
    assert meta.variable_value_labels["a1"][5] == "Rất hài lòng"


# --- what each column is ------------------------------------------------------------------------------------------

HOW = item("how", "Nộp hồ sơ bằng cách nào?", short="Cách nộp", factor=None, response={
    "kind": "multiple", "options": [{"code": 1, "label": text("Tại quầy")}, {"code": 2, "label": text("Qua mạng")}],
})  # fmt: skip
WHY = item("with", "Ông/Bà đến làm gì?", short="Việc cần làm", factor=None, response={
    "kind": "single", "options": [{"code": 1, "label": text("Nộp hồ sơ")}, {"code": 2, "label": text("Nhận kết quả")},
                                  {"code": 98, "label": text("Không nhớ"), "substantive": False},
                                  {"code": 99, "label": text("Từ chối"), "substantive": False}],
})  # fmt: skip
VISITS = item("visits", "Số lần đi lại", short="Số lần", factor=None, response={"kind": "number", "decimals": 1})
SAID = {"q1": 5, "weight": 4, "how": [1], "with": 98, "visits": 1.5, "r_sex": 2}


@pytest.fixture
def every_kind(record: Record) -> Surveyed:
    """Twenty people of one unit and field, twenty of another unit who named no field; they differ in one question."""
    answers = document(item("q1"), item("weight"), HOW, WHY, VISITS, SEX)
    survey = Surveyed(record, plan=None, answers=answers, wave_values={"is_synthetic": True})
    land = record.field(code="dat-dai", name="Đất đai")
    record.field(code="ho-tich", name="Hộ tịch")
    a, b = survey.unit("Phường A", code="20195"), survey.unit("Phường B", code="20197")
    for unit, field, more, number in ((a, land, {}, 20), (b, None, {"with": 99}, 10), (b, None, {"with": 1}, 10)):
        survey.frame(unit, 1000, field) if more != {"with": 1} else None
        survey.say(unit, SAID | more, number, field=field, day=date(2026, 11, 10))
    return survey


def test_pspp_knows_the_level_the_format_and_the_missing_values_of_every_column(
    every_kind: Surveyed, tmp_path: Path
) -> None:
    made = write(every_kind, "sav", tmp_path)
    syntax = tmp_path / "dictionary.sps"
    syntax.write_text(f"GET FILE='{made.path}'.\nDISPLAY DICTIONARY.\nDISPLAY DOCUMENTS.\nLIST.\n", encoding="utf-8")
    said = statistics_programs.pspp(syntax)
    rows = [row for row in csv.reader(io.StringIO(said)) if len(row) > 8]
    heading = next(row for row in rows if row[0] == "Name")
    found = {
        row[0]: tuple(row[heading.index(what)] for what in ("Measurement Level", "Print Format", "Missing Values"))
        for row in rows
        if row[1].isdigit() and row[0].isidentifier()
    }
    assert found == {
        "unit": ("Nominal", "F5.0", ""),
        "month": ("Scale", "SDATE10", ""),
        "field": ("Nominal", "F3.0", "0"),
        "r_sex": ("Nominal", "F3.0", ""),
        "q1": ("Ordinal", "F3.0", ""),
        "q_weight": ("Ordinal", "F3.0", ""),
        "how_1": ("Nominal", "F3.0", ""),
        "how_2": ("Nominal", "F3.0", ""),
        "q_with": ("Nominal", "F3.0", "98; 99"),
        "visits": ("Scale", "F8.2", ""),
        "weight": ("Scale", "F12.6", ""),
        "stratum": ("Nominal", "F8.0", ""),
        "cluster": ("Nominal", "F8.0", ""),
        "synthetic": ("Nominal", "A41", ""),
    }
    assert "20195,2026/11/01,1,2,5,4,1,0,98,1.50,50.000000," in said
    notes = " ".join(said.split())
    w, view = Words.of("vi"), every_kind.view()
    rows = RecodedRows(every_kind.record.database, view, w, tmp_path)
    stated = [" ".join(f"{head}: {text}".split()) for head, text in row_statements.lines(view, rows, w)]
    assert len(stated) >= 3, "what the rows yield, beside what is published"
    for words in ("THỬ NGHIỆM · số liệu giả lập", "Mẫu chọn (mẫu chọn ngẫu nhiên)", "“WEIGHT BY weight.”",
                  "không bao giờ được gộp", "dưới 10 phiếu", *stated):  # fmt: skip
        assert words in notes, words


@pytest.mark.parametrize(("ending", "read"), [("sav", pyreadstat.read_sav), ("dta", pyreadstat.read_dta)])
def test_units_and_fields_are_codes_with_words_and_months_are_days(
    every_kind: Surveyed, tmp_path: Path, ending: str, read: Any
) -> None:
    made = write(every_kind, ending, tmp_path)
    assert made.row_data
    assert made.name == f"THU-NGHIEM-W-1-drawn.{ending}"
    frame, meta = read(str(made.path))
    words = meta.variable_value_labels
    assert words["unit"] == {20195: "Phường A (20195)", 20197: "Phường B (20197)"}
    assert sorted(frame["unit"]) == [20195] * 20 + [20197] * 20
    unknown: int | str = 0 if ending == "sav" else "a"  # 98 and 99 are "b" and "c": each is missing in one column
    assert words["field"] == {1: "Đất đai (dat-dai)", unknown: "không rõ" if ending == "sav" else "không rõ (0)"}
    assert set(frame["month"]) == {date(2026, 11, 1)}
    assert words["q_with"][1] == "Nộp hồ sơ"
    assert words["how_2"] == {0: "không chọn", 1: "có chọn"}
    assert meta.column_names_to_labels["how_2"] == "Cách nộp: Qua mạng"
    assert meta.file_label.startswith("THỬ NGHIỆM · số liệu giả lập · W-1 · drawn")
    assert meta.file_encoding in ("UTF-8", None)


def test_a_code_in_letters_takes_a_number_that_no_other_code_is() -> None:
    words = {"2": "Hai", "so-y-te": "Sở Y tế", "02": "Hai nữa", "20195": "Phường A", "so-gd": "Sở Giáo dục"}
    column = answer_statistics.labelled("unit", "Đơn vị", ["so-gd", "20195", None, "2", "so-y-te", "02"], words)
    assert column.values[~np.isnan(column.values)].tolist() == [4, 20195, 2, 1, 3]
    assert column.codes == {
        1: "Sở Y tế (so-y-te)", 2: "Hai (2)", 3: "Hai nữa (02)", 4: "Sở Giáo dục (so-gd)", 20195: "Phường A (20195)",
    }  # fmt: skip
    fewer = answer_statistics.labelled("unit", "Đơn vị", ["so-gd"], words)
    assert fewer.values.tolist() == [4], "the same number in every file"


def test_r_knows_which_missing_value_each_is(every_kind: Surveyed, tmp_path: Path) -> None:
    write(every_kind, "dta", tmp_path)
    write(every_kind, "sav", tmp_path)
    script = tmp_path / "missing.R"
    script.write_text(
        """
        library(haven)
        folder <- commandArgs(TRUE)
        stata <- read_dta(file.path(folder, "file.dta"))
        cat(sort(table(na_tag(stata$q_with))), class(stata$month), as.character(stata$month[1]), "\\n")
        cat(paste(names(attr(stata$q_with, "labels")), collapse = "; "), "\\n")
        spss <- read_sav(file.path(folder, "file.sav"), user_na = TRUE)
        cat(attr(spss$q_with, "na_values"), sum(is.na(spss$q_with)), class(spss$month), "\\n")
        cat(attr(spss$unit, "format.spss"), attr(spss$q1, "label"), "\\n")
        """,
        encoding="utf-8",
    )
    assert statistics_programs.r(script, tmp_path).splitlines() == [
        "10 20 Date 2026-11-01 ",
        "Nộp hồ sơ; Nhận kết quả; Không nhớ (98); Từ chối (99) ",
        "98 99 30 Date ",
        "F5.0 Nhãn q1 ",
    ]


def test_words_are_in_the_language_that_was_asked_for(every_kind: Surveyed, tmp_path: Path) -> None:
    _, meta = pyreadstat.read_sav(str(write(every_kind, "sav", tmp_path, language="en").path))
    assert meta.column_names_to_labels["unit"] == "Unit"
    assert meta.variable_value_labels["field"][0] == "not known"
    assert "still counted, part of no mean" in " ".join(" ".join(meta.notes).split())


def test_who_may_not_take_rows_gets_no_file(every_kind: Surveyed, tmp_path: Path) -> None:
    assert write(every_kind, "sav", tmp_path, actor=every_kind.analyst(row_data=True)).row_data
    for ending in ("sav", "dta"):
        with pytest.raises(Forbidden):
            write(every_kind, ending, tmp_path, actor=every_kind.analyst())


def test_an_analyst_takes_the_files_from_the_page_of_the_wave(
    every_kind: Surveyed, staff_app: Flask, sign_in: SignIn, tmp_path: Path
) -> None:
    record = every_kind.record
    every_kind.close()
    account = record.account()
    record.add(Grant(account_id=account.id, role=Role.ANALYST, unit_id=every_kind.province.id, domains=["admin"],
                     row_data=True))  # fmt: skip
    browser = sign_in(account)
    for ending, button in (
        ("sav", "Dữ liệu từng phiếu cho SPSS (.sav)"),
        ("dta", "Dữ liệu từng phiếu cho Stata (.dta)"),
    ):
        page = browser.get("/quan-tri/ket-qua/W-1?kenh=drawn")
        assert button in page.text
        form = page.form("/tep")
        form.fields["tep"] = ending
        waiting = form.send()
        assert do_one(replace(runtime_of(staff_app).config, instance=tmp_path), record.database, KINDS)
        assert f"THU-NGHIEM-W-1-drawn.{ending}" in browser.get(waiting.path).text
