"""One version to be read from top to bottom: frozen views of its questions, answers, figures, sources and notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from instruments import condition_sentences
from instruments.conditions import ConditionError
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item, Statement
from instruments.model.index_rules import RULES, WEIGHED, IndexRule, Rounding
from instruments.model.indices import Index, plan
from instruments.model.provenance import Decision, Note
from instruments.model.response_domains import Number, OpenText, Option, Scale
from instruments.model.text import Text
from instruments.overlays import overlay


@dataclass(frozen=True)
class ElementView:
    """A question, or words between the questions."""

    code: str
    label: str
    text: Text
    wording: Text  # as shown: differs from the text where a unit shows its own words
    hint: Text | None
    kind: str  # rating, single, multiple, number, date, text; statement
    scale: str | None
    options: tuple[Option, ...]  # of the question alone
    response: Number | OpenText | None
    other: int | None
    factor: Text | None
    short: str
    grade: str
    source: int | None  # its number in the list of sources
    decision: str
    local: bool
    voluntary: bool
    sensitive: str | None
    asked: bool
    given_by: str | None
    condition: str

    @property
    def is_question(self) -> bool:
        return self.kind != "statement"


@dataclass(frozen=True)
class SectionView:
    code: str
    title: Text | None
    local: bool
    condition: str
    elements: tuple[ElementView, ...]


@dataclass(frozen=True)
class ScaleView:
    scale: Scale
    options: tuple[Option, ...]  # as the form shows them
    used_by: int


@dataclass(frozen=True)
class FactorView:
    code: str
    name: Text
    depth: int
    items: int
    local: bool


@dataclass(frozen=True)
class FigureView:
    """One declared rule and what it is made of."""

    level: str
    rule: str
    formula: str  # an English source text
    grade: str
    measure: str
    name: Text | None
    figures: int  # how many it unfolds into
    items: int  # of the first figure
    headline: bool
    rounding: Rounding | None  # its own, where it has one
    local: bool
    weights: tuple[tuple[str, float], ...]  # of its parts, where one has a weight of its own


@dataclass(frozen=True)
class Core:
    """Whether the version still is the locked form it refers to."""

    name: str  # "byt56-m2@1"; empty: it is its own core
    state: str  # own, conforms, differs, unknown


@dataclass(frozen=True)
class Reading:
    document: InstrumentVersion
    sections: tuple[SectionView, ...]
    scales: tuple[ScaleView, ...]
    factors: tuple[FactorView, ...]
    figures: tuple[FigureView, ...]
    decisions: tuple[Decision, ...]
    sources: tuple[str, ...]
    notes: tuple[tuple[str, tuple[Note, ...]], ...]
    core: Core
    additions: tuple[str, ...]  # codes of what was added locally
    switched_off: tuple[str, ...]


NOTE_ORDER = ("unknown", "doubt", "use", "omitted", "setting", "variant", "correction")


def read(document: InstrumentVersion, language: str, core: InstrumentVersion | None) -> Reading:
    """Everything there is to read. `core`: the locked form that the version refers to, if it is in the record."""
    passages = (document.introduction, document.instruction, document.screen_instruction)
    sources = tuple(dict.fromkeys(s for e in (*document.elements, *filter(None, passages)) if (s := e.source)))
    planned = plan(document)
    return Reading(
        document=document,
        sections=tuple(_sections(document, language, sources)),
        scales=tuple(
            ScaleView(scale, _shown(scale), sum(item.scale == scale.code for item in document.items))
            for scale in document.scales
        ),
        factors=tuple(_factors(document)),
        figures=tuple(_figure(rule, planned) for rule in document.indices),
        decisions=document.decisions,
        sources=sources,
        notes=tuple(
            (kind, found) for kind in NOTE_ORDER if (found := tuple(n for n in document.notes if n.kind == kind))
        ),
        core=_core(document, core),
        additions=tuple(_additions(document)),
        switched_off=tuple(item.code for item in document.items if not item.asked and item.origin == "core"),
    )


def _sections(document: InstrumentVersion, language: str, sources: tuple[str, ...]) -> Iterator[SectionView]:
    names = {factor.code: factor.name for factor in document.factors}
    for section in document.sections:
        yield SectionView(
            code=section.code,
            title=section.title,
            local=section.origin == "overlay",
            condition=condition(document, section.show_if, language),
            elements=tuple(_element(document, e, language, names, sources) for e in section.elements),
        )


def _element(
    document: InstrumentVersion,
    element: Item | Statement,
    language: str,
    factors: dict[str, Text],
    sources: tuple[str, ...],
) -> ElementView:
    question = element if isinstance(element, Item) else None
    response = question.response if question else None
    decision = next((d for d in document.decisions if question and d.code == question.decision), None)
    return ElementView(
        code=element.code,
        label=(question.label or "") if question else "",
        text=element.text,
        wording=question.wording if question else element.text,
        hint=question.hint if question else None,
        kind=question.kind if question else "statement",
        scale=question.scale if question and any(s.code == question.scale for s in document.scales) else None,
        options=document.options_shown(question) if question and not question.scale else (),
        response=response if isinstance(response, Number | OpenText) else None,
        other=question.other if question else None,
        factor=factors.get(question.factor or "") if question else None,
        short=(question.short or "") if question else "",
        grade=element.grade,
        source=sources.index(element.source) + 1 if element.source else None,
        decision=(decision.number or decision.title) if decision else "",
        local=element.origin == "overlay",
        voluntary=question.voluntary if question else False,
        sensitive=question.sensitive if question else None,
        asked=question.asked if question else True,
        given_by=question.given_by if question else None,
        condition=condition(document, element.show_if, language),
    )


def condition(document: InstrumentVersion, source: str | None, language: str) -> str:
    """A condition as a sentence; what cannot be read, as it was written."""
    if source is None:
        return ""
    try:
        return condition_sentences.sentence(document, source, language)
    except ConditionError:
        return source


def _shown(scale: Scale) -> tuple[Option, ...]:
    substantive = [option for option in scale.options if option.substantive]
    if scale.shown == "reversed":
        substantive.reverse()
    return (*substantive, *(option for option in scale.options if not option.substantive))


def _factors(document: InstrumentVersion) -> Iterator[FactorView]:
    """The tree, each factor after its parent."""
    children: dict[str | None, list[str]] = {}
    for factor in document.factors:
        children.setdefault(factor.parent, []).append(factor.code)
    by_code = {factor.code: factor for factor in document.factors}

    def below(parent: str | None, depth: int) -> Iterator[FactorView]:
        for code in children.get(parent, ()):
            factor = by_code[code]
            count = len(document.items_below(code))
            yield FactorView(code, factor.name, depth, count, factor.origin == "overlay")
            yield from below(code, depth + 1)

    yield from below(None, 0)


def _figure(rule: IndexRule, planned: tuple[Index, ...]) -> FigureView:
    unfolded = [i for i in planned if (i.level, i.rule, i.measure) == (rule.level, rule.rule, rule.measure)]
    facts = RULES[rule.rule]
    weights = dict(pair for i in unfolded if i.weighed for pair in zip(i.children, i.weights, strict=True))
    return FigureView(
        level=rule.level,
        rule=rule.rule,
        formula=WEIGHED if weights else facts.formula,
        grade=facts.grade,
        measure=rule.measure,
        name=rule.name,
        figures=len(unfolded),
        items=len(unfolded[0].items) if unfolded else 0,
        headline=rule.headline,
        rounding=rule.rounding,
        local=rule.origin == "overlay",
        weights=tuple(weights.items()),
    )


def _core(document: InstrumentVersion, core: InstrumentVersion | None) -> Core:
    if document.core is None:
        return Core("", "own")
    name = f"{document.core.code}@{document.core.version}"
    if core is None:
        return Core(name, "unknown")
    return Core(name, "conforms" if overlay.conforms(document, core) else "differs")


def _additions(document: InstrumentVersion) -> Iterator[str]:
    yield from (section.code for section in document.sections if section.origin == "overlay")
    yield from (element.code for element in document.elements if element.origin == "overlay")
    for scale in document.scales:
        yield from (f"{scale.code}: {option.code}" for option in scale.options if option.origin == "overlay")
    for item in document.items:
        own = document.options(item) if not item.scale else ()
        yield from (f"{item.code}: {o.code}" for o in own if o.origin == "overlay" and item.origin == "core")
    yield from (f"{rule.level}.{rule.rule}" for rule in document.indices if rule.origin == "overlay")
