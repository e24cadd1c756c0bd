"""What the page of further analyses receives: each analysis as rows, a drawing, and what may be concluded from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flask_babel
from flask_babel import ngettext
from markupsafe import Markup

from instruments.model.text import heading_words
from survey.charts import plots
from survey.i18n import decimal_mark, grouped, language, number
from survey.results.course_pages import CoursePart, UnitCoursesPart, course_part, unit_courses_part
from survey.services.estimates.analyses.contrasts import BesideDrawn, Contrast
from survey.services.estimates.analyses.importance import FactorImportance, Importance
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.analyses.reading import AnalysesView
from survey.services.estimates.analyses.soundness import AnswerQuality, Scale
from survey.services.estimates.analyses.standings import Standing, Standings
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.analysis_tables import OTHER_UNITS, day, filing_words, target_name
from survey.services.files.result_sentences import Words
from survey.web.code_words import words as code_words
from survey.words.results import points_text, rate_text


@dataclass(frozen=True)
class ContrastRow:
    name: str
    first: str
    second: str
    difference: str
    interval: str
    certain: bool


@dataclass(frozen=True)
class Contrasts:
    """Two samples side by side."""

    first: str
    second: str
    sentence: str
    rows: tuple[ContrastRow, ...]
    notes: tuple[str, ...] = ()


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
class StandingsPart:
    sentence: str
    noise: bool
    rows: tuple[StandingRow, ...]
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
    beside: Contrasts | None
    importance: ImportancePart | None
    standings: StandingsPart | None
    course: CoursePart | None
    units: UnitCoursesPart | None
    trust: TrustPart | None

    def __bool__(self) -> bool:
        parts = (self.since, self.beside, self.importance, self.standings, self.course, self.units, self.trust)
        return any(part is not None for part in parts)


def _(text: str, **values: object) -> str:
    return str(flask_babel.gettext(text, **values))


def analysis_page(found: AnalysesView, unit: str = "") -> AnalysisPage:
    """`unit` is the code of the unit whose course is wanted."""
    view, made = found.view, found.analyses
    return AnalysisPage(
        view=view,
        since=since_last(found),
        beside=beside_drawn(found),
        importance=_importance(view, made.importance) if made.importance else None,
        standings=_standings(view, made.standings) if made.standings and made.standings.rows else None,
        course=course_part(made.course) if made.course else None,
        units=unit_courses_part(view, made.unit_courses, unit) if made.course or made.unit_courses or unit else None,
        trust=_trust(found, made, made.quality) if made.quality else None,
    )


def headline_sentences(view: ResultsView, made: Analyses) -> tuple[str, ...]:
    """What the further analyses add to the headline figure, in a sentence each."""
    said = []
    if made.since_last is not None and made.since_last.contrasts:
        said.append(f"{made.since_last.title}: {_change_sentence(made.since_last.contrasts)}")
        if made.since_last.other_units:
            said[-1] += " " + _(OTHER_UNITS)
    if made.beside_drawn is not None:
        said.append(_beside_sentence(made.beside_drawn))
    if made.standings is not None and view.whole_scope:
        said.append(_standings_sentence(made.standings))
    return tuple(said)


# --- contrasts -------------------------------------------------------------------------------------------------


def since_last(found: AnalysesView) -> Contrasts | None:
    """This wave beside the closed one before it."""
    since, view = found.analyses.since_last, found.view
    if since is None:
        return None
    notes = [_("Compared with: %(title)s.", title=since.title), _("Differences are adjusted together (Holm).")]
    if since.broken:
        notes.append(
            _("The questionnaire changed, so these are not compared: %(names)s.",
              names=", ".join(_name(view, "factor" if t else "overall", t) for t in since.broken))
        )  # fmt: skip
    if since.other_units:
        notes.append(_(OTHER_UNITS))
    if not view.final:
        notes.append(_("This wave is still running: its figures are provisional."))
    sentence = _change_sentence(since.contrasts) if since.contrasts else _("Nothing can be compared with that wave.")
    return Contrasts(_("This wave"), _("Wave before"), sentence, _contrast_rows(view, since.contrasts), tuple(notes))


def _change_sentence(contrasts: Sequence[Contrast]) -> str:
    whole = next((c for c in contrasts if c.level == "overall"), None)
    if whole is None:
        return _("The headline figure cannot be compared.")
    words = points_text(whole.difference, language())
    if not whole.certain:
        return _("The headline figure moved by %(points)s points: within what chance explains.", points=words)
    words = words.lstrip("+−")
    if whole.difference > 0:
        return _("The headline figure rose by %(points)s points: more than chance explains.", points=words)
    return _("The headline figure fell by %(points)s points: more than chance explains.", points=words)


def beside_drawn(found: AnalysesView) -> Contrasts | None:
    """Self-selected answers beside drawn ones."""
    beside, view = found.analyses.beside_drawn, found.view
    if beside is None:
        return None
    chosen = {code: selection.value for code, _title, selection in view.channels}
    sentence = _beside_sentence(beside)
    notes = []
    if beside.common:
        notes.append(
            ngettext("Compared at the %(num)s unit where both channels ask.",
                     "Compared at the %(num)s units where both channels ask.", beside.common)
        )  # fmt: skip
    if (known := beside.representativity) is not None:
        names = ", ".join(_fact_name(view, code) for code in known.known)
        notes.append(
            _("Who takes part by oneself, compared in %(names)s: coefficient of variation of the propensity %(cv)s "
              "(0 = like those drawn). What these do not explain may still differ.",
              names=names, cv=number(known.cv, 2, language()))
        )  # fmt: skip
    notes.append(_("Differences are adjusted together (Holm)."))
    return Contrasts(
        code_words("selection", chosen[beside.opt_in]),
        code_words("selection", chosen[beside.drawn]),
        sentence,
        _contrast_rows(view, beside.contrasts),
        tuple(notes),
    )


def _beside_sentence(beside: BesideDrawn) -> str:
    whole = next((c for c in beside.contrasts if c.level == "overall"), None)
    if whole is None or whole.low is None:
        return _("The headline figures of the two channels cannot be compared.")
    if whole.certain:
        points = points_text(whole.difference, language()).lstrip("+−")
        if whole.difference > 0:
            return _(
                "The headline figure of those who chose themselves is %(points)s points higher. Only a channel that "
                "draws people or asks all speaks for everybody.",
                points=points,
            )
        return _("The headline figure of those who chose themselves is %(points)s points lower. Only a channel that "
                 "draws people or asks all speaks for everybody.", points=points)  # fmt: skip
    return _("No difference of the headline figure is proven. The channels are still never pooled.")


def _contrast_rows(view: ResultsView, contrasts: Sequence[Contrast]) -> tuple[ContrastRow, ...]:
    lang = language()
    return tuple(
        ContrastRow(
            _name(view, c.level, c.target),
            rate_text(c.first, language=lang),
            rate_text(c.second, language=lang),
            points_text(c.difference, lang),
            f"{points_text(c.low, lang)} … {points_text(c.high, lang)}" if c.low is not None else "–",
            c.certain,
        )
        for c in contrasts
    )


def _name(view: ResultsView, level: str, target: str) -> str:
    return target_name(view, level, target, Words.of(language()))


def _fact_name(view: ResultsView, code: str) -> str:
    if code == "field" or not view.version.has_item(code):
        return _("field of procedures")
    item = view.version.item(code)
    return heading_words((item.short or view.version.said(item.wording, language())).rstrip("?: "))


# --- importance ------------------------------------------------------------------------------------------------


def _importance(view: ResultsView, found: Importance) -> ImportancePart:
    lang = language()
    if found.reason:
        return ImportancePart(code_words("no_importance", found.reason), (), None, ())
    rows = tuple(
        FactorRow(
            f.factor, _name(view, "factor", f.factor), _share(f), number(f.performance, 2, lang),
            number(f.odds_ratio, 2, lang) if f.odds_ratio is not None else "–",
            code_words("quadrant", found.advice(f)), f.begin_here,
        )
        for f in found.factors
    )  # fmt: skip
    first = [row.name for row in rows if row.improve]
    perhaps = [_name(view, "factor", f.factor) for f in found.factors if f.quadrant == "improve"]
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
        decimal=decimal_mark(),
    )  # fmt: skip
    notes = [
        _("Among %(n)s people who answered all of it, the factors explain %(share)s of the differences in overall "
          "satisfaction. Importance is each factor's share of that (Lindeman, Merenda and Gold). These are "
          "associations, not causes.", n=grouped(found.n, lang), share=rate_text(found.explained, language=lang,
                                                                                places=0))
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
        names = ", ".join(_name(view, "factor", code) for code in found.left_out)
        notes.append(_("Left out, since under half could be asked about it: %(names)s.", names=names))
    return ImportancePart(sentence, rows, chart if len(drawn) > 1 else None, tuple(notes))


def _share(found: FactorImportance) -> str:
    lang = language()
    share = rate_text(found.share, language=lang, places=0)
    if found.low is None or found.high is None:
        return share
    low, high = (rate_text(v, language=lang, places=0).removesuffix(" %") for v in (found.low, found.high))
    return f"{share} ({low} – {high})"


def _code_or_place(code: str, place: int) -> str:
    return code if len(code) <= 4 else str(place)


# --- standings -------------------------------------------------------------------------------------------------


def _standings(view: ResultsView, found: Standings) -> StandingsPart:
    sentence = _standings_sentence(found)
    rows = tuple(_standing(view, row) for row in found.rows)
    points = [
        plots.FunnelPoint(r.n, r.rate, r.limit_low, r.limit_high, r.beyond)
        for r in found.rows
        if r.limit_low is not None and r.limit_high is not None
    ]
    chart = None
    if len(points) > 2 and found.center is not None:
        chart = plots.funnel(
            points, found.center, label=_("Units by number of answers, each before its own limits"),
            axis=_("number of answers"), decimal=decimal_mark(),
        )  # fmt: skip
    far = sum(1 for r in found.rows if r.beyond)
    notes = [
        _("A rank set holds the true rank with 95 % certainty: for one unit looked up alone, and for all units at "
          "once. Units of one group cannot be told apart from its first."),
        *([_("Units with too few answers or days for a verdict, or whose error cannot be told, are not ranked.")]
          if any(not r.rank for r in found.rows) else []),
        _("The model-based rate pulls units with few answers towards the mean of all (beta-binomial). It stands beside "
          "the direct rate and is never judged."),
    ]  # fmt: skip
    if view.whole_scope:
        words = ngettext(
            "%(num)s unit lies beyond its 99.8 %% limits, ordinary differences between units allowed for.",
            "%(num)s units lie beyond their 99.8 %% limits, ordinary differences between units allowed for.",
            far,
        )
        notes.insert(0, words)
    return StandingsPart(sentence, found.is_noise, rows, chart, tuple(notes))


def _standings_sentence(found: Standings) -> str:
    lang = language()
    share = rate_text(found.told_apart, language=lang, places=0)
    if found.is_noise:
        return _("Of all pairs of units only %(share)s can be told apart: a table in this order is chance. Do not "
                     "publish it as a ranking.", share=share)  # fmt: skip
    return _("Of all pairs of units %(share)s can be told apart. Ranks mean something only as far as their "
                     "sets do not overlap.", share=share)  # fmt: skip


def _standing(view: ResultsView, row: Standing) -> StandingRow:
    lang = language()
    model = rate_text(row.shrunken, language=lang)
    if row.shrunken_low is not None:
        low, high = (rate_text(v, language=lang).removesuffix(" %") for v in (row.shrunken_low, row.shrunken_high))
        model = f"{model} ({low} – {high})"
    return StandingRow(
        row.unit, view.unit_names.get(row.unit, "?"), grouped(row.n, lang), rate_text(row.rate, language=lang),
        str(row.rank) if row.rank else "–", _set(row.low, row.high), _set(row.low_together, row.high_together),
        row.group, code_words("beyond", row.beyond) if row.beyond else "", model,
    )  # fmt: skip


def _set(low: int, high: int) -> str:
    if not low:
        return "–"
    return str(low) if low == high else f"{low} – {high}"


# --- trust -----------------------------------------------------------------------------------------------------


def _trust(found: AnalysesView, made: Analyses, quality: AnswerQuality) -> TrustPart:
    lang, view = language(), found.view
    share = rate_text(quality.flagged / quality.n if quality.n else 0.0, language=lang)
    whole = rate_text(quality.rate, language=lang)
    without = None if quality.rate_without is None else rate_text(quality.rate_without, language=lang)
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
            s.factor, _name(view, "factor", s.factor), s.items, grouped(s.n, lang), _two(s.alpha), _two(s.omega),
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
