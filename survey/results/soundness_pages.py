"""What the figures rest on, on the page of analyses: who took part, and what weighting costs."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from survey.i18n import language
from survey.services.estimates.analyses.participation import Forms, Participation
from survey.services.estimates.analyses.weighting import Weighting
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.result_sentences import Words
from survey.services.files.soundness_tables import (
    class_name,
    difference_words,
    divisions,
    participation_notes,
    participation_words,
    ratio_lines,
    weighting_notes,
    weighting_words,
)
from survey.web.code_words import capital_words
from survey.web.code_words import words as code_words
from survey.words.figures import grouped, number, percent

MOST_LINES = 12


@dataclass(frozen=True)
class FormsRow:
    name: str
    issued: str
    returned: str
    valid: str
    rate: str
    complete_rate: str
    too_many: bool


@dataclass(frozen=True)
class FormsTable:
    """One division of the forms."""

    title: str
    rows: tuple[FormsRow, ...]
    is_long: bool


@dataclass(frozen=True)
class ParticipationPart:
    sentences: tuple[str, ...]
    rated: bool  # forms issued are known, so there are rates
    whole: FormsRow
    tables: tuple[FormsTable, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class CostRow:
    name: str
    effective: str
    cost: str
    misfit: str
    merged: str


@dataclass(frozen=True)
class WeightingPart:
    sentence: str
    costs: tuple[CostRow, ...]
    ratios: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def weighting_part(found: Weighting) -> WeightingPart:
    lang, w = language(), Words.of(language())
    costs = [
        CostRow(_("All answers, unweighted"), grouped(found.n, lang), "–", "–", "–"),
        CostRow(_("All answers, weighted"), number(found.effective, 1, lang), "–", "–", "–"),
    ]
    costs += [
        CostRow(
            _("Without the margin: %(margin)s", margin=code_words("margin", one.name)),
            "–" if one.effective_without is None else number(one.effective_without, 1, lang),
            "–" if one.cost is None else number(one.cost, 1, lang), percent(one.misfit, lang), "–",
        )
        for one in found.margins
    ]  # fmt: skip
    costs += [
        CostRow(
            code_words("merge_level", one.level), number(one.effective, 1, lang), "–", "–", grouped(one.merged, lang)
        )
        for one in found.merging
    ]
    ratios = tuple((label, number(value, 2, lang)) for label, value in ratio_lines(found, w))
    return WeightingPart(weighting_words(found, w), tuple(costs), ratios, weighting_notes(found, w))


def participation_part(view: ResultsView, found: Participation) -> ParticipationPart:
    w = Words.of(language())
    tables = tuple(
        FormsTable(
            capital_words("participation_class", one.by),
            tuple(_row(class_name(view, row, w), row.forms) for row in one.rows),
            len(one.rows) > MOST_LINES,
        )
        for one in divisions(found)
    )
    said = (difference_words(view, found, w), participation_words(view, found, w))
    return ParticipationPart(
        tuple(filter(None, said)), found.whole.issued is not None, _row("", found.whole), tables,
        participation_notes(found, w),
    )  # fmt: skip


def _row(name: str, forms: Forms) -> FormsRow:
    lang = language()
    return FormsRow(
        name, "–" if forms.issued is None else grouped(forms.issued, lang), grouped(forms.returned, lang),
        grouped(forms.valid, lang), percent(forms.rate, lang), percent(forms.complete_rate, lang), forms.too_many,
    )  # fmt: skip
