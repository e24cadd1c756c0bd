"""What a person may see of a wave's results: their units, their services, small cells hidden, every rate with its n.

The figures come from `channel_results`, what is hidden from `hidden_cells`, the lines from `visible_rows`; here stands
who may see which part.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from analysis.inference.estimate_tables import is_rate
from instruments.model.document import InstrumentVersion
from instruments.model.index_rules import Rounding
from survey import vietnamese_order
from survey.database import Database
from survey.errors import Conflict, NotFound
from survey.models.fieldwork.waves import Selection
from survey.permissions import Actor
from survey.queries.estimates import labels, look_verdicts, responses, result_sets
from survey.queries.estimates.labels import UnitLabel
from survey.queries.estimates.look_verdicts import StoredLook
from survey.queries.estimates.result_sets import FinalVersion
from survey.queries.estimates.results import READERS
from survey.queries.estimates.wave_basis import WaveChannel
from survey.services.estimates.asked_questions import AskedQuestions, CommentCount, EnteredRow
from survey.services.estimates.channel_results import ChannelResults, has_frame
from survey.services.estimates.disclosure import precision
from survey.services.estimates.disclosure.hidden_cells import Hiding
from survey.services.estimates.disclosure.patterns import people_of
from survey.services.estimates.disclosure.running_steps import ALL
from survey.services.estimates.group_means import GroupMean, group_means
from survey.services.estimates.measure_plans import Figure
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.visible_rows import ChoiceRows, FigureRow, Row, VisibleRows
from survey.services.estimates.wave_facts import WaveFacts, facts
from survey.services.province.target_plans import PlanOnDay


@dataclass(frozen=True)
class ResultsView:
    """Everything one results page, workbook or command shows."""

    wave: WaveFacts
    version: InstrumentVersion
    channel: str
    channel_title: str
    selection: Selection
    channels: tuple[WaveChannel, ...]  # those that ask in units that are seen
    final: bool
    made_at: datetime
    responses: int | None
    late: int
    deleted_since: int
    versions: tuple[FinalVersion, ...]  # of the final results, the newest first
    looks_made: tuple[StoredLook, ...]  # what planned looks at the whole proved
    units: int
    units_asked: int
    transactions: int
    weighted: bool  # there is a frame to weight the answers to
    clusters: int
    whole_scope: bool  # all units of this channel
    whole_wave: bool  # all units of the wave, whatever its channels ask
    until: date | None  # of a running wave: the last day whose answers may count, the same for every reader
    waiting: int | None  # of its answers until then that wait for a later step; None for a few, or who sees a part
    scope: frozenset[int]  # the units of this channel that are seen
    scope_names: tuple[str, ...]
    headline: Figure | None
    plan: PlanOnDay | None
    overall: Row | None
    factors: tuple[FigureRow, ...]
    halves: tuple[FigureRow, ...]
    items: tuple[FigureRow, ...]
    others: tuple[FigureRow, ...]
    choices: tuple[ChoiceRows, ...]
    entered: tuple[EnteredRow, ...]  # numbers and dates
    comments: tuple[CommentCount, ...]
    by_unit: tuple[Row, ...]
    by_field: tuple[Row, ...]
    by_group: tuple[Row, ...]
    group_means: tuple[GroupMean, ...]  # of the headline, over the units that are shown
    unit_codes: Mapping[int, str]
    unit_names: Mapping[int, str]
    field_codes: Mapping[int, str]
    field_names: Mapping[int, str]
    hidden_cells: int
    minimum_cell: int
    hiding: Hiding | None = field(repr=False)
    results: ChannelResults = field(repr=False)

    @property
    def is_newest(self) -> bool:
        """Whether these are the results that count, not an earlier version of them."""
        return not self.versions or self.results.version == self.versions[0].number

    @property
    def delayed(self) -> bool:
        """Whether these are figures of a running wave, which change once a day."""
        return self.until is not None

    @property
    def is_judged(self) -> bool:
        """Whether the headline is a share that is set against a target."""
        return bool(self.wave.goals) and self.headline is not None and is_rate(self.headline.measure.name)

    @property
    def unjudged_group(self) -> bool:
        """Whether the headline speaks of several units together, which are no member of a family."""
        return self.final and not self.whole_scope and len(self.scope) > 1

    @property
    def weight_stages(self) -> tuple[Mapping[str, Any], ...]:
        """The stages of weighting; without the spread of weights where a cell is hidden, or units of others are in it.

        Transactions over a weight are the answers of a cell, and so are the solution of the effective number.
        """
        stages = self.results.weight_stages
        if self.whole_scope and not self.hidden_cells:
            return stages
        told = ("name", "n", "total", "flagged", "merged", "trimmed")
        return tuple({name: stage[name] for name in told if name in stage} for stage in stages)

    @property
    def row_rounding(self) -> Rounding | None:
        """How the headline of a unit, field or target group is published: to a tenth of a point at most."""
        return precision.declared(self.rounding())

    def rounding(self, target: str = "") -> Rounding | None:
        """How the questionnaire publishes the figure of a factor or half; of any other target, its headline."""
        rows = (*self.halves, *self.factors)
        figure = next((row.figure for row in rows if row.figure.target == target), self.headline)
        exact = self.hiding is None or self.hiding.is_precise("")
        return None if figure is None else figure.rounding if exact else precision.declared(figure.rounding)


def read(
    database: Database,
    wave_code: str,
    channel: str | None,
    *,
    actor: Actor,
    now: datetime,
    kept: KeptResults | None = None,
    language: str = "vi",
    version: int | None = None,
) -> ResultsView:
    """The results of one channel as `actor` may see them. NotFound for a wave outside their units or services.

    Of final results an earlier `version` may be asked for.
    """
    wave = facts(database, wave_code)
    with database.reading() as session:
        units, fields = labels.units(session), labels.fields(session)
    scope = _scope(wave, actor, units)
    if not wave.channels:
        raise NotFound("The wave %(code)s has no channel yet, so there are no results.", code=wave_code)
    seen = tuple(c for c in wave.channels if scope is None or c.units & scope)
    shown = wave.channel(channel) if channel else _first_channel(seen)
    whole = scope is None or shown.units <= scope
    own = shown.units if scope is None else shown.units & scope
    kept = kept or KeptResults()
    part = None if whole else own
    if version is not None and not actor.is_system:
        _check_same_answers(database, shown.id, version)
    results = kept.of(database, wave, shown.code, now=now, scope=part, version=version)
    until = results.counted_before
    with database.reading() as session:
        stamp = responses.stamp(session, shown.id)
        written = (
            responses.comments(session, shown.id, units=None if whole else own)
            if until is None
            else _written(results, {ALL} if whole else own)
        )
        versions = result_sets.versions(session, shown.id) if results.status == "final" else ()
        planned = whole and wave.fixed is not None and bool(wave.fixed.looks)
        looks_made = look_verdicts.of_channel(session, shown.id) if planned else ()
    hide = Hiding(results, wave) if results.tables else None
    rows = VisibleRows(wave, results, hide, language) if hide else None
    asked = AskedQuestions(wave.survey_plan, results, hide, language, whole=whole) if hide else None
    by_unit = rows.units(units) if rows else ()
    return ResultsView(
        wave=wave,
        version=wave.questionnaire,
        channel=shown.code,
        channel_title=shown.title,
        selection=shown.selection,
        channels=seen,
        final=results.status == "final",
        made_at=results.made_at,
        responses=None if hide is not None and hide.is_hidden("", ()) else _responses(results, whole),
        late=stamp.late if whole else 0,
        deleted_since=results.deleted_since,
        versions=versions,
        looks_made=looks_made,
        units=_answering_units(results),
        units_asked=len(own),
        transactions=sum(cell.transactions for cell in wave.frame if cell.unit in own),
        weighted=has_frame(wave, shown),
        clusters=results.clusters,
        whole_scope=whole,
        whole_wave=scope is None,
        until=until - timedelta(days=1) if until is not None else None,
        waiting=_waiting(results) if whole else None,
        scope=own,
        scope_names=() if whole else tuple(sorted((units[unit].name for unit in own), key=vietnamese_order.key)),
        headline=wave.survey_plan.headline,
        plan=wave.plan,
        overall=rows.overall() if rows else None,
        factors=rows.composites("factor") if rows else (),
        halves=rows.composites("half") if rows else (),
        items=rows.items() if rows else (),
        others=rows.others() if rows else (),
        choices=rows.choices() if rows else (),
        entered=asked.entered() if asked else (),
        comments=asked.comments(written) if asked else (),
        by_unit=by_unit,
        by_field=rows.fields(fields) if rows else (),
        by_group=rows.groups() if rows else (),
        group_means=group_means(wave.questionnaire.rollup, by_unit, known=units.__contains__),
        unit_codes={unit: label.code for unit, label in units.items()},
        unit_names={unit: label.name for unit, label in units.items()},
        field_codes={field: label.code for field, label in fields.items()},
        field_names={field: label.name for field, label in fields.items()},
        hidden_cells=hide.hidden_cells if hide else 0,
        minimum_cell=hide.minimum if hide else wave.minimum_cell,
        hiding=hide,
        results=results,
    )


def _check_same_answers(database: Database, channel_id: int, version: int) -> None:
    """Refuse an earlier version where answers have left since: two versions side by side would tell what these said."""
    with database.reading() as session:
        versions = result_sets.versions(session, channel_id)
    own = next((one for one in versions if one.number == version), None)
    if own is not None and own.data_hash != versions[0].data_hash:
        raise Conflict(
            "Version %(version)s is kept but no longer shown: answers have left the record since, and both versions "
            "side by side would tell what they said.", version=version,
        )  # fmt: skip


def require_visible(database: Database, wave: WaveFacts, actor: Actor) -> None:
    """NotFound for a wave outside the actor's units or services, as if there were none."""
    with database.reading() as session:
        units = labels.units(session)
    _scope(wave, actor, units)


