"""How many people answered and were satisfied in every unit and field: what all published figures are sums of."""

from __future__ import annotations

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.disclosure.counts import AnswerCounts, FactCounts
from survey.services.estimates.answer_columns import BLANK, Columns
from survey.services.estimates.wave_facts import WaveFacts


def answer_counts(wave: WaveFacts, answers: Columns, weights: Floats) -> AnswerCounts:
    """The counts of one channel, of the answers that have a weight (`weights` (n,), NaN or 0 for none).

    A rated question is one column, a choice a column for each of its options, a number one column of its sum.
    """
    own = answers.where(np.nan_to_num(weights) > 0)
    pairs, cell = np.unique(np.column_stack([own.unit, own.field]), axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    plan, columns = wave.survey_plan.measures, _columns(wave, own)
    return AnswerCounts(
        unit=pairs[:, 0],
        field=pairs[:, 1],
        group=np.array([wave.group_of_field(int(field)) for field in pairs[:, 1]], np.int64),
        persons=np.bincount(cell, minlength=len(pairs)).astype(np.int64),
        names=tuple(columns),
        answered=_sums(cell, len(pairs), [known for known, _ in columns.values()]),
        satisfied=_sums(cell, len(pairs), [good for _, good in columns.values()]),
        composites={node.code: plan.items_of(node.code) for node in plan.nodes},
        numbers=frozenset(number.code for number in plan.numbers),
        facts=_facts(wave, own, columns),
    )


def facts_of(wave: WaveFacts) -> tuple[str, ...]:
    """What respondents say of themselves that tables are made by: every fact with a single answer."""
    asked = wave.questionnaire.asked_items
    return tuple(item.code for item in asked if item.is_respondent_fact and item.kind == "single")


def _columns(wave: WaveFacts, own: Columns) -> dict[str, tuple[Bools, Bools]]:
    """By column whether each answer (n,) counts, and whether it is satisfied or has chosen the option."""
    plan = wave.survey_plan.measures
    found: dict[str, tuple[Bools, Bools]] = {}
    for rated in plan.items:
        codes = own.codes(rated.code)
        found[rated.code] = np.isin(codes, rated.substantive), np.isin(codes, rated.satisfied)
    for choice in plan.choices:
        codes = own.codes(choice.code)
        known = np.isin(codes, choice.substantive)
        if "=" in choice.code:
            found[choice.code] = known, codes == 1
        else:
            found |= {f"{choice.code}={option}": (known, codes == option) for option in choice.options}
    for number in plan.numbers:
        known = ~np.isnan(own.numbers(number.code))
        found[number.code] = known, known
    return found


def _facts(wave: WaveFacts, own: Columns, columns: dict[str, tuple[Bools, Bools]]) -> dict[str, FactCounts]:
    found = {}
    for fact in facts_of(wave):
        codes, place = np.unique(own.codes(fact), return_inverse=True)
        said = codes != BLANK
        sizes = len(codes)
        found[fact] = FactCounts(
            codes=codes[said].astype(np.int64),
            persons=np.bincount(place, minlength=sizes)[said].astype(np.int64),
            answered=_sums(place, sizes, [known for known, _ in columns.values()])[said],
            satisfied=_sums(place, sizes, [good for _, good in columns.values()])[said],
        )
    return found


def _sums(place: Ints, size: int, masks: list[Bools]) -> Ints:
    """How many of each mask (n,) lie in each place: (size, masks)."""
    found = np.zeros((size, len(masks)), np.int64)
    for k, mask in enumerate(masks):
        found[:, k] = np.bincount(place[mask], minlength=size)
    return found
