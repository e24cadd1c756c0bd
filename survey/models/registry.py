"""Every table at once, for migrations and for tests of the whole schema. Nothing that serves a request imports this."""

from survey.models import (
    accounts,
    audit,
    drafts,
    frames,
    instruments,
    jobs,
    points,
    procedures,
    responses,
    results,
    settings,
    targets,
    units,
    waves,
)
from survey.models.base import Base

metadata = Base.metadata

__all__ = [
    "accounts",
    "audit",
    "drafts",
    "frames",
    "instruments",
    "jobs",
    "metadata",
    "points",
    "procedures",
    "responses",
    "results",
    "settings",
    "targets",
    "units",
    "waves",
]
