"""The course of a wave as a page shows it: of the whole channel, and of one unit among those with enough answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flask_babel
from flask_babel import ngettext
from markupsafe import Markup

from survey import vietnamese_order
from survey.charts import plots
from survey.i18n import language
from survey.services.estimates.analyses.course import LEAST_AFTER, LEAST_ANSWERS, SHORT_BASELINE, Course
from survey.services.estimates.analyses.unit_courses import UnitCourse, expected_by_chance
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.analysis_tables import day
from survey.words.figures import grouped, number, percent


@dataclass(frozen=True)
class CoursePart:
    sentence: str
    chart: Markup
    notes: tuple[str, ...]


@dataclass(frozen=True)
class UnitSignal:
    """A unit whose charts signal."""

    code: str
    name: str
    n: str
    first: str
    certain: bool


@dataclass(frozen=True)
class UnitCoursesPart:
    """The units with a course of their own, those that signal, and the one that was chosen."""

    sentence: str
    choices: tuple[tuple[str, str], ...]  # code and name, by name
    signals: tuple[UnitSignal, ...]
    chosen: str
    chosen_name: str
    course: CoursePart | None
    missing: str  # why the unit asked for has none
    notes: tuple[str, ...]


def _(text: str, **values: object) -> str:
    return str(flask_babel.gettext(text, **values))


def course_part(found: Course, name: str = "", *, minimum: int) -> CoursePart:
    """One course drawn, with what it says. `name` is the unit's, empty for the whole."""
    lang, periods = language(), found.periods
    if found.center is None:
        sentence = _("Too few days with answers yet to draw limits.")
    elif not found.signals:
        sentence = _("No chart signals a change while the wave ran.")
    else:
        sentence = _("A change is signalled, first on %(day)s. Look at what happened there; a signal is not a verdict.",
                     day=day(found.signals[0].first))  # fmt: skip
    notes = [
        _("Unweighted shares of satisfied answers, days joined until each period has %(n)s answers or more.",
          n=max(minimum, LEAST_ANSWERS)),
        _("An answer stands at the day at the end of which it was counted for the first time."),
    ]  # fmt: skip
    if found.center is not None:
        notes.append(
            ngettext("Centre and limits come from the first %(num)s period and stay.",
                     "Centre and limits come from the first %(num)s periods and stay.", found.baseline)
        )  # fmt: skip
    if found.chance is not None:
        notes.append(
            _("Signals of a p-chart (3 standard errors), EWMA and CUSUM. Chance alone would make %(share)s of courses "
              "like this one signal although nothing changes.", share=percent(found.chance, lang, places=0))
        )  # fmt: skip
    if found.short:
        notes.append(_("Fewer than 20 periods were there to set the limits, so false signals are more frequent."))
    if found.breaks:
        days = ", ".join(day(periods[b - 1].last) for b in found.breaks)
        notes.append(_("Looking back, the level seems to have shifted after: %(days)s.", days=days))
    label = _("Share of satisfied answers by day. %(sentence)s", sentence=sentence)
    chart = plots.course(
        [plots.CoursePoint(p.share, p.low, p.high, bool(p.alarms)) for p in periods], found.center,
        label=f"{name}: {label}" if name else label, first=day(periods[0].first), last=day(periods[-1].last),
        baseline=found.baseline, baseline_words=_("limits set"), language=language(),
    )  # fmt: skip
    return CoursePart(sentence, chart, tuple(notes))


def unit_courses_part(view: ResultsView, family: Sequence[UnitCourse], wanted: str) -> UnitCoursesPart:
    """`wanted` is the code of a unit, empty for none."""
    lang = language()
    by_code = {view.unit_codes[one.unit]: one for one in family}
    names = {code: view.unit_names.get(one.unit, "?") for code, one in by_code.items()}
    chosen = by_code.get(wanted)
    signals = tuple(
        UnitSignal(code, names[code], grouped(one.persons, lang), day(one.course.signals[0].first), one.shifted)
        for code, one in by_code.items()
        if one.course.signals
    )
    shifted = sum(1 for signal in signals if signal.certain)
    if not family:
        sentence = _("No unit has enough answers for a course of its own yet: that takes %(periods)s periods of "
                     "%(n)s answers.", periods=SHORT_BASELINE + LEAST_AFTER,
                     n=max(view.minimum_cell, LEAST_ANSWERS))  # fmt: skip
    elif not shifted:
        sentence = _("At no unit has the course shifted by more than chance explains.")
    else:
        sentence = ngettext(
            "At %(num)s unit the course shifted by more than chance explains. Look at what happened there; a signal is "
            "not a verdict.",
            "At %(num)s units the course shifted by more than chance explains. Look at what happened there; a signal "
            "is not a verdict.",
            shifted,
        )
    notes = []
    if family:
        notes.append(
            _("Units with a course of their own: %(units)s. Units that signal: %(signals)s; chance alone would make "
              "about %(chance)s signal.", units=len(family), signals=len(signals),
              chance=number(expected_by_chance(family), 1, lang))
        )  # fmt: skip
        notes.append(
            _("So many charts raise many false signals. More than chance: by Benjamini and Hochberg over all these "
              "units, at most 5 % of such findings false on average.")
        )  # fmt: skip
        if view.delayed:
            notes.append(_("Answers until yesterday; the course goes on once a day."))
    return UnitCoursesPart(
        sentence,
        tuple(sorted(names.items(), key=lambda pair: (vietnamese_order.key(pair[1]), pair[0]))),
        signals,
        wanted if chosen else "",
        names.get(wanted, ""),
        course_part(chosen.course, names[wanted], minimum=view.minimum_cell) if chosen else None,
        _("This unit has no course: too few answers, or it is hidden.") if wanted and not chosen else "",
        tuple(notes),
    )
