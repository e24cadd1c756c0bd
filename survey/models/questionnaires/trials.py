"""Answers given while trying a questionnaire out: kept apart from every real one, and soon forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base, UTCDateTime


class TrialAnswer(Base):
    """One form that was sent from the preview. It belongs to no wave, channel or unit, so nothing can count it."""

    __tablename__ = "trial_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("instrument_version.id", ondelete="CASCADE"), index=True)
    content_hash: Mapped[str] = mapped_column(String(64))  # of the document as it was when it was tried
    language: Mapped[str] = mapped_column(String(16))
    codes: Mapped[str] = mapped_column(Text)
    texts: Mapped[str] = mapped_column(Text)
    tried_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
