"""The answers of one channel as rows for a file: recoded so that they single nobody out, each with its design.

What the published tables hide is hidden here too (`rows.recoding`); weights, strata and clusters are those of the
analysis as far as they tell nothing of a few (`rows.design`). No row is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from survey.database import Database
from survey.errors import N_, Conflict, NotFound
from survey.exports.tables import Cell, DataSheet
from survey.models.fieldwork.waves import Selection
from survey.queries.estimates.wave_basis import NO_FIELD
from survey.services.estimates import answer_columns, channel_results
from survey.services.estimates.analyses.rows import row_weights
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.result_sentences import Words
from survey.services.files.rows.design import RowDesign, group_weights, in_clusters, one_by_one
from survey.services.files.rows.recoding import BLANK, HIDDEN, Fact, HiddenDomains, Recoded, bands, recode
from survey.services.province import settings
from survey.words.figures import short

BLOCK = 5_000
BEFORE = ("unit", "month", "field")
DESIGN = ("weight", "stratum", "cluster")
Hides = Callable[[str, tuple[int, ...], str], bool]  # of a crossing, a key in it, a question ("": all of the domain)


@dataclass(frozen=True)
class Taken:
    """The rows of one channel by column, every column (n,), for a table that joins several waves."""

    version: InstrumentVersion
    unit: list[str | None]
    month: list[str | None]
    field: list[str | None]
    items: Mapping[str, np.ndarray]  # as in `columns`
    facts: Mapping[str, list[Cell] | np.ndarray]  # codes, HIDDEN and BLANK below 0; numbers as bands in words
    weight: list[float]
    stratum: list[int]
    cluster: list[int]


class RecodedRows:
    """The answers of a view, recoded so that they single nobody out.

    Conflict while the wave is running: two files, before and after one form, would tell what it said. NotFound where
    there are too few answers for a file.
    """

    def __init__(
        self, database: Database, view: ResultsView, words: Words, instance: Path, *, hides: Hides | None = None
    ) -> None:
        """`hides` says what the published tables hide; it is that of the view unless given."""
        self._view, self._words = view, words
        self._hides = hides or hidden_in(view)
        if not view.final:
            raise Conflict("Files with a row per response are made once the wave is closed.")
        channel = view.wave.channel(view.channel)
        self._answers = answer_columns.read(database, channel.id, view.version, snapshots=instance / "snapshots")
        self.minimum, self.least = least_rows(database, view)
        if len(self._answers) < self.least:
            raise NotFound("There are too few answers for a file with a row per response.")
        self.items = [
            i for i in view.version.asked_items if i.kind not in ("text", "date") and not i.is_respondent_fact
        ]  # a day would undo what the month hides
        self.facts = [i for i in view.version.asked_items if i.is_respondent_fact and i.kind in ("single", "number")]
        self._limits: dict[str, tuple[tuple[float, float], ...]] = {}
        days = self._answers.fact("_day").astype("datetime64[D]")
        self.kept: Recoded = recode(
            self._answers.unit,
            days.astype("datetime64[M]").astype(np.int64),
            self._answers.field,
            [self._fact(item) for item in self.facts],
            minimum=self.minimum,
            strata=self.least,
            hidden=self._hidden_domains(),
        )
        self.blanked = 0
        self._values = self._blanked_values()

    @classmethod
    def of(cls, database: Database, view: ResultsView, words: Words, instance: Path) -> RecodedRows | None:
        """The rows of a view; None while its wave is running, and where there are too few of them for a file."""
        enough = view.final and (view.responses or 0) >= least_rows(database, view)[1]
        return cls(database, view, words, instance) if enough else None

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def selection(self) -> Selection:
        return self._view.selection

    @cached_property
    def design(self) -> RowDesign:
        """Weight, stratum and cluster of every row."""
        view, answers = self._view, self._answers
        weighed = channel_results.weigh_answers(view.wave, view.wave.channel(view.channel), answers)
        keys = weighed.weights.keys.astype(np.int64)
        place = {(int(u), int(f)): k for k, (u, f) in enumerate(keys)}
        pairs, cell = np.unique(np.column_stack([answers.unit, answers.field]), axis=0, return_inverse=True)
        cell = cell.reshape(-1).astype(np.int64)
        known = [place[int(u), int(f)] for u, f in pairs]
        frame = {(c.unit, c.field): float(c.transactions) for c in view.wave.frame}
        weighted = channel_results.has_frame(view.wave, view.wave.channel(view.channel))
        transactions = {k: frame.get((int(u), int(f)), 0.0) for k, (u, f) in enumerate(pairs)} if weighted else {}
        weight = group_weights(
            row_weights(answers, weighed), self.kept.group, cell, weighed.weights.code[known][cell], transactions
        )
        together = answers.point_day if self.selection is Selection.OPT_IN else answers.batches
        if together is None:
            return one_by_one(weight, self.kept)
        return in_clusters(weight, self.kept, together, minimum=self.least)

    @property
    def together(self) -> bool:
        """Whether answers came in clusters; otherwise each was drawn and given alone."""
        return self.selection is Selection.OPT_IN or self._answers.batches is not None

    @property
    def hidden_rows(self) -> dict[str, int]:
        """How many rows do not show their unit, field and month."""
        kept = self.kept
        return {
            name: int((column == HIDDEN).sum())
            for name, column in (("unit", kept.unit), ("field", kept.field), ("month", kept.month))
        }

    def values(self, column: str) -> np.ndarray:
        """The answers (n,) in a column as the file has them."""
        return self._values[column]

    @cached_property
    def names(self) -> dict[str, str]:
        """What each column of a fact or question is called in the file, by its own name."""
        taken = {*BEFORE, *DESIGN, "synthetic"}  # of every file; a question may bear such a code
        return {name: unused(name, taken) for name in (*(f.code for f in self.facts), *self._columns)}

    @property
    def headings(self) -> tuple[str, ...]:
        return (*BEFORE, *self.names.values(), *DESIGN)

    def coded(self) -> DataSheet:
        lead = self._words(N_("Coded answers; blank: not answered or hidden. The codebook says what the codes mean."))
        return DataSheet(self._words(N_("Coded data")), self.headings, self._coded(), len(self), lead)

    def labelled(self) -> DataSheet:
        w = self._words
        facts = [(f.short or f.code) for f in self.facts]
        items = [i.short or i.label or i.code for i in self.items if i.kind != "multiple"]
        headings = (
            w(N_("Unit")), w(N_("Month")), w(N_("Field")), *facts, *items, w(N_("Weight")), w(N_("Stratum")),
            w(N_("Cluster")),
        )  # fmt: skip
        lead = w(N_("The same rows in words."))
        return DataSheet(w(N_("Labelled data")), headings, self._labelled(), len(self), lead)

    def taken(self) -> Taken:
        """The rows by column, as a table of several waves takes them."""
        kept, view = self.kept, self._view
        fields = self._field_codes
        return Taken(
            version=view.version,
            unit=[view.unit_codes.get(u) for u in kept.unit.tolist()],
            month=[_month(m) for m in kept.month.tolist()],
            field=[fields.get(f) for f in kept.field.tolist()],
            items={name: self._values[name] for name in self._columns},
            facts={
                item.code: self._fact_words(item, values, "") if item.code in self._limits else values
                for item, values in zip(self.facts, kept.facts, strict=True)
            },
            weight=self.design.weight.tolist(),
            stratum=self.design.stratum.tolist(),
            cluster=self.design.cluster.tolist(),
        )

    def codes_of(self, item: Item) -> dict[int, str]:
        """What the codes of a question or fact mean; the bands of a number that is given as bands."""
        if item.code in self._limits:
            limits = ([short(limit, 6, self._words.language) for limit in band] for band in self._limits[item.code])
            return {n: f"{low} – {high}" for n, (low, high) in enumerate(limits)}
        return {o.code: o.label.inside(self._words.language) for o in self._view.version.options(item)}

    @property
    def _columns(self) -> list[str]:
        return [name for item in self.items for name in answer_columns.column_names(item, self._view.version)]

    @property
    def _field_codes(self) -> dict[int, str]:
        return {NO_FIELD: "unknown"} | dict(self._view.field_codes)

    def _coded(self) -> Iterator[list[Cell]]:
        kept, view, fields = self.kept, self._view, self._field_codes
        for rows in self._blocks():
            block: list[list[Any]] = [
                [view.unit_codes.get(u) for u in kept.unit[rows].tolist()],
                [_month(m) for m in kept.month[rows].tolist()],
                [fields.get(f) for f in kept.field[rows].tolist()],
            ]
            block += [[_code(v) for v in fact[rows].tolist()] for fact in kept.facts]
            block += [_blanks(self._values[name][rows]) for name in self._columns]
            block += self._design_cells(rows)
            yield from (list(row) for row in zip(*block, strict=True))

    def _labelled(self) -> Iterator[list[Cell]]:
        kept, view, w = self.kept, self._view, self._words
        hidden = w(N_("hidden"))
        fields = {HIDDEN: hidden, NO_FIELD: w(N_("not known"))} | dict(view.field_names)
        labels_of = {i.code: {o.code: o.label.inside(w.language) for o in view.version.options(i)} for i in self.items}
        for rows in self._blocks():
            block: list[list[Any]] = [
                [view.unit_names.get(u, hidden) for u in kept.unit[rows].tolist()],
                [_month(m) or hidden for m in kept.month[rows].tolist()],
                [fields.get(f) for f in kept.field[rows].tolist()],
            ]
            for item, values in zip(self.facts, kept.facts, strict=True):
                block.append(self._fact_words(item, values[rows], hidden))
            for item in self.items:
                if item.kind != "multiple":
                    plain, labels = _blanks(self._values[item.code][rows]), labels_of[item.code]
                    block.append([_label(labels, v) for v in plain] if labels else plain)
            block += self._design_cells(rows)
            yield from (list(row) for row in zip(*block, strict=True))

    def _design_cells(self, rows: slice) -> list[list[Any]]:
        design = self.design
        return [column[rows].tolist() for column in (design.weight, design.stratum, design.cluster)]

    def _blocks(self) -> Iterator[slice]:
        for start in range(0, len(self), BLOCK):
            yield slice(start, min(start + BLOCK, len(self)))

    def _fact(self, item: Item) -> Fact:
        if item.kind == "number":
            values, self._limits[item.code] = bands(self._answers.numbers(item.code))
            return Fact(values, np.zeros(len(values), np.bool_))
        codes = self._answers.codes(item.code).astype(np.int64)
        values = np.where(codes == answer_columns.BLANK, BLANK, codes)
        return Fact(values, self._hidden_facts(item.code, values))

    def _hidden_facts(self, fact: str, values: np.ndarray) -> np.ndarray:
        """Which rows (n,) may not show a fact: those of a value that is hidden, or that answer what is hidden of it."""
        hidden = np.zeros(len(values), np.bool_)
        for value in np.unique(values).tolist():
            own = values == value
            if self._hides(f"fact:{fact}", (value,), ""):
                hidden |= own
                continue
            for name, figure in self._figures:
                if self._hides(f"fact:{fact}", (value,), figure):
                    hidden |= own & _answered(self._answers.values[name])
        return hidden

    def _fact_words(self, item: Item, values: np.ndarray, hidden: str) -> list[Cell]:
        names = self.codes_of(item) | {HIDDEN: hidden, BLANK: ""}
        return [names.get(int(v)) for v in values]

    @property
    def _figures(self) -> list[tuple[str, str]]:
        """The columns of answers, each with the question whose figures are hidden together."""
        return [(name, name.partition("=")[0]) for name in self._columns]

    def _hidden_domains(self) -> HiddenDomains:
        unit, field = self._answers.unit, self._answers.field
        pairs = {(int(u), int(f)) for u, f in np.unique(np.column_stack([unit, field]), axis=0)}
        return HiddenDomains(
            frozenset(u for u, _ in pairs if self._hides("unit", (u,), "")),
            frozenset(f for _, f in pairs if self._hides("field", (f,), "")),
            frozenset(pair for pair in pairs if self._hides("unit,field", pair, "")),
        )

    def _blanked_values(self) -> dict[str, np.ndarray]:
        """The answers by column, blank where a unit or field hides the figure of that question alone.

        Rows that show the same unit and field are blanked together: a blank in some would tell what they hide.
        """
        answers, group = self._answers, self.kept.group
        found = {}
        rows = np.zeros(len(answers), np.bool_)
        for name, figure in self._figures:
            values = answers.values[name]
            own = np.zeros(len(answers), np.bool_)
            for crossing, codes in (("unit", answers.unit), ("field", answers.field)):
                for code in np.unique(codes).tolist():
                    if not self._hides(crossing, (code,), "") and self._hides(crossing, (code,), figure):
                        own |= codes == code
            own = np.isin(group, group[own]) & _answered(values)
            rows |= own
            empty: Any = answer_columns.BLANK if values.dtype == np.uint8 else np.nan
            found[name] = np.where(own, empty, values).astype(values.dtype) if own.any() else values
        self.blanked = int(rows.sum())
        return found


def hidden_in(view: ResultsView) -> Hides:
    """What the published tables of a view hide."""
    hiding = view.hiding

    def hides(crossing: str, key: tuple[int, ...], figure: str) -> bool:
        return hiding is not None and hiding.is_hidden(crossing, key, figure)

    return hides


def least_rows(database: Database, view: ResultsView) -> tuple[int, int]:
    """How many rows any combination of what a file shows must have, and how many any stratum, weight and cluster."""
    with database.reading() as session:
        limits = settings.read(session)
    least = max(limits.row_combination_minimum, limits.minimum_cell, view.minimum_cell)
    return least, max(limits.row_stratum_minimum, least)


def unused(name: str, taken: set[str]) -> str:
    """`name`, with underscores added until it is not in `taken`; the result is added to `taken`."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _answered(values: np.ndarray) -> np.ndarray:
    return np.asarray(values != answer_columns.BLANK if values.dtype == np.uint8 else ~np.isnan(values))


def _blanks(values: np.ndarray) -> list[Cell]:
    """Python values with None for blank, made at once and not cell by cell."""
    if values.dtype == np.uint8:
        return [None if v == answer_columns.BLANK else v for v in values.tolist()]
    numbers: list[float] = values.tolist()
    return [None if v != v else (int(v) if v == int(v) else v) for v in numbers]


def _label(labels: dict[int, str], value: Cell) -> Cell:
    return labels.get(value, value) if isinstance(value, int) else value


def _code(value: int) -> Cell:
    return None if value in (HIDDEN, BLANK) else int(value)


def _month(value: int) -> str | None:
    return None if value == HIDDEN else str(np.datetime64(int(value), "M"))
