"""Error spent over planned looks: beside published bounds, exact integration of two looks, and simulation."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from analysis.errors import AnalysisError
from analysis.files import command_line
from analysis.monitoring import spending

FIFTHS = [0.2, 0.4, 0.6, 0.8, 1.0]
PUBLISHED = {  # five equal looks, one-sided 2.5 %
    "obrien_fleming": [4.877, 3.357, 2.680, 2.290, 2.031],
    "pocock": [2.438, 2.427, 2.410, 2.397, 2.386],
}


@pytest.mark.parametrize("kind", spending.KINDS)
def test_five_equal_looks_have_the_published_bounds(kind: str) -> None:
    found = spending.looks(FIFTHS, alpha=0.025, kind=kind)
    np.testing.assert_allclose(found.bound, PUBLISHED[kind], atol=1.1e-3)
    np.testing.assert_allclose(found.level, stats.norm.sf(found.bound))
    assert found.spent[-1] == pytest.approx(0.025)


@pytest.mark.parametrize("kind", spending.KINDS)
@pytest.mark.parametrize("times", [[0.5, 1.0], [0.3, 0.7], [0.9, 1.0]])
def test_two_looks_equal_the_bivariate_normal(kind: str, times: list[float]) -> None:
    found = spending.looks(times, alpha=0.05, kind=kind)
    r = (times[0] / times[1]) ** 0.5
    stays = stats.multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf(found.bound)
    assert stats.norm.sf(found.bound[0]) == pytest.approx(found.spent[0], rel=1e-9)
    assert 1 - stays == pytest.approx(found.spent[1], rel=1e-4)


@pytest.mark.parametrize("kind", spending.KINDS)
def test_simulated_surveys_at_the_edge_cross_as_often_as_was_spent(kind: str) -> None:
    """400,000 paths whose truth is the target, with information that came unevenly."""
    information = np.array([120.0, 200.0, 510.0, 690.0])
    found = spending.looks([0.15, 0.4, 0.7, 1.0], alpha=0.05, kind=kind, information=information.tolist())
    steps = np.random.default_rng(8).standard_normal((400_000, 4)) * np.sqrt(np.diff(np.r_[0, information]))
    z = steps.cumsum(axis=1) / np.sqrt(information)
    crossed = np.logical_or.accumulate(z > found.bound, axis=1).mean(axis=0)
    np.testing.assert_allclose(crossed, found.spent, atol=0.0014)  # four errors of the simulation


def test_one_look_spends_all_at_once() -> None:
    found = spending.looks([1.0], alpha=0.05, kind="pocock")
    assert (found.bound[0], found.level[0]) == pytest.approx((stats.norm.ppf(0.95), 0.05))


def test_a_look_too_early_to_spend_anything_concludes_nothing() -> None:
    found = spending.looks([0.01, 1.0], alpha=0.05, kind="obrien_fleming")
    assert (found.bound[0], found.level[0]) == (np.inf, 0)
    assert found.bound[1] == pytest.approx(stats.norm.ppf(0.95))


@pytest.mark.parametrize(
    ("times", "alpha", "kind"),
    [([], 0.05, "pocock"), ([0.5, 0.5], 0.05, "pocock"), ([0.5, 1.1], 0.05, "pocock"), ([0.0, 1.0], 0.05, "pocock"),
     ([1.0], 0.5, "pocock"), ([1.0], 0.05, "other")],
)  # fmt: skip
def test_what_is_no_plan_of_looks_is_refused(times: list[float], alpha: float, kind: str) -> None:
    with pytest.raises(AnalysisError):
        spending.looks(times, alpha=alpha, kind=kind)


def test_the_command_line_gives_the_looks_and_refuses_what_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["looks", "--at", *map(str, FIFTHS), "--alpha", "0.025"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["bound"] for row in found["looks"]] == [
        pytest.approx(z, abs=1.1e-3) for z in PUBLISHED["obrien_fleming"]
    ]
    assert found["looks"][-1]["spent"] == pytest.approx(0.025)
    assert command_line.main(["looks", "--at", "0.5", "0.4"]) == 2
    assert "increasing shares" in capsys.readouterr().err
