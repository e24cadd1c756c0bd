"""Units of the province: the tree, its dates and successors; entered one by one or taken from a file.

Codes are identity: they are never changed or used again, a unit only ends. A file is first planned, then taken; both
by `survey.services.province.unit_files`, and the plan is made again in the transaction that takes it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from survey.csv_dialects import CsvDialect
from survey.database import Database
from survey.errors import N_, Conflict, Forbidden, Invalid
from survey.models.province.units import Unit, UnitKind, UnitSuccession
from survey.permissions import Actor, Role
from survey.queries.province import units as queries
from survey.services import audit
from survey.services.province.unit_file_changes import Plan, Planned, make_plan
from survey.services.province.unit_files import PLACEHOLDER_CODE, KnownUnit, Parsed, UnitRow, parse, write
from survey.services.tabular_files import RowProblem

# Named for every new row, so that all rows go to the database in one statement.
_NOTHING_SAID = {"valid_from": None, "valid_to": None, "is_sample": False, "grade": "", "source": "", "parent_id": None}
PLACEHOLDER_NAME = "Tỉnh, thành phố (chưa đặt tên)"
# What an empty record is planned against; taking the plan makes it.
_ROOT_TO_BE = KnownUnit(
    0,
    PLACEHOLDER_CODE,
    PLACEHOLDER_NAME,
    UnitKind.PROVINCE,
    None,
    "/0/",
    None,
    None,
    (),
    is_sample=False,
    grade="",
    source="",
)


def ensure_root(session: Session) -> Unit:
    """The root, made now in an empty record, so that there is something to hold rights on."""
    found = queries.root(session)
    if found is not None:
        return found
    made = Unit(code=PLACEHOLDER_CODE, name=PLACEHOLDER_NAME, kind=UnitKind.PROVINCE, path="/0/")
    session.add(made)
    session.flush()
    made.path = f"/{made.id}/"
    return made


def name_root(session: Session, name: str) -> None:
    """The province's name goes onto its root unit for as long as no unit file has named it."""
    found = queries.root(session)
    if found is not None and found.code == PLACEHOLDER_CODE:
        found.name = name or PLACEHOLDER_NAME


def plan_import(database: Database, actor: Actor, data: bytes) -> Plan:
    """What taking this file would add, change and end, and every problem with its row. Writes nothing."""
    with database.reading() as session:
        return _plan(session, actor, parse(data))


def take_import(database: Database, actor: Actor, data: bytes, *, expected: str | None, now: datetime) -> Plan:
    """Take a file whose plan was seen (`expected` is its digest; the command line passes None). All or nothing."""
    parsed = parse(data)
    return take_rows(database, actor, parsed, subject=f"file {parsed.sha256[:12]}", expected=expected, now=now)


def take_rows(
    database: Database, actor: Actor, parsed: Parsed, *, subject: str, expected: str | None = None, now: datetime
) -> Plan:
    """Bring the record to what the rows say, all or nothing. Taking the same rows again changes nothing."""
    with database.writing() as session:
        ensure_root(session)
        plan = _plan(session, actor, parsed)
        if plan.problems:
            raise Invalid("The file has %(count)d problems; nothing was taken.", count=len(plan.problems))
        if expected is not None and plan.digest != expected:
            raise Conflict("The units were changed while you looked at the file. Look at what it would do now.")
        if not plan.is_empty:
            _apply(session, plan)
            codes = {n: [p.row.code for p in getattr(plan, n)] for n in ("added", "changed", "ended")}
            audit.record(session, actor, "unit.import", subject, now, **codes)
    return plan


def save(database: Database, actor: Actor, row: UnitRow, *, is_new: bool, now: datetime) -> int:
    """Enter one unit, or change one that is there; returns its id. The same rules as for a file."""
    with database.writing() as session:
        if is_new and queries.id_of(session, row.code) is not None:
            raise Invalid("Please put this right.", {"code": N_("There is a unit with this code already.")})
        plan = _plan(session, actor, Parsed((row,), (), ""))
        if plan.problems:
            raise Invalid("Please put this right.", {p.column: p.message for p in plan.problems}) from None
        if not plan.is_empty:
            _apply(session, plan)
            made = (*plan.added, *plan.changed, *plan.ended)[0]
            audit.record(
                session,
                actor,
                "unit.add" if made.known is None else "unit.end" if made.ends else "unit.change",
                f"unit {row.code} {row.name}",
                now,
                **{c.column: {"before": _plain(c.before), "after": _plain(c.after)} for c in made.changes},
            )
        unit_id = queries.id_of(session, row.code)
        assert unit_id is not None  # the plan named it
        return unit_id


