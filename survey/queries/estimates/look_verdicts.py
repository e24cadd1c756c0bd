"""What planned looks proved, as it was written down; and which running waves have looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.models.estimates.looks import LookVerdict
from survey.models.fieldwork.waves import PlannedTests, Wave, WaveStatus


@dataclass(frozen=True)
class StoredLook:
    """What one look at a channel proved: how many answers there were, and the verdict as plain data."""

    number: int
    responses: int
    verdict: Mapping[str, Any]


def of_channel(session: Session, channel_id: int) -> tuple[StoredLook, ...]:
    """Every look at a channel that was judged, the first first."""
    found = select(LookVerdict.number, LookVerdict.responses, LookVerdict.verdict).where(
        LookVerdict.channel_id == channel_id
    )
    return tuple(StoredLook(*row) for row in session.execute(found.order_by(LookVerdict.number)))


def running(session: Session) -> tuple[str, ...]:
    """Codes of the open waves for which looks were planned."""
    found = select(Wave.code).join(PlannedTests, PlannedTests.wave_id == Wave.id)
    return tuple(session.scalars(found.where(Wave.status == WaveStatus.OPEN, PlannedTests.spending != "")))
