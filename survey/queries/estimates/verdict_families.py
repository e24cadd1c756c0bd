"""Which figures of a channel are judged together, as fixed; and what the record says of a wave when they are fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.models.estimates.families import VerdictFamilies
from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.points import CollectionPoint, EntryCode
from survey.models.fieldwork.waves import Channel, Wave, WaveStatus
from survey.models.province.procedures import Field
from survey.models.province.units import Unit, UnitKind


@dataclass(frozen=True)
class Family:
    """Figures judged together. Members are ids of units or fields, or names of target groups; none for the whole."""

    by: tuple[str, ...]
    name: str
    target: str  # code of the target when the family was fixed; empty where members have several
    members: tuple[int | str, ...] = ()
    unit: int | None = None  # of a unit's own fields or groups: whose

    @property
    def size(self) -> int:
        """How many figures the family has, whether or not they came to have answers."""
        return len(self.members) if self.by else 1


@dataclass
class AskedUnit:
    """A unit in which a channel asks: its kind, and the fields that may be asked about there."""

    kind: UnitKind
    fields: set[int] = field(default_factory=set)


def of_channel(session: Session, channel_id: int) -> tuple[Family, ...] | None:
    """The families of a channel, or None while they are not fixed."""
    rows = session.scalar(select(VerdictFamilies.families).where(VerdictFamilies.channel_id == channel_id))
    if rows is None:
        return None
    return tuple(
        Family(tuple(row["by"]), row["name"], row["target"], tuple(row["members"]), row["unit"]) for row in rows
    )


def waves_to_fix(session: Session) -> tuple[str, ...]:
    """Codes of the open waves of which no family was ever fixed."""
    fixed = select(Channel.wave_id).join(VerdictFamilies, VerdictFamilies.channel_id == Channel.id)
    statement = select(Wave.code).where(Wave.status == WaveStatus.OPEN, Wave.id.not_in(fixed))
    return tuple(session.scalars(statement.order_by(Wave.code)))


def to_fix(session: Session, wave_id: int) -> Mapping[tuple[int, str], Mapping[int, AskedUnit]]:
    """The channels (id, code) of a wave whose families are not fixed: where each asks, and about which fields.

    The fields of a unit are those of its frame and of its printed codes. Where neither names one, people may say any.
    """
    asked: dict[tuple[int, str], dict[int, AskedUnit]] = {}
    points = (
        select(Channel.id, Channel.code, Unit.id, Unit.kind, EntryCode.field_id)
        .join(CollectionPoint, CollectionPoint.channel_id == Channel.id)
        .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
        .outerjoin(EntryCode, EntryCode.point_id == CollectionPoint.id)
        .outerjoin(VerdictFamilies, VerdictFamilies.channel_id == Channel.id)
        .where(Channel.wave_id == wave_id, VerdictFamilies.channel_id.is_(None))
        .distinct()
        .order_by(Channel.id, Unit.id)
    )
    for channel_id, code, unit_id, kind, field_id in session.execute(points):
        unit = asked.setdefault((channel_id, code), {}).setdefault(unit_id, AskedUnit(kind))
        if field_id is not None:
            unit.fields.add(field_id)
    if not asked:
        return asked
    known: dict[int, set[int]] = {}
    for unit_id, field_id in session.execute(
        select(FrameCell.unit_id, FrameCell.field_id).where(FrameCell.wave_id == wave_id)
    ):
        if field_id is not None:
            known.setdefault(unit_id, set()).add(field_id)
    every = set(session.scalars(select(Field.id)))
    for units in asked.values():
        for unit_id, unit in units.items():
            unit.fields |= known.get(unit_id, set())
            unit.fields = unit.fields or set(every)
    return asked
