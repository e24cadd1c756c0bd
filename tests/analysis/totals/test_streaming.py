"""Mergeable totals: order, chunks, splits and processes change nothing; bad chunks are refused with a reason."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cells import grouping
from analysis.errors import AnalysisError, DesignError, PlanError
from analysis.estimation.domain_estimates import DomainEstimates, estimate
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import Measure, MeasurePlan, Node, RatedItem
from analysis.totals.streaming import Shape, Totals
from tests.analysis import reference, wave_factory
from tests.analysis.conftest import CROSSINGS, Streamed, chunk

COLUMNS = ("n", "rows", "sum_w", "estimate", "se", "df", "deff_wor", "deff_wr")


def same(first: DomainEstimates, second: DomainEstimates, rel: float = 1e-10) -> None:
    np.testing.assert_array_equal(first.keys, second.keys)
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=rel, atol=1e-12, err_msg=name)


def fresh(design: str) -> Totals:
    return Totals(reference.plan(), Shape(clustered=True, second_stage=design != "wr"), CROSSINGS)


@pytest.mark.parametrize("design", ["wr", "fpc2"])
@pytest.mark.parametrize("parts", [2, 7, 40])
def test_chunks_and_their_order_change_nothing(streamed: Streamed, design: str, parts: int) -> None:
    whole, rows = chunk(design)[0], chunk(design)[0].rows
    random = np.random.default_rng(parts)
    order = random.permutation(rows)
    shuffled = Chunk(
        whole.codes[order],
        {name: values[order] for name, values in whole.keys.items()},
        None if whole.weight is None else whole.weight[order],
        None,
        None if whole.population_psus is None else whole.population_psus[order],
        None if whole.population_units is None else whole.population_units[order],
    )
    bounds = np.linspace(0, rows, parts + 1).astype(int)
    pieces = [shuffled.part(a, b) for a, b in itertools.pairwise(bounds)]
    totals = fresh(design).extend(pieces)
    assert totals.rows == rows
    for by in ((), ("service",), ("service", "district")):
        same(estimate(totals, by), streamed.estimates(design, by))


def test_totals_made_apart_and_sent_as_bytes_merge_to_the_whole(streamed: Streamed) -> None:
    whole = chunk("fpc2")[0]
    parts = [fresh("fpc2").add(whole.part(a, a + 4000)).to_bytes() for a in range(0, whole.rows, 4000)]
    merged = fresh("fpc2")
    for data in parts:
        merged.merge(Totals.from_bytes(data, reference.plan()))
    same(estimate(merged, ("district",)), streamed.estimates("fpc2", ("district",)))


def test_the_same_totals_give_the_same_bytes() -> None:
    answers = wave_factory.wave()
    assert answers.totals("opt_in").to_bytes() == answers.totals("opt_in").to_bytes()
    assert len(pickle.dumps(answers.totals("opt_in").settle())) > 0


def test_unweighted_totals_are_exact_whatever_the_order() -> None:
    answers = wave_factory.wave()
    halves = [answers.chunk("opt_in", np.arange(len(answers.unit)) % 2 == k) for k in (1, 0)]
    split = wave_factory.wave().totals("opt_in")
    other = Totals(split.plan, split.shape, split.crossings).extend(halves)
    assert other.to_bytes() == split.to_bytes()


@settings(max_examples=30, deadline=None)
@given(st.floats(0.001, 1000))
def test_scaling_all_weights_changes_no_rate(scale: float) -> None:
    whole = chunk("wr")[0].part(0, 3000)
    scaled = Chunk(whole.codes, whole.keys, whole.weight * scale)  # type: ignore[operator]
    first, second = (estimate(fresh("wr").add(one), ("service",)) for one in (whole, scaled))
    np.testing.assert_allclose(second.estimate, first.estimate, rtol=1e-11)
    np.testing.assert_allclose(second.se, first.se, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(second.sum_w, first.sum_w * scale, rtol=1e-11)


def test_domains_add_up_to_the_whole(streamed: Streamed) -> None:
    whole = streamed.estimates("wr")
    for by in (("service",), ("district",), ("service", "district"), ("quarter",)):
        parts = streamed.estimates("wr", by)
        np.testing.assert_array_equal(parts.n.sum(axis=0), whole.n[0])
        np.testing.assert_allclose(parts.sum_w.sum(axis=0), whole.sum_w[0], rtol=1e-12)
        rates = [k for k, m in enumerate(parts.measures) if m.name in ("item_rate", "overall_rate", "item_mean")]
        weighted = np.nansum(parts.sum_w * parts.estimate, axis=0) / whole.sum_w[0]
        np.testing.assert_allclose(weighted[rates], whole.estimate[0, rates], rtol=1e-12)


def test_a_domain_rule_is_a_ratio_estimator_on_zero_weights(streamed: Streamed) -> None:
    """Giving rows outside the domain weight zero gives the same estimate and standard error as the domain."""
    whole, labels = chunk("wr")
    inside = whole.keys["service"] == labels["service"].index("S2")
    zeroed = Chunk(whole.codes, whole.keys, np.where(inside, whole.weight, 0.0))  # type: ignore[arg-type]
    found = estimate(fresh("wr").add(zeroed))
    place = streamed.level("wr", ("service",), "S2")
    domain = streamed.estimates("wr", ("service",))
    for name in ("n", "sum_w", "estimate", "se", "df"):
        np.testing.assert_allclose(getattr(found, name)[0], getattr(domain, name)[place], rtol=1e-10, err_msg=name)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 5), st.integers(0, 10**12), st.integers(0, 2)), min_size=1, max_size=50))
def test_groups_are_the_distinct_rows_in_order(rows: list[tuple[int, int, int]]) -> None:
    table = np.array(rows, np.int64)
    found = grouping(list(table.T), len(table))
    assert found.keys.tolist() == sorted({tuple(row) for row in rows}) or found.keys.tolist() == [
        list(row) for row in sorted(set(rows))
    ]
    np.testing.assert_array_equal(found.keys[found.codes], table)


def test_compacting_small_and_far_apart_numbers_agrees() -> None:
    near = grouping([np.array([5, 3, 5, 9], np.int32)], 4)
    far = grouping([np.array([5, 3, 5, 9], np.int64) * 10**13], 4)
    assert near.codes.tolist() == far.codes.tolist() == [1, 0, 1, 2]


def test_only_the_finest_crossings_are_summed() -> None:
    totals = Totals(toy_plan(), Shape(), ((), ("a",), ("a", "b"), ("b", "a"), ("c",)))
    assert totals.crossings == (("a", "b"), ("c",))


def toy_plan() -> MeasurePlan:
    return MeasurePlan((RatedItem("q1"),))


def test_negative_weight_names_its_row() -> None:
    totals = Totals(toy_plan(), Shape(clustered=False))
    with pytest.raises(DesignError, match="Row 2 has weight -1"):
        totals.add(Chunk(np.ones((2, 1), np.uint8), {}, np.array([1.0, -1.0])))


def test_population_smaller_than_its_sample_is_refused() -> None:
    totals = Totals(toy_plan(), Shape(clustered=False))
    totals.add(Chunk(np.full((3, 1), 4, np.uint8), {}, None, None, np.array([2.0, 2.0, 2.0])))
    with pytest.raises(DesignError, match="cannot be smaller than its sample"):
        estimate(totals)


def test_population_that_differs_inside_a_stratum_is_refused() -> None:
    totals = Totals(toy_plan(), Shape(clustered=False))
    chunks = [Chunk(np.full((2, 1), 4, np.uint8), {}, None, None, np.full(2, size)) for size in (9.0, 8.0)]
    with pytest.raises(DesignError, match="must be the same"):
        totals.extend(chunks).settle()


def test_missing_column_and_wrong_codes_are_told() -> None:
    totals = Totals(toy_plan(), Shape(clustered=True), (("unit",),))
    with pytest.raises(AnalysisError, match="no column 'psu'"):
        totals.add(Chunk(np.ones((2, 1), np.uint8), {"unit": np.array([1, 2])}))
    keys = {"unit": np.array([1, 2]), "psu": np.array([1, 2])}
    with pytest.raises(AnalysisError, match="must be uint8"):
        totals.add(Chunk(np.ones((2, 1)), keys))  # type: ignore[arg-type]
    with pytest.raises(AnalysisError, match="the plan has 1 columns"):
        totals.add(Chunk(np.ones((2, 3), np.uint8), keys))


def test_totals_of_another_plan_are_not_merged_or_read() -> None:
    first = Totals(toy_plan(), Shape(clustered=False)).add(Chunk(np.full((3, 1), 4, np.uint8)))
    other = MeasurePlan((RatedItem("q2"),))
    with pytest.raises(AnalysisError, match="same plan"):
        first.merge(Totals(other, Shape(clustered=False)))
    with pytest.raises(AnalysisError, match="another measure plan"):
        Totals.from_bytes(first.to_bytes(), other)
    with pytest.raises(AnalysisError, match="cut off"):
        Totals.from_bytes(first.to_bytes()[:-3], toy_plan())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MeasurePlan((RatedItem("a"), RatedItem("a"))), "used twice"),
        (lambda: MeasurePlan((RatedItem("a", satisfied=(6,)),)), "among its substantive"),
        (lambda: MeasurePlan((RatedItem("a"),), nodes=(Node("F", "factor", ("b",)),)), "neither a rated item"),
        (lambda: MeasurePlan((RatedItem("a"),), nodes=(Node("F", "factor", ("a",), "sum"),)), "has rule 'sum'"),
        (lambda: MeasurePlan((RatedItem("a"),), overall="b"), "not among the rated items"),
        (lambda: MeasurePlan((RatedItem("a"),), headline=Measure("index", "a")), "headline"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(make: object, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        make()  # type: ignore[operator]


def test_codes_that_are_far_apart_are_counted_like_small_ones() -> None:
    """Substantive codes above 15 go through a table; codes 97 to 99 never count."""
    far = MeasurePlan((RatedItem("q", satisfied=(40, 50), substantive=(10, 20, 30, 40, 50)),))
    near = MeasurePlan((RatedItem("q"),))
    answers = np.array([[10], [40], [50], [97], [98], [255], [20]], np.uint8)
    small = np.array([[1], [4], [5], [97], [98], [255], [2]], np.uint8)
    first = estimate(Totals(far, Shape(clustered=False)).add(Chunk(answers)))
    second = estimate(Totals(near, Shape(clustered=False)).add(Chunk(small)))
    assert first.n.tolist() == second.n.tolist() == [[4, 4]]
    np.testing.assert_allclose(first.estimate[0] / [1, 10], second.estimate[0], rtol=1e-14)
    np.testing.assert_allclose(first.se[0] / [1, 10], second.se[0], rtol=1e-12)
