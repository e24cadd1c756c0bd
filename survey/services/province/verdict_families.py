"""Which figures of a wave are judged together, fixed before there are answers.

All units of one level under the overall target are one family, and so are all fields of procedures under one target;
the target groups are one, the whole stands alone. Each unit has a family of its own fields and one of its own target
groups, the same for whoever looks at the unit. What is fixed is written down when a wave is opened: units that join
later, units without answers and a target of another year change neither the families nor their size.

A channel that asks nowhere yet when its wave is opened has its families fixed when the wave is closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from survey.database import Database
from survey.models.estimates.families import VerdictFamilies
from survey.models.fieldwork.waves import Wave
from survey.models.province.units import UnitKind
from survey.models.questionnaires.instruments import ServiceDomain
from survey.permissions import Actor
from survey.queries.estimates import verdict_families as queries
from survey.queries.estimates import wave_basis
from survey.queries.estimates.verdict_families import AskedUnit
from survey.services import audit
from survey.services.province import target_plans
from survey.services.province.target_plans import Threshold

LEVELS = {
    UnitKind.WARD: "commune", UnitKind.COMMUNE: "commune", UnitKind.SPECIAL_ZONE: "commune",
    UnitKind.DEPARTMENT: "department", UnitKind.CENTRAL_AGENCY: "department",
}  # fmt: skip


def fix(session: Session, wave: Wave, domain: ServiceDomain, *, actor: Actor, now: datetime) -> None:
    """Write down the families of the channels of a wave that have none yet. Safe to call twice."""
    open_ends = queries.to_fix(session, wave.id)
    if not open_ends:
        return
    goals: tuple[Threshold, ...] = ()
    if wave.plan_id is not None:
        goals = target_plans.thresholds(session, wave.plan_id, domain=domain.value, day=wave.closes_on)
    with_fields = domain is ServiceDomain.ADMIN
    targets = _Targets(goals, wave_basis.field_groups(session) if with_fields else {}, with_fields=with_fields)
    for (channel_id, code), units in open_ends.items():
        families = _families(targets, units)
        session.add(VerdictFamilies(channel_id=channel_id, fixed_at=now, families=families))
        sizes = {f["name"]: len(f["members"]) for f in families if f["unit"] is None and f["members"]}
        audit.record(session, actor, "wave.families", f"wave {wave.code}", now, channel=code, members=sizes)


def fix_open_waves(database: Database, *, actor: Actor, now: datetime) -> int:
    """Write down the families of waves that were opened before families were fixed. Returns how many waves."""
    with database.writing() as session:
        codes = queries.waves_to_fix(session)
        for code in codes:
            found = wave_basis.wave(session, code)
            assert found is not None
            fix(session, found.wave, found.domain, actor=actor, now=now)
        return len(codes)


class _Targets:
    """Which target holds for a field, and of which target group it is."""

    def __init__(self, goals: tuple[Threshold, ...], groups: Mapping[int, str], *, with_fields: bool) -> None:
        own = [goal for goal in goals if goal.field_groups and with_fields]
        self.overall = next((goal.code for goal in goals if goal not in own), "")
        names = {goal.code: ",".join(sorted(g.value for g in goal.field_groups)) for goal in own}
        self.groups = tuple(names.values())
        first = {g.value: goal.code for goal in reversed(own) for g in goal.field_groups}
        self.of_field = {field: first.get(group, self.overall) for field, group in groups.items()}
        self.group_of_field = {f: names[first[group]] for f, group in groups.items() if group in first}


def _families(targets: _Targets, units: Mapping[int, AskedUnit]) -> list[dict[str, Any]]:
    """The families of a channel as they are stored."""
    found = []
    if targets.overall:
        found.append(_family((), "whole", targets.overall))
        levels: dict[str, list[int]] = {}
        for unit_id, unit in sorted(units.items()):
            levels.setdefault(LEVELS.get(unit.kind, unit.kind.value), []).append(unit_id)
        found += [
            _family(("unit",), f"unit:{level}", targets.overall, members) for level, members in sorted(levels.items())
        ]
    judged: dict[str, list[int]] = {}
    for field in sorted(set[int]().union(*(unit.fields for unit in units.values()))):
        if target := targets.of_field.get(field, ""):
            judged.setdefault(target, []).append(field)
    found += [_family(("field",), "field", target, members) for target, members in sorted(judged.items())]
    if targets.groups:
        found.append(_family(("group",), "group", "", targets.groups))
    for unit_id, unit in sorted(units.items()):
        fields = [field for field in sorted(unit.fields) if targets.of_field.get(field)]
        groups = [g for g in targets.groups if any(targets.group_of_field.get(f) == g for f in unit.fields)]
        found += [_family(("unit", "field"), "own field", "", fields, unit_id)] if fields else []
        found += [_family(("unit", "group"), "own group", "", groups, unit_id)] if groups else []
    return found


def _family(
    by: tuple[str, ...], name: str, target: str, members: Sequence[int] | Sequence[str] = (), unit: int | None = None
) -> dict[str, Any]:
    return {"by": list(by), "name": name, "target": target, "members": list(members), "unit": unit}
