"""What the packages offer, read from their own modules: no list to keep."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import analysis
from survey.config import ROOT

Function = Callable[..., Any]


@cache
def modules(package: str = "analysis") -> dict[str, ModuleType]:
    """Every module of a package by its full name, imported."""
    top = importlib.import_module(package)
    names = [found.name for found in pkgutil.walk_packages(top.__path__, f"{package}.")]
    return {name: importlib.import_module(name) for name in names if not name.endswith("__main__")}


def public(module: ModuleType) -> dict[str, Function]:
    """The functions that a module defines under a public name."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if inspect.isfunction(inspect.unwrap(thing)) and thing.__module__ == module.__name__ and name[0] != "_"
    }


def offered(module: ModuleType) -> dict[str, Function]:
    """Those of them that others may call: `__all__`, and without it all."""
    names = getattr(module, "__all__", None)
    return {name: thing for name, thing in public(module).items() if names is None or name in names}


def every_function() -> dict[str, Function]:
    """Every function that `analysis` offers, by its full name."""
    return {
        f"{place}.{name}": function for place, module in modules().items() for name, function in offered(module).items()
    }


@cache
def takers() -> dict[str, set[str]]:
    """For each name of `analysis`, by its full name, the modules of `analysis` and `survey` that take it."""
    found: dict[str, set[str]] = defaultdict(set)
    places = set(modules())
    for path in _sources():
        tree = ast.parse(path.read_text("utf-8"))
        here = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        known: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    if whole in places:
                        known[alias.asname or alias.name] = whole
                    elif node.module in places:
                        found[whole].add(here)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
                found[f"{known[node.value.id]}.{node.attr}"].add(here)
    return found


def _sources() -> Iterator[Path]:
    for package in (Path(analysis.__file__).parent, ROOT / "survey"):
        yield from sorted(package.rglob("*.py"))
