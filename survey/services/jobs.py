"""Background jobs: a row says what is wanted, how far it is, and which file came of it.

A job is claimed by one worker, which reports its progress; a worker that stops reporting (killed, out of memory) loses
the job to the next one. Every kind of job must be safe to do twice.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey import clock
from survey.database import Database
from survey.errors import Forbidden, NotFound, SurveyError
from survey.models.jobs import Artifact, Job, JobStatus
from survey.permissions import Actor
from survey.queries import jobs as queries

BEAT_LOST = timedelta(seconds=60)
MOST_ATTEMPTS = 2
FILES_LIVE = timedelta(days=7)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Claimed:
    id: int
    kind: str
    params: dict[str, Any]
    requested_by: int | None


@dataclass(frozen=True)
class JobState:
    """What the page that says how far it is shows."""

    id: int
    kind: str
    params: dict[str, Any]
    status: JobStatus
    done: int
    total: int
    message: str
    artifact_id: int | None


@dataclass(frozen=True)
class MadeFile:
    """A file a job has written, to be kept under its hash."""

    path: Path
    name: str
    media_type: str
    row_data: bool = False
    rows: int = 0  # of answers, where there is a row per response


def enqueue(
    database: Database, kind: str, params: dict[str, Any], *, actor: Actor, now: datetime, once: bool = True
) -> int:
    """Ask for work. With `once`, the same work that still waits or runs for the same person is not asked for twice."""
    with database.writing() as session:
        return ask(session, kind, params, actor=actor, now=now, once=once)


def ask(session: Session, kind: str, params: dict[str, Any], *, actor: Actor, now: datetime, once: bool = True) -> int:
    """As `enqueue`, inside another use case's transaction: the job exists if and only if that is committed."""
    if once and (again := queries.unfinished(session, kind, params, actor.account_id)) is not None:
        return again
    job = Job(kind=kind, params=params, status=JobStatus.QUEUED, requested_by=actor.account_id, created_at=now)
    session.add(job)
    session.flush()
    return job.id


def claim(database: Database, now: datetime) -> Claimed | None:
    """Take the oldest waiting job, or one whose worker fell silent."""
    with database.reading() as session:
        wanted = queries.next_in_line(session, silent_since=now - BEAT_LOST)
    if wanted is None:
        return None
    with database.writing() as session:
        job = session.get(Job, wanted, with_for_update=True)
        if job is None or not _may_take(job, now):
            return None
        if job.attempts >= MOST_ATTEMPTS:
            job.status = JobStatus.FAILED
            job.finished_at = now
            job.message = "The work was broken off twice, perhaps for want of memory."
            return None
        job.status, job.attempts = JobStatus.RUNNING, job.attempts + 1
        job.started_at = job.beat_at = now
        return Claimed(job.id, job.kind, dict(job.params), job.requested_by)


def report(database: Database, job_id: int, done: int, total: int, now: datetime) -> None:
    with database.writing() as session:
        session.execute(update(Job).where(Job.id == job_id).values(done=done, total=total, beat_at=now))


def finish(
    database: Database, job_id: int, now: datetime, artifact_id: int | None = None, made: MadeFile | None = None
) -> None:
    """Mark a job as done. Of a file with a row per response its parameters then say how many there are."""
    with database.writing() as session:
        values: dict[str, Any] = {"status": JobStatus.DONE, "finished_at": now, "artifact_id": artifact_id}
        if made is not None and made.row_data and (job := queries.one(session, job_id)) is not None:
            values["params"] = {**job.params, "rows": made.rows}
        session.execute(update(Job).where(Job.id == job_id).values(**values, done=Job.total))


def fail(database: Database, job_id: int, error: Exception, now: datetime) -> None:
    """Mark a job as failed. An error that a person can put right is kept in words, any other only as a failure."""
    message = str(error) if isinstance(error, SurveyError) else "Something went wrong on our side."
    with database.writing() as session:
        session.execute(
            update(Job).where(Job.id == job_id).values(status=JobStatus.FAILED, finished_at=now, message=message[:500])
        )


