"""A questionnaire on paper: what stands on the sheet, in which order, for whoever fills it in and whoever types it in.

From the same definition as the page on the phone: ratings of one scale as a table with a number to cross in each cell,
choices as boxes with their codes, lines to write on, the code of every question at the edge for data entry. Facts that
a QR code would carry (unit, day, mode) are lines at the head. Questions that are switched off are not printed. What is
not the official form says so on every page.

`plan` decides all of this once; `paper_pdf` and `paper_docx` only set it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from instruments import codec, condition_sentences
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item, Section, Statement
from instruments.model.response_domains import Number, OpenText, Option
from instruments.model.text import Text, render
from survey.words import figures
from survey.words.standing import CLAIMS

LINES_OF_A_COMMENT = 4
SPOKEN_CONDITIONS = ("vi", "en")


@dataclass(frozen=True)
class PaperWords:
    """The sentences of a sheet in its language."""

    number: str
    question: str
    code: str
    page: str
    filled_by_staff: str
    several_answers: str
    voluntary: str
    blank: str
    claims: dict[str, str]
    reference_translation: str
    trial: str
    entry: str
    local: str
    anonymous: str


@dataclass(frozen=True)
class Answer:
    """One permitted answer: the code to cross and its words."""

    code: int
    words: str
    other_words: str = ""  # of the same code, where a form prints two headings over one column
    opens_line: bool = False
    is_local: bool = False


@dataclass(frozen=True)
class Row:
    """One rated question in a table."""

    number: str
    words: str
    code: str
    condition: str
    is_local: bool


@dataclass(frozen=True)
class Grid:
    """Questions rated on one scale."""

    answers: tuple[Answer, ...]
    rows: tuple[Row, ...]
    kind: str = "grid"


@dataclass(frozen=True)
class Question:
    """A question with its own answers, or lines to write on."""

    number: str
    words: str
    hint: str
    code: str
    condition: str
    note: str
    answers: tuple[Answer, ...]
    lines: int  # to write on; 0 for a choice
    unit: str
    is_date: bool
    kind: str = "question"


@dataclass(frozen=True)
class Said:
    """Words between the questions."""

    words: str
    condition: str
    kind: str = "said"


Block = Grid | Question | Said


@dataclass(frozen=True)
class Part:
    """A section."""

    title: str
    condition: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Paper:
    """A whole form."""

    language: str
    issuer: str
    title: str
    legal: tuple[str, ...]
    warnings: tuple[str, ...]  # what it is not; on every page
    introduction: str
    instruction: str
    anonymous: str
    head: tuple[Question, ...]
    parts: tuple[Part, ...]
    name: str  # byt56-m2@1
    fingerprint: str
    local_note: str  # what the mark + means; empty where nothing was added
    words: PaperWords


def words_in(_: Callable[[str], str]) -> PaperWords:
    """The sentences through the catalogue of a language."""
    return PaperWords(
        number=_("Item no."),
        question=_("Content"),
        code=_("Code"),
        page=_("Page"),
        filled_by_staff=_("Filled in by the unit"),
        several_answers=_("several answers possible"),
        voluntary=_("voluntary"),
        blank=_("Every question may be left blank."),
        claims={code: "" if code == "official" else _(text) for code, text in CLAIMS.items()},
        reference_translation=_("Reference translation"),
        trial=_("TRIAL · made-up data"),
        entry=_("Data entry: the code of each question stands at the right, the code of each answer before it."),
        local=_("+ added by the unit, not part of the form."),
        anonymous=_("Do not write a name, telephone number or identity number on this form."),
    )


def plan(version: InstrumentVersion, language: str, words: PaperWords, *, synthetic: bool = False) -> Paper:
    """What is printed of a version in one of its languages."""
    return _Sheet(version, language, words).paper(synthetic=synthetic)


class _Sheet:
    def __init__(self, version: InstrumentVersion, language: str, words: PaperWords) -> None:
        self._version, self._language, self._words = version, language, words
        self._values = version.parameter_values(language)

    def paper(self, *, synthetic: bool) -> Paper:
        version, words = self._version, self._words
        return Paper(
            language=self._language,
            issuer=self._said(version.issuer),
            title=self._said(version.title),
            legal=tuple(self._legal()),
            warnings=tuple(self._warnings(synthetic)),
            introduction=self._said(version.introduction.text if version.introduction else None),
            instruction=self._said(version.instruction.text if version.instruction else None),
            anonymous=f"{words.anonymous} {words.blank}",
            head=tuple(self._question(item) for item in version.items if self._is_head(item)),
            parts=tuple(part for section in version.sections if (part := self._part(section)).blocks),
            name=f"{version.code}@{version.version}",
            fingerprint=codec.content_hash(version)[:12],
            local_note=words.local if self._has_local_parts() else "",
            words=words,
        )

    def _legal(self) -> Iterator[str]:
        for decision in self._version.legal_basis:
            number = f" {decision.number}" if decision.number and decision.number not in decision.title else ""
            day = f" ({figures.day(decision.date)})" if decision.date else ""
            form = f" · {decision.form}" if decision.form else ""
            yield f"{decision.title}{number}{day}{form}"

    def _warnings(self, synthetic: bool) -> Iterator[str]:
        claim = self._words.claims[self._version.claim]
        if synthetic:
            yield self._words.trial
        if claim:
            yield claim
        if self._language != self._version.source_language:
            yield self._words.reference_translation

    def _has_local_parts(self) -> bool:
        asked = self._version.asked_items
        options = (option for item in asked for option in self._version.options(item))
        return any(item.origin == "overlay" for item in asked) or any(one.origin == "overlay" for one in options)

    def _is_head(self, item: Item) -> bool:
        return item.given_by is not None

    def _part(self, section: Section) -> Part:
        blocks: list[Block] = []
        rows: list[Item] = []
        for element in section.elements:
            if isinstance(element, Item) and (not element.asked or self._is_head(element)):
                continue
            if isinstance(element, Item) and element.kind == "rating":
                if rows and rows[-1].scale != element.scale:
                    blocks.append(self._grid(rows))
                    rows = []
                rows.append(element)
                continue
            if rows:
                blocks.append(self._grid(rows))
                rows = []
            blocks.append(self._statement(element) if isinstance(element, Statement) else self._question(element))
        if rows:
            blocks.append(self._grid(rows))
        return Part(self._said(section.title), self._condition(section.show_if), tuple(blocks))

    def _grid(self, items: list[Item]) -> Grid:
        names = {getattr(item.response, "variant", None) for item in items}
        variant = next((name for name in names if name is not None), None)
        answers = []
        for option in self._version.options_shown(items[0]):
            other = next((one.label for one in option.variants if one.name == variant), None)
            only = names == {variant} and other is not None
            label = self._said(other if only else option.label)
            beside = "" if only or other is None or self._said(other) == label else self._said(other)
            answers.append(Answer(option.code, label, beside, is_local=option.origin == "overlay"))
        rows = tuple(
            Row(
                *self._numbered(item), code=item.code, condition=self._condition(item.show_if),
                is_local=item.origin == "overlay",
            )
            for item in items
        )  # fmt: skip
        return Grid(tuple(answers), rows)

    def _question(self, item: Item) -> Question:
        response = item.response
        answers = tuple(self._answer(item, option) for option in self._version.options_shown(item))
        lines = 0 if answers else 1
        if isinstance(response, OpenText):
            lines = response.lines if not item.voluntary or item.is_fieldwork_fact else LINES_OF_A_COMMENT
        note = self._words.several_answers if item.kind == "multiple" else ""
        number, words = self._numbered(item)
        return Question(
            number=number,
            words=words,
            hint=self._said(item.hint),
            code=item.code,
            condition=self._condition(item.show_if),
            note=", ".join(one for one in (note, self._words.voluntary if item.voluntary else "") if one),
            answers=answers,
            lines=lines,
            unit=self._said(response.unit) if isinstance(response, Number) else "",
            is_date=item.kind == "date",
        )

    def _answer(self, item: Item, option: Option) -> Answer:
        label = self._version.option_label(item, option)
        return Answer(
            option.code, self._said(label), opens_line=option.code == item.other, is_local=option.origin == "overlay"
        )

    def _statement(self, statement: Statement) -> Said:
        return Said(self._said(statement.text), self._condition(statement.show_if))

    def _numbered(self, item: Item) -> tuple[str, str]:
        """The printed number and the words; never the number twice where the words begin with it."""
        words, label = self._said(item.wording), item.label or ""
        rest = words.removeprefix(label)
        if label and rest != words and (not rest or not rest[0].isalnum()):
            return label, rest.lstrip(" .:)") or words
        return label, words

    def _condition(self, source: str | None) -> str:
        if source is None:
            return ""
        language = self._language if self._language in SPOKEN_CONDITIONS else "vi"
        return condition_sentences.sentence(self._version, source, language)

    def _said(self, text: Text | None) -> str:
        return render(text, self._language, self._values) if text is not None else ""
