"""Which figures of a channel are judged together: fixed when its wave is opened, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base, UTCDateTime


class VerdictFamilies(Base):
    """The families of one channel as plain data: `by`, `name`, `target`, `unit` (of its own fields), `members`."""

    __tablename__ = "verdict_families"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    fixed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    families: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
