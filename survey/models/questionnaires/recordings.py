"""Questions read aloud: sound files, named by their content, that documents of questionnaires point to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base, UTCDateTime


class SoundFile(Base):
    """One recording. The digest is that of the bytes kept; the same bytes are kept once."""

    __tablename__ = "sound_file"
    __table_args__ = (CheckConstraint("milliseconds > 0", name="milliseconds_positive"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(40))
    milliseconds: Mapped[int]
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    kept_at: Mapped[datetime] = mapped_column(UTCDateTime)
    kept_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
