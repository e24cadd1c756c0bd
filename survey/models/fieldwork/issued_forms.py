"""How many forms a channel gave out: what the rate of participation of drawn and census channels is a share of."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base


class IssuedForms(Base):
    """Forms given out by one channel for one unit in one field (or in all, where it was not told)."""

    __tablename__ = "issued_forms"
    __table_args__ = (
        CheckConstraint("issued >= 0", name="issued_not_negative"),
        Index("uq_issued_forms_place", "channel_id", "unit_id", "field_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    field_id: Mapped[int | None] = mapped_column(ForeignKey("field.id"))
    field_key: Mapped[int] = mapped_column(default=0)  # field_id, or 0 for none: NULLs are not unique
    issued: Mapped[int]
    as_of: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(200), default="")
