"""METHODS.md has a line for every function that `analysis` offers, and for no other."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import analysis
from tests.analysis import offered

TEXT = (Path(analysis.__file__).parent / "METHODS.md").read_text(encoding="utf-8")
LINES = [line for line in TEXT.splitlines() if line.startswith("| `")]
NAMED = [name for line in LINES for name in re.findall(r"`(\w+\.\w+)`", line.split("|")[1])]


def meant(name: str) -> object:
    """What `module.function` of METHODS.md is, taken as its reader would take it."""
    module, function = name.split(".")
    return getattr(getattr(analysis, module), function)


def test_every_function_offered_has_a_line_and_no_other_has() -> None:
    have = {meant(name) for name in NAMED}
    functions = offered.every_function()
    assert sorted(name for name, function in functions.items() if function not in have) == []
    assert sorted(name for name in NAMED if meant(name) not in functions.values()) == []


def test_no_function_has_two_lines() -> None:
    assert sorted(name for name in set(NAMED) if NAMED.count(name) > 1) == []


def test_every_line_has_all_its_columns() -> None:
    for line in LINES:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert len(cells) == 4, line
        assert all(cells), line


def test_what_the_platform_takes_is_offered() -> None:
    """A function that `survey` calls is no inner matter of the analysis."""
    everything = {f"{place}.{name}" for place, module in offered.modules().items() for name in offered.public(module)}
    inner = everything - set(offered.every_function())
    taken = {name for name, who in offered.takers().items() if any(one.startswith("survey.") for one in who)}
    assert inner & taken == set()


def test_what_is_public_but_not_offered_serves_another_module() -> None:
    """So that nothing leaves METHODS.md by being left out of `__all__`: what serves its own module alone is private."""
    idle = [
        f"{place}.{name}"
        for place, module in offered.modules().items()
        for name in offered.public(module)
        if name not in offered.offered(module) and not offered.takers()[f"{place}.{name}"] - {place}
    ]
    assert idle == []


def test_what_is_offered_exists() -> None:
    for place, module in offered.modules().items():
        missing = [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)]
        assert missing == [], place


def test_no_two_modules_share_a_name() -> None:
    """A module is found by its name alone."""
    names = [name.split(".")[-1] for name in offered.modules()]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_a_module_is_found_without_its_room() -> None:
    from analysis import estimators, monitoring

    assert estimators.__name__ == "analysis.estimation.estimators"
    assert inspect.isfunction(monitoring.charts)
    with pytest.raises(AttributeError, match="no attribute 'nowhere'"):
        analysis.nowhere  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        monitoring.nothing  # noqa: B018


def test_importing_the_package_loads_no_statistics() -> None:
    code = "import sys, analysis, analysis.monitoring; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
