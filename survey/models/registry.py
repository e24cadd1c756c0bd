"""Every table at once, for migrations and for tests of the whole schema. Nothing that serves a request imports this."""

from survey.models import audit, jobs
from survey.models.base import Base
from survey.models.estimates import families, looks, results
from survey.models.fieldwork import frames, issued_forms, points, waves
from survey.models.intake import responses
from survey.models.people import accounts
from survey.models.province import procedures, settings, targets, units
from survey.models.questionnaires import drafts, instruments, recordings, trials

metadata = Base.metadata

__all__ = [
    "accounts",
    "audit",
    "drafts",
    "families",
    "frames",
    "instruments",
    "issued_forms",
    "jobs",
    "looks",
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
