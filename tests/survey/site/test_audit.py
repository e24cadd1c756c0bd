"""The record of actions: what stands there, the filter, the file, and words for every action of the program."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from survey.config import ROOT
from survey.database import Database
from survey.models.people.accounts import Account, Role
from survey.permissions import Actor
from survey.services import audit
from survey.words.audit import ACTIONS, NOUNS
from tests.factories.people import EVERYTHING, Person, person
from tests.factories.record import Record
from tests.queries import counted
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]


@pytest.fixture
def chief(record: Record) -> Person:
    return person(record, (Role.ADMINISTRATOR, record.unit(), EVERYTHING))


def note(database: Database, actor: str, action: str, subject: str, at: datetime, **detail: object) -> None:
    with database.writing() as session:
        audit.record(session, Actor(None, actor, actor, ()), action, subject, at, **detail)


def test_events_are_shown_newest_first_in_words(
    sign_in: SignIn, chief: Person, database: Database, now: datetime
) -> None:
    note(database, "lan", "setting.change", "setting hotline", now - timedelta(days=1), before="", after="1022")
    note(database, "minh", "unit.change", "unit 20242 Phường Hải Châu", now, name={"before": "Cũ", "after": "Mới"})
    rows = sign_in(chief.account).get("/quan-tri/nhat-ky").rows()[1:]
    assert rows[0] == ["09:30 20/11/2026", "minh", "sửa đơn vị đơn vị 20242 Phường Hải Châu", "Tên: Cũ → Mới"]
    assert rows[1][2:] == ["sửa thiết lập thiết lập hotline", "– → 1022"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=lan", ["lan"]),
        ("q=hải châu", ["minh"]),
        ("action=unit.change", ["minh"]),
        ("from=20/11/2026", ["minh"]),
        ("to=19/11/2026", ["lan"]),
        ("from=19/11/2026&to=19/11/2026", ["lan"]),
        ("q=%25", []),
        ("action=nonsense", ["minh", "lan"]),
        ("from=nonsense", ["minh", "lan"]),
    ],
)
def test_filter_narrows_by_person_thing_action_and_day_of_viet_nam(
    sign_in: SignIn, chief: Person, database: Database, now: datetime, query: str, expected: list[str]
) -> None:
    midnight = datetime(2026, 11, 19, 17, 0, tzinfo=now.tzinfo)  # 00:00 on the 20th in Việt Nam
    note(database, "lan", "setting.change", "setting hotline", midnight - timedelta(seconds=1))
    note(database, "minh", "unit.change", "unit 20242 Phường Hải Châu", midnight)
    browser = sign_in(chief.account)
    page = browser.get(f"/quan-tri/nhat-ky?{query}")
    assert [row[1] for row in page.rows()[1:]] == expected
    lines = list(csv.reader(io.StringIO(browser.browser.get(f"/quan-tri/nhat-ky.csv?{query}").get_data(as_text=True))))
    assert [line[1] for line in lines[1:]] == expected


def test_file_begins_no_formula_and_is_not_kept(
    sign_in: SignIn, chief: Person, database: Database, now: datetime
) -> None:
    note(database, "=cmd|' /C calc'!A0", "unit.change", "+1", now, x="=1")
    response = sign_in(chief.account).browser.get("/quan-tri/nhat-ky.csv")
    line = list(csv.reader(io.StringIO(response.get_data(as_text=True))))[1]
    assert all(cell[0] not in "=+-@" for cell in line if cell)
    assert response.headers["Cache-Control"] == "no-store"
    assert "attachment" in response.headers["Content-Disposition"]


def test_way_of_writing_csv_is_chosen_at_the_button_and_remembered(
    sign_in: SignIn, chief: Person, database: Database, now: datetime
) -> None:
    note(database, "lan", "unit.change", "unit 1", now)
    browser = sign_in(chief.account)
    assert browser.browser.get("/quan-tri/nhat-ky.csv").get_data(as_text=True).startswith("\ufefftime,person,")
    form = browser.get("/quan-tri/nhat-ky").form("tai-khoan-cua-toi/csv", csv="semicolon")
    taken = form.send().response.get_data(as_text=True)
    assert taken.startswith("\ufefftime;person;")
    assert ";lan;unit.change;unit 1;" in taken
    assert taken.splitlines()[-1].startswith("2026-11-20 09:30:00;")
    again = browser.get("/quan-tri/nhat-ky").form("tai-khoan-cua-toi/csv")
    assert again.fields["csv"] == "semicolon"
    assert browser.browser.get("/quan-tri/don-vi/xuat.csv").get_data(as_text=True).startswith("\ufeffcode;name;")


def test_long_record_is_paged_with_a_fixed_number_of_questions(
    sign_in: SignIn, chief: Person, database: Database, now: datetime
) -> None:
    browser = sign_in(chief.account)
    note(database, "lan", "unit.change", "unit 1", now)
    browser.get("/quan-tri/nhat-ky")
    with counted(database) as few:
        browser.get("/quan-tri/nhat-ky")
    for n in range(60):
        note(database, "lan", "unit.change", f"unit {n}", now - timedelta(minutes=n))
    with counted(database) as many:
        page = browser.get("/quan-tri/nhat-ky?q=unit")
    assert many.number == few.number
    assert len(page.rows()) == 51
    assert len(page.follow("Trang sau").rows()) == 12


ACTION = re.compile(r"[a-z]+\.[a-z_]+")


def texts_of_the_services() -> Iterator[ast.Constant]:
    """Every text that stands in the services, but for the table of words itself."""
    for path in (ROOT / "survey" / "services").rglob("*.py"):
        if path.name != "audit.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node


def subjects_of_the_services() -> Iterator[str]:
    """The first word of each subject given to `audit.record`."""
    for path in (ROOT / "survey" / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                subject = node.args[3]
                first = subject.values[0] if isinstance(subject, ast.JoinedStr) else subject
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value.split(" ")[0]


def test_every_action_the_program_records_has_words() -> None:
    nouns = {action.split(".")[0] for action in ACTIONS}
    written = {t.value for t in texts_of_the_services() if ACTION.fullmatch(t.value)}
    actions = {text for text in written if text.split(".")[0] in nouns}
    assert actions == set(ACTIONS)


def test_every_subject_has_a_word() -> None:
    nouns = set(subjects_of_the_services())
    assert len(nouns) >= 5
    assert nouns <= set(NOUNS), nouns - set(NOUNS)
