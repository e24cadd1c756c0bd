"""What the results of a wave will be tested against, written down before it opens and fixed from then on.

A margin that is chosen after the answers have been seen proves nothing: it can be chosen so that the result fits. So it
is entered while the wave is in preparation, recorded with its day, and neither changed nor added once the wave is open.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from survey.database import Database
from survey.errors import N_, Conflict, Invalid
from survey.models.fieldwork.waves import EVERY_TABLE, PlannedTests, Wave, WaveStatus
from survey.models.people.accounts import Role
from survey.permissions import Actor
from survey.queries.estimates import look_verdicts
from survey.services import audit
from survey.services.fieldwork import waves

MARGINS = (Decimal("0.5"), Decimal(20))  # points
SPENDING = ("obrien_fleming", "pocock")
MOST_LOOKS = 10


@dataclass(frozen=True)
class Entered:
    """What a person fixes: the margin in points (percentage points of the rate), None for none; days of looks.

    The close of the wave is always the last look, and is not among the days. `tables` are the two-way tables that will
    be published: what is hidden protects all of them together, so none can be added later.
    """

    margin: Decimal | None = None
    looks: tuple[date, ...] = ()
    spending: str = SPENDING[0]
    tables: tuple[str, ...] = tuple(EVERY_TABLE)


def looks_are_planned(database: Database) -> bool:
    """Whether a running wave has looks, so that one may be due."""
    with database.reading() as session:
        return bool(look_verdicts.running(session))


def fix(database: Database, wave_code: str, entered: Entered, *, actor: Actor, now: datetime) -> None:
    """Write down the tests of a wave in preparation, in place of what was written before. Safe to call twice.

    Raises Conflict once the wave was opened, Invalid for a margin outside its limits, and for looks outside the
    days of the wave, not one after the other, or too many.
    """
    with database.writing() as session:
        wave, domain, unit = waves.find(session, wave_code)
        actor.require(Role.FIELD_OFFICER, unit_path=unit.path, domain=domain.value)
        if wave.status is not WaveStatus.PLANNED:
            raise Conflict("The wave %(code)s was opened; what it is tested against stays as it was.", code=wave_code)
        if problems := _problems(entered, wave):
            raise Invalid("These tests cannot be fixed.", problems=problems)
        held = session.get(PlannedTests, wave.id)
        if wave.tables != (chosen := [table for table in EVERY_TABLE if table in entered.tables]):
            audit.record(session, actor, "wave.tables", f"wave {wave_code}", now, before=wave.tables, after=chosen)
            wave.tables = chosen
        before = None if held is None else {"margin": held.margin, "spending": held.spending, "looks": held.looks}
        fixed: dict[str, Any] = {
            "margin": None if entered.margin is None else float(entered.margin / 100),
            "spending": entered.spending if entered.looks else "",
            "looks": _shares(entered, wave),
        }
        if before == fixed:
            return
        if held is None:
            session.add(PlannedTests(wave_id=wave.id, set_at=now, **fixed))
        else:
            held.margin, held.spending, held.looks = fixed["margin"], fixed["spending"], fixed["looks"]
            held.set_at = now
        audit.record(session, actor, "wave.tests", f"wave {wave_code}", now, before=before, **fixed)


def _problems(entered: Entered, wave: Wave) -> dict[str, str]:
    problems = {}
    if entered.margin is not None and not MARGINS[0] <= entered.margin <= MARGINS[1]:
        problems["margin"] = N_("Enter a margin of 0.5 to 20 points.")
    days = entered.looks
    rising = all(a < b for a, b in itertools.pairwise(days))
    if not rising or any(not wave.opens_on < day < wave.closes_on for day in days) or len(days) > MOST_LOOKS:
        problems["looks"] = N_("Enter at most ten days after the first and before the last day of the wave, one after "
                               "the other.")  # fmt: skip
    if entered.spending not in SPENDING:
        problems["spending"] = N_("Choose one of the two ways of spending the error.")
    if not set(entered.tables) <= set(EVERY_TABLE):
        problems["tables"] = N_("Choose among the tables of the list.")
    return problems


def _shares(entered: Entered, wave: Wave) -> list[list[Any]]:
    """Each day with the share of the wave's days that is over at its end."""
    whole = (wave.closes_on - wave.opens_on).days + 1
    return [[day.isoformat(), ((day - wave.opens_on).days + 1) / whole] for day in entered.looks]
