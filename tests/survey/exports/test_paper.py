"""Forms on paper: what stands on the sheet, read back from the files that are made."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

import docx
import pypdf
import pypdfium2
import pytest

from instruments import codec, library
from instruments.model.document import InstrumentVersion
from instruments.overlays import overlay
from survey import i18n
from survey.exports import paper, paper_docx, paper_pdf
from survey.exports.paper import Grid, Paper, Question
from tests.instruments.factory import document, item, multiple, option, section, version, words

SHIPPED = library.shipped()


def planned(one: InstrumentVersion, language: str = "vi", **more: Any) -> Paper:
    return paper.plan(one, language, paper.words_in(i18n.translations("vi").gettext), **more)


@cache
def pages(code: str, language: str = "vi") -> tuple[str, ...]:
    """The text of each page of a shipped form's PDF, in one line."""
    data = paper_pdf.pdf(planned(library.load(code), language))
    return tuple(" ".join((page.extract_text() or "").split()) for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def written(one: InstrumentVersion, **more: Any) -> str:
    """The text of the Word document, tables included."""
    found = docx.Document(io.BytesIO(paper_docx.docx(planned(one, **more))))
    cells = [cell.text for table in found.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in found.paragraphs), *cells])


def asked(one: InstrumentVersion) -> list[str]:
    return [item.code for item in one.asked_items]


def printed(sheet: Paper) -> list[str]:
    """Codes on the sheet, head first."""
    found = [question.code for question in sheet.head]
    for part in sheet.parts:
        for block in part.blocks:
            found += [row.code for row in block.rows] if isinstance(block, Grid) else []
            found += [block.code] if isinstance(block, Question) else []
    return found


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.code)
def test_every_question_asked_stands_on_the_sheet_once_with_its_code(entry: library.Shipped) -> None:
    form = entry.load()
    head = [one.code for one in form.items if one.given_by is not None]
    assert printed(planned(form)) == [*head, *[code for code in asked(form) if code not in head]]


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.code)
def test_codes_and_claim_can_be_read_from_pdf_and_word(entry: library.Shipped) -> None:
    form = entry.load()
    text = " ".join(pages(entry.code))
    word = written(form)
    for code in asked(form):
        assert code in text
        assert code in word
    for one in pages(entry.code):
        assert f"{entry.code}@{entry.version} · {codec.content_hash(form)[:12]}" in one


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.code)
def test_what_is_not_the_official_form_says_so_on_every_page(entry: library.Shipped) -> None:
    claim = entry.load().claim
    said = {
        "to_check": "Chờ đối chiếu với bản gốc",
        "demonstration": "không phải mẫu chính thức",
        "archive": "không dùng cho khảo sát mới",
    }[claim]
    assert all(said in one for one in pages(entry.code))
    found = docx.Document(io.BytesIO(paper_docx.docx(planned(entry.load()))))
    assert said in found.sections[0].header.paragraphs[0].text


def test_official_form_bears_no_such_line_and_made_up_data_does() -> None:
    form = version(section("a", item("q1")))
    assert planned(form).warnings == ()
    assert planned(form, synthetic=True).warnings == ("THỬ NGHIỆM · số liệu giả lập",)


def test_translation_on_paper_is_called_a_reference_translation() -> None:
    assert planned(library.load("byt56-m1"), "en").warnings[-1] == "Bản dịch tham khảo"
    assert "Accessibility" in " ".join(pages("byt56-m1", "en"))


def test_wording_on_paper_is_letter_for_letter_that_of_the_definition() -> None:
    form = library.load("byt56-m2")
    text = " ".join(pages("byt56-m2"))
    for code in ("a1", "b7", "e4", "g2"):
        assert " ".join(form.item(code).text["vi"].split()) in text
    assert "Quyết định 56/QĐ-BYT" in text
    assert "08/01/2024" in text
    assert "Mẫu số 2" in text


def test_ratings_of_one_scale_are_a_table_with_the_numbers_to_cross() -> None:
    sheet = planned(library.load("byt56-m2"))
    grid = next(block for block in sheet.parts[0].blocks if isinstance(block, Grid))
    assert [answer.code for answer in grid.answers] == [1, 2, 3, 4, 5, 0]
    assert [row.number for row in grid.rows] == ["A1", "A2", "A3", "A4", "A5"]


