"""The frame of a wave: dossiers settled per unit and field, and the answers planned there; from a file or on screen.

A file is looked at first (`look`): what it holds, every problem with its row, and what would be replaced. Taking it
(`take`) looks again in the same transaction and replaces the whole frame. Small frames are kept on screen, cell by
cell. A closed wave's frame is part of its results and stays.

Columns of the file: `unit` mã đơn vị, `field` mã lĩnh vực (empty where the service has no fields, or for all of them
together), `transactions` số hồ sơ, `planned` số phiếu dự kiến. Other columns are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.csv_dialects import CsvDialect
from survey.database import Database
from survey.errors import N_, Invalid
from survey.exports import csv_files
from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.waves import Wave
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import Actor
from survey.queries.fieldwork import frames as queries
from survey.queries.province import procedures, units
from survey.services import audit, tabular_files
from survey.services.fieldwork import waves
from survey.services.fieldwork.waves import FrameEntry
from survey.services.tabular_files import CsvFile, CsvRow, RowProblem

_Cell = TypeVar("_Cell")
Place = tuple[int, int]  # ids of a unit and a field, 0 for all fields together

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "unit": ("mã đơn vị", "đơn vị", "unit code"),
    "field": ("mã lĩnh vực", "lĩnh vực", "field code"),
    "transactions": ("số hồ sơ", "số lượt", "số giao dịch", "hồ sơ"),
    "planned": ("số phiếu dự kiến", "dự kiến", "số phiếu", "cỡ mẫu"),
}
NEEDED = ("unit", "transactions")
HEADINGS = ("mã đơn vị", "tên đơn vị", "mã lĩnh vực", "số hồ sơ", "số phiếu dự kiến")
MOST_CELLS_ON_SCREEN = 60


@dataclass(frozen=True)
class Look:
    """What taking a file would do."""

    cells: tuple[FrameEntry, ...]
    problems: tuple[RowProblem, ...]
    units: int
    transactions: int
    planned: int
    replaced: int  # cells of the frame there is


def look(session: Session, wave_code: str, data: bytes, *, actor: Actor) -> Look:
    """The cells of a file for this wave, and everything that is wrong with it."""
    wave = waves.frame_owner(session, wave_code, actor)
    return _look(session, wave, data)


def take(
    database: Database, wave_code: str, data: bytes, *, source: str, as_of: date, actor: Actor, now: datetime
) -> Look:
    """Replace the frame by a file without problems. Safe to call twice."""
    with database.writing() as session:
        wave = waves.frame_owner(session, wave_code, actor)
        found = _look(session, wave, data)
        if found.problems:
            raise Invalid("The file has problems; look at it again and put them right.")
        for held in session.scalars(select(FrameCell).where(FrameCell.wave_id == wave.id)):
            session.delete(held)
        session.flush()
        session.add_all(_row(wave.id, cell, source, as_of) for cell in found.cells)
        audit.record(
            session, actor, "wave.frame", f"wave {wave_code}", now, cells=len(found.cells),
            transactions=found.transactions, planned=found.planned, source=source,
        )  # fmt: skip
        return found


@dataclass(frozen=True)
class CellNumbers:
    """What is entered for one cell: dossiers, and answers planned."""

    transactions: int
    planned: int


@dataclass(frozen=True)
class NewCell:
    """One cell as it is entered on screen."""

    unit_code: str
    field_code: str | None
    numbers: CellNumbers
    source: str
    as_of: date


def put(database: Database, wave_code: str, entered: NewCell, *, actor: Actor, now: datetime) -> None:
    """Enter one cell, or its numbers anew. Raises Invalid with a sentence per field. Safe to call twice."""
    with database.writing() as session:
        wave = waves.frame_owner(session, wave_code, actor)
        known = KnownPlaces.of(session, wave)
        unit, field = known.units.get(entered.unit_code), known.fields.get(entered.field_code or "")
        problems = _cell_problems(known, unit, entered.field_code or "", entered.numbers)
        if problems or unit is None:
            raise Invalid("The cell cannot be entered yet.", problems={c: m for c, m, _ in problems})
        numbers = entered.numbers
        held = session.scalar(
            select(FrameCell).where(
                FrameCell.wave_id == wave.id, FrameCell.unit_id == unit.id, FrameCell.field_key == (field or 0)
            )
        )
        if held is None:
            cell = FrameEntry(unit.id, field, numbers.transactions, numbers.planned)
            session.add(_row(wave.id, cell, entered.source, entered.as_of))
        else:
            held.transactions, held.planned = numbers.transactions, numbers.planned
            held.source, held.as_of = entered.source, entered.as_of
        audit.record(
            session, actor, "wave.frame_cell", f"wave {wave_code}", now, unit=entered.unit_code,
            field=entered.field_code, transactions=numbers.transactions, planned=numbers.planned,
        )  # fmt: skip


def change(
    database: Database, wave_code: str, numbers: Mapping[int, CellNumbers], *, actor: Actor, now: datetime
) -> int:
    """New numbers for some cells, by their ids. Returns how many were changed."""
    with database.writing() as session:
        wave = waves.frame_owner(session, wave_code, actor)
        changed = 0
        for cell in session.scalars(
            select(FrameCell).where(FrameCell.wave_id == wave.id, FrameCell.id.in_(sorted(numbers)))
        ):
            new = numbers[cell.id]
            if new.planned > new.transactions:
                raise Invalid(
                    "The numbers cannot be taken.",
                    problems={f"planned-{cell.id}": N_("More answers are planned than there are dossiers.")},
                )
            if (cell.transactions, cell.planned) != (new.transactions, new.planned):
                cell.transactions, cell.planned = new.transactions, new.planned
                changed += 1
        if changed:
            audit.record(session, actor, "wave.frame_cell", f"wave {wave_code}", now, changed=changed)
        return changed


def remove(database: Database, wave_code: str, cell_id: int, *, actor: Actor, now: datetime) -> None:
    """Take one cell out of the frame. Safe to call twice."""
    with database.writing() as session:
        wave = waves.frame_owner(session, wave_code, actor)
        cell = session.scalar(select(FrameCell).where(FrameCell.wave_id == wave.id, FrameCell.id == cell_id))
        if cell is not None:
            unit = units.by_id(session, cell.unit_id)
            session.delete(cell)
            audit.record(
                session, actor, "wave.frame_cell", f"wave {wave_code}", now, removed=unit.code if unit else cell.unit_id
            )


def template(session: Session, wave_code: str, *, actor: Actor, dialect: CsvDialect = CsvDialect.COMMA) -> bytes:
    """The frame as a file to be filled in or changed: its cells, or every unit of the wave without numbers."""
    wave = waves.frame_owner(session, wave_code, actor)
    known = KnownPlaces.of(session, wave)
    cells = queries.rows(session, wave.id)
    if cells:
        return csv_files.as_bytes(HEADINGS, (astuple(cell) for cell in cells), dialect=dialect)
    return csv_files.as_bytes(HEADINGS, _empty_rows(known), dialect=dialect)


def _empty_rows(known: KnownPlaces) -> Iterator[tuple[str, str, str, str, str]]:
    for unit in known.units.values():
        if known.in_force(unit) and unit.id != known.top_id:
            for field in known.fields or ("",):
                yield unit.code, unit.name, field, "", ""


# --- what a file says -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KnownPlaces:
    """The units and fields a frame of one wave may name."""

    wave: Wave
    top_id: int
    units: dict[str, Unit]  # the wave's unit and everything under it, by code
    fields: dict[str, int]  # empty where the service has no fields of procedures

    @classmethod
    def of(cls, session: Session, wave: Wave) -> KnownPlaces:
        _, domain, top = waves.find(session, wave.code)
        fields = procedures.field_ids(session) if domain is ServiceDomain.ADMIN else {}
        return cls(wave, top.id, {unit.code: unit for unit in units.under(session, top.path)}, fields)

    def in_force(self, unit: Unit) -> bool:
        """The unit exists on at least one day of the wave."""
        began = unit.valid_from is None or unit.valid_from <= self.wave.closes_on
        return began and (unit.valid_to is None or unit.valid_to >= self.wave.opens_on)


def _look(session: Session, wave: Wave, data: bytes) -> Look:
    file = tabular_files.read(data, COLUMNS, needed=NEEDED)
    known = KnownPlaces.of(session, wave)
    cells, problems = by_place(file, lambda row: _cell(row, known))
    entries = tuple(cells.values())
    return Look(
        cells=entries,
        problems=tuple(sorted(problems, key=lambda p: p.row)),
        units=len({cell.unit_id for cell in entries}),
        transactions=sum(cell.transactions for cell in entries),
        planned=sum(cell.planned for cell in entries),
        replaced=queries.count(session, wave.id),
    )


def by_place(
    file: CsvFile, read: Callable[[CsvRow], tuple[Place, _Cell] | list[RowProblem]]
) -> tuple[dict[Place, _Cell], list[RowProblem]]:
    """The cells of a file by unit and field, and all that is wrong with it: bad rows, a place that stands twice."""
    problems = list(file.problems)
    cells: dict[Place, _Cell] = {}
    rows: dict[Place, int] = {}
    for row in file.rows:
        found = read(row)
        if isinstance(found, list):
            problems += found
            continue
        place, cell = found
        if place in cells:
            problems.append(
                RowProblem(row.number, "unit", N_("This unit and field stand in row %(row)s already."),
                           {"row": rows[place]})
            )  # fmt: skip
            continue
        cells[place], rows[place] = cell, row.number
    if not cells and not problems:
        problems.append(RowProblem(0, "", N_("The file has no row with numbers.")))
    return cells, problems


def _cell(row: CsvRow, known: KnownPlaces) -> tuple[Place, FrameEntry] | list[RowProblem]:
    transactions = tabular_files.whole_number(row["transactions"])
    planned = tabular_files.whole_number(row["planned"]) if row["planned"] else 0
    problems = [
        RowProblem(row.number, column, N_("'%(text)s' is not a whole number."), {"text": row[column]})
        for column, value in (("transactions", transactions), ("planned", planned))
        if value is None
    ]
    numbers = CellNumbers(transactions or 0, planned or 0)
    unit = known.units.get(row["unit"])
    problems += [
        RowProblem(row.number, {"unit_code": "unit", "field_code": "field"}.get(column, column), message, values)
        for column, message, values in _cell_problems(known, unit, row["field"], numbers, came=row["unit"])
        if not (problems and column == "planned")
    ]
    if problems or unit is None:
        return problems
    found = FrameEntry(unit.id, known.fields.get(row["field"]), numbers.transactions, numbers.planned)
    return (found.unit_id, found.field_id or 0), found


def _cell_problems(
    known: KnownPlaces, unit: Unit | None, field: str, numbers: CellNumbers, *, came: str = ""
) -> list[tuple[str, str, dict[str, object]]]:
    found: list[tuple[str, str, dict[str, object]]] = []
    if unit is None and not came:
        found.append(("unit_code", N_("Choose the unit."), {}))
    elif unit is None:
        found.append(("unit_code", N_("No unit of this wave has the code %(code)s."), {"code": came}))
    elif not known.in_force(unit):
        found.append(("unit_code", N_("This unit does not exist on the days of the wave."), {}))
    if field and not known.fields:
        found.append(("field_code", N_("This service has no fields of procedures: leave the cell empty."), {}))
    elif field and field not in known.fields:
        found.append(("field_code", N_("There is no field with the code %(code)s."), {"code": field}))
    if numbers.planned > numbers.transactions:
        found.append(("planned", N_("More answers are planned than there are dossiers."), {}))
    return found


def _row(wave_id: int, cell: FrameEntry, source: str, as_of: date) -> FrameCell:
    return FrameCell(
        wave_id=wave_id,
        unit_id=cell.unit_id,
        field_id=cell.field_id,
        field_key=cell.field_id or 0,
        transactions=cell.transactions,
        planned=cell.planned,
        source=source.strip()[:200],
        as_of=as_of,
    )
