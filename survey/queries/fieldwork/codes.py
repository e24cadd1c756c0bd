"""Printed and one-time codes as use cases look them up: one code, what stands in its place, what is taken."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.models.fieldwork.points import EntryCode, EntryCodeStatus, Mode, OneTimeCode


def entry_code(session: Session, code: str) -> EntryCode | None:
    return session.scalar(select(EntryCode).where(EntryCode.code == code))


def is_taken(session: Session, code: str) -> bool:
    """Whether the code was given out before, so that it can never be used for anything else."""
    return session.scalar(select(EntryCode.id).where(EntryCode.code == code)) is not None


def in_use(session: Session, point_id: int, mode: Mode, field_id: int | None) -> str | None:
    """The code of a point that is answered in this way, for one field or for all of them."""
    return session.scalar(
        select(EntryCode.code).where(
            EntryCode.point_id == point_id,
            EntryCode.mode == mode,
            EntryCode.status == EntryCodeStatus.ACTIVE,
            EntryCode.field_id == field_id if field_id else EntryCode.field_id.is_(None),
        )
    )


def successor(session: Session, withdrawn: EntryCode) -> str | None:
    """The newest code in use that the point was given after one was withdrawn."""
    return session.scalar(
        select(EntryCode.code)
        .where(
            EntryCode.point_id == withdrawn.point_id,
            EntryCode.mode == withdrawn.mode,
            EntryCode.status == EntryCodeStatus.ACTIVE,
            EntryCode.id > withdrawn.id,
        )
        .order_by(EntryCode.id.desc())
        .limit(1)
    )


def slip_is_known(session: Session, digest: bytes) -> bool:
    """Whether a one-time code with this digest was issued."""
    return session.scalar(select(OneTimeCode.channel_id).where(OneTimeCode.digest == digest)) is not None
