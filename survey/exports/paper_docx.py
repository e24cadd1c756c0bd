"""A questionnaire on paper as a Word document, for those who set their own head on it before printing.

The same content as the PDF, in the typeface and margins of official documents. Texts are written as texts: nothing of
a questionnaire is read as markup, a field or a link.
"""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from survey.exports.paper import Answer, Grid, Paper, Question, Said

TYPEFACE = "Times New Roman"
WIDTH, HEIGHT = Mm(210), Mm(297)
LEFT, RIGHT, TOP, BOTTOM = Mm(30), Mm(15), Mm(20), Mm(20)
INSIDE = WIDTH - LEFT - RIGHT
SOFT = RGBColor(0x44, 0x44, 0x44)
NUMBER, ANSWER, CODE = Mm(18), Mm(13), Mm(14)
BOX = "☐"
MOST_TOGETHER = 10  # answers that are kept on one page with their question


def docx(paper: Paper) -> bytes:
    """The document (.docx)."""
    document = Document()
    _page(document, paper)
    _head(document, paper)
    if paper.head:
        _line(document, paper.words.filled_by_staff, bold=True)
        for question in paper.head:
            _question(document, question)
    for part in paper.parts:
        if part.title:
            _heading(document, part.title, 2)
        _condition(document, part.condition)
        for block in part.blocks:
            match block:
                case Grid():
                    _grid(document, block, paper)
                case Question():
                    _question(document, block)
                case Said():
                    _condition(document, block.condition)
                    _line(document, block.words, bold=True)
    _line(document, " ".join(one for one in (paper.words.entry, paper.local_note) if one), size=9, soft=True)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# --- the whole ------------------------------------------------------------------------------------------------------


