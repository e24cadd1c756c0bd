"""What the page of further analyses receives: each analysis as rows, a drawing, and what may be concluded from it."""

from __future__ import annotations

from dataclasses import dataclass

import flask_babel
from markupsafe import Markup

from survey.charts import plots
from survey.i18n import language
from survey.results.comparison_pages import (
    Contrasts,
    beside_drawn,
    beside_sentence,
    change_sentence,
    figure_name,
    since_last,
)
from survey.results.course_pages import CoursePart, UnitCoursesPart, course_part, unit_courses_part
from survey.results.series_pages import SeriesPart, series_part
from survey.results.soundness_pages import ParticipationPart, WeightingPart, participation_part, weighting_part
from survey.results.standing_pages import StandingsPart, standings_part, standings_sentence
from survey.services.estimates.analyses.importance import FactorImportance, Importance
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.analyses.reading import AnalysesView
from survey.services.estimates.analyses.soundness import AnswerQuality, Scale
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.analysis_tables import OTHER_UNITS, day, filing_words
from survey.services.files.change_tables import margin_sentence
from survey.services.files.result_sentences import Words
from survey.services.files.soundness_tables import participation_words
from survey.web.code_words import words as code_words
from survey.words.figures import grouped, in_percent, number, percent


@dataclass(frozen=True)
class FactorRow:
    code: str
    name: str
    share: str
    performance: str
    odds_ratio: str
    advice: str
    improve: bool


@dataclass(frozen=True)
class ImportancePart:
    sentence: str
    rows: tuple[FactorRow, ...]
    chart: Markup | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ScaleRow:
    code: str
    name: str
    items: int
    n: str
    alpha: str
    omega: str
    weakest: str


@dataclass(frozen=True)
class TrustPart:
    sentence: str
    facts: tuple[tuple[str, str], ...]
    findings: tuple[str, ...]
    scales: tuple[ScaleRow, ...]
    filing: str


@dataclass(frozen=True)
class AnalysisPage:
    view: ResultsView
    since: Contrasts | None
    series: SeriesPart | None
    beside: Contrasts | None
    importance: ImportancePart | None
    standings: StandingsPart | None
    course: CoursePart | None
    units: UnitCoursesPart | None
    trust: TrustPart | None
    participation: ParticipationPart | None
    weighting: WeightingPart | None

    def __bool__(self) -> bool:
        parts = (self.since, self.series, self.beside, self.importance, self.standings, self.course, self.units)
        return any(part is not None for part in (*parts, self.trust, self.participation, self.weighting))


def _(text: str, **values: object) -> str:
    return str(flask_babel.gettext(text, **values))


def analysis_page(found: AnalysesView, unit: str = "") -> AnalysisPage:
    """`unit` is the code of the unit whose course is wanted."""
    view, made = found.view, found.analyses
    return AnalysisPage(
        view=view,
        since=since_last(found),
        series=series_part(view, made),
        beside=beside_drawn(found),
        importance=_importance(view, made.importance) if made.importance else None,
        standings=standings_part(view, made.standings) if made.standings and made.standings.rows else None,
        course=course_part(made.course, minimum=view.minimum_cell) if made.course else None,
        units=unit_courses_part(view, made.unit_courses, unit) if made.course or made.unit_courses or unit else None,
        trust=_trust(found, made, made.quality) if made.quality else None,
        participation=participation_part(view, made.participation) if made.participation else None,
        weighting=weighting_part(made.weighting) if made.weighting else None,
    )


def headline_sentences(view: ResultsView, made: Analyses) -> tuple[str, ...]:
    """What the further analyses add to the headline figure, in a sentence each."""
    said = []
    if made.participation is not None:
        said.append(participation_words(view, made.participation, Words.of(language())))
    if made.since_last is not None and made.since_last.contrasts:
        said.append(f"{made.since_last.title}: {change_sentence(made.since_last.contrasts)}")
        if made.since_last.other_units:
            said[-1] += " " + _(OTHER_UNITS)
        if view.final and (against := margin_sentence(made.since_last, Words.of(language()))):
            said.append(against)
    if made.beside_drawn is not None:
        said.append(beside_sentence(made.beside_drawn))
    if made.standings is not None and view.whole_scope:
        said.append(standings_sentence(made.standings))
    return tuple(said)


# --- importance ------------------------------------------------------------------------------------------------


