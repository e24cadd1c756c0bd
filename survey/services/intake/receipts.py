"""What a receipt code can do: prove that the answer is counted, and delete it. It never shows what was answered."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import delete as delete_from
from sqlalchemy import update

from survey.database import Database
from survey.models.estimates.results import ResultSet
from survey.models.fieldwork.waves import Channel
from survey.models.intake.responses import EMPTIED, Comment, Disposition, Response
from survey.queries.intake import submissions
from survey.tokens import Tokens


class ReceiptState(StrEnum):
    COUNTED = "counted"
    EXCLUDED = "excluded"
    UNKNOWN = "unknown"  # never stored, or deleted


def state(database: Database, tokens: Tokens, code: str) -> ReceiptState:
    with database.view() as connection:
        found = submissions.disposition_by_receipt(connection, tokens.receipt_digest(code))
    if found is None or found is Disposition.DELETED:
        return ReceiptState.UNKNOWN
    return ReceiptState.EXCLUDED if found is Disposition.EXCLUDED else ReceiptState.COUNTED


def delete(database: Database, tokens: Tokens, code: str) -> bool:
    """Delete the response with its comments; only the digest of its key stays, so that a replay cannot bring it back.

    Frozen results keep their figures and print how many responses have left since. Returns False when there is no such
    response; safe to call twice.
    """
    digest = tokens.receipt_digest(code)
    with database.connection() as connection:
        row = submissions.filed_by_receipt(connection, digest)
        if row is None:
            return False
        connection.execute(update(Response).where(Response.key_digest == row.key_digest).values(EMPTIED))
        connection.execute(delete_from(Comment).where(Comment.key_digest == row.key_digest))
        connection.execute(update(Channel).where(Channel.id == row.channel_id).values(removals=Channel.removals + 1))
        if not row.late:
            connection.execute(
                update(ResultSet)
                .where(ResultSet.wave_id == row.wave_id, ResultSet.channel_id == row.channel_id)
                .values(deleted_since=ResultSet.deleted_since + 1)
            )
    return True