def _page(document: Any, paper: Paper) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = WIDTH, HEIGHT
    section.left_margin, section.right_margin = LEFT, RIGHT
    section.top_margin, section.bottom_margin = TOP, BOTTOM
    for name in ("Normal", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.name = TYPEFACE
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{kind}"), TYPEFACE)
        for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{kind}"), None)
    document.styles["Normal"].font.size = Pt(12)
    document.styles["Normal"].paragraph_format.space_after = Pt(3)
    core = document.core_properties
    core.title, core.author, core.language, core.comments = paper.title[:255], paper.issuer[:255], paper.language, ""
    if paper.warnings:
        line = section.header.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _run(line, " · ".join(paper.warnings), bold=True, size=9.5)
    foot = section.footer.paragraphs[0]
    foot.style = document.styles["Normal"]
    foot.paragraph_format.tab_stops.add_tab_stop(INSIDE, WD_TAB_ALIGNMENT.RIGHT)
    _run(foot, f"{paper.name} · {paper.fingerprint}\t{paper.words.page} ", size=9, soft=True)
    _field(foot, "PAGE")
    _run(foot, "/", size=9, soft=True)
    _field(foot, "NUMPAGES")


def _head(document: Any, paper: Paper) -> None:
    table = document.add_table(rows=1, cols=2)
    left, right = table.rows[0].cells
    left.paragraphs[0].alignment = right.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(left.paragraphs[0], paper.issuer, bold=True)
    for n, words in enumerate(paper.legal):
        paragraph = right.paragraphs[0] if n == 0 else right.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(paragraph, words, size=10.5)
    for warning in paper.warnings:
        notice = document.add_paragraph()
        notice.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(notice, warning, bold=True, size=11)
    _heading(document, paper.title, 1).alignment = WD_ALIGN_PARAGRAPH.CENTER
    if paper.introduction:
        _line(document, paper.introduction).alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    if paper.instruction:
        _line(document, paper.instruction, italic=True).alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    _line(document, paper.anonymous, bold=True, size=10.5)


# --- blocks ---------------------------------------------------------------------------------------------------------


def _grid(document: Any, grid: Grid, paper: Paper) -> None:
    answers = grid.answers
    table = document.add_table(rows=1, cols=len(answers) + 3)
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    question = INSIDE - NUMBER - CODE - ANSWER * len(answers)
    widths = [NUMBER, question, *[ANSWER] * len(answers), CODE]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    heads = [paper.words.number, paper.words.question, *map(_headed, answers), paper.words.code]
    for n, (cell, words) in enumerate(zip(table.rows[0].cells, heads, strict=True)):
        _cell(cell, words, width=widths[n], bold=n < 2, size=11 if n < 2 else 8, centred=True)
    _repeated(table.rows[0])
    for row in grid.rows:
        cells = table.add_row().cells
        _cell(cells[0], row.number, width=widths[0], centred=True, size=11)
        _cell(cells[1], row.words + (" +" if row.is_local else ""), width=widths[1], size=11, above=row.condition)
        for n, answer in enumerate(answers, start=2):
            _cell(cells[n], str(answer.code), width=widths[n], centred=True, size=11.5)
        _cell(cells[-1], row.code, width=widths[-1], centred=True, size=8.5)
        _unbroken(table.rows[-1])
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _headed(answer: Answer) -> str:
    words = f"{answer.words} / {answer.other_words}" if answer.other_words else answer.words
    return words + (" +" if answer.is_local else "")


def _question(document: Any, question: Question) -> None:
    _condition(document, question.condition)
    line = document.add_paragraph()
    line.paragraph_format.space_before = Pt(6)
    line.paragraph_format.keep_with_next = True
    line.paragraph_format.tab_stops.add_tab_stop(INSIDE, WD_TAB_ALIGNMENT.RIGHT)
    if question.number:
        _run(line, f"{question.number}. ", bold=True)
    _run(line, question.words)
    if question.note:
        _run(line, f" ({question.note})", italic=True, size=10.5)
    if question.is_date:
        _run(line, " ……… / ……… / ……………")
    elif question.unit:
        _run(line, f" ……………… {question.unit}")
    _run(line, f"\t[{question.code}]", size=9, soft=True)
    if question.hint:
        _line(document, question.hint, size=10.5, soft=True)
    if _fit_one_line(question):
        option = document.add_paragraph()
        option.paragraph_format.left_indent = Mm(6)
        for n, answer in enumerate(question.answers):
            option.paragraph_format.tab_stops.add_tab_stop(int(INSIDE / len(question.answers)) * (n + 1))
            _run(option, ("\t" if n else "") + _box(answer))
        return
    for n, answer in enumerate(question.answers, start=1):
        option = document.add_paragraph()
        option.paragraph_format.keep_with_next = n < len(question.answers) <= MOST_TOGETHER
        option.paragraph_format.left_indent = Mm(6)
        option.paragraph_format.space_after = Pt(1)
        _run(option, _box(answer))
        if answer.opens_line:
            _run(option, " ……………………………………")
    if not question.answers and not question.is_date and not question.unit:
        for _ in range(question.lines):
            _dots(document)


def _fit_one_line(question: Question) -> bool:
    """Yes and no, and their like, stand side by side."""
    answers = question.answers
    return 0 < len(answers) <= 4 and all(len(one.words) <= 22 and not one.opens_line for one in answers)


def _box(answer: Answer) -> str:
    return f"{BOX} {answer.code}  {answer.words}{' +' if answer.is_local else ''}"


def _dots(document: Any) -> None:
    line = document.add_paragraph()
    line.paragraph_format.tab_stops.add_tab_stop(INSIDE, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    _run(line, "\t")


def _condition(document: Any, words: str) -> None:
    if words:
        line = _line(document, words, italic=True, size=10.5, soft=True)
        line.paragraph_format.keep_with_next = True


# --- pieces ---------------------------------------------------------------------------------------------------------


def _heading(document: Any, words: str, level: int) -> Any:
    paragraph = document.add_paragraph(style=f"Heading {level}")
    paragraph.paragraph_format.space_before = Pt(8)
    _run(paragraph, words, bold=True, size=14 if level == 1 else 12.5)
    return paragraph


def _line(document: Any, words: str, **look: Any) -> Any:
    paragraph = document.add_paragraph()
    _run(paragraph, words, **look)
    return paragraph


def _cell(
    cell: Any, words: str, *, width: int, size: float, bold: bool = False, centred: bool = False, above: str = ""
) -> None:
    cell.width = width
    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if above:
        _run(paragraph, f"{above} ", italic=True, size=9.5, soft=True)
    _run(paragraph, words, bold=bold, size=size)


def _run(
    paragraph: Any,
    words: str,
    *,
    bold: bool = False,
    italic: bool = False,
    size: float | None = None,
    soft: bool = False,
) -> None:
    run = paragraph.add_run(words)
    run.bold, run.italic = bold or None, italic or None
    if size is not None:
        run.font.size = Pt(size)
    if soft:
        run.font.color.rgb = SOFT


def _field(paragraph: Any, name: str) -> None:
    """PAGE or NUMPAGES, which Word fills in."""
    run = paragraph.add_run()
    run.font.size = Pt(9)
    for kind, text in (("begin", None), (None, name), ("end", None)):
        if kind is not None:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.text = text
        run._r.append(element)


def _repeated(row: Any) -> None:
    _mark(row, "w:tblHeader")


def _unbroken(row: Any) -> None:
    _mark(row, "w:cantSplit")


def _mark(row: Any, name: str) -> None:
    properties: Any = row._tr.get_or_add_trPr()
    properties.append(OxmlElement(name))
