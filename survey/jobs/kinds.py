"""What each kind of job does. One function per kind; the services do the work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from survey import clock
from survey.config import Config
from survey.database import Database
from survey.jobs import placards
from survey.jobs.worker import Work
from survey.permissions import system
from survey.services import housekeeping, jobs
from survey.services.jobs import Claimed, MadeFile, Progress


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


def _workbook(database: Database, config: Config, job: Claimed, folder: Path, progress: Progress) -> MadeFile:
    from survey.services.files import result_files

    return _file(result_files.write_workbook, database, config, job, folder, progress)


def _rows(database: Database, config: Config, job: Claimed, folder: Path, progress: Progress) -> MadeFile:
    from survey.services.files import result_files

    return _file(result_files.write_rows, database, config, job, folder, progress)


def _joined(database: Database, config: Config, job: Claimed, folder: Path, progress: Progress) -> MadeFile:
    from survey.services.files import result_files, several_waves

    return several_waves.write(
        database,
        str(job.params["instrument"]),
        [str(code) for code in job.params["waves"]],
        several_waves.Format(str(job.params["format"])),
        folder / "file",
        actor=result_files.actor_of(database, job.requested_by),
        now=clock.now(),
        instance=config.instance,
        language=str(job.params.get("language", "vi")),
        progress=progress,
    )


def _file(
    write: Callable[..., MadeFile], database: Database, config: Config, job: Claimed, folder: Path, progress: Progress
) -> MadeFile:
    """For who asked, with the rights they have now."""
    from survey.services.files import result_files

    return write(
        database,
        str(job.params["wave"]),
        str(job.params["channel"]),
        folder / "file",
        actor=result_files.actor_of(database, job.requested_by),
        now=clock.now(),
        instance=config.instance,
        language=str(job.params.get("language", "vi")),
        progress=progress,
    )


KINDS: dict[str, Work] = {
    "final_results": _final_results,
    "results_workbook": _workbook,
    "results_rows": _rows,
    "results_joined": _joined,
    "placards": placards.make,
}


def tidier(config: Config, database: Database) -> Callable[[datetime], None]:
    def tidy(now: datetime) -> None:
        housekeeping.tidy(database, jobs.files(config.instance), now)

    return tidy
