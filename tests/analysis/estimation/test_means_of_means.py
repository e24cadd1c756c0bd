"""Means of item means and means of factor scores: on paper, by two routes, and where nobody answered."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.design.frame_weights import FrameCells
from analysis.errors import PlanError
from analysis.inference.estimate_tables import EstimateTable
from analysis.inference.waves import WeighedWave, begin, wave_chunk, weigh
from analysis.totals.measure_plan import Measure, MeasurePlan, Node, RatedItem

ITEMS = tuple(RatedItem(f"q{n}") for n in range(1, 5))
PLAN = MeasurePlan(
    items=ITEMS,
    nodes=(
        Node("A", "factor", ("q1", "q2"), "mean_of_item_rates", ("mean_of_item_means",)),
        Node("B", "factor", ("q3", "q4"), "mean_of_item_rates", ("mean_of_item_means",)),
        Node("all", "index", ("A", "B"), "mean_of_children", ("mean_of_children_means",)),
    ),
)
FACTOR, WHOLE = "factor_mean_of_item_means", "index_mean_of_children_means"


def weighed(selection: str, codes: np.ndarray, units: np.ndarray, sizes: dict[int, float]) -> WeighedWave:
    """Everybody a cluster of their own, in one field."""
    rows = len(codes)
    field = np.zeros(rows, int)
    totals = begin(PLAN, selection)
    totals.add(
        wave_chunk(selection, codes, unit=units, field=field, group=field, cluster=np.arange(rows))
        if selection == "opt_in"
        else wave_chunk(selection, codes, unit=units, field=field, group=field)
    )
    keys = np.array(sorted(sizes))
    none = np.zeros(len(keys), int)
    return weigh(totals, selection, FrameCells(keys, none, np.array([sizes[k] for k in keys]), none, none))


def table(wave: WeighedWave, by: tuple[str, ...] = ()) -> EstimateTable:
    return wave.estimates(by, intervals=("mean",))


def test_means_by_hand() -> None:
    codes = np.array([[5, 4, 3, 255], [3, 255, 4, 2]] * 5, np.uint8)
    found = table(weighed("drawn", codes, np.zeros(10, int), {0: 100.0}))
    assert found.of(Measure(FACTOR, "A")).row(0).estimate == pytest.approx((4.0 + 4.0) / 2)  # q1: 4, q2: 4
    assert found.of(Measure(FACTOR, "B")).row(0).estimate == pytest.approx((3.5 + 2.0) / 2)
    assert found.of(Measure(WHOLE, "all")).row(0).estimate == pytest.approx((4.0 + 2.75) / 2)


def test_standard_error_of_complete_answers_is_that_of_peoples_own_means() -> None:
    """With every question answered a mean of item means is the mean of people's means: s/√n."""
    rng = np.random.default_rng(2)
    codes = rng.integers(1, 6, (60, 4)).astype(np.uint8)
    row = table(weighed("drawn", codes, np.zeros(60, int), {0: 1000.0})).of(Measure(WHOLE, "all")).row(0)
    own = codes.mean(axis=1)
    assert row.estimate == pytest.approx(own.mean(), rel=1e-12)
    assert row.se == pytest.approx(own.std(ddof=1) / np.sqrt(60), rel=1e-9)


def test_respondents_as_a_stage_and_as_clusters_give_the_same() -> None:
    """Drawn people (from products between items) and clusters of one (from sums by cluster), blanks and weights too."""
    rng = np.random.default_rng(4)
    codes = rng.integers(1, 6, (200, 4)).astype(np.uint8)
    codes[rng.random((200, 4)) < 0.2] = 255
    units, sizes = rng.integers(0, 3, 200), {0: 900.0, 1: 300.0, 2: 50.0}
    drawn, clusters = (table(weighed(s, codes, units, sizes), ("unit",)) for s in ("drawn", "opt_in"))
    for measure in (Measure(FACTOR, "A"), Measure(FACTOR, "B"), Measure(WHOLE, "all")):
        one, two = drawn.of(measure), clusters.of(measure)
        assert np.allclose(one.estimate, two.estimate, rtol=1e-12)
        assert np.allclose(one.se, two.se, rtol=1e-9)


def test_rates_do_not_change_by_asking_for_scores() -> None:
    rng = np.random.default_rng(6)
    codes = rng.integers(1, 6, (80, 4)).astype(np.uint8)
    plain = MeasurePlan(ITEMS, nodes=tuple(Node(n.code, n.level, n.members, n.rule) for n in PLAN.nodes))
    totals = begin(plain, "drawn")
    zeros = np.zeros(80, int)
    totals.add(wave_chunk("drawn", codes, unit=zeros, field=zeros, group=zeros))
    none = np.zeros(1, int)
    alone = weigh(totals, "drawn", FrameCells(none, none, np.array([500.0]), none, none)).estimates()
    both = table(weighed("drawn", codes, zeros, {0: 500.0}))
    for measure in plain.measures:
        one, two = alone.of(measure).row(0), both.of(measure).row(0)
        assert (one.estimate, one.se) == pytest.approx((two.estimate, two.se), rel=1e-12)


def test_item_nobody_answered_is_left_out_and_flagged() -> None:
    codes = np.array([[4, 255, 3, 2]] * 6, np.uint8)
    row = table(weighed("drawn", codes, np.zeros(6, int), {0: 100.0})).of(Measure(FACTOR, "A")).row(0)
    assert row.estimate == 4.0
    assert "items_left_out" in row.flags


def test_mean_of_scores_over_a_part_without_a_score_is_refused() -> None:
    nodes = (
        Node("A", "factor", ("q1", "q2")),
        Node("all", "index", ("A",), "mean_of_children", ("mean_of_children_means",)),
    )
    plan = MeasurePlan(ITEMS[:2], nodes=nodes)
    totals = begin(plan, "drawn")
    one = np.zeros(6, int)
    totals.add(wave_chunk("drawn", np.full((6, 2), 4, np.uint8), unit=one, field=one, group=one))
    none = np.zeros(1, int)
    with pytest.raises(PlanError, match="has no score"):
        weigh(totals, "drawn", FrameCells(none, none, np.array([9.0]), none, none)).estimates()
