"""The smallest valid objects in a test's record. Each method commits and returns the row it made."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar

from instruments import codec, library
from survey.database import Database
from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.points import CollectionPoint, EntryCode, EntryCodeStatus, EvidenceTier, Mode
from survey.models.fieldwork.waves import Campaign, Channel, Selection, Wave, WaveStatus
from survey.models.intake.responses import Disposition, Response
from survey.models.people.accounts import Account, AccountStatus, Grant, Role
from survey.models.province.procedures import Field, FieldGroup
from survey.models.province.units import Unit, UnitKind
from survey.models.questionnaires.instruments import Instrument, InstrumentVersion, ServiceDomain, VersionStatus

Row = TypeVar("Row")


@cache
def _smallest() -> str:
    """A short questionnaire, for tests that do not ask what is in it."""
    return codec.dumps(library.load("one-stop-short"))


@dataclass(frozen=True)
class Form:
    """What a test needs to know of an open form."""

    code: str
    wave: Wave
    channel: Channel
    point: CollectionPoint
    unit: Unit
    version: InstrumentVersion


@dataclass
class Record:
    database: Database
    now: datetime
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def add(self, row: Row) -> Row:
        with self.database.writing() as session:
            session.add(row)
        return row

    def number(self) -> int:
        value: int = next(self._numbers)
        return value

    def unit(self, *, parent: Unit | None = None, kind: UnitKind = UnitKind.WARD, **values: Any) -> Unit:
        n = self.number()
        row = Unit(code=f"U{n}", name=f"Phường Mẫu {n}", kind=kind, path="/0/", parent_id=parent.id if parent else None)
        for name, value in values.items():
            setattr(row, name, value)
        with self.database.writing() as session:
            session.add(row)
            session.flush()
            row.path = f"{parent.path if parent else '/'}{row.id}/"
        return row

    def field(self, *, group: FieldGroup = FieldGroup.OTHER, **values: Any) -> Field:
        n = self.number()
        return self.add(Field(**{"code": f"f{n}", "name": f"Lĩnh vực {n}", "group": group, "position": n} | values))

    def version(
        self,
        document: str | None = None,
        *,
        code: str | None = None,
        number: int = 1,
        domain: ServiceDomain = ServiceDomain.ADMIN,
        status: VersionStatus = VersionStatus.PUBLISHED,
        **values: Any,
    ) -> InstrumentVersion:
        n = self.number()
        document = document or _smallest()
        with self.database.writing() as session:
            instrument = Instrument(code=code or f"form-{n}", service_domain=domain)
            session.add(instrument)
            session.flush()
            row = InstrumentVersion(
                **{
                    "instrument_id": instrument.id,
                    "number": number,
                    "document": document,
                    "content_hash": hashlib.sha256(document.encode()).hexdigest(),
                    "core_hash": f"{n:064x}",
                    "lowest_grade": "draft",
                    "status": status,
                    "created_at": self.now,
                    "published_at": self.now if status is VersionStatus.PUBLISHED else None,
                }
                | values
            )
            session.add(row)
        return row

    def published(self, code: str = "one-stop-short") -> InstrumentVersion:
        """A shipped questionnaire, published in this record."""
        document = library.load(code)
        return self.version(codec.dumps(document), code=code, domain=ServiceDomain(document.service_domain))

    def form(self, instrument: str = "one-stop-short", *, mode: Mode = Mode.QR_ON_SITE, **wave: Any) -> Form:
        """An open wave of a shipped questionnaire with one printed code."""
        version = self.published(instrument)
        domain = ServiceDomain(library.load(instrument).service_domain)
        unit = self.unit(name="UBND phường Mẫu")
        made = self.wave(version=version, unit=unit, domain=domain, **wave)
        channel = self.channel(made)
        point = self.point(channel, unit=unit, name="Quầy số 3")
        field = self.field(name="Hộ tịch")
        entry = self.entry_code(point, field_id=field.id if domain is ServiceDomain.ADMIN else None, mode=mode)
        return Form(entry.code, made, channel, point, unit, version)

    def wave(
        self,
        *,
        version: InstrumentVersion | None = None,
        unit: Unit | None = None,
        status: WaveStatus = WaveStatus.OPEN,
        domain: ServiceDomain = ServiceDomain.ADMIN,
        **values: Any,
    ) -> Wave:
        n = self.number()
        version = version or self.version(domain=domain)
        unit = unit or self.unit(kind=UnitKind.PROVINCE)
        campaign = self.add(Campaign(code=f"campaign-{n}", title=f"Chương trình {n}", service_domain=domain))
        return self.add(
            Wave(
                **{
                    "code": f"WAVE-{n}",
                    "title": f"Đợt {n}",
                    "campaign_id": campaign.id,
                    "version_id": version.id,
                    "unit_id": unit.id,
                    "status": status,
                    "opens_on": date(2026, 11, 1),
                    "closes_on": date(2026, 11, 30),
                    "opened_at": None if status is WaveStatus.PLANNED else self.now,
                    "closed_at": self.now if status is WaveStatus.CLOSED else None,
                }
                | values
            )
        )

    def channel(self, wave: Wave, *, selection: Selection = Selection.OPT_IN, **values: Any) -> Channel:
        n = self.number()
        return self.add(
            Channel(**{"wave_id": wave.id, "code": f"qr{n}", "title": "QR tại quầy", "selection": selection} | values)
        )

    def point(self, channel: Channel, *, unit: Unit, **values: Any) -> CollectionPoint:
        n = self.number()
        return self.add(
            CollectionPoint(
                **{
                    "channel_id": channel.id,
                    "unit_received_id": unit.id,
                    "unit_deciding_id": unit.id,
                    "name": f"Quầy số {n}",
                }
                | values
            )
        )

    def entry_code(self, point: CollectionPoint, code: str | None = None, **values: Any) -> EntryCode:
        n = self.number()
        return self.add(
            EntryCode(
                **{
                    "code": code or f"A{n:05d}".replace("0", "Z").replace("1", "Y"),
                    "point_id": point.id,
                    "mode": Mode.QR_ON_SITE,
                    "tier": EvidenceTier.C,
                    "status": EntryCodeStatus.ACTIVE,
                }
                | values
            )
        )

    def frame_cell(
        self, wave: Wave, unit: Unit, *, transactions: int = 1000, field: Field | None = None, planned: int = 0
    ) -> FrameCell:
        return self.add(
            FrameCell(
                wave_id=wave.id,
                unit_id=unit.id,
                field_id=field.id if field else None,
                field_key=field.id if field else 0,
                transactions=transactions,
                planned=planned,
            )
        )

    def responses(
        self,
        channel: Channel,
        unit: Unit,
        number: int,
        *,
        field: Field | None = None,
        point: CollectionPoint | None = None,
        **values: Any,
    ) -> None:
        """Answers as the citizens of a unit would leave them; what they say does not matter."""
        point = point or self.point(channel, unit=unit)
        with self.database.writing() as session:
            wave = session.get(Wave, channel.wave_id)
            assert wave is not None
            for _ in range(number):
                digest = hashlib.sha256(f"response {self.number()}".encode()).digest()
                session.add(
                    Response(
                        **{
                            "key_digest": digest,
                            "wave_id": wave.id,
                            "channel_id": channel.id,
                            "point_id": point.id,
                            "unit_received_id": unit.id,
                            "unit_deciding_id": unit.id,
                            "field_id": field.id if field else None,
                            "version_id": wave.version_id,
                            "answers": "{}",
                            "answers_digest": digest,
                            "day": self.now.date(),
                            "half_day": 0,
                            "mode": Mode.QR_ON_SITE,
                            "tier": EvidenceTier.C,
                            "pace": 2,
                            "disposition": Disposition.COMPLETE,
                        }
                        | values
                    )
                )

    def account(self, *grants: tuple[Role, Unit, tuple[str, ...]], **values: Any) -> Account:
        n = self.number()
        row = self.add(
            Account(
                **{
                    "username": f"nhanvien{n}",
                    "full_name": f"Nguyễn Văn {n}",
                    "password_hash": "!",
                    "status": AccountStatus.ACTIVE,
                    "created_at": self.now,
                }
                | values
            )
        )
        for role, unit, domains in grants:
            self.add(Grant(account_id=row.id, role=role, unit_id=unit.id, domains=list(domains)))
        return row
