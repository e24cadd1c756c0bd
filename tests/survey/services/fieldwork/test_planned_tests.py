"""What the results of a wave are tested against is written down before it opens, and never after."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid
from survey.models.audit import AuditEvent
from survey.queries.fieldwork import waves as queries
from survey.services.estimates.wave_facts import facts
from survey.services.fieldwork import planned_tests, waves
from survey.services.fieldwork.planned_tests import Entered
from survey.services.fieldwork.waves import NewWave
from tests.factories.fieldwork import Place

CODE = "DOT-MOI"


@pytest.fixture
def planned(database: Database, place: Place, now: datetime) -> Place:
    days = {"opens_on": date(2026, 12, 1), "closes_on": date(2026, 12, 20)}
    entered = NewWave(code=CODE, title="Quý IV", instrument="one-stop-short", version=1, unit_code="48", **days)
    waves.plan_wave(database, entered, actor=place.officer(), now=now)
    waves.add_channel(database, CODE, code="qr", title="QR", selection=waves.Selection.OPT_IN, actor=place.officer(),
                      now=now)  # fmt: skip
    return place


def test_a_margin_is_recorded_with_its_day_and_may_change_until_the_wave_opens(
    database: Database, planned: Place, now: datetime
):
    officer = planned.officer()
    planned_tests.fix(database, CODE, Entered(Decimal("2")), actor=officer, now=now - timedelta(days=3))
    planned_tests.fix(database, CODE, Entered(Decimal("1.5")), actor=officer, now=now - timedelta(days=2))
    planned_tests.fix(database, CODE, Entered(Decimal("1.5")), actor=officer, now=now)  # pressed twice
    fixed = facts(database, CODE).fixed
    assert fixed is not None
    assert (fixed.margin, fixed.set_on) == (0.015, (now - timedelta(days=2)).date())
    with database.reading() as session:
        actions = list(session.scalars(select(AuditEvent.action).where(AuditEvent.action == "wave.tests")))
        seen = queries.one(session, officer, CODE)
    assert len(actions) == 2
    assert seen is not None
    assert seen.tests is not None
    assert seen.tests.margin == 0.015


def test_an_open_wave_keeps_its_margin_and_gets_none(database: Database, planned: Place, now: datetime):
    officer = planned.officer()
    planned_tests.fix(database, CODE, Entered(Decimal("2")), actor=officer, now=now)
    waves.open_wave(database, CODE, actor=officer, now=now)
    for code in (CODE, "HC-2026-2"):
        with pytest.raises(Conflict):
            planned_tests.fix(database, code, Entered(Decimal("5")), actor=officer, now=now)
    fixed = facts(database, CODE).fixed
    assert fixed is not None
    assert fixed.margin == 0.02
    assert facts(database, "HC-2026-2").fixed is None


def test_a_margin_outside_its_limits_or_by_a_stranger_is_refused(database: Database, planned: Place, now: datetime):
    for points in ("0.4", "20.5"):
        with pytest.raises(Invalid) as refused:
            planned_tests.fix(database, CODE, Entered(Decimal(points)), actor=planned.officer(), now=now)
        assert set(refused.value.problems) == {"margin"}
    with pytest.raises(Forbidden):
        planned_tests.fix(database, CODE, Entered(Decimal(2)), actor=planned.officer(planned.ward), now=now)
    assert facts(database, CODE).fixed is None
