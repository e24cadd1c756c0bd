"""RESULT.json as a page a person can read: Markdown with every rate beside its interval, n and verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.errors import AnalysisError
from analysis.estimation.published_indices import percent, shown
from analysis.inference.estimate_tables import is_rate

PARTS = ("meta", "estimates", "verdicts", "ranking", "reliability", "drivers")


def readable(text: str, name: str) -> str:
    """The report of a result in JSON; `name` is what the file is called in errors."""
    try:
        result = json.loads(text)
    except json.JSONDecodeError as error:
        raise AnalysisError(f"{name}, line {error.lineno}: a RESULT.json is expected; {error.msg}.") from None
    except ValueError:
        raise AnalysisError(f"{name} has a number of thousands of digits; a RESULT.json is expected.") from None
    except RecursionError:
        raise AnalysisError(f"{name} is nested too deeply; a RESULT.json is expected.") from None
    if not isinstance(result, dict) or not set(PARTS) <= set(result):
        raise AnalysisError(f"{name} is not a result of `python -m analysis estimate`: it needs {', '.join(PARTS)}.")
    try:
        return _page(result)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise AnalysisError(
            f"{name} is not a whole result of `python -m analysis estimate`: {type(error).__name__} {error}."
        ) from None


def _page(result: Mapping[str, Any]) -> str:
    meta = result["meta"]
    counts = f"{meta['rows']} rows, {meta['rows_positive_weight']} of positive weight; {_sample(meta)}"
    design = f"df {meta['df']}; intervals at {100 * meta['level']:g} %. {meta['software']}."
    lines = ["# Survey results", "", f"{counts}, {design}", "", _variance(meta)]
    lines += _table(
        "Estimates",
        ("measure", "variable", "domain", "n", "estimate", "interval", "flags"),
        [
            (
                e["measure"],
                e["variable"],
                _domain(e),
                e["n"],
                _value(e["measure"], e["estimate"]),
                _interval(e),
                ", ".join([*e["flags"], *([f"leaves out {', '.join(out)}"] if (out := e.get("left_out")) else [])]),
            )
            for e in result["estimates"]
        ],
    )
    lines += _table(
        "Verdicts",
        ("measure", "variable", "domain", "target", "n", "estimate", "bounds (one-sided)", "verdict"),
        [
            (
                v["measure"],
                v["variable"],
                _domain(v),
                _rate(v["threshold"]),
                v["n"],
                _rate(v["estimate"]),
                _bounds(v),
                " ".join([v["verdict"], *(f"({reason})" for reason in v["reasons"])]),
            )
            for v in result["verdicts"]
        ],
    )
    lines += _table(
        "Ranking",
        (
            "measure",
            "variable",
            "domain",
            "estimate",
            "rank",
            "rank set, whole table",
            "rank set, alone",
            "group",
            "flags",
        ),
        [
            (
                r["measure"],
                r["variable"],
                _domain(r),
                _value(r["measure"], r["estimate"]),
                None if "order_is_noise" in r["flags"] else r["rank"],
                _span(r["simultaneous"]),
                _span(r["marginal"]),
                r["group"],
                ", ".join(r["flags"]),
            )
            for r in result["ranking"]
        ],
    )
    lines += _table(
        "Calibration",
        ("margin", "effective n without it", "cost in effective n", "misfit"),
        [
            (m["margin"], _one(m["effective_n_without"]), _one(m["cost"]), _rate(m["max_relative_error"]))
            for m in (result["meta"]["calibration"] or {}).get("margins", ())
        ],
    )
    lines += _table(
        "Scales",
        ("scale", "items", "n", "alpha", "omega"),
        [
            (s["scale"], s["items"], s["n"], _three(s["alpha_raw"]), _three(s["omega_cfa_ml"]))
            for s in result["reliability"]
        ],
    )
    lines += _table(
        "Drivers of overall satisfaction",
        ("factor", "share of R² (LMG)", "performance", "quadrant"),
        [(d["driver"], _three(d["lmg"]), _three(d["performance"]), d["quadrant"]) for d in result["drivers"]],
    )
    return "\n".join(lines) + "\n"


def _bounds(verdict: Mapping[str, Any]) -> str:
    """The bounds that belong to the verdict: Holm-compatible where it is one of a family, else the figure's own."""
    low, high = verdict["bound_holm"], verdict["upper_bound_holm"]
    if "p_reached_rule_holm" not in verdict:
        low, high = verdict["lower_bound_rule"], verdict["upper_bound_rule"]
    return f"{_rate(low)} to {_rate(high)}"


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    if not rows:
        return []
    made = ["", f"## {title}", "", f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    return made + [f"| {' | '.join(map(_cell, row))} |" for row in rows]


def _cell(value: Any) -> str:
    """A cell of a table; a bar in a name would begin another one."""
    return "–" if value in (None, "") else str(value).replace("|", "\\|")


def _sample(meta: Mapping[str, Any]) -> str:
    """How many strata and PSUs there are; of replicate weights, which stand for them, how many."""
    made = meta.get("replicates")
    if made is None:
        return f"{meta['strata']} strata, {meta['psus']} PSUs"
    return f"{made['replicates']} replicate weights"


def _variance(meta: Mapping[str, Any]) -> str:
    """How the standard errors were made, and whether the weights were."""
    replicated = meta.get("replicates")
    if replicated is not None:
        rho = "" if replicated["rho"] is None else f", rho {replicated['rho']:g}"
        centre = "the estimate" if replicated["mse"] else "the mean of the replicates"
        return (
            f"Variances by replicate weights, R = {replicated['replicates']}, {replicated['type']}{rho}, around "
            f"{centre}; weights as they came."
        )
    drawn = "with replacement" if meta["variance"] == "with_replacement" else "with finite populations"
    made = meta["calibration"]
    weights = "as they came" if made is None else f"calibrated by {made['method']}"
    if made is not None and "effective_n_after" in made:
        weights += (
            f", effective n {_one(made['effective_n_before'])} before and {_one(made['effective_n_after'])} after"
        )
    return f"Variances {drawn}; strata with one PSU: {meta['lonely_psu']}; weights {weights}."


def _domain(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {level}" for name, level in entry["domain"].items()) or "all"


def _rate(value: float | None) -> str:
    """A share as a percentage."""
    return "–" if value is None else f"{percent(value, 1)} %"


def _value(measure: str, value: float | None) -> str:
    """A share as a percentage, a mean on a scale as it is: a mean of 1 is the worst there is, not 100 %."""
    if value is None or is_rate(measure):
        return _rate(value)
    return str(shown(value, 2))


def _interval(entry: Mapping[str, Any]) -> str:
    for name, pair in entry["interval"].items():
        if pair is not None and None not in pair:
            low, high = (_value(entry["measure"], limit) for limit in pair)
            return f"{low} to {high} ({name})"
    return "–"


def _span(pair: Sequence[int] | None) -> str:
    return "–" if pair is None else f"{pair[0]} to {pair[1]}"


def _one(value: float | None) -> str:
    return "–" if value is None else str(shown(value, 1))


def _three(value: float | None) -> str:
    return "–" if value is None else str(shown(value, 3))
