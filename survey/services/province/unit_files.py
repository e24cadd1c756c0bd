"""Files of units: what a CSV says, with every problem and its row.

Columns (a heading may be the Vietnamese one): `code` mã, `name` tên, `kind` loại, `parent` mã đơn vị cấp trên,
`valid_from` từ ngày, `valid_to` đến ngày, `successors` đơn vị kế tục, `is_sample` mẫu, `grade` mức, `source` nguồn.
`code`, `name` and `kind` are needed; an empty cell leaves what the record has, and a hyphen takes a day away; rows that
are not in the file stay.
Successors are codes separated by blanks or semicolons, each perhaps with its share: `20242:0,6; 20245:0,4`.

Nothing here writes; what taking the rows would change is a plan (`survey.services.province.unit_file_changes`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from survey.errors import N_
from survey.models.base import folded
from survey.models.province.units import UnitKind
from survey.words.figures import day, plain

MOST_BYTES = 1_000_000
MOST_ROWS = 20_000
COLUMNS = ("code", "name", "kind", "parent", "valid_from", "valid_to", "successors", "is_sample", "grade", "source")
NEEDED = ("code", "name", "kind")
GRADES = ("", "verbatim", "transcribed", "single-source", "draft")
PLACEHOLDER_CODE = "tinh"  # the root of a new installation, until a file brings the province's own code
_HEADINGS = {
    "ma": "code",
    "ten": "name",
    "ten don vi": "name",
    "loai": "kind",
    "ma cap tren": "parent",
    "ma don vi cap tren": "parent",
    "cap tren": "parent",
    "tu ngay": "valid_from",
    "den ngay": "valid_to",
    "don vi ke tuc": "successors",
    "ke tuc": "successors",
    "mau": "is_sample",
    "muc": "grade",
    "nguon": "source",
}
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
    """One unit as a file or a form gives it. None: say nothing about it."""

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
class RowProblem:
    """What cannot be taken, in which row (0: the file as a whole) and column."""

    row: int
    column: str
    message: str
    values: Mapping[str, Any] = field(default_factory=dict)


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
    """The rows of a CSV file: UTF-8, comma, semicolon or tab. Problems instead of guesses."""
    sha256 = hashlib.sha256(data).hexdigest()

    def refuse(message: str, **values: Any) -> Parsed:
        return Parsed((), (RowProblem(0, "", message, values),), sha256)

    if len(data) > MOST_BYTES:
        return refuse(N_("The file has more than 1 MB. Split it in parts."))
    if data[:2] == b"PK":
        return refuse(N_("This is an Excel workbook. Save it as 'CSV UTF-8' in Excel and choose that file."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return refuse(N_("The file is not UTF-8. In Excel choose 'CSV UTF-8 (Comma delimited)' when saving."))
    if "\0" in text:
        return refuse(N_("The file is not a CSV text file."))
    text = unicodedata.normalize("NFC", text)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        return refuse(N_("The quotation marks of the file do not match. Save it again as 'CSV UTF-8'."))
    if not table:
        return refuse(N_("The file is empty."))
    headings = [_heading(h) for h in table[0]]
    if missing := [c for c in NEEDED if c not in headings]:
        return refuse(
            N_("The first row must name the columns; missing: %(missing)s. The columns are: %(columns)s."),
            missing=", ".join(missing),
            columns=", ".join(COLUMNS),
        )
    if len(table) - 1 > MOST_ROWS:
        return refuse(N_("The file has more than 20,000 rows. Split it in parts."))
    rows: list[UnitRow] = []
    problems: list[RowProblem] = []
    for number, cells in enumerate(table[1:], start=2):
        if not any(c.strip() for c in cells):
            continue
        if len(cells) > len(headings) and any(c.strip() for c in cells[len(headings) :]):
            problems.append(RowProblem(number, "", N_("This row has more cells than the first row has columns.")))
            continue
        values = {h: " ".join(c.split()) for h, c in zip(headings, cells, strict=False) if h}
        found = _row(number, values, problems)
        if found is not None:
            rows.append(found)
    return Parsed(tuple(rows), tuple(problems), sha256)


def _heading(text: str) -> str | None:
    name = folded(text).replace("_", " ").strip()
    return _HEADINGS.get(name) or next((c for c in COLUMNS if c.replace("_", " ") == name), None)


def _row(number: int, values: Mapping[str, str], problems: list[RowProblem]) -> UnitRow | None:
    before = len(problems)

    def wrong(column: str, message: str, **details: Any) -> None:
        problems.append(RowProblem(number, column, message, details))

    kind = _kind(values.get("kind", ""))
    if kind is None:
        wrong("kind", N_("The kind '%(kind)s' is not known."), kind=values.get("kind", ""))
    dates: dict[str, date | None] = {}
    for column in ("valid_from", "valid_to"):
        text = values.get(column, "")
        dates[column] = read_day(text) if text else None
        if text and text != "-" and dates[column] is None:
            wrong(column, N_("'%(text)s' is not a day. Write it as 30/06/2025 or 2025-06-30."), text=text)
    sample = folded(values.get("is_sample", ""))
    if sample and sample not in _YES | _NO:
        wrong("is_sample", N_("Write 1 or 0, or leave the cell empty."))
    grade = values.get("grade", "").lower()
    if grade not in GRADES:
        wrong("grade", N_("The grade '%(grade)s' is not known."), grade=grade)
    successors = read_successors(values.get("successors", ""))
    if successors is None:
        wrong("successors", N_("Write codes, each perhaps with its share: 20242:0,6; 20245:0,4."))
    if len(problems) > before or kind is None:
        return None
    return UnitRow(
        row=number,
        code=values.get("code", ""),
        name=values.get("name", ""),
        kind=kind,
        parent=values.get("parent") or None,
        valid_from=dates["valid_from"],
        valid_to=dates["valid_to"],
        successors=successors or None,
        is_sample=None if not sample else sample in _YES,
        grade=grade or None,
        source=values.get("source") or None,
        clears=frozenset(c for c in dates if values.get(c) == "-"),
    )


def _kind(text: str) -> UnitKind | None:
    word = folded(text).replace(",", "")
    try:
        return UnitKind(word.replace(" ", "_"))
    except ValueError:
        return _KINDS.get(word)


def read_day(text: str) -> date | None:
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            found = datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return found if 1900 <= found.year <= 2200 else None
    return None


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


def write(units: Iterable[KnownUnit | UnitRow]) -> str:
    """The same columns out again, so that a file can be taken, changed and brought back."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for unit in units:
        writer.writerow(
            (
                unit.code,
                unit.name,
                unit.kind.value,
                unit.parent or "",
                day(unit.valid_from) if unit.valid_from else "",
                day(unit.valid_to) if unit.valid_to else "",
                write_successors(unit.successors or ()),
                "1" if unit.is_sample else "",
                unit.grade or "",
                unit.source or "",
            )
        )
    return out.getvalue()
