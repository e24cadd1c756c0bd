"""What stands in a questionnaire, in order: sections, the questions measured, the words between them, and the
factors that questions belong to."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from instruments import conditions
from instruments.model.provenance import Grade, Reference
from instruments.model.response_domains import (
    Code,
    MultipleChoice,
    OptionCode,
    Origin,
    Part,
    Rating,
    Response,
    SingleChoice,
)
from instruments.model.text import LanguageCode, Line, Text

Kind = Literal["rating", "single", "multiple", "number", "date", "text"]

Sensitive = Literal[
    "ethnicity", "belief", "private_life", "health", "biometric", "sex_life", "crime", "location", "identity",
    "contact", "bank", "behaviour",
]  # fmt: skip
"""Kinds of personal data the law sets apart (Nghị định 356/2025/NĐ-CP, Điều 4), and contact data."""

Given = Literal["wave", "unit", "point", "field", "mode", "day", "number"]
"""A fieldwork fact that answers a header question, so that the citizen is not asked."""

RESPONDENT_KIND = "r_kind"
"""Reserved for the kind of respondent: 1 người dân (a person), 2 tổ chức, doanh nghiệp (an organisation)."""

FactorCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*$", max_length=32)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _canonical_condition(source: str) -> str:
    """One spelling per condition, so that spaces do not change a hash; what cannot be read stays as typed."""
    try:
        return conditions.canonical(source)
    except conditions.ConditionError:
        return source


ConditionSource = Annotated[
    str,
    StringConstraints(min_length=1, max_length=conditions.MAX_LENGTH),
    AfterValidator(_canonical_condition),
]


class Recording(Part):
    """A text read aloud, kept as a file of its own."""

    language: LanguageCode
    """Language spoken."""
    file: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,119}$")]
    """File name, on our own host."""
    digest: Digest
    """SHA-256 of the file."""
    seconds: Annotated[float, Field(gt=0, le=600)]
    """How long it runs."""
    words: Digest
    """SHA-256 of what is read aloud: the text and the answers offered, a line each (UTF-8). A recording of other
    words is never played."""


class Statement(Part):
    """Words between the questions that ask nothing, such as the stem of a block."""

    type: Literal["statement"]
    """Which element."""
    code: Code
    """Identity, in one list with the items."""
    text: Text
    """The words."""
    grade: Grade
    """How sure we are of them."""
    source: Line | None = None
    """Where they were seen."""
    show_if: ConditionSource | None = None
    """Condition under which it is shown (`conditions`)."""
    origin: Origin = "core"
    """`overlay` for a local statement."""
    audio: tuple[Recording, ...] = ()
    """Recordings; always local."""


class Item(Part):
    """One question measured."""

    type: Literal["item"]
    """Which element."""
    code: Code
    """Identity: stable across versions, never used again for another question. `r_…` a fact about the
    respondent, `h_…` a fact of the fieldwork."""
    label: Line | None = None
    """The printed number: A1, Câu 9.12."""
    text: Text
    """The question, letter for letter at its grade."""
    hint: Text | None = None
    """A line of help under the question."""
    short: Line | None = None
    """Vietnamese label for statistics files, at most 80 bytes."""
    factor: FactorCode | None = None
    """The factor it belongs to; none for questions that enter no factor."""
    response: Response
    """The answers permitted."""
    grade: Grade
    """How sure we are of the wording."""
    source: Line | None = None
    """Where the wording was seen."""
    decision: Reference | None = None
    """The decision it belongs to (`decisions`)."""
    origin: Origin = "core"
    """`overlay` for a local question."""
    voluntary: bool = False
    """Shown with the word "voluntary": facts about the respondent, open comments."""
    required: bool = False
    """Asked again when left blank. Unused on the shipped forms: every question may be left blank."""
    sensitive: Sensitive | None = None
    """The kind of personal data the law sets apart, if it asks for one."""
    asked: bool = True
    """False: kept in the document, not put to the citizen. A local decision: it leaves the core as it was."""
    given_by: Given | None = None
    """The fieldwork fact that answers it instead."""
    show_if: ConditionSource | None = None
    """Condition under which it is shown (`conditions`)."""
    hideable: bool = False
    """A unit may switch it off and still use the form."""
    relabelable: bool = False
    """A unit may show other words (`relabel`)."""
    relabel: Text | None = None
    """The local words shown instead of `text`."""
    audio: tuple[Recording, ...] = ()
    """Recordings of the question; always local."""

    @cached_property
    def kind(self) -> Kind:
        """The kind of response domain."""
        return self.response.kind

    @cached_property
    def scale(self) -> str | None:
        """Code of the shared scale, if it uses one."""
        return self.response.scale if isinstance(self.response, Rating | SingleChoice | MultipleChoice) else None

    @cached_property
    def other(self) -> OptionCode | None:
        """The code that opens a text field beside it."""
        return self.response.other if isinstance(self.response, SingleChoice | MultipleChoice) else None

    @property
    def wording(self) -> Text:
        """The words to show."""
        return self.relabel or self.text

    @property
    def is_respondent_fact(self) -> bool:
        """Whether the question asks who answers, not what was experienced."""
        return self.code.startswith("r_")

    @property
    def is_fieldwork_fact(self) -> bool:
        """Whether the question belongs to the header of the form: when, where and by whom it was answered."""
        return self.code.startswith("h_") or self.given_by is not None


Element = Annotated[Item | Statement, Field(discriminator="type")]


class Section(Part):
    """An ordered part of the questionnaire."""

    code: Code
    """Identity within the version."""
    title: Text | None = None
    """Its heading."""
    elements: Annotated[tuple[Element, ...], Field(min_length=1)]
    """Questions and statements in order."""
    stem: Code | None = None
    """A statement of an earlier section that is shown again when this one begins a page."""
    show_if: ConditionSource | None = None
    """Condition under which the whole section is shown."""
    origin: Origin = "core"
    """`overlay` for a local section."""

    @property
    def items(self) -> tuple[Item, ...]:
        """Its questions."""
        return tuple(element for element in self.elements if isinstance(element, Item))


class Factor(Part):
    """A construct measured by several items."""

    code: FactorCode
    """Identity within the version."""
    parent: FactorCode | None = None
    """The factor above it."""
    name: Text
    """As printed."""
    grade: Grade
    """How sure we are of the name."""
    origin: Origin = "core"
    """`overlay` for a local factor; it never enters a figure of the core."""
