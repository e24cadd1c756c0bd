"""Verdicts: the t test and the Korn-Graubard bounds against R, the order of decisions, and the awkward cases."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from scipy import special

from analysis.inference import beta_tails, intervals, significance, verdicts
from analysis.inference.verdicts import Figures, Gates
from analysis.totals.measure_plan import Measure
from tests.analysis import reference
from tests.analysis.conftest import Streamed
from tests.analysis.reference import Agreement

EXPECTED = reference.expected()
OPEN = Gates(None, None, None)


def figures(estimate: Any, se: Any, df: Any, n: Any) -> Figures:
    p, error, freedom, people = np.broadcast_arrays(estimate, se, df, n)
    return Figures(p.astype(float), error.astype(float), freedom.astype(np.int64), people.astype(np.int64))


def families() -> dict[tuple[str, str, float], list[dict[str, Any]]]:
    found: dict[tuple[str, str, float], list[dict[str, Any]]] = defaultdict(list)
    for row in EXPECTED["verdicts"]["rows"]:
        found[row["design"], row["family"], row["target"]].append(row)
    return found


@pytest.mark.parametrize("family", families(), ids=str)
def test_tests_labels_and_bounds_of_a_family_equal_r(streamed: Streamed, family: tuple[str, str, float]) -> None:
    design, crossing, target = family
    rows, by = families()[family], tuple(crossing.split(":"))
    found = streamed.estimates(design, by)
    column = found.place(Measure("overall_rate", "overall"))
    places = [streamed.level(design, by, row["level"]) for row in rows]
    one = Figures(*(getattr(found, name)[places, column] for name in ("estimate", "se", "df", "n")))
    proof = verdicts.proof(one, target)
    columns: dict[str, Any] = {"t_logit": proof.t, "p_reached": proof.p_reached, "p_not_reached": proof.p_not_reached}
    for method in ("holm", "bh"):
        columns[f"p_reached_{method}"] = verdicts.adjusted(proof.p_reached, method)
        columns[f"p_not_reached_{method}"] = verdicts.adjusted(proof.p_not_reached, method)
    bounds = {
        "logit": intervals.logit(one.estimate, one.se, one.df, level=0.90),
        "kg": intervals.korn_graubard(one.estimate, one.se, one.df, one.n, level=0.90),
        "wilson": intervals.wilson(one.estimate, one.se, one.df, level=0.90),
    }
    for name, bound in bounds.items():
        columns[f"{name}_lo1"], columns[f"{name}_hi1"] = bound.lower, bound.upper
    agreement = Agreement()
    labels = {"unadjusted": verdicts.proof_labels(proof.p_reached, proof.p_not_reached)}
    for method in ("holm", "bh"):
        labels[method] = verdicts.proof_labels(columns[f"p_reached_{method}"], columns[f"p_not_reached_{method}"])
    for k, row in enumerate(rows):
        for name, values in columns.items():
            if name.startswith("logit") and row["df"] == 1:
                continue  # R's GLM-based limits overflow at df = 1
            agreement.add(name, float(values[k]), row[name], row["level"], tolerance=1e-6 if "logit_" in name else 1e-7)
        for method, given in labels.items():
            assert given[k] == row[f"verdict_{method}"], row
        low, high = bounds["kg"].lower[k], bounds["kg"].upper[k]
        kg = (
            "not_estimable" if np.isnan(low) else "reached" if low >= target else "not_reached" if high < target else ""
        )
        assert (kg or "insufficient") == row["verdict_kg"]
    print("verdicts", family, {name: f"{worst:.0e}" for name, (worst, _) in agreement.worst.items() if worst > 1e-11})


def test_one_p_value_is_the_bound_turned_round() -> None:
    for p, se, df, n in [(0.9, 0.02, 12, 300), (0.85, 0.03, 9, 80), (0.7, 0.05, 30, 400)]:
        one = figures([p], [se], [df], [n])
        bound = intervals.korn_graubard(one.estimate, one.se, one.df, one.n, level=0.90)
        for target, expected in ((bound.lower[0], "p_reached"), (bound.upper[0], "p_missed")):
            verdict = verdicts.judge(one, target)
            assert getattr(verdict, expected)[0] == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize(
    ("estimate", "se", "df", "n", "expected", "reasons"),
    [
        (0.93, 0.01, 20, 500, "reached", ()),
        (0.91, 0.02, 20, 300, "reached_not_proven", ()),
        (0.89, 0.02, 20, 300, "missed_not_proven", ()),
        (0.70, 0.02, 20, 300, "missed", ()),
        (0.90, 0.02, 20, 300, "reached_not_proven", ()),
        (1.00, 0.00, 20, 100, "reached", ()),
        (0.00, 0.00, 20, 100, "missed", ()),
        (1.00, 0.00, 20, 28, "too_few", ("n", "effective_n")),
        (0.93, 0.01, 20, 29, "too_few", ("n", "effective_n")),
        (0.93, 0.01, 7, 500, "too_few", ("df",)),
        (0.93, 0.10, 20, 500, "too_few", ("effective_n",)),
        (0.93, 0.00, 20, 500, "not_estimable", ()),
        (0.93, 0.01, 0, 500, "not_estimable", ()),
        (1.00, 0.00, 0, 500, "not_estimable", ()),
        (np.nan, np.nan, 20, 0, "not_estimable", ()),
    ],
)
def test_verdict_is_decided_in_the_stated_order(
    estimate: float, se: float, df: int, n: int, expected: str, reasons: tuple[str, ...]
) -> None:
    found = verdicts.judge(figures([estimate], [se], [df], [n]), 0.90)
    assert (found.verdict[0], found.reasons[0]) == (expected, reasons)


def test_self_selected_answers_never_prove_anything() -> None:
    found = verdicts.judge(figures([0.99, 0.50], [0.002, 0.002], 40, 5000), 0.90, opt_in=True)
    assert found.verdict.tolist() == ["reached_not_proven", "missed_not_proven"]
    assert found.reasons.tolist() == [("opt_in",), ("opt_in",)]


def test_unrounded_rate_just_under_the_target_is_not_reached() -> None:
    found = verdicts.judge(figures([0.8999999], [0.0001], 50, 100000), 0.90)
    assert found.verdict[0] == "missed_not_proven"


def test_holm_takes_back_what_one_of_many_units_proved_alone() -> None:
    rates = np.r_[0.955, np.full(40, 0.91)]
    alone = verdicts.judge(figures(rates, 0.02, 20, 400), 0.90)
    family = verdicts.judge(figures(rates, 0.02, 20, 400), 0.90, adjust="holm")
    assert alone.verdict[0] == "reached"
    assert family.verdict[0] == "reached_not_proven"


def test_each_domain_has_its_own_threshold_and_none_has_no_verdict() -> None:
    found = verdicts.judge(figures([0.88, 0.88, 0.88], 0.005, 40, 5000), np.array([0.85, 0.90, np.nan]))
    assert found.verdict.tolist() == ["reached", "missed", None]


def test_adjustments_step_over_what_is_not_estimable() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.03])
    assert verdicts.holm(p).tolist() == pytest.approx([0.03, np.nan, 0.06, 0.06], nan_ok=True)
    assert verdicts.benjamini_hochberg(p).tolist() == pytest.approx([0.03, np.nan, 0.04, 0.04], nan_ok=True)


@pytest.mark.parametrize(("estimate", "threshold"), [(0.93, 0.90), (0.80, 0.85), (1.0, 0.90)])
def test_responses_needed_is_the_smallest_number_that_proves(estimate: float, threshold: float) -> None:
    share = 0.4
    (needed,) = verdicts.responses_needed(np.array([estimate]), np.array([share]), np.array([threshold]))
    assert needed.n is not None
    for n, proves in ((needed.n, True), (needed.n - 1, False)):
        p = verdicts.korn_graubard_tails(np.array([estimate]), np.array([n * share]), np.array([threshold]))
        assert bool(p[0 if estimate >= threshold else 1][0] <= 0.05) is proves


def test_responses_needed_says_why_there_is_no_number() -> None:
    found = verdicts.responses_needed(
        np.array([0.903, 0.93, 0.93, 0.93]),
        np.array([0.4, 0.1, np.nan, 0.1]),
        np.full(4, 0.90),
        frame=np.array([np.nan, 500, 500, np.nan]),
    )
    assert [one.reason for one in found] == ["near_target", "above_frame", "too_few_clusters", None]


def test_both_tails_equal_the_incomplete_beta_function() -> None:
    random = np.random.default_rng(8)
    n = np.r_[random.uniform(1, 400, 4000), random.uniform(400, 49_000, 500), random.uniform(6e4, 1e6, 100)]
    p = random.beta(8, 1, len(n))
    x = random.choice([0.5, 0.8, 0.85, 0.9], len(n))
    at_least, at_most = beta_tails.tails(n * p, n, x)
    wanted = special.betainc(n * p, n * (1 - p) + 1, x), special.betaincc(n * p + 1, n * (1 - p), x)
    for got, exact in zip((at_least, at_most), wanted, strict=True):
        seen = exact > 1e-200
        assert np.max(np.abs(got[seen] / exact[seen] - 1)) < 1e-9


def test_one_sample_t_test_equals_svyttest() -> None:
    row = EXPECTED["ttest_vs_target"]["rows"][0]
    found = significance.mean_against(reference.design("wr"), reference.survey().satisfied("overall"), 0.85)
    agreement = Agreement()
    agreement.add("t", found.statistic, row["t"], tolerance=1e-8)
    agreement.add("p", found.p_value, row["p_two_sided"], tolerance=1e-8)
    assert found.df == row["df"]
