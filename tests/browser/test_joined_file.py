"""Answers to two versions of one questionnaire, taken as one file of SPSS by screens only, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pyreadstat
import pytest
from flask import Flask
from playwright.sync_api import Browser

from survey.database import Database
from survey.jobs.kinds import KINDS
from survey.jobs.worker import do_one
from survey.services.people import signin
from survey.web.application import runtime_of
from survey.web.staff_session import COOKIE
from tests.browser import acts
from tests.conftest import NOW
from tests.factories.record import Record
from tests.survey.services.files.test_several_waves import NAMES, Two, with_rows

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]


@pytest.mark.parametrize("width", [390, 1280])
def test_two_versions_come_home_as_one_file_with_every_column(
    browser: Browser, served: str, staff_app: Flask, record: Record, database: Database, tmp_path: Path, width: int
) -> None:
    analyst = with_rows(Two(record))
    with database.writing() as session:
        token = signin.open_session(session, analyst.id, now=NOW).token
    context = browser.new_context(base_url=served, viewport={"width": width, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": "t." + token, "domain": "127.0.0.1", "path": "/quan-tri"}])
    page = context.new_page()
    page.goto("/quan-tri/ket-qua")
    acts.follow(page.get_by_role("link", name="Nhiều đợt trong một tệp"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    acts.follow(page.get_by_role("button", name="SPSS (.sav)"))
    assert do_one(runtime_of(staff_app).config, database, KINDS)
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="phieu-mau-2-dot.sav").click()
    path = tmp_path / "file.sav"
    download.value.save_as(path)
    frame, _ = pyreadstat.read_sav(str(path))
    assert list(frame.columns) == NAMES
    assert frame.groupby("version")["q2_v2"].count().to_dict() == {1.0: 0, 2.0: 12}
    assert frame.groupby("version")["q2"].count().to_dict() == {1.0: 12, 2.0: 0}
    assert frame["q1"].tolist() == [5.0] * 12 + [3.0] * 12
