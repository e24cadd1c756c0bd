"""Figures of a running wave that changed by too few people since they were last shown: they stay as they were.

What a step would hide although it was shown before keeps its former rows, word for word. Nobody learns more than the
step before has told: all that is new is the difference between it and the cells that are shown anew, and of these the
pattern has said that they tell of nobody. Cells that were never shown are hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from analysis.disclosure.counts import WHOLE, Cell, figure_of
from analysis.inference.estimate_tables import EstimateTable
from survey.services.estimates.channel_results import ChannelResults
from survey.services.estimates.entered_answers import Entered

Key = tuple[int, ...]


def as_last_shown(now: ChannelResults, before: ChannelResults) -> ChannelResults:
    """The results of a step with the figures of the step `before` in the cells that it hides and that one showed."""
    had = {name: set(table.domain_keys()) for name, table in before.tables.items()}
    kept = frozenset(
        cell
        for cell in now.pattern.cells
        if cell[1] in had.get(cell[0], ()) and not before.pattern.hides(*cell) and cell[0] in now.tables
    )
    if not kept:
        return now
    tables = {
        name: _table(table, before.tables[name], _is_kept(name, kept)) if name in before.tables else table
        for name, table in now.tables.items()
    }
    found = replace(now, tables=tables, entered=_entered(now, before, kept))
    if WHOLE in kept:
        found = replace(
            found, responses=before.responses, weight_stages=before.weight_stages, merges=before.merges,
            flagged=before.flagged, uncovered=before.uncovered, clusters=before.clusters,
        )  # fmt: skip
    cells = {cell: why for cell, why in now.pattern.cells.items() if cell not in kept}
    cells |= {cell: why for cell, why in before.pattern.cells.items() if cell[2] and (*cell[:2], "") in kept}
    return replace(found, pattern=replace(now.pattern, cells=cells, kept=kept))


def _is_kept(crossing: str, kept: frozenset[Cell]) -> Callable[[Key, str], bool]:
    return lambda key, figure: (crossing, key, "") in kept or (crossing, key, figure) in kept


def _table(now: EstimateTable, before: EstimateTable, is_kept: Callable[[Key, str], bool]) -> EstimateTable:
    """The table with the rows before of the domains and figures that are kept."""
    places = _places(before)
    order = []
    for place, row in _places(now).items():
        key, _, variable, _ = place
        former = places.get(place) if is_kept(key, figure_of(variable)) else None
        order.append(row if former is None else len(now) + former)
    return now.followed_by(before).where(np.array(order, np.int64))


def _places(table: EstimateTable) -> Mapping[tuple[Key, str, str, int | None], int]:
    """The number of each row by its domain and measure."""
    names = zip(table.measure.tolist(), table.variable.tolist(), table.option.tolist(), strict=True)
    return {(key, *name): row for row, (key, name) in enumerate(zip(table.domain_keys(), names, strict=True))}


def _entered(now: ChannelResults, before: ChannelResults, kept: frozenset[Cell]) -> tuple[Entered, ...]:
    """Numbers and dates as entered, those of the step before where their question is kept."""
    former = {one.item: one for one in before.entered}
    stays = _is_kept("", kept)
    return tuple(former.get(one.item, one) if stays((), one.item) else one for one in now.entered)
