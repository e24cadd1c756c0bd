"""`hailong db`: bring the record up to date, and see that it is sound."""

from __future__ import annotations

import sys

import click
from sqlalchemy.engine import make_url

from survey import clock, schema
from survey.cli.record import record
from survey.database import Database, check_integrity
from survey.permissions import system


@click.group()
def db() -> None:
    """The record: its schema and its soundness."""


@db.command()
def upgrade() -> None:
    """Make the record, or bring it to the schema of this program.

    Also registers the questionnaires that are shipped, and fixes which figures of a wave that is open are judged
    together. Safe to run again; a record written by a newer program is left alone.
    """
    from survey.services.province import verdict_families
    from survey.services.questionnaires import shipped_and_imported

    with record(current=False) as opened:
        reached = schema.upgrade(opened.database)
        verdict_families.fix_open_waves(opened.database, actor=system("upgrade"), now=clock.now())
        shipped_and_imported.register_shipped(opened.database, now=clock.now())
        click.echo(
            f"The record ({place(opened.database)}) has schema {reached}; shipped questionnaires are registered."
        )


@db.command()
def check() -> None:
    """See whether the record fits this program and is sound.

    Prints one line for each thing looked at. The exit code is 1 when something is wrong.
    """
    with record() as opened:
        click.echo(f"ok  schema {schema.head()} ({place(opened.database)})")
        found = check_integrity(opened.database)
        for problem in found:
            click.echo(f"bad {problem}", err=True)
        if found:
            sys.exit(1)
        said = "integrity and foreign keys" if opened.database.is_sqlite else "integrity (PostgreSQL checks itself)"
        click.echo(f"ok  {said}")


def place(database: Database) -> str:
    """Where the record is, without a password."""
    return make_url(database.url).render_as_string(hide_password=True)
