"""Which tables of a wave are published: fixed when it opens, so that what is hidden protects all of them together.

The whole, the units, the fields and the target groups always have the headline figure. The two-way tables are a list:
every further one is a further set of equations for the cells that are hidden, so one that was not on it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis.disclosure.counts import figure_of
from survey.errors import Conflict
from survey.models.fieldwork.waves import PublishedTable
from survey.services.estimates.disclosure.answer_counts import facts_of
from survey.services.estimates.wave_facts import WaveFacts

WITHIN_UNITS = ("unit,field", "unit,group")
ALWAYS = ("", "unit", "field", "group")


def published(wave: WaveFacts, *, running: bool = False) -> Mapping[str, tuple[str, ...]]:
    """The figures that are published in each crossing, by their codes.

    While a wave runs, a unit is not crossed with fields, and nothing with facts: these would be parts too small to move
    in steps.
    """
    every = _every(wave)
    head = wave.survey_plan.headline
    first = (head.measure.variable,) if head is not None else every[:1]
    listed = wave.tables
    found = {
        "": every,
        "unit": every if PublishedTable.UNIT_ITEM in listed else first,
        "field": every if PublishedTable.FIELD_ITEM in listed else first,
        "group": every if PublishedTable.FIELD_ITEM in listed else first,
    }
    if running:
        return found
    if PublishedTable.UNIT_FIELD in listed:
        found |= dict.fromkeys(WITHIN_UNITS, first)
    rated = tuple(item.code for item in wave.survey_plan.measures.items)
    return found | {f"fact:{code}": rated for code in facts_listed(wave)}


def facts_listed(wave: WaveFacts) -> tuple[str, ...]:
    """What respondents say of themselves that the rated questions are published by."""
    return facts_of(wave) if PublishedTable.ITEM_FACT in wave.tables else ()


def check(wave: WaveFacts, crossing: str) -> None:
    """Refuse a table that is not on the list of the wave. Conflict names those that are."""
    known = published(wave)
    if crossing not in known:
        raise Conflict(
            "The table by %(table)s is not on the list that was fixed when the wave %(wave)s opened, so it cannot be "
            "made: it could give hidden cells away. Tables of this wave: %(known)s.",
            table=crossing.replace(",", " × "), wave=wave.code, known=_named(known),
        )  # fmt: skip


def _named(crossings: Iterable[str]) -> str:
    return ", ".join(name for name in crossings if name)


def _every(wave: WaveFacts) -> tuple[str, ...]:
    """Codes of all figures: questions (of a choice all its options together), factors, halves, the whole."""
    measures = wave.survey_plan.measures.measures
    return tuple(dict.fromkeys(figure_of(measure.variable) for measure in measures))
