"""How many forms a channel gave out, per unit and field: entered on screen or from a file, until the wave is closed.

The file replaces all that was entered for the channel; with one problem in it nothing is taken. A self-selected
channel gives out no forms: the numbers belong to drawn and census channels.

Columns of the file: `unit` mã đơn vị, `field` mã lĩnh vực (empty where the service has no fields, or for all of them
together), `issued` số phiếu phát ra. Other columns are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.csv_dialects import CsvDialect
from survey.database import Database
from survey.errors import N_, Conflict, Invalid, NotFound
from survey.exports import csv_files
from survey.models.fieldwork.issued_forms import IssuedForms
from survey.models.fieldwork.waves import Channel, Selection, Wave
from survey.permissions import Actor
from survey.queries.fieldwork import issued_forms as queries
from survey.services import audit, tabular_files
from survey.services.fieldwork import frames, waves
from survey.services.fieldwork.frames import KnownPlaces
from survey.services.tabular_files import CsvRow, RowProblem

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "unit": ("mã đơn vị", "đơn vị", "unit code"),
    "field": ("mã lĩnh vực", "lĩnh vực", "field code"),
    "issued": ("số phiếu phát ra", "phiếu phát ra", "forms issued"),
}
NEEDED = ("unit", "issued")
HEADINGS = ("mã đơn vị", "tên đơn vị", "mã lĩnh vực", "số phiếu phát ra")


@dataclass(frozen=True)
class IssuedEntry:
    """Forms given out for one unit and field, as they are entered on screen."""

    unit_code: str
    field_code: str | None
    issued: int
    source: str
    as_of: date


@dataclass(frozen=True)
class IssuedFile:
    """What was taken from a file, or every problem that kept it from being taken."""

    problems: tuple[RowProblem, ...]
    cells: int = 0
    issued: int = 0


def put(
    database: Database, wave_code: str, channel_code: str, entered: IssuedEntry, *, actor: Actor, now: datetime
) -> None:
    """Enter one number, or enter it anew. Raises Invalid with a sentence per field. Safe to call twice."""
    with database.writing() as session:
        wave, channel = _channel_of(session, wave_code, channel_code, actor)
        known = KnownPlaces.of(session, wave)
        problems = _problems(known, entered.unit_code, entered.field_code or "")
        if problems:
            raise Invalid("The number cannot be entered yet.", problems={name: text for name, text, _ in problems})
        unit, field = known.units[entered.unit_code], known.fields.get(entered.field_code or "")
        held = session.scalar(
            select(IssuedForms).where(
                IssuedForms.channel_id == channel.id, IssuedForms.unit_id == unit.id,
                IssuedForms.field_key == (field or 0),
            )
        )  # fmt: skip
        if held is None:
            held = IssuedForms(channel_id=channel.id, unit_id=unit.id, field_id=field, field_key=field or 0)
            session.add(held)
        held.issued, held.source, held.as_of = entered.issued, entered.source.strip()[:200], entered.as_of
        audit.record(
            session, actor, "wave.issued_forms", f"wave {wave_code}", now, channel=channel_code,
            unit=entered.unit_code, field=entered.field_code, issued=entered.issued,
        )  # fmt: skip


def take(
    database: Database,
    wave_code: str,
    channel_code: str,
    data: bytes,
    *,
    source: str,
    as_of: date,
    actor: Actor,
    now: datetime,
) -> IssuedFile:
    """Replace everything entered for a channel by a file; with a problem in it, nothing. Safe to call twice."""
    with database.writing() as session:
        wave, channel = _channel_of(session, wave_code, channel_code, actor)
        cells, problems = _read(KnownPlaces.of(session, wave), data)
        if problems:
            return IssuedFile(tuple(sorted(problems, key=lambda p: p.row)))
        for held in session.scalars(select(IssuedForms).where(IssuedForms.channel_id == channel.id)):
            session.delete(held)
        session.flush()
        session.add_all(
            IssuedForms(
                channel_id=channel.id, unit_id=unit, field_id=field or None, field_key=field, issued=issued,
                source=source.strip()[:200], as_of=as_of,
            )
            for (unit, field), issued in cells.items()
        )  # fmt: skip
        whole = sum(cells.values())
        audit.record(
            session, actor, "wave.issued_forms", f"wave {wave_code}", now, channel=channel_code, cells=len(cells),
            issued=whole, source=source,
        )  # fmt: skip
        return IssuedFile((), len(cells), whole)


def template(
    session: Session, wave_code: str, channel_code: str, *, actor: Actor, dialect: CsvDialect = CsvDialect.COMMA
) -> bytes:
    """The numbers of a channel as a file to be filled in or changed; without any, every unit of the wave."""
    wave, channel = _channel_of(session, wave_code, channel_code, actor)
    rows = queries.rows(session, channel.id)
    if rows:
        return csv_files.as_bytes(HEADINGS, (astuple(row) for row in rows), dialect=dialect)
    known = KnownPlaces.of(session, wave)
    empty = (
        (unit.code, unit.name, field, "")
        for unit in known.units.values()
        if known.in_force(unit) and unit.id != known.top_id
        for field in known.fields or ("",)
    )
    return csv_files.as_bytes(HEADINGS, empty, dialect=dialect)


def _channel_of(session: Session, wave_code: str, channel_code: str, actor: Actor) -> tuple[Wave, Channel]:
    """The channel whose numbers the actor may change now."""
    wave = waves.frame_owner(session, wave_code, actor)
    channel = queries.channel(session, wave.id, channel_code)
    if channel is None:
        raise NotFound("The wave %(wave)s has no channel %(code)s.", wave=wave_code, code=channel_code)
    if channel.selection is Selection.OPT_IN:
        raise Conflict("The channel %(code)s is self-selected: nobody gives out its forms.", code=channel_code)
    return wave, channel


def _read(known: KnownPlaces, data: bytes) -> tuple[dict[tuple[int, int], int], list[RowProblem]]:
    """Numbers by unit and field key, and everything that is wrong with the file."""
    file = tabular_files.read(data, COLUMNS, needed=NEEDED)
    return frames.by_place(file, lambda row: _cell(row, known))


def _cell(row: CsvRow, known: KnownPlaces) -> tuple[tuple[int, int], int] | list[RowProblem]:
    issued = tabular_files.whole_number(row["issued"])
    problems = [
        RowProblem(row.number, name.removesuffix("_code"), text, values)
        for name, text, values in _problems(known, row["unit"], row["field"])
    ]
    if issued is None:
        problems.append(
            RowProblem(row.number, "issued", N_("'%(text)s' is not a whole number."), {"text": row["issued"]})
        )
    if problems or issued is None:
        return problems
    return (known.units[row["unit"]].id, known.fields.get(row["field"], 0)), issued


def _problems(known: KnownPlaces, unit_code: str, field_code: str) -> list[tuple[str, str, dict[str, object]]]:
    found: list[tuple[str, str, dict[str, object]]] = []
    unit = known.units.get(unit_code)
    if not unit_code:
        found.append(("unit_code", N_("Choose the unit."), {}))
    elif unit is None:
        found.append(("unit_code", N_("No unit of this wave has the code %(code)s."), {"code": unit_code}))
    elif not known.in_force(unit):
        found.append(("unit_code", N_("This unit does not exist on the days of the wave."), {}))
    if field_code and not known.fields:
        found.append(("field_code", N_("This service has no fields of procedures: leave the cell empty."), {}))
    elif field_code and field_code not in known.fields:
        found.append(("field_code", N_("There is no field with the code %(code)s."), {"code": field_code}))
    return found
