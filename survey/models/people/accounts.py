"""Staff accounts, their grants of role × unit subtree × service domains, invitations and server-side sessions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from survey import vietnamese_order
from survey.csv_dialects import CsvDialect
from survey.models.base import SORT_KEY, Base, UTCDateTime, choice, folded


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    DESIGNER = "designer"
    APPROVER = "approver"
    FIELD_OFFICER = "field_officer"
    ANALYST = "analyst"
    UNIT_VIEWER = "unit_viewer"


class AccountStatus(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


class Account(Base):
    __tablename__ = "account"
    __table_args__ = (CheckConstraint("username = lower(username)", name="username_lower"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    full_name: Mapped[str] = mapped_column(String(200))
    folded_name: Mapped[str] = mapped_column(String(200), default="")  # for searching; follows the full name
    sort_key: Mapped[str] = mapped_column(SORT_KEY, default="", server_default="")  # for lists; follows the full name
    password_hash: Mapped[str] = mapped_column(String(200))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed with the installation's key
    totp_step: Mapped[int] = mapped_column(default=0)  # the last accepted time step: a code works once
    status: Mapped[AccountStatus] = mapped_column(choice(AccountStatus, "status"))
    failures: Mapped[int] = mapped_column(default=0)
    wait_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_seen_on: Mapped[date | None]
    csv_dialect: Mapped[str] = mapped_column(String(20), default=CsvDialect.COMMA, server_default=CsvDialect.COMMA)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @validates("full_name")
    def _follow(self, _key: str, name: str) -> str:
        self.folded_name = folded(name)
        self.sort_key = vietnamese_order.key(name)
        return name


class Grant(Base):
    """What an account may do, where, and for which services. One account may hold several."""

    __tablename__ = "account_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    domains: Mapped[list[str]] = mapped_column(JSON)
    row_data: Mapped[bool] = mapped_column(default=False)  # may take files with a row per response
    comments: Mapped[bool] = mapped_column(default=False)  # may read open comments


class InvitationPurpose(StrEnum):
    NEW_ACCOUNT = "new_account"
    RESET = "reset"  # an account that is there gets a new password and a new second step


class Invitation(Base):
    """A one-time link: it creates an account with the grants it names, or lets a person set both steps anew."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("(purpose = 'reset') = (account_id IS NOT NULL)", name="reset_has_account"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[InvitationPurpose] = mapped_column(choice(InvitationPurpose, "purpose"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    username: Mapped[str] = mapped_column(String(60))
    full_name: Mapped[str] = mapped_column(String(200))
    grants: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    password_hash: Mapped[str | None] = mapped_column(String(200))  # chosen in the first step, until the second is done
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class StaffSession(Base):
    """A signed-in browser, kept on the server; the cookie carries only a random token, the table only its digest."""

    __tablename__ = "staff_session"
    __table_args__ = ({"sqlite_with_rowid": False},)

    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    renew: Mapped[bool] = mapped_column(default=False)  # its rights changed: the next request gets a new token
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
