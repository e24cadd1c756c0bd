"""Questionnaires in the record: the continuing instrument, and its frozen versions as canonical documents."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Base, UTCDateTime, choice


class ServiceDomain(StrEnum):
    ADMIN = "admin"
    HEALTH = "health"
    EDUCATION = "education"


class VersionStatus(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    RETIRED = "retired"


class Instrument(Base):
    __tablename__ = "instrument"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    service_domain: Mapped[ServiceDomain] = mapped_column(choice(ServiceDomain, "service_domain"))


class InstrumentVersion(Base):
    """One document of an instrument. Once published, the database itself refuses to change or delete it."""

    __tablename__ = "instrument_version"
    __table_args__ = (
        UniqueConstraint("instrument_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    number: Mapped[int]
    document: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64))
    core_hash: Mapped[str] = mapped_column(String(64))
    lowest_grade: Mapped[str] = mapped_column(String(20))
    status: Mapped[VersionStatus] = mapped_column(choice(VersionStatus, "status"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
