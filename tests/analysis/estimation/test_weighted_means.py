"""Means whose parts have weights of their own: on paper, linearised by hand, where nobody answered."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.design.frame_weights import FrameCells
from analysis.errors import PlanError
from analysis.inference.estimate_tables import Estimate, EstimateTable
from analysis.inference.waves import begin, wave_chunk, weigh
from analysis.totals.measure_plan import Measure, MeasurePlan, Node, PartWeight, RatedItem

ITEMS = tuple(RatedItem(f"q{n}") for n in range(1, 5))
RATES = ("mean_of_item_rates", ("mean_of_item_means",))
WHOLE = ("mean_of_children", ("item_weighted", "mean_of_children_means", "mean_of_item_rates"))
A, B = Node("A", "factor", ("q1", "q2", "q3"), *RATES), Node("B", "factor", ("q4",), *RATES)
MEMBERS = {"mean_of_children": "index_mean_of_factors", "mean_of_children_means": "index_mean_of_children_means"}


def plan(*weights: tuple[str, str, float]) -> MeasurePlan:
    """Two factors of three questions and of one, and the whole."""
    given = tuple(PartWeight(*one) for one in weights)
    return MeasurePlan(ITEMS, nodes=(A, B, Node("all", "index", ("A", "B"), *WHOLE, given)))


def table(made: MeasurePlan, codes: np.ndarray, units: np.ndarray, selection: str = "drawn") -> EstimateTable:
    """Every unit stands for a hundred transactions, and one more for each step of its number."""
    totals = begin(made, selection)
    none = np.zeros(len(codes), int)
    cluster = {} if selection == "drawn" else {"cluster": np.arange(len(codes))}
    totals.add(wave_chunk(selection, codes, unit=units, field=none, group=none, **cluster))
    keys = np.unique(units)
    zero = np.zeros(len(keys), int)
    return weigh(totals, selection, FrameCells(keys, zero, 100.0 + keys, zero, zero)).estimates(
        intervals=("logit", "mean")
    )


def whole(found: EstimateTable, rule: str) -> Estimate:
    return found.of(Measure(MEMBERS.get(rule, f"index_{rule}"), "all")).row(0)


CODES = np.array([[5, 4, 1, 4], [5, 2, 1, 4], [4, 1, 2, 1], [4, 5, 1, 5]], np.uint8)
"""Rates 1, 1/2, 0 and 3/4: the factors stand at 1/2 and 3/4. Means 4.5, 3, 1.25 and 3.5: 35/12 and 3.5."""


@pytest.mark.parametrize(
    ("weights", "rule", "expected"),
    [
        ((), "mean_of_children", (1 / 2 + 3 / 4) / 2),
        ([("mean_of_children", "A", 3.0)], "mean_of_children", (3 * 1 / 2 + 3 / 4) / 4),
        ([("mean_of_children", "A", 0.4), ("mean_of_children", "B", 0.1)], "mean_of_children", (4 / 2 + 3 / 4) / 5),
        ([("mean_of_children", "A", 3.0)], "item_weighted", (3 / 2 + 3 / 4) / 4),  # its own weights: the items
        ([("item_weighted", "B", 3.0)], "item_weighted", (3 / 2 + 3 * 3 / 4) / 6),
        ([("mean_of_children_means", "B", 2.0)], "mean_of_children_means", (35 / 12 + 2 * 3.5) / 3),
        ([("mean_of_item_rates", "q1", 2.0)], "mean_of_item_rates", (2 * 1 + 1 / 2 + 0 + 3 / 4) / 5),
    ],
)
def test_on_paper(weights: list[tuple[str, str, float]], rule: str, expected: float) -> None:
    found = table(plan(*weights), CODES, np.zeros(4, int))
    assert whole(found, rule).estimate == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("selection", ["drawn", "opt_in"])
def test_standard_error_is_that_of_a_hand_made_linearisation(selection: str) -> None:
    """Weights 3 and 1 of the factors, blanks, three strata: Σ c_i w(y − r x)/Σ w x of each person."""
    rng = np.random.default_rng(11)
    codes = rng.integers(1, 6, (300, 4)).astype(np.uint8)
    codes[rng.random((300, 4)) < 0.25] = 255
    units = rng.choice(3, 300, p=[0.6, 0.3, 0.1])
    weight = ((100.0 + np.arange(3)) / np.bincount(units))[units]
    answered, satisfied = codes != 255, (codes >= 4) & (codes != 255)
    below = weight @ answered
    rates = weight @ satisfied / below
    shares = np.array([3 / 4 / 3] * 3 + [1 / 4])
    z = (weight[:, None] * (satisfied - rates * answered) / below) @ shares
    if selection == "opt_in":  # post-stratified to the units: what differs from the mean of the unit is left
        z = z - (np.bincount(units, z) / np.bincount(units))[units]
    variance = sum(
        len(own) / (len(own) - 1) * ((own - own.mean()) ** 2).sum() for u in range(3) for own in [z[units == u]]
    )
    row = whole(table(plan(("mean_of_children", "A", 3.0)), codes, units, selection), "mean_of_children")
    assert row.estimate == pytest.approx(rates @ shares, rel=1e-12)
    assert row.se == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_equal_weights_are_no_weights() -> None:
    rng = np.random.default_rng(12)
    codes = rng.integers(1, 6, (90, 4)).astype(np.uint8)
    units = np.zeros(90, int)
    equal = table(plan(("mean_of_children", "A", 7.0), ("mean_of_children", "B", 7.0)), codes, units)
    one, two = (whole(found, "mean_of_children") for found in (equal, table(plan(), codes, units)))
    assert (one.estimate, one.se, one.n) == pytest.approx((two.estimate, two.se, two.n), rel=1e-12)


def test_where_nobody_answered_a_part_the_others_keep_their_weights_among_themselves() -> None:
    codes = CODES.copy()
    codes[:, 3] = 255
    row = whole(table(plan(("mean_of_children", "A", 3.0)), codes, np.zeros(4, int)), "mean_of_children")
    assert row.estimate == pytest.approx(1 / 2, rel=1e-12)
    assert "items_left_out" in row.flags


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (("mean_of_children", "q1", 2.0), "weighs 'q1', which is no part"),
        (("mean_of_item_rates", "A", 2.0), "weighs 'A', which is no part"),
        (("pooled_rate", "A", 2.0), "no part of its mean under 'pooled_rate'"),
        (("mean_of_children", "A", 0.0), "expected above 0"),
        (("mean_of_children", "A", float("nan")), "expected above 0"),
    ],
)
def test_weight_that_would_do_nothing_is_refused(weights: tuple[str, str, float], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        plan(weights)


def test_totals_kept_before_there_were_weights_are_those_of_the_same_plan() -> None:
    assert plan().fingerprint == "1843d73060b89e191d66fd699de94f441dbe28b9902822409a5f96caf761a0b6"
    assert plan(("mean_of_children", "A", 3.0)).fingerprint != plan().fingerprint
