"""The document of a questionnaire: who asks, on what legal basis, what, in which order, how answers count, and how
sure each wording is. It is frozen.

The models check shapes and nothing else: a draft may be incomplete and still be a document. What must hold
between the parts is checked by `integrity` (a version that fails cannot be used), how good it is by
`linting`. `FORMAT.md` describes every field; `schema.json` is generated from these classes.

Everything added locally bears `origin: "overlay"`; `overlay` says what that means.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from instruments.model.elements import Element, Factor, Given, Item, Kind, Recording, Section, Sensitive, Statement
from instruments.model.index_rules import IndexRule, Rollup, Rounding
from instruments.model.layouts import CellValue, Column, Display, ExportLayout
from instruments.model.provenance import (
    GRADES,
    ComparableMark,
    CoreReference,
    Decision,
    Grade,
    InstrumentCode,
    Language,
    Note,
    Passage,
    lowest,
)
from instruments.model.response_domains import (
    Code,
    Day,
    LabelVariant,
    MultipleChoice,
    Number,
    OpenText,
    Option,
    Origin,
    Part,
    Rating,
    Response,
    Scale,
    SingleChoice,
)
from instruments.model.text import DEFAULT_LANGUAGE, Text, render

__all__ = [
    "GRADES",
    "CellValue",
    "Column",
    "ComparableMark",
    "CoreReference",
    "Day",
    "Decision",
    "Display",
    "Element",
    "ExportLayout",
    "Factor",
    "Given",
    "Grade",
    "IndexRule",
    "InstrumentVersion",
    "Item",
    "Kind",
    "LabelVariant",
    "Language",
    "MultipleChoice",
    "Note",
    "Number",
    "OpenText",
    "Option",
    "Origin",
    "Parameter",
    "Passage",
    "Rating",
    "Recording",
    "Respondent",
    "Response",
    "Rollup",
    "Rounding",
    "Scale",
    "Section",
    "Sensitive",
    "SingleChoice",
    "Statement",
    "Text",
    "lowest",
]


class Respondent(Part):
    """Who answers."""

    description: Text
    """In words."""
    kinds: Annotated[tuple[Literal["resident", "organisation"], ...], Field(min_length=1)]
    """Người dân; tổ chức, doanh nghiệp."""
    minimum_age: Annotated[int, Field(ge=0, le=120)] | None = None
    """Youngest age the form is meant for."""


class Parameter(Part):
    """A piece of text a campaign fills in: `{code}` in the wording."""

    code: Code
    """Name inside the braces."""
    name: Text
    """What staff are asked for."""
    default: Text
    """As printed on the form."""
    origin: Origin = "core"
    """`overlay` for a parameter of local texts."""


class InstrumentVersion(Part):
    """One frozen document of a questionnaire."""

    format: Literal[1]
    """Version of this format."""
    code: InstrumentCode
    """The instrument, stable across versions."""
    version: Annotated[int, Field(ge=1, le=100_000)]
    """Its version; a published number is never used again."""
    core: CoreReference | None = None
    """The locked core it carries; absent = its own."""
    service_domain: Literal["admin", "health", "education"]
    """Whose results they are."""
    survey_family: Code
    """Figures of different families never share a chart: `sipas_national` is not `sipas_provincial`."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=20)]
    """The source language first."""
    title: Text
    """Full title."""
    short_title: Text
    """Name in lists."""
    address: Text
    """How the form addresses people: Ông/Bà, Anh/Chị, em."""
    issuer: Text
    """Who issued it."""
    decisions: tuple[Decision, ...] = ()
    """The legal chain."""
    provenance: Text
    """How the wording came to us."""
    claim: Literal["official", "to_check", "demonstration", "archive"]
    """What may be said of it: the official form; official once checked against the original; demonstration
    only; for reading old data only."""
    valid_from: datetime.date | None = None
    """First day of validity."""
    valid_to: datetime.date | None = None
    """Last day; absent = open."""
    respondent: Respondent
    """Who answers."""
    unit_measured: Text
    """What is judged."""
    introduction: Passage | None = None
    """Opening words."""
    instruction: Passage | None = None
    """How to answer, as printed."""
    screen_instruction: Passage | None = None
    """How to answer on a phone, where the printed words speak of pen and paper; always local."""
    parameters: tuple[Parameter, ...] = ()
    """Text parameters."""
    scales: tuple[Scale, ...] = ()
    """Shared answer lists."""
    factors: tuple[Factor, ...] = ()
    """The tree of factors, parents before children."""
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    """The questionnaire."""
    indices: tuple[IndexRule, ...] = ()
    """What is computed (`indices`)."""
    rounding: Rounding | None = None
    """How figures are shown; absent = half up, rates with one decimal, scores with two."""
    rollup: Rollup = Rollup()
    """How they climb from units to the province."""
    display: Display = Display()
    """Layout on a phone."""
    exports: tuple[ExportLayout, ...] = ()
    """Official table layouts."""
    comparable: tuple[ComparableMark, ...] = ()
    """Judgements on comparability."""
    notes: tuple[Note, ...] = ()
    """What a reader must know."""

    # --- looking things up -------------------------------------------------------------------------------

    @cached_property
    def elements(self) -> tuple[Item | Statement, ...]:
        """Items and statements in order."""
        return tuple(element for section in self.sections for element in section.elements)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All questions in order, asked or not."""
        return tuple(element for element in self.elements if isinstance(element, Item))

    @cached_property
    def asked_items(self) -> tuple[Item, ...]:
        """The questions put to the citizen, conditions aside."""
        return tuple(item for item in self.items if item.asked)

    @cached_property
    def rated_items(self) -> tuple[Item, ...]:
        """The satisfaction questions factors are made of; without factors, all satisfaction questions."""
        satisfaction = tuple(item for item in self.asked_items if self.measures_satisfaction(item))
        return tuple(item for item in satisfaction if item.factor or not self.factors)

    @cached_property
    def language_codes(self) -> tuple[str, ...]:
        """Codes of the languages, the source first."""
        return tuple(language.code for language in self.languages)

    @cached_property
    def source_language(self) -> str:
        """The language whose wording is evidence."""
        return next((one.code for one in self.languages if one.role == "source"), DEFAULT_LANGUAGE)

    @cached_property
    def _items_by_code(self) -> dict[str, Item]:
        return {item.code: item for item in self.items}

    @cached_property
    def _scales_by_code(self) -> dict[str, Scale]:
        return {scale.code: scale for scale in self.scales}

    @cached_property
    def _spellings(self) -> dict[str, dict[str, int]]:
        return {item.code: {str(one.code): one.code for one in self.options(item)} for item in self.items}

    def item(self, code: str) -> Item:
        """The question with this code; `KeyError` if there is none."""
        return self._items_by_code[code]

    def has_item(self, code: str) -> bool:
        """Whether there is a question with this code."""
        return code in self._items_by_code

    def scale(self, code: str) -> Scale:
        """The scale with this code; `KeyError` if there is none."""
        return self._scales_by_code[code]

    def options(self, item: Item) -> tuple[Option, ...]:
        """The permitted answers in the order of the document; empty for numbers, dates and text."""
        response = item.response
        if isinstance(response, SingleChoice | MultipleChoice) and response.options is not None:
            return response.options
        found = self._scales_by_code.get(item.scale or "")
        return found.options if found else ()

    def code_by_spelling(self, item: Item) -> Mapping[str, int]:
        """The permitted codes by the only spelling of each that a form sends: `{"1": 1, …}`."""
        known = self._spellings.get(item.code)
        return known if known is not None else {}

    def options_shown(self, item: Item) -> tuple[Option, ...]:
        """The permitted answers as the form prints them: substantive ones first, then the others."""
        options = self.options(item)
        substantive = [option for option in options if option.substantive]
        scale = self._scales_by_code.get(item.scale or "")
        if scale is not None and scale.shown == "reversed":
            substantive.reverse()
        return (*substantive, *(option for option in options if not option.substantive))

    def option_label(self, item: Item, option: Option) -> Text:
        """The words of an answer to this question: the scale's own, or the variant the question asks for."""
        wanted = item.response.variant if isinstance(item.response, Rating) else None
        return next((one.label for one in option.variants if one.name == wanted), option.label)

    def measures_satisfaction(self, item: Item) -> bool:
        """Whether the question is a rating on a scale that has satisfied codes."""
        return item.kind == "rating" and any(option.satisfied for option in self.options(item))

    def children_of(self, factor: str) -> tuple[str, ...]:
        """Codes of the factors right below one."""
        return tuple(child.code for child in self.factors if child.parent == factor)

    def items_below(self, factor: str) -> tuple[Item, ...]:
        """The rated items of a factor and of all factors under it, in order."""
        inside = {factor}
        for child in self.factors:  # parents come before children
            if child.parent in inside:
                inside.add(child.code)
        return tuple(item for item in self.rated_items if item.factor in inside)

    @cached_property
    def lowest_grade(self) -> Grade:
        """The least sure grade among the questions of the core."""
        return lowest(item.grade for item in self.items if item.origin == "core")

    @property
    def grade(self) -> Grade:
        """The grade of the whole form: the lowest among the questions of its core."""
        return self.lowest_grade

    def lowest_grade_of(self, codes: Iterable[str]) -> Grade:
        """The least sure grade among some questions: what stands under a table made of them."""
        return lowest(self.item(code).grade for code in codes)

    @property
    def legal_basis(self) -> tuple[Decision, ...]:
        """The decisions to cite."""
        return tuple(decision for decision in self.decisions if decision.role == "basis")

    def said(self, text: Text, language: str) -> str:
        """The words as people read them: what the form prints stands in the place of each parameter."""
        return render(text, language, self.parameter_values(language))

    def parameter_values(self, language: str, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """Values for the placeholders: what the campaign gave, else the defaults."""
        defaults = {one.code: one.default.inside(language) for one in self.parameters}
        return {
            **defaults,
            **{code: value for code, value in (given or {}).items() if code in defaults and value},
        }
