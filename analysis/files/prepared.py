"""Data and request of one command together, and what every part of the answer is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import Codes, Floats, Ints
from analysis.design.calibration import Report
from analysis.design.sample_design import SampleDesign
from analysis.design.weight_diagnostics import Diagnostics
from analysis.estimation.domain_estimates import DomainEstimates, estimate
from analysis.estimation.row_scores import RowMeasures, with_row_variances
from analysis.files.data_file import DataFile
from analysis.files.request import Request
from analysis.totals.chunk_sums import within
from analysis.totals.measure_plan import Measure, MeasurePlan
from analysis.totals.streaming import Totals

ALL = "ALL"
FACTORS = "FACTORS"
SHARES_OF_PEOPLE = frozenset({"item_rate", "overall_rate", "all_answers_satisfied", "share_mean_ge_4"})


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
    diagnostics: Diagnostics | None = None

    @property
    def labels(self) -> dict[str, dict[int, str]]:
        return {name: dict(enumerate(texts)) for name, (_, texts) in self.domains.items()}

    def estimates(self, by: Sequence[str], measures: Sequence[Measure] | None = None) -> DomainEstimates:
        """Estimates of a crossing, with standard errors from rows where weights were calibrated."""
        lonely = self.request.design.lonely_psu
        found = estimate(self.totals, by, measures=measures, lonely=lonely)
        if self.design.projections:
            columns = [self.domains[name][0] for name in by]
            found = with_row_variances(found, self.design, RowMeasures(self.plan, self.codes), columns)
        return _of_several(found)

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


def _of_several(found: DomainEstimates) -> DomainEstimates:
    """Without the shares of people that rest on one answer: they say what one person thinks, nothing of a domain."""
    shares = np.array([measure.name in SHARES_OF_PEOPLE for measure in found.measures], np.bool_)
    kept = np.where(shares & (found.n == 1), np.nan, 1.0)
    return replace(
        found,
        estimate=found.estimate * kept,
        se=found.se * kept,
        deff_wor=found.deff_wor * kept,
        deff_wr=found.deff_wr * kept,
    )
