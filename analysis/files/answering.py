"""One request on one data file: from columns to RESULT.json.

The data become one chunk, the request a plan and a design; everything linear is estimated from totals. Calibrated
weights take their standard errors from rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.arrays import AnyArray, Floats
from analysis.design import calibration, weights
from analysis.design.calibration import Calibrated, Margin, Report
from analysis.design.sample_design import SampleDesign, sample_design
from analysis.design.weight_diagnostics import Diagnostics, calibration_diagnostics
from analysis.errors import DesignError, WeightingError
from analysis.estimation.domain_estimates import DomainEstimates
from analysis.estimation.row_scores import RowMeasures, domain_of_rows
from analysis.files import replicate_request, result_document, result_sections
from analysis.files.data_file import DataFile
from analysis.files.prepared import ALL, FACTORS, Prepared
from analysis.files.request import CalibrationRequest, Request, TargetRequest
from analysis.inference import profile
from analysis.inference.estimate_tables import EstimateTable, table_of
from analysis.inference.intervals import Interval
from analysis.inference.verdicts import Figures
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import SHARES_OF_PEOPLE, Measure, MeasurePlan, Node, RatedItem
from analysis.totals.streaming import Shape, Totals

ReadMargins = Callable[[str], DataFile]


def wanted_columns(request: Request) -> list[str]:
    """The columns of the data file that a request needs by name; those that fit a pattern come from the file."""
    design = request.design
    names = [design.weight, design.strata, design.psu, design.population_psus, design.population_units]
    names += () if design.replicates is None else design.replicates.columns
    variables = request.calibration.variables if request.calibration else ()
    parts = [part for variable in variables for part in variable.split(":")]
    every = [*names, *request.items, request.overall, *request.domain_variables, *parts]
    return [name for name in dict.fromkeys(every) if name is not None]


def _plan_of(request: Request) -> MeasurePlan:
    """The measures of the command line: items, factors, one index over all items called ALL."""
    items = [*request.items, *([request.overall] if request.overall and request.overall not in request.items else [])]
    rules = ("pooled_rate", "mean_of_item_rates", "mean_score", "mean_pooled")
    nodes = [
        Node(code, "factor", tuple(members), "mean_of_item_rates", rules) for code, members in request.factors.items()
    ]
    if request.items:
        index = Node(ALL, "index", request.items, "mean_of_item_rates", ("pooled_rate",))
        nodes.append(index)
    if request.factors:
        nodes.append(Node(FACTORS, "index", tuple(request.factors), "mean_of_children"))
    persons = (*request.factors, *((ALL,) if request.items else ()))
    return MeasurePlan(
        tuple(RatedItem(code, request.satisfied, request.substantive) for code in items),
        nodes=tuple(nodes),
        overall=request.overall,
        persons_of=persons,
    )


def prepare(request: Request, data: DataFile, read_margins: ReadMargins) -> Prepared:
    """Columns, design, weights and totals for a request."""
    plan = _plan_of(request)
    codes = np.asfortranarray(np.column_stack([data.codes(name) for name in plan.columns]))
    design = _design(request, data)
    report, diagnostics = None, None
    if request.calibration is not None:
        design, report, diagnostics = _calibrated(request.calibration, design, data, read_margins)
    domains = {name: data.domain(name) for name in request.domain_variables}
    crossings = [*request.domains, *(t.domain for t in request.targets), *(r.domain for r in request.ranking)]
    clustered = request.design.psu is not None
    shape = Shape(clustered=clustered, second_stage=design.unit is not None)
    totals = Totals(plan, shape, tuple(tuple(c) for c in crossings) or ((),))
    stratum = design.stratum
    chunk = Chunk(
        codes,
        {
            "stratum": stratum,
            **({"psu": design.psu} if clustered else {}),
            **{name: column for name, (column, _) in domains.items()},
        },
        design.weights,
        None,
        design.population_psus[stratum],
        None if design.population_units is None else design.population_units[design.psu],
    )
    replicates = None
    if request.design.replicates is not None:
        replicates = replicate_request.weights_of(request.design.replicates, data, design.weights)
    whole = totals.add(chunk).settle()
    return Prepared(request, data, plan, codes, design, domains, whole, report, diagnostics, replicates)


def result(prepared: Prepared) -> dict[str, Any]:
    """The whole RESULT.json; `estimates` is an iterator, for there may be a million of them."""
    request = prepared.request
    tables = [_table(prepared, by) for by in request.domains]
    verdicts = [entry for target in request.targets for entry in _verdicts(prepared, target)]
    return {
        "meta": _meta(prepared),
        "estimates": _with_left_out(request, itertools.chain.from_iterable(map(result_document.entries_of, tables))),
        "verdicts": verdicts,
        "ranking": result_sections.ranking_entries(prepared),
        "reliability": result_sections.reliability_entries(prepared),
        "drivers": result_sections.drivers_entries(prepared),
    }


def _with_left_out(request: Request, entries: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The entries, those of the mean of the factors with the items of the request that are in no factor."""
    inside = {item for members in request.factors.values() for item in members}
    left_out = [item for item in request.items if item not in inside]
    for entry in entries:
        if entry["measure"] == "index_mean_of_factors":
            entry["left_out"] = left_out
        yield entry


