"""Rows of answers that single nobody out and are all there: unit, month, field and respondent facts, hidden as needed.

What the published tables hide is hidden here too. Beyond it, of every combination of unit, month, field and facts that
the file shows there are at least so many rows (`minimum`), and of every published unit, field and fact the rows that do
not show it are none or as many: otherwise its figures minus those of the rows that show it would be the answers of a
few. Facts are hidden first, then the month, then the field, the unit last. Fields and units are hidden for a whole
unit × field at once, so that a published one shows all of its rows or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as made
from itertools import pairwise

import numpy as np
import numpy.typing as npt

HIDDEN = -2  # recoded: the value is in the record and not in this file
BLANK = -3  # not answered
BANDS = 5

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HiddenDomains:
    """What the published tables hide: units, fields, and units × fields by their codes."""

    units: frozenset[int] = frozenset()
    fields: frozenset[int] = frozenset()
    cells: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class Fact:
    """A respondent fact: the value (n,) of each row, a blank counting as one, and which rows may not show it."""

    values: Ints
    hidden: Bools


@dataclass(frozen=True)
class Recoded:
    """Columns (n,) after recoding, HIDDEN where a value is not shown; `group` numbers what is shown of unit × field."""

    unit: Ints
    month: Ints
    field: Ints
    facts: tuple[Ints, ...]  # in the order given
    group: Ints


@dataclass
class _Cells:
    """Units × fields with answers, all (c,), and what of them is hidden so far."""

    unit: Ints
    field: Ints
    rows: Ints
    listed: Bools  # published with figures of its own
    no_unit: Bools = made(init=False)
    no_field: Bools = made(init=False)

    @property
    def groups(self) -> Ints:
        """What the file shows of each cell, as a number: its unit and field as far as they are not hidden."""
        unit, field = np.where(self.no_unit, HIDDEN, self.unit), np.where(self.no_field, HIDDEN, self.field)
        shown = np.column_stack([unit, field])
        return np.unique(shown, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)

    def smallest(self, among: Bools) -> int:
        """The place of the cell with fewest rows."""
        places = np.flatnonzero(among)
        return int(min(places, key=lambda k: (self.rows[k], self.unit[k], self.field[k])))


def recode(
    unit: Ints, month: Ints, field: Ints, facts: Sequence[Fact], *, minimum: int, strata: int = 0,
    hidden: HiddenDomains | None = None,
) -> Recoded:  # fmt: skip
    """Recode the rows, hiding as little as the rule of this module needs; everything is (n,).

    `facts` come in the order of their use, the most useful first. Unit, field and month are not negative, or −1 for not
    known. Of unit and field alone, which are strata, there are at least `strata` rows if that is more. Raises
    ValueError for fewer rows in all, of which nothing may be shown.
    """
    least = max(minimum, strata)
    if len(unit) < least:
        raise ValueError(f"Rows can be shown from {least} on; there are {len(unit)}.")
    pairs, place = np.unique(np.column_stack([unit, field]), axis=0, return_inverse=True)
    place = place.reshape(-1)
    cells = _hide_domains(pairs, np.bincount(place), hidden or HiddenDomains(), least)
    group = cells.groups[place]
    months = _recode_months(group, month, minimum)
    return Recoded(
        unit=np.where(cells.no_unit[place], HIDDEN, unit),
        month=months,
        field=np.where(cells.no_field[place], HIDDEN, field),
        facts=_recode_facts(np.unique(_numbered([group, months]), return_inverse=True)[1], facts, minimum),
        group=group,
    )


def _hide_domains(pairs: Ints, rows: Ints, hidden: HiddenDomains, minimum: int) -> _Cells:
    """Which units × fields (c × 2) with so many rows (c,) show neither, one or both of unit and field."""
    unit, field = pairs[:, 0], pairs[:, 1]
    no_unit, no_field = np.isin(unit, sorted(hidden.units)), np.isin(field, sorted(hidden.fields))
    apart = np.array([(int(u), int(f)) in hidden.cells for u, f in pairs], np.bool_) | (rows < minimum)
    cells = _Cells(unit, field, rows.astype(np.int64), ~(no_unit | no_field | apart))
    cells.no_unit, cells.no_field = no_unit.copy(), no_field | apart
    published = (unit[~no_unit], field[~no_field])
    while _hide_small_group(cells, minimum) or _hide_few(cells, published, minimum):
        pass
    return cells


def _hide_small_group(cells: _Cells, minimum: int) -> bool:
    """Hide more where a combination of unit and field has too few rows, or too few without figures of their own."""
    groups = cells.groups
    rows = np.bincount(groups, cells.rows)
    unlisted = np.bincount(groups, cells.rows * ~cells.listed)
    for number in np.flatnonzero((rows < minimum) | ((unlisted > 0) & (unlisted < minimum) & (unlisted < rows))):
        own = groups == number
        if _merge(cells, own, whole=bool(rows[number] < minimum)):
            return True
    return False


def _merge(cells: _Cells, own: Bools, *, whole: bool) -> bool:
    """Bring a group of cells together with another one; of a large group (not `whole`) only what is not listed."""
    first = int(np.flatnonzero(own)[0])
    no_unit, no_field = bool(cells.no_unit[first]), bool(cells.no_field[first])
    if not no_field:
        cells.no_field[own if whole else own & ~cells.listed] = True
        return True
    if not no_unit:
        beside = (cells.unit == cells.unit[first]) & ~cells.no_unit & ~cells.no_field
        if whole and beside.any():
            cells.no_field[cells.smallest(beside)] = True
        else:
            cells.no_unit[own if whole else own & ~cells.listed] = True
        return True
    for half in (~cells.no_unit & cells.no_field, cells.no_unit & ~cells.no_field, ~cells.no_unit & ~cells.no_field):
        among = half if whole else half & ~cells.listed
        if among.any():
            k = cells.smallest(among)
            same = cells.groups == cells.groups[k]
            cells.no_unit[same] = cells.no_field[same] = True
            return True
    return False


def _hide_few(cells: _Cells, published: tuple[Ints, Ints], minimum: int) -> bool:
    """Hide more of a published unit or field of which only a few rows are hidden."""
    for codes, flags, shown in zip(
        (cells.unit, cells.field), (cells.no_unit, cells.no_field), map(np.unique, published), strict=True
    ):
        for code in shown:
            own = codes == code
            few = int(cells.rows[own & flags].sum())
            if 0 < few < minimum and (own & ~flags).any():
                flags[cells.smallest(own & ~flags)] = True
                return True
    return False


def _recode_months(group: Ints, month: Ints, minimum: int) -> Ints:
    """The months, hidden where a group has too few rows of one; then further ones until enough rows hide theirs."""
    found = month.copy()
    found[group_sizes([group, found]) < minimum] = HIDDEN
    for number in np.unique(group[found == HIDDEN]):
        own = group == number
        while (found[own] == HIDDEN).sum() < minimum:
            shown, rows = np.unique(found[own & (found != HIDDEN)], return_counts=True)
            found[own & (found == shown[np.argmin(rows)])] = HIDDEN
    return found


def _recode_facts(group: Ints, facts: Sequence[Fact], minimum: int) -> tuple[Ints, ...]:
    """The facts as far as every combination within a group has enough rows, the last fact hidden first."""
    columns = [np.where(fact.hidden, HIDDEN, fact.values) for fact in facts]
    for column in reversed(columns):
        column[group_sizes([group, *columns]) < minimum] = HIDDEN
    small = group_sizes([group, *columns]) < minimum  # what has lost all its facts
    for number in np.unique(group[small]):
        own = group == number
        while True:
            bare = own & np.all([column == HIDDEN for column in columns], axis=0)
            if not 0 < bare.sum() < minimum:
                break
            _hide_all(columns, _smallest_combination(columns, own & ~bare))
    _hide_few_facts(group, facts, columns, minimum)
    return tuple(columns)


def _hide_few_facts(group: Ints, facts: Sequence[Fact], columns: list[Ints], minimum: int) -> None:
    """Hide more of a fact's value of which only a few rows are hidden."""
    for fact, column in zip(facts, columns, strict=True):
        for value in np.unique(fact.values):
            own = fact.values == value
            while 0 < (own & (column == HIDDEN)).sum() < minimum and (shown := own & (column != HIDDEN)).any():
                chosen = _smallest_combination([group, *columns], shown)
                column[chosen] = HIDDEN


