"""The job that makes many placards."""

from __future__ import annotations

from pathlib import Path

from survey import i18n
from survey.config import Config
from survey.database import Database
from survey.services.fieldwork import placards
from survey.services.jobs import Claimed, MadeFile, Progress
from survey.services.people import grants


def make(database: Database, config: Config, job: Claimed, folder: Path, progress: Progress) -> MadeFile:
    """The PDF of the chosen points, as far as the person who asked for it may print them now."""
    wave, paper = str(job.params["wave"]), str(job.params["paper"])
    points = [int(point) for point in job.params["points"]]
    progress(0, len(points))
    actor = grants.actor_of(database, job.requested_by)
    with database.reading() as session:
        made = placards.sheets(session, wave, public_url=config.public_url, actor=actor, point_ids=points)
    words = i18n.translations(placards.LANGUAGE).gettext
    path = folder / "placards.pdf"
    path.write_bytes(placards.placard_file(made, paper, words))
    progress(len(points), len(points))
    return MadeFile(path, f"ap-phich-{wave}-{paper}.pdf", "application/pdf")
