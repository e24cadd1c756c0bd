"""The answers of a channel as weighted rows with their design: what analyses of persons, not of sums, work on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.design.sample_design import SampleDesign, sample_design
from analysis.inference.waves import WeighedWave
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item
from survey.models.fieldwork.waves import Selection
from survey.services.estimates import answer_columns
from survey.services.estimates.answer_columns import Columns

_FIELDS = 100_000


@dataclass(frozen=True)
class WeighedRows:
    """Rows in key order. A row whose unit and field have no weight (no cell in the frame) weighs 0."""

    answers: Columns
    version: InstrumentVersion
    selection: Selection
    weights: Floats

    @classmethod
    def of(
        cls, answers: Columns, version: InstrumentVersion, selection: Selection, weighed: WeighedWave
    ) -> WeighedRows:
        return cls(answers, version, selection, np.nan_to_num(row_weights(answers, weighed)))

    def within(self, units: frozenset[int]) -> WeighedRows:
        """The rows of some units, with the weights that they have among all."""
        inside = np.isin(self.answers.fact("_unit"), sorted(units))
        return replace(self, answers=self.answers.where(inside), weights=self.weights[inside])

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def cluster(self) -> Ints:
        """Collection point and day as one number."""
        return self.answers.point_day

    @cached_property
    def design(self) -> SampleDesign:
        """Strata are units and clusters point and day where people chose themselves; else unit and field, and rows."""
        unit = self.answers.unit
        if self.selection is Selection.OPT_IN:
            return sample_design(self.weights, strata=unit, psu=self.cluster)
        return sample_design(self.weights, strata=unit * _FIELDS + self.answers.fact("_field"))

    def codes(self, item: Item) -> Floats:
        """Substantive codes of an item (n,), NaN for blank and for what is not counted."""
        codes = self.answers.codes(item.code)
        substantive = [option.code for option in self.version.options(item) if option.substantive]
        return np.where(np.isin(codes, substantive), codes.astype(np.float64), np.nan)

    def satisfied(self, item: Item) -> Bools:
        """Whether each answer counts as satisfied."""
        good = [option.code for option in self.version.options(item) if option.satisfied]
        return np.isin(self.answers.codes(item.code), good)

    def rated(self) -> np.ndarray:
        """Codes of all rated items (n × items), 255 for blank and for what is not counted."""
        found = [self.codes(item) for item in self.version.rated_items]
        blocks = [np.where(np.isnan(c), answer_columns.BLANK, c).astype(np.uint8) for c in found]
        return np.column_stack(blocks) if blocks else np.empty((len(self), 0), np.uint8)


def row_weights(answers: Columns, weighed: WeighedWave) -> Floats:
    """The weight of each row, NaN where its unit and field have none."""
    unit, field = answers.unit, answers.field
    keys = weighed.weights.keys.astype(np.int64)
    wide = max(int(field.max(initial=0)), int(keys[:, 1].max(initial=0))) + 2
    known = keys[:, 0] * wide + keys[:, 1] + 1
    order = np.argsort(known)
    wanted = unit * wide + field + 1
    place = np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)
    found = order[place]
    return np.where(known[found] == wanted, weighed.weights.weight[found], np.nan)
