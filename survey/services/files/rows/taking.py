"""Files with a row per response leave the platform: who took which, in the record of actions, at each download."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from survey.database import Database
from survey.permissions import Actor
from survey.services import audit, jobs
from survey.services.jobs import KeptFile


def download(database: Database, folder: Path, job_id: int, *, actor: Actor, now: datetime) -> KeptFile:
    """The file of a finished job, to be handed over; rights and expiry are those of `jobs.file_of`."""
    kept = jobs.file_of(database, folder, job_id, actor=actor, now=now)
    if kept.row_data and kept.path.exists():
        asked = jobs.state(database, job_id, actor=actor)
        record(database, asked.kind, asked.params, kept.sha256, actor=actor, now=now)
    return kept


def record(database: Database, kind: str, params: dict[str, Any], sha256: str, *, actor: Actor, now: datetime) -> None:
    """Note that a file was taken: its wave and channel, its kind, how many rows it has, its hash."""
    told = {name: params[name] for name in ("channel", "format", "rows") if name in params}
    with database.writing() as session:
        audit.record(session, actor, "rows.take", subject(params), now, file=kind, sha256=sha256, **told)


def subject(params: dict[str, Any]) -> str:
    """What the rows are of: a wave, or several."""
    return f"wave {', '.join(map(str, params.get('waves', [params.get('wave')])))}"
