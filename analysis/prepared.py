"""Data and request of one command together, and what every part of the answer is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Codes, Floats, Ints
from analysis.calibration import Report
from analysis.datafile import DataFile
from analysis.design import SampleDesign
from analysis.domain_estimates import DomainEstimates, estimate
from analysis.features import within
from analysis.plan import Measure, MeasurePlan
from analysis.request import Request
from analysis.rowscores import RowMeasures, with_row_variances
from analysis.totals import Totals

ALL = "ALL"
FACTORS = "FACTORS"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Data and request together: what every part of the answer is made from."""

    request: Request
    data: DataFile
    plan: MeasurePlan
    codes: Codes
    design: SampleDesign
    domains: Mapping[str, tuple[Ints, tuple[str, ...]]]
    totals: Totals
    report: Report | None

    @property
    def labels(self) -> dict[str, dict[int, str]]:
        return {name: dict(enumerate(texts)) for name, (_, texts) in self.domains.items()}

    def estimates(self, by: Sequence[str], measures: Sequence[Measure] | None = None) -> DomainEstimates:
        """Estimates of a crossing, with standard errors from rows where weights were calibrated."""
        lonely = self.request.design.lonely_psu
        found = estimate(self.totals, by, measures=measures, lonely=lonely)
        if not self.design.projections:
            return found
        columns = [self.domains[name][0] for name in by]
        return with_row_variances(found, self.design, RowMeasures(self.plan, self.codes), columns)

    def answers(self, item: str) -> Floats:
        """A rated item per row, NaN where there is no substantive answer."""
        column = self.codes[:, self.plan.columns.index(item)]
        return np.where(within(column, self.request.substantive), column.astype(np.float64), np.nan)

    def shown(self, measure: Measure) -> str:
        """The variable of a measure as RESULT.json names it: the index over factors is one over all items."""
        return ALL if measure.variable == FACTORS else measure.variable

    def measures_named(self, name: str) -> tuple[Measure, ...]:
        """The measures of that name, one for each item or factor it is about."""
        return tuple(
            measure
            for measure in self.plan.measures
            if measure.name == name and not (name == "all_answers_satisfied" and self.shown(measure) != ALL)
        )
