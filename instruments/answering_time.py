"""Estimates how many minutes a form takes, by one rule for the form, its placard and the designer."""

from __future__ import annotations

from instruments.model.document import InstrumentVersion
from instruments.rounding import rounded
from instruments.routing import questions_for_everyone

SECONDS_A_QUESTION = 6


def minutes_for(questions: int) -> int:
    """Whole minutes for so many questions, at least one."""
    return max(1, int(rounded(questions * SECONDS_A_QUESTION / 60, 0)))


def minutes(version: InstrumentVersion) -> int:
    """Whole minutes for the questions everyone is asked."""
    return minutes_for(len(questions_for_everyone(version)))
