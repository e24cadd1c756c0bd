"""The console program `hailong`."""

from __future__ import annotations

import sys

import click

from survey.cli import serve
from survey.errors import SurveyError


@click.group()
def cli() -> None:
    """Hài Lòng: citizen-satisfaction surveys for a province."""


for command in (serve.demo, serve.run, serve.jobs):
    cli.add_command(command)


def main() -> None:
    try:
        cli(standalone_mode=True)
    except SurveyError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
