"""Weights in stages: frame cells and their merging, base weights, non-response classes, trimming, raking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import optimize

from analysis.design import calibration, weights
from analysis.design.frame_weights import AnswerCells, CellWeights, FrameCells, frame_weights
from analysis.design.sample_design import sample_design
from analysis.errors import WeightingError


def frame(*cells: tuple[int, int, float, int, int]) -> FrameCells:
    unit, field, population, group, kind = (np.array(column) for column in zip(*cells, strict=True))
    return FrameCells(unit, field, population.astype(float), group, kind)


def answers(*cells: tuple[int, int, int]) -> AnswerCells:
    return AnswerCells(*(np.array(column, np.int64) for column in zip(*cells, strict=True)))


def weight(found: CellWeights, unit: int, field: int) -> float:
    return float(found.weight[found.keys.tolist().index([unit, field])])


def test_a_cell_with_enough_answers_weighs_population_over_answers() -> None:
    found = frame_weights(frame((1, 1, 300, 0, 0), (1, 2, 50, 0, 0)), answers((1, 1, 30), (1, 2, 5)))
    assert (weight(found, 1, 1), weight(found, 1, 2)) == (10.0, 10.0)
    assert found.merges == ()


def test_a_thin_cell_is_merged_inside_unit_and_target_group_first() -> None:
    cells = frame((1, 1, 300, 0, 0), (1, 2, 50, 0, 0), (1, 3, 900, 1, 0))
    found = frame_weights(cells, answers((1, 1, 30), (1, 2, 4), (1, 3, 90)))
    assert weight(found, 1, 1) == weight(found, 1, 2) == 350 / 34
    assert weight(found, 1, 3) == 10.0
    assert [(merge.level, merge.cells) for merge in found.merges] == [("unit and target group", ((1, 1), (1, 2)))]


def test_then_inside_the_unit_then_inside_the_kind_of_unit() -> None:
    cells = frame((1, 1, 300, 0, 0), (1, 3, 90, 1, 0), (2, 1, 70, 0, 0), (3, 1, 1000, 0, 0), (4, 1, 500, 0, 1))
    found = frame_weights(cells, answers((1, 1, 30), (1, 3, 3), (2, 1, 2), (3, 1, 100), (4, 1, 50)))
    assert weight(found, 1, 1) == weight(found, 1, 3) == 390 / 33
    assert weight(found, 2, 1) == weight(found, 3, 1) == 1070 / 102
    assert weight(found, 4, 1) == 10.0
    assert [merge.level for merge in found.merges] == ["unit", "kind of unit"]


def test_thin_cells_are_merged_with_one_another_before_a_large_one_is_touched() -> None:
    cells = frame((1, 1, 300, 0, 0), (1, 2, 40, 0, 0), (1, 3, 20, 0, 0))
    found = frame_weights(cells, answers((1, 1, 30), (1, 2, 3), (1, 3, 3)))
    assert weight(found, 1, 1) == 10.0
    assert weight(found, 1, 2) == weight(found, 1, 3) == 10.0
    assert found.merges[0].cells == ((1, 2), (1, 3))


def test_a_cell_without_transactions_is_not_merged_and_its_answers_take_the_mean_of_the_unit_and_a_flag() -> None:
    cells = frame((1, 1, 300, 0, 0), (1, 2, 100, 1, 0), (1, 3, 0, 1, 0))
    found = frame_weights(cells, answers((1, 1, 30), (1, 2, 5), (1, 3, 2), (1, -1, 7), (9, 1, 4)))
    mean = 400 / 35
    assert weight(found, 1, 3) == weight(found, 1, -1) == pytest.approx(mean)
    assert weight(found, 9, 1) == pytest.approx(mean), "a unit without a frame takes the mean of all"
    flagged = {tuple(key) for key, flag in zip(found.keys.tolist(), found.flagged, strict=True) if flag}
    assert flagged == {(1, 3), (1, -1), (9, 1)}
    assert found.stages[-1].flagged == 13


def test_population_that_no_answer_stands_for_is_told() -> None:
    cells = frame((1, 1, 300, 0, 0), (5, 1, 80, 0, 7))
    found = frame_weights(cells, answers((1, 1, 30)))
    assert found.uncovered == 80


def test_a_frame_with_a_cell_twice_is_refused() -> None:
    with pytest.raises(WeightingError, match="twice"):
        frame((1, 1, 300, 0, 0), (1, 1, 20, 0, 0))


def test_stage_records_what_unequal_weights_cost() -> None:
    stage = weights.stage_of("base", np.array([1.0, 3.0, 0.0]), np.array([2.0, 2.0, 5.0]))
    assert (stage.n, stage.total, stage.smallest, stage.largest) == (4, 8.0, 1.0, 3.0)
    assert stage.kish == pytest.approx(4 * 20 / 64)
    assert stage.cv == pytest.approx(0.5)


def test_a_sample_larger_than_its_population_is_refused() -> None:
    with pytest.raises(WeightingError, match="larger than"):
        weights.base_weights(np.array([0, 0, 0]), np.array([2.0]))


def test_nonresponse_classes_pass_the_weight_of_the_silent_on() -> None:
    w = np.array([2.0, 2.0, 2.0, 5.0, 5.0])
    found = weights.nonresponse_weights(w, np.array([0, 0, 0, 1, 1]), np.array([True, False, True, True, True]))
    assert found.tolist() == [3.0, 0.0, 3.0, 5.0, 5.0]
    with pytest.raises(WeightingError, match="Class 1 has nobody"):
        weights.nonresponse_weights(w, np.array([0, 0, 0, 1, 1]), np.array([True, True, True, False, False]))


@given(st.lists(st.floats(0.5, 50), min_size=8, max_size=60), st.floats(1.2, 4))
@example([1.0, 1.0, 7.0, 7.0, 7.0, 8.0, 8.0, 8.0], 1.25)
def test_trimming_keeps_the_sum_and_the_bound(values: list[float], times: float) -> None:
    w = np.array(values)
    upper = float(w.mean() * times)
    cut = weights.trimmed(w, upper=upper)
    assert cut.sum() == pytest.approx(w.sum(), rel=1e-9)
    assert cut.max() <= upper * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["rake", "linear", "raking", "logit", "poststratify"]))
def test_calibrated_totals_reproduce_the_controls(seed: int, method: str) -> None:
    random = np.random.default_rng(seed)
    n = 400
    design = sample_design(random.uniform(1, 4, n), psu=random.integers(0, 30, n))
    first, second = random.integers(0, 3, n), random.integers(0, 4, n)
    truth = random.uniform(0.8, 1.25, n) * design.weights
    margins = []
    for name, column in (("a", first), ("b", second)):
        counts = {str(k): float(truth[column == k].sum()) for k in np.unique(column)}
        margins.append(calibration.margin(name, column, counts, design.weights))
    if method == "rake":
        made = calibration.rake(design, margins)
    elif method == "poststratify":
        made = calibration.post_stratify(design, margins[0])
        margins = margins[:1]
    else:
        bounds = (0.3, 3.0) if method == "logit" else None
        made = calibration.calibrate(design, margins, method=method, bounds=bounds)
    assert made.report.converged
    for one in margins:
        np.testing.assert_allclose(np.bincount(one.codes, made.weights), one.totals, rtol=1e-8)
    if method == "logit":
        g = made.weights / design.weights
        assert g.min() >= 0.3
        assert g.max() <= 3.0


def test_margins_of_different_totals_are_refused() -> None:
    design = sample_design(np.ones(4))
    first = calibration.margin("sex", np.array(["f", "f", "m", "m"]), {"f": 10, "m": 10})
    second = calibration.margin("age", np.array(["y", "o", "y", "o"]), {"y": 10, "o": 30})
    with pytest.raises(WeightingError, match="sums to 20, margin age to 40"):
        calibration.rake(design, [first, second])


def test_a_level_without_a_count_or_without_people_is_named() -> None:
    with pytest.raises(WeightingError, match="Row 3 has sex 'x'"):
        calibration.margin("sex", np.array(["f", "m", "x"]), {"f": 1, "m": 1})
    with pytest.raises(WeightingError, match="level 'm', but no respondent"):
        calibration.margin("sex", np.array(["f", "f"]), {"f": 1, "m": 1})


def test_bounds_that_cannot_be_met_say_how_near_they_came() -> None:
    design = sample_design(np.ones(10))
    sex = calibration.margin("sex", np.array(["f"] * 9 + ["m"]), {"f": 10, "m": 90})
    with pytest.raises(WeightingError, match="did not meet its controls"):
        calibration.calibrate(design, [sex], method="logit", bounds=(0.5, 2.0))


def test_raking_within_bounds_is_the_nearest_by_its_distance_that_keeps_them() -> None:
    """Deville and Särndal's problem solved by a general optimiser: least Σ d (g log g − g + 1) within the bounds."""
    random = np.random.default_rng(3)
    base = random.uniform(1, 3, 30)
    columns = {"sex": np.array(["f", "m"])[random.integers(0, 2, 30)], "age": random.integers(0, 3, 30).astype(str)}
    truth = base * random.uniform(0.7, 1.4, 30)
    known = [
        calibration.margin(name, column, {level: float(truth[column == level].sum()) for level in np.unique(column)})
        for name, column in columns.items()
    ]
    design = sample_design(base)
    free = calibration.calibrate(design, known, method="raking").weights / base
    bounds = (0.1, 0.97 * float(free.max()))
    found = calibration.calibrate(design, known, method="raking", bounds=bounds)
    ratio = found.weights / base
    assert found.report.converged
    assert ratio.max() == pytest.approx(bounds[1], rel=1e-12), "the bound binds"
    held = [
        {"type": "eq", "fun": lambda g, one=one, k=k: float((base * g)[one.codes == k].sum() - one.totals[k])}
        for one in known
        for k in range(len(one.totals) - (one is not known[0]))
    ]
    nearest = optimize.minimize(
        lambda g: float(base @ (g * np.log(g) - g + 1)), np.ones(30), jac=lambda g: base * np.log(g),
        bounds=[bounds] * 30, constraints=held, method="SLSQP", options={"ftol": 1e-14, "maxiter": 1000},
    )  # fmt: skip
    assert nearest.success
    np.testing.assert_allclose(ratio, nearest.x, atol=1e-5)


def test_people_of_a_level_with_a_count_of_zero_are_not_dropped() -> None:
    with pytest.raises(WeightingError, match="Margin sex has count 0 for level 'm', but 2 respondents there"):
        calibration.margin("sex", np.array(["f", "m", "m"]), {"f": 10, "m": 0})
    sex = calibration.margin("sex", np.array(["f", "m", "m"]), {"f": 10, "m": 0}, np.array([1.0, 0.0, 0.0]))
    assert sex.totals.tolist() == [10, 0]


def test_weights_below_zero_are_refused() -> None:
    design = sample_design(np.ones(8))
    sex = calibration.margin("sex", np.array([*"ffffmmmm"]), {"f": 39, "m": 1})
    age = calibration.margin("age", np.array([*"yyyoyyyo"]), {"y": 1, "o": 39})
    with pytest.raises(WeightingError, match="makes 3 weights negative, the first in row 5"):
        calibration.calibrate(design, [sex, age], method="linear")
