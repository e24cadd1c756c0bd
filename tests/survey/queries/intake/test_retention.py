"""Which answers are past their day: emptied ones are not counted again."""

from __future__ import annotations

from datetime import date, timedelta

from survey.database import Database
from survey.models.intake.responses import EMPTIED, Response
from survey.queries.intake import retention
from tests.factories.record import Record


def test_only_older_answers_that_are_still_held_are_counted(database: Database, record: Record):
    form = record.form()
    day = date(2026, 11, 1)
    record.responses(form.channel, form.unit, 2, day=day - timedelta(days=1))
    record.responses(form.channel, form.unit, 1, day=day)
    with database.writing() as session:
        keys = session.scalars(retention.keys_before(day)).all()
        channels = set(session.scalars(retention.channels_before(day)))
        assert (len(keys), channels) == (2, {form.channel.id})
        assert retention.number_before(session, day) == 2
        for name, value in EMPTIED.items():
            setattr(session.get_one(Response, keys[0]), name, value)
        session.flush()
        assert retention.number_before(session, day) == 1
