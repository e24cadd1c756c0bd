"""Responses, one row each, and their open comments. Nothing here identifies a person, a device or a moment.

The tables have no row numbers of their own (SQLite: WITHOUT ROWID), so that even the file does not keep the order
in which people answered.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base, choice
from survey.models.fieldwork.points import EvidenceTier, Mode


class Disposition(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    EXCLUDED = "excluded"
    DELETED = "deleted"  # at the citizen's wish: only the key's digest remains, so that a replay cannot bring it back


class CommentStatus(StrEnum):
    NEW = "new"
    CLEARED = "cleared"
    HIDDEN = "hidden"


class Response(Base):
    __tablename__ = "response"
    __table_args__ = (
        CheckConstraint(
            "(disposition = 'deleted') = (answers IS NULL) AND (disposition = 'deleted') = (wave_id IS NULL)"
            " AND (disposition = 'deleted') = (answers_digest IS NULL)",
            name="deleted_is_empty",
        ),
        CheckConstraint("half_day IN (0, 1)", name="half_day"),
        CheckConstraint("pace BETWEEN 0 AND 3", name="pace"),
        CheckConstraint("(disposition = 'excluded') = (exclusion_reason IS NOT NULL)", name="exclusion_has_reason"),
        Index("ix_response_counts", "wave_id", "channel_id", "disposition", "late"),
        {"sqlite_with_rowid": False},
    )

    key_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("wave.id"))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"))
    point_id: Mapped[int | None] = mapped_column(ForeignKey("collection_point.id"))
    unit_received_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    unit_deciding_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    field_id: Mapped[int | None] = mapped_column(ForeignKey("field.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("instrument_version.id"))
    answers: Mapped[str | None] = mapped_column(Text)  # canonical JSON keyed by item code
    answers_digest: Mapped[bytes | None] = mapped_column(
        LargeBinary(32)
    )  # of answers, field and comments: exactly-once compares it
    receipt_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    day: Mapped[date | None]
    half_day: Mapped[int | None] = mapped_column(SmallInteger)  # 0 morning, 1 afternoon
    mode: Mapped[Mode | None] = mapped_column(choice(Mode, "mode"))
    tier: Mapped[EvidenceTier | None] = mapped_column(choice(EvidenceTier, "tier"))
    pace: Mapped[int | None] = mapped_column(SmallInteger)  # seconds per question: 0 <1, 1 1-2, 2 2-5, 3 >5
    disposition: Mapped[Disposition] = mapped_column(choice(Disposition, "disposition"))
    late: Mapped[bool] = mapped_column(default=False)  # arrived in the day after closing: kept, not in the verdict
    exclusion_reason: Mapped[str | None] = mapped_column(String(200))


# What a response is left with when its content must go: the digest of its key, so that a replay cannot bring it back.
EMPTIED: dict[str, object] = {
    **dict.fromkeys(
        [
            "wave_id",
            "channel_id",
            "point_id",
            "unit_received_id",
            "unit_deciding_id",
            "field_id",
            "version_id",
            "answers",
            "answers_digest",
            "receipt_digest",
            "day",
            "half_day",
            "mode",
            "tier",
            "pace",
            "exclusion_reason",
        ]
    ),
    "disposition": Disposition.DELETED,
    "late": False,
}


class Comment(Base):
    """One open text of a response. Its own table, because reading comments is a right of its own."""

    __tablename__ = "comment"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key_digest: Mapped[bytes] = mapped_column(ForeignKey("response.key_digest", ondelete="CASCADE"), primary_key=True)
    item: Mapped[str] = mapped_column(String(60), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))  # the deciding unit: who may read follows from it
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[CommentStatus] = mapped_column(choice(CommentStatus, "status"))


class SubmissionCount(Base):
    """Accepted and repeated sendings per point and quarter of an hour. Joins to no response; kept 90 days."""

    __tablename__ = "submission_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    point_id: Mapped[int] = mapped_column(ForeignKey("collection_point.id"), primary_key=True)
    quarter: Mapped[int] = mapped_column(primary_key=True)  # quarters of an hour since 1970
    accepted: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[int] = mapped_column(default=0)  # same key, same answers
    conflicting: Mapped[int] = mapped_column(default=0)  # same key, other answers: the first stood
