"""FORMAT.md and schema.json say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import instruments
from instruments import codec, conditions, library, schema
from instruments.model.document import InstrumentVersion
from instruments.model.response_domains import Part
from tests.instruments import format_tables
from tests.instruments.factory import changed, document, item, section

FORMAT = (Path(instruments.__file__).parent / "FORMAT.md").read_text(encoding="utf-8")


def table_after(heading: str) -> list[str]:
    """The first table after a heading, as lines."""
    body = FORMAT.split(f"\n{heading}\n", 1)[1]
    lines = body.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("|"))
    end = next((n for n in range(start, len(lines)) if not lines[n].startswith("|")), len(lines))
    return lines[start:end]


def models(of: type[Part]) -> set[str]:
    """Names of every model a document is made of."""
    return {"InstrumentVersion", *of.model_json_schema()["$defs"]}


@pytest.mark.parametrize("model", format_tables.ORDER)
def test_every_field_is_described_and_no_other(model: str):
    assert table_after(f"### {model}") == format_tables.model_table(model)


def test_every_model_has_its_table():
    assert set(format_tables.ORDER) == models(InstrumentVersion)
    assert re.findall(r"^### (\w+)$", FORMAT, re.MULTILINE) == list(format_tables.ORDER)


def test_every_rule_and_every_problem_is_listed():
    assert table_after("## Figures") == format_tables.rule_table()
    assert table_after("## Problems") == format_tables.problem_table()


def test_every_field_of_every_model_says_what_it_means():
    found = schema.schema()
    for name, model in [("InstrumentVersion", found), *found["$defs"].items()]:
        assert model.get("description"), name
        for field, facts in model["properties"].items():
            assert facts.get("description") or "$ref" in facts, f"{name}.{field}"


def test_grammar_in_the_description_is_the_grammar_of_the_code():
    grammar = FORMAT.split("```\n")[1]
    assert [line.strip() for line in grammar.splitlines()] == [
        line.strip() for line in (conditions.__doc__ or "").split("\n\n")[2].splitlines()
    ]


def test_published_schema_is_current():
    assert schema.PUBLISHED.read_text(encoding="utf-8") == schema.text()


def test_shipped_documents_satisfy_the_published_schema():
    rules = json.loads(schema.PUBLISHED.read_text(encoding="utf-8"))
    for entry in library.shipped():
        assert list(violations(rules, rules, json.loads(entry.path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("colour", "red"),
        ("title", {}),
        ("title", {"Vietnamese": "x"}),
        ("code", "Not a code"),
        ("sections", []),
        ("sections.0.elements.0.response.kind", "stars"),
        ("scales.0.options.0.code", 255),
        ("claim", "true"),
    ],
)
def test_published_schema_refuses_what_the_codec_refuses(path: str, value: Any):
    wrong = changed(document(section("a", item("q1"))), path, value)
    with pytest.raises(codec.InvalidInstrument):
        codec.loads(json.dumps(wrong))
    rules = schema.schema()
    assert list(violations(rules, rules, wrong))


def violations(rules: dict[str, Any], rule: dict[str, Any], value: Any) -> Any:
    """The keywords our schema uses, and no more; an unknown keyword is an error of this test."""
    known = {
        "$schema", "$defs", "$ref", "title", "description", "default", "type", "properties", "required",
        "additionalProperties", "patternProperties", "minProperties", "items", "minItems", "maxItems", "enum",
        "const", "anyOf", "oneOf", "discriminator", "pattern", "minLength", "maxLength", "minimum", "maximum",
        "exclusiveMinimum", "format",
    }  # fmt: skip
    assert set(rule) <= known, set(rule) - known
    if "$ref" in rule:
        yield from violations(rules, rules["$defs"][rule["$ref"].rsplit("/", 1)[1]], value)
        return
    for key in ("anyOf", "oneOf"):
        if key in rule and not any(not list(violations(rules, one, value)) for one in rule[key]):
            yield f"none of {key}"
    types = {
        "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
        "null": type(None),
    }  # fmt: skip
    truth_as_number = isinstance(value, bool) and rule.get("type") in ("integer", "number")
    if "type" in rule and (truth_as_number or not isinstance(value, types[rule["type"]])):  # type: ignore[arg-type]
        yield f"{value!r} is no {rule['type']}"
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{value!r} is none of {rule['enum']}"
    if "const" in rule and value != rule["const"]:
        yield f"{value!r} is not {rule['const']}"
    if isinstance(value, str):
        if "pattern" in rule and not re.search(rule["pattern"], value):
            yield f"{value!r} does not match"
        if not rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value)):
            yield f"length of {value!r}"
        if rule.get("format") == "date" and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", value):
            yield f"{value!r} is no date"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not rule.get("minimum", value) <= value <= rule.get("maximum", value):
            yield f"{value} out of range"
        if value <= rule.get("exclusiveMinimum", value - 1):
            yield f"{value} too small"
    if isinstance(value, list):
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
            yield "number of entries"
        for one in value:
            yield from violations(rules, rule.get("items", {}), one)
    if isinstance(value, dict):
        yield from _object_violations(rules, rule, value)


def _object_violations(rules: dict[str, Any], rule: dict[str, Any], value: dict[str, Any]) -> Any:
    if len(value) < rule.get("minProperties", 0):
        yield "too few keys"
    for key in rule.get("required", ()):
        if key not in value:
            yield f"{key} is missing"
    for key, one in value.items():
        named = rule.get("properties", {}).get(key)
        matched = [inner for pattern, inner in rule.get("patternProperties", {}).items() if re.search(pattern, key)]
        if named is not None:
            yield from violations(rules, named, one)
        for inner in matched:
            yield from violations(rules, inner, one)
        if named is None and not matched and rule.get("additionalProperties") is False:
            yield f"unknown key {key}"
