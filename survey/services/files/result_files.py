"""Files of a wave's results: the workbook, and the rows of answers. Built by jobs, never while someone waits.

What a file may hold is decided by the same view as the screen. Rows of answers are a right of their own (a grant's
`row_data`), never a unit viewer's; they are recoded (`answer_rows`) and expire in seven days.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from survey.csv_dialects import CsvDialect
from survey.database import Database
from survey.errors import N_, Conflict, Forbidden, NotFound
from survey.exports import workbook as writer
from survey.models.people.accounts import Role
from survey.permissions import Actor
from survey.services import audit, jobs
from survey.services.estimates import visible_results as results_service
from survey.services.estimates.analyses import reading
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.visible_results import ResultsView
from survey.services.files import analysis_tables, result_tables, soundness_tables
from survey.services.files.answer_rows import RecodedRows
from survey.services.files.file_kinds import RESULT_FILES, ResultFile
from survey.services.files.result_sentences import Words, marks
from survey.services.files.rows import packages as row_packages
from survey.services.files.rows import statements as row_statements
from survey.services.jobs import MadeFile, Progress

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def snapshots(instance: Path) -> Path:
    return instance / "snapshots"


def may_take_rows(view: ResultsView, actor: Actor) -> bool:
    """The right to files with a row per response, for everything this view covers."""
    if actor.is_system:
        return True
    return any(
        g.row_data and g.role is Role.ANALYST and g.covers(unit_path=view.wave.unit_path, domain=view.wave.domain)
        for g in actor.grants
    )


def view_of_rows(
    database: Database, wave_code: str, channel: str | None, *, actor: Actor, now: datetime, instance: Path,
    language: str,
) -> ResultsView:  # fmt: skip
    """What a person sees of a channel whose rows they may take. Forbidden without that right."""
    view = results_service.read(
        database, wave_code, channel, actor=actor, now=now, kept=KeptResults(snapshots(instance)), language=language
    )
    if not may_take_rows(view, actor):
        raise Forbidden("Files with a row per response are a right of their own, which your account does not have.")
    return view


def to_take(view: ResultsView, actor: Actor) -> dict[str, ResultFile]:
    """The files this person may ask for of this view, by name."""
    rows = view.final and may_take_rows(view, actor)
    offered = {name: file for name, file in RESULT_FILES.items() if file.is_offered(view.version)}
    return {name: file for name, file in offered.items() if rows or not file.row_data}


def ask(
    database: Database,
    wave_code: str,
    channel: str | None,
    kind: str,
    *,
    actor: Actor,
    now: datetime,
    language: str,
    dialect: CsvDialect = CsvDialect.COMMA,
) -> int:
    """Queue a file. Refused here already when the wave is not to be seen or rows are not to be taken."""
    view = results_service.read(database, wave_code, channel, actor=actor, now=now)
    file = RESULT_FILES[kind]
    if not file.is_offered(view.version):
        raise NotFound("There is no such file.")
    if file.row_data and not may_take_rows(view, actor):
        raise Forbidden("Files with a row per response are a right of their own, which your account does not have.")
    if file.row_data and not view.final:
        raise Conflict("Files with a row per response are made once the wave is closed.")
    params = {"wave": wave_code, "channel": view.channel, "language": language}
    if file.csv:
        params["dialect"] = dialect.value
    with database.writing() as session:
        if view.final and may_take_rows(view, actor) and (file.row_data or kind == "workbook"):
            detail = {"channel": view.channel, "file": file.job}
            audit.record(session, actor, "rows.ask", f"wave {wave_code}", now, **detail)
        return jobs.ask(session, file.job, params, actor=actor, now=now)


def write_workbook(
    database: Database,
    wave_code: str,
    channel: str | None,
    path: Path,
    *,
    actor: Actor,
    now: datetime,
    instance: Path,
    language: str = "vi",
    progress: Progress = lambda _done, _total: None,
) -> MadeFile:
    """The workbook of one channel as `actor` may have it."""
    kept = KeptResults(snapshots(instance))
    view = results_service.read(database, wave_code, channel, actor=actor, now=now, kept=kept, language=language)
    analyses = reading.of_view(database, view, kept, now=now)
    words = Words.of(language)
    further = [*analysis_tables.tables(view, analyses, words), *soundness_tables.tables(view, analyses, words)]
    rows = RecodedRows.of(database, view, words, instance) if may_take_rows(view, actor) else None
    writer.write(
        path,
        title=view.wave.title,
        about=result_tables.about(view, words, rows=row_statements.lines(view, rows, words) if rows else ()),
        about_name=words(N_("Read me")),
        tables=result_tables.tables(view, words, beside=further),
        data=[rows.coded(), rows.labelled()] if rows else [],
        stamp=" · ".join(marks(view, words)),
        progress=progress,
    )
    return MadeFile(path, file_name(view, "xlsx"), XLSX, row_data=rows is not None, rows=len(rows or ()))


def write_rows(
    database: Database,
    wave_code: str,
    channel: str | None,
    path: Path,
    *,
    actor: Actor,
    now: datetime,
    instance: Path,
    language: str = "vi",
    dialect: CsvDialect = CsvDialect.COMMA,
    progress: Progress = lambda _done, _total: None,
) -> MadeFile:
    """The recoded rows as CSV, with what they are, what their codes mean and the request that analyses them."""
    view = view_of_rows(database, wave_code, channel, actor=actor, now=now, instance=instance, language=language)
    words = Words.of(language)
    rows = RecodedRows(database, view, words, instance)
    about = result_tables.about(view, words, rows=row_statements.lines(view, rows, words))
    row_packages.write(path, file_name(view, "csv"), view, rows, about, words, progress, dialect=dialect)
    return MadeFile(path, file_name(view, "zip"), row_packages.ZIP, row_data=True, rows=len(rows))


def file_name(view: ResultsView, ending: str) -> str:
    """The name of a file: wave and channel, after a mark where the data are made up."""
    return f"{'THU-NGHIEM-' if view.wave.is_synthetic else ''}{view.wave.code}-{view.channel}.{ending}"
