"""The life of a wave: planned, changed, opened, closed once, with its results asked for in the same breath."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from instruments import library
from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid, NotFound
from survey.models.audit import AuditEvent
from survey.models.fieldwork.waves import Campaign, Selection, Wave, WaveStatus
from survey.models.jobs import Job
from survey.models.questionnaires.instruments import ServiceDomain, VersionStatus
from survey.permissions import system
from survey.queries.fieldwork import waves as queries
from survey.services.fieldwork import waves
from survey.services.fieldwork.waves import NewWave, WaveWords
from tests.factories.fieldwork import Place

ENTERED = NewWave(
    code="",
    title="Quý IV",
    instrument="one-stop-short",
    version=1,
    unit_code="48",
    opens_on=date(2026, 12, 1),
    closes_on=date(2026, 12, 20),
    asked_by="Sở Nội vụ",
)


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def events(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_a_wave_gets_a_code_of_its_service_and_year(database: Database, place: Place, now: datetime):
    made = waves.plan_wave(database, ENTERED, actor=place.officer(), now=now)
    assert (made.code, made.status) == ("HC-2026-1", WaveStatus.PLANNED)
    again = waves.plan_wave(database, replace(ENTERED, title="Đợt khác"), actor=place.officer(), now=now)
    assert again.code == "HC-2026-3"  # the second is taken by the wave of the fixture


def test_planning_twice_plans_once(database: Database, place: Place, now: datetime):
    before = count(database, Wave)
    first = waves.plan_wave(database, ENTERED, actor=place.officer(), now=now)
    assert waves.plan_wave(database, ENTERED, actor=place.officer(), now=now) == first
    named = replace(ENTERED, code="DOT-2", title="Tên khác")
    assert waves.plan_wave(database, named, actor=place.officer(), now=now).code == "DOT-2"
    assert waves.plan_wave(database, named, actor=place.officer(), now=now).code == "DOT-2"
    assert count(database, Wave) == before + 2
    assert events(database).count("wave.plan") == 2


@pytest.mark.parametrize(
    ("entered", "problem"),
    [
        ({"title": "  "}, "title"),
        ({"code": "viết thường"}, "code"),
        ({"code": "HC-2026-2"}, "code"),
        ({"unit_code": "khong-co"}, "unit_code"),
        ({"instrument": "khong-co"}, "version"),
        ({"version": 9}, "version"),
        ({"plan_code": "KH-KHONG-CO"}, "plan_code"),
        ({"closes_on": date(2026, 11, 30)}, "closes_on"),
        ({"legal_note": "x" * 301}, "legal_note"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_by_field(
    database: Database, place: Place, now: datetime, entered: dict[str, object], problem: str
):
    before = count(database, Wave)
    with pytest.raises(Invalid) as refused:
        waves.plan_wave(database, replace(ENTERED, **entered), actor=place.officer(), now=now)  # type: ignore[arg-type]
    assert set(refused.value.problems) == {problem}
    assert count(database, Wave) == before


def test_drafts_and_forms_for_old_data_cannot_be_fielded(database: Database, place: Place, now: datetime):
    place.record.version(code="ban-thao", status=VersionStatus.DRAFT)
    place.record.published("sipas-2022")
    assert library.load("sipas-2022").claim == "archive"
    for code in ("ban-thao", "sipas-2022"):
        with pytest.raises(Invalid) as refused:
            waves.plan_wave(database, replace(ENTERED, instrument=code), actor=place.officer(), now=now)
        assert set(refused.value.problems) == {"version"}


def test_an_officer_plans_only_for_the_own_units_and_services(database: Database, place: Place, now: datetime):
    for actor in (place.officer(place.ward), place.officer(domains=("health",))):
        with pytest.raises(Invalid) as refused:
            waves.plan_wave(database, ENTERED, actor=actor, now=now)
        assert set(refused.value.problems) == {"unit_code"}
    own = replace(ENTERED, unit_code="20242")
    assert (
        waves.plan_wave(database, own, actor=place.officer(place.ward), now=now).service_domain is ServiceDomain.ADMIN
    )


def test_the_campaign_of_a_questionnaire_is_one(database: Database, place: Place, now: datetime):
    for n in range(2):
        waves.plan_wave(database, replace(ENTERED, title=f"Đợt {n}"), actor=place.officer(), now=now)
    with database.reading() as session:
        found = session.scalars(select(Campaign.code).where(Campaign.code == "one-stop-short"))
        assert list(found) == ["one-stop-short"]


def test_channels_get_codes_and_the_same_again_is_the_one_there_is(database: Database, place: Place, now: datetime):
    made = waves.plan_wave(database, ENTERED, actor=place.officer(), now=now)

    def add(title: str, selection: Selection) -> int:
        return waves.add_channel(
            database, made.code, code="", title=title, selection=selection, actor=place.officer(), now=now
        )

    first = add("Quét mã", Selection.OPT_IN)
    assert add("Quét mã", Selection.OPT_IN) == first
    add("Quét mã ở nhà", Selection.OPT_IN)
    add("Phiếu gửi", Selection.DRAWN)
    with database.reading() as session:
        found = queries.one(session, system(), made.code)
    assert found is not None
    assert [channel.code for channel in found.channels] == ["qr", "qr-2", "phieu-chon"]


def test_a_wave_without_a_channel_does_not_open(database: Database, place: Place, now: datetime):
    made = waves.plan_wave(database, ENTERED, actor=place.officer(), now=now)
    with pytest.raises(Conflict, match="no channel"):
        waves.open_wave(database, made.code, actor=place.officer(), now=now)


def test_a_wave_whose_days_have_passed_does_not_open(database: Database, place: Place, now: datetime):
    made = waves.plan_wave(database, ENTERED, actor=place.officer(), now=now)
    waves.add_channel(
        database, made.code, code="qr", title="", selection=Selection.OPT_IN, actor=place.officer(), now=now
    )
    later = now + timedelta(days=60)
    with pytest.raises(Conflict, match="20/12/2026"):
        waves.open_wave(database, made.code, actor=place.officer(), now=later)
    waves.change_days(
        database, made.code, opens_on=date(2027, 1, 1), closes_on=date(2027, 2, 1), actor=place.officer(), now=later
    )
    assert waves.open_wave(database, made.code, actor=place.officer(), now=later).status is WaveStatus.OPEN


def test_opening_and_closing_twice_happens_once(database: Database, place: Place, now: datetime):
    first = waves.close_and_ask_for_results(database, "HC-2026-2", actor=place.officer(), now=now)
    again = waves.close_and_ask_for_results(database, "HC-2026-2", actor=place.officer(), now=now)
    assert events(database) == ["wave.close"]
    assert count(database, Job) == 2  # another person asked as well; the work is safe to do twice
    assert first != again
    with pytest.raises(Conflict, match="cannot be opened again"):
        waves.open_wave(database, "HC-2026-2", actor=place.officer(), now=now)


def test_closing_asks_for_the_verdicts_in_the_same_transaction(database: Database, place: Place, now: datetime):
    officer = place.officer()
    waves.close_and_ask_for_results(database, "HC-2026-2", actor=officer, now=now)
    waves.close_and_ask_for_results(database, "HC-2026-2", actor=officer, now=now)
    with database.reading() as session:
        jobs = [(job.kind, job.params) for job in session.scalars(select(Job))]
    assert jobs == [("final_results", {"wave": "HC-2026-2"})]


def test_a_planned_wave_cannot_be_closed(database: Database, place: Place, now: datetime):
    made = waves.plan_wave(database, ENTERED, actor=place.officer(), now=now)
    with pytest.raises(Conflict, match="has not been opened"):
        waves.close_and_ask_for_results(database, made.code, actor=place.officer(), now=now)
    assert count(database, Job) == 0


def test_results_can_be_asked_for_again_only_of_a_closed_wave(database: Database, place: Place, now: datetime):
    with pytest.raises(Conflict, match="is not closed"):
        waves.ask_for_results(database, "HC-2026-2", actor=place.officer(), now=now)
    waves.close_wave(database, "HC-2026-2", actor=place.officer(), now=now)
    assert count(database, Job) == 0
    waves.ask_for_results(database, "HC-2026-2", actor=place.officer(), now=now)
    assert count(database, Job) == 1


def test_foreign_officers_can_change_nothing_in_a_wave(database: Database, place: Place, now: datetime):
    for actor in (place.officer(place.ward), place.officer(domains=("health", "education"))):
        with pytest.raises(Forbidden):
            waves.close_and_ask_for_results(database, "HC-2026-2", actor=actor, now=now)
        with pytest.raises(Forbidden):
            waves.change_days(
                database, "HC-2026-2", opens_on=date(2026, 1, 1), closes_on=date(2026, 1, 2), actor=actor, now=now
            )
    with pytest.raises(NotFound):
        waves.close_wave(database, "KHONG-CO", actor=place.officer(), now=now)
    assert events(database) == []


def test_words_of_a_wave_change_and_its_plan_only_before_it_opens(database: Database, place: Place, now: datetime):
    words = WaveWords(title="Tên mới", asked_by="Sở Nội vụ", legal_note="KH 12/KH-UBND", plan_code=None)
    waves.change_wave(database, "HC-2026-2", words, actor=place.officer(), now=now)
    with database.reading() as session:
        held = session.scalar(select(Wave).where(Wave.code == "HC-2026-2"))
    assert held is not None
    assert (held.title, held.asked_by, held.legal_note) == ("Tên mới", "Sở Nội vụ", "KH 12/KH-UBND")
    with pytest.raises(Invalid) as refused:
        waves.change_wave(database, "HC-2026-2", replace(words, plan_code="KHONG-CO"), actor=place.officer(), now=now)
    assert set(refused.value.problems) == {"plan_code"}


def test_a_part_of_a_wave_is_seen_and_only_its_own_answers_are_counted(database: Database, place: Place, now: datetime):
    place.record.responses(place.qr, place.ward, 3)
    place.record.responses(place.qr, place.other, 5)
    with database.reading() as session:
        whole = queries.one(session, place.officer(), "HC-2026-2")
        part = queries.one(session, place.officer(place.ward), "HC-2026-2")
        assert queries.one(session, place.officer(domains=("health",)), "HC-2026-2") is None
    assert whole is not None
    assert part is not None
    assert (whole.line.responses, whole.line.in_charge) == (8, True)
    assert (part.line.responses, part.line.in_charge) == (3, False)
    assert part.channels[0].responses == 3
