"""What the fieldwork tests share: people with rights, a wave with everything a test may need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from survey.database import Database
from survey.models.fieldwork.waves import Channel, Selection, Wave
from survey.models.people.accounts import Account, Role
from survey.models.province.procedures import Field
from survey.models.province.units import Unit, UnitKind
from survey.models.questionnaires.instruments import InstrumentVersion
from survey.permissions import Actor, GrantScope
from tests.factories.record import Record
from tests.staff_client import Page, StaffClient

ADMIN = ("admin",)
LIST = "/quan-tri/dot-khao-sat"
WAVE = f"{LIST}/HC-2026-2"
People = Callable[..., StaffClient]


@dataclass
class Place:
    """A province with two wards, and a running wave of procedures over it."""

    record: Record
    province: Unit
    ward: Unit
    other: Unit
    version: InstrumentVersion
    wave: Wave
    qr: Channel
    drawn: Channel
    field: Field

    def officer(self, unit: Unit | None = None, domains: tuple[str, ...] = ADMIN, *roles: Role) -> Actor:
        """A field officer of the province, of one unit, of some services."""
        account = self.record.account()
        at = unit or self.province
        held = roles or (Role.FIELD_OFFICER,)
        grants = tuple(GrantScope(role, at.id, at.path, frozenset(domains)) for role in held)
        return Actor(account.id, account.username, account.full_name, grants)


@pytest.fixture
def place(record: Record) -> Place:
    province = record.unit(kind=UnitKind.PROVINCE, name="Thành phố Mẫu", code="48")
    ward = record.unit(parent=province, name="Phường Hải Châu", code="20242")
    other = record.unit(parent=province, name="Phường Thanh Khê", code="20200")
    version = record.published("one-stop-short")
    wave = record.wave(version=version, unit=province, code="HC-2026-2", title="Thủ tục hành chính, quý IV")
    qr = record.channel(wave, code="qr", title="QR tại quầy")
    drawn = record.channel(wave, code="phieu-chon", title="Phiếu gửi theo mẫu chọn", selection=Selection.DRAWN)
    field = record.field(code="ho-tich", name="Hộ tịch")
    return Place(record, province, ward, other, version, wave, qr, drawn, field)


@pytest.fixture
def people(record: Record, place: Place, sign_in: Callable[[Account], StaffClient]) -> Callable[..., StaffClient]:
    """`people(Role.FIELD_OFFICER, unit=ward)` is a browser of such a person."""

    def browser(*roles: Role, unit: Unit | None = None, services: tuple[str, ...] = ADMIN) -> StaffClient:
        return sign_in(record.account(*((role, unit or place.province, services) for role in roles)))

    return browser


@pytest.fixture
def officer(people: Callable[..., StaffClient]) -> StaffClient:
    return people(Role.FIELD_OFFICER)


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def add_point(officer: StaffClient, **changes: Any) -> Page:
    entered = {"channel": "qr", "unit_deciding": "20242", "name": "Quầy số 1"}
    return officer.get(f"{WAVE}/diem/them").form(**{**entered, **changes}).send()
