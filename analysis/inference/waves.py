"""A wave of the platform from its answers to weighted estimates and verdicts: the border for services.

A service reads the answers of one channel in chunks, hands each to `wave_chunk`, adds it to the `Totals` of `begin`,
and keeps the totals. It then gives the frame of transaction counts to `weigh` and asks the result for tables by any
crossing. One pass serves every item, factor, index, unit, field and group; nothing loops over answers.

    plan = MeasurePlan(items=(RatedItem("q1"), RatedItem("q2")), nodes=(Node("F1", "factor", ("q1", "q2")),))
    totals = begin(plan, "opt_in")
    for codes, unit, field, group, cluster in chunks:
        totals.add(wave_chunk("opt_in", codes, unit=unit, field=field, group=group, cluster=cluster))
    wave = weigh(totals, "opt_in", frame)
    by_unit = wave.estimates(("unit",))
    verdicts = wave.verdicts(("unit",), thresholds={(17,): 0.90, (18,): 0.85}, measure=plan.headline)

How channels are treated (the rulings of the project):

* `drawn`: strata are unit × field, each respondent a primary unit, base weight N/n, no finite population correction
  because a verdict is about the service;
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
from analysis.design.frame_weights import KEYS, AnswerCells, CellWeights, FrameCells, frame_weights
from analysis.errors import AnalysisError, WeightingError
from analysis.estimation.domain_estimates import Classes, estimate
from analysis.inference import verdicts
from analysis.inference.estimate_tables import EstimateTable, is_rate, table_of
from analysis.inference.verdicts import Figures, Gates, Judgement, Needed
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import Measure, MeasurePlan
from analysis.totals.streaming import Shape, Totals

SELECTIONS = ("drawn", "census", "opt_in")
_FIELDS = 1 << 20
Thresholds = Mapping[tuple[int, ...], float | None]


def begin(
    plan: MeasurePlan, selection: str, *, variables: Sequence[str] = ("group",), beside: Sequence[str] = ()
) -> Totals:
    """Empty totals for one selection of a wave: drawn, census or opt_in.

    `variables` are crossed with unit × field in one table (they should be functions of unit or field, as the target
    group or the kind of unit is). Each of `beside` (a respondent fact) gets a table of its own with unit × field.
    Raises AnalysisError for another selection.
    """
    _check_selection(selection)
    main = tuple(dict.fromkeys((*KEYS, *variables)))
    return Totals(plan, Shape(clustered=selection == "opt_in"), (main, *((*KEYS, name) for name in beside)))


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
    `cluster` (rows,) is an integer for collection point × day (opt_in only); `variables` are further integer columns by
    name, such as `group`. Raises AnalysisError where opt_in has no cluster and for field codes out of range.
    """
    _check_selection(selection)
    units, fields = np.asarray(unit, np.int64), np.asarray(field, np.int64)
    keys: dict[str, AnyArray] = {"unit": units, "field": fields, **variables}
    if selection == "opt_in":
        if cluster is None:
            raise AnalysisError("Self-selected answers need 'cluster', an integer for collection point × day.")
        keys["stratum"], keys["psu"] = units, np.asarray(cluster, np.int64)
    else:
        if len(fields) and (fields.max() >= _FIELDS - 1 or fields.min() < -1):
            raise AnalysisError(f"Field codes must lie between -1 and {_FIELDS - 2}.")
        keys["stratum"] = units * _FIELDS + fields + 1
    return Chunk(codes, keys, None, numbers)


@dataclass(frozen=True, slots=True)
class VerdictTable:
    """Verdicts of the domains of a crossing that have a target, as columns (one row per such domain)."""

    by: tuple[str, ...]
    measure: Measure
    keys: Ints
    threshold: Floats
    figures: Figures
    judgement: Judgement
    needed: tuple[Needed, ...]

    def __len__(self) -> int:
        return len(self.keys)


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

    def verdicts(
        self,
        by: Sequence[str],
        *,
        thresholds: Thresholds,
        measure: Measure,
        gates: Gates | None = None,
        adjust: str = "none",
    ) -> VerdictTable:
        """One measure against the threshold of each domain; domains without a threshold are left out.

        `adjust` = holm for a list that is published, bh inside; the family is all domains with a threshold here.
        """
        if not is_rate(measure.name):
            raise AnalysisError(f"'{measure.name}' is not a rate between 0 and 1; a verdict needs one.")
        found = estimate(self.totals, by, measures=(measure,), lonely=self.lonely, classes=self.classes)
        goals = [thresholds.get(tuple(int(code) for code in key)) for key in found.keys]
        chosen = np.array([place for place, goal in enumerate(goals) if goal is not None], np.int64)
        threshold = np.array([goal for goal in goals if goal is not None], np.float64)
        figures = Figures(*(getattr(found, name)[chosen, 0] for name in ("estimate", "se", "df", "n", "rows")))
        judgement = verdicts.judge(figures, threshold, gates=gates, adjust=adjust, opt_in=self.selection == "opt_in")
        keys = found.keys[chosen]
        if self.selection == "opt_in":
            needed = tuple(Needed(None, "opt_in") for _ in chosen)
        else:
            share = judgement.effective_n / np.maximum(figures.n, 1)
            needed = verdicts.responses_needed(figures.estimate, share, threshold, frame=self._frame(tuple(by), keys))
        return VerdictTable(tuple(by), measure, keys, threshold, figures, judgement, needed)

    def _frame(self, by: tuple[str, ...], keys: Ints) -> Floats | None:
        """The transactions of each unit, as the most that can be asked there."""
        return np.array([self.frame_of.get(int(key[0]), np.nan) for key in keys]) if by == ("unit",) else None


def weigh(totals: Totals, selection: str, frame: FrameCells, *, thin: int = 5, lonely: str = "adjust") -> WeighedWave:
    """The totals weighted to the frame's unit × field counts; see `frame_weights` for merging and flags.

    Raises AnalysisError for totals of another selection, WeightingError where there are no answers.
    """
    _check_selection(selection)
    if totals.shape.clustered != (selection == "opt_in"):
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
