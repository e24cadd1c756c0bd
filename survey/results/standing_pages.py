"""Where the units stand, on the page of analyses: who can be told apart, and who lies beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import flask_babel
from flask_babel import ngettext
from markupsafe import Markup

from survey.charts import plots
from survey.i18n import language
from survey.services.estimates.analyses.standings import Band, Standing, Standings, bands
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.analysis_tables import benchmark_words
from survey.services.files.result_sentences import Words
from survey.web.code_words import words as code_words
from survey.words.figures import grouped, in_percent, percent


@dataclass(frozen=True)
class StandingRow:
    key: int
    name: str
    n: str
    rate: str
    rank: str
    alone: str
    together: str
    group: int
    beyond: str
    shrunken: str


@dataclass(frozen=True)
class StandingBand:
    """Rows that stand together, under a title where there is more than one way to stand."""

    title: str
    rows: tuple[StandingRow, ...]


@dataclass(frozen=True)
class StandingsPart:
    sentence: str
    noise: bool  # no order by rate and no ranks: in bands, by name
    count: int
    bands: tuple[StandingBand, ...]
    chart: Markup | None
    notes: tuple[str, ...]


def _(text: str, **values: object) -> str:
    return str(flask_babel.gettext(text, **values))


def standings_part(view: ResultsView, found: Standings) -> StandingsPart:
    sentence = standings_sentence(found)
    if found.is_noise:
        drawn = tuple(_band(view, band) for band in bands(found, view.unit_names))
    else:
        drawn = (StandingBand("", tuple(_standing(view, row) for row in found.rows)),)
    points = [
        plots.FunnelPoint(r.n, r.rate, r.limit_low, r.limit_high, r.beyond)
        for r in found.rows
        if r.limit_low is not None and r.limit_high is not None
    ]
    chart = None
    if len(points) > 2 and found.center is not None:
        chart = plots.funnel(
            points, found.center, label=_("Units by number of answers, each before its own limits"),
            axis=_("number of answers"), language=language(),
        )  # fmt: skip
    far = sum(1 for r in found.rows if r.beyond)
    notes = [
        _("A rank set holds the true rank with 95 % certainty: for one unit looked up alone, and for all units at "
          "once. Units of one group cannot be told apart from the one with its highest rate."),
        *([_("Units with too few answers or days for a verdict, or whose error cannot be told, are not ranked.")]
          if any(not r.rank for r in found.rows) else []),
        _("The model-based rate pulls units with few answers towards the mean of all (beta-binomial). It stands beside "
          "the direct rate and is never judged."),
        *([benchmark_words(found, Words.of(language()))] if found.whole is not None else []),
    ]  # fmt: skip
    if view.whole_scope:
        words = ngettext(
            "%(num)s unit lies beyond its 99.8 %% limits, ordinary differences between units allowed for.",
            "%(num)s units lie beyond their 99.8 %% limits, ordinary differences between units allowed for.",
            far,
        )
        notes.insert(0, words)
    return StandingsPart(sentence, found.is_noise, len(found.rows), drawn, chart, tuple(notes))


def standings_sentence(found: Standings) -> str:
    lang = language()
    share = percent(found.told_apart, lang, places=0)
    if found.is_noise:
        return _("Of all pairs of units only %(share)s can be told apart: an order by rate would be chance, so these "
                     "units have no ranks. They stand in groups, by name in each.", share=share)  # fmt: skip
    return _("Of all pairs of units %(share)s can be told apart. Ranks mean something only as far as their "
                     "sets do not overlap.", share=share)  # fmt: skip


def _band(view: ResultsView, band: Band) -> StandingBand:
    num = len(band.rows)
    if band.group:
        title = ngettext("Group %(group)s: %(num)s unit", "Group %(group)s: %(num)s units", num, group=band.group)
    else:
        title = ngettext("Not ranked: %(num)s unit", "Not ranked: %(num)s units", num)
    return StandingBand(title, tuple(_standing(view, row) for row in band.rows))


def _standing(view: ResultsView, row: Standing) -> StandingRow:
    lang = language()
    figures = row.shrunken, row.shrunken_low, row.shrunken_high
    if row.benchmarked is not None:
        figures = row.benchmarked, row.benchmarked_low, row.benchmarked_high
    model = percent(figures[0], lang)
    if figures[1] is not None:
        low, high = (in_percent(v, lang) for v in figures[1:])
        model = f"{model} ({low} – {high})"
    return StandingRow(
        row.unit, view.unit_names.get(row.unit, "?"), grouped(row.n, lang),
        percent(row.rate, lang, rounding=view.row_rounding),
        str(row.rank) if row.rank else "–", _set(row.low, row.high), _set(row.low_together, row.high_together),
        row.group, code_words("beyond", row.beyond) if row.beyond else "", model,
    )  # fmt: skip


def _set(low: int, high: int) -> str:
    if not low:
        return "–"
    return str(low) if low == high else f"{low} – {high}"
