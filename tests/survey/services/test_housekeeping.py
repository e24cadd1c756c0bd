"""What the record forgets, when, and the proof it keeps of having forgotten."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.intake.responses import Comment, CommentStatus, Disposition, Response, SubmissionCount
from survey.models.province.units import Unit
from survey.permissions import system
from survey.services import audit, housekeeping
from survey.services.housekeeping import COUNTER_DAYS, _months_before
from survey.services.province import settings
from tests.factories.record import Record
from tests.factories.results import SATISFIED, Surveyed

TODAY = date(2026, 11, 20)


@pytest.fixture
def survey(record: Record) -> Surveyed:
    return Surveyed(record)


def said(survey: Surveyed, unit: Unit, day: date, number: int = 1) -> None:
    """People who answered on a day and left a comment."""
    point = survey.record.point(survey.qr, unit=unit)
    survey.say(unit, SATISFIED, number, channel=survey.qr, point=point, day=day)
    with survey.record.database.writing() as session:
        for key in session.scalars(select(Response.key_digest).where(Response.day == day)):
            session.add(
                Comment(
                    key_digest=key, item="y_kien", wave_id=survey.wave.id, unit_id=unit.id, text="Chờ lâu.",
                    status=CommentStatus.NEW,
                )
            )  # fmt: skip


def left(database: Database) -> tuple[int, int, int]:
    """Responses with content, emptied ones, comments."""
    with database.reading() as session:
        full = session.scalar(select(func.count()).where(Response.answers.is_not(None)))
        empty = session.scalar(select(func.count()).where(Response.disposition == Disposition.DELETED))
        return full or 0, empty or 0, session.scalar(select(func.count()).select_from(Comment)) or 0


def test_answers_and_comments_stay_to_their_last_day_and_not_longer(survey: Surveyed) -> None:
    unit, database = survey.unit(), survey.record.database
    said(survey, unit, date(2024, 11, 19))  # a day more than 24 months
    said(survey, unit, date(2024, 11, 20))  # 24 months to the day
    said(survey, unit, date(2025, 11, 19))  # a day more than 12 months: the comment goes
    said(survey, unit, date(2025, 11, 20))
    assert housekeeping.purge_answers(database, survey.record.now) == (1, 3)
    assert left(database) == (3, 1, 1)


def test_emptied_answer_keeps_only_the_digest_of_its_key(survey: Surveyed) -> None:
    said(survey, survey.unit(), date(2020, 1, 1))
    housekeeping.purge_answers(survey.record.database, survey.record.now)
    with survey.record.database.reading() as session:
        row = session.scalars(select(Response)).one()
        held = {c.name for c in Response.__table__.columns if getattr(row, c.name) is not None}
    assert held == {"key_digest", "disposition", "late"}


def test_purge_leaves_a_proof_that_says_how_many_and_not_what(survey: Surveyed) -> None:
    said(survey, survey.unit(), date(2020, 1, 1), 4)
    housekeeping.purge_answers(survey.record.database, survey.record.now)
    assert housekeeping.purge_answers(survey.record.database, survey.record.now) == (0, 0)
    with survey.record.database.reading() as session:
        (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "retention.purge"))
        assert event.detail["responses"] == 4
        assert event.detail["comments"] == 4
        assert "Chờ lâu" not in str(event.detail)


def test_limits_of_the_province_are_what_counts(survey: Surveyed) -> None:
    database, now = survey.record.database, survey.record.now
    said(survey, survey.unit(), date(2026, 7, 1), 2)
    assert housekeeping.purge_answers(database, now) == (0, 0)
    settings.save(database, system(), {"retention_answers_months": 3, "retention_comments_months": 2}, now=now)
    assert housekeeping.purge_answers(database, now) == (2, 2)


def test_records_of_staff_actions_go_after_their_months_and_leave_their_number(survey: Surveyed) -> None:
    database, now = survey.record.database, survey.record.now
    with database.writing() as session:
        for days in (10, 300, 800, 900):
            audit.record(session, system(), "wave.open", f"wave {days}", now - timedelta(days=days))
    settings.save(database, system(), {"audit_months": 24}, now=now)
    assert housekeeping.purge_audit(database, now) == 2
    assert housekeeping.purge_audit(database, now) == 0
    with database.reading() as session:
        left = session.scalars(select(AuditEvent).order_by(AuditEvent.at, AuditEvent.id)).all()
        assert [event.subject for event in left][:2] == ["wave 300", "wave 10"]
        assert left[-1].action == "audit.purge"
        assert left[-1].detail["events"] == 2


def test_kept_results_notice_a_purge(survey: Surveyed) -> None:
    unit = survey.unit()
    said(survey, unit, date(2020, 1, 1), 12)
    said(survey, unit, TODAY - timedelta(days=1), 15)
    before = survey.view("qr")
    housekeeping.purge_answers(survey.record.database, survey.record.now)
    assert (before.responses, survey.view("qr").responses) == (27, 15)


def test_counters_go_after_ninety_days(survey: Surveyed) -> None:
    database, now = survey.record.database, survey.record.now
    point = survey.record.point(survey.qr, unit=survey.unit())
    for days in (COUNTER_DAYS - 1, COUNTER_DAYS + 1):
        quarter = int((now - timedelta(days=days)).timestamp()) // 900
        survey.record.add(SubmissionCount(point_id=point.id, quarter=quarter, accepted=3))
    assert housekeeping.purge_counters(database, now) == 1
    assert housekeeping.purge_counters(database, now) == 0


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 240))
def test_so_many_months_before_is_a_real_day_of_that_month(day: date, months: int) -> None:
    before = _months_before(day, months)
    assert (day.year - before.year) * 12 + day.month - before.month == months
    assert before.day == day.day or before.day >= 28
