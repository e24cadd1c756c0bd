"""Counts forms issued, returned and valid of a channel, and finds in which classes fewer people took part.

Issued forms are those that fieldwork entered; without any, those of the channel's one-time codes, where every answer
came by one. What the record knows of people who did not answer is their unit and field, and so the kind of unit: these
are the classes. Units and fields whose figures are hidden have no line here either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.monitoring.participation import class_difference
from survey.database import Database
from survey.models.fieldwork.waves import Selection
from survey.models.intake.responses import Disposition
from survey.queries.estimates.responses import COUNTED
from survey.queries.estimates.wave_basis import NO_FIELD, WaveChannel
from survey.queries.fieldwork import issued_forms

CERTAIN = 0.05


@dataclass(frozen=True)
class Forms:
    """Numbers of forms: issued (None: not known), returned, valid (they are in the figures), complete ones of these."""

    issued: int | None
    returned: int = 0
    valid: int = 0
    complete: int = 0

    @property
    def rate(self) -> float | None:
        """Valid forms over forms issued; None where that is not known or cannot be right."""
        return self.valid / self.issued if self.issued and self.valid <= self.issued else None

    @property
    def complete_rate(self) -> float | None:
        return self.complete / self.issued if self.issued and self.rate is not None else None

    @property
    def too_many(self) -> bool:
        """More valid forms than were issued, so one of the numbers is wrong."""
        return self.issued is not None and self.valid > self.issued


@dataclass(frozen=True)
class ClassForms:
    """The forms of one class: a unit or field by its id, or a kind of unit by its code."""

    key: int
    forms: Forms
    kind: str = ""


@dataclass(frozen=True)
class Classes:
    """One division of the forms, the class with the lowest participation first."""

    by: str  # unit, field, kind
    rows: tuple[ClassForms, ...]
    p_value: float | None = None

    @property
    def known(self) -> tuple[ClassForms, ...]:
        return tuple(row for row in self.rows if row.forms.rate is not None)

    @property
    def differ(self) -> bool:
        """Whether participation differs by more than chance."""
        return self.p_value is not None and self.p_value <= CERTAIN


@dataclass(frozen=True)
class Participation:
    """Who took part in one channel."""

    source: str  # entered, codes; empty: forms issued are not known
    whole: Forms
    units: Classes
    fields: Classes
    kinds: Classes


def participation(database: Database, channel: WaveChannel, unit_kinds: Mapping[int, str]) -> Participation:
    """The forms of a channel as they stand in the record now. Self-selected channels issue none."""
    with database.reading() as session:
        returned = issued_forms.returned(session, channel.id)
        source, cells = "", tuple[issued_forms.PlaceCount, ...]()
        if channel.selection is not Selection.OPT_IN:
            source, cells = "entered", issued_forms.entered(session, channel.id)
            by_code = None if cells else issued_forms.returned_by_code(session, channel.id)
            if by_code is not None:
                source, cells = "codes", (*issued_forms.unused_codes(session, channel.id), *by_code)
    if not cells:
        source = ""
    units: dict[int, Forms] = {}
    fields: dict[int, Forms] = {}
    for cell in cells:
        for sums, key in ((units, cell.unit), (fields, cell.field)):
            held = sums.get(key, Forms(0))
            sums[key] = replace(held, issued=(held.issued or 0) + cell.number)
    for row in returned:
        counted = row.disposition in COUNTED and not row.late
        complete = counted and row.disposition is Disposition.COMPLETE
        for sums, key in ((units, row.unit), (fields, row.field)):
            held = sums.get(key, Forms(None))
            sums[key] = replace(
                held, returned=held.returned + row.number, valid=held.valid + row.number * counted,
                complete=held.complete + row.number * complete,
            )  # fmt: skip
    told = NO_FIELD not in {cell.field for cell in cells}
    found = Participation(
        source=source,
        whole=_together(units.values()),
        units=Classes("unit", tuple(ClassForms(unit, forms) for unit, forms in sorted(units.items()))),
        fields=Classes(
            "field", tuple(ClassForms(field, forms) for field, forms in sorted(fields.items()) if told or not cells)
        ),
        kinds=Classes("kind", ()),
    )
    return visible(found, frozenset(units), frozenset(fields), unit_kinds)


def visible(
    found: Participation, units: frozenset[int], fields: frozenset[int], unit_kinds: Mapping[int, str]
) -> Participation:
    """The same with lines for these units and fields alone, and for units and fields without a valid form.

    Kinds of unit are sums over the units that are shown, so that they give no hidden one away.
    """
    shown = tuple(row for row in found.units.rows if row.key in units or not row.forms.valid)
    kinds: dict[str, list[Forms]] = {}
    for row in shown:
        kinds.setdefault(unit_kinds.get(row.key, ""), []).append(row.forms)
    return replace(
        found,
        units=_classes("unit", shown),
        fields=_classes(
            "field",
            (r for r in found.fields.rows if r.key != NO_FIELD and (r.key in fields or not r.forms.valid)),
        ),
        kinds=_classes("kind", (ClassForms(0, _together(forms), kind) for kind, forms in kinds.items())),
    )


def within(found: Participation) -> Participation:
    """The lines of the units alone, for who sees a part of them: the whole is that of these units."""
    return replace(
        found, whole=_together(row.forms for row in found.units.rows), fields=Classes("field", ()),
        kinds=Classes("kind", ()),
    )  # fmt: skip


def _classes(by: str, rows: Iterable[ClassForms]) -> Classes:
    def place(row: ClassForms) -> tuple[bool, float, str, int]:
        return row.forms.rate is None, row.forms.rate or 0.0, row.kind, row.key

    ordered = tuple(sorted(rows, key=place))
    known = [row.forms for row in ordered if row.forms.rate is not None]
    if len(known) < 2:
        return Classes(by, ordered)
    test = class_difference(np.array([f.valid for f in known]), np.array([f.issued for f in known]))
    return Classes(by, ordered, test.p_value)


def _together(forms: Iterable[Forms]) -> Forms:
    """Sums of forms; issued is known where it is known of some."""
    every = tuple(forms)
    issued = [one.issued for one in every if one.issued is not None]
    return Forms(
        sum(issued) if issued else None, sum(f.returned for f in every), sum(f.valid for f in every),
        sum(f.complete for f in every),
    )  # fmt: skip
