"""The names a server answers to, and the province's own domain among them soon after it is set."""

from __future__ import annotations

from flask import Flask

from survey.database import Database
from survey.errors import RecordUnavailable
from survey.models.province.settings import Setting
from survey.web import security
from tests.conftest import NOW


def hosts(recorded: str | None) -> security.Hosts:
    return security.Hosts(frozenset({"localhost"}), lambda: recorded)


def test_configured_names_are_admitted_with_any_port_and_others_are_not() -> None:
    found = hosts(None)
    assert found.admit("localhost")
    assert found.admit("localhost:8000")
    assert not found.admit("example.org")
    assert not found.admit(None)
    assert not found.admit("")


def test_recorded_domain_is_admitted() -> None:
    assert hosts("ks.danang.gov.vn").admit("ks.danang.gov.vn")
    assert not hosts("ks.danang.gov.vn").admit("danang.gov.vn")
    assert not hosts("ks.danang.gov.vn").admit("x.ks.danang.gov.vn")


def test_record_that_is_away_refuses_unknown_hosts_and_keeps_known_ones() -> None:
    def away() -> str:
        raise RecordUnavailable("away")

    found = security.Hosts(frozenset({"localhost"}), away)
    assert not found.admit("ks.danang.gov.vn")
    assert found.admit("localhost")


def test_record_is_asked_at_most_once_in_fifteen_seconds_however_many_hosts_are_tried() -> None:
    asked: list[int] = []

    def recorded() -> None:
        asked.append(1)

    found = security.Hosts(frozenset({"localhost"}), recorded)
    for n in range(50):
        found.admit(f"h{n}.example.org")
    assert len(asked) == 1
    assert security.DOMAIN_SECONDS <= 30


def test_app_answers_to_the_domain_in_the_record(staff_app: Flask, database: Database) -> None:
    with database.writing() as session:
        session.add(Setting(key="domain", value="ks.danang.gov.vn", changed_at=NOW))
    client = staff_app.test_client()
    answers = [
        client.get("/quan-tri/dang-nhap", headers={"Host": host}).status_code
        for host in ("localhost", "ks.danang.gov.vn", "ks.danang.gov.vn.example.org")
    ]
    assert answers == [200, 200, 400]
