"""The shipped data into the record: the units of Đà Nẵng, fields and procedures, target plans.

Every loader is safe to call again: what is there is brought to what is shipped, nothing is doubled, and what the
province has added stays. Where the data comes from, and how sure it is, stands in `survey/fixtures/README.md`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from survey.config import ROOT
from survey.csv_dialects import CsvDialect
from survey.database import Database
from survey.models.base import folded
from survey.models.province.procedures import Field, FieldGroup, Procedure
from survey.models.province.targets import ApplyTo, Target, TargetPlan, TargetUnit
from survey.models.province.units import UnitKind
from survey.permissions import Actor
from survey.queries.province import procedures, targets
from survey.queries.province import units as unit_queries
from survey.services import audit
from survey.services.province import target_plans, units
from survey.services.province.unit_file_changes import Plan
from survey.services.province.unit_files import Parsed, UnitRow, write

FIXTURES = ROOT / "survey" / "fixtures"
PROVINCE_CODE = "48"
PROVINCE_NAME = "Thành phố Đà Nẵng"
LAST_DAY = date(2025, 6, 30)
FIRST_DAY = date(2025, 7, 1)
_KINDS = {"phường": UnitKind.WARD, "xã": UnitKind.COMMUNE, "đặc khu": UnitKind.SPECIAL_ZONE}
_DATA_SETS = "Hai bộ dữ liệu công khai; chờ đối chiếu với Quyết định 19/2025/QĐ-TTg"
_NOT_COMPARED = "Tên chưa đối chiếu với danh sách chính thức"


@dataclass(frozen=True)
class Loaded:
    """What a loader changed."""

    added: int
    changed: int


def load_danang(database: Database, actor: Actor, *, now: datetime, samples: bool = True) -> Plan:
    """The units of Đà Nẵng, with those they came from; with `samples` also the plainly fictional ones."""
    rows = (*danang_rows(), *(sample_rows() if samples else ()))
    return units.take_rows(database, actor, Parsed(rows, (), "danang"), subject="units Đà Nẵng", now=now)


def danang_file(*, dialect: CsvDialect = CsvDialect.COMMA) -> bytes:
    """The real units as a file that can be looked through, shortened and imported."""
    return write(danang_rows(), dialect=dialect)


@cache
def danang_rows() -> tuple[UnitRow, ...]:
    """The province, its 94 communes and their one-stop centres, its agencies, and every former unit."""
    communes = _rows("danang/communes.csv")
    found = [
        UnitRow(
            row=0,
            code=PROVINCE_CODE,
            name=PROVINCE_NAME,
            kind=UnitKind.PROVINCE,
            valid_from=FIRST_DAY,
            grade="transcribed",
            source="Nghị quyết 202/2025/QH15",
        )
    ]
    found += [_commune(r) for r in communes]
    found += [_one_stop_centre(r) for r in communes if r["kind"] != "đặc khu"]
    found += [_agency(r) for r in _rows("danang/agencies.csv")]
    found += _former_units()
    return tuple(found)


def sample_rows() -> tuple[UnitRow, ...]:
    return tuple(
        UnitRow(
            row=0,
            code=r["code"],
            name=r["name"],
            kind=UnitKind(r["kind"]),
            parent=r["parent"],
            is_sample=True,
            grade="draft",
            source="Đơn vị hư cấu, chỉ dùng để thử nghiệm",
        )
        for r in _rows("danang/samples.csv")
    )


def load_fields(database: Database, actor: Actor, *, now: datetime) -> Loaded:
    """Fields and procedures that are not there yet. What the province changed in its own list stays."""
    with database.writing() as session:
        known = procedures.field_ids(session)
        fields = [
            Field(
                code=row["code"],
                name=row["name"],
                name_en=row["name_en"],
                group=FieldGroup(row["group"]),
                position=place,
            )
            for place, row in enumerate(_rows("fields.csv"), start=1)
            if row["code"] not in known
        ]
        session.add_all(fields)
        session.flush()
        known |= {field.code: field.id for field in fields}
        added = len(fields)
        codes = procedures.codes(session)
        for row in _rows("procedures.csv"):
            if row["code"] not in codes:
                session.add(
                    Procedure(
                        code=row["code"],
                        name=row["name"],
                        field_id=known[row["field"]],
                        replaced_by=row["replaced_by"] or None,
                    )
                )
                added += 1
        if added:
            audit.record(session, actor, "field.load", "fields", now, added=added)
    return Loaded(added, 0)


def load_target_plans(database: Database, actor: Actor, *, now: datetime) -> Loaded:
    """The shipped plans and targets that are not there yet. A plan that is there is the province's."""
    added = 0
    with database.writing() as session:
        known = targets.plan_codes(session)
        unit_ids = unit_queries.ids(session)
        for entry in json.loads((FIXTURES / "target_plans.json").read_text(encoding="utf-8")):
            if entry["code"] in known:
                continue
            plan = TargetPlan(
                code=entry["code"],
                title=entry["title"],
                document=entry["document"],
                issued_on=date.fromisoformat(entry["issued_on"]) if entry["issued_on"] else None,
                issuer=entry["issuer"],
                scope=entry["scope"],
                unit_id=unit_ids.get(entry["unit"]),
                valid_from=date.fromisoformat(entry["valid_from"]),
                valid_to=date.fromisoformat(entry["valid_to"]),
                grade=entry["grade"],
            )
            session.add(plan)
            session.flush()
            session.add_all(_target(plan.id, t) for t in entry["targets"])
            audit.record(session, actor, "plan.load", f"plan {plan.code}", now, targets=len(entry["targets"]))
            added += 1
    return Loaded(added, 0)


