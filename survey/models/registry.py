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
    recordings,
    responses,
    results,
    settings,
    targets,
    trials,
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
    "recordings",
    "responses",
    "results",
    "settings",
    "targets",
    "trials",
    "units",
    "waves",
]
