"""Change over the waves as a page shows it: the headline drawn and wave by wave, the other figures in a line each."""

from __future__ import annotations

from dataclasses import dataclass

import flask_babel
from markupsafe import Markup

from survey.charts import plots
from survey.i18n import language
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.analyses.wave_series import FigureSeries, WaveChange
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.analysis_tables import target_name
from survey.services.files.change_tables import series_notes, series_sentence
from survey.services.files.result_sentences import Words
from survey.words.figures import day, grouped, in_points, interval, percent


@dataclass(frozen=True)
class WaveRow:
    title: str
    n: str
    rate: str
    interval: str
    since_before: str
    certain_before: bool
    since_first: str
    certain_first: bool
    broken: bool


@dataclass(frozen=True)
class FigureRow:
    name: str
    sentence: str


@dataclass(frozen=True)
class SeriesPart:
    sentence: str
    chart: Markup
    rows: tuple[WaveRow, ...]
    others: tuple[FigureRow, ...]
    notes: tuple[str, ...]


def _(text: str, **values: object) -> str:
    return str(flask_babel.gettext(text, **values))


def series_part(view: ResultsView, made: Analyses) -> SeriesPart | None:
    """The headline over the waves; None while there are fewer than three."""
    head = next((one for one in made.series if one.level == "overall"), None)
    if head is None:
        return None
    w = Words.of(language())
    sentence = f"{target_name(view, 'overall', '', w)}: {_small(series_sentence(head, w))}"
    others = tuple(
        FigureRow(target_name(view, one.level, one.target, w), series_sentence(one, w))
        for one in made.series
        if one is not head
    )
    return SeriesPart(sentence, _chart(head, sentence), _rows(view, head), others, series_notes(head, w))


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _chart(found: FigureSeries, sentence: str) -> Markup:
    return plots.over_waves(
        [plots.WaveMark(p.rate, p.low, p.high, p.broken) for p in found.points],
        label=_("Rates of the waves. %(sentence)s", sentence=sentence), first=day(found.points[0].opens_on),
        last=day(found.last.closes_on), break_words=_("wording changed"), language=language(),
    )  # fmt: skip


def _rows(view: ResultsView, found: FigureSeries) -> tuple[WaveRow, ...]:
    lang, rounding = language(), view.rounding(found.target)
    return tuple(
        WaveRow(
            p.title, grouped(p.n, lang) if p.n else "–", percent(p.rate, lang, rounding=rounding),
            interval(p.low, p.high, lang, rounding=rounding), _change(p.since_before),
            p.since_before is not None and p.since_before.certain, _change(p.since_first),
            p.since_first is not None and p.since_first.certain, p.broken,
        )
        for p in found.points
    )  # fmt: skip


def _change(found: WaveChange | None) -> str:
    if found is None:
        return "–"
    low, high = in_points(found.low, language()), in_points(found.high, language())
    return f"{in_points(found.difference, language())} ({low} … {high})"
