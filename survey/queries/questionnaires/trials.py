"""Named reads of what was answered while a questionnaire was tried out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.models.people.accounts import Role
from survey.models.questionnaires.trials import TrialAnswer
from survey.permissions import Actor
from survey.queries import scope
from survey.queries.questionnaires.instruments import VersionRow


@dataclass(frozen=True)
class Trial:
    """One form sent from the preview."""

    id: int
    language: str
    codes: Mapping[str, Any]
    texts: Mapping[str, str]
    tried_at: datetime


def may_keep(actor: Actor, row: VersionRow) -> bool:
    """Whoever writes or approves questionnaires of this service."""
    return row.service_domain.value in scope.domains(actor, Role.DESIGNER, Role.APPROVER)


def of_version(session: Session, row: VersionRow) -> tuple[Trial, ...]:
    """What was answered to the questionnaire as it is now, newest first."""
    found = session.scalars(
        select(TrialAnswer)
        .where(TrialAnswer.version_id == row.id, TrialAnswer.content_hash == row.content_hash)
        .order_by(TrialAnswer.id.desc())
    )
    return tuple(
        Trial(one.id, one.language, json.loads(one.codes), json.loads(one.texts), one.tried_at) for one in found
    )


def ids(session: Session, version_id: int) -> tuple[int, ...]:
    """Everything that is kept of a version, newest first."""
    wanted = select(TrialAnswer.id).where(TrialAnswer.version_id == version_id)
    return tuple(session.scalars(wanted.order_by(TrialAnswer.id.desc())))


def count(session: Session, row: VersionRow) -> int:
    """How many there are."""
    wanted = select(func.count()).select_from(TrialAnswer).where(
        TrialAnswer.version_id == row.id, TrialAnswer.content_hash == row.content_hash
    )  # fmt: skip
    return session.scalar(wanted) or 0
