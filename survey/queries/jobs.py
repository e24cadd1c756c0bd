"""Work in the background and the files it made: what waits, what is next, one job with its file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey.models.jobs import Artifact, Job, JobStatus


def one(session: Session, job_id: int) -> Job | None:
    return session.get(Job, job_id)


def artifact(session: Session, artifact_id: int | None) -> Artifact | None:
    """The file with this id; None when it expired, or for a job that has none."""
    return None if artifact_id is None else session.get(Artifact, artifact_id)


def unfinished(session: Session, kind: str, params: dict[str, Any], account_id: int | None) -> int | None:
    """The job for exactly this work that waits or runs for the same person."""
    found = session.execute(
        select(Job.id, Job.params).where(
            Job.kind == kind,
            Job.requested_by == account_id,
            Job.status.in_([JobStatus.QUEUED, JobStatus.RUNNING]),
        )
    )
    return next((row.id for row in found if row.params == params), None)


def next_in_line(session: Session, *, silent_since: datetime) -> int | None:
    """The oldest job that waits, or whose worker has said nothing since then."""
    lost = (Job.status == JobStatus.RUNNING) & (Job.beat_at < silent_since)
    return session.scalar(select(Job.id).where(or_(Job.status == JobStatus.QUEUED, lost)).order_by(Job.id).limit(1))
