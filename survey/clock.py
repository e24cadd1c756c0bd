"""Time as the survey sees it: UTC in the record, the day and half-day of Việt Nam in reports.

Time is an argument everywhere; only the faces, the jobs and the command line ask `now()`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "UTC+7")
QUARTER = 15 * 60


def now() -> datetime:
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    return moment.astimezone(VIETNAM)


def local_day(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()


def midnight(day: date) -> datetime:
    """The moment at which a day begins in Việt Nam."""
    return datetime.combine(day, time(), VIETNAM)


def half_day(moment: datetime) -> int:
    """0 before noon in Việt Nam, 1 from noon on."""
    return int(moment.astimezone(VIETNAM).hour >= 12)


def quarter_hour(moment: datetime) -> int:
    """Quarters of an hour since 1970, the finest moment that counters keep."""
    return int(moment.timestamp()) // QUARTER
