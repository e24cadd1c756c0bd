"""`hailong codes` and `hailong placards`: what is printed for a wave, as the screens make it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from survey import addresses, clock, i18n
from survey.cli.record import record
from survey.errors import NotFound
from survey.exports import codes as code_files
from survey.services.fieldwork import one_time_codes
from survey.services.fieldwork import placards as service
from survey.services.province import settings
from survey.tokens import Tokens
from survey.words.figures import day


@click.group()
def codes() -> None:
    """One-time codes for the slips of a drawn or census channel."""


@codes.command()
@click.argument("wave")
@click.option("--unit", help="Code of the unit, where it has one point for one-time codes.")
@click.option("--point", type=int, help="Number of the point, where the unit has several.")
@click.option("--count", type=int, required=True, help="How many codes, at most 50,000.")
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last day they can be used, as 2026-12-31."
)
@click.option("--field", help="Code of the field of procedures that the slips are for.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .csv or .pdf to write."
)
def issue(
    wave: str, unit: str | None, point: int | None, count: int, expires: datetime, field: str | None, out: Path
) -> None:
    """Issue one-time codes of WAVE into a list (.csv) or slips to print (.pdf).

    The codes are shown this once: the record keeps only their keyed hashes. A file that is there already is not
    overwritten, for it may hold codes that nothing else holds.
    """
    if (unit is None) == (point is None):
        raise click.UsageError("Name either the unit (--unit) or the point (--point).")
    if out.suffix.lower() not in (".csv", ".pdf"):
        raise click.UsageError(f"The file ends in .csv or .pdf; this one is {out.name}.")
    if out.suffix.lower() == ".pdf" and count > service.MOST_SLIPS:
        raise click.UsageError(f"Slips are made for at most {service.MOST_SLIPS} codes at once; take the list (.csv).")
    last_day = expires.date()
    with record() as opened, out.open("xb") as file:
        try:
            with opened.database.reading() as session:
                at = one_time_codes.slip_point(session, wave, unit_code=unit, point_id=point)
                base = addresses.public_base(opened.config.public_url, settings.read(session).domain)
            made = one_time_codes.issue(
                opened.database, Tokens(opened.config.secret_keys), wave, point_id=at.id, count=count,
                expires_on=last_day, field_code=field, actor=opened.actor, now=clock.now(),
            )  # fmt: skip
            if out.suffix.lower() == ".csv":
                listed = code_files.as_csv(made, base=base, unit_code=at.unit_code, point_id=at.id, expires_on=last_day)
                file.write(listed)
            else:
                with opened.database.reading() as session:
                    slips = service.slips(
                        session,
                        wave,
                        public_url=opened.config.public_url,
                        actor=opened.actor,
                        point_id=at.id,
                        codes=made,
                    )
                file.write(service.slip_file(slips, last_day, _words()))
        except BaseException:
            out.unlink()
            raise
    click.echo(f"{out}: {len(made)} codes, each good once until {day(last_day)}")


@click.command()
@click.argument("wave")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .pdf to write.")
@click.option("--paper", type=click.Choice(service.PAPERS), default="a6", show_default=True, help="Size of the paper.")
def placards(wave: str, out: Path, paper: str) -> None:
    """Write the placards of every point of WAVE that has a printed code."""
    with record() as opened:
        with opened.database.reading() as session:
            made = service.sheets(session, wave, public_url=opened.config.public_url, actor=opened.actor)
        if not made.sheets:
            raise NotFound("The wave %(code)s has no point with a code to print.", code=wave)
        out.write_bytes(service.placard_file(made, paper, _words()))
    click.echo(f"{out}: {len(made.sheets)} placards")


def _words() -> service.Words:
    return i18n.translations(service.LANGUAGE).gettext
