"""The pattern of hidden cells of a channel's results: chosen and attacked once, kept beside them, read by everybody."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from analysis.arrays import Floats
from analysis.disclosure.audit import protect
from analysis.disclosure.counts import Cell, figure_of
from analysis.disclosure.patterns import Place, Relation, suppress
from analysis.disclosure.rules import DisclosureRule
from analysis.disclosure.steps import last_shown
from analysis.inference.estimate_tables import EstimateTable
from survey.queries.estimates.wave_basis import NO_FIELD
from survey.services.estimates.answer_columns import Columns
from survey.services.estimates.disclosure.answer_counts import answer_counts
from survey.services.estimates.disclosure.published_tables import WITHIN_UNITS, published
from survey.services.estimates.wave_facts import WaveFacts

Key = tuple[int, ...]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class HiddenCells:
    """Why each hidden cell is hidden (small, complement), under which minimum, and what the attack on them found.

    `report` is empty where the answers were gone when the pattern was made: then only the rule of totals chose it.
    Of a running wave, `last_shown` has the people of each cell when it was last shown, and `kept` are the cells that
    have the figures of an earlier step; both are stored with the step.
    """

    minimum: int = 0
    cells: Mapping[Cell, str] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    last_shown: Mapping[Cell, int] = field(default_factory=dict)
    kept: frozenset[Cell] = frozenset()

    def hides(self, crossing: str, key: Key, figure: str = "") -> bool:
        """Whether a figure of a domain (of "", anything of the domain) is hidden."""
        return (crossing, key, "") in self.cells or (crossing, key, figure) in self.cells

    def stays(self, crossing: str, key: Key, figure: str) -> bool:
        """Whether a figure of a running wave is that of an earlier step."""
        return (crossing, key, "") in self.kept or (crossing, key, figure) in self.kept

    def of_unit(self, unit: int) -> HiddenCells:
        """The same cells as they are called where one unit is a whole of its own."""
        cells: dict[Cell, str] = {}
        for (crossing, key, figure), why in self.cells.items():
            if crossing == "unit" and key == (unit,):
                cells[("", (), figure)] = why
                cells[("unit", key, figure)] = why
            elif crossing in WITHIN_UNITS and key[0] == unit:
                cells[(crossing.partition(",")[2], key[1:], figure)] = why
        return HiddenCells(self.minimum, cells)

    def of_units(self, units: frozenset[int]) -> HiddenCells:
        """The hidden cells of these units. What is put together from the others hides nothing further."""
        own = {cell: why for cell, why in self.cells.items() if cell[0].startswith("unit") and cell[1][0] in units}
        return HiddenCells(self.minimum, own)


def make(
    wave: WaveFacts,
    answers: Columns,
    weights: Floats,
    *,
    running: bool = False,
    since: Mapping[Cell, int] | None = None,
    progress: Progress = lambda _done, _total: None,
) -> HiddenCells:
    """The pattern of one channel, from the answers that have a weight (`weights` (n,), NaN or 0 for none).

    `since` has the number of answers of each cell as it was last published: what changed by few people is hidden.
    """
    counts = answer_counts(wave, answers, weights)
    rule = DisclosureRule(wave.minimum_cell, public=False)
    tables = published(wave, running=running)
    found = protect(counts, tables, rule, since=since, progress=progress)
    return HiddenCells(
        wave.minimum_cell,
        dict(found.pattern),
        {
            **{name: value for name, value in asdict(found.report).items() if name != "seconds"},
            "exposed": len(found.report.exposed),
        },
        last_shown(counts, tables, found.pattern, since) if running else {},
    )


def of_tables(tables: Mapping[str, EstimateTable], wave: WaveFacts) -> HiddenCells:
    """The pattern by the rule of totals alone, from frozen tables whose answers are no longer in the record."""
    if not tables:
        return HiddenCells(wave.minimum_cell)
    people = {kind: people_of(tables[kind]) for kind in ("", "unit", "field", "group", *WITHIN_UNITS) if kind in tables}
    counts: dict[Place, int] = {(kind, key): n for kind, found in people.items() for key, n in found.items()}
    whole: Place = ("", ())
    counts.setdefault(whole, 0)
    relations = [Relation(whole, tuple((kind, key) for key in people[kind])) for kind in ("unit", "field", "group")]
    for group in people["group"]:
        own = tuple(("field", key) for key in people["field"] if wave.group_of_field(key[0]) == group[0])
        relations.append(Relation(("group", group), own))
    for within in sorted(people.keys() & set(WITHIN_UNITS)):
        relations += [
            Relation(("unit", unit), tuple((within, key) for key in people[within] if key[:1] == unit))
            for unit in people["unit"]
        ]
    pattern = suppress(counts, relations, DisclosureRule(wave.minimum_cell, public=False))
    cells = {
        (kind, key, ""): "small" if (kind, key) in pattern.small else "complement"
        for kind, found in people.items()
        for key in found
        if (kind, key) in pattern.hidden
    }
    return HiddenCells(wave.minimum_cell, cells)


def people_of(table: EstimateTable) -> dict[Key, int]:
    """Respondents of each domain: the most that any measure of it rests on."""
    found: dict[Key, int] = {}
    for key, n in zip(table.domain_keys(), table.n.tolist(), strict=True):
        found[key] = max(found.get(key, 0), n)
    return found


def shown_counts(tables: Mapping[str, EstimateTable], pattern: HiddenCells) -> dict[Cell, int]:
    """How many answers each cell that these tables show rests on; a domain's are those of its widest figure."""
    found: dict[Cell, int] = {}
    for crossing, table in tables.items():
        for key, variable, n in _lines(table):
            figure = figure_of(variable)
            for cell in ((crossing, key, ""), (crossing, key, figure)):
                if not pattern.hides(*cell):
                    found[cell] = max(found.get(cell, 0), n)
    for crossing, above in (("field", ""), ("unit,field", "unit")):
        if crossing in tables:
            found |= _without_field(tables[crossing], tables[above], pattern)
    return found


