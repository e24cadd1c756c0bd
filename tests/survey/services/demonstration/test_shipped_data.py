"""The shipped data: the units of Đà Nẵng and what they came from, fields, target plans; loading twice does nothing."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.province.procedures import Field, FieldGroup, Procedure
from survey.models.province.targets import Target, TargetPlan, TargetUnit
from survey.models.province.units import Unit, UnitKind, UnitSuccession
from survey.permissions import system
from survey.services.demonstration import shipped_data
from survey.services.province import target_plans


@pytest.fixture
def danang(database: Database, now: datetime) -> Database:
    shipped_data.load_danang(database, system(), now=now)
    return database


def kinds(database: Database) -> dict[UnitKind, int]:
    with database.reading() as session:
        rows = session.execute(select(Unit.kind, func.count().label("n")).group_by(Unit.kind))
        return {row.kind: row.n for row in rows}


def unit(database: Database, code: str) -> Unit:
    with database.reading() as session:
        return session.execute(select(Unit).where(Unit.code == code)).scalar_one()


def successors(database: Database, code: str) -> dict[str, Decimal | None]:
    with database.reading() as session:
        rows = session.execute(
            select(Unit.code, UnitSuccession.share)
            .join(UnitSuccession, UnitSuccession.new_id == Unit.id)
            .where(UnitSuccession.old_id == unit(database, code).id)
        )
        return {row.code: row.share for row in rows}


def test_danang_has_its_94_communes_and_what_they_came_from(danang: Database) -> None:
    found = kinds(danang)
    assert (found[UnitKind.WARD], found[UnitKind.COMMUNE], found[UnitKind.SPECIAL_ZONE]) == (23, 70, 1)
    assert found[UnitKind.FORMER_COMMUNE] == 300
    assert found[UnitKind.FORMER_DISTRICT] == 24
    assert found[UnitKind.FORMER_PROVINCE] == 2
    with danang.reading() as session:
        communes = select(UnitSuccession).join(Unit, Unit.id == UnitSuccession.old_id)
        pairs = communes.where(Unit.kind == UnitKind.FORMER_COMMUNE).subquery()
        assert session.execute(select(func.count()).select_from(pairs)).scalar_one() == 301


def test_former_units_end_on_30_june_2025_and_their_successors_begin_the_next_day(danang: Database) -> None:
    old, new = unit(danang, "cu-20194"), unit(danang, "20195")
    assert (old.name, old.valid_to) == ("Phường Hòa Hiệp Bắc", date(2025, 6, 30))
    assert (new.name, new.valid_from, new.valid_to) == ("Phường Hải Vân", date(2025, 7, 1), None)
    assert successors(danang, "cu-20194") == {"20195": Decimal(1)}


def test_commune_that_was_split_names_both_parts_without_inventing_shares(danang: Database) -> None:
    assert successors(danang, "cu-20200") == {"20200": None, "20209": None}


def test_every_current_commune_but_hoang_sa_has_a_one_stop_centre_under_it(danang: Database) -> None:
    commune, centre = unit(danang, "20242"), unit(danang, "mc-20242")
    assert centre.name == "Trung tâm Phục vụ hành chính công phường Hải Châu"
    assert centre.path == f"{commune.path}{centre.id}/"
    with danang.reading() as session:
        assert session.execute(select(Unit.id).where(Unit.code == "mc-20333")).first() is None


def test_names_not_compared_with_the_official_list_say_so(danang: Database) -> None:
    for code in ("dn-so-y-te", "mc-20242"):
        found = unit(danang, code)
        assert found.grade == "draft"
        assert "chưa đối chiếu" in found.source.lower()
    assert unit(danang, "20224").grade == "single-source"
    assert "20305" in unit(danang, "20224").source


def test_made_up_units_are_marked_and_named_so(danang: Database) -> None:
    with danang.reading() as session:
        samples = session.execute(select(Unit).where(Unit.is_sample)).scalars().all()
        assert len(samples) == 15
        assert all("mẫu" in s.name for s in samples)


def test_paths_lead_from_the_province_down(danang: Database) -> None:
    with danang.reading() as session:
        rows = {u.id: u for u in session.execute(select(Unit)).scalars()}
    roots = [u for u in rows.values() if u.parent_id is None]
    assert [u.code for u in roots] == ["48"]
    for found in rows.values():
        over = rows[found.parent_id].path if found.parent_id else "/"
        assert found.path == f"{over}{found.id}/"


def test_loading_everything_again_changes_nothing(danang: Database, now: datetime) -> None:
    shipped_data.load_fields(danang, system(), now=now)
    shipped_data.load_target_plans(danang, system(), now=now)

    def counts() -> list[int]:
        with danang.reading() as session:
            tables = (Unit, UnitSuccession, Field, Procedure, TargetPlan, Target, AuditEvent)
            return [session.execute(select(func.count()).select_from(t)).scalar_one() for t in tables]

    before = counts()
    plan = shipped_data.load_danang(danang, system(), now=now)
    assert plan.is_empty
    assert shipped_data.load_fields(danang, system(), now=now) == shipped_data.Loaded(0, 0)
    assert shipped_data.load_target_plans(danang, system(), now=now) == shipped_data.Loaded(0, 0)
    assert counts() == before


def test_new_installation_keeps_its_root_when_the_units_come(database: Database, now: datetime) -> None:
    from survey.services.province import units

    with database.writing() as session:
        root = units.ensure_root(session).id
    shipped_data.load_danang(database, system(), now=now)
    found = unit(database, "48")
    assert (found.id, found.name) == (root, "Thành phố Đà Nẵng")


def test_fields_carry_the_groups_that_plans_set_targets_for(database: Database, now: datetime) -> None:
    shipped_data.load_fields(database, system(), now=now)
    with database.reading() as session:
        groups = {f.code: f.group for f in session.execute(select(Field)).scalars()}
        replaced = session.execute(select(Procedure.replaced_by).where(Procedure.code == "1.003559")).scalar_one()
    assert len(groups) == 15
    assert {c for c, g in groups.items() if g is FieldGroup.LAND} == {"dat-dai"}
    assert (groups["xay-dung"], groups["dau-tu"], groups["y-te"]) == (
        FieldGroup.CONSTRUCTION,
        FieldGroup.INVESTMENT,
        FieldGroup.HEALTH,
    )
    assert replaced == "1.004873"


@pytest.mark.parametrize(
    ("plan", "domain", "day", "expected"),
    [
        (
            "QN-2021-2025",
            "admin",
            date(2026, 11, 20),
            [("QN25-ALL", [], "0.90"), ("QN25-LCI", ["l", "c", "i"], "0.85")],
        ),
        ("QN-2021-2025", "health", date(2026, 11, 20), [("QN25-HE", ["h", "e"], "0.85")]),
        ("QN-2021-2025", "education", date(2024, 1, 1), [("QN25-HE", ["h", "e"], "0.85")]),
        (
            "QN-2022",
            "admin",
            date(2022, 6, 1),
            [("QN22-ALL", [], "0.85"), ("QN22-LCIHE", ["l", "c", "i", "h", "e"], "0.80")],
        ),
        (
            "TB-2021-2030",
            "admin",
            date(2024, 6, 1),
            [("TB25-ALL", [], "0.90"), ("TB25-LCIHE", ["l", "c", "i", "h", "e"], "0.85")],
        ),
        ("TB-2021-2030", "health", date(2026, 6, 1), [("TB30-LCIHE", ["l", "c", "i", "h", "e"], "0.90")]),
        ("NAT-30C", "admin", date(2014, 1, 1), [("NAT15", [], "0.60")]),
        ("NAT-30C", "admin", date(2018, 1, 1), [("NAT20", [], "0.80")]),
        ("NAT-76", "admin", date(2026, 1, 1), []),
        ("QN-2024", "admin", date(2024, 6, 1), []),
        ("EDU-2034", "education", date(2026, 1, 1), [("EDU25", ["e"], "0.85")]),
    ],
)
def test_thresholds_of_a_plan_for_a_service_on_a_day(
    database: Database, now: datetime, plan: str, domain: str, day: date, expected: list[tuple[str, list[str], str]]
) -> None:
    shipped_data.load_target_plans(database, system(), now=now)
    with database.reading() as session:
        plan_id = session.execute(select(TargetPlan.id).where(TargetPlan.code == plan)).scalar_one()
        found = target_plans.thresholds(session, plan_id, domain=domain, day=day)
    assert [(t.code, {g.value[0] for g in t.field_groups}, t.rate) for t in found] == [
        (code, set(groups), Decimal(rate)) for code, groups, rate in expected
    ]


def test_rank_targets_are_kept_beside_the_thresholds(database: Database, now: datetime) -> None:
    shipped_data.load_target_plans(database, system(), now=now)
    with database.reading() as session:
        ranks = session.execute(select(Target).where(Target.unit == TargetUnit.RANK)).scalars().all()
    assert {(r.code, r.year, r.threshold, r.comparison) for r in ranks} >= {
        ("QN25-R-SIPAS", 2025, Decimal(20), "<="),
        ("KKT30-R-PCI", 2030, Decimal(7), "<="),
    }
    assert len(ranks) == 13
    assert all(r.among for r in ranks)
