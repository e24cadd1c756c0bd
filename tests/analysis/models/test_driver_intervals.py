"""Intervals of importance shares against R, their cost, and when something is surely the first to improve."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from analysis.arrays import Floats
from analysis.design.sample_design import sample_design
from analysis.models import driver_intervals, drivers
from analysis.models.driver_intervals import share_intervals
from tests.analysis import reference
from tests.analysis.reference import FACTORS, ORACLE

EXPECTED = json.loads((ORACLE / "importance" / "expected.json").read_text())["rows"]
NAMES = ("F1", "F2", "F3", "F4")


def answers(n: int, seed: int = 5) -> tuple[Floats, dict[str, Floats]]:
    """An outcome that follows `weak`, which is rated low; the two others move it little."""
    rng = np.random.default_rng(seed)
    own = {"weak": rng.integers(1, 5, n), "strong": rng.integers(3, 6, n), "other": rng.integers(3, 6, n)}
    outcome = np.clip(own["weak"] + rng.integers(0, 2, n), 1, 5)
    return outcome.astype(float), {name: values.astype(float) for name, values in own.items()}


def test_errors_and_intervals_of_shares_are_those_of_r() -> None:
    data = reference.survey()
    means = {name: data.factor_mean(FACTORS[name]) for name in NAMES}
    found = share_intervals(reference.design("wr"), data.answers("overall"), means, NAMES, replicates=4000)
    for own, row in zip(found, EXPECTED, strict=True):
        assert own.driver == row["driver"]
        assert own.se == pytest.approx(row["se_bootstrap"], rel=0.06)  # two bootstraps, 1.1 and 1.6 % of chance each
        assert own.se == pytest.approx(row["se_jackknife"], rel=0.15)
        assert (own.lower, own.upper) == (pytest.approx(row["low"], abs=0.004), pytest.approx(row["high"], abs=0.004))
        assert own.lower < row["share"] < own.upper


def test_sums_of_all_psus_give_the_shares_of_the_drivers_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, factors = answers(400)
    whole = drivers.drivers(sample_design(np.ones(400)), outcome, factors, split_ordinal=False)
    monkeypatch.setattr(driver_intervals, "_drawn", lambda sums, *_: np.tile(sums.sum(axis=0), (3, 1)))
    found = share_intervals(sample_design(np.ones(400)), outcome, factors, list(factors))
    for own, one in zip(found, whole.drivers, strict=True):
        assert own.lower == own.upper == pytest.approx(one.lmg / whole.r_squared, rel=1e-9)


def test_what_moves_the_outcome_and_is_rated_low_is_surely_the_first() -> None:
    outcome, factors = answers(600)
    found = share_intervals(sample_design(np.ones(600)), outcome, factors, list(factors))
    assert [one.is_certain for one in found] == [True, False, False]
    assert (found[0].rank_low, found[0].rank_high) == (1, 1)


def test_order_of_factors_alike_is_not_certain() -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(1, 6, (300, 3)).astype(float)
    outcome = np.clip(np.round(x.mean(axis=1) + rng.normal(0, 1, 300)), 1, 5)
    found = share_intervals(sample_design(np.ones(300)), outcome, dict(zip("ABC", x.T, strict=True)), "ABC")
    assert not any(one.is_certain for one in found)
    assert all(one.rank_low < one.rank_high for one in found)


def test_answers_alike_within_clusters_have_wider_intervals() -> None:
    outcome, factors = answers(60)
    rows, cluster = np.repeat(np.arange(60), 10), np.repeat(np.arange(60), 10)
    outcome, factors = outcome[rows], {name: values[rows] for name, values in factors.items()}
    alone = share_intervals(sample_design(np.ones(600)), outcome, factors, list(factors))
    together = share_intervals(sample_design(np.ones(600), psu=cluster), outcome, factors, list(factors))
    assert together[0].se > 2 * alone[0].se


def test_few_psus_and_many_drivers_say_nothing() -> None:
    outcome, factors = answers(300)
    few = sample_design(np.ones(300), psu=np.arange(300) % 8)
    assert share_intervals(few, outcome, factors, list(factors)) == ()
    many = {f"F{k}": np.random.default_rng(k).normal(size=300) for k in range(9)}
    assert share_intervals(sample_design(np.ones(300)), outcome, many, list(many)) == ()


def test_a_hundred_thousand_rows_cost_no_second_of_processor_and_the_same_seed_gives_the_same() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(1, 6, (100_000, 5)).astype(float)
    outcome = np.clip(np.round(x.mean(axis=1) + rng.normal(0, 1, 100_000)), 1, 5)
    design = sample_design(np.ones(100_000), strata=rng.integers(0, 500, 100_000))
    factors = dict(zip("ABCDE", x.T, strict=True))
    begun = time.process_time()
    found = share_intervals(design, outcome, factors, "ABCDE")
    assert time.process_time() - begun < 2  # 0.5 s alone on its machine
    assert found == share_intervals(design, outcome, factors, "ABCDE")
