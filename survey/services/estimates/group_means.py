"""The headline figure as other reports make it: a mean of the units' rates, each once or by their forms.

It stands beside the weighted figure for comparison. A mean of rates says nothing of how far chance may have moved it,
so it has no interval and is never judged. It is made only of units that are shown: with a hidden unit inside, it would
give that unit away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from analysis.estimation.published_indices import Group, groups_by_forms, groups_unweighted
from instruments.model.index_rules import Rollup, RollupName
from survey.services.estimates.visible_rows import Row

FEWEST = 2
"""A mean over one unit is that unit."""
_MEANS: dict[RollupName, Callable[..., Decimal]] = {
    "groups_unweighted": groups_unweighted,
    "groups_by_forms": groups_by_forms,
}


@dataclass(frozen=True)
class GroupMean:
    """The mean of units under one rule; no value where fewer than two units are shown."""

    rule: RollupName
    value: float | None
    units: int  # it is made of
    units_hidden: int
    forms: int  # of these units
    include_unattributed: bool  # whether forms without a unit would be a group of their own


def group_means(rollup: Rollup, units: Sequence[Row], known: Callable[[int], bool]) -> tuple[GroupMean, ...]:
    """The means a questionnaire declares, of the units as they are shown. `known` says whether a key is a unit."""
    if len(units) < FEWEST:
        return ()
    inside = rollup.include_unattributed
    groups = [
        Group(Decimal(repr(row.shown.value)), row.shown.n, unattributed=not known(row.key))
        for row in units
        if row.shown.value is not None and row.shown.n is not None
    ]
    counted = [group for group in groups if inside or not group.unattributed]
    hidden = sum(row.shown.hidden in ("small", "complement") for row in units)
    return tuple(
        GroupMean(
            rule=rule,
            value=float(_MEANS[rule](groups, include_unattributed=inside)) if len(counted) >= FEWEST else None,
            units=len(counted),
            units_hidden=hidden,
            forms=sum(group.forms for group in counted),
            include_unattributed=inside,
        )
        for rule in rollup.rules
        if rule in _MEANS
    )
