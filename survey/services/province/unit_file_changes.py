"""What taking a file of units would change, and why a row cannot be taken.

Nothing here writes. `survey.services.province.units` applies a plan, in the transaction in which it was made again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from survey.errors import N_
from survey.models.province.units import UnitKind
from survey.services.province.unit_files import (
    COLUMNS,
    PLACEHOLDER_CODE,
    KnownUnit,
    Parsed,
    UnitRow,
    write_successors,
)
from survey.services.tabular_files import RowProblem

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_COMMUNE_KINDS = frozenset({UnitKind.WARD, UnitKind.COMMUNE, UnitKind.SPECIAL_ZONE})


@dataclass(frozen=True)
class FieldChange:
    column: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Planned:
    """What would happen to one unit."""

    row: UnitRow
    known: KnownUnit | None
    changes: tuple[FieldChange, ...] = ()

    @property
    def ends(self) -> bool:
        return any(c.column == "valid_to" and c.before is None and c.after is not None for c in self.changes)


@dataclass(frozen=True)
class Plan:
    added: tuple[Planned, ...]
    changed: tuple[Planned, ...]
    ended: tuple[Planned, ...]
    unchanged: int
    problems: tuple[RowProblem, ...]
    sha256: str

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.ended)

    @property
    def digest(self) -> str:
        """A hash of the plan, which differs if the record changes before the plan is carried out."""
        parts = [self.sha256, str(self.unchanged)]
        parts += [f"{p.row.code} {p.changes!r}" for p in (*self.added, *self.changed, *self.ended)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def make_plan(
    parsed: Parsed,
    known: Mapping[str, KnownUnit],
    *,
    may_change: Any = lambda path: True,
) -> Plan:
    """What taking the rows would do to the record `known` (by code). `may_change(path)`: whether the actor may."""
    root = next((u for u in known.values() if u.parent is None), None)
    top = _top_code(parsed.rows, root)
    rows, problems = _whole(parsed.rows, known, top)
    problems = [*parsed.problems, *problems]
    by_code = {r.code: r for r in rows}
    added: list[Planned] = []
    changed: list[Planned] = []
    ended: list[Planned] = []
    unchanged = 0
    for row in rows:
        old = root if row.code == top else known.get(row.code)
        found = [RowProblem(row.row, c, m, v) for c, m, v in _row_problems(row, old, by_code, known, top)]
        if not found and not _allowed(row, old, by_code, known, root, may_change):
            found = [RowProblem(row.row, "parent", N_("This unit lies outside the units you administer."))]
        problems += found
        if found:
            continue
        changes = _changes(row, old) if old else ()
        planned = Planned(row, old, changes)
        if old is None:
            added.append(planned)
        elif planned.ends:
            ended.append(planned)
        elif changes:
            changed.append(planned)
        else:
            unchanged += 1
    problems.sort(key=lambda p: (p.row, p.column))
    return Plan(tuple(added), tuple(changed), tuple(ended), unchanged, tuple(problems), parsed.sha256)


def _top_code(rows: Sequence[UnitRow], root: KnownUnit | None) -> str | None:
    """The code of the province: the record's, unless the record is new and the file brings it."""
    if root is not None and root.code != PLACEHOLDER_CODE:
        return root.code
    brought = next((r.code for r in rows if r.kind is UnitKind.PROVINCE and r.parent is None), None)
    return brought or (root.code if root else None)


def _whole(
    rows: Sequence[UnitRow], known: Mapping[str, KnownUnit], top: str | None
) -> tuple[list[UnitRow], list[RowProblem]]:
    """Rows with a code that no earlier row has; a new unit without a parent is put under the province."""
    seen: dict[str, int] = {}
    kept: list[UnitRow] = []
    problems: list[RowProblem] = []
    for row in rows:
        if row.code in seen:
            values = {"code": row.code, "row": seen[row.code]}
            problems.append(RowProblem(row.row, "code", N_("The code %(code)s stands in row %(row)d already."), values))
            continue
        seen[row.code] = row.row
        is_new = row.code not in known and row.code != top
        if is_new and row.parent is None and row.kind is not UnitKind.PROVINCE:
            row = replace(row, parent=top)
        kept.append(row)
    return kept, problems


