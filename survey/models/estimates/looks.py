"""What a planned look at a running wave proved: made once, never changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base, UTCDateTime


class LookVerdict(Base):
    """The verdict on the headline figure of the whole of a channel, from the answers until the end of a look's day."""

    __tablename__ = "look_verdict"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # of the look
    day: Mapped[date]
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    responses: Mapped[int]
    verdict: Mapped[dict[str, Any]] = mapped_column(JSON)  # plain data
