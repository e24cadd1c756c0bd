"""`hailong waves`: which waves there are, and the end of one."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from survey import clock
from survey.cli.record import record
from survey.queries.estimates import results as queries


@click.group()
def waves() -> None:
    """Waves: the dated rounds of the surveys."""


@waves.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def list_(as_json: bool) -> None:
    """List every wave with its questionnaire, its state and how many responses are counted."""
    with record() as opened, opened.database.reading() as session:
        found = queries.summaries(session)
    if as_json:
        click.echo(json.dumps([asdict(wave) for wave in found], ensure_ascii=False, indent=1))
        return
    for wave in found:
        click.echo(
            f"{wave.code:20} {wave.status:8} {wave.domain:10} {wave.responses:>8}  "
            f"{wave.instrument}@{wave.version}  {wave.title}"
        )
    if not found:
        click.echo("There is no wave yet.")


@waves.command("open")
@click.argument("wave")
def open_(wave: str) -> None:
    """Take answers for WAVE from now on; its questionnaire version and target plan are pinned for good."""
    from survey.services.fieldwork import waves as service

    with record() as opened:
        service.open_wave(opened.database, wave, actor=opened.actor, now=clock.now())
    click.echo(f"{wave} is open.")


@waves.command()
@click.argument("wave")
def close(wave: str) -> None:
    """Close WAVE and make its verdicts, once and for all.

    Answers are counted until now; forms that were opened before are still taken for a day and kept apart. Giving the
    command again changes nothing; if the verdicts could not be made, they are made then.
    """
    from survey.services.estimates import finalising
    from survey.services.fieldwork import waves as service
    from survey.services.files import result_files

    with record() as opened:
        service.close_wave(opened.database, wave, actor=opened.actor, now=clock.now())
        made = finalising.make_final(
            opened.database, wave, actor=opened.actor, now=clock.now(),
            snapshots=result_files.snapshots(opened.config.instance),
        )  # fmt: skip
    click.echo(f"{wave} is closed; {made} result sets were made." if made else f"{wave} was closed with its results.")


@waves.command("judge-anew")
@click.argument("wave")
def judge_anew(wave: str) -> None:
    """Judge the closed WAVE anew, by the rule of this program and from the answers that are there today.

    That makes a new version of its results beside those that stand. Nothing is overwritten; the newest version counts,
    and `hailong results estimate --version` shows the others.
    """
    from survey.services.estimates import finalising
    from survey.services.files import result_files

    with record() as opened:
        made = finalising.judge_anew(
            opened.database, wave, actor=opened.actor, now=clock.now(),
            snapshots=result_files.snapshots(opened.config.instance),
        )  # fmt: skip
    click.echo(f"{wave} was judged anew; {made} result sets were made.")
