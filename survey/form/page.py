"""The page of a form as frozen views for `templates/citizen/form.html`, built from a version, the place it is opened
at, and what was typed.

The citizen's face sends this page to telephones; the designer's face shows the very same page as a preview. What
differs between them is in `Place` and `Addresses`: where the form stands, where it is sent, what protects it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from flask_babel import gettext as _
from markupsafe import Markup

from instruments.answering_time import minutes_for
from instruments.answers import OTHER, AnswerProblem
from instruments.condition_sentences import sentence
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item, Section, Statement
from instruments.model.provenance import Decision
from instruments.model.recordings import recording_of, spoken_languages
from instruments.model.response_domains import Number
from instruments.model.text import heading_words, render
from instruments.routing import Page, pages, questions_for_everyone, statement
from survey.config import ROOT
from survey.form import conditional_styles
from survey.i18n import own_name
from survey.queries.intake.entry import FieldChoice
from survey.web.safe_html import safe
from survey.words.figures import day
from survey.words.standing import CLAIMS

NO_RULES = Markup("")
OTHER_FIELD = "0"  # the row "other / do not remember" of the first question
PRINTED_NUMBER = re.compile(r"\s*Câu \d")
FACES = {1: "f1", 2: "f2", 3: "f3", 4: "f4", 5: "f5"}


@dataclass(frozen=True)
class Province:
    """What the province has set for its citizens to read."""

    name: str
    domain: str
    hotline: str
    retention_months: int
    minimum_cell: int = 10  # no summary is shown of fewer people
    backup_days: int = 35  # back-ups are gone so many days after what they hold was deleted
    complaints: str = ""  # where to complain, in the province's own words


@dataclass(frozen=True)
class Place:
    """Where a form is opened, as its page says it."""

    agency: str  # whose work is judged
    point: str
    received_at: str  # the unit that received the person, where it is another one
    asked_by: str
    synthetic: bool
    asks_field: bool  # the code does not say which kind of procedure it was


@dataclass(frozen=True)
class Addresses:
    """Where the form is sent, under which name its protection travels, and where its footer leads (if anywhere)."""

    send: str
    key_name: str = "_key"
    privacy: str = ""
    receipt: str = ""
    recordings: str = ""  # the folder of what is read aloud; empty: nothing is


@dataclass(frozen=True)
class OptionView:
    value: str
    label: Markup
    face: str | None
    set_apart: bool  # "no opinion" and its like: dashed, after the others
    checked: bool


@dataclass(frozen=True)
class QuestionView:
    name: str
    kind: str  # rating, single, multiple, number, date, text
    place: str  # "Câu 3 trên 9"
    group: str  # the factor's name
    text: Markup
    hint: str
    options: tuple[OptionView, ...] = ()
    value: str = ""
    unit: str = ""
    other_value: str = ""
    other: str = ""  # the option beside which one may write
    voluntary: bool = False
    added: bool = False  # a local addition, not part of the form as issued
    condition: str = ""
    problems: tuple[str, ...] = ()
    recording: str = ""  # where it is read aloud


@dataclass(frozen=True)
class WordsView:
    """Words between the questions."""

    text: Markup
    is_title: bool = False
    id: str = ""  # where a condition hangs on the words
    recording: str = ""


@dataclass(frozen=True)
class PartView:
    number: int
    total: int
    title: str
    blocks: tuple[QuestionView | WordsView, ...]


@dataclass(frozen=True)
class FormPage:
    to: Addresses
    language: str
    languages: tuple[tuple[str, str], ...]  # code and own name of the other languages
    agency: str
    place: str
    heading: str
    title: str
    asked_by: str
    address: str
    questions: int
    minutes: int
    introduction: Markup | None
    instruction: Markup | None
    added_option: str  # the words of an answer added locally, where there is one
    claim: str  # what it may not be taken for; empty: an official form
    basis: str
    reference_translation: bool
    synthetic: bool
    province: Province
    parts: tuple[PartView, ...]
    conditions: Markup = NO_RULES  # rules of the style sheet that take away what does not follow
    field_options: tuple[OptionView, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()  # (id of the question, sentence)
    notice: str = ""
    read_aloud: frozenset[str] = frozenset()  # languages in which everything can be heard
    open_answer: bool = False  # offers to send it although the code can no longer be used

    @property
    def several(self) -> bool:
        return len(self.parts) > 1


@dataclass
class _Typed:
    """What was written, what was wrong with it, and where the recordings are, if there are all of this language."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recordings: str = ""


