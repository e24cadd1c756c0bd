"""`hailong instruments`: questionnaires into the record, out of it, and set side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import click

from instruments.checks.problems import Problem
from instruments.model.document import InstrumentVersion
from instruments.versions.comparability import Comparison, ItemChange
from instruments.versions.conformity import BADGES
from instruments.xlsform import Remark
from survey import clock, i18n
from survey.cli.record import record
from survey.errors import Invalid, SurveyError
from survey.models.questionnaires.instruments import ServiceDomain
from survey.services.questionnaires import file_import
from survey.services.questionnaires.file_import import Carried, Format, Taken
from survey.services.questionnaires.shipped_and_imported import MOST_BYTES, Imported, Unusable
from survey.words.figures import grouped

MOST_SHOWN = 200
WRITABLE = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.group()
def instruments() -> None:
    """Questionnaires: their versions, as files and side by side."""


@instruments.command("list")
def list_() -> None:
    """Every version in the record: name, state, service, least sure grade, claim, title."""
    with record() as opened:
        for found in file_import.listing(opened.database, actor=opened.actor):
            for row in found.versions:
                facts = row.facts
                click.echo(
                    f"{row.name:24} {row.status.value:10} {row.service_domain.value:10} "
                    f"{facts.lowest_grade:14} {facts.claim:14} {facts.title.inside('vi')}"
                )


@instruments.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True))
@click.option("--dry-run", is_flag=True, help="Only say what would be kept and what would not.")
@click.option(
    "--service",
    type=click.Choice([s.value for s in ServiceDomain]),
    help="Whose form it is, where the file cannot say.",
)
@click.option("--report", type=WRITABLE, help="Write the outcome as a JSON file, also when the file is refused.")
def import_(file: Path, dry_run: bool, service: str | None, report: Path | None) -> None:
    """Take a questionnaire from FILE (.json, or .xlsx of XLSForm) and keep it as a draft.

    Says what was carried and what was not; a file with problems is refused as a whole, with one sentence for each and
    where it stands. Taking the same file again changes nothing. A published version never changes.
    """
    with record() as opened:
        try:
            taken = file_import.take(
                opened.database, _content(file), actor=opened.actor, now=clock.now(), service=service, dry_run=dry_run
            )
        except SurveyError as error:
            findings = error.findings if isinstance(error, Unusable) else ()
            _write(report, _refused(error, findings))
            for problem in findings[:MOST_SHOWN]:
                click.echo(_sentence(problem), err=True)
            if len(findings) > MOST_SHOWN:
                click.echo(f"… and {len(findings) - MOST_SHOWN} more", err=True)
            raise Invalid("%(file)s was not taken. %(why)s", file=file, why=error) from None
    _write(report, _taken(taken, dry_run))
    for line in _said(taken, dry_run):
        click.echo(line)


@instruments.command()
@click.argument("name", metavar="CODE[@N]")
@click.option("--format", "wanted", type=click.Choice([f.value for f in Format]), required=True, help="What to write.")
@click.option("--out", type=WRITABLE, required=True, help="The file to write.")
@click.option("--language", help="Of a form on paper (pdf, docx): one of its languages, else its first.")
def export(name: str, wanted: str, out: Path, language: str | None) -> None:
    """Write a version as a file; without @N the newest in use.

    json and xlsx can be imported again; pdf and docx are the form on paper, with the codes for data entry.
    """
    with record() as opened:
        made = file_import.give(
            opened.database, name, Format(wanted), actor=opened.actor, words=_catalogue, language=language
        )
    out.write_bytes(made.data)
    click.echo(f"{out}: {grouped(len(made.data), 'en')} bytes.")


@instruments.command()
@click.argument("name", metavar="CODE[@N]")
def check(name: str) -> None:
    """Say whether a version still conforms to the locked form it carries, and what was added to it.

    Exit code 2 when it does not.
    """
    with record() as opened:
        found = file_import.conforming(opened.database, name, actor=opened.actor)
    if found is None:
        click.echo(f"{name} carries no other form: it is its own.")
        return
    click.echo(f"{BADGES[found.badge].format(form=found.cited)} ({found.form}, {found.grade}).")
    for field in dataclass_fields(found.additions):
        value = getattr(found.additions, field.name)
        if value:
            said = ", ".join(value) if isinstance(value, tuple) else value
            click.echo(f"  {field.name.replace('_', ' ')}: {said}")
    for deviation in found.deviations:
        click.echo(f"  {deviation.message}", err=True)
    if found.deviations:
        raise Invalid(
            "%(name)s differs from %(form)s in %(count)s places.",
            name=name,
            form=found.form,
            count=len(found.deviations),
        )


@instruments.command()
@click.argument("old", metavar="CODE@M")
@click.argument("new", metavar="CODE@N")
def diff(old: str, new: str) -> None:
    """Say question by question what changed between two versions, and which series of figures go on."""
    with record() as opened:
        before, after, found = file_import.difference(opened.database, old, new, actor=opened.actor)
    for line in _difference(before, after, found):
        click.echo(line)


def _catalogue(language: str) -> Callable[[str], str]:
    spoken = language if language in i18n.LANGUAGES else i18n.DEFAULT
    return i18n.translations(spoken).gettext


# --- in words -------------------------------------------------------------------------------------------------------


def _sentence(problem: Problem) -> str:
    return f"{_place(problem.path) or 'the whole document'}: {problem.message}"


def _place(path: str) -> str:
    """`survey!14` in words; a path in a document as it is."""
    sheet, mark, rows = path.partition("!")
    if not mark:
        return path
    return f"sheet {sheet}, {'rows' if '-' in rows else 'row'} {rows}"


def _said(taken: Taken, dry_run: bool) -> Iterable[str]:
    yield _outcome(taken.imported, dry_run)
    yield f"Carried: {_amounts(taken.carried)}."
    for heading, remarks in (("Read differently", taken.changed), ("Left out", taken.left)):
        if remarks:
            yield f"{heading} ({len(remarks)}):"
            yield from _first(_remark(one) for one in remarks)
    problems = (*taken.imported.overrides, *taken.imported.warnings)
    if problems:
        yield f"To look at before publishing ({len(problems)}):"
        yield from _first(f"  {problem.severity}: {_sentence(problem)}" for problem in problems)


def _first(lines: Iterable[str]) -> Iterable[str]:
    listed = list(lines)
    yield from listed[:MOST_SHOWN]
    if len(listed) > MOST_SHOWN:
        yield f"  … and {len(listed) - MOST_SHOWN} more (--report writes all of them)"


def _remark(remark: Remark) -> str:
    place = _place(remark.place) if remark.rows or not remark.sheet else f"sheet {remark.sheet}"
    return f"  {place}: {remark.message}" if place else f"  {remark.message}"


def _amounts(carried: Carried) -> str:
    counts = [
        (carried.questions, "question"), (carried.statements, "statement"), (carried.sections, "section"),
        (carried.answer_lists, "answer list"), (carried.answers, "answer"), (carried.conditions, "condition"),
    ]  # fmt: skip
    said = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts if count]
    return ", ".join([*said, f"languages {', '.join(carried.languages)}"])


def _outcome(done: Imported, dry_run: bool) -> str:
    name = f"{done.code}@{done.number}"
    if not done.changed:
        return f"Exactly this version is in the record already: {name} ({done.status.value})."
    kept = "Would be kept" if dry_run else "Kept"
    return f"{kept} as {name} ({done.status.value}): {done.items} questions, content {done.content_hash[:12]}."


def _difference(before: InstrumentVersion, after: InstrumentVersion, found: Comparison) -> Iterable[str]:
    counts = {
        kind: sum(one.change == kind for one in found.items) for kind in ("same", "wording", "scale", "new", "gone")
    }
    yield ", ".join(f"{count} {kind}" for kind, count in counts.items())
    for change in found.items:
        if change.change != "same" or change.details:
            yield from _question(before, after, change)
    for impact in found.series:
        reasons = f" ({', '.join(impact.reasons)})" if impact.reasons else ""
        yield f"figure {impact.index}: {impact.fate}{reasons}"


def _question(before: InstrumentVersion, after: InstrumentVersion, change: ItemChange) -> Iterable[str]:
    details = f" [{', '.join(change.details)}]" if change.details else ""
    joined = "" if change.joined or change.change in ("new", "gone") else ", not to be joined in a series"
    yield f"{change.item or change.old_item}: {change.change}{details}{joined}"
    old = before.said(before.item(change.old_item).wording, before.source_language) if change.old_item else None
    new = after.said(after.item(change.item).wording, after.source_language) if change.item else None
    if old != new:
        yield from (f"  {sign} {' '.join(words.split())}" for sign, words in (("-", old), ("+", new)) if words)


# --- as a file ------------------------------------------------------------------------------------------------------


def _write(report: Path | None, content: dict[str, Any]) -> None:
    if report is not None:
        report.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _cell(path: str) -> dict[str, Any]:
    sheet, mark, row = path.partition("!")
    return {"sheet": sheet, "row": int(row)} if mark and row.isdigit() else {}


def _content(file: Path) -> bytes:
    """The file, or as much of it as shows that it is too large."""
    with file.open("rb") as handle:
        return handle.read(MOST_BYTES + 1)


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code, "severity": problem.severity, "place": problem.path, **_cell(problem.path),
        "sentence": problem.message, "params": dict(problem.params),
    }  # fmt: skip


def _noted(remark: Remark) -> dict[str, Any]:
    return {
        "code": remark.code, "sheet": remark.sheet, "rows": list(remark.rows), "sentence": remark.message,
        "params": dict(remark.params),
    }  # fmt: skip


def _refused(error: SurveyError, findings: Iterable[Problem]) -> dict[str, Any]:
    return {"taken": False, "why": str(error), "problems": [_plain(one) for one in findings]}


def _taken(taken: Taken, dry_run: bool) -> dict[str, Any]:
    done = taken.imported
    return {
        "taken": not dry_run,
        "dry_run": dry_run,
        "changed": done.changed,
        "version": f"{done.code}@{done.number}",
        "status": done.status.value,
        "items": done.items,
        "content_hash": done.content_hash,
        "carried": asdict(taken.carried),
        "read_differently": [_noted(one) for one in taken.changed],
        "left_out": [_noted(one) for one in taken.left],
        "needs_approver": [_plain(one) for one in done.overrides],
        "warnings": [_plain(one) for one in done.warnings],
    }
