"""What the province decides for itself: every setting with its limits, how it is read, how it is changed.

| key | default | limits | meaning |
|---|---|---|---|
| `province_name` | | 100 characters | name of the province or city, as citizens read it |
| `domain` | | a host name | the address citizens type; both faces answer to it within 30 seconds |
| `hotline` | | 60 characters | telephone number printed on every form and placard |
| `complaint_text` | | 300 characters | sentence on where to complain, under the thank-you |
| `retention_answers_months` | 24 | 1 to 120 | raw answers are deleted after this; aggregates stay |
| `retention_comments_months` | 12 | 1 to 120 | raw comments are deleted after this |
| `backup_days` | 35 | 1 to 365 | back-ups expire within this after a purge, as the privacy page tells citizens |
| `audit_months` | 12 | 12 to 120 | records of staff actions are kept this long |
| `minimum_cell` | 10 | 5 to 100 | a cell with fewer respondents is hidden, with its complements |
| `judged_minimum` | 30 | 10 to 1000 | a unit is judged from this many answers on |
| `row_combination_minimum` | 10 | 5 to 100 | rows that share unit, field, month and facts in a file of rows |
| `row_stratum_minimum` | 10 | 5 to 100 | rows that share a stratum, cluster or weight in a file of rows |
| `idle_minutes` | 15 | 5 to 60 | a staff session ends after this long without a request |
| `idle_account_days` | 45 | 7 to 365 | an account nobody signs in to is disabled after this |
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from survey.database import Database
from survey.errors import N_, Forbidden, Invalid
from survey.models.province.settings import Setting
from survey.permissions import Actor
from survey.queries.province import settings as queries
from survey.services import audit
from survey.services.province import units

_HOST = re.compile(r"(?=.{4,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")


@dataclass(frozen=True)
class ProvinceSettings:
    """Every setting with its value in force."""

    province_name: str = ""
    domain: str = ""
    hotline: str = ""
    complaint_text: str = ""
    retention_answers_months: int = 24
    retention_comments_months: int = 12
    backup_days: int = 35
    audit_months: int = 12
    minimum_cell: int = 10
    judged_minimum: int = 30
    row_combination_minimum: int = 10
    row_stratum_minimum: int = 10
    idle_minutes: int = 15
    idle_account_days: int = 45


@dataclass(frozen=True)
class Limits:
    """What may be entered: so many characters, or a whole number from low to high."""

    low: int = 0
    high: int = 0


LIMITS: dict[str, Limits] = {
    "province_name": Limits(0, 100),
    "domain": Limits(0, 190),
    "hotline": Limits(0, 60),
    "complaint_text": Limits(0, 300),
    "retention_answers_months": Limits(1, 120),
    "retention_comments_months": Limits(1, 120),
    "backup_days": Limits(1, 365),
    "audit_months": Limits(12, 120),
    "minimum_cell": Limits(5, 100),
    "judged_minimum": Limits(10, 1000),
    "row_combination_minimum": Limits(5, 100),
    "row_stratum_minimum": Limits(5, 100),
    "idle_minutes": Limits(5, 60),
    "idle_account_days": Limits(7, 365),
}
DEFAULTS = {f.name: f.default for f in fields(ProvinceSettings)}


def read(session: Session | Connection) -> ProvinceSettings:
    """The settings in force: what was recorded, else the default."""
    found = queries.recorded(session)
    return ProvinceSettings(**{key: found[key] for key in DEFAULTS if key in found})


def save(database: Database, actor: Actor, entered: Mapping[str, Any], *, now: datetime) -> tuple[str, ...]:
    """Set what was entered; returns the keys that changed. All or nothing: Invalid names every problem by its key."""
    if not actor.governs_province:
        raise Forbidden("Only an administrator of the whole province may change its settings.")
    if unknown := set(entered) - set(DEFAULTS):
        raise Invalid("There is no setting %(name)s.", name=", ".join(sorted(unknown)))
    with database.writing() as session:
        before = read(session)
        values = {key: _clean(key, value) for key, value in entered.items()}
        after = {**before.__dict__, **values}
        if problems := _problems(after, values):
            raise Invalid("Some settings cannot be taken as they are.", problems)
        changed = tuple(key for key in DEFAULTS if after[key] != getattr(before, key))
        for key in changed:
            session.merge(Setting(key=key, value=after[key], changed_at=now))
            audit.record(
                session, actor, "setting.change", f"setting {key}", now, before=getattr(before, key), after=after[key]
            )
        if "province_name" in changed:
            units.name_root(session, after["province_name"])
    return changed


def host_of(text: str) -> str:
    """The host name in what a person typed: 'https://KS.danang.gov.vn/' is ks.danang.gov.vn."""
    return text.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")


def _clean(key: str, value: Any) -> Any:
    if isinstance(DEFAULTS[key], int):
        text = str(value if value is not None else "").strip()
        return int(text) if text.isdecimal() and len(text) < 7 else None
    text = " ".join(unicodedata.normalize("NFC", str(value or "")).split())
    return host_of(text) if key == "domain" else text


def _problems(after: Mapping[str, Any], entered: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in entered.items():
        limits = LIMITS.get(key)
        if limits is None:
            continue
        if value is None or (isinstance(value, int) and not limits.low <= value <= limits.high):
            found[key] = N_("Enter a whole number within the limits beside the field.")
        elif isinstance(value, str) and len(value) > limits.high:
            found[key] = N_("This text is too long.")
    if found:
        return found
    if after["domain"] and not _HOST.fullmatch(after["domain"]):
        found["domain"] = N_("Enter a host name like ks.danang.gov.vn, without a path.")
    if after["retention_comments_months"] > after["retention_answers_months"]:
        found["retention_comments_months"] = N_("Comments cannot be kept longer than the answers they belong to.")
    if after["judged_minimum"] < after["minimum_cell"]:
        found["judged_minimum"] = N_("This cannot be smaller than the smallest cell shown.")
    return {key: text for key, text in found.items() if key in entered} or found
