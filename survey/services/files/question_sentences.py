"""What each figure counts and what it leaves out, in sentences: the same on the page and in the files."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from survey.errors import N_
from survey.services.estimates.asked_questions import EnteredRow
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.result_sentences import Words
from survey.words.results import HIDDEN, LEFT_OUT, NO_QUANTILES

COMMENTS = N_(
    "Comments are kept apart from the figures and stand in no file of results; reading them is a right of its own, and "
    "no page shows them yet. Counted are those that are still kept."
)
NO_COLUMN = N_(
    "Without a column in the rows of answers, so that nobody can be recognised: free words, dates, and facts about the "
    "respondent with several answers: %(names)s."
)
DATES = N_(
    "The first and last day are not shown, since they are one person's own: in their place the days by which 5 %% "
    "and 95 %% of the dates have come. A value is shown only where at least %(minimum)s answers lie "
    "on either side of it."
)


def headline_basis(view: ResultsView, w: Words) -> str:
    """What the headline figure counts and what it leaves out."""
    head = view.headline
    return "" if head is None else _basis(view, view.wave.survey_plan.rated_in(head.measure), w, others=True)


def factors_basis(view: ResultsView, w: Words) -> str:
    """What the figures of the factors count together, and what none of them counts."""
    plan = view.wave.survey_plan
    inside = dict.fromkeys(code for row in view.factors for code in plan.rated_in(row.figure.measure))
    return _basis(view, tuple(inside), w, others=False) if inside else ""


def left_out_codes(view: ResultsView) -> list[str]:
    """Codes of the rated questions that are asked and are no part of the headline."""
    head = view.headline
    return [] if head is None else [item.code for item in view.wave.survey_plan.left_out(head.measure)]


def without_column(version: InstrumentVersion, w: Words) -> str:
    """Which questions have no column in the rows of answers, and why; empty where every one has."""
    found = [
        item
        for item in version.asked_items
        if item.kind in ("text", "date") or (item.is_respondent_fact and item.kind not in ("single", "number"))
    ]
    return w(NO_COLUMN, names=names(found, version, w)) if found else ""


def why_no_quantiles(view: ResultsView, row: EnteredRow, w: Words) -> str:
    """Why a number or a date has no quantiles; empty where it has."""
    if not row.why:
        return ""
    return w(NO_QUANTILES.get(row.why) or HIDDEN[row.why], minimum=view.minimum_cell)


def names(items: Sequence[Item], version: InstrumentVersion, w: Words) -> str:
    """Questions by their printed numbers, else by their short names, else by their words."""
    return ", ".join(item.label or item.short or version.said(item.wording, w.language) for item in items)


def _basis(view: ResultsView, inside: Collection[str], w: Words, *, others: bool) -> str:
    version, plan = view.version, view.wave.survey_plan
    rated = [item for item in version.asked_items if version.measures_satisfaction(item)]
    out: dict[str, list[Item]] = {}
    for item in rated:
        if item.code not in inside:
            out.setdefault(_reason(item, plan.measures.overall), []).append(item)
    parts = [w(N_("Rated questions counted: %(count)s."), count=len(inside))]
    if out:
        said = [w(LEFT_OUT[reason], names=names(items, version, w)) for reason, items in out.items()]
        parts.append(w(N_("Left out: %(questions)s."), questions="; ".join(said)))
    else:
        parts.append(w(N_("No rated question is left out.")))
    if others and (rest := len(version.asked_items) - len(rated)):
        kinds = N_("Questions that do not ask how satisfied people are, reported apart: %(count)s.")
        parts.append(w(kinds, count=rest))
    labels = dict.fromkeys(
        option.label.inside(w.language)
        for code in inside
        for option in version.options(version.item(code))
        if not option.substantive
    )
    if labels:
        listed = ", ".join(w(N_("“%(answer)s”"), answer=label) for label in labels)
        parts.append(w(N_("Answers not counted: blanks and %(answers)s."), answers=listed))
    else:
        parts.append(w(N_("Answers not counted: blanks.")))
    return " ".join(parts)


def _reason(item: Item, overall: str | None) -> str:
    if item.code == overall:
        return "overall"
    if item.origin == "overlay":
        return "local"
    return "rule" if item.factor else "no_factor"


def period_name(period: str) -> str:
    """A month as Vietnamese documents write it, "05/2026"; years as they are."""
    year, _, month = period.partition("-")
    return f"{month}/{year}" if month else period
