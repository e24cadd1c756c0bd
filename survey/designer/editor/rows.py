"""Makes the rows of the editor's pages from a document. Nothing is read from the record here."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext

from instruments import condition_sentences, editing
from instruments.conditions import ConditionError
from instruments.editing import answer_library
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item, Statement
from instruments.model.index_rules import RULES, WEIGHED
from instruments.model.indices import plan
from instruments.model.response_domains import Number, OpenText, Option, Scale
from survey.designer.editor.actions import answers_value
from survey.designer.editor.findings import Findings
from survey.designer.editor.pages import (
    ApartAnswers,
    Completeness,
    ConditionPart,
    ElementRow,
    FactorRow,
    FigureRow,
    OpenElement,
    OptionRow,
    ScaleRow,
    SectionRow,
    TextRow,
)
from survey.queries.questionnaires.drafts import Remark
from survey.web.questionnaire_text import plain

SHORT_FORM = 12  # elements up to which every part is shown open


def question_rows(
    v: InstrumentVersion,
    language: str,
    found: Findings,
    remarks: Sequence[Remark],
    *,
    open_code: str,
    asked: str,
    fixed: frozenset[str],
    shown: str = "",
) -> tuple[SectionRow, ...]:
    """The parts of the draft; of a long one only the part with the open element, or the one asked for, unfolded.

    `shown`: code of a part, or of anything in it.
    """
    by_element: dict[str, list[Remark]] = {}
    for one in remarks:
        by_element.setdefault(one.element, []).append(one)
    unfolded = _unfolded(v, (open_code, shown))
    first, last = v.elements[0].code, v.elements[-1].code
    rows = []
    for n, section in enumerate(v.sections):
        is_shown = unfolded is None or section.code == unfolded
        elements = tuple(
            ElementRow(
                code=e.code,
                label=(e.label or "") if isinstance(e, Item) else "",
                text=e.wording if isinstance(e, Item) else e.text,
                kind=e.kind if isinstance(e, Item) else "statement",
                answers=_answers_in_words(v, e, language) if isinstance(e, Item) else "",
                tags=_tags(v, e),
                condition=_sentence(v, e.show_if, language),
                findings=found.elements.get(e.code, ()),
                remarks=tuple(by_element.get(e.code, ())),
                open=_open(v, e, language, asked, fixed) if e.code == open_code else None,
                is_first=e.code == first,
                is_last=e.code == last,
                locked=editing.is_locked(v, e),
                may_adapt=isinstance(e, Item) and _may_adapt(v, e),
            )
            for e in (section.elements if is_shown else ())
        )
        rows.append(
            SectionRow(
                code=section.code,
                title=section.title,
                condition=_sentence(v, section.show_if, language),
                findings=found.sections.get(section.code, ()),
                elements=elements,
                size=len(section.elements),
                findings_inside=sum(len(found.elements.get(e.code, ())) for e in section.elements),
                is_first=n == 0,
                is_last=n == len(v.sections) - 1,
                open=_condition(v, section.elements[0].code, asked, language) if section.code == open_code else None,
                locked=editing.is_locked(v, section),
                shown=is_shown,
            )
        )
    return tuple(rows)


def _unfolded(v: InstrumentVersion, wanted: Sequence[str]) -> str | None:
    """The one part that is shown with its questions; None: every part."""
    if len(v.sections) == 1 or len(v.elements) <= SHORT_FORM:
        return None
    for code in wanted:
        for section in v.sections:
            if code and (section.code == code or any(e.code == code for e in section.elements)):
                return section.code
    asked = (s.code for s in v.sections if any(isinstance(e, Item) and e.asked for e in s.elements))
    return next(asked, v.sections[0].code)


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
            locked=editing.is_locked(v, s),
            used_by=tuple(item.code for item in v.items if item.scale == s.code),
            options=option_rows(v, s.options, None),
            findings=found.scales.get(s.code, ()),
            apart=_apart(v, s),
        )
        for s in v.scales
    )


def _may_adapt(v: InstrumentVersion, item: Item) -> bool:
    """Whether the locked form leaves a unit anything to choose about this question."""
    if item.given_by is not None:
        return item.relabelable
    return item.hideable or item.relabelable or editing.is_locked_list(v, item)


def _apart(v: InstrumentVersion, part: Scale | Item) -> ApartAnswers | None:
    if not editing.is_locked_list(v, part):
        return None
    options = editing.answers_of(v, part.code)
    taken = {option.code for option in options}
    return ApartAnswers(
        code=part.code,
        local=tuple(option for option in options if option.origin == "overlay"),
        menu=tuple(
            (str(one.code), f"{one.code}: {plain(one.label)}")
            for one in answer_library.SET_APART
            if one.code not in taken
        ),
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
        FigureRow(
            n,
            rule,
            WEIGHED if rule.weights else RULES[rule.rule].formula,
            counts.get((rule.level, rule.rule, rule.measure), 0),
            editing.is_locked(v, rule),
            tuple((given.child, given.weight) for given in rule.weights),
        )
        for n, rule in enumerate(v.indices)
    )


def factor_rows(v: InstrumentVersion) -> tuple[FactorRow, ...]:
    return tuple(FactorRow(f, len(v.items_below(f.code)), editing.is_locked(v, f)) for f in v.factors)


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
    locked = _is_locked_language(v, language)
    return tuple(
        TextRow(key, text.inside(source), text.get(language, ""), _place_of(key))
        for key, text in editing.texts(v)
        if not (only_missing and language in text) and not (locked and not _is_local(v, key))
    )


def _is_locked_language(v: InstrumentVersion, code: str) -> bool:
    return v.core is not None and any(one.code == code and one.origin == "core" for one in v.languages)


def _is_local(v: InstrumentVersion, key: str) -> bool:
    """Whether the text with this key belongs to a local part of a locked form."""
    part: object = v
    for step in key.split("/"):
        if isinstance(part, tuple):
            part = next((p for n, p in enumerate(part) if str(getattr(p, "code", n)) == step), None)
        elif step in ("display", "relabel"):
            return True
        else:
            part = getattr(part, step, None)
        if getattr(part, "origin", "core") == "overlay":
            return True
    return False


def completeness(v: InstrumentVersion) -> tuple[Completeness, ...]:
    texts = [text for _, text in editing.texts(v)]
    return tuple(
        Completeness(
            code=one.code,
            role=one.role,
            grade=one.grade or "",
            locked=_is_locked_language(v, one.code),
            written=sum(one.code in text for text in texts),
            total=len(texts),
        )
        for one in v.languages
    )


def _place_of(key: str) -> str:
    parts = key.split("/")
    return parts[3] if len(parts) > 4 and parts[0] == "sections" else ""


def _open(v: InstrumentVersion, e: Item | Statement, language: str, asked: str, fixed: frozenset[str]) -> OpenElement:
    is_item = isinstance(e, Item)
    own = v.options(e) if isinstance(e, Item) and e.scale is None else ()
    return OpenElement(
        element=e,
        answers=answers_value(e) if isinstance(e, Item) else "",
        menu=answers_menu(v, language) if is_item else (),
        options=option_rows(v, own, e.other) if isinstance(e, Item) and own else (),
        response=e.response if isinstance(e, Item) and isinstance(e.response, Number | OpenText) else None,
        factors=tuple((f.code, plain(f.name)) for f in v.factors if not editing.is_locked(v, f)),
        code_is_fixed=e.code in fixed,
        rates=isinstance(e, Item) and v.measures_satisfaction(e),
        condition=_condition(v, e.code, asked, language),
        apart=_apart(v, e) if isinstance(e, Item) else None,
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
        questions=tuple((item.code, f"{item.code}: {_cut(v.said(item.wording, language))}") for item in before),
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


def _tags(v: InstrumentVersion, e: Item | Statement) -> tuple[str, ...]:
    first = ["local"] if e.origin == "overlay" else ["locked"] if v.core is not None else []
    if not isinstance(e, Item):
        return tuple(first)
    if not e.asked:
        first.append("off")
    if e.relabel is not None:
        first.append("relabelled")
    marks = ("voluntary", "required", "sensitive", "relabelable", "hideable")
    return (*first, *(name for name in marks if getattr(e, name)))
