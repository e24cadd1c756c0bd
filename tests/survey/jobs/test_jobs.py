"""Work done while nobody waits: claimed once, taken up again, failed in words, its files kept and expired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from survey import clock
from survey.config import Config
from survey.database import Database
from survey.errors import Conflict, Forbidden, NotFound
from survey.jobs import kinds, worker
from survey.models.jobs import Artifact, Job, JobStatus
from survey.models.people.accounts import Account, AccountStatus, Grant, Role
from survey.permissions import system
from survey.services import jobs
from survey.services.jobs import BEAT_LOST, FILES_LIVE, Claimed, MadeFile, Progress
from tests.factories.record import Record
from tests.factories.results import Surveyed
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]


@pytest.fixture
def survey(record: Record) -> Surveyed:
    return Surveyed(record)


def asked(database: Database, now: datetime, kind: str = "results_workbook", **params: object) -> int:
    return jobs.enqueue(database, kind, dict(params), actor=system(), now=now)


def writes(text: str) -> worker.Work:
    def work(_database: Database, _config: Config, job: Claimed, folder: Path, progress: Progress) -> MadeFile:
        progress(1, 2)
        (folder / "file").write_text(text)
        return MadeFile(folder / "file", "kết quả.txt", "text/plain")

    return work


def test_same_work_that_still_waits_is_not_asked_for_twice(database: Database, now: datetime) -> None:
    first = asked(database, now, wave="A")
    assert asked(database, now, wave="A") == first
    assert asked(database, now, wave="B") != first
    jobs.finish(database, first, now)
    assert asked(database, now, wave="A") != first


def test_oldest_waiting_job_is_claimed_by_one_worker(database: Database, now: datetime) -> None:
    first, second = asked(database, now, wave="A"), asked(database, now, wave="B")
    taken = [jobs.claim(database, now) for _ in range(3)]
    assert [c.id if c else None for c in taken] == [first, second, None]


def test_job_whose_worker_fell_silent_is_taken_up_once_more_and_then_given_up(
    database: Database, now: datetime
) -> None:
    job = asked(database, now)
    assert jobs.claim(database, now) is not None
    assert jobs.claim(database, now + BEAT_LOST) is None  # not silent for long enough
    late = now + BEAT_LOST + timedelta(seconds=1)
    again = jobs.claim(database, late)
    assert again is not None
    assert again.id == job
    assert jobs.claim(database, late + BEAT_LOST + timedelta(seconds=1)) is None
    state = jobs.state(database, job, actor=system())
    assert state.status is JobStatus.FAILED
    assert "broken off twice" in state.message


def test_worker_that_reports_keeps_its_job(database: Database, now: datetime) -> None:
    job = asked(database, now)
    jobs.claim(database, now)
    jobs.report(database, job, 3, 10, now + timedelta(seconds=50))
    assert jobs.claim(database, now + timedelta(seconds=100)) is None
    state = jobs.state(database, job, actor=system())
    assert (state.done, state.total) == (3, 10)


def test_done_job_has_a_file_with_hash_and_expiry(database: Database, config: Config, now: datetime) -> None:
    job = asked(database, now, kind="text")
    assert worker.do_one(config, database, {"text": writes("xin chào")})
    at = clock.now()
    kept = jobs.file_of(database, jobs.files(config.instance), job, actor=system(), now=at)
    assert kept.path.read_text() == "xin chào"
    assert (kept.name, kept.size) == ("kết quả.txt", 9)
    assert len(kept.sha256) == 64
    assert kept.expires_at is not None
    assert timedelta(days=6, hours=23) < kept.expires_at - at <= FILES_LIVE
    assert not worker.do_one(config, database, {})
    assert not list(config.instance.glob("job-*"))


def test_failure_a_person_can_mend_is_kept_in_words_and_others_are_not(
    database: Database, config: Config, now: datetime
) -> None:
    def fails(error: Exception) -> worker.Work:
        def work(*_arguments: object) -> None:
            raise error

        return work

    mended, ours, unknown = (
        asked(database, now, kind="a"),
        asked(database, now, kind="b"),
        asked(database, now, kind="c"),
    )
    kinds_of = {"a": fails(Conflict("The wave is not closed.")), "b": fails(ValueError("/secret/path"))}
    for _ in range(3):
        worker.do_one(config, database, kinds_of)
    said = [jobs.state(database, job, actor=system()).message for job in (mended, ours, unknown)]
    assert said == [
        "The wave is not closed.", "Something went wrong on our side.", "This version knows no work called c.",
    ]  # fmt: skip


def test_files_past_their_expiry_are_deleted(database: Database, config: Config, now: datetime) -> None:
    job = asked(database, now, kind="text")
    worker.do_one(config, database, {"text": writes("x")})
    folder = jobs.files(config.instance)
    assert jobs.expire_files(database, folder, clock.now()) == 0
    late = clock.now() + FILES_LIVE
    with pytest.raises(NotFound, match="expired"):
        jobs.file_of(database, folder, job, actor=system(), now=late)
    assert jobs.expire_files(database, folder, late) == 1
    assert not list(folder.iterdir())
    assert jobs.state(database, job, actor=system()).artifact_id is None


def test_only_who_asked_gets_the_file(survey: Surveyed, config: Config) -> None:
    database, now = survey.record.database, survey.record.now
    mine, other = survey.analyst(), survey.analyst()
    job = jobs.enqueue(database, "text", {}, actor=mine, now=now)
    worker.do_one(config, database, {"text": writes("x")})
    assert jobs.state(database, job, actor=mine).status is JobStatus.DONE
    with pytest.raises(NotFound):
        jobs.state(database, job, actor=other)
    with pytest.raises(NotFound):
        jobs.file_of(database, jobs.files(config.instance), job, actor=other, now=clock.now())


# --- results as jobs ------------------------------------------------------------------------------------------------


def test_rights_withdrawn_while_a_file_waits_count(survey: Surveyed, config: Config) -> None:
    database = survey.record.database
    survey.answer(survey.unit(), 30, 5)
    who = survey.analyst(row_data=True)
    with database.writing() as session:
        session.execute(update(Grant).where(Grant.account_id == who.account_id).values(row_data=True))
    params = {"wave": "W-1", "channel": "drawn", "language": "vi"}
    job = jobs.enqueue(database, "results_rows", params, actor=who, now=survey.record.now)
    with database.writing() as session:
        session.execute(update(Grant).where(Grant.account_id == who.account_id).values(row_data=False))
    worker.do_one(config, database, kinds.KINDS)
    state = jobs.state(database, job, actor=who)
    assert state.status is JobStatus.FAILED
    assert "a right of their own" in state.message


@pytest.mark.parametrize("kind", ["results_workbook", "placards"])
def test_job_of_an_account_that_was_disabled_meanwhile_fails_in_words(
    survey: Surveyed, config: Config, kind: str
) -> None:
    database = survey.record.database
    survey.answer(survey.unit(), 30, 5)
    who = survey.analyst()
    params = {"wave": "W-1", "channel": "drawn", "language": "vi", "paper": "A4", "points": []}
    job = jobs.enqueue(database, kind, params, actor=who, now=survey.record.now)
    with database.writing() as session:
        session.execute(update(Account).where(Account.id == who.account_id).values(status=AccountStatus.DISABLED))
    assert worker.do_one(config, database, kinds.KINDS)
    state = jobs.state(database, job, actor=system())
    assert state.status is JobStatus.FAILED
    assert state.message == "The account that asked for this is disabled, so nothing was made."
    assert state.artifact_id is None


def test_rows_are_not_given_out_after_the_right_is_gone(survey: Surveyed, config: Config) -> None:
    database = survey.record.database
    survey.answer(survey.unit(), 30, 5)
    survey.close()
    who = survey.analyst(row_data=True)
    with database.writing() as session:
        session.execute(update(Grant).where(Grant.account_id == who.account_id).values(row_data=True))
    params = {"wave": "W-1", "channel": "drawn", "language": "vi"}
    job = jobs.enqueue(database, "results_rows", params, actor=who, now=survey.record.now)
    assert worker.do_one(config, database, kinds.KINDS)
    folder = jobs.files(config.instance)
    assert jobs.file_of(database, folder, job, actor=who, now=clock.now()).size > 100
    without = replace(who, grants=tuple(replace(g, row_data=False) for g in who.grants))
    with pytest.raises(Forbidden):
        jobs.file_of(database, folder, job, actor=without, now=clock.now())


def test_closing_on_screen_makes_the_verdicts_appear(survey: Surveyed, config: Config, sign_in: SignIn) -> None:
    """The officer presses the button, the worker does the work, the analyst reads the verdict."""
    unit = survey.unit()
    survey.frame(unit, 5000)
    survey.answer(unit, 200, 0)
    record, domains = survey.record, ("admin",)
    officer = sign_in(record.account((Role.FIELD_OFFICER, survey.province, domains)))
    analyst = sign_in(record.account((Role.ANALYST, survey.province, domains)))
    address = "/quan-tri/ket-qua/W-1?kenh=drawn"
    assert "Chưa kết luận" in analyst.get(address).text
    page = officer.get("/quan-tri/dot-khao-sat/W-1/dong")
    page.form("dong", sure="on").send()
    waiting = analyst.get(address).text
    assert "Chưa kết luận" in waiting
    assert worker.do_one(config, record.database, kinds.KINDS)
    done = analyst.get(address).text
    assert "chính thức của đợt" in done
    assert "Đạt, độ tin cậy 95 %: p < 0,001, cận dưới" in done


def test_judging_anew_on_screen_makes_a_new_version(survey: Surveyed, config: Config, sign_in: SignIn) -> None:
    """For who asked, with the rights they have when it is done."""
    unit = survey.unit()
    survey.frame(unit, 5000)
    survey.answer(unit, 200, 0)
    survey.close()
    account = survey.record.account((Role.ANALYST, survey.province, ("admin",)))
    analyst, address = sign_in(account), "/quan-tri/ket-qua/W-1?kenh=drawn"
    for _ in range(2):  # pressed twice, done once
        analyst.get(address).form("ket-luan-lai").send()
    assert worker.do_one(config, survey.record.database, kinds.KINDS)
    assert not worker.do_one(config, survey.record.database, kinds.KINDS)
    assert [v.number for v in survey.view().versions] == [2, 1]
    analyst.get(address).form("ket-luan-lai").send()
    with survey.record.database.writing() as session:
        session.execute(delete(Grant).where(Grant.account_id == account.id))
    assert worker.do_one(config, survey.record.database, kinds.KINDS)
    assert [v.number for v in survey.view().versions] == [2, 1]


def test_workbook_is_asked_for_made_and_downloaded(survey: Surveyed, config: Config, sign_in: SignIn) -> None:
    survey.answer(survey.unit(), 30, 5)
    browser = sign_in(survey.record.account((Role.ANALYST, survey.province, ("admin",))))
    form = browser.get("/quan-tri/ket-qua/W-1?kenh=drawn").form("/tep")
    form.fields["tep"] = "workbook"
    page = form.send()
    assert "Đang" in page.h1 or "đang" in page.h1
    assert worker.do_one(config, survey.record.database, kinds.KINDS)
    ready = browser.get(page.path)
    file = browser.get(f"{page.path}/tep")
    assert file.response.data.startswith(b"PK")
    assert "W-1-drawn.xlsx" in ready.text
    with survey.record.database.reading() as session:
        artifact = session.scalars(select(Artifact)).one()
        assert session.scalars(select(Job)).one().status is JobStatus.DONE
    assert artifact.sha256 in ready.text