def test_printed_number_does_not_stand_twice() -> None:
    facts = {block.code: block for part in planned(library.load("byt56-m2")).parts for block in part.blocks
             if isinstance(block, Question)}  # fmt: skip
    assert (facts["r_gender"].number, facts["r_gender"].words) == ("A1", "Giới tính")


def test_local_additions_are_marked_and_the_mark_is_explained() -> None:
    sheet = planned(library.load("one-stop-short"))
    grid = next(block for block in sheet.parts[0].blocks if isinstance(block, Grid))
    assert [answer.code for answer in grid.answers if answer.is_local] == [97]
    assert "do đơn vị bổ sung" in pages("one-stop-short")[-1]
    assert planned(overlay.strip(library.load("byt56-m3"))).local_note == ""


def test_conditions_hints_units_and_lines_are_printed() -> None:
    form = version(
        section("a", item("q1", {"kind": "single", "options": [option(1, "Có"), option(2, "Khác")], "other": 2}),
                item("n", {"kind": "number", "unit": words("phút")}, show_if="q1 == 1", hint=words("Ghi số phút")),
                item("m", multiple(1, 2)), item("d", {"kind": "date"}),
                item("t", {"kind": "text", "lines": 3})),
        claim="demonstration",
    )  # fmt: skip
    blocks = {block.code: block for block in planned(form).parts[0].blocks if isinstance(block, Question)}
    assert blocks["n"].condition.startswith("Hỏi khi")
    assert (blocks["n"].unit, blocks["n"].hint) == ("phút", "Ghi số phút")
    assert blocks["m"].note == "có thể chọn nhiều"
    assert (blocks["d"].is_date, blocks["t"].lines) == (True, 3)
    assert [answer.opens_line for answer in blocks["q1"].answers] == [False, True]
    text = written(form)
    assert "☐ 2  Khác ……" in text
    assert "……………… phút" in text


SCRIPT = "<script>alert(1)</script>#import \"x\" *đậm* {{7*7}} $x^2$ @ref \\ =cmd|'/c calc'!A1 &amp; <w:p/> // ​"


def test_script_in_every_text_is_printed_as_it_is() -> None:
    raw = document(
        section("a", item("q1", text=words(SCRIPT), hint=words(SCRIPT)), {
            "type": "statement", "code": "s", "text": words(SCRIPT), "grade": "draft"
        }, item("q2", {"kind": "single", "options": [option(1, SCRIPT), option(2, "b")]}), title=words(SCRIPT)),
        title=words(SCRIPT), introduction={"text": words(SCRIPT), "grade": "draft"}, issuer=words(SCRIPT),
    )  # fmt: skip
    form = codec.loads_draft(json.dumps(raw))
    sheet = planned(form)
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(paper_pdf.pdf(sheet)))
    assert "".join(text.split()).count("<script>alert(1)</script>#import") >= 7
    data = paper_docx.docx(sheet)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        body = archive.read("word/document.xml").decode()
    assert "<script>" not in body
    assert "instrText" not in body
    assert SCRIPT in written(form)


@pytest.mark.parametrize("make", [paper_pdf.pdf, paper_docx.docx])
def test_the_longest_form_is_made_in_a_second(make: Callable[[Paper], bytes]) -> None:
    import time

    sheet = planned(library.load("sipas-2026"))
    make(sheet)
    begun = time.process_time()
    make(sheet)
    assert time.process_time() - begun < 1


def test_pdf_is_tagged_and_names_its_title_and_language() -> None:
    found = pypdf.PdfReader(io.BytesIO(paper_pdf.pdf(planned(library.load("byt56-m1")))))
    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert found.trailer["/Root"]["/Lang"] == "vi"
    assert found.metadata is not None
    assert found.metadata.title == "Phiếu khảo sát ý kiến người bệnh nội trú"


def test_word_document_has_the_typeface_and_margins_of_official_documents() -> None:
    found = docx.Document(io.BytesIO(paper_docx.docx(planned(library.load("byt56-m1")))))
    page = found.sections[0]
    assert found.styles["Normal"].font.name == "Times New Roman"
    assert [round(side.mm) for side in (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)] == [
        20, 20, 30, 15,
    ]  # fmt: skip
    assert round(page.page_width.mm) == 210
