"""Target plans with their targets and extensions, as pages read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.models.fieldwork.waves import Wave, WaveStatus
from survey.models.people.accounts import Account
from survey.models.province.procedures import FieldGroup
from survey.models.province.targets import ApplyTo, PlanExtension, Target, TargetPlan, TargetUnit
from survey.models.province.units import Unit
from survey.queries.paging import Paged, paged


@dataclass(frozen=True)
class ExtensionLine:
    decision: str
    decided_on: date
    until: date
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class TargetLine:
    id: int
    code: str
    service_domains: tuple[str, ...]
    field_groups: tuple[FieldGroup, ...]
    indicator: str
    among: str
    year: int
    comparison: str
    threshold: Decimal | None
    unit: TargetUnit
    apply_to: ApplyTo
    wording: str


@dataclass(frozen=True)
class PlanLine:
    id: int
    code: str
    title: str
    document: str
    scope: str
    valid_from: date
    valid_to: date
    grade: str
    targets: int
    extended_until: date | None

    def binding(self, on: date) -> str:
        """not_yet, in_force, extended or expired on that day; the same rule as `target_plans.plan_on`."""
        if on < self.valid_from:
            return "not_yet"
        if on <= self.valid_to:
            return "in_force"
        return "extended" if self.extended_until and self.extended_until >= on else "expired"


@dataclass(frozen=True)
class PlanDetail:
    line: PlanLine
    issuer: str
    issued_on: date | None
    unit_id: int | None
    unit_name: str
    targets: tuple[TargetLine, ...]
    extensions: tuple[ExtensionLine, ...]
    waves: tuple[str, ...]  # codes of waves measured against it
    is_fixed: bool  # one of them is open or closed: period and targets stay


def listing(session: Session, *, number: int = 1) -> Paged[PlanLine]:
    targets = select(Target.plan_id, func.count().label("n")).group_by(Target.plan_id).subquery()
    until = select(PlanExtension.plan_id, func.max(PlanExtension.until).label("until")).group_by(PlanExtension.plan_id)
    extended = until.subquery()
    statement = (
        select(TargetPlan, func.coalesce(targets.c.n, 0), extended.c.until)
        .outerjoin(targets, targets.c.plan_id == TargetPlan.id)
        .outerjoin(extended, extended.c.plan_id == TargetPlan.id)
        .order_by(TargetPlan.valid_to.desc(), TargetPlan.code)
    )
    return paged(session, statement, lambda row: _line(*row), number=number)


def one(session: Session, plan_id: int) -> PlanDetail | None:
    row = session.execute(
        select(TargetPlan, Unit.name).outerjoin(Unit, Unit.id == TargetPlan.unit_id).where(TargetPlan.id == plan_id)
    ).one_or_none()
    if row is None:
        return None
    plan, unit_name = row
    targets = session.execute(
        select(Target).where(Target.plan_id == plan_id).order_by(Target.unit, Target.year, Target.code).limit(500)
    ).scalars()
    extensions = session.execute(
        select(PlanExtension, Account.full_name)
        .join(Account, Account.id == PlanExtension.recorded_by)
        .where(PlanExtension.plan_id == plan_id)
        .order_by(PlanExtension.id.desc())
        .limit(100)
    ).all()
    waves = session.execute(
        select(Wave.code, Wave.status).where(Wave.plan_id == plan_id).order_by(Wave.opens_on.desc(), Wave.id).limit(100)
    ).all()
    lines = tuple(target_line(t) for t in targets)
    last = max((e.until for e, _ in extensions), default=None)
    return PlanDetail(
        line=_line(plan, len(lines), last),
        issuer=plan.issuer,
        issued_on=plan.issued_on,
        unit_id=plan.unit_id,
        unit_name=unit_name or "",
        targets=lines,
        extensions=tuple(
            ExtensionLine(e.decision, e.decided_on, e.until, name, e.recorded_at) for e, name in extensions
        ),
        waves=tuple(code for code, _ in waves),
        is_fixed=any(status is not WaveStatus.PLANNED for _, status in waves),
    )


def plan(session: Session, plan_id: int) -> TargetPlan | None:
    return session.get(TargetPlan, plan_id)


def pinned_plan(session: Session, plan_id: int) -> TargetPlan:
    """The plan that a wave names; it is never deleted."""
    return session.get_one(TargetPlan, plan_id)


def plan_by_code(session: Session, code: str) -> TargetPlan | None:
    return session.scalar(select(TargetPlan).where(TargetPlan.code == code))


def plan_codes(session: Session) -> frozenset[str]:
    return frozenset(session.scalars(select(TargetPlan.code)))


def of_plan(session: Session, plan_id: int) -> tuple[Target, ...]:
    """The targets of a plan, by code."""
    return tuple(session.scalars(select(Target).where(Target.plan_id == plan_id).order_by(Target.code)))


def has_target(session: Session, plan_id: int, code: str, *, besides: int | None) -> bool:
    """Whether the plan has another target with this code than the one with this id."""
    twin = select(Target.id).where(Target.plan_id == plan_id, Target.code == code)
    return session.scalar(twin if besides is None else twin.where(Target.id != besides)) is not None


def extension_on(session: Session, plan_id: int, day: date) -> PlanExtension | None:
    """The decision that makes a plan bind on a day, the one that reaches farthest."""
    return session.scalar(
        select(PlanExtension)
        .where(PlanExtension.plan_id == plan_id, PlanExtension.until >= day)
        .order_by(PlanExtension.until.desc(), PlanExtension.id.desc())
        .limit(1)
    )


def has_extension(session: Session, plan_id: int, *, decision: str, decided_on: date, until: date) -> bool:
    """Whether exactly this decision is recorded for the plan."""
    same = select(PlanExtension.id).where(
        PlanExtension.plan_id == plan_id,
        PlanExtension.until == until,
        PlanExtension.decision == decision,
        PlanExtension.decided_on == decided_on,
    )
    return session.scalar(same) is not None


def wave_measured(session: Session, plan_id: int) -> str | None:
    """The code of a wave measured against the plan that was opened; None while the plan may still be changed."""
    pinned = select(Wave.code).where(Wave.plan_id == plan_id, Wave.status != WaveStatus.PLANNED)
    return session.scalar(pinned.limit(1))


def target_line(row: Target) -> TargetLine:
    return TargetLine(
        id=row.id,
        code=row.code,
        service_domains=tuple(row.service_domains),
        field_groups=tuple(FieldGroup(g) for g in row.field_groups),
        indicator=row.indicator,
        among=row.among,
        year=row.year,
        comparison=row.comparison,
        threshold=row.threshold,
        unit=row.unit,
        apply_to=row.apply_to,
        wording=row.wording,
    )


def _line(plan: TargetPlan, targets: int, until: date | None) -> PlanLine:
    return PlanLine(
        id=plan.id,
        code=plan.code,
        title=plan.title,
        document=plan.document,
        scope=plan.scope,
        valid_from=plan.valid_from,
        valid_to=plan.valid_to,
        grade=plan.grade,
        targets=targets,
        extended_until=until,
    )
