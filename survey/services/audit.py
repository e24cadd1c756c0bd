"""Who changed what: one event in the same transaction as the change. None per response."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from survey.database import Database
from survey.errors import N_, Forbidden
from survey.models.audit import AuditEvent
from survey.permissions import Actor
from survey.queries import audit as queries
from survey.queries.audit import AuditFilter
from survey.words.figures import second

# What each action is called on the screen. A test compares the keys with the calls of `record` in the program.
ACTIONS = {
    "account.sign_in": N_("signed in"),
    "account.sign_out_everywhere": N_("signed out everywhere"),
    "account.invite": N_("invited a person"),
    "account.cancel_invitation": N_("took an invitation back"),
    "account.create": N_("account created"),
    "account.reset": N_("reset both steps of signing in"),
    "account.set_both_steps": N_("set both steps of signing in anew"),
    "account.change_password": N_("changed the own password"),
    "account.change_second_step": N_("changed the own second step"),
    "account.disable": N_("disabled an account"),
    "account.enable": N_("enabled an account"),
    "grant.add": N_("gave a right"),
    "grant.end": N_("took a right away"),
    "setting.change": N_("changed a setting"),
    "unit.import": N_("took a file of units"),
    "unit.add": N_("entered a unit"),
    "unit.change": N_("changed a unit"),
    "unit.end": N_("ended a unit"),
    "field.add": N_("entered a field"),
    "field.change": N_("changed a field"),
    "field.load": N_("loaded fields and procedures"),
    "procedure.add": N_("entered a procedure"),
    "procedure.change": N_("changed a procedure"),
    "plan.add": N_("entered a target plan"),
    "plan.change": N_("changed a target plan"),
    "plan.extend": N_("extended a target plan"),
    "plan.load": N_("loaded a target plan"),
    "target.add": N_("entered a target"),
    "target.change": N_("changed a target"),
    "target.remove": N_("removed a target"),
    "instrument.register": N_("registered a shipped questionnaire"),
    "instrument.read_aloud": N_("changed what is read aloud"),
    "instrument.import": N_("imported a questionnaire version"),
    "instrument.start": N_("began a questionnaire version"),
    "instrument.discard": N_("threw a draft of a questionnaire away"),
    "instrument.submit": N_("sent a questionnaire for review"),
    "instrument.give_back": N_("gave a questionnaire back from review"),
    "instrument.publish": N_("published a questionnaire version"),
    "instrument.retire": N_("retired a questionnaire version"),
    "wave.plan": N_("planned a wave"),
    "wave.change": N_("changed the words of a wave"),
    "wave.channel": N_("added a channel to a wave"),
    "wave.days": N_("moved the days of a wave"),
    "wave.frame": N_("entered the frame of a wave"),
    "wave.frame_cell": N_("changed a cell of a frame"),
    "wave.open": N_("opened a wave"),
    "wave.close": N_("closed a wave"),
    "point.add": N_("added a collection point"),
    "point.add_many": N_("added a collection point at many units"),
    "point.rename": N_("renamed a collection point"),
    "point.add_code": N_("gave a collection point a code"),
    "point.replace_code": N_("replaced a printed code"),
    "point.retire_code": N_("withdrew a printed code"),
    "codes.issue": N_("issued one-time codes"),
    "codes.void": N_("voided one-time codes"),
    "retention.purge": N_("deleted what was kept long enough"),
}


def record(session: Session, actor: Actor, action: str, subject: str, now: datetime, **detail: Any) -> None:
    """`action`: noun.verb, `wave.close`; `subject`: the thing, `wave QN-2026-1`. No answers, no secrets."""
    session.add(
        AuditEvent(
            at=now,
            actor_id=actor.account_id,
            actor=actor.username,
            action=action,
            subject=subject[:120],
            detail=detail,
        )
    )


def export(database: Database, actor: Actor, wanted: AuditFilter) -> Iterator[str]:
    """The events as CSV, a chunk at a time, newest first. No cell begins a formula."""
    if not actor.governs_province:
        raise Forbidden("Only an administrator of the whole province reads the record of actions.")
    return _lines(database, wanted)


def _lines(database: Database, wanted: AuditFilter) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write("\ufeff")
    writer.writerow(("time", "person", "action", "subject", "detail"))
    with database.reading() as session:
        for event in queries.every(session, wanted):
            when = second(event.at)
            detail = json.dumps(event.detail, ensure_ascii=False, sort_keys=True)
            writer.writerow([_harmless(c) for c in (when, event.actor, event.action, event.subject, detail)])
            if out.tell() > 32_000:
                yield out.getvalue()
                out.seek(0)
                out.truncate()
    yield out.getvalue()


def _harmless(text: str) -> str:
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