def _scope(wave: WaveFacts, actor: Actor, units: Mapping[int, UnitLabel]) -> frozenset[int] | None:
    """The ids of the units whose results the actor may see; None for all of the wave. NotFound when there are none."""
    if actor.is_system:
        return None
    tops = [g.unit_path for g in actor.scopes(*READERS) if wave.domain in g.domains]
    if any(wave.unit_path.startswith(top) for top in tops):
        return None
    asked = frozenset[int]().union(*(channel.units for channel in wave.channels))
    own = frozenset(unit for unit in asked if any(units[unit].path.startswith(top) for top in tops))
    if not own:
        raise NotFound("There is no wave %(code)s.", code=wave.code)
    return own


def _first_channel(channels: Sequence[WaveChannel]) -> WaveChannel:
    """The drawn or census channel where there is one: it alone can prove a verdict."""
    return next((c for c in channels if c.selection is not Selection.OPT_IN), channels[0])


def _responses(results: ChannelResults, whole: bool) -> int | None:
    """How many answers these results count; None where the number is hidden."""
    if results.pattern.hides("", ()):
        return None
    if whole or not results.tables:
        return results.responses
    return max(people_of(results.table()).values(), default=0)


def _written(results: ChannelResults, units: Collection[int]) -> dict[str, int]:
    """The comments of units in a step of a running wave, by the name of their field."""
    found: dict[str, int] = {}
    for (unit, item), number in results.written.items():
        if unit in units:
            found[item] = found.get(item, 0) + number
    return found


def _waiting(results: ChannelResults) -> int | None:
    """How many answers wait; None where they are so few that it is not said."""
    return results.waiting if not 0 < results.waiting < results.pattern.minimum else None


def _answering_units(results: ChannelResults) -> int:
    return sum(1 for n in people_of(results.table("unit")).values() if n) if results.tables else 0
