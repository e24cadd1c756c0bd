"""The record's two doors: `reading()` cannot write, `writing()` is one transaction that begins with the write lock.

SQLite: write-ahead log, `synchronous=FULL`, foreign keys, `BEGIN IMMEDIATE` for every write (a deferred BEGIN that
turns into a write fails at once with "database is locked", whatever the busy timeout), and connections for reading
that refuse writes. PostgreSQL: read-only transactions for reading. Failures of the store itself become
`RecordUnavailable`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, CursorResult, Delete, Engine, Update, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from survey.errors import RecordUnavailable

BUSY_SECONDS = 11  # a long writer may hold the lock for 10 s before a citizen is asked to try again


class Database:
    """One installation's record. Cheap to make, safe to share between threads."""

    def __init__(self, url: str, *, pool_size: int = 4, pool_wait: float = 2.0) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        # Writers of one process stand in a fair queue: SQLite itself makes those who wait sleep and try again.
        self._turn: AbstractContextManager[object] = threading.Lock() if self.is_sqlite else nullcontext()
        self._writer = self._engine(pool_size, pool_wait, read_only=False)
        self._reader = self._engine(pool_size, pool_wait, read_only=True)

    @property
    def dialect(self) -> str:
        return "sqlite" if self.is_sqlite else "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent view of the record in which nothing can be changed."""
        with _store_errors(), Session(self._reader, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._turn, _store_errors(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            session.connection()  # takes SQLite's write lock now, not at the first statement
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """As `writing()`, without the unit of work: for the few statements that citizens wait for."""
        with self._turn, _store_errors(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def view(self) -> Iterator[Connection]:
        """As `reading()`, without the unit of work."""
        with _store_errors(), self._reader.connect() as connection:
            yield connection

    @property
    def engine(self) -> Engine:
        """For migrations and maintenance only."""
        return self._writer

    def dispose(self) -> None:
        self._writer.dispose()
        self._reader.dispose()

    def _engine(self, pool_size: int, pool_wait: float, *, read_only: bool) -> Engine:
        if self.is_sqlite:
            engine = create_engine(
                self.url,
                poolclass=QueuePool,
                pool_size=pool_size,
                max_overflow=8,
                pool_timeout=BUSY_SECONDS,
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            )
            _sqlite_rules(engine, read_only=read_only)
            return engine
        engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=2,
            pool_timeout=pool_wait,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c lock_timeout=10s"},
        )
        if read_only:
            return engine.execution_options(postgresql_readonly=True)
        return engine


def _sqlite_rules(engine: Engine, *, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # transactions are begun below, never by the driver
        cursor = raw.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def _store_errors() -> Iterator[None]:
    """A store that is full, read-only, locked or away is told apart from a mistake of ours."""
    try:
        yield
    except PoolTimeout as error:
        raise RecordUnavailable("All connections to the database are busy. Please try again in a moment.") from error
    except DBAPIError as error:
        if _is_unavailable(error):
            raise RecordUnavailable("The database cannot take this just now. Please try again in a moment.") from error
        raise


def _is_unavailable(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    original = error.orig
    if isinstance(original, sqlite3.OperationalError):
        reason = str(original).lower()
        return any(
            w in reason for w in ("locked", "disk is full", "disk i/o", "readonly", "read-only", "unable to open")
        )
    if isinstance(error, OperationalError):
        return True  # psycopg: connection lost, server shutting down, disk full, lock timeout
    state = getattr(original, "sqlstate", None) or ""
    return state[:2] in ("53", "57", "08") or state == "55P03"


def changed(session: Session, statement: Update | Delete) -> int:
    """Carry a statement out and say how many rows it changed or deleted."""
    done = session.execute(statement)
    assert isinstance(done, CursorResult)
    return done.rowcount


def check_integrity(database: Database) -> list[str]:
    """What SQLite's own check finds wrong; empty when the record is sound. PostgreSQL checks itself."""
    if not database.is_sqlite:
        return []
    with database.view() as connection:
        found = [row[0] for row in connection.execute(text("PRAGMA integrity_check"))]
        found += [f"foreign key: {tuple(row)}" for row in connection.execute(text("PRAGMA foreign_key_check"))]
    return [f for f in found if f != "ok"]
