"""Fields by code, in the order the province gave."""

from __future__ import annotations

from survey.database import Database
from survey.queries.province import procedures
from tests.factories.record import Record


def test_fields_are_known_by_code_in_the_provinces_order(database: Database, record: Record):
    with database.reading() as session:
        assert procedures.last_position(session) == 0
    second = record.field(code="dat-dai", position=9)
    first = record.field(code="ho-tich", position=2)
    with database.reading() as session:
        assert list(procedures.field_ids(session).items()) == [("ho-tich", first.id), ("dat-dai", second.id)]
        assert procedures.field_id(session, "dat-dai") == second.id
        assert procedures.field_id(session, "y-te") is None
        assert procedures.last_position(session) == 9
