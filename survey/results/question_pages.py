"""What the results page is given on questions without a rate: numbers, dates, comments, and what figures leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from survey.i18n import language
from survey.services.estimates.asked_questions import EnteredRow, VisibleQuantile
from survey.services.estimates.disclosure.hidden_cells import Shown
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.question_sentences import (
    COMMENTS,
    DATES,
    factors_basis,
    headline_basis,
    left_out_codes,
    period_name,
    why_no_quantiles,
)
from survey.services.files.result_sentences import Words, why_hidden
from survey.words.figures import MISSING, day, grouped, interval, number, percent


@dataclass(frozen=True)
class EnteredLine:
    """A number or a date in words; `why` says why quantiles are missing."""

    text: str
    n: str
    mean: str
    error: str
    interval: str
    quantiles: tuple[str, ...]
    median_interval: str
    periods: tuple[tuple[str, str, str, str], ...]  # name, n, share, interval
    why: str


@dataclass(frozen=True)
class CommentLine:
    text: str
    beside: bool
    n: str


@dataclass(frozen=True)
class QuestionsPage:
    """The answers to questions without a rate, and what the figures with one leave out."""

    headline_basis: str
    factors_basis: str
    left_out: frozenset[str]  # printed numbers of rated questions outside the headline
    numbers: tuple[EnteredLine, ...]
    dates: tuple[EnteredLine, ...]
    dates_note: str
    comments: tuple[CommentLine, ...]
    comments_note: str
    view: ResultsView
    readable: bool  # there is something to show although there is no headline figure

    def why(self, shown: Shown) -> str:
        """Why a share is not shown."""
        return why_hidden(self.view, shown, Words.of(language()))


def questions_page(view: ResultsView) -> QuestionsPage:
    w = Words.of(language())
    out = set(left_out_codes(view))
    whole_hidden = view.hiding is None or view.hiding.is_hidden("", ())
    without = view.overall is None or view.overall.shown.hidden == "empty"
    return QuestionsPage(
        headline_basis=headline_basis(view, w),
        factors_basis=factors_basis(view, w),
        left_out=frozenset(i.label or i.code for i in view.version.asked_items if i.code in out),
        numbers=tuple(_line(view, row, w) for row in view.entered if row.kind == "number"),
        dates=tuple(_line(view, row, w) for row in view.entered if row.kind == "date"),
        dates_note=w(DATES, minimum=view.minimum_cell),
        comments=tuple(
            CommentLine(one.text, one.beside, f"< {view.minimum_cell}" if one.n is None else grouped(one.n, language()))
            for one in view.comments
        ),
        comments_note=w(COMMENTS),
        view=view,
        readable=without and not whole_hidden,
    )


def _line(view: ResultsView, row: EnteredRow, w: Words) -> EnteredLine:
    mean = row.mean
    shown = mean is not None and mean.value is not None
    quantiles = [_value(row, q.value) for q in row.quantiles]
    return EnteredLine(
        text=row.text,
        n=grouped(row.n, language()) if row.n is not None else MISSING,
        mean=_in_unit(row, mean.value, 1) if mean is not None and shown else MISSING,
        error=_number(row, mean.se or None, 2) if mean is not None and shown else MISSING,
        interval=_pair(row, mean.low, mean.high, 1) if mean is not None and shown else MISSING,
        quantiles=tuple(quantiles),
        median_interval=_median_interval(row, row.quantiles),
        periods=tuple(
            (
                period_name(one.period),
                grouped(one.n, language()) if one.n is not None else MISSING,
                percent(one.share, language()) if not one.hidden else _("hidden"),
                interval(one.low, one.high, language()),
            )
            for one in row.periods
        ),
        why=(why_hidden(view, mean, w) if mean is not None else "") or why_no_quantiles(view, row, w),
    )


def _median_interval(row: EnteredRow, found: Sequence[VisibleQuantile]) -> str:
    median = next((q for q in found if q.share == 0.5), None)
    if median is None or median.low is None or median.high is None:
        return MISSING
    return f"{_value(row, median.low)} – {_value(row, median.high)}"


def _value(row: EnteredRow, value: float | None) -> str:
    """One value as it was entered: a number or a day."""
    if value is None:
        return MISSING
    if row.kind == "date":
        return day(date(1970, 1, 1) + timedelta(days=int(value)))
    return _in_unit(row, value, 0)


def _number(row: EnteredRow, value: float | None, more: int) -> str:
    return number(value, row.decimals + more, language())


def _in_unit(row: EnteredRow, value: float | None, more: int) -> str:
    return f"{_number(row, value, more)} {row.unit}".strip()


def _pair(row: EnteredRow, low: float | None, high: float | None, more: int) -> str:
    return MISSING if low is None else f"{_number(row, low, more)} – {_number(row, high, more)}"
