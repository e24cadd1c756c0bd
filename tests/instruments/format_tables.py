"""The tables of FORMAT.md as the models write them: `python -m tests.instruments.format_tables`."""

from __future__ import annotations

import sys
from typing import Any

from instruments.checks.problems import PROBLEMS
from instruments.model.index_rules import RULES
from instruments.schema import schema

ORDER = (
    "InstrumentVersion", "Language", "Decision", "Respondent", "Passage", "Parameter", "Scale", "Option",
    "LabelVariant", "Factor", "Section", "Statement", "Item", "Recording", "Rating", "SingleChoice",
    "MultipleChoice", "Number", "Day", "OpenText", "IndexRule", "ChildWeight", "Rounding", "Rollup",
    "Display", "ExportLayout", "Column", "CellValue", "ComparableMark", "CoreReference", "Note",
)  # fmt: skip
"""Every model of a document, in the order of FORMAT.md."""


def model_table(name: str) -> list[str]:
    """Field, type, default and meaning of one model."""
    found = schema()
    model = found if name == "InstrumentVersion" else found["$defs"][name]
    required = set(model.get("required", ()))
    lines = ["| field | type | if left out | meaning |", "|---|---|---|---|"]
    for field, facts in model["properties"].items():
        left_out = "**must be given**" if field in required else _default(facts)
        meaning = facts.get("description") or found["$defs"][facts["$ref"].rsplit("/", 1)[1]]["description"]
        lines.append(f"| `{field}` | {_type(facts)} | {left_out} | {' '.join(meaning.split())} |")
    return lines


def rule_table() -> list[str]:
    """Every index rule with its formula and where it may stand."""
    lines = ["| rule | formula | level | measure | how the formula is known |", "|---|---|---|---|---|"]
    for name, facts in RULES.items():
        levels, measures = ", ".join(facts.levels), ", ".join(facts.measures)
        lines.append(f"| `{name}` | {facts.formula} | {levels} | {measures} | {facts.grade} |")
    return lines


def problem_table() -> list[str]:
    """Every problem with its severity and its sentence."""
    lines = ["| code | severity | found by | sentence |", "|---|---|---|---|"]
    for code, kind in PROBLEMS.items():
        severity = kind.severity + (" (an approver may override)" if kind.approver else "")
        lines.append(f"| `{code}` | {severity} | {kind.layer} | {kind.template} |")
    return lines


def _default(facts: dict[str, Any]) -> str:
    value = facts.get("default")
    if value is None:
        return "absent"
    if value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "its defaults"
    return f"`{value}`"


def _type(facts: dict[str, Any]) -> str:
    if "$ref" in facts:
        name = facts["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in facts or "oneOf" in facts:
        parts = [_type(one) for one in facts.get("anyOf", facts.get("oneOf", [])) if one.get("type") != "null"]
        return " or ".join(parts)
    if "const" in facts:
        return f"`{facts['const']}`"
    if "enum" in facts:
        return ", ".join(f"`{value}`" for value in facts["enum"])
    if facts.get("type") == "array":
        return f"list of {_type(facts['items'])}"
    if facts.get("type") == "object" or "patternProperties" in facts:
        return "text by language"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no"}.get(
        facts.get("type", ""), facts.get("type", "")
    ) + _limits(facts)


def _limits(facts: dict[str, Any]) -> str:
    if facts.get("format") == "date":
        return " (YYYY-MM-DD)"
    if "pattern" in facts:
        return f" `{facts['pattern']}`".replace("|", "\\|")
    low = facts.get("minimum", facts.get("exclusiveMinimum"))
    high = facts.get("maximum")
    if low is not None and high is not None:
        return f" {low:g}-{high:g}"
    return f" from {low:g}" if low is not None else ""


if __name__ == "__main__":
    for model_name in ORDER:
        sys.stdout.write(f"### {model_name}\n\n" + "\n".join(model_table(model_name)) + "\n\n")
    sys.stdout.write("\n".join(rule_table()) + "\n\n" + "\n".join(problem_table()) + "\n")
