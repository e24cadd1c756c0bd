"""Tables in documents say what the program does: settings of the installation, settings of the province, commands."""

from __future__ import annotations

import ast
import re

from survey import config
from survey.cli import COMMANDS, hailong
from survey.config import ROOT
from survey.services.province import settings
from survey.services.province.settings import DEFAULTS, LIMITS

ROW = re.compile(r"^\| (?P<names>`[^|]+`) \|(?P<default>[^|]*)\|(?P<rest>.*)\|$", re.MULTILINE)


def rows(text: str | None) -> dict[str, tuple[str, str]]:
    """Name -> default and the rest of the row, of the tables of a docstring."""
    found = {}
    for match in ROW.finditer(text or ""):
        for name in re.findall(r"`([A-Za-z_]+)`", match["names"]):
            found[name] = (match["default"].strip(), match["rest"].strip())
    return found


def test_table_of_installation_settings_is_what_is_read() -> None:
    tree = ast.parse((ROOT / "survey" / "config.py").read_text("utf-8"))
    read = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"(HAILONG_[A-Z_]+|[A-Z]+_[A-Z]+|HOST|PORT)", node.value)
    }
    assert set(rows(config.__doc__)) == read


def test_table_of_province_settings_is_what_can_be_set() -> None:
    found = rows(settings.__doc__)
    assert set(found) == set(DEFAULTS)
    for key, (default, rest) in found.items():
        value = DEFAULTS[key]
        assert default == ("no" if value is False else str(value)), key
        numbers = [int(n) for n in re.findall(r"\d+", rest.split("|")[0])]
        if isinstance(value, bool) or key == "domain":
            continue
        limits = LIMITS[key]
        assert numbers == ([limits.high] if isinstance(value, str) else [limits.low, limits.high]), key


def test_every_command_is_in_the_manual_with_a_sentence() -> None:
    from click.testing import CliRunner

    text = CliRunner().invoke(hailong, ["--help"]).output
    for part in COMMANDS.values():
        for name in part:
            assert re.search(rf"^  {name}\b", text, re.MULTILINE), name


def test_every_command_and_option_explains_itself() -> None:
    import click

    def walk(command: click.Command, name: str) -> None:
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"
        if isinstance(command, click.Group):
            context = click.Context(command)
            for sub in command.list_commands(context):
                inner = command.get_command(context, sub)
                assert inner is not None
                walk(inner, f"{name} {sub}")

    walk(hailong, "hailong")
