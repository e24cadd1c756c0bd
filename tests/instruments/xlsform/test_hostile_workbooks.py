"""Workbooks made to hurt: refused in words or read as harmless text, in bounded time and memory."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import codec, library, xlsform
from instruments.checks import linting
from instruments.checks.problems import InvalidInstrument, Problem
from instruments.xlsform.reading import workbook_cells as reader
from tests.instruments.workbooks import form, part, parts_changed, workbook
from tests.load.exchange_bench import large_form

SIMPLE = form([["text", "a", "Một"]])
SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
SECONDS = 5
MEGABYTES = 150


def refusal(data: bytes) -> str:
    """Why a workbook is refused; it must be said in bounded time."""
    begun = time.process_time()
    with pytest.raises(InvalidInstrument) as wrong:
        xlsform.read(data)
    assert time.process_time() - begun < SECONDS
    assert all(problem.message for problem in wrong.value.problems)
    return wrong.value.problems[0].code


def refusal_in_little_memory(data: bytes) -> str:
    """The same, with the memory it takes."""
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInstrument) as wrong:
            xlsform.read(data)
        assert tracemalloc.get_traced_memory()[1] < MEGABYTES * 2**20
    finally:
        tracemalloc.stop()
    return wrong.value.problems[0].code


def refused_or_read(data: bytes) -> xlsform.Reading | tuple[Problem, ...]:
    """What reading says, either way."""
    try:
        return xlsform.read(data)
    except InvalidInstrument as wrong:
        return wrong.problems


def test_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = b"<sst>" + b"<si><t>" + b"A" * 60_000_000 + b"</t></si></sst>"
    assert refusal_in_little_memory(parts_changed(SIMPLE, {STRINGS: bomb})) == "xls-bomb"
    assert refusal(parts_changed(SIMPLE, {"xl/media/big.bin": b"\0" * 50_000_000})) == "xls-bomb"


def test_zip_that_lies_about_its_size_is_refused():
    data = parts_changed(SIMPLE, {STRINGS: b"<sst>" + b" " * 5_000_000 + b"</sst>"})
    wrong = data.replace(struct.pack("<I", 5_000_011), struct.pack("<I", 1_000))
    assert wrong != data
    assert refusal(wrong) == "xls-unreadable"


def test_zip_of_many_parts_is_refused():
    assert refusal(parts_changed(SIMPLE, {f"x/{n}.bin": b"" for n in range(2_000)})) == "xls-too-many"


XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("name", [SHEET, STRINGS, BOOK, "xl/styles.xml", "[Content_Types].xml", "_rels/.rels"])
@pytest.mark.parametrize("prologue", [XXE, LAUGHS, "<!DOCTYPE x>".encode("utf-16")])
def test_document_types_and_entities_are_refused_in_every_part(name: str, prologue: bytes):
    body = part(SIMPLE, name).split(b"?>", 1)[-1]
    if prologue.startswith(b"\xff\xfe"):
        body = body.decode().encode("utf-16-le")
    assert refusal(parts_changed(SIMPLE, {name: prologue + body})) == "xls-doctype"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"PK\x03\x04", "xls-unreadable"),
        (lambda: SIMPLE[: len(SIMPLE) // 2], "xls-unreadable"),
        (lambda: SIMPLE[:-30], "xls-unreadable"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "xls-old"),
        (lambda: _zip({"word/document.xml": b"<w/>"}), "xls-unreadable"),
        (lambda: _zip({}), "xls-unreadable"),
        (
            lambda: _zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}),
            "not-a-form",
        ),
        (lambda: parts_changed(SIMPLE, {SHEET: b"<worksheet>"}), None),
        (lambda: parts_changed(SIMPLE, {SHEET: b""}), None),
        (lambda: parts_changed(SIMPLE, {SHEET: None}), "xls-sheet-missing"),
        (lambda: parts_changed(SIMPLE, {BOOK: b"<workbook/>"}), None),
        (lambda: parts_changed(SIMPLE, {STRINGS: None}), None),
        (lambda: SIMPLE + bytes(9 * 2**20), "too-large"),
    ],
)
def test_file_that_is_no_workbook_is_refused_in_words(make: Callable[[], bytes], code: str | None):
    came = refusal(make())
    assert came == (code or came)


def _zip(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return out.getvalue() if content else b"PK\x03\x04" + out.getvalue()


def test_strict_workbook_of_excel_is_read_like_any_other():
    strict = {
        name: part(SIMPLE, name)
        .replace(b"schemas.openxmlformats.org/spreadsheetml/2006/main", b"purl.oclc.org/ooxml/spreadsheetml/main")
        .replace(b"schemas.openxmlformats.org/officeDocument/2006/", b"purl.oclc.org/ooxml/officeDocument/")
        for name in (SHEET, STRINGS, BOOK, "xl/styles.xml", "_rels/.rels", "xl/_rels/workbook.xml.rels")
    }
    assert b"purl.oclc.org" in strict[SHEET]
    assert xlsform.read(parts_changed(SIMPLE, strict)).version == xlsform.read(SIMPLE).version


def test_deep_nesting_of_parts_is_refused_or_harmless():
    deep = b"".join(b'<row a="%x">' % (n * 2654435761 % 2**32) for n in range(100_000))
    assert refusal(parts_changed(SIMPLE, {SHEET: b"<worksheet><sheetData>" + deep})) == "xls-unreadable"


def test_two_thousand_groups_inside_each_other_are_read_in_bounded_time():
    rows = [["begin_group", f"g{n}", f"Nhóm {n}", None] for n in range(2_000)]
    data = form([*rows, ["text", "a", "Một"], *[["end_group"]] * 2_000])
    begun = time.process_time()
    found = refused_or_read(data)
    assert time.process_time() - begun < SECONDS
    assert isinstance(found, xlsform.Reading)
    assert len(found.version.elements) == 2_000


def test_conditions_heaped_by_nested_groups_are_refused_at_their_row():
    head = ["type", "name", "label", "relevant"]
    rows = [["begin_group", f"g{n}", None, "${a} = 1"] for n in range(100)]
    data = form([head, ["integer", "a", "Một"], *rows, ["text", "b", "Hai"], *[["end_group"]] * 100])
    with pytest.raises(InvalidInstrument) as wrong:
        xlsform.read(data)
    assert wrong.value.problems[0].path == "survey!103"


def test_sheet_of_a_million_rows_is_refused_and_an_empty_one_is_not():
    cells = b"".join(
        b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>x</t></is></c></row>' % (n, n) for n in range(4, 99_999)
    )
    sheet = part(SIMPLE, SHEET).replace(b"</sheetData>", cells + b"</sheetData>")
    assert refusal(parts_changed(SIMPLE, {SHEET: sheet})) == "xls-too-many"
    empty = part(SIMPLE, SHEET).replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576"/></row></sheetData>')
    assert xlsform.read(parts_changed(SIMPLE, {SHEET: empty})).version.has_item("a")


def test_sheet_stuffed_with_elements_that_hold_nothing_is_refused_before_it_is_parsed():
    """Such a file is small, packs badly enough to look harmless, and no row of it ever counts."""
    empty = b"".join(b'<a b="%d"/>' % (n * 7919 % 1_000_003) for n in range(500_000))
    sheet = part(SIMPLE, SHEET).replace(b"</sheetData>", empty + b"</sheetData>")
    assert refusal_in_little_memory(parts_changed(SIMPLE, {SHEET: sheet})) == "xls-too-many"


def test_cell_far_to_the_right_is_refused():
    far = b'<row r="9"><c r="XFD9" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    assert refusal(parts_changed(SIMPLE, {SHEET: part(SIMPLE, SHEET).replace(b"</sheetData>", far)})) == "xls-too-many"


def test_ten_thousand_answers_in_a_list_are_refused():
    answers = [["l", f"a{n}", f"Trả lời {n}"] for n in range(10_000)]
    assert refusal(form([["select_one l", "q", "Hỏi?"]], answers)) == "xls-answers-many"


def test_long_list_named_by_thousands_of_questions_is_refused_before_it_fills_the_memory():
    answers = [["l", str(n), f"Trả lời {n}" * 5] for n in range(240)]
    asked = [["select_one l or_other", f"q{n}", f"Câu {n}?"] for n in range(1_000)]
    assert refusal_in_little_memory(form(asked, answers)) == "xls-too-many"


@pytest.mark.parametrize("relevant", [None, "${q%d} = 1"])
def test_thousands_of_questions_are_checked_in_bounded_time(relevant: str | None):
    asked = [["integer", f"q{n}", f"Câu {n}?", relevant % (n - 1) if relevant and n else None] for n in range(5_000)]
    version = xlsform.read(form([["type", "name", "label", "relevant"], *asked])).version
    begun = time.process_time()
    linting.lint(version)
    assert time.process_time() - begun < SECONDS


def test_formula_without_a_value_is_nothing_and_never_computed():
    formula = (
        b'<row r="3"><c r="A3"><f>CONCATENATE("te","xt")</f></c><c r="B3" t="inlineStr"><is><t>b</t></is></c>'
        b'<c r="C3" t="inlineStr"><is><t>Hai</t></is></c></row>'
    )
    sheet = part(SIMPLE, SHEET).replace(b"</sheetData>", formula + b"</sheetData>")
    assert refusal(parts_changed(SIMPLE, {SHEET: sheet})) == "xls-type-missing"


def test_error_values_are_refused_with_their_row():
    sheet = part(SIMPLE, SHEET).replace(
        b"</sheetData>", b'<row r="3"><c r="A3" t="e"><v>#REF!</v></c></row></sheetData>'
    )
    data = parts_changed(SIMPLE, {SHEET: sheet})
    with pytest.raises(InvalidInstrument) as wrong:
        xlsform.read(data)
    assert str(wrong.value.problems[0]) == "survey!3: A cell shows the error #REF!; write its value. [xls-error-value]"


SCRIPT = "<script>alert(1)</script>{{7*7}}${jndi:x}=cmd|'/c calc'!A1\"><img src=x onerror=alert(1)>"


def test_script_in_every_text_stays_the_text_it_is_on_both_ways():
    data = form(
        [["begin_group", "g", SCRIPT], ["select_one l", "q", SCRIPT], ["note", "n", SCRIPT], ["end_group"]],
        [["l", "1", SCRIPT], ["l", "2", f"={SCRIPT}"]],
        [["form_title", "form_id"], [SCRIPT, "x"]],
    )
    found = xlsform.read(data).version
    texts = {found.title["en"], found.sections[0].title["en"], *(one.text["en"] for one in found.elements)}
    assert texts == {SCRIPT}
    again = xlsform.write(found)
    assert b"<f>" not in part(again, SHEET)
    assert codec.content_hash(xlsform.read(again).version) == codec.content_hash(found)


@pytest.mark.parametrize(
    "field",
    ["indices[9].rule", "indices[0].rule.x", "__class__", "a..b", "a[", "x" * 5000, "notes[0][0][0]",
     "sections[0].code", "a" + "[0]" * 500, "title", ""],
)  # fmt: skip
def test_tampered_sheet_of_ours_is_refused_at_its_row_or_harmless(field: str):
    data = xlsform.write(library.load("one-stop-short"))
    book = {name: [list(row) for row in rows] for name, rows in _cells(data).items()}
    book["hailong"].append(["document", "", field, "x"])
    found = refused_or_read(workbook(book))
    if isinstance(found, tuple):
        assert [problem.path.split("!")[0] for problem in found] == ["hailong"] * len(found)


def _cells(data: bytes) -> dict[str, list[list[object]]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


CELLS = _cells(xlsform.write(library.load("one-stop-short")))
RUBBISH = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["select_one", "begin_group", "end_group", "${q1}", "not(", "selected(${q1}, '1')", "97",
                     "x" * 4001, "label::", "::", "hailong_kind", "${", "text", "begin_repeat", "{service_point}"]),
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(CELLS)), st.integers(0, 60), st.integers(0, 14), RUBBISH), max_size=4))
def test_any_change_of_cells_is_refused_or_harmless(changes: list[tuple[str, int, int, object]]):
    book = {name: [list(row) for row in rows] for name, rows in CELLS.items()}
    for sheet, row, column, value in changes:
        rows = book[sheet]
        line = rows[row % len(rows)]
        line[column % len(line)] = value
    reading = refused_or_read(workbook(book))
    if isinstance(reading, tuple):
        assert all(problem.message for problem in reading)
        return
    assert all(remark.message for remark in reading.remarks)
    assert all(problem.message for problem in linting.lint(reading.version))
    assert xlsform.read(xlsform.write(reading.version)).version == reading.version


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SIMPLE) - 1), st.binary(min_size=1, max_size=8))
def test_any_damaged_bytes_are_refused_or_read(where: int, rubbish: bytes):
    found = refused_or_read(SIMPLE[:where] + rubbish + SIMPLE[where + len(rubbish) :])
    assert isinstance(found, xlsform.Reading) or all(problem.message for problem in found)


def test_limits_of_reading_are_those_documented():
    said = (library.DEFINITIONS.parent / "FORMAT.md").read_text("utf-8")
    for limit in (reader.MAX_ROWS, reader.MAX_COLUMNS, reader.MAX_CELLS, reader.MAX_FILE // 2**20):
        assert f"{limit:,}" in said


def test_five_hundred_questions_in_twenty_languages_are_read_whole():
    found = xlsform.read(large_form(500, 20), service_domain="admin").version
    assert (len(found.items), len(found.language_codes)) == (500, 20)
