"""The closed list of problems that a definition can have, each with its severity and its sentence.

`error`: the version cannot be used or must not be published. `warning`: look at it. Some errors an approver
may override with a reason (`approver`). Messages are English sentences; a face translates `template` and
fills in `params`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]
Layer = Literal["shape", "workbook", "integrity", "quality"]


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One entry of the list."""

    severity: Severity
    layer: Layer
    template: str
    """What is wrong and what to do, with `{names}` filled from the problem."""
    approver: bool = False
    """An approver may override it with a reason."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: which kind, where, with which particulars."""

    code: str
    path: str
    params: Mapping[str, str | int | float] = field(default_factory=dict, hash=False)

    @property
    def kind(self) -> ProblemKind:
        """The entry of the list."""
        return PROBLEMS[self.code]

    @property
    def severity(self) -> Severity:
        """`error` or `warning`."""
        return self.kind.severity

    @property
    def message(self) -> str:
        """The sentence."""
        return self.kind.template.format(**self.params)

    def __str__(self) -> str:
        return f"{self.path}: {self.message} [{self.code}]"


class InvalidInstrument(ValueError):
    """A document that is not a usable version; `problems` says why, with paths."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        first = self.problems[0] if self.problems else "no reason given"
        more = len(self.problems) - 1
        super().__init__(f"{first}" + (f" (and {more} more)" if more > 0 else ""))


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems that stop a version from being used; warnings are left out."""
    return tuple(problem for problem in problems if problem.severity == "error")


def _error(layer: Layer, template: str, *, approver: bool = False) -> ProblemKind:
    return ProblemKind("error", layer, template, approver)


def _warning(template: str) -> ProblemKind:
    return ProblemKind("warning", "quality", template)


PIECES = frozenset(
    {
        "parts", "tags", "columns", "cells", "rows", "characters", "offered answers",
        "control characters and lone surrogates are not text", "characters that turn the writing direction are refused",
        "text must not be blank", "a text needs at least one language",
    }
)  # fmt: skip
"""Particulars that are words of ours: a face translates them too."""

