"""Looks at a running wave that were fixed before it opened, and the level at which each may conclude.

The last look is the close of the wave. The headline figure of the whole is judged there at the level that the looks
before have left, so that the chance of a false "reached" over all looks together stays at 5 %, and of a false "missed".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from analysis.inference.verdicts import ALPHA
from analysis.monitoring import spending
from survey.models.fieldwork.waves import Selection
from survey.services.estimates.wave_facts import WaveFacts


@dataclass(frozen=True)
class Look:
    """One look: its day, the share of the wave's days that is over, the one-sided level, the error spent so far."""

    number: int
    day: date
    share: float
    level: float
    spent: float
    at_close: bool


def looks(wave: WaveFacts) -> tuple[Look, ...]:
    """The looks of a wave with their levels, the close as the last; none where none were fixed."""
    fixed = wave.fixed
    if fixed is None or not fixed.looks:
        return ()
    days = [*(day for day, _ in fixed.looks), wave.closes_on]
    times = [*(share for _, share in fixed.looks), 1.0]
    found = spending.looks(times, alpha=ALPHA, kind=fixed.spending)
    return tuple(
        Look(k + 1, day, times[k], float(found.level[k]), float(found.spent[k]), k + 1 == len(days))
        for k, day in enumerate(days)
    )


def closing_level(wave: WaveFacts, selection: Selection) -> float:
    """The one-sided level at which the headline of the whole of a channel is judged when the wave is closed.

    Self-selected channels prove nothing at any look, so the looks do not concern them.
    """
    found = looks(wave) if selection is not Selection.OPT_IN else ()
    return found[-1].level if found else ALPHA