def _importance(view: ResultsView, found: Importance) -> ImportancePart:
    lang = language()
    if found.reason:
        return ImportancePart(code_words("no_importance", found.reason), (), None, ())
    rows = tuple(
        FactorRow(
            f.factor, figure_name(view, "factor", f.factor), _share(f), number(f.performance, 2, lang),
            number(f.odds_ratio, 2, lang) if f.odds_ratio is not None else "–",
            code_words("quadrant", found.advice(f)), f.begin_here,
        )
        for f in found.factors
    )  # fmt: skip
    first = [row.name for row in rows if row.improve]
    perhaps = [figure_name(view, "factor", f.factor) for f in found.factors if f.quadrant == "improve"]
    if first:
        sentence = _("Matters much and is rated below the others: %(names)s. Begin here.", names="; ".join(first))
    elif perhaps:
        sentence = _("These data do not tell for certain where to begin. Looks important and is rated low: %(names)s; "
                     "by chance it could be another factor.", names="; ".join(perhaps))  # fmt: skip
    else:
        sentence = _("No factor that matters much is rated below the others.")
    drawn = [
        plots.Quadrant(_code_or_place(f.factor, n), f.performance, f.share, f.begin_here)
        for n, f in enumerate(found.factors, start=1)
    ]
    chart = plots.quadrants(
        drawn, label=_("Importance and mean score of each factor"), across=_("mean score"), up=_("importance"),
        language=language(),
    )  # fmt: skip
    notes = [
        _("Among %(n)s people who answered all of it, the factors explain %(share)s of the differences in overall "
          "satisfaction. Importance is each factor's share of that (Lindeman, Merenda and Gold). These are "
          "associations, not causes.", n=grouped(found.n, lang), share=percent(found.explained, lang, places=0))
    ]  # fmt: skip
    if any(f.rank_low for f in found.factors):
        notes.append(
            _("In brackets: 95 % interval of the importance, from 500 samples drawn again by place and day or by "
              "person. “Begin here” is said only where a factor matters much and is rated below the mean of the "
              "others in 95 % of them.")
        )  # fmt: skip
    else:
        notes.append(_("Too few places and days, or too many factors, to give importance an interval."))
    if found.left_out:
        names = ", ".join(figure_name(view, "factor", code) for code in found.left_out)
        notes.append(_("Left out, since under half could be asked about it: %(names)s.", names=names))
    return ImportancePart(sentence, rows, chart if len(drawn) > 1 else None, tuple(notes))


def _share(found: FactorImportance) -> str:
    lang = language()
    share = percent(found.share, lang, places=0)
    if found.low is None or found.high is None:
        return share
    low, high = (in_percent(v, lang, places=0) for v in (found.low, found.high))
    return f"{share} ({low} – {high})"


def _code_or_place(code: str, place: int) -> str:
    return code if len(code) <= 4 else str(place)


# --- trust -----------------------------------------------------------------------------------------------------


def _trust(found: AnalysesView, made: Analyses, quality: AnswerQuality) -> TrustPart:
    lang, view = language(), found.view
    share = percent(quality.flagged / quality.n if quality.n else 0.0, lang)
    whole = percent(quality.rate, lang, rounding=view.rounding())
    without = None
    if quality.rate_without is not None:
        without = percent(quality.rate_without, lang, rounding=view.rounding())
    if without is None:
        sentence = _("%(share)s of the answers look hasty or copied. They stay in the figures.", share=share)
    elif without == whole:
        sentence = _(
            "%(share)s of the answers look hasty or copied. They stay in the figures; without them the "
            "headline figure would still be %(rate)s.",
            share=share,
            rate=whole,
        )
    else:
        sentence = _("%(share)s of the answers look hasty or copied. They stay in the figures; without them the "
                     "headline figure would be %(without)s instead of %(with_them)s.",
                     share=share, without=without, with_them=whole)  # fmt: skip
    facts = [
        (_("Under one second a question"), grouped(quality.fast, lang)),
        (_("The same varied answers three times at one place on one day"), grouped(quality.repeated, lang)),
    ]
    if quality.straight is not None:
        facts.insert(0, (_("One and the same answer to 16 questions or more"), grouped(quality.straight, lang)))
    findings = [
        _("%(point)s, %(day)s: %(n)s answers, usually %(usual)s.", point=found.point_names.get(busy.point, "?"),
          day=day(busy.day), n=busy.n, usual=number(busy.usual, 0, lang))
        for busy in quality.busy_days
    ]  # fmt: skip
    findings += [
        _("%(unit)s: %(n)s answers for %(transactions)s transactions in the frame.",
          unit=view.unit_names.get(one.unit, "?"), n=grouped(one.n, lang),
          transactions=grouped(one.transactions, lang))
        for one in quality.above_frame
    ]  # fmt: skip
    rows = tuple(
        ScaleRow(
            s.factor, figure_name(view, "factor", s.factor), s.items, grouped(s.n, lang), _two(s.alpha), _two(s.omega),
            _weakest(view, s),
        )
        for s in made.scales
    )  # fmt: skip
    filing = filing_words(view, made.filing, Words.of(lang)) if made.filing else ""
    return TrustPart(sentence, tuple(facts), tuple(findings), rows, filing)


def _weakest(view: ResultsView, scale: Scale) -> str:
    if not scale.weakest or scale.weakest_correlation is None:
        return "–"
    item = view.version.item(scale.weakest)
    return f"{item.label or item.code} (r = {_two(scale.weakest_correlation)})"


def _two(value: float | None) -> str:
    return "–" if value is None else number(value, 2, language())
