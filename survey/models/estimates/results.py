"""Weight sets and result sets: frozen once made, never overwritten."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base, UTCDateTime, choice


class ResultStatus(StrEnum):
    PROVISIONAL = "provisional"  # of a running wave: 'tạm thời'
    FINAL = "final"  # made once, when the wave closed


class WeightSet(Base):
    __tablename__ = "weight_set"

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    scheme: Mapped[str] = mapped_column(String(60))
    stages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    data_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ResultSet(Base):
    """What was estimated and judged for a channel. Judging anew adds a version beside it; the newest counts."""

    __tablename__ = "result_set"
    __table_args__ = (Index("uq_result_set_version", "channel_id", "version", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    weight_set_id: Mapped[int] = mapped_column(ForeignKey("weight_set.id"))
    status: Mapped[ResultStatus] = mapped_column(choice(ResultStatus, "status"))
    data_hash: Mapped[str] = mapped_column(String(64))
    software: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    responses: Mapped[int]
    estimates: Mapped[bytes] = mapped_column(LargeBinary)  # compressed plain-data form of the tables
    analyses: Mapped[bytes | None] = mapped_column(LargeBinary)  # compressed plain data: what stands beside the rates
    # compressed plain data: the cells that nobody sees; None of results made before they were chosen once
    pattern: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    deleted_since: Mapped[int] = mapped_column(default=0)  # lawful deletions after it was made
