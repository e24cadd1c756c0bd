"""Finds the columns of one table for answers to several versions of a questionnaire: which questions may share one.

A question keeps its column as long as it may stand in one series (`comparability`): the same words and answers, or a
person's mark. A question that was reworded or rescaled gets a column of its own from that version on, named by the
version in which it began ("q2_v3"), so that no program can average the two by accident. A later version that says
again what an earlier one said comes back to that column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from instruments.versions.comparability import ItemChange, compare


@dataclass(frozen=True)
class SharedColumn:
    """One question of one wording, as one or several versions ask it."""

    name: str
    """`q2`, or `q2_v3` for what version 3 began to ask under the code q2."""
    item: str
    """The code in each of the versions."""
    versions: tuple[int, ...]
    """The versions that ask it, in order."""
    apart: str
    """Why it is not the column before it: `wording`, `scale`; empty for the first."""


@dataclass
class _Open:
    """A column while versions are added to it."""

    began: InstrumentVersion
    apart: str
    versions: list[InstrumentVersion] = field(default_factory=list)


def shared_columns(versions: Sequence[InstrumentVersion]) -> tuple[SharedColumn, ...]:
    """A column for every question asked, in the order of the versions; those of one code stand together.

    `ValueError` if the versions are not of one questionnaire.
    """
    ordered = sorted({version.version: version for version in versions}.values(), key=lambda one: one.version)
    if len({version.code for version in versions}) > 1:
        raise ValueError("versions of different questionnaires have no columns in common")
    held: dict[str, list[_Open]] = {}
    for version in ordered:
        earlier = {one.version: compare(one, version) for one in ordered if one.version < version.version}
        for item in version.asked_items:
            changes = {n: found.of(item.code) for n, found in earlier.items()}
            _place(held.setdefault(item.code, []), item, version, changes)
    taken = set(held)
    return tuple(
        SharedColumn(
            name=code if n == 0 else _free(f"{code}_v{column.began.version}", taken),
            item=code,
            versions=tuple(one.version for one in column.versions),
            apart=column.apart,
        )
        for code, columns in held.items()
        for n, column in enumerate(columns)
    )


def _place(columns: list[_Open], item: Item, version: InstrumentVersion, changes: dict[int, ItemChange]) -> None:
    """Into the newest column with which it may stand in one series, else into one of its own."""
    for column in reversed(columns):
        if any(changes[one.version].joined for one in column.versions):
            column.versions.append(version)
            return
    last = changes[columns[-1].versions[-1].version].change if columns else ""
    columns.append(_Open(version, last, [version]))


def _free(name: str, taken: set[str]) -> str:
    """The name, or one like it that no question bears."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name
