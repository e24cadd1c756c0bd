"""The record as a command works on it: opened, of the right schema, and closed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from survey import schema
from survey.config import Config, load
from survey.database import Database
from survey.permissions import Actor, system


@dataclass(frozen=True)
class Opened:
    """What a command works with; it acts as the system, and the record of actions says so."""

    config: Config
    database: Database
    actor: Actor


@contextmanager
def record(*, current: bool = True) -> Iterator[Opened]:
    """The record of this installation. Raises in one sentence when its schema is older or newer than the program's."""
    config = load()
    database = Database(config.database_url)
    try:
        if current:
            schema.require_current(database)
        yield Opened(config, database, system())
    finally:
        database.dispose()
