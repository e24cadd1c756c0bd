"""What the tests of results share: a wave with answers, and its analyses."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from survey.models.fieldwork.waves import Selection
from survey.models.people.accounts import Account
from survey.models.province.units import Unit
from survey.models.questionnaires.instruments import InstrumentVersion, VersionStatus
from survey.permissions import Actor, system
from survey.services.estimates import finalising
from survey.services.estimates.analyses import reading
from survey.services.estimates.analyses.making import Analyses
from survey.services.fieldwork import waves
from tests.factories.questionnaires import item
from tests.factories.record import Record
from tests.factories.results import DISSATISFIED, SATISFIED, Surveyed, document
from tests.staff_client import StaffClient

SignIn = Callable[[Account], StaffClient]
FIRST_DAY = date(2026, 11, 1)


@pytest.fixture
def survey(record: Record) -> Surveyed:
    return Surveyed(record)


def analysed(survey: Surveyed, channel: str = "drawn", actor: Actor | None = None) -> Analyses:
    return reading.read(survey.record.database, "W-1", channel, actor=actor or system(), now=survey.record.now).analyses


def three_wards(survey: Surveyed) -> tuple[Unit, Unit, Unit]:
    """95, 60 and 58 in a hundred satisfied."""
    units = tuple(survey.unit(f"Phường {name}") for name in "ABC")
    for unit, satisfied in zip(units, (95, 60, 58), strict=True):
        survey.frame(unit, 1000)
        survey.answer(unit, satisfied, 100 - satisfied)
    a, b, c = units
    return a, b, c


def wave_before(
    survey: Surveyed, unit: Unit, satisfied: int, dissatisfied: int, *, version_id: int | None = None,
    selection: Selection = Selection.DRAWN, channels: tuple[str, ...] = ("before",), more: int = 0,
    code: str = "W-0", first: date = date(2026, 8, 1),
) -> None:  # fmt: skip
    """A closed wave of the same campaign, with its results."""
    record = survey.record
    wave = record.wave(
        unit=survey.province, code=code, title="Đợt trước", campaign_id=survey.wave.campaign_id,
        version_id=version_id or survey.wave.version_id, opens_on=first, closes_on=first + timedelta(days=30),
    )  # fmt: skip
    for place, own in enumerate(channels):
        channel = record.channel(wave, code=own, title="Kênh trước", selection=selection)
        point = record.point(channel, unit=unit)
        for codes, number in ((SATISFIED, satisfied - place * more), (DISSATISFIED, dissatisfied + 2 * place * more)):
            for day, part in (
                (first + timedelta(days=4), number // 2 + 5),
                (first + timedelta(days=5), number - number // 2 - 5),
            ):
                record.responses(channel, unit, part, answers=json.dumps(codes), point=point, day=day)
    waves.close_wave(record.database, code, actor=system(), now=record.now)
    finalising.make_final(record.database, code, actor=system(), now=record.now)


def reworded(survey: Surveyed) -> int:
    """The id of a second version of the questionnaire, whose first question asks something else."""
    record = survey.record
    with record.database.writing() as session:
        own = session.get_one(InstrumentVersion, survey.wave.version_id)
        other = InstrumentVersion(
            instrument_id=own.instrument_id, number=2, core_hash="e" * 64, content_hash="f" * 64,
            document=document(item("q1", "Câu khác hẳn"), item("q2"), version=2), lowest_grade="draft",
            status=VersionStatus.PUBLISHED, created_at=record.now, published_at=record.now,
        )  # fmt: skip
        session.add(other)
        session.flush()
        return other.id
