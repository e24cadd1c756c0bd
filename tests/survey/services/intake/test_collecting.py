"""Taking answers exactly once: the contract of keys, in the service."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from instruments import answers, library
from survey.database import Database
from survey.models.fieldwork.points import EntryCode, EntryCodeStatus, Mode, OneTimeCode, OneTimeCodeStatus
from survey.models.fieldwork.waves import Selection
from survey.models.intake.responses import Comment, Disposition, Response, SubmissionCount
from survey.queries.intake import entry as entries
from survey.queries.intake.entry import Entry
from survey.services.intake import collecting, receipts
from survey.services.intake.collecting import Doors, Fate, Sending
from survey.tokens import SubmissionKey, Tokens
from tests.factories.answers import close, rows, the_row
from tests.factories.citizen import NINE
from tests.factories.record import Form, Record

TOKENS = Tokens((b"k" * 32,))


def find(database: Database, code: str) -> Entry:
    with database.view() as connection:
        found = (
            entries.by_entry_code(connection, code)
            if len(code) == 6
            else entries.by_one_time_code(connection, code, TOKENS.one_time_digest(code))
        )
    assert found is not None
    return found


def key_for(entry: Entry, now: datetime) -> SubmissionKey:
    text = TOKENS.new_submission_key(
        version_id=entry.version_id, point_id=entry.point_id or 0, entry=entry.code, now=now
    )
    key = TOKENS.read_submission_key(text)
    assert key is not None
    return key


def sending(key: SubmissionKey, values: dict[str, str] | None = None, *, instrument: str = "one-stop-short") -> Sending:
    version = library.load(instrument)
    sheet = answers.read(version, {name: [value] for name, value in (NINE if values is None else values).items()})
    assert not sheet.problems
    rated = tuple(item.code for item in version.rated_items)
    return Sending(key=key, sheet=sheet, field_id=None, questions=10, rated=rated)


@pytest.fixture
def form(record: Record) -> Form:
    return record.form()


def test_one_sending_is_stored_once_with_place_day_and_half_day(database: Database, form: Form, now: datetime) -> None:
    entry = find(database, form.code)
    fate = collecting.take(database, TOKENS, entry, sending(key_for(entry, now - timedelta(seconds=45))), now)
    assert fate is Fate.STORED
    row = the_row(database)
    assert row.answers is not None
    assert json.loads(row.answers) == {f"q{n}": 4 for n in range(1, 10)}
    assert (row.wave_id, row.unit_deciding_id, row.point_id) == (form.wave.id, form.unit.id, form.point.id)
    assert (str(row.day), row.half_day, row.pace) == ("2026-11-20", 0, 2)
    assert row.disposition is Disposition.COMPLETE


def test_same_key_and_content_again_is_a_repetition(database: Database, form: Form, now: datetime) -> None:
    entry = find(database, form.code)
    once = sending(key_for(entry, now))
    assert collecting.take(database, TOKENS, entry, once, now) is Fate.STORED
    assert collecting.take(database, TOKENS, entry, once, now + timedelta(minutes=9)) is Fate.REPEATED
    assert rows(database) == 1


def test_same_key_with_other_answers_leaves_the_first_standing(database: Database, form: Form, now: datetime) -> None:
    entry = find(database, form.code)
    key = key_for(entry, now)
    collecting.take(database, TOKENS, entry, sending(key), now)
    assert collecting.take(database, TOKENS, entry, sending(key, {"q1": "1"}), now) is Fate.FIRST_STANDS
    stored = the_row(database).answers
    assert stored is not None
    assert json.loads(stored)["q1"] == 4
    with database.reading() as session:
        count = session.scalars(select(SubmissionCount)).one()
    assert (count.accepted, count.repeated, count.conflicting) == (1, 0, 1)


def test_a_changed_comment_is_other_content(database: Database, form: Form, now: datetime) -> None:
    entry = find(database, form.code)
    key = key_for(entry, now)
    collecting.take(database, TOKENS, entry, sending(key, {"q1": "4", "comment": "Tốt"}), now)
    other = sending(key, {"q1": "4", "comment": "Chưa tốt"})
    assert collecting.take(database, TOKENS, entry, other, now) is Fate.FIRST_STANDS


def test_twenty_parallel_sendings_of_one_key_make_one_row(database: Database, form: Form, now: datetime) -> None:
    entry = find(database, form.code)
    once = sending(key_for(entry, now))
    fates: list[Fate] = []

    def send() -> None:
        fates.append(collecting.take(database, TOKENS, entry, once, now))

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fates) == [Fate.REPEATED] * 19 + [Fate.STORED]
    assert rows(database) == 1


def test_an_old_key_that_was_stored_is_thanked_and_one_that_was_not_is_expired(
    database: Database, form: Form, now: datetime
) -> None:
    entry = find(database, form.code)
    stored, unsent = sending(key_for(entry, now)), sending(key_for(entry, now))
    collecting.take(database, TOKENS, entry, stored, now)
    later = now + timedelta(hours=25)
    assert collecting.take(database, TOKENS, entry, stored, later) is Fate.REPEATED
    assert collecting.take(database, TOKENS, entry, unsent, later) is Fate.EXPIRED
    assert rows(database) == 1


def test_a_kiosk_key_is_good_for_thirty_days(record: Record, database: Database, now: datetime) -> None:
    entry = find(database, record.form(mode=Mode.KIOSK).code)
    key = key_for(entry, now)
    assert collecting.take(database, TOKENS, entry, sending(key), now + timedelta(days=29)) is Fate.STORED
    late = sending(key_for(entry, now))
    assert collecting.take(database, TOKENS, entry, late, now + timedelta(days=31)) is Fate.EXPIRED


def test_a_key_from_a_clock_that_ran_a_day_ahead_is_still_taken(database: Database, form: Form, now: datetime) -> None:
    entry = find(database, form.code)
    key = key_for(entry, now + timedelta(days=1))
    assert collecting.take(database, TOKENS, entry, sending(key), now) is Fate.STORED
    assert the_row(database).pace == 0


def test_a_form_opened_before_closing_is_taken_for_a_day_and_marked_late(
    database: Database, form: Form, now: datetime
) -> None:
    entry = find(database, form.code)
    before, after = key_for(entry, now - timedelta(minutes=5)), key_for(entry, now + timedelta(minutes=5))
    close(database, form.wave, now)
    entry = find(database, form.code)
    assert collecting.doors(entry, now) is Doors.CLOSED
    assert collecting.take(database, TOKENS, entry, sending(before), now + timedelta(hours=23)) is Fate.STORED
    assert the_row(database).late is True
    assert collecting.take(database, TOKENS, entry, sending(after), now + timedelta(minutes=6)) is Fate.CLOSED
    too_late = sending(key_for(entry, now - timedelta(minutes=5)))
    fate = collecting.take(database, TOKENS, entry, too_late, now + timedelta(hours=23, minutes=59, seconds=59))
    assert fate is Fate.EXPIRED


def test_an_empty_form_is_not_stored(database: Database, form: Form, now: datetime) -> None:
    entry = find(database, form.code)
    assert collecting.take(database, TOKENS, entry, sending(key_for(entry, now), {}), now) is Fate.EMPTY
    assert rows(database) == 0


@pytest.mark.parametrize(("answered", "expected"), [(5, Disposition.COMPLETE), (4, Disposition.PARTIAL)])
def test_half_of_the_rated_questions_make_a_complete_response(
    database: Database, form: Form, now: datetime, answered: int, expected: Disposition
) -> None:
    entry = find(database, form.code)
    values = {f"q{n}": "97" for n in range(1, answered + 1)}
    collecting.take(database, TOKENS, entry, sending(key_for(entry, now), values), now)
    assert the_row(database).disposition is expected


# --- one-time codes --------------------------------------------------------------------------------------------


@pytest.fixture
def slip(record: Record, form: Form, now: datetime) -> str:
    drawn = record.channel(form.wave, selection=Selection.DRAWN)
    point = record.point(drawn, unit=form.unit)
    record.add(
        OneTimeCode(
            digest=TOKENS.one_time_digest("B7K2M9QX"),
            channel_id=drawn.id,
            status=OneTimeCodeStatus.ISSUED,
            expires_on=(now + timedelta(days=30)).date(),
            point_id=point.id,
        )
    )
    return "B7K2M9QX"


def test_a_slip_is_redeemed_with_the_response_and_forgets_its_place(
    database: Database, slip: str, now: datetime
) -> None:
    entry = find(database, slip)
    once = sending(key_for(entry, now))
    assert collecting.take(database, TOKENS, entry, once, now) is Fate.STORED
    with database.reading() as session:
        code = session.scalars(select(OneTimeCode)).one()
    assert (code.status, code.point_id, code.field_id) == (OneTimeCodeStatus.REDEEMED, None, None)
    spent = find(database, slip)
    assert collecting.doors(spent, now) is Doors.SPENT
    assert collecting.take(database, TOKENS, spent, once, now) is Fate.REPEATED


def test_a_slip_cannot_be_used_for_a_second_response(database: Database, slip: str, now: datetime) -> None:
    entry = find(database, slip)
    first, second = sending(key_for(entry, now)), sending(key_for(entry, now), {"q1": "1"})
    assert collecting.take(database, TOKENS, entry, first, now) is Fate.STORED
    assert collecting.take(database, TOKENS, entry, second, now) is Fate.SPENT  # even with what was read before
    assert collecting.take(database, TOKENS, find(database, slip), second, now) is Fate.SPENT
    assert rows(database) == 1


def test_answers_whose_slip_was_spent_may_be_sent_as_an_open_opinion_of_the_weakest_tier(
    database: Database, form: Form, slip: str, now: datetime
) -> None:
    entry = find(database, slip)
    first, second = sending(key_for(entry, now)), sending(key_for(entry, now), {"q1": "1"})
    collecting.take(database, TOKENS, entry, first, now)
    fate = collecting.take(database, TOKENS, find(database, slip), second, now, as_open_answer=True)
    assert fate is Fate.STORED
    with database.reading() as session:
        tiers = session.execute(select(Response.tier, Response.channel_id).order_by(Response.tier)).all()
    assert [(tier.value, channel == form.channel.id) for tier, channel in tiers] == [("A", False), ("D", True)]


def test_a_code_withdrawn_while_the_form_was_open_offers_the_open_opinion(
    database: Database, form: Form, now: datetime
) -> None:
    key = key_for(find(database, form.code), now)
    with database.writing() as session:
        session.execute(update(EntryCode).values(status=EntryCodeStatus.RETIRED))
    entry = find(database, form.code)
    assert collecting.doors(entry, now) is Doors.RETIRED
    assert collecting.take(database, TOKENS, entry, sending(key), now) is Fate.RETIRED
    assert collecting.take(database, TOKENS, entry, sending(key), now, as_open_answer=True) is Fate.STORED


# --- receipts --------------------------------------------------------------------------------------------------


def test_a_deleted_response_keeps_only_its_key_and_cannot_come_back(
    database: Database, form: Form, now: datetime
) -> None:
    entry = find(database, form.code)
    key = key_for(entry, now)
    once = sending(key, {"q1": "4", "comment": "Xin cảm ơn"})
    collecting.take(database, TOKENS, entry, once, now)
    thanks = TOKENS.read_thanks(TOKENS.thanks(key, now=now))
    assert thanks is not None
    code = TOKENS.receipt_code(thanks.seed)
    assert receipts.state(database, TOKENS, code) is receipts.ReceiptState.COUNTED
    assert receipts.delete(database, TOKENS, code) is True
    assert receipts.delete(database, TOKENS, code) is False
    row = the_row(database)
    assert row.key_digest == key.digest
    left = [c.key for c in Response.__table__.columns if getattr(row, c.key) is not None]
    assert sorted(left) == ["disposition", "key_digest", "late"]
    with database.reading() as session:
        assert session.scalars(select(Comment)).all() == []
    assert collecting.take(database, TOKENS, entry, once, now) is Fate.DELETED
    assert the_row(database).answers is None


# --- through the form ------------------------------------------------------------------------------------------
