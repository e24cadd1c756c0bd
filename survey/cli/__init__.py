"""The console program `hailong`: the same services as the screens, for people who work in a terminal.

A command lives in a module of this package and is one line in `COMMANDS`; it is imported only when it is asked for.
Errors are one sentence on standard error; the exit code is 2 when something entered or set is wrong, 1 when it failed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError

from survey import __version__
from survey.errors import RecordUnavailable, SurveyError

# Heading -> command -> where it is. The order is that of the manual.
COMMANDS: dict[str, dict[str, str]] = {
    "Serving": {
        "demo": "survey.cli.serve:demo",
        "run": "survey.cli.serve:run",
        "dev": "survey.cli.serve:dev",
        "jobs": "survey.cli.serve:jobs",
    },
    "Questionnaires": {
        "instruments": "survey.cli.instruments:instruments",
    },
    "Fieldwork": {
        "waves": "survey.cli.waves:waves",
        "codes": "survey.cli.fieldwork:codes",
        "placards": "survey.cli.fieldwork:placards",
    },
    "Results": {
        "results": "survey.cli.results:results",
    },
    "The record": {
        "db": "survey.cli.db:db",
        "units": "survey.cli.units:units",
        "accounts": "survey.cli.accounts:accounts",
    },
}

EXIT_FAILED = 1
EXIT_WRONG_INPUT = 2


class Manual(AppGroup):
    """A group whose commands are imported when they are asked for and listed under their headings."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for part in COMMANDS.values() for name in part]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        place = next((part[name] for part in COMMANDS.values() if name in part), None)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, part in COMMANDS.items():
            rows = []
            for name in part:
                command = self.get_command(ctx, name)
                assert command is not None
                inner = command.commands if isinstance(command, click.Group) else {}
                rows += [(f"{name} {sub}", inner[sub].get_short_help_str(90)) for sub in inner]
                if not inner:
                    rows.append((name, command.get_short_help_str(90)))
            with formatter.section(heading):
                formatter.write_dl(rows)


@click.command(cls=Manual, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="hailong", message="%(prog)s %(version)s")
def hailong() -> None:
    """Hài Lòng measures how satisfied citizens are with public services in a Vietnamese province.

    \b
    To try it:            hailong demo
    To begin a province:  hailong run
    More on a command:    hailong COMMAND --help

    Settings come from the environment: DATABASE_URL (SQLite in the instance folder unless set), HAILONG_INSTANCE,
    HOST, PORT, PUBLIC_URL and the others named in survey/config.py. What the province decides is set on screen.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; every error ends as one sentence."""
    try:
        sys.exit(hailong.main(arguments, prog_name="hailong", standalone_mode=False) or 0)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        sys.exit(EXIT_WRONG_INPUT)
    except click.ClickException as error:
        _end(error.format_message(), EXIT_WRONG_INPUT)
    except RecordUnavailable as error:
        _end(f"{error} ({_cause(error.__cause__)})", EXIT_FAILED)
    except SurveyError as error:
        _end(str(error), EXIT_WRONG_INPUT)
    except DBAPIError as error:
        _end(f"The database cannot be used: {_cause(error)}. Check DATABASE_URL.", EXIT_FAILED)
    except OSError as error:
        _end(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.", EXIT_FAILED)


def _end(sentence: str, code: int) -> None:
    click.echo(f"hailong: {' '.join(sentence.split())}", err=True)
    sys.exit(code)


def _cause(error: BaseException | None) -> str:
    original = getattr(error, "orig", None) or error
    return " ".join(str(original).split()).rstrip(".") if original else "no further word"


__all__ = ["COMMANDS", "hailong", "main"]
