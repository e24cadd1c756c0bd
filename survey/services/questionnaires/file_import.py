"""Questionnaires as files: what came in is read and kept as a draft; what is in the record is written as a file.

The same for the screens and the command line. A file is recognised by what it holds, not by its name.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from instruments import codec, library, xlsform
from instruments.checks.problems import InvalidInstrument, Problem
from instruments.model.document import InstrumentVersion as Document
from instruments.versions import conformity
from instruments.versions.comparability import Comparison, compare, side_by_side
from instruments.versions.conformity import Conformity
from instruments.xlsform import Remark, validation
from survey.database import Database
from survey.errors import Invalid, NotFound
from survey.exports import paper
from survey.models.people.accounts import Role
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import Actor
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires.instruments import InstrumentRow, VersionRow
from survey.services.questionnaires import shipped_and_imported as record
from survey.services.questionnaires.shipped_and_imported import Imported, Unusable

Words = Callable[[str], Callable[[str], str]]
"""Language → the gettext of its catalogue."""


class Format(StrEnum):
    """What a questionnaire can be given out as."""

    JSON = "json"
    XLSX = "xlsx"
    PDF = "pdf"
    DOCX = "docx"


@dataclass(frozen=True)
class Carried:
    """How many questions, answers and other parts were read from a file."""

    questions: int
    statements: int
    sections: int
    answer_lists: int
    answers: int
    conditions: int
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Taken:
    """What keeping a file did, or would do; for a workbook also what was read differently or left out of it."""

    imported: Imported
    document: Document
    carried: Carried
    remarks: tuple[Remark, ...] = ()

    @property
    def changed(self) -> tuple[Remark, ...]:
        return tuple(one for one in self.remarks if one.fate == "changed")

    @property
    def left(self) -> tuple[Remark, ...]:
        return tuple(one for one in self.remarks if one.fate == "left")


@dataclass(frozen=True)
class File:
    """A file to hand over."""

    name: str
    media_type: str
    data: bytes


TOPICS = "service-topics"  # the shipped crosswalk between the forms on procedures
MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
MOST_CHECKED = 4_000  # questions × languages up to which pyxform is asked about other people's forms: half a second


def take(
    database: Database, data: bytes, *, actor: Actor, now: datetime, service: str | None = None, dry_run: bool = False
) -> Taken:
    """Read a file and keep it as a draft. Raises Unusable with every problem by its place in the file.

    JSON or a workbook of XLSForm; `service` is for workbooks made elsewhere, which do not say whose they are. With
    `dry_run` nothing is written: the answer says what would be.
    """
    actor.require(Role.DESIGNER)
    if not xlsform.is_workbook(data):
        if not data.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"[")):
            raise Unusable("The file is not a usable questionnaire: %(count)s problems.", (Problem("not-a-form", ""),))
        document = record.read(data)
        done = record.import_version(database, document, actor=actor, now=now, dry_run=dry_run)
        return Taken(done, document, _carried(document))
    if service is not None and service not in {one.value for one in ServiceDomain}:
        raise Invalid("There is no service “%(service)s”.", service=service[:40])
    reading = _reading(data, service)
    try:
        done = record.import_version(database, reading.version, actor=actor, now=now, dry_run=dry_run)
    except Unusable as error:
        raise Unusable(error.message, tuple(map(reading.placed, error.findings))) from error
    placed = replace(
        done,
        warnings=tuple(map(reading.placed, done.warnings)),
        overrides=tuple(map(reading.placed, done.overrides)),
    )
    return Taken(placed, reading.version, _carried(reading.version), reading.remarks)


def _reading(data: bytes, service: str | None) -> xlsform.Reading:
    try:
        reading = xlsform.read(data, service_domain=service)
    except InvalidInstrument as error:
        raise Unusable("The workbook is not a usable questionnaire: %(count)s problems.", error.problems) from error
    size = len(reading.version.elements) * len(reading.version.language_codes)
    has_tables = any(remark.code == "matrix-row" for remark in reading.remarks)  # KoboToolbox unfolds them before
    if not reading.is_ours and size <= MOST_CHECKED and not has_tables:
        refusal = validation.verdict_of_file(data).refusal
        if refusal:
            remark = Remark("pyxform", "", (), {"reason": refusal[:300]})
            return replace(reading, remarks=(*reading.remarks, remark))
    return reading


def _carried(document: Document) -> Carried:
    parts = (*document.elements, *document.sections)
    own = [options for item in document.items if (options := getattr(item.response, "options", None))]
    lists = [*(scale.options for scale in document.scales), *own]
    return Carried(
        questions=len(document.items),
        statements=len(document.elements) - len(document.items),
        sections=len(document.sections),
        answer_lists=len(lists),
        answers=sum(map(len, lists)),
        conditions=sum(part.show_if is not None for part in parts),
        languages=document.language_codes,
    )


def give(
    database: Database, name: str, wanted: Format, *, actor: Actor, words: Words, language: str | None = None
) -> File:
    """The questionnaire that `name` says, as `one-stop-short` or `one-stop-short@1`, as a file.

    On paper (pdf, docx) in one of the version's languages, its first unless another is named; `words` gives the
    sentences of the sheet in that language.
    """
    row, document = find(database, name, actor=actor)
    if language is not None and language not in document.language_codes:
        raise Invalid(
            "%(name)s is not written in “%(language)s”; it has %(languages)s.",
            name=row.name, language=language[:20], languages=", ".join(document.language_codes),
        )  # fmt: skip
    data = rendered(document, wanted, words=words, language=language)
    return File(f"{row.code}-{row.number}.{wanted.value}", MEDIA_TYPES[wanted], data)


def rendered(document: Document, wanted: Format, *, words: Words, language: str | None = None) -> bytes:
    """A document as a file, whether it is in the record yet or not."""
    if wanted is Format.JSON:
        return codec.pretty(document).encode()
    if wanted is Format.XLSX:
        return xlsform.write(document)
    spoken = language or document.source_language
    sheet = paper.plan(document, spoken, paper.words_in(words(spoken)))
    if wanted is Format.PDF:
        from survey.exports import paper_pdf  # typesetting only where something is printed

        return paper_pdf.pdf(sheet)
    from survey.exports import paper_docx

    return paper_docx.docx(sheet)


def conforming(database: Database, name: str, *, actor: Actor) -> Conformity | None:
    """Whether a version that carries a locked form is still that form; None for one that is its own."""
    _, document = find(database, name, actor=actor)
    if document.core is None:
        return None
    with database.reading() as session:
        form = queries.document_of(session, document.core.code, document.core.version)
    if form is None:
        raise NotFound(
            "%(name)s carries the form %(core)s, which is not in the record.",
            name=name, core=f"{document.core.code}@{document.core.version}",
        )  # fmt: skip
    return conformity.check(document, form)


def difference(database: Database, old: str, new: str, *, actor: Actor) -> tuple[Document, Document, Comparison]:
    """Two versions and what changed between them."""
    _, before = find(database, old, actor=actor)
    _, after = find(database, new, actor=actor)
    return before, after, compared(before, after)


def one_form(old: Document, new: Document) -> bool:
    """Whether both carry the same locked form or are versions of one questionnaire."""
    return (old.core.code if old.core else old.code) == (new.core.code if new.core else new.code)


def compared(old: Document, new: Document) -> Comparison:
    """What changed; between different questionnaires, questions on the same topic stand side by side."""
    if one_form(old, new):  # a form with and without what a unit added: the codes of its questions are the same
        return compare(old.model_copy(update={"code": new.code}), new)
    topics = library.load_crosswalk(TOPICS).pairs(new=new.code, old=old.code)
    return compare(old, new, crosswalk=side_by_side(old, new, topics))


def listing(database: Database, *, actor: Actor) -> tuple[InstrumentRow, ...]:
    """Every questionnaire of the record with its versions, newest first."""
    with database.reading() as session:
        return queries.listing(session, actor)


def find(database: Database, name: str, *, actor: Actor) -> tuple[VersionRow, Document]:
    """The version that `CODE@N` names; `CODE` alone is the newest in use, else the newest."""
    code, number = _parts(name)
    with database.reading() as session:
        if number is None:
            found = queries.instrument(session, actor, code)
            row = found.current if found else None
        else:
            row = queries.version(session, actor, code, number)
        if row is None:
            raise NotFound("There is no questionnaire %(name)s in the record.", name=name)
        return row, queries.document(session, row)


def _parts(name: str) -> tuple[str, int | None]:
    code, at, number = name.partition("@")
    if not at:
        return code, None
    if not number.isascii() or not number.isdigit() or len(number) > 6:
        raise Invalid("A version is named CODE@NUMBER, like one-stop-short@1; “%(name)s” is not.", name=name[:60])
    return code, int(number)
