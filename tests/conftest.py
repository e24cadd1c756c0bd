"""What every test may ask for: a record on each database, an app on it, a client, factories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey import create_app, i18n, schema
from survey.config import Config
from survey.database import Database
from survey.models.people.accounts import Account
from survey.services.people import signin
from survey.web import staff_session
from tests import postgresql
from tests.factories.people import cheap
from tests.factories.record import Record
from tests.staff_client import StaffClient

NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)  # 09:30 on 20 November 2026 in Việt Nam
BACKENDS = ("sqlite", "postgresql")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgresql.prepare()
    i18n.compile_stale()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgresql.stop()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    stats = terminalreporter.stats
    passed = len(stats.get("passed", []))
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.write_line(f"{passed} passed, {failed} failed")


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One migrated record per database, copied for each test."""
    made: dict[str, str] = {}
    path = tmp_path_factory.mktemp("template") / "record.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    with database.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    made["sqlite"] = str(path)
    return made


@pytest.fixture(scope="session")
def postgresql_template() -> str:
    name = f"template_{os.getpid()}"
    with psycopg.connect(postgresql.admin_url(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    database = Database(_with_database(postgresql.admin_url(), name))
    schema.upgrade(database)
    database.dispose()
    return name


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


@pytest.fixture
def database_url(
    backend: str, tmp_path: Path, _templates: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[str]:
    """An empty, migrated record of its own on each of the two databases."""
    if backend == "sqlite":
        path = tmp_path / "record.db"
        shutil.copyfile(_templates["sqlite"], path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgresql_template")
    name = f"test_{os.getpid()}_{id(request)}"
    with psycopg.connect(postgresql.admin_url(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield _with_database(postgresql.admin_url(), name)
    with psycopg.connect(postgresql.admin_url(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _with_database(url: str, name: str) -> str:
    return url.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.dispose()


@pytest.fixture
def record(database: Database) -> Record:
    """The factory of valid objects in this test's record."""
    return Record(database, NOW)


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    return Config(
        instance=tmp_path,
        database_url=database_url,
        host="127.0.0.1",
        port=8000,
        public_url="http://localhost",
        allowed_hosts=frozenset({"localhost", "127.0.0.1"}),
        secret_keys=(b"k" * 32,),
        faces=frozenset({"citizen"}),
        testing=True,
    )


@pytest.fixture
def app(config: Config, database: Database) -> Flask:
    return create_app(config, database)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def staff_app(config: Config, database: Database) -> Flask:
    """The staff faces alone, at the tests' moment (`clock` may be set anew), with passwords that are cheap to hash."""
    return create_app(replace(config, faces=frozenset({"staff"})), database, clock=lambda: NOW, passwords=cheap())


@pytest.fixture
def visitor(staff_app: Flask) -> StaffClient:
    """Somebody at the staff pages who has not signed in."""
    return StaffClient(staff_app)


@pytest.fixture
def sign_in(staff_app: Flask, database: Database) -> Callable[[Account], StaffClient]:
    """`sign_in(account)` is a browser in which that account has a session: no password, no code."""

    def open_browser(account: Account) -> StaffClient:
        with database.writing() as session:
            opened = signin.open_session(session, account.id, now=staff_app.config["CLOCK"]())
        browser = StaffClient(staff_app)
        browser.browser.set_cookie(staff_session.COOKIE, "t." + opened.token, domain="localhost", path="/quan-tri")
        return browser

    return open_browser
