"""The sheets of the workbook on questions without a rate (numbers, dates, comments), and on what figures leave out."""

from __future__ import annotations

from datetime import date, timedelta

from survey.errors import N_
from survey.exports.tables import HIDDEN as CONFIDENTIAL
from survey.exports.tables import Cell, Column, Kind, Table
from survey.services.estimates.asked_questions import EnteredRow
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.question_sentences import (
    COMMENTS,
    DATES,
    factors_basis,
    headline_basis,
    period_name,
    why_no_quantiles,
)
from survey.services.files.result_sentences import Words, is_confidential, why_none
from survey.words.figures import whole
from survey.words.results import DATE_QUANTILES, HIDDEN


def basis(view: ResultsView, w: Words) -> tuple[str, ...]:
    """What the headline and the factors count and leave out, a sentence or two for each."""
    found = []
    if said := headline_basis(view, w):
        found.append(f"{w(N_('Headline figure'))}: {said}")
    if said := factors_basis(view, w):
        found.append(f"{w(N_('Factors'))}: {said}")
    return tuple(found)


def tables(view: ResultsView, w: Words) -> list[Table]:
    """A sheet for the numbers, one for the dates and one for the comments, where the questionnaire asks for such."""
    made = []
    numbers = [row for row in view.entered if row.kind == "number"]
    dates = [row for row in view.entered if row.kind == "date"]
    if numbers:
        made.append(_numbers(view, numbers, w))
    if dates:
        made.append(_dates(view, dates, w))
    if view.comments:
        made.append(_comments(view, w))
    return made


def _numbers(view: ResultsView, rows: list[EnteredRow], w: Words) -> Table:
    columns = (
        Column(w(N_("Code")), width=14),
        Column(w(N_("Question")), width=40),
        Column(w(N_("Unit of the number")), width=12),
        Column(w(N_("n")), Kind.COUNT, 9),
        Column(w(N_("Mean of the numbers")), Kind.NUMBER, 11),
        Column(w(N_("Standard error")), Kind.NUMBER, 11),
        Column(w(N_("95 % low")), Kind.NUMBER, 10),
        Column(w(N_("95 % high")), Kind.NUMBER, 10),
        Column(w(N_("Effective n")), Kind.COUNT, 10),
        Column(w(N_("df")), Kind.COUNT, 8),
        Column(w(N_("Lower quartile")), Kind.NUMBER, 11),
        Column(w(N_("Median")), Kind.NUMBER, 11),
        Column(w(N_("Median, 95 % low")), Kind.NUMBER, 11),
        Column(w(N_("Median, 95 % high")), Kind.NUMBER, 11),
        Column(w(N_("Upper quartile")), Kind.NUMBER, 11),
        Column(w(N_("Remark")), width=40),
    )
    lines: list[list[Cell]] = []
    for row in rows:
        mean = row.mean
        hidden = mean is not None and is_confidential(mean)
        figures: list[Cell] = [CONFIDENTIAL if hidden else None] * 6
        if mean is not None and mean.value is not None:
            effective = None if mean.effective_n is None else whole(mean.effective_n)
            figures = [mean.value, mean.se or None, mean.low, mean.high, effective, mean.df]
        lower, median, upper = (*row.quantiles, None, None, None)[:3]
        lines.append(
            [
                row.item, row.text, row.unit, CONFIDENTIAL if hidden else row.n, *figures,
                lower.value if lower else None,
                *((median.value, median.low, median.high) if median else (None, None, None)),
                upper.value if upper else None,
                (why_none(view, mean, w) if mean is not None else "") or why_no_quantiles(view, row, w),
            ]
        )  # fmt: skip
    note = w(N_("A value is shown only where at least %(minimum)s answers lie on either side of it."),
             minimum=view.minimum_cell)  # fmt: skip
    return Table(w(N_("Numbers")), w(N_("Numbers that people entered")), columns, lines, notes=(note,))


def _dates(view: ResultsView, rows: list[EnteredRow], w: Words) -> Table:
    columns = (
        Column(w(N_("Code")), width=14),
        Column(w(N_("Question")), width=40),
        Column(w(N_("n")), Kind.COUNT, 9),
        Column(w(N_("What is told")), width=22),
        Column(w(N_("Day, month or years")), width=18),
        Column(w(N_("Share")), Kind.RATE, 10),
        Column(w(N_("95 % low")), Kind.RATE, 10),
        Column(w(N_("95 % high")), Kind.RATE, 10),
        Column(w(N_("Remark")), width=40),
    )
    lines: list[list[Cell]] = []
    for row in rows:
        if row.why:
            lines.append([row.item, row.text, row.n, *[None] * 5, why_no_quantiles(view, row, w)])
        for q in row.quantiles:
            told = CONFIDENTIAL if q.value is None else date(1970, 1, 1) + timedelta(days=int(q.value))
            lines.append([row.item, row.text, row.n, w(DATE_QUANTILES[str(q.share)]), told, *[None] * 4])
        for one in row.periods:
            hidden = one.hidden in ("small", "complement")
            why = w(HIDDEN[one.hidden], minimum=view.minimum_cell) if one.hidden and not hidden else ""
            shares = [CONFIDENTIAL] * 3 if hidden else [one.share, one.low, one.high]
            lines.append(
                [row.item, row.text, CONFIDENTIAL if hidden else one.n, w(N_("Share of the dates")),
                 period_name(one.period), *shares, why]
            )  # fmt: skip
    note = w(DATES, minimum=view.minimum_cell)
    return Table(w(N_("Dates")), w(N_("Dates that people entered")), columns, lines, notes=(note,))


def _comments(view: ResultsView, w: Words) -> Table:
    columns = (
        Column(w(N_("Code")), width=20),
        Column(w(N_("Question")), width=40),
        Column(w(N_("People who wrote something")), Kind.COUNT, 14),
        Column(w(N_("Remark")), width=40),
    )
    lines: list[list[Cell]] = [
        [
            one.item,
            one.text,
            CONFIDENTIAL if one.n is None else one.n,
            w(N_("(words beside “other”)")) if one.beside else "",
        ]
        for one in view.comments
    ]
    return Table(
        w(N_("Written comments")), w(N_("How many people wrote something")), columns, lines, notes=(w(COMMENTS),)
    )
