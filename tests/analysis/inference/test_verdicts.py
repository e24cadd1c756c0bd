"""Verdicts: the t test and the Korn-Graubard bounds against R, the order of decisions, and the awkward cases."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import special

from analysis.errors import AnalysisError
from analysis.inference import beta_tails, intervals, significance, target_rule, verdicts
from analysis.inference.verdicts import Figures, Judgement
from analysis.totals.measure_plan import Measure
from tests.analysis import reference
from tests.analysis.conftest import Streamed
from tests.analysis.evidence_factory import evidence
from tests.analysis.reference import Agreement

EXPECTED = reference.expected()


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


def judge(of: Figures, threshold: Any, **more: Any) -> Judgement:
    return verdicts.judge(of, evidence(of), threshold, **more)


def test_one_p_value_of_nchs_is_the_bound_turned_round() -> None:
    for p, se, df, n in [(0.9, 0.02, 12, 300), (0.85, 0.03, 9, 80), (0.7, 0.05, 30, 400)]:
        one = figures([p], [se], [df], [n])
        bound = intervals.korn_graubard(one.estimate, one.se, one.df, one.n, level=0.90)
        for place, target in enumerate((bound.lower[0], bound.upper[0])):
            assert verdicts.korn_graubard_p(one, target)[place][0] == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize(
    ("estimate", "se", "df", "n", "expected", "reasons"),
    [
        (0.94, 0.01, 20, 500, "reached", ()),
        (0.91, 0.02, 20, 300, "reached_not_proven", ()),
        (0.89, 0.02, 20, 300, "missed_not_proven", ()),
        (0.70, 0.02, 20, 300, "missed", ()),
        (0.90, 0.02, 20, 300, "reached_not_proven", ()),
        (1.00, 0.00, 20, 100, "reached", ()),
        (0.00, 0.00, 20, 100, "missed", ()),
        (1.00, 0.00, 20, 28, "too_few", ("n", "kish_n", "effective_n")),
        (0.93, 0.01, 20, 29, "too_few", ("n", "kish_n", "effective_n")),
        (0.93, 0.01, 11, 500, "too_few", ("df",)),
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
    found = judge(figures([estimate], [se], [df], [n]), 0.90)
    assert (found.verdict[0], found.reasons[0]) == (expected, reasons)


def test_self_selected_answers_never_prove_anything() -> None:
    found = judge(figures([0.99, 0.50], [0.002, 0.002], 40, 5000), 0.90, opt_in=True)
    assert found.verdict.tolist() == ["reached_not_proven", "missed_not_proven"]
    assert found.reasons.tolist() == [("opt_in",), ("opt_in",)]


def test_unrounded_rate_just_under_the_target_is_not_reached() -> None:
    found = judge(figures([0.8999999], [0.0001], 50, 100000), 0.90)
    assert found.verdict[0] == "missed_not_proven"


@pytest.mark.parametrize(("rate", "verdict"), [(0.9 - 5e-16, "reached_not_proven"), (0.9 - 1e-9, "missed_not_proven")])
def test_a_rate_on_its_target_but_for_floating_noise_is_not_below_it(rate: float, verdict: str) -> None:
    """126 of 140 people with weights make 0.8999999999999995, which is printed as 90.0 %."""
    assert judge(figures([rate], 0.02, 20, 140), 0.90).verdict[0] == verdict


def test_holm_takes_back_what_one_of_many_units_proved_alone() -> None:
    rates = np.r_[0.955, np.full(40, 0.91)]
    alone = judge(figures(rates, 0.02, 20, 400), 0.90)
    family = judge(figures(rates, 0.02, 20, 400), 0.90, adjust="holm")
    assert alone.verdict[0] == "reached"
    assert family.verdict[0] == "reached_not_proven"


def test_each_domain_has_its_own_threshold_and_none_has_no_verdict() -> None:
    found = judge(figures([0.88, 0.88, 0.88], 0.005, 40, 5000), np.array([0.85, 0.90, np.nan]))
    assert found.verdict.tolist() == ["reached", "missed", None]


def test_what_has_no_target_is_no_member_of_the_family() -> None:
    """Wherever it stands among the others; fixed sizes count those with a target alone."""
    rates = np.array([0.95, 0.97, 0.94])
    all_three = Figures(rates, np.sqrt(rates * (1 - rates) / 500), np.full(3, 499), np.full(3, 500))
    for left_out in range(3):
        target, rest = np.full(3, 0.9), np.delete(np.arange(3), left_out)
        target[left_out] = np.nan
        for adjust in ("holm", "bh"):
            found = verdicts.judge(all_three, evidence(all_three), target, adjust=adjust)
            alone = verdicts.judge(all_three.at(rest), evidence(all_three.at(rest)), 0.9, adjust=adjust)
            assert found.members == 2
            assert found.verdict[left_out] is None
            assert np.isnan(found.p_reached_adjusted[left_out])
            assert found.p_reached_adjusted[rest].tolist() == alone.p_reached_adjusted.tolist()
            assert found.verdict[rest].tolist() == alone.verdict.tolist()


def test_adjustments_step_over_what_is_not_estimable() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.03])
    assert verdicts.holm(p).tolist() == pytest.approx([0.03, np.nan, 0.06, 0.06], nan_ok=True)
    assert verdicts.benjamini_hochberg(p).tolist() == pytest.approx([0.03, np.nan, 0.04, 0.04], nan_ok=True)


def test_a_pooled_figure_has_a_gate_of_its_own() -> None:
    one = figures([0.97], [0.01], 60, [45])
    for pooled, reasons in ((False, ()), (True, ("pooled",))):
        found = verdicts.judge(one, evidence(one, pooled=pooled, spread=0.01), 0.90)
        assert found.reasons[0] == reasons


def test_a_unit_that_fails_a_gate_stays_a_member_that_is_not_proven() -> None:
    """Nobody gains a verdict because a small unit is left out, whatever the small unit's own rate."""
    rates, n = np.array([0.945, 1.0, 1.0]), np.array([400, 20, 20])
    three = figures(rates, np.sqrt(rates * (1 - rates) / n), n - 1, n)
    found = judge(three, 0.90, adjust="holm")
    assert found.verdict.tolist()[1:] == ["too_few", "too_few"]
    assert found.p_reached_adjusted[0] == pytest.approx(3 * found.p_reached[0], rel=1e-12)


