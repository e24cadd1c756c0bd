"""Fields of administrative procedures and the procedures in them: a list the province keeps.

Nothing is deleted: a procedure ends and may name the one that replaced it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from survey.database import Database
from survey.errors import N_, Forbidden, Invalid, NotFound
from survey.models.province.procedures import Field, Procedure
from survey.models.province.procedures import FieldGroup as FieldGroup  # faces know groups from here
from survey.permissions import Actor
from survey.queries.province import procedures as queries
from survey.services import audit

_FIELD_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PROCEDURE_CODE = re.compile(r"[123]\.\d{6}(\.000\.00\.00\.[A-Z]\d{2})?")


@dataclass(frozen=True)
class FieldInput:
    code: str
    name: str
    name_en: str
    group: FieldGroup
    position: int


@dataclass(frozen=True)
class ProcedureInput:
    code: str
    name: str
    field_id: int
    valid_from: date | None = None
    valid_to: date | None = None
    replaced_by: str | None = None


def save_field(database: Database, actor: Actor, entered: FieldInput, *, field_id: int | None, now: datetime) -> int:
    """Enter a field, or change one; its code stays."""
    _require_province(actor)
    problems: dict[str, str] = {}
    if field_id is None and not _FIELD_CODE.fullmatch(entered.code):
        problems["code"] = N_("A code has 1 to 40 small letters without marks, digits or hyphens.")
    if not 2 <= len(entered.name) <= 200:
        problems["name"] = N_("A name has 2 to 200 characters.")
    with database.writing() as session:
        row = session.get(Field, field_id) if field_id is not None else None
        if field_id is not None and row is None:
            raise NotFound("There is no such field.")
        if row is None and queries.field_id(session, entered.code) is not None:
            problems["code"] = N_("There is a field with this code already.")
        if problems:
            raise Invalid("Please put this right.", problems)
        before = _field_state(row)
        if row is None:
            row = Field(code=entered.code)
            session.add(row)
        row.name, row.name_en, row.group, row.position = entered.name, entered.name_en, entered.group, entered.position
        if (after := _field_state(row)) != before:
            action = "field.add" if before is None else "field.change"
            audit.record(session, actor, action, f"field {row.code}", now, before=before, after=after)
        session.flush()
        return row.id


def save_procedure(
    database: Database, actor: Actor, entered: ProcedureInput, *, procedure_id: int | None, now: datetime
) -> int:
    """Enter a procedure, or change one; its code stays."""
    _require_province(actor)
    problems: dict[str, str] = {}
    if procedure_id is None and not _PROCEDURE_CODE.fullmatch(entered.code):
        problems["code"] = N_("A code looks like 1.004873, or 2.000815.000.00.00.H55 for a provincial variant.")
    if not 2 <= len(entered.name) <= 300:
        problems["name"] = N_("A name has 2 to 300 characters.")
    if entered.valid_from and entered.valid_to and entered.valid_from > entered.valid_to:
        problems["valid_to"] = N_("The last day lies before the first.")
    if entered.replaced_by and not _PROCEDURE_CODE.fullmatch(entered.replaced_by):
        problems["replaced_by"] = N_("A code looks like 1.004873, or 2.000815.000.00.00.H55 for a provincial variant.")
    elif entered.replaced_by and entered.replaced_by == entered.code:
        problems["replaced_by"] = N_("A procedure does not replace itself.")
    with database.writing() as session:
        row = session.get(Procedure, procedure_id) if procedure_id is not None else None
        if procedure_id is not None and row is None:
            raise NotFound("There is no such procedure.")
        if row is None and queries.procedure_id(session, entered.code) is not None:
            problems["code"] = N_("There is a procedure with this code already.")
        if queries.field(session, entered.field_id) is None:
            problems["field"] = N_("Choose a field from the list.")
        if problems:
            raise Invalid("Please put this right.", problems)
        before = _procedure_state(row)
        if row is None:
            row = Procedure(code=entered.code)
            session.add(row)
        row.name, row.field_id, row.replaced_by = entered.name, entered.field_id, entered.replaced_by
        row.valid_from, row.valid_to = entered.valid_from, entered.valid_to
        if (after := _procedure_state(row)) != before:
            action = "procedure.add" if before is None else "procedure.change"
            audit.record(session, actor, action, f"procedure {row.code}", now, before=before, after=after)
        session.flush()
        return row.id


def next_position(database: Database) -> int:
    """Where a new field would stand: behind all others."""
    with database.reading() as session:
        return queries.last_position(session) + 1


def _require_province(actor: Actor) -> None:
    if not actor.governs_province:
        raise Forbidden("Only an administrator of the whole province keeps the list of fields and procedures.")


def _field_state(row: Field | None) -> dict[str, object] | None:
    if row is None:
        return None
    return {"name": row.name, "name_en": row.name_en, "group": row.group.value, "position": row.position}


def _procedure_state(row: Procedure | None) -> dict[str, object] | None:
    if row is None:
        return None
    return {
        "name": row.name,
        "field_id": row.field_id,
        "valid_from": row.valid_from.isoformat() if row.valid_from else None,
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "replaced_by": row.replaced_by,
    }
