"""The schema: one head, reversible, equal to the models; and what the database itself refuses, whoever asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, inspect, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey import schema
from survey.database import Database
from survey.models.audit import AuditEvent
from survey.models.estimates.results import ResultSet, ResultStatus, WeightSet
from survey.models.fieldwork.waves import Wave, WaveStatus
from survey.models.people.accounts import Role
from survey.models.province.units import Unit, UnitSuccession
from survey.models.questionnaires.instruments import InstrumentVersion, VersionStatus
from survey.models.registry import metadata
from tests.factories.record import Record

NAMES_IN_ORDER = Path(__file__).parents[1] / "survey" / "names_in_icu_order.json"


def test_there_is_one_head_and_four_digits_name_each_step() -> None:
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    steps = [s.revision for s in scripts.walk_revisions()]
    assert all(len(r) == 4 and r.isdigit() for r in steps)
    assert sorted(steps) == [f"{n:04d}" for n in range(1, len(steps) + 1)]


def test_schema_goes_up_down_and_up_again(database: Database) -> None:
    before = shape(database)
    schema.downgrade(database, "base")
    left = {name for name in inspect(database.engine).get_table_names() if name != "alembic_version"}
    assert left == set()
    assert schema.current_revision(database) is None
    assert schema.upgrade(database) == schema.head()
    assert shape(database) == before


def test_upgrading_again_changes_nothing(database: Database) -> None:
    before = shape(database)
    assert schema.upgrade(database) == schema.head()
    assert shape(database) == before


def test_models_are_the_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def shape(database: Database) -> dict[str, object]:
    """Tables, columns, indexes and triggers as the database reports them."""
    look = inspect(database.engine)
    tables = {
        name: (
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(name)),
            sorted(str(i["name"]) for i in look.get_indexes(name)),
            sorted(str(c["name"]) for c in look.get_check_constraints(name)),
        )
        for name in sorted(look.get_table_names())
    }
    with database.engine.connect() as connection:
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if database.is_sqlite
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        triggers = sorted(row[0] for row in connection.execute(text(query)))
    return {"tables": tables, "triggers": triggers}


def refused(database: Database, act: Callable[[Session], object], words: str) -> None:
    """The database refuses with these words, and the record stays as it was."""
    with pytest.raises(DBAPIError, match=words):
        allowed(database, act)


def allowed(database: Database, act: Callable[[Session], object]) -> None:
    with database.writing() as session:
        act(session)


def test_published_version_is_neither_changed_nor_deleted(record: Record, database: Database) -> None:
    version = record.version("{}")
    for name, value in (("document", '{"x":1}'), ("number", 9), ("content_hash", "f" * 64), ("core_hash", "f" * 64)):
        refused(
            database,
            lambda s, n=name, v=value: s.execute(
                update(InstrumentVersion).where(InstrumentVersion.id == version.id).values(**{n: v})
            ),  # type: ignore[misc]
            "cannot be changed",
        )
    back = update(InstrumentVersion).where(InstrumentVersion.id == version.id).values(status=VersionStatus.DRAFT)
    refused(database, lambda s: s.execute(back), "cannot be changed")
    gone = delete(InstrumentVersion).where(InstrumentVersion.id == version.id)
    refused(database, lambda s: s.execute(gone), "cannot be deleted")
    retire = update(InstrumentVersion).where(InstrumentVersion.id == version.id).values(status=VersionStatus.RETIRED)
    allowed(database, lambda s: s.execute(retire))
    refused(database, lambda s: s.execute(gone), "cannot be deleted")
    again = update(InstrumentVersion).where(InstrumentVersion.id == version.id).values(status=VersionStatus.PUBLISHED)
    refused(database, lambda s: s.execute(again), "cannot be changed")


def test_draft_version_may_be_changed_and_deleted(record: Record, database: Database) -> None:
    version = record.version("{}", status=VersionStatus.DRAFT)
    change = update(InstrumentVersion).where(InstrumentVersion.id == version.id).values(document='{"x":1}')
    allowed(database, lambda s: s.execute(change))
    allowed(database, lambda s: s.execute(delete(InstrumentVersion).where(InstrumentVersion.id == version.id)))


def test_wave_keeps_version_plan_and_code_once_it_is_open(record: Record, database: Database) -> None:
    wave, other = record.wave(status=WaveStatus.OPEN), record.version()
    for values in ({"version_id": other.id}, {"code": "OTHER"}, {"status": WaveStatus.PLANNED, "opened_at": None}):
        change = update(Wave).where(Wave.id == wave.id).values(**values)
        refused(database, lambda s, c=change: s.execute(c), "keeps its questionnaire")  # type: ignore[misc]
    refused(database, lambda s: s.execute(delete(Wave).where(Wave.id == wave.id)), "cannot be deleted")
    close = update(Wave).where(Wave.id == wave.id).values(status=WaveStatus.CLOSED, closed_at=record.now)
    allowed(database, lambda s: s.execute(close))
    reopen = update(Wave).where(Wave.id == wave.id).values(status=WaveStatus.OPEN, closed_at=None)
    refused(database, lambda s: s.execute(reopen), "keeps its questionnaire")


def test_planned_wave_may_still_choose_its_version(record: Record, database: Database) -> None:
    wave, other = record.wave(status=WaveStatus.PLANNED), record.version()
    allowed(database, lambda s: s.execute(update(Wave).where(Wave.id == wave.id).values(version_id=other.id)))
    allowed(database, lambda s: s.execute(delete(Wave).where(Wave.id == wave.id)))


def test_weights_and_results_are_frozen(record: Record, database: Database, now: datetime) -> None:
    wave = record.wave(status=WaveStatus.OPEN)
    channel = record.channel(wave)
    weights = record.add(
        WeightSet(wave_id=wave.id, channel_id=channel.id, scheme="s", stages=[], data_hash="a" * 64, made_at=now)
    )
    results = record.add(
        ResultSet(
            wave_id=wave.id,
            channel_id=channel.id,
            weight_set_id=weights.id,
            status=ResultStatus.FINAL,
            data_hash="a" * 64,
            software="0",
            made_at=now,
            responses=10,
            estimates=b"x",
        )
    )
    refused(database, lambda s: s.execute(update(WeightSet).values(scheme="t")), "never overwritten")
    for values in ({"estimates": b"y"}, {"responses": 11}, {"status": ResultStatus.PROVISIONAL}):
        change = update(ResultSet).where(ResultSet.id == results.id).values(**values)
        refused(database, lambda s, c=change: s.execute(c), "frozen")  # type: ignore[misc]
    refused(database, lambda s: s.execute(delete(ResultSet)), "cannot be deleted")
    allowed(database, lambda s: s.execute(update(ResultSet).values(deleted_since=1)))


def test_record_of_actions_is_only_added_to_and_kept_twelve_months(record: Record, database: Database) -> None:
    def event(at: datetime) -> AuditEvent:
        return record.add(AuditEvent(at=at, actor="lan", action="unit.add", subject="unit 1", detail={}))

    from datetime import UTC

    today = datetime.now(UTC)
    young, old = event(today - timedelta(days=300)), event(today - timedelta(days=400))
    refused(database, lambda s: s.execute(update(AuditEvent).values(actor="minh")), "append-only")
    refused(database, lambda s: s.execute(delete(AuditEvent).where(AuditEvent.id == young.id)), "12 months")
    allowed(database, lambda s: s.execute(delete(AuditEvent).where(AuditEvent.id == old.id)))


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE unit SET valid_from = '2026-01-02', valid_to = '2026-01-01'", "dates_in_order"),
        ("UPDATE unit SET path = '1'", "path_form"),
        ("UPDATE unit SET kind = 'castle'", "kind"),
        ("UPDATE account SET username = 'LAN'", "username_lower"),
        ("UPDATE account SET status = 'asleep'", "status"),
        ("UPDATE account_grant SET role = 'king'", "role"),
        ("UPDATE unit_succession SET share = 2", "share_range"),
        ("UPDATE unit SET parent_id = 9999", "parent_id|FOREIGN KEY"),
    ],
)
def test_constraints_hold_on_both_databases(
    record: Record, database: Database, statement: str, constraint: str
) -> None:
    unit = record.unit()
    record.account((Role.ANALYST, unit, ("health",)))
    record.add(UnitSuccession(old_id=record.unit().id, new_id=unit.id, since=record.now.date(), share=0.5))
    refused(database, lambda s: s.execute(text(statement)), constraint)
    with database.reading() as session:
        assert session.get(Unit, unit.id) is not None


def test_record_of_a_newer_program_is_left_alone(database: Database) -> None:
    from survey.errors import ConfigurationError

    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (schema.upgrade, schema.require_current):
        with pytest.raises(ConfigurationError, match="newer"):
            act(database)


def test_empty_record_says_what_to_run(database: Database) -> None:
    from survey.errors import ConfigurationError

    schema.downgrade(database, "base")
    with pytest.raises(ConfigurationError, match="hailong db upgrade"):
        schema.require_current(database)


def test_names_that_are_there_get_their_place_in_vietnamese_order(record: Record, database: Database) -> None:
    expected = json.loads(NAMES_IN_ORDER.read_text("utf-8"))
    by_id = {record.unit(name=name).id: name for name in reversed(expected["names"])}
    in_order = select(Unit.id, Unit.sort_key).order_by(Unit.sort_key).where(Unit.id.in_(by_id))
    with database.reading() as session:
        made_by_the_models = session.execute(in_order).all()
    schema.downgrade(database, "0004")
    schema.upgrade(database)
    with database.reading() as session:
        assert session.execute(in_order).all() == made_by_the_models
    assert [by_id[row.id] for row in made_by_the_models] == expected["names"]