def _chosen_measures(prepared: Prepared) -> tuple[Measure, ...]:
    """The measures that a request asks for, under the names of RESULT.json."""
    names = prepared.request.measures
    found = []
    for measure in prepared.plan.measures:
        if measure.variable == FACTORS:
            if measure.name != "index_mean_of_factors":
                continue
        elif measure.name in ("overall_mean", "factor_mean_of_item_rates") or (
            measure.name == "all_answers_satisfied" and measure.variable != ALL
        ):
            continue
        if not names or measure.name in names:
            found.append(measure)
    return tuple(found)


def _table(prepared: Prepared, by: Sequence[str]) -> EstimateTable:
    request = prepared.request
    found = prepared.estimates(by, _chosen_measures(prepared))
    wanted = [name for name in request.intervals if name != "likelihood"]
    table = table_of(found, intervals_wanted=wanted, level=request.level, labels=prepared.labels)
    table = replace(table, variable=np.where(table.variable == FACTORS, ALL, table.variable))
    if "likelihood" not in request.intervals:
        return table
    made = _likelihood(prepared, found)
    return replace(table, interval={**table.interval, "likelihood": made}, flags=_flagged(table, made))


def _flagged(table: EstimateTable, likelihood: Interval) -> AnyArray:
    """The flags, with `no_degrees_of_freedom` where R's steps end before t(1) = 12.7: one is too few for this interval.

    R's svyciprop gives no number there either.
    """
    shares = np.isin(table.measure.astype(str), list(SHARES_OF_PEOPLE))
    short = shares & (table.df == 1) & (table.se > 0) & np.isnan(likelihood.lower)
    flags = table.flags.copy()
    for place in np.flatnonzero(short):
        if not flags[place]:
            flags[place] = ("no_degrees_of_freedom",)
    return flags


def _likelihood(prepared: Prepared, found: DomainEstimates) -> Interval:
    """Likelihood intervals of shares of people, begun from the rows behind each; NaN for other measures."""
    rows = RowMeasures(prepared.plan, prepared.codes)
    columns = [prepared.domains[name][0] for name in found.by]
    shape = (found.size, len(found.measures))
    lower, upper = np.full(shape, np.nan), np.full(shape, np.nan)
    domain = domain_of_rows(found.keys, columns, prepared.data.rows)
    weight = prepared.design.weights
    for k, measure in enumerate(found.measures):
        if measure.name not in SHARES_OF_PEOPLE:
            continue
        y, x = rows.ratio(measure)
        keep = (x > 0) & (domain < found.size)
        start = profile.first_steps(weight[keep], y[keep], domain[keep], found.size)
        figures = [getattr(found, name)[:, k] for name in ("estimate", "se", "df", "n", "rows")]
        made = profile.likelihood(*figures, start=start, level=prepared.request.level)
        lower[:, k], upper[:, k] = made.lower, made.upper
    return Interval(lower.reshape(-1), upper.reshape(-1))


