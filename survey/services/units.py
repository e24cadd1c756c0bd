"""Units of the province: the tree, its dates and successors; entered one by one or imported from a file."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.models.units import Unit, UnitKind

PLACEHOLDER_CODE = "tinh"  # the root of a new installation, until the province's own code is imported
PLACEHOLDER_NAME = "Tỉnh, thành phố (chưa đặt tên)"


def root(session: Session) -> Unit | None:
    """The unit over all others: the province."""
    return session.execute(select(Unit).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1)).scalar_one_or_none()


def ensure_root(session: Session) -> Unit:
    """The root, made now in an empty record, so that there is something to hold rights on."""
    found = root(session)
    if found is not None:
        return found
    made = Unit(code=PLACEHOLDER_CODE, name=PLACEHOLDER_NAME, kind=UnitKind.PROVINCE, path="/0/")
    session.add(made)
    session.flush()
    made.path = f"/{made.id}/"
    return made


def name_root(session: Session, name: str) -> None:
    """The province's name goes onto its root unit for as long as no unit file has named it."""
    found = root(session)
    if found is not None and found.code == PLACEHOLDER_CODE:
        found.name = name or PLACEHOLDER_NAME
