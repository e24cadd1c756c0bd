"""Versions by name: the newest, the one that is given out, what is taken."""

from __future__ import annotations

from survey.database import Database
from survey.models.questionnaires.instruments import InstrumentVersion, VersionStatus
from survey.queries.questionnaires import versions
from tests.factories.record import Record


def next_version(record: Record, before: InstrumentVersion, status: VersionStatus) -> InstrumentVersion:
    return record.add(
        InstrumentVersion(
            instrument_id=before.instrument_id, number=before.number + 1, document=before.document,
            content_hash=f"{before.number:064x}", core_hash=before.core_hash, lowest_grade="draft", status=status,
            created_at=record.now,
        )
    )  # fmt: skip


def test_a_published_version_is_given_out_before_a_newer_draft(database: Database, record: Record):
    published = record.version(code="phieu")
    draft = next_version(record, published, VersionStatus.DRAFT)
    with database.reading() as session:
        current, newest = versions.current(session, "phieu"), versions.newest(session, "phieu")
        assert versions.count(session, published.instrument_id) == 2
        assert versions.names_in_use(session) == {("phieu", 1), ("phieu", 2)}
    assert current is not None
    assert current.id == published.id
    assert newest is not None
    assert (newest.version.id, newest.instrument.code) == (draft.id, "phieu")


def test_unknown_names_are_not_found(database: Database, record: Record):
    record.version(code="phieu")
    with database.reading() as session:
        assert versions.codes_in_use(session) == {"phieu"}
        assert versions.named(session, "phieu", 2) is None
        assert versions.with_instrument(session, "khac", 1) is None
        assert versions.newest(session, "khac") is None
        assert versions.current(session, "khac") is None
