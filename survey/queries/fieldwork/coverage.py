"""Counts how far a wave is, unit by unit and field by field: answers against what is planned and against the dossiers.

Counts only: no answer is read here. Channels are never put together. A point cannot have more answers than the unit
it stands for has dossiers; where it does, it is marked and left for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey import vietnamese_order
from survey.models.fieldwork.frames import FrameCell
from survey.models.fieldwork.points import CollectionPoint
from survey.models.fieldwork.waves import Channel
from survey.models.intake.responses import Disposition, Response, SubmissionCount
from survey.models.people.accounts import Role
from survey.models.province.procedures import Field
from survey.models.province.units import Unit
from survey.permissions import Actor
from survey.queries import scope

READERS = (Role.FIELD_OFFICER, Role.ANALYST)


@dataclass(frozen=True)
class Count:
    """Answers of one cell, unit, field or of the whole, beside what is planned and the dossiers there were."""

    responses: int
    planned: int
    transactions: int
    in_frame: bool = True

    @property
    def share(self) -> float | None:
        """Of the planned answers; None where none are planned."""
        return self.responses / self.planned if self.planned else None

    @property
    def missing(self) -> int:
        return max(0, self.planned - self.responses)

    @property
    def is_over(self) -> bool:
        """Whether there are more answers than dossiers, which cannot be right."""
        return self.in_frame and self.responses > self.transactions


@dataclass(frozen=True)
class Line:
    """A unit or a field with its count."""

    key: str  # code of the unit or field; empty: not known
    name: str
    count: Count


@dataclass(frozen=True)
class PointCount:
    """Answers that came through one point, and sendings that came again."""

    id: int
    name: str
    unit_name: str
    responses: int
    transactions: int | None  # of the unit it stands for; None: not in the frame
    repeated: int
    conflicting: int

    @property
    def is_over(self) -> bool:
        return self.transactions is not None and self.responses > self.transactions


@dataclass(frozen=True)
class Coverage:
    """One channel of a wave, in the units of the actor's scope."""

    total: Count
    partial: int  # counted, but less than half of the rated questions answered
    excluded: int
    late: int  # arrived in the day after closing
    units: tuple[Line, ...]
    fields: tuple[Line, ...]
    points: tuple[PointCount, ...]
    repeated: int
    conflicting: int

    @property
    def over(self) -> tuple[PointCount, ...]:
        return tuple(point for point in self.points if point.is_over)

    @property
    def behind(self) -> tuple[Line, ...]:
        """Units that have not what is planned, those that lack most first."""
        return tuple(sorted((u for u in self.units if u.count.missing), key=lambda u: -u.count.missing))


def of_channel(
    session: Session, actor: Actor, wave_id: int, domain: str, channel_id: int, *, unit_code: str = ""
) -> Coverage:
    """Coverage of one channel; of one unit, with the fields of that unit, where its code is given. Four queries."""
    in_scope = scope.units(actor, *READERS, domain=domain)
    if unit_code:
        in_scope = in_scope & (Unit.code == unit_code)
    answered = session.execute(
        select(
            Unit.code,
            Unit.name,
            Response.field_id,
            Response.point_id,
            Response.disposition,
            Response.late,
            func.count().label("number"),
        )
        .join(Unit, Unit.id == Response.unit_deciding_id)
        .where(Response.wave_id == wave_id, Response.channel_id == channel_id, in_scope)
        .group_by(Unit.code, Unit.name, Response.field_id, Response.point_id, Response.disposition, Response.late)
    ).all()
    frame = session.execute(
        select(Unit.code, Unit.name, FrameCell.field_id, FrameCell.transactions, FrameCell.planned)
        .join(Unit, Unit.id == FrameCell.unit_id)
        .where(FrameCell.wave_id == wave_id, in_scope)
    ).all()
    fields = {row.id: (row.code, row.name) for row in session.execute(select(Field.id, Field.code, Field.name))}
    points = _points(session, channel_id, in_scope)
    return _put_together(answered, frame, fields, points)


