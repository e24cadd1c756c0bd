"""Campaigns, their dated waves, and the channels of a wave, which are never pooled."""

from __future__ import annotations

import json
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Double, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base, UTCDateTime, choice
from survey.models.questionnaires.instruments import ServiceDomain


class WaveStatus(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class Selection(StrEnum):
    """How the people of a channel came to be asked."""

    DRAWN = "drawn"
    CENSUS = "census"
    OPT_IN = "opt_in"


class PublishedTable(StrEnum):
    """A two-way table of a wave's results: units, fields, questions and what respondents say of themselves."""

    UNIT_FIELD = "unit,field"
    UNIT_ITEM = "unit,item"
    FIELD_ITEM = "field,item"
    ITEM_FACT = "item,fact"


EVERY_TABLE = [table.value for table in PublishedTable]


class Campaign(Base):
    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    service_domain: Mapped[ServiceDomain] = mapped_column(choice(ServiceDomain, "service_domain"))


class Wave(Base):
    """One dated round: it pins one instrument version and one target plan for good."""

    __tablename__ = "wave"
    __table_args__ = (
        CheckConstraint("opens_on <= closes_on", name="dates_in_order"),
        CheckConstraint("(status = 'planned') = (opened_at IS NULL)", name="opened_when_open"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_when_closed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("instrument_version.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("target_plan.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))  # whose wave it is: the root of its units
    status: Mapped[WaveStatus] = mapped_column(choice(WaveStatus, "status"))
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    is_synthetic: Mapped[bool] = mapped_column(default=False)
    asked_by: Mapped[str] = mapped_column(String(200), default="")  # who asks, as citizens read it
    legal_note: Mapped[str] = mapped_column(String(300), default="")  # decision or plan the survey is held under
    # the two-way tables that are published of it; none can be added once it is open
    tables: Mapped[list[str]] = mapped_column(
        JSON, default=lambda: list(EVERY_TABLE), server_default=json.dumps(EVERY_TABLE)
    )


class PlannedTests(Base):
    """What the results of a wave are tested against besides its targets: written down before it opens, then fixed."""

    __tablename__ = "planned_tests"
    __table_args__ = (CheckConstraint("margin > 0 AND margin < 1", name="margin_is_a_share"),)

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    # a fall of the rate, 0..1, that still counts as not worse than the wave before
    margin: Mapped[float | None] = mapped_column(Double)
    # looks at the running wave: how the error is spent over them (empty: no looks), and [day, share of the wave's days]
    spending: Mapped[str] = mapped_column(String(40), default="", server_default="")
    looks: Mapped[list[list[Any]]] = mapped_column(JSON, default=list, server_default="[]")
    set_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Channel(Base):
    __tablename__ = "channel"
    __table_args__ = (UniqueConstraint("wave_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    selection: Mapped[Selection] = mapped_column(choice(Selection, "selection"))
    removals: Mapped[int] = mapped_column(default=0, server_default="0")  # answers emptied since: figures are stale
