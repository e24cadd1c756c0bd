"""Not worse than before and equivalent to before: by hand, beside statsmodels, and with the covariance that R has."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind

from analysis.errors import AnalysisError
from analysis.inference import comparison, margins
from analysis.inference.comparison import Difference, independent
from analysis.inference.margins import MarginTest, against_margin
from analysis.totals.measure_plan import Measure
from tests.analysis import reference
from tests.analysis.conftest import chunk, totals

OVERALL = Measure("overall_rate", "overall")


def one(estimate: float, se: float, df: float, margin: float = 0.02) -> MarginTest:
    nothing = float("nan")
    return against_margin([Difference(estimate, se, df, nothing, nothing, nothing)], margin)[0]


def test_a_fall_of_half_a_point_by_hand() -> None:
    """Rates .880 and .885, errors .006 and .008 with 400 and 300 df, margin 2 points."""
    found = against_margin([independent(0.880, 0.006, 400, 0.885, 0.008, 300)], 0.02)[0]
    se = (0.006**2 + 0.008**2) ** 0.5  # 0.01
    df = se**4 / (0.006**4 / 400 + 0.008**4 / 300)
    assert found.difference.df == pytest.approx(df)
    assert found.p_not_worse == pytest.approx(stats.t.sf(1.5, df))  # (−.005 + .02)/.01
    assert found.p_equivalent == pytest.approx(max(stats.t.sf(1.5, df), stats.t.cdf(-2.5, df)))
    assert found.lower == pytest.approx(-0.005 - stats.t.ppf(0.95, df) * 0.01)
    assert (found.reading, found.equivalent) == ("not_proven", False)  # p = .067


@pytest.mark.parametrize(
    ("estimate", "reading", "equivalent"),
    [(0.03, "not_worse", False), (0.0, "not_worse", True), (-0.01, "not_proven", False), (-0.05, "worse", False)],
)
def test_what_a_difference_proves(estimate: float, reading: str, equivalent: bool) -> None:
    found = one(estimate, 0.01, 100)
    assert (found.reading, found.equivalent) == (reading, equivalent)


def test_two_simple_samples_equal_statsmodels() -> None:
    draw = np.random.default_rng(3)
    first, second = draw.normal(4.1, 0.8, 90), draw.normal(4.15, 0.6, 140)
    sides = [(x.mean(), x.std(ddof=1) / np.sqrt(len(x)), len(x) - 1) for x in (first, second)]
    found = against_margin([independent(*sides[0], *sides[1])], 0.25)[0]
    p, (t_low, p_low, df), (_, _, _) = ttost_ind(first, second, -0.25, 0.25, usevar="unequal")
    assert found.p_equivalent == pytest.approx(p, rel=1e-9)
    assert found.p_not_worse == pytest.approx(p_low, rel=1e-9)
    assert found.difference.df == pytest.approx(df)
    assert t_low == pytest.approx((found.difference.estimate + 0.25) / found.difference.se)


@pytest.mark.parametrize("design", ["wr", "fpc2"])
def test_domains_that_share_clusters_are_judged_with_the_covariance_of_r(design: str) -> None:
    """R's svycontrast gives estimate, se and 42 df; with independent errors the p-values would be others."""
    labels, rows = chunk(design)[1], reference.expected()["contrasts"]["rows"]
    compared = 0
    for row in rows:
        words = row["contrast"].split()
        if row["design"] != design or words[1] == "linear":
            continue
        joint = comparison.joint(totals(design), (words[0],), OVERALL)
        places = [labels[words[0]].index(words[k]) for k in (1, 3)]
        found = against_margin([comparison.difference(joint, *places)], 0.05)[0]
        assert found.p_not_worse == pytest.approx(stats.t.sf((row["est"] + 0.05) / row["se"], 42), rel=1e-6)
        assert found.p_worse == pytest.approx(stats.t.cdf((row["est"] + 0.05) / row["se"], 42), rel=1e-6)
        apart = independent(joint.estimate[places[0]], joint.se[places[0]], 42, joint.estimate[places[1]],
                            joint.se[places[1]], 42)  # fmt: skip
        assert abs(apart.se / found.difference.se - 1) > 1e-3
        compared += 1
    assert compared >= 5


def test_the_interval_reads_the_same_as_the_tests() -> None:
    draw = np.random.default_rng(4)
    for estimate, se, df in zip(
        draw.normal(0, 0.03, 400), draw.uniform(0.002, 0.03, 400), draw.integers(3, 200, 400), strict=True
    ):
        found = one(float(estimate), float(se), int(df))
        reading = "not_worse" if found.lower > -0.02 else "worse" if found.upper < -0.02 else "not_proven"
        assert found.reading == reading
        assert found.equivalent == (found.lower > -0.02 and found.upper < 0.02)
        assert (found.bound >= -0.02) == (reading == "not_worse")


def holm_by_hand(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted


def test_a_family_is_adjusted_by_holm_and_its_bounds_agree() -> None:
    draw = np.random.default_rng(5)
    for estimates in draw.normal([-0.02, -0.02, -0.02, 0.0, 0.03, -0.06], 0.01, (5, 6)):
        found = against_margin([Difference(e, 0.01, 200, 0, 0, 0) for e in estimates], 0.02)
        by_hand = holm_by_hand(stats.t.sf((estimates + 0.02) / 0.01, 200))
        np.testing.assert_allclose([one.p_not_worse for one in found], by_hand)
        assert [one.bound >= -0.02 for one in found] == (by_hand <= 0.05).tolist()


def test_the_bounds_of_a_family_hold_together() -> None:
    draw = np.random.default_rng(6)
    se, df, every = np.full(6, 0.01), np.full(6, 1e5), np.ones(6, bool)
    for truth in ([-0.02] * 6, [-0.02, -0.02, -0.02, 0.0, 0.03, -0.06]):
        covered = 0
        for estimates in draw.normal(truth, se, (4000, 6)):
            proven = holm_by_hand(stats.norm.sf((estimates + 0.02) / se)) <= 0.05
            bounds = margins._agreeing(estimates, se, df, proven, every, -0.02, 0.05)
            covered += bool((bounds <= np.array(truth) + 1e-12).all())
        assert covered / 4000 > 0.94  # nominal 95 % or more; the error of the simulation is 0.3 points


def test_what_has_no_error_is_outside_the_family() -> None:
    found = against_margin([Difference(0.0, 0.01, 50, 0, 0, 0), Difference(0.0, 0.0, 0, 0, 0, 0)], 0.02)
    assert found[0].p_not_worse == one(0.0, 0.01, 50).p_not_worse
    assert found[1].reading == "not_proven"
    assert np.isnan([found[1].p_not_worse, found[1].bound, found[1].lower]).all()


@pytest.mark.parametrize("margin", [0.0, -0.02, float("nan"), float("inf")])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(AnalysisError, match="positive number"):
        one(0.0, 0.01, 50, margin)


def test_self_selected_answers_prove_neither_not_worse_nor_equivalent_nor_worse() -> None:
    nothing = float("nan")
    for estimate in (0.03, 0.0, -0.01, -0.05):
        difference = Difference(estimate, 0.01, 100, nothing, nothing, nothing)
        drawn, chosen = (against_margin([difference], 0.02, opt_in=opt_in)[0] for opt_in in (False, True))
        assert (chosen.reading, chosen.equivalent, chosen.reason) == ("not_proven", False, "opt_in")
        assert (chosen.lower, chosen.upper) == (drawn.lower, drawn.upper)
        assert np.isnan([chosen.p_not_worse, chosen.p_equivalent, chosen.p_worse, chosen.bound]).all()
        assert drawn.reason == ""
