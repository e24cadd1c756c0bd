"""Published arithmetic: every case of published_tables.json, by the rule it names."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from analysis.design import sampling
from analysis.estimation import published_indices
from analysis.estimation.domain_estimates import estimate
from analysis.estimation.published_indices import AnswerCounts, Group
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import Measure, MeasurePlan, Node, RatedItem
from analysis.totals.streaming import Shape, Totals
from tests.analysis import reference

TABLES = json.loads((reference.HERE / "published_tables.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = TABLES["cases"]
HANDLED = {
    "groups_unweighted",
    "groups_by_forms",
    "sum",
    "net_gap",
    "psi",
    "mean_over_max",
    "share",
    "mean_of_children",
    "item_weighted",
    "difference",
    "sample_size",
    "top2_answers",
}


def rounded(value: Decimal, mode: str) -> Decimal:
    name, _, places = mode.rpartition("_")
    return published_indices.shown(value, int(places), name)


def groups(inputs: dict[str, Any]) -> list[Group]:
    return [Group(Decimal(g["rate"]), g["forms"], g["name"] == "Không ghi địa chỉ") for g in inputs["groups"]]


def of_rule(rule: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["rule"] == rule]


def check(case: dict[str, Any], value: Decimal) -> None:
    wanted = case["expected"]
    if "unrounded" in wanted:
        places = -int(Decimal(wanted["unrounded"]).as_tuple().exponent)
        assert published_indices.shown(value, places) == Decimal(wanted["unrounded"])
    assert rounded(value, case["rounding"]) == Decimal(wanted["value"])
    if "matches_published" in wanted:
        same = rounded(value, case["rounding"]) == Decimal(wanted["published"])
        assert same is wanted["matches_published"]


def test_every_published_case_has_a_rule_that_is_tested() -> None:
    assert {case["rule"] for case in CASES} == HANDLED


@pytest.mark.parametrize("case", of_rule("groups_unweighted"))
def test_mean_of_groups(case: dict[str, Any]) -> None:
    inside = case["inputs"]["include_unattributed"]
    check(case, published_indices.groups_unweighted(groups(case["inputs"]), include_unattributed=inside))


@pytest.mark.parametrize("case", of_rule("groups_by_forms"))
def test_mean_of_groups_by_forms(case: dict[str, Any]) -> None:
    inside = case["inputs"]["include_unattributed"]
    check(case, published_indices.groups_by_forms(groups(case["inputs"]), include_unattributed=inside))


@pytest.mark.parametrize("case", of_rule("psi"))
def test_patient_satisfaction_index(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    cost = inputs["cost_score"] if inputs["include_cost"] else None
    check(case, published_indices.psi(inputs["factor_scores"], cost_score=cost))


@pytest.mark.parametrize("case", of_rule("mean_of_children"))
def test_mean_of_children(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    check(case, published_indices.mean_of_children(list((inputs.get("children") or inputs["halves"]).values())))


@pytest.mark.parametrize("case", of_rule("item_weighted"))
def test_mean_weighted_by_items(case: dict[str, Any]) -> None:
    check(case, published_indices.item_weighted(case["inputs"]["halves"], case["inputs"]["n_items"]))


@pytest.mark.parametrize("case", of_rule("net_gap"))
def test_gap_between_own_and_independent_survey(case: dict[str, Any]) -> None:
    check(case, published_indices.net_gap(case["inputs"]["self"], case["inputs"]["independent"]))


@pytest.mark.parametrize("case", of_rule("difference"))
def test_spread(case: dict[str, Any]) -> None:
    check(case, published_indices.net_gap(case["inputs"]["max"], case["inputs"]["min"]))


@pytest.mark.parametrize("case", of_rule("sum"))
def test_published_parts_sum_to_their_totals(case: dict[str, Any]) -> None:
    inputs, wanted = case["inputs"], case["expected"]
    if "shares" in inputs:
        assert sum(Decimal(share) for share in inputs["shares"]) == Decimal(wanted["value"])
    elif "value" in wanted:
        assert sum(inputs.values()) == wanted["value"]
    else:
        assert {name: sum(parts) for name, parts in inputs.items()} == wanted


@pytest.mark.parametrize("case", of_rule("share"))
def test_shares(case: dict[str, Any]) -> None:
    inputs, wanted = case["inputs"], case["expected"]
    if "count" in inputs:
        check(case, published_indices.share(inputs["count"], inputs["total"]))
    else:
        found = [
            rounded(published_indices.share(count, inputs["total"]), case["rounding"]) for count in inputs["counts"]
        ]
        assert found == [Decimal(value) for value in wanted["values"]]


@pytest.mark.parametrize("case", of_rule("sample_size"))
def test_sample_size_of_the_ministry(case: dict[str, Any]) -> None:
    exact = sampling.yamane(case["inputs"]["N"], float(case["inputs"]["e"]))
    assert published_indices.shown(exact, 6) == Decimal(case["expected"]["exact"])
    assert sampling.whole(exact, case["inputs"]["N"]) == case["expected"]["n"]


@pytest.mark.parametrize("case", of_rule("mean_over_max"))
def test_score_as_percentage(case: dict[str, Any]) -> None:
    inputs, wanted = case["inputs"], case["expected"]
    if "score" in inputs:
        check(case, published_indices.mean_over_max(inputs["score"], inputs["max"]))
        return
    counts = published_indices.answer_counts(inputs["answers"])
    assert counts.valid == wanted["n_valid"]
    places = 2 if inputs["round_intermediate"] else None
    value = published_indices.mean_over_max(published_indices.score(counts), inputs["max"], round_intermediate=places)
    assert rounded(value, case["rounding"]) == Decimal(wanted["value"])
    if places:
        plain = published_indices.mean_over_max(published_indices.score(counts), inputs["max"])
        assert rounded(plain, case["rounding"]) == Decimal(wanted["value_without_intermediate_rounding"])


@pytest.mark.parametrize("case", of_rule("top2_answers"))
def test_rate_of_answers(case: dict[str, Any]) -> None:
    inputs, wanted = case["inputs"], case["expected"]
    counts = published_indices.answer_counts(
        inputs["answers"], satisfied=inputs["satisfied_codes"], excluded=inputs["excluded_codes"]
    )
    assert (counts.satisfied, counts.valid) == (wanted["satisfied"], wanted["valid"])
    assert rounded(published_indices.pooled_answers(counts) * 100, case["rounding"]) == Decimal(wanted["value"])


def test_points_for_satisfaction_in_the_index_of_decision_766() -> None:
    assert published_indices.a766_group5("1.00", "0.95", "0.81") == Decimal("17.10")
    assert published_indices.a766_group5(1, 1, "0.95") == 18


def test_binary_fractions_do_not_spoil_rounding() -> None:
    assert published_indices.percent(0.96485) == Decimal("96.49")
    assert published_indices.shown(96.485, 2, "truncate") == Decimal("96.48")


def test_a_rate_just_under_its_target_is_not_printed_as_the_target() -> None:
    assert published_indices.percent_beside_target(0.89996, 0.90) == Decimal("89.996")
    assert published_indices.percent_beside_target(0.8999999999, 0.90) == Decimal("89.999999")
    assert published_indices.percent_beside_target(0.9123, 0.90) == Decimal("91.23")


def toy() -> Totals:
    """The four people of the index catalogue: 0 = no opinion, 255 = blank."""
    codes = np.array([[5, 4, 4], [4, 3, 5], [5, 0, 4], [2, 4, 255]], np.uint8)
    node = Node(
        "F", "factor", ("i1", "i2", "i3"), "mean_of_item_rates", ("pooled_rate", "mean_pooled", "mean_over_max")
    )
    plan = MeasurePlan(tuple(RatedItem(f"i{k}") for k in (1, 2, 3)), nodes=(node,), persons_of=("F",))
    return Totals(plan, Shape(clustered=False)).add(Chunk(codes))


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure("item_rate", "i1"), 3 / 4),
        (Measure("item_mean", "i2"), 11 / 3),
        (Measure("factor_pooled_rate", "F"), 8 / 10),
        (Measure("factor_mean_of_item_rates", "F"), (3 / 4 + 2 / 3 + 1) / 3),
        (Measure("factor_mean_pooled", "F"), 4.0),
        (Measure("factor_mean_over_max", "F"), 0.8),
        (Measure("all_answers_satisfied", "F"), 1 / 2),
        (Measure("share_mean_ge_4", "F"), 3 / 4),
    ],
)
def test_indices_of_the_catalogue_on_four_people(measure: Measure, expected: float) -> None:
    found = estimate(toy())
    assert found.estimate[0, found.place(measure)] == pytest.approx(expected, rel=1e-15)


def test_counts_of_an_item_give_its_rate_and_mean() -> None:
    counts = AnswerCounts(valid=100, satisfied=85, points=2 + 6 + 30 + 240 + 125)
    assert published_indices.pooled_answers(counts) == Decimal("0.85")
    assert published_indices.score(counts) == Decimal("4.03")
