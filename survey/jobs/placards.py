"""Many placards, made while nobody waits."""

from __future__ import annotations

from pathlib import Path

from survey import i18n
from survey.config import Config
from survey.database import Database
from survey.permissions import system
from survey.services.fieldwork import placards
from survey.services.jobs import Claimed, MadeFile, Progress


def make(database: Database, config: Config, job: Claimed, folder: Path, progress: Progress) -> MadeFile:
    """The PDF of the points that were found in the asking person's scope when the job was asked for."""
    wave, paper = str(job.params["wave"]), str(job.params["paper"])
    points = [int(point) for point in job.params["points"]]
    progress(0, len(points))
    with database.reading() as session:
        made = placards.sheets(session, wave, public_url=config.public_url, actor=system("placards"), point_ids=points)
    words = i18n.translations(placards.LANGUAGE).gettext
    path = folder / "placards.pdf"
    path.write_bytes(placards.placard_file(made, paper, words))
    progress(len(points), len(points))
    return MadeFile(path, f"ap-phich-{wave}-{paper}.pdf", "application/pdf")
