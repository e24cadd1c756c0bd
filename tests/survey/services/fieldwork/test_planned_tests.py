"""What the results of a wave are tested against is written down before it opens, and never after."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from scipy import stats
from sqlalchemy import select

from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid
from survey.models.audit import AuditEvent
from survey.models.fieldwork.waves import PublishedTable
from survey.queries.fieldwork import waves as queries
from survey.services.estimates.disclosure import published_tables
from survey.services.estimates.planned_looks import looks
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


def test_looks_are_fixed_before_the_wave_opens_with_their_levels(database: Database, planned: Place, now: datetime):
    officer, days = planned.officer(), (date(2026, 12, 5), date(2026, 12, 10))
    planned_tests.fix(database, CODE, Entered(looks=days), actor=officer, now=now)
    waves.open_wave(database, CODE, actor=officer, now=now)
    found = looks(facts(database, CODE))
    assert [one.day for one in found] == [*days, date(2026, 12, 20)]
    assert [one.at_close for one in found] == [False, False, True]
    assert [one.share for one in found] == [0.25, 0.5, 1.0]  # of twenty days
    by_hand = [2 - 2 * stats.norm.cdf(stats.norm.ppf(0.975) / one.share**0.5) for one in found]
    assert [one.spent for one in found] == pytest.approx(by_hand)
    assert found[0].level == pytest.approx(by_hand[0])
    assert found[2].level < 0.05
    with pytest.raises(Conflict):
        planned_tests.fix(database, CODE, Entered(), actor=officer, now=now)
    with database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "wave.tests")).one()
    assert event.detail["looks"] == [["2026-12-05", 0.25], ["2026-12-10", 0.5]]


@pytest.mark.parametrize(
    "days", [(1,), (20,), (21,), (9, 8), (9, 9), tuple(range(2, 13))], ids=lambda days: "-".join(map(str, days))
)
def test_looks_outside_the_wave_or_out_of_order_are_refused(
    database: Database, planned: Place, now: datetime, days: tuple[int, ...]
):
    entered = Entered(looks=tuple(date(2026, 12, day) for day in days))
    with pytest.raises(Invalid) as refused:
        planned_tests.fix(database, CODE, entered, actor=planned.officer(), now=now)
    assert set(refused.value.problems) == {"looks"}


def test_the_tables_that_are_published_are_chosen_before_the_wave_opens_and_never_after(
    database: Database, planned: Place, now: datetime
):
    officer = planned.officer()
    assert facts(database, CODE).tables == frozenset(PublishedTable)
    fewer = Entered(tables=("unit,field",))
    planned_tests.fix(database, CODE, fewer, actor=officer, now=now)
    planned_tests.fix(database, CODE, fewer, actor=officer, now=now)
    waves.open_wave(database, CODE, actor=officer, now=now)
    with pytest.raises(Conflict):
        planned_tests.fix(database, CODE, Entered(), actor=officer, now=now)
    wave = facts(database, CODE)
    assert wave.tables == {PublishedTable.UNIT_FIELD}
    with pytest.raises(Conflict, match="list that was fixed") as refused:
        published_tables.check(wave, "fact:r_sex")
    assert refused.value.values["known"] == "unit, field, group, unit,field, unit,group"
    with database.reading() as session:
        kept = list(session.scalars(select(AuditEvent).where(AuditEvent.action == "wave.tables")))
        opened = session.scalars(select(AuditEvent).where(AuditEvent.action == "wave.open")).all()[-1]
    assert len(kept) == 1
    assert opened.detail["tables"] == ["unit,field"]


def test_a_table_outside_the_list_is_not_chosen(database: Database, planned: Place, now: datetime):
    with pytest.raises(Invalid) as refused:
        planned_tests.fix(database, CODE, Entered(tables=("unit,day",)), actor=planned.officer(), now=now)
    assert "tables" in refused.value.problems