def _verdicts(prepared: Prepared, target: TargetRequest) -> list[dict[str, Any]]:
    """The verdicts of one target: a family for each variable of its measure."""
    entries = []
    for measure in prepared.measures_named(target.measure):
        found = prepared.estimates(target.domain, (measure,))
        figures = Figures(*(getattr(found, name)[:, 0] for name in ("estimate", "se", "df", "n", "rows")))
        judgement, needed = result_document.judged(
            figures,
            prepared.evidence(found, measure),
            np.full(found.size, target.threshold),
            gates=prepared.request.gates,
            adjust=target.adjust,
            population=found.sum_w[:, 0],
        )
        entries += result_document.verdict_entries(
            by=target.domain,
            measure=Measure(measure.name, prepared.shown(measure)),
            keys=found.keys,
            judgement=judgement,
            needed=needed,
            labels=prepared.labels,
            adjust=target.adjust,
        )
    return entries


def _meta(prepared: Prepared) -> dict[str, Any]:
    design, report = prepared.design, prepared.report
    made: dict[str, Any] = {
        "software": result_document.SOFTWARE,
        "rows": design.rows,
        "rows_positive_weight": int((design.weights > 0).sum()),
        "strata": design.strata,
        "psus": design.psus,
        "df": design.degrees_of_freedom(),
        "sum_w": float(design.weights.sum()),
        "level": prepared.request.level,
        "variance": prepared.request.design.variance,
        "lonely_psu": prepared.request.design.lonely_psu,
        "calibration": None,
        "replicates": None,
    }
    asked = prepared.request.design.replicates
    if prepared.replicates is not None and asked is not None:
        columns = replicate_request.names_of(asked, prepared.data)
        made |= {"strata": None, "psus": None, "lonely_psu": None, "variance": "replicates"}
        made["df"] = prepared.replicates.degrees_of_freedom()
        made["replicates"] = replicate_request.described(prepared.replicates, columns)
    if report is not None:
        made["calibration"] = {
            "method": prepared.request.calibration.method if prepared.request.calibration else None,
            "converged": report.converged,
            "iterations": report.iterations,
            "max_relative_error": report.max_relative_error,
        }
        if report.trimmed is not None:
            made["calibration"] |= {
                "trimmed": report.trimmed,
                "max_relative_error_after_trim": report.error_after_trim,
            }
        if prepared.diagnostics is not None:
            made["calibration"] |= result_sections.diagnostics_entry(prepared.diagnostics)
    return made


def _design(request: Request, data: DataFile) -> SampleDesign:
    asked = request.design
    weight = data.numbers(asked.weight)
    finite = asked.variance == "finite_population"
    names = {"strata": asked.strata, "psu": asked.psu}
    labelled = {key: data.labels(name) for key, name in names.items() if name is not None}
    columns = {key: np.array(labels, object)[codes] for key, (codes, labels) in labelled.items()}
    for key in columns:
        columns[key] = columns[key].astype(np.str_)
    sizes = {}
    if finite:
        for key, name in (("population_psus", asked.population_psus), ("population_units", asked.population_units)):
            if name is not None:
                sizes[key] = data.numbers(name)
        if "psu" not in columns:
            sizes.pop("population_units", None)
    try:
        return sample_design(weight, **columns, **sizes, nest=asked.nest_psu, lonely=asked.lonely_psu)
    except DesignError as error:
        raise DesignError(f"{data.name}: {error}") from None


