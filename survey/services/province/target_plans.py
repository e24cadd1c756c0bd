"""Target plans: the document, its thresholds, and the decisions that make it bind beyond its period.

Outside its period a plan is there for comparison only ("đối chiếu … đã hết kỳ"), unless an administrator has recorded
the decision that extends it. Once a wave that pins the plan is open, the plan's targets are not changed any more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from survey.database import Database
from survey.errors import N_, Conflict, Forbidden, Invalid, NotFound
from survey.models.province.procedures import FieldGroup as FieldGroup  # faces know these words from here
from survey.models.province.targets import ApplyTo as ApplyTo
from survey.models.province.targets import PlanExtension, Target, TargetPlan
from survey.models.province.targets import TargetUnit as TargetUnit
from survey.permissions import DOMAINS, Actor
from survey.queries.province import targets as queries
from survey.queries.province import units
from survey.services import audit
from survey.services.province.unit_files import GRADES
from survey.words.figures import plain

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")


@dataclass(frozen=True)
class PlanInput:
    code: str
    title: str
    document: str
    issuer: str
    scope: str
    valid_from: date
    valid_to: date
    grade: str = ""
    issued_on: date | None = None
    unit_id: int | None = None


@dataclass(frozen=True)
class TargetInput:
    """A threshold: a rate 0..1 or a rank; None where the document's figure is not known."""

    code: str
    service_domains: frozenset[str]
    field_groups: frozenset[FieldGroup]
    indicator: str
    year: int
    comparison: str
    threshold: Decimal | None
    unit: TargetUnit = TargetUnit.PERCENT
    apply_to: ApplyTo = ApplyTo.BOTH
    among: str = ""
    wording: str = ""


class Binding(StrEnum):
    """What a plan means on a day."""

    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    EXTENDED = "extended"
    EXPIRED = "expired"  # for comparison only


@dataclass(frozen=True)
class PlanOnDay:
    """A plan as it stands on a day; `decision` and `until` of the extension that makes it bind."""

    code: str
    binding: Binding
    decision: str = ""
    decided_on: date | None = None
    until: date | None = None

    @property
    def binds(self) -> bool:
        return self.binding in (Binding.IN_FORCE, Binding.EXTENDED)

    @property
    def comparison_only(self) -> bool:
        return not self.binds


@dataclass(frozen=True)
class Threshold:
    """A satisfaction target that applies to a service and, where it names groups, to those fields."""

    target_id: int
    code: str
    plan_code: str
    field_groups: frozenset[FieldGroup]  # empty: every field of the service
    year: int
    comparison: str
    rate: Decimal
    apply_to: ApplyTo
    wording: str


def plan_on(session: Session, plan_id: int, day: date) -> PlanOnDay:
    """Whether the plan binds on that day."""
    plan = queries.pinned_plan(session, plan_id)
    if day < plan.valid_from:
        return PlanOnDay(plan.code, Binding.NOT_YET)
    if day <= plan.valid_to:
        return PlanOnDay(plan.code, Binding.IN_FORCE, until=plan.valid_to)
    found = queries.extension_on(session, plan_id, day)
    if found is None:
        return PlanOnDay(plan.code, Binding.EXPIRED)
    return PlanOnDay(plan.code, Binding.EXTENDED, found.decision, found.decided_on, found.until)


def thresholds(session: Session, plan_id: int, *, domain: str, day: date) -> tuple[Threshold, ...]:
    """The satisfaction thresholds of a plan for a service on a day.

    A plan may name a threshold for each of several years ("by 2025"). The one of the earliest year that is not over on
    `day` is used, and after the last year the last one. Rank targets and thresholds without a known figure are left
    out. The overall threshold comes first, then those of field groups.
    """
    plan = queries.pinned_plan(session, plan_id)
    rows = [
        t
        for t in queries.of_plan(session, plan_id)
        if t.unit is TargetUnit.PERCENT and t.threshold is not None and domain in t.service_domains
    ]
    found = []
    for row in rows:
        groups = frozenset(row.field_groups)
        years = sorted(t.year for t in rows if frozenset(t.field_groups) == groups)
        if row.year == next((y for y in years if y >= day.year), years[-1]):
            found.append(_threshold(row, plan.code))
    return tuple(sorted(found, key=lambda t: (len(t.field_groups), t.code)))


