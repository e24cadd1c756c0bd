"""Where a citizen meets the questionnaire: collection points, their printed entry codes, and one-time codes."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from survey import vietnamese_order
from survey.models.base import SORT_KEY, Base, choice


class Mode(StrEnum):
    QR_ON_SITE = "qr_on_site"
    QR_LATER = "qr_later"
    KIOSK = "kiosk"
    INTERVIEWER = "interviewer"
    PAPER = "paper"
    PHONE = "phone"
    POST = "post"


class EvidenceTier(StrEnum):
    """How strongly an answer is tied to a real visit."""

    A = "A"  # one-time code on a slip
    B = "B"  # kiosk or rotating QR at the place
    C = "C"  # printed QR
    D = "D"  # open link


class EntryCodeStatus(StrEnum):
    ACTIVE = "active"
    RETIRED = "retired"


class OneTimeCodeStatus(StrEnum):
    ISSUED = "issued"
    REDEEMED = "redeemed"
    VOID = "void"


class CollectionPoint(Base):
    __tablename__ = "collection_point"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    unit_received_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    unit_deciding_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    sort_key: Mapped[str] = mapped_column(SORT_KEY, default="", server_default="")  # for lists; follows the name

    @validates("name")
    def _follow(self, _key: str, name: str) -> str:
        self.sort_key = vietnamese_order.key(name)
        return name


class EntryCode(Base):
    """The six characters that a printed QR carries. Never reused, only retired."""

    __tablename__ = "entry_code"
    __table_args__ = (CheckConstraint("length(code) = 6", name="six_characters"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(6), unique=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("collection_point.id"), index=True)
    field_id: Mapped[int | None] = mapped_column(ForeignKey("field.id"))
    mode: Mapped[Mode] = mapped_column(choice(Mode, "mode"))
    tier: Mapped[EvidenceTier] = mapped_column(choice(EvidenceTier, "tier"))
    status: Mapped[EntryCodeStatus] = mapped_column(choice(EntryCodeStatus, "status"))


class OneTimeCode(Base):
    """A slip's code, kept only as a keyed hash. What it pointed to is dropped when it is redeemed."""

    __tablename__ = "one_time_code"
    __table_args__ = (
        CheckConstraint("(status = 'issued') = (point_id IS NOT NULL)", name="link_dropped"),
        {"sqlite_with_rowid": False},
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    status: Mapped[OneTimeCodeStatus] = mapped_column(choice(OneTimeCodeStatus, "status"))
    expires_on: Mapped[date]
    point_id: Mapped[int | None] = mapped_column(ForeignKey("collection_point.id"))
    field_id: Mapped[int | None] = mapped_column(ForeignKey("field.id"))
