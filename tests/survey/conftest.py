"""What tests of several faces begin with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from survey.models.people.accounts import Account, Role
from tests.factories.record import Record
from tests.staff_client import StaffClient


@pytest.fixture
def people(record: Record, sign_in: Callable[[Account], StaffClient]) -> Callable[..., StaffClient]:
    """`people(Role.DESIGNER, services=("health",))` is a browser of such a person, at the root of the units."""
    root = record.unit()

    def browser(*roles: Role, services: tuple[str, ...] = ("admin",)) -> StaffClient:
        return sign_in(record.account(*((role, root, services) for role in roles)))

    return browser
