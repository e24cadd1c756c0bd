"""Target plans on screen: entered with their targets, fixed once a wave is measured, extended by a decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.fieldwork.waves import WaveStatus
from survey.models.people.accounts import Account, Role
from survey.models.province.targets import PlanExtension, Target, TargetPlan
from survey.models.province.units import Unit
from survey.permissions import system
from survey.services.demonstration import shipped_data
from survey.services.province import target_plans
from survey.services.province.target_plans import Binding
from tests.factories.people import EVERYTHING, Person, person
from tests.factories.record import Record
from tests.queries import counted
from tests.staff_client import Page, StaffClient

SignIn = Callable[[Account], StaffClient]
PLAN = {
    "code": "DN-2026",
    "title": "Kế hoạch cải cách hành chính 2026",
    "document": "Quyết định 12/QĐ-UBND ngày 05/01/2026",
    "issued_on": "05/01/2026",
    "issuer": "UBND thành phố",
    "scope": "thành phố",
    "valid_from": "01/01/2026",
    "valid_to": "31/12/2026",
    "grade": "verbatim",
}
TARGET = {
    "code": "DN26-LCI",
    "indicator": "Mức độ hài lòng",
    "service_domains": ["admin"],
    "field_groups": ["land", "construction"],
    "year": "2026",
    "unit": "percent",
    "comparison": ">=",
    "threshold": "85,5",
    "apply_to": "both",
}


@pytest.fixture
def province(record: Record) -> Unit:
    return record.unit()


@pytest.fixture
def chief(record: Record, province: Unit) -> Person:
    return person(record, (Role.ADMINISTRATOR, province, EVERYTHING))


def entered(browser: StaffClient, **values: object) -> Page:
    return browser.get("/quan-tri/ke-hoach/them").form(**PLAN | values).send()


def one(database: Database) -> TargetPlan:
    with database.reading() as session:
        return session.execute(select(TargetPlan)).scalar_one()


def test_plan_and_its_targets_are_entered(sign_in: SignIn, chief: Person, database: Database) -> None:
    page = entered(sign_in(chief.account))
    assert page.h1 == PLAN["title"]
    assert "đang hiệu lực" in page.text
    page = page.follow("Thêm chỉ tiêu").form(**TARGET).send()
    assert "≥ 85,5 %" in page.text
    rank = {"code": "R", "unit": "rank", "comparison": "<=", "threshold": "20", "among": "các tỉnh", "field_groups": []}
    page = page.follow("Thêm chỉ tiêu").form(**TARGET | rank).send()
    assert "hạng 20 trở lên" in page.text
    unknown = {"code": "X", "threshold": "", "field_groups": []}
    page = page.follow("Thêm chỉ tiêu").form(**TARGET | unknown).send()
    assert "chưa biết" in page.text
    with database.reading() as session:
        found = {t.code: t.threshold for t in session.execute(select(Target)).scalars()}
    assert found == {"DN26-LCI": Decimal("0.855"), "R": Decimal(20), "X": None}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"threshold": "101"}, "threshold"),
        ({"threshold": "0"}, "threshold"),
        ({"threshold": "chín mươi"}, "threshold"),
        ({"unit": "rank", "comparison": "<=", "threshold": "2,5"}, "threshold"),
        ({"unit": "rank"}, "comparison"),
        ({"comparison": "<="}, "comparison"),
        ({"service_domains": []}, "service_domains"),
        ({"year": "26"}, "year"),
        ({"code": ""}, "code"),
    ],
)
def test_mistakes_in_a_target_stand_beside_their_fields(
    sign_in: SignIn, chief: Person, values: dict[str, object], field: str
) -> None:
    page = entered(sign_in(chief.account)).follow("Thêm chỉ tiêu").form(**TARGET | values).send()
    assert f'id="{field}-problem"' in page.response.get_data(as_text=True)


def test_plan_whose_period_ends_before_it_begins_is_refused(sign_in: SignIn, chief: Person) -> None:
    page = entered(sign_in(chief.account), valid_to="31/12/2025")
    assert any("trước ngày bắt đầu" in p for p in page.problems)


def test_plan_over_is_for_comparison_until_a_decision_extends_it(
    sign_in: SignIn, chief: Person, database: Database, now: datetime
) -> None:
    page = entered(sign_in(chief.account), valid_from="01/01/2021", valid_to="31/12/2025")
    assert "đã hết kỳ, chỉ để đối chiếu" in page.text
    today = date(2026, 11, 20)
    plan = one(database)
    with database.reading() as session:
        assert target_plans.plan_on(session, plan.id, today).binding is Binding.EXPIRED
        assert not target_plans.plan_on(session, plan.id, today).binds
    page = page.follow("Ghi nhận quyết định gia hạn")
    page = page.form(
        decision="Quyết định 99/QĐ-UBND, UBND thành phố", decided_on="02/11/2026", until="31/12/2026"
    ).send()
    assert "đã gia hạn theo quyết định" in page.text
    assert chief.account.full_name in page.text
    with database.reading() as session:
        found = target_plans.plan_on(session, plan.id, today)
        later = target_plans.plan_on(session, plan.id, date(2027, 1, 1))
        extension = session.execute(select(PlanExtension)).scalar_one()
        event = session.execute(select(AuditEvent).where(AuditEvent.action == "plan.extend")).scalar_one()
    assert (found.binding, found.binds, found.until) == (Binding.EXTENDED, True, date(2026, 12, 31))
    assert later.binding is Binding.EXPIRED
    assert (extension.recorded_by, extension.recorded_at) == (chief.account.id, now)
    assert event.detail["decision"] == "Quyết định 99/QĐ-UBND, UBND thành phố"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"until": "31/12/2026"}, "until"),
        ({"decided_on": "31/12/2026"}, "decided_on"),
        ({"decision": "QĐ"}, "decision"),
    ],
)
def test_extension_needs_a_decision_a_past_day_and_a_later_end(
    sign_in: SignIn, chief: Person, database: Database, values: dict[str, str], field: str
) -> None:
    page = entered(sign_in(chief.account)).follow("Ghi nhận quyết định gia hạn")
    right = {"decision": "Quyết định 99/QĐ-UBND", "decided_on": "02/11/2026", "until": "31/12/2027"}
    page = page.form(**right | values).send()
    assert f'id="{field}-problem"' in page.response.get_data(as_text=True)
    with database.reading() as session:
        assert session.execute(select(PlanExtension)).first() is None


def test_plan_that_has_not_begun_does_not_bind_yet(sign_in: SignIn, chief: Person, database: Database) -> None:
    page = entered(sign_in(chief.account), valid_from="01/01/2027", valid_to="31/12/2027")
    assert "chưa đến kỳ" in page.text
    with database.reading() as session:
        assert target_plans.plan_on(session, one(database).id, date(2026, 11, 20)).binding is Binding.NOT_YET


def test_targets_stay_once_a_wave_is_measured_against_them(
    sign_in: SignIn, chief: Person, record: Record, database: Database
) -> None:
    browser = sign_in(chief.account)
    page = entered(browser).follow("Thêm chỉ tiêu").form(**TARGET).send()
    plan = one(database)
    record.wave(plan_id=plan.id, status=WaveStatus.OPEN)
    page = browser.get(f"/quan-tri/ke-hoach/{plan.id}")
    assert "được giữ nguyên" in page.text
    assert "Thêm chỉ tiêu" not in page.links()
    page = browser.get(f"/quan-tri/ke-hoach/{plan.id}/chi-tieu/them").form(**TARGET | {"code": "NEW"}).send()
    assert "được giữ nguyên" in " ".join(page.notices)
    page = browser.get(f"/quan-tri/ke-hoach/{plan.id}/sua").form(valid_to="31/12/2028").send()
    assert "được giữ nguyên" in " ".join(page.notices)
    page = browser.get(f"/quan-tri/ke-hoach/{plan.id}/sua").form(title="Tên đã sửa lỗi chính tả").send()
    assert page.h1 == "Tên đã sửa lỗi chính tả"
    with database.reading() as session:
        assert session.execute(select(Target.code)).scalars().all() == ["DN26-LCI"]


def test_target_entered_by_mistake_is_removed_while_no_wave_uses_it(
    sign_in: SignIn, chief: Person, database: Database
) -> None:
    page = entered(sign_in(chief.account)).follow("Thêm chỉ tiêu").form(**TARGET).send()
    page = page.form("/bo").send()
    assert page.notices == ["Đã bỏ chỉ tiêu."]
    with database.reading() as session:
        assert session.execute(select(Target)).first() is None


def test_shipped_plans_are_shown_with_their_grades_and_wording(
    sign_in: SignIn, chief: Person, database: Database, now: datetime
) -> None:
    shipped_data.load_target_plans(database, system(), now=now)
    page = sign_in(chief.account).get("/quan-tri/ke-hoach")
    page = page.follow("Kế hoạch cải cách hành chính tỉnh Quảng Nam giai đoạn 2021-2025")
    for words in (
        "đúng nguyên văn",
        "Quyết định 2370/QĐ-UBND",
        "≥ 90 %",
        "hạng 20 trở lên",
        "tối thiểu 85%",
    ):
        assert words in page.text


def test_list_of_plans_asks_the_same_number_of_questions_however_long(
    sign_in: SignIn, chief: Person, database: Database, now: datetime
) -> None:
    browser = sign_in(chief.account)
    entered(browser)
    browser.get("/quan-tri/ke-hoach")
    with counted(database) as few:
        browser.get("/quan-tri/ke-hoach")
    shipped_data.load_target_plans(database, system(), now=now)
    with counted(database) as many:
        page = browser.get("/quan-tri/ke-hoach")
    assert len(page.rows()) == 10
    assert many.number == few.number
