"""`hailong codes` and `hailong placards`: the same services as the screens, from a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import func, select

from survey.cli import main
from survey.database import Database
from survey.models.fieldwork.points import OneTimeCode
from tests.factories.fieldwork import Place

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def hailong(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("PUBLIC_URL", "https://ks.mau.gov.vn")

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return run


def issued(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(OneTimeCode)) or 0


def test_codes_are_issued_into_a_list_once(hailong: Run, place: Place, database: Database, tmp_path: Path) -> None:
    point = place.record.point(place.drawn, unit=place.ward)
    out = tmp_path / "ma.csv"
    order = ("codes", "issue", "HC-2026-2", "--unit", place.ward.code, "--count", 30, "--expires", "2099-12-31")
    code, said = hailong(*order, "--out", out)
    assert code == 0, said
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert len({row["code"] for row in rows}) == 30 == issued(database)
    assert {(row["unit"], row["point"], row["expires_on"]) for row in rows} == {
        (place.ward.code, str(point.id), "2099-12-31")
    }
    assert all(row["address"] == f"https://ks.mau.gov.vn/{row['code']}" for row in rows)
    code, said = hailong(*order, "--out", out)
    assert (code, issued(database)) == (1, 30), "a file that may hold the only copy of codes stays"
    assert "File exists" in said


def test_slips_carry_the_last_day_and_the_address(hailong: Run, place: Place, tmp_path: Path) -> None:
    point = place.record.point(place.drawn, unit=place.ward)
    out = tmp_path / "phieu.pdf"
    code, said = hailong(
        "codes", "issue", "HC-2026-2", "--point", point.id, "--count", 3, "--expires", "2099-12-31", "--out", out
    )
    assert code == 0, said
    text = "".join(page.extract_text() for page in pypdf.PdfReader(out).pages)
    assert "31/12/2099" in text
    assert "ks.mau.gov.vn" in text.lower().replace("\u200b", "")  # where a long address may break


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--unit", "20242", "--out", "ma.txt"), "ends in .csv or .pdf"),
        (("--out", "ma.csv"), "either the unit"),
        (("--unit", "20200", "--out", "ma.csv"), "no such point"),
        (("--unit", "20242", "--point", "1", "--out", "ma.csv"), "either the unit"),
    ],
)
def test_a_wrong_order_issues_nothing_and_leaves_no_file(
    hailong: Run, place: Place, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    more: tuple[str, ...], words: str,
) -> None:  # fmt: skip
    place.record.point(place.drawn, unit=place.ward)
    monkeypatch.chdir(tmp_path)
    code, said = hailong("codes", "issue", "HC-2026-2", "--count", 3, "--expires", "2099-12-31", *more)
    assert code == 2
    assert said.startswith("hailong: ")
    assert words in said
    assert issued(database) == 0
    assert not list(tmp_path.glob("ma.*"))


def test_two_points_of_a_unit_are_named(hailong: Run, place: Place, tmp_path: Path) -> None:
    ids = [place.record.point(place.drawn, unit=place.ward, name=f"Quầy {n}").id for n in (1, 2)]
    code, said = hailong(
        "codes", "issue", "HC-2026-2", "--unit", place.ward.code, "--count", 3, "--expires", "2099-12-31",
        "--out", tmp_path / "ma.csv",
    )  # fmt: skip
    assert code == 2
    assert all(f"{i} (Quầy" in said for i in ids)


def test_placards_of_a_wave_are_written(hailong: Run, place: Place, tmp_path: Path) -> None:
    codes = [place.record.entry_code(place.record.point(place.qr, unit=place.ward)).code for _ in range(2)]
    out = tmp_path / "to.pdf"
    assert hailong("placards", "HC-2026-2", "--out", out)[0] == 0
    text = "".join(page.extract_text() for page in pypdf.PdfReader(out).pages)
    assert all(code in text for code in codes)


def test_a_wave_without_codes_has_no_placards(hailong: Run, place: Place, tmp_path: Path) -> None:
    code, said = hailong("placards", "HC-2026-2", "--out", tmp_path / "to.pdf")
    assert code == 2
    assert "no point with a code" in said
    assert not (tmp_path / "to.pdf").exists()
