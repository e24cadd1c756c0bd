"""The frame of a wave: how many transactions each unit settled in each field, and how many answers are planned."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base


class FrameCell(Base):
    """Transactions of one unit in one field (or in all, where the service has no fields) during the wave's period."""

    __tablename__ = "frame_cell"
    __table_args__ = (
        CheckConstraint("transactions >= 0", name="transactions_not_negative"),
        CheckConstraint("planned >= 0", name="planned_not_negative"),
        Index("uq_frame_cell_place", "wave_id", "unit_id", "field_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    field_id: Mapped[int | None] = mapped_column(ForeignKey("field.id"))
    field_key: Mapped[int] = mapped_column(default=0)  # field_id, or 0 for none: NULLs are not unique
    transactions: Mapped[int]
    planned: Mapped[int] = mapped_column(default=0)
    as_of: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(200), default="")
