"""A wave with answers that can be counted on paper: so many satisfied and dissatisfied people at each unit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from instruments import codec
from survey.models.estimates.results import ResultSet
from survey.models.fieldwork.points import CollectionPoint
from survey.models.fieldwork.waves import Channel, Selection, Wave
from survey.models.intake.responses import EMPTIED, Disposition, Response
from survey.models.people.accounts import Role
from survey.models.province.procedures import Field
from survey.models.province.targets import TargetPlan
from survey.models.province.units import Unit, UnitKind
from survey.permissions import Actor, GrantScope, system
from survey.services.demonstration import shipped_data
from survey.services.estimates import finalising, visible_results
from survey.services.estimates.results_cache import KeptResults
from survey.services.estimates.visible_results import ResultsView
from survey.services.fieldwork import waves
from tests.factories.questionnaires import item, questionnaire, text
from tests.factories.record import Record

DAY = date(2026, 11, 10)
SATISFIED, DISSATISFIED = {"q1": 5, "q2": 4}, {"q1": 2, "q2": 3}
SEX = {
    "type": "item",
    "code": "r_sex",
    "text": text("Giới tính"),
    "short": "Giới tính",
    "response": {"kind": "single", "options": [{"code": 1, "label": text("Nam")}, {"code": 2, "label": text("Nữ")}]},
    "grade": "verbatim",
    "voluntary": True,
}


def document(*items: dict[str, Any], **more: Any) -> str:
    """Two rated questions, whose pooled rate is the headline."""
    made = questionnaire(*(items or (item("q1"), item("q2"))), **more)
    return codec.dumps(codec.loads(json.dumps(made)))


@dataclass
class Surveyed:
    """A running wave over a province, with the channels `qr` (self-selected) and `drawn`."""

    record: Record
    plan: str | None = "QN-2021-2025"
    answers: str = ""  # the questionnaire
    wave_values: Mapping[str, Any] = field(default_factory=dict)
    province: Unit = field(init=False)
    wave: Wave = field(init=False)
    qr: Channel = field(init=False)
    drawn: Channel = field(init=False)
    points: dict[tuple[int, int], CollectionPoint] = field(default_factory=dict)

    def __post_init__(self) -> None:
        record = self.record
        self.province = record.unit(kind=UnitKind.PROVINCE, name="Thành phố Mẫu", code="48")
        plan_id = None
        if self.plan:
            shipped_data.load_target_plans(record.database, system(), now=record.now)
            with record.database.reading() as session:
                plan_id = session.scalars(select(TargetPlan.id).where(TargetPlan.code == self.plan)).one()
        version = record.version(self.answers or document(), code="phieu-mau")
        values = {"code": "W-1", "title": "Đợt mẫu", "plan_id": plan_id, **self.wave_values}
        self.wave = record.wave(version=version, unit=self.province, **values)
        self.qr = record.channel(self.wave, code="qr", title="Mã QR")
        self.drawn = record.channel(self.wave, code="drawn", title="Mẫu chọn", selection=Selection.DRAWN)

    def unit(self, name: str = "Phường Mẫu", **values: Any) -> Unit:
        return self.record.unit(**{"parent": self.province, "name": name, **values})

    def frame(self, unit: Unit, transactions: int, field: Field | None = None) -> None:
        self.record.frame_cell(self.wave, unit, transactions=transactions, field=field)

    def answer(
        self, unit: Unit, satisfied: int, dissatisfied: int, *, field: Field | None = None,
        channel: Channel | None = None, day: date | None = None, **values: Any,
    ) -> None:  # fmt: skip
        """So many people of each kind, at the unit's one point."""
        at = channel or self.drawn
        point = self.points.get((at.id, unit.id)) or self.record.point(at, unit=unit)
        self.points[at.id, unit.id] = point
        for codes, number in ((SATISFIED, satisfied), (DISSATISFIED, dissatisfied)):
            self.say(unit, codes, number, field=field, channel=at, point=point, day=day or DAY, **values)

    def say(self, unit: Unit, codes: Mapping[str, Any], number: int = 1, **values: Any) -> None:
        """So many people who gave these answers, on a day that is over."""
        channel = values.pop("channel", self.drawn)
        self.record.responses(channel, unit, number, answers=json.dumps(codes), **{"day": DAY, **values})

    def analyst(self, at: Unit | None = None, domains: tuple[str, ...] = ("admin",), **rights: bool) -> Actor:
        return self.person(Role.ANALYST, at, domains, **rights)

    def person(
        self, role: Role, at: Unit | None = None, domains: tuple[str, ...] = ("admin",), **rights: bool
    ) -> Actor:
        unit = at or self.province
        account = self.record.account((role, unit, domains))
        scope = GrantScope(role, unit.id, unit.path, frozenset(domains), **rights)
        return Actor(account.id, account.username, account.full_name, (scope,))

    def view(
        self, channel: str = "drawn", *, actor: Actor | None = None, kept: KeptResults | None = None,
        now: datetime | None = None, language: str = "vi",
    ) -> ResultsView:  # fmt: skip
        return visible_results.read(
            self.record.database, self.wave.code, channel, actor=actor or system(), now=now or self.record.now,
            kept=kept, language=language,
        )  # fmt: skip

    def close(self, *, snapshots: Path | None = None) -> int:
        """Close the wave and make its verdicts. Returns how many result sets were made."""
        database, now = self.record.database, self.record.now
        waves.close_wave(database, self.wave.code, actor=system(), now=now)
        at = now + timedelta(minutes=1)
        return finalising.make_final(database, self.wave.code, actor=system(), now=at, snapshots=snapshots)

    def delete_one(self, unit: Unit, channel: Channel | None = None) -> None:
        """One answer leaves, as with a receipt code."""
        at = channel or self.drawn
        with self.record.database.writing() as session:
            key = session.scalars(
                select(Response.key_digest)
                .where(Response.channel_id == at.id, Response.unit_deciding_id == unit.id, Response.late.is_(False))
                .where(Response.disposition == Disposition.COMPLETE)
                .order_by(Response.key_digest)
                .limit(1)
            ).one()
            session.execute(update(Response).where(Response.key_digest == key).values(EMPTIED))
            session.execute(update(Channel).where(Channel.id == at.id).values(removals=Channel.removals + 1))
            session.execute(
                update(ResultSet).where(ResultSet.channel_id == at.id).values(deleted_since=ResultSet.deleted_since + 1)
            )
