"""Fields of administrative procedures and the procedures in them, with the target group each field belongs to."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from survey import vietnamese_order
from survey.models.base import SORT_KEY, Base, choice


class FieldGroup(StrEnum):
    """The groups that reform plans set targets for."""

    LAND = "land"
    CONSTRUCTION = "construction"
    INVESTMENT = "investment"
    HEALTH = "health"
    EDUCATION = "education"
    OTHER = "other"


class Field(Base):
    __tablename__ = "field"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    sort_key: Mapped[str] = mapped_column(SORT_KEY, default="", server_default="")  # for lists; follows the name
    name_en: Mapped[str] = mapped_column(String(200), default="")
    group: Mapped[FieldGroup] = mapped_column("field_group", choice(FieldGroup, "field_group"))
    position: Mapped[int] = mapped_column(default=0)

    @validates("name")
    def _follow(self, _key: str, name: str) -> str:
        self.sort_key = vietnamese_order.key(name)
        return name


class Procedure(Base):
    __tablename__ = "procedure"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    field_id: Mapped[int] = mapped_column(ForeignKey("field.id"), index=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    replaced_by: Mapped[str | None] = mapped_column(String(40))
