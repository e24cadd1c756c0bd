"""RESULT.json: estimates, verdicts and what belongs to them as one plain document.

The same shape from the command line and from a wave's results. Numbers keep full double precision; what cannot be
estimated is null, with a flag that says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis import verdicts
from analysis.arrays import Floats, Ints
from analysis.plan import Measure
from analysis.results import Estimate, EstimateTable, plain
from analysis.verdicts import Figures, Gates, Judgement, Needed, Proof

SOFTWARE = "hailong 0.1.0"
Labels = Mapping[str, Mapping[int, str]]


def estimate_entry(row: Estimate) -> dict[str, Any]:
    """One estimate as it stands in `estimates`."""
    entry: dict[str, Any] = {
        "measure": row.measure,
        "variable": row.variable,
        "domain": dict(row.domain),
        "n": row.n,
        "sum_w": row.sum_w,
        "estimate": row.estimate,
        "se": row.se,
        "df": row.df,
        "deff_wor": row.deff_wor,
        "deff_wr": row.deff_wr,
        "interval": {name: None if pair is None else list(pair) for name, pair in row.interval.items()},
        "flags": list(row.flags),
    }
    if row.option is not None:
        entry["option"] = row.option
    return entry


def estimate_entries(tables: Sequence[EstimateTable]) -> list[dict[str, Any]]:
    """All rows of all tables."""
    return [estimate_entry(row) for table in tables for row in table]


def verdict_entries(
    *,
    by: Sequence[str],
    measure: Measure,
    keys: Ints,
    threshold: Floats,
    figures: Figures,
    judgement: Judgement,
    needed: Sequence[Needed],
    labels: Labels,
    adjust: Sequence[str] = ("none",),
) -> list[dict[str, Any]]:
    """The verdicts of a family of domains. `adjust` names the adjusted tests that are shown beside the plain one."""
    proof = verdicts.proof(figures, threshold)
    adjusted = {
        name: Proof(proof.t, verdicts.adjusted(proof.p_reached, name), verdicts.adjusted(proof.p_not_reached, name))
        for name in adjust
        if name != "none"
    }
    tests = {"test": verdicts.proof_labels(proof.p_reached, proof.p_not_reached)}
    for name, other in adjusted.items():
        tests[f"test_{name}"] = verdicts.proof_labels(other.p_reached, other.p_not_reached)
    bounds = judgement.bounds()
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
        entry["p_kg_reached"] = plain(judgement.p_reached[k])
        entry["p_kg_missed"] = plain(judgement.p_missed[k])
        if "holm" in adjust:
            entry["p_kg_reached_holm"] = plain(judgement.p_reached_adjusted[k])
            entry["p_kg_missed_holm"] = plain(judgement.p_missed_adjusted[k])
        entry["verdict"] = judgement.verdict[k]
        entry["reasons"] = list(judgement.reasons[k])
        entry["responses_needed"] = needed[k].n
        entry["responses_needed_reason"] = needed[k].reason
        entries.append(entry)
    return entries


def domain_of(by: Sequence[str], key: Ints, labels: Labels) -> dict[str, str | int]:
    """A domain by its labels."""
    return {
        name: labels.get(name, {}).get(int(code), int(code)) for name, code in zip(by, np.asarray(key), strict=True)
    }


def judged(
    figures: Figures,
    threshold: Floats,
    *,
    gates: Gates,
    adjust: Sequence[str],
    population: Floats,
    opt_in: bool = False,
) -> tuple[Judgement, tuple[Needed, ...]]:
    """Verdicts (after Holm where that is asked) and the responses needed; `population` is what the weights sum to.

    A population no larger than the answers is a sum of scaled weights, not a frame, and sets no limit.
    """
    judgement = verdicts.judge(
        figures, threshold, gates=gates, adjust="holm" if "holm" in adjust else "none", opt_in=opt_in
    )
    share = judgement.effective_n / np.maximum(figures.n, 1)
    frame = np.where(population > figures.n, population, np.nan)
    return judgement, verdicts.responses_needed(figures.estimate, share, threshold, frame=frame)
