"""What the estimates of a wave rest on: its questionnaire, plan and targets, channels, frame and units, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from analysis.inference.verdicts import Gates
from survey import clock
from survey.database import Database
from survey.errors import NotFound
from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.points import CollectionPoint
from survey.models.fieldwork.waves import Campaign, Channel, Selection, Wave, WaveStatus
from survey.models.province.procedures import Field
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion
from survey.services.estimates.measure_plans import SurveyPlan, plan_of
from survey.services.province import settings, target_plans
from survey.services.province.target_plans import PlanOnDay, Threshold

NO_FIELD = -1


@dataclass(frozen=True)
class Goal:
    """A threshold as a wave's verdicts use it."""

    code: str
    plan_code: str
    rate: float
    comparison: str
    groups: tuple[str, ...]  # field groups; empty: the service as a whole


@dataclass(frozen=True)
class WaveFacts:
    """What the estimates of a wave rest on, read once."""

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
    document: str
    content_hash: str
    plan: PlanOnDay | None
    goals: tuple[Goal, ...]
    channels: tuple[tuple[int, str, str, Selection], ...]  # id, code, title, selection
    frame: tuple[tuple[int, int, int, int], ...]  # unit, field (−1 none), transactions, planned
    channel_units: dict[int, frozenset[int]]  # where each channel asks: the units its estimates speak for
    field_groups: dict[int, str]
    unit_kinds: dict[int, str]
    gates: Gates

    @property
    def survey_plan(self) -> SurveyPlan:
        return plan_of(self.document)

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

    def channel(self, code: str) -> tuple[int, str, str, Selection]:
        """Id, code, title and selection of a channel. NotFound when the wave has none of this code."""
        found = next((c for c in self.channels if c[1] == code), None)
        if found is None:
            raise NotFound("The wave %(wave)s has no channel %(code)s.", wave=self.code, code=code)
        return found


def facts(database: Database, wave_code: str) -> WaveFacts:
    """Read what the estimates of a wave rest on."""
    with database.reading() as session:
        found = session.execute(
            select(Wave, Campaign.service_domain, Unit.path, InstrumentVersion, Instrument.code)
            .join(Campaign, Campaign.id == Wave.campaign_id)
            .join(Unit, Unit.id == Wave.unit_id)
            .join(InstrumentVersion, InstrumentVersion.id == Wave.version_id)
            .join(Instrument, Instrument.id == InstrumentVersion.instrument_id)
            .where(Wave.code == wave_code)
        ).one_or_none()
        if found is None:
            raise NotFound("There is no wave %(code)s.", code=wave_code)
        wave, domain, unit_path, version, instrument = found
        day = clock.local_day(wave.closed_at) if wave.closed_at else wave.closes_on
        plan = target_plans.plan_on(session, wave.plan_id, day) if wave.plan_id else None
        goals = target_plans.thresholds(session, wave.plan_id, domain=domain.value, day=day) if wave.plan_id else ()
        channels = session.execute(
            select(Channel.id, Channel.code, Channel.title, Channel.selection)
            .where(Channel.wave_id == wave.id)
            .order_by(Channel.id)
        ).all()
        frame = session.execute(
            select(FrameCell.unit_id, FrameCell.field_id, FrameCell.transactions, FrameCell.planned)
            .where(FrameCell.wave_id == wave.id)
            .order_by(FrameCell.unit_id, FrameCell.field_key)
        ).all()
        asked = session.execute(
            select(CollectionPoint.channel_id, CollectionPoint.unit_deciding_id)
            .join(Channel, Channel.id == CollectionPoint.channel_id)
            .where(Channel.wave_id == wave.id)
            .distinct()
        ).all()
        groups = {row.id: row.group.value for row in session.execute(select(Field.id, Field.group))}
        kinds = {row.id: row.kind.value for row in session.execute(select(Unit.id, Unit.kind))}
        limits = settings.read(session)
    return WaveFacts(
        wave.id, wave.code, wave.title, wave.status, domain.value, wave.is_synthetic, wave.opens_on, wave.closes_on,
        wave.closed_at, unit_path, wave.asked_by, instrument, version.number, version.document, version.content_hash,
        plan, tuple(_goal(t, domain.value) for t in goals),
        tuple((c.id, c.code, c.title, c.selection) for c in channels),
        tuple((f.unit_id, f.field_id or NO_FIELD, f.transactions, f.planned) for f in frame),
        {c.id: frozenset(u for channel_id, u in asked if channel_id == c.id) for c in channels}, groups, kinds,
        Gates(n=limits.judged_minimum),
    )  # fmt: skip


def _goal(threshold: Threshold, domain: str) -> Goal:
    """Field groups divide administrative procedures; for health and education they only name the service."""
    groups = tuple(sorted(g.value for g in threshold.field_groups)) if domain == "admin" else ()
    return Goal(threshold.code, threshold.plan_code, float(threshold.rate), threshold.comparison, groups)
