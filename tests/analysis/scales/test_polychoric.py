"""Polychoric correlations and categorical omega against lavaan, psych and semTools."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from analysis.scales import polychoric
from tests.analysis import reference
from tests.analysis.reference import FACTORS, ITEMS, Agreement

EXPECTED = reference.expected()


def answers(items: tuple[str, ...]) -> np.ndarray:
    return np.column_stack([reference.survey().answers(item) for item in items])


def test_every_pair_of_items_has_the_correlation_of_lavaan_and_psych() -> None:
    found, agreement = polychoric.correlations(answers(ITEMS)), Agreement()
    for row in EXPECTED["polychoric"]["rows"]:
        r = float(found.correlation[ITEMS.index(row["a"]), ITEMS.index(row["b"])])
        for program in ("lavaan", "psych"):
            agreement.add(program, r, row[program], f"{row['a']} {row['b']}", tolerance=2e-3)
    assert found.n == 2573
    assert agreement.worst["lavaan"][0] < 1e-6, "the same two steps"
    print(agreement.worst)


def test_categorical_omega_equals_semtools() -> None:
    agreement = Agreement()
    for row in EXPECTED["reliability"]["rows"]:
        if row["omega_categorical"] is not None:
            found = polychoric.omega(polychoric.correlations(answers(FACTORS[row["scale"]])))
            agreement.add("omega", found.omega, row["omega_categorical"], row["scale"], tolerance=1e-3)
    assert agreement.compared == 5
    print(agreement.worst)


@pytest.mark.parametrize(
    ("correlation", "exact"), [(-0.95, 1e-12), (-0.3, 1e-13), (0.0, 1e-15), (0.9, 1e-12), (0.999, 1e-6)]
)
def test_the_normal_probability_equals_the_integral_of_the_density(correlation: float, exact: float) -> None:
    root = np.sqrt(1 - correlation**2)
    for h, k in ((-1.5, 0.3), (0.0, 0.0), (2.0, 1.0), (0.4, 0.5), (-0.2, 40.0)):
        bend = [k / correlation] if correlation and -9 < k / correlation < h else None
        wanted, _ = integrate.quad(
            lambda x, k=k: stats.norm.pdf(x) * stats.norm.cdf((k - correlation * x) / root),
            -9.0,
            h,
            points=bend,
            epsabs=1e-14,
            limit=400,
        )
        assert polychoric.below(h, k, correlation) == pytest.approx(wanted, abs=exact)


def test_sampling_variances_are_those_of_repeated_surveys() -> None:
    random = np.random.default_rng(4)
    made = []
    for _ in range(400):
        latent = random.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=500)
        made.append(polychoric.correlations(np.digitize(latent, [-1.0, 0.0, 1.2]).astype(float)))
    estimates = [one.correlation[0, 1] for one in made]
    assert np.mean(estimates) == pytest.approx(0.6, abs=0.01)
    assert np.mean([one.variance[0, 1] for one in made]) == pytest.approx(np.var(estimates), rel=0.15)


def test_items_of_one_answer_have_no_correlation_and_two_items_no_omega() -> None:
    random = np.random.default_rng(1)
    constant = np.column_stack([np.full(80, 5.0), random.integers(1, 6, (80, 3))])
    found = polychoric.correlations(constant)
    assert np.isnan(found.correlation[0, 1:]).all()
    assert not np.isnan(found.correlation[1, 2])
    assert np.isnan(polychoric.omega(found).omega)
    assert np.isnan(polychoric.omega(polychoric.correlations(constant[:, 1:3])).omega)
    nobody = polychoric.correlations(np.full((3, 2), np.nan))
    assert nobody.n == 0
    assert np.isnan(nobody.correlation[0, 1])
