"""Files of units: what is read, what is planned, and every problem with its row."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from survey.models.province.units import UnitKind
from survey.services.province.unit_file_changes import Plan, make_plan
from survey.services.province.unit_files import PLACEHOLDER_CODE, KnownUnit, parse, read_successors, write


def known(code: str, parent: str | None = "48", **values: object) -> KnownUnit:
    n = abs(hash(code)) % 10_000
    path = "/1/" if parent is None else f"/1/{n}/"
    facts: dict[str, object] = {
        "id": 1 if parent is None else n,
        "code": code,
        "name": f"Đơn vị {code}",
        "kind": UnitKind.PROVINCE if parent is None else UnitKind.DEPARTMENT,
        "parent": parent,
        "path": path,
        "valid_from": None,
        "valid_to": None,
        "successors": (),
        "is_sample": False,
        "grade": "",
        "source": "",
    }
    return KnownUnit(**(facts | values))  # type: ignore[arg-type]


PROVINCE = {"48": known("48", None)}


def plan(text: str, units: dict[str, KnownUnit] | None = None, **values: object) -> Plan:
    return make_plan(parse(text.encode()), PROVINCE if units is None else units, **values)  # type: ignore[arg-type]


def complaints(found: Plan) -> list[tuple[int, str]]:
    return [(p.row, p.column) for p in found.problems]


def test_new_units_come_under_the_province_unless_the_file_says_otherwise() -> None:
    found = plan("code,name,kind,parent\nso-yt,Sở Y tế,department,\nbv-1,Bệnh viện Một,hospital,so-yt\n")
    assert not found.problems
    assert [(p.row.code, p.row.parent) for p in found.added] == [("so-yt", "48"), ("bv-1", "so-yt")]


def test_children_may_stand_before_their_parents() -> None:
    found = plan("code,name,kind,parent\nbv-1,Bệnh viện Một,hospital,so-yt\nso-yt,Sở Y tế,department,48\n")
    assert not found.problems
    assert len(found.added) == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_excel_may_use_its_own_delimiter_and_mark(delimiter: str, mark: str) -> None:
    text = f"{mark}code{delimiter}name{delimiter}kind\r\n20242{delimiter}Phường Hải Châu{delimiter}phường\r\n"
    found = plan(text)
    assert [(p.row.name, p.row.kind) for p in found.added] == [("Phường Hải Châu", UnitKind.WARD)]


def test_headings_and_kinds_may_be_vietnamese() -> None:
    found = plan("Mã;Tên đơn vị;Loại;Mã cấp trên;Từ ngày;Đến ngày\n20242;Phường Hải Châu;Phường;48;01/07/2025;\n")
    assert [(p.row.code, p.row.kind, p.row.valid_from) for p in found.added] == [
        ("20242", UnitKind.WARD, date(2025, 7, 1))
    ]


def test_decomposed_letters_are_composed() -> None:
    found = plan("code,name,kind\n20242,Phường Hải Châu,ward\n")
    assert found.added[0].row.name == "Phường Hải Châu"


def test_leading_zeros_that_excel_dropped_are_noticed() -> None:
    found = plan("code,name,kind\n4123,Xã Một,commune\n")
    assert complaints(found) == [(2, "code")]


def test_empty_cells_leave_what_the_record_has() -> None:
    units = PROVINCE | {"a": known("a", valid_from=date(2020, 1, 1), source="QĐ 1")}
    found = plan("code,name,kind,valid_from,source\na,Tên mới,department,,\n", units)
    assert [c.column for c in found.changed[0].changes] == ["name"]


def test_hyphen_takes_a_day_away() -> None:
    units = PROVINCE | {"a": known("a", valid_to=date(2025, 6, 30))}
    found = plan("code,name,kind,valid_to\na,Đơn vị a,department,-\n", units)
    assert [(c.column, c.after) for c in found.changed[0].changes] == [("valid_to", None)]
    assert not found.ended


def test_unit_that_gets_its_last_day_is_listed_among_the_ended() -> None:
    units = PROVINCE | {"a": known("a"), "b": known("b")}
    found = plan("code,name,kind,valid_to,successors\na,Đơn vị a,department,30/06/2026,b\n", units)
    assert [p.row.code for p in found.ended] == ["a"]
    assert not found.changed


def test_rows_as_they_are_change_nothing_and_written_files_read_back() -> None:
    units = PROVINCE | {
        "a": known("a", valid_to=date(2025, 6, 30), successors=(("b", Decimal("0.6")), ("c", Decimal("0.4")))),
        "b": known("b", is_sample=True, grade="draft", source='Nguồn "lạ", có dấu phẩy'),
        "c": known("c"),
    }
    found = make_plan(parse(write(units.values())), units)
    assert found.is_empty
    assert found.unchanged == 4
    assert not found.problems


def test_name_like_a_formula_is_written_harmless_and_read_back_unchanged() -> None:
    units = PROVINCE | {"xau": known("xau", name="=1+1", source="-x")}
    written = write(units.values())
    assert b"xau,'=1+1," in written
    found = parse(written)
    assert not found.problems
    assert [(row.name, row.source) for row in found.rows if row.code == "xau"] == [("=1+1", "-x")]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("a,Một,department,,,\na,Hai,department,,,", [(3, "code")]),
        ("a b,Một,department,,,", [(2, "code")]),
        (",Một,department,,,", [(2, "code")]),
        ("a,M,department,,,", [(2, "name")]),
        ("a,=1+1,department,,,", [(2, "name")]),
        ("a,Một,phòng ban lạ,,,", [(2, "kind")]),
        ("a,Một,department,khong-co,,", [(2, "parent")]),
        ("a,Một,department,a,,", [(2, "parent")]),
        ("a,Một,department,b,,\nb,Hai,department,a,,", [(2, "parent"), (3, "parent")]),
        ("48,Tỉnh,province,a,,\na,Một,department,,,", [(2, "parent"), (3, "parent")]),
        ("49,Tỉnh hai,province,,,", [(2, "kind")]),
        ("a,Một,department,,31/02/2025,", [(2, "valid_to")]),
        ("a,Một,department,,,b", [(2, "successors"), (2, "valid_to")]),
        ("a,Một,department,,30/06/2025,a", [(2, "successors")]),
        ("a,Một,department,,30/06/2025,48 48", [(2, "successors")]),
        ("a,Một,department,,30/06/2025,48:2", [(2, "successors")]),
        ("a,Một,department,,30/06/2025,b:0.5;48:0.2\nb,Hai,department,,,", [(2, "successors")]),
        ("a,Một,department,,,,thừa", [(2, "")]),
    ],
)
def test_problems_are_named_with_row_and_column(rows: str, expected: list[tuple[int, str]]) -> None:
    found = plan(f"code,name,kind,parent,valid_to,successors\n{rows}\n")
    assert complaints(found) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04workbook",
        b"\xff\xfec\x00o\x00d\x00e\x00",
        "code,name,kind\n1,Phường,ward\n".encode("cp1258", "replace") + b"\xff",
        b"code,name\n1,x\n",
        b'code,name,kind\n"1,x,ward\n',
        b"code,name,kind\n\x00,x,ward\n",
        b"x" * 1_000_001,
        b"code,name,kind\n" + b"a,b,c\n" * 20_001,
    ],
    ids=["empty", "workbook", "utf-16", "legacy", "columns", "quotes", "nul", "too big", "too long"],
)
def test_file_that_is_no_such_file_is_refused_as_a_whole(data: bytes) -> None:
    found = make_plan(parse(data), PROVINCE)
    assert [p.row for p in found.problems] == [2 if b'"' in data else 0], "a quotation mark has a row"
    assert found.is_empty


def test_first_province_of_a_file_gives_a_new_record_its_root() -> None:
    new = {PLACEHOLDER_CODE: known(PLACEHOLDER_CODE, None)}
    found = plan("code,name,kind\n48,Thành phố Đà Nẵng,province\n20242,Phường Hải Châu,ward\n", new)
    assert not found.problems
    assert [(c.column, c.after) for c in found.changed[0].changes] == [("code", "48"), ("name", "Thành phố Đà Nẵng")]
    assert [p.row.parent for p in found.added] == ["48"]


def test_units_outside_the_own_subtree_are_refused() -> None:
    units = PROVINCE | {"mine": known("mine", path="/1/7/"), "other": known("other", path="/1/8/")}
    text = (
        "code,name,kind,parent\nx,Một,hospital,mine\ny,Hai,hospital,other\nz,Ba,hospital,\nother,Tên mới,department,\n"
    )
    found = plan(text, units, may_change=lambda path: path.startswith("/1/7/"))
    assert [p.row.code for p in found.added] == ["x"]
    assert complaints(found) == [(3, "parent"), (4, "parent"), (5, "parent")]


def test_unit_cannot_be_moved_out_of_the_own_subtree() -> None:
    units = PROVINCE | {"mine": known("mine", path="/1/7/"), "leaf": known("leaf", "mine", path="/1/7/9/")}
    found = plan(
        "code,name,kind,parent\nleaf,Đơn vị leaf,department,48\n", units, may_change=lambda p: p.startswith("/1/7/")
    )
    assert complaints(found) == [(2, "parent")]


def test_digest_names_the_plan_and_changes_when_the_record_does() -> None:
    text = "code,name,kind\na,Tên mới,department\n"
    before, after = PROVINCE | {"a": known("a")}, PROVINCE | {"a": known("a", name="Tên khác")}
    assert plan(text, before).digest == plan(text, before).digest
    assert plan(text, before).digest != plan(text, after).digest


def test_successors_are_read_with_either_decimal_sign() -> None:
    assert read_successors(" 20242:0,6; 20245:0.4 ") == (("20242", Decimal("0.6")), ("20245", Decimal("0.4")))
    assert read_successors("") == ()
    assert read_successors("a:b") is None
