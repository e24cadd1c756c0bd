"""People who can sign in: accounts with a password and a second step that a test knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyotp
from argon2 import PasswordHasher

from survey.models.people.accounts import Account, Role
from survey.models.province.units import Unit
from survey.services.people.credentials import Passwords, Vault
from tests.factories.record import Record

PASSWORD = "một câu dễ nhớ 42"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
KEYS = (b"k" * 32,)  # those of the tests' configuration
EVERYTHING = ("admin", "health", "education")


def cheap() -> Passwords:
    """argon2 with parameters no installation would use, so that tests take milliseconds."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass(frozen=True)
class Person:
    account: Account
    password: str = PASSWORD
    secret: str = SECRET

    def code(self, now: datetime, *, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(int(now.timestamp()) + 30 * steps)


def person(record: Record, *grants: tuple[Role, Unit, tuple[str, ...]], **values: object) -> Person:
    account = record.account(
        *grants, **{"password_hash": cheap().hash(PASSWORD), "totp_secret": Vault(KEYS).seal(SECRET)} | values
    )
    return Person(account)
