"""What a person may see of the further analyses: those of the whole channel only when all its units are theirs.

Other channels and earlier waves may rest on further units, so they are set beside for those who see the whole wave.
Who sees a part of the units sees where these stand, once the wave is closed, and the course of each. Hidden units stay
hidden here as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from analysis.disclosure.counts import figure_of
from survey.database import Database
from survey.permissions import Actor
from survey.queries.fieldwork import points
from survey.services.estimates import visible_results as results_service
from survey.services.estimates.analyses.contrasts import SinceLast
from survey.services.estimates.analyses.course import Course
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.analyses.participation import Participation, visible, within
from survey.services.estimates.analyses.soundness import AnswerQuality
from survey.services.estimates.analyses.standings import Standings
from survey.services.estimates.analyses.unit_courses import UnitCourse, family
from survey.services.estimates.disclosure import precision
from survey.services.estimates.disclosure.hidden_cells import Hiding
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.visible_results import ResultsView

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")
_OF_CONTRASTS = ("first", "second", "difference", "low", "high")


@dataclass(frozen=True)
class AnalysesView:
    view: ResultsView
    analyses: Analyses
    point_names: dict[int, str]


def read(
    database: Database,
    wave_code: str,
    channel: str | None,
    *,
    actor: Actor,
    now: datetime,
    kept: KeptResults | None = None,
    language: str = "vi",
) -> AnalysesView:
    """The analyses of one channel as `actor` may see them. NotFound for a wave outside their units or services."""
    kept = kept or KeptResults()
    view = results_service.read(database, wave_code, channel, actor=actor, now=now, kept=kept, language=language)
    found = of_view(database, view, kept, now=now)
    busy = [day.point for day in found.quality.busy_days] if found.quality else []
    with database.reading() as session:
        names = points.names(session, busy)
    return AnalysesView(view, found, names)


def of_view(database: Database, view: ResultsView, kept: KeptResults, *, now: datetime) -> Analyses:
    """The analyses that go with what a person sees of a channel's results."""
    if not view.results.tables:
        return Analyses()
    shown = frozenset(row.key for row in view.by_unit if row.shown.value is not None)
    found = kept.analyses_of(database, view.wave, view.channel, now=now)
    courses = tuple(_coarse_course(one) for one in _courses(database, view, kept, found, now=now))
    if not (view.whole_scope or view.final):
        return Analyses(unit_courses=courses)
    standings = _shown(found.standings, shown) if found.standings else None
    quality = _of_enough(found.quality, view.minimum_cell) if found.quality else None
    forms = _forms(view, found.participation, shown) if found.participation else None
    if not view.whole_scope:
        return Analyses(standings=standings, unit_courses=courses, participation=within(forms) if forms else None)
    if not view.whole_wave:
        found = replace(found, beside_drawn=None, since_last=None, series=())
    beside = found.beside_drawn
    if beside is not None and beside.common:
        told = tuple(_to_a_tenth(one, _OF_CONTRASTS) for one in beside.contrasts)
        found = replace(found, beside_drawn=replace(beside, contrasts=told))
    since = found.since_last
    if since is not None and since.units:
        found = replace(found, since_last=_units_since(since, shown))
    return replace(
        found,
        standings=standings,
        quality=quality,
        course=_coarse(found.course) if found.course and found.course.tells_no_few(view.minimum_cell) else None,
        unit_courses=courses,
        participation=forms,
        weighting=None if view.hidden_cells else found.weighting,  # transactions over a weight are a cell's answers
    )


def _courses(
    database: Database, view: ResultsView, kept: KeptResults, found: Analyses, *, now: datetime
) -> tuple[UnitCourse, ...]:
    """The courses of the units that are seen, among those that may be shown to anybody: chosen once for all readers."""
    head = view.headline
    whole = kept.of(database, view.wave, view.channel, now=now, scope=None)
    if head is None or not whole.tables:
        return ()
    hide, table = Hiding(whole, view.wave), whole.table("unit").of(head.measure)
    units = {
        key[0]
        for place, key in enumerate(table.domain_keys())
        if hide.shown(table.row(place), "unit", key).value is not None
        and not whole.pattern.stays("unit", key, figure_of(head.measure.variable))
    }
    shown = family(found.unit_courses, found.course, units=units, minimum=view.minimum_cell)
    return tuple(one for one in shown if one.unit in view.scope)


def _of_enough(quality: AnswerQuality, minimum: int) -> AnswerQuality:
    """No rate of too few; and no rate without the flagged answers where these are few: the two would tell theirs."""
    left = quality.n - quality.flagged
    few = 0 < quality.flagged < minimum or left < minimum
    return replace(
        quality,
        rate=quality.rate if quality.n >= minimum else None,
        rate_without=None if few else quality.rate_without,
    )


def _shown(standings: Standings, shown: frozenset[int]) -> Standings:
    """Units the view shows a rate for, to a tenth of a point: exactly, a rate would tell the answers behind it."""
    names = ("rate", "limit_low", "limit_high", "shrunken", "shrunken_low", "shrunken_high", "benchmarked",
             "benchmarked_low", "benchmarked_high")  # fmt: skip
    rows = tuple(_to_a_tenth(row, names) for row in standings.rows if row.unit in shown)
    of_all = ("center", "usual", "correlation", "overdispersion", "model_mean", "move_error")
    return _to_a_tenth(replace(standings, rows=rows), of_all)


def _units_since(since: SinceLast, shown: frozenset[int]) -> SinceLast:
    """The change of the units that are shown, to a tenth of a point."""
    units = (replace(one, change=_to_a_tenth(one.change, _OF_CONTRASTS)) for one in since.units if one.unit in shown)
    return replace(since, units=tuple(units))


def _coarse_course(one: UnitCourse) -> UnitCourse:
    """The course of a unit with its shares to a tenth of a point."""
    return replace(one, course=_coarse(one.course))


def _coarse(course: Course) -> Course:
    """A course with its shares to a tenth of a point: each period is a part of the wave."""
    periods = tuple(_to_a_tenth(period, ("share", "low", "high")) for period in course.periods)
    return _to_a_tenth(replace(course, periods=periods), ("center",))


def _to_a_tenth(row: Row, names: Sequence[str]) -> Row:
    """A row with these rates 0..1 rounded as all below the whole are."""
    return replace(row, **{name: precision.coarse(getattr(row, name), precision.RATE_DIGITS) for name in names})


def _forms(view: ResultsView, found: Participation, shown: frozenset[int]) -> Participation:
    """Forms of the units and fields the view shows a rate for; of nobody else's units."""
    own = found.units
    if not view.whole_scope:
        own = replace(own, rows=tuple(row for row in own.rows if row.key in view.scope))
    fields = frozenset(row.key for row in view.by_field if row.shown.value is not None)
    return visible(replace(found, units=own), shown, fields, view.wave.unit_kinds)