def test_the_size_of_a_family_is_what_was_fixed() -> None:
    one = figures([0.945], [0.0114], 399, [400])
    found = judge(one, 0.90).family(np.array([0]), adjust="holm", members=94)
    assert found.p_reached_adjusted[0] == pytest.approx(min(1.0, 94 * found.p_reached[0]), rel=1e-12)
    with pytest.raises(AnalysisError, match="cannot hold"):
        judge(figures([0.9, 0.9], 0.01, 99, 400), 0.90, members=1)


def holm_family(seed: int) -> Judgement:
    """A family of units of all sizes around their target, some proven and some too small."""
    random = np.random.default_rng(seed)
    size = int(random.integers(2, 40))
    n = random.integers(20, 900, size)
    truth = np.clip(0.9 + random.normal(0.02, 0.05, size), 0.3, 1.0)
    rates = random.binomial(n, truth) / n
    se = np.sqrt(rates * (1 - rates) / (n - 1))
    return judge(figures(rates, se, n - 1, n), 0.90, adjust="holm", members=size + int(random.integers(0, 5)))


@pytest.mark.parametrize("seed", range(200))
def test_words_and_bounds_of_a_family_never_disagree(seed: int) -> None:
    """Strassburger and Bretz (2008): proven exactly where the bound does not fall below the target."""
    found = holm_family(seed)
    bounds, own = found.holm_bounds(), found.bounds()
    for k, word in enumerate(found.verdict):
        low, high = bounds.limits(k)
        if word in ("too_few", "not_estimable"):
            assert np.isnan(low)
            assert np.isnan(high)
            continue
        assert (low >= 0.90) == (word == "reached")
        assert (high <= 0.90) == (word == "missed")
        assert low <= found.figures.estimate[k] + 1e-12 <= high + 2e-12
        proven = int((found.verdict == "reached").sum())
        if word == "reached" and proven < found.members:
            assert low == 0.90  # above it, not by how much
        elif word != "reached":
            assert low <= own.lower[k] + 1e-12


def test_a_family_without_a_target_has_no_bounds_and_one_of_hardly_any_df_has_the_whole_range() -> None:
    one = figures([0.95], 0.02, 20, 140)
    nothing = judge(one, np.array([np.nan]), adjust="holm").holm_bounds()
    assert np.isnan([nothing.lower[0], nothing.upper[0]]).all()
    p = np.array([0.137782])
    few = Figures(p, np.sqrt(p * (1 - p) / 33), np.array([1]), np.array([245]))
    own = replace(evidence(few, clustered=True), df=np.array([1.3828]))
    off = verdicts.Gates(None, None, None, None, None)
    bounds = verdicts.judge(few, own, 0.5, gates=off, adjust="holm", members=15).holm_bounds()
    assert (bounds.lower[0], bounds.upper[0]) == (0.0, 1.0)


def test_where_all_members_are_proven_the_bound_may_say_more() -> None:
    two = figures([0.97, 0.99], [0.006, 0.003], 900, [900, 900])
    found = judge(two, 0.90, adjust="holm")
    assert found.verdict.tolist() == ["reached", "reached"]
    size, of = found.effective_n, found.evidence
    alone = target_rule.bounds(two.estimate, size, of, 0.05 / 2).lower
    assert found.holm_bounds().lower.tolist() == pytest.approx(alone.tolist(), rel=1e-12)
    assert (alone > 0.9).all()


def test_one_alone_has_its_own_bound_and_a_false_discovery_rate_has_none() -> None:
    two = figures([0.97, 0.92], [0.006, 0.01], 900, [900, 900])
    assert judge(two, 0.90).holm_bounds().lower.tolist() == judge(two, 0.90).bounds().lower.tolist()
    assert np.isnan(judge(two, 0.90, adjust="bh").holm_bounds().lower).all()


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
