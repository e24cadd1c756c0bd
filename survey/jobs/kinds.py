"""What each kind of job does. One function per kind; the services do the work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from survey import clock
from survey.config import Config
from survey.database import Database
from survey.jobs import placards
from survey.jobs.worker import Work, files_folder
from survey.permissions import system
from survey.services import housekeeping
from survey.services.jobs import Claimed, MadeFile, Progress


def _final_results(
    database: Database, config: Config, job: Claimed, _folder: Path, progress: Progress
) -> MadeFile | None:
    from survey.services import estimating

    estimating.make_final(
        database,
        str(job.params["wave"]),
        actor=system("closing a wave"),
        now=clock.now(),
        snapshots=config.instance / "snapshots",
        progress=progress,
    )
    return None


KINDS: dict[str, Work] = {"final_results": _final_results, "placards": placards.make}


def tidier(config: Config, database: Database) -> Callable[[datetime], None]:
    def tidy(now: datetime) -> None:
        housekeeping.tidy(database, files_folder(config), now)

    return tidy