def form_page(
    place: Place,
    version: InstrumentVersion,
    to: Addresses,
    *,
    language: str,
    province: Province,
    fields: tuple[FieldChoice, ...],
    typed: Mapping[str, Sequence[str]] | None = None,
    problems: Sequence[AnswerProblem] = (),
    notice: str = "",
    open_answer: bool = False,
    general_problem: str = "",
) -> FormPage:
    """The whole form in one language, with what was already answered."""
    sentences = _sentences([p for p in problems if p.kind != "hidden_item"])
    asks_field = place.asks_field and bool(fields)
    read_aloud = frozenset() if asks_field or not to.recordings else frozenset(spoken_languages(version))
    work = _Typed(typed or {}, sentences, to.recordings if language in read_aloud else "")
    numbers = _places(version)
    total = len(numbers)
    values = version.parameter_values(language)
    all_pages = pages(version)
    parts = tuple(_part(version, page, language, values, numbers, work) for page in all_pages)
    instruction = version.screen_instruction or version.instruction
    listed = [(f"q-{code}", sentence) for code, several in sentences.items() for sentence in several]
    listed += [("", _dropped(version, p.item, language, values)) for p in problems if p.kind == "hidden_item"]
    if general_problem:
        listed.insert(0, ("form", general_problem))
    return FormPage(
        to=to,
        language=language,
        languages=tuple((code, own_name(code)) for code in version.language_codes if code != language),
        agency=place.agency,
        place=", ".join(filter(None, (place.point, _received_at(place)))),
        heading=render(version.display.question or version.short_title, language, values),
        title=render(version.title, language, values),
        asked_by=place.asked_by or province.name or place.agency,
        address=version.address.inside(language),
        questions=total,
        minutes=minutes_for(total),
        introduction=safe(render(version.introduction.text, language, values)) if version.introduction else None,
        instruction=safe(render(instruction.text, language, values)) if instruction else None,
        added_option=_added_option(version, language),
        claim="" if version.claim == "official" else f"{_(CLAIMS[version.claim])}.",
        basis="; ".join(_citation(d) for d in version.legal_basis),
        reference_translation=language != version.source_language,
        synthetic=place.synthetic,
        province=province,
        parts=parts,
        conditions=conditional_styles.style(version),
        field_options=_fields(fields, language, work) if asks_field else (),
        problems=tuple(listed),
        notice=notice,
        read_aloud=read_aloud,
        open_answer=open_answer,
    )  # fmt: skip


@cache
def stylesheet() -> str:
    """The style sheet of the form's page, small enough to travel inside each page."""
    text = (ROOT / "static" / "css" / "citizen.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/|\s*\n\s*", "", text, flags=re.S)
    return re.sub(r"\s*([{};,])\s*", r"\1", text.replace(": ", ":"))


def _places(version: InstrumentVersion) -> dict[str, str]:
    """Where one is, by question. "Câu 9 trên 63" above a printed "Câu 2." would be two numbers for one question."""
    asked = questions_for_everyone(version)
    total = len(asked)
    if any(PRINTED_NUMBER.match(item.wording.inside(version.source_language)) for item in asked):
        return {item.code: _("%(number)s of %(total)s", number=n, total=total) for n, item in enumerate(asked, 1)}
    return {item.code: _("Question %(number)s of %(total)s", number=n, total=total) for n, item in enumerate(asked, 1)}


def _received_at(place: Place) -> str:
    """The unit that received the person, without the agency's name, which the page has just said."""
    unit, agency = place.received_at, place.agency
    if unit.casefold().endswith(agency.casefold()):
        unit = unit[: len(unit) - len(agency)].rstrip(" ,–-").removesuffix(" của")
    return unit


def _dropped(version: InstrumentVersion, code: str, language: str, values: Mapping[str, str]) -> str:
    """Said of an answer that was taken off because its question, now out of sight, does not follow."""
    words = _(
        "“%(question)s” does not follow from the answers before it, so its answer was taken away. Press Send again.",
        question=render(version.item(code).wording, language, values),
    )
    return str(words)


