"""Target plans: the document, its period, its thresholds, and recorded decisions that extend it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base, UTCDateTime, choice


class TargetUnit(StrEnum):
    PERCENT = "percent"
    RANK = "rank"


class ApplyTo(StrEnum):
    """One threshold for several field groups holds for each of them, for all together, or for both."""

    EACH = "each"
    GROUP = "group"
    BOTH = "both"


class TargetPlan(Base):
    __tablename__ = "target_plan"
    __table_args__ = (CheckConstraint("valid_from <= valid_to", name="dates_in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    document: Mapped[str] = mapped_column(String(300))
    issued_on: Mapped[date | None]
    issuer: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    grade: Mapped[str] = mapped_column(String(20))


class Target(Base):
    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("plan_id", "code"),
        CheckConstraint("comparison IN ('>=', '>', '<=')", name="comparison"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("target_plan.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    service_domains: Mapped[list[str]] = mapped_column(JSON)  # one threshold may hold for several services
    field_groups: Mapped[list[str]] = mapped_column(JSON)  # empty: every field of the domains
    indicator: Mapped[str] = mapped_column(String(300))
    among: Mapped[str] = mapped_column(String(200), default="")  # of a rank: among whom
    year: Mapped[int]
    comparison: Mapped[str] = mapped_column(String(2))
    threshold: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))  # rates 0..1; ranks 1..; NULL: not known
    unit: Mapped[TargetUnit] = mapped_column(choice(TargetUnit, "unit"))
    apply_to: Mapped[ApplyTo] = mapped_column(choice(ApplyTo, "apply_to"))
    wording: Mapped[str] = mapped_column(Text, default="")


class PlanExtension(Base):
    """The decision, recorded by an administrator, under which a plan binds beyond its period."""

    __tablename__ = "plan_extension"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("target_plan.id"), index=True)
    until: Mapped[date]
    decision: Mapped[str] = mapped_column(String(300))
    decided_on: Mapped[date]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
