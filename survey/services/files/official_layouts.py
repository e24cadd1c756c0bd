"""Rows of answers in the table layouts that others expect, header by header: a sheet for each layout of a version.

The rows are those of every file with a row per response, recoded (`answer_rows`). What the record does not hold or
hides stays empty: open words, days, the number of a form, and numbers that are known as bands only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from instruments.model.elements import Item
from instruments.model.layouts import Column, ExportLayout
from survey.database import Database
from survey.errors import N_, NotFound
from survey.exports import workbook as writer
from survey.exports.tables import Cell, DataSheet
from survey.permissions import Actor
from survey.services.estimates.answer_columns import BLANK
from survey.services.files import result_tables
from survey.services.files.answer_rows import RecodedRows, Taken
from survey.services.files.result_files import XLSX, file_name, view_of_rows
from survey.services.files.result_sentences import Words, marks
from survey.services.files.rows import statements as row_statements
from survey.services.jobs import MadeFile, Progress
from survey.words.standing import GRADES

BLOCK = 5_000
Values = Callable[[slice], list[Cell]]


def write(
    database: Database,
    wave_code: str,
    channel: str | None,
    path: Path,
    *,
    actor: Actor,
    now: datetime,
    instance: Path,
    language: str = "vi",
    progress: Progress = lambda _done, _total: None,
) -> MadeFile:
    """The recoded rows in the layouts of the questionnaire, before the sheet that says what they are.

    Headers stand in the first line, as programs that read them expect; over made-up rows stands that they are.
    """
    view = view_of_rows(database, wave_code, channel, actor=actor, now=now, instance=instance, language=language)
    if not view.version.exports:
        raise NotFound("There is no such file.")
    words = Words.of(language)
    rows = RecodedRows(database, view, words, instance)
    laid_out = LaidOut(rows.taken(), {code: view.unit_names[unit] for unit, code in view.unit_codes.items()}, language)
    writer.write(
        path,
        title=view.wave.title,
        about=[
            *(line for layout in view.version.exports for line in layout_lines(layout, laid_out, words)),
            *result_tables.about(view, words, rows=row_statements.lines(view, rows, words)),
        ],
        about_name=words(N_("Read me")),
        tables=[],
        data=laid_out.sheets(view.version.exports),
        stamp=" · ".join(marks(view, words)),
        data_first=True,
        stamp_data=view.wave.is_synthetic,
        progress=progress,
    )
    return MadeFile(path, file_name(view, f"{view.version.exports[0].code}.xlsx"), XLSX, row_data=True, rows=len(rows))


def layout_lines(layout: ExportLayout, laid_out: LaidOut, w: Words) -> list[tuple[str, str]]:
    """What is said of a layout in its file: what it is for, how sure its headers are, which columns are empty."""
    empty = ", ".join(column.header for column in layout.columns if laid_out.values(column) is None)
    return [
        (w(N_("Table layout")), f"{layout.code} – {layout.title.inside(w.language)}"),
        (w(N_("Grade of the headers")), w(GRADES[layout.grade])),
        (w(N_("Source of the headers")), layout.source or "–"),
        (w(N_("Columns left empty")), w(N_("%(columns)s: not in the record, or not given out"), columns=empty or "–")),
    ]


@dataclass(frozen=True)
class LaidOut:
    """Recoded rows, to be read column by column as a layout asks for them."""

    taken: Taken
    unit_names: Mapping[str, str]  # by code
    language: str

    def sheets(self, layouts: tuple[ExportLayout, ...]) -> list[DataSheet]:
        """A sheet for each layout."""
        names: list[str] = []
        for layout in layouts:
            name = layout.code[:31]
            names.append(name if name not in names else f"{layout.code[:28]}-{len(names)}")
        return [
            DataSheet(
                name, tuple(c.header for c in layout.columns), self._rows(layout), len(self.taken.unit), exact=True
            )
            for name, layout in zip(names, layouts, strict=True)
        ]

    def values(self, column: Column) -> Values | None:
        """The cells of a column, some rows at a time; None where it is left empty."""
        if column.item is None or column.part == "other":  # words people wrote are no part of a file of rows
            return None
        item = self.taken.version.item(column.item)
        if item.given_by == "unit":
            return lambda rows: [self.unit_names.get(code or "") for code in self.taken.unit[rows]]
        if item.code in self.taken.facts:
            return self._fact(column, item, self.taken.facts[item.code])
        if item.kind == "multiple":
            return self._several(column, item)
        if item.code not in self.taken.items:
            return None
        held = self.taken.items[item.code]
        if item.kind == "number":
            return lambda rows: [_number(value) for value in held[rows].tolist()]
        said = self._said(column, item)
        return lambda rows: [None if code == BLANK else said.get(code, code) for code in held[rows].tolist()]

    def _rows(self, layout: ExportLayout) -> Iterator[list[Cell]]:
        columns = [self.values(column) for column in layout.columns]
        count = len(self.taken.unit)
        for start in range(0, count, BLOCK):
            rows = slice(start, min(start + BLOCK, count))
            block = [values(rows) if values else [None] * (rows.stop - rows.start) for values in columns]
            yield from (list(row) for row in zip(*block, strict=True))

    def _fact(self, column: Column, item: Item, held: list[Cell] | np.ndarray) -> Values | None:
        """A fact of the person. A number is known as its band alone, which is a label and no value."""
        if isinstance(held, list):
            return (lambda rows: [band or None for band in held[rows]]) if column.part == "label" else None
        said = self._said(column, item)
        return lambda rows: [None if code < 0 else said.get(code, code) for code in held[rows].tolist()]

    def _several(self, column: Column, item: Item) -> Values | None:
        """Every answer somebody chose, in one cell."""
        said = self._said(column, item)
        options = [(o.code, self.taken.items[f"{item.code}={o.code}"]) for o in self.taken.version.options(item)]

        def cells(rows: slice) -> list[Cell]:
            chosen = np.column_stack([held[rows] for _, held in options])
            names = [str(said.get(code, code)) for code, _ in options]
            return ["; ".join(n for n, one in zip(names, row, strict=True) if one == 1) or None for row in chosen]

        return cells

    def _said(self, column: Column, item: Item) -> dict[int, str]:
        """What stands for a code: the layout's own words, else the words of the answer where these are asked for."""
        labels: dict[int, str] = {}
        if column.part == "label":
            labels = {o.code: o.label.inside(self.language) for o in self.taken.version.options(item)}
        return labels | {value.code: value.text for value in column.values}


def _number(value: float) -> Cell:
    if np.isnan(value):
        return None
    return int(value) if value.is_integer() else value
