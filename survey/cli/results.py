"""`hailong results …`: the figures of a wave and its files, as the screens have them."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

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
@click.option("--json", "as_json", is_flag=True, help="In the shape of RESULT.json.")
def estimate(wave: str, channel: str | None, version: int | None, as_json: bool) -> None:
    """Estimates and verdicts of WAVE, small cells hidden."""
    from survey.services.estimates import visible_results as service
    from survey.services.estimates.results_cache import KeptResults
    from survey.services.files import result_files, result_json

    with record() as opened:
        view = service.read(
            opened.database, wave, channel, actor=opened.actor, now=clock.now(),
            kept=KeptResults(result_files.snapshots(opened.config.instance)), version=version,
        )  # fmt: skip
    if as_json:
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


@results.command()
@click.argument("wave")
@click.option("--channel", help="Code of the channel; the drawn one, else the first, unless named.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .xlsx to write.")
@click.option(
    "--language",
    type=click.Choice(["vi", "en"]),
    default="vi",
    show_default=True,
    help="Language of the sheets: vi or en.",
)
def workbook(wave: str, channel: str | None, out: Path, language: str) -> None:
    """Write the workbook of WAVE to a file."""
    from survey.services.files import result_files

    with record() as opened, tempfile.TemporaryDirectory(dir=opened.config.instance) as folder:
        made = result_files.write_workbook(
            opened.database, wave, channel, Path(folder) / "file", actor=opened.actor, now=clock.now(),
            instance=opened.config.instance, language=language,
        )  # fmt: skip
        shutil.move(made.path, out)
    click.echo(f"{out}: {out.stat().st_size} bytes")