PROBLEMS: Mapping[str, ProblemKind] = {
    # --- shape: the document is not of this format ------------------------------------------------------
    "not-json": _error("shape", "This is not a JSON document: {reason}."),
    "not-a-form": _error("shape", "This is neither an Excel workbook (.xlsx) nor a JSON document; save it as .xlsx."),
    "too-large": _error("shape", "The document has {size} bytes; at most {limit} are read."),
    "too-deep": _error("shape", "The document is nested more than {limit} levels deep."),
    "too-many-parts": _error("shape", "The document has {count} parts; at most {limit} are read."),
    "duplicate-key": _error("shape", "The key “{key}” stands twice in one object; keep one."),
    "not-finite": _error("shape", "{came} is not a number that JSON knows; write a finite number."),
    "shape": _error("shape", "Expected {expected}, found {came}."),
    "no-questionnaire": _error("shape", "This is JSON, but no questionnaire: {count} places do not fit the format."),
    "unknown-key": _error("shape", "The format does not know the key “{key}”; remove it or correct its name."),
    "missing-key": _error("shape", "“{key}” is missing."),
    "bad-text": _error("shape", "The text cannot be kept: {reason}."),
    # --- workbook: an XLSForm that cannot be read -------------------------------------------------------
    "xls-unreadable": _error("workbook", "This is not an Excel workbook (.xlsx) that can be read: {reason}."),
    "xls-old": _error(
        "workbook", "This is a workbook of an old Excel (.xls) or has a password; save it as .xlsx without one."
    ),
    "xls-bomb": _error("workbook", "The workbook would unpack to {size} bytes; at most {limit} are read."),
    "xls-doctype": _error(
        "workbook", "The part {part} declares a document type or entities, which no spreadsheet program writes."
    ),
    "xls-too-many": _error("workbook", "There are more than {limit} {what}; split the form."),
    "xls-error-value": _error("workbook", "A cell shows the error {came}; write its value."),
    "xls-sheet-missing": _error("workbook", "The sheet “{sheet}” is missing."),
    "xls-sheet-twice": _error("workbook", "There are two sheets “{sheet}”; keep one."),
    "xls-column-missing": _error("workbook", "The column “{column}” is missing."),
    "xls-column-twice": _error("workbook", "The column “{column}” stands twice; keep one."),
    "xls-type-missing": _error("workbook", "The row has no type."),
    "xls-type-unknown": _error("workbook", "“{type}” is no type of question in XLSForm."),
    "xls-type-unsupported": _error("workbook", "“{type}” is not supported here; take the row out."),
    "xls-name-missing": _error("workbook", "The row has no name."),
    "xls-name-twice": _error("workbook", "The name “{name}” stands twice; names are identity, choose another."),
    "xls-label-missing": _error("workbook", "“{name}” has no label in the first language ({language})."),
    "xls-list-missing": _error("workbook", "There is no answer list “{list}” in the sheet choices."),
    "xls-list-unnamed": _error("workbook", "The question “{name}” does not say which answer list it uses."),
    "xls-answer": _error("workbook", "An answer needs a list, a name and a label; this row lacks its {what}."),
    "xls-answers-many": _error("workbook", "The list “{list}” has {count} answers; at most {limit} are taken."),
    "xls-group-open": _error("workbook", "The group “{name}” is never closed."),
    "xls-group-end": _error("workbook", "This row closes a group that was not opened."),
    "xls-expression": _error(
        "workbook", "The expression in “{column}” cannot be read: “{came}” at character {position}."
    ),
    "xls-expression-end": _error("workbook", "The expression in “{column}” cannot be read: it ends too early."),
    "xls-expression-long": _error(
        "workbook", "The expression in “{column}” cannot be read: it has {size} characters, at most {limit} are read."
    ),
    "xls-expression-deep": _error(
        "workbook", "The expression in “{column}” cannot be read: more than {limit} brackets inside each other."
    ),
    "xls-parameter": _error("workbook", "“{came}” in “parameters” is no number."),
    "xls-reference": _error("workbook", "“{column}” names “{name}”, which is no question before it."),
    "xls-yes-no": _error("workbook", "Expected yes or no in “{column}”, found “{came}”."),
    "xls-nothing": _error("workbook", "The form asks nothing that can be asked here."),
    "xls-part": _error("workbook", "“{field}” is no place in the document."),
    # --- integrity: the parts contradict each other -----------------------------------------------------
    "duplicate-code": _error("integrity", "The code “{code}” is used twice; codes are identity, choose another."),
    "duplicate-option": _error("integrity", "The answer code {code} stands twice in one list."),
    "reserved-word": _error("integrity", "“{code}” is a word of the condition language; choose another code."),
    "unknown-scale": _error("integrity", "There is no scale “{code}”."),
    "unknown-variant": _error("integrity", "The scale “{scale}” has no words called “{code}”."),
    "unknown-factor": _error("integrity", "There is no factor “{code}”."),
    "factor-order": _error("integrity", "The factor “{code}” names “{parent}” as parent, which must come first."),
    "unknown-decision": _error("integrity", "There is no decision “{code}”."),
    "unknown-stem": _error("integrity", "There is no statement “{code}” before this section."),
    "unknown-item": _error("integrity", "There is no item “{code}”."),
    "choices": _error("integrity", "A choice needs either a scale or its own options, and not both."),
    "other-not-offered": _error("integrity", "The answer code {code} opens a text field, but is not offered."),
    "range-empty": _error("integrity", "The smallest value {minimum} is above the largest {maximum}."),
    "dates-reversed": _error("integrity", "The last day of validity {end} is before the first {start}."),
    "not-substantive-code": _error(
        "integrity", "Code {code} means “no substantive answer” on every form; mark it as not substantive."
    ),
    "satisfied-not-substantive": _error(
        "integrity", "Code {code} cannot count as satisfied without being substantive."
    ),
    "condition-syntax": _error("integrity", "The condition cannot be read: {reason}."),
    "condition-unknown-item": _error("integrity", "The condition asks about “{code}”, which is no item."),
    "condition-later-item": _error(
        "integrity", "The condition asks about “{code}”, which comes later; move one of the two."
    ),
    "condition-type": _error("integrity", "The condition does not fit the answers of “{code}”: {reason}."),
    "source-missing": _error("integrity", "The words in the source language “{language}” are missing."),
    "unknown-language": _error("integrity", "The language “{language}” is not among the version's languages."),
    "unknown-parameter": _error("integrity", "The text names {{{code}}}, which is no parameter of the version."),
    "index-rule": _error("integrity", "The rule {rule} cannot stand at level “{level}” as a {measure}."),
    "index-items": _error("integrity", "The rule {rule} must name the question it is made of."),
    "index-code": _error("integrity", "Code {code} is not an answer of “{item}”."),
    "index-child": _error("integrity", "“{code}” is no child of this figure, so it cannot have a weight."),
    "two-headlines": _error("integrity", "A version has one headline figure; more than one is marked."),
    "overlay-option": _error(
        "integrity", "A local answer must not be substantive, or the form's figures would change meaning."
    ),
    "overlay-order": _error("integrity", "A part of the core stands behind a local part of the same section."),
    "overlay-inside": _error("integrity", "A local section or scale cannot hold a part of the core."),
    "overlay-reference": _error("integrity", "A part of the core depends on the local part “{code}”."),
    "overlay-headline": _error("integrity", "A local figure cannot be the headline."),
    "not-hideable": _error("integrity", "“{code}” is a locked part of the form and cannot be switched off."),
    "not-relabelable": _error("integrity", "The words of “{code}” are locked."),
    # --- quality: usable, but look at it ------------------------------------------------------------------
    "weight-unused": _error("quality", "“{code}” is no part that this figure is made of; its weight would do nothing."),
    "rollup-rules": _error(
        "quality",
        "The rules from units to the province begin with “design_weighted”, which alone has an interval, each once.",
    ),
    "unreachable": _error("quality", "“{code}” can never be shown: no answers fulfil its condition."),
    "scale-direction": _error(
        "quality", "The scales “{one}” and “{other}” run in opposite directions from bad to good."
    ),
    "scale-mixed": _error("quality", "The satisfied codes of “{scale}” do not lie at one end of the scale."),
    "option-label-twice": _error("quality", "Two answers read “{label}”."),
    "claim-grade": _error("quality", "The version claims “{claim}”, but “{code}” is only {grade}; lower the claim."),
    "short-long": _error("quality", "The short label has {size} bytes; statistics files take {limit}."),
    "too-many-items": _error("quality", "{count} questions are too many at a counter; at most {limit}.", approver=True),
    "sensitive-asked": _error(
        "quality",
        "“{code}” asks for sensitive personal data ({kind}): the legal notice applies.",
        approver=True,
    ),
    "sensitive-unmarked": _error(
        "quality",
        "“{code}” seems to ask for {kind} data (“{word}”) and is not marked so; mark it or reword it.",
        approver=True,
    ),
    "respondent-kind": _error(
        "quality", "“{code}” is reserved for a single choice of 1 (người dân) and 2 (tổ chức, doanh nghiệp)."
    ),
    "translation-missing": _warning("The translation into “{language}” is missing."),
    "translation-ungraded": _warning("The translation into “{language}” has no grade."),
    "translation-placeholder": _warning("The translation into “{language}” lost the placeholder “{name}”."),
    "translation-copied": _warning("The words in “{language}” are those of the source, untranslated."),
    "wrong-letter": _warning("“{letter}” is not a letter of Vietnamese; write “{right}”."),
    "text-long": _warning("{count} words; people read up to {limit} at a glance."),
    "text-space": _warning("The text begins or ends with a space, or holds two in a row."),
    "double-barrelled": _warning("The question seems to ask two things at once (“{word}”)."),
    "label-spss": _warning("The label has {size} bytes; SPSS keeps {limit}."),
    "label-stata": _warning("The label has {size} characters; Stata keeps {limit}. Give the item a short label."),
    "short-twice": _warning("The short label “{short}” is used for two items."),
    "name-long": _warning("Column “{name}” is longer than the {limit} characters Stata takes."),
    "many-items": _warning("{count} questions; more than {limit} cost answers."),
    "few-answers": _warning("A choice with fewer than two substantive answers measures nothing."),
    "no-headline": _warning("There are rated questions but no headline figure, so no verdict can be made."),
    "factor-empty": _warning("No question belongs to the factor “{code}”."),
    "unused": _warning("“{code}” is declared but not used."),
    "condition-same-page": _warning(
        "The condition asks about “{code}” on the same page; without JavaScript the page must be sent first."
    ),
    "required": _warning("“{code}” is required; the platform promises that every question may be left blank."),
    "not-voluntary": _warning("“{code}” should be marked as voluntary."),
    "respondent-order": _warning("“{code}” asks about the person before the questions are over; move it last."),
    "audio-incomplete": _warning("The recordings in “{language}” are not complete ({count} missing)."),
}
"""Every problem there is. The test of the documentation compares FORMAT.md with this table."""
