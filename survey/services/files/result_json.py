"""Results as plain data in the shape of RESULT.json (`python -m analysis`), and as lines for a terminal.

Domains are named by the codes of units and fields. What is hidden on screen is hidden here: null with the flag
`suppressed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.inference.estimate_tables import EstimateTable
from analysis.totals.measure_plan import Measure
from survey import __version__
from survey.queries.estimates.wave_basis import NO_FIELD
from survey.services.estimates.asked_questions import EnteredRow
from survey.services.estimates.channel_verdicts import Key, Verdict
from survey.services.estimates.disclosure import published_tables
from survey.services.estimates.group_means import GroupMean
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.question_sentences import left_out_codes
from survey.words.figures import grouped, p_value, percent, score, target_percent
from survey.words.results import ROLLUPS

_HIDDEN = ("estimate", "se", "df", "deff_wor", "deff_wr", "effective_n", "sum_w")
_OF_THE_WHOLE = ("sum_w", "deff_wor")  # below the whole they would tell the answers behind a rate


def result(view: ResultsView) -> dict[str, Any]:
    """The whole of one channel: meta, estimates by the whole, unit, field and target group, and verdicts."""
    results = view.results
    return {
        "meta": {
            "software": f"hailong {__version__}",
            "wave": view.wave.code,
            "title": view.wave.title,
            "instrument": f"{view.wave.instrument}@{view.wave.version}",
            "channel": view.channel,
            "selection": view.selection.value,
            "status": "final" if view.final else "provisional",
            "synthetic": view.wave.is_synthetic,
            "rows": view.responses,
            "clusters": view.clusters,
            "data_hash": results.data_hash,
            "made_at": results.made_at.isoformat(),
            "plan": view.plan.code if view.plan else None,
            "plan_binding": view.plan.binding.value if view.plan else None,
            "weights": [dict(stage) for stage in view.weight_stages],
            "minimum_cell": view.minimum_cell,
            "disclosure": dict(results.pattern.report) or None,
            "version": results.version if view.final else None,
            "versions": [{"version": v.number, "made_at": v.made_at.isoformat()} for v in view.versions],
            "verdict_rule": _rule_of(view),
        },
        "estimates": [e for name, table in results.tables.items() for e in _estimates(view, name, table)],
        "verdicts": [v for name, found in results.verdicts.items() for v in _verdicts(view, name, found)],
        "ranking": [],
        "reliability": [],
        "drivers": [],
        **({"entered": [_entered(row) for row in view.entered]} if view.entered else {}),
        **({"comments": [{"variable": one.item, "n": one.n} for one in view.comments]} if view.comments else {}),
        **({"group_means": [_group_mean(view, mean) for mean in view.group_means]} if view.group_means else {}),
    }


def table(view: ResultsView, crossing: str) -> list[dict[str, Any]]:
    """The estimates of one table. Conflict for one that is not on the list of the wave."""
    published_tables.check(view.wave, crossing)
    found = view.results.tables.get(crossing)
    return [] if found is None else _estimates(view, crossing, found)


def lines(view: ResultsView) -> list[str]:
    """The headline and the verdicts, a line each."""
    found = [f"{view.wave.code} {view.wave.title} · {view.channel} ({view.selection.value})"]
    if view.versions:
        found[0] += f" · results version {view.results.version} of {len(view.versions)}"
    if view.results.former_rule and view.results.verdicts:
        found.append("Verdicts by the former rule: each view adjusted on its own (Benjamini-Hochberg).")
    if view.wave.is_synthetic:
        found.append("THỬ NGHIỆM: made-up data")
    if view.overall is None or view.overall.shown.value is None:
        return [*found, "No figure can be shown yet."]
    rounding = view.rounding()
    rows = [("all", view.overall), *((r.label, r) for r in view.by_field), *((r.label, r) for r in view.by_unit)]
    for label, row in rows:
        shown = row.shown
        rounding = view.rounding() if row is view.overall else view.row_rounding
        if shown.hidden:
            found.append(f"  {label:60.60}  hidden ({shown.hidden})")
            continue
        verdict = row.verdict
        rate = percent(shown.value, "en", target=verdict.target if verdict else None, rounding=rounding)
        interval = f"{percent(shown.low, 'en', rounding=rounding)} to {percent(shown.high, 'en', rounding=rounding)}"
        found.append(
            f"  {label:60.60}  {rate:>8}  [{interval}]  n = {grouped(shown.n, 'en')}"
            + (f"  target {target_percent(row.target, 'en')}" if row.target is not None else "")
            + (f"  {verdict.verdict}{_proof(verdict)}" if verdict else "")
        )
    written = score if view.headline is not None and view.headline.kind == "score" else percent
    if out := left_out_codes(view):
        found.append(f"  rated questions that the headline leaves out: {', '.join(out)}")
    for mean in view.group_means:
        value = written(mean.value, "en", rounding=rounding)
        found.append(
            f"  {ROLLUPS[mean.rule]:60.60}  {value:>8}  no interval, never judged  n = {grouped(mean.forms, 'en')}"
            f"  {mean.units} units shown, {mean.units_hidden} hidden"
        )
    return found


def _proof(verdict: Verdict) -> str:
    """What a verdict stands on, in brackets: its p-value, its bound, how many are judged together."""
    if verdict.p is None:
        return f" ({', '.join(verdict.reasons)})" if verdict.reasons else ""
    bound = f", bound {percent(verdict.bound, 'en', target=verdict.target)}" if verdict.bound is not None else ""
    return f" (p {p_value(verdict.p, 'en')}{bound}{f', 1 of {verdict.members}' if verdict.members else ''})"


def _estimates(view: ResultsView, crossing: str, table: EstimateTable) -> list[dict[str, Any]]:
    found = []
    plan, head = view.wave.survey_plan, view.headline
    out = {
        m: [item.code for item in plan.left_out(m)]
        for m in plan.measures.measures
        if m.variable in {node.code for node in plan.measures.nodes if node.level == "index"}
    }
    weighed = {f.measure: dict(f.weights) for f in view.wave.survey_plan.figures if f.weights}
    for key, estimate in zip(table.domain_keys(), table, strict=True):
        assert view.hiding is not None  # there are tables
        of_headline = head is not None and (estimate.measure, estimate.variable) == (
            head.measure.name, head.measure.variable,
        ) and not crossing.startswith("fact:")  # fmt: skip
        goal = view.wave.goal_of(table.by[-1:], key[-1:]) if of_headline else None
        shown = view.hiding.shown(estimate, crossing, key, target=goal.rate if goal else None)
        row: dict[str, Any] = {
            "measure": estimate.measure,
            "variable": estimate.variable,
            "option": estimate.option,
            "domain": _domain(view, table.by, key),
            "n": estimate.n,
            "sum_w": estimate.sum_w,
            "estimate": estimate.estimate,
            "se": estimate.se,
            "df": estimate.df,
            "deff_wor": estimate.deff_wor,
            "deff_wr": estimate.deff_wr,
            "effective_n": estimate.effective_n,
            "interval": {name: list(pair) if pair else None for name, pair in estimate.interval.items()},
            "flags": list(estimate.flags),
        }
        measure = Measure(estimate.measure, estimate.variable, estimate.option)
        if parts := weighed.get(measure):
            row["part_weights"] = parts
        if left_out := out.get(measure):
            row["left_out"] = left_out
        if goal is not None:
            row |= {"target": goal.code, "threshold": goal.rate}
        if shown.hidden in ("small", "complement"):
            row |= dict.fromkeys(_HIDDEN) | {"n": None, "interval": {}, "flags": ["suppressed"]}
        elif not view.hiding.is_precise(crossing) and not shown.hidden:
            row |= {
                "estimate": shown.value, "se": shown.se, "deff_wr": shown.deff_wr, "effective_n": shown.effective_n,
                "interval": {
                    name: [view.hiding.rounded(limit, estimate, target=goal.rate if goal else None) for limit in pair]
                    if pair else None
                    for name, pair in estimate.interval.items()
                },
                **dict.fromkeys(_OF_THE_WHOLE),
            }  # fmt: skip
        found.append(row)
    return found


def _entered(row: EnteredRow) -> dict[str, Any]:
    """The quantiles of a number or a date as far as they are shown; dates as YYYY-MM-DD. Means stand in `estimates`."""

    def plain(value: float | None) -> float | str | None:
        return value if value is None or row.kind == "number" else str(np.datetime64(int(value), "D"))

    return {
        "variable": row.item,
        "kind": row.kind,
        "unit": row.unit or None,
        "n": row.n,
        "quantiles": [
            {
                "share": q.share,
                "estimate": plain(q.value),
                "interval": None if q.low is None or q.high is None else [plain(q.low), plain(q.high)],
            }
            for q in row.quantiles
        ],
        "periods": [
            {
                "period": one.period,
                "n": one.n,
                "estimate": one.share,
                "interval": None if one.low is None else [one.low, one.high],
                "flags": ["suppressed"] if one.hidden else [],
            }
            for one in row.periods
        ],
        "flags": {"": [], "small": ["suppressed"], "empty": ["no_answers"]}.get(row.why, ["not_made"]),
    }


def _group_mean(view: ResultsView, mean: GroupMean) -> dict[str, Any]:
    """The headline as a mean of the units that are shown: no interval, no verdict."""
    head = view.headline
    return {
        "rule": mean.rule,
        "measure": head.measure.name if head else None,
        "domain": {},
        "n": mean.forms,
        "estimate": mean.value,
        "units": mean.units,
        "units_hidden": mean.units_hidden,
        "include_unattributed": mean.include_unattributed,
    }


def _verdicts(view: ResultsView, crossing: str, verdicts: Mapping[Key, Verdict]) -> list[dict[str, Any]]:
    head = view.headline
    return [
        {
            "measure": head.measure.name if head else None,
            "domain": _domain(view, tuple(filter(None, crossing.split(","))), key),
            "target": found.goal,
            "threshold": found.target,
            "verdict": found.verdict,
            "reasons": list(found.reasons),
            "rule": found.rule,
            "family": {"name": found.family, "size": found.members} if found.family else None,
            "adjusted": found.adjusted,
            "level": found.level,
            "p_reached_adjusted": found.p_reached,
            "p_missed_adjusted": found.p_missed,
            "lower_bound_adjusted": found.lower,
            "upper_bound_adjusted": found.upper,
            "own_lower_bound_unadjusted": found.own_lower,
            "own_upper_bound_unadjusted": found.own_upper,
            "responses_needed": found.needed,
            "responses_needed_why": found.needed_why or None,
        }
        for key in verdicts
        if view.hiding is not None and (found := view.hiding.verdict(crossing, key)) is not None
    ]


def _rule_of(view: ResultsView) -> str | None:
    """`holm` for families fixed when the wave was opened; `former` for each view on its own (Benjamini-Hochberg)."""
    if not any(view.results.verdicts.values()):
        return None
    return "former" if view.results.former_rule else "holm"


def _domain(view: ResultsView, by: tuple[str, ...], key: tuple[int, ...]) -> dict[str, str]:
    groups = [",".join(g.groups) for g in view.wave.goals if g.groups]
    words = {}
    for name, code in zip(by, key, strict=True):
        if name == "unit":
            words[name] = view.unit_codes.get(code, str(code))
        elif name == "field":
            words[name] = "unknown" if code == NO_FIELD else view.field_codes.get(code, str(code))
        elif name != "group":
            words[name] = str(code)  # of a fact, as the codebook has it
        else:
            words[name] = groups[code - 1] if 0 < code <= len(groups) else "other"
    return words
