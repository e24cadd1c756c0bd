"""Variances in many domains at once equal those over a matrix with a column for each domain."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.design import calibration
from analysis.design.calibration import Margin
from analysis.design.sample_design import SampleDesign, sample_design
from analysis.design.variance import taylor_covariance
from analysis.estimation import domain_variance
from analysis.estimation.domain_variance import DomainVariances

ROWS, DOMAINS = 400, 7
LEVELS = 4


def a_sample(kind: str, seed: int = 3) -> SampleDesign:
    rng = np.random.default_rng(seed)
    stratum = np.r_[rng.integers(0, 5, ROWS - 2), 5, 5]
    psu = np.r_[rng.integers(0, 6, ROWS - 2), 0, 0]
    weights = np.where(rng.random(ROWS) < 0.1, 0.0, rng.uniform(1, 9, ROWS))
    if kind == "rows":
        return sample_design(weights, strata=stratum)
    if kind == "two stages":
        sizes = {"population_psus": np.full(ROWS, 12.0), "population_units": np.full(ROWS, 90.0)}
        return sample_design(weights, strata=stratum, psu=psu, **sizes)
    return sample_design(weights, strata=stratum, psu=psu, lonely=kind)


def margins(design: SampleDesign) -> list[Margin]:
    rng = np.random.default_rng(8)
    made = []
    for name in ("a", "b"):
        codes = rng.integers(0, LEVELS, ROWS)
        counts = np.bincount(codes, design.weights, LEVELS) * rng.uniform(0.8, 1.2, LEVELS)
        labels = tuple(map(str, range(LEVELS)))
        made.append(Margin(name, codes, counts / counts.sum() * 3000, labels))
    return made


def calibrated(design: SampleDesign, method: str) -> SampleDesign:
    known = margins(design)
    if method == "none":
        return design
    if method == "post-stratified":
        return calibration.post_stratify(design, known[0]).design
    if method == "raked":
        return calibration.rake(design, known).design
    if method == "post-stratified, then raked":
        return calibration.rake(calibration.post_stratify(design, known[0]).design, known).design
    return calibration.calibrate(design, known, method="linear").design


@pytest.mark.parametrize("kind", ["adjust", "average", "remove", "rows", "two stages"])
@pytest.mark.parametrize("method", ["none", "post-stratified", "raked", "linear", "post-stratified, then raked"])
@pytest.mark.parametrize("most", [1 << 26, 1 << 9])
def test_every_domain_has_the_variance_of_its_own_column(
    kind: str, method: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain_variance, "_BLOCK_BYTES", most)
    design = calibrated(a_sample(kind), method)
    rng = np.random.default_rng(5)
    domain = rng.integers(0, DOMAINS + 1, ROWS)  # the last is none
    score = design.weights * rng.normal(size=ROWS)
    wide = np.zeros((ROWS, DOMAINS + 1))
    wide[np.arange(ROWS), domain] = score

    expected = taylor_covariance(design, wide[:, :DOMAINS])
    variances = DomainVariances(design, domain, DOMAINS)

    scale = np.abs(expected).max()
    assert variances.variance(score) == pytest.approx(np.diag(expected), rel=1e-10, abs=1e-14 * scale)
    assert variances.covariance(score) == pytest.approx(expected, rel=1e-10, abs=1e-13 * scale)
