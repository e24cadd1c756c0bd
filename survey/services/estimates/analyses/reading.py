"""What a person may see of the further analyses: those of the whole channel only when all its units are theirs.

Other channels and earlier waves may rest on further units, so they are set beside for those who see the whole wave.
Who sees a part of the units sees where these stand, once the wave is closed, and the course of each: of a running wave
until yesterday. Hidden units stay hidden here as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from instruments.rounding import rounded
from survey.database import Database
from survey.permissions import Actor
from survey.queries.fieldwork import points
from survey.services.estimates import visible_results as results_service
from survey.services.estimates.analyses.making import Analyses
from survey.services.estimates.analyses.participation import Participation, visible, within
from survey.services.estimates.analyses.soundness import AnswerQuality
from survey.services.estimates.analyses.standings import Standings
from survey.services.estimates.analyses.unit_courses import family
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.visible_results import ResultsView


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
    if view.delayed:
        own = kept.courses_of(database, view.wave, view.channel, now=now, scope=view.scope)
        return Analyses(unit_courses=family(own, None, units=shown, minimum=view.minimum_cell))
    if not (view.whole_scope or view.final):
        return Analyses()
    found = kept.analyses_of(database, view.wave, view.channel, now=now)
    standings = _shown(found.standings, shown) if found.standings else None
    quality = _of_enough(found.quality, view.minimum_cell) if found.quality else None
    courses = family(
        found.unit_courses, found.course if view.whole_scope else None, units=shown, minimum=view.minimum_cell
    )
    forms = _forms(view, found.participation, shown) if found.participation else None
    if not view.whole_scope:
        return Analyses(standings=standings, unit_courses=courses, participation=within(forms) if forms else None)
    if not view.whole_wave:
        found = replace(found, beside_drawn=None, since_last=None, series=())
    since = found.since_last
    if since is not None and since.units:
        found = replace(found, since_last=replace(since, units=tuple(u for u in since.units if u.unit in shown)))
    return replace(
        found,
        standings=standings,
        quality=quality,
        unit_courses=courses,
        participation=forms,
        weighting=None if view.hidden_cells else found.weighting,  # transactions over a weight are a cell's answers
    )


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
    """Units the view shows a rate for.

    Where one is left out, what the rates were moved by is given to a tenth of a point: exactly, it would be an equation
    for the rate of the hidden one.
    """
    rows = tuple(row for row in standings.rows if row.unit in shown)
    if len(rows) == len(standings.rows):
        return standings
    return replace(
        standings,
        rows=tuple(
            replace(
                row, benchmarked=_tenth(row.benchmarked), benchmarked_low=_tenth(row.benchmarked_low),
                benchmarked_high=_tenth(row.benchmarked_high),
            )
            for row in rows
        ),
        model_mean=_tenth(standings.model_mean),
        move_error=_tenth(standings.move_error),
    )  # fmt: skip


def _tenth(rate: float | None) -> float | None:
    return None if rate is None else float(rounded(rate, 3))


def _forms(view: ResultsView, found: Participation, shown: frozenset[int]) -> Participation:
    """Forms of the units and fields the view shows a rate for; of nobody else's units."""
    own = found.units
    if not view.whole_scope:
        own = replace(own, rows=tuple(row for row in own.rows if row.key in view.scope))
    fields = frozenset(row.key for row in view.by_field if row.shown.value is not None)
    return visible(replace(found, units=own), shown, fields, view.wave.unit_kinds)
