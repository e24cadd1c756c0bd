"""Small-area figures benchmarked to the whole: by hand, on the reference areas, and by simulation of their errors."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.models import benchmarking, small_areas
from tests.analysis import reference
from tests.analysis.reference import numbers


def test_error_of_the_move_by_hand() -> None:
    """A = 1, D = (1, 3), w = ½: B = (½, ¾), V = (2, 4), b = (¼, ⅜).

    b'Vb = 1/8 + 9/16 = 11/16; (Σb)²/Σ(1/V) = (5/8)²/(3/4) = 25/48; g4 = 33/48 − 25/48 = 1/6.
    """
    y, d = np.array([4.0, 0.0]), np.array([1.0, 3.0])
    made = small_areas.FayHerriot(1.0, np.array([8 / 3]), 0.0, np.array([10 / 3, 2.0]), np.array([0.5, 0.75]))
    found = benchmarking.benchmarked_fay_herriot(made, y, d, np.empty((2, 0)), np.array([5.0, 5.0]))
    assert found.before == pytest.approx(8 / 3)
    np.testing.assert_allclose(found.estimate, [10 / 3 - 2 / 3, 2 - 2 / 3])
    assert found.added == pytest.approx(1 / 6)
    np.testing.assert_allclose(found.mse, [0.5 + 1 / 6, 0.75 + 1 / 6])
    # to another total, 1 away from the direct mean of 2, the square of what is between them is added
    away = benchmarking.benchmarked_fay_herriot(made, y, d, np.empty((2, 0)), np.array([1.0, 1.0]), total=3.0)
    assert away.added == pytest.approx(1 / 6 + 1)
    assert away.estimate.mean() == pytest.approx(3)
    ratio = benchmarking.benchmarked_fay_herriot(made, y, d, np.empty((2, 0)), np.ones(2), adjustment="ratio")
    np.testing.assert_allclose(ratio.estimate, np.array([10 / 3, 2]) * 2 / (8 / 3))
    np.testing.assert_allclose(ratio.mse, np.array([0.5, 0.75]) + (np.array([10 / 3, 2]) / (8 / 3)) ** 2 / 6)


@pytest.mark.parametrize("adjustment", benchmarking.ADJUSTMENTS)
@pytest.mark.parametrize("method", small_areas.METHODS)
def test_reference_areas_meet_the_direct_total_and_stay_as_sae_has_them_before(method: str, adjustment: str) -> None:
    areas, expected = reference.read_csv(reference.ORACLE / "areas.csv"), reference.expected()
    x = np.column_stack([numbers(areas["x1"]), numbers(areas["x2"])])
    direct, variance, weight = numbers(areas["direct"]), numbers(areas["var_smooth"]), numbers(areas["n"])
    made = small_areas.fay_herriot(direct, variance, x, method=method)
    found = benchmarking.benchmarked_fay_herriot(made, direct, variance, x, weight, adjustment=adjustment)
    whole = float(weight @ direct / weight.sum())
    assert abs(float(weight @ found.estimate / weight.sum()) - whole) < 1e-10
    sae = expected["fay_herriot_areas"]["rows"]
    np.testing.assert_allclose(made.estimate, [row[f"eblup_{method}"] for row in sae], rtol=1e-5)
    assert (found.mse > made.mse).all()
    total = 0.8
    moved = benchmarking.benchmarked_fay_herriot(made, direct, variance, x, weight, total=total, adjustment=adjustment)
    assert abs(float(weight @ moved.estimate / weight.sum()) - total) < 1e-10


def test_mean_squared_error_is_that_of_simulated_areas() -> None:
    """20,000 sets of 12 areas under the model with its variances known: no area further off than 4 %."""
    draw = np.random.default_rng(20261201)
    areas, sets, between = 12, 20_000, 0.5
    d, weight = np.linspace(0.2, 2.5, areas), np.linspace(1.0, 4.0, areas)
    x = draw.normal(size=areas)
    design = np.column_stack([np.ones(areas), x])
    v = between + d
    truth = design @ np.array([1.0, 0.5]) + draw.normal(0, np.sqrt(between), (sets, areas))
    y = truth + draw.normal(0, np.sqrt(d), (sets, areas))
    cross = np.linalg.inv(design.T @ (design / v[:, None]))
    fit = y @ (design / v[:, None]) @ cross @ design.T
    blup = y - d / v * (y - fit)
    own = between * d / v + (d / v) ** 2 * np.einsum("ij,jk,ik->i", design, cross, design)
    moved = blup + ((y - blup) @ weight / weight.sum())[:, None]
    made = small_areas.FayHerriot(between, cross[0], 0.0, blup[0], own)
    found = benchmarking.benchmarked_fay_herriot(made, y[0], d, x, weight)
    np.testing.assert_allclose(found.estimate, moved[0], rtol=1e-10)
    np.testing.assert_allclose(((moved - truth) ** 2).mean(axis=0), found.mse, rtol=0.04)
    assert ((moved - truth) ** 2).mean() > ((blup - truth) ** 2).mean() * 1.01


def test_shrunken_rates_meet_the_whole_and_keep_their_interval_inside() -> None:
    areas = reference.read_csv(reference.ORACLE / "areas.csv")
    satisfied, n = numbers(areas["satisfied"]), numbers(areas["n"])
    made = small_areas.beta_binomial(satisfied, n)
    found = benchmarking.benchmarked_beta_binomial(made, satisfied, n, n)
    assert abs(float(n @ found.estimate / n.sum()) - satisfied.sum() / n.sum()) < 1e-10
    assert ((found.lower < found.estimate) & (found.estimate < found.upper)).all()
    assert (found.upper - found.lower > (made.upper - made.lower) * 0.99).all()
    # two areas, μ = ½, ρ = ½ (prior 1): B = (½, ⅓), V = ¼(½ + ½/n) = (¼, 3/16), w = ½
    two = small_areas.BetaBinomial(0.5, 0.5, np.array([0.75, 0.5]), np.array([0.06, 0.06]), np.zeros(2), np.ones(2))
    moved = benchmarking.benchmarked_beta_binomial(two, np.array([1.0, 1.0]), np.array([1.0, 2.0]), np.ones(2))
    b, v = np.array([1 / 4, 1 / 6]), np.array([1 / 4, 3 / 16])
    assert moved.added == pytest.approx(b**2 @ v - b.sum() ** 2 / (1 / v).sum())
    assert moved.total == pytest.approx(0.75)


def test_what_cannot_be_benchmarked_is_refused() -> None:
    values = np.array([0.5, 0.5])
    with pytest.raises(AnalysisError, match="unknown"):
        benchmarking.benchmarked(values, np.ones(2), 0.6, adjustment="both")
    with pytest.raises(AnalysisError, match="0 or more"):
        benchmarking.benchmarked(values, np.array([1.0, -1.0]), 0.6)
    with pytest.raises(AnalysisError, match="no factor"):
        benchmarking.benchmarked(np.zeros(2), np.ones(2), 0.6, adjustment="ratio")
    outside = benchmarking.benchmarked_beta_binomial(
        small_areas.BetaBinomial(0.9, 0.5, np.array([0.99, 0.5]), np.full(2, 0.01), np.zeros(2), np.ones(2)),
        np.array([9.0, 5.0]), np.array([10.0, 10.0]), np.ones(2), total=0.95,
    )  # fmt: skip
    assert outside.estimate[0] > 1
    assert np.isnan(outside.lower[0])
