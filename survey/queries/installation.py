"""What the home page knows about the installation itself."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.models.jobs import Job, JobStatus
from survey.models.people.accounts import Account, AccountStatus
from survey.models.province.procedures import Field
from survey.models.province.targets import TargetPlan
from survey.models.province.units import Unit


@dataclass(frozen=True)
class Setup:
    """How many units, fields, plans and accounts an installation has."""

    units: int
    fields: int
    plans: int
    accounts: int


@dataclass(frozen=True)
class JobCounts:
    waiting: int
    running: int
    failed: int


def setup(session: Session) -> Setup:
    def count(table: type) -> int:
        return session.execute(select(func.count()).select_from(table)).scalar_one()

    active = select(func.count()).select_from(Account).where(Account.status == AccountStatus.ACTIVE)
    return Setup(count(Unit), count(Field), count(TargetPlan), session.execute(active).scalar_one())


def jobs(session: Session, account_id: int | None) -> JobCounts:
    """Work in the background: everybody's, or one person's."""
    statement = select(Job.status, func.count().label("number")).group_by(Job.status)
    if account_id is not None:
        statement = statement.where(Job.requested_by == account_id)
    found = {row.status: row.number for row in session.execute(statement)}
    return JobCounts(found.get(JobStatus.QUEUED, 0), found.get(JobStatus.RUNNING, 0), found.get(JobStatus.FAILED, 0))
