"""One word for one code: words for codes stand in `survey/words` alone, and no code has two."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import combinations
from types import ModuleType

import pytest

from survey.config import ROOT
from survey.models.fieldwork import points, waves
from survey.models.people import accounts
from survey.models.province import procedures, targets, units
from survey.models.questionnaires import instruments
from survey.words import codes

SAYING = {"N_", "_", "_l", "gettext", "lazy_gettext", "say", "w"}

# Tables that speak of the same codes and answer another question about them.
OTHER_QUESTIONS = {
    frozenset(pair)
    for pair in (
        ("role", "role_hint"),
        ("mode", "mode_hint"),
        ("selection", "selection_sentence"),
        ("selection", "weighting"),
        ("selection_sentence", "weighting"),
        ("series_fate", "headline_fate"),
        ("joining", "joining_sentence"),
        ("rule", "weighed_rule"),
        ("domain", "sample_agency"),
        ("domain", "sample_point"),
        ("sample_agency", "sample_point"),
        ("participation_class", "participation_differs"),
        ("participation_class", "participation_alike"),
        ("participation_differs", "participation_alike"),
    )
}


def says(node: ast.expr | None) -> bool:
    """The value is a text for people, or a tuple with one."""
    if isinstance(node, ast.Tuple):
        return any(says(part) for part in node.elts)
    return isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] in SAYING


def tables_of_words(source: str) -> Iterator[int]:
    """Lines where a dict turns two codes or more into words."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict) and sum(says(value) for value in node.values) >= 2:
            yield node.lineno


CODE_AND_WORDS = re.compile(r"""["'][\w-]*["']:\s*_\(""")
BRANCH = re.compile(r"""(?:if|elif) ([\w.]+) == ["'][\w-]+["'] %}(?:<[^>]*>)?\{\{ _\(["'][^%"']*["']\) \}\}""")


def chains_of_words(template: str) -> Iterator[str]:
    """What a template turns into words: by a dict, or by asking for one code after the other."""
    for line in template.splitlines():
        if len(CODE_AND_WORDS.findall(line)) >= 2:
            yield line[:120]
    asked = BRANCH.findall(template)
    yield from {name for name in asked if asked.count(name) >= 2}


def test_no_module_but_those_of_words_turns_codes_into_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / "survey").rglob("*.py")
        if "words" not in path.relative_to(ROOT).parts
        for line in tables_of_words(path.read_text("utf-8"))
    ]
    assert found == []


def test_no_template_turns_codes_into_words() -> None:
    found = {
        (path.relative_to(ROOT / "templates").as_posix(), chain)
        for path in (ROOT / "templates").rglob("*.html")
        for chain in chains_of_words(path.read_text("utf-8"))
    }
    # Of the page behind a code that takes no answers every branch is a page of its own, in the citizen's worker.
    assert found == {("citizen/closed.html", "door")}


def test_the_rules_see_what_they_forbid() -> None:
    assert list(tables_of_words('X = {"a": _l("A"), "b": _l("B")}')) == [1]
    assert list(tables_of_words('X = {Mode.A.value: (gettext("A"), 1), Mode.B.value: (gettext("B"), 2)}')) == [1]
    assert not list(tables_of_words('raise Invalid("x", {"code": N_("Taken.")})'))
    assert list(chains_of_words('{{ {"a": _("A"), "b": _("B")}[x] }}'))
    assert list(chains_of_words('{% if x == "a" %}{{ _("A") }}{% elif x == "b" %}{{ _("B") }}{% endif %}')) == ["x"]


def test_no_two_tables_give_one_code_two_texts() -> None:
    twins = []
    for (one, first), (other, second) in combinations(codes.TABLES.items(), 2):
        shared = [code for code in first if code in second and first[code].lower() != second[code].lower()]
        same_codes = set(first) <= set(second) or set(second) <= set(first)
        if shared and same_codes and frozenset((one, other)) not in OTHER_QUESTIONS:
            twins.append((one, other, shared))
    assert twins == []


def test_every_table_is_on_the_list_once() -> None:
    modules = [value for value in vars(codes).values() if isinstance(value, ModuleType)]
    assert len(modules) >= 7
    tables = {
        id(value): f"{module.__name__}.{name}"
        for module in modules
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, dict)
    }
    listed = [id(table) for table in codes.TABLES.values()]
    assert {name for key, name in tables.items() if key not in listed} == {"survey.words.results.TONES"}
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("role", accounts.Role),
        ("account_status", accounts.AccountStatus),
        ("unit_kind", units.UnitKind),
        ("field_group", procedures.FieldGroup),
        ("target_unit", targets.TargetUnit),
        ("domain", instruments.ServiceDomain),
        ("version_status", instruments.VersionStatus),
        ("wave_status", waves.WaveStatus),
        ("selection", waves.Selection),
        ("selection_sentence", waves.Selection),
        ("weighting", waves.Selection),
        ("mode", points.Mode),
        ("evidence_tier", points.EvidenceTier),
    ],
)
def test_every_code_of_the_record_has_its_word(table: str, kind: type[StrEnum]) -> None:
    assert set(codes.TABLES[table]) == {member.value for member in kind}


def test_code_without_a_word_is_shown_itself() -> None:
    assert codes.words("unit_kind", "ward", str.upper) == "WARD"
    assert codes.words("unit_kind", "unheard-of", str.upper) == "unheard-of"
    assert codes.words("hidden", "small", str, minimum=5) == "fewer than 5 answers"
