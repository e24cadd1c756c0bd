"""The console program: one sentence per error, exit codes, the same services as the screens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text

from survey import schema
from survey.cli import main
from survey.config import ROOT
from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.fieldwork.waves import WaveStatus
from survey.models.people.accounts import Account, Invitation, Role
from survey.models.province.units import Unit
from tests.factories.people import EVERYTHING, person
from tests.factories.record import Record
from tests.factories.results import Surveyed
from tests.factories.row_files import unpacked

COMMUNES = ROOT / "survey" / "fixtures" / "danang" / "communes.csv"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def hailong(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """`hailong("accounts", "list")` in an environment with this test's record."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "instance"))
    for name in ("PORT", "HOST", "PUBLIC_URL", "HAILONG_FACES", "HAILONG_SECRET_KEYS", "ALLOWED_HOSTS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run


def one_sentence(ran: Ran, *, code: int, words: str) -> None:
    assert ran.code == code, ran
    assert ran.err.startswith("hailong: "), ran
    assert ran.err.count("\n") == 1, ran
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_the_server_for_developers_is_for_this_machine_alone(
    hailong: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    one_sentence(hailong("dev"), code=2, words="this command serves 127.0.0.1 alone")
    assert not list((tmp_path / "instance").glob("*.db"))


def test_help_reads_like_a_manual(hailong: Callable[..., Ran]) -> None:
    ran = hailong("--help")
    assert ran.code == 0
    for words in ("To try it:", "Serving:", "The record:", "db upgrade", "units import", "accounts invite"):
        assert words in ran.out


def test_group_without_a_command_shows_its_commands(hailong: Callable[..., Ran]) -> None:
    ran = hailong("accounts")
    assert ran.code == 2
    assert "invite" in ran.err


def test_units_are_imported_and_a_second_time_changes_nothing(hailong: Callable[..., Ran], database: Database) -> None:
    assert hailong("units", "import", "--dry-run", str(COMMUNES)).out == (
        "Would take: 94 new, 0 changed, 0 ended, 0 as they were.\n"
    )
    with database.reading() as session:
        assert session.execute(select(Unit)).first() is None
    assert hailong("units", "import", str(COMMUNES)).out == "Taken: 94 new, 0 changed, 0 ended, 0 as they were.\n"
    assert hailong("units", "import", str(COMMUNES)).out == "Taken: 0 new, 0 changed, 0 ended, 94 as they were.\n"
    with database.reading() as session:
        events = session.execute(select(AuditEvent)).scalars().all()
    assert [(e.actor, e.actor_id, e.action) for e in events] == [("command line", None, "unit.import")]


def test_units_are_exported_as_a_file_that_can_be_taken_back(hailong: Callable[..., Ran], tmp_path: Path) -> None:
    hailong("units", "import", str(COMMUNES))
    out = tmp_path / "units.csv"
    assert hailong("units", "export", str(out)).code == 0
    assert "Phường Hải Châu" in out.read_text("utf-8-sig")
    assert "0 new, 0 changed, 0 ended, 95 as they were" in hailong("units", "import", str(out)).out


def test_problems_of_a_file_are_listed_with_their_rows_and_nothing_is_taken(
    hailong: Callable[..., Ran], database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "units.csv"
    path.write_text("code,name,kind\n20242,Phường Hải Châu,ward\n4,Xã,lạ\n", "utf-8")
    ran = hailong("units", "import", str(path))
    assert ran.code == 2
    assert "row 3, kind: The kind 'lạ' is not known." in ran.err
    assert ran.err.splitlines()[-1].endswith("has 1 problems; nothing was taken.")
    with database.reading() as session:
        assert session.execute(select(Unit).where(Unit.code == "20242")).first() is None


def test_invitation_prints_a_link_and_names_several_rights(
    hailong: Callable[..., Ran], record: Record, database: Database
) -> None:
    province = record.unit(code="48")
    health = record.unit(code="so-yt", parent=province)
    ran = hailong(
        "accounts", "invite", "lan.nguyen", "--name", "Nguyễn Thị Lan",
        "--grant", "analyst:so-yt:health,admin:rows,comments", "--grant", "administrator",
    )  # fmt: skip
    assert ran.code == 0
    assert ran.out.startswith("http://127.0.0.1:8000/quan-tri/loi-moi/")
    with database.reading() as session:
        row = session.execute(select(Invitation)).scalar_one()
    assert row.full_name == "Nguyễn Thị Lan"
    assert row.grants == [
        {"role": "analyst", "unit_id": health.id, "domains": ["admin", "health"], "row_data": True, "comments": True},
        {
            "role": "administrator",
            "unit_id": province.id,
            "domains": sorted(EVERYTHING),
            "row_data": False,
            "comments": False,
        },
    ]


@pytest.mark.parametrize(
    ("grant", "words"),
    [
        ("boss", "administrator, designer"),
        ("analyst:khong-co", "no unit with code khong-co"),
        ("analyst:48:police", "got police"),
        ("analyst:48:health:gold", "got gold"),
        ("analyst:48:health:rows:more", "ROLE:UNIT:SERVICES:EXTRAS"),
        ("unit_viewer:48:health:rows", "cannot be given"),
    ],
)
def test_right_that_cannot_be_given_is_explained(
    hailong: Callable[..., Ran], record: Record, grant: str, words: str
) -> None:
    record.unit(code="48")
    one_sentence(hailong("accounts", "invite", "lan", "--name", "Lan", "--grant", grant), code=2, words=words)


def test_accounts_are_listed_for_people_and_for_programs(hailong: Callable[..., Ran], record: Record) -> None:
    assert "no account yet" in hailong("accounts", "list").out
    unit = record.unit(name="Sở Y tế")
    for n in range(60):
        record.account((Role.ANALYST, unit, ("health",)), username=f"nguoi{n:02d}", last_seen_on=date(2026, 11, 20))
    assert "analyst · Sở Y tế · health" in hailong("accounts", "list").out
    listed = json.loads(hailong("accounts", "list", "--json").out)
    assert len(listed) == 60
    assert listed[0]["grants"] == [{"role": "analyst", "unit": "Sở Y tế", "services": ["health"]}]


def test_reset_lets_an_administrator_in_again_who_was_away_too_long(
    hailong: Callable[..., Ran], record: Record, database: Database
) -> None:
    who = person(record, (Role.ADMINISTRATOR, record.unit(), EVERYTHING), status="disabled")
    ran = hailong("accounts", "reset", who.account.username)
    assert "/quan-tri/loi-moi/" in ran.out
    with database.reading() as session:
        found = session.get_one(Account, who.account.id)
    assert (found.status.value, found.totp_secret) == ("active", None)
    one_sentence(hailong("accounts", "reset", "khong-ai"), code=2, words="khong-ai")


def test_record_is_made_and_checked(hailong: Callable[..., Ran], database: Database) -> None:
    schema.downgrade(database, "base")
    one_sentence(hailong("db", "check"), code=2, words="hailong db upgrade")
    assert "has schema" in hailong("db", "upgrade").out
    assert hailong("db", "upgrade").code == 0
    ran = hailong("db", "check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("ok  schema")


def test_record_of_a_newer_program_is_refused_by_every_command(hailong: Callable[..., Ran], database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for command in (("db", "upgrade"), ("db", "check"), ("accounts", "list"), ("units", "export")):
        one_sentence(hailong(*command), code=2, words="newer")


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("DATABASE_URL", "mysql://x", 2, "DATABASE_URL must begin with"),
        ("DATABASE_URL", "sqlite:////no/such/folder/x.db", 1, "unable to open"),
        ("DATABASE_URL", f"sqlite:///{ROOT}/pyproject.toml", 1, "not a database"),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/x", 1, "refused"),
        ("PORT", "abc", 2, "PORT"),
        ("PUBLIC_URL", "ks.danang.gov.vn", 2, "PUBLIC_URL"),
        ("HAILONG_SECRET_KEYS", "short", 2, "secret key"),
        ("HAILONG_INSTANCE", "/proc/nowhere", 2, "HAILONG_INSTANCE"),
        ("HAILONG_FACES", "moon", 2, "HAILONG_FACES"),
    ],
)
def test_wrong_setting_is_one_sentence(
    hailong: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: int, words: str
) -> None:
    monkeypatch.setenv(name, value)
    one_sentence(hailong("accounts", "list"), code=code, words=words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fly",), "No such command 'fly'"),
        (("units", "import"), "Missing argument"),
        (("units", "import", "nowhere.csv"), "does not exist"),
        (("units", "import", "."), "is a directory"),
        (("accounts", "invite", "lan"), "--name"),
        (("accounts", "list", "--xml"), "--xml"),
    ],
)
def test_wrong_call_is_one_sentence(hailong: Callable[..., Ran], arguments: tuple[str, ...], words: str) -> None:
    one_sentence(hailong(*arguments), code=2, words=words)


def test_waves_are_listed_with_what_they_have(hailong: Callable[..., Ran], record: Record) -> None:
    survey = Surveyed(record)
    unit = survey.unit()
    survey.answer(unit, 7, 2)
    survey.answer(unit, 0, 3, late=True)
    ran = hailong("waves", "list", "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == [
        {"code": "W-1", "title": "Đợt mẫu", "instrument": "phieu-mau", "version": 1, "domain": "admin",
         "status": "open", "responses": 9}
    ]  # fmt: skip
    assert "W-1" in hailong("waves", "list").out


def test_closing_a_wave_makes_its_verdicts_once(hailong: Callable[..., Ran], record: Record) -> None:
    survey = Surveyed(record)
    unit = survey.unit()
    survey.frame(unit, 5000)
    survey.answer(unit, 200, 0)
    ran = hailong("waves", "close", "W-1")
    assert (ran.code, ran.err) == (0, "")
    assert "2 result sets were made" in ran.out
    again = hailong("waves", "close", "W-1")
    assert (again.code, "was closed with its results" in again.out) == (0, True)
    data = json.loads(hailong("results", "estimate", "W-1", "--channel", "drawn", "--json").out)
    assert data["meta"]["status"] == "final"
    assert data["verdicts"][0]["verdict"] == "reached"
    one_sentence(hailong("waves", "open", "W-1"), code=2, words="cannot be opened again")


def test_analyses_of_like_units_have_bands_and_no_ranks(hailong: Callable[..., Ran], record: Record) -> None:
    survey = Surveyed(record)
    for n, name in enumerate("ĐAB"):
        survey.answer(survey.unit(f"Phường {name}"), 40 + n, 10)
    assert hailong("waves", "close", "W-1").code == 0
    found = json.loads(hailong("results", "analyses", "W-1", "--channel", "drawn").out)["standings"]
    assert (found["is_noise"], [row["rank"] for row in found["rows"]]) == (True, [None] * 3)
    (band,) = found["bands"]
    assert band["units"] == [row["unit"] for row in found["rows"]]
    assert [row["n"] for row in found["rows"]] == [51, 52, 50], "by name: A, B, Đ"


def test_judging_a_wave_anew_keeps_the_old_version(hailong: Callable[..., Ran], record: Record) -> None:
    survey = Surveyed(record)
    unit = survey.unit()
    survey.frame(unit, 5000)
    survey.answer(unit, 200, 0)
    one_sentence(hailong("waves", "judge-anew", "W-1"), code=2, words="has no final results yet")
    hailong("waves", "close", "W-1")
    survey.delete_one(unit)
    one_sentence(hailong("waves", "judge-anew", "W-1"), code=2, words="Fewer than 10 answers")
    for _ in range(9):
        survey.delete_one(unit)
    ran = hailong("waves", "judge-anew", "W-1")
    assert (ran.code, "2 result sets were made" in ran.out) == (0, True)
    read = ("results", "estimate", "W-1", "--channel", "drawn", "--json")
    newest, first = (json.loads(hailong(*read, *more).out)["meta"] for more in ((), ("--version", "1")))
    assert [(m["version"], m["rows"]) for m in (newest, first)] == [(2, 190), (1, 200)]
    assert [v["version"] for v in first["versions"]] == [2, 1]
    one_sentence(hailong(*read, "--version", "9"), code=2, words="no version 9")


def test_unknown_and_unopened_waves_are_refused_in_one_sentence(hailong: Callable[..., Ran], record: Record) -> None:
    one_sentence(hailong("waves", "close", "KHONG"), code=2, words="There is no wave KHONG")
    record.wave(status=WaveStatus.PLANNED, code="W-9")
    ran = hailong("waves", "close", "W-9")
    assert ran.code == 2
    assert ran.err.count("\n") == 1


def test_workbook_is_written_where_it_was_asked_for(
    hailong: Callable[..., Ran], record: Record, tmp_path: Path
) -> None:
    survey = Surveyed(record)
    survey.answer(survey.unit(), 30, 5)
    out = tmp_path / "ket-qua.xlsx"
    assert hailong("results", "workbook", "W-1", "--out", str(out)).code == 0
    assert out.read_bytes().startswith(b"PK")
    one_sentence(
        hailong("results", "workbook", "W-1", "--out", str(tmp_path / "không" / "có.xlsx")), code=1, words="không"
    )
    one_sentence(hailong("results", "estimate", "W-1", "--channel", "x"), code=2, words="has no channel x")


def test_answers_are_written_for_spss_and_stata(hailong: Callable[..., Ran], record: Record, tmp_path: Path) -> None:
    survey = Surveyed(record)
    survey.answer(survey.unit(), 30, 5)
    survey.close()
    for kind, begins in (("sav", b"$FL2"), ("dta", b"<stata_dta>")):
        out = tmp_path / f"ket-qua.{kind}"
        assert hailong("results", kind, "W-1", "--out", str(out)).code == 0
        assert out.read_bytes().startswith(begins)
    with record.database.reading() as session:
        taken = session.scalars(select(AuditEvent).where(AuditEvent.action == "rows.take")).all()
    assert [(event.detail["file"], event.detail["rows"]) for event in taken] == [
        ("results_sav", 35), ("results_dta", 35),
    ]  # fmt: skip


def test_rows_are_written_with_their_read_me_and_leave_an_event(
    hailong: Callable[..., Ran], record: Record, tmp_path: Path
) -> None:
    survey = Surveyed(record)
    survey.answer(survey.unit(), 30, 5)
    survey.close()
    out = tmp_path / "rows.zip"
    assert hailong("results", "rows", "W-1", "--channel", "drawn", "--out", str(out)).code == 0
    assert list(unpacked(out)) == ["W-1-drawn.csv", "README.txt", "codebook.csv", "request.json"]
    with record.database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "rows.take")).one()
        assert (event.actor, event.subject) == ("command line", "wave W-1")
        assert event.detail == {
            "channel": "drawn", "file": "results_rows", "rows": 35,
            "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        }  # fmt: skip
    one_sentence(
        hailong("results", "rows", "W-1", "--channel", "qr", "--out", str(out)), code=2, words="too few answers"
    )