def _row_problems(
    row: UnitRow,
    old: KnownUnit | None,
    by_code: Mapping[str, UnitRow],
    known: Mapping[str, KnownUnit],
    top: str | None,
) -> Iterable[tuple[str, str, dict[str, Any]]]:
    if not _CODE.fullmatch(row.code):
        yield "code", N_("A code has 1 to 40 letters without marks, digits, dots or hyphens."), {}
    elif row.kind in _COMMUNE_KINDS and not re.fullmatch(r"\d{5}", row.code):
        yield "code", N_("The code of a ward or commune has five digits; Excel may have dropped zeros in front."), {}
    if not 2 <= len(row.name) <= 300:
        yield "name", N_("A name has 2 to 300 characters."), {}
    elif row.name[0] in "=+-@":
        yield "name", N_("A name cannot begin with = + - or @."), {}
    if row.parent is None and old is None and row.code != top:
        if top is None:
            yield "parent", N_("The record has no province yet: the file must begin with it."), {}
        else:
            yield "kind", N_("There is a province already, and one installation serves one."), {}
    if row.parent is not None:
        if row.parent not in by_code and row.parent not in known:
            yield "parent", N_("There is no unit with code %(code)s."), {"code": row.parent}
        elif row.code == top:
            yield "parent", N_("The province stands over all units and belongs to none."), {}
        elif _circular(row.code, by_code, known):
            yield "parent", N_("The unit would come under itself."), {}
    begin = row.after("valid_from", old.valid_from if old else None)
    end = row.after("valid_to", old.valid_to if old else None)
    if begin and end and begin > end:
        yield "valid_to", N_("The last day lies before the first."), {}
    if row.successors:
        yield from _successor_problems(row, by_code, known)
    if end is None and (old.successors if row.successors is None and old else row.successors):
        yield "valid_to", N_("A unit with successors needs its last day."), {}


def _successor_problems(
    row: UnitRow, by_code: Mapping[str, UnitRow], known: Mapping[str, KnownUnit]
) -> Iterable[tuple[str, str, dict[str, Any]]]:
    assert row.successors is not None
    codes = [code for code, _ in row.successors]
    for code in codes:
        if code == row.code:
            yield "successors", N_("A unit does not succeed itself."), {}
        elif code not in by_code and code not in known:
            yield "successors", N_("There is no unit with code %(code)s."), {"code": code}
    if len(set(codes)) != len(codes):
        yield "successors", N_("A successor is named twice."), {}
    shares = [share for _, share in row.successors if share is not None]
    if len(shares) == len(codes) and abs(sum(shares, Decimal(0)) - 1) > Decimal("0.001"):
        yield "successors", N_("The shares of the successors must add up to 1."), {}


def _circular(code: str, by_code: Mapping[str, UnitRow], known: Mapping[str, KnownUnit]) -> bool:
    seen = {code}
    at = _parent(code, by_code, known)
    while at is not None:
        if at in seen:
            return True
        seen.add(at)
        at = _parent(at, by_code, known)
    return False


def _parent(code: str, by_code: Mapping[str, UnitRow], known: Mapping[str, KnownUnit]) -> str | None:
    row = by_code.get(code)
    if row is not None and row.parent is not None:
        return row.parent
    return known[code].parent if code in known else None


def _allowed(
    row: UnitRow,
    old: KnownUnit | None,
    by_code: Mapping[str, UnitRow],
    known: Mapping[str, KnownUnit],
    root: KnownUnit | None,
    may_change: Any,
) -> bool:
    if old is not None and not may_change(old.path):
        return False
    at = row.parent
    while at is not None and at not in known:
        at = _parent(at, by_code, known)
    if at is not None:
        return bool(may_change(known[at].path))
    return bool(may_change(old.path if old and row.parent is None else root.path if root else "/"))


def _changes(row: UnitRow, old: KnownUnit) -> tuple[FieldChange, ...]:
    found: list[FieldChange] = []
    for column in COLUMNS:
        before = getattr(old, column)
        after = row.after(column, before)
        if column == "successors":
            before, after = sorted(before), sorted(after)
            if before == after:
                continue
            before, after = write_successors(before), write_successors(after)
        if before != after:
            found.append(FieldChange(column, before, after))
    return tuple(found)
