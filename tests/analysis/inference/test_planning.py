"""How many answers the next wave needs: the number is checked by counting the surveys that would prove it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from analysis.inference import beta_tails, target_rule
from analysis.inference.planning import Needed, responses_needed
from analysis.inference.verdicts import Figures, Gates
from tests.analysis.evidence_factory import evidence


def drawn(rate: float, n: int, *, deff: float = 1.0) -> Figures:
    """People drawn one by one, whose rate came out exactly so."""
    se = np.sqrt(rate * (1 - rate) / (n - 1) * deff)
    return Figures(np.array([rate]), np.array([se]), np.array([n - 1]), np.array([n]))


def needed(one: Figures, target: float, *, pooled: bool = False, spread: float | None = None, **more: Any) -> Needed:
    own = evidence(one, pooled=pooled, spread=spread)
    size = target_rule.effective_n(one.estimate, own)
    return responses_needed(one.estimate, size, one.n, own, np.array([target]), **more)[0]


def power(truth: float, target: float, n: int, alpha: float) -> float:
    """The share of surveys of n people in which the rule itself proves it, over every possible outcome."""
    k = np.arange(n + 1)
    rates = k / n
    every = Figures(rates, np.sqrt(rates * (1 - rates) / (n - 1)), np.full(n + 1, n - 1), np.full(n + 1, n))
    own = evidence(every)
    reached, _ = target_rule.p_values(rates, target_rule.effective_n(rates, own), own, target)
    return float(stats.binom.pmf(k, n, truth)[reached <= alpha].sum())


@pytest.mark.parametrize(
    ("truth", "target", "members", "expected"),
    [
        (0.93, 0.90, 1, 549),
        (0.88, 0.85, 1, 814),
        (0.97, 0.90, 1, 90),
        (0.93, 0.90, 94, 1503),
        (0.88, 0.85, 94, 2238),
        (0.97, 0.90, 94, 232),
    ],
)
def test_the_number_is_the_smallest_with_eighty_per_cent_power(
    truth: float, target: float, members: int, expected: int
) -> None:
    found = needed(drawn(truth, 400), target, members=members)
    assert found.n == expected
    level = 0.05 / members
    assert power(truth, target, expected, level) >= 0.8
    assert power(truth, target, expected - 1, level) < 0.8


@pytest.mark.parametrize(("truth", "target", "simulated"), [(0.93, 0.90, 206), (0.88, 0.85, 292), (0.97, 0.90, 50)])
def test_pooled_figures_come_near_what_simulation_asks(truth: float, target: float, simulated: int) -> None:
    """22 answers a person, item ICC .3: the numbers of a trial, which the approximation meets within 4 %."""
    spread = truth * (1 - truth) * (1 + 21 * 0.3) / 22
    one = Figures(np.array([truth]), np.sqrt([spread / 399]), np.array([399]), np.array([400]))
    found = needed(one, target, pooled=True, spread=spread)
    assert found.n == pytest.approx(simulated, rel=0.04)


def test_the_design_effect_and_the_gates_count() -> None:
    plain, clustered = needed(drawn(0.93, 400), 0.9).n, needed(drawn(0.93, 400, deff=2.0), 0.9).n
    assert plain is not None
    assert clustered == pytest.approx(2 * plain, rel=0.02)
    assert needed(drawn(0.999, 2000), 0.5).n == 30  # as many as the gates ask


def test_missed_is_planned_as_the_mirror_image() -> None:
    assert needed(drawn(0.07, 400), 0.10).n == needed(drawn(0.93, 400), 0.90).n


def test_a_number_below_what_was_collected_says_so() -> None:
    assert needed(drawn(0.93, 800), 0.90).reason == "fewer_than_now"


def test_why_there_is_no_number() -> None:
    assert needed(drawn(0.903, 400), 0.90) == Needed(None, "near_target")
    assert needed(drawn(0.93, 400), 0.90, frame=np.array([300.0])) == Needed(None, "above_frame")
    few = Figures(np.array([0.93]), np.array([0.02]), np.array([3]), np.array([300]))
    own = evidence(few, clustered=True)
    size = target_rule.effective_n(few.estimate, own)
    assert responses_needed(few.estimate, size, few.n, own, np.array([0.9]))[0] == Needed(None, "too_few_clusters")


def test_a_pooled_figure_cannot_be_planned_against_a_target_of_all() -> None:
    """Its gate n_K (1 − T) never opens; a share of people can still be proven to have missed."""
    assert needed(drawn(0.93, 400), 1.0, pooled=True, spread=0.02) == Needed(None, "above_frame")
    assert needed(drawn(0.93, 400), 1.0).n is not None


@pytest.mark.parametrize(("rate", "target"), [(0.999, 0.95), (0.99, 0.90)])
def test_few_degrees_of_freedom_for_each_answer_take_more_than_the_normal_guess(rate: float, target: float) -> None:
    """2,000 answers in 20 clusters, in a family of 94, without a gate of df: as many as the rule then proves."""
    one = Figures(np.array([rate]), np.sqrt([rate * (1 - rate) / 1999]), np.array([19]), np.array([2000]))
    own = evidence(one, clustered=True)
    size = np.array([1900.0])
    off = Gates(None, None, None, None, None)
    found = responses_needed(one.estimate, size, one.n, own, np.array([target]), members=94, gates=off)[0]
    assert found.n is not None
    df = found.n * 19 / 2000
    people = np.arange(found.n + 1)
    effective = found.n * df / (df + 1)
    tail = beta_tails.tails(
        people / found.n * effective, np.full(found.n + 1, effective), np.full(found.n + 1, target)
    )[0]
    proven = stats.t.sf(-special.ndtri(np.maximum(tail, 1e-300)), df) <= 0.05 / 94
    assert stats.binom.pmf(people, found.n, rate)[proven].sum() >= 0.78
