"""`hailong results …`: the figures of a wave and its files, as the screens have them."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from survey import clock
from survey.cli.record import record


@click.group()
def results() -> None:
    """Weighted rates with their uncertainty, verdicts, and the workbook."""


@results.command()
@click.argument("wave")
@click.option("--channel", help="Code of the channel; the drawn one, else the first, unless named.")
@click.option("--version", type=int, help="Which version of results judged anew; the newest, unless named.")
@click.option(
    "--by", help="Only one table, among those fixed when the wave opened: unit, field, unit,field or fact:CODE."
)
@click.option("--json", "as_json", is_flag=True, help="In the shape of RESULT.json.")
def estimate(wave: str, channel: str | None, version: int | None, by: str | None, as_json: bool) -> None:
    """Estimates and verdicts of WAVE, small cells hidden."""
    from survey.services.estimates import visible_results as service
    from survey.services.estimates.results_cache import KeptResults
    from survey.services.files import result_files, result_json

    with record() as opened:
        view = service.read(
            opened.database, wave, channel, actor=opened.actor, now=clock.now(),
            kept=KeptResults(result_files.snapshots(opened.config.instance)), version=version,
        )  # fmt: skip
    if by is not None:
        click.echo(json.dumps(result_json.table(view, by), ensure_ascii=False, indent=1, allow_nan=False))
    elif as_json:
        click.echo(json.dumps(result_json.result(view), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        click.echo("\n".join(result_json.lines(view)))


@results.command()
@click.argument("wave")
@click.option("--channel", help="Code of the channel; the drawn one, else the first, unless named.")
def analyses(wave: str, channel: str | None) -> None:
    """Further analyses of WAVE as JSON: change, channels, drivers, ranks, course, quality, reliability."""
    from survey.services.estimates.analyses import making, reading
    from survey.services.estimates.results_cache import KeptResults
    from survey.services.files import result_files

    with record() as opened:
        found = reading.read(
            opened.database, wave, channel, actor=opened.actor, now=clock.now(),
            kept=KeptResults(result_files.snapshots(opened.config.instance)),
        )  # fmt: skip
    plain = making.to_plain(found.analyses, found.view.unit_names)
    click.echo(json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False))


_channel = click.option("--channel", help="Code of the channel; the drawn one, else the first, unless named.")
_language = click.option(
    "--language",
    type=click.Choice(["vi", "en"]),
    default="vi",
    show_default=True,
    help="Language of the file: vi or en.",
)


def _out(ending: str) -> Callable[[Any], Any]:
    """The option that names the file to write."""
    path = click.Path(dir_okay=False, path_type=Path)
    return click.option("--out", type=path, required=True, help=f"The .{ending} to write.")


@results.command()
@click.argument("wave")
@_channel
@_out("xlsx")
@_language
def workbook(wave: str, channel: str | None, out: Path, language: str) -> None:
    """Write the workbook of WAVE to a file."""
    _write("workbook", wave, channel, out, language)


@results.command()
@click.argument("wave")
@_channel
@_out("sav")
@_language
def sav(wave: str, channel: str | None, out: Path, language: str) -> None:
    """Write the answers of WAVE, a row each, to a file of SPSS."""
    _write("sav", wave, channel, out, language)


@results.command()
@click.argument("wave")
@_channel
@_out("dta")
@_language
def dta(wave: str, channel: str | None, out: Path, language: str) -> None:
    """Write the answers of WAVE, a row each, to a file of Stata."""
    _write("dta", wave, channel, out, language)


@results.command()
@click.argument("wave")
@_channel
@_out("zip")
@_language
def rows(wave: str, channel: str | None, out: Path, language: str) -> None:
    """Write the answers of WAVE, a row each, to a ZIP.

    In it: the rows as CSV, what they are and yield (README.txt), what their codes mean (codebook.csv), and the request
    with which `python -m analysis estimate` gives the headline figure again (request.json).
    """
    _write("rows", wave, channel, out, language)


def _write(kind: str, wave: str, channel: str | None, out: Path, language: str) -> None:
    """Write a file of results; one with a row per response is noted in the record of actions."""
    from survey.services.files.file_kinds import RESULT_FILES
    from survey.services.files.rows import taking

    now = clock.now()
    with record() as opened, tempfile.TemporaryDirectory(dir=opened.config.instance) as folder:
        made = RESULT_FILES[kind].write()(
            opened.database, wave, channel, Path(folder) / "file", actor=opened.actor, now=now,
            instance=opened.config.instance, language=language,
        )  # fmt: skip
        if made.row_data:
            digest = hashlib.sha256(made.path.read_bytes()).hexdigest()
            told = {"wave": wave, "rows": made.rows, **({"channel": channel} if channel else {})}
            taking.record(opened.database, RESULT_FILES[kind].job, told, digest, actor=opened.actor, now=now)
        shutil.move(made.path, out)
    click.echo(f"{out}: {out.stat().st_size} bytes")
