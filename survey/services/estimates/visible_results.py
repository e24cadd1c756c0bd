"""What a person may see of a wave's results: their units, their services, small cells hidden, every rate with its n.

One rule hides everywhere (screen, files, commands): a cell of fewer than so many respondents, with the further cells
that would give it away. The figures themselves come from `channel_results`; nothing is computed here but what to show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from sqlalchemy import select

from analysis.arrays import Floats
from analysis.inference.disclosure import Cell, DisclosureRule, Relation, hidden_rates, suppress
from analysis.inference.estimate_tables import Estimate, EstimateTable, is_rate
from analysis.totals.measure_plan import Measure
from instruments import codec
from instruments.model.document import InstrumentVersion
from survey.database import Database
from survey.errors import NotFound
from survey.models.fieldwork.waves import Selection, WaveStatus
from survey.models.people.accounts import Role
from survey.models.province.procedures import Field
from survey.models.province.units import Unit
from survey.permissions import Actor
from survey.queries.estimates import responses
from survey.services.estimates.channel_results import ChannelResults, Verdicts
from survey.services.estimates.measure_plans import Figure
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.wave_facts import NO_FIELD, WaveFacts, facts
from survey.services.province import settings
from survey.services.province.target_plans import Binding
from survey.words import vietnamese_order

READERS = (Role.ANALYST, Role.UNIT_VIEWER)


@dataclass(frozen=True)
class Shown:
    """One estimate ready to be shown. `hidden` says why there is none: small, complement, or empty."""

    value: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    effective_n: float | None = None
    df: int | None = None
    deff: float | None = None
    flags: tuple[str, ...] = ()
    hidden: str = ""


@dataclass(frozen=True)
class VerdictView:
    """A verdict with what it stands on."""

    verdict: str
    target: float
    goal: str
    reasons: tuple[str, ...]
    bound: float | None  # the one-sided bound on the side that was claimed
    needed: int | None
    needed_why: str


@dataclass(frozen=True)
class Row:
    """The whole, or a domain (unit, field, target group), with its estimate; a verdict only once the wave is closed."""

    key: int
    label: str
    shown: Shown
    target: float | None = None
    verdict: VerdictView | None = None
    sample: bool = False  # a fictional unit


@dataclass(frozen=True)
class FigureRow:
    """One figure of the questionnaire in the whole scope."""

    figure: Figure
    label: str
    text: str
    grade: str
    shown: Shown
    mean: Shown | None = None
    factor: str = ""
    name: str = ""  # what the questionnaire calls the figure


@dataclass(frozen=True)
class ChoiceRows:
    """The shares of the answers of one question."""

    item: str
    text: str
    n: int | None
    shares: tuple[tuple[str, Shown], ...]


@dataclass(frozen=True)
class PlanView:
    """What the target means for this wave."""

    code: str
    binding: Binding
    decision: str
    decided_on: date | None
    until: date | None

    @property
    def comparison_only(self) -> bool:
        return self.binding in (Binding.EXPIRED, Binding.NOT_YET)


@dataclass(frozen=True)
class ResultsView:
    """Everything one results page, workbook or command shows."""

    wave: WaveFacts
    version: InstrumentVersion
    channel: str
    channel_title: str
    selection: Selection
    channels: tuple[tuple[str, str, Selection], ...]
    final: bool
    made_at: datetime
    responses: int | None
    late: int
    deleted_since: int
    units: int
    units_asked: int
    transactions: int
    clusters: int
    whole_scope: bool  # all units of this channel
    whole_wave: bool  # all units of the wave, whatever its channels ask
    delayed: bool  # of a running wave, for who sees a part of its units: until yesterday, changing once a day
    scope: frozenset[int]  # the units of this channel that are seen
    scope_names: tuple[str, ...]
    headline: Figure | None
    plan: PlanView | None
    overall: Row | None
    factors: tuple[FigureRow, ...]
    halves: tuple[FigureRow, ...]
    items: tuple[FigureRow, ...]
    others: tuple[FigureRow, ...]
    choices: tuple[ChoiceRows, ...]
    by_unit: tuple[Row, ...]
    by_field: tuple[Row, ...]
    by_group: tuple[Row, ...]
    unit_codes: Mapping[int, str]
    unit_names: Mapping[int, str]
    field_codes: Mapping[int, str]
    field_names: Mapping[int, str]
    hidden_cells: int
    minimum_cell: int
    hiding: Hiding | None = field(repr=False)
    results: ChannelResults = field(repr=False)


def read(
    database: Database,
    wave_code: str,
    channel: str | None,
    *,
    actor: Actor,
    now: datetime,
    kept: KeptResults | None = None,
    language: str = "vi",
) -> ResultsView:
    """The results of one channel as `actor` may see them. NotFound for a wave outside their units or services."""
    wave = facts(database, wave_code)
    paths, names, unit_codes, samples = _units(database)
    scope = _scope(wave, actor, paths)
    if not wave.channels:
        raise NotFound("The wave %(code)s has no channel yet, so there are no results.", code=wave_code)
    seen = tuple(c for c in wave.channels if scope is None or wave.channel_units[c[0]] & scope)
    code = channel or _first_channel(seen)
    channel_id, _, title, selection = wave.channel(code)
    asked = wave.channel_units[channel_id]
    whole = scope is None or asked <= scope
    own = asked if scope is None else asked & scope
    delayed = scope is not None and wave.status is WaveStatus.OPEN
    results = (kept or KeptResults()).of(database, wave, code, now=now, scope=own if delayed or not whole else None)
    with database.reading() as session:
        stamp = responses.stamp(session, channel_id)
        field_rows = session.execute(select(Field.id, Field.code, Field.name)).all()
        limits = settings.read(session)
    rule = DisclosureRule(limits.minimum_cell, limits.extreme_rate_minimum, public=False)
    fields, field_codes = {r.id: r.name for r in field_rows}, {r.id: r.code for r in field_rows}
    version = codec.loads(wave.document)
    hide = Hiding(results, wave, rule) if results.tables else None
    head = wave.survey_plan.headline
    names_of_scope = () if whole else tuple(sorted((names[u] for u in own), key=vietnamese_order.key))
    return ResultsView(
        wave=wave,
        version=version,
        channel=code,
        channel_title=title,
        selection=selection,
        channels=tuple((c[1], c[2], c[3]) for c in seen),
        final=results.status == "final",
        made_at=results.made_at,
        responses=_responses(results, whole and not delayed),
        late=stamp.late if whole else 0,
        deleted_since=results.deleted_since,
        units=_answering_units(results),
        units_asked=len(own),
        transactions=sum(c[2] for c in wave.frame if c[0] in own),
        clusters=results.clusters,
        whole_scope=whole,
        whole_wave=scope is None,
        delayed=delayed,
        scope=own,
        scope_names=names_of_scope,
        headline=head,
        plan=PlanView(wave.plan.code, wave.plan.binding, wave.plan.decision, wave.plan.decided_on, wave.plan.until)
        if wave.plan
        else None,
        overall=_overall(wave, results, head, hide) if hide and head else None,
        factors=_figures(wave, version, results, hide, ("factor",), language),
        halves=_figures(wave, version, results, hide, ("half",), language),
        items=_items(wave, version, results, hide, language),
        others=_others(wave, version, results, hide, language),
        choices=_choices(wave, version, results, hide, language),
        by_unit=_domains(wave, results, head, hide, "unit", names, samples),
        by_field=_domains(wave, results, head, hide, "field", fields, frozenset()),
        by_group=_domains(wave, results, head, hide, "group", _group_names(wave), frozenset()),
        unit_codes=unit_codes,
        unit_names=names,
        field_codes=field_codes,
        field_names=fields,
        hidden_cells=len(hide.pattern) if hide else 0,
        minimum_cell=limits.minimum_cell,
        hiding=hide,
        results=results,
    )


# --- scope -----------------------------------------------------------------------------------------------------


def _units(database: Database) -> tuple[dict[int, str], dict[int, str], dict[int, str], frozenset[int]]:
    """Paths, names and codes of every unit by id, and which are fictional."""
    with database.reading() as session:
        rows = session.execute(select(Unit.id, Unit.path, Unit.name, Unit.code, Unit.is_sample)).all()
    samples = frozenset(r.id for r in rows if r.is_sample)
    return {r.id: r.path for r in rows}, {r.id: r.name for r in rows}, {r.id: r.code for r in rows}, samples


def _scope(wave: WaveFacts, actor: Actor, paths: Mapping[int, str]) -> frozenset[int] | None:
    """The ids of the units whose results the actor may see; None for all of the wave. NotFound when there are none."""
    if actor.is_system:
        return None
    tops = [g.unit_path for g in actor.scopes(*READERS) if wave.domain in g.domains]
    if any(wave.unit_path.startswith(top) for top in tops):
        return None
    asked = frozenset().union(*wave.channel_units.values()) if wave.channel_units else frozenset()
    own = frozenset(u for u in asked if any(paths[u].startswith(top) for top in tops))
    if not own:
        raise NotFound("There is no wave %(code)s.", code=wave.code)
    return own


def _first_channel(channels: Sequence[tuple[int, str, str, Selection]]) -> str:
    """The drawn or census channel where there is one: it alone can prove a verdict."""
    return next((c[1] for c in channels if c[3] is not Selection.OPT_IN), channels[0][1])


# --- hiding ----------------------------------------------------------------------------------------------------


class Hiding:
    """One pattern of hidden cells for all that is shown of these results: units, fields, target groups, the whole."""

    def __init__(self, results: ChannelResults, wave: WaveFacts, rule: DisclosureRule) -> None:
        self.rule = rule
        people = {kind: _people(results.tables[kind]) for kind in ("", "unit", "field", "group")}
        counts: dict[Cell, int] = {(kind, key): n for kind, found in people.items() for key, n in found.items()}
        whole: Cell = ("", ())
        counts.setdefault(whole, 0)
        relations = [Relation(whole, tuple((kind, key) for key in people[kind])) for kind in ("unit", "field", "group")]
        relations += [
            Relation(("group", group), tuple(("field", f) for f in people["field"] if _in(wave, f, group)))
            for group in people["group"]
        ]
        pattern = suppress(counts, relations, rule)
        self.small = pattern.small
        self.pattern = pattern.hidden

    def shown(self, estimate: Estimate | None, cell: tuple[str, tuple[int, ...]] | None = None) -> Shown:
        """An estimate, or why it is not shown."""
        if cell is not None and cell in self.pattern:
            return Shown(hidden="small" if cell in self.small else "complement")
        if estimate is None or not estimate.n:
            return Shown(hidden="empty")
        value = estimate.estimate
        if hidden_rates([estimate.n], _array(value), self.rule)[0]:
            return Shown(hidden="small")
        kind = "mean" if not is_rate(estimate.measure) else "kg" if _all_or_none(value) else "logit"
        interval = estimate.interval.get(kind) or (None, None)
        return Shown(
            value, estimate.se, interval[0], interval[1], estimate.n, estimate.effective_n, estimate.df,
            estimate.deff_wr, estimate.flags,
        )  # fmt: skip


def _in(wave: WaveFacts, field_key: tuple[int, ...], group_key: tuple[int, ...]) -> bool:
    return wave.group_of_field(field_key[0]) == group_key[0]


def _people(table: EstimateTable) -> dict[tuple[int, ...], int]:
    """Respondents of each domain: the most that any measure of it rests on."""
    found: dict[tuple[int, ...], int] = {}
    keys = (
        zip(*(table.domain[name].tolist() for name in table.by), strict=True) if table.by else iter([()] * len(table))
    )
    for key, n in zip(keys, table.n.tolist(), strict=False):
        found[tuple(key)] = max(found.get(tuple(key), 0), n)
    return found


def _all_or_none(value: float | None) -> bool:
    return value is not None and (value <= 0.0 or value >= 1.0)


def _array(value: float | None) -> Floats:
    return np.array([np.nan if value is None else value])


# --- rows ------------------------------------------------------------------------------------------------------


def _overall(wave: WaveFacts, results: ChannelResults, head: Figure, hide: Hiding) -> Row:
    estimate = next(iter(results.table().of(head.measure)), None)
    shown = hide.shown(estimate, ("", ()))
    goal = wave.overall_goal
    return Row(0, "", shown, goal.rate if goal else None, _verdict(results.verdict_table(), (), shown))


def _domains(
    wave: WaveFacts,
    results: ChannelResults,
    head: Figure | None,
    hide: Hiding | None,
    by: str,
    names: Mapping[int, str],
    samples: frozenset[int],
) -> tuple[Row, ...]:
    """Rows of one crossing, the highest first, those without a figure last, by name."""
    if hide is None or head is None:
        return ()
    rows = []
    table = results.table(by).of(head.measure)
    for place, code in enumerate(table.domain[by].tolist()):
        if by in ("field", "group") and (code == NO_FIELD or (by == "group" and code == 0)):
            continue
        shown, goal = hide.shown(table.row(place), (by, (code,))), wave.goal_of((by,), (code,))
        verdict = _verdict(results.verdict_table(by), (code,), shown)
        rows.append(Row(code, names.get(code, "?"), shown, goal.rate if goal else None, verdict, code in samples))

    def rank(row: Row) -> tuple[bool, float, str]:
        return row.shown.value is None, -(row.shown.value or 0), vietnamese_order.key(row.label)

    return tuple(sorted(rows, key=rank))


def _verdict(found: Verdicts | None, key: tuple[int, ...], shown: Shown) -> VerdictView | None:
    """A verdict tells on which side of the target the rate lies, so it is hidden with the rate."""
    if found is None or key not in found.keys or shown.hidden:
        return None
    place = found.keys.index(key)
    verdict = found.verdict[place]
    bound = found.upper[place] if verdict.startswith("missed") else found.lower[place]
    return VerdictView(
        verdict, found.threshold[place], found.goal[place], found.reasons[place], bound, found.needed[place],
        found.needed_why[place],
    )  # fmt: skip


def _figures(
    wave: WaveFacts,
    version: InstrumentVersion,
    results: ChannelResults,
    hide: Hiding | None,
    levels: Sequence[str],
    language: str,
) -> tuple[FigureRow, ...]:
    """The rate of each factor or half under the version's main rule, with its mean beside it where there is one."""
    if hide is None:
        return ()
    rows: dict[str, FigureRow] = {}
    for figure in wave.survey_plan.figures:
        if figure.level in levels and figure.kind == "rate" and figure.target not in rows:
            factor = next((f for f in version.factors if f.code == figure.target), None)
            mean = next((f for f in wave.survey_plan.figures if f.target == figure.target and f.kind == "score"), None)
            items = tuple(item.code for item in version.items_below(figure.target))
            rows[figure.target] = FigureRow(
                figure,
                figure.target,
                factor.name.inside(language) if factor else figure.target,
                version.lowest_grade_of(items) if items else version.lowest_grade,
                hide.shown(_one(results, figure.measure)),
                hide.shown(_one(results, mean.measure)) if mean else None,
            )
    return tuple(rows.values())


