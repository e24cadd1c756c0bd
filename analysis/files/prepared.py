"""Data and request of one command together, and what every part of the answer is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import Codes, Floats, Ints
from analysis.design.calibration import Report
from analysis.design.replicate_weights import ReplicateWeights
from analysis.design.sample_design import SampleDesign
from analysis.design.weight_diagnostics import Diagnostics
from analysis.estimation.domain_estimates import DomainEstimates, estimate
from analysis.estimation.evidence import Evidence, evidence_of_rows
from analysis.estimation.replicate_errors import replicate_covariance, with_replicate_errors
from analysis.estimation.row_scores import (
    RowMeasures,
    domain_of_rows,
    figure_rows,
    row_covariance,
    with_row_variances,
)
from analysis.files.data_file import DataFile
from analysis.files.request import Request
from analysis.inference import comparison
from analysis.totals.chunk_sums import within
from analysis.totals.measure_plan import SHARES_OF_PEOPLE, Measure, MeasurePlan
from analysis.totals.streaming import Totals

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
    diagnostics: Diagnostics | None = None
    replicates: ReplicateWeights | None = None

    @property
    def labels(self) -> dict[str, dict[int, str]]:
        return {name: dict(enumerate(texts)) for name, (_, texts) in self.domains.items()}

    def estimates(self, by: Sequence[str], measures: Sequence[Measure] | None = None) -> DomainEstimates:
        """Estimates of a crossing, with standard errors from rows where weights were calibrated or replicated."""
        lonely = self.request.design.lonely_psu
        found = estimate(self.totals, by, measures=measures, lonely=lonely)
        columns, rows = [self.domains[name][0] for name in by], RowMeasures(self.plan, self.codes)
        if self.replicates is not None:
            found = with_replicate_errors(found, self.replicates, rows, columns)
        elif self.design.projections:
            found = with_row_variances(found, self.design, rows, columns)
        return _of_several(found)

    def evidence(self, found: DomainEstimates, measure: Measure) -> Evidence:
        """What verdicts on one measure stand on in each domain of its estimates; see `estimation.evidence`.

        Replicate weights do not say who was drawn together: variance and df are theirs, the rest is that of people.
        """
        design = self.design
        domain = domain_of_rows(found.keys, [self.domains[name][0] for name in found.by], design.rows)
        own = figure_rows(RowMeasures(self.plan, self.codes), measure, design.weights, domain, found.size)
        clustered = self.request.design.psu is not None
        plain = not design.projections and not np.isfinite(design.population_psus).any() and design.unit is None
        place = found.place(measure)
        made = evidence_of_rows(
            own.score, own.share, domain, found.size, stratum=design.stratum, psu=design.psu if clustered else None,
            variance=found.se[:, place] ** 2, answers=own.answers, pooled=own.pooled,
            with_replacement=plain and self.replicates is None,
        )  # fmt: skip
        return made if self.replicates is None else made.with_df(found.df[:, place].astype(np.float64))

    def covariance(self, found: DomainEstimates) -> Floats:
        """The covariance (domains × domains) of the estimates of the first measure, all domains of their crossing."""
        columns, rows = [self.domains[name][0] for name in found.by], RowMeasures(self.plan, self.codes)
        if self.replicates is not None:
            return replicate_covariance(found, self.replicates, rows, columns)
        if self.design.projections:
            return row_covariance(found, self.design, rows, columns)
        lonely = self.request.design.lonely_psu
        return comparison.joint(self.totals, found.by, found.measures[0], lonely=lonely).covariance

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
