"""Families of tests and the power of one: statsmodels behind guards."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

import analysis
from analysis.design.sampling import to_certify
from analysis.error_rates import adjusted_together, one_sided_size
from analysis.errors import AnalysisError


def test_a_missing_p_value_is_outside_the_family() -> None:
    family = np.array([0.01, np.nan, 0.04])
    np.testing.assert_allclose(adjusted_together(family, "holm"), [0.02, np.nan, 0.04])
    np.testing.assert_allclose(adjusted_together(family, "bh"), [0.02, np.nan, 0.04])


@pytest.mark.parametrize("method", ["holm", "bh"])
def test_a_family_of_one_or_none_stays_as_it_is(method: str) -> None:
    np.testing.assert_array_equal(adjusted_together(np.array([np.nan, 0.03]), method), [np.nan, 0.03])
    np.testing.assert_array_equal(adjusted_together(np.array([np.nan]), method), [np.nan])
    assert adjusted_together(np.zeros(0), method).shape == (0,)


@pytest.mark.parametrize("seed", range(20))
def test_adjustments_are_the_formulas_of_the_papers(seed: int) -> None:
    draw = np.random.default_rng(seed)
    p = np.round(draw.random(draw.integers(2, 40)) ** 3, draw.integers(1, 4))  # with ties
    m, ascending = len(p), np.sort(p)
    holm = np.maximum.accumulate((m - np.arange(m)) * ascending).clip(max=1)
    bh = np.minimum.accumulate((ascending * m / np.arange(1, m + 1))[::-1])[::-1].clip(max=1)
    order = np.argsort(p, kind="stable")
    np.testing.assert_allclose(adjusted_together(p, "holm")[order], holm, rtol=1e-14)
    np.testing.assert_allclose(adjusted_together(p, "holm"), multipletests(p, method="holm")[1], rtol=1e-14)
    np.testing.assert_allclose(adjusted_together(p, "bh")[order], bh, rtol=1e-14)


@pytest.mark.parametrize("family", [[[0.1, 0.2], [0.3, 0.4]], [-0.1, 0.5], [0.5, 1.5]])
def test_what_is_no_family_is_refused(family: list[float]) -> None:
    with pytest.raises(AnalysisError, match="one row of p-values"):
        adjusted_together(np.array(family), "holm")


def test_size_is_the_normal_formula_on_both_sides_of_the_target() -> None:
    z_alpha, z_power = 1.6448536269514722, 0.8416212335729143
    for truth in (0.88, 0.93):
        top = z_alpha * (0.9 * 0.1) ** 0.5 + z_power * (truth * (1 - truth)) ** 0.5
        assert to_certify(truth, 0.9) == pytest.approx((top / (truth - 0.9)) ** 2, rel=1e-12)


@pytest.mark.parametrize(("difference", "power"), [(0.0, 0.8), (0.1, 0.05), (0.1, 0.01), (0.1, 1.0)])
def test_a_size_that_would_be_nothing_or_infinite_is_refused(difference: float, power: float) -> None:
    with pytest.raises(AnalysisError, match="0 < alpha < power < 1"):
        one_sided_size(difference, alpha=0.05, power=power, spread_null=0.3, spread_true=0.25)


def test_only_two_modules_call_statsmodels_and_start_up_does_not() -> None:
    package = Path(analysis.__file__).parent
    callers = {
        path.name
        for path in [*package.rglob("*.py"), *package.parent.joinpath("survey").rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom | ast.Import)
        and any("statsmodels" in name for name in (getattr(node, "module", "") or "", *(a.name for a in node.names)))
    }
    assert callers == {"error_rates.py", "series.py"}
    code = "import sys, analysis.files.command_line; print('statsmodels' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
