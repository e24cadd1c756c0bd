"""What the results of a wave will be tested against, written down before it opens and fixed from then on.

A margin that is chosen after the answers have been seen proves nothing: it can be chosen so that the result fits. So it
is entered while the wave is in preparation, recorded with its day, and neither changed nor added once the wave is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from survey.database import Database
from survey.errors import N_, Conflict, Invalid
from survey.models.fieldwork.waves import PlannedTests, WaveStatus
from survey.models.people.accounts import Role
from survey.permissions import Actor
from survey.services import audit
from survey.services.fieldwork import waves

MARGINS = (Decimal("0.5"), Decimal(20))  # points


@dataclass(frozen=True)
class Entered:
    """What a person fixes: the margin in points (percentage points of the rate), None for none."""

    margin: Decimal | None = None


def fix(database: Database, wave_code: str, entered: Entered, *, actor: Actor, now: datetime) -> None:
    """Write down the tests of a wave in preparation, in place of what was written before. Safe to call twice.

    Raises Conflict once the wave was opened, Invalid for a margin outside its limits.
    """
    with database.writing() as session:
        wave, domain, unit = waves.find(session, wave_code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is not WaveStatus.PLANNED:
            raise Conflict("The wave %(code)s was opened; what it is tested against stays as it was.", code=wave_code)
        if entered.margin is not None and not MARGINS[0] <= entered.margin <= MARGINS[1]:
            raise Invalid(
                "These tests cannot be fixed.", problems={"margin": N_("Enter a margin of 0.5 to 20 points.")}
            )
        held = session.get(PlannedTests, wave.id)
        before = None if held is None else held.margin
        margin = None if entered.margin is None else float(entered.margin / 100)
        if held is not None and before == margin:
            return
        if held is None:
            session.add(PlannedTests(wave_id=wave.id, margin=margin, set_at=now))
        else:
            held.margin, held.set_at = margin, now
        audit.record(session, actor, "wave.tests", f"wave {wave_code}", now, before=before, margin=margin)