def export(database: Database, actor: Actor, *, dialect: CsvDialect = CsvDialect.COMMA) -> bytes:
    """Every unit the actor administers, in the columns that a file of units has."""
    scopes = actor.scopes(Role.ADMINISTRATOR)
    with database.reading() as session:
        known = known_units(session).values()
    mine = [u for u in known if actor.is_system or any(u.path.startswith(g.unit_path) for g in scopes)]
    return write(mine, dialect=dialect)


def problem_sentence(problem: RowProblem) -> str:
    """One problem for the command line, which prints English."""
    place = (
        f"row {problem.row}, {problem.column}: " if problem.column else f"row {problem.row}: " if problem.row else ""
    )
    return place + problem.message % dict(problem.values)


def known_units(session: Session) -> dict[str, KnownUnit]:
    """Every unit of the record, by code, parents before children."""
    successors: dict[int, list[tuple[str, Decimal | None]]] = {}
    for one in queries.successions(session):
        successors.setdefault(one.old_id, []).append((one.code, one.share))
    rows = queries.every(session)
    codes = {u.id: u.code for u in rows}
    ordered = sorted(rows, key=lambda u: (u.path.count("/"), u.code))
    return {
        u.code: KnownUnit(
            id=u.id,
            code=u.code,
            name=u.name,
            kind=u.kind,
            parent=codes[u.parent_id] if u.parent_id else None,
            path=u.path,
            valid_from=u.valid_from,
            valid_to=u.valid_to,
            successors=tuple(successors.get(u.id, ())),
            is_sample=u.is_sample,
            grade=u.grade,
            source=u.source,
        )
        for u in ordered
    }


def _plan(session: Session, actor: Actor, parsed: Parsed) -> Plan:
    if not actor.has(Role.ADMINISTRATOR):
        raise Forbidden("Only administrators change units.")
    scopes = actor.scopes(Role.ADMINISTRATOR)

    def may_change(path: str) -> bool:
        return actor.is_system or any(path.startswith(g.unit_path) for g in scopes)

    known = known_units(session) or {PLACEHOLDER_CODE: _ROOT_TO_BE}
    return make_plan(parsed, known, may_change=may_change)


def _apply(session: Session, plan: Plan) -> None:
    """Write a plan without problems: rows first, then parents and paths, then successors."""
    units = {u.code: u for u in session.scalars(select(Unit))}
    touched: list[tuple[Planned, Unit]] = []
    for planned in (*plan.added, *plan.changed, *plan.ended):
        row = planned.row
        if planned.known is None:
            unit = Unit(code=row.code, name=row.name, kind=row.kind, path="/0/", **_NOTHING_SAID)
            session.add(unit)
        else:
            unit = units.pop(planned.known.code)
            unit.code, unit.name, unit.kind = row.code, row.name, row.kind
        units[unit.code] = unit
        for column in ("valid_from", "valid_to", "is_sample", "grade", "source"):
            if column in row.clears or getattr(row, column) is not None:
                setattr(unit, column, row.after(column, None))
        touched.append((planned, unit))
    session.flush()
    for planned, unit in touched:
        if planned.row.parent is not None:
            unit.parent_id = units[planned.row.parent].id
    _set_paths(session, units)
    told = [(planned, unit) for planned, unit in touched if planned.row.successors is not None]
    session.execute(delete(UnitSuccession).where(UnitSuccession.old_id.in_([u.id for p, u in told if p.known])))
    for planned, unit in told:
        for code, share in planned.row.successors or ():
            new = units[code]
            session.add(
                UnitSuccession(
                    old_id=unit.id,
                    new_id=new.id,
                    since=_day_after(unit),
                    share=None if share is None else float(share),
                )
            )


def _set_paths(session: Session, units: dict[str, Unit]) -> None:
    by_id = {u.id: u for u in units.values()}
    made: dict[int, str] = {}

    def path(unit: Unit) -> str:
        if unit.id not in made:
            over = path(by_id[unit.parent_id]) if unit.parent_id else "/"
            made[unit.id] = f"{over}{unit.id}/"
        return made[unit.id]

    changed = [{"id": u.id, "path": path(u)} for u in units.values() if u.path != path(u)]
    session.flush()
    if changed:
        session.execute(update(Unit), changed)


def _day_after(unit: Unit) -> date:
    assert unit.valid_to is not None  # the plan asked for it
    return unit.valid_to + timedelta(days=1)


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)