def _calibrated(
    asked: CalibrationRequest, design: SampleDesign, data: DataFile, read_margins: ReadMargins
) -> tuple[SampleDesign, Report, Diagnostics]:
    """The design with weights calibrated to the margins, then trimmed where that is asked; and what that did."""
    table = read_margins(asked.margins)
    counts = _counts(table)
    names = asked.variables
    if asked.method == "poststratify":
        names = (":".join(asked.variables),)
    margins = [_margin(name, counts, table.name, data, design.weights) for name in names]
    for name in counts:
        if name not in names:
            raise WeightingError(
                f"{table.name} has margin '{name}', which 'calibration' does not use: by {asked.method} it takes "
                f"{', '.join(names)}; name it in 'calibration.variables' or leave its rows out."
            )
    made = _fitted(asked, design, margins)
    final, report = made.design, made.report
    if asked.trim is not None:
        cut = _trimmed(made.weights, asked.trim)
        above = int((made.weights > asked.trim).sum())
        report = replace(report, trimmed=above, error_after_trim=calibration.misfit(cut, margins))
        final = final.reweighted(cut)

    def refit(some: Sequence[Margin]) -> Floats:
        return _trimmed(_fitted(asked, design, some).weights, asked.trim)

    return final, report, calibration_diagnostics(design.weights, final.weights, margins, refit)


def _fitted(asked: CalibrationRequest, design: SampleDesign, margins: Sequence[Margin]) -> Calibrated:
    """Weights calibrated to some margins by the method asked for."""
    if asked.method == "poststratify":
        return calibration.post_stratify(design, margins[0])
    if asked.method != "rake":
        return calibration.calibrate(design, margins, method=asked.method, bounds=asked.bounds)
    made = calibration.rake(design, margins)
    if not made.report.converged:
        raise WeightingError(
            f"Raking did not meet its margins: after {made.report.iterations} rounds one is off by "
            f"{made.report.max_relative_error:.2%}; merge levels or leave out a margin."
        )
    return made


def _trimmed(weight: Floats, upper: float | None) -> Floats:
    """The positive weights cut at `upper`; as they are without it."""
    if upper is None:
        return weight
    positive = weight > 0
    cut = np.zeros(len(weight))
    cut[positive] = weights.trimmed(weight[positive], upper=upper)
    return cut


def _counts(table: DataFile) -> dict[str, dict[str, float]]:
    """Known counts by margin and level."""
    margins, names = table.labels("margin")
    levels, texts = table.labels("level")
    sizes = table.numbers("count")
    counts: dict[str, dict[str, float]] = {}
    for row in range(table.rows):
        if sizes[row] < 0:
            raise WeightingError(
                f"{table.name}, row {row + 1}, column 'count': a number of at least 0 is expected, "
                f"it is {sizes[row]:g}."
            )
        own = counts.setdefault(names[margins[row]], {})
        if texts[levels[row]] in own:
            raise WeightingError(
                f"{table.name}, row {row + 1}: margin '{names[margins[row]]}' has level '{texts[levels[row]]}' twice."
            )
        own[texts[levels[row]]] = float(sizes[row])
    return counts


def _margin(name: str, counts: dict[str, dict[str, float]], file: str, data: DataFile, weight: Floats) -> Margin:
    if name not in counts:
        raise WeightingError(f"{file} has no margin '{name}'; it has {', '.join(counts)}.")
    if not sum(counts[name].values()) > 0:
        raise WeightingError(f"{file}: the counts of margin '{name}' are all 0; known totals of people are expected.")
    columns = []
    for part in name.split(":"):
        codes, labels = data.labels(part)
        columns.append(np.array(labels, np.str_)[codes])
    values = columns[0]
    for more in columns[1:]:
        values = np.char.add(np.char.add(values, ":"), more)
    try:
        return calibration.margin(name, values, counts[name], weight)
    except WeightingError as error:
        raise WeightingError(f"{data.name} with {file}: {error}") from None
