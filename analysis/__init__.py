"""Weighted survey statistics: designs, weights, estimates with their uncertainty, verdicts. No web, no database.

A module may be named without its room: `from analysis import estimators` gives `analysis.estimation.estimators`. It is
imported when it is asked for; `import analysis` alone loads nothing. What a module offers are the names in its
`__all__`, or, where it has none, all its public names. METHODS.md has a line for each function that is offered.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


@cache
def _places() -> dict[str, str]:
    """Where each room is, and each module in a room, by its own name."""
    found = {}
    for room in iter_modules(__path__):
        if room.ispkg:
            found[room.name] = f"{__name__}.{room.name}"
            for module in iter_modules([f"{folder}/{room.name}" for folder in __path__]):
                found[module.name] = f"{__name__}.{room.name}.{module.name}"
    return found


def __getattr__(name: str) -> ModuleType:
    place = _places().get(name)
    if place is None:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return import_module(place)
