"""Who is judged together is fixed when a wave is opened, and neither answers nor late units change it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.estimates.families import VerdictFamilies
from survey.models.fieldwork.waves import Selection, Wave, WaveStatus
from survey.models.province.procedures import FieldGroup
from survey.models.province.units import UnitKind
from survey.permissions import system
from survey.queries.estimates import verdict_families as queries
from survey.queries.estimates.verdict_families import Family
from survey.services.fieldwork import waves
from survey.services.province import verdict_families
from tests.factories.record import Record
from tests.factories.results import Surveyed


@pytest.fixture
def survey(record: Record) -> Surveyed:
    """Planned, so that it can be opened."""
    return Surveyed(record, wave_values={"status": WaveStatus.PLANNED, "opened_at": None})


def families(survey: Surveyed, channel_id: int) -> dict[tuple[str, int | None], list[Family]]:
    with survey.record.database.reading() as session:
        found = queries.of_channel(session, channel_id)
    named: dict[tuple[str, int | None], list[Family]] = {}
    for one in found or ():
        named.setdefault((one.name, one.unit), []).append(one)
    return named


def opened(survey: Surveyed) -> None:
    waves.open_wave(survey.record.database, "W-1", actor=system(), now=survey.record.now)


def test_units_of_one_level_fields_of_one_target_and_own_fields_are_families(survey: Surveyed) -> None:
    wards = [survey.unit() for _ in range(3)]
    commune, office = survey.unit(kind=UnitKind.COMMUNE), survey.unit(kind=UnitKind.DEPARTMENT)
    land, build = (survey.record.field(group=g) for g in (FieldGroup.LAND, FieldGroup.CONSTRUCTION))
    health, other = survey.record.field(group=FieldGroup.HEALTH), survey.record.field()
    for unit in (*wards, commune):
        survey.record.point(survey.drawn, unit=unit)
        survey.frame(unit, 500, health)
        survey.frame(unit, 500, land)
    point = survey.record.point(survey.drawn, unit=office)
    survey.record.entry_code(point, field_id=build.id)  # no frame: the field of its printed code
    opened(survey)
    found = families(survey, survey.drawn.id)
    communes = [unit.id for unit in (*wards, commune)]
    assert [f.members for f in found["unit:commune", None]] == [tuple(communes)]
    assert [f.members for f in found["unit:department", None]] == [(office.id,)]
    assert [(f.size, f.by) for f in found["whole", None]] == [(1, ())]
    assert {f.members for f in found["field", None]} == {(land.id, build.id), (health.id,)}
    assert len({f.target for f in found["field", None]}) == 2
    assert other.id not in {m for f in found["field", None] for m in f.members}
    assert [f.members for f in found["own field", wards[0].id]] == [(land.id, health.id)]
    assert [f.members for f in found["own field", office.id]] == [(build.id,)]
    assert [f.members for f in found["own group", office.id]] == [f.members for f in found["group", None]]


def test_without_frame_and_fixed_field_people_may_say_any_field(survey: Surveyed) -> None:
    fields = [survey.record.field() for _ in range(4)]
    survey.record.point(survey.drawn, unit=survey.unit())
    opened(survey)
    assert [f.size for f in families(survey, survey.drawn.id)["field", None]] == [len(fields)]


def test_late_units_and_units_without_answers_do_not_change_the_size(survey: Surveyed) -> None:
    units = [survey.unit(f"Phường {n}") for n in range(6)]
    for unit in units:
        survey.frame(unit, 2000)
        survey.points[survey.drawn.id, unit.id] = survey.record.point(survey.drawn, unit=unit)
    opened(survey)
    for unit in units[:4]:  # two are never answered for
        survey.answer(unit, 110, 5)
    late = survey.unit("Phường đến sau")
    survey.frame(late, 2000)
    survey.answer(late, 110, 5)
    survey.close()
    rows = {row.key: row.verdict for row in survey.view().by_unit}
    assert {key: verdict.members for key, verdict in rows.items() if verdict} == {unit.id: 6 for unit in units[:4]}
    assert rows[late.id] is None
    p = {v.p_reached for v in rows.values() if v}
    assert len(p) == 1
    own = {row.key: row for row in survey.view(actor=survey.analyst(late)).by_unit}
    assert own[late.id].verdict is None


def test_fixed_once_recorded_and_never_changed(survey: Surveyed) -> None:
    survey.record.point(survey.drawn, unit=survey.unit())
    opened(survey)
    before = families(survey, survey.drawn.id)
    survey.record.point(survey.drawn, unit=survey.unit())
    assert verdict_families.fix_open_waves(survey.record.database, actor=system(), now=survey.record.now) == 0
    survey.close()
    assert families(survey, survey.drawn.id) == before
    with survey.record.database.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "wave.families")).all()
    assert [(e.detail["channel"], e.detail["members"]["unit:commune"]) for e in events] == [("drawn", 1)]


def test_a_channel_that_asks_nowhere_at_opening_is_fixed_at_closing(survey: Surveyed) -> None:
    survey.record.point(survey.drawn, unit=survey.unit())
    opened(survey)
    later = survey.record.channel(survey.wave, code="later", selection=Selection.CENSUS)
    assert families(survey, later.id) == {}
    survey.answer(survey.unit(), 30, 4, channel=later)
    survey.close()
    assert [f.size for f in families(survey, later.id)["unit:commune", None]] == [1]


def test_waves_that_are_open_at_upgrade_get_their_families_then(survey: Surveyed, database: Database) -> None:
    survey.record.point(survey.drawn, unit=survey.unit())
    with database.writing() as session:  # as a program without families opened it
        opened_at = {"status": WaveStatus.OPEN, "opened_at": survey.record.now}
        session.execute(update(Wave).where(Wave.id == survey.wave.id).values(**opened_at))
    assert verdict_families.fix_open_waves(database, actor=system("upgrade"), now=survey.record.now) == 1
    assert verdict_families.fix_open_waves(database, actor=system("upgrade"), now=survey.record.now) == 0
    with database.reading() as session:
        assert session.scalars(select(VerdictFamilies.channel_id)).all() == [survey.drawn.id]
    assert [f.size for f in families(survey, survey.drawn.id)["unit:commune", None]] == [1]
