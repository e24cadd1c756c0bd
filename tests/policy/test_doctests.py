"""The examples in docstrings run and say what they show; the functions that outsiders call first have one."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator

PACKAGES = ("analysis", "instruments")
LEAST = 20  # functions with an example


def _modules() -> Iterator[str]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not found.name.endswith("__main__"):
                yield found.name


def _examples() -> dict[str, doctest.DocTest]:
    """Every docstring with examples, by its full name."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    every = (test for name in _modules() for test in finder.find(importlib.import_module(name)))
    return {test.name: test for test in every if test.examples}


def test_every_example_shows_what_comes_out_and_enough_functions_have_one() -> None:
    examples, said = _examples(), []
    for test in examples.values():
        doctest.DocTestRunner().run(test, out=said.append)
    assert said == [], "".join(said)
    assert len(examples) >= LEAST
