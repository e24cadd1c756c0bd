"""The further analyses as sheets of the workbook: comparisons, what to improve, where units stand, quality."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from instruments.model.text import heading_words
from survey import vietnamese_order
from survey.errors import N_
from survey.exports.tables import Cell, Column, Kind, Table
from survey.services.estimates.analyses.contrasts import Contrast, SinceLast
from survey.services.estimates.analyses.course import Course
from survey.services.estimates.analyses.importance import Importance
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.analyses.soundness import AnswerQuality, Filing
from survey.services.estimates.analyses.standings import Standings, bands
from survey.services.estimates.analyses.unit_courses import UnitCourse, expected_by_chance
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.change_tables import CHOSEN, ONE_RULE, margin_table, proven_words, series_table
from survey.services.files.result_sentences import Words
from survey.services.files.result_tables import as_p, as_rate
from survey.words import figures
from survey.words.figures import grouped, in_points, number, percent, standard_error
from survey.words.results import BEYOND, CHARTS, NO_IMPORTANCE, QUADRANTS

OTHER_UNITS = N_("The two waves did not ask at the same units, so part of the change may be theirs.")


def tables(view: ResultsView, found: Analyses, w: Words) -> list[Table]:
    """A sheet for each analysis there is."""
    sheets = []
    if found.since_last is not None or found.beside_drawn is not None:
        sheets.append(_comparisons(view, found, w))
    since = found.since_last
    if since is not None and since.margin is not None and since.contrasts and view.final:
        sheets.append(margin_table(view, since, _named(view, since, w), w))
    if found.series:
        named = [(target_name(view, one.level, one.target, w), one) for one in found.series]
        sheets.append(series_table(view, named, w))
    if found.importance is not None:
        sheets.append(_importance(view, found.importance, w))
    if found.standings is not None:
        sheets.append(_standings(view, found.standings, w))
    if found.course is not None:
        sheets.append(_course(found.course, w))
    if found.unit_courses:
        sheets.append(_unit_courses(view, found.unit_courses, w))
    if found.quality is not None:
        sheets.append(_quality(view, found, found.quality, w))
    return sheets


def target_name(view: ResultsView, level: str, target: str, w: Words) -> str:
    """The printed name of the figure `target` at `level`: the headline, or the half or factor of this code."""
    if level == "overall":
        return w(N_("Headline figure"))
    factor = next((f for f in view.version.factors if f.code == target), None)
    return heading_words(factor.name.inside(w.language)) if factor is not None else target


def _comparisons(view: ResultsView, found: Analyses, w: Words) -> Table:
    columns = (
        Column(w(N_("Compared waves or channels")), width=36),
        Column(w(N_("Figure")), width=34),
        Column(w(N_("First")), Kind.RATE, 11),
        Column(w(N_("Second")), Kind.RATE, 11),
        Column(w(N_("Difference")), Kind.RATE, 11),
        Column(w(N_("Low, adjusted")), Kind.RATE, 10),
        Column(w(N_("High, adjusted")), Kind.RATE, 10),
        Column(w(N_("p (Holm)")), Kind.NUMBER, 11),
        Column(w(N_("More than chance?")), width=14),
    )
    rows: list[list[Cell]] = []
    if (since := found.since_last) is not None:
        rows += _contrast_lines(view, f"{view.wave.code} – {since.wave}", since.contrasts, w)
        rows += [
            [f"{view.wave.code} – {since.wave}", target_name(view, "factor" if t else "overall", t, w),
             *[None] * 6, w(N_("series broken"))]
            for t in since.broken
        ]  # fmt: skip
    if (beside := found.beside_drawn) is not None:
        titles = {channel.code: channel.title for channel in view.channels}
        name = f"{titles.get(beside.opt_in, beside.opt_in)} – {titles.get(beside.drawn, beside.drawn)}"
        rows += _contrast_lines(view, name, beside.contrasts, w)
    notes = [w(N_("The first minus the second."))]
    chosen = since is not None and any(one.reason for one in since.contrasts)
    if beside is not None or not chosen:
        notes.append(w(ONE_RULE))
    if chosen:
        notes.append(w(CHOSEN))
    if since is not None and since.other_units:
        notes.append(w(OTHER_UNITS))
    if beside is not None and beside.common:
        notes.append(w(N_("Compared at the units where both channels ask: %(n)s."), n=beside.common))
    if beside is not None and beside.representativity is not None:
        notes.append(
            w(N_("Coefficient of variation of the propensity to take part: %(cv)s; R-indicator: %(indicator)s."),
              cv=number(beside.representativity.cv, 3, w.language),
              indicator=number(beside.representativity.indicator, 3, w.language))
        )  # fmt: skip
    return Table(
        w(N_("Comparisons")), w(N_("Against the wave before and against the drawn sample")), columns, rows,
        notes=tuple(notes),
    )  # fmt: skip


def _named(view: ResultsView, since: SinceLast, w: Words) -> list[tuple[str, Contrast]]:
    """The figures and then the units of a comparison with the wave before, under their printed names."""
    figures = [(target_name(view, one.level, one.target, w), one) for one in since.contrasts]
    return figures + sorted(
        ((view.unit_names.get(one.unit, "?"), one.change) for one in since.units),
        key=lambda pair: vietnamese_order.key(pair[0]),
    )


def _contrast_lines(view: ResultsView, name: str, contrasts: Sequence[Contrast], w: Words) -> list[list[Cell]]:
    return [
        [name, target_name(view, c.level, c.target, w), as_rate(c.first, view.rounding(c.target)),
         as_rate(c.second, view.rounding(c.target)), c.difference, c.low, c.high,
         as_p(c.p_value), proven_words(c, w)]
        for c in contrasts
    ]  # fmt: skip


def _importance(view: ResultsView, found: Importance, w: Words) -> Table:
    columns = (
        Column(w(N_("Code")), width=10),
        Column(w(N_("Factor")), width=36),
        Column(w(N_("Importance")), Kind.RATE, 11),
        Column(w(N_("95 % low")), Kind.RATE, 10),
        Column(w(N_("95 % high")), Kind.RATE, 10),
        Column(w(N_("Rank by importance: best")), Kind.COUNT, 12),
        Column(w(N_("Rank by importance: worst")), Kind.COUNT, 12),
        Column(w(N_("Correlation")), Kind.SCORE, 11),
        Column(w(N_("Odds ratio")), Kind.SCORE, 11),
        Column(w(N_("p")), Kind.NUMBER, 11),
        Column(w(N_("Mean score")), Kind.SCORE, 11),
        Column(w(N_("Advice")), width=24),
    )
    rows: list[list[Cell]] = [
        [f.factor, target_name(view, "factor", f.factor, w), f.share, f.low, f.high, f.rank_low or None,
         f.rank_high or None, f.correlation, f.odds_ratio, as_p(f.p_value),
         f.performance,
         w(QUADRANTS[found.advice(f)])]
        for f in found.factors
    ]  # fmt: skip
    if found.reason:
        notes = [w(NO_IMPORTANCE[found.reason])]
    else:
        notes = [
            w(N_("n = %(n)s; R² = %(explained)s. Importance: share of R² (Lindeman, Merenda and Gold), adding up to "
                 "100 %%. Odds ratio: of a higher answer per point of the factor, proportional odds, design-based p. "
                 "Associations, not causes."), n=found.n, explained=number(found.explained, 3, w.language))
        ]  # fmt: skip
    if found.left_out:
        names = ", ".join(target_name(view, "factor", code, w) for code in found.left_out)
        notes.append(w(N_("Left out, since under half could be asked about it: %(names)s."), names=names))
    return Table(w(N_("What to improve")), w(N_("What moves overall satisfaction")), columns, rows, notes=tuple(notes))


def _standings(view: ResultsView, found: Standings, w: Words) -> Table:
    columns = (
        Column(w(N_("Unit")), width=30),
        Column(w(N_("Code")), width=12),
        Column(w(N_("n")), Kind.COUNT, 9),
        Column(w(N_("Rate")), Kind.RATE, 10),
        *(() if found.is_noise else (Column(w(N_("Rank")), Kind.COUNT, 8),)),
        Column(w(N_("Rank set, alone: low")), Kind.COUNT, 11),
        Column(w(N_("Rank set, alone: high")), Kind.COUNT, 11),
        Column(w(N_("Rank set, all units: low")), Kind.COUNT, 11),
        Column(w(N_("Rank set, all units: high")), Kind.COUNT, 11),
        Column(w(N_("Group")), Kind.COUNT, 8),
        Column(w(N_("Funnel: low")), Kind.RATE, 10),
        Column(w(N_("Funnel: high")), Kind.RATE, 10),
        Column(w(N_("Model-based rate")), Kind.RATE, 12),
        Column(w(N_("Model-based: 95 % low")), Kind.RATE, 12),
        Column(w(N_("Model-based: 95 % high")), Kind.RATE, 12),
        Column(w(N_("Model-based, moved to the whole")), Kind.RATE, 14),
        Column(w(N_("Moved: 95 % low")), Kind.RATE, 12),
        Column(w(N_("Moved: 95 % high")), Kind.RATE, 12),
        Column(w(N_("Remark")), width=24),
    )
    printed = found.rows
    if found.is_noise:
        printed = tuple(row for band in bands(found, view.unit_names) for row in band.rows)
    rows: list[list[Cell]] = [
        [view.unit_names.get(r.unit, "?"), view.unit_codes.get(r.unit, ""), r.n, as_rate(r.rate, view.rounding()),
         *([] if found.is_noise else [r.rank or None]), r.low or None, r.high or None, r.low_together or None,
         r.high_together or None, r.group or None, r.limit_low, r.limit_high, r.shrunken, r.shrunken_low,
         r.shrunken_high, r.benchmarked, r.benchmarked_low, r.benchmarked_high,
         w(BEYOND[r.beyond]) if r.beyond else (None if r.rank else w(N_("not ranked")))]
        for r in printed
    ]  # fmt: skip
    share = percent(found.told_apart, w.language)
    lead = w(N_("Pairs of units that can be told apart: %(share)s."), share=share)
    if found.is_noise:
        lead += " " + w(N_("An order by rate would be chance, so there are no ranks: units stand in groups, by name "
                           "in each."))  # fmt: skip
    notes = (
        w(N_("Rank sets hold the true rank with 95 % certainty (Mogstad, Romano, Shaikh and Wilhelm): for one unit "
             "looked up alone, and for all at once. Units of one group cannot be told apart from the one with its "
             "highest rate.")),
        w(N_("Funnel: 99.8 % limits with over-dispersion (Spiegelhalter). Model-based rate: beta-binomial, beside the "
             "direct rate and never judged.")),
        *([benchmark_words(found, w)] if found.whole is not None else []),
    )  # fmt: skip
    return Table(
        w(N_("Where units stand")), w(N_("Where units stand, and how sure that is")), columns, rows, lead=(lead,),
        notes=notes,
    )  # fmt: skip


def benchmark_words(found: Standings, w: Words) -> str:
    """By how much the model-based rates were moved to the figure of the whole, in a sentence."""
    lang = w.language
    said = N_("The model-based rates of all units together, by weighted answers, came to %(before)s; each is moved by "
              "%(moved)s points, so that they come to the %(whole)s measured directly. Their intervals allow for the "
              "move (standard error %(error)s points).")  # fmt: skip
    moved = None if found.whole is None or found.model_mean is None else found.whole - found.model_mean
    return w(said, before=percent(found.model_mean, lang), whole=percent(found.whole, lang),
             moved=in_points(moved, lang), error=standard_error(found.move_error, lang))  # fmt: skip


def _course(found: Course, w: Words) -> Table:
    columns = (
        Column(w(N_("From")), Kind.DATE, 12),
        Column(w(N_("To")), Kind.DATE, 12),
        Column(w(N_("Persons")), Kind.COUNT, 10),
        Column(w(N_("Share of satisfied answers")), Kind.RATE, 14),
        Column(w(N_("Lower limit")), Kind.RATE, 11),
        Column(w(N_("Upper limit")), Kind.RATE, 11),
        Column(w(N_("Signals")), width=24),
    )
    rows: list[list[Cell]] = [
        [_date(p.first), _date(p.last), p.persons, p.share, p.low, p.high, ", ".join(w(CHARTS[a]) for a in p.alarms)]
        for p in found.periods
    ]
    notes = [w(N_("Unweighted. A signal says look, it is not a verdict."))]
    if found.center is not None:
        notes.append(
            w(N_("Centre %(center)s from the first %(baseline)s periods."),
              center=percent(found.center, w.language), baseline=found.baseline)
        )  # fmt: skip
    return Table(w(N_("Course")), w(N_("The course of the wave")), columns, rows, notes=tuple(notes))


def _unit_courses(view: ResultsView, found: Sequence[UnitCourse], w: Words) -> Table:
    columns = (
        Column(w(N_("Unit")), width=30),
        Column(w(N_("Code")), width=12),
        Column(w(N_("n")), Kind.COUNT, 9),
        Column(w(N_("Periods")), Kind.COUNT, 10),
        Column(w(N_("Share in the first periods")), Kind.RATE, 14),
        Column(w(N_("First signal")), Kind.DATE, 12),
        Column(w(N_("Signals")), width=24),
        Column(w(N_("p")), Kind.NUMBER, 11),
        Column(w(N_("p (Benjamini and Hochberg)")), Kind.NUMBER, 14),
        Column(w(N_("More than chance?")), width=14),
    )
    rows: list[list[Cell]] = []
    for one in found:
        signals = one.course.signals
        charts = [name for name in CHARTS if any(name in period.alarms for period in signals)]
        rows.append(
            [view.unit_names.get(one.unit, "?"), view.unit_codes.get(one.unit, ""), one.persons,
             len(one.course.periods), one.course.center,
             _date(signals[0].first) if signals else None, ", ".join(w(CHARTS[name]) for name in charts),
             as_p(one.course.p_value), as_p(one.adjusted),
             w(N_("yes")) if one.shifted else w(N_("not proven"))]
        )  # fmt: skip
    signalled = sum(1 for one in found if one.course.signals)
    lead = w(
        N_("Units with a course of their own: %(units)s. Units that signal: %(signals)s; chance alone would make about "
           "%(chance)s signal."), units=len(found), signals=signalled,
        chance=number(expected_by_chance(found), 1, w.language)
    )  # fmt: skip
    notes = (w(N_("Unweighted. A signal says look, it is not a verdict.")),)
    return Table(
        w(N_("Course by unit")), w(N_("Which units' course shifted?")), columns, rows, lead=(lead,), notes=notes
    )


def _quality(view: ResultsView, made: Analyses, found: AnswerQuality, w: Words) -> Table:
    columns = (
        Column(w(N_("What is counted")), width=64),
        Column(w(N_("n")), Kind.COUNT, 10),
        Column(w(N_("Alpha")), Kind.SCORE, 10),
        Column(w(N_("Omega")), Kind.SCORE, 10),
        Column(w(N_("Mean correlation")), Kind.SCORE, 12),
        Column(w(N_("Weakest question")), width=18),
        Column(w(N_("Its correlation with the rest")), Kind.SCORE, 14),
        Column(w(N_("Headline figure")), Kind.RATE, 12),
    )
    nothing: list[Cell] = [None] * 5
    rows: list[list[Cell]] = [
        [w(N_("All answers")), found.n, *nothing, as_rate(found.rate, view.rounding())],
        [
            w(N_("Without the flagged answers")),
            found.n - found.flagged,
            *nothing,
            as_rate(found.rate_without, view.rounding()),
        ],
        [w(N_("Under one second a question")), found.fast, *nothing, None],
        [w(N_("The same varied answers three times at one place on one day")), found.repeated, *nothing, None],
    ]
    if found.straight is not None:
        rows.append([w(N_("One and the same answer to 16 questions or more")), found.straight, *nothing, None])
    rows += [
        [target_name(view, "factor", s.factor, w), s.n, s.alpha, s.omega, s.mean_correlation, s.weakest,
         s.weakest_correlation, None]
        for s in made.scales
    ]  # fmt: skip
    notes = (filing_words(view, made.filing, w),) if made.filing else ()
    return Table(w(N_("Quality")), w(N_("Can the answers be trusted?")), columns, rows, notes=notes)


def filing_words(view: ResultsView, found: Filing, w: Words) -> str:
    """Whether the questions measure the factors they are filed under, in a sentence."""
    n = grouped(found.n, w.language)
    if found.alike:
        one, other = (target_name(view, "factor", code, w) for code in found.alike)
        return w(N_("The answers of %(n)s people do not tell these two factors apart, so read them as one: %(one)s; "
                    "%(other)s."), n=n, one=one, other=other)  # fmt: skip
    if found.cfi is None or found.rmsea is None:
        return w(N_("The factors of the form do not describe the answers of the %(n)s people who answered all of it."),
                 n=n)  # fmt: skip
    cfi, rmsea = (number(one, 3, w.language) for one in (found.cfi, found.rmsea))
    if found.fits:
        said = N_("The questions measure the factors they are filed under: CFI %(cfi)s, RMSEA %(rmsea)s among %(n)s "
                  "people.")  # fmt: skip
    else:
        said = N_("The questions do not all measure the factors they are filed under: CFI %(cfi)s (good from 0.95 on), "
                  "RMSEA %(rmsea)s (good up to 0.06) among %(n)s people.")  # fmt: skip
    return w(said, cfi=cfi, rmsea=rmsea, n=n)


def day(days: int) -> str:
    """A day counted from 1970-01-01, as people write it."""
    return figures.day(date(1970, 1, 1) + timedelta(days=days))


def _date(days: int) -> date:
    """A day counted from 1970-01-01, for a cell that keeps days."""
    return date(1970, 1, 1) + timedelta(days=days)
