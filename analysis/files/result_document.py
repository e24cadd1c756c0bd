"""RESULT.json: estimates, verdicts and what belongs to them as one plain document.

The same shape from the command line and from a wave's results. Numbers keep full double precision; what cannot be
estimated is null, with a flag that says why.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.arrays import Floats, Ints
from analysis.estimation.evidence import Evidence
from analysis.inference import intervals, verdicts
from analysis.inference.estimate_tables import EstimateTable, listed, plain
from analysis.inference.intervals import Interval
from analysis.inference.planning import Needed, responses_needed
from analysis.inference.verdicts import Figures, Gates, Judgement, Proof
from analysis.totals.measure_plan import Measure

__all__ = ["Labels", "entries_of", "text_of"]

_BLOCK = 4096
SOFTWARE = "hailong 0.1.0"
Labels = Mapping[str, Mapping[int, str]]


def entries_of(table: EstimateTable) -> Iterator[dict[str, Any]]:
    """The rows of a table as they stand in `estimates`; so many at a time are plain objects, never all of them."""
    for start in range(0, len(table), _BLOCK):
        yield from _entries(table.where(np.arange(start, min(start + _BLOCK, len(table)))))


def _entries(table: EstimateTable) -> Iterator[dict[str, Any]]:
    names, count = tuple(table.domain), len(table)
    labels = [table.labels.get(name, {}) for name in names]
    codes = [table.domain[name].tolist() for name in names]
    domains = zip(*([own.get(k, k) for k in column] for own, column in zip(labels, codes, strict=True)), strict=True)
    methods, estimates = tuple(table.interval), listed(table.estimate)
    intervals = zip(*(_pairs(table.interval[method]) for method in methods), strict=True)
    for measure, variable, option, domain, n, sum_w, estimate, se, df, wor, wr, pairs, flags in zip(
        table.measure.tolist(),
        table.variable.tolist(),
        table.option.tolist(),
        domains if names else itertools.repeat((), count),
        table.n.tolist(),
        table.sum_w.tolist(),
        estimates,
        listed(table.se),
        [None if value is None else df for value, df in zip(estimates, table.df.tolist(), strict=True)],
        listed(table.deff_wor),
        listed(table.deff_wr),
        intervals if methods else itertools.repeat((), count),
        table.flags.tolist(),
        strict=True,
    ):
        entry: dict[str, Any] = {
            "measure": str(measure),
            "variable": str(variable),
            "domain": dict(zip(names, domain, strict=True)),
            "n": n,
            "sum_w": sum_w,
            "estimate": estimate,
            "se": se,
            "df": df,
            "deff_wor": wor,
            "deff_wr": wr,
            "interval": dict(zip(methods, pairs, strict=True)),
            "flags": list(flags),
        }
        if option is not None:
            entry["option"] = option
        yield entry


def _pairs(interval: Interval) -> list[list[float] | None]:
    both = zip(listed(interval.lower), listed(interval.upper), strict=True)
    return [None if low is None or high is None else [low, high] for low, high in both]


def text_of(result: Mapping[str, Any]) -> Iterator[str]:
    """RESULT.json piece by piece: a line for each entry of a list, which may be an iterator."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    before = "{"
    for name, value in result.items():
        yield f"{before}\n{encode(name)}: "
        before = ","
        if isinstance(value, list | Iterator):
            between = "["
            for entry in value:
                yield f"{between}\n {encode(entry)}"
                between = ","
            yield "[]" if between == "[" else "\n]"
        else:
            yield encode(value)
    yield "\n}\n"


def verdict_entries(
    *,
    by: Sequence[str],
    measure: Measure,
    keys: Ints,
    judgement: Judgement,
    needed: Sequence[Needed],
    labels: Labels,
    adjust: Sequence[str] = ("none",),
) -> list[dict[str, Any]]:
    """The verdicts of a family of domains; `keys` (domains × variables), one line for each domain.

    `adjust` names the adjusted tests that are shown beside the plain one.
    """
    figures, threshold = judgement.figures, judgement.threshold
    proof = verdicts.proof(figures, threshold)
    adjusted = {
        name: Proof(proof.t, verdicts.adjusted(proof.p_reached, name), verdicts.adjusted(proof.p_not_reached, name))
        for name in adjust
        if name != "none"
    }
    tests = {"test": verdicts.proof_labels(proof.p_reached, proof.p_not_reached)}
    for name, other in adjusted.items():
        tests[f"test_{name}"] = verdicts.proof_labels(other.p_reached, other.p_not_reached)
    bounds = intervals.korn_graubard(figures.estimate, figures.se, figures.df, figures.n, level=1 - 2 * judgement.alpha)
    kg = verdicts.korn_graubard_p(figures, threshold, alpha=judgement.alpha)
    own, together = judgement.bounds(), judgement.holm_bounds()
    entries = []
    for k in range(len(keys)):
        entry: dict[str, Any] = {
            "measure": measure.name,
            "variable": measure.variable,
            "domain": domain_of(by, keys[k], labels),
            "threshold": float(threshold[k]),
            "n": int(figures.n[k]),
            "estimate": plain(figures.estimate[k]),
            "p_reached": plain(proof.p_reached[k]),
            "p_not_reached": plain(proof.p_not_reached[k]),
        }
        for name, other in adjusted.items():
            entry[f"p_reached_{name}"] = plain(other.p_reached[k])
            entry[f"p_not_reached_{name}"] = plain(other.p_not_reached[k])
        entry["lower_bound"], entry["upper_bound"] = plain(bounds.lower[k]), plain(bounds.upper[k])
        entry.update({name: str(values[k]) for name, values in tests.items()})
        entry["p_kg_reached"], entry["p_kg_missed"] = plain(kg[0][k]), plain(kg[1][k])
        entry["rule"], entry["kish_n"] = judgement.rule, plain(judgement.evidence.kish_n[k])
        entry["effective_n"], entry["df"] = plain(judgement.effective_n[k]), plain(judgement.evidence.df[k])
        entry["p_reached_rule"], entry["p_missed_rule"] = plain(judgement.p_reached[k]), plain(judgement.p_missed[k])
        entry["lower_bound_rule"], entry["upper_bound_rule"] = plain(own.lower[k]), plain(own.upper[k])
        if "holm" in adjust:
            entry["p_reached_rule_holm"] = plain(judgement.p_reached_adjusted[k])
            entry["p_missed_rule_holm"] = plain(judgement.p_missed_adjusted[k])
        entry["bound_holm"] = plain(together.lower[k]) if "holm" in adjust else None
        entry["upper_bound_holm"] = plain(together.upper[k]) if "holm" in adjust else None
        entry["verdict"] = judgement.verdict[k]
        entry["reasons"] = list(judgement.reasons[k])
        entry["responses_needed"] = needed[k].n
        entry["responses_needed_reason"] = needed[k].reason
        entries.append(entry)
    return entries


def domain_of(by: Sequence[str], key: Ints, labels: Labels) -> dict[str, str | int]:
    """A domain by its labels; `key` (variables,) has its codes."""
    return {
        name: labels.get(name, {}).get(int(code), int(code)) for name, code in zip(by, np.asarray(key), strict=True)
    }


def judged(
    figures: Figures,
    evidence: Evidence,
    threshold: Floats,
    *,
    gates: Gates,
    adjust: Sequence[str],
    population: Floats,
) -> tuple[Judgement, tuple[Needed, ...]]:
    """Verdicts (after Holm where that is asked) and the responses needed; all arrays are (domains,).

    `population` is what the weights sum to. A population no larger than the answers is a sum of scaled weights, not a
    frame, and sets no limit.
    """
    judgement = verdicts.judge(figures, evidence, threshold, gates=gates, adjust="holm" if "holm" in adjust else "none")
    frame = np.where(population > figures.n, population, np.nan)
    return judgement, responses_needed(
        figures.estimate, judgement.effective_n, figures.n, evidence, threshold, gates=gates, frame=frame,
        members=judgement.members if "holm" in adjust else 1,
    )  # fmt: skip
