"""A small province in which the policy tests walk every route: two parts that must not see each other.

A route's arguments are taken from `here` (inside the scope of the scoped accounts) or from `there` (outside it); what
belongs to one person (a job, its file) from that person's own. A face that brings a new argument name adds one line to
`_place` or `_personal`, and to `NOT_SCOPED` where the object is everybody's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from werkzeug.routing import Rule

from survey.config import ROOT
from survey.models.fieldwork.waves import Selection
from survey.models.jobs import Artifact, Job, JobStatus
from survey.models.people.accounts import Account, Grant, Invitation, InvitationPurpose, Role
from survey.models.province.procedures import Procedure
from survey.models.province.targets import ApplyTo, Target, TargetPlan, TargetUnit
from survey.models.province.units import Unit, UnitKind
from survey.models.questionnaires.drafts import DraftComment
from survey.models.questionnaires.instruments import ServiceDomain
from survey.models.questionnaires.recordings import SoundFile
from survey.permissions import ROUTES
from survey.services.people.credentials import token_digest
from tests.factories.people import EVERYTHING, person
from tests.factories.record import Record

LINK_TOKEN = "a-link-that-works-once"
FORMS = {"health": "byt56-m3", "education": "edu-mn-parent"}

# Objects of the whole province: whoever may open the route may open it for any of them.
NOT_SCOPED = frozenset({"plan_id", "target_id", "field_id", "procedure_id", "token", "name", "guide"})


@dataclass
class Place:
    """One part of the province, with an example of everything a route may name, by the name of the argument."""

    unit: Unit
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    record: Record
    province: Unit
    here: Place
    there: Place
    everywhere: dict[Role, Account]  # one account per role, over the whole province and every service
    scoped: dict[Role, Account]  # one account per role, for `here` and health only
    personal: dict[int, dict[str, Any]]  # by account: what belongs to that person only

    def path(self, app: Flask, rule: Rule, place: Place, *, account: Account | None = None) -> str:
        """The address of a rule with the arguments of a place, and of a person where it is about the own things."""
        own = self.personal[account.id] if account else {}
        values = {name: {**place.arguments, **own}[name] for name in rule.arguments}
        with app.test_request_context():
            return url_for(rule.endpoint, **values)


def whom(rule: Rule) -> Role:
    """A role that may reach the route; the administrator where several may."""
    access = ROUTES[rule.endpoint]
    return Role.ADMINISTRATOR if access.kind != "roles" or Role.ADMINISTRATOR in access.roles else min(access.roles)


def build(record: Record, instance: Path) -> World:
    province = record.unit(kind=UnitKind.PROVINCE, name="Thành phố Mẫu")
    here = _place(record, record.unit(parent=province, kind=UnitKind.DEPARTMENT, name="Sở Y tế Mẫu"), "health")
    there = _place(record, record.unit(parent=province, kind=UnitKind.DEPARTMENT, name="Sở Giáo dục Mẫu"), "education")
    _shared(record, here, there)
    everywhere = {role: person(record, (role, province, EVERYTHING)).account for role in Role}
    scoped = {role: person(record, (role, here.unit, ("health",))).account for role in Role}
    accounts = (*everywhere.values(), *scoped.values())
    return World(
        record, province, here, there, everywhere, scoped, {a.id: _personal(record, a, instance) for a in accounts}
    )


def _place(record: Record, unit: Unit, domain: str) -> Place:
    """Objects that belong to one unit and one service."""
    below = record.unit(parent=unit, kind=UnitKind.OTHER)
    colleague = person(record, (Role.ANALYST, below, (domain,))).account
    with record.database.reading() as session:
        grant = session.query(Grant).filter_by(account_id=colleague.id).one()
    invitation = record.add(
        Invitation(
            purpose=InvitationPurpose.NEW_ACCOUNT,
            token_digest=token_digest(f"link for {domain}"),
            username=f"moi-{domain}",
            full_name="Người Mới",
            grants=[_grant(below, domain)],
            created_at=record.now,
            expires_at=record.now + timedelta(hours=72),
        )
    )
    document = (ROOT / "instruments" / "definitions" / FORMS[domain] / "1.json").read_text("utf-8")
    service = ServiceDomain(domain)
    version = record.version(document, code=FORMS[domain], domain=service)
    wave = record.wave(version=version, unit=unit, domain=service)
    point = record.point(record.channel(wave), unit=below)
    record.channel(wave, selection=Selection.DRAWN)  # its forms issued have pages of their own
    job = record.add(
        Job(kind="workbook", params={}, status=JobStatus.QUEUED, requested_by=colleague.id, created_at=record.now)
    )
    arguments = {
        "unit_id": below.id,
        "account_id": colleague.id,
        "grant_id": grant.id,
        "invitation_id": invitation.id,
        "wave_code": wave.code,
        "point_id": point.id,
        "entry_code": record.entry_code(point).code,
        "cell_id": record.frame_cell(wave, below).id,
        "code": FORMS[domain],
        "number": version.number,
        "wanted": "xlsx",
        "job_id": job.id,
        "act": "cau-len",
        "remark_id": record.add(
            DraftComment(version_id=version.id, element="", text="Ý kiến", made_at=record.now, made_by=colleague.id)
        ).id,
    }
    return Place(unit, arguments)


def _personal(record: Record, account: Account, instance: Path) -> dict[str, Any]:
    """What only this person may open: a finished job with its file."""
    (instance / "files").mkdir(exist_ok=True)
    name, content = f"file-of-{account.id}", b"a file"
    (instance / "files" / name).write_bytes(content)
    artifact = record.add(
        Artifact(
            name="ket-qua.xlsx",
            media_type="application/octet-stream",
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            stored_as=name,
            made_at=record.now,
        )
    )
    job = record.add(
        Job(
            kind="workbook",
            params={},
            status=JobStatus.DONE,
            requested_by=account.id,
            artifact_id=artifact.id,
            created_at=record.now,
        )
    )
    return {"job_id": job.id}


def _grant(unit: Unit, domain: str) -> dict[str, Any]:
    return {"role": "analyst", "unit_id": unit.id, "domains": [domain], "row_data": False, "comments": False}


def _shared(record: Record, *places: Place) -> None:
    """Objects of the whole province."""
    plan = record.add(
        TargetPlan(
            code="KH-MAU",
            title="Kế hoạch mẫu",
            document="Quyết định 1/QĐ-UBND",
            issuer="UBND",
            scope="thành phố",
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 12, 31),
            grade="",
        )
    )
    target = record.add(
        Target(
            plan_id=plan.id,
            code="M-ALL",
            service_domains=["admin"],
            field_groups=[],
            indicator="Mức độ hài lòng",
            year=2026,
            comparison=">=",
            threshold=Decimal("0.9"),
            unit=TargetUnit.PERCENT,
            apply_to=ApplyTo.BOTH,
        )
    )
    a_field = record.field(name="Đất đai")
    procedure = record.add(Procedure(code="1.004873", name="Thủ tục mẫu", field_id=a_field.id))
    record.add(
        Invitation(
            purpose=InvitationPurpose.NEW_ACCOUNT,
            token_digest=token_digest(LINK_TOKEN),
            username="nguoi-moi",
            full_name="Người Mới",
            grants=[],
            password_hash="!",
            created_at=record.now,
            expires_at=record.now + timedelta(hours=72),
        )
    )
    sound = record.add(
        SoundFile(digest="5" * 64, media_type="audio/mpeg", milliseconds=1000, size=1, data=b"a", kept_at=record.now)
    )
    for place in places:
        place.arguments |= {
            "plan_id": plan.id,
            "target_id": target.id,
            "field_id": a_field.id,
            "procedure_id": procedure.id,
            "token": LINK_TOKEN,
            "name": f"{sound.digest}.mp3",
            "guide": "bo-cau-hoi",
        }


def staff_rules(app: Flask) -> list[Rule]:
    """Every staff route but the static files, in a stable order."""
    found = [r for r in app.url_map.iter_rules() if not r.endpoint.startswith("citizen.") and r.endpoint != "static"]
    return sorted(found, key=lambda r: (r.endpoint, r.rule))


def methods(rule: Rule) -> set[str]:
    return set(rule.methods or ()) - {"HEAD", "OPTIONS"}


SignIn = Callable[[Account], Any]
