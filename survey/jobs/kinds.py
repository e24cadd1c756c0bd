"""What each kind of background job does. One function per kind; the services do the work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from survey import clock
from survey.config import Config
from survey.csv_dialects import CsvDialect
from survey.database import Database
from survey.jobs import placards
from survey.jobs.worker import Work
from survey.permissions import system
from survey.services import housekeeping, jobs
from survey.services.fieldwork import planned_tests
from survey.services.files.file_kinds import RESULT_FILES, ResultFile
from survey.services.jobs import Claimed, MadeFile, Progress
from survey.services.people import grants


def _final_results(
    database: Database, config: Config, job: Claimed, _folder: Path, progress: Progress
) -> MadeFile | None:
    from survey.services.estimates import finalising

    finalising.make_final(
        database,
        str(job.params["wave"]),
        actor=system("closing a wave"),
        now=clock.now(),
        snapshots=config.instance / "snapshots",
        progress=progress,
    )
    return None


def _judge_anew(database: Database, config: Config, job: Claimed, _folder: Path, progress: Progress) -> MadeFile | None:
    """For who asked, with the rights they have now."""
    from survey.services.estimates import finalising

    finalising.judge_anew(
        database,
        str(job.params["wave"]),
        actor=grants.actor_of(database, job.requested_by),
        now=clock.now(),
        after=int(job.params["after"]),
        snapshots=config.instance / "snapshots",
        progress=progress,
    )
    return None


def _joined(database: Database, config: Config, job: Claimed, folder: Path, progress: Progress) -> MadeFile:
    from survey.services.files import several_waves

    return several_waves.write(
        database,
        str(job.params["instrument"]),
        [str(code) for code in job.params["waves"]],
        several_waves.Format(str(job.params["format"])),
        folder / "file",
        actor=grants.actor_of(database, job.requested_by),
        now=clock.now(),
        instance=config.instance,
        language=str(job.params.get("language", "vi")),
        dialect=_dialect(job),
        progress=progress,
    )


def _dialect(job: Claimed) -> CsvDialect:
    return CsvDialect(str(job.params.get("dialect", CsvDialect.COMMA)))


def _result_file(kind: ResultFile) -> Work:
    """The work of a file of results: for who asked, with the rights they have now."""

    def work(database: Database, config: Config, job: Claimed, folder: Path, progress: Progress) -> MadeFile:
        return kind.write()(
            database,
            str(job.params["wave"]),
            str(job.params["channel"]),
            folder / "file",
            actor=grants.actor_of(database, job.requested_by),
            now=clock.now(),
            instance=config.instance,
            language=str(job.params.get("language", "vi")),
            progress=progress,
            **({"dialect": _dialect(job)} if kind.csv else {}),
        )

    return work


KINDS: dict[str, Work] = {
    "final_results": _final_results,
    "judge_anew": _judge_anew,
    **{kind.job: _result_file(kind) for kind in RESULT_FILES.values()},
    "results_joined": _joined,
    "placards": placards.make,
}


def tidier(config: Config, database: Database) -> Callable[[datetime], None]:
    def tidy(now: datetime) -> None:
        if housekeeping.patterns_are_missing(database):
            from survey.services.estimates import finalising

            finalising.keep_patterns(database, now=now, snapshots=config.instance / "snapshots")
        housekeeping.tidy(database, jobs.files(config.instance), now)
        if planned_tests.looks_are_planned(database):
            from survey.services.estimates import finalising

            snapshots = config.instance / "snapshots"
            finalising.judge_due_looks(database, actor=system("a planned look"), now=now, snapshots=snapshots)

    return tidy
