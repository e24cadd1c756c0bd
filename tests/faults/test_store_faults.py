"""The store is locked, full, read-only or killed: citizens see a truthful page; nothing is lost, doubled or halved."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from survey import create_app
from survey.config import Config
from survey.database import Database, check_integrity
from survey.errors import RecordUnavailable
from survey.models.intake.responses import Response
from tests.factories.citizen import NINE, Citizen
from tests.factories.record import Form, Record
from tests.load import kills


@pytest.fixture
def form(record: Record) -> Form:
    return record.form()


@pytest.fixture
def citizen(client: FlaskClient, form: Form) -> Citizen:
    return Citizen(client, form.code)


def rows(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Response)) or 0


only_sqlite = pytest.mark.parametrize("backend", ["sqlite"])
only_postgresql = pytest.mark.parametrize("backend", ["postgresql"])


@only_sqlite
def test_a_full_disk_keeps_the_form_filled_in_and_heals_by_itself(citizen: Citizen, database: Database) -> None:
    full = True

    def limit(connection: object, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={1 if full else 2_000_000_000}")  # type: ignore[attr-defined]

    event.listen(database.engine, "checkout", limit)
    key = citizen.open()
    comment = {"comment": "Xin cảm ơn. " * 150}
    refused = citizen.send(key, {**NINE, **comment})
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    assert refused.text.count(" checked") == 9
    assert comment["comment"].strip() in refused.text
    assert rows(database) == 0
    full = False
    assert citizen.send(key, {**NINE, **comment}).status_code == 303
    assert rows(database) == 1
    assert check_integrity(database) == []


@only_sqlite
def test_a_write_waits_out_a_lock_of_three_seconds(citizen: Citizen, database: Database, database_url: str) -> None:
    key = citizen.open()
    holder = Database(database_url)
    held = threading.Event()

    def hold() -> None:
        with holder.connection():
            held.set()
            time.sleep(3)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    started = time.monotonic()
    assert citizen.send(key).status_code == 303
    assert 2 < time.monotonic() - started < 10
    thread.join()
    holder.dispose()


@only_sqlite
def test_a_lock_held_too_long_asks_to_try_again(citizen: Citizen, database: Database, database_url: str) -> None:
    key = citizen.open()
    holder = Database(database_url)
    with holder.connection():
        refused = citizen.send(key)
    assert refused.status_code == 503
    assert refused.text.count(" checked") == 9
    assert citizen.send(key).status_code == 303
    assert rows(database) == 1
    holder.dispose()


@only_sqlite
def test_every_write_transaction_on_sqlite_begins_immediate(database: Database) -> None:
    begun: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_rest: begun.append(statement) if statement.startswith("BEGIN") else None,
    )
    with database.writing() as session:
        session.execute(text("SELECT 1"))
    with database.connection() as connection:
        connection.execute(text("SELECT 1"))
    assert begun == ["BEGIN IMMEDIATE", "BEGIN IMMEDIATE"]


def test_reading_refuses_to_write(form: Form, database: Database) -> None:
    with pytest.raises((RecordUnavailable, DBAPIError)), database.view() as connection:
        connection.execute(text("UPDATE wave SET title = 'x'"))


@only_sqlite
def test_a_read_only_file_is_an_unavailable_record_not_a_crash(
    config: Config, database: Database, form: Form, tmp_path: Path
) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    event.listen(database.engine, "checkout", lambda raw, *_: raw.execute("PRAGMA query_only=ON"))
    citizen = Citizen(create_app(config, database).test_client(), form.code)
    assert citizen.send(citizen.open()).status_code == 503


@only_postgresql
def test_when_all_connections_are_busy_the_answer_comes_fast(database_url: str, form: Form, config: Config) -> None:
    database = Database(database_url, pool_size=1, pool_wait=0.5)
    held = [database.engine.connect() for _ in range(3)]
    citizen = Citizen(create_app(config, database).test_client(), form.code)
    started = time.monotonic()
    refused = citizen.send(citizen.open())
    assert refused.status_code == 503
    assert time.monotonic() - started < 3
    for connection in held:
        connection.close()
    assert citizen.send(citizen.open()).status_code == 303
    database.dispose()


@only_postgresql
def test_connections_cut_by_the_server_are_replaced_unnoticed(citizen: Citizen, database: Database) -> None:
    key = citizen.open()
    citizen.send(citizen.open())
    with database.connection() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                 " AND pid <> pg_backend_pid()")
        )  # fmt: skip
    assert [citizen.send(key).status_code for _ in range(2)] == [303, 303]
    assert rows(database) == 2


def test_an_unreachable_database_is_said_in_one_sentence(tmp_path: Path) -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(RecordUnavailable), database.view():
        pass


@pytest.mark.slow
def test_killing_workers_loses_and_doubles_nothing(database_url: str, tmp_path: Path) -> None:
    outcome = kills.trial(tmp_path, database_url, rounds=12)
    assert outcome.acknowledged > outcome.rounds
    assert outcome.sound, outcome
