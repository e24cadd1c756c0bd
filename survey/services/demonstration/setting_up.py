"""The demonstration: real units and questionnaires, and made-up waves, frames, points, people and answers.

Everything made up is marked: waves are synthetic, sample hospitals and schools are fictional, comments say so. The same
seed gives the same frames, codes and answers; days follow the calendar, so that the running waves run today. Answers
depend on a shuffled position, never on a unit's name.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp

from survey.database import Database
from survey.models.people.accounts import Account, Role
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import Actor, system
from survey.queries.fieldwork import synthetic
from survey.queries.province import units
from survey.services.demonstration import made_up_waves, shipped_data
from survey.services.people.accounts import create_account
from survey.services.people.credentials import Passwords, Vault
from survey.services.people.grants import GrantInput
from survey.services.province import settings
from survey.services.questionnaires import shipped_and_imported
from survey.tokens import Tokens

PROVINCE = "48"
# Whose code is shown first: a one-stop counter with the field in its code, a hospital, a school.
SHOWN = {
    ServiceDomain.ADMIN: "dn-so-xay-dung",
    ServiceDomain.HEALTH: "mau-bv-1",
    ServiceDomain.EDUCATION: "mau-thcs-1",
}


@dataclass(frozen=True)
class Person:
    """A demonstration account with what it needs to sign in."""

    role: str
    username: str
    full_name: str
    password: str
    totp_secret: str


@dataclass(frozen=True)
class Demonstration:
    """What `make demo` prints."""

    entries: dict[str, str]  # service -> entry code to open on a phone
    people: tuple[Person, ...]
    closed: tuple[str, ...]  # codes of closed waves whose results are to be made
    made: bool  # False: it was there already


def make(
    database: Database, tokens: Tokens, vault: Vault, passwords: Passwords, *, known: list[Person], now: datetime
) -> Demonstration:
    """Make the demonstration, or find it again. `known` are the accounts of an earlier start, with their secrets."""
    actor = system("demonstration")
    with database.reading() as session:
        there = synthetic.are_there(session)
    if not there:
        _prepare(database, actor, now)
        made_up_waves.make_all(database, tokens, actor, now)
    people = _people(database, vault, passwords, actor, known, now)
    with database.reading() as session:
        entries = {domain.value: synthetic.entry_code(session, domain, unit) or "" for domain, unit in SHOWN.items()}
        closed = synthetic.closed(session)
    return Demonstration(entries, people, closed, made=not there)


def _prepare(database: Database, actor: Actor, now: datetime) -> None:
    shipped_data.load_danang(database, actor, now=now)
    shipped_data.load_fields(database, actor, now=now)
    shipped_data.load_target_plans(database, actor, now=now)
    shipped_and_imported.register_shipped(database, now=now)
    settings.save(database, actor, {"province_name": shipped_data.PROVINCE_NAME, "hotline": "1022"}, now=now)


def _people(
    database: Database, vault: Vault, passwords: Passwords, actor: Actor, known: list[Person], now: datetime
) -> tuple[Person, ...]:
    """An account for each role, with a password and second step drawn at the first start."""
    with database.reading() as session:
        ids = units.ids(session)
    everything = frozenset({"admin", "health", "education"})
    province, health, education = ids[PROVINCE], ids["dn-so-y-te"], ids["dn-so-gd-dt"]
    ward = ids["20242"]  # Phường Hải Châu

    def grant(role: Role, unit_id: int, domains: frozenset[str], **rights: bool) -> GrantInput:
        return GrantInput(role, unit_id, domains, **rights)

    wanted: list[tuple[str, str, str, tuple[GrantInput, ...]]] = [
        ("administrator", "quantri", "Quản trị mẫu", (grant(Role.ADMINISTRATOR, province, everything),)),
        ("designer", "thietke", "Người thiết kế mẫu", (grant(Role.DESIGNER, province, everything),)),
        ("approver", "pheduyet", "Người phê duyệt mẫu", (grant(Role.APPROVER, province, everything),)),
        ("field_officer", "dieuphoi", "Cán bộ thực địa mẫu", (grant(Role.FIELD_OFFICER, province, everything),)),
        ("analyst", "phantich.noivu", "Chuyên viên Sở Nội vụ mẫu",
         (grant(Role.ANALYST, province, frozenset({"admin"}), row_data=True, comments=True),)),
        ("analyst", "phantich.yte", "Chuyên viên Sở Y tế mẫu",
         (grant(Role.ANALYST, province, frozenset({"health"}), row_data=True, comments=True),
          grant(Role.ANALYST, health, frozenset({"admin"})))),
        ("analyst", "phantich.gddt", "Chuyên viên Sở GD&ĐT mẫu",
         (grant(Role.ANALYST, province, frozenset({"education"}), row_data=True, comments=True),
          grant(Role.ANALYST, education, frozenset({"admin"})))),
        ("unit_viewer", "xem.donvi", "Người xem của phường mẫu",
         (grant(Role.UNIT_VIEWER, ward, frozenset({"admin"})),)),
    ]  # fmt: skip
    before = {p.username: p for p in known}
    people = []
    for role, username, full_name, grants in wanted:
        person = before.get(username) or Person(
            role, username, full_name, secrets.token_urlsafe(12), pyotp.random_base32()
        )
        account_id = create_account(
            database, passwords, vault, actor, username=username, full_name=full_name, password=person.password,
            totp_secret=person.totp_secret, grants=grants, now=now,
        )  # fmt: skip
        if username not in before:
            _set_anew(database, vault, passwords, account_id, person)
        people.append(person)
    return tuple(people)


def _set_anew(database: Database, vault: Vault, passwords: Passwords, account_id: int, person: Person) -> None:
    """An account of an earlier demonstration whose secrets this instance does not hold: it gets the new ones."""
    with database.writing() as session:
        account = session.get_one(Account, account_id)
        account.password_hash = passwords.hash(person.password)
        account.totp_secret = vault.seal(person.totp_secret)