def save_plan(database: Database, actor: Actor, entered: PlanInput, *, plan_id: int | None, now: datetime) -> int:
    """Enter a plan, or correct one; its code stays."""
    _require_province(actor)
    problems = _plan_problems(entered, is_new=plan_id is None)
    with database.writing() as session:
        row = session.get(TargetPlan, plan_id) if plan_id is not None else None
        if plan_id is not None and row is None:
            raise NotFound("There is no such plan.")
        if row is None and queries.plan_by_code(session, entered.code) is not None:
            problems["code"] = N_("There is a plan with this code already.")
        if entered.unit_id is not None and units.by_id(session, entered.unit_id) is None:
            problems["unit"] = N_("Choose a unit from the list.")
        if problems:
            raise Invalid("Please put this right.", problems)
        before = _plan_state(row)
        if row is None:
            row = TargetPlan(code=entered.code)
            session.add(row)
        elif (row.valid_from, row.valid_to) != (entered.valid_from, entered.valid_to):
            _require_unused(session, row.id)
        for name in ("title", "document", "issuer", "scope", "valid_from", "valid_to", "grade", "issued_on", "unit_id"):
            setattr(row, name, getattr(entered, name))
        if (after := _plan_state(row)) != before:
            action = "plan.add" if before is None else "plan.change"
            audit.record(session, actor, action, f"plan {row.code}", now, before=before, after=after)
        session.flush()
        return row.id


def save_target(
    database: Database, actor: Actor, plan_id: int, entered: TargetInput, *, target_id: int | None, now: datetime
) -> int:
    """Enter one target of a plan, or correct one, while no wave that pins the plan is open or closed."""
    _require_province(actor)
    problems = _target_problems(entered)
    with database.writing() as session:
        plan = session.get(TargetPlan, plan_id, with_for_update=True)
        row = session.get(Target, target_id) if target_id is not None else None
        if plan is None or (target_id is not None and (row is None or row.plan_id != plan_id)):
            raise NotFound("There is no such target.")
        _require_unused(session, plan.id)
        if queries.has_target(session, plan_id, entered.code, besides=target_id):
            problems["code"] = N_("The plan has a target with this code already.")
        if problems:
            raise Invalid("Please put this right.", problems)
        before = _target_state(row)
        if row is None:
            row = Target(plan_id=plan_id)
            session.add(row)
        fill_target(row, entered)
        if (after := _target_state(row)) != before:
            action = "target.add" if before is None else "target.change"
            audit.record(session, actor, action, f"plan {plan.code} {row.code}", now, before=before, after=after)
        session.flush()
        return row.id


def remove_target(database: Database, actor: Actor, plan_id: int, target_id: int, *, now: datetime) -> None:
    """Take a target out that was entered by mistake. Pressing twice does no harm."""
    _require_province(actor)
    with database.writing() as session:
        plan = session.get(TargetPlan, plan_id, with_for_update=True)
        row = session.get(Target, target_id)
        if plan is None or row is None or row.plan_id != plan_id:
            return
        _require_unused(session, plan.id)
        audit.record(session, actor, "target.remove", f"plan {plan.code} {row.code}", now, before=_target_state(row))
        session.delete(row)


def extend(
    database: Database,
    actor: Actor,
    plan_id: int,
    *,
    decision: str,
    decided_on: date,
    until: date,
    now: datetime,
) -> None:
    """Record the decision under which a plan binds beyond its period."""
    _require_province(actor)
    if actor.account_id is None:
        raise Forbidden("An extension names the person who recorded it: sign in to record it.")
    with database.writing() as session:
        plan = queries.plan(session, plan_id)
        if plan is None:
            raise NotFound("There is no such plan.")
        problems: dict[str, str] = {}
        if not 5 <= len(decision) <= 300:
            problems["decision"] = N_("Enter number, day and issuer of the decision.")
        if until <= plan.valid_to:
            problems["until"] = N_("The new last day must lie after the end of the plan's period.")
        if decided_on > now.date():
            problems["decided_on"] = N_("This day has not come yet.")
        if problems:
            raise Invalid("Please put this right.", problems)
        if queries.has_extension(session, plan_id, decision=decision, decided_on=decided_on, until=until):
            return
        session.add(
            PlanExtension(
                plan_id=plan_id,
                until=until,
                decision=decision,
                decided_on=decided_on,
                recorded_by=actor.account_id,
                recorded_at=now,
            )
        )
        audit.record(
            session,
            actor,
            "plan.extend",
            f"plan {plan.code}",
            now,
            decision=decision,
            decided_on=decided_on.isoformat(),
            until=until.isoformat(),
        )


