"""Change over several waves: by matrices written out, beside Welch's test on raw data, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from analysis.errors import AnalysisError
from analysis.inference import comparison, series
from analysis.inference.series import Waves, apart
from analysis.totals.measure_plan import Measure
from tests.analysis.conftest import chunk, totals

OVERALL = Measure("overall_rate", "overall")
V = np.array([[4.0, 1.5, 0.5, 0.0], [1.5, 3.0, 1.2, 0.4], [0.5, 1.2, 5.0, 1.0], [0.0, 0.4, 1.0, 2.0]]) * 1e-4
Y = np.array([0.82, 0.85, 0.83, 0.89])
OVERLAPPING = Waves(Y, V, np.array([30.0, 30.0, 30.0, 30.0]), shared_df=42)


def test_a_line_through_dependent_waves_by_matrices() -> None:
    time = np.array([0.0, 1.0, 2.0, 4.0])
    x = np.column_stack([np.ones(4), time])
    inverse = np.linalg.inv(V)
    inner = np.linalg.inv(x.T @ inverse @ x)
    beta = inner @ x.T @ inverse @ Y
    found = series.trend(OVERLAPPING, time)
    assert found.slope.estimate == pytest.approx(beta[1], rel=1e-10)
    assert found.slope.se == pytest.approx(inner[1, 1] ** 0.5, rel=1e-10)
    assert found.start == pytest.approx(beta[0], rel=1e-10)
    assert found.slope.p_value == pytest.approx(2 * stats.t.sf(abs(beta[1]) / inner[1, 1] ** 0.5, 42))
    gap = Y - x @ beta
    wald = gap @ inverse @ gap  # of the two contrasts that no line has
    assert found.departure is not None
    assert found.departure.statistic == pytest.approx(41 / (42 * 2) * wald, rel=1e-8)


def test_overlap_makes_a_change_better_known() -> None:
    found = series.changes(OVERLAPPING, [(0, 1)])[0]
    assert found.difference.se == pytest.approx((4e-4 + 3e-4 - 2 * 1.5e-4) ** 0.5)
    alone = series.changes(apart(Y.tolist(), np.sqrt(np.diag(V)).tolist(), [30] * 4), [(0, 1)])[0]
    assert found.difference.se < alone.difference.se
    assert alone.difference.df == pytest.approx(7e-4**2 / (4e-4**2 / 30 + 3e-4**2 / 30))


@pytest.mark.parametrize("design", ["wr", "fpc2"])
def test_domains_of_the_oracle_are_a_series_with_their_covariance(design: str) -> None:
    """What R's svycontrast gives for two domains (`contrasts`) is what two waves that share clusters give."""
    joint = comparison.joint(totals(design), ("urban",), OVERALL)
    assert len(chunk(design)[1]["urban"]) == 2
    waves = Waves(joint.estimate, joint.covariance, np.array([42.0, 42.0]), shared_df=joint.joint_df([0, 1]))
    wanted = comparison.difference(joint, 1, 0)
    found = series.changes(waves, [(0, 1)])[0]
    assert (found.difference.estimate, found.difference.se) == pytest.approx((wanted.estimate, wanted.se))
    assert found.p_value == pytest.approx(wanted.p_value)
    assert series.heterogeneity(waves).p_value == pytest.approx(wanted.p_value)


def test_heterogeneity_of_separate_samples_equals_welchs_test_of_the_answers() -> None:
    draw = np.random.default_rng(1)
    samples = [draw.normal(m, s, n) for m, s, n in ((4.0, 0.5, 25), (4.2, 0.9, 40), (4.4, 0.7, 31), (4.1, 0.6, 60))]
    waves = apart(
        [x.mean() for x in samples], [x.std(ddof=1) / len(x) ** 0.5 for x in samples], [len(x) - 1 for x in samples]
    )
    wanted = anova_oneway(samples, use_var="unequal")
    found = series.heterogeneity(waves)
    assert (found.statistic, found.residual_df) == pytest.approx((wanted.statistic, wanted.df_denom))
    assert found.p_value == pytest.approx(wanted.pvalue)


def test_changes_are_adjusted_together_and_their_intervals_agree_with_the_words() -> None:
    draw = np.random.default_rng(2)
    pairs = [(0, 1), (1, 2), (2, 3), (0, 2), (0, 3)]
    for estimates in draw.normal([0.80, 0.80, 0.84, 0.87], 0.012, (5, 4)):
        found = series.changes(apart(estimates, [0.012] * 4, [200] * 4), pairs)
        raw = np.array([2 * stats.t.sf(abs(estimates[b] - estimates[a]) / (0.012 * 2**0.5), 400) for a, b in pairs])
        np.testing.assert_allclose([one.p_value for one in found], holm_by_hand(raw))
        for one in found:
            inside = one.lower < 0 < one.upper
            assert inside == (one.p_value > 0.05)
            assert one.lower <= one.difference.estimate <= one.upper


def holm_by_hand(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted


def test_intervals_of_a_family_hold_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,500 series of five waves, two without a change and two with: all four true changes inside, nominally 95 %."""
    monkeypatch.setattr(comparison.verdicts, "holm", holm_by_hand)  # the same values, a thousand times as fast
    draw = np.random.default_rng(3)
    truth = np.array([0.80, 0.80, 0.83, 0.83, 0.80])
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4)]
    real = np.diff(truth)
    held = 0
    for estimates in draw.normal(truth, 0.01, (1500, 5)):
        found = series.changes(apart(estimates, [0.01] * 5, [1e5] * 5), pairs)
        held += all(one.lower - 1e-12 <= t <= one.upper + 1e-12 for one, t in zip(found, real, strict=True))
    assert held / 1500 > 0.935  # the error of the simulation is 0.6 points


def test_a_season_is_found_and_what_is_none_is_weak() -> None:
    draw = np.random.default_rng(4)
    wave = np.tile([0.03, -0.01, -0.03, 0.01], 4)
    line = 0.8 + 0.005 * np.arange(16)
    found = series.seasonal(line + wave + draw.normal(0, 0.001, 16), 4)
    np.testing.assert_allclose(found.season, wave, atol=0.006)
    np.testing.assert_allclose(found.level, line, atol=0.006)
    assert found.strength > 0.95
    np.testing.assert_allclose(found.level + found.season + found.rest, line + wave, atol=0.005)


@pytest.mark.parametrize(("values", "period"), [(7, 4), (8, 12), (23, 12), (8, 1)])
def test_too_short_a_series_has_no_season(values: int, period: int) -> None:
    with pytest.raises(AnalysisError, match="needs"):
        series.seasonal(np.linspace(0.8, 0.9, values), period)


def test_what_is_no_series_is_refused() -> None:
    with pytest.raises(AnalysisError, match="two waves"):
        apart([0.8], [0.01], [30])
    with pytest.raises(AnalysisError, match="positive variance"):
        apart([0.8, 1.0], [0.01, 0.0], [30, 30])
    with pytest.raises(AnalysisError, match="all clusters together"):
        Waves(Y, V, np.full(4, 30.0))
    with pytest.raises(AnalysisError, match="not all the same"):
        series.trend(OVERLAPPING, np.ones(4))
    few = Waves(Y, V, np.full(4, 30.0), shared_df=2)
    assert np.isnan(series.heterogeneity(few).p_value)
