"""Rank confidence sets, funnels and differences between domains, against csranks, svycontrast and known cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.inference import comparison, ranking
from analysis.totals.measure_plan import Measure
from tests.analysis import reference
from tests.analysis.conftest import Streamed, chunk, totals
from tests.analysis.reference import Agreement, numbers

EXPECTED = reference.expected()
OVERALL = Measure("overall_rate", "overall")


def family(name: str) -> list[dict[str, Any]]:
    return [row for row in EXPECTED["rank_confidence_sets"]["rows"] if row["family"] == name]


def compare(found: ranking.Ranking, rows: list[dict[str, Any]], places: list[int]) -> None:
    """The tolerance of the oracle, both being simulated: at most two bounds of a family differ, each by one rank."""
    assert [int(found.rank[place]) for place in places] == [row["rank"] for row in rows]
    wanted = np.array([[row[name] for name in ("simul_L", "simul_U", "marg_L", "marg_U")] for row in rows])
    apart = np.abs(np.hstack([found.simultaneous[places], found.marginal[places]]) - wanted)
    assert apart.max() <= 1
    assert np.count_nonzero(apart) <= 2


def test_rank_sets_of_areas_equal_csranks() -> None:
    areas = reference.read_csv(reference.ORACLE / "areas.csv")
    found = ranking.rank_units(numbers(areas["direct"])[:60], numbers(areas["var_smooth"])[:60])
    compare(found, family("first 60 areas"), list(range(60)))
    assert found.is_noise, "60 areas of 60 answers: almost no pair can be told apart"


def test_rank_sets_of_districts_equal_csranks(streamed: Streamed) -> None:
    joint = comparison.joint(totals("fpc2"), ("district",), OVERALL)
    rows = family("districts with se>0 and df>0")
    keep = [streamed.level("fpc2", ("district",), row["unit"]) for row in rows]
    found = ranking.rank_units(joint.estimate[keep], joint.covariance[np.ix_(keep, keep)])
    compare(found, rows, list(range(len(rows))))


def test_a_perfect_unit_and_an_empty_one_are_set_aside() -> None:
    found = ranking.rank_units(np.array([0.9, 1.0, np.nan, 0.5]), np.array([0.01, 0.0, 0.01, 0.01]), draws=500)
    assert found.rank.tolist() == [1, 0, 0, 2]
    assert found.simultaneous[1].tolist() == [0, 0]


def test_units_far_apart_are_ranked_surely_and_grouped_apart() -> None:
    found = ranking.rank_units(np.array([0.2, 0.9, 0.89, 0.5]), np.full(4, 1e-4), draws=2000)
    assert found.rank.tolist() == [4, 1, 2, 3]
    assert found.group.tolist() == [3, 1, 1, 2]
    assert found.simultaneous[0].tolist() == [4, 4]
    assert not found.is_noise


@pytest.mark.parametrize(("gap", "surely"), [(2.1, False), (2.28, True)])
def test_the_reverse_of_a_proven_order_stays_in_the_maximum(gap: float, surely: bool) -> None:
    """Three units of error 1, the first far ahead; the limits are quantiles of the largest of independent normals.

    No step: the two others are told apart from 2.34 standard errors on (studentised range of three, q/√2). Once "the
    first is above the second" and "above the third" are proven, their reverses stay: 2.20. Without these it would be
    1.96, and the sets of a gap of 2.1 would be single ranks.
    """
    found = ranking.rank_units(np.array([20.0, gap * np.sqrt(2), 0.0]), np.ones(3))
    assert found.simultaneous.tolist() == ([[1, 1], [2, 2], [3, 3]] if surely else [[1, 1], [2, 3], [2, 3]])
    assert found.told_apart == pytest.approx(1.0 if surely else 2 / 3)


def test_a_unit_looked_up_alone_keeps_the_reverse_too() -> None:
    """Seen from the second of three, as from the whole table: 2.1 standard errors are not enough beside the first."""
    draws = np.random.default_rng(5).standard_normal((200_000, 3))
    second_above_third, second_above_first = draws[:, 1] - draws[:, 2], draws[:, 1] - draws[:, 0]
    largest = np.maximum(np.abs(second_above_third), second_above_first) / np.sqrt(2)
    critical = float(np.quantile(largest, 0.95))
    assert 1.97 < critical < 2.2
    for gap, expected in ((critical - 0.05, [2, 3]), (critical + 0.05, [2, 2])):
        found = ranking.rank_units(np.array([20.0, gap * np.sqrt(2), 0.0]), np.ones(3))
        assert found.marginal[1].tolist() == expected


@pytest.mark.parametrize("truth", [(3.5, 0, 0, 0, 0), (2, 1.5, 1, 0.5, 0), (9, 0, 0, 0, -9)])
def test_all_true_ranks_lie_in_their_simultaneous_sets_as_often_as_promised(truth: tuple[float, ...]) -> None:
    """Units that are alike have every rank among them; 400 surveys, three Monte Carlo errors allowed."""
    level, surveys, theta = 0.95, 400, np.array(truth, np.float64)
    best = 1 + (theta > theta[:, None]).sum(axis=1)
    worst = len(theta) - (theta < theta[:, None]).sum(axis=1)
    noise = np.random.default_rng(11).standard_normal((surveys, len(theta)))
    covered = 0
    for k in range(surveys):
        bounds = ranking.rank_units(theta + noise[k], np.ones(len(theta)), draws=500, seed=k).simultaneous
        covered += bool((bounds[:, 0] <= best).all() and (bounds[:, 1] >= worst).all())
    assert covered / surveys >= level - 3 * np.sqrt(level * (1 - level) / surveys)


def test_marginal_sets_lie_inside_simultaneous_ones() -> None:
    areas = reference.read_csv(reference.ORACLE / "areas.csv")
    found = ranking.rank_units(numbers(areas["direct"])[:30], numbers(areas["var_smooth"])[:30], draws=5000)
    assert (found.marginal[:, 0] >= found.simultaneous[:, 0]).all()
    assert (found.marginal[:, 1] <= found.simultaneous[:, 1]).all()


def test_the_funnel_equals_the_textbook_formula() -> None:
    areas, row = reference.read_csv(reference.ORACLE / "areas.csv"), EXPECTED["funnel"]["rows"]
    n = numbers(areas["n"])
    found = ranking.funnel(numbers(areas["direct"]), n, numbers(areas["deff"]), row["target"])
    agreement = Agreement()
    for name in ("target", "phi", "tau2"):
        agreement.add(name, getattr(found, name), row[name], tolerance=1e-8)
    np.testing.assert_allclose(found.z, row["z"], rtol=1e-8)
    np.testing.assert_allclose(found.z_overdispersed, row["z_overdispersed"], rtol=1e-8)
    assert found.outside(overdispersed=False).sum() == row["outside_3.09"]
    assert found.outside().sum() == row["outside_3.09_overdispersed"]
    limits = found.limits()
    direct = numbers(areas["direct"])
    assert ((direct < limits[:, 0]) | (direct > limits[:, 1])).sum() == row["outside_3.09_overdispersed"]


@pytest.mark.parametrize("design", ["wr", "fpc2"])
def test_contrasts_between_domains_equal_svycontrast(design: str) -> None:
    agreement = Agreement()
    labels = chunk(design)[1]
    for row in EXPECTED["contrasts"]["rows"]:
        if row["design"] != design:
            continue
        words = row["contrast"].split()
        joint = comparison.joint(totals(design), (words[0],), OVERALL)
        if words[1] == "linear":
            found = comparison.contrast(joint, np.array([-3.0, -1.0, 1.0, 3.0]) / 10)
        else:
            found = comparison.difference(joint, labels[words[0]].index(words[1]), labels[words[0]].index(words[3]))
        agreement.add("est", found.estimate, row["est"], row["contrast"], tolerance=1e-8)
        agreement.add("se", found.se, row["se"], row["contrast"], tolerance=1e-8)
        assert found.df == 42
    assert agreement.compared == 16
    print("contrasts", agreement.worst)


def test_independent_samples_are_compared_with_satterthwaites_df() -> None:
    found = comparison.independent(0.9, 0.02, 10, 0.8, 0.02, 10)
    assert found.df == pytest.approx(20)
    assert found.se == pytest.approx(0.02 * np.sqrt(2))
    assert found.p_value == pytest.approx(0.0021, abs=3e-4)
    assert np.isnan(comparison.independent(0.9, 0.02, 0, 0.8, 0.02, 10).p_value)