def _target(plan_id: int, entry: dict[str, Any]) -> Target:
    threshold = entry["threshold"]
    row = Target(plan_id=plan_id)
    target_plans.fill_target(
        row,
        target_plans.TargetInput(
            code=str(entry["code"]),
            service_domains=frozenset(entry["service_domains"]),
            field_groups=frozenset(FieldGroup(g) for g in entry["field_groups"]),
            indicator=str(entry["indicator"]),
            year=int(str(entry["year"])),
            comparison=str(entry["comparison"]),
            threshold=None if threshold is None else Decimal(str(threshold)),
            unit=TargetUnit(str(entry["unit"])),
            apply_to=ApplyTo(str(entry["apply_to"])),
            among=str(entry["among"]),
            wording=str(entry["wording"]),
        ),
    )
    return row


def _commune(row: dict[str, str]) -> UnitRow:
    other = row["code_in_second_source_if_different"]
    return UnitRow(
        row=0,
        code=row["code"],
        name=row["name"],
        kind=_KINDS[row["kind"]],
        parent=PROVINCE_CODE,
        valid_from=FIRST_DAY,
        grade="single-source",
        source=f"{_DATA_SETS}; nguồn thứ hai ghi mã {other}" if other else _DATA_SETS,
    )


def _one_stop_centre(row: dict[str, str]) -> UnitRow:
    kind, _, name = row["name"].partition(" ")
    return UnitRow(
        row=0,
        code=f"mc-{row['code']}",
        name=f"Trung tâm Phục vụ hành chính công {kind.lower()} {name}",
        kind=UnitKind.ONE_STOP_CENTRE,
        parent=row["code"],
        valid_from=FIRST_DAY,
        grade="draft",
        source=f"Đặt tên theo Nghị định 118/2025/NĐ-CP. {_NOT_COMPARED}",
    )


def _agency(row: dict[str, str]) -> UnitRow:
    return UnitRow(
        row=0,
        code=row["code"],
        name=row["name"],
        kind=UnitKind(row["kind"]),
        parent=row["parent"],
        grade="draft",
        source=_NOT_COMPARED,
    )


def _former_units() -> Iterator[UnitRow]:
    """Provinces, districts and communes of before 1 July 2025, each with what it went into."""
    merged: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
    for row in _rows("danang/mergers.csv"):
        if row["old_name"]:
            place = (row["old_province"], row["old_district"], row["old_name"])
            codes, successors = merged.setdefault(place, ([], []))
            codes += [row["old_code"]] if row["old_code"] else []
            successors += [row["new_code"]] if row["new_code"] not in successors else []
    provinces = sorted({province for province, _, _ in merged})
    for name in provinces:
        yield _former(_slug(name), name, UnitKind.FORMER_PROVINCE, PROVINCE_CODE, [PROVINCE_CODE])
    for province, name in sorted({(province, district) for province, district, _ in merged}):
        went = sorted({new for (p, d, _), (_, news) in merged.items() if (p, d) == (province, name) for new in news})
        yield _former(_slug(name), name, UnitKind.FORMER_DISTRICT, _slug(province), went)
    for (_, district, name), (codes, successors) in sorted(merged.items()):
        code = f"cu-{codes[0]}" if codes else f"{_slug(district.partition(' ')[2])}-{_slug(name.partition(' ')[2])[3:]}"
        note = _DATA_SETS if codes else "Không có mã trong nguồn; có thể đã sáp nhập trước 30/6/2025"
        yield _former(code, name, UnitKind.FORMER_COMMUNE, _slug(district), successors, note)


def _former(
    code: str, name: str, kind: UnitKind, parent: str, successors: list[str], source: str = _DATA_SETS
) -> UnitRow:
    return UnitRow(
        row=0,
        code=code,
        name=name,
        kind=kind,
        parent=parent,
        valid_to=LAST_DAY,
        successors=tuple((new, None if len(successors) > 1 else Decimal(1)) for new in sorted(successors)),
        grade="single-source",
        source=source,
    )


def _slug(name: str) -> str:
    return "cu-" + folded(name).replace(" ", "-")


def _rows(name: str) -> list[dict[str, str]]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