def state(database: Database, job_id: int, *, actor: Actor) -> JobState:
    """Only who asked for it may see it."""
    with database.reading() as session:
        job = queries.one(session, job_id)
        if job is None or (not actor.is_system and job.requested_by != actor.account_id):
            raise NotFound("There is no such job, or it belongs to somebody else.")
        return JobState(
            job.id, job.kind, dict(job.params), job.status, job.done, job.total, job.message, job.artifact_id
        )


def files(instance: Path) -> Path:
    """The folder of finished files."""
    return instance / "files"


def keep_file(database: Database, folder: Path, made: MadeFile, *, now: datetime) -> int:
    """Move a finished file into the instance's files under a random name, with its hash and expiry."""
    folder.mkdir(parents=True, exist_ok=True)
    stored_as = secrets.token_hex(16)
    digest = hashlib.sha256()
    with made.path.open("rb") as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    size = made.path.stat().st_size
    made.path.replace(folder / stored_as)
    with database.writing() as session:
        artifact = Artifact(
            name=made.name, media_type=made.media_type, sha256=digest.hexdigest(), size=size, stored_as=stored_as,
            row_data=made.row_data, made_at=now, expires_at=now + FILES_LIVE,
        )  # fmt: skip
        session.add(artifact)
        session.flush()
        return artifact.id


@dataclass(frozen=True)
class KeptFile:
    path: Path
    name: str
    media_type: str
    sha256: str
    size: int
    expires_at: datetime | None
    row_data: bool = False

    @property
    def digest_base64(self) -> str:
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()


def file_of(database: Database, folder: Path, job_id: int, *, actor: Actor, now: datetime) -> KeptFile:
    """The file of a finished job, for who asked for it, until it expires."""
    with database.reading() as session:
        job = queries.one(session, job_id)
        if job is None or (not actor.is_system and job.requested_by != actor.account_id):
            raise NotFound("There is no such file, or it belongs to somebody else.")
        artifact = queries.artifact(session, job.artifact_id)
        if artifact is None:
            raise NotFound("The file is not ready yet.")
        if artifact.expires_at is not None and artifact.expires_at <= now:
            raise NotFound("The file has expired and was deleted; please ask for it again.")
        if artifact.row_data and not any(g.row_data for g in actor.grants) and not actor.is_system:
            raise Forbidden("The right to files with a row per response has been withdrawn.")
        return KeptFile(
            folder / artifact.stored_as, artifact.name, artifact.media_type, artifact.sha256, artifact.size,
            artifact.expires_at, artifact.row_data,
        )  # fmt: skip


def expire_files(database: Database, folder: Path, now: datetime) -> int:
    """Delete files past their expiry. Returns how many."""
    with database.writing() as session:
        gone = session.scalars(
            select(Artifact).where(Artifact.expires_at.is_not(None), Artifact.expires_at <= now)
        ).all()
        for artifact in gone:
            (folder / artifact.stored_as).unlink(missing_ok=True)
            session.execute(update(Job).where(Job.artifact_id == artifact.id).values(artifact_id=None))
            session.delete(artifact)
        return len(gone)


def _may_take(job: Job, now: datetime) -> bool:
    if job.status is JobStatus.QUEUED:
        return True
    return job.status is JobStatus.RUNNING and job.beat_at is not None and job.beat_at < now - BEAT_LOST


def reporter(database: Database, job_id: int, *, every: timedelta = timedelta(seconds=1)) -> Progress:
    """A function for long work to say how far it is; it writes at most once a second."""
    last = [clock.now() - every]

    def say(done: int, total: int) -> None:
        now = clock.now()
        if now - last[0] >= every or done == total:
            last[0] = now
            report(database, job_id, done, total, now)

    return say
