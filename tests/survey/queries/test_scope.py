"""Scope clauses: a grant reaches its subtree and its services, and nothing beside them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from survey.database import Database
from survey.models.fieldwork.waves import Campaign, Wave
from survey.models.province.units import Unit
from survey.permissions import Actor, GrantScope, Role, system
from survey.queries import scope
from tests.factories.record import Record

A, F, N = Role.ADMINISTRATOR, Role.FIELD_OFFICER, Role.ANALYST


@pytest.fixture
def tree(record: Record) -> dict[str, Unit]:
    """A province with eleven departments, so that one path begins with the digits of another."""
    province = record.unit()
    found = {"province": province}
    for n in range(11):
        found[f"d{n}"] = record.unit(parent=province)
    found["leaf"] = record.unit(parent=found["d0"])
    return found


def actor(*grants: tuple[Role, Unit, str]) -> Actor:
    scopes = tuple(GrantScope(role, unit.id, unit.path, frozenset(domains.split())) for role, unit, domains in grants)
    return Actor(1, "lan", "Lan", scopes)


def units(database: Database, who: Actor, *roles: Role, domain: str | None = None) -> set[str]:
    with database.reading() as session:
        return set(session.execute(select(Unit.name).where(scope.units(who, *roles, domain=domain))).scalars())


def waves(database: Database, clause: object) -> set[str]:
    statement = select(Wave.code).join(Campaign, Campaign.id == Wave.campaign_id).join(Unit, Unit.id == Wave.unit_id)
    with database.reading() as session:
        return set(session.execute(statement.where(clause)).scalars())  # type: ignore[arg-type]


def test_subtree_is_the_unit_and_what_is_under_it(tree: dict[str, Unit], database: Database) -> None:
    who = actor((N, tree["d0"], "health"))
    assert units(database, who, N) == {tree["d0"].name, tree["leaf"].name}


def test_path_that_only_begins_with_the_same_digits_is_another_unit(tree: dict[str, Unit], database: Database) -> None:
    """Units 10, 11 and 12 are not under unit 1."""
    ten = next(u for u in tree.values() if u.id == 10)
    cut = ten.path.removesuffix("0/") + "/"
    who = Actor(1, "lan", "Lan", (GrantScope(N, 1, cut, frozenset({"health"})),))
    assert ten.path.startswith(cut.rstrip("/"))
    assert units(database, who, N) == set()


def test_other_role_and_other_service_reach_nothing(tree: dict[str, Unit], database: Database) -> None:
    who = actor((N, tree["d0"], "health"))
    assert units(database, who, F) == set()
    assert units(database, who, N, domain="admin") == set()
    assert units(database, who, N, domain="health") != set()


def test_several_grants_add_up(tree: dict[str, Unit], database: Database) -> None:
    who = actor((N, tree["d1"], "health"), (F, tree["d2"], "admin"))
    assert units(database, who, N, F) == {tree["d1"].name, tree["d2"].name}
    assert scope.domains(who, N, F) == {"health", "admin"}


def test_nobody_and_the_system(tree: dict[str, Unit], database: Database) -> None:
    assert units(database, actor(), N) == set()
    assert len(units(database, system(), N)) == len(tree)


def test_wave_is_run_inside_the_subtree_and_seen_from_below_it(
    record: Record, tree: dict[str, Unit], database: Database
) -> None:
    from survey.models.questionnaires.instruments import ServiceDomain

    whole = record.wave(unit=tree["province"], domain=ServiceDomain.HEALTH).code
    own = record.wave(unit=tree["d0"], domain=ServiceDomain.HEALTH).code
    other = record.wave(unit=tree["d1"], domain=ServiceDomain.HEALTH).code
    schools = record.wave(unit=tree["d0"], domain=ServiceDomain.EDUCATION).code
    who = actor((F, tree["d0"], "health"))
    assert waves(database, scope.waves_in_charge(who, F)) == {own}
    assert waves(database, scope.waves_in_sight(who, F)) == {own, whole}
    below = actor((F, tree["leaf"], "health"))
    assert waves(database, scope.waves_in_charge(below, F)) == set()
    assert waves(database, scope.waves_in_sight(below, F)) == {own, whole}
    assert waves(database, scope.waves_in_sight(system(), F)) == {whole, own, other, schools}


def test_governing_the_province_needs_its_root_and_every_service(tree: dict[str, Unit]) -> None:
    root, part = tree["province"], tree["d0"]
    assert actor((A, root, "admin health education")).governs_province
    assert actor((A, root, "admin health"), (A, root, "education")).governs_province
    assert not actor((A, root, "admin health")).governs_province
    assert not actor((A, part, "admin health education")).governs_province
    assert not actor((N, root, "admin health education")).governs_province
    assert system().governs_province


def test_requiring_a_right_names_place_and_service(tree: dict[str, Unit]) -> None:
    from survey.errors import Forbidden

    who = actor((F, tree["d0"], "health"))
    who.require(F)
    who.require(F, unit_path=tree["leaf"].path, domain="health")
    for wrong in (
        {"unit_path": tree["d1"].path, "domain": "health"},
        {"unit_path": tree["d0"].path, "domain": "admin"},
        {"unit_path": tree["province"].path, "domain": "health"},
    ):
        with pytest.raises(Forbidden):
            who.require(F, **wrong)
    with pytest.raises(Forbidden):
        who.require(A)
