"""What the estimates of a wave rest on: its questionnaire, plan and targets, channels, frame and units, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from analysis.inference.verdicts import Gates
from instruments.model.document import InstrumentVersion
from survey import clock
from survey.database import Database
from survey.errors import NotFound
from survey.models.fieldwork.waves import PlannedTests, PublishedTable, WaveStatus
from survey.queries.estimates import wave_basis
from survey.queries.estimates.wave_basis import NO_FIELD, FrameCount, WaveChannel
from survey.services.estimates.measure_plans import SurveyPlan, plan_of
from survey.services.province import settings, target_plans
from survey.services.province.target_plans import PlanOnDay, Threshold


@dataclass(frozen=True)
class Goal:
    """A threshold of the target plan, as the verdicts of a wave use it."""

    code: str
    plan_code: str
    rate: float
    comparison: str
    groups: tuple[str, ...]  # field groups; empty: the service as a whole


@dataclass(frozen=True)
class FixedBefore:
    """What was written down before the wave opened, and when."""

    set_on: date
    margin: float | None = None  # a fall of a rate, 0..1, that still counts as no worse than the wave before
    looks: tuple[tuple[date, float], ...] = ()  # days of looks before the close, each with its share of the wave's days
    spending: str = ""  # how the error is spent over them


@dataclass(frozen=True)
class WaveFacts:
    """Everything that the estimates of a wave rest on besides the answers, read once."""

    wave_id: int
    code: str
    title: str
    status: WaveStatus
    domain: str
    is_synthetic: bool
    opens_on: date
    closes_on: date
    closed_at: datetime | None
    unit_path: str
    asked_by: str
    instrument: str
    version: int
    content_hash: str
    survey_plan: SurveyPlan = field(compare=False, repr=False)  # of the version; equal where the hash is
    plan: PlanOnDay | None
    goals: tuple[Goal, ...]
    channels: tuple[WaveChannel, ...]
    frame: tuple[FrameCount, ...]
    field_groups: dict[int, str]
    unit_kinds: dict[int, str]
    gates: Gates
    minimum_cell: int
    tables: frozenset[PublishedTable]
    fixed: FixedBefore | None = None

    @property
    def questionnaire(self) -> InstrumentVersion:
        """The version that was asked."""
        return self.survey_plan.version

    def goal_of_field(self, field_id: int) -> Goal | None:
        """The threshold of a field: that of its group where the plan names it, else the overall one."""
        group = self.field_groups.get(field_id, "")
        own = next((g for g in self.goals if group in g.groups), None)
        return own or self.overall_goal

    @property
    def overall_goal(self) -> Goal | None:
        return next((g for g in self.goals if not g.groups), None)

    def goal_of(self, by: tuple[str, ...], key: tuple[int, ...]) -> Goal | None:
        """The threshold of one domain of a crossing; None where there is none, or the field is not known."""
        if by == ("field",):
            return self.goal_of_field(key[0]) if key[0] != NO_FIELD else None
        if by == ("group",):
            return [g for g in self.goals if g.groups][key[0] - 1] if key[0] else None
        return self.overall_goal

    def group_of_field(self, field_id: int) -> int:
        """Target groups by number: 0 for the rest, k for the k-th threshold that names fields."""
        group = self.field_groups.get(field_id, "")
        named = [g for g in self.goals if g.groups]
        return next((n for n, g in enumerate(named, start=1) if group in g.groups), 0)

    def channel(self, code: str) -> WaveChannel:
        """A channel by its code. NotFound when the wave has none of this code."""
        found = next((c for c in self.channels if c.code == code), None)
        if found is None:
            raise NotFound("The wave %(wave)s has no channel %(code)s.", wave=self.code, code=code)
        return found


def facts(database: Database, wave_code: str) -> WaveFacts:
    """Read the facts of a wave from the record."""
    with database.reading() as session:
        found = wave_basis.wave(session, wave_code)
        if found is None:
            raise NotFound("There is no wave %(code)s.", code=wave_code)
        limits = settings.read(session)
        wave, version, domain = found.wave, found.version, found.domain.value
        day = clock.local_day(wave.closed_at) if wave.closed_at else wave.closes_on
        goals = target_plans.thresholds(session, wave.plan_id, domain=domain, day=day) if wave.plan_id else ()
        return WaveFacts(
            wave_id=wave.id,
            code=wave.code,
            title=wave.title,
            status=wave.status,
            domain=domain,
            is_synthetic=wave.is_synthetic,
            opens_on=wave.opens_on,
            closes_on=wave.closes_on,
            closed_at=wave.closed_at,
            unit_path=found.unit_path,
            asked_by=wave.asked_by,
            instrument=found.instrument,
            version=version.number,
            content_hash=version.content_hash,
            survey_plan=plan_of(version.document),
            plan=target_plans.plan_on(session, wave.plan_id, day) if wave.plan_id else None,
            goals=tuple(_goal(goal, domain) for goal in goals),
            channels=wave_basis.channels(session, wave.id),
            frame=wave_basis.frame(session, wave.id),
            field_groups=wave_basis.field_groups(session),
            unit_kinds=wave_basis.unit_kinds(session),
            gates=Gates(n=limits.judged_minimum),
            minimum_cell=limits.minimum_cell,
            tables=frozenset(PublishedTable(code) for code in wave.tables),
            fixed=_fixed(found.tests) if found.tests is not None else None,
        )


def _fixed(tests: PlannedTests) -> FixedBefore:
    looks = tuple((date.fromisoformat(day), float(share)) for day, share in tests.looks)
    return FixedBefore(clock.local_day(tests.set_at), tests.margin, looks, tests.spending)


def _goal(threshold: Threshold, domain: str) -> Goal:
    """The threshold as verdicts use it. Only administrative services have field groups; elsewhere it holds for all."""
    groups = tuple(sorted(g.value for g in threshold.field_groups)) if domain == "admin" else ()
    return Goal(threshold.code, threshold.plan_code, float(threshold.rate), threshold.comparison, groups)
