"""A module or a name in backticks is one that exists: docstrings and documents that outlive a move mislead."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from survey.config import ROOT

PACKAGES = ("instruments", "analysis", "survey")
DOCUMENTS = ("analysis/METHODS.md", "ARCHITECTURE.md")
QUOTED = re.compile(r"(?<!`)`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\([^`]*\))?`(?!`)")
NAME = re.compile(r"(?<!`)`(_?[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+_?)(?:\([^`]*\))?`(?!`)")
DESCRIBED = (ast.Module, ast.ClassDef, ast.FunctionDef)
FILES = re.compile(r"\.(py|md|json|csv|css|js|html|xlsx|po|toml|sav|parquet|lock|dta|svg)$")


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def modules() -> dict[str, list[str]]:
    """The full names of our modules by their last part."""
    found: dict[str, list[str]] = defaultdict(list)
    for package in PACKAGES:
        found[package].append(package)
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            found[module.name.rsplit(".", 1)[-1]].append(module.name)
    return found


def texts() -> list[tuple[str, str]]:
    """Where, and what is said there."""
    found = [(name, (ROOT / name).read_text("utf-8")) for name in DOCUMENTS if (ROOT / name).exists()]
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            described = (ast.get_docstring(node) or "" for node in ast.walk(_tree(path)) if isinstance(node, DESCRIBED))
            found += [(str(path.relative_to(ROOT)), said) for said in described]
    return found


@cache
def names() -> frozenset[str]:
    """Every name of our modules, and every word in their texts (columns, keys, settings), docstrings aside."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            found.add(path.stem)
            found.update(_names_in(_tree(path)))
    return frozenset(found)


def _names_in(tree: ast.Module) -> Iterator[str]:
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield from re.findall(r"\w+", node.value)
        for attribute in ("id", "attr", "arg", "name", "asname"):
            if isinstance(name := getattr(node, attribute, None), str):
                yield name


def is_there(name: str) -> bool:
    """Whether some module that the name may mean has everything that is named in it."""
    first, *rest = name.split(".")
    return any(_has(importlib.import_module(full), rest) for full in modules()[first])


def _has(thing: object, parts: list[str]) -> bool:
    for part in parts:
        if isinstance(thing, ModuleType) and not hasattr(thing, part):
            try:
                thing = importlib.import_module(f"{thing.__name__}.{part}")
            except ModuleNotFoundError:
                return False
        elif hasattr(thing, part):
            thing = getattr(thing, part)
        else:
            return part in getattr(thing, "__annotations__", {})
    return True


def test_names_in_backticks_that_begin_with_a_module_of_ours_exist() -> None:
    stale = {
        f"{where}: {name}"
        for where, said in texts()
        for name in QUOTED.findall(said)
        if name.split(".")[0] in modules() and not FILES.search(name) and not is_there(name)
    }
    assert sorted(stale) == []


def test_names_with_an_underscore_in_backticks_stand_somewhere_in_the_code() -> None:
    stale = {f"{where}: {name}" for where, said in texts() for name in NAME.findall(said) if name not in names()}
    assert sorted(stale) == []


@pytest.mark.parametrize("name", ["answer_rows", "row_data", "row_recodings", "_of_nowhere_at_all"])
def test_a_name_without_a_dot_is_found_where_it_is(name: str) -> None:
    (found,) = NAME.findall(f"Files are recoded (`{name}`).")
    assert (found in names()) == (name in ("answer_rows", "row_data"))


@pytest.mark.parametrize("name", ["estimators.mean", "analysis.totals.streaming", "Totals.add", "nowhere.mean"])
def test_a_name_is_found_where_it_is(name: str) -> None:
    known = name.split(".")[0] in modules()
    assert (known and is_there(name)) == (name in ("estimators.mean", "analysis.totals.streaming"))


@pytest.mark.parametrize("package", ["analysis", "instruments", "survey"])
def test_a_module_says_what_it_holds_and_does_not_ask(package: str) -> None:
    asking = []
    for path in sorted((ROOT / package).rglob("*.py")):
        first = (ast.get_docstring(_tree(path)) or "").split("\n\n")[0]
        if "?" in re.sub(r"`[^`]*`", "", first):
            asking.append(str(path.relative_to(ROOT)))
    assert asking == []
