"""What the rows of a file yield for the whole: the headline figure from the very values written, beside the published.

The figure is that of R's svydesign with the columns stratum, cluster and weight (svyratio, or svyciprop by the logit):
who opens the file gets it to the last digit. Where it differs from the published one the reasons are named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.design.sample_design import sample_design
from analysis.estimation.domain_estimates import estimate
from analysis.estimation.evidence import evidence_of_rows
from analysis.estimation.row_scores import RowMeasures, figure_rows
from analysis.inference import verdicts
from analysis.inference.estimate_tables import is_rate, table_of
from analysis.inference.verdicts import Figures
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import Measure, MeasurePlan
from analysis.totals.streaming import Shape, Totals
from survey.errors import N_
from survey.models.fieldwork.waves import Selection
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.answer_rows import RecodedRows
from survey.services.files.result_sentences import Words
from survey.words.figures import short
from survey.words.results import VERDICTS

PLACES = 12  # of figures that are compared with those of other programs


@dataclass(frozen=True)
class WholeFigure:
    """The headline figure of the whole with its 95 % interval; without one where the design gives no variance."""

    n: int
    estimate: float
    se: float | None
    low: float | None
    high: float | None
    df: float | None
    verdict: str | None


def from_rows(view: ResultsView, rows: RecodedRows) -> WholeFigure | None:
    """What the values of the file give; None for a questionnaire without a headline, or where nobody answered it."""
    head = view.wave.survey_plan.headline
    if head is None:
        return None
    plan, design = _rated(view), rows.design
    if head.measure not in plan.measures:
        return None
    codes = np.asfortranarray(np.column_stack([rows.values(name) for name in plan.columns]))
    keys = {"stratum": design.stratum, "psu": design.cluster}
    totals = Totals(plan, Shape(clustered=True), ((),)).add(Chunk(codes, keys, design.weight)).settle()
    kind = "logit" if is_rate(head.measure.name) else "mean"
    table = table_of(estimate(totals, (), measures=(head.measure,)), intervals_wanted=(kind,))
    own = next(iter(table.of(head.measure)), None)
    if own is None or not own.n or own.estimate is None:
        return None
    low, high = own.interval.get(kind) or (None, None)
    figures = Figures(table.estimate, table.se, table.df, table.n, table.rows)
    verdict = _verdict(view, rows, head.measure, codes, figures)
    return WholeFigure(own.n, own.estimate, own.se, low, high, own.df, verdict)


def _rated(view: ResultsView) -> MeasurePlan:
    """The measures of rated questions alone, which are all that a headline is made of."""
    return replace(view.wave.survey_plan.measures, choices=(), shares=(), numbers=(), headline=None)


def _verdict(view: ResultsView, rows: RecodedRows, measure: Measure, codes: np.ndarray, figures: Figures) -> str | None:
    """The verdict on the whole as the rows alone give it; None for a running wave and where nothing is judged."""
    goal = view.wave.overall_goal
    if not view.final or goal is None or not view.is_judged:
        return None
    design, domain = rows.design, np.zeros(len(rows), np.int64)
    sample = sample_design(design.weight, strata=design.stratum, psu=design.cluster)
    own = figure_rows(RowMeasures(_rated(view), codes), measure, design.weight, domain, 1)
    evidence = evidence_of_rows(
        own.score, own.share, domain, 1, stratum=sample.stratum, psu=sample.psu if rows.together else None,
        variance=figures.se**2, answers=own.answers, pooled=own.pooled,
    )  # fmt: skip
    opt_in = rows.selection is Selection.OPT_IN
    published = view.overall.verdict if view.overall is not None else None
    judged = verdicts.judge(
        figures, evidence, np.array([goal.rate]), gates=view.wave.gates, opt_in=opt_in,
        alpha=published.level if published is not None else verdicts.ALPHA,
    )  # fmt: skip
    found = judged.verdict[0]
    return None if found is None else str(found)


def lines(view: ResultsView, rows: RecodedRows, w: Words) -> list[tuple[str, str]]:
    """What a read-me says of the rows: how they were recoded, their design, what they yield and what is published."""
    hidden = rows.hidden_rows
    recoded = N_(
        "%(rows)s rows, one per answer, none left out. Every combination of unit, month, field and facts has at least "
        "%(minimum)s rows; hidden: the unit in %(unit)s rows, the field in %(field)s, the month in %(month)s; "
        "%(blanked)s rows are without an answer whose figure is hidden."
    )
    found = [
        (w(N_("Rows of answers")), w(recoded, rows=len(rows), minimum=rows.minimum, blanked=rows.blanked, **hidden)),
        (w(N_("Design of the rows")), _design(rows, w)),
    ]
    own, published = from_rows(view, rows), view.overall
    if own is None:
        return found
    found.append((w(N_("Headline figure from these rows")), _said(own, w)))
    if published is not None and not published.shown.hidden:
        shown = published.shown
        verdict = published.verdict.verdict if published.verdict else None
        beside = WholeFigure(shown.n or 0, shown.value or 0.0, shown.se, shown.low, shown.high, shown.df, verdict)
        found.append((w(N_("Headline figure as published")), _said(beside, w)))
        found.append((w(N_("Why they differ")), _why(own, beside, rows, w)))
    return found


def _design(rows: RecodedRows, w: Words) -> str:
    """How the columns of the design are to be used."""
    if not rows.together:
        return w(
            N_("Columns weight, stratum and cluster: strata are what is shown of unit and field; each row is its own "
               "cluster. In R: svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight).")
        )  # fmt: skip
    return w(
        N_("Columns weight, stratum and cluster: strata are the units that are shown, clusters the answers of a "
           "collection point and day. %(merged)s of these were joined with others of their unit, until each has "
           "%(minimum)s answers and tells nothing that its rows hide; units with one cluster share a stratum; rows "
           "without a unit are in clusters by chance. In R: svydesign(ids = ~cluster, strata = ~stratum, "
           "weights = ~weight)."),
        merged=rows.design.merged, minimum=rows.least,
    )  # fmt: skip


def _said(figure: WholeFigure, w: Words) -> str:
    """A figure with everything that another program can be compared by."""

    def full(value: float | None) -> str:
        return "–" if value is None else short(value, PLACES, w.language)

    said = w(
        N_("%(estimate)s (standard error %(se)s; 95 %% interval %(low)s to %(high)s; df %(df)s; n = %(n)s)"),
        estimate=full(figure.estimate), se=full(figure.se), low=full(figure.low), high=full(figure.high),
        df=full(figure.df), n=figure.n,
    )  # fmt: skip
    return f"{said}; {w(VERDICTS[figure.verdict])}" if figure.verdict else said


def _why(own: WholeFigure, published: WholeFigure, rows: RecodedRows, w: Words) -> str:
    """Why the figure from the rows is not the published one; that it is, where it is."""
    same = all(
        (a is None) == (b is None) and (a is None or b is None or abs(a - b) <= 1e-9 * max(abs(a), 1.0))
        for a, b in ((own.estimate, published.estimate), (own.low, published.low), (own.high, published.high))
    )
    if same:
        return w(N_("They are the same."))
    hidden = rows.hidden_rows
    reasons = []
    if rows.blanked:
        reasons.append(w(N_("%(count)s rows are without an answer whose figure is hidden"), count=rows.blanked))
    if hidden["unit"] or hidden["field"] or not (rows.blanked or rows.together):
        reasons.append(w(N_("rows that hide their unit or field share a mean weight, and a stratum")))
    if rows.together:
        reasons.append(w(N_("%(count)s clusters were joined"), count=rows.design.merged))
    if rows.selection is Selection.OPT_IN:
        reasons.append(
            w(N_("the published interval takes into account that weights are adjusted to the transactions of unit and "
                 "field, the plain design of the rows does not"))
        )  # fmt: skip
    return "; ".join(reasons) + "."


def request(view: ResultsView, rows: RecodedRows) -> dict[str, Any]:
    """REQUEST.json of `python -m analysis estimate` for the file of rows, which gives the headline figure again.

    A headline that the command does not know (a mean of halves) is left to its items.
    """
    head, plan = view.wave.survey_plan.headline, view.wave.survey_plan
    measure = head.measure if head is not None else None
    codes = plan.rated_in(measure) if measure is not None else tuple(item.code for item in plan.measures.items)
    rated = [item for item in plan.measures.items if item.code in codes]
    names = [rows.names[item.code] for item in rated]
    made: dict[str, Any] = {"design": {"weight": "weight", "strata": "stratum"}}
    if rows.together:
        made["design"]["psu"] = "cluster"
    made |= {
        "satisfied": list(rated[0].satisfied) if rated else [4, 5],
        "substantive": list(rated[0].substantive) if rated else [1, 2, 3, 4, 5],
        "domains": [[], ["unit"], ["field"]],
        "intervals": ["logit", "mean"],
    }
    asked = None if measure is None else _asked(view, rows, measure)
    if asked is None:
        return {**made, "items": names, "measures": ["item_rate"]}
    made |= asked
    goal = view.wave.overall_goal
    if view.final and goal is not None and view.is_judged and rows.selection is not Selection.OPT_IN:
        made["gates"] = {"n": view.wave.gates.n}
        made["targets"] = [{"domain": [], "threshold": goal.rate, "measure": asked["measures"][0]}]
    return made


def _asked(view: ResultsView, rows: RecodedRows, measure: Measure) -> dict[str, Any] | None:
    """How a request asks for a measure; None where it cannot."""
    plan = view.wave.survey_plan
    own = plan.rated_in(measure)
    items = [item for item in plan.measures.items if item.code in own]
    if len({(item.satisfied, item.substantive) for item in items}) != 1:
        return None
    names = [rows.names[code] for code in own]
    if measure.name == "overall_rate":
        return {"overall": names[0], "measures": ["overall_rate"]}
    if measure.name in ("item_rate", "item_mean", "all_answers_satisfied", "share_mean_ge_4"):
        return {"items": names, "measures": [measure.name]}
    if measure.name.endswith("_pooled_rate"):
        return {"items": names, "measures": ["index_pooled_rate"]}
    node = plan.measures.node(measure.variable)
    if node.weights:
        return None
    if measure.name.endswith("_mean_of_item_rates"):
        return {"items": names, "measures": ["index_mean_of_item_rates"]}
    if measure.name == "index_mean_of_factors":
        below = [plan.measures.node(code) for code in node.members]
        if any(part.rule != "mean_of_item_rates" or part.weights for part in below):
            return None
        factors = {part.code: [rows.names[code] for code in part.members] for part in below}
        return {"items": names, "factors": factors, "measures": ["index_mean_of_factors"]}
    return None
