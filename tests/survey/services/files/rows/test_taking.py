"""Who asked for rows of answers, and who took them when, stands in the record of actions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from survey.config import Config
from survey.jobs.kinds import KINDS
from survey.jobs.worker import do_one
from survey.models.audit import AuditEvent
from survey.models.people.accounts import Account, Grant, Role
from tests.factories.record import Record
from tests.factories.results import Surveyed
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]


@pytest.fixture
def survey(record: Record) -> Surveyed:
    found = Surveyed(record)
    found.answer(found.unit(), 30, 5)
    found.close()
    return found


def analyst(survey: Surveyed, *, row_data: bool) -> Account:
    account = survey.record.account()
    survey.record.add(
        Grant(account_id=account.id, role=Role.ANALYST, unit_id=survey.province.id, domains=["admin"],
              row_data=row_data)
    )  # fmt: skip
    return account


def events(survey: Surveyed, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Actor, subject and detail of the events of an action."""
    with survey.record.database.reading() as session:
        found = session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)).all()
        return [(event.actor, event.subject, dict(event.detail)) for event in found]


def ask(browser: StaffClient, kind: str, survey: Surveyed, config: Config) -> str:
    """Ask for a file of the drawn channel and have it made; the address of its page."""
    form = browser.get("/quan-tri/ket-qua/W-1?kenh=drawn").form("/tep")
    form.fields["tep"] = kind
    page = form.send()
    assert do_one(config, survey.record.database, KINDS)
    return str(page.path)


@pytest.mark.parametrize(("kind", "job"), [("rows", "results_rows"), ("workbook", "results_workbook")])
def test_each_download_of_rows_leaves_an_event(
    survey: Surveyed, config: Config, sign_in: SignIn, kind: str, job: str
) -> None:
    account = analyst(survey, row_data=True)
    browser = sign_in(account)
    page = ask(browser, kind, survey, config)
    asked = (account.username, "wave W-1", {"channel": "drawn", "file": job})
    assert events(survey, "rows.ask") == [asked]
    assert events(survey, "rows.take") == []
    for times in (1, 2):
        file = browser.get(f"{page}/tep").response.data
        detail = {"channel": "drawn", "file": job, "rows": 35, "sha256": hashlib.sha256(file).hexdigest()}
        assert events(survey, "rows.take") == [(account.username, "wave W-1", detail)] * times
    assert events(survey, "rows.ask") == [asked]


def test_a_workbook_without_rows_leaves_none(survey: Surveyed, config: Config, sign_in: SignIn) -> None:
    browser = sign_in(analyst(survey, row_data=False))
    page = ask(browser, "workbook", survey, config)
    assert browser.get(f"{page}/tep").response.data.startswith(b"PK")
    assert events(survey, "rows.ask") == events(survey, "rows.take") == []


def test_the_record_of_actions_says_it_in_words(survey: Surveyed, config: Config, sign_in: SignIn) -> None:
    browser = sign_in(analyst(survey, row_data=True))
    page = ask(browser, "rows", survey, config)
    browser.get(f"{page}/tep")
    root = survey.province
    chief = survey.record.account((Role.ADMINISTRATOR, root, ("admin", "health", "education")))
    said = sign_in(chief).get("/quan-tri/nhat-ky").text
    assert "lấy tệp có từng phiếu trả lời" in said
    assert "yêu cầu tệp có từng phiếu trả lời" in said