def _items(
    wave: WaveFacts, version: InstrumentVersion, results: ChannelResults, hide: Hiding | None, language: str
) -> tuple[FigureRow, ...]:
    if hide is None:
        return ()
    rows = []
    for item in version.rated_items:
        figure = wave.survey_plan.figure(Measure("item_rate", item.code))
        if figure is not None:
            mean = _one(results, Measure("item_mean", item.code))
            rows.append(
                FigureRow(
                    figure, item.label or item.code, version.said(item.wording, language), item.grade,
                    hide.shown(_one(results, figure.measure)), hide.shown(mean), item.factor or "",
                )
            )  # fmt: skip
    return tuple(rows)


def _others(
    wave: WaveFacts, version: InstrumentVersion, results: ChannelResults, hide: Hiding | None, language: str
) -> tuple[FigureRow, ...]:
    """Every other figure of the whole: named rules beside the headline, expectation, return, the overall question."""
    if hide is None:
        return ()
    rows = []
    for figure in wave.survey_plan.figures:
        separate = figure.level == "item" and figure.measure.name.startswith("overall_")
        if (figure.level == "overall" and not figure.headline) or separate:
            target = figure.measure.variable
            text = version.said(version.item(target).wording, language) if version.has_item(target) else ""
            grade = version.item(target).grade if version.has_item(target) else version.lowest_grade
            name = figure.name.inside(language) if figure.name else ""
            shown = hide.shown(_one(results, figure.measure))
            rows.append(FigureRow(figure, figure.rule, text, grade, shown, name=name))
    return tuple(rows)


