"""Every setting of the questionnaire format does something: nothing may be declared that nobody carries out.

A probe is one change of a document: what is set, and on which surface it shows. A field of the format without a probe
fails by its name, and so does a probe whose change changes nothing.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from flask import Flask

from instruments import answers, codec
from instruments.checks import integrity, linting
from instruments.model.document import InstrumentVersion
from instruments.schema import schema
from instruments.versions import comparability
from survey import i18n
from survey.exports import paper
from survey.form.page import Addresses, Place, Province, form_page
from survey.models.people.accounts import Account, Role
from survey.services.estimates.answer_columns import column_names
from survey.services.estimates.disclosure.hidden_cells import Shown
from survey.services.estimates.group_means import group_means
from survey.services.estimates.measure_plans import plan_of
from survey.services.estimates.visible_rows import Row
from survey.services.files.answer_rows import Taken
from survey.services.files.official_layouts import LaidOut
from tests.factories.record import Record
from tests.instruments.factory import JSON, document, item, multiple, option, scale, section, single, words
from tests.staff_client import StaffClient

COUNTER = Place(agency="UBND", point="Quầy 1", received_at="", asked_by="", synthetic=False, asks_field=False)
PROVINCE = Province(name="Đà Nẵng", domain="", hotline="1022", retention_months=24)
LONG = "Ông/Bà đánh giá thế nào về " + "thái độ và sự hướng dẫn của công chức " * 4


@dataclass(frozen=True)
class Installation:
    """Where a document is shown."""

    app: Flask
    record: Record
    designer: StaffClient


# --- surfaces: where a setting may show -------------------------------------------------------------------------------


def form(at: Installation, version: InstrumentVersion) -> str:
    """What a citizen meets."""
    with at.app.test_request_context():
        to = Addresses(send="/x", recordings="/r")
        return repr(form_page(COUNTER, version, to, language="vi", province=PROVINCE, fields=()))


def sheet(at: Installation, version: InstrumentVersion) -> str:
    """The form on paper."""
    return repr(paper.plan(version, "vi", paper.words_in(i18n.translations("vi").gettext)))


def taken(at: Installation, version: InstrumentVersion) -> str:
    """What is kept of the answers of a person who answers everything with 2, 2.5 and words, and what is asked again."""
    raw = {i.code: ["2.5" if i.kind == "number" else "2"] for i in version.items} | {"q2": ["x" * 600]}
    found = answers.read(version, raw)
    return repr((found, answers.missing(version, answers.read(version, {}))))


def checked(at: Installation, version: InstrumentVersion) -> str:
    """What the checks say to the author."""
    return repr(sorted((p.code, p.path) for p in (*integrity.problems(version), *linting.lint(version))))


def estimated(at: Installation, version: InstrumentVersion) -> str:
    """What is computed from the answers, and how it is published."""
    found = plan_of(codec.dumps(version))
    return repr((found.measures, found.figures))


def rolled_up(at: Installation, version: InstrumentVersion) -> str:
    """Which means of units stand beside the headline, of two units and of forms without one."""
    units = [Row(label="", shown=Shown(value=0.5 + key / 10, n=20 + key), key=key) for key in (0, 1, 2)]
    return repr(group_means(version.rollup, units, known=lambda key: key > 0))


def laid_out(at: Installation, version: InstrumentVersion) -> str:
    """What the official tables hold, of two people who chose the first answer and the second."""
    names = (name for item in version.asked_items for name in column_names(item, version))
    taken = Taken(version, ["a", "b"], [], [], {name: np.array([1, 2], np.uint8) for name in names}, {}, [], [], [])
    return repr([(sheet.headings, list(sheet.rows)) for sheet in LaidOut(taken, {}, "vi").sheets(version.exports)])


def core(at: Installation, version: InstrumentVersion) -> str:
    """What is the locked form, and what was added to it."""
    return codec.core_hash(version)


def series(at: Installation, version: InstrumentVersion) -> str:
    """What may be joined with an earlier version of the same form."""
    before = codec.loads_draft(json.dumps(document(section("main", item("q1", text=words("Cũ")), item("q9")))))
    return repr(comparability.compare(before, version))


def listed(at: Installation, version: InstrumentVersion) -> str:
    """The page of a version, without what only names the document itself."""
    code = f"phieu-{at.record.number()}"
    at.record.version(codec.dumps(version), code=code)
    return re.sub(rf"{code}|[0-9a-f]{{64}}", "", at.designer.get(f"/quan-tri/bo-cau-hoi/{code}/1").text)


# --- probes -----------------------------------------------------------------------------------------------------------


Surface = Callable[[Installation, InstrumentVersion], str]


@dataclass(frozen=True)
class Probe:
    """In a document the field at a path is given a value: the surface differs."""

    surface: Surface
    path: str
    value: Any
    base: JSON = dataclasses.field(default_factory=document)


Q1 = "sections.0.elements.0."
STATEMENT = {"type": "statement", "code": "s1", "text": words("Xin đọc."), "grade": "verbatim"}
RECORDING = {"language": "vi", "file": "a.mp3", "digest": "0" * 64, "seconds": 3}
DECISION = {"code": "qd1", "title": "Quyết định 1", "grade": "verbatim"}
FACTOR = {"code": "A", "name": words("Yếu tố A"), "grade": "verbatim"}
POOLED = {"level": "overall", "rule": "top2_answers", "measure": "rate", "headline": True}
PER_ITEM = {"level": "item", "rule": "item_rate", "measure": "rate"}
PER_FACTOR = {"level": "factor", "rule": "mean_items_rate", "measure": "rate"}
MEAN_OF_TWO = {"level": "overall", "rule": "mean_of_children", "measure": "rate"}
RETURN = {"level": "overall", "rule": "return_definite", "measure": "rate", "items": ["q1"]}
LAYOUT = {
    "code": "bang", "title": words("Bảng"), "grade": "draft", "columns": [{"header": "A1", "item": "q1"}],
}  # fmt: skip
PASSAGE = {"text": words("Kính thưa Ông/Bà"), "grade": "verbatim"}


def asking(response: JSON | None = None, /, **more: Any) -> JSON:
    """A form of one question and a comment."""
    return document(section("main", item("q1", response, **more), item("q2", {"kind": "text"})))


def in_two_parts(**more: Any) -> JSON:
    return document(
        section("a", STATEMENT, item("q1")), section("b", item("q2")), display={"pages": "sections"}, **more
    )


def with_factors(**more: Any) -> JSON:
    parts = [FACTOR, {**FACTOR, "code": "B", "name": words("Yếu tố B")}]
    asked = section("main", item("q1", factor="A"), item("q2", factor="B"), item("q3"))
    return document(asked, **{"factors": parts, "indices": [PER_FACTOR, {**MEAN_OF_TWO, "headline": True}], **more})


def local(path: str, base: JSON) -> Probe:
    """What is of local origin is no part of the locked core."""
    return Probe(core, path, "overlay", base)


PROBES: dict[str, Probe] = {
    "InstrumentVersion.core": Probe(listed, "core", {"code": "other", "version": 3}),
    "InstrumentVersion.decisions": Probe(listed, "decisions", [DECISION]),
    "InstrumentVersion.valid_from": Probe(listed, "valid_from", "2026-01-01"),
    "InstrumentVersion.valid_to": Probe(listed, "valid_to", "2026-12-31"),
    "InstrumentVersion.introduction": Probe(form, "introduction", PASSAGE),
    "InstrumentVersion.instruction": Probe(form, "instruction", PASSAGE),
    "InstrumentVersion.screen_instruction": Probe(form, "screen_instruction", PASSAGE),
    "InstrumentVersion.parameters": Probe(
        form, "parameters", [{"code": "ten", "name": words("Tên"), "default": words("phường")}],
        document(title=words("Phiếu của {ten}")),
    ),
    "InstrumentVersion.scales": Probe(form, "scales.0.options.4.label", words("Tuyệt vời")),
    "InstrumentVersion.factors": Probe(listed, "factors", [FACTOR]),
    "InstrumentVersion.indices": Probe(estimated, "indices", [POOLED]),
    "InstrumentVersion.rounding": Probe(estimated, "rounding", {"places": 3}, document(indices=[POOLED])),
    "InstrumentVersion.rollup": Probe(
        listed, "rollup", {"rules": ["design_weighted", "groups_unweighted"]}, document(indices=[POOLED])
    ),
    "InstrumentVersion.display": Probe(form, "display", {"question": words("Ông/Bà thấy thế nào?")}),
    "InstrumentVersion.comparable": Probe(
        series, "comparable", [{"item": "q1", "with_version": 1, "reason": "Cùng ý"}], document(version=2)
    ),
    "InstrumentVersion.notes": Probe(listed, "notes", [{"kind": "use", "text": words("Lưu ý")}]),
    "InstrumentVersion.exports": Probe(laid_out, "exports", [LAYOUT]),
    "ExportLayout.source": Probe(listed, "exports.0.source", "Một nơi", document(exports=[LAYOUT])),
    "Column.item": Probe(
        laid_out, "exports.0.columns.0.item", "q1", document(exports=[{**LAYOUT, "columns": [{"header": "A1"}]}])
    ),
    "Column.part": Probe(laid_out, "exports.0.columns.0.part", "label", document(exports=[LAYOUT])),
    "Column.values": Probe(
        laid_out, "exports.0.columns.0.values", [{"code": 1, "text": "a. Một"}], document(exports=[LAYOUT])
    ),
    "ComparableMark.with_instrument": Probe(
        series, "comparable.0.with_instrument", "other",
        document(version=2, comparable=[{"item": "q1", "with_version": 1, "reason": "Cùng ý"}]),
    ),
    "ComparableMark.with_item": Probe(
        series, "comparable.0.with_item", "q9",
        document(version=2, comparable=[{"item": "q1", "with_version": 1, "reason": "Cùng ý"}]),
    ),
    "Decision.number": Probe(listed, "decisions.0.number", "56/QĐ-BYT", document(decisions=[DECISION])),
    "Decision.date": Probe(listed, "decisions.0.date", "2026-01-05", document(decisions=[DECISION])),
    "Decision.form": Probe(listed, "decisions.0.form", "Mẫu số 1", document(decisions=[DECISION])),
    "Decision.role": Probe(form, "decisions.0.role", "context", document(decisions=[DECISION])),
    "Display.pages": Probe(form, "display.pages", "one", in_two_parts()),
    "Display.question": Probe(form, "display.question", words("Ông/Bà thấy thế nào?"), document(display={})),
    "Display.counter": Probe(
        checked, "display.counter", True,
        document(section("main", *(item(f"q{n}") for n in range(1, 40))), display={}),
    ),
    "Factor.parent": Probe(listed, "factors.1.parent", "A", with_factors()),
    "Factor.origin": local("factors.1.origin", with_factors()),
    "IndexRule.name": Probe(estimated, "indices.0.name", words("Chỉ số"), document(indices=[POOLED])),
    "IndexRule.items": Probe(
        estimated, "indices.0.items", ["q1"], document(section("main", item("q1"), item("q2")), indices=[POOLED])
    ),
    "IndexRule.codes": Probe(estimated, "indices.0.codes", [1], asking(single(1, 2)) | {"indices": [RETURN]}),
    "IndexRule.weights": Probe(
        estimated, "indices.1.weights", [{"child": "A", "weight": 2}], with_factors()
    ),
    "IndexRule.headline": Probe(estimated, "indices.0.headline", False, document(indices=[POOLED])),
    "IndexRule.rounding": Probe(estimated, "indices.0.rounding", {"places": 0}, document(indices=[PER_ITEM])),
    "IndexRule.origin": local("indices.0.origin", document(indices=[PER_ITEM])),
    "Item.label": Probe(sheet, Q1 + "label", "A1", asking()),
    "Item.hint": Probe(form, Q1 + "hint", words("Chọn một"), asking()),
    "Item.short": Probe(checked, Q1 + "short", "Thái độ", asking(text=words(LONG))),
    "Item.factor": Probe(estimated, Q1 + "factor", "B", with_factors()),
    "Item.source": Probe(listed, Q1 + "source", "Phụ lục 2", asking()),
    "Item.decision": Probe(listed, Q1 + "decision", "qd1", asking() | {"decisions": [DECISION]}),
    "Item.origin": local(Q1 + "origin", asking()),
    "Item.voluntary": Probe(form, Q1 + "voluntary", True, asking()),
    "Item.required": Probe(taken, Q1 + "required", True, asking()),
    "Item.sensitive": Probe(checked, Q1 + "sensitive", "health", asking()),
    "Item.asked": Probe(form, Q1 + "asked", False, asking(hideable=True)),
    "Item.given_by": Probe(sheet, Q1 + "given_by", "unit", asking(asked=False)),
    "Item.show_if": Probe(form, "sections.0.elements.1.show_if", "q1 == 1", asking()),
    "Item.hideable": Probe(checked, Q1 + "hideable", True, asking(asked=False)),
    "Item.relabelable": Probe(checked, Q1 + "relabelable", True, asking(relabel=words("Khác"))),
    "Item.relabel": Probe(form, Q1 + "relabel", words("Khác"), asking(relabelable=True)),
    "Item.audio": Probe(checked, Q1 + "audio", [{**RECORDING, "words": "0" * 64}], asking()),
    "Language.grade": Probe(
        listed, "languages.1.grade", "draft",
        document(languages=[{"code": "vi", "role": "source"}, {"code": "en", "role": "translation"}]),
    ),
    "Language.origin": local(
        "languages.1.origin",
        document(languages=[{"code": "vi", "role": "source"}, {"code": "en", "role": "translation"}]),
    ),
    "MultipleChoice.scale": Probe(form, Q1 + "response", {"kind": "multiple", "scale": "sat5"}, asking(multiple(1, 2))),
    "MultipleChoice.options": Probe(form, Q1 + "response.options.0.label", words("Khác"), asking(multiple(1, 2))),
    "MultipleChoice.other": Probe(form, Q1 + "response.other", 2, asking(multiple(1, 2))),
    "Note.about": Probe(
        listed, "notes.0.about", "q1", document(notes=[{"kind": "use", "text": words("Lưu ý")}])
    ),
    "Number.minimum": Probe(taken, Q1 + "response.minimum", 5, asking({"kind": "number", "decimals": 1})),
    "Number.maximum": Probe(taken, Q1 + "response.maximum", 2, asking({"kind": "number", "decimals": 1})),
    "Number.decimals": Probe(taken, Q1 + "response.decimals", 1, asking({"kind": "number"})),
    "Number.unit": Probe(form, Q1 + "response.unit", words("km"), asking({"kind": "number"})),
    "OpenText.max_length": Probe(taken, "sections.0.elements.1.response.max_length", 100, asking()),
    "OpenText.lines": Probe(sheet, "sections.0.elements.1.response.lines", 6, asking()),
    "Option.variants": Probe(
        form, "scales.0.options.0.variants", [{"name": "evaluation", "label": words("Rất kém")}],
        asking({"kind": "rating", "scale": "sat5", "variant": "evaluation"}),
    ),
    "Option.satisfied": Probe(estimated, "scales.0.options.2.satisfied", True, document(indices=[PER_ITEM])),
    "Option.substantive": Probe(estimated, "scales.0.options.2.substantive", False, document(indices=[PER_ITEM])),
    "Option.origin": local("scales.0.options.2.origin", document()),
    "Parameter.origin": local(
        "parameters.0.origin", document(parameters=[{"code": "ten", "name": words("Tên"), "default": words("phường")}])
    ),
    "Passage.origin": local("introduction.origin", document(introduction=PASSAGE)),
    "Passage.source": Probe(listed, "introduction.source", "Phụ lục 1", document(introduction=PASSAGE)),
    "Rating.variant": Probe(
        form, Q1 + "response.variant", "evaluation",
        asking() | {"scales": [scale(options=[
            option(1, variants=[{"name": "evaluation", "label": words("Rất kém")}]), option(2, satisfied=True)])]},
    ),
    "Respondent.minimum_age": Probe(listed, "respondent.minimum_age", 18),
    "Rollup.rules": Probe(
        rolled_up, "rollup.rules", ["design_weighted", "groups_unweighted"], document(rollup={})
    ),
    "Rollup.include_unattributed": Probe(
        rolled_up, "rollup.include_unattributed", True,
        document(rollup={"rules": ["design_weighted", "groups_by_forms"]}),
    ),
    "Rounding.mode": Probe(estimated, "rounding.mode", "truncate", document(indices=[POOLED], rounding={})),
    "Rounding.places": Probe(listed, "rounding.places", 3, document(indices=[POOLED], rounding={})),
    "Scale.name": Probe(listed, "scales.0.name", words("Thang hài lòng")),
    "Scale.shown": Probe(form, "scales.0.shown", "reversed"),
    "Scale.counted": Probe(checked, "scales.0.counted", [77]),
    "Scale.origin": local("scales.0.origin", document()),
    "Section.title": Probe(form, "sections.1.title", words("Phần hai"), in_two_parts()),
    "Section.stem": Probe(form, "sections.1.stem", "s1", in_two_parts()),
    "Section.show_if": Probe(form, "sections.1.show_if", "q1 == 1", in_two_parts()),
    "Section.origin": local("sections.1.origin", in_two_parts()),
    "SingleChoice.scale": Probe(form, Q1 + "response", {"kind": "single", "scale": "sat5"}, asking(single(1, 2))),
    "SingleChoice.options": Probe(form, Q1 + "response.options.0.label", words("Khác"), asking(single(1, 2))),
    "SingleChoice.other": Probe(form, Q1 + "response.other", 2, asking(single(1, 2))),
    "Statement.source": Probe(listed, Q1 + "source", "Phụ lục 2", in_two_parts()),
    "Statement.show_if": Probe(form, "sections.1.elements.1.show_if", "q1 == 1", document(
        section("a", item("q1")), section("b", item("q2"), STATEMENT))),
    "Statement.origin": local(Q1 + "origin", in_two_parts()),
    "Statement.audio": Probe(checked, Q1 + "audio", [{**RECORDING, "words": "0" * 64}], in_two_parts()),
}  # fmt: skip


def optional_fields() -> set[str]:
    """Every field of a document that may be left out."""
    whole = schema()
    models = {"InstrumentVersion": whole, **whole["$defs"]}
    return {
        f"{name}.{field}"
        for name, model in models.items()
        for field in model.get("properties", ())
        if field not in model.get("required", ())
    }


def changed(probe: Probe) -> JSON:
    made = copy.deepcopy(probe.base)
    *steps, last = (int(step) if step.isdecimal() else step for step in probe.path.split("."))
    place: Any = made
    for step in steps:
        place = place[step]
    place[last] = probe.value
    return made


def test_every_field_of_the_format_has_a_probe() -> None:
    assert set(PROBES) == optional_fields()


def test_a_surface_shows_the_same_for_the_same_document(
    app: Flask, record: Record, sign_in: Callable[[Account], StaffClient]
) -> None:
    at = Installation(app, record, sign_in(record.account((Role.DESIGNER, record.unit(), ("admin",)))))
    one = codec.loads(json.dumps(document()))
    for surface in {probe.surface for probe in PROBES.values()}:
        assert surface(at, one) == surface(at, one)


def test_changing_a_field_of_the_format_changes_what_people_meet(
    app: Flask, record: Record, sign_in: Callable[[Account], StaffClient]
) -> None:
    designer = sign_in(record.account((Role.DESIGNER, record.unit(), ("admin",))))
    at = Installation(app, record, designer)
    silent = []
    for field, probe in PROBES.items():
        before, after = (codec.loads_draft(json.dumps(one)) for one in (probe.base, changed(probe)))
        if probe.surface(at, before) == probe.surface(at, after):
            silent.append(field)
    assert "\n".join(silent) == ""
