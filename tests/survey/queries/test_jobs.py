"""What waits in the background: the same work of the same person, the next in line, a silent worker's job."""

from __future__ import annotations

from datetime import datetime, timedelta

from survey.database import Database
from survey.models.jobs import Job, JobStatus
from survey.queries import jobs
from tests.factories.record import Record


def job(record: Record, status: JobStatus = JobStatus.QUEUED, **values: object) -> Job:
    return record.add(Job(**{"kind": "file", "params": {}, "status": status, "created_at": record.now} | values))


def test_unfinished_work_is_the_same_only_with_the_same_words(database: Database, record: Record):
    held = job(record, params={"wave": "A"}).id
    job(record, JobStatus.DONE, params={"wave": "B"})
    with database.reading() as session:
        assert jobs.unfinished(session, "file", {"wave": "A"}, None) == held
        assert jobs.unfinished(session, "file", {"wave": "B"}, None) is None
        assert jobs.unfinished(session, "other", {"wave": "A"}, None) is None
        assert jobs.unfinished(session, "file", {"wave": "A"}, record.account().id) is None


def test_a_silent_workers_job_comes_before_younger_ones(database: Database, record: Record, now: datetime):
    silent = job(record, JobStatus.RUNNING, beat_at=now - timedelta(minutes=5)).id
    waiting = job(record).id
    with database.reading() as session:
        assert jobs.next_in_line(session, silent_since=now - timedelta(minutes=1)) == silent
        assert jobs.next_in_line(session, silent_since=now - timedelta(minutes=9)) == waiting
        assert jobs.artifact(session, None) is None
