"""From a file to a published version: what is refused, who has to decide, what is frozen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from instruments import editing
from instruments.model.text import Text
from survey.database import Database
from survey.errors import Conflict, Forbidden, Invalid
from survey.models.audit import AuditEvent
from survey.models.people.accounts import Account, Role
from survey.models.questionnaires.drafts import DraftRevision
from survey.models.questionnaires.instruments import InstrumentVersion, VersionStatus
from survey.permissions import Actor, GrantScope, system
from survey.services.questionnaires import drafts, file_import, publishing, shipped_and_imported
from survey.services.questionnaires.shipped_and_imported import Unusable
from tests.factories.questionnaires import WORDS, as_file, item, questionnaire, text
from tests.factories.record import Record


def actor(account: Account, *roles: Role, domains: tuple[str, ...] = ("admin",)) -> Actor:
    grants = tuple(GrantScope(role, 1, "/1/", frozenset(domains)) for role in roles)
    return Actor(account.id, account.username, account.full_name, grants)


@pytest.fixture
def designer(record: Record) -> Actor:
    return actor(record.account(), Role.DESIGNER)


@pytest.fixture
def approver(record: Record) -> Actor:
    return actor(record.account(), Role.APPROVER)


def bring_in(database: Database, document: dict[str, Any], who: Actor, now: datetime) -> shipped_and_imported.Imported:
    return shipped_and_imported.import_document(database, as_file(document), actor=who, now=now)


def first_version(database: Database, now: datetime) -> None:
    """Version 1 in use, brought in by the command line."""
    bring_in(database, questionnaire(), system(), now)
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)


def sent(database: Database, number: int, who: Actor, now: datetime) -> None:
    drafts.submit(database, "phieu-mau", number, actor=who, now=now)


def status(database: Database, number: int = 1) -> VersionStatus:
    with database.reading() as session:
        found = session.scalar(select(InstrumentVersion.status).where(InstrumentVersion.number == number))
        assert found is not None
        return found


def events(database: Database, action: str) -> list[AuditEvent]:
    with database.reading() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


def test_a_dry_run_says_what_would_be_kept_and_keeps_nothing(database: Database, designer: Actor, now: datetime):
    found = shipped_and_imported.import_document(
        database, as_file(questionnaire()), actor=designer, now=now, dry_run=True
    )
    assert (found.code, found.number, found.changed, found.items) == ("phieu-mau", 1, True, 2)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InstrumentVersion)) == 0


def test_a_file_is_kept_as_a_draft_and_the_same_file_again_changes_nothing(
    database: Database, designer: Actor, now: datetime
):
    assert bring_in(database, questionnaire(), designer, now).changed
    assert not bring_in(database, questionnaire(), designer, now).changed
    assert status(database) is VersionStatus.DRAFT
    assert len(events(database, "instrument.import")) == 1


def test_a_draft_is_replaced_by_a_newer_file(database: Database, designer: Actor, now: datetime):
    first = bring_in(database, questionnaire(), designer, now)
    second = bring_in(database, questionnaire(item("q1", "Lời khác"), item("q2")), designer, now)
    assert second.changed
    assert second.content_hash != first.content_hash


def test_every_problem_of_a_file_is_named_with_its_path(database: Database, designer: Actor, now: datetime):
    broken = questionnaire(item("q1"), item("q1"), colour="blue", issuer={})
    with pytest.raises(Unusable) as refused:
        bring_in(database, broken, designer, now)
    assert {(f.code, f.path) for f in refused.value.findings} == {("unknown-key", ""), ("bad-text", "issuer")}
    with pytest.raises(Unusable) as refused:
        bring_in(database, questionnaire(item("q1"), item("q1")), designer, now)
    assert [f.path for f in refused.value.findings] == ["sections[0].elements[1].code"]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"format": 1}'])
def test_what_is_no_questionnaire_is_refused_in_words(database: Database, designer: Actor, now: datetime, data: bytes):
    with pytest.raises(Unusable, match="not a usable questionnaire"):
        shipped_and_imported.import_document(database, data, actor=designer, now=now)


def test_a_designer_of_health_cannot_bring_in_a_form_of_procedures(database: Database, record: Record, now: datetime):
    who = actor(record.account(), Role.DESIGNER, domains=("health",))
    with pytest.raises(Forbidden):
        bring_in(database, questionnaire(), who, now)


def test_the_first_version_needs_an_approver_who_is_not_its_author(database: Database, record: Record, now: datetime):
    author = actor(record.account(), Role.DESIGNER, Role.APPROVER)
    bring_in(database, questionnaire(), author, now)
    with pytest.raises(Forbidden, match="You wrote this version yourself"):
        publishing.publish(database, "phieu-mau", 1, actor=author, now=now)
    assert status(database) is VersionStatus.DRAFT
    sent(database, 1, author, now)
    publishing.publish(database, "phieu-mau", 1, actor=actor(record.account(), Role.APPROVER), now=now)
    assert status(database) is VersionStatus.PUBLISHED


def test_a_change_of_words_is_published_by_its_designer(database: Database, designer: Actor, now: datetime):
    first_version(database, now)
    bring_in(database, questionnaire(item("q1", "Lời khác"), item("q2"), version=2), designer, now)
    sent(database, 2, designer, now)
    assert publishing.publish(database, "phieu-mau", 2, actor=designer, now=now) == ()
    assert status(database, 2) is VersionStatus.PUBLISHED


def _satisfied_from(level: int) -> list[dict[str, Any]]:
    options = [{"code": n, "label": text(w), "satisfied": n >= level} for n, w in enumerate(WORDS, start=1)]
    return [{"code": "sat5", "options": options}]


def _renamed_answer() -> list[dict[str, Any]]:
    options = _satisfied_from(4)[0]["options"]
    options[2]["label"] = text("Tạm hài lòng")
    return [{"code": "sat5", "options": options}]


def _turned_answers() -> list[dict[str, Any]]:
    """The same codes and words, the best answer first."""
    return [{"code": "sat5", "options": _satisfied_from(4)[0]["options"][::-1]}]


@pytest.mark.parametrize(
    ("changes", "weighty"),
    [
        ({"sections": [{"code": "main", "elements": [item("q1"), item("q3")]}]}, ("questions",)),
        ({"scales": _satisfied_from(3)}, ("answers",)),
        ({"scales": _renamed_answer()}, ("answers",)),
        ({"scales": _turned_answers()}, ("answers",)),
        ({"indices": [{"level": "overall", "rule": "pooled_answers", "measure": "rate"}]}, ("figures",)),
        ({"claim": "official"}, ("standing",)),
    ],
    ids=["codes", "satisfied", "words of an answer", "order of the answers", "index rule", "claim"],
)
def test_more_than_words_needs_an_approver(
    database: Database,
    designer: Actor,
    approver: Actor,
    now: datetime,
    changes: dict[str, Any],
    weighty: tuple[str, ...],
):
    first_version(database, now)
    bring_in(database, questionnaire(version=2, **changes), designer, now)
    with pytest.raises(Forbidden, match="an approver has to publish it"):
        publishing.publish(database, "phieu-mau", 2, actor=designer, now=now)
    sent(database, 2, designer, now)
    assert publishing.publish(database, "phieu-mau", 2, actor=approver, now=now) == weighty
    assert events(database, "instrument.publish")[-1].detail["weighty"] == list(weighty)


def test_what_the_checks_hold_back_needs_an_approver_with_a_reason(
    database: Database, designer: Actor, approver: Actor, now: datetime
):
    first_version(database, now)
    asks = item("r_eth", "Dân tộc của Ông/Bà?", factor=None, voluntary=True, response={"kind": "text"})
    found = bring_in(database, questionnaire(item("q1"), item("q2"), asks, version=2), designer, now)
    assert [p.code for p in found.overrides] == ["sensitive-unmarked"]
    sent(database, 2, designer, now)
    with pytest.raises(Invalid) as refused:
        publishing.publish(database, "phieu-mau", 2, actor=approver, now=now)
    assert set(refused.value.problems) == {"reason"}
    publishing.publish(database, "phieu-mau", 2, actor=approver, now=now, reason="Công văn 12/SNV")
    assert events(database, "instrument.publish")[-1].detail["reason"] == "Công văn 12/SNV"


@pytest.mark.parametrize("number", [1, 2], ids=["first version", "other words"])
def test_what_was_not_sent_for_review_is_published_by_nobody(
    database: Database, designer: Actor, approver: Actor, now: datetime, number: int
):
    if number == 2:
        first_version(database, now)
    bring_in(database, questionnaire(item("q1", "Lời khác"), item("q2"), version=number), designer, now)
    for who in (approver, *([designer] if number == 2 else [])):
        with pytest.raises(Conflict, match="sent for review"):
            publishing.publish(database, "phieu-mau", number, actor=who, now=now)
    assert status(database, number) is VersionStatus.DRAFT
    sent(database, number, designer, now)
    publishing.publish(database, "phieu-mau", number, actor=approver, now=now)
    assert status(database, number) is VersionStatus.PUBLISHED


def test_another_unit_of_a_number_needs_an_approver(database: Database, designer: Actor, now: datetime):
    def asks(unit: str, number: int) -> dict[str, Any]:
        response = {"kind": "number", "unit": text(unit)}
        return questionnaire(item("q1"), item("q2", factor=None, response=response), version=number)

    bring_in(database, asks("phút", 1), system(), now)
    publishing.publish(database, "phieu-mau", 1, actor=system(), now=now)
    bring_in(database, asks("ngày", 2), designer, now)
    sent(database, 2, designer, now)
    with pytest.raises(Forbidden, match="an approver has to publish it"):
        publishing.publish(database, "phieu-mau", 2, actor=designer, now=now)


def test_publishing_twice_is_one_event(database: Database, designer: Actor, approver: Actor, now: datetime):
    bring_in(database, questionnaire(), designer, now)
    sent(database, 1, designer, now)
    publishing.publish(database, "phieu-mau", 1, actor=approver, now=now)
    publishing.publish(database, "phieu-mau", 1, actor=approver, now=now)
    assert len(events(database, "instrument.publish")) == 1


def test_a_published_version_is_frozen(database: Database, designer: Actor, now: datetime):
    first_version(database, now)
    with pytest.raises(Conflict, match="Give the file version 2"):
        bring_in(database, questionnaire(item("q1", "Lời khác"), item("q2")), designer, now)
    with pytest.raises(DBAPIError), database.writing() as session:
        session.execute(update(InstrumentVersion).values(document="{}"))


def test_a_retired_version_is_not_offered_for_new_waves(database: Database, designer: Actor, now: datetime):
    first_version(database, now)
    publishing.retire(database, "phieu-mau", 1, actor=designer, now=now)
    publishing.retire(database, "phieu-mau", 1, actor=designer, now=now)
    assert status(database) is VersionStatus.RETIRED
    assert len(events(database, "instrument.retire")) == 1


def test_a_draft_cannot_be_retired(database: Database, designer: Actor, now: datetime):
    bring_in(database, questionnaire(), designer, now)
    with pytest.raises(Conflict, match="is a draft"):
        publishing.retire(database, "phieu-mau", 1, actor=designer, now=now)


def test_the_file_given_out_is_the_file_that_came_in(database: Database, designer: Actor, now: datetime):
    kept = bring_in(database, questionnaire(), designer, now)
    row, document = file_import.find(database, "phieu-mau", actor=designer)
    given = file_import.rendered(document, file_import.Format.JSON, words=lambda language: {})
    again = shipped_and_imported.import_document(database, given, actor=designer, now=now)
    assert (row.number, again.changed, again.content_hash) == (1, False, kept.content_hash)


def test_the_shipped_questionnaires_are_registered_once(database: Database, now: datetime):
    assert shipped_and_imported.register_shipped(database, now=now) > 0
    assert shipped_and_imported.register_shipped(database, now=now) == 0


def test_who_brought_in_a_file_stays_an_author_when_another_brings_in_a_later_one(
    database: Database, designer: Actor, record: Record, now: datetime
):
    both = actor(record.account(), Role.DESIGNER, Role.APPROVER)
    bring_in(database, questionnaire(), both, now)
    bring_in(database, questionnaire(item("q1", "Lời khác"), item("q2")), designer, now)
    sent(database, 1, designer, now)
    with pytest.raises(Forbidden, match="You wrote this version yourself"):
        publishing.publish(database, "phieu-mau", 1, actor=both, now=now)


def test_who_wrote_at_a_draft_stays_an_author_however_many_acts_follow(
    database: Database, designer: Actor, record: Record, now: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(drafts, "KEPT_REVISIONS", 3)
    both = actor(record.account(), Role.DESIGNER, Role.APPROVER)
    bring_in(database, questionnaire(), designer, now)
    for number, who in enumerate((both, *[designer] * 8)):
        words = Text(vi=f"Lời thứ {number}")
        drafts.change(
            database, "phieu-mau", 1, lambda v, words=words: editing.change_element(v, "q1", text=words),
            base=number, act="cau", actor=who, now=now,
        )  # fmt: skip
    with database.reading() as session:
        assert session.scalars(select(DraftRevision.number).order_by(DraftRevision.number)).all() == [1, 7, 8, 9]
    sent(database, 1, designer, now)
    with pytest.raises(Forbidden, match="You wrote this version yourself"):
        publishing.publish(database, "phieu-mau", 1, actor=both, now=now)
