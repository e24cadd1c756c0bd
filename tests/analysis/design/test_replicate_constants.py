"""Constants, rank and refusals of replicate weights, by small examples that can be counted on paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.design.replicate_weights import rank, replicate_weights
from analysis.errors import DesignError

WEIGHTS = np.array([2.0, 2.0, 1.0, 1.0])
HALVES = np.array([[4.0, 0.0, 4.0, 0.0], [0.0, 4.0, 0.0, 4.0], [2.0, 0.0, 0.0, 2.0], [0.0, 2.0, 2.0, 0.0]])


def test_half_samples_of_two_strata_give_the_variance_of_a_total() -> None:
    """Totals of y = (3, 1, 5, 2): 15, and 22, 8, 16, 14 by half samples; strata give (2·3 − 2·1)² + (5 − 2)² = 25."""
    made = replicate_weights("BRR", WEIGHTS, HALVES)
    totals = made.every.T @ np.array([3.0, 1.0, 5.0, 2.0])
    assert totals.tolist() == [15, 22, 8, 16, 14]
    gap = made.gaps(totals[None, :])
    assert (gap @ gap.T).tolist() == [[pytest.approx(25)]]
    assert made.degrees_of_freedom() == 2
    assert made.degrees_of_freedom(np.array([True, True, False, False])) == 1


def test_factors_are_multiplied_by_the_sampling_weight() -> None:
    made = replicate_weights("BRR", WEIGHTS, HALVES / WEIGHTS[:, None], combined=False)
    np.testing.assert_array_equal(made.every[:, 1:], HALVES)
    assert made.weights.tolist() == WEIGHTS.tolist()


def test_replicate_without_the_figure_is_left_out_of_mean_and_sum() -> None:
    found = np.array([[0.5, 0.4, np.nan, 0.8, 0.6], [0.5, np.nan, np.nan, np.nan, np.nan]])
    gap = replicate_weights("other", WEIGHTS, HALVES, scale=1.0).gaps(found)
    np.testing.assert_allclose(gap[0], [-0.2, 0, 0.2, 0], atol=1e-15)
    assert np.isnan(gap[1]).all()
    about = replicate_weights("other", WEIGHTS, HALVES, scale=4.0, rscales=[1, 1, 0, 1], mse=True).gaps(found)
    np.testing.assert_allclose(about[0], [-0.2, 0, 0, 0.2], atol=1e-15)


def test_column_that_nearly_repeats_another_adds_no_rank() -> None:
    """R's tolerance is 1e-5 of the length of a column."""
    base = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    for apart, wanted in ((1e-7, 2), (1e-3, 3)):
        third = base.sum(axis=1) + apart * np.array([1.0, 1.0, -1.0])
        assert rank(np.column_stack([base, third])) == wanted
    assert rank(np.zeros((0, 3))) == rank(np.zeros((4, 3))) == 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"kind": "JK9"}, "type 'JK9' are unknown; choose BRR, Fay"),
    ({"kind": "Fay"}, "'rho' is a number from 0 to below 1 for Fay"),
    ({"kind": "Fay", "rho": 1.0}, "'rho' is a number from 0 to below 1 for Fay"),
    ({"kind": "JK1", "rho": 0.5}, "for no other type; JK1 has 0.5"),
    ({"kind": "BRR", "scale": 0.5}, "type BRR have a fixed scale"),
    ({"kind": "ACS", "rscales": [1, 1, 1, 1]}, "type ACS have a fixed scale"),
    ({"kind": "JKn"}, "type JKn need 'rscales'"),
    ({"kind": "other"}, "type other need 'scale', 'rscales' or both"),
    ({"kind": "JK1", "rscales": [1, 1]}, "'rscales' has 2 numbers, and there are 4 replicates"),
    ({"kind": "JK1", "replicates": HALVES[:, :1]}, "at least 2 replicates; there is 1"),
    ({"kind": "JK1", "replicates": HALVES[:3]}, "There are 4 weights and 3 rows of replicate weights"),
    ({"kind": "JK1", "replicates": HALVES * [1, 0, 1, 1]}, "The weights of replicate 2 are all 0"),
    ({"kind": "JK1", "weights": WEIGHTS * 0}, "The sampling weights are all 0"),
    ({"kind": "JK1", "weights": WEIGHTS * 50}, "say 'combined': false"),
    ({"kind": "JK1", "replicates": HALVES * 50, "combined": False}, "say 'combined': true"),
]


@pytest.mark.parametrize(("asked", "sentence"), WRONG)
def test_what_cannot_be_meant_is_refused(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DesignError) as refusal:
        replicate_weights(**{"weights": WEIGHTS, "replicates": HALVES, **asked})
    assert sentence in str(refusal.value)
