"""The sections of RESULT.json on rankings, reliability, drivers and polychoric correlations, as plain data.

The numbers come from `analysis.inference`, `analysis.scales` and `analysis.models`; the other sections are written by
`result_document`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.arrays import Floats
from analysis.design.weight_diagnostics import QUANTILES, Diagnostics
from analysis.errors import AnalysisError
from analysis.files import result_document
from analysis.files.prepared import ALL, Prepared
from analysis.files.request import RankingRequest
from analysis.inference import ranking
from analysis.inference.estimate_tables import plain
from analysis.models import drivers
from analysis.scales import polychoric, reliability
from analysis.totals.measure_plan import Measure

__all__: list[str] = []  # serves other modules of the analysis only


def diagnostics_entry(found: Diagnostics) -> dict[str, Any]:
    """What calibrating did, for `meta.calibration`: ratios of final to base weights, effective numbers, margins."""
    ratios = found.ratios
    quantiles = {f"q{100 * p:02.0f}": plain(value) for p, value in zip(QUANTILES, ratios.quantiles, strict=True)}
    return {
        "weight_ratio": {
            "min": plain(ratios.smallest), **quantiles, "max": plain(ratios.largest), "mean": plain(ratios.mean),
        },
        "effective_n_before": plain(found.effective_before),
        "effective_n_after": plain(found.effective_after),
        "margins": [
            {
                "margin": one.name,
                "effective_n_without": None if one.effective_without is None else plain(one.effective_without),
                "cost": None if one.cost is None else plain(one.cost),
                "max_relative_error": plain(one.misfit),
            }
            for one in found.margins
        ],
    }  # fmt: skip


def ranking_entries(prepared: Prepared) -> list[dict[str, Any]]:
    """The order of the domains of each ranking asked for, with rank sets; rank null where a domain has none."""
    return [
        entry
        for asked in prepared.request.ranking
        for measure in prepared.measures_named(asked.measure)
        for entry in _ranked(prepared, asked, measure)
    ]


def _ranked(prepared: Prepared, asked: RankingRequest, measure: Measure) -> list[dict[str, Any]]:
    found = prepared.estimates(asked.domain, (measure,))
    covariance = prepared.covariance(found)
    good = (found.df[:, 0] > 0) & (found.se[:, 0] > 0)
    value = np.where(good, found.estimate[:, 0], np.nan)
    made = ranking.rank_units(value, covariance, coverage=asked.coverage, draws=asked.draws, seed=asked.seed)
    entries = []
    for k in range(found.size):
        ranked = bool(made.rank[k])
        entries.append(
            {
                "measure": measure.name,
                "variable": prepared.shown(measure),
                "domain": result_document.domain_of(asked.domain, found.keys[k], prepared.labels),
                "n": int(found.n[k, 0]),
                "estimate": plain(found.estimate[k, 0]),
                "se": plain(found.se[k, 0]),
                "rank": int(made.rank[k]) if ranked else None,
                "simultaneous": made.simultaneous[k].tolist() if ranked else None,
                "marginal": made.marginal[k].tolist() if ranked else None,
                "group": int(made.group[k]) if ranked else None,
                "coverage": asked.coverage,
                "told_apart": plain(made.told_apart),
                "flags": _ranking_flags(found.df[k, 0] > 0, ranked, noise=made.is_noise),
            }
        )
    return entries


def _ranking_flags(has_df: bool, ranked: bool, *, noise: bool) -> list[str]:
    flags = [] if ranked else ["no_standard_error" if has_df else "no_degrees_of_freedom"]
    return [*flags, *(["order_is_noise"] if noise else [])]


def reliability_entries(prepared: Prepared) -> list[dict[str, Any]]:
    """One entry for each factor, and ALL for all items."""
    request = prepared.request
    if not request.reliability:
        return []
    scales = {**request.factors, **({ALL: request.items} if request.items else {})}
    made = []
    for scale, items in scales.items():
        answers = np.column_stack([prepared.answers(item) for item in items])
        one = reliability.reliability(scale, items, answers, prepared.design.weights)
        ordered = None if scale == ALL else polychoric.correlations(answers)
        made.append(
            {
                "scale": scale,
                "items": one.items,
                "n": one.n,
                "alpha_raw": plain(one.alpha),
                "alpha_std": plain(one.alpha_standardised),
                "mean_r": plain(one.mean_correlation),
                "guttman6": plain(one.lambda6),
                "alpha_weighted": plain(one.alpha_weighted),
                "omega_cfa_ml": None if scale == ALL else plain(one.omega),
                "omega_categorical": None if ordered is None else plain(polychoric.omega(ordered).omega),
                "polychoric": [] if ordered is None else _pairs(items, ordered.correlation),
                "item_rest": [
                    {"item": r.item, "r_drop": plain(r.r_drop), "alpha_if_dropped": plain(r.alpha_if_dropped)}
                    for r in one.item_rest
                ],
            }
        )
    return made


def _pairs(items: Sequence[str], correlation: Floats) -> list[dict[str, Any]]:
    """The correlations of different items, each pair once."""
    places = itertools.combinations(range(len(items)), 2)
    return [{"a": items[i], "b": items[j], "r": plain(correlation[i, j])} for i, j in places]


def drivers_entries(prepared: Prepared) -> list[dict[str, Any]]:
    """One entry for each factor that explains the overall answer; factors left out are named with their reason."""
    request = prepared.request
    if not request.drivers:
        return []
    if request.overall is None or not request.factors:
        raise AnalysisError("'drivers' needs 'overall' and 'factors' in the request.")
    means: dict[str, Floats] = {
        code: drivers.own_means(np.column_stack([prepared.answers(item) for item in items]))
        for code, items in request.factors.items()
    }
    names = ("lmg", "last", "first", "pratt", "weighted_r", "shapley", "coefficient", "se", "p_value", "performance")
    void = dict.fromkeys(names)
    try:
        found = drivers.drivers(prepared.design, prepared.answers(request.overall), means)
    except AnalysisError as error:
        nothing = {**void, "quadrant": None, "n": 0, "r_squared": None, "mcfadden_r2": None, "df": None}
        flags = {"flags": ["not_estimable"], "reason": str(error)}
        return [{"driver": name, **nothing, **flags} for name in means]
    shared = {"n": found.n, "r_squared": plain(found.r_squared), "mcfadden_r2": plain(found.mcfadden), "df": found.df}
    entries: list[dict[str, Any]] = [
        {
            "driver": one.driver,
            **{name: plain(getattr(one, name)) for name in names},
            "quadrant": one.quadrant,
            **shared,
            "flags": [],
        }
        for one in found.drivers
    ]
    entries += [
        {"driver": name, **void, "quadrant": None, **shared, "flags": ["answered_by_under_half"]}
        for name in found.left_out
    ]
    return entries
