"""Deletes what the record may not keep longer: answers, comments and records of staff actions past their retention,
counters after 90 days, files past expiry, answers of a trial after a week, recordings that no questionnaire names.

Each purge leaves a proof in the audit: what was removed, how many, under which limit; never what it said.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, update

from survey import clock
from survey.database import Database, changed
from survey.models.audit import AuditEvent
from survey.models.fieldwork.waves import Channel
from survey.models.intake.responses import EMPTIED, Comment, Response, SubmissionCount
from survey.permissions import system
from survey.queries.estimates import result_sets
from survey.queries.intake import retention
from survey.services import audit, jobs
from survey.services.province import settings
from survey.services.questionnaires import recordings, trials

COUNTER_DAYS = 90


def tidy(database: Database, files: Path, now: datetime) -> None:
    """Everything that is due. Safe to call as often as one likes."""
    jobs.expire_files(database, files, now)
    purge_counters(database, now)
    purge_answers(database, now)
    purge_audit(database, now)
    trials.purge(database, now)
    recordings.forget_orphans(database, now)


def patterns_are_missing(database: Database) -> bool:
    """Whether final results are there whose hidden cells were not chosen once and for all."""
    with database.reading() as session:
        return bool(result_sets.without_pattern(session))


def purge_counters(database: Database, now: datetime) -> int:
    before = clock.quarter_hour(now - timedelta(days=COUNTER_DAYS))
    with database.writing() as session:
        return changed(session, delete(SubmissionCount).where(SubmissionCount.quarter < before))


def purge_answers(database: Database, now: datetime) -> tuple[int, int]:
    """Empty responses and delete comments older than the province's limits; the digests of the keys stay."""
    today = clock.local_day(now)
    with database.writing() as session:
        limits = settings.read(session)
        oldest = _months_before(today, limits.retention_answers_months)
        old_comments = _months_before(today, limits.retention_comments_months)
        removed = changed(session, delete(Comment).where(Comment.key_digest.in_(retention.keys_before(old_comments))))
        rows = retention.number_before(session, oldest)
        if rows:
            session.execute(delete(Comment).where(Comment.key_digest.in_(retention.keys_before(oldest))))
            session.execute(
                update(Channel)
                .where(Channel.id.in_(retention.channels_before(oldest)))
                .values(removals=Channel.removals + 1)
            )
            session.execute(update(Response).where(Response.day < oldest).values(EMPTIED))
        if rows or removed:
            audit.record(
                session, system("retention"), "retention.purge", f"answers before {oldest:%Y-%m-%d}", now,
                responses=rows, comments=removed, comments_before=str(old_comments),
            )  # fmt: skip
        return rows, removed


def purge_audit(database: Database, now: datetime) -> int:
    """Delete records of staff actions older than the province keeps them; the number of them stays as a record."""
    with database.writing() as session:
        oldest = _months_before(clock.local_day(now), settings.read(session).audit_months)
        removed = changed(session, delete(AuditEvent).where(AuditEvent.at < clock.midnight(oldest)))
        if removed:
            audit.record(
                session, system("retention"), "audit.purge", f"actions before {oldest:%Y-%m-%d}", now, events=removed
            )
        return removed


def _months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last day of that month."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("no month is shorter than 28 days")
