"""What the editor's templates are given: the rows of a draft, the one element that is open, its findings and menus."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from instruments import answer_library, condition_sentences, editing, linting
from instruments.conditions import ConditionError
from instruments.elements import Item, Section, Statement
from instruments.indices import RULES, IndexRule, plan
from instruments.model import InstrumentVersion
from instruments.problems import Problem
from instruments.response_domains import Number, OpenText, Option, Scale
from instruments.text import Text
from survey.designer.acts import answers_value
from survey.designer.pages import Finding, finding
from survey.queries.drafts import Desk, Remark
from survey.queries.instruments import VersionRow
from survey.wording import plain

Typed = MultiDict[str, str]
_PLACE = re.compile(r"^sections\[(\d+)\](?:\.elements\[(\d+)\])?")
_SCALE = re.compile(r"^scales\[(\d+)\]")


@dataclass(frozen=True)
class Findings:
    """What the checks say, by where it is said."""

    elements: Mapping[str, tuple[Finding, ...]]
    sections: Mapping[str, tuple[Finding, ...]]
    scales: Mapping[str, tuple[Finding, ...]]
    whole: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        return sum(one.severity == "error" for one in self._all())

    @property
    def warnings(self) -> int:
        return sum(one.severity != "error" for one in self._all())

    def _all(self) -> Iterable[Finding]:
        for group in (self.elements, self.sections, self.scales):
            for several in group.values():
                yield from several
        yield from self.whole


def findings_of(v: InstrumentVersion) -> Findings:
    """Every finding of the checks beside what it is about."""
    elements: dict[str, list[Finding]] = {}
    sections: dict[str, list[Finding]] = {}
    scales: dict[str, list[Finding]] = {}
    whole: list[Finding] = []
    translations: dict[str, int] = {}
    for problem in linting.lint(v):
        if problem.code == "translation-missing":  # counted per language, listed on the languages' own page
            language = str(problem.params["language"])
            translations[language] = translations.get(language, 0) + 1
            continue
        said = finding(problem)
        place, scale = _PLACE.match(problem.path), _SCALE.match(problem.path)
        if place and place[2] is not None:
            code = v.sections[int(place[1])].elements[int(place[2])].code
            elements.setdefault(code, []).append(said)
        elif place:
            sections.setdefault(v.sections[int(place[1])].code, []).append(said)
        elif scale:
            scales.setdefault(v.scales[int(scale[1])].code, []).append(said)
        else:
            whole.append(said)
    for language, count in translations.items():
        whole.append(_missing(language, count))
    return Findings(_frozen(elements), _frozen(sections), _frozen(scales), tuple(whole))


def _missing(language: str, count: int) -> Finding:
    words = gettext("%(count)s texts have no translation into “%(language)s” yet.", count=count, language=language)
    return Finding("languages", words, Problem("translation-missing", "").severity)


def _frozen(found: dict[str, list[Finding]]) -> dict[str, tuple[Finding, ...]]:
    return {code: tuple(several) for code, several in found.items()}


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

    @property
    def open_remarks(self) -> int:
        return sum(not one.settled for one in self.remarks)


@dataclass(frozen=True)
class SectionRow:
    code: str
    title: Text | None
    condition: str
    findings: tuple[Finding, ...]
    elements: tuple[ElementRow, ...]
    is_first: bool
    is_last: bool
    open: ConditionPart | None


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
    problem: str = ""  # what the last act was refused for
    typed: Typed | None = None
    form: None = None

    @property
    def failed(self) -> bool:
        return bool(self.problem)

    def value(self, name: str, default: object = "", *, about: str = "") -> str:
        """What stands in a field: what was typed if the act was refused, else what the document says."""
        if self.typed is not None and name in self.typed and self.typed.get("element", "") == about:
            return self.typed[name]
        return "" if default is None else str(default)


@dataclass(frozen=True)
class QuestionsPage(DeskPage):
    sections: tuple[SectionRow, ...] = ()
    menu: tuple[tuple[str, str], ...] = ()
    adding: str = ""  # the part whose form for new questions is open


@dataclass(frozen=True)
class ScaleRow:
    scale: Scale
    used_by: tuple[str, ...]
    options: tuple[OptionRow, ...]
    findings: tuple[Finding, ...]


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


@dataclass(frozen=True)
class FiguresPage(DeskPage):
    figures: tuple[FigureRow, ...] = ()
    rules: tuple[tuple[str, str, str, str], ...] = ()  # value, level, rule, measure
    rated: tuple[tuple[str, str], ...] = ()
    open_figure: int | None = None


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
    fields: tuple[tuple[str, Text | None, bool], ...] = field(default=())


# --- making them ---------------------------------------------------------------------------------------------------


def question_rows(
    v: InstrumentVersion,
    language: str,
    found: Findings,
    remarks: Sequence[Remark],
    *,
    open_code: str,
    asked: str,
    fixed: frozenset[str],
) -> tuple[SectionRow, ...]:
    """The parts of the draft with their elements; the open one with its menus."""
    by_element: dict[str, list[Remark]] = {}
    for one in remarks:
        by_element.setdefault(one.element, []).append(one)
    rows = []
    last = v.elements[-1].code
    first = v.elements[0].code
    for n, section in enumerate(v.sections):
        elements = tuple(
            ElementRow(
                code=e.code,
                label=(e.label or "") if isinstance(e, Item) else "",
                text=e.wording if isinstance(e, Item) else e.text,
                kind=e.kind if isinstance(e, Item) else "statement",
                answers=_answers_in_words(v, e, language) if isinstance(e, Item) else "",
                tags=_tags(e),
                condition=_sentence(v, e.show_if, language),
                findings=found.elements.get(e.code, ()),
                remarks=tuple(by_element.get(e.code, ())),
                open=_open(v, section, e, language, asked, fixed) if e.code == open_code else None,
                is_first=e.code == first,
                is_last=e.code == last,
            )
            for e in section.elements
        )
        rows.append(
            SectionRow(
                code=section.code,
                title=section.title,
                condition=_sentence(v, section.show_if, language),
                findings=found.sections.get(section.code, ()),
                elements=elements,
                is_first=n == 0,
                is_last=n == len(v.sections) - 1,
                open=_condition(v, section.elements[0].code, asked, language) if section.code == open_code else None,
            )
        )
    return tuple(rows)


def answers_menu(v: InstrumentVersion, language: str) -> tuple[tuple[str, str], ...]:
    """Every kind of answer that can be picked: lists of the document, lists of the library, the rest."""
    here = [(f"scale:{s.code}", plain(s.name) or _first_words(s, language)) for s in v.scales]
    taken = {s.code for s in v.scales}
    shelf = [
        (f"scale:{s.code}", gettext("%(name)s (from the library)", name=plain(s.name)))
        for s in answer_library.SCALES
        if s.code not in taken
    ]
    return (
        *here,
        *shelf,
        ("single", gettext("One answer from a list of its own")),
        ("multiple", gettext("Several answers from a list of its own")),
        ("number", gettext("A number")),
        ("percent", gettext("A percentage, with no upper limit unless one is set")),
        ("date", gettext("A date")),
        ("text", gettext("Open text")),
    )


def option_rows(v: InstrumentVersion, options: Sequence[Option], other: int | None) -> tuple[OptionRow, ...]:
    """The answers of a list, and two blank lines for more."""
    rows = [
        OptionRow(n, str(o.code), dict(o.label), o.satisfied, not o.substantive, o.code == other)
        for n, o in enumerate(options)
    ]
    blank = dict.fromkeys(v.language_codes, "")
    rows += [OptionRow(len(rows) + n, "", blank, False, False, False) for n in range(2)]
    return tuple(rows)


def scale_rows(v: InstrumentVersion, found: Findings) -> tuple[ScaleRow, ...]:
    return tuple(
        ScaleRow(
            scale=s,
            used_by=tuple(item.code for item in v.items if item.scale == s.code),
            options=option_rows(v, s.options, None),
            findings=found.scales.get(s.code, ()),
        )
        for s in v.scales
    )


def figure_rows(v: InstrumentVersion) -> tuple[FigureRow, ...]:
    counts: dict[tuple[str, str, str], int] = {}
    try:
        for index in plan(v):
            key = (index.level, index.rule, index.measure)
            counts[key] = counts.get(key, 0) + 1
    except (KeyError, ValueError):
        counts = {}
    return tuple(
        FigureRow(n, rule, RULES[rule.rule].formula, counts.get((rule.level, rule.rule, rule.measure), 0))
        for n, rule in enumerate(v.indices)
    )


def rule_menu() -> tuple[tuple[str, str, str, str], ...]:
    """Every rule at every level it may stand at."""
    return tuple(
        (f"{level}/{name}/{measure}", level, name, measure)
        for name, facts in RULES.items()
        for level in facts.levels
        for measure in facts.measures
    )


def text_rows(v: InstrumentVersion, language: str, *, only_missing: bool) -> tuple[TextRow, ...]:
    """Every text beside its translation."""
    source = v.source_language
    return tuple(
        TextRow(key, text.inside(source), text.get(language, ""), _place_of(key))
        for key, text in editing.texts(v)
        if not (only_missing and language in text)
    )


def completeness(v: InstrumentVersion) -> tuple[Completeness, ...]:
    texts = [text for _, text in editing.texts(v)]
    return tuple(
        Completeness(one.code, one.role, one.grade or "", sum(one.code in text for text in texts), len(texts))
        for one in v.languages
    )


def _place_of(key: str) -> str:
    parts = key.split("/")
    return parts[3] if len(parts) > 4 and parts[0] == "sections" else ""


def _open(
    v: InstrumentVersion, section: Section, e: Item | Statement, language: str, asked: str, fixed: frozenset[str]
) -> OpenElement:
    is_item = isinstance(e, Item)
    own = v.options(e) if isinstance(e, Item) and e.scale is None else ()
    del section
    return OpenElement(
        element=e,
        answers=answers_value(e) if isinstance(e, Item) else "",
        menu=answers_menu(v, language) if is_item else (),
        options=option_rows(v, own, e.other) if isinstance(e, Item) and own else (),
        response=e.response if isinstance(e, Item) and isinstance(e.response, Number | OpenText) else None,
        factors=tuple((f.code, plain(f.name)) for f in v.factors),
        code_is_fixed=e.code in fixed,
        rates=isinstance(e, Item) and v.measures_satisfaction(e),
        condition=_condition(v, e.code, asked, language),
    )


def _condition(v: InstrumentVersion, code: str, asked: str, language: str) -> ConditionPart:
    """What may be asked about: the questions before this one."""
    before: list[Item] = []
    for element in v.elements:
        if element.code == code:
            break
        if isinstance(element, Item) and element.asked:
            before.append(element)
    chosen = next((item for item in before if item.code == asked), None)
    return ConditionPart(
        asked=chosen.code if chosen else "",
        kind=chosen.kind if chosen else "",
        options=tuple((o.code, o.label.inside(language)) for o in v.options(chosen)) if chosen else (),
        questions=tuple((item.code, f"{item.code}: {_cut(item.wording.inside(language))}") for item in before),
    )


def _cut(words: str) -> str:
    return words if len(words) <= 70 else words[:69] + "…"


def _sentence(v: InstrumentVersion, source: str | None, language: str) -> str:
    if source is None:
        return ""
    try:
        return condition_sentences.sentence(v, source, language)
    except (ConditionError, KeyError):
        return source


def _answers_in_words(v: InstrumentVersion, item: Item, language: str) -> str:
    options = v.options_shown(item)
    labels = [v.option_label(item, option).inside(language) for option in options]
    shown = " · ".join(labels[:3])
    return f"{shown} …" if len(labels) > 3 else shown


def _first_words(scale: Scale, language: str) -> str:
    return " / ".join(option.label.inside(language) for option in scale.options[:2])


def _tags(e: Item | Statement) -> tuple[str, ...]:
    if not isinstance(e, Item):
        return ()
    marks = ("voluntary", "required", "sensitive", "relabelable", "hideable")
    found = [name for name in marks if getattr(e, name)]
    return (*found, "local") if e.origin == "overlay" else tuple(found)
