"""Trying a questionnaire out: what was answered in the preview, kept apart from every real answer and soon purged."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import delete

from instruments.answers import AnswerSheet, canonical
from survey.database import Database, changed
from survey.errors import Forbidden
from survey.models.questionnaires.trials import TrialAnswer
from survey.permissions import Actor
from survey.queries.questionnaires import trials as queries
from survey.queries.questionnaires.instruments import VersionRow

LIVE = timedelta(days=7)
MOST = 20  # of one version; the oldest leave first


def keep(
    database: Database, row: VersionRow, sheet: AnswerSheet, language: str, *, actor: Actor, now: datetime
) -> bool:
    """Keep what was answered, for those who write or approve the questionnaire; whoever else tries it leaves nothing.

    Answers to an earlier state of a draft go: their codes may have another meaning by now.
    """
    if not queries.may_keep(actor, row):
        return False
    with database.writing() as session:
        mine = TrialAnswer.version_id == row.id
        session.execute(delete(TrialAnswer).where(mine, TrialAnswer.content_hash != row.content_hash))
        too_many = queries.ids(session, row.id)[MOST - 1 :]
        session.execute(delete(TrialAnswer).where(TrialAnswer.id.in_(too_many)))
        session.add(
            TrialAnswer(
                version_id=row.id,
                content_hash=row.content_hash,
                language=language,
                codes=canonical(sheet.codes),
                texts=json.dumps(sheet.texts, ensure_ascii=False, sort_keys=True),
                tried_at=now,
            )
        )
    return True


def forget(database: Database, row: VersionRow, *, actor: Actor) -> int:
    """Delete the trial answers of one version. Safe to call twice."""
    if not queries.may_keep(actor, row):
        raise Forbidden("Your account may not write questionnaires of this service.")
    with database.writing() as session:
        return changed(session, delete(TrialAnswer).where(TrialAnswer.version_id == row.id))


def purge(database: Database, now: datetime) -> int:
    """Delete trial answers older than a week. Safe to call as often as one likes."""
    with database.writing() as session:
        return changed(session, delete(TrialAnswer).where(TrialAnswer.tried_at < now - LIVE))
