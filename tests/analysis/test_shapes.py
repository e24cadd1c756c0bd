"""Every function of the analysis that takes or gives arrays says in its docstring which shape they have."""

from __future__ import annotations

import inspect
import re

import pytest

from tests.analysis import offered

ARRAYS = re.compile(r"\b(Floats|Ints|Bools|Codes|AnyArray)\b")
SHAPE = re.compile(r"\(\w+,\)|\([\w·+]+(?: [\w·+]+)*(?: × [\w·+ ]+)+\)|\bscalars?\b")
"""(n,) · (rows × columns of the plan) · scalar"""


def has_arrays(function: offered.Function) -> bool:
    return any(ARRAYS.search(str(kind)) for kind in inspect.unwrap(function).__annotations__.values())


def test_docstrings_name_the_shapes_of_arrays() -> None:
    silent = [
        f"{place}.{name}"
        for place, module in offered.modules().items()
        for name, function in offered.public(module).items()
        if has_arrays(function) and not SHAPE.search(inspect.getdoc(function) or "")
    ]
    assert silent == []


def test_every_function_offered_says_what_it_does() -> None:
    assert [name for name, function in offered.every_function().items() if not inspect.getdoc(function)] == []


@pytest.mark.parametrize("said", ["(n,)", "(R × C)", "(rows × columns of the plan)", "a scalar"])
def test_notation_of_shapes(said: str) -> None:
    assert SHAPE.search(said)


@pytest.mark.parametrize("said", ["n × k", "(n − 1)", "(people, answers)", "(n_eff / n)"])
def test_what_is_no_shape(said: str) -> None:
    assert not SHAPE.search(said)
