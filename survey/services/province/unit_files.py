"""Files of units: what a CSV says, with every problem and its row.

Columns (a heading may be the Vietnamese one): `code` mã, `name` tên, `kind` loại, `parent` mã đơn vị cấp trên,
`valid_from` từ ngày, `valid_to` đến ngày, `successors` đơn vị kế tục, `is_sample` mẫu, `grade` mức, `source` nguồn.
`code`, `name` and `kind` are needed; an empty cell leaves what the record has, and a hyphen takes a day away; rows that
are not in the file stay.
Successors are codes separated by blanks or semicolons, each perhaps with its share: `20242:0,6; 20245:0,4`.

Nothing here writes; what taking the rows would change is a plan (`survey.services.province.unit_file_changes`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from survey.csv_dialects import CsvDialect
from survey.errors import N_
from survey.exports import csv_files
from survey.models.base import folded
from survey.models.province.units import UnitKind
from survey.services import tabular_files
from survey.services.tabular_files import CsvRow, RowProblem
from survey.words.figures import plain

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("mã",),
    "name": ("tên", "tên đơn vị"),
    "kind": ("loại",),
    "parent": ("mã cấp trên", "mã đơn vị cấp trên", "cấp trên"),
    "valid_from": ("từ ngày",),
    "valid_to": ("đến ngày",),
    "successors": ("đơn vị kế tục", "kế tục"),
    "is_sample": ("mẫu",),
    "grade": ("mức",),
    "source": ("nguồn",),
}
NEEDED = ("code", "name", "kind")
GRADES = ("", "verbatim", "transcribed", "single-source", "draft")
PLACEHOLDER_CODE = "tinh"  # the root of a new installation, until a file brings the province's own code
_KINDS = {
    "tinh": UnitKind.PROVINCE,
    "thanh pho": UnitKind.PROVINCE,
    "phuong": UnitKind.WARD,
    "xa": UnitKind.COMMUNE,
    "dac khu": UnitKind.SPECIAL_ZONE,
    "so": UnitKind.DEPARTMENT,
    "so ban nganh": UnitKind.DEPARTMENT,
    "nganh doc": UnitKind.CENTRAL_AGENCY,
    "trung tam phuc vu hanh chinh cong": UnitKind.ONE_STOP_CENTRE,
    "chi nhanh van phong dang ky dat dai": UnitKind.LAND_OFFICE,
    "benh vien": UnitKind.HOSPITAL,
    "tram y te": UnitKind.HEALTH_STATION,
    "diem tiem chung": UnitKind.VACCINATION_POINT,
    "truong mam non": UnitKind.PRESCHOOL,
    "truong tieu hoc": UnitKind.PRIMARY_SCHOOL,
    "truong thcs": UnitKind.LOWER_SECONDARY_SCHOOL,
    "truong thpt": UnitKind.UPPER_SECONDARY_SCHOOL,
}
_YES = frozenset({"1", "x", "co", "yes", "true", "mau", "dung"})
_NO = frozenset({"0", "khong", "no", "false", "sai"})


@dataclass(frozen=True)
class UnitRow:
    """One unit as a file or a form gives it. None: the record keeps what it has."""

    row: int
    code: str
    name: str
    kind: UnitKind
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[tuple[str, Decimal | None], ...] | None = None
    is_sample: bool | None = None
    grade: str | None = None
    source: str | None = None
    clears: frozenset[str] = frozenset()  # days to be taken away: `valid_from`, `valid_to`

    def after(self, column: str, before: Any) -> Any:
        """What the record has in a column once the row is taken."""
        if column in self.clears:
            return None
        value = getattr(self, column)
        return before if value is None else value


@dataclass(frozen=True)
class Parsed:
    rows: tuple[UnitRow, ...]
    problems: tuple[RowProblem, ...]
    sha256: str


@dataclass(frozen=True)
class KnownUnit:
    """A unit as the record has it."""

    id: int
    code: str
    name: str
    kind: UnitKind
    parent: str | None
    path: str
    valid_from: date | None
    valid_to: date | None
    successors: tuple[tuple[str, Decimal | None], ...]
    is_sample: bool
    grade: str
    source: str


def parse(data: bytes) -> Parsed:
    """The units of a file, and every cell that cannot be read."""
    file = tabular_files.read(data, COLUMNS, needed=NEEDED)
    problems = list(file.problems)
    rows = [row for line in file.rows if (row := _row(line, problems)) is not None]
    return Parsed(tuple(rows), tuple(problems), hashlib.sha256(data).hexdigest())


def _row(line: CsvRow, problems: list[RowProblem]) -> UnitRow | None:
    before = len(problems)

    def wrong(column: str, message: str, **details: Any) -> None:
        problems.append(RowProblem(line.number, column, message, details))

    kind = _kind(line["kind"])
    if kind is None:
        wrong("kind", N_("The kind '%(kind)s' is not known."), kind=line["kind"])
    dates: dict[str, date | None] = {}
    for column in ("valid_from", "valid_to"):
        text = line[column]
        dates[column] = tabular_files.read_day(text) if text else None
        if text and text != "-" and dates[column] is None:
            wrong(column, N_("'%(text)s' is not a day. Write it as 30/06/2025 or 2025-06-30."), text=text)
    sample = folded(line["is_sample"])
    if sample and sample not in _YES | _NO:
        wrong("is_sample", N_("Write 1 or 0, or leave the cell empty."))
    grade = line["grade"].lower()
    if grade not in GRADES:
        wrong("grade", N_("The grade '%(grade)s' is not known."), grade=grade)
    successors = read_successors(line["successors"])
    if successors is None:
        wrong("successors", N_("Write codes, each perhaps with its share: 20242:0,6; 20245:0,4."))
    if len(problems) > before or kind is None:
        return None
    return UnitRow(
        row=line.number,
        code=line["code"],
        name=line["name"],
        kind=kind,
        parent=line["parent"] or None,
        valid_from=dates["valid_from"],
        valid_to=dates["valid_to"],
        successors=successors or None,
        is_sample=None if not sample else sample in _YES,
        grade=grade or None,
        source=line["source"] or None,
        clears=frozenset(c for c in dates if line[c] == "-"),
    )


def _kind(text: str) -> UnitKind | None:
    word = folded(text).replace(",", "")
    try:
        return UnitKind(word.replace(" ", "_"))
    except ValueError:
        return _KINDS.get(word)


def read_successors(text: str) -> tuple[tuple[str, Decimal | None], ...] | None:
    """'20242:0,6; 20245' -> (('20242', 0.6), ('20245', None)); None when it cannot be read."""
    found: list[tuple[str, Decimal | None]] = []
    for part in re.split(r"[;\s]+", text.strip()):
        if not part:
            continue
        code, colon, share_text = part.partition(":")
        share = None
        if colon:
            try:
                share = Decimal(share_text.replace(",", "."))
            except InvalidOperation:
                return None
            if not share.is_finite() or not 0 < share <= 1:
                return None
        found.append((code, share))
    return tuple(found)


def write_successors(successors: Iterable[tuple[str, Decimal | None]]) -> str:
    return "; ".join(code if share is None else f"{code}:{plain(share, 'en')}" for code, share in successors)


def write(units: Iterable[KnownUnit | UnitRow], *, dialect: CsvDialect = CsvDialect.COMMA) -> bytes:
    """The same columns as a file, which can be changed and brought back."""
    rows = (
        (
            unit.code,
            unit.name,
            unit.kind.value,
            unit.parent or "",
            unit.valid_from,
            unit.valid_to,
            write_successors(unit.successors or ()),
            "1" if unit.is_sample else "",
            unit.grade or "",
            unit.source or "",
        )
        for unit in units
    )
    return csv_files.as_bytes(tuple(COLUMNS), rows, dialect=dialect)
