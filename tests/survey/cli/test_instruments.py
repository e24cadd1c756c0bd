"""`hailong instruments`: files in and out, what is said about them, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from instruments import codec, library
from survey.cli import main
from survey.database import Database
from survey.models.questionnaires.instruments import InstrumentVersion
from survey.services.questionnaires import shipped_and_imported as service
from tests.factories.questionnaires import as_file, item, questionnaire, text
from tests.instruments.workbooks import form


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def hailong(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "instance"))

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def shipped(database: Database, now: datetime) -> None:
    service.register_shipped(database, now=now)


def written(path: Path, document: dict[str, Any]) -> Path:
    path.write_bytes(as_file(document))
    return path


def held(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(InstrumentVersion)) or 0


def test_file_is_kept_as_a_draft_once_and_a_second_time_changes_nothing(
    hailong: Run, database: Database, tmp_path: Path
) -> None:
    file = written(tmp_path / "phieu.json", questionnaire())
    ran = hailong("instruments", "import", file)
    assert ran.code == 0, ran
    assert ran.out.startswith("Kept as phieu-mau@1 (draft): 2 questions, content ")
    assert hailong("instruments", "import", file).out.startswith("Exactly this version is in the record already")
    assert held(database) == 1


def test_dry_run_says_what_would_be_kept_and_keeps_nothing(hailong: Run, database: Database, tmp_path: Path) -> None:
    file, report = written(tmp_path / "phieu.json", questionnaire()), tmp_path / "report.json"
    ran = hailong("instruments", "import", file, "--dry-run", "--report", report)
    assert ran.code == 0, ran
    assert ran.out.startswith("Would be kept as phieu-mau@1")
    assert held(database) == 0
    told = json.loads(report.read_text())
    assert (told["taken"], told["dry_run"], told["version"], told["items"]) == (False, True, "phieu-mau@1", 2)
    assert told["content_hash"] == codec.content_hash(codec.loads(file.read_bytes()))


def test_every_problem_of_a_file_is_a_sentence_with_its_place_and_nothing_is_kept(
    hailong: Run, database: Database, tmp_path: Path
) -> None:
    wrong = questionnaire(item("q1"), item("q1", show_if="q9 == 1"), item("q2"), title=text(" "))
    file, report = written(tmp_path / "phieu.json", wrong), tmp_path / "report.json"
    ran = hailong("instruments", "import", file, "--report", report)
    assert ran.code == 2
    assert "title.vi: The text cannot be kept: text must not be blank." in ran.err
    assert ran.err.splitlines()[-1].startswith(f"hailong: {file} was not taken. The file is not a usable")
    assert held(database) == 0
    told = json.loads(report.read_text())
    assert told["taken"] is False
    assert [one["place"] for one in told["problems"]] == ["title.vi"]

    wrong["title"] = text("Phiếu")
    ran = hailong("instruments", "import", written(file, wrong))
    assert ran.code == 2
    assert "The code “q1” is used twice" in ran.err
    assert "The condition asks about “q9”, which is no item." in ran.err


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"format": 1, "format": 1}', b"null"])
def test_file_that_is_no_questionnaire_is_refused_in_words(hailong: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    ran = hailong("instruments", "import", file)
    assert ran.code == 2
    assert "was not taken" in ran.err
    assert "Traceback" not in ran.err


def test_file_that_does_not_exist_is_refused_in_words(hailong: Run, tmp_path: Path) -> None:
    ran = hailong("instruments", "import", tmp_path / "nowhere.json")
    assert ran.code == 2
    assert "nowhere.json" in ran.err


def test_exported_document_is_the_shipped_one_and_can_be_taken_back(
    hailong: Run, shipped: None, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    assert hailong("instruments", "export", "byt56-m2@1", "--format", "json", "--out", out).code == 0
    assert codec.content_hash(codec.loads(out.read_bytes())) == codec.content_hash(library.load("byt56-m2"))
    assert hailong("instruments", "import", out).out.startswith("Exactly this version is in the record already")


@pytest.mark.parametrize("name", ["nothing", "byt56-m2@7", "byt56-m2@x", "byt56-m2@", "@"])
def test_version_that_is_not_there_is_named_in_the_refusal(
    hailong: Run, shipped: None, tmp_path: Path, name: str
) -> None:
    ran = hailong("instruments", "export", name, "--format", "json", "--out", tmp_path / "out.json")
    assert ran.code == 2
    assert name in ran.err
    assert not (tmp_path / "out.json").exists()


def test_list_names_every_version_with_its_state_and_grade(hailong: Run, shipped: None) -> None:
    lines = hailong("instruments", "list").out.splitlines()
    assert len(lines) == len(library.shipped())
    line = next(one for one in lines if one.startswith("sipas-2640@1"))
    assert line.split()[1:5] == ["published", "admin", "draft", "demonstration"]


def test_difference_names_the_questions_that_changed_and_the_series_they_break(hailong: Run, tmp_path: Path) -> None:
    first = questionnaire()
    codes = [one["code"] for one in first["sections"][0]["elements"]]
    hailong("instruments", "import", written(tmp_path / "1.json", first))
    second = questionnaire(version=2)
    second["sections"][0]["elements"][0]["text"] = text("Câu hỏi khác hẳn")
    second["sections"][0]["elements"].append(item("moi"))
    hailong("instruments", "import", written(tmp_path / "2.json", second))
    ran = hailong("instruments", "diff", "phieu-mau@1", "phieu-mau@2")
    assert ran.code == 0, ran
    assert ran.out.splitlines()[0] == "1 same, 1 wording, 0 scale, 1 new, 0 gone"
    assert f"{codes[0]}: wording [text.vi], not to be joined in a series" in ran.out
    assert "  + Câu hỏi khác hẳn" in ran.out
    assert "moi: new" in ran.out
    assert "figure overall.top2_answers.rate: breaks (q1, moi)" in ran.out


def test_workbook_goes_out_and_comes_back_as_the_same_version(hailong: Run, shipped: None, tmp_path: Path) -> None:
    out = tmp_path / "sipas.xlsx"
    assert hailong("instruments", "export", "sipas-2026@1", "--format", "xlsx", "--out", out).code == 0
    ran = hailong("instruments", "import", out)
    assert ran.code == 0, ran
    assert ran.out.startswith("Exactly this version is in the record already: sipas-2026@1 (published).")


def test_workbook_of_another_program_is_kept_with_the_list_of_what_was_not_carried(
    hailong: Run, database: Database, tmp_path: Path
) -> None:
    file, report = tmp_path / "kobo.xlsx", tmp_path / "report.json"
    file.write_bytes(
        form(
            [
                ["start", "start"],
                ["integer", "Tuổi", "Ông/Bà bao nhiêu tuổi?"],
                ["text", "y_kien", "Ý kiến của Ông/Bà"],
            ],
            settings=[["form_title", "form_id", "version"], ["Phiếu", "phieu_kobo", "3"]],
        )
    )
    ran = hailong("instruments", "import", file, "--service", "health", "--report", report)
    assert ran.code == 0, ran
    lines = ran.out.splitlines()
    assert lines[0].startswith("Kept as phieu-kobo@3 (draft): 2 questions, content ")
    assert lines[1] == "Carried: 2 questions, 1 section, languages vi."
    assert "  sheet survey, row 3: “Tuổi” is now called “tuoi”" in ran.out
    assert "Left out (1):\n  sheet survey, row 2: “start” (start) was left out" in ran.out
    assert "  warning: sheet survey, row 4: “y_kien” should be marked as voluntary." in lines
    told = json.loads(report.read_text())
    assert told["carried"]["questions"] == 2
    assert [(one["code"], one["rows"]) for one in told["left_out"]] == [("metadata", [2])]
    with database.reading() as session:
        row = session.execute(select(InstrumentVersion)).scalar_one()
    assert codec.loads(row.document).service_domain == "health"


def test_workbook_with_problems_is_refused_by_sheet_and_row(hailong: Run, database: Database, tmp_path: Path) -> None:
    file, report = tmp_path / "odk.xlsx", tmp_path / "report.json"
    file.write_bytes(form([["geopoint", "noi", "Ở đâu?"], ["select_one l", "q", "Hỏi?"]]))
    ran = hailong("instruments", "import", file, "--report", report)
    assert ran.code == 2
    assert "sheet survey, row 2: “geopoint” is not supported here; take the row out.\n" in ran.err
    assert "sheet survey, row 3: There is no answer list “l” in the sheet choices.\n" in ran.err
    assert held(database) == 0
    told = json.loads(report.read_text())["problems"]
    assert [(one["sheet"], one["row"]) for one in told] == [("survey", 2), ("survey", 3)]


def test_finding_of_the_checks_is_placed_at_its_row(hailong: Run, tmp_path: Path) -> None:
    file = tmp_path / "twice.xlsx"
    file.write_bytes(form([["select_one l", "q", "Hỏi gì?"]], [["l", "1", "Có"], ["l", "2", "Có"]]))
    ran = hailong("instruments", "import", file)
    assert ran.code == 2
    assert "sheet choices, row 3: Two answers read “Có”." in ran.err


@pytest.mark.parametrize(("wanted", "begins"), [("pdf", b"%PDF-"), ("docx", b"PK\x03\x04")])
def test_form_on_paper_is_written_in_one_of_its_languages(
    hailong: Run, shipped: None, tmp_path: Path, wanted: str, begins: bytes
) -> None:
    out = tmp_path / f"phieu.{wanted}"
    ran = hailong("instruments", "export", "byt56-m1", "--format", wanted, "--out", out, "--language", "en")
    assert ran.code == 0, ran
    assert out.read_bytes().startswith(begins)
    ran = hailong("instruments", "export", "byt56-m1", "--format", wanted, "--out", out, "--language", "fr")
    assert (ran.code, "byt56-m1@1 is not written in “fr”; it has vi, en." in ran.err) == (2, True)


def test_version_that_carries_a_locked_form_is_held_against_it(hailong: Run, shipped: None, tmp_path: Path) -> None:
    local = codec.document(library.load("byt56-m1"))
    local |= {"code": "byt56-m1-dn", "version": 1, "core": {"code": "byt56-m1", "version": 1}}
    local["sections"][1]["elements"].append(
        {**item("x1", "Bãi giữ xe", origin="overlay"), "factor": None, "response": {"kind": "rating", "scale": "byt05"}}
    )
    del local["sections"][1]["elements"][-1]["factor"]
    hailong("instruments", "import", written(tmp_path / "1.json", local))
    ran = hailong("instruments", "check", "byt56-m1-dn@1")
    assert ran.code == 0, ran
    assert ran.out.startswith("Conforms to 56/QĐ-BYT, Mẫu số 1 as transcribed; the original has not been checked")
    assert "  questions: x1\n" in ran.out

    local["version"] = 2
    local["sections"][1]["elements"][0]["text"]["vi"] = "Lời khác"
    hailong("instruments", "import", written(tmp_path / "2.json", local))
    ran = hailong("instruments", "check", "byt56-m1-dn@2")
    assert ran.code == 2
    assert "  The words of “a1” are not those of the form (text).\n" in ran.err
    assert "byt56-m1-dn@2 differs from byt56-m1@1 in 1 places." in ran.err
    assert hailong("instruments", "check", "sipas-2026").out == "sipas-2026 carries no other form: it is its own.\n"


def test_forms_of_different_years_stand_side_by_side_by_topic_and_join_nothing(hailong: Run, shipped: None) -> None:
    ran = hailong("instruments", "diff", "sipas-2022@1", "sipas-2026@1")
    assert ran.code == 0, ran
    counts = dict(reversed(one.split()) for one in ran.out.splitlines()[0].split(", "))
    assert int(counts["wording"]) + int(counts["same"]) + int(counts["scale"]) >= 20
    lines = ran.out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("q9_24: wording"))
    assert lines[at].endswith("not to be joined in a series")
    assert lines[at + 1].startswith("  - ")
    assert lines[at + 2].startswith("  + ")
