"""`hailong units`: units from a file and into a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from survey import clock
from survey.cli.record import record
from survey.errors import Invalid
from survey.services.province import units as service
from survey.services.province.unit_file_changes import Plan

MOST_SHOWN = 50


@click.group()
def units() -> None:
    """Agencies, communes, hospitals and schools, with their dates and successors."""


@units.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True))
@click.option("--dry-run", is_flag=True, help="Only say what would be added, changed and ended.")
def import_(file: Path, dry_run: bool) -> None:
    """Take a CSV FILE of units.

    The first row names the columns: code, name, kind, and if wanted parent, valid_from, valid_to, successors,
    is_sample, grade, source. An empty cell leaves what the record has; units that are not in the file stay. All of the
    file is taken or, when a row has a problem, nothing. Taking the same file again changes nothing.
    """
    data = file.read_bytes()
    with record() as opened:
        plan = service.plan_import(opened.database, opened.actor, data)
        if plan.problems:
            for problem in plan.problems[:MOST_SHOWN]:
                click.echo(service.problem_sentence(problem), err=True)
            if len(plan.problems) > MOST_SHOWN:
                click.echo(f"… and {len(plan.problems) - MOST_SHOWN} more", err=True)
            raise Invalid("%(file)s has %(count)d problems; nothing was taken.", file=file, count=len(plan.problems))
        if not dry_run:
            plan = service.take_import(opened.database, opened.actor, data, expected=plan.digest, now=clock.now())
        click.echo(("Would take: " if dry_run else "Taken: ") + summary(plan))


@units.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True), required=False)
def export(file: Path | None) -> None:
    """Write all units as a CSV FILE that `units import` takes back (to standard output without FILE)."""
    with record() as opened:
        data = service.export(opened.database, opened.actor)
    if file is None:
        sys.stdout.buffer.write(data)
    else:
        file.write_bytes(data)


def summary(plan: Plan) -> str:
    return (
        f"{len(plan.added)} new, {len(plan.changed)} changed, {len(plan.ended)} ended, {plan.unchanged} as they were."
    )