def _points(session: Session, channel_id: int, in_scope: Any) -> list[Any]:
    sendings = (
        select(
            SubmissionCount.point_id,
            func.sum(SubmissionCount.repeated).label("repeated"),
            func.sum(SubmissionCount.conflicting).label("conflicting"),
        )
        .group_by(SubmissionCount.point_id)
        .subquery()
    )
    return list(
        session.execute(
            select(
                CollectionPoint.id,
                CollectionPoint.name,
                Unit.code.label("unit_code"),
                Unit.name.label("unit_name"),
                func.coalesce(sendings.c.repeated, 0).label("repeated"),
                func.coalesce(sendings.c.conflicting, 0).label("conflicting"),
            )
            .join(Channel, Channel.id == CollectionPoint.channel_id)
            .join(Unit, Unit.id == CollectionPoint.unit_deciding_id)
            .outerjoin(sendings, sendings.c.point_id == CollectionPoint.id)
            .where(Channel.id == channel_id, in_scope)
            .order_by(Unit.sort_key, CollectionPoint.sort_key, CollectionPoint.id)
        )
    )


@dataclass
class _Sum:
    """A count while it is being made."""

    name: str = ""
    responses: int = 0
    planned: int = 0
    transactions: int = 0
    in_frame: bool = False

    def count(self) -> Count:
        return Count(self.responses, self.planned, self.transactions, self.in_frame)


def _put_together(
    answered: Iterable[Any],
    frame: Iterable[Any],
    fields: Mapping[int, tuple[str, str]],
    points: Iterable[Any],
) -> Coverage:
    units: dict[str, _Sum] = {}
    by_field: dict[str, _Sum] = {}
    whole = _Sum(in_frame=True)
    per_point: dict[int, int] = {}
    partial = excluded = late = 0
    for cell in frame:
        field_code, field_name = fields.get(cell.field_id, ("", ""))
        for one in (
            units.setdefault(cell.code, _Sum(cell.name)), by_field.setdefault(field_code, _Sum(field_name)), whole
        ):  # fmt: skip
            one.planned += cell.planned
            one.transactions += cell.transactions
            one.in_frame = True
    for row in answered:
        if row.disposition is Disposition.EXCLUDED:
            excluded += row.number
            continue
        if row.late:
            late += row.number
            continue
        partial += row.number if row.disposition is Disposition.PARTIAL else 0
        field_code, field_name = fields.get(row.field_id, ("", ""))
        units.setdefault(row.code, _Sum(row.name)).responses += row.number
        by_field.setdefault(field_code, _Sum(field_name)).responses += row.number
        whole.responses += row.number
        per_point[row.point_id] = per_point.get(row.point_id, 0) + row.number
    counted = tuple(
        PointCount(
            id=point.id,
            name=point.name,
            unit_name=point.unit_name,
            responses=per_point.get(point.id, 0),
            transactions=units[point.unit_code].transactions
            if point.unit_code in units and units[point.unit_code].in_frame
            else None,
            repeated=int(point.repeated),
            conflicting=int(point.conflicting),
        )
        for point in points
    )
    return Coverage(
        total=whole.count(),
        partial=partial,
        excluded=excluded,
        late=late,
        units=tuple(_sorted(units)),
        fields=tuple(_sorted(by_field)) if set(by_field) - {""} else (),
        points=counted,
        repeated=sum(point.repeated for point in counted),
        conflicting=sum(point.conflicting for point in counted),
    )


def _sorted(sums: Mapping[str, _Sum]) -> list[Line]:
    """Those with the smallest share of their plan first; without a plan last; then by name."""
    lines = [Line(key, one.name, one.count()) for key, one in sums.items()]

    def place(line: Line) -> tuple[bool, float, str, str]:
        share = line.count.share
        return share is None, share or 0.0, vietnamese_order.key(line.name), line.key

    return sorted(lines, key=place)