def _sentences(problems: Sequence[AnswerProblem]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for problem in problems:
        sentence = _(problem.message_key, **problem.params) if problem.params else _(problem.message_key)
        found[problem.item] = (*found.get(problem.item, ()), sentence)
    return found


def _fields(fields: tuple[FieldChoice, ...], language: str, work: _Typed) -> tuple[OptionView, ...]:
    """The first question, where the code does not say the field of procedure.

    Its answers are the record's, not the questionnaire's, so nobody has read them aloud; a form that begins with it is
    not offered as spoken.
    """
    chosen = next(iter(work.values.get("_field", ())), None)
    rows = [
        OptionView(str(f.id), safe(f.name_en if language == "en" and f.name_en else f.name), None, False,
                   chosen == str(f.id))
        for f in fields
    ]  # fmt: skip
    other = OptionView(OTHER_FIELD, safe(_("Other, or I do not remember")), None, True, chosen == OTHER_FIELD)
    return (*rows, other)


def _part(
    version: InstrumentVersion,
    page: Page,
    language: str,
    values: Mapping[str, str],
    numbers: Mapping[str, str],
    work: _Typed,
) -> PartView:
    blocks: list[QuestionView | WordsView] = []
    for position, section in enumerate(page.sections):
        if position and section.title is not None:
            blocks.append(WordsView(safe(heading_words(render(section.title, language, values))), is_title=True))
        if position == 0 and section.stem is not None:
            blocks.append(WordsView(safe(render(statement(version, section.stem).text, language, values))))
        for element in section.elements:
            if isinstance(element, Statement):
                words = safe(render(element.text, language, values))
                id_ = conditional_styles.element_id(element.code) if element.show_if else ""
                blocks.append(WordsView(words, id=id_, recording=_recording(version, element, language, work)))
            elif element.asked:
                blocks.append(_question(version, section, element, language, values, numbers, work))
    first = page.sections[0].title
    title = render(first, language, values) if first else ""
    return PartView(page.number, page.total, title, _under_titles(blocks, title if page.total > 1 else ""))


def _under_titles(blocks: list[QuestionView | WordsView], title: str) -> tuple[QuestionView | WordsView, ...]:
    """The blocks of a part; a question does not repeat the factor's name where the title above it says it."""
    told: list[QuestionView | WordsView] = []
    for block in blocks:
        if isinstance(block, WordsView):
            title = str(block.text) if block.is_title else title
        elif block.group and block.group.casefold() in title.casefold():
            block = replace(block, group="")
        told.append(block)
    return tuple(told)


def _question(
    version: InstrumentVersion,
    section: Section,
    item: Item,
    language: str,
    values: Mapping[str, str],
    numbers: Mapping[str, str],
    work: _Typed,
) -> QuestionView:
    typed = work.values.get(item.code, ())
    factor = next((f for f in version.factors if f.code == item.factor), None)
    unit = item.response.unit if isinstance(item.response, Number) else None
    return QuestionView(
        name=item.code,
        kind=item.kind,
        place=numbers.get(item.code, ""),
        group=heading_words(render(factor.name, language, values)) if factor else "",
        text=safe(render(item.wording, language, values)),
        hint=render(item.hint, language, values) if item.hint else "",
        options=_options(version, item, language, typed),
        value=typed[0] if typed and item.kind in ("number", "date", "text") else "",
        unit=unit.inside(language) if unit else "",
        other_value=next(iter(work.values.get(item.code + OTHER, ())), ""),
        other="" if item.other is None else str(item.other),
        voluntary=item.voluntary,
        added=item.origin == "overlay",
        condition=_condition(version, section, item, language),
        problems=work.problems.get(item.code, ()),
        recording=_recording(version, item, language, work),
    )


def _recording(version: InstrumentVersion, element: Item | Statement, language: str, work: _Typed) -> str:
    """Where it is read aloud, in a language in which everything is."""
    found = recording_of(version, element, language) if work.recordings else None
    return work.recordings + found.file if found is not None else ""


def _options(version: InstrumentVersion, item: Item, language: str, typed: Sequence[str]) -> tuple[OptionView, ...]:
    faces = version.measures_satisfaction(item)
    variant = getattr(item.response, "variant", None)
    rows = [
        OptionView(
            str(option.code),
            safe((next((v.label for v in option.variants if v.name == variant), option.label)).inside(language)),
            FACES.get(option.code) if faces and option.substantive else None,
            not option.substantive,
            str(option.code) in typed,
        )
        for option in version.options_shown(item)
    ]
    if item.voluntary and item.kind == "single":
        rows.append(OptionView("", safe(_("I would rather not say")), None, True, False))
    return tuple(rows)


def _added_option(version: InstrumentVersion, language: str) -> str:
    for item in version.asked_items:
        for option in version.options(item):
            if option.origin == "overlay" and item.origin == "core":
                return option.label.inside(language)
    return ""


def _condition(version: InstrumentVersion, section: Section, item: Item, language: str) -> str:
    sources = [source for source in (section.show_if, item.show_if) if source]
    return " ".join(sentence(version, source, language) for source in sources)


def _citation(decision: Decision) -> str:
    """ "Quyết định 56/QĐ-BYT … ngày 08/01/2024, Mẫu số 2": the legal chain stays in its own language."""
    parts = [decision.title.partition(":")[0]]
    if decision.date is not None:
        parts.append(f" ngày {day(decision.date)}")
    if decision.form is not None:
        parts.append(f", {decision.form}")
    return "".join(parts)
