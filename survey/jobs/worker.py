"""The process that does the jobs: claims one, does it, keeps its file, claims the next; tidies up once an hour."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from survey import clock, logging
from survey.config import Config
from survey.database import Database
from survey.errors import RecordUnavailable, SurveyError
from survey.services import jobs
from survey.services.jobs import Claimed, MadeFile, Progress

POLL_SECONDS = 0.3
TIDY_EVERY = timedelta(hours=1)

# What a kind of job does: it may write one file into the folder it is given.
Work = Callable[[Database, Config, Claimed, Path, Progress], MadeFile | None]


def run(config: Config, database: Database, kinds: dict[str, Work], tidy: Callable[[datetime], None]) -> None:
    """Do the waiting jobs, and tidy up once an hour, until a signal says to stop."""
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    tidied = clock.now() - TIDY_EVERY
    while not stopping:
        try:
            if clock.now() - tidied >= TIDY_EVERY:
                tidied = clock.now()
                tidy(tidied)
            if not do_one(config, database, kinds):
                time.sleep(POLL_SECONDS)
        except RecordUnavailable:
            time.sleep(2)


def do_one(config: Config, database: Database, kinds: dict[str, Work]) -> bool:
    """Do one waiting job. False when there is none."""
    job = jobs.claim(database, clock.now())
    if job is None:
        return False
    try:
        work = kinds.get(job.kind)
        if work is None:
            raise SurveyError("This version knows no work called %(kind)s.", kind=job.kind)
        config.instance.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=config.instance, prefix="job-") as folder:
            made = work(database, config, job, Path(folder), jobs.reporter(database, job.id))
            kept = None
            if made is not None:
                kept = jobs.keep_file(database, jobs.files(config.instance), made, now=clock.now())
        jobs.finish(database, job.id, clock.now(), kept, made)
    except RecordUnavailable:
        raise
    except Exception as error:
        if not isinstance(error, SurveyError):
            logging.failure(error, job=job.kind)
        jobs.fail(database, job.id, error, clock.now())
    return True