def _smallest_combination(columns: Sequence[Ints], among: Bools) -> Bools:
    """The rows of the combination of values with the fewest rows, of those marked by `among` (n,)."""
    number = _numbered(columns)
    found, rows = np.unique(number[among], return_counts=True)
    return np.asarray(number == found[np.argmin(rows)])


def _hide_all(columns: Sequence[Ints], rows: Bools) -> None:
    for column in columns:
        column[rows] = HIDDEN


def group_sizes(columns: Sequence[Ints]) -> Ints:
    """For each row, how many rows share its combination of values."""
    group = _numbered(columns)
    return np.bincount(group)[group].astype(np.int64) if len(group) else group


def _numbered(columns: Sequence[Ints]) -> Ints:
    """A number from 0 on for each distinct combination of values."""
    if not len(columns[0]):
        return np.empty(0, np.int64)
    _, group = np.unique(columns[0], return_inverse=True)
    for column in columns[1:]:
        _, values = np.unique(column, return_inverse=True)
        _, group = np.unique(group.astype(np.int64) * (int(values.max()) + 1) + values, return_inverse=True)
    return np.asarray(group, np.int64)


def bands(values: Floats) -> tuple[Ints, tuple[tuple[float, float], ...]]:
    """Numbers as bands of about equal size, NaN as BLANK: (band of each row, limits of each band)."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.full(len(values), BLANK, np.int64), ()
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BANDS + 1), method="nearest"))
    if len(edges) == 1:
        edges = np.array([edges[0], edges[0]])
    found = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return np.where(np.isnan(values), BLANK, found).astype(np.int64), tuple(
        (float(a), float(b)) for a, b in pairwise(edges)
    )
