"""What the units and fields of results are called."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.models.province.procedures import Field
from survey.models.province.units import Unit


@dataclass(frozen=True)
class UnitLabel:
    path: str
    name: str
    code: str
    is_sample: bool  # a fictional unit


@dataclass(frozen=True)
class FieldLabel:
    code: str
    name: str


def units(session: Session) -> dict[int, UnitLabel]:
    """Every unit by its id."""
    rows = session.execute(select(Unit.id, Unit.path, Unit.name, Unit.code, Unit.is_sample))
    return {row.id: UnitLabel(row.path, row.name, row.code, row.is_sample) for row in rows}


def fields(session: Session) -> dict[int, FieldLabel]:
    """Every field of procedures by its id."""
    rows = session.execute(select(Field.id, Field.code, Field.name))
    return {row.id: FieldLabel(row.code, row.name) for row in rows}
