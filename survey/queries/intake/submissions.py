"""What the record already holds of a submission key or a receipt."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from survey.models.intake.responses import Disposition, Response


@dataclass(frozen=True)
class Stored:
    """A response found by its key: the digest of what was answered, or None when it was deleted."""

    answers_digest: bytes | None

    @property
    def deleted(self) -> bool:
        return self.answers_digest is None


@dataclass(frozen=True)
class Filed:
    """A response found by its receipt: its key, and the figures it is counted in."""

    key_digest: bytes
    wave_id: int | None
    channel_id: int | None
    late: bool


_BY_KEY = select(Response.answers_digest).where(Response.key_digest == bindparam("key_digest"))


def by_key(connection: Connection, key_digest: bytes) -> Stored | None:
    row = connection.execute(_BY_KEY, {"key_digest": key_digest}).one_or_none()
    return None if row is None else Stored(row[0])


def disposition_by_receipt(connection: Connection, receipt_digest: bytes) -> Disposition | None:
    found: Disposition | None = connection.scalar(
        select(Response.disposition).where(Response.receipt_digest == receipt_digest)
    )
    return found


def filed_by_receipt(connection: Connection, receipt_digest: bytes) -> Filed | None:
    row = connection.execute(
        select(Response.key_digest, Response.wave_id, Response.channel_id, Response.late).where(
            Response.receipt_digest == receipt_digest
        )
    ).one_or_none()
    return None if row is None else Filed(*row)
