"""Vietnamese order, against lists that ICU made (how, says the file)."""

from __future__ import annotations

import ast
import json
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

import survey
from survey import vietnamese_order

LISTS = json.loads(Path(__file__).with_name("names_in_icu_order.json").read_text("utf-8"))


@pytest.mark.parametrize(("which", "least"), [("communes", 94), ("names", 60)])
def test_names_stand_as_icu_puts_them(which: str, least: int) -> None:
    expected = LISTS[which]
    assert len(set(expected)) == len(expected) >= least
    mixed = random.Random(8).sample(expected, len(expected))
    assert sorted(mixed, key=vietnamese_order.key) == expected
    keys = [vietnamese_order.key(name) for name in expected]
    assert len(set(keys)) == len(keys)
    assert all(key.isascii() and key.isprintable() for key in keys)


def test_signs_stand_as_icu_puts_them() -> None:
    signs = "_ - – — , ; : … . ' ’ \" “ ” ( [ § / & % + < =".split()  # noqa: SIM905 - as in the list of ICU 78.2
    assert sorted(signs, key=lambda sign: vietnamese_order.key(f"a{sign}b")) == signs


def test_way_of_writing_letters_and_blanks_does_not_matter() -> None:
    for name in LISTS["names"]:
        assert vietnamese_order.key(unicodedata.normalize("NFD", name)) == vietnamese_order.key(name)
    assert vietnamese_order.key("  Hải   Châu ") == vietnamese_order.key("Hải Châu")
    assert vietnamese_order.key("") == ""


def test_strange_characters_have_a_place_too() -> None:
    ordered = ["a ⚑", "a☎", "a0", "ab", "açai", "aя", "ă", "中"]
    assert sorted(random.Random(8).sample(ordered, len(ordered)), key=vietnamese_order.key) == ordered


NAMES = {"name", "full_name", "folded_name", "label", "title"}


def by_the_bare_name(node: ast.AST) -> Iterator[ast.Attribute]:
    """Names in an order or in the key of a sort, but not inside `vietnamese_order.key(...)`."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "vietnamese_order.key":
        return
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield node
    for child in ast.iter_child_nodes(node):
        yield from by_the_bare_name(child)


def orders(module: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            what = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            if what == "order_by":
                yield from node.args
            if what in ("sorted", "sort"):
                yield from (keyword.value for keyword in node.keywords if keyword.arg == "key")


def test_no_list_is_in_the_order_of_bare_names() -> None:
    folder = Path(survey.__file__).parent
    found = [
        f"{path.relative_to(folder)}: {ast.unparse(name)}"
        for path in folder.rglob("*.py")
        for order in orders(ast.parse(path.read_text("utf-8")))
        for name in by_the_bare_name(order)
    ]
    assert found == []
