"""A module or a name in backticks is one that exists: docstrings and documents that outlive a move mislead."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from survey.config import ROOT

PACKAGES = ("instruments", "analysis", "survey")
DOCUMENTS = ("analysis/METHODS.md", "ARCHITECTURE.md")
QUOTED = re.compile(r"(?<!`)`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\([^`]*\))?`(?!`)")
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


@pytest.mark.parametrize("name", ["estimators.mean", "analysis.totals.streaming", "Totals.add", "nowhere.mean"])
def test_a_name_is_found_where_it_is(name: str) -> None:
    known = name.split(".")[0] in modules()
    assert (known and is_there(name)) == (name in ("estimators.mean", "analysis.totals.streaming"))
