"""What the editor's templates are given: the rows of a draft, the one element that is open, its findings and menus."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Factor, Item, Statement
from instruments.model.index_rules import IndexRule
from instruments.model.response_domains import Number, OpenText, Option, Scale
from instruments.model.text import Text
from survey.designer.editor.findings import Findings
from survey.designer.pages import Badge, Finding
from survey.queries.questionnaires.drafts import Desk, Remark
from survey.queries.questionnaires.instruments import VersionRow

Typed = MultiDict[str, str]
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")  # no page may hold these


@dataclass(frozen=True)
class OptionRow:
    """One line of a list of answers as it can be edited."""

    n: int
    code: str
    words: Mapping[str, str]
    satisfied: bool
    apart: bool
    other: bool


@dataclass(frozen=True)
class ApartAnswers:
    """A unit's own answers behind a list of its locked form, and those that may still be set there."""

    code: str  # of the list, or of the question with a list of its own
    local: tuple[Option, ...]
    menu: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ConditionPart:
    """The menus of a condition: which question is asked about, and which of its answers."""

    asked: str
    kind: str
    options: tuple[tuple[int, str], ...]
    questions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OpenElement:
    """The one element that is open for editing."""

    element: Item | Statement
    answers: str
    menu: tuple[tuple[str, str], ...]
    options: tuple[OptionRow, ...]
    response: Number | OpenText | None
    factors: tuple[tuple[str, str], ...]
    code_is_fixed: bool
    rates: bool
    condition: ConditionPart
    apart: ApartAnswers | None  # of a locked question with a list of its own


@dataclass(frozen=True)
class ElementRow:
    code: str
    label: str
    text: Text
    kind: str
    answers: str
    tags: tuple[str, ...]
    condition: str
    findings: tuple[Finding, ...]
    remarks: tuple[Remark, ...]
    open: OpenElement | None
    is_first: bool
    is_last: bool
    locked: bool  # belongs to the locked form
    may_adapt: bool  # of a locked one: may be switched off, shown in other words, or given answers set apart

    @property
    def may_open(self) -> bool:
        return not self.locked or self.may_adapt

    @property
    def open_remarks(self) -> int:
        return sum(not one.settled for one in self.remarks)


@dataclass(frozen=True)
class SectionRow:
    code: str
    title: Text | None
    condition: str
    findings: tuple[Finding, ...]
    elements: tuple[ElementRow, ...]  # empty where the part is folded
    size: int
    findings_inside: int
    is_first: bool
    is_last: bool
    open: ConditionPart | None
    locked: bool
    shown: bool


@dataclass(frozen=True)
class DeskPage:
    """What every page of the editor has."""

    row: VersionRow
    document: InstrumentVersion
    desk: Desk
    part: str
    languages: tuple[str, ...]
    findings: Findings
    preview: str
    conformity: Badge | None = None  # of a version that carries a locked form
    newer_form: str = ""  # a newer version of that form
    problem: str = ""  # what the last act was refused for
    typed: Typed | None = None
    form: None = None

    @property
    def locked(self) -> bool:
        """Whether only local parts can be changed."""
        return self.document.core is not None

    @property
    def failed(self) -> bool:
        return bool(self.problem)

    def value(self, name: str, default: object = "", *, about: str = "") -> str:
        """What stands in a field: what was typed if the act was refused, else what the document says."""
        if self.typed is not None and name in self.typed and self.typed.get("element", "") == about:
            return _UNPRINTABLE.sub("", self.typed[name])
        return "" if default is None else str(default)


@dataclass(frozen=True)
class QuestionsPage(DeskPage):
    sections: tuple[SectionRow, ...] = ()
    menu: tuple[tuple[str, str], ...] = ()
    adding: str = ""  # the part whose form for new questions is open


@dataclass(frozen=True)
class ScaleRow:
    scale: Scale
    locked: bool
    used_by: tuple[str, ...]
    options: tuple[OptionRow, ...]
    findings: tuple[Finding, ...]
    apart: ApartAnswers | None  # of a locked list


@dataclass(frozen=True)
class ScalesPage(DeskPage):
    scales: tuple[ScaleRow, ...] = ()
    library: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FigureRow:
    n: int
    rule: IndexRule
    formula: str
    figures: int
    locked: bool
    weights: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class FactorRow:
    factor: Factor
    items: int
    locked: bool


@dataclass(frozen=True)
class FiguresPage(DeskPage):
    figures: tuple[FigureRow, ...] = ()
    rules: tuple[tuple[str, str, str, str], ...] = ()  # value, level, rule, measure
    rated: tuple[tuple[str, str, str], ...] = ()  # code, words, the factor it belongs to
    factors: tuple[FactorRow, ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    opened: str = ""  # code of the factor or number of the figure that is open; "yeu-to", "chi-so": a new one


@dataclass(frozen=True)
class TextRow:
    key: str
    source: str
    words: str
    place: str  # code of the element it belongs to


@dataclass(frozen=True)
class Completeness:
    code: str
    role: str
    grade: str
    locked: bool
    written: int
    total: int

    @property
    def missing(self) -> int:
        return self.total - self.written


@dataclass(frozen=True)
class LanguagesPage(DeskPage):
    completeness: tuple[Completeness, ...] = ()
    chosen: str = ""
    texts: tuple[TextRow, ...] = ()
    only_missing: bool = False


@dataclass(frozen=True)
class FactsPage(DeskPage):
    pass