def _choices(
    wave: WaveFacts, version: InstrumentVersion, results: ChannelResults, hide: Hiding | None, language: str
) -> tuple[ChoiceRows, ...]:
    if hide is None:
        return ()
    rows = []
    for item in version.asked_items:
        if item.kind not in ("single", "multiple"):
            continue
        shares = []
        for option in version.options(item):
            name = f"{item.code}={option.code}" if item.kind == "multiple" else item.code
            measure = Measure("share", name, 1 if item.kind == "multiple" else option.code)
            if (estimate := _one(results, measure)) is not None:
                shares.append((option.label.inside(language), hide.shown(estimate)))
        known = [s.n for _, s in shares if s.n]
        rows.append(
            ChoiceRows(item.code, version.said(item.wording, language), max(known) if known else None, tuple(shares))
        )
    return tuple(rows)


def _one(results: ChannelResults, measure: Measure) -> Estimate | None:
    return next(iter(results.table().of(measure)), None)


def _responses(results: ChannelResults, whole: bool) -> int | None:
    if whole or not results.tables:
        return results.responses
    return max(_people(results.table()).values(), default=0)


def _answering_units(results: ChannelResults) -> int:
    return sum(1 for n in _people(results.table("unit")).values() if n) if results.tables else 0


def _group_names(wave: WaveFacts) -> dict[int, str]:
    named = [g for g in wave.goals if g.groups]
    return {n: ",".join(g.groups) for n, g in enumerate(named, start=1)}
