"""The schema of the record: bring it up to date, take it back, and say in one sentence when it does not fit."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from survey.database import Database
from survey.errors import ConfigurationError

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(database: Database, revision: str = "head") -> str:
    """Run the migrations that are missing, in one transaction; returns the revision reached."""
    if (current := current_revision(database)) is not None and not _known(current):
        raise _newer(current)
    with database.connection() as connection:
        command.upgrade(_config(connection), revision)
    return current_revision(database) or "none"


def downgrade(database: Database, revision: str) -> str:
    with database.connection() as connection:
        command.downgrade(_config(connection), revision)
    return current_revision(database) or "none"


def current_revision(database: Database) -> str | None:
    with database.view() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    found = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert found is not None
    return found


def require_current(database: Database) -> None:
    """Raise ConfigurationError unless the record has exactly the schema this program was written for."""
    current = current_revision(database)
    if current == head():
        return
    if current is None:
        raise ConfigurationError("The database is empty: run `hailong db upgrade` first.")
    if not _known(current):
        raise _newer(current)
    raise ConfigurationError(
        "The database has schema %(current)s, this program expects %(head)s: run `hailong db upgrade`.",
        current=current,
        head=head(),
    )


def _known(revision: str) -> bool:
    return revision in {s.revision for s in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _newer(current: str) -> ConfigurationError:
    return ConfigurationError(
        "The database has schema %(current)s, which this program (schema %(head)s) does not know: "
        "a newer Hài Lòng wrote it. Start that newer version, or restore an older back-up.",
        current=current,
        head=head(),
    )


def _config(connection: object) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
