"""Accounts of others: several rights per person, no self-elevation, always somebody left who can let others in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid
from survey.models.audit import AuditEvent
from survey.models.people.accounts import Account, AccountStatus, Grant, Role
from survey.models.province.units import Unit
from survey.permissions import system
from survey.queries.people import accounts as queries
from survey.services.people import accounts, invitations
from survey.services.people.grants import GrantInput
from survey.web.staff_session import COOKIE
from tests.factories.people import EVERYTHING, Person, person
from tests.factories.record import Record
from tests.queries import counted
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]


@pytest.fixture
def province(record: Record) -> Unit:
    return record.unit(name="Thành phố Mẫu")


@pytest.fixture
def health(record: Record, province: Unit) -> Unit:
    return record.unit(parent=province, name="Sở Y tế Mẫu")


@pytest.fixture
def chief(record: Record, province: Unit) -> Person:
    return person(record, (Role.ADMINISTRATOR, province, EVERYTHING))


def rights(database: Database, account: Account) -> list[tuple[Role, int, tuple[str, ...]]]:
    with database.reading() as session:
        return [(g.role, g.unit_id, g.domains) for g in queries.grants_of(session, [account.id])]


def test_person_may_hold_several_rights(
    sign_in: SignIn, record: Record, chief: Person, province: Unit, health: Unit, database: Database
) -> None:
    who = person(record, (Role.ANALYST, province, ("health",)))
    page = sign_in(chief.account).get(f"/quan-tri/tai-khoan/{who.account.id}")
    page = page.form(
        f"/quan-tri/tai-khoan/{who.account.id}", role="analyst", unit=str(health.id), domains=["admin"], row_data="y"
    ).send()
    assert page.notices == ["Đã cấp quyền."]
    assert rights(database, who.account) == [
        (Role.ANALYST, province.id, ("health",)),
        (Role.ANALYST, health.id, ("admin",)),
    ]


def test_same_right_twice_is_one_right(record: Record, province: Unit, database: Database, now: datetime) -> None:
    who = person(record)
    grant = GrantInput(Role.ANALYST, province.id, frozenset({"health"}))
    first = accounts.add_grant(database, system(), who.account.id, grant, now=now)
    assert accounts.add_grant(database, system(), who.account.id, grant, now=now) == first
    assert len(rights(database, who.account)) == 1


def test_ended_right_stops_working_at_the_next_click_and_the_token_changes(
    sign_in: SignIn, record: Record, chief: Person, province: Unit, database: Database, now: datetime
) -> None:
    who = person(record, (Role.ADMINISTRATOR, province, EVERYTHING), (Role.ANALYST, province, ("health",)))
    theirs = sign_in(who.account)
    assert theirs.get("/quan-tri/thiet-lap").status == 200
    before = theirs.browser.get_cookie(COOKIE, path="/quan-tri")
    page = sign_in(chief.account).get(f"/quan-tri/tai-khoan/{who.account.id}")
    page.form("/ket-thuc").send()
    assert theirs.get("/quan-tri/thiet-lap").status == 403
    after = theirs.browser.get_cookie(COOKIE, path="/quan-tri")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert theirs.get("/quan-tri/don-vi").status == 200


def test_old_token_ends_soon_after_it_was_renewed(
    staff_app,
    sign_in: SignIn,
    record: Record,
    province: Unit,
    database: Database,
    now: datetime,  # type: ignore[no-untyped-def]
) -> None:
    who = person(record, (Role.ANALYST, province, ("health",)))
    theirs = sign_in(who.account)
    old = theirs.browser.get_cookie(COOKIE, path="/quan-tri")
    assert old is not None
    accounts.add_grant(
        database, system(), who.account.id, GrantInput(Role.ANALYST, province.id, frozenset({"admin"})), now=now
    )
    theirs.get("/quan-tri/")
    thief = StaffClient(staff_app)
    thief.browser.set_cookie(COOKIE, old.value, domain="localhost", path="/quan-tri")
    staff_app.config["CLOCK"] = lambda: now + timedelta(seconds=31)
    assert thief.get("/quan-tri/").path.startswith("/quan-tri/dang-nhap")
    assert theirs.get("/quan-tri/").path == "/quan-tri/"


def test_nobody_changes_the_own_rights(
    sign_in: SignIn, record: Record, chief: Person, province: Unit, database: Database, now: datetime
) -> None:
    person(record, (Role.ADMINISTRATOR, province, EVERYTHING))
    page = sign_in(chief.account).get(f"/quan-tri/tai-khoan/{chief.account.id}")
    assert "chính mình" in page.text
    assert not [f for f in page.forms() if "/tai-khoan/" in f.action]
    with database.reading() as session:
        actor = queries.actor(session, chief.account.id)
    assert actor is not None
    grant = GrantInput(Role.ANALYST, province.id, frozenset({"health"}))
    for attempt in (
        lambda: accounts.add_grant(database, actor, chief.account.id, grant, now=now),
        lambda: accounts.disable(database, actor, chief.account.id, now=now),
        lambda: invitations.reset(database, actor, chief.account.id, now=now),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_last_administrator_of_the_province_cannot_be_disabled_or_stripped(
    record: Record, chief: Person, province: Unit, database: Database, now: datetime
) -> None:
    with database.reading() as session:
        grant = session.execute(select(Grant.id).where(Grant.account_id == chief.account.id)).scalar_one()
    with pytest.raises(Conflict):
        accounts.disable(database, system(), chief.account.id, now=now)
    with pytest.raises(Conflict):
        accounts.end_grant(database, system(), chief.account.id, grant, now=now)
    person(record, (Role.ADMINISTRATOR, province, EVERYTHING))
    accounts.disable(database, system(), chief.account.id, now=now)


def test_administrator_of_a_part_gives_rights_only_there(
    record: Record, province: Unit, health: Unit, database: Database, now: datetime
) -> None:
    local = person(record, (Role.ADMINISTRATOR, health, ("health",)))
    ward = record.unit(parent=health)
    with database.reading() as session:
        actor = queries.actor(session, local.account.id)
    assert actor is not None

    def invite(unit: Unit, *domains: str) -> None:
        grant = GrantInput(Role.ANALYST, unit.id, frozenset(domains))
        invitations.invite(database, actor, username="moi.den", full_name="Người Mới", grants=(grant,), now=now)

    invite(ward, "health")
    for unit, domains in ((province, ("health",)), (ward, ("admin",)), (ward, ("health", "admin"))):
        with pytest.raises(Forbidden):
            invite(unit, *domains)


def test_administrator_of_a_part_cannot_take_over_an_account_that_reaches_further(
    sign_in: SignIn, record: Record, province: Unit, health: Unit, database: Database, now: datetime
) -> None:
    local = person(record, (Role.ADMINISTRATOR, health, ("health",)))
    wider = person(record, (Role.ANALYST, health, ("health",)), (Role.ADMINISTRATOR, province, EVERYTHING))
    browser = sign_in(local.account)
    assert browser.get(f"/quan-tri/tai-khoan/{wider.account.id}").status == 200
    with database.reading() as session:
        actor = queries.actor(session, local.account.id)
    assert actor is not None
    for act in (invitations.reset, accounts.disable, accounts.enable):
        with pytest.raises(Forbidden):
            act(database, actor, wider.account.id, now=now)


def test_files_with_rows_are_never_for_unit_viewers(
    record: Record, province: Unit, database: Database, now: datetime
) -> None:
    grant = GrantInput(Role.UNIT_VIEWER, province.id, frozenset({"health"}), row_data=True)
    with pytest.raises(Invalid) as refused:
        accounts.add_grant(database, system(), person(record).account.id, grant, now=now)
    assert set(refused.value.problems) == {"row_data"}


def test_enabling_lets_a_disabled_person_in_again_and_ends_the_waiting(
    sign_in: SignIn, record: Record, chief: Person, province: Unit, database: Database, now: datetime
) -> None:
    who = person(
        record,
        (Role.ANALYST, province, ("health",)),
        status=AccountStatus.DISABLED,
        failures=9,
        wait_until=now + timedelta(minutes=15),
    )
    sign_in(chief.account).get(f"/quan-tri/tai-khoan/{who.account.id}").form("/mo-lai").send()
    with database.reading() as session:
        found = session.get_one(Account, who.account.id)
    assert (found.status, found.failures, found.wait_until) == (AccountStatus.ACTIVE, 0, None)
    assert found.last_seen_on == now.date()


def test_every_change_of_rights_is_in_the_record_of_actions(
    sign_in: SignIn, record: Record, chief: Person, province: Unit, database: Database
) -> None:
    who = person(record, (Role.ANALYST, province, ("health",)))
    browser = sign_in(chief.account)
    path = f"/quan-tri/tai-khoan/{who.account.id}"
    browser.get(path).form(path, role="designer", unit=str(province.id), domains=["health"]).send()
    browser.get(path).form("/ket-thuc").send()
    browser.get(path).form("/ngung").send()
    with database.reading() as session:
        events = session.execute(select(AuditEvent).order_by(AuditEvent.id)).scalars().all()
    assert [e.action for e in events] == ["grant.add", "grant.end", "account.disable"]
    assert all(e.actor == chief.account.username and e.actor_id == chief.account.id for e in events)
    assert events[0].detail["role"] == "designer"


def test_list_of_accounts_asks_the_record_the_same_number_of_questions_however_long(
    sign_in: SignIn, record: Record, chief: Person, province: Unit, database: Database
) -> None:
    browser = sign_in(chief.account)
    browser.get("/quan-tri/tai-khoan")
    with counted(database) as few:
        browser.get("/quan-tri/tai-khoan")
    for _ in range(12):
        record.account((Role.ANALYST, province, ("health",)), (Role.DESIGNER, province, ("admin",)))
    with counted(database) as many:
        page = browser.get("/quan-tri/tai-khoan")
    assert len(page.rows()) == 14
    assert many.number == few.number


def test_search_finds_a_person_typed_without_marks(
    sign_in: SignIn, record: Record, chief: Person, province: Unit
) -> None:
    record.account((Role.ANALYST, province, ("health",)), full_name="Đỗ Thị Ánh Tuyết")
    record.account((Role.ANALYST, province, ("health",)), full_name="Phan Văn Khải")
    page = sign_in(chief.account).get("/quan-tri/tai-khoan?q=do+thi+anh")
    assert "Đỗ Thị Ánh Tuyết" in page.text
    assert "Phan Văn Khải" not in page.text
