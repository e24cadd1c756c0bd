"""Charts, data quality, small areas and the opt-in channel against qcc, careless, sae, VGAM and R's own formulas."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from analysis.design import calibration
from analysis.design.sample_design import sample_design
from analysis.errors import AnalysisError
from analysis.estimation import estimators
from analysis.models import small_areas
from analysis.monitoring import control_charts, optin, quality
from tests.analysis import reference
from tests.analysis.reference import ITEMS, Agreement, numbers

EXPECTED = reference.expected()
FIVE = ("service", "gender", "age", "ethnicity", "urban")


def test_charts_equal_qcc_and_the_break_is_found() -> None:
    series, row = reference.read_csv(reference.ORACLE / "series.csv"), EXPECTED["monitoring"]["rows"]
    n, good = numbers(series["n"]), numbers(series["satisfied"])
    found = control_charts.charts(good, n)
    assert found.center == pytest.approx(row["center"], rel=1e-8)
    for own, wanted in (
        (found.lower, "lcl"),
        (found.upper[: len(row["ucl"])], "ucl"),
        (found.z, "z"),
        (found.ewma, "ewma"),
        (-found.ewma_limit, "ewma_lcl"),
        (found.ewma_limit, "ewma_ucl"),
        (found.cusum_high, "cusum_pos"),
        (found.cusum_low, "cusum_neg"),
    ):
        pairs = [(a, b) for a, b in zip(own, row[wanted], strict=True) if b is not None]
        np.testing.assert_allclose([a for a, _ in pairs], [b for _, b in pairs], rtol=1e-8, atol=1e-12, err_msg=wanted)
    assert list(found.p_chart_out) == row["p_chart_out"]
    assert list(found.ewma_out) == row["ewma_out"]
    assert list(found.cusum_out_low) == row["cusum_out_low"]
    assert list(found.cusum_out_high) == row["cusum_out_high"]
    (at,) = control_charts.break_points(good / n)
    assert abs(at - row["breakpoints"]) <= 1


def test_a_level_series_has_no_break_and_a_period_without_answers_is_named() -> None:
    assert control_charts.break_points(np.tile([0.8, 0.9], 20)) == ()
    with pytest.raises(AnalysisError, match="Period 3 has no answers"):
        control_charts.charts(np.zeros(5), np.array([1, 1, 0, 1, 1]), baseline=2)


def test_long_strings_and_own_spread_equal_careless() -> None:
    data, row = reference.survey(), EXPECTED["data_quality"]["rows"]
    codes = data.codes[:, :22]
    complete = (codes != 255).all(axis=1)
    assert complete.sum() == row["n_complete"]
    longest, spread = quality.longest_string(codes), quality.own_spread(codes)
    lengths, counts = np.unique(longest[complete], return_counts=True)
    assert dict(zip(map(str, lengths), counts.tolist(), strict=True)) == row["longstring_table_complete"]
    assert np.nanmean(spread) == pytest.approx(row["irv_mean"], rel=1e-8)
    assert (spread == 0).sum() == row["irv_zero"]
    place = [int(np.flatnonzero(data["id"] == one)[0]) for one in row["sample_ids"]]
    assert longest[place].tolist() == row["sample_longstring"]
    np.testing.assert_allclose(spread[place], row["sample_irv"], rtol=1e-8, atol=1e-12)
    assert quality.straight_lines(codes).sum() >= 206
    assert len(ITEMS) == 22


def test_speed_repeats_bursts_and_impossible_counts_are_flagged() -> None:
    seconds = np.array([100.0, 110, 90, 20, np.nan, 10, 11, 12])
    mode = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    assert np.flatnonzero(quality.too_fast(seconds, mode)).tolist() == [3]
    codes = np.array([[1, 2, 3, 4, 5, 1, 2, 3]] * 3 + [[5] * 8] * 2, np.uint8)
    assert quality.repeated_vectors(codes, np.array([1, 1, 2, 1, 1])).tolist() == [2, 2, 1, 1, 1]
    assert np.flatnonzero(quality.bursts(np.array([0, 2, 3, 2, 40, 1, 2]))).tolist() == [4]
    found = quality.against_transactions(np.array([5, 20]), np.array([50.0, 10.0]))
    assert [one.impossible for one in found] == [False, True]


@pytest.mark.parametrize("method", small_areas.METHODS)
def test_fay_herriot_equals_sae(method: str) -> None:
    areas, agreement = reference.read_csv(reference.ORACLE / "areas.csv"), Agreement()
    x = np.column_stack([numbers(areas["x1"]), numbers(areas["x2"])])
    found = small_areas.fay_herriot(numbers(areas["direct"]), numbers(areas["var_smooth"]), x, method=method)
    row = next(one for one in EXPECTED["fay_herriot_fit"]["rows"] if one["method"] == method)
    agreement.add("between", found.between, row["refvar"], method, tolerance=1e-5)
    agreement.add("loglik", found.loglik, row["loglik"], method, tolerance=1e-5)
    for k in range(3):
        agreement.add("beta", found.coefficients[k], row[f"b{k}"], method, tolerance=1e-5)
    for k, area in enumerate(EXPECTED["fay_herriot_areas"]["rows"]):
        agreement.add("eblup", found.estimate[k], area[f"eblup_{method}"], area["area"], tolerance=1e-5)
        agreement.add("mse", found.mse[k], area[f"mse_{method}"], area["area"], tolerance=1e-5)
    print(method, agreement.worst)


def test_beta_binomial_shrinkage_equals_vgam() -> None:
    areas, row = reference.read_csv(reference.ORACLE / "areas.csv"), EXPECTED["beta_binomial_eb"]["rows"]
    found = small_areas.beta_binomial(numbers(areas["satisfied"]), numbers(areas["n"]))
    assert found.mean == pytest.approx(row["mu"], rel=1e-4)
    assert found.correlation == pytest.approx(row["rho"], rel=1e-4)
    for own, name in ((found.estimate, "posterior_mean"), (found.lower, "lo"), (found.upper, "hi")):
        np.testing.assert_allclose(own, row[name], rtol=1e-4)


def test_an_area_of_variance_zero_is_refused() -> None:
    with pytest.raises(AnalysisError, match="Area 2 has no estimate with a variance above 0"):
        small_areas.fay_herriot(np.array([0.9, 1.0, 0.8]), np.array([0.01, 0.0, 0.01]), np.zeros((3, 1)))


def test_the_opt_in_channel_equals_r() -> None:
    sample, row = reference.read_csv(reference.ORACLE / "optin.csv"), EXPECTED["optin"]["rows"]
    data = reference.survey()
    agreement = Agreement()
    satisfied = (numbers(sample["overall"]) >= 4).astype(float)
    table = reference.read_csv(reference.ORACLE / "margins.csv")
    counts = {
        name: {
            level: float(count)
            for margin, level, count in zip(table["margin"], table["level"], table["count"], strict=True)
            if margin == name
        }
        for name in FIVE
    }
    people = sum(counts["service"].values())
    design = sample_design(np.full(len(satisfied), people / len(satisfied)))
    naive = estimators.mean(design, satisfied)
    margins = [calibration.margin(name, sample[name], counts[name], design.weights) for name in FIVE]
    raked = calibration.rake(design, margins).design
    weighted = estimators.mean(raked, satisfied)
    known = (data.weight > 0) & ~np.isnan(data.answers("overall"))
    found = optin.representativity(
        [sample[name] for name in FIVE], [data[name][known] for name in FIVE], data.weight[known], FIVE
    )
    figures = {"naive": naive.estimate, "naive_se": naive.se, "raked": weighted.estimate}
    figures |= {"R_indicator": found.r_indicator, "max_bias_cv": found.cv}
    figures |= {"ipw": found.pseudo_weights @ satisfied / found.pseudo_weights.sum()}
    figures |= {"ipw_sum_w": found.pseudo_weights.sum()}
    for name, value in figures.items():
        agreement.add(name, value, row[name], tolerance=1e-6)
    agreement.add("raked_se", weighted.se, row["raked_se"], tolerance=3e-2)
    for term, value in zip(found.terms, found.coefficients, strict=True):
        agreement.add(term, value, row["propensity_coef"][term], tolerance=1e-6)
    drawn = estimators.mean(reference.design("wr"), data.satisfied("overall"))
    shown = optin.gap(weighted.estimate, weighted.se, weighted.df, drawn.estimate, drawn.se, drawn.df)
    assert shown.difference.upper < 0, "self-selected people are less satisfied, and surely so"
    assert not shown.usable_together
    print("optin", agreement.worst)


@pytest.mark.parametrize("items", [3, 8, 9, 22])
def test_rows_of_one_vector_in_one_group_are_counted_whatever_the_number_of_questions(items: int) -> None:
    rng = np.random.default_rng(items)
    pool = rng.integers(1, 6, (40, items)).astype(np.uint8)
    codes, group = pool[rng.integers(0, 40, 3000)], rng.integers(0, 9, 3000) * 10**11
    counted = Counter((int(g), row.tobytes()) for g, row in zip(group, codes, strict=True))
    expected = [counted[int(g), row.tobytes()] if len(set(row)) > 1 else 1 for g, row in zip(group, codes, strict=True)]
    assert quality.repeated_vectors(codes, group, least_answers=1).tolist() == expected