def _without_field(parts: EstimateTable, totals: EstimateTable, pattern: HiddenCells) -> dict[Cell, int]:
    """The answers whose field nobody named: no line of their own, but the total minus all fields that are shown."""
    crossing, above = ",".join(parts.by), ",".join(totals.by)
    named: dict[tuple[Key, str], int | None] = {}
    for key, variable, n in _lines(parts):
        place, figure = (key[:-1], variable), figure_of(variable)
        held = named.get(place, 0)
        named[place] = None if held is None or pattern.hides(crossing, key, figure) else held + n
    found: dict[Cell, int] = {}
    figures = {figure_of(variable) for variable in parts.variable.tolist()} or {""}
    for key, variable, n in _lines(totals):
        figure, inside = figure_of(variable), named.get((key, variable), 0)
        if figures == {""} or figure in figures:
            rest = None if inside is None or pattern.hides(above, key, figure) else n - inside
            for cell in ((crossing, (*key, NO_FIELD), ""), (crossing, (*key, NO_FIELD), figure)):
                if rest:
                    found[cell] = max(found.get(cell, 0), rest)
    return found


def _lines(table: EstimateTable) -> Iterator[tuple[Key, str, int]]:
    """Domain, variable and number of answers of each row."""
    return zip(table.domain_keys(), table.variable.tolist(), table.n.tolist(), strict=True)


def pack(found: HiddenCells) -> bytes:
    """A pattern as compressed plain data, the same bytes for the same pattern."""
    cells = sorted([crossing, list(key), figure, why] for (crossing, key, figure), why in found.cells.items())
    data = {"format": 1, "minimum": found.minimum, "cells": cells, "report": found.report}
    return zlib.compress(json.dumps(data, sort_keys=True, separators=(",", ":")).encode(), 6)


def unpack(data: bytes) -> HiddenCells:
    """The pattern in the bytes that `pack` wrote."""
    found = json.loads(zlib.decompress(data))
    cells = {(crossing, tuple(key), figure): why for crossing, key, figure, why in found["cells"]}
    return HiddenCells(found["minimum"], cells, found["report"])