def _require_province(actor: Actor) -> None:
    if not actor.governs_province:
        raise Forbidden("Only an administrator of the whole province keeps target plans.")


def _require_unused(session: Session, plan_id: int) -> None:
    if (code := queries.wave_measured(session, plan_id)) is not None:
        raise Conflict(
            "The wave %(code)s is measured against this plan, so its period and targets stay as they are. "
            "Enter a new plan instead.",
            code=code,
        )


def _plan_problems(entered: PlanInput, *, is_new: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    if is_new and not _CODE.fullmatch(entered.code):
        found["code"] = N_("A code has 1 to 40 letters without marks, digits, dots, slashes or hyphens.")
    for name, most in (("title", 300), ("document", 300), ("issuer", 200), ("scope", 200)):
        if not 2 <= len(getattr(entered, name)) <= most:
            found[name] = N_("Fill in this field.")
    if entered.valid_from > entered.valid_to:
        found["valid_to"] = N_("The last day lies before the first.")
    if entered.grade not in GRADES:
        found["grade"] = N_("Choose one from the list.")
    return found


def _target_problems(entered: TargetInput) -> dict[str, str]:
    found: dict[str, str] = {}
    if not _CODE.fullmatch(entered.code):
        found["code"] = N_("A code has 1 to 40 letters without marks, digits, dots, slashes or hyphens.")
    if not entered.service_domains or not entered.service_domains <= DOMAINS:
        found["service_domains"] = N_("Choose at least one service.")
    if not 2 <= len(entered.indicator) <= 300:
        found["indicator"] = N_("Fill in this field.")
    if not 2000 <= entered.year <= 2100:
        found["year"] = N_("Enter a year from 2000 to 2100.")
    rank = entered.unit is TargetUnit.RANK
    if entered.comparison not in (("<=",) if rank else (">=", ">")):
        found["comparison"] = N_("A rate must reach at least or lie over the threshold; a rank must be at most it.")
    if entered.threshold is not None:
        if rank and not (entered.threshold == int(entered.threshold) and 1 <= entered.threshold <= 999):
            found["threshold"] = N_("A rank is a whole number from 1 to 999.")
        elif not rank and not 0 < entered.threshold <= 1:
            found["threshold"] = N_("A rate lies above 0 and is at most 100 percent.")
    return found


def _threshold(row: Target, plan_code: str) -> Threshold:
    assert row.threshold is not None
    return Threshold(
        target_id=row.id,
        code=row.code,
        plan_code=plan_code,
        field_groups=frozenset(FieldGroup(g) for g in row.field_groups),
        year=row.year,
        comparison=row.comparison,
        rate=row.threshold,
        apply_to=row.apply_to,
        wording=row.wording,
    )


def fill_target(row: Target, entered: TargetInput) -> None:
    row.code, row.indicator, row.year = entered.code, entered.indicator, entered.year
    row.service_domains = [d for d in ("admin", "health", "education") if d in entered.service_domains]
    row.field_groups = [g.value for g in FieldGroup if g in entered.field_groups]
    row.comparison, row.threshold, row.unit = entered.comparison, entered.threshold, entered.unit
    row.apply_to, row.among, row.wording = entered.apply_to, entered.among, entered.wording


def _plan_state(row: TargetPlan | None) -> dict[str, Any] | None:
    if row is None:
        return None
    names = ("title", "document", "issuer", "scope", "valid_from", "valid_to", "grade", "issued_on", "unit_id")
    return {n: (v.isoformat() if isinstance(v := getattr(row, n), date) else v) for n in names}


def _target_state(row: Target | None) -> dict[str, Any] | None:
    if row is None:
        return None
    names = ("service_domains", "field_groups", "indicator", "year", "comparison", "among", "wording")
    state: dict[str, Any] = {n: getattr(row, n) for n in names}
    state["threshold"] = None if row.threshold is None else plain(row.threshold, "en")
    return state | {"unit": row.unit.value, "apply_to": row.apply_to.value}
