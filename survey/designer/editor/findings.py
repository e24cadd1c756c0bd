"""Places each finding of the checks beside the part of the editor's pages that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import gettext

from instruments import editing
from instruments.checks import linting
from instruments.checks.problems import Problem
from instruments.model.document import InstrumentVersion
from survey.designer.pages import Finding, finding

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
            element = v.sections[int(place[1])].elements[int(place[2])]
            code = element.code
            if editing.is_locked(v, element) and problem.severity != "error":
                continue  # the words of a locked form are not for the editor to better
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
