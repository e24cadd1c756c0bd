"""What the province has set, as the record keeps it. Defaults and limits are in `survey.services.province.settings`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from survey.models.province.settings import Setting


def recorded(session: Session | Connection) -> dict[str, Any]:
    """Every setting that was changed from its default, by key."""
    rows = session.execute(select(Setting.key, Setting.value).order_by(Setting.key))
    return {row.key: row.value for row in rows}


def domain(connection: Session | Connection) -> str | None:
    """The province's own host name, once an administrator has set it."""
    value = connection.execute(select(Setting.value).where(Setting.key == "domain")).scalar_one_or_none()
    return value or None
