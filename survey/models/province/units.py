"""Units with their dates: provinces, communes, departments, hospitals, schools, and what became of the former ones."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from survey import vietnamese_order
from survey.models.base import SORT_KEY, Base, choice, folded


class UnitKind(StrEnum):
    PROVINCE = "province"
    WARD = "ward"  # phường
    COMMUNE = "commune"  # xã
    SPECIAL_ZONE = "special_zone"  # đặc khu
    DEPARTMENT = "department"  # sở, ban, ngành
    CENTRAL_AGENCY = "central_agency"  # ngành dọc
    ONE_STOP_CENTRE = "one_stop_centre"  # trung tâm phục vụ hành chính công
    LAND_OFFICE = "land_office"  # chi nhánh văn phòng đăng ký đất đai
    HOSPITAL = "hospital"
    HEALTH_STATION = "health_station"  # trạm y tế
    VACCINATION_POINT = "vaccination_point"
    PRESCHOOL = "preschool"
    PRIMARY_SCHOOL = "primary_school"
    LOWER_SECONDARY_SCHOOL = "lower_secondary_school"
    UPPER_SECONDARY_SCHOOL = "upper_secondary_school"
    OTHER_SCHOOL = "other_school"
    FORMER_PROVINCE = "former_province"
    FORMER_DISTRICT = "former_district"
    FORMER_COMMUNE = "former_commune"
    OTHER = "other"


class Unit(Base):
    __tablename__ = "unit"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from IS NULL OR valid_from <= valid_to", name="dates_in_order"),
        CheckConstraint("path LIKE '/%/'", name="path_form"),
        Index("ix_unit_path", "path"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    folded_name: Mapped[str] = mapped_column(String(300), default="")  # for searching; follows the name
    sort_key: Mapped[str] = mapped_column(SORT_KEY, default="", server_default="")  # for lists; follows the name
    kind: Mapped[UnitKind] = mapped_column(choice(UnitKind, "kind"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    # The ids from the root down to this unit, "/1/7/31/": a subtree is a prefix.
    path: Mapped[str] = mapped_column(String(200))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    is_sample: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(300), default="")
    grade: Mapped[str] = mapped_column(String(20), default="")  # how sure name and code are; empty: entered by staff

    @validates("name")
    def _follow(self, _key: str, name: str) -> str:
        self.folded_name = folded(name)
        self.sort_key = vietnamese_order.key(name)
        return name


class UnitSuccession(Base):
    """An old unit (or a part of it) became part of a new one on a day. One to many and many to one."""

    __tablename__ = "unit_succession"
    __table_args__ = (CheckConstraint("share IS NULL OR (share > 0 AND share <= 1)", name="share_range"),)

    old_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    new_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, index=True)
    since: Mapped[date]
    share: Mapped[float | None] = mapped_column(Numeric(9, 8))
