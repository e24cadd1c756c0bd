"""A small invented wave: units of several sizes, fields with target groups, blanks and no-opinion codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import AnyArray, Codes
from analysis.design.frame_weights import FrameCells
from analysis.inference.waves import AnswerRows, begin, wave_chunk
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import ChoiceItem, CodeShare, Measure, MeasurePlan, Node, NumberItem, RatedItem
from analysis.totals.streaming import Totals

UNITS, FIELDS = 7, 4
HEADLINE = Measure("index_mean_of_factors", "index")


def plan() -> MeasurePlan:
    rated = tuple(RatedItem(f"q{k}") for k in range(1, 7))
    factors = (
        Node("access", "factor", ("q1", "q2", "q3"), "mean_of_item_rates", ("pooled_rate", "mean_pooled")),
        Node("staff", "factor", ("q4", "q5"), "mean_of_item_rates", ("mean_score",)),
    )
    index = Node("index", "index", ("access", "staff"), "mean_of_children", ("pooled_rate", "item_weighted"))
    return MeasurePlan(
        rated,
        choices=(ChoiceItem("g2", (1, 2, 5), (1, 2, 3, 4, 5, 6)), ChoiceItem("channel_1", (1,), (0, 1))),
        shares=(CodeShare("return_definite", "g2", (5,)),),
        numbers=(NumberItem("g1", "expectation_mean"),),
        nodes=(*factors, index),
        overall="q6",
        persons_of=("index",),
        headline=HEADLINE,
    )


@dataclass(frozen=True)
class Wave:
    codes: Codes
    numbers: np.ndarray
    unit: AnyArray
    field: AnyArray
    group: AnyArray
    cluster: AnyArray
    together: bool = False  # drawn answers come in batches

    def chunk(self, selection: str, rows: AnyArray | slice = slice(None)) -> Chunk:
        return wave_chunk(
            selection,
            self.codes[rows],
            unit=self.unit[rows],
            field=self.field[rows],
            group=self.group[rows],
            cluster=self.cluster[rows] if selection == "opt_in" or self.together else None,
            numbers=self.numbers[rows],
        )

    def rows(self) -> AnswerRows:
        cluster = self.cluster if self.together else None
        return AnswerRows(self.codes, self.unit, self.field, cluster, {"group": self.group})

    def totals(self, selection: str) -> Totals:
        return begin(plan(), selection, together=self.together).add(self.chunk(selection))


def wave(rows: int = 900, seed: int = 3, unknown: float = 0.05) -> Wave:
    random = np.random.default_rng(seed)
    unit = random.choice(UNITS, rows, p=np.array([8, 6, 5, 4, 3, 2, 1]) / 29)
    field = np.where(random.random(rows) < unknown, -1, random.integers(0, FIELDS, rows))
    quality = random.normal(0, 0.5, UNITS)[unit] + random.normal(0, 0.6, rows)
    rated = np.clip(np.round(4 + quality[:, None] + random.normal(0, 0.7, (rows, 6))), 1, 5).astype(np.uint8)
    rated[random.random((rows, 6)) < 0.08] = 255
    rated[random.random((rows, 6)) < 0.04] = 97
    choices = np.column_stack([random.integers(1, 7, rows), random.integers(0, 2, rows)]).astype(np.uint8)
    choices[random.random((rows, 2)) < 0.05] = 255
    numbers = np.where(random.random(rows) < 0.1, np.nan, random.choice([60, 80, 100, 120], rows))[:, None]
    group = np.where(field < 0, -1, (field >= 2).astype(int))
    cluster = unit * 100 + random.integers(0, 9, rows)
    return Wave(np.asfortranarray(np.hstack([rated, choices])), numbers, unit, field, group, cluster)


def frame(units: int = UNITS) -> FrameCells:
    unit, field = np.repeat(np.arange(units), FIELDS), np.tile(np.arange(FIELDS), units)
    size = 40.0 + 13 * unit + 29 * field
    return FrameCells(unit, field, size, (field >= 2).astype(int), unit % 2)
