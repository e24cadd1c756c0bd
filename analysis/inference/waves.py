"""A wave of the platform from its answers to weighted estimates and verdicts: the border for services.

A service reads the answers of one channel in chunks, hands each to `wave_chunk`, adds it to the `Totals` of `begin`,
and keeps the totals. It then gives the frame of transaction counts to `weigh` and asks the result for tables by any
crossing. One pass serves every item, factor, index, unit, field and group; nothing loops over answers.

    plan = MeasurePlan(items=(RatedItem("q1"), RatedItem("q2")), nodes=(Node("F1", "factor", ("q1", "q2")),))
    totals = begin(plan, "opt_in")
    for codes, unit, field, group, cluster in chunks:
        totals.add(wave_chunk("opt_in", codes, unit=unit, field=field, group=group, cluster=cluster))
    wave = weigh(totals, "opt_in", frame)
    by_unit = wave.estimates(("unit",)).of(plan.headline)
    evidence = wave.evidence(by_unit, plan.headline, AnswerRows(codes, unit, field))
    verdicts = wave.verdicts(by_unit, evidence, np.array([0.90, 0.85]), adjust="holm")

How channels are treated (the rulings of the project):

* `drawn`: strata are unit × field, each respondent a primary unit, base weight N/n, no finite population correction
  because a verdict is about the service; where answers were taken together (an interviewer's day, a batch of paper),
  these batches are the primary units and units the strata;
* `census`: as drawn; everybody was asked, those who answered stand for the rest of their cell;
* `opt_in`: strata are units, clusters are collection point × day, adjustment weights post-stratify to unit × field,
  the variance takes the residuals within post-strata, and a verdict is at most `…_not_proven`.

Selections are never pooled: begin totals for each. Units and fields are non-negative integers, −1 = not known; `group`
is the target group of the field. Further variables may be crossed with these (`beside`), or with unit × field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.arrays import AnyArray, Codes, Floats, Ints
from analysis.cells import regroup
from analysis.design.frame_weights import KEYS, AnswerCells, CellWeights, FrameCells, frame_weights
from analysis.errors import AnalysisError, WeightingError
from analysis.estimation.domain_estimates import Classes, estimate
from analysis.estimation.evidence import Evidence, evidence_of_rows
from analysis.estimation.row_scores import RowMeasures, domain_of_rows, figure_rows
from analysis.inference import verdicts
from analysis.inference.estimate_tables import EstimateTable, is_rate, table_of
from analysis.inference.planning import Needed, responses_needed
from analysis.inference.verdicts import Figures, Gates, Judgement
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import Measure, MeasurePlan
from analysis.totals.streaming import Shape, Totals

SELECTIONS = ("drawn", "census", "opt_in")
_FIELDS = 1 << 20


def begin(
    plan: MeasurePlan,
    selection: str,
    *,
    variables: Sequence[str] = ("group",),
    beside: Sequence[str] = (),
    together: bool = False,
) -> Totals:
    """Empty totals for one selection of a wave: drawn, census or opt_in.

    `variables` are crossed with unit × field in one table (they should be functions of unit or field, as the target
    group or the kind of unit is). Each of `beside` (a respondent fact) gets a table of its own with unit × field.
    `together` says that drawn answers come with the batch they were taken in. Raises AnalysisError for another
    selection.
    """
    _check_selection(selection)
    main = tuple(dict.fromkeys((*KEYS, *variables)))
    return Totals(plan, Shape(clustered=together or selection == "opt_in"), (main, *((*KEYS, name) for name in beside)))


def wave_chunk(
    selection: str,
    codes: Codes,
    *,
    unit: AnyArray,
    field: AnyArray,
    cluster: AnyArray | None = None,
    numbers: Floats | None = None,
    **variables: AnyArray,
) -> Chunk:
    """Rows of answers with their design keys.

    `codes` are uint8 (rows × columns of the plan), 255 = blank; `unit` and `field` (rows,) integers, −1 = not known;
    `cluster` (rows,) is an integer: for opt_in collection point × day, for drawn and census the batch that an answer
    was taken in, None where all were given alone; `variables` are further integer columns by name, such as `group`.
    Raises AnalysisError where opt_in has no cluster and for field codes out of range.
    """
    _check_selection(selection)
    units, fields = np.asarray(unit, np.int64), np.asarray(field, np.int64)
    keys: dict[str, AnyArray] = {"unit": units, "field": fields, **variables}
    if selection == "opt_in" and cluster is None:
        raise AnalysisError("Self-selected answers need 'cluster', an integer for collection point × day.")
    if cluster is not None:
        keys["stratum"], keys["psu"] = units, np.asarray(cluster, np.int64)
    else:
        if len(fields) and (fields.max() >= _FIELDS - 1 or fields.min() < -1):
            raise AnalysisError(f"Field codes must lie between -1 and {_FIELDS - 2}.")
        keys["stratum"] = units * _FIELDS + fields + 1
    return Chunk(codes, keys, None, numbers)


@dataclass(frozen=True, slots=True)
class AnswerRows:
    """The answers that totals were made of, as `wave_chunk` took them: columns (rows,) and codes (rows × columns).

    `cluster` is what was drawn or taken together (interviewer, batch of a day, collection point × day), None where
    people were drawn one by one.
    """

    codes: Codes
    unit: Ints
    field: Ints
    cluster: Ints | None = None
    variables: Mapping[str, Ints] | None = None


@dataclass(frozen=True, slots=True)
class WeighedWave:
    """The totals of one selection with their weights: ask for estimates and verdicts by any crossing."""

    totals: Totals
    selection: str
    weights: CellWeights
    classes: Classes | None
    lonely: str = "adjust"
    frame_of: Mapping[int, float] = field(default_factory=dict)

    def estimates(
        self,
        by: Sequence[str] = (),
        *,
        intervals: Sequence[str] = ("logit", "wilson", "kg"),
        level: float = 0.95,
        measures: Sequence[Measure] | None = None,
        labels: Mapping[str, Mapping[int, str]] | None = None,
    ) -> EstimateTable:
        """Every measure (or those named) in every domain of a crossing: (), ("unit",), ("unit", "field"), …"""
        found = estimate(self.totals, by, measures=measures, lonely=self.lonely, classes=self.classes)
        return table_of(found, intervals_wanted=intervals, level=level, labels=labels)

    def evidence(self, table: EstimateTable, measure: Measure, rows: AnswerRows) -> Evidence:
        """What verdicts on each row of a table (of that measure, n rows) stand on, from the answers themselves.

        `rows` are the answers that the totals were made of. The variance is that of the table where respondents of
        several strata or a self-selected channel are behind it.
        """
        columns = {"unit": rows.unit, "field": rows.field, **(rows.variables or {})}
        keys = np.column_stack([table.domain[name] for name in table.by]) if table.by else np.zeros((1, 0), np.int64)
        domain = domain_of_rows(keys, [columns[name] for name in table.by], len(rows.codes))
        weight = self.weights.of_rows(rows.unit, rows.field)
        measured = RowMeasures(self.totals.plan, rows.codes)
        own = figure_rows(measured, measure, weight, domain, len(keys))
        drawn = self.selection != "opt_in"
        stratum = _codes(rows.unit, rows.field) if rows.cluster is None else _codes(rows.unit)
        psu = None if rows.cluster is None else _codes(rows.unit, rows.cluster)
        return evidence_of_rows(
            own.score, own.share, domain, len(keys), stratum=stratum, psu=psu, variance=table.se**2,
            answers=own.answers, pooled=own.pooled, with_replacement=drawn,
        )  # fmt: skip

    def verdicts(
        self,
        table: EstimateTable,
        evidence: Evidence,
        thresholds: Floats,
        *,
        gates: Gates | None = None,
        adjust: str = "none",
        members: int | None = None,
    ) -> Judgement:
        """Each row of a table of rates (n rows) against its threshold (n,); NaN = there is none.

        `adjust` = holm for a list that is shown; the family is all rows with a threshold, of `members` as it was fixed.
        """
        if scores := {name for name in table.measure.tolist() if not is_rate(name)}:
            raise AnalysisError(f"'{min(scores)}' is not a rate between 0 and 1; a verdict needs one.")
        figures = Figures(table.estimate, table.se, table.df, table.n, table.rows)
        opt_in = self.selection == "opt_in"
        return verdicts.judge(
            figures, evidence, thresholds, gates=gates, adjust=adjust, opt_in=opt_in, members=members
        )  # fmt: skip

    def needed(self, judged: Judgement, *, units: Ints | None = None) -> tuple[Needed, ...]:
        """How many answers would prove each verdict; `units` (n,) says of whose transactions that is the most."""
        if self.selection == "opt_in":
            return tuple(Needed(None, "opt_in") for _ in judged.verdict)
        sizes = [self.frame_of.get(unit, np.nan) for unit in units.tolist()] if units is not None else None
        frame = np.array(sizes, np.float64) if sizes is not None else None
        members = judged.members if judged.adjust == "holm" else 1
        own = judged.figures
        return responses_needed(
            own.estimate, judged.effective_n, own.n, judged.evidence, judged.threshold, members=members,
            gates=judged.gates, frame=frame, alpha=judged.alpha,
        )  # fmt: skip


def _codes(*columns: AnyArray) -> Ints:
    """A code for each distinct combination of integer columns (n,)."""
    return regroup(np.column_stack(columns)).codes


def weigh(
    totals: Totals,
    selection: str,
    frame: FrameCells,
    *,
    thin: int = 5,
    lonely: str = "adjust",
    together: bool = False,
) -> WeighedWave:
    """The totals weighted to the frame's unit × field counts; see `frame_weights` for merging and flags.

    Raises AnalysisError for totals of another selection, WeightingError where there are no answers.
    """
    _check_selection(selection)
    if totals.shape.clustered != (together or selection == "opt_in"):
        raise AnalysisError(f"These totals were not begun for selection '{selection}'.")
    table = totals.by(KEYS).coarsened(KEYS)
    if not table.size:
        raise WeightingError("There are no answers to weight.")
    counts = AnswerCells(table.key("unit"), table.key("field"), table.counts[:, 0])
    weights = frame_weights(frame, counts, thin=thin)
    weighted = totals.reweighted(KEYS, weights.keys, weights.weight)
    classes = Classes(KEYS, weights.keys, weights.code) if selection == "opt_in" else None
    sizes: dict[int, float] = {}
    for unit, size in zip(frame.unit.tolist(), frame.population.tolist(), strict=True):
        sizes[unit] = sizes.get(unit, 0.0) + size
    return WeighedWave(weighted, selection, weights, classes, lonely, sizes)


def _check_selection(selection: str) -> None:
    if selection not in SELECTIONS:
        raise AnalysisError(f"Selection '{selection}' is unknown; choose {', '.join(SELECTIONS)}.")
