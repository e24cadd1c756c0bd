"""What the designer's templates are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext

from instruments.checks.problems import PIECES, Problem
from instruments.model.document import InstrumentVersion
from instruments.overlays.misfits import Misfit
from instruments.versions import conformity
from instruments.versions.conformity import BADGES
from instruments.xlsform import Remark
from survey.designer.differences import Differences
from survey.designer.forms import CompareForm, FileForm, KeepForm
from survey.designer.side_by_side import SideBySide
from survey.designer.version_reading import Reading
from survey.permissions import Actor, Role
from survey.queries.questionnaires import instruments as queries
from survey.queries.questionnaires.instruments import InstrumentRow, VersionRow
from survey.services.questionnaires.shipped_and_imported import Imported
from survey.web.home_and_menu import Panel, PanelItem, Record
from survey.web.questionnaire_text import plain


@dataclass(frozen=True)
class InstrumentsPage:
    by_service: tuple[tuple[str, tuple[InstrumentRow, ...]], ...]


@dataclass(frozen=True)
class InstrumentPage:
    instrument: InstrumentRow


@dataclass(frozen=True)
class Finding:
    """A problem of a definition, in the reader's language."""

    path: str
    sentence: str
    severity: str


@dataclass(frozen=True)
class Badge:
    """Whether a version is still the form it carries, in words, and every deviation."""

    sentence: str
    conforms: bool
    deviations: tuple[str, ...]
    form: str


def badge(document: InstrumentVersion, core: InstrumentVersion | None) -> Badge | None:
    """The badge of a version that carries a locked form; `core`: that form, if the record has it."""
    if document.core is None or core is None:
        return None
    found = conformity.check(document, core)
    said = tuple(gettext(one.template).format(about=one.about, **one.params) for one in found.deviations)
    return Badge(gettext(BADGES[found.badge]).format(form=found.cited), found.conforms, said, found.form)


@dataclass(frozen=True)
class VersionPage:
    row: VersionRow
    instrument: InstrumentRow
    reading: Reading
    warnings: tuple[Finding, ...]
    conformity: Badge | None  # of one that carries a locked form
    is_locked: bool  # the form of a decision itself


@dataclass(frozen=True)
class ImportPage:
    form: FileForm
    refusal: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ImportedPage:
    """What keeping the file would do."""

    form: KeepForm
    result: Imported
    warnings: tuple[Finding, ...]
    overrides: tuple[Finding, ...]
    follows: int | None
    differences: Differences | None
    changed: tuple[Finding, ...] = ()  # of a workbook: what was read differently from how it stood
    left: tuple[Finding, ...] = ()  # and what was left out


@dataclass(frozen=True)
class ComparePage:
    form: CompareForm
    old: VersionRow | None = None
    new: VersionRow | None = None
    differences: Differences | None = None
    is_one_form: bool = True
    beside: SideBySide | None = None
    suggestions: tuple[tuple[VersionRow, VersionRow], ...] = ()  # older, newer


@dataclass(frozen=True)
class Frame:
    """One telephone on the preview page."""

    width: int
    height: int
    url: str
    title: str


@dataclass(frozen=True)
class PreviewPage:
    row: VersionRow
    language: str
    languages: tuple[tuple[str, str], ...]
    asks_field: bool
    frames: tuple[Frame, ...]
    alone: str
    tried: int  # forms sent from here that are still kept


def finding(problem: Problem) -> Finding:
    """The problem's sentence in the language of the page."""
    params = {name: gettext(value) if value in PIECES else value for name, value in problem.params.items()}
    return Finding(_place(problem.path), gettext(problem.kind.template).format(**params), problem.severity)


def remark(found: Remark) -> Finding:
    """What became of a part of a workbook, in the language of the page."""
    return Finding(_place(found.place), gettext(found.kind.template).format(**found.params), found.fate)


def misfit(found: Misfit) -> str:
    """What of the local parts a newer form does not take, in the language of the page."""
    params = dict(found.params)
    if "key" in params:  # the path of a text: the question it belongs to, or the field
        steps = params["key"].split("/")
        params["key"] = steps[3] if len(steps) > 4 and steps[0] == "sections" else steps[-1]
    sentence = str(gettext(found.template)).format(**params)
    return sentence[:1].upper() + sentence[1:]


def _place(path: str) -> str:
    """`survey!14` of a workbook in words; a path in a document as it is."""
    sheet, mark, rows = path.partition("!")
    return str(gettext("sheet %(sheet)s, row %(rows)s", sheet=sheet, rows=rows)) if mark else path


def drafts_waiting(record: Record, actor: Actor, now: datetime) -> Panel | None:
    """For who writes or approves: versions that are not published yet."""
    if not actor.has(Role.DESIGNER, Role.APPROVER):
        return None
    items = tuple(
        PanelItem(
            text=f"{plain(row.facts.short_title)} ({row.name})",
            url=url_for("designer.version", code=row.code, number=row.number),
            detail=gettext("Draft by %(name)s", name=row.author) if row.author else "",
            state="warn",
        )
        for row in queries.waiting_drafts(record, actor)
    )
    return Panel(gettext("Which questionnaires wait to be published?"), items, gettext("No draft waits."))
