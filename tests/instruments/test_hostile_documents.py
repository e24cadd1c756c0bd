"""Documents someone tampered with: refused in order, or harmless in every part of the package."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import answers, codec, library, routing
from instruments.checks import linting
from instruments.checks.problems import InvalidInstrument
from instruments.model import indices
from instruments.model.document import InstrumentVersion
from instruments.schema import schema
from instruments.versions import comparability
from tests.instruments.test_format import violations

DOCUMENTS = {code: codec.document(library.load(code)) for code in ("one-stop-short", "byt3869-m5", "sipas-2026")}
RULES = schema()
RUBBISH = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["q1", "sat5", "overlay", "core", "F1", "T", "rating", "text", "9" * 5000, "\ud800", "{x}"]),
    st.sampled_from(["q1 == 1", "not", "b1 includes 1 and answered(b2)", "(" * 900]),
    st.lists(st.integers(0, 9), max_size=3),
    st.dictionaries(st.sampled_from(["vi", "en", "code", "kind"]), st.text(max_size=5), max_size=3),
)


@pytest.mark.parametrize(
    ("notes", "code"), [([{"x": 1}] * 90_000, "no-questionnaire"), ([{}] * 400_000, "too-many-parts")]
)
def test_document_with_a_mistake_in_every_part_is_refused_at_once(notes: list[Any], code: str):
    begun = time.process_time()
    with pytest.raises(InvalidInstrument) as wrong:
        codec.loads(json.dumps({**DOCUMENTS["one-stop-short"], "notes": notes}))
    assert [problem.code for problem in wrong.value.problems] == [code]
    assert time.process_time() - begun < 5


def test_every_mistake_of_a_document_is_told_while_they_can_be_counted():
    begun = time.process_time()
    with pytest.raises(InvalidInstrument) as wrong:
        codec.loads(json.dumps({**DOCUMENTS["one-stop-short"], "notes": [{"x": 1}] * 600}))
    assert len(wrong.value.problems) == 1_800
    assert time.process_time() - begun < 5


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        return found + [place for key, one in value.items() for place in places(one, (*path, key))]
    if isinstance(value, list):
        return found + [place for n, one in enumerate(value) for place in places(one, (*path, n))]
    return found


PLACES = {code: places(document) for code, document in DOCUMENTS.items()}


@st.composite
def tampered(draw: st.DrawFn) -> Any:
    code = draw(st.sampled_from(sorted(DOCUMENTS)))
    document = copy.deepcopy(DOCUMENTS[code])
    for _ in range(draw(st.integers(1, 3))):
        *steps, last = draw(st.sampled_from(PLACES[code]))
        place: Any = document
        try:
            for step in steps:
                place = place[step]
            what = draw(st.sampled_from(["replace", "remove", "copy"]))
            if what == "remove":
                del place[last]
            elif what == "copy" and isinstance(place, list):
                place.append(copy.deepcopy(place[last]))
            else:
                place[last] = draw(RUBBISH)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return document


@settings(max_examples=150, deadline=None)
@given(tampered())
def test_tampered_document_is_refused_or_harmless(document: Any):
    text = json.dumps(document)
    try:
        draft = codec.loads_draft(text)
    except InvalidInstrument as found_wrong:
        refused = found_wrong
    else:
        _harmless(text, draft)
        return
    assert all(problem.message for problem in refused.problems)


def _harmless(text: str, draft: InstrumentVersion) -> None:
    found = linting.lint(draft)
    assert all(problem.message for problem in found)
    routing.pages(draft)
    answers.read(draft, {item.code: ["1"] for item in draft.items})
    try:
        usable = codec.loads(text)
    except InvalidInstrument:
        assert any(problem.kind.layer == "integrity" for problem in found)
        return
    assert codec.loads(codec.dumps(usable)) == usable
    indices.plan(usable)
    codec.core_hash(usable)
    comparability.compare(library.load("one-stop-short"), usable)


def test_ten_thousand_answers_in_one_list_are_refused():
    document = copy.deepcopy(DOCUMENTS["byt3869-m5"])
    options = document["sections"][0]["elements"][0]["response"]["options"]
    options.extend({"code": n % 254, "label": {"vi": "x", "en": "x"}} for n in range(10_000))
    with pytest.raises(InvalidInstrument) as refused:
        codec.loads(json.dumps(document))
    assert refused.value.problems[0].path == "sections[0].elements[0].response.options"


def test_script_in_a_text_stays_the_text_it_is():
    document = copy.deepcopy(DOCUMENTS["one-stop-short"])
    script = "<script>alert(1)</script>{{7*7}}=cmd|'/c calc'!A1"
    document["sections"][1]["elements"][0]["text"]["vi"] = script
    version = codec.loads(json.dumps(document))
    assert version.item("q1").text["vi"] == script


@settings(max_examples=150, deadline=None)
@given(tampered())
def test_published_schema_and_reading_agree_about_the_shape_of_any_document(document: Any):
    said = list(violations(RULES, RULES, document))
    refused = _refused(json.dumps(document))
    beyond = {"bad-text", "not-finite", "too-large", "too-deep", "not-json"}  # what no schema can say
    assert bool(said) == bool(refused - beyond) or (said and refused)


def _refused(text: str) -> set[str]:
    """Kinds of the problems for which a document is refused; none if it is read."""
    try:
        codec.loads_draft(text)
    except InvalidInstrument as wrong:
        return {problem.code for problem in wrong.problems}
    return set()
