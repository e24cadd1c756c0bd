"""Figures are rounded and written in one place: decimal, half up, in the language of the reader.

Binary formatting (`f"{rate:.1f}"`, `round`, `"%.1f" %`) rounds 0.5 to whichever side the nearest binary fraction lies,
and writes a point where Vietnamese has a comma; `survey/words/figures.py` does neither.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from survey.config import ROOT

HOME = "survey/words/figures.py"
DRAWN_AT_RANDOM = ("survey/fixtures/", "survey/services/demonstration/")
"""Rooms of made-up data: what they round are draws of chance that nobody reads as they are."""

ROUNDED_OR_GROUPED = re.compile(r"\.\{?\w*\}?[fFeEgG%]|[,fgG]$")
DAY_FIRST = re.compile(r"%d\W*%m")
"""As people write it; a year first is a name of a file or a key."""
OLD_FORMAT = re.compile(r"%[-+ 0-9]*\.?\d*[fFeEgG](?![a-z])")
IN_TEMPLATES = re.compile(r"\|\s*(round|format|filesizeformat)\b|strftime")


def binary_formatting(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and reason of everything that rounds or writes a figure by itself."""
    milliseconds = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "ms"
    }  # of a log
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("round")) if id(node) not in milliseconds:
                yield node.lineno, "round()"
            case ast.Call(func=ast.Attribute(attr="round" | "quantize" | "strftime" as name)):
                yield node.lineno, f".{name}()"
            case ast.Call(func=ast.Attribute(attr="replace"), args=[ast.Constant("."), ast.Constant(",")]):
                yield node.lineno, "a decimal comma of its own"
            case ast.Call(func=ast.Name("format"), args=[_, ast.Constant(str(written))]) if _figure(written):
                yield node.lineno, f"format(…, {written!r})"
            case ast.Call(func=ast.Attribute(value=ast.Constant(str(text)), attr="format")) if _fields(text):
                yield node.lineno, f"{text!r}.format()"
            case ast.FormattedValue(format_spec=ast.JoinedStr(values)) if _figure(_spec(values)):
                yield node.lineno, f"f-string with {_spec(values)!r}"
            case ast.BinOp(left=ast.Constant(str(text)), op=ast.Mod()) if OLD_FORMAT.search(text):
                yield node.lineno, f"{text!r} %"
            case ast.ImportFrom(module="decimal", names=names) if any(n.name.startswith("ROUND_") for n in names):
                yield node.lineno, "a direction of rounding of its own"


def _spec(values: list[ast.expr]) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values)


def _figure(spec: str) -> bool:
    return bool(ROUNDED_OR_GROUPED.search(spec) or DAY_FIRST.search(spec))


def _fields(text: str) -> bool:
    return any(_figure(spec) for spec in re.findall(r"\{\w*:([^}]*)\}", text))


def test_nothing_rounds_or_writes_figures_by_itself() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {why}"
        for path in sorted((ROOT / "survey").rglob("*.py"))
        if (name := str(path.relative_to(ROOT))) != HOME and not name.startswith(DRAWN_AT_RANDOM)
        for line, why in binary_formatting(ast.parse(path.read_text("utf-8")))
    ]
    assert found == [], f"Write these with {HOME}."


def test_templates_write_figures_by_the_filters_of_figures() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {one.group()}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for one in IN_TEMPLATES.finditer(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'f"{rate:.1f}"', 'f"{rate:.{places}f}"', 'f"{rate:.0%}"', 'f"{n:,}"', 'f"{n:g}"', 'f"{day:%d/%m/%Y}"',
        "round(rate, 1)", "rates.round(1)", "value.quantize(one)", "day.strftime(form)", '"%.1f %%" % rate',
        'text.replace(".", ",")', '"{:.2f}".format(rate)', 'format(rate, ".1f")', "from decimal import ROUND_HALF_UP",
    ],
)  # fmt: skip
def test_the_rule_sees_every_way_to_write_a_figure(source: str) -> None:
    assert list(binary_formatting(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    ['f"{name:60.60}"', 'f"{text:>8}"', 'log(ms=round(seconds * 1000, 1))', '"%(name)s, %(rate)s" % values',
     'f"{count:04d}"', 'text.replace(",", ".")'],
)  # fmt: skip
def test_the_rule_leaves_words_and_logs_alone(source: str) -> None:
    assert not list(binary_formatting(ast.parse(source)))


def test_the_home_of_figures_is_where_the_rule_says() -> None:
    assert Path(ROOT / HOME).is_file()
    assert all((ROOT / room).is_dir() for room in DRAWN_AT_RANDOM)
